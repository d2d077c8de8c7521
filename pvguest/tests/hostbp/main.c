// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostbp - breakpoints at an address that means something to the host
 *
 * extra= says bp=ADDRESS: that of a function of the hypervisor's kernel, which no guest can
 * know. All four breakpoints are armed there, for execution and for access, and exits of
 * every kind follow.
 *
 * Proves: they hit nothing, neither there nor here, and one of our own still hits.
 *
 * Real Xen 4.17: as written, whatever the address.
 */
#include <pvguest/pvguest.h>

KERNEL_CODE(do_ud2, "ud2");

static u64 watched;

static void touch(void *p __unused)
{
	WRITE_ONCE(watched, 1);
	asm volatile("nop");
}

void test_main(void)
{
	u64 bp = arg_u64("bp", (u64)image_end + 0x100000);
	/* local enables; 0 and 2 execution, 1 writes of 8 bytes, 3 accesses of 8 bytes */
	u64 dr7 = 0x55 | 0x9UL << 20 | 0xbUL << 28;
	unsigned int i;

	for (i = 0; i < 4; i++)
		err(hc_set_debugreg(i, i & 1 ? bp & ~7UL : bp + (i & 2)), 0, "DR%u is %lx", i, bp);
	err(hc_set_debugreg(7, dr7), 0, "armed");
	sweep_begin();
	for (i = 0; i < 2000; i++) {
		sweep_check(hc_xen_version(XENVER_version, NULL) > 0, "a hypercall");
		if (!(i % 16))
			sweep_check(catch(do_ud2, NULL)->vec == X86_UD, "an exception: %ld",
				    last_fault->vec);
		if (!(i % 64))
			sweep_check(probe_read8(0x7f0000000000, NULL) == X86_PF, "a page fault");
		if (!(i % 256))
			sweep_check(!hc_sched_op(SCHEDOP_yield, 0), "a yield");
	}
	sweep_end("hypercalls, exceptions and faults with the breakpoints armed");
	is(trap_count[X86_DB], 0, "no #DB");
	hc_set_debugreg(0, (u64)&watched);
	hc_set_debugreg(7, 0x1 | 0x9UL << 16);
	is(catch(touch, NULL)->vec, X86_DB, "a watchpoint of our own hits");
	hc_set_debugreg(7, 0);
}
