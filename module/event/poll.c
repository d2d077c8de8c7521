// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCHEDOP_poll: sleep until one of some ports is pending, masked or not.
 */

#include "domain/domain.h"
#include "event/port.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"

#include <xen/interface/sched.h>

/* Xen's limit (X: common/sched/core.c). */
#define MAX_POLL_PORTS	128

static void stop_polling(struct lodge_vcpu *v)
{
	clear_bit(v->id, &v->domain->event.pollers);
	WRITE_ONCE(v->polling, false);
}

/*
 * Is this the call that went to sleep, running again because something woke it?
 * If so it is over, whatever has become of the event: an upcall may have come
 * first, in which the guest cleared the pending bit.  A vcpu that is still
 * polling was woken by a signal or a pause, and sleeps on.
 */
static bool poll_over(struct lodge_vcpu *v)
{
	struct lodge_poll *poll = &v->domain->event.poll[v->id];
	bool again = poll->rip && poll->rip == v->regs.rip && poll->rsp == v->regs.rsp;

	poll->rip = 0;
	return again && !READ_ONCE(v->polling);
}

/* 1: one is pending; 0: none; or an errno. */
static int any_pending(struct lodge_vcpu *v, u64 ports_va, u32 nr)
{
	struct lodge_domain *d = v->domain;
	evtchn_port_t ports[MAX_POLL_PORTS];
	u32 i, nr_ports = READ_ONCE(d->event.nr_ports);

	/* what lies before a bad address counts first, as if they were read one by one */
	if (nr && lodge_guest_read(v, ports, ports_va, nr * sizeof(ports[0]))) {
		for (i = 0; i < nr; i++) {
			if (lodge_guest_get(v, ports[0], ports_va + i * sizeof(ports[0])))
				return -EFAULT;
			if (ports[0] >= nr_ports)
				return -EINVAL;
			if (lodge_2l_is_pending(d, array_index_nospec(ports[0], LODGE_NR_PORTS)))
				return 1;
		}
		return 0;
	}
	for (i = 0; i < nr; i++) {
		if (ports[i] >= nr_ports)
			return -EINVAL;
		if (lodge_2l_is_pending(d, array_index_nospec(ports[i], LODGE_NR_PORTS)))
			return 1;
	}
	return 0;
}

/*
 * Runs once to go to sleep, and again after each wake-up.  If it sleeps on then
 * it reads its arguments anew: the guest may have changed them, which is its own
 * affair.
 */
long lodge_event_poll(struct lodge_vcpu *v, u64 poll_va)
{
	struct lodge_domain *d = v->domain;
	struct {
		u64 ports;
		u32 nr_ports;
		u32 pad;
		u64 timeout;
	} poll;
	u32 port, nr;
	int ret;

	BUILD_BUG_ON(sizeof(poll) != sizeof(struct sched_poll));
	BUILD_BUG_ON(offsetof(typeof(poll), timeout) != offsetof(struct sched_poll, timeout));

	if (poll_over(v))
		return 0;
	stop_polling(v);
	if (lodge_guest_get(v, poll, poll_va))
		return -EFAULT;
	nr = poll.nr_ports;
	if (nr > MAX_POLL_PORTS)
		return -EINVAL;
	if (!lodge_guest_va_ok(poll.ports) ||
	    !lodge_guest_va_ok(poll.ports + MAX_POLL_PORTS * sizeof(evtchn_port_t)))
		return -EFAULT;

	/* whatever cannot be read is answered below */
	if (nr != 1 || lodge_guest_get(v, port, poll.ports))
		port = 0;

	/*
	 * Be seen before looking: pairs with the pending bit set before pollers
	 * are looked for in twolevel.c.
	 */
	WRITE_ONCE(d->event.poll[v->id].port, port);
	WRITE_ONCE(v->poll_deadline, poll.timeout);
	WRITE_ONCE(v->polling, true);
	smp_mb__before_atomic();	/* polling before its bit: who finds the bit clears both */
	set_bit(v->id, &d->event.pollers);
	smp_mb__after_atomic();		/* the bit before the ports; partner: wake_pollers() */

	ret = lodge_event_deliverable(v) ? 1 : any_pending(v, poll.ports, nr);
	if (!ret && poll.timeout && lodge_time_now(d) >= poll.timeout)
		ret = 1;
	if (!ret) {
		d->event.poll[v->id].rip = v->regs.rip;
		d->event.poll[v->id].rsp = v->regs.rsp;
		return LODGE_HC_AGAIN;
	}
	stop_polling(v);
	return ret < 0 ? ret : 0;
}
