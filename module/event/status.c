// SPDX-License-Identifier: GPL-2.0-only
/*
 * EVTCHNOP_status and EVTCHNOP_reset: what the guest may ask about its ports as
 * a whole.
 */

#include "domain/domain.h"
#include "event/port.h"
#include "hypercall/hypercall.h"

int lodge_channel_target(const struct lodge_domain *d, domid_t dom)
{
	struct lodge_domain *other;

	if (dom == DOMID_SELF || dom == d->domid)
		return 0;
	if (dom == 0)
		return -EPERM;
	other = lodge_domain_find(dom);
	if (!other)
		return -ESRCH;
	lodge_domain_put(other);
	return -EPERM;
}

static void fill_status(const struct lodge_domain *d, const struct lodge_port *p,
			struct evtchn_status *op)
{
	op->vcpu = p->vcpu;
	switch (p->state) {
	case LODGE_PORT_UNBOUND:
		op->status = EVTCHNSTAT_unbound;
		op->u.unbound.dom = p->remote_domid;
		break;
	case LODGE_PORT_INTERDOMAIN:
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = p->remote.domain->domid;
		op->u.interdomain.port = p->remote.port;
		break;
	case LODGE_PORT_HOST:
		/* domain 0's number of it means nothing to anybody */
		op->status = EVTCHNSTAT_interdomain;
		op->u.interdomain.dom = 0;
		op->u.interdomain.port = op->port;
		break;
	case LODGE_PORT_VIRQ:
		op->status = EVTCHNSTAT_virq;
		op->u.virq = p->virq;
		break;
	case LODGE_PORT_IPI:
		op->status = EVTCHNSTAT_ipi;
		break;
	default:
		op->status = EVTCHNSTAT_closed;
		break;
	}
}

long lodge_channel_status(struct lodge_domain *d, struct evtchn_status *op)
{
	struct lodge_port *p;
	unsigned long flags;
	int ret;

	ret = lodge_channel_target(d, op->dom);
	if (ret)
		return ret;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, op->port);
	if (p)
		fill_status(d, p, op);
	spin_unlock_irqrestore(&d->event.lock, flags);
	return p ? 0 : -EINVAL;
}

/* Closing what is closed already is harmless, so an interrupted reset simply starts again. */
long lodge_channel_reset(struct lodge_vcpu *v, domid_t dom)
{
	struct lodge_domain *d = v->domain;
	u32 port, closed = 0;
	int ret;

	ret = lodge_channel_target(d, dom);
	if (ret)
		return ret;
	for (port = 1; port < LODGE_NR_PORTS; port++) {
		if (lodge_port_close(d, port))
			continue;
		/* ask only after some progress, so that starting again ends */
		if (++closed % LODGE_PORTS_PER_BUCKET == 0 && lodge_hc_preempt(v))
			return LODGE_HC_AGAIN;
	}
	return 0;
}
