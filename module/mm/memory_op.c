// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_op (ABI: memory.h): the guest's memory map, where its m2p is, and
 * ballooning.  Long lists are continued: the number of extents done so far
 * stands above bit 6 of the command, as in Xen.
 */
#include <linux/types.h>
#include <linux/mm.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>

#include <lodge/device.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/mm.h"
#include "switch/layout.h"

#define MEMOP_CMD_MASK		0x3f
#define MEMOP_EXTENT_SHIFT	6
#define MAX_ORDER_GUEST		9

/* Handles are plain addresses of the guest. */
#define guest_address(handle)	((u64)(handle))

/* e820 of the guest: packed entries of 20 bytes. */
struct e820_entry_abi {
	u64 addr, size;
	u32 type;
} __packed;

static long memory_map(struct lodge_vcpu *v, u64 arg)
{
	struct lodge_mm *m = &v->domain->mm;
	struct xen_memory_map map;
	struct e820_entry_abi ram = { 0, m->max_pages << PAGE_SHIFT, 1 };

	if (lodge_guest_get(v, map, arg))
		return -EFAULT;
	map.nr_entries = min(map.nr_entries, 1U);
	if (map.nr_entries && lodge_guest_put(v, guest_address(map.buffer), ram))
		return -EFAULT;
	return lodge_guest_put(v, arg, map);
}

static long machphys_mapping(struct lodge_vcpu *v, u64 arg)
{
	struct lodge_mm *m = &v->domain->mm;
	struct xen_machphys_mapping map = {
		.v_start = LODGE_M2P_VA,
		.v_end = LODGE_M2P_VA + PAGE_ALIGN(m->max_pages * sizeof(u64)),
		.max_mfn = m->max_pages - 1,
	};

	return lodge_guest_put(v, arg, map);
}

/* Reservations are the caller's own; other domains are for tool stacks. */
static int own_domain(struct lodge_vcpu *v, domid_t domid)
{
	return domid == DOMID_SELF || domid == v->domain->domid;
}

/* An argument that names a domain: the caller's own, or why not. */
static int check_domain(struct lodge_vcpu *v, domid_t domid)
{
	struct lodge_domain *other;

	if (own_domain(v, domid))
		return 0;
	if (!domid)
		return -EPERM;
	other = lodge_domain_find(domid);
	if (!other)
		return -ESRCH;
	lodge_domain_put(other);
	return -EPERM;
}

static long reservation(struct lodge_vcpu *v, u64 arg, unsigned int cmd)
{
	struct lodge_domain *d = v->domain;
	domid_t domid;
	long ret;
	u64 max;

	if (lodge_guest_get(v, domid, arg))
		return -EFAULT;
	ret = check_domain(v, domid);
	if (ret)
		return ret;
	switch (cmd) {
	case XENMEM_current_reservation:
		return READ_ONCE(d->mm.pages);
	case XENMEM_maximum_reservation:
		return d->mm.max_pages;
	}
	/* XENMEM_maximum_gpfn: what the guest itself has said */
	max = READ_ONCE(d->shared_info->arch.max_pfn);
	return max ? max - 1 : 0;
}

static bool run_free(struct lodge_mm *m, u64 gfn, u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		if (m->frame[gfn + i].flags)
			return false;
	return true;
}

/* A free run of frame names for an extent, at the wanted place if that is free. Under the lock. */
static long find_free(struct lodge_mm *m, u64 want, unsigned int order)
{
	u64 n = 1ULL << order, gfn;

	if (!(want & (n - 1)) && want < m->max_pages && n <= m->max_pages - want &&
	    run_free(m, want, n))
		return want;
	for (gfn = 0; gfn + n <= m->max_pages; gfn += n) {
		if (run_free(m, gfn, n))
			return gfn;
		if (!(gfn & 0xfff))
			cond_resched_lock(&m->lock);
	}
	return -ENOMEM;
}

static int populate_extent(struct lodge_vcpu *v, u64 *frame, unsigned int order, bool physmap)
{
	struct lodge_domain *d = v->domain;
	u64 pfn = *frame, n = 1ULL << order, i;
	long gfn;

	spin_lock(&d->mm.lock);
	gfn = d->mm.pages + n > d->mm.max_pages ? -ENOMEM :
	      find_free(&d->mm, physmap ? pfn : 0, order);
	spin_unlock(&d->mm.lock);
	if (gfn < 0)
		return gfn;
	for (i = 0; i < n; i++) {
		if (lodge_frame_populate(d, gfn + i))
			break;
		spin_lock(&d->mm.lock);
		d->mm.m2p[gfn + i] = physmap ? pfn + i : gfn + i;
		spin_unlock(&d->mm.lock);
	}
	*frame = gfn;
	return i == n ? 0 : -ENOMEM;
}

static int release_extent(struct lodge_vcpu *v, u64 gfn, unsigned int order)
{
	u64 i;

	for (i = 0; i < 1ULL << order; i++)
		if (lodge_frame_release(v->domain, gfn + i))
			return -EINVAL;
	return 0;
}

/* increase, decrease and populate: the number of extents done is the result, whatever is wrong. */
static long change_reservation(struct lodge_vcpu *v, struct lodge_hc_args *args, unsigned int cmd)
{
	u64 start = args->a[0] >> MEMOP_EXTENT_SHIFT, i, frame, at;
	struct xen_memory_reservation r;
	int ret;

	if (lodge_guest_get(v, r, args->a[1]))
		return start;
	/* more could not be continued */
	if (r.nr_extents > U32_MAX >> MEMOP_EXTENT_SHIFT)
		return start;
	if (start >= r.nr_extents)
		return start;
	if (r.extent_order > MAX_ORDER_GUEST)
		return start;
	if (!own_domain(v, r.domid))
		return start;

	for (i = start; i < r.nr_extents; i++) {
		if (i != start && lodge_hc_preempt(v)) {
			args->a[0] = cmd | i << MEMOP_EXTENT_SHIFT;
			return LODGE_HC_AGAIN;
		}
		at = guest_address(r.extent_start) + i * sizeof(frame);
		frame = 0;
		if (cmd != XENMEM_increase_reservation && lodge_guest_get(v, frame, at))
			break;
		if (cmd == XENMEM_decrease_reservation)
			ret = release_extent(v, frame, r.extent_order);
		else
			ret = populate_extent(v, &frame, r.extent_order,
					      cmd == XENMEM_populate_physmap);
		if (ret)
			break;
		if (cmd != XENMEM_decrease_reservation && guest_address(r.extent_start) &&
		    lodge_guest_put(v, at, frame))
			break;
	}
	return i;
}

/*
 * Operations about the physical map of a translated domain: no PV domain has
 * one.  All begin with the domain's id.
 */
static long physmap(struct lodge_vcpu *v, u64 arg, unsigned int cmd)
{
	union {
		struct xen_add_to_physmap add;
		struct xen_remove_from_physmap remove;
		u8 batch[40];		/* XENMEM_add_to_physmap_batch */
		domid_t domid;
	} op;
	size_t size = cmd == XENMEM_add_to_physmap ? sizeof(op.add) :
		      cmd == XENMEM_remove_from_physmap ? sizeof(op.remove) : sizeof(op.batch);

	if (lodge_guest_read(v, &op, arg, size))
		return -EFAULT;
	if (cmd == XENMEM_add_to_physmap && op.add.space == XENMAPSPACE_gmfn_foreign)
		return -ENOSYS;
	return check_domain(v, op.domid) == -ESRCH ? -ESRCH : -EACCES;
}

/* What tools ask: they learn that the pointer is bad before that it is not for them. */
static long for_tools(struct lodge_vcpu *v, u64 arg, long answer)
{
	u64 first;

	return lodge_guest_get(v, first, arg) ? -EFAULT : answer;
}

/* Nothing can be exchanged, but the argument is looked at. */
static long exchange(struct lodge_vcpu *v, u64 arg)
{
	struct xen_memory_exchange ex;

	if (lodge_guest_get(v, ex, arg))
		return -EFAULT;
	if (ex.nr_exchanged > ex.in.nr_extents)
		return -EINVAL;
	return ex.in.nr_extents ? -ENOSYS : 0;
}

/* Numbers that the kernel's header lacks. X: memory.h */
enum {
	XENMEM_set_memory_map = 13, XENMEM_maximum_gpfn, XENMEM_set_pod_target = 16, XENMEM_get_pod_target,
	XENMEM_get_sharing_freed_pages,
	XENMEM_get_sharing_shared_pages, XENMEM_access_op = 21, XENMEM_batch = 23,
	XENMEM_claim_pages, XENMEM_machphys_compat_mfn_list, XENMEM_get_vnumainfo,
	XENMEM_reserved_device_memory_map, XENMEM_acquire = 28,
};

/* Real Xen looks at the extent of these; the command of others it then does not know. */
static bool whole_only(unsigned int cmd)
{
	switch (cmd) {
	case XENMEM_maximum_ram_page:
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
	case XENMEM_exchange:
	case XENMEM_remove_from_physmap:
	case XENMEM_access_op:
	case XENMEM_claim_pages:
	case XENMEM_get_vnumainfo:
	case XENMEM_reserved_device_memory_map:
	case XENMEM_acquire:
		return true;
	}
	return false;
}

LODGE_HC(memory_op)
{
	unsigned int cmd = args->a[0] & MEMOP_CMD_MASK;
	u64 arg = args->a[1];

	switch (cmd) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return change_reservation(v, args, cmd);
	case XENMEM_add_to_physmap:
	case XENMEM_batch:
		return physmap(v, arg, cmd);
	}
	/* the others are not continued, and so cannot be half done */
	if (args->a[0] >> MEMOP_EXTENT_SHIFT)
		return whole_only(cmd) ? -EINVAL : -ENOSYS;
	switch (cmd) {
	case XENMEM_maximum_ram_page:
		return v->domain->mm.max_pages - 1;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return reservation(v, arg, cmd);
	case XENMEM_memory_map:
		return memory_map(v, arg);
	case XENMEM_machphys_mapping:
		return machphys_mapping(v, arg);
	case XENMEM_exchange:
		return exchange(v, arg);
	case XENMEM_remove_from_physmap:
		return physmap(v, arg, cmd);
	case XENMEM_machine_memory_map:
		return -EPERM;
	case XENMEM_get_sharing_freed_pages:
	case XENMEM_get_sharing_shared_pages:
		return 0;
	case XENMEM_machphys_compat_mfn_list:
		return -EOPNOTSUPP;
	case XENMEM_machphys_mfn_list:
	case XENMEM_set_pod_target:
	case XENMEM_get_pod_target:
		return for_tools(v, arg, -EINVAL);
	case XENMEM_get_vnumainfo:
		return for_tools(v, arg, -EOPNOTSUPP);
	case XENMEM_set_memory_map:
	case XENMEM_access_op:
	case XENMEM_claim_pages:
	case XENMEM_reserved_device_memory_map:
	case XENMEM_acquire:
		return for_tools(v, arg, -EPERM);
	}
	return -ENOSYS;
}
