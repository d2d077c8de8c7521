// SPDX-License-Identifier: GPL-2.0-only
/*
 * pagetables - building and changing page tables by hypercall
 *
 * Proves: update_va_mapping and mmu_update in their forms and errnos, new tables,
 * new roots (NEW_BASEPTR), pin and unpin, RO and NX, INVLPG and TLB flush, machine-to-phys
 * updates, that tables cannot be mapped writable, and that frames of nobody are refused.
 *
 * Real Xen 4.17: as written. It adds G to L1 entries with US, and turns a missing US into
 * US plus bit 52; neither is checked. Values chosen by a permissive implementation may differ where
 * the check says "refused": any negative errno will do there.
 */
#include <pvguest/pvguest.h>

#define VA	0x7f1234560000UL	/* a slot of our own */

static void check_update_va(void)
{
	u8 *a = page_alloc(), *b = page_alloc();
	u64 va = (u64)a, v;
	unsigned int bit;

	a[0] = 'a';
	b[0] = 'b';
	err(hc_update_va_mapping(va, mfn_pte(virt_to_mfn(b), PTE_DATA), UVMF_INVLPG), 0,
	    "update_va_mapping to another frame");
	probe_read8(va, &v);
	is(v & 0xff, 'b', "seen at once after INVLPG");
	err(hc_update_va_mapping(va, mfn_pte(virt_to_mfn(a), PTE_DATA),
				 UVMF_TLB_FLUSH | UVMF_LOCAL), 0, "with a TLB flush");
	is(a[0], 'a', "seen");
	err(hc_update_va_mapping(va, mfn_pte(virt_to_mfn(b), PTE_DATA), UVMF_INVLPG | UVMF_ALL),
	    0, "with INVLPG on all vCPUs");
	is(a[0], 'b', "seen");
	err(hc_update_va_mapping(va, 0, UVMF_INVLPG), 0, "removed");
	is(probe_read8(va, NULL), X86_PF, "gone");
	err(hc_update_va_mapping(va, mfn_pte(virt_to_mfn(a), PTE_DATA), UVMF_NONE), 0,
	    "not-present to present without a flush");
	is(probe_read8(va, &v), -1, "works at once");
	is(v & 0xff, 'a', "and is the right frame");
	err(hc_update_va_mapping(va, mfn_pte(virt_to_mfn(a), PTE_DATA | PTE_NX), UVMF_INVLPG), 0,
	    "NX");
	is(pte_read(va) >> 63, 1, "NX is in the entry");
	err(set_pte(va, mfn_pte(virt_to_mfn(a), PTE_DATA)), 0, "restored");

	err(hc_update_va_mapping(VA + 0x1000000, 0, 0), -XEN_EINVAL,
	    "an address without an L1 table");
	err(hc_update_va_mapping(M2P_START, 0, 0), -XEN_EINVAL, "the hypervisor area");
	err(hc_update_va_mapping(NONCANON, 0, 0), -XEN_EINVAL, "a non-canonical address");
	ok(hc_update_va_mapping(va, mfn_pte(0x3ffffffff, PTE_DATA), 0) < 0,
	   "refused: a frame that does not exist");
	is(probe_read8(va, NULL), -1, "the old entry stays");
	/* every flag by itself; cache attributes are for domains with devices */
	sweep_begin();
	for (bit = 1; bit < 64; bit++) {
		bool cache = bit == 3 || bit == 4 || bit == 7;
		long rc;

		if (bit == 12)
			bit = 52;
		rc = set_pte(va, mfn_pte(virt_to_mfn(a), PTE_DATA ^ 1UL << bit));
		sweep_check(rc == (cache ? -XEN_EINVAL : 0), "bit %u: %ld", bit, rc);
		if (!rc && bit != 2 && bit != 8 && bit != 52)
			sweep_check(!((pte_read(va) ^ PTE_DATA ^ 1UL << bit) &
				      ~(PTE_ADDR | PTE_G)), "bit %u: pte %lx", bit, pte_read(va));
	}
	sweep_end("each flag of an L1 entry: PWT, PCD and PAT refused, the rest kept");
	set_pte(va, mfn_pte(virt_to_mfn(a), PTE_DATA));
	/* a non-present entry is the guest's own business, whatever is in it */
	err(set_pte(va, 0xfffffffffffffffe), 0, "non-present, all other bits set");
	is(pte_read(va), 0xfffffffffffffffe, "kept as written");
	err(set_pte(va, mfn_pte(virt_to_mfn(a), PTE_DATA | 0xe00 | 1UL << 52)), 0,
	    "software bits 9-11 and 52");
	is(pte_read(va) & (0xe00 | 1UL << 52), 0xe00 | 1UL << 52, "kept");
	set_pte(va, mfn_pte(virt_to_mfn(a), PTE_DATA));
}

static void check_mmu_update(void)
{
	u8 *page = page_alloc(), *other = page_alloc();
	u64 ma = pte_maddr((u64)page), v;
	struct mmu_update req[4];
	unsigned int done;

	page[0] = 1;
	other[0] = 2;
	err(mmu_update1(ma, mfn_pte(virt_to_mfn(other), PTE_DATA)), 0, "mmu_update NORMAL, L1");
	flush_va((u64)page);
	is(page[0], 2, "seen after a flush");
	mmu_update1(ma, mfn_pte(virt_to_mfn(page), PTE_DATA));
	flush_va((u64)page);

	/* stops at the first failure and says how many were done */
	req[0] = (struct mmu_update){ ma, mfn_pte(virt_to_mfn(page), PTE_DATA) };
	req[1] = req[0];
	req[2] = (struct mmu_update){ ma, mfn_pte(0x3ffffffff, PTE_DATA) };
	req[3] = req[0];
	done = 77;
	ok(hc_mmu_update(req, 4, &done, DOMID_SELF) < 0, "refused: third of four");
	is(done, 2, "two were done");
	err(hc_mmu_update(req, 2, NULL, DOMID_SELF), 0, "done pointer NULL");
	err(hc_mmu_update(req, 0, &done, DOMID_SELF), 0, "no requests");
	err(hc_mmu_update((void *)VA, 1, &done, DOMID_SELF), -XEN_EFAULT, "bad request pointer");
	ok(hc_mmu_update(req, 1, &done, 4000) < 0, "refused: a domain that does not exist");
	req[0].ptr = ma | 4;
	diag("ptr with bit 2: %ld", hc_mmu_update(req, 1, &done, DOMID_SELF));
	ok(mmu_update1(0x3ffffffff000, 0) < 0, "refused: a table that does not exist");
	/* a page that is no page table is simply written */
	err(mmu_update1(virt_to_mfn(other) << 12 | 8, 0x123456789), 0, "plain write to a data page");
	is(*(u64 *)(other + 8), 0x123456789, "written");

	/* PRESERVE_AD keeps what the CPU has set since */
	set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_P | PTE_RW | PTE_US));
	probe_write8((u64)page, 5);
	is(pte_read((u64)page) & (PTE_A | PTE_D), PTE_A | PTE_D, "a write sets A and D");
	err(mmu_update1(ma | MMU_PT_UPDATE_PRESERVE_AD,
			mfn_pte(virt_to_mfn(page), PTE_P | PTE_US)), 0, "PRESERVE_AD");
	v = pte_read((u64)page);
	is(v & (PTE_A | PTE_D | PTE_RW), PTE_A | PTE_D, "A and D kept, RW gone");
	flush_va((u64)page);
	is(probe_write8((u64)page, 5), X86_PF, "and it is read-only");
	set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA));

	/* machine-to-phys */
	err(mmu_update1(virt_to_mfn(page) << 12 | MMU_MACHPHYS_UPDATE, 0x1234), 0, "MACHPHYS_UPDATE");
	is(mfn_to_pfn(virt_to_mfn(page)), 0x1234, "m2p has it");
	mmu_update1(virt_to_mfn(page) << 12 | MMU_MACHPHYS_UPDATE, virt_to_pfn(page));
	is(mfn_to_pfn(virt_to_mfn(page)), virt_to_pfn(page), "and back");
	ok(mmu_update1(0x3ffffffff000 | MMU_MACHPHYS_UPDATE, 0) < 0,
	   "refused: MACHPHYS_UPDATE of a frame that does not exist");
}

static void check_new_tables(void)
{
	u8 *page = page_alloc();
	u64 *l1, v;

	page[8] = 0x5a;
	err(map(kernel_l4, VA, mfn_pte(virt_to_mfn(page), PTE_DATA)), 0, "a new tree of tables");
	is(*(volatile u8 *)(VA + 8), 0x5a, "maps");
	l1 = walk(kernel_l4, VA, 1);
	l1 = (u64 *)((u64)l1 & PAGE_MASK);
	ok(page_rw(l1) < 0, "refused: a live L1 table writable");
	is(probe_write8((u64)l1, 0), X86_PF, "and it is not");
	ok(set_pte((u64)page, mfn_pte(virt_to_mfn(kernel_l4), PTE_DATA)) < 0,
	   "refused: the root mapped writable elsewhere");
	err(set_pte((u64)page, mfn_pte(virt_to_mfn(kernel_l4), PTE_DATA_RO)), 0,
	    "the root mapped read-only elsewhere");
	is(*(u64 *)(page + L4_IDX(VA) * 8), kernel_l4[L4_IDX(VA)], "and it reads");
	err(set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA)), 0, "restored");

	/* take the tree away level by level: the mapping follows */
	v = *walk(kernel_l4, VA, 2);
	err(write_entry(walk(kernel_l4, VA, 2), 0), 0, "L2 entry removed");
	is(probe_read8(VA, NULL), X86_PF, "unmapped without a flush request");
	err(write_entry(walk(kernel_l4, VA, 2), v), 0, "L2 entry back");
	is(probe_read8(VA, NULL), -1, "mapped");
	v = *walk(kernel_l4, VA, 4);
	err(write_entry(walk(kernel_l4, VA, 4), 0), 0, "L4 entry removed");
	is(probe_read8(VA, NULL), X86_PF, "unmapped");
	err(write_entry(walk(kernel_l4, VA, 4), v), 0, "L4 entry back");
	is(probe_read8(VA, NULL), -1, "mapped");
	/* read-only above the L1 */
	v = *walk(kernel_l4, VA, 2);
	err(write_entry(walk(kernel_l4, VA, 2), v & ~PTE_RW), 0, "L2 entry read-only");
	is(probe_write8(VA, 1), X86_PF, "the write faults");
	is(last_fault->regs.err, PF_P | PF_W, "error code P W");
	err(write_entry(walk(kernel_l4, VA, 2), v | PTE_NX), 0, "L2 entry NX");
	is(probe_exec(VA), X86_PF, "the jump faults");
	is(last_fault->regs.err, PF_P | PF_I, "error code P I");
	err(write_entry(walk(kernel_l4, VA, 2), v), 0, "L2 entry restored");
	ok(write_entry(walk(kernel_l4, VA, 2), v | PTE_PSE) < 0, "refused: PSE in an L2 entry");
	/* an unlinked L1 is plain memory again */
	err(write_entry(walk(kernel_l4, VA, 2), 0), 0, "L1 unlinked");
	err(page_rw(l1), 0, "and writable again");
	is(probe_write8((u64)l1, 0), -1, "written natively");
}

static void check_roots(void)
{
	u64 *l4 = page_alloc(), *old = kernel_l4, cr3;
	unsigned int i;

	for (i = 0; i < 512; i++)
		l4[i] = i >= 256 && i < 272 ? 0 : kernel_l4[i];
	ok(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0) < 0,
	   "refused: NEW_BASEPTR to a page mapped writable");
	ok(pin(4, virt_to_mfn(l4)) < 0, "refused: pin of a page mapped writable");
	err(page_ro(l4), 0, "read-only");
	err(pin(4, virt_to_mfn(l4)), 0, "pinned");
	err(pin(4, virt_to_mfn(l4)), -XEN_EINVAL, "pinned already");
	ok(pin(3, virt_to_mfn(l4)) < 0, "refused: pin at another level");
	ok(page_rw(l4) < 0, "refused: writable while pinned");
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0), 0, "NEW_BASEPTR");
	asm volatile("mov %%cr3, %0" : "=r" (cr3));
	is(cr3 >> 12, virt_to_mfn(l4), "cr3 names the new root");
	kernel_l4 = l4;
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0), 0, "NEW_BASEPTR to the same root");
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(old), 0), 0, "NEW_BASEPTR back");
	kernel_l4 = old;
	err(unpin(virt_to_mfn(l4)), 0, "unpinned");
	err(page_rw(l4), 0, "writable again");
	is(probe_write8((u64)l4, 1), -1, "written");
	ok(pin(4, 0x3ffffffff) < 0, "refused: pin of a frame that does not exist");
	ok(unpin(0x3ffffffff) < 0, "refused: unpin of a frame that does not exist");
	ok(mmuext1(MMUEXT_NEW_BASEPTR, 0x3ffffffff, 0) < 0,
	   "refused: NEW_BASEPTR of a frame that does not exist");
	ok(mmuext1(MMUEXT_NEW_USER_BASEPTR, 0x3ffffffff, 0) < 0,
	   "refused: NEW_USER_BASEPTR of a frame that does not exist");
}

static void check_mmuext(void)
{
	u64 mask = 1;
	struct mmuext_op ops[3] = {
		{ .cmd = MMUEXT_TLB_FLUSH_LOCAL },
		{ .cmd = 99 },
		{ .cmd = MMUEXT_TLB_FLUSH_LOCAL },
	};
	struct mmuext_op multi = { .cmd = MMUEXT_TLB_FLUSH_MULTI };
	unsigned int done = 77;

	err(mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0, "TLB_FLUSH_LOCAL");
	err(mmuext1(MMUEXT_INVLPG_LOCAL, image_base, 0), 0, "INVLPG_LOCAL");
	err(mmuext1(MMUEXT_INVLPG_LOCAL, NONCANON, 0), 0, "INVLPG_LOCAL, non-canonical");
	err(mmuext1(MMUEXT_INVLPG_LOCAL, M2P_START, 0), 0, "INVLPG_LOCAL, hypervisor area");
	err(mmuext1(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0, "TLB_FLUSH_ALL");
	err(mmuext1(MMUEXT_INVLPG_ALL, image_base, 0), 0, "INVLPG_ALL");
	set_xen_guest_handle(multi.arg2.vcpumask, &mask);
	err(hc_mmuext_op(&multi, 1, &done, DOMID_SELF), 0, "TLB_FLUSH_MULTI");
	multi.cmd = MMUEXT_INVLPG_MULTI;
	multi.arg1.linear_addr = image_base;
	err(hc_mmuext_op(&multi, 1, &done, DOMID_SELF), 0, "INVLPG_MULTI");
	set_xen_guest_handle(multi.arg2.vcpumask, (void *)VA);
	err(hc_mmuext_op(&multi, 1, &done, DOMID_SELF), -XEN_EINVAL, "INVLPG_MULTI, bad mask pointer");
	err(hc_mmuext_op(ops, 3, &done, DOMID_SELF), -XEN_ENOSYS, "unknown command");
	is(done, 1, "one was done");
	err(hc_mmuext_op((void *)VA, 1, &done, DOMID_SELF), -XEN_EFAULT, "bad pointer");
	err(hc_mmuext_op(ops, 0, &done, DOMID_SELF), 0, "no operations");
	err(mmuext1(MMUEXT_FLUSH_CACHE, 0, 0), -XEN_EACCES, "FLUSH_CACHE without devices");
	diag("MARK_SUPER %ld, UNMARK_SUPER %ld", mmuext1(MMUEXT_MARK_SUPER, 0, 0),
	     mmuext1(MMUEXT_UNMARK_SUPER, 0, 0));
	err(mmuext1(MMUEXT_SET_LDT, 0, 0), 0, "SET_LDT, none");
	err(mmuext1(MMUEXT_SET_LDT, image_base + 1, 1), -XEN_EINVAL, "SET_LDT, unaligned");
	err(mmuext1(MMUEXT_SET_LDT, image_base, 8193), -XEN_EINVAL, "SET_LDT, too many entries");
	err(mmuext1(MMUEXT_SET_LDT, M2P_START, 1), -XEN_EINVAL, "SET_LDT, hypervisor area");
	{
		u64 *a = page_alloc(), *b = page_alloc();

		a[5] = 55;
		b[5] = 66;
		err(mmuext1(MMUEXT_COPY_PAGE, virt_to_mfn(b), virt_to_mfn(a)), 0, "COPY_PAGE");
		is(b[5], 55, "copied");
		err(mmuext1(MMUEXT_CLEAR_PAGE, virt_to_mfn(b), 0), 0, "CLEAR_PAGE");
		is(b[5], 0, "cleared");
		ok(mmuext1(MMUEXT_CLEAR_PAGE, virt_to_mfn(kernel_l4), 0) < 0,
		   "refused: CLEAR_PAGE of a page table");
		ok(mmuext1(MMUEXT_CLEAR_PAGE, 0x3ffffffff, 0) < 0,
		   "refused: CLEAR_PAGE of a frame that does not exist");
	}
}

void test_main(void)
{
	check_update_va();
	check_mmu_update();
	check_new_tables();
	check_roots();
	check_mmuext();
}
