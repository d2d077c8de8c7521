// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping all vcpus of a domain for a while.
 *
 * The pauser writes pause_count and then reads running; the run loop writes
 * running and then reads pause_count, each with a full barrier between: at
 * least one of them sees the other.
 */
#include <linux/wait.h>

#include "domain/domain.h"

void lodge_vcpu_running(struct lodge_vcpu *v, bool running)
{
	struct lodge_domain *d = v->domain;

	if (running) {
		WRITE_ONCE(v->running, true);
		/* partner: any_running() */
		smp_mb();
		lodge_vcpu_load_fpu(v);
		return;
	}
	/* what it did as it ran comes first for whoever sees it stopped; partner: any_running() */
	smp_store_release(&v->running, false);
	if (wq_has_sleeper(&d->wait))
		wake_up_all(&d->wait);
}

static bool any_running(struct lodge_domain *d)
{
	u32 i;

	/* partner: lodge_vcpu_running() */
	smp_mb();
	for (i = 0; i < d->max_vcpus; i++)
		/* partner: the same */
		if (smp_load_acquire(&d->vcpu[i]->running))
			return true;
	return false;
}

void lodge_domain_wait_stopped(struct lodge_domain *d)
{
	wait_event(d->wait, !any_running(d));
}

void lodge_domain_kick(struct lodge_domain *d)
{
	u32 i;

	for (i = 0; i < d->max_vcpus; i++)
		lodge_vcpu_kick(d->vcpu[i]);
}

static void add_pause(struct lodge_domain *d, int n)
{
	lockdep_assert_held(&d->lock);
	WRITE_ONCE(d->pause_count, d->pause_count + n);
}

void lodge_domain_pause(struct lodge_domain *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->lock, flags);
	add_pause(d, 1);
	spin_unlock_irqrestore(&d->lock, flags);

	lodge_domain_kick(d);
	lodge_domain_wait_stopped(d);
}

void lodge_domain_unpause(struct lodge_domain *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->lock, flags);
	if (!WARN_ON_ONCE(!d->pause_count))
		add_pause(d, -1);
	spin_unlock_irqrestore(&d->lock, flags);

	lodge_domain_kick(d);
}

int lodge_domain_user_pause(struct lodge_domain *d, bool pause)
{
	bool changed = false;
	unsigned long flags;
	int err = 0;

	mutex_lock(&d->life);
	spin_lock_irqsave(&d->lock, flags);
	if (!pause && d->state == LODGE_DOMAIN_EMPTY) {
		err = -ENOEXEC;
	} else if (d->user_paused != pause) {
		d->user_paused = pause;
		add_pause(d, pause ? 1 : -1);
		changed = true;
	}
	spin_unlock_irqrestore(&d->lock, flags);

	if (!err && !d->dying) {
		lodge_domain_kick(d);
		if (pause)
			lodge_domain_wait_stopped(d);
		if (changed)
			lodge_event_send(d, pause ? LODGE_EVENT_PAUSED : LODGE_EVENT_UNPAUSED);
	}
	mutex_unlock(&d->life);
	return err;
}
