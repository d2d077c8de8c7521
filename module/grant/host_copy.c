// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies between the host's memory and pages that a guest grants for no longer
 * than that: a net backend's packets.
 *
 * A grant nobody uses needs no active entry for it: the table's lock is held over
 * the copy, and the flags in the guest's entry say that it is in use, so that a
 * guest that ends the grant knows when it has ended.
 */

#include <linux/mm.h>

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"

/* What is to be copied must lie in the page, and in the part of it that is granted. */
static bool within(const struct lodge_grant_active *a, const struct lodge_grant_segment *s)
{
	u32 end = (u32)s->offset + s->len;

	return end <= PAGE_SIZE && s->offset >= a->start && end <= (u32)a->start + a->length;
}

static s16 copy_segment(const struct lodge_grant_active *a, const struct lodge_grant_segment *s,
			bool write)
{
	void *guest;

	if (!within(a, s))
		return GNTST_bad_copy_arg;
	guest = page_address(a->page) + offset_in_page(s->offset);
	if (write)
		memcpy(guest, s->host, s->len);
	else
		memcpy(s->host, guest, s->len);
	return GNTST_okay;
}

/* @n segments of one grant; the first error counts for all. */
static s16 copy_segments(const struct lodge_grant_active *a, struct lodge_grant_segment *s, u32 n,
			 bool write)
{
	s16 ret = GNTST_okay;
	u32 i;

	for (i = 0; i < n && ret == GNTST_okay; i++)
		ret = copy_segment(a, &s[i], write);
	return ret;
}

/* Of a grant that somebody uses. */
static s16 copy_used(struct lodge_domain *d, struct lodge_grant_segment *s, u32 n, bool write)
{
	struct lodge_grant_active *a;
	s16 ret;

	ret = lodge_grant_acquire(d, s->ref, 0, write, false, &a);
	if (ret != GNTST_okay)
		return ret;
	ret = copy_segments(a, s, n, write);
	lodge_grant_release(d, s->ref, write);
	return ret;
}

/* Of a grant that nobody uses. Under the lock. */
static s16 copy_unused(struct lodge_domain *d, struct lodge_grant_segment *s, u32 n, bool write)
{
	struct lodge_grant_table *t = &d->grant;
	struct lodge_grant_active a = { };
	s16 ret;

	lockdep_assert_held(&d->grant.lock);
	ret = lodge_grant_entry_claim(t, s->ref, 0, write, false, &a);
	if (ret != GNTST_okay)
		return ret;
	lodge_grant_entry_read(t, s->ref, &a);
	ret = GNTST_bad_page;
	a.page = lodge_frame_pin(d, a.frame);
	if (IS_ERR(a.page))
		goto clear;
	ret = GNTST_general_error;
	if (write && !lodge_grant_hold_frame(d, a.frame))
		goto unpin;
	ret = copy_segments(&a, s, n, write);
	if (write)
		lodge_grant_drop_frame(d, a.frame);
unpin:
	if (write)
		lodge_frame_unpin(a.page);
	else
		put_page(a.page);	/* has not become dirty */
clear:
	lodge_grant_entry_clear(t, s->ref, GTF_reading | (write ? GTF_writing : 0));
	return ret;
}

static bool in_use(struct lodge_grant_table *t, u32 ref)
{
	const struct lodge_grant_active *a = xa_load(&t->active, ref);

	return a && (a->users[0] || a->users[1]);
}

static u32 same_ref(const struct lodge_grant_segment *s, u32 nr)
{
	u32 n = 1;

	while (n < nr && s[n].ref == s[0].ref)
		n++;
	return n;
}

bool lodge_grant_host_copy(struct lodge_domain *d, struct lodge_grant_segment *s, u32 nr,
			   bool write)
{
	struct lodge_grant_table *t = &d->grant;
	bool all = true;
	s16 ret;
	u32 n, i;

	mutex_lock(&t->lock);
	for (; nr; nr -= n, s += n) {
		n = same_ref(s, nr);
		if (s->ref >= lodge_grant_entries(t)) {
			ret = GNTST_bad_gntref;
		} else if (in_use(t, s->ref)) {
			mutex_unlock(&t->lock);
			ret = copy_used(d, s, n, write);
			mutex_lock(&t->lock);
		} else {
			ret = copy_unused(d, s, n, write);
		}
		for (i = 0; i < n; i++)
			s[i].status = ret;
		all &= ret == GNTST_okay;
	}
	mutex_unlock(&t->lock);
	return all;
}
