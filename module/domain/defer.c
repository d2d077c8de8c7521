// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work for the thread of a vcpu.
 */
#include <linux/wait.h>

#include "domain/domain.h"

void lodge_defer_init(struct lodge_vcpu *v)
{
	spin_lock_init(&v->deferred.lock);
	INIT_LIST_HEAD(&v->deferred.list);
}

void lodge_defer_own(struct lodge_vcpu *v, struct lodge_defer *defer)
{
	unsigned long flags;

	spin_lock_irqsave(&v->deferred.lock, flags);
	list_add_tail(&defer->link, &v->deferred.list);
	spin_unlock_irqrestore(&v->deferred.lock, flags);
}

bool lodge_defer_sleeping(struct lodge_vcpu *v, struct lodge_defer *defer)
{
	unsigned long flags;
	bool sleeping;

	spin_lock_irqsave(&v->deferred.lock, flags);
	sleeping = v->deferred.sleeping;
	if (sleeping)
		list_add_tail(&defer->link, &v->deferred.list);
	spin_unlock_irqrestore(&v->deferred.lock, flags);
	if (!sleeping)
		return false;
	/* it may be awake by now, and then looks at the list; partner: prepare_to_wait() */
	if (wq_has_sleeper(&v->wait))
		wake_up(&v->wait);
	return true;
}

void lodge_defer_sleep(struct lodge_vcpu *v)
{
	spin_lock_irq(&v->deferred.lock);
	v->deferred.sleeping = true;
	spin_unlock_irq(&v->deferred.lock);
}

void lodge_defer_run(struct lodge_vcpu *v, bool awake)
{
	struct lodge_defer *defer;

	spin_lock_irq(&v->deferred.lock);
	if (awake)
		v->deferred.sleeping = false;
	while (!list_empty(&v->deferred.list)) {
		defer = list_first_entry(&v->deferred.list, struct lodge_defer, link);
		list_del(&defer->link);
		spin_unlock_irq(&v->deferred.lock);
		defer->fn(defer);
		spin_lock_irq(&v->deferred.lock);
	}
	spin_unlock_irq(&v->deferred.lock);
}
