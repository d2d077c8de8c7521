// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's clock as lodge sees it.
 *
 * While the host's own clocksource is the TSC, this clock is the TSC, scaled by
 * the very numbers that guests are given: so what a guest computes and what a
 * deadline in a hypercall is compared with are one and the same, and the tuple
 * needs no renewal.  It does not follow NTP's adjustments of the host; how far
 * the boot-time clock has gone away from it is noted at every tick of the
 * timekeeper, so that when the base must change (the clocksource changed, its
 * frequency was refined, the host slept) the clock carries on where it was.
 *
 * While the host has another clocksource, this clock is the boot-time clock
 * plus that distance, and tuples hold for one CPU and a short time.
 *
 * Written only by the timekeeper's notifier, which runs under the timekeeper's
 * own lock with interrupts off, and must not read the kernel's clocks.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/clocksource.h>
#include <linux/pvclock_gtod.h>
#include <linux/seqlock.h>
#include <linux/timekeeper_internal.h>
#include <linux/timekeeping.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "time/clock.h"
#include "time/scale.h"
#include "time/time.h"

/* A wall clock that is this far off is published again. */
#define WALL_TOLERANCE_NS	(10 * NSEC_PER_MSEC)

static struct {
	seqcount_t seq;			/* covers the base: all down to @drift */
	bool tsc;			/* it runs on the TSC */
	u32 mul;
	s8 shift;
	u64 tsc_base;
	u64 ns_base;			/* clock at @tsc_base */
	u64 base_generation;
	s64 drift;			/* clock minus CLOCK_BOOTTIME */

	u64 generation;			/* written last, read alone */
	u64 wall_generation;

	/* the notifier's own: what it last saw */
	const struct clocksource *source;
	u32 khz;
	u64 cycle_last;
	ktime_t offs_boot;
	s64 wall_drift;
} host = {
	.seq = SEQCNT_ZERO(host.seq),
};

static u64 clock_at(u64 tsc)
{
	s64 delta = tsc - host.tsc_base;

	/* another CPU's base may be some ticks ahead of what this one reads */
	return host.ns_base + lodge_scale_ticks(delta > 0 ? delta : 0, host.mul, host.shift);
}

u64 lodge_host_clock(void)
{
	unsigned int seq;
	u64 ns;

	do {
		seq = read_seqcount_begin(&host.seq);
		if (host.tsc)
			ns = clock_at(rdtsc_ordered());
		else
			ns = ktime_get_boottime_ns() + host.drift;
	} while (read_seqcount_retry(&host.seq, seq));
	return ns;
}

u64 lodge_host_clock_generation(void)
{
	return READ_ONCE(host.generation);
}

u64 lodge_host_wall_generation(void)
{
	return READ_ONCE(host.wall_generation);
}

bool lodge_host_clock_stable(void)
{
	return READ_ONCE(host.tsc);
}

void lodge_host_clock_start(struct lodge_clock *clock)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&host.seq);
		clock->base_tsc = rdtsc_ordered();
		clock->base_generation = host.base_generation;
		if (host.tsc)
			clock->base_ns = clock_at(clock->base_tsc);
		else
			clock->base_ns = ktime_get_boottime_ns() + host.drift;
	} while (read_seqcount_retry(&host.seq, seq));
}

void lodge_host_clock_tuple(const struct lodge_clock *clock, struct lodge_tuple *tuple)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&host.seq);
		tuple->mul = host.mul;
		tuple->shift = host.shift;
		tuple->stable = host.tsc;
		if (!host.tsc) {
			u64 before = rdtsc_ordered();

			tuple->system_ns = ktime_get_boottime_ns() + host.drift - clock->base_ns;
			tuple->tsc = before + (rdtsc_ordered() - before) / 2;
		} else if (clock->base_generation == host.base_generation) {
			/* the host's base is older than the domain: start at its own */
			tuple->tsc = clock->base_tsc;
			tuple->system_ns = 0;
		} else {
			tuple->tsc = host.tsc_base;
			tuple->system_ns = host.ns_base - clock->base_ns;
		}
	} while (read_seqcount_retry(&host.seq, seq));
}

/* Boot-time clock at the timekeeper's last update, that is at cycle_last. */
static u64 boot_ns(const struct timekeeper *tk)
{
	return ktime_to_ns(ktime_add(tk->tkr_mono.base, tk->offs_boot)) +
	       (tk->tkr_mono.xtime_nsec >> tk->tkr_mono.shift);
}

static bool base_changed(const struct timekeeper *tk, bool tsc)
{
	return host.tsc != tsc || host.source != tk->tkr_mono.clock || host.khz != tsc_khz ||
	       host.offs_boot != tk->offs_boot || tk->tkr_mono.cycle_last < host.cycle_last;
}

static void set_base(const struct timekeeper *tk, bool tsc)
{
	write_seqcount_begin(&host.seq);
	host.tsc = tsc;
	host.khz = tsc_khz;
	lodge_scale_from_khz(host.khz, &host.mul, &host.shift);
	host.tsc_base = tk->tkr_mono.cycle_last;
	host.ns_base = boot_ns(tk) + host.drift;
	host.base_generation++;
	write_seqcount_end(&host.seq);
	host.source = tk->tkr_mono.clock;
	host.offs_boot = tk->offs_boot;
}

static int timekeeper_updated(struct notifier_block *nb, unsigned long was_set, void *priv)
{
	const struct timekeeper *tk = priv;
	bool tsc = tk->tkr_mono.clock->vdso_clock_mode == VDSO_CLOCKMODE_TSC;
	bool changed = base_changed(tk, tsc);

	if (changed)
		set_base(tk, tsc);
	else if (tsc)
		/* not under seq: nobody reads it while the clock runs on the TSC */
		WRITE_ONCE(host.drift, clock_at(tk->tkr_mono.cycle_last) - boot_ns(tk));
	host.cycle_last = tk->tkr_mono.cycle_last;

	if (was_set || abs(host.drift - host.wall_drift) > WALL_TOLERANCE_NS) {
		host.wall_drift = host.drift;
		WRITE_ONCE(host.wall_generation, host.wall_generation + 1);
		changed = true;
	}
	if (changed)
		/* after what it stands for; partner: publish_time() */
		smp_store_release(&host.generation, host.generation + 1);
	return NOTIFY_OK;
}

static struct notifier_block timekeeper_nb = {
	.notifier_call = timekeeper_updated,
};

int lodge_time_init(void)
{
	if (!tsc_khz) {
		pr_err("the host has not calibrated its TSC\n");
		return -ENODEV;
	}
	/* calls it once, before it returns */
	return pvclock_gtod_register_notifier(&timekeeper_nb);
}

void lodge_time_exit(void)
{
	pvclock_gtod_unregister_notifier(&timekeeper_nb);
}
