// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory - memory_op: reservations, the map, and their abuse
 *
 * Proves: decrease and populate by their counts, that freed frames are unusable and their m2p
 * entry gone, that mapped frames cannot be freed away under a mapping, the e820, the errnos.
 *
 * Real Xen 4.17: as written. A frame with mappings left is refused by decrease_reservation.
 */
#include <pvguest/pvguest.h>

static long reservation(unsigned int cmd, u64 *frames, u64 nr, unsigned int order, u16 dom)
{
	struct xen_memory_reservation r = { .nr_extents = nr, .extent_order = order, .domid = dom };

	set_xen_guest_handle(r.extent_start, frames);
	return hc_memory_op(cmd, &r);
}

static void check_counts(void)
{
	domid_t self = DOMID_SELF;
	domid_t other = 4000;
	struct xen_machphys_mapping m;

	err(hc_memory_op(XENMEM_current_reservation, &self), start_info->nr_pages,
	    "current_reservation");
	ok(hc_memory_op(XENMEM_maximum_reservation, &self) >= (long)start_info->nr_pages,
	   "maximum_reservation %ld", hc_memory_op(XENMEM_maximum_reservation, &self));
	ok(hc_memory_op(XENMEM_current_reservation, &other) < 0, "refused: of another domain (%ld)",
	   hc_memory_op(XENMEM_current_reservation, &other));
	hc_memory_op(XENMEM_machphys_mapping, &m);
	diag("maximum_ram_page %lx, max_mfn %lx", hc_memory_op(XENMEM_maximum_ram_page, NULL),
	     m.max_mfn);
	ok(hc_memory_op(XENMEM_maximum_ram_page, NULL) > 0, "maximum_ram_page");
}

static void check_map(void)
{
	static u8 entries[20 * 128];
	struct xen_memory_map map = { .nr_entries = 128 };
	u64 addr, size;
	u32 type;
	long rc;

	set_xen_guest_handle(map.buffer, entries);
	rc = hc_memory_op(XENMEM_memory_map, &map);
	ok(rc == 0 || rc == -XEN_ENOSYS, "memory_map: %ld", rc);
	if (rc)
		return;
	memcpy(&addr, entries, 8);
	memcpy(&size, entries + 8, 8);
	memcpy(&type, entries + 16, 4);
	ok(map.nr_entries >= 1, "%u entries", map.nr_entries);
	is(addr, 0, "RAM from 0");
	ok(size >= start_info->nr_pages << 12, "covers the domain (%lx)", size);
	is(type, 1, "type RAM");
	map.nr_entries = 0;
	diag("memory_map with room for 0: %ld", hc_memory_op(XENMEM_memory_map, &map));
	map.nr_entries = 1;
	set_xen_guest_handle(map.buffer, (void *)M2P_START);
	err(hc_memory_op(XENMEM_memory_map, &map), -XEN_EFAULT, "buffer in the hypervisor");
}

static void check_balloon(void)
{
	static u64 frames[16];
	u64 pfn = start_info->nr_pages - 16, mfn;
	u8 *page = page_alloc();
	domid_t self = DOMID_SELF;
	unsigned int i;

	/* the last pages of the domain are in no mapping */
	for (i = 0; i < 16; i++)
		frames[i] = pfn_to_mfn(pfn + i);
	mfn = frames[3];
	err(reservation(XENMEM_decrease_reservation, frames, 16, 0, DOMID_SELF), 16,
	    "decrease_reservation of 16");
	err(hc_memory_op(XENMEM_current_reservation, &self), start_info->nr_pages - 16,
	    "are gone");
	ok(set_pte((u64)page, mfn_pte(mfn, PTE_DATA)) < 0, "refused: mapping a freed frame");
	err(reservation(XENMEM_decrease_reservation, frames, 1, 0, DOMID_SELF), 0,
	    "freeing it twice: none done");
	ok(pin(1, mfn) < 0, "refused: pinning a freed frame");
	for (i = 0; i < 16; i++)
		frames[i] = pfn + i;
	err(reservation(XENMEM_populate_physmap, frames, 16, 0, DOMID_SELF), 16,
	    "populate_physmap of 16");
	sweep_begin();
	for (i = 0; i < 16; i++) {
		sweep_check(mfn_to_pfn(frames[i]) == pfn + i, "m2p[%lx] = %lx, not %lx", frames[i],
			    mfn_to_pfn(frames[i]), pfn + i);
		p2m[pfn + i] = frames[i];
	}
	sweep_end("m2p of the new frames");
	err(set_pte((u64)page, mfn_pte(frames[3], PTE_DATA)), 0, "a new frame can be mapped");
	{
		unsigned int bad = 0;

		for (i = 0; i < PAGE_SIZE; i += 8)
			bad += *(u64 *)(page + i) != 0;
		is(bad, 0, "and is zeroed");
	}
	/* still mapped: freeing must not leave the mapping behind */
	{
		u64 f = frames[3];
		long n = reservation(XENMEM_decrease_reservation, &f, 1, 0, DOMID_SELF);
		long vec;

		diag("decrease_reservation of a mapped frame: %ld", n);
		if (n == 1) {
			set_pte((u64)page, 0);
			vec = probe_read8((u64)page, NULL);
			is(vec, X86_PF, "gone once unmapped");
			ok(set_pte((u64)page, mfn_pte(f, PTE_DATA)) < 0, "and cannot be mapped again");
			f = pfn + 3;
			err(reservation(XENMEM_populate_physmap, &f, 1, 0, DOMID_SELF), 1,
			    "populate again");
			p2m[pfn + 3] = f;
		} else {
			skip("gone once unmapped # SKIP it was refused");
		}
	}
	err(set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA)), 0, "restored");
	/* the builder may leave some slack, but not this much */
	{
		static u64 many[1024];
		long n;

		for (i = 0; i < ARRAY_SIZE(many); i++)
			many[i] = pfn + 0x10000 + i;
		n = reservation(XENMEM_populate_physmap, many, ARRAY_SIZE(many), 0, DOMID_SELF);
		ok(n >= 0 && n < (long)ARRAY_SIZE(many), "populate beyond the maximum: short (%ld)", n);
	}
}

static void check_abuse(void)
{
	static u64 frames[4];
	struct xen_memory_exchange ex;

	err(reservation(XENMEM_decrease_reservation, (u64 *)0x7f0000000000, 4, 0, DOMID_SELF), 0,
	    "bad pointer: none done");
	err(reservation(XENMEM_decrease_reservation, (u64 *)M2P_START, 4, 0, DOMID_SELF), 0,
	    "pointer to the hypervisor: none done");
	frames[0] = 0x3ffffffff;
	err(reservation(XENMEM_decrease_reservation, frames, 1, 0, DOMID_SELF), 0,
	    "no such frame: none done");
	frames[0] = virt_to_mfn(kernel_l4);
	diag("freeing the root: %ld", reservation(XENMEM_decrease_reservation, frames, 0, 0,
						 DOMID_SELF));
	diag("order 60: %ld", reservation(XENMEM_decrease_reservation, frames, 1, 60, DOMID_SELF));
	diag("order 20: %ld", reservation(XENMEM_populate_physmap, frames, 1, 20, DOMID_SELF));
	diag("count -1: %ld", reservation(XENMEM_increase_reservation, frames, -1UL, 0, DOMID_SELF));
	diag("other domain: %ld", reservation(XENMEM_populate_physmap, frames, 1, 0, 4000));
	diag("dom0: %ld", reservation(XENMEM_decrease_reservation, frames, 1, 0, 0));
	memset(&ex, 0, sizeof(ex));
	ex.in.domid = ex.out.domid = DOMID_SELF;
	diag("exchange of nothing: %ld", hc_memory_op(XENMEM_exchange, &ex));
	diag("machphys_mfn_list %ld, machine_memory_map %ld, add_to_physmap %ld, acquire %ld",
	     hc_memory_op(XENMEM_machphys_mfn_list, 0x7f0000000000),
	     hc_memory_op(XENMEM_machine_memory_map, 0x7f0000000000),
	     hc_memory_op(XENMEM_add_to_physmap, 0x7f0000000000), hc_memory_op(28, 0x7f0000000000));
	ok(hc_xen_version(XENVER_version, NULL) > 0, "alive");
}

void test_main(void)
{
	check_counts();
	check_map();
	check_balloon();
	check_abuse();
}
