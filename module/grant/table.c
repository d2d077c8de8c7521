// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on the table as a whole: its size, its frames and their growth.
 * Nothing is read from or written to the guest under the table's lock.
 */

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"

/* Only the caller's own table. GNTST_*. */
static s16 own_table(struct lodge_domain *d, domid_t dom)
{
	struct lodge_domain *other;
	s16 ret;

	ret = lodge_grant_domain(d, dom, true, GNTST_permission_denied, &other);
	if (ret != GNTST_okay)
		return ret;
	if (other != d)
		ret = GNTST_permission_denied;
	lodge_domain_put(other);
	return ret;
}

#define put_status(v, arg, op) \
	(lodge_guest_put(v, (arg) + offsetof(typeof(op), status), (op).status) ? -EFAULT : 0)

static void list_frames(const struct lodge_grant_frame *frame, u64 *gfn, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		gfn[i] = frame[i].gfn;
}

static s16 setup(struct lodge_domain *d, u32 nr, u64 *gfn)
{
	struct lodge_grant_table *t = &d->grant;
	s16 ret = GNTST_okay;

	if (nr > LODGE_GRANT_FRAMES)
		return GNTST_general_error;
	mutex_lock(&t->lock);
	if (lodge_grant_grow(d, nr, t->version))
		ret = GNTST_general_error;
	else
		list_frames(t->frame, gfn, nr);
	mutex_unlock(&t->lock);
	return ret;
}

static u64 list_address(const void *frame_list)
{
	u64 va;

	/* a guest handle is an address, whatever type the header gives it */
	memcpy(&va, frame_list, sizeof(va));
	return va;
}

long lodge_grant_setup_table(struct lodge_vcpu *v, u64 arg, u32 count)
{
	u64 gfn[LODGE_GRANT_FRAMES], list;
	struct gnttab_setup_table op;

	if (count != 1)
		return -EINVAL;
	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	list = list_address(&op.frame_list);
	if (!lodge_guest_va_ok(list))
		return -EFAULT;

	op.status = own_table(v->domain, op.dom);
	if (op.status == GNTST_okay)
		op.status = setup(v->domain, op.nr_frames, gfn);
	if (op.status == GNTST_okay && op.nr_frames &&
	    lodge_guest_write(v, list, gfn, op.nr_frames * sizeof(gfn[0])))
		op.status = GNTST_bad_virt_addr;
	return put_status(v, arg, op);
}

long lodge_grant_query_size(struct lodge_vcpu *v, u64 arg, u32 count)
{
	struct lodge_grant_table *t = &v->domain->grant;
	struct gnttab_query_size op;

	if (count != 1)
		return -EINVAL;
	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	op.status = own_table(v->domain, op.dom);
	if (op.status == GNTST_okay) {
		op.nr_frames = READ_ONCE(t->nr_frames);
		op.max_nr_frames = LODGE_GRANT_FRAMES;
	}
	return lodge_guest_put(v, arg, op) ? -EFAULT : 0;
}

long lodge_grant_status_frames(struct lodge_vcpu *v, u64 arg, u32 count)
{
	struct lodge_grant_table *t = &v->domain->grant;
	struct gnttab_get_status_frames op;
	u64 gfn[LODGE_GRANT_STATUS];

	if (count != 1)
		return -EINVAL;
	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	op.status = own_table(v->domain, op.dom);
	if (op.status != GNTST_okay)
		return put_status(v, arg, op);

	mutex_lock(&t->lock);
	if (op.nr_frames > t->nr_status)
		op.status = GNTST_general_error;
	else
		list_frames(t->status, gfn, op.nr_frames);
	mutex_unlock(&t->lock);
	if (op.status == GNTST_okay && op.nr_frames &&
	    lodge_guest_write(v, list_address(&op.frame_list), gfn, op.nr_frames * sizeof(gfn[0])))
		op.status = GNTST_bad_virt_addr;
	return put_status(v, arg, op);
}
