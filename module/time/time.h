/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's clock (pvclock over the host's TSC), per-vcpu timers, runstate.
 */
#ifndef LODGE_TIME_H
#define LODGE_TIME_H

#include <linux/hrtimer.h>
#include <linux/types.h>

#include <xen/interface/vcpu.h>

struct lodge_domain;
struct lodge_vcpu;
struct page;

struct lodge_clock {
	u64 base_ns;		/* host boot-time clock at system time 0 */
	u32 wc_generation;
};

/* A piece of guest memory that lodge writes: at most two pages, pinned. */
struct lodge_guest_area {
	struct page *page[2];
	unsigned int offset;
	u64 va;			/* 0: not registered */
};

struct lodge_vcpu_time {
	struct hrtimer singleshot;	/* VCPUOP_set_singleshot_timer and set_timer_op */
	struct hrtimer periodic;
	u64 period_ns;
	struct vcpu_runstate_info runstate;
	struct lodge_guest_area runstate_area;
	struct lodge_guest_area time_area;	/* secondary pvclock, VCPUOP 13 */
	u64 pvclock_generation;		/* of the host clock parameters last published */
};

int lodge_time_create(struct lodge_domain *d);		/* once, with the domain: system time starts */
void lodge_time_destroy(struct lodge_domain *d);
void lodge_time_vcpu_create(struct lodge_vcpu *v);
void lodge_time_vcpu_destroy(struct lodge_vcpu *v);	/* cancels timers, unpins areas; may sleep */

/* System time of the domain: ns since its creation, monotonic, equal on all vcpus. Any context. */
u64 lodge_time_now(const struct lodge_domain *d);
/* The host's CLOCK_MONOTONIC-like expiry for a system time: for hrtimers of mode ABS on CLOCK_BOOTTIME or the like. */
ktime_t lodge_time_to_ktime(const struct lodge_domain *d, u64 system_ns);

/*
 * Publish pvclock in vcpu_info (and the secondary area) if what was published
 * is out of date.  @force: the place is new.  Own thread or before the first run; no
 * sleep, called with preemption off before entry.
 */
void lodge_time_publish(struct lodge_vcpu *v, bool force);

/*
 * The vcpu changed to RUNSTATE_*.  Called by sched/ on every schedule in and out,
 * with preemption or interrupts off possible: does not sleep, takes no lock of mm/.
 */
void lodge_runstate_set(struct lodge_vcpu *v, int state);

/* VCPUOP 4-9 and 13; -ENOSYS for the rest.  v: target; arg: guest address, read through @caller. */
long lodge_time_vcpu_op(struct lodge_vcpu *caller, struct lodge_vcpu *v, u32 op, u64 arg);

#endif
