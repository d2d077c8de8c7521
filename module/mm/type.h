/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guest may use a frame for: as on real Xen a frame of RAM is, as long
 * as something uses it, a page table of one level, or mapped writable, or a page
 * of descriptors, and never two of these.
 *
 * Uses of a table are pins, vcpus' roots and entries of tables one level up.  A
 * table is validated when it gets its first use: each entry takes a use of what
 * it names.  With the last use they are given back.  So every table that a walk
 * can reach is valid, and no guest entry maps it writable.
 *
 * Nothing of the host's safety rests on this: shadows are built by their own
 * rules.  It is for the guest, which finds out now, by errno, what it may not do.
 */
#ifndef LODGE_TYPE_H
#define LODGE_TYPE_H

#include <linux/types.h>

#include "mm/mm.h"
#include "mm/spte.h"

/* lodge_frame.type, while it has uses: a level from 1 to 4, or */
#define LODGE_TYPE_WRITABLE	5

/* lodge_frame.type_state of a table that is not whole */
#define LODGE_TYPE_PARTIAL	1	/* being validated */
#define LODGE_TYPE_DYING	2	/* without uses, its entries have theirs still */

/* lodge_type_entry_get(): a table that is none yet. */
#define LODGE_TYPE_NEED		1

struct lodge_type_need {
	u64 gfn;
	unsigned int level;
};

/* The level of a table, 0 if it is none. Under the lock. */
static inline unsigned int lodge_type_level(const struct lodge_frame *f)
{
	return f->type < LODGE_TYPE_WRITABLE ? f->type : 0;
}

/* May lodge or a device write it for the guest, or could it become writable? */
static inline bool lodge_type_plain(const struct lodge_frame *f)
{
	return !lodge_type_level(f) && !(f->flags & LODGE_FRAME_DESC);
}

#define LODGE_TYPE_MAX_USES	(~0U >> 1)

/* One use of a frame as writable memory: 0 or -EBUSY. Under the lock. */
static inline int lodge_type_get_writable(struct lodge_frame *f)
{
	if (!lodge_type_plain(f) || f->uses >= LODGE_TYPE_MAX_USES)
		return -EBUSY;
	f->type = LODGE_TYPE_WRITABLE;
	f->uses++;
	return 0;
}

static inline void lodge_type_put_writable(struct lodge_frame *f)
{
	/* what lodge itself writes into a page may have come into an entry: then there is nothing to give back */
	if (f->type == LODGE_TYPE_WRITABLE && !--f->uses)
		f->type = 0;
}

/*
 * What a present entry of an L1 uses, in the common case: RAM, writable if it is nothing
 * else.  false: lodge_type_entry_get() says.  Under the lock.  Cost: 30 instructions.
 */
static __always_inline bool lodge_type_leaf_get(struct lodge_mm *m, u64 val)
{
	struct lodge_frame *f;

	if (pte_gfn(val) >= m->max_pages || (val & PTE_CACHE))
		return false;
	f = lodge_frame(m, pte_gfn(val));
	if (!(f->flags & LODGE_FRAME_RAM))
		return false;
	return !(val & PTE_W) || !lodge_type_get_writable(f);
}

/* Give it back; the entry need not be present. */
static __always_inline void lodge_type_leaf_put(struct lodge_mm *m, u64 val)
{
	if ((val & (PTE_P | PTE_W)) == (PTE_P | PTE_W) && pte_gfn(val) < m->max_pages)
		lodge_type_put_writable(lodge_frame(m, pte_gfn(val)));
}

/**
 * lodge_type_entry_get - take what an entry of a table uses
 * @m: the domain's memory
 * @gfn: the table
 * @level: its level
 * @val: the entry, present or not
 * @need: what to make a table of first
 *
 * Under the lock.  The errnos are those of Xen 4.17.
 * Return: 0, LODGE_TYPE_NEED, -EAGAIN (somebody else is at work on it), -EINVAL, -EPERM, -EBUSY.
 */
int lodge_type_entry_get(struct lodge_mm *m, u64 gfn, unsigned int level, u64 val,
			 struct lodge_type_need *need);
/* Give it back; lodge_type_drain() is due then. Under the lock. */
void lodge_type_entry_put(struct lodge_mm *m, u64 gfn, unsigned int level, u64 val);

/* One use of a frame as a table. Own thread of a vcpu of the domain, may sleep. 0 or an errno as above. */
int lodge_type_get_table(struct lodge_vcpu *v, u64 gfn, unsigned int level);
void lodge_type_put_table(struct lodge_vcpu *v, u64 gfn);
/* Let go of what tables without uses used. Own thread, may sleep; commits. */
void lodge_type_drain(struct lodge_vcpu *v);

/* The boot tables, once a thread is there that can read them: 0 or an errno. */
int lodge_type_boot(struct lodge_vcpu *v);

#endif
