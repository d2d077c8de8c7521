// SPDX-License-Identifier: GPL-2.0-only
/*
 * One entry of a grant table, as the guest sees it.
 *
 * Version 1 keeps "in use" in the entry's own flags, version 2 in an array
 * apart, which the guest is not meant to write.  The granting guest ends a grant
 * by exchanging its flags, so claiming must not lose such a change: version 1
 * claims by compare-and-exchange, version 2 sets the status and then looks again.
 */

#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/nospec.h>

#include "grant/table.h"

#define V1_PER_FRAME		(PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_FRAME		(PAGE_SIZE / sizeof(union grant_entry_v2))
#define STATUS_PER_FRAME	(PAGE_SIZE / sizeof(grant_status_t))

/* A guest may change its entry while it is claimed, but not for ever. */
#define MAX_TRIES	5

union header {
	u32 raw;
	struct grant_entry_header h;
};

u32 lodge_grant_entries(const struct lodge_grant_table *t)
{
	return t->nr_frames * (t->version == 2 ? V2_PER_FRAME : V1_PER_FRAME);
}

static void *entry(const struct lodge_grant_table *t, u32 ref)
{
	u32 per_frame = t->version == 2 ? V2_PER_FRAME : V1_PER_FRAME;
	u32 size = PAGE_SIZE / per_frame;

	BUILD_BUG_ON(sizeof(struct grant_entry_v1) != 8);
	BUILD_BUG_ON(sizeof(union grant_entry_v2) != 16);
	ref = array_index_nospec(ref, lodge_grant_entries(t));
	return page_address(t->frame[ref / per_frame].page) + ref % per_frame * size;
}

/* Status words are 16 bits wide; changed in the aligned 32 bits around them. */
static atomic_t *status_word(const struct lodge_grant_table *t, u32 ref, unsigned int *shift)
{
	grant_status_t *status;

	ref = array_index_nospec(ref, lodge_grant_entries(t));
	status = page_address(t->status[ref / STATUS_PER_FRAME].page);
	*shift = ref % 2 * 16;
	return (atomic_t *)&status[ref % STATUS_PER_FRAME & ~1U];
}

/* Does an entry grant this, to this domain? */
static bool grants(union header header, domid_t domid, bool whole)
{
	u16 mask = GTF_type_mask | (whole ? GTF_sub_page : 0);

	return (header.h.flags & mask) == GTF_permit_access && header.h.domid == domid;
}

static bool in_use(const struct lodge_grant_active *active)
{
	return active->users[0] || active->users[1];
}

static s16 claim_v1(struct lodge_grant_table *t, u32 ref, domid_t domid, bool write, bool whole,
		    const struct lodge_grant_active *active)
{
	u32 *shared = entry(t, ref);
	union header old, new;
	int tries;

	old.raw = READ_ONCE(*shared);
	for (tries = 0; tries < MAX_TRIES; tries++) {
		/* what has users stays as it was claimed for the first of them */
		if (!in_use(active) && !grants(old, domid, whole))
			return GNTST_general_error;
		if (write && (old.h.flags & GTF_readonly))
			return GNTST_general_error;
		new = old;
		new.h.flags |= GTF_reading | (write ? GTF_writing : 0);
		if (try_cmpxchg(shared, &old.raw, new.raw))
			return GNTST_okay;
	}
	return GNTST_general_error;
}

static s16 claim_v2(struct lodge_grant_table *t, u32 ref, domid_t domid, bool write, bool whole,
		    const struct lodge_grant_active *active)
{
	u32 *shared = entry(t, ref);
	union header header;
	unsigned int shift;
	atomic_t *status;

	header.raw = READ_ONCE(*shared);
	if (!in_use(active) && !grants(header, domid, whole))
		return GNTST_general_error;
	if (write && (header.h.flags & GTF_readonly))
		return GNTST_general_error;

	status = status_word(t, ref, &shift);
	atomic_or((GTF_reading | (write ? GTF_writing : 0)) << shift, status);
	/* the guest clears its flags and then looks at the status: one of us sees the other */
	smp_mb__after_atomic();

	header.raw = READ_ONCE(*shared);
	if ((in_use(active) || grants(header, domid, whole)) &&
	    !(write && (header.h.flags & GTF_readonly)))
		return GNTST_okay;
	atomic_andnot(((write ? GTF_writing : 0) | (in_use(active) ? 0 : GTF_reading)) << shift,
		      status);
	return GNTST_general_error;
}

s16 lodge_grant_entry_claim(struct lodge_grant_table *t, u32 ref, domid_t domid, bool write,
			    bool whole, const struct lodge_grant_active *active)
{
	if (t->version == 2)
		return claim_v2(t, ref, domid, write, whole, active);
	return claim_v1(t, ref, domid, write, whole, active);
}

void lodge_grant_entry_clear(struct lodge_grant_table *t, u32 ref, u16 flags)
{
	unsigned int shift = 0;
	atomic_t *word;

	if (ref >= lodge_grant_entries(t))
		return;
	if (t->version == 2)
		word = status_word(t, ref, &shift);
	else
		word = entry(t, ref);	/* the flags are the low half */
	/* after the last access that the flags stood for */
	smp_mb__before_atomic();
	atomic_andnot(flags << shift, word);
}

void lodge_grant_entry_read(struct lodge_grant_table *t, u32 ref,
			    struct lodge_grant_active *active)
{
	union grant_entry_v2 *v2;
	struct grant_entry_v1 *v1;

	active->sub_page = false;
	active->start = 0;
	active->length = PAGE_SIZE;
	if (t->version != 2) {
		v1 = entry(t, ref);
		active->frame = READ_ONCE(v1->frame);
		return;
	}
	v2 = entry(t, ref);
	active->frame = READ_ONCE(v2->full_page.frame);
	if (READ_ONCE(v2->hdr.flags) & GTF_sub_page) {
		active->sub_page = true;
		active->start = READ_ONCE(v2->sub_page.page_off);
		active->length = READ_ONCE(v2->sub_page.length);
	}
}
