/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: ports, what they are bound to, and raising them.
 * Only pending bits are set here; delivery to the guest is trap/upcall.c.
 */
#ifndef LODGE_EVENT_H
#define LODGE_EVENT_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include <xen/interface/xen.h>

#define LODGE_NR_PORTS		4096	/* 2-level ABI, 64-bit guest */

struct lodge_domain;
struct lodge_vcpu;
struct lodge_port;

/* What the host does when the guest sends on a port bound to it. Called without locks of event/, may not sleep. */
typedef void (*lodge_port_notify)(void *data);

struct lodge_event_table {
	spinlock_t lock;	/* covers ports and their bindings; irq-safe */
	struct lodge_port *port;	/* array of LODGE_NR_PORTS, vmalloc'd */
};

int lodge_event_create(struct lodge_domain *d);		/* -ENOMEM */
void lodge_event_destroy(struct lodge_domain *d);	/* closes all ports; may sleep */

/* A port whose other end is the host (console, store, later devices). Port number or -ENOSPC. */
int lodge_event_bind_host(struct lodge_domain *d, lodge_port_notify notify, void *data);
/* No notify call is running or will start when this returns; the guest's end stays, unbound. May sleep. */
void lodge_event_unbind_host(struct lodge_domain *d, u32 port);

/* Make a port pending and kick the vcpu it is bound to. Any context, hard interrupt included. */
void lodge_event_raise(struct lodge_domain *d, u32 port);
/* Raise a VIRQ of a vcpu if the guest has bound it. Any context, hard interrupt included. */
void lodge_event_raise_virq(struct lodge_vcpu *v, u32 virq);

/* Is an upcall due: pending and not masked?  One read of guest memory each. */
bool lodge_event_deliverable(const struct lodge_vcpu *v);

/* vcpu_info has moved to new memory (vcpu_op 10): carry pending state over, leave it pending. */
void lodge_event_vcpu_info_moved(struct lodge_vcpu *v);

/*
 * SCHEDOP_poll (event/poll.c): returns 0 when one of the ports is pending or an
 * upcall is deliverable or the deadline has passed; LODGE_HC_AGAIN after having put the vcpu to
 * sleep (v->polling, v->poll_deadline) or the errno of bad arguments.
 */
long lodge_event_poll(struct lodge_vcpu *v, u64 poll_va);

#endif
