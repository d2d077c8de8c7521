// SPDX-License-Identifier: GPL-2.0-only
/* Entries that a guest may not have, level by level. */
#include "errno.h"

#define VA	0x7e1234560000UL

static long try_l1(u64 *page, u64 pte)
{
	long rc = set_pte((u64)page, pte);

	set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA));
	return rc;
}

static u64 freed_frame(void)
{
	unsigned long frame;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	u64 *page = page_alloc();

	frame = virt_to_mfn(page);
	set_pte((u64)page, 0);
	set_xen_guest_handle(r.extent_start, &frame);
	is(hc_memory_op(XENMEM_decrease_reservation, &r), 1, "a frame is given back");
	return frame;
}

static void check_l1(u64 *page, u64 *l1)
{
	unsigned long gdt_frame;
	u64 *gdt = page_alloc();

	err(try_l1(page, mfn_pte(virt_to_mfn(kernel_l4), PTE_DATA)), -XEN_EBUSY,
	    "L1 entry: the root writable");
	err(try_l1(page, mfn_pte(virt_to_mfn(l1), PTE_DATA)), -XEN_EBUSY,
	    "L1 entry: a live L1 writable");
	err(try_l1(page, mfn_pte(virt_to_mfn(l1), PTE_DATA_RO)), 0, "the same read-only");
	err(try_l1(page, mfn_pte(NOBODY, PTE_DATA)), -XEN_EPERM, "L1 entry: no such frame");
	err(try_l1(page, mfn_pte(NOBODY, PTE_DATA_RO)), -XEN_EPERM, "the same read-only");
	err(try_l1(page, mfn_pte(PTE_ADDR >> 12, PTE_DATA)), -XEN_EINVAL, "L1 entry: INVALID_MFN");
	err(try_l1(page, mfn_pte(freed_frame(), PTE_DATA)), -XEN_EBUSY, "L1 entry: a frame of nobody");
	err(try_l1(page, mfn_pte(NOBODY, PTE_DATA | PTE_PWT)), -XEN_EINVAL,
	    "flags are looked at first");
	gdt_frame = virt_to_mfn(gdt);
	page_ro(gdt);
	err(hc_set_gdt(&gdt_frame, 16), 0, "set_gdt");
	err(try_l1(page, mfn_pte(virt_to_mfn(gdt), PTE_DATA)), -XEN_EBUSY, "L1 entry: the GDT writable");
	err(try_l1(page, mfn_pte(virt_to_mfn(gdt), PTE_DATA_RO)), 0, "the same read-only");
	hc_set_gdt(&gdt_frame, 0);
	err(try_l1(page, mfn_pte(start_info->shared_info >> 12, PTE_DATA)), 0,
	    "L1 entry: shared_info writable");
	err(write_entry(walk(kernel_l4, (u64)page, 1), mfn_pte(virt_to_mfn(kernel_l4), PTE_DATA)),
	    -XEN_EBUSY, "mmu_update: the root writable");
	err(write_entry(walk(kernel_l4, (u64)page, 1), mfn_pte(NOBODY, PTE_DATA)), -XEN_EPERM,
	    "mmu_update: no such frame");
}

static void check_l2(u64 *page, u64 *l1)
{
	u64 *l2e = walk(kernel_l4, VA, 2), *blank = page_alloc(), good = *l2e;
	unsigned int bit;

	/* another slot of the same L2: nothing is there */
	l2e = (u64 *)((u64)l2e & PAGE_MASK) + 511;
	sweep_begin();
	for (bit = 3; bit <= 8; bit++) {
		long want = bit == 5 || bit == 6 ? 0 : -XEN_EINVAL;
		long rc = write_entry(l2e, good ^ 1UL << bit);

		sweep_check(rc == want, "bit %u: %ld", bit, rc);
		write_entry(l2e, 0);
	}
	sweep_end("L2 entry: PWT, PCD, PSE and G are refused");
	err(write_entry(l2e, mfn_pte(NOBODY, PTE_TABLE)), -XEN_EINVAL, "L2 entry: no such frame");
	err(write_entry(l2e, mfn_pte(virt_to_mfn(page), PTE_TABLE)), -XEN_EINVAL,
	    "L2 entry: a page mapped writable");
	err(write_entry(l2e, mfn_pte(virt_to_mfn(kernel_l4), PTE_TABLE)), -XEN_EINVAL,
	    "L2 entry: the root");
	err(write_entry(l2e, mfn_pte(start_info->shared_info >> 12, PTE_TABLE)), -XEN_EINVAL,
	    "L2 entry: shared_info");
	page_ro(blank);
	err(write_entry(l2e, mfn_pte(virt_to_mfn(blank), PTE_TABLE)), 0, "L2 entry: an empty page");
	err(page_rw(blank), -XEN_EBUSY, "which is a table now");
	err(write_entry(l2e, 0), 0, "taken away");
	err(page_rw(blank), 0, "and is not any more");
	blank[7] = mfn_pte(NOBODY, PTE_DATA);
	page_ro(blank);
	err(write_entry(l2e, mfn_pte(virt_to_mfn(blank), PTE_TABLE)), -XEN_EPERM,
	    "L2 entry: a table with an entry for no frame");
	page_rw(blank);
	blank[7] = mfn_pte(virt_to_mfn(blank), PTE_DATA);
	page_ro(blank);
	err(write_entry(l2e, mfn_pte(virt_to_mfn(blank), PTE_TABLE)), -XEN_EBUSY,
	    "L2 entry: a table that maps itself writable");
	page_rw(blank);
	blank[7] = mfn_pte(virt_to_mfn(blank), PTE_DATA | PTE_PCD);
	page_ro(blank);
	err(write_entry(l2e, mfn_pte(virt_to_mfn(blank), PTE_TABLE)), -XEN_EINVAL,
	    "L2 entry: a table with a cache attribute");
	page_rw(blank);
	blank[7] = 0;
	err(write_entry(l2e, mfn_pte(virt_to_mfn(l1), PTE_TABLE)), 0, "L2 entry: an L1 twice");
	write_entry(l2e, 0);
}

static void check_upper(void)
{
	u64 *l3e = walk(kernel_l4, VA, 3), *l4 = kernel_l4;
	u64 l2 = (*l3e & PTE_ADDR) >> 12, l3 = (l4[L4_IDX(VA)] & PTE_ADDR) >> 12;
	u64 root = virt_to_mfn(l4);
	unsigned int i;

	l3e = (u64 *)((u64)l3e & PAGE_MASK) + 511;
	err(write_entry(l3e, mfn_pte(NOBODY, PTE_TABLE)), -XEN_EINVAL, "L3 entry: no such frame");
	err(write_entry(l3e, mfn_pte(l3, PTE_TABLE)), -XEN_EINVAL, "L3 entry: an L3, writable");
	err(write_entry(l3e, mfn_pte(l3, PTE_TABLE & ~PTE_RW)), 0, "itself, read-only");
	err(write_entry(l3e, 0), 0, "taken away");
	err(write_entry(l3e, mfn_pte(root, PTE_TABLE & ~PTE_RW)), -XEN_EINVAL, "L3 entry: an L4");
	err(write_entry(&l4[200], mfn_pte(l2, PTE_TABLE)), -XEN_EINVAL, "L4 entry: an L2");
	err(write_entry(&l4[200], mfn_pte(root, PTE_TABLE)), -XEN_EINVAL, "L4 entry: itself, writable");
	err(write_entry(&l4[200], mfn_pte(root, PTE_TABLE & ~PTE_RW)), 0, "itself, read-only");
	err(write_entry(&l4[200], mfn_pte(root, PTE_TABLE)), -XEN_EINVAL, "made writable in place");
	err(write_entry(&l4[200], 0), 0, "taken away");
	sweep_begin();
	for (i = 256; i < 272; i++)
		sweep_check(write_entry(&l4[i], 0) == -XEN_EINVAL &&
			    write_entry(&l4[i], mfn_pte(l3, PTE_TABLE)) == -XEN_EINVAL,
			    "slot %u", i);
	sweep_end("L4 entries 256-271 are not the guest's: EINVAL, zero included");
}

void check_entries(void)
{
	u64 *page = page_alloc(), *l1;

	page[0] = 1;
	map(kernel_l4, VA, mfn_pte(virt_to_mfn(page), PTE_DATA));
	l1 = (u64 *)((u64)walk(kernel_l4, VA, 1) & PAGE_MASK);
	check_l1(page, l1);
	check_l2(page, l1);
	check_upper();
}
