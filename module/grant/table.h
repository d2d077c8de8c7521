/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to grant/: entries, what is in use, and who asks.
 *
 * The table's frames are the guest's to write at any time.  An entry is read
 * once when its use begins; from then on the active entry says what was
 * granted, to whom, and holds the page.
 */
#ifndef LODGE_GRANT_TABLE_H
#define LODGE_GRANT_TABLE_H

#include <linux/types.h>

#include <xen/interface/xen.h>
#include <xen/interface/grant_table.h>

#include "grant/grant.h"

struct lodge_vcpu;

/* Users of one kind that an active entry counts, as many as Xen does. */
#define LODGE_GRANT_MAX_USERS	128

/* A grant in use, or its place for the next time. */
struct lodge_grant_active {
	u32 users[2];		/* readers, writers */
	domid_t domid;		/* to whom it was granted */
	bool sub_page;
	u16 start;		/* of what was granted, in the page */
	u16 length;
	u64 frame;		/* as the entry named it */
	struct page *page;	/* pinned */
	/* names of the page in the grantee's space: for readers, for writers */
	u32 names[2];
	u64 gfn[2];
};

/* grant/entry.c: one entry in the shared table; all under the table's lock */

/* Entries the table has room for. */
u32 lodge_grant_entries(const struct lodge_grant_table *t);

/**
 * lodge_grant_entry_claim - mark an entry as in use, if it grants what is asked
 * @t: the table
 * @ref: below lodge_grant_entries()
 * @domid: who asks
 * @write: to write, else to read
 * @whole: a part of a page is not enough
 * @active: the users it has already, none if all zero
 *
 * Sets GTF_reading and, to write, GTF_writing.
 * Return: GNTST_okay or GNTST_general_error.
 */
s16 lodge_grant_entry_claim(struct lodge_grant_table *t, u32 ref, domid_t domid, bool write,
			    bool whole, const struct lodge_grant_active *active);

/* Take GTF_* bits back from an entry; nothing if the table has gone. */
void lodge_grant_entry_clear(struct lodge_grant_table *t, u32 ref, u16 flags);

/* What an entry that was claimed grants. */
void lodge_grant_entry_read(struct lodge_grant_table *t, u32 ref,
			    struct lodge_grant_active *active);

/* grant/active.c */

/**
 * lodge_grant_acquire - begin to use a grant
 * @rd: the granting domain
 * @ref: reference, unchecked
 * @domid: who uses it
 * @write: to write, else to read
 * @map: as a mapping, which must be of a whole page
 * @active: the active entry; stays until lodge_grant_release()
 *
 * Context: process, may sleep.
 * Return: GNTST_*.
 */
s16 lodge_grant_acquire(struct lodge_domain *rd, u32 ref, domid_t domid, bool write, bool map,
			struct lodge_grant_active **active);
void lodge_grant_release(struct lodge_domain *rd, u32 ref, bool write);
/* The same under the table's lock. */
s16 lodge_grant_acquire_locked(struct lodge_domain *rd, u32 ref, domid_t domid, bool write,
			       bool map, struct lodge_grant_active **active);
void lodge_grant_release_locked(struct lodge_domain *rd, u32 ref, bool write);

/* Under the lock: the active entry of a grant that has users, or NULL. */
struct lodge_grant_active *lodge_grant_used(struct lodge_grant_table *t, u32 ref);
/* Under the lock: the table goes; entries with users stay until they end. */
void lodge_grant_drop_unused(struct lodge_grant_table *t);

/*
 * A frame that others write cannot be a page table at the same time: count its
 * writers, if it is none now.  As real Xen refuses such grants, and to pin a
 * frame that is granted.
 */
bool lodge_grant_hold_frame(struct lodge_domain *rd, u64 gfn);
void lodge_grant_drop_frame(struct lodge_domain *rd, u64 gfn);

/*
 * A name of the granted page in the space of the domain that uses it, the same
 * for all its uses of this entry; its own frame number if it is its own page.  Frame number, or a negative errno.  Between
 * acquire and release; may sleep.  Returned by lodge_grant_unname(), after
 * which no mapping by that name remains if nobody else has it.
 */
s64 lodge_grant_name(struct lodge_domain *rd, u32 ref, bool write, struct lodge_domain *d);
void lodge_grant_unname(struct lodge_domain *rd, u32 ref, bool write, struct lodge_domain *d);

/*
 * The domain an operation names, with a reference in *other.  @self: DOMID_SELF
 * is allowed.  Domain 0, which has no table here, gives @host.  GNTST_*.
 */
s16 lodge_grant_domain(struct lodge_domain *d, domid_t dom, bool self, s16 host,
		       struct lodge_domain **other);
/* What an entry of domain 0 would say: its table is one frame on which nothing is granted. */
static inline s16 lodge_grant_of_host(u32 ref)
{
	return ref < PAGE_SIZE / sizeof(struct grant_entry_v1) ? GNTST_general_error :
								  GNTST_bad_gntref;
}

/* grant/table.c */
long lodge_grant_setup_table(struct lodge_vcpu *v, u64 arg, u32 count);
long lodge_grant_query_size(struct lodge_vcpu *v, u64 arg, u32 count);
long lodge_grant_status_frames(struct lodge_vcpu *v, u64 arg, u32 count);

/* grant/version.c */
long lodge_grant_set_version(struct lodge_vcpu *v, u64 arg);
long lodge_grant_get_version(struct lodge_vcpu *v, u64 arg);

/* grant/frame.c: frames of the table; under the lock */
int lodge_grant_grow(struct lodge_domain *d, u32 nr_frames, u32 version);
void lodge_grant_drop_status(struct lodge_domain *d);
void lodge_grant_drop_frames(struct lodge_domain *d);

/* One element of an array each: 0, or -EFAULT if it cannot be read or answered. */
int lodge_grant_map(struct lodge_vcpu *v, u64 arg);
int lodge_grant_unmap(struct lodge_vcpu *v, u64 arg);
int lodge_grant_unmap_and_replace(struct lodge_vcpu *v, u64 arg);
int lodge_grant_copy(struct lodge_vcpu *v, u64 arg);
int lodge_grant_cache_flush(struct lodge_vcpu *v, u64 arg);

/* Let go of every mapping the domain has. */
void lodge_grant_unmap_all(struct lodge_domain *d);

#endif
