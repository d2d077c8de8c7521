// SPDX-License-Identifier: GPL-2.0-only
/*
 * grant_table_op(cmd, array, count): errnos for the call as a whole, GNTST_* in
 * each element; as Xen 4.17 (X: common/grant_table.c).
 *
 * Long arrays are continued: address and count in the guest's registers say how
 * far they have come.
 */

#include "domain/domain.h"
#include "grant/table.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"

/* Above these bits Xen keeps its own progress in the command. */
#define CMD_MASK	0xfff

static long each(struct lodge_vcpu *v, struct lodge_hc_args *args, size_t size,
		 int (*one)(struct lodge_vcpu *v, u64 arg))
{
	u32 count = args->a[2];
	int ret;

	if (!lodge_guest_va_ok(args->a[1]))
		return -EFAULT;
	while (count) {
		ret = one(v, args->a[1]);
		if (ret)
			return ret;
		args->a[1] += size;
		args->a[2] = --count;
		if (count && lodge_hc_preempt(v))
			return LODGE_HC_AGAIN;
	}
	return 0;
}

LODGE_HC(grant_table_op)
{
	u32 cmd = args->a[0], count = args->a[2];
	u64 arg = args->a[1];

	if ((s32)count < 0 || (cmd & ~CMD_MASK))
		return -EINVAL;

	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return each(v, args, sizeof(struct gnttab_map_grant_ref), lodge_grant_map);
	case GNTTABOP_unmap_grant_ref:
		return each(v, args, sizeof(struct gnttab_unmap_grant_ref), lodge_grant_unmap);
	case GNTTABOP_unmap_and_replace:
		return each(v, args, sizeof(struct gnttab_unmap_and_replace),
			    lodge_grant_unmap_and_replace);
	case GNTTABOP_copy:
		return each(v, args, sizeof(struct gnttab_copy), lodge_grant_copy);
	case GNTTABOP_cache_flush:
		return each(v, args, sizeof(struct gnttab_cache_flush), lodge_grant_cache_flush);
	case GNTTABOP_setup_table:
		return lodge_grant_setup_table(v, arg, count);
	case GNTTABOP_query_size:
		return lodge_grant_query_size(v, arg, count);
	case GNTTABOP_get_status_frames:
		return lodge_grant_status_frames(v, arg, count);
	case GNTTABOP_set_version:
		return lodge_grant_set_version(v, arg);
	case GNTTABOP_get_version:
		return lodge_grant_get_version(v, arg);
	default:
		return -ENOSYS;
	}
}
