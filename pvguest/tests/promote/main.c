// SPDX-License-Identifier: GPL-2.0-only
/*
 * promote - a page that is written becomes a page table
 *
 * Proves: from the moment on at which a frame is a page table nothing writes it
 * past the hypervisor. vCPU 1 writes all over a page; vCPU 2 takes its
 * write access away; vCPU 0 meanwhile asks again and again to pin the page as an
 * L1, until that is granted, which may be before vCPU 2's call has returned.
 * Every entry must then stay as it is, and what the entries use must be what is given
 * back when the page is unpinned: they map another page writable, and whether that
 * can become a table tells how many mappings the hypervisor believes in. In every other
 * round the page is given back instead, and must come back empty and stay so.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

#define VA	0x7d0000000000UL
#define CTX_PF	14

extern char writer[], writer_fault[], caller[], stack_top[];
extern volatile u64 alive[16], va, filling, written, faults, order, entry, flags, result;

static struct vcpu_guest_context ctx;
static u64 copy[512];
static u64 *used;	/* what the entries map */

static void wait_for(volatile u64 *what, u64 from, bool change, const char *text)
{
	u64 end = now() + 60 * SEC;

	while ((*what == from) == change) {
		if (now() > end)
			bail_out("waited in vain: %s", text);
		asm volatile("pause");
	}
}

static void start(unsigned int cpu, void *entry_point)
{
	ctx.flags = VGCF_in_kernel;
	ctx.user_regs.rip = (u64)entry_point;
	ctx.user_regs.rsp = (u64)stack_top;
	ctx.user_regs.cs = FLAT_KERNEL_CS64;
	ctx.user_regs.ss = FLAT_KERNEL_SS64;
	ctx.kernel_ss = FLAT_KERNEL_SS64;
	ctx.kernel_sp = (u64)stack_top;
	ctx.trap_ctxt[CTX_PF].vector = CTX_PF;
	ctx.trap_ctxt[CTX_PF].cs = FLAT_KERNEL_CS64;
	ctx.trap_ctxt[CTX_PF].address = (u64)writer_fault;
	ctx.ctrlreg[3] = virt_to_mfn(kernel_l4) << 12;
	shared_info->vcpu_info[cpu].evtchn_upcall_mask = 1;
	if (hc_vcpu_op(VCPUOP_initialise, cpu, &ctx) || hc_vcpu_op(VCPUOP_up, cpu, NULL))
		bail_out("vCPU %u does not come up", cpu);
	wait_for(&alive[8 * (cpu - 1)], 0, true, "a vCPU runs");
}

/* vCPU 2 gives VA this entry; the flush is its own business if there are no flags */
static void remap(u64 pte, u64 how)
{
	entry = pte;
	flags = how;
	order = 1;
}

static void remapped(unsigned int round)
{
	wait_for(&order, 0, false, "vCPU 2's call");
	sweep_check(!result, "round %u: update_va_mapping: %ld", round, (long)result);
}

static unsigned int differences(const u64 *page)
{
	unsigned int i, n = 0;

	for (i = 0; i < 512; i++)
		n += READ_ONCE(page[i]) != copy[i];
	return n;
}

static void spin(unsigned int n)
{
	while (n--)
		asm volatile("pause");
}

/* The page has stopped to change: is that so? */
static void stays(const u64 *page, unsigned int round)
{
	unsigned int i, n;

	for (i = 0; i < 512; i++)
		copy[i] = READ_ONCE(page[i]);
	spin(500 + random_below(3000));
	n = differences(page);
	sweep_check(!n, "round %u: %u entries written after that", round, n);
}

/* It is mapped writable once. */
static void counted(unsigned int round)
{
	u64 mfn = virt_to_mfn(used);

	sweep_check(mmuext1(MMUEXT_PIN_L1_TABLE, mfn, 0) < 0,
		    "round %u: too few uses, a writable page is pinned", round);
	page_ro(used);
	sweep_check(!mmuext1(MMUEXT_PIN_L1_TABLE, mfn, 0) &&
		    !mmuext1(MMUEXT_UNPIN_TABLE, mfn, 0), "round %u: too many uses", round);
	sweep_check(!page_rw(used), "round %u: cannot be writable", round);
}

static void as_table(u64 *page, u64 mfn, unsigned int round)
{
	u64 end = now() + 30 * SEC;

	remap(mfn_pte(mfn, PTE_DATA_RO), round & 2 ? 0 : UVMF_TLB_FLUSH | UVMF_ALL);
	while (mmuext1(MMUEXT_PIN_L1_TABLE, mfn, 0)) {
		if (now() > end)
			bail_out("cannot be pinned");
	}
	stays(page, round);
	remapped(round);
	sweep_check(!mmuext1(MMUEXT_UNPIN_TABLE, mfn, 0), "round %u: unpin", round);
	counted(round);
}

static void given_back(u64 *page, u64 mfn, unsigned int round)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	u64 gone = mfn, pfn = virt_to_pfn(page);
	unsigned int i, n = 0;

	set_xen_guest_handle(r.extent_start, &gone);
	remap(0, round & 2 ? 0 : UVMF_TLB_FLUSH | UVMF_ALL);
	remapped(round);
	sweep_check(!set_pte((u64)page, 0), "round %u: unmap", round);
	sweep_check(hc_memory_op(XENMEM_decrease_reservation, &r) == 1, "round %u: decrease", round);
	gone = pfn;
	sweep_check(hc_memory_op(XENMEM_populate_physmap, &r) == 1, "round %u: populate", round);
	p2m[pfn] = gone;
	mmu_update1(gone << 12 | MMU_MACHPHYS_UPDATE, pfn);
	sweep_check(!set_pte((u64)page, mfn_pte(gone, PTE_DATA_RO)), "round %u: map", round);
	for (i = 0; i < 512; i++)
		n += page[i] != 0;
	sweep_check(!n, "round %u: %u words in a fresh page", round, n);
	stays(page, round);
}

void test_main(void)
{
	unsigned int i, rounds = arg_u64("rounds", 200);
	u64 *page = page_alloc(), n;

	random_seed(arg_u64("seed", 1));
	memset(page, 0, PAGE_SIZE);
	if (page_ro(page) || map(kernel_l4, VA, mfn_pte(virt_to_mfn(page), PTE_DATA)))
		bail_out("map");
	va = VA;
	used = page_alloc();
	memset(used, 0, PAGE_SIZE);
	filling = mfn_pte(virt_to_mfn(used), PTE_DATA);
	start(1, writer);
	start(2, caller);
	ok(true, "two more vCPUs");
	sweep_begin();
	for (i = 0; i < rounds; i++) {
		n = written;
		wait_for(&written, n, true, "vCPU 1 writes");
		spin(random_below(500));
		if (i & 1)
			given_back(page, virt_to_mfn(page), i);
		else
			as_table(page, virt_to_mfn(page), i);
		remap(mfn_pte(virt_to_mfn(page), PTE_DATA), UVMF_TLB_FLUSH | UVMF_ALL);
		remapped(i);
	}
	sweep_end("nothing is written to a page table, or to a page that was given back");
	ok(faults, "vCPU 1 has met %lu faults, writes %lu", (u64)faults, (u64)written);
}
