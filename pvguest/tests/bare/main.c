// SPDX-License-Identifier: GPL-2.0-only
/*
 * bare - images with less in their ELF notes than Linux has
 *
 * One image per omission, see Makefile: notes in a section without PT_NOTE, no ENTRY (e_entry),
 * no VIRT_BASE (0), both, a HYPERCALL_PAGE, INIT_P2M, strings without NUL.
 *
 * Proves: the builder's defaults; the hypercall page's stubs; where p2m is put.
 *
 * Real Xen 4.17: boots all of them.
 */
#include <pvguest/pvguest.h>

#ifdef HAVE_HYPERCALL_PAGE
extern u8 hypercall_page[];

static void iret_stub(void *p)
{
	asm volatile("mov %0, %%rsp; jmp *%1" : : "r" (p), "a" (hypercall_page + 23 * 32) : "memory");
}

static void check_page(void)
{
	const struct fault *f;
	u64 r9 = 0x99;

	ok(hypercall_by(hypercall_page, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0) > 0x40000,
	   "xen_version by its stub");
	err(hypercall_by(hypercall_page, 63, 0, 0, 0, 0, 0), -XEN_ENOSYS, "63 by its stub");
	asm volatile("mov %1, %%r9; call *%2; mov %%r9, %0" : "=r" (r9)
		     : "r" (0x1234UL), "r" (hypercall_page + 17 * 32), "D" (0UL), "S" (0UL)
		     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
	is(r9, 0x1234, "r9 lives through it");
	/* the iret stub is jumped to with flags, rip, cs.. on the stack: it pushes rcx, r11, rax */
	{
		static u64 stack[64];
		u64 *sp = stack + 32;

		sp[0] = 0;			/* flags */
		sp[1] = 0x7f0000000000;		/* rip: a hole */
		sp[2] = FLAT_KERNEL_CS64 & ~3;
		sp[3] = X86_EFLAGS_FIXED;
		sp[4] = (u64)(stack + 60);
		sp[5] = FLAT_KERNEL_SS64;
		f = catch(iret_stub, sp);
		is(f->vec, X86_PF, "iret by its stub");
		is(f->regs.rip, 0x7f0000000000, "to where the frame says");
	}
	/* the page can be written again, anywhere, by the MSR of the CPUID leaf */
	{
		u8 *page = page_alloc();

		asm volatile("wrmsr" : : "c" (0x40000000),
			     "a" ((u32)(virt_to_mfn(page) << 12)), "d" (virt_to_mfn(page) >> 20));
		ok(hypercall_by(page, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0, 0) > 0x40000,
		   "a page written by wrmsr 0x40000000");
	}
}
#else
static void check_page(void)
{
}
#endif

void test_main(void)
{
	u64 i, bad = 0;

	is((u64)walk(kernel_l4, image_base, 1) & 0xff8, L1_IDX(image_base) * 8, "VIRT_BASE %lx",
	   image_base);
	is(start_info->mfn_list >= image_base && start_info->mfn_list < boot_map_end(),
	   !arg_flag("initp2m"), "p2m list at %lx", start_info->mfn_list);
	if (arg_flag("initp2m")) {
		is(start_info->mfn_list, 0x8000000000, "where INIT_P2M says");
		ok(start_info->first_p2m_pfn && start_info->nr_p2m_frames, "p2m frames %lx + %lx",
		   start_info->first_p2m_pfn, start_info->nr_p2m_frames);
	}
	for (i = 0; i < start_info->nr_pages; i++)
		bad += mfn_to_pfn(p2m[i]) != i;
	is(bad, 0, "p2m and m2p agree");
	for (i = start_info->nr_pages; i & 511; i++)
		p2m[i] = ~0UL;
	ok(true, "the rest of the last p2m page is writable");
	check_page();
}
