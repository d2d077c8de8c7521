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
	if (xa_is_err(xa_store(&rd->grant.active, ref, a, GFP_KERNEL_ACCOUNT))) {
		lodge_frame_unpin(page);
		return GNTST_general_error;
	}
	return GNTST_okay;
}

/* One user less, and what goes with the last of them. Under the lock. */
static void release(struct lodge_grant_table *t, u32 ref, bool write,
		    struct lodge_grant_active *a)
{
	u16 flags = 0;

	a->users[write]--;
	if (write && !a->users[1])
		flags |= GTF_writing;
	if (!a->users[0] && !a->users[1])
		flags |= GTF_reading;
	if (flags)
		lodge_grant_entry_clear(t, ref, flags);
	if (a->users[0] || a->users[1])
		return;
	xa_erase(&t->active, ref);
	lodge_frame_unpin(a->page);
	kfree(a);
}

/* Under the lock, @ref in bounds. @a is freed on failure unless it has users. */
static s16 acquire(struct lodge_domain *rd, u32 ref, domid_t domid, bool write, bool map,
		   struct lodge_grant_active *a)
{
	struct lodge_grant_table *t = &rd->grant;
	bool used = a->users[0] || a->users[1];
	s16 ret;

	if (used && (a->domid != domid || (map && a->sub_page) ||
		     a->users[0] >= LODGE_GRANT_MAX_USERS || a->users[1] >= LODGE_GRANT_MAX_USERS))
		return GNTST_general_error;

	if (!used || (write && !a->users[1])) {
		ret = lodge_grant_entry_claim(t, ref, domid, write, map, a);
		if (ret != GNTST_okay)
			goto free;
	}
	if (!used) {
		ret = first_use(rd, ref, a);
		if (ret != GNTST_okay) {
			lodge_grant_entry_clear(t, ref, GTF_reading | (write ? GTF_writing : 0));
			goto free;
		}
		a->domid = domid;
	}
	a->users[write]++;
	if (write && a->users[1] == 1 && !lodge_grant_hold_frame(rd, a->frame)) {
		release(t, ref, write, a);
		return GNTST_general_error;
	}
	return GNTST_okay;
free:
	if (!used)
		kfree(a);
	return ret;
}

s16 lodge_grant_acquire(struct lodge_domain *rd, u32 ref, domid_t domid, bool write, bool map,
			struct lodge_grant_active **active)
{
	struct lodge_grant_table *t = &rd->grant;
	struct lodge_grant_active *a;
	s16 ret = GNTST_bad_gntref;

	mutex_lock(&t->lock);
	if (ref >= lodge_grant_entries(t))
		goto unlock;
	a = xa_load(&t->active, ref);
	if (!a)
		a = kzalloc(sizeof(*a), GFP_KERNEL_ACCOUNT);
	ret = a ? acquire(rd, ref, domid, write, map, a) : GNTST_general_error;
	if (ret == GNTST_okay)
		*active = a;
unlock:
	mutex_unlock(&t->lock);
	return ret;
}

void lodge_grant_release(struct lodge_domain *rd, u32 ref, bool write)
{
	struct lodge_grant_table *t = &rd->grant;
	struct lodge_grant_active *a;

	mutex_lock(&t->lock);
	a = xa_load(&t->active, ref);
	if (!WARN_ON_ONCE(!a || !a->users[write])) {
		if (write && a->users[1] == 1)
			lodge_grant_drop_frame(rd, a->frame);
		release(t, ref, write, a);
	}
	mutex_unlock(&t->lock);
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
