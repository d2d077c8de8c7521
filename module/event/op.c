// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_channel_op and its old form: arguments in, one operation, results out.
 *
 * The FIFO operations (11-13) are -ENOSYS, at which guests use the 2-level ABI.
 * Errnos are those of Xen 4.17 (X: common/event_channel.c).
 */

#include "domain/domain.h"
#include "event/port.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"

/* What Xen gives a small domain: below this a physical interrupt exists, but is not its own. */
#define NR_PIRQS	56

union port_op {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
};

static long unmask(struct lodge_domain *d, u32 port)
{
	struct lodge_port *p;
	unsigned long flags;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	if (p && p->state != LODGE_PORT_FREE && p->state != LODGE_PORT_RESERVED)
		lodge_2l_unmask(d, port, p->vcpu);
	spin_unlock_irqrestore(&d->event.lock, flags);
	return p ? 0 : -EINVAL;
}

/* Bytes of the argument of an operation; 0: no such operation. */
static size_t op_size(u32 cmd)
{
	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		return sizeof(struct evtchn_alloc_unbound);
	case EVTCHNOP_bind_interdomain:
		return sizeof(struct evtchn_bind_interdomain);
	case EVTCHNOP_bind_virq:
		return sizeof(struct evtchn_bind_virq);
	case EVTCHNOP_bind_pirq:
		return sizeof(struct evtchn_bind_pirq);
	case EVTCHNOP_bind_ipi:
		return sizeof(struct evtchn_bind_ipi);
	case EVTCHNOP_close:
		return sizeof(struct evtchn_close);
	case EVTCHNOP_send:
		return sizeof(struct evtchn_send);
	case EVTCHNOP_status:
		return sizeof(struct evtchn_status);
	case EVTCHNOP_bind_vcpu:
		return sizeof(struct evtchn_bind_vcpu);
	case EVTCHNOP_unmask:
		return sizeof(struct evtchn_unmask);
	case EVTCHNOP_reset:
		return sizeof(struct evtchn_reset);
	default:
		return 0;
	}
}

/*
 * Do it.  *made is the port that did not exist before, 0 if none: to be closed
 * again if the guest cannot be told its number.  *out: the argument has changed.
 */
static long do_op(struct lodge_vcpu *v, u32 cmd, union port_op *op, u32 *made, bool *out)
{
	struct lodge_domain *d = v->domain;
	long ret;

	*made = 0;
	*out = false;
	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		ret = lodge_channel_alloc_unbound(d, &op->alloc_unbound);
		*made = op->alloc_unbound.port;
		break;
	case EVTCHNOP_bind_interdomain:
		ret = lodge_channel_bind_interdomain(d, &op->bind_interdomain);
		*made = op->bind_interdomain.local_port;
		break;
	case EVTCHNOP_bind_virq:
		ret = lodge_virq_bind(d, &op->bind_virq);
		*made = op->bind_virq.port;
		break;
	case EVTCHNOP_bind_ipi:
		ret = lodge_channel_bind_ipi(d, &op->bind_ipi);
		*made = op->bind_ipi.port;
		break;
	case EVTCHNOP_status:
		*out = true;
		return lodge_channel_status(d, &op->status);
	case EVTCHNOP_bind_pirq:
		return op->bind_pirq.pirq < NR_PIRQS ? -EPERM : -EINVAL;
	case EVTCHNOP_close:
		return lodge_port_close(d, op->close.port);
	case EVTCHNOP_send:
		return lodge_port_send(v, op->send.port);
	case EVTCHNOP_bind_vcpu:
		return lodge_channel_bind_vcpu(d, &op->bind_vcpu);
	case EVTCHNOP_unmask:
		return unmask(d, op->unmask.port);
	case EVTCHNOP_reset:
		return lodge_channel_reset(v, op->reset.dom);
	default:
		return -ENOSYS;
	}
	*out = true;
	if (ret)
		*made = 0;
	return ret;
}

static long port_op(struct lodge_vcpu *v, u32 cmd, u64 arg)
{
	size_t size = op_size(cmd);
	union port_op op = {};
	bool out;
	long ret;
	u32 made;

	if (!size)
		return -ENOSYS;
	if (lodge_guest_read(v, &op, arg, size))
		return -EFAULT;
	ret = do_op(v, cmd, &op, &made, &out);
	if (ret || !out)
		return ret;
	if (lodge_guest_write(v, arg, &op, size)) {
		if (made)
			lodge_port_close(v->domain, made);
		return -EFAULT;
	}
	return 0;
}

LODGE_HC(event_channel_op)
{
	return port_op(v, args->a[0], args->a[1]);
}

/* Call 16: one argument that holds the operation's number and its union; no reset. */
LODGE_HC(event_channel_op_compat)
{
	u64 arg = args->a[0];
	u32 cmd;

	if (lodge_guest_get(v, cmd, arg))
		return -EFAULT;
	if (cmd > EVTCHNOP_unmask)
		return -ENOSYS;
	return port_op(v, cmd, arg + offsetof(struct evtchn_op, u));
}
