// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports whose other end is a backend in this module.
 *
 * To the guest they are bound to domain 0.  What the backend is told runs in an
 * RCU read-side section, so that unbinding can wait for the last call.
 */

#include <linux/rcupdate.h>

#include "domain/domain.h"
#include "event/port.h"

int lodge_event_bind_host(struct lodge_domain *d, lodge_port_notify notify, void *data)
{
	struct lodge_port *p;
	unsigned long flags;
	u32 port;
	int ret;

	ret = lodge_port_reserve(d);
	if (ret)
		return ret;
	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_alloc(d, &port);
	if (p) {
		p->state = LODGE_PORT_HOST;
		p->host.notify = notify;
		p->host.data = data;
	}
	spin_unlock_irqrestore(&d->event.lock, flags);
	return p ? port : -ENOSPC;
}

int lodge_event_bind_offered(struct lodge_domain *d, u32 port, lodge_port_notify notify,
			     void *data)
{
	struct lodge_port *p;
	unsigned long flags;
	int ret = -EINVAL;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	if (p && p->state == LODGE_PORT_UNBOUND && p->remote_domid == 0) {
		p->state = LODGE_PORT_HOST;
		p->host.notify = notify;
		p->host.data = data;
		lodge_2l_raise(d, port, p->vcpu);
		ret = 0;
	}
	spin_unlock_irqrestore(&d->event.lock, flags);
	return ret;
}

void lodge_event_unbind_host(struct lodge_domain *d, u32 port)
{
	struct lodge_port *p;
	unsigned long flags;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	if (p && p->state == LODGE_PORT_HOST) {
		p->state = LODGE_PORT_UNBOUND;
		p->remote_domid = 0;
	} else if (p && p->state == LODGE_PORT_ABANDONED) {
		lodge_port_free(d, port, p);
	}
	spin_unlock_irqrestore(&d->event.lock, flags);

	/* pairs with the read side of lodge_host_port_notify() */
	synchronize_rcu();
}

void lodge_host_port_notify(struct lodge_vcpu *v, u32 port)
{
	struct lodge_domain *d = v->domain;
	lodge_port_notify notify = NULL;
	struct lodge_port *p;
	unsigned long flags;
	void *data = NULL;

	rcu_read_lock();
	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	if (p && p->state == LODGE_PORT_HOST) {
		notify = p->host.notify;
		data = p->host.data;
	}
	spin_unlock_irqrestore(&d->event.lock, flags);
	if (notify)
		notify(v, data);
	rcu_read_unlock();
}

struct lodge_vcpu *lodge_event_target(struct lodge_domain *d, u32 port)
{
	struct lodge_vcpu *v = NULL;
	struct lodge_port *p;
	unsigned long flags;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	if (p && p->state == LODGE_PORT_HOST)
		v = d->vcpu[p->vcpu];
	spin_unlock_irqrestore(&d->event.lock, flags);
	return v;
}

void lodge_event_raise(struct lodge_domain *d, u32 port)
{
	struct lodge_port *p;
	unsigned long flags;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	if (p && p->state == LODGE_PORT_HOST)
		lodge_2l_raise(d, port, p->vcpu);
	spin_unlock_irqrestore(&d->event.lock, flags);
}
