// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two timers of a vcpu; both end in VIRQ_TIMER.
 *
 * The single-shot timer runs whether or not the vcpu does.  The periodic one is
 * the old ticker: it stands still while the vcpu does not execute, and one tick
 * makes up for all it missed.  Every vcpu starts with a ticker of 100 Hz, as
 * on Xen; guests that do not want it stop it.
 *
 * Handlers run in hard interrupts.
 */

#include <linux/hrtimer.h>

#include "domain/domain.h"
#include "time/clock.h"

#define DEFAULT_PERIOD_NS	(10 * NSEC_PER_MSEC)

static enum hrtimer_restart singleshot_expired(struct hrtimer *timer)
{
	struct lodge_vcpu *v = container_of(timer, struct lodge_vcpu, time.singleshot);

	/* the host's clock may run a little fast against the guest's */
	if (lodge_time_now(v->domain) < v->time.deadline) {
		hrtimer_set_expires(timer, lodge_time_to_ktime(v->domain, v->time.deadline));
		return HRTIMER_RESTART;
	}
	lodge_event_raise_virq(v, VIRQ_TIMER);
	return HRTIMER_NORESTART;
}

void lodge_timer_set(struct lodge_vcpu *v, u64 deadline)
{
	/* the handler reads the deadline and moves the expiry: have it out of the way */
	hrtimer_cancel(&v->time.singleshot);
	if (lodge_time_now(v->domain) >= deadline) {
		lodge_event_raise_virq(v, VIRQ_TIMER);
		return;
	}
	v->time.deadline = deadline;
	hrtimer_start(&v->time.singleshot, lodge_time_to_ktime(v->domain, deadline),
		      HRTIMER_MODE_ABS);
}

void lodge_timer_stop(struct lodge_vcpu *v)
{
	hrtimer_cancel(&v->time.singleshot);
}

/*
 * Time for a tick?  If the ticker goes on, *next is when it is due after this.
 * Under the lock.
 */
static bool tick_due(struct lodge_vcpu *v, u64 *next)
{
	struct lodge_vcpu_time *time = &v->time;
	u64 now = lodge_time_now(v->domain);
	bool due = now >= time->period_next;

	lockdep_assert_held(&v->time.lock);
	if (due)
		time->period_next = now + time->period_ns;
	*next = time->period_next;
	return due;
}

/*
 * Both this and lodge_timer_run() put the timer in its queue by hrtimer_start(),
 * which is safe against each other; an expiry changed by hand would not be.
 */
static enum hrtimer_restart periodic_expired(struct hrtimer *timer)
{
	struct lodge_vcpu *v = container_of(timer, struct lodge_vcpu, time.periodic);
	bool due = false, on;
	unsigned long flags;
	u64 next;

	raw_spin_lock_irqsave(&v->time.lock, flags);
	on = v->time.period_ns && v->time.runstate.state == RUNSTATE_running;
	if (on)
		due = tick_due(v, &next);
	raw_spin_unlock_irqrestore(&v->time.lock, flags);
	if (due)
		lodge_event_raise_virq(v, VIRQ_TIMER);
	if (on)
		hrtimer_start(timer, lodge_time_to_ktime(v->domain, next), HRTIMER_MODE_ABS);
	return HRTIMER_NORESTART;
}

void lodge_timer_run(struct lodge_vcpu *v)
{
	unsigned long flags;
	bool due;
	u64 next;

	if (!READ_ONCE(v->time.period_ns))
		return;
	raw_spin_lock_irqsave(&v->time.lock, flags);
	due = tick_due(v, &next);
	raw_spin_unlock_irqrestore(&v->time.lock, flags);
	if (due)
		lodge_event_raise_virq(v, VIRQ_TIMER);
	hrtimer_start(&v->time.periodic, lodge_time_to_ktime(v->domain, next), HRTIMER_MODE_ABS);
}

/* If the handler is running just now it sees that the vcpu is not, or ticks once more. */
void lodge_timer_halt(struct lodge_vcpu *v)
{
	if (READ_ONCE(v->time.period_ns))
		hrtimer_try_to_cancel(&v->time.periodic);
}

void lodge_timer_set_periodic(struct lodge_vcpu *v, u64 period_ns)
{
	unsigned long flags;
	bool running;

	hrtimer_cancel(&v->time.periodic);
	raw_spin_lock_irqsave(&v->time.lock, flags);
	WRITE_ONCE(v->time.period_ns, period_ns);
	v->time.period_next = lodge_time_now(v->domain) + period_ns;
	running = v->time.runstate.state == RUNSTATE_running;
	raw_spin_unlock_irqrestore(&v->time.lock, flags);
	if (period_ns && running)
		hrtimer_start(&v->time.periodic,
			      lodge_time_to_ktime(v->domain, v->time.period_next),
			      HRTIMER_MODE_ABS);
}

void lodge_timer_create(struct lodge_vcpu *v)
{
	hrtimer_init(&v->time.singleshot, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
	v->time.singleshot.function = singleshot_expired;
	hrtimer_init(&v->time.periodic, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
	v->time.periodic.function = periodic_expired;
	v->time.period_ns = DEFAULT_PERIOD_NS;
	v->time.period_next = lodge_time_now(v->domain) + DEFAULT_PERIOD_NS;
}

void lodge_timer_destroy(struct lodge_vcpu *v)
{
	WRITE_ONCE(v->time.period_ns, 0);
	hrtimer_cancel(&v->time.singleshot);
	hrtimer_cancel(&v->time.periodic);
}
