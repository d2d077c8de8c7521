// SPDX-License-Identifier: GPL-2.0-only
/*
 * silent - a guest that polls: no callback, no trap table, nothing but yield
 *
 * The way of GRUB and of small loaders: the library's callbacks are never used, events stay
 * masked, and everything is waited for by looking and yielding.
 *
 * Proves: bits of events are set although nobody will be called; yield gives others time
 * (the clock goes on, the console drains); set_timer_op, bind_virq and bind_ipi work with
 * bits alone.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

static bool yield_until_pending(unsigned int port, u64 limit)
{
	u64 end = now() + limit;

	while (!port_pending(port) && now() < end)
		hc_sched_op(SCHEDOP_yield, 0);
	return port_pending(port);
}

void test_main(void)
{
	struct vcpu_info *vi = &shared_info->vcpu_info[0];
	struct callback_register none = { .type = CALLBACKTYPE_event };
	long timer, ipi;
	u64 before;
	int i;

	hc_callback_op(CALLBACKOP_register, &none);
	hc_set_trap_table(NULL);
	is(vi->evtchn_upcall_mask, 1, "events are masked");
	timer = bind_virq(VIRQ_TIMER);
	ok(timer > 0, "bind_virq");
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, 0);
	port_clear(timer);
	before = now();
	err(hc_set_timer_op(before + 20 * MS), 0, "set_timer_op");
	ok(yield_until_pending(timer, 5 * SEC), "yielding until it has come");
	ok(now() >= before + 20 * MS, "not before its time");
	port_clear(timer);
	ok(!yield_until_pending(timer, 50 * MS), "once");
	ipi = bind_ipi(0);
	ok(ipi > 0, "bind_ipi");
	for (i = 0; i < 1000; i++) {
		evtchn_send(ipi);
		if (!port_pending(ipi))
			break;
		port_clear(ipi);
	}
	is(i, 1000, "a thousand events to ourselves, seen by bits");
	is(vi->evtchn_upcall_mask, 1, "still masked");
	before = now();
	for (i = 0; i < 20000; i++)
		hc_sched_op(SCHEDOP_yield, 0);
	ok(now() > before, "20000 yields");
	is(trap_count[VEC_EVENT], 0, "nobody was called");
}
