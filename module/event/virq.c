// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual interrupts: VIRQ_* of a vcpu, or of the domain as a whole.
 *
 * table->virq maps (vcpu, VIRQ) to the port it is bound to; a global VIRQ
 * lives with vcpu 0 and its port may be moved to any vcpu.
 */

#include "domain/domain.h"
#include "event/port.h"

bool lodge_virq_is_global(u32 virq)
{
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	default:
		return true;
	}
}

long lodge_virq_bind(struct lodge_domain *d, struct evtchn_bind_virq *op)
{
	struct lodge_event_table *t = &d->event;
	u32 virq, vcpu, port;
	struct lodge_port *p;
	unsigned long flags;
	int ret;

	if (op->virq >= NR_VIRQS)
		return -EINVAL;
	virq = array_index_nospec(op->virq, NR_VIRQS);
	if (lodge_virq_is_global(virq) && op->vcpu != 0)
		return -EINVAL;
	if (op->vcpu >= d->max_vcpus)
		return -ENOENT;
	vcpu = array_index_nospec(op->vcpu, LODGE_MAX_VCPUS);

	/* room is made first, but a VIRQ that is bound already must say so even if there is none */
	ret = lodge_port_reserve(d);

	spin_lock_irqsave(&t->lock, flags);
	if (t->virq[vcpu][virq]) {
		ret = -EEXIST;
		goto unlock;
	}
	if (ret)
		goto unlock;
	p = lodge_port_alloc(d, &port);
	if (!p) {
		ret = -ENOSPC;
		goto unlock;
	}
	p->state = LODGE_PORT_VIRQ;
	p->vcpu = vcpu;
	p->virq = virq;
	t->virq[vcpu][virq] = port;
	op->port = port;
unlock:
	spin_unlock_irqrestore(&t->lock, flags);
	return ret;
}

void lodge_event_raise_virq(struct lodge_vcpu *v, u32 virq)
{
	struct lodge_domain *d = v->domain;
	struct lodge_event_table *t = &d->event;
	struct lodge_port *p;
	unsigned long flags;
	u32 port;

	if (WARN_ON_ONCE(virq >= NR_VIRQS))
		return;
	spin_lock_irqsave(&t->lock, flags);
	port = t->virq[lodge_virq_is_global(virq) ? 0 : v->id][virq];
	p = port ? lodge_port_get(t, port) : NULL;
	if (p)
		lodge_2l_raise(d, port, p->vcpu);
	spin_unlock_irqrestore(&t->lock, flags);
}
