/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow page tables.  Everything here is under mm.lock unless said otherwise.
 *
 * A shadow is known by (gfn, kind): the guest's table and how it is used.  The
 * kinds are the four levels, and level 4 as the root of user mode, which lacks
 * the m2p.  Lower levels are the same for both modes.
 *
 * Links: every entry that has a target is on a list of that target, leaves on
 * the frame's rmap, others on the lower shadow's parents.  The list nodes
 * stand beside the table (512 of them a shadow), named by 32-bit ids, so that
 * linking never allocates.
 */
#ifndef LODGE_SHADOW_H
#define LODGE_SHADOW_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/types.h>

#include "mm/mm.h"
#include "mm/spte.h"

enum lodge_shadow_kind {
	LODGE_SHADOW_L1,
	LODGE_SHADOW_L2,
	LODGE_SHADOW_L3,
	LODGE_SHADOW_L4,
	LODGE_SHADOW_L4_USER,
	LODGE_NR_SHADOW_KINDS,
};

struct lodge_link {
	u32 next;		/* id, 0: the last */
	u32 prev;		/* id, or whose list it is the first of; 0: on no list */
};

struct lodge_shadow {
	struct hlist_node hash;
	struct list_head list;		/* mm.shadows, .orphans, .zapped or .spare */
	u64 gfn;
	u32 index;			/* in mm.by_index, from 1 */
	u8 kind;
	bool dead;			/* zapped; a vcpu may still hold it as its root */
	u32 roots;			/* vcpus that hold it */
	u32 parents;			/* links of entries that point to it */
	u64 used;			/* bit per PTES_GROUP of entries: they may not all be 0 */
	u64 *table;			/* what the hardware walks */
	struct lodge_link *link;	/* 512, one an entry */
};

static inline void lodge_shadow_write(struct lodge_shadow *s, unsigned int index, u64 spte)
{
	s->used |= BIT_ULL(index / PTES_GROUP);
	WRITE_ONCE(s->table[index], spte);
}

/* Neighbours that are looked up, and entries that are set, together with the one that is missed. */
#define LODGE_AROUND	32

static inline unsigned int kind_level(unsigned int kind)
{
	return kind >= LODGE_SHADOW_L4 ? 4 : kind + 1;
}

/* Allocate ahead: enough spare shadows for one walk, and room under the cap. No lock held; may sleep. */
int lodge_shadow_topup(struct lodge_domain *d);

struct lodge_shadow *lodge_shadow_find(struct lodge_mm *m, u64 gfn, unsigned int kind);

static inline struct lodge_shadow *lodge_shadow_of_spte(u64 spte)
{
	return (struct lodge_shadow *)page_private(pfn_to_page((spte & PTE_FRAME) >> 12));
}

/*
 * Find or build.  The frame must be resident RAM, and a table: what was mapped
 * writable has been flushed when it became one.  ERR_PTR(-EAGAIN): there was a
 * writable mapping all the same, which has been taken away, flush and try again;
 * -ENOMEM: no spare shadow.
 */
struct lodge_shadow *lodge_shadow_get(struct lodge_mm *m, u64 gfn, unsigned int kind);

/*
 * Put a shadow out of use.  Lower ones that nothing holds any more become
 * orphans, which lodge_mm_commit() puts out of use in turn.
 */
void lodge_shadow_zap(struct lodge_mm *m, struct lodge_shadow *s);
/* All shadows of a frame: it is plain memory again. */
void lodge_shadow_zap_gfn(struct lodge_mm *m, u64 gfn);
void lodge_shadow_zap_all(struct lodge_domain *d);	/* takes the lock itself; commits */
void lodge_shadow_free_spare(struct lodge_mm *m);	/* no lock held */
void lodge_shadow_free(struct lodge_shadow *s);
/* What no CPU uses any more, off all other lists: kept as spare ones, or freed. No lock held. */
void lodge_shadow_recycle(struct lodge_mm *m, struct list_head *done);

/* The guest's entry index of the table gfn is now val: make all its shadows follow. */
void lodge_shadow_sync(struct lodge_mm *m, u64 gfn, unsigned int index, u64 val);
/* Set entry from the guest's value; for leaves from what is known of the frame. */
void lodge_shadow_set(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index, u64 val);
/* The same for an L1's, known to be one. */
void lodge_shadow_set_leaf(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index, u64 val);
/* Point entry index of s to the lower shadow c. */
void lodge_shadow_link(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index, u64 val,
		       struct lodge_shadow *c);

/* module/mm/tlb.c */

/* lodge_mm_commit(), unless this is a light exit, which settles when it ends. */
void lodge_mm_commit_of(struct lodge_vcpu *v);

/*
 * Finish what was done under the lock: wait until no CPU can use what went,
 * then free it.  No lock held; may not be called with interrupts off.
 */
void lodge_mm_commit(struct lodge_domain *d);
/* lodge_mm_settle() under the lock. */
bool lodge_mm_settle_locked(struct lodge_mm *m);
/*
 * Under the lock, not in a light exit: may a CPU in the guest still use what
 * has gone from the tables?  lodge_mm_commit() puts an end to it.
 */
bool lodge_tlb_pending(struct lodge_mm *m);
/* Wait until every CPU inside the guest has left it once. */
void lodge_tlb_flush(struct lodge_domain *d);

/* module/mm/walk.c */

struct lodge_walk {
	unsigned int level;	/* of the last entry read */
	u64 gfn[5];		/* [level]: the table */
	u64 entry[5];		/* [level]: the entry as read */
	unsigned int top;	/* of the first entry read: 4, or 1 by lodge_walk_short() */
	u64 need;		/* -EAGAIN: frame to make resident */
	bool writable, executable;
};

/*
 * Read the guest's tables down to the leaf, under the lock.  0: complete;
 * -EFAULT: w->level is where an entry was not present; -EINVAL: an entry that
 * cannot be one (large, a frame that is not the guest's); -EAGAIN: w->need.
 */
int lodge_walk(struct lodge_mm *m, u64 root, u64 va, struct lodge_walk *w);
/*
 * The same by the shadows of a root in force, under the lock: they link what was
 * read of upper entries, and only the leaf is read from the guest.  0 or -EFAULT
 * as above, with the L1 shadow in *leaf; -ENOENT: not all is linked, walk.
 * Cost: 60 instructions where the walk is 240.
 */
int lodge_walk_short(struct lodge_mm *m, const struct lodge_shadow *root, u64 gfn, u64 va,
		     struct lodge_walk *w, struct lodge_shadow **leaf);
/* The place of the entry that the walk read at level. */
u64 *lodge_walk_slot(struct lodge_mm *m, const struct lodge_walk *w, u64 va, unsigned int level);
/* Set A in the path, A and D in the leaf, as hardware would; -EAGAIN: an entry has changed. */
int lodge_walk_mark(struct lodge_mm *m, struct lodge_walk *w, u64 va, bool write);

#endif
