/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to event/: what a port is, and the bits behind it.
 *
 * A port's state belongs to lodge.  The pending and mask bits belong to the
 * guest, which can write shared_info at any time: they are read as hints and
 * set atomically, and nothing of lodge depends on what they hold.
 */
#ifndef LODGE_EVENT_PORT_H
#define LODGE_EVENT_PORT_H

#include <linux/nospec.h>
#include <linux/types.h>

#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>

#include "event/event.h"

enum lodge_port_state {
	LODGE_PORT_FREE,
	LODGE_PORT_RESERVED,		/* port 0: never valid */
	LODGE_PORT_UNBOUND,		/* waits for its remote domain to bind */
	LODGE_PORT_INTERDOMAIN,
	LODGE_PORT_VIRQ,
	LODGE_PORT_IPI,
	LODGE_PORT_HOST,		/* the other end is a backend in this module */
	LODGE_PORT_ABANDONED,		/* closed by the guest, not yet unbound by the backend */
};

struct lodge_port {
	u8 state;
	u8 vcpu;			/* which is told; always below max_vcpus */
	union {
		domid_t remote_domid;	/* UNBOUND */
		struct {
			/*
			 * INTERDOMAIN: no reference.  The binding is undone
			 * under both locks before either domain is freed.
			 */
			struct lodge_domain *domain;
			u32 port;
		} remote;
		u32 virq;		/* VIRQ */
		struct {		/* HOST, ABANDONED */
			lodge_port_notify notify;
			void *data;
		} host;
	};
};

/* Port of a number that may come from the guest, NULL if it has no memory. Under the lock. */
static inline struct lodge_port *lodge_port_get(struct lodge_event_table *t, u32 port)
{
	u32 nr = t->nr_ports;

	if (port >= nr)
		return NULL;
	port = array_index_nospec(port, nr);
	return &t->bucket[port / LODGE_PORTS_PER_BUCKET][port % LODGE_PORTS_PER_BUCKET];
}

/* event/channel.c */

/**
 * lodge_port_reserve - make sure that a free port has memory
 * @d: the domain
 *
 * To be called before lodge_port_alloc, without locks.  May sleep.
 * Return: 0, -ENOMEM, -ENOSPC.
 */
int lodge_port_reserve(struct lodge_domain *d);

/**
 * lodge_port_alloc - take the lowest free port
 * @d: the domain
 * @port: its number, on success
 *
 * Under the table's lock.  All zero; the caller sets the state and what goes with it.
 * Return: the port; NULL if none is free (or another took the one that was reserved).
 */
struct lodge_port *lodge_port_alloc(struct lodge_domain *d, u32 *port);

/* Back to FREE: forgets the pending bit, as a new use must not inherit it. Under the lock. */
void lodge_port_free(struct lodge_domain *d, u32 nr, struct lodge_port *p);

/* Close a port whatever it is bound to. -EINVAL as EVTCHNOP_close. May not sleep. */
int lodge_port_close(struct lodge_domain *d, u32 port);

/* EVTCHNOP_send of this vcpu, by its thread. 0 or -EINVAL. */
int lodge_port_send(struct lodge_vcpu *v, u32 port);

long lodge_channel_alloc_unbound(struct lodge_domain *d, struct evtchn_alloc_unbound *op);
long lodge_channel_bind_interdomain(struct lodge_domain *d, struct evtchn_bind_interdomain *op);
long lodge_channel_bind_ipi(struct lodge_domain *d, struct evtchn_bind_ipi *op);
long lodge_channel_bind_vcpu(struct lodge_domain *d, const struct evtchn_bind_vcpu *op);

/* event/virq.c */
long lodge_virq_bind(struct lodge_domain *d, struct evtchn_bind_virq *op);
bool lodge_virq_is_global(u32 virq);

/* event/status.c */
long lodge_channel_status(struct lodge_domain *d, struct evtchn_status *op);
long lodge_channel_reset(struct lodge_vcpu *v, domid_t dom);
/* An operation that names a domain may name only the caller's own. 0, -ESRCH, -EPERM. */
int lodge_channel_target(const struct lodge_domain *d, domid_t dom);

/* event/host_port.c: the notify call of a HOST port, outside of locks. */
void lodge_host_port_notify(struct lodge_vcpu *v, u32 port);

/* event/twolevel.c: all under no lock of necessity; any context. */
void lodge_2l_raise(struct lodge_domain *d, u32 port, u32 vcpu);
bool lodge_2l_is_pending(const struct lodge_domain *d, u32 port);
void lodge_2l_clear_pending(struct lodge_domain *d, u32 port);
void lodge_2l_unmask(struct lodge_domain *d, u32 port, u32 vcpu);

#endif
