// SPDX-License-Identifier: GPL-2.0-only
/*
 * timer - one-shot and periodic timers, the clock, runstate
 *
 * Proves: set_timer_op and the vcpu_op timers fire not before their time and not much
 * later, past deadlines fire at once, zero cancels; pvclock is monotonic and agrees
 * with the timers; the secondary time area and the runstate area are filled.
 *
 * Real Xen 4.17: as written. It ignores VCPU_SSHOTTMR_future (a past deadline fires) and
 * starts every vCPU with a periodic timer of 10 ms; neither is asked for here. "Not much later" is 500 ms, because under an emulator on a
 * busy machine nothing smaller is sure; the lateness seen is printed.
 */
#include <pvguest/pvguest.h>

#define LATE (500 * MS)

static long port;
static struct vcpu_time_info area __attribute__((aligned(64)));
static struct vcpu_runstate_info runstate __attribute__((aligned(64)));
static struct vcpu_runstate_info straddle_pages[2 * PAGE_SIZE / sizeof(struct vcpu_runstate_info)] __page_aligned;
static u64 fired_at;

static void on_event(unsigned int p)
{
	if (p == port)
		fired_at = now();
}

static u64 wait(u64 limit)
{
	unsigned long before = event_count[port];
	u64 end = now() + limit;

	fired_at = 0;
	events_on();
	while (event_count[port] == before && now() < end)
		asm volatile("pause");
	events_off();
	return fired_at;
}

static void check_one(const char *name, u64 delay, bool vcpu_op)
{
	u64 deadline = now() + delay, at;
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = deadline };
	long rc;

	if (vcpu_op)
		rc = hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
	else
		rc = hc_set_timer_op(deadline);
	err(rc, 0, "%s: set", name);
	at = wait(delay + 2 * SEC);
	ok(at, "%s: fired", name);
	ok(at >= deadline, "%s: not early (%ld us)", name, (s64)(at - deadline) / 1000);
	ok(at < deadline + LATE, "%s: not late", name);
}

static void check_past(void)
{
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = 1 };
	u64 start;
	long rc;

	start = now();
	err(hc_set_timer_op(now() - 1), 0, "set_timer_op, past");
	ok(wait(2 * SEC), "fires");
	ok(now() < start + LATE, "at once");
	start = now();
	err(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0, "singleshot, long past");
	ok(wait(2 * SEC), "fires");
	ok(now() < start + LATE, "at once");
	t.flags = VCPU_SSHOTTMR_future;
	rc = hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
	err2(rc, 0, -XEN_ETIME, "past, with the future flag");
	is(!wait(50 * MS), !!rc, "fires unless refused");
	t.timeout_abs_ns = now() + 20 * MS;
	t.flags = 0;
	hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
	err(hc_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0, "stop_singleshot_timer");
	is(wait(60 * MS), 0, "does not fire");
	hc_set_timer_op(now() + 20 * MS);
	err(hc_set_timer_op(0), 0, "set_timer_op(0) cancels");
	is(wait(60 * MS), 0, "does not fire");
	hc_set_timer_op(now() + 10 * SEC);
	hc_set_timer_op(now() + 20 * MS);
	ok(wait(2 * SEC), "a nearer deadline replaces a farther one");
	is(wait(60 * MS), 0, "once");
	err(hc_vcpu_op(VCPUOP_set_singleshot_timer, 7, &t), -XEN_ENOENT, "no such vCPU");
	err(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, NULL), -XEN_EFAULT, "bad pointer");
	err(hc_set_timer_op(-1UL), 0, "a deadline beyond all time");
	is(wait(30 * MS), 0, "does not fire");
	hc_set_timer_op(0);
}

static void check_periodic(void)
{
	struct vcpu_set_periodic_timer t = { .period_ns = 10 * MS };
	unsigned long before = event_count[port];
	u64 end;

	err(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &t), 0, "set_periodic_timer 10 ms");
	events_on();
	for (end = now() + 2 * SEC; event_count[port] < before + 5 && now() < end; )
		asm volatile("pause");
	events_off();
	ok(event_count[port] >= before + 5, "ticks");
	err(hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop_periodic_timer");
	wait(30 * MS);
	before = event_count[port];
	wait(50 * MS);
	is(event_count[port], before, "no more ticks");
	t.period_ns = 1000;
	err(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &t), -XEN_EINVAL, "a period under 1 ms");
}

static void check_clock(void)
{
	u64 last = now(), t, start, tsc, spent;
	unsigned int i;

	sweep_begin();
	for (i = 0; i < 200000; i++) {
		t = now();
		sweep_check(t >= last, "%lu after %lu", t, last);
		last = t;
		if (!(i & 0xfff))
			hc_sched_op(SCHEDOP_yield, NULL);
	}
	sweep_end("the clock does not go backwards");
	ok(now() < 3600 * SEC, "it counts from the start of the domain (%lu ms)", now() / MS);
	start = now();
	tsc = rdtsc();
	delay_until(start + 50 * MS);
	spent = rdtsc() - tsc;
	ok(spent, "50 ms are %lu TSC ticks", spent);
	diag("flags %x, mul %x, shift %d", vcpu0()->time.flags, vcpu0()->time.tsc_to_system_mul,
	     vcpu0()->time.tsc_shift);
}

static void check_areas(void)
{
	struct vcpu_register_time_memory_area ta;
	struct vcpu_register_runstate_memory_area ra;
	struct vcpu_runstate_info info;
	u64 *straddle;
	s64 diff;

	set_xen_guest_handle(ta.addr.h, &area);
	err(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &ta), 0, "secondary time area");
	ok(area.tsc_to_system_mul, "written at once");
	diff = clock_of(&area) - now();
	ok(diff < (s64)(100 * MS) && diff > -(s64)(100 * MS), "and agrees (%ld ns)", diff);
	set_xen_guest_handle(ta.addr.h, NULL);
	err(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &ta), 0, "NULL unregisters");

	set_xen_guest_handle(ra.addr.h, &runstate);
	err(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &ra), 0, "runstate area");
	is(runstate.state, RUNSTATE_running, "we are running");
	hc_set_timer_op(now() + 50 * MS);
	/* lets events through itself: one taken before would not end it */
	hc_sched_op(SCHEDOP_block, NULL);
	events_off();
	is(runstate.state, RUNSTATE_running, "running after a block");
	ok(runstate.time[RUNSTATE_blocked] >= 20 * MS, "blocked time counted (%lu us)",
	   runstate.time[RUNSTATE_blocked] / 1000);
	err(hc_vcpu_op(VCPUOP_get_runstate_info, 0, &info), 0, "get_runstate_info");
	is(info.state, RUNSTATE_running, "running");
	ok(info.time[RUNSTATE_running] >= runstate.time[RUNSTATE_running], "running time goes on");
	ok(info.time[0] + info.time[1] + info.time[2] + info.time[3] <= now() + 100 * MS,
	   "the times sum to less than the clock");
	err(hc_vcpu_op(VCPUOP_get_runstate_info, 9, &info), -XEN_ENOENT, "of no such vCPU");

	/* over the edge of two pages */
	straddle = (u64 *)((u8 *)straddle_pages + PAGE_SIZE - 16);
	set_xen_guest_handle(ra.addr.h, (void *)straddle);
	err(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &ra), 0, "runstate over two pages");
	err(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag), 0,
	    "runstate_update_flag");
	hc_set_timer_op(now() + 10 * MS);
	hc_sched_op(SCHEDOP_block, NULL);
	events_off();
	ok(straddle[2 + RUNSTATE_blocked] || straddle[2], "written on both");
	is(straddle[1] >> 63, 0, "the update flag is clear");
	set_xen_guest_handle(ra.addr.h, &runstate);
	hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &ra);
}

void test_main(void)
{
	port = bind_virq(VIRQ_TIMER);
	event_handler = on_event;
	port_unmask(port);
	events_on();
	delay_until(now() + 100 * MS);
	events_off();
	diag("ticks in 100 ms before anything was asked for: %lu", event_count[port]);
	err(hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop_periodic_timer");
	wait(30 * MS);
	check_clock();
	check_one("set_timer_op 5 ms", 5 * MS, false);
	check_one("set_timer_op 100 ms", 100 * MS, false);
	check_one("singleshot 5 ms", 5 * MS, true);
	check_one("singleshot 1 ns", 1, true);
	check_one("singleshot 300 ms", 300 * MS, true);
	check_past();
	check_periodic();
	check_areas();
}
