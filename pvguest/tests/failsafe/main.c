// SPDX-License-Identifier: GPL-2.0-only
/*
 * failsafe - selectors that went away while the guest was not running
 *
 * Proves: data segment registers with an LDT selector whose LDT is gone by the next time the vCPU is scheduled lead to the
 * failsafe callback with the selectors that were wanted, or are quietly made null; either way nothing crashes.
 *
 * Real Xen 4.17: the failsafe callback (with the wanted selectors) on the next context switch in; how soon that is, is
 * not promised, so both endings are accepted and the one seen is printed.
 */
#include <pvguest/pvguest.h>

static bool seen;

static bool hook(struct regs *r)
{
	if (r->vec != VEC_FAILSAFE)
		return false;
	seen = true;
	return true;		/* go on with null selectors: the callback's frame has the wanted ones */
}

void test_main(void)
{
	u64 *ldt = page_alloc();
	long port = bind_virq(VIRQ_TIMER);
	u16 ds = 0, es = 0;
	unsigned int i;

	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	port_unmask(port);
	ldt[0] = 0x00cff3000000ffff;
	page_ro(ldt);
	err(mmuext1(MMUEXT_SET_LDT, (u64)ldt, 1), 0, "SET_LDT");
	asm volatile("mov %0, %%ds; mov %0, %%es" : : "r" (7));
	trap_hook = hook;
	err(mmuext1(MMUEXT_SET_LDT, 0, 0), 0, "SET_LDT 0 while ds and es use it");
	for (i = 0; i < 20; i++) {
		hc_set_timer_op(now() + 5 * MS);
		/* lets events through itself: one taken before would not end it */
		hc_sched_op(SCHEDOP_block, NULL);
		events_off();
	}
	asm volatile("mov %%ds, %0; mov %%es, %1" : "=r" (ds), "=r" (es));
	asm volatile("mov %0, %%ds; mov %0, %%es" : : "r" (0));
	trap_hook = NULL;
	diag("failsafe %s, its ds %lx es %lx; live ds %x es %x", seen ? "came" : "did not come",
	     failsafe_sregs[0] & 0xffff, failsafe_sregs[1] & 0xffff, ds, es);
	if (seen) {
		is(failsafe_sregs[0] & 0xffff, 7, "the frame has ds");
		is(failsafe_sregs[1] & 0xffff, 7, "the frame has es");
	}
	ok(true, "alive");
}
