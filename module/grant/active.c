// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants in use: who uses which entry, and the page behind it.
 *
 * Belongs to the granting domain's table but survives it: when that domain
 * dies its table goes, while what others have mapped stays theirs, memory and
 * all, until they let go of it.  Users hold a reference to the granting domain.
 */

#include <linux/slab.h>

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"
#include "mm/type.h"

bool lodge_grant_hold_frame(struct lodge_domain *rd, u64 gfn)
{
	struct lodge_frame *f;
	bool ok;

	spin_lock(&rd->mm.lock);
	f = lodge_frame(&rd->mm, gfn);
	ok = lodge_frame_is_ram(f) && f->grants < U16_MAX && !lodge_type_get_writable(f);
	if (ok)
		f->grants++;
	spin_unlock(&rd->mm.lock);
	return ok;
}

void lodge_grant_drop_frame(struct lodge_domain *rd, u64 gfn)
{
	struct lodge_frame *f;

	spin_lock(&rd->mm.lock);
	f = lodge_frame(&rd->mm, gfn);
	if (!WARN_ON_ONCE(!f || !f->grants)) {
		f->grants--;
		lodge_type_put_writable(f);
	}
	spin_unlock(&rd->mm.lock);
}

static s16 first_use(struct lodge_domain *rd, u32 ref, struct lodge_grant_active *a)
{
	struct page *page;

	lodge_grant_entry_read(&rd->grant, ref, a);
	page = lodge_frame_pin(rd, a->frame);
	if (IS_ERR(page))
		return GNTST_bad_page;
	a->page = page;
	return GNTST_okay;
}

static bool used(const struct lodge_grant_active *a)
{
	return a->users[0] || a->users[1];
}

/* The entry's place, kept until the table goes: grants are used again and again. */
static struct lodge_grant_active *place(struct lodge_grant_table *t, u32 ref)
{
	struct lodge_grant_active *a = xa_load(&t->active, ref);

	if (a)
		return a;
	a = kzalloc(sizeof(*a), GFP_KERNEL_ACCOUNT);
	if (a && xa_is_err(xa_store(&t->active, ref, a, GFP_KERNEL_ACCOUNT))) {
		kfree(a);
		return NULL;
	}
	return a;
}

struct lodge_grant_active *lodge_grant_used(struct lodge_grant_table *t, u32 ref)
{
	struct lodge_grant_active *a = xa_load(&t->active, ref);

	return a && used(a) ? a : NULL;
}

static void drop_place(struct lodge_grant_table *t, unsigned long ref,
		       struct lodge_grant_active *a)
{
	xa_erase(&t->active, ref);
	kfree(a);
}

void lodge_grant_drop_unused(struct lodge_grant_table *t)
{
	struct lodge_grant_active *a;
	unsigned long ref;

	lockdep_assert_held(&t->lock);
	xa_for_each(&t->active, ref, a)
		if (!used(a))
			drop_place(t, ref, a);
}

/* One user less, and what goes with the last of them. Under the lock. */
static void release(struct lodge_grant_table *t, u32 ref, bool write,
		    struct lodge_grant_active *a)
{
	u16 flags = 0;

	lockdep_assert_held(&t->lock);
	a->users[write]--;
	if (write && !a->users[1])
		flags |= GTF_writing;
	if (!a->users[0] && !a->users[1])
		flags |= GTF_reading;
	if (flags)
		lodge_grant_entry_clear(t, ref, flags);
	if (used(a))
		return;
	lodge_frame_unpin(a->page);
	a->page = NULL;
	/* the table has gone, and this was the last use of the entry */
	if (!t->nr_frames)
		drop_place(t, ref, a);
}

/* Under the lock, @ref in bounds. */
static s16 acquire(struct lodge_domain *rd, u32 ref, domid_t domid, bool write, bool map,
		   struct lodge_grant_active *a)
{
	struct lodge_grant_table *t = &rd->grant;
	bool in_use = used(a);
	s16 ret;

	lockdep_assert_held(&t->lock);
	if (in_use && (a->domid != domid || (map && a->sub_page) ||
		     a->users[0] >= LODGE_GRANT_MAX_USERS || a->users[1] >= LODGE_GRANT_MAX_USERS))
		return GNTST_general_error;

	if (!in_use || (write && !a->users[1])) {
		ret = lodge_grant_entry_claim(t, ref, domid, write, map, a);
		if (ret != GNTST_okay)
			return ret;
	}
	if (!in_use) {
		ret = first_use(rd, ref, a);
		if (ret != GNTST_okay) {
			lodge_grant_entry_clear(t, ref, GTF_reading | (write ? GTF_writing : 0));
			return ret;
		}
		a->domid = domid;
	}
	a->users[write]++;
	if (write && a->users[1] == 1 && !lodge_grant_hold_frame(rd, a->frame)) {
		release(t, ref, write, a);
		return GNTST_general_error;
	}
	return GNTST_okay;
}

s16 lodge_grant_acquire_locked(struct lodge_domain *rd, u32 ref, domid_t domid, bool write,
			       bool map, struct lodge_grant_active **active)
{
	struct lodge_grant_table *t = &rd->grant;
	struct lodge_grant_active *a;
	s16 ret;

	lockdep_assert_held(&t->lock);
	if (ref >= lodge_grant_entries(t))
		return GNTST_bad_gntref;
	a = place(t, ref);
	ret = a ? acquire(rd, ref, domid, write, map, a) : GNTST_general_error;
	if (ret == GNTST_okay)
		*active = a;
	return ret;
}

s16 lodge_grant_acquire(struct lodge_domain *rd, u32 ref, domid_t domid, bool write, bool map,
			struct lodge_grant_active **active)
{
	s16 ret;

	mutex_lock(&rd->grant.lock);
	ret = lodge_grant_acquire_locked(rd, ref, domid, write, map, active);
	mutex_unlock(&rd->grant.lock);
	return ret;
}

void lodge_grant_release_locked(struct lodge_domain *rd, u32 ref, bool write)
{
	struct lodge_grant_table *t = &rd->grant;
	struct lodge_grant_active *a;

	lockdep_assert_held(&t->lock);
	a = xa_load(&t->active, ref);
	if (WARN_ON_ONCE(!a || !a->users[write]))
		return;
	if (write && a->users[1] == 1)
		lodge_grant_drop_frame(rd, a->frame);
	release(t, ref, write, a);
}

void lodge_grant_release(struct lodge_domain *rd, u32 ref, bool write)
{
	mutex_lock(&rd->grant.lock);
	lodge_grant_release_locked(rd, ref, write);
	mutex_unlock(&rd->grant.lock);
}

s64 lodge_grant_name(struct lodge_domain *rd, u32 ref, bool write, struct lodge_domain *d)
{
	struct lodge_grant_table *t = &rd->grant;
	struct lodge_grant_active *a;
	s64 gfn = -EINVAL;

	mutex_lock(&t->lock);
	a = xa_load(&t->active, ref);
	if (WARN_ON_ONCE(!a))
		goto unlock;
	if (rd == d) {
		/* a frame of its own has a name */
		a->gfn[write] = a->frame;
	} else if (!a->names[write]) {
		gfn = lodge_special_add(d, a->page, write);
		if (gfn < 0)
			goto unlock;
		a->gfn[write] = gfn;
	}
	a->names[write]++;
	gfn = a->gfn[write];
unlock:
	mutex_unlock(&t->lock);
	return gfn;
}

void lodge_grant_unname(struct lodge_domain *rd, u32 ref, bool write, struct lodge_domain *d)
{
	struct lodge_grant_table *t = &rd->grant;
	struct lodge_grant_active *a;

	mutex_lock(&t->lock);
	a = xa_load(&t->active, ref);
	if (!WARN_ON_ONCE(!a || !a->names[write]) && !--a->names[write] && rd != d)
		lodge_special_remove(d, a->gfn[write]);
	mutex_unlock(&t->lock);
}

s16 lodge_grant_domain(struct lodge_domain *d, domid_t dom, bool self, s16 host,
		       struct lodge_domain **other)
{
	if (dom == d->domid || (self && dom == DOMID_SELF)) {
		lodge_domain_get(d);
		*other = d;
		return GNTST_okay;
	}
	if (dom == 0)
		return host;
	*other = lodge_domain_find(dom);
	return *other ? GNTST_okay : GNTST_bad_domain;
}
