/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to time/: one clock of the host, and the pvclock tuples made from it.
 */
#ifndef LODGE_TIME_CLOCK_H
#define LODGE_TIME_CLOCK_H

#include <linux/types.h>

struct lodge_clock;
struct lodge_guest_area;
struct lodge_vcpu;
struct vcpu_runstate_info;

/* What the guest needs to compute system time: system_ns + scaled(TSC - tsc). */
struct lodge_tuple {
	u64 tsc;
	u64 system_ns;
	u32 mul;
	s8 shift;
	bool stable;	/* the same on all CPUs for as long as the generation lasts */
};

/* time/host_clock.c */

/* Host clock now: ns, continuous and monotonic over changes of the host's clocksource. */
u64 lodge_host_clock(void);
/* Changes with everything that makes published tuples or wall clocks out of date; never 0. */
u64 lodge_host_clock_generation(void);
/* The same for the wall clock alone. */
u64 lodge_host_wall_generation(void);
/* Do published tuples hold on all CPUs? */
bool lodge_host_clock_stable(void);
/* System time starts now. */
void lodge_host_clock_start(struct lodge_clock *clock);
/* A tuple for a domain's clock, good on this CPU. Preemption off. */
void lodge_host_clock_tuple(const struct lodge_clock *clock, struct lodge_tuple *tuple);

/* time/area.c */

/**
 * lodge_area_pin - find the memory of a guest area
 * @caller: whose tables translate; own thread
 * @va: where, 0 for nowhere
 * @size: bytes, at most a page
 * @area: filled in
 *
 * An address that is not mapped is accepted, as Xen does, and never written.
 * Context: process, may sleep.
 * Return: 0, -EFAULT (not an address a guest may use).
 */
int lodge_area_pin(struct lodge_vcpu *caller, u64 va, size_t size, struct lodge_guest_area *area);
void lodge_area_unpin(struct lodge_guest_area *area);
/* Any context; the caller keeps the area from being unpinned. */
void lodge_area_write(const struct lodge_guest_area *area, size_t at, const void *src, size_t len);

/* time/publish.c: the secondary time area has changed. */
void lodge_time_area_changed(struct lodge_vcpu *v);

/* time/runstate.c */
void lodge_runstate_get(struct lodge_vcpu *v, struct vcpu_runstate_info *info);
void lodge_runstate_create(struct lodge_vcpu *v);
/* Replace the area and write the new one for the first time; @area receives the old one. */
void lodge_runstate_set_area(struct lodge_vcpu *v, struct lodge_guest_area *area);

/* time/timer.c */
void lodge_timer_create(struct lodge_vcpu *v);
void lodge_timer_destroy(struct lodge_vcpu *v);
/* Own thread.  0 for @deadline is a time like any other, and past. */
void lodge_timer_set(struct lodge_vcpu *v, u64 deadline);
void lodge_timer_stop(struct lodge_vcpu *v);
void lodge_timer_set_periodic(struct lodge_vcpu *v, u64 period_ns);	/* 0: none */
/* The vcpu begins or ends to execute.  Does not sleep. */
void lodge_timer_run(struct lodge_vcpu *v);
void lodge_timer_halt(struct lodge_vcpu *v);

#endif
