// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCHEDOP_watchdog: timers that end a domain whose guest does not set them
 * again in time.
 */
#include <linux/types.h>
#include <linux/jiffies.h>
#include <linux/nospec.h>

#include <xen/interface/xen.h>
#include <xen/interface/sched.h>

#include "domain/domain.h"
#include "mm/access.h"

static void expired(struct work_struct *work)
{
	struct lodge_watchdog *w = container_of(to_delayed_work(work), struct lodge_watchdog, work);
	struct lodge_domain *d = w->domain;

	mutex_lock(&d->clock.watchdog_lock);
	if (w->timeout && READ_ONCE(d->pause_count))
		/* a guest that is paused cannot set it */
		schedule_delayed_work(&w->work, w->timeout * HZ);
	else if (w->timeout)
		lodge_domain_shutdown(d, SHUTDOWN_watchdog);
	mutex_unlock(&d->clock.watchdog_lock);
}

/* Number 0 asks for a new one, and its number is the result; timeout 0 gives one back. */
static long set(struct lodge_clock *c, u32 id, u32 timeout)
{
	struct lodge_watchdog *w;

	if (id > LODGE_WATCHDOGS)
		return -EINVAL;
	if (!id) {
		if (!timeout)
			return -EINVAL;
		while (id < LODGE_WATCHDOGS && c->watchdog[id].timeout)
			id++;
		if (id == LODGE_WATCHDOGS)
			return -ENOSPC;
		w = &c->watchdog[id];
		w->timeout = timeout;
		mod_delayed_work(system_wq, &w->work, w->timeout * HZ);
		return id + 1;
	}
	w = &c->watchdog[array_index_nospec(id - 1, LODGE_WATCHDOGS)];
	if (!w->timeout)
		return -EINVAL;
	w->timeout = timeout;
	if (timeout)
		mod_delayed_work(system_wq, &w->work, w->timeout * HZ);
	else
		cancel_delayed_work(&w->work);
	return 0;
}

long lodge_watchdog_op(struct lodge_vcpu *v, u64 arg)
{
	struct lodge_clock *c = &v->domain->clock;
	struct sched_watchdog op;
	long ret;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	mutex_lock(&c->watchdog_lock);
	ret = set(c, op.id, op.timeout);
	mutex_unlock(&c->watchdog_lock);
	return ret;
}

void lodge_watchdog_create(struct lodge_domain *d)
{
	unsigned int i;

	mutex_init(&d->clock.watchdog_lock);
	for (i = 0; i < LODGE_WATCHDOGS; i++) {
		d->clock.watchdog[i].domain = d;
		INIT_DELAYED_WORK(&d->clock.watchdog[i].work, expired);
	}
}

void lodge_watchdog_destroy(struct lodge_domain *d)
{
	unsigned int i;

	for (i = 0; i < LODGE_WATCHDOGS; i++)
		cancel_delayed_work_sync(&d->clock.watchdog[i].work);
}
