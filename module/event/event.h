/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: ports, what they are bound to, and raising them.
 * Only pending bits are set here; delivery to the guest is trap/upcall.c.
 */
#ifndef LODGE_EVENT_H
#define LODGE_EVENT_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <xen/interface/xen.h>

#include <lodge/limits.h>

#define LODGE_NR_PORTS		4096	/* 2-level ABI, 64-bit guest */
#define LODGE_PORTS_PER_BUCKET	64	/* ports are allocated in runs of this many, as Xen does */
#define LODGE_PORT_BUCKETS	(LODGE_NR_PORTS / LODGE_PORTS_PER_BUCKET)

struct lodge_domain;
struct lodge_vcpu;
struct lodge_port;

/*
 * What the host does when the guest sends on a port bound to it. Called
 * without locks of event/ by the thread of the vcpu that sends, may not sleep.
 */
typedef void (*lodge_port_notify)(struct lodge_vcpu *v, void *data);

struct lodge_event_table {
	/*
	 * Covers ports, their bindings and @virq; irq-safe.  Two of them are
	 * taken together only under the lock of event/channel.c that
	 * serialises changes of bindings between domains.
	 */
	spinlock_t lock;
	struct lodge_port *bucket[LODGE_PORT_BUCKETS];
	DECLARE_BITMAP(used, LODGE_NR_PORTS);	/* ports that are not FREE */
	u32 nr_ports;		/* ports that have memory: only grows while the domain lives */
	u16 virq[LODGE_MAX_VCPUS][NR_VIRQS];	/* port a VIRQ is bound to, 0: none */
	/*
	 * Bit per vcpu that sleeps in SCHEDOP_poll.  Whoever makes its port
	 * pending, or any event pending for it, clears the bit and then
	 * vcpu->polling, and kicks the vcpu.
	 */
	unsigned long pollers;
	struct lodge_poll {
		u32 port;	/* the only one it waits for, 0: any */
		/* where the guest called, while it sleeps there: the vcpu's own thread's */
		u64 rip, rsp;
	} poll[LODGE_MAX_VCPUS];
};

int lodge_event_create(struct lodge_domain *d);		/* -ENOMEM */
void lodge_event_destroy(struct lodge_domain *d);	/* closes all ports; may sleep */

/*
 * A port whose other end is the host (console, store, later devices). May sleep.
 * Port number, -ENOSPC or -ENOMEM.  If the guest closes its end the port stays
 * reserved, and cannot be used for anything else, until the host unbinds it.
 */
int lodge_event_bind_host(struct lodge_domain *d, lodge_port_notify notify, void *data);
/*
 * The other end of a port that the guest has offered to domain 0 and nobody has
 * bound yet (a frontend's, from the store).  The port is pending once after this,
 * as after EVTCHNOP_bind_interdomain.  0 or -EINVAL.  Any context but NMI.
 */
int lodge_event_bind_offered(struct lodge_domain *d, u32 port, lodge_port_notify notify,
			     void *data);
/*
 * No notify call is running or will start when this returns; the guest's end
 * stays, unbound. May sleep.
 */
void lodge_event_unbind_host(struct lodge_domain *d, u32 port);

/*
 * Make a port of lodge_event_bind_host pending and kick the vcpu it is bound
 * to; does nothing once the guest has closed it. Any context, hard interrupt
 * included.
 */
void lodge_event_raise(struct lodge_domain *d, u32 port);
/* The vcpu that is told of a port, NULL if there is none. Any context, hard interrupt included. */
struct lodge_vcpu *lodge_event_target(struct lodge_domain *d, u32 port);
/* Raise a VIRQ of a vcpu if the guest has bound it. Any context, hard interrupt included. */
void lodge_event_raise_virq(struct lodge_vcpu *v, u32 virq);

/*
 * Is an upcall due: pending and not masked?  One read of guest memory each.
 * Atomics are used on vcpu->info: it must be aligned to 8 bytes.
 */
bool lodge_event_deliverable(const struct lodge_vcpu *v);

/* vcpu_info has moved to new memory (vcpu_op 10): carry pending state over, leave it pending. */
void lodge_event_vcpu_info_moved(struct lodge_vcpu *v);

/*
 * SCHEDOP_poll (event/poll.c): returns 0 when one of the ports is pending or an
 * upcall is deliverable or the deadline has passed; LODGE_HC_AGAIN after having put the vcpu to
 * sleep (v->polling, v->poll_deadline) or the errno of bad arguments.
 *
 * The run loop sleeps while v->polling is set, no upcall is deliverable and the
 * deadline (if any) has not passed, and then runs the same call again.
 * v->polling is cleared by whoever makes a port pending, before the kick, so
 * that no wake-up is lost between the check here and the sleep there.  An upcall
 * may be delivered before the call runs again: it then returns 0, although the
 * guest may have dealt with the event already.
 */
long lodge_event_poll(struct lodge_vcpu *v, u64 poll_va);

#endif
