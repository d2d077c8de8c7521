// SPDX-License-Identifier: GPL-2.0-only
/*
 * GNTTABOP_cache_flush.  Memory is coherent for all that can reach it here, so
 * there is nothing to write back: what remains is what may be asked for.
 */

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"

static bool own_frame(struct lodge_domain *d, u64 gfn)
{
	struct lodge_frame *f;
	bool own;

	spin_lock(&d->mm.lock);
	f = lodge_frame(&d->mm, gfn);
	own = f && (f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL));
	spin_unlock(&d->mm.lock);
	return own;
}

int lodge_grant_cache_flush(struct lodge_vcpu *v, u64 arg)
{
	const u32 valid = GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL;
	struct gnttab_cache_flush op;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	if (op.offset >= PAGE_SIZE || op.offset + op.length > PAGE_SIZE || (op.op & ~valid))
		return -EINVAL;
	if (!op.length || !op.op)
		return 0;
	if (!own_frame(v->domain, op.a.dev_bus_addr >> PAGE_SHIFT))
		return -EINVAL;
	/* what would lose data does not exist on x86 */
	return op.op == GNTTAB_CACHE_INVAL ? -EOPNOTSUPP : 0;
}
