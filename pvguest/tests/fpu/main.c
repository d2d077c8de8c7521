// SPDX-License-Identifier: GPL-2.0-only
/*
 * fpu - x87, SSE and AVX state is kept across everything
 *
 * Proves: registers live through hypercalls, traps, blocking, timer events and long spins while the
 * host uses its own FPU; xsetbv is validated; XCR0 is what was set.
 *
 * Real Xen 4.17: as written. XCR0 shows in xgetbv only after CR4.OSXSAVE was set, which a guest
 * does with mov to cr4.
 */
#include <pvguest/pvguest.h>

static u8 want[256] __attribute__((aligned(64))), got[256] __attribute__((aligned(64)));

static void load(void)
{
	asm volatile("movdqa 0(%0), %%xmm0; movdqa 16(%0), %%xmm1; movdqa 32(%0), %%xmm2\n"
		     "movdqa 48(%0), %%xmm3; movdqa 64(%0), %%xmm4; movdqa 80(%0), %%xmm5\n"
		     "movdqa 96(%0), %%xmm6; movdqa 112(%0), %%xmm7; movdqa 128(%0), %%xmm8\n"
		     "movdqa 144(%0), %%xmm9; movdqa 160(%0), %%xmm10; movdqa 176(%0), %%xmm11\n"
		     "movdqa 192(%0), %%xmm12; movdqa 208(%0), %%xmm13; movdqa 224(%0), %%xmm14\n"
		     "movdqa 240(%0), %%xmm15\n" : : "r" (want) : "memory");
}

static bool same(void)
{
	asm volatile("movdqa %%xmm0, 0(%0); movdqa %%xmm1, 16(%0); movdqa %%xmm2, 32(%0)\n"
		     "movdqa %%xmm3, 48(%0); movdqa %%xmm4, 64(%0); movdqa %%xmm5, 80(%0)\n"
		     "movdqa %%xmm6, 96(%0); movdqa %%xmm7, 112(%0); movdqa %%xmm8, 128(%0)\n"
		     "movdqa %%xmm9, 144(%0); movdqa %%xmm10, 160(%0); movdqa %%xmm11, 176(%0)\n"
		     "movdqa %%xmm12, 192(%0); movdqa %%xmm13, 208(%0); movdqa %%xmm14, 224(%0)\n"
		     "movdqa %%xmm15, 240(%0)\n" : : "r" (got) : "memory");
	return !memcmp(want, got, sizeof(want));
}

KERNEL_CODE(do_ud2, "ud2");
KERNEL_CODE(do_xsetbv, "xor %ecx, %ecx; xor %edx, %edx; mov %edi, %eax; xsetbv");
KERNEL_CODE(do_xsetbv1, "mov $1, %ecx; xor %edx, %edx; mov $1, %eax; xsetbv");

void test_main(void)
{
	long port = bind_virq(VIRQ_TIMER);
	unsigned int i, bad = 0;
	u32 mxcsr = 0x1fa0, out = 0;
	u64 end, cr4;

	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	for (i = 0; i < sizeof(want); i++)
		want[i] = random_u64();
	asm volatile("ldmxcsr %0" : : "m" (mxcsr));
	load();
	hc_xen_version(XENVER_version, NULL);
	ok(same(), "a hypercall");
	catch(do_ud2, NULL);
	ok(same(), "a trap");
	flush_tlb();
	ok(same(), "a TLB flush");
	for (i = 0; i < 100; i++)
		hc_sched_op(SCHEDOP_yield, NULL);
	ok(same(), "100 yields");
	port_unmask(port);
	for (i = 0; i < 20; i++) {
		hc_set_timer_op(now() + 5 * MS);
		/* lets events through itself: one taken before would not end it */
		hc_sched_op(SCHEDOP_block, NULL);
		events_off();
		bad += !same();
	}
	is(bad, 0, "20 blocks");
	end = now() + arg_u64("ms", 300) * MS;
	while (now() < end)
		bad += !same();
	is(bad, 0, "a long spin");
	asm volatile("stmxcsr %0" : "=m" (out));
	is(out, mxcsr, "MXCSR");

	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	diag("cr4 %lx", cr4);
	asm volatile("mov %0, %%cr4" : : "r" (cr4 | 1UL << 18));
	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	if (!(cr4 & 1UL << 18)) {
		skip("xsetbv # SKIP no XSAVE");
		return;
	}
	is(catch(do_xsetbv, (void *)3)->vec, -1, "xsetbv 3");
	{
		u32 lo, hi;

		asm volatile("xgetbv" : "=a" (lo), "=d" (hi) : "c" (0));
		is(lo, 3, "xgetbv");
	}
	is(catch(do_xsetbv, (void *)0)->vec, X86_GP, "xsetbv 0: #GP");
	is(catch(do_xsetbv, (void *)2)->vec, X86_GP, "xsetbv without x87: #GP");
	is(catch(do_xsetbv, (void *)5)->vec, X86_GP, "xsetbv AVX without SSE: #GP");
	is(catch(do_xsetbv, (void *)0x40000003)->vec, X86_GP, "xsetbv of an unknown feature: #GP");
	is(catch(do_xsetbv1, NULL)->vec, X86_GP, "xsetbv of XCR1: #GP");
	load();
	for (i = 0; i < 100; i++)
		hc_sched_op(SCHEDOP_yield, NULL);
	ok(same(), "yields with XCR0 = 3");
}
