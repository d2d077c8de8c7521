// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports as a state machine: free, bound to something, closed again.
 *
 * Knows nothing of bits (twolevel.c).  A binding between two domains is two
 * ports that name each other; it changes only under binding_lock and the lock
 * of both tables, so that holding any one of the two is enough to follow it.
 * It keeps no reference: lodge_event_destroy() undoes all bindings of a domain
 * before its structure goes.
 *
 * Locks: binding_lock, then the table of either domain, then the other's.
 */

#include <linux/slab.h>

#include "domain/domain.h"
#include "event/port.h"

static DEFINE_SPINLOCK(binding_lock);	/* changes of bindings between domains; irq-safe */

static int add_bucket(struct lodge_domain *d)
{
	struct lodge_event_table *t = &d->event;
	struct lodge_port *bucket;
	unsigned long flags;
	u32 i;

	bucket = kcalloc(LODGE_PORTS_PER_BUCKET, sizeof(*bucket), GFP_KERNEL_ACCOUNT);
	if (!bucket)
		return -ENOMEM;

	spin_lock_irqsave(&t->lock, flags);
	i = t->nr_ports / LODGE_PORTS_PER_BUCKET;
	if (i < LODGE_PORT_BUCKETS) {
		if (i == 0) {
			bucket[0].state = LODGE_PORT_RESERVED;
			__set_bit(0, t->used);
		}
		t->bucket[i] = bucket;
		t->nr_ports += LODGE_PORTS_PER_BUCKET;
		bucket = NULL;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	kfree(bucket);
	return 0;
}

int lodge_port_reserve(struct lodge_domain *d)
{
	struct lodge_event_table *t = &d->event;
	unsigned long flags;
	bool found, full;

	spin_lock_irqsave(&t->lock, flags);
	found = find_first_zero_bit(t->used, t->nr_ports) < t->nr_ports;
	full = t->nr_ports == LODGE_NR_PORTS;
	spin_unlock_irqrestore(&t->lock, flags);
	if (found)
		return 0;
	return full ? -ENOSPC : add_bucket(d);
}

struct lodge_port *lodge_port_alloc(struct lodge_domain *d, u32 *port)
{
	struct lodge_event_table *t = &d->event;
	u32 nr;

	lockdep_assert_held(&t->lock);
	nr = find_first_zero_bit(t->used, t->nr_ports);
	if (nr >= t->nr_ports)
		return NULL;
	__set_bit(nr, t->used);
	*port = nr;
	return lodge_port_get(t, nr);
}

void lodge_port_free(struct lodge_domain *d, u32 nr, struct lodge_port *p)
{
	lockdep_assert_held(&d->event.lock);
	lodge_2l_clear_pending(d, nr);
	memset(p, 0, sizeof(*p));
	p->state = LODGE_PORT_FREE;
	__clear_bit(nr, d->event.used);
}

long lodge_channel_alloc_unbound(struct lodge_domain *d, struct evtchn_alloc_unbound *op)
{
	struct lodge_port *p;
	unsigned long flags;
	int ret;

	ret = lodge_channel_target(d, op->dom);
	if (ret)
		return ret;
	ret = lodge_port_reserve(d);
	if (ret)
		return ret;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_alloc(d, &op->port);
	if (p) {
		p->state = LODGE_PORT_UNBOUND;
		p->remote_domid = op->remote_dom == DOMID_SELF ? d->domid : op->remote_dom;
	}
	spin_unlock_irqrestore(&d->event.lock, flags);
	return p ? 0 : -ENOSPC;
}

/* Both tables under binding_lock, which makes their order irrelevant. */
static void lock_pair(struct lodge_domain *a, struct lodge_domain *b)
	__acquires(&a->event.lock) __acquires(&b->event.lock)
{
	lockdep_assert_held(&binding_lock);
	spin_lock(&a->event.lock);
	if (a != b)
		spin_lock_nested(&b->event.lock, SINGLE_DEPTH_NESTING);
	else
		__acquire(&b->event.lock);
}

static void unlock_pair(struct lodge_domain *a, struct lodge_domain *b)
	__releases(&b->event.lock) __releases(&a->event.lock)
{
	if (a != b)
		spin_unlock(&b->event.lock);
	else
		__release(&b->event.lock);
	spin_unlock(&a->event.lock);
}

static int bind_pair(struct lodge_domain *d, struct lodge_domain *rd,
		     struct evtchn_bind_interdomain *op)
{
	struct lodge_port *p, *rp;
	u32 port;

	rp = lodge_port_get(&rd->event, op->remote_port);
	if (!rp || rp->state != LODGE_PORT_UNBOUND || rp->remote_domid != d->domid)
		return -EINVAL;
	p = lodge_port_alloc(d, &port);
	if (!p)
		return -ENOSPC;

	p->state = LODGE_PORT_INTERDOMAIN;
	p->remote.domain = rd;
	p->remote.port = op->remote_port;
	rp->state = LODGE_PORT_INTERDOMAIN;
	rp->remote.domain = d;
	rp->remote.port = port;

	/* sends on the port while it was unbound were dropped: make up for them */
	lodge_2l_raise(d, port, p->vcpu);
	op->local_port = port;
	return 0;
}

long lodge_channel_bind_interdomain(struct lodge_domain *d, struct evtchn_bind_interdomain *op)
{
	struct lodge_domain *rd;
	unsigned long flags;
	int ret;

	if (op->remote_dom == 0) {
		/* the host exists, but offers no ports this way */
		return -EINVAL;
	}
	rd = lodge_domain_find(op->remote_dom == DOMID_SELF ? d->domid : op->remote_dom);
	if (!rd)
		return -ESRCH;
	ret = lodge_port_reserve(d);
	if (ret)
		goto put;

	spin_lock_irqsave(&binding_lock, flags);
	lock_pair(d, rd);
	ret = bind_pair(d, rd, op);
	unlock_pair(d, rd);
	spin_unlock_irqrestore(&binding_lock, flags);
put:
	lodge_domain_put(rd);
	return ret;
}

long lodge_channel_bind_ipi(struct lodge_domain *d, struct evtchn_bind_ipi *op)
{
	struct lodge_port *p;
	unsigned long flags;
	int ret;

	if (op->vcpu >= d->max_vcpus)
		return -ENOENT;
	ret = lodge_port_reserve(d);
	if (ret)
		return ret;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_alloc(d, &op->port);
	if (p) {
		p->state = LODGE_PORT_IPI;
		p->vcpu = array_index_nospec(op->vcpu, LODGE_MAX_VCPUS);
	}
	spin_unlock_irqrestore(&d->event.lock, flags);
	return p ? 0 : -ENOSPC;
}

long lodge_channel_bind_vcpu(struct lodge_domain *d, const struct evtchn_bind_vcpu *op)
{
	struct lodge_port *p;
	unsigned long flags;
	int ret = -EINVAL;

	if (op->vcpu >= d->max_vcpus)
		return -ENOENT;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, op->port);
	if (!p)
		goto unlock;
	switch (p->state) {
	case LODGE_PORT_VIRQ:
		if (!lodge_virq_is_global(p->virq))
			break;
		fallthrough;
	case LODGE_PORT_UNBOUND:
	case LODGE_PORT_INTERDOMAIN:
	case LODGE_PORT_HOST:
		WRITE_ONCE(p->vcpu, array_index_nospec(op->vcpu, LODGE_MAX_VCPUS));
		ret = 0;
		break;
	}
unlock:
	spin_unlock_irqrestore(&d->event.lock, flags);
	return ret;
}

/* Undo one binding to another port, both ends locked. */
static void unbind_pair(struct lodge_domain *d, u32 nr, struct lodge_port *p)
{
	struct lodge_port *rp = lodge_port_get(&p->remote.domain->event, p->remote.port);

	if (!WARN_ON_ONCE(!rp || rp->state != LODGE_PORT_INTERDOMAIN)) {
		rp->state = LODGE_PORT_UNBOUND;
		rp->remote_domid = d->domid;
	}
	lodge_port_free(d, nr, p);
}

static void close_interdomain(struct lodge_domain *d, u32 nr)
{
	struct lodge_domain *rd;
	struct lodge_port *p;
	unsigned long flags;

	spin_lock_irqsave(&binding_lock, flags);
	/* stable under binding_lock; may have been closed or lost its peer meanwhile */
	p = lodge_port_get(&d->event, nr);
	if (p && p->state == LODGE_PORT_INTERDOMAIN) {
		rd = p->remote.domain;
		lock_pair(d, rd);
		unbind_pair(d, nr, p);
		unlock_pair(d, rd);
	} else if (p) {
		spin_lock(&d->event.lock);
		if (p->state == LODGE_PORT_UNBOUND)
			lodge_port_free(d, nr, p);
		spin_unlock(&d->event.lock);
	}
	spin_unlock_irqrestore(&binding_lock, flags);
}

int lodge_port_close(struct lodge_domain *d, u32 port)
{
	struct lodge_port *p;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	switch (p ? p->state : LODGE_PORT_FREE) {
	case LODGE_PORT_UNBOUND:
	case LODGE_PORT_IPI:
		lodge_port_free(d, port, p);
		break;
	case LODGE_PORT_VIRQ:
		/* the vcpu that bound it, or for a global VIRQ vcpu 0, whoever is told now */
		d->event.virq[lodge_virq_is_global(p->virq) ? 0 : p->vcpu][p->virq] = 0;
		lodge_port_free(d, port, p);
		break;
	case LODGE_PORT_HOST:
		/* the backend still knows it by number: keep others away from that */
		lodge_2l_clear_pending(d, port);
		p->state = LODGE_PORT_ABANDONED;
		p->vcpu = 0;
		break;
	case LODGE_PORT_INTERDOMAIN:
		spin_unlock_irqrestore(&d->event.lock, flags);
		close_interdomain(d, port);
		return 0;
	default:
		ret = -EINVAL;
	}
	spin_unlock_irqrestore(&d->event.lock, flags);
	return ret;
}

int lodge_port_send(struct lodge_vcpu *v, u32 port)
{
	struct lodge_domain *d = v->domain;
	struct lodge_domain *rd;
	struct lodge_port *p, *rp;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&d->event.lock, flags);
	p = lodge_port_get(&d->event, port);
	switch (p ? p->state : LODGE_PORT_FREE) {
	case LODGE_PORT_IPI:
		lodge_2l_raise(d, port, p->vcpu);
		break;
	case LODGE_PORT_INTERDOMAIN:
		/* our lock alone keeps the binding, and with it the peer and its port */
		rd = p->remote.domain;
		rp = lodge_port_get(&rd->event, p->remote.port);
		if (rp)
			lodge_2l_raise(rd, p->remote.port, READ_ONCE(rp->vcpu));
		break;
	case LODGE_PORT_HOST:
		spin_unlock_irqrestore(&d->event.lock, flags);
		lodge_host_port_notify(v, port);
		return 0;
	case LODGE_PORT_UNBOUND:
		/* nobody there yet: lost without an error */
		break;
	default:
		ret = -EINVAL;
	}
	spin_unlock_irqrestore(&d->event.lock, flags);
	return ret;
}

int lodge_event_create(struct lodge_domain *d)
{
	spin_lock_init(&d->event.lock);
	return add_bucket(d);
}

void lodge_event_destroy(struct lodge_domain *d)
{
	struct lodge_event_table *t = &d->event;
	unsigned long flags;
	u32 port, nr;

	for (port = 0; port < t->nr_ports; port++)
		lodge_port_close(d, port);

	/* raise, and senders of other domains, find no port from here on */
	spin_lock_irqsave(&t->lock, flags);
	nr = t->nr_ports;
	t->nr_ports = 0;
	memset(t->virq, 0, sizeof(t->virq));
	spin_unlock_irqrestore(&t->lock, flags);

	/* and no notify call is under way, should a backend have kept its port */
	synchronize_rcu();
	for (port = 0; port < nr; port += LODGE_PORTS_PER_BUCKET) {
		kfree(t->bucket[port / LODGE_PORTS_PER_BUCKET]);
		t->bucket[port / LODGE_PORTS_PER_BUCKET] = NULL;
	}
}
