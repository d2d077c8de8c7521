// SPDX-License-Identifier: GPL-2.0-only
/*
 * oldcalls - the calls of guests older than Linux 3
 *
 * Proves: set_callbacks, sched_op_compat, set_timer_op with bind_virq, the old console_io and
 * event delivery without any callback_op: what mini-os and old kernels are made of.
 *
 * Real Xen 4.17: as written: set_callbacks returns 0 whatever the addresses are. It suspends where
 * lodge cannot, and takes any reason.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_syscall, "syscall; ud2");

void test_main(void)
{
	unsigned long before;
	long port;
	u64 start;

	err(hc_set_callbacks(event_entry, failsafe_entry, syscall_entry), 0, "set_callbacks");
	err(hc_set_callbacks(NONCANON, NONCANON, NONCANON), 0,
	    "set_callbacks ignores non-canonical addresses");
	user_init();
	is(user_call(u_syscall)->vec, VEC_SYSCALL, "syscall by set_callbacks");
	is(last_fault->mask_at_entry, 0, "which does not mask events");
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	port = bind_virq(VIRQ_TIMER);
	port_unmask(port);
	before = event_count[port];
	start = now();
	err(hc_set_timer_op(start + 20 * MS), 0, "set_timer_op");
	err(hc_sched_op_compat(1, 0), 0, "sched_op_compat block");
	is(event_count[port], before + 1, "the timer woke us");
	ok(now() >= start + 20 * MS, "in time");
	events_off();
	err(hc_sched_op_compat(0, 0), 0, "sched_op_compat yield");
	err(hc_sched_op_compat(77, 0), -XEN_ENOSYS, "sched_op_compat 77");
	err(hc_sched_op_compat(2, SHUTDOWN_suspend), -XEN_ENOSYS, "nothing suspends");
	err(hc_sched_op_compat(2, 200), -XEN_EINVAL, "no such reason");
	if (arg_flag("shutdown")) {
		printf("ok 13 reached\n1..13\n");
		console_flush();
		hc_sched_op_compat(2, SHUTDOWN_poweroff);
		survived();
	}
}
