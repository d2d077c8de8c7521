// SPDX-License-Identifier: GPL-2.0-only
/*
 * GNTTABOP_copy: between frames of the caller and grants of any domain.
 */

#include <linux/mm.h>

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"

/* One side of a copy, held for its length. */
struct side {
	struct lodge_domain *domain;
	struct page *page;
	u32 start, length;	/* what may be touched */
	u32 ref;		/* or the frame's number, which is below 2^32 as well */
	bool grant;
	bool write;
};

static s16 claim(struct lodge_domain *d, const struct gnttab_copy_ptr *ptr, struct side *side)
{
	struct lodge_grant_active *active;
	s16 ret;

	/* a frame number means something in one's own space only */
	if (ptr->domid != DOMID_SELF && !side->grant)
		return GNTST_permission_denied;
	ret = lodge_grant_domain(d, ptr->domid, true,
				 side->grant ? lodge_grant_of_host(ptr->u.ref) :
					       GNTST_permission_denied, &side->domain);
	if (ret != GNTST_okay)
		return ret;

	if (side->grant) {
		side->ref = ptr->u.ref;
		ret = lodge_grant_acquire(side->domain, side->ref, d->domid, side->write, false,
					  &active);
		if (ret != GNTST_okay)
			goto put;
		side->page = active->page;
		side->start = active->start;
		side->length = active->length;
		return GNTST_okay;
	}

	side->page = lodge_frame_pin(d, ptr->u.gmfn);
	if (IS_ERR(side->page)) {
		ret = GNTST_bad_page;
		goto put;
	}
	side->ref = ptr->u.gmfn;
	if (side->write && !lodge_grant_hold_frame(d, side->ref)) {
		lodge_frame_unpin(side->page);
		ret = GNTST_general_error;
		goto put;
	}
	side->start = 0;
	side->length = PAGE_SIZE;
	return GNTST_okay;
put:
	lodge_domain_put(side->domain);
	return ret;
}

static void release(struct side *side)
{
	if (side->grant) {
		lodge_grant_release(side->domain, side->ref, side->write);
	} else {
		if (side->write)
			lodge_grant_drop_frame(side->domain, side->ref);
		lodge_frame_unpin(side->page);
	}
	lodge_domain_put(side->domain);
}

static bool within(const struct side *side, u32 offset, u32 len)
{
	return offset >= side->start && offset + len <= side->start + side->length;
}

static s16 copy_one(struct lodge_domain *d, const struct gnttab_copy *op)
{
	struct side src = { .grant = op->flags & GNTCOPY_source_gref };
	struct side dst = { .grant = op->flags & GNTCOPY_dest_gref, .write = true };
	s16 ret;

	ret = claim(d, &op->source, &src);
	if (ret != GNTST_okay)
		return ret;
	ret = claim(d, &op->dest, &dst);
	if (ret != GNTST_okay)
		goto release_src;

	if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE)
		ret = GNTST_bad_copy_arg;
	else if (!within(&src, op->source.offset, op->len) ||
		 !within(&dst, op->dest.offset, op->len))
		ret = GNTST_general_error;
	else
		memmove(page_address(dst.page) + op->dest.offset,
			page_address(src.page) + op->source.offset, op->len);
	release(&dst);
release_src:
	release(&src);
	return ret;
}

int lodge_grant_copy(struct lodge_vcpu *v, u64 arg)
{
	struct gnttab_copy op;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	op.status = copy_one(v->domain, &op);
	return lodge_guest_put(v, arg + offsetof(typeof(op), status), op.status) ? -EFAULT : 0;
}
