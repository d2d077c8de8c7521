// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the guest reads its clocks from: pvclock in vcpu_info and in the
 * secondary area, the wall clock in shared_info (ABI 5.1, 5.2, 5.6).
 *
 * Readers retry while a version is odd or has changed.  The versions are
 * counted here and not read back, since the guest can write there.
 */

#include <linux/ktime.h>
#include <asm/msr.h>
#include <asm/pvclock-abi.h>
#include <asm/tsc.h>

#include "domain/domain.h"
#include "time/clock.h"

/* Without a stable TSC: extrapolate for at most this long. */
#define MAX_AGE_MS	100

u64 lodge_time_now(const struct lodge_domain *d)
{
	return lodge_host_clock() - d->clock.base_ns;
}

ktime_t lodge_time_to_ktime(const struct lodge_domain *d, u64 system_ns)
{
	s64 delta = system_ns - lodge_time_now(d);

	if (delta < 0)
		delta = 0;
	return ktime_add_safe(ktime_get_boottime(), ns_to_ktime(delta));
}

static void publish_wall(struct lodge_domain *d)
{
	struct shared_info *shared = d->shared_info;
	struct lodge_clock *clock = &d->clock;
	u64 generation, start, sec;
	unsigned long flags;
	u32 nsec;

	raw_spin_lock_irqsave(&clock->wall_lock, flags);
	generation = lodge_host_wall_generation();
	if (clock->wall_generation == generation)
		goto unlock;
	clock->wall_generation = generation;

	/* wall time at system time 0 */
	start = ktime_get_real_ns() - lodge_time_now(d);
	sec = div_u64_rem(start, NSEC_PER_SEC, &nsec);

	WRITE_ONCE(shared->wc.version, ++clock->wall_version);
	smp_wmb();	/* odd before any of the rest */
	WRITE_ONCE(shared->wc.sec, (u32)sec);
	WRITE_ONCE(shared->wc.nsec, nsec);
	WRITE_ONCE(shared->wc_sec_hi, (u32)(sec >> 32));
	smp_wmb();	/* all of it before even */
	WRITE_ONCE(shared->wc.version, ++clock->wall_version);
unlock:
	raw_spin_unlock_irqrestore(&clock->wall_lock, flags);
}

static void write_version(struct lodge_vcpu *v)
{
	u32 version = ++v->time.pvclock_version;

	WRITE_ONCE(READ_ONCE(v->info)->time.version, version);
	lodge_area_write(&v->time.time_area, offsetof(struct pvclock_vcpu_time_info, version),
			 &version, sizeof(version));
}

/* Under the lock. */
static void write_times(struct lodge_vcpu *v, const struct pvclock_vcpu_time_info *image)
{
	lockdep_assert_held(&v->time.lock);
	/* all that follows the version and its padding */
	const size_t at = offsetof(struct pvclock_vcpu_time_info, tsc_timestamp);

	write_version(v);
	smp_wmb();	/* odd before any of the rest */
	memcpy((void *)&READ_ONCE(v->info)->time + at, (void *)image + at, sizeof(*image) - at);
	lodge_area_write(&v->time.time_area, at, (void *)image + at, sizeof(*image) - at);
	smp_wmb();	/* all of it before even */
	write_version(v);
}

/* Preemption off or not: the tuple must be of the CPU that is noted with it. */
static void publish_time(struct lodge_vcpu *v)
{
	struct pvclock_vcpu_time_info image = {};
	struct lodge_vcpu_time *time = &v->time;
	struct lodge_tuple tuple;
	unsigned long flags;

	raw_spin_lock_irqsave(&time->lock, flags);
	time->pvclock_generation = lodge_host_clock_generation();
	smp_rmb();	/* an older generation with a newer tuple only repeats this */
	lodge_host_clock_tuple(&v->domain->clock, &tuple);
	time->pvclock_tsc = tuple.tsc;
	time->pvclock_cpu = raw_smp_processor_id();

	image.tsc_timestamp = tuple.tsc;
	image.system_time = tuple.system_ns;
	image.tsc_to_system_mul = tuple.mul;
	image.tsc_shift = tuple.shift;
	image.flags = tuple.stable ? PVCLOCK_TSC_STABLE_BIT : 0;
	write_times(v, &image);
	raw_spin_unlock_irqrestore(&time->lock, flags);
}

static bool up_to_date(const struct lodge_vcpu *v)
{
	const struct lodge_vcpu_time *time = &v->time;

	if (time->pvclock_generation != lodge_host_clock_generation())
		return false;
	if (lodge_host_clock_stable())
		return true;
	return time->pvclock_cpu == raw_smp_processor_id() &&
	       rdtsc() - time->pvclock_tsc < (u64)tsc_khz * MAX_AGE_MS;
}

void lodge_time_publish(struct lodge_vcpu *v, bool force)
{
	if (likely(!force && up_to_date(v)))
		return;
	publish_time(v);
	publish_wall(v->domain);
}

void lodge_time_area_changed(struct lodge_vcpu *v)
{
	publish_time(v);
}

int lodge_time_create(struct lodge_domain *d)
{
	raw_spin_lock_init(&d->clock.wall_lock);
	lodge_host_clock_start(&d->clock);
	publish_wall(d);
	lodge_watchdog_create(d);
	return 0;
}

void lodge_time_destroy(struct lodge_domain *d)
{
	/* the clock itself goes on for whoever still looks at it */
	lodge_watchdog_destroy(d);
}

void lodge_time_vcpu_create(struct lodge_vcpu *v)
{
	raw_spin_lock_init(&v->time.lock);
	lodge_runstate_create(v);
	lodge_timer_create(v);
	/* ABI 5.1: valid before the guest maps shared_info */
	publish_time(v);
}

void lodge_time_vcpu_destroy(struct lodge_vcpu *v)
{
	struct lodge_guest_area area[2];
	unsigned long flags;

	lodge_timer_destroy(v);
	raw_spin_lock_irqsave(&v->time.lock, flags);
	area[0] = v->time.runstate_area;
	area[1] = v->time.time_area;
	memset(&v->time.runstate_area, 0, sizeof(v->time.runstate_area));
	memset(&v->time.time_area, 0, sizeof(v->time.time_area));
	raw_spin_unlock_irqrestore(&v->time.lock, flags);
	lodge_area_unpin(&area[0]);
	lodge_area_unpin(&area[1]);
}
