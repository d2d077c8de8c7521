// SPDX-License-Identifier: GPL-2.0-only
/* memory_op: counts instead of errnos, and errnos. */
#include "errno.h"

static long reserve(unsigned int cmd, const void *list, unsigned long nr, unsigned int order,
		    domid_t dom)
{
	struct xen_memory_reservation r = {
		.nr_extents = nr, .extent_order = order, .domid = dom,
	};

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	return hc_memory_op(cmd, &r);
}

static void reservations(void)
{
	unsigned long *list, frame, i;
	u64 two = (u64)page_alloc(), *a = page_alloc(), *b = page_alloc();
	domid_t dom;

	page_alloc();
	err(hc_memory_op(XENMEM_populate_physmap, HOLE), 0, "populate: bad pointer, none done");
	err(hc_memory_op(XENMEM_decrease_reservation, HOLE), 0, "decrease: bad pointer, none done");
	err(hc_memory_op(XENMEM_increase_reservation | 5 << 6, HOLE), 5, "as if continued: five done");
	err(reserve(XENMEM_populate_physmap, &frame, 1, 0, 4000), 0, "populate: no such domain");
	err(reserve(XENMEM_decrease_reservation, &frame, 1, 0, 0), 0, "decrease: domain 0");
	err(reserve(XENMEM_decrease_reservation, &frame, 1UL << 40, 0, DOMID_SELF), 0, "a huge count");
	err(reserve(XENMEM_decrease_reservation, &frame, 1, 20, DOMID_SELF), 0, "a huge order");
	err(reserve(XENMEM_decrease_reservation, (void *)M2P_START, 1, 0, DOMID_SELF), 0,
	    "a list in the hypervisor");
	err(reserve(XENMEM_decrease_reservation, &frame, 0, 0, DOMID_SELF), 0, "nothing");

	/* two good frames at the end of a page, then nothing */
	set_pte((u64)a, 0);
	set_pte((u64)b, 0);
	list = (unsigned long *)(two + PAGE_SIZE - 16);
	list[0] = virt_to_mfn(a);
	list[1] = virt_to_mfn(b);
	for (i = 1; i < 2; i++)
		list[i] = virt_to_mfn(b);
	err(reserve(XENMEM_decrease_reservation, list, 2, 0, DOMID_SELF), 2, "two are given back");
	err(reserve(XENMEM_decrease_reservation, list, 2, 0, DOMID_SELF), 0, "they are not ours any more");
	list[0] = virt_to_pfn(a);
	list[1] = virt_to_pfn(b);
	err(reserve(XENMEM_populate_physmap, list, 2, 0, DOMID_SELF), 2, "two are had again");
	p2m[virt_to_pfn(a)] = list[0];
	p2m[virt_to_pfn(b)] = list[1];
	page_rw(a);
	page_rw(b);
	is(a[0] | b[0], 0, "with zeros in them");

	err(hc_memory_op(XENMEM_current_reservation, HOLE), -XEN_EFAULT, "current: bad pointer");
	dom = 4000;
	err(hc_memory_op(XENMEM_current_reservation, &dom), -XEN_ESRCH, "current: no such domain");
	err(hc_memory_op(XENMEM_maximum_reservation, &dom), -XEN_ESRCH, "maximum: no such domain");
	dom = 0;
	err(hc_memory_op(XENMEM_current_reservation, &dom), -XEN_EPERM, "current: domain 0");
	dom = self;
	ok(hc_memory_op(XENMEM_current_reservation, &dom) > 0, "current: our own id");
	dom = DOMID_SELF;
	err(hc_memory_op(XENMEM_current_reservation | 64, &dom), -XEN_EINVAL, "current: as if continued");
	err(hc_memory_op(XENMEM_maximum_ram_page | 64, &dom), -XEN_EINVAL, "maximum_ram_page: the same");
	shared_info->arch.max_pfn = 0;
	err(hc_memory_op(XENMEM_maximum_gpfn, &dom), 0, "maximum_gpfn: nothing said");
	shared_info->arch.max_pfn = 0x4000;
	err(hc_memory_op(XENMEM_maximum_gpfn, &dom), 0x3fff, "maximum_gpfn: what shared_info says");
}

static void maps(void)
{
	static struct {
		u64 addr, size;
		u32 type;
	} __attribute__((packed)) e820[4];
	struct xen_memory_map map = { .nr_entries = 0 };
	struct xen_add_to_physmap atp = { .domid = DOMID_SELF };
	struct xen_remove_from_physmap rfp = { .domid = DOMID_SELF };
	struct xen_memory_exchange ex = { .nr_exchanged = 0 };
	struct xen_machphys_mfn_list ml = { .max_extents = 0 };

	set_xen_guest_handle(map.buffer, (void *)e820);
	err(hc_memory_op(XENMEM_memory_map, HOLE), -XEN_EFAULT, "memory_map: bad pointer");
	err(hc_memory_op(XENMEM_memory_map, &map), 0, "memory_map: no room");
	is(map.nr_entries, 0, "none were written");
	map.nr_entries = 4;
	set_xen_guest_handle(map.buffer, (void *)HOLE);
	err(hc_memory_op(XENMEM_memory_map, &map), -XEN_EFAULT, "memory_map: bad buffer");
	err(hc_memory_op(XENMEM_machine_memory_map, HOLE), -XEN_EPERM, "machine_memory_map");
	err(hc_memory_op(XENMEM_machphys_mapping, HOLE), -XEN_EFAULT, "machphys_mapping: bad pointer");
	err(hc_memory_op(XENMEM_machphys_mfn_list, HOLE), -XEN_EFAULT, "machphys_mfn_list: bad pointer");
	diag("machphys_mfn_list of none: %ld", hc_memory_op(XENMEM_machphys_mfn_list, &ml));
	err(hc_memory_op(XENMEM_add_to_physmap, HOLE), -XEN_EFAULT, "add_to_physmap: bad pointer");
	diag("add_to_physmap: %ld", hc_memory_op(XENMEM_add_to_physmap, &atp));
	diag("add_to_physmap_batch: %ld, bad %ld", hc_memory_op(23, &atp), hc_memory_op(23, HOLE));
	err(hc_memory_op(XENMEM_remove_from_physmap, HOLE), -XEN_EFAULT, "remove_from_physmap: bad pointer");
	diag("remove_from_physmap: %ld", hc_memory_op(XENMEM_remove_from_physmap, &rfp));
	err(hc_memory_op(XENMEM_exchange, HOLE), -XEN_EFAULT, "exchange: bad pointer");
	ex.in.domid = ex.out.domid = DOMID_SELF;
	diag("exchange of nothing: %ld", hc_memory_op(XENMEM_exchange, &ex));
	ex.nr_exchanged = 1;
	diag("exchange, more than all done: %ld", hc_memory_op(XENMEM_exchange, &ex));
	diag("set_memory_map %ld, set_pod %ld, get_pod %ld, sharing %ld %ld, paging %ld, access %ld",
	     hc_memory_op(13, HOLE), hc_memory_op(16, HOLE), hc_memory_op(17, HOLE),
	     hc_memory_op(18, HOLE), hc_memory_op(19, HOLE), hc_memory_op(20, HOLE),
	     hc_memory_op(21, HOLE));
	diag("claim %ld, vnuma %ld, rdm %ld, acquire %ld, compat_mfn_list %ld, sharing_op %ld",
	     hc_memory_op(24, HOLE), hc_memory_op(26, HOLE), hc_memory_op(27, HOLE),
	     hc_memory_op(28, HOLE), hc_memory_op(25, HOLE), hc_memory_op(22, HOLE));
	err(hc_memory_op(29, HOLE), -XEN_ENOSYS, "memory_op 29");
}

void check_memory(void)
{
	reservations();
	maps();
}
