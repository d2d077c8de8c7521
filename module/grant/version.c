// SPDX-License-Identifier: GPL-2.0-only
/*
 * The version of the table: 1 from the start, 2 on request.
 *
 * Changing it empties the table but for the reserved entries, which the builder
 * may have filled for console and store.
 */

#include <linux/mm.h>

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"

#define NR_RESERVED	GNTTAB_NR_RESERVED_ENTRIES

/* Is an entry in use that would not survive?  Under the lock. */
static bool busy(struct lodge_grant_table *t)
{
	struct lodge_grant_active *a;
	unsigned long ref;

	lockdep_assert_held(&t->lock);
	xa_for_each_start(&t->active, ref, a, NR_RESERVED)
		if (lodge_grant_used(t, ref))
			return true;
	return false;
}

/*
 * Does the guest map a status frame?  Mappings that were never used do not
 * count: they have no shadow, and translate to nothing once the name has gone.
 */
static bool status_mapped(struct lodge_domain *d)
{
	struct lodge_grant_table *t = &d->grant;
	bool mapped = false;
	u32 i;

	spin_lock(&d->mm.lock);
	for (i = 0; i < t->nr_status; i++)
		if (d->mm.special[t->status[i].gfn - LODGE_SPECIAL_GFN].rmap)
			mapped = true;
	spin_unlock(&d->mm.lock);
	return mapped;
}

/* The reserved entries as version 1 has them. -ERANGE if one cannot be said so. */
static int save_v2(struct lodge_grant_table *t, struct grant_entry_v1 *saved)
{
	const union grant_entry_v2 *v2 = page_address(t->frame[0].page);
	const grant_status_t *status = page_address(t->status[0].page);
	unsigned int i;

	for (i = 0; i < NR_RESERVED; i++) {
		u16 flags = READ_ONCE(v2[i].hdr.flags);
		u64 frame = READ_ONCE(v2[i].full_page.frame);

		saved[i] = (struct grant_entry_v1){};
		if ((flags & GTF_type_mask) == GTF_transitive)
			return -ERANGE;
		if ((flags & GTF_type_mask) != GTF_permit_access)
			continue;
		if (frame >> 32)
			return -ERANGE;
		saved[i].flags = flags | READ_ONCE(status[i]);
		saved[i].domid = READ_ONCE(v2[i].hdr.domid);
		saved[i].frame = frame;
	}
	return 0;
}

static void restore_v2(struct lodge_grant_table *t, const struct grant_entry_v1 *saved)
{
	const u16 in_use = GTF_reading | GTF_writing;
	union grant_entry_v2 *v2 = page_address(t->frame[0].page);
	grant_status_t *status = page_address(t->status[0].page);
	unsigned int i;

	for (i = 0; i < NR_RESERVED; i++) {
		status[i] = saved[i].flags & in_use;
		v2[i].full_page.hdr.flags = saved[i].flags & ~in_use;
		v2[i].full_page.hdr.domid = saved[i].domid;
		v2[i].full_page.frame = saved[i].frame;
	}
}

static int change(struct lodge_domain *d, u32 version)
{
	struct grant_entry_v1 saved[NR_RESERVED];
	struct lodge_grant_table *t = &d->grant;
	int ret;
	u32 i;

	if (!t->nr_frames || busy(t))
		return -EBUSY;
	if (version == 2) {
		ret = lodge_grant_grow(d, t->nr_frames, version);
		if (ret)
			return -ENOMEM;
		memcpy(saved, page_address(t->frame[0].page), sizeof(saved));
	} else {
		ret = save_v2(t, saved);
		if (ret)
			return ret;
		if (status_mapped(d))
			return -EBUSY;
		lodge_grant_drop_status(d);
	}

	for (i = 0; i < t->nr_frames; i++)
		clear_page(page_address(t->frame[i].page));
	if (version == 2)
		restore_v2(t, saved);
	else
		memcpy(page_address(t->frame[0].page), saved, sizeof(saved));
	t->version = version;
	return 0;
}

long lodge_grant_set_version(struct lodge_vcpu *v, u64 arg)
{
	struct lodge_grant_table *t = &v->domain->grant;
	struct gnttab_set_version op;
	int ret = 0;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	mutex_lock(&t->lock);
	if (op.version != 1 && op.version != 2)
		ret = -EINVAL;
	else if (op.version != t->version)
		ret = change(v->domain, op.version);
	op.version = t->version;
	mutex_unlock(&t->lock);
	return lodge_guest_put(v, arg, op) ? -EFAULT : ret;
}

long lodge_grant_get_version(struct lodge_vcpu *v, u64 arg)
{
	struct lodge_domain *d = v->domain, *other;
	struct gnttab_get_version op;
	s16 status;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	status = lodge_grant_domain(d, op.dom, true, GNTST_permission_denied, &other);
	if (status == GNTST_bad_domain)
		return -ESRCH;
	if (status != GNTST_okay)
		return -EPERM;
	lodge_domain_put(other);
	if (other != d)
		return -EPERM;
	op.version = READ_ONCE(d->grant.version);
	return lodge_guest_put(v, arg + offsetof(typeof(op), version), op.version) ? -EFAULT : 0;
}
