/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's clock (pvclock over the host's TSC), per-vcpu timers, runstate.
 */
#ifndef LODGE_TIME_H
#define LODGE_TIME_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

struct lodge_domain;
struct lodge_vcpu;
struct page;

#define LODGE_WATCHDOGS		2	/* as many as Xen has */

struct lodge_watchdog {
	struct lodge_domain *domain;
	struct delayed_work work;
	unsigned long timeout;		/* seconds, 0: not in use */
};

struct lodge_clock {
	u64 base_ns;		/* lodge's host clock at system time 0 */
	u64 base_tsc;		/* TSC at that moment, good for as long as ... */
	u64 base_generation;	/* ... the host clock has this base; 0: never */
	raw_spinlock_t wall_lock;	/* covers the wall clock in shared_info and the next two */
	u32 wall_version;
	u64 wall_generation;	/* of the host's wall clock last published */
	struct mutex watchdog_lock;	/* covers the timeouts */
	struct lodge_watchdog watchdog[LODGE_WATCHDOGS];
};

/* A piece of guest memory that lodge writes: at most two pages, pinned. */
struct lodge_guest_area {
	struct page *page[2];
	unsigned int offset;
	u64 va;			/* 0: not registered */
};

struct lodge_vcpu_time {
	struct hrtimer singleshot;	/* VCPUOP_set_singleshot_timer and set_timer_op */
	u64 deadline;			/* its system time */
	struct hrtimer periodic;	/* runs only while the vcpu does, as on Xen */
	raw_spinlock_t lock;		/* covers all below; innermost, taken with interrupts off */
	u64 period_ns;			/* 0: none */
	u64 period_next;		/* system time of its next event */
	struct vcpu_runstate_info runstate;
	struct lodge_guest_area runstate_area;
	struct lodge_guest_area time_area;	/* secondary pvclock, VCPUOP 13 */
	u64 pvclock_generation;		/* of the host clock parameters last published */
	u64 pvclock_tsc;		/* when and where, if they hold for one CPU only */
	int pvclock_cpu;
	u32 pvclock_version;
};

/*
 * The host clock that all domains' clocks derive from; once per load of the
 * module, before the first domain.  -ENODEV: the host does not know its TSC.
 */
int lodge_time_init(void);
void lodge_time_exit(void);

int lodge_time_create(struct lodge_domain *d);	/* once: system time starts */
void lodge_time_destroy(struct lodge_domain *d);	/* watchdogs go; may sleep */
void lodge_time_vcpu_create(struct lodge_vcpu *v);
void lodge_time_vcpu_destroy(struct lodge_vcpu *v);	/* timers and areas go; may sleep */

/*
 * System time of the domain: ns since its creation, monotonic, equal on all
 * vcpus, and what the guest computes from its pvclock. Any context but NMI.
 */
u64 lodge_time_now(const struct lodge_domain *d);
/*
 * When a system time will be, as the expiry of an hrtimer on CLOCK_BOOTTIME in
 * mode ABS.  The two clocks may be adjusted differently: the handler looks at
 * lodge_time_now() if it must not be early.
 */
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

/* SCHEDOP_watchdog; own thread, may sleep. */
long lodge_watchdog_op(struct lodge_vcpu *v, u64 arg);	/* watchdog.c */
void lodge_watchdog_create(struct lodge_domain *d);
void lodge_watchdog_destroy(struct lodge_domain *d);

/* VCPUOP 4-9 and 13; -ENOSYS for the rest.  v: target; arg: guest address, read through @caller. */
long lodge_time_vcpu_op(struct lodge_vcpu *caller, struct lodge_vcpu *v, u32 op, u64 arg);

#endif
