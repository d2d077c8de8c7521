// SPDX-License-Identifier: GPL-2.0-only
/*
 * startofday - what the builder promises
 *
 * Proves: the registers at the first instruction, the fields of start_info, the
 * order of the items in memory, the flags of the boot page tables, that p2m and
 * m2p agree, and the first state of shared_info.
 *
 * Real Xen 4.17: passes. Boot L1 entries carry US (and more) that the builder did
 * not write, because Xen adds it to the L1 entries of 64-bit guests; whether a guest
 * sees it is not checked.
 */
#include <pvguest/pvguest.h>

static void check_registers(void)
{
	const struct regs *r = &entry_regs;

	is(r->rsi, (u64)start_info, "rsi is start_info");
	is(r->rsp & 0xfff, 0, "rsp is the top of a page");
	is(r->cs, FLAT_KERNEL_CS64, "cs");
	is(r->ss & 0xffff, FLAT_KERNEL_SS64, "ss");
	is(r->rax | r->rbx | r->rcx | r->rdx | r->rdi | r->rbp, 0, "legacy registers are 0");
	is(r->r8 | r->r9 | r->r10 | r->r11 | r->r12 | r->r13 | r->r14 | r->r15, 0,
	   "r8-r15 are 0");
	is(entry_sregs[0] | entry_sregs[1] | entry_sregs[2] | entry_sregs[3], 0,
	   "ds es fs gs are null");
	ok(r->rflags & X86_EFLAGS_IF, "the real IF is set");
	is(r->rflags & (X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_AC | X86_EFLAGS_NT |
			X86_EFLAGS_IOPL), 0, "DF TF AC NT IOPL are clear");
}

static void check_start_info(void)
{
	const struct start_info *si = start_info;
	u64 pages = arg_u64("mb", 32) * 256;

	ok(!strcmp(si->magic, "xen-3.0-x86_64"), "magic %s", si->magic);
	is(si->nr_pages, pages, "nr_pages");
	is(si->shared_info & 0xfff, 0, "shared_info is page aligned");
	is(si->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN), 0, "not privileged");
	ok(si->store_mfn && si->store_evtchn, "store ring and port");
	ok(si->console.domU.mfn && si->console.domU.evtchn, "console ring and port");
	ok(si->store_evtchn != si->console.domU.evtchn, "two different ports");
	is(si->mod_start | si->mod_len, 0, "no module");
	ok(si->nr_pt_frames >= 4, "nr_pt_frames %lu", si->nr_pt_frames);
	ok(arg_flag("cmdline-word"), "the command line is extra=");
	is(si->first_p2m_pfn | si->nr_p2m_frames, 0, "no INIT_P2M, no p2m frames");
}

static void check_layout(void)
{
	const struct start_info *si = start_info;
	u64 kernel_end = (u64)image_end, end = boot_map_end();
	u64 p2m_pages = (si->nr_pages * 8 + PAGE_SIZE - 1) / PAGE_SIZE;
	u64 store = (u64)mfn_to_virt(si->store_mfn);
	u64 console = (u64)mfn_to_virt(si->console.domU.mfn);

	ok(si->mfn_list >= kernel_end, "p2m list after the kernel");
	ok((u64)si >= si->mfn_list + p2m_pages * PAGE_SIZE, "start_info after the p2m list");
	ok((u64)si < store && store < console, "start_info, store ring, console ring");
	ok(si->pt_base > console, "page tables after the rings");
	ok(entry_regs.rsp - PAGE_SIZE >= si->pt_base + si->nr_pt_frames * PAGE_SIZE,
	   "boot stack after the page tables");
	is(end & 0x3fffff, 0, "boot mapping ends at 4 MiB (%lx)", end);
	ok(end - entry_regs.rsp >= 512 * 1024, "at least 512 KiB of padding (%lu)",
	   end - entry_regs.rsp);
	ok(pte_read(image_base) & PTE_P, "pfn 0 is mapped at VIRT_BASE");
}

static void check_tables(void)
{
	const struct start_info *si = start_info;
	u64 va, tables = 0, ro = 0, pt_end = si->pt_base + si->nr_pt_frames * PAGE_SIZE;

	sweep_begin();
	for (va = image_base; va < boot_map_end(); va += PAGE_SIZE) {
		u64 pte = pte_read(va), pfn = (va - image_base) >> 12;
		bool table = va >= si->pt_base && va < pt_end;

		if (va == (u64)shared_info)
			continue;
		tables += table;
		ro += table && !(pte & PTE_RW);
		sweep_check((pte & PTE_ADDR) >> 12 == pfn_to_mfn(pfn), "%lx: pte %lx", va, pte);
		sweep_check(!(pte & PTE_NX), "%lx: pte %lx is NX", va, pte);
		sweep_check(table || (pte & PTE_RW), "%lx: pte %lx is not writable", va, pte);
	}
	sweep_end("every page of the boot mapping maps its pfn, writable, executable");
	is(ro, tables, "page-table pages are read-only");
	is(tables, si->nr_pt_frames, "and in the mapping");
	is((u64)walk(kernel_l4, image_base, 4) & ~PAGE_MASK, L4_IDX(image_base) * 8, "L4 slot");
	ok((*walk(kernel_l4, image_base, 4) & (PTE_P | PTE_RW | PTE_US)) == (PTE_P | PTE_RW | PTE_US),
	   "L4 entry is P RW US");
	ok((*walk(kernel_l4, image_base, 2) & (PTE_P | PTE_RW | PTE_US | PTE_PSE)) ==
	   (PTE_P | PTE_RW | PTE_US), "L2 entry is P RW US, small pages");
}

static void check_frames(void)
{
	struct xen_machphys_mapping m;
	u64 pfn, limit;

	err(hc_memory_op(XENMEM_machphys_mapping, &m), 0, "machphys_mapping");
	is(m.v_start, M2P_START, "m2p start");
	ok(m.max_mfn >= start_info->nr_pages - 1, "max_mfn %lx covers RAM", m.max_mfn);
	limit = m.max_mfn;
	sweep_begin();
	for (pfn = 0; pfn < start_info->nr_pages; pfn++) {
		sweep_check(p2m[pfn] <= limit, "p2m[%lx] = %lx above max_mfn", pfn, p2m[pfn]);
		if (p2m[pfn] <= limit)
			sweep_check(mfn_to_pfn(p2m[pfn]) == pfn, "m2p[p2m[%lx]] = %lx", pfn,
				    mfn_to_pfn(p2m[pfn]));
	}
	sweep_end("m2p[p2m[pfn]] == pfn for every page");
	err(unpin(virt_to_mfn(kernel_l4)), 0, "the boot L4 is pinned: unpin works");
	err(unpin(virt_to_mfn(kernel_l4)), -XEN_EINVAL, "and a second time does not");
	err(pin(4, virt_to_mfn(kernel_l4)), 0, "pinned again");
}

static void check_shared_info(void)
{
	unsigned int i;

	sweep_begin();
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		sweep_check(shared_info->vcpu_info[i].evtchn_upcall_mask == 1,
			    "vcpu_info[%u] mask %u", i,
			    shared_info->vcpu_info[i].evtchn_upcall_mask);
	sweep_end("events are masked on all vCPUs");
	ok(!(vcpu0()->time.version & 1), "time version %u is even", vcpu0()->time.version);
	ok(vcpu0()->time.tsc_to_system_mul, "time has a multiplier");
	ok(shared_info->wc_sec > 1000000000, "wall clock %u", shared_info->wc_sec);
	ok(!(shared_info->wc_version & 1), "wall clock version is even");
}

static void check_fpu(void)
{
	u32 mxcsr = 0;
	u16 fcw = 0;

	asm volatile("stmxcsr %0; fnstcw %1" : "=m" (mxcsr), "=m" (fcw));
	is(mxcsr, 0x1f80, "MXCSR");
	is(fcw, 0x37f, "FCW");
}

void test_main(void)
{
	check_registers();
	check_start_info();
	check_layout();
	check_tables();
	check_frames();
	check_shared_info();
	check_fpu();
}
