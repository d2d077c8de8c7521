// SPDX-License-Identifier: GPL-2.0-only
/*
 * runaway - a guest that never gives the CPU back
 *
 * Never ends. The harness checks that the host stays responsive and that destroy works.
 * extra= says how: spin (events masked), user (in user mode), traps (an endless #UD loop),
 * calls (hypercalls), faults (page faults that change nothing), yield.
 *
 * Real Xen 4.17: takes the CPU away by its own timer; destroy works.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_spin, "1: jmp 1b");
USER_CODE(u_syscalls, "1: syscall; jmp 1b");

static bool again(struct regs *r)
{
	return r->vec == X86_UD || r->vec == X86_PF || r->vec == VEC_SYSCALL;
}

void test_main(void)
{
	struct regs r;

	user_init();
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	printf("ok 1 running away\n1..1\n");
	console_flush();
	trap_hook = again;
	if (arg_flag("user") || arg_flag("syscalls")) {
		if (arg_flag("user"))
			user_load(u_spin_start, u_spin_end);
		else
			user_load(u_syscalls_start, u_syscalls_end);
		user_regs(&r, USER_TEXT);
		r.rflags &= ~X86_EFLAGS_IF;
		regs_resume(&r);
	}
	for (;;) {
		if (arg_flag("traps"))
			asm volatile("ud2");
		else if (arg_flag("faults"))
			asm volatile("movl $0, 8");
		else if (arg_flag("calls"))
			hc_xen_version(XENVER_version, NULL);
		else if (arg_flag("flush"))
			flush_tlb();
		else if (arg_flag("yield"))
			hc_sched_op(SCHEDOP_yield, NULL);
		else
			barrier();
	}
}
