// SPDX-License-Identifier: GPL-2.0-only
/*
 * events - event channels (two-level), delivery and masks, sched_op block and poll
 *
 * Proves: each event_channel_op with its errnos; that pending, selector and upcall bits
 * are set as the ABI says; when a callback runs and when not; that nothing is lost while masked.
 *
 * Real Xen 4.17: as written. A domain has 1023 ports unless its configuration says
 * otherwise, and ports beyond those allocated so far are invalid, not closed.
 */
#include <pvguest/pvguest.h>

static long status(unsigned int port, struct evtchn_status *s)
{
	memset(s, 0, sizeof(*s));
	s->dom = DOMID_SELF;
	s->port = port;
	return hc_event_channel_op(EVTCHNOP_status, s);
}

static void check_binding(void)
{
	struct evtchn_bind_vcpu bv;
	struct evtchn_unmask um;
	struct evtchn_status s;
	struct evtchn_bind_virq bq;
	long timer, debug, ipi, unbound, peer;

	timer = bind_virq(VIRQ_TIMER);
	ok(timer > 0, "bind_virq TIMER: %ld", timer);
	err(bind_virq(VIRQ_TIMER), -XEN_EEXIST, "bind_virq TIMER again");
	debug = bind_virq(VIRQ_DEBUG);
	ok(debug > 0 && debug != timer, "bind_virq DEBUG: %ld", debug);
	err(bind_virq(NR_VIRQS), -XEN_EINVAL, "bind_virq beyond the last");
	bq = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 1 };
	err(hc_event_channel_op(EVTCHNOP_bind_virq, &bq), -XEN_ENOENT, "bind_virq, no such vCPU");
	err(status(timer, &s), 0, "status of a VIRQ port");
	is(s.status, EVTCHNSTAT_virq, "its kind");
	is(s.u.virq, VIRQ_TIMER, "its VIRQ");
	err(status(60, &s), 0, "status of a free port");
	is(s.status, EVTCHNSTAT_closed, "closed");
	err(status(4096 * 64, &s), -XEN_EINVAL, "status of a port out of range");

	ipi = bind_ipi(0);
	ok(ipi > 0, "bind_ipi: %ld", ipi);
	err(bind_ipi(1), -XEN_ENOENT, "bind_ipi, no such vCPU");
	status(ipi, &s);
	is(s.status, EVTCHNSTAT_ipi, "status of an IPI port");

	unbound = alloc_unbound(DOMID_SELF);
	ok(unbound > 0, "alloc_unbound to ourselves: %ld", unbound);
	status(unbound, &s);
	is(s.status, EVTCHNSTAT_unbound, "status: unbound");
	ok(s.u.unbound.dom != DOMID_SELF, "status tells the real domid (%u)", s.u.unbound.dom);
	err(evtchn_send(unbound), 0, "send on an unbound port succeeds silently");
	peer = bind_interdomain(DOMID_SELF, unbound);
	ok(peer > 0 && peer != unbound, "bind_interdomain: %ld", peer);
	status(peer, &s);
	is(s.status, EVTCHNSTAT_interdomain, "status: interdomain");
	is(s.u.interdomain.port, unbound, "its peer");
	ok(port_pending(peer), "a fresh interdomain port is pending");
	port_clear(peer);
	port_clear(unbound);
	err(evtchn_send(peer), 0, "send");
	ok(port_pending(unbound), "the peer port is pending");
	ok(!port_pending(peer), "the sender's is not");
	port_clear(unbound);
	err(evtchn_send(unbound), 0, "send the other way");
	ok(port_pending(peer), "pending");
	port_clear(peer);
	err(bind_interdomain(DOMID_SELF, unbound), -XEN_EINVAL, "bind_interdomain to a bound port");
	err(bind_interdomain(4000, 1), -XEN_ESRCH, "bind_interdomain, no such domain");
	err(bind_interdomain(DOMID_SELF, 4096 * 64), -XEN_EINVAL, "bind_interdomain, no such port");

	bv = (struct evtchn_bind_vcpu){ .port = unbound, .vcpu = 0 };
	err(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), 0, "bind_vcpu of an interdomain port");
	bv.vcpu = 1;
	err(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_ENOENT, "bind_vcpu, no such vCPU");
	bv = (struct evtchn_bind_vcpu){ .port = timer, .vcpu = 0 };
	err(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL, "bind_vcpu of a per-vCPU VIRQ");
	bv.port = ipi;
	err(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL, "bind_vcpu of an IPI");
	bv.port = 100;
	err(hc_event_channel_op(EVTCHNOP_bind_vcpu, &bv), -XEN_EINVAL, "bind_vcpu of a free port");

	err(evtchn_send(0), -XEN_EINVAL, "send to port 0");
	err(evtchn_send(100), -XEN_EINVAL, "send to a free port");
	err(evtchn_send(4096 * 64), -XEN_EINVAL, "send out of range");
	err(evtchn_send(timer), -XEN_EINVAL, "send to a VIRQ port");
	err(evtchn_close(0), -XEN_EINVAL, "close port 0");
	err(evtchn_close(100), -XEN_EINVAL, "close a free port");
	um.port = 4096 * 64;
	err(hc_event_channel_op(EVTCHNOP_unmask, &um), -XEN_EINVAL, "unmask out of range");
	err(evtchn_close(peer), 0, "close one end");
	status(unbound, &s);
	is(s.status, EVTCHNSTAT_unbound, "the other end is unbound again");
	err(evtchn_close(unbound), 0, "close the other");
	err(evtchn_close(ipi), 0, "close the IPI");
	err(evtchn_close(debug), 0, "close the DEBUG VIRQ");
	err(evtchn_close(timer), 0, "close the TIMER VIRQ");
	err(hc_event_channel_op(99, &um), -XEN_ENOSYS, "unknown event_channel_op");
	err(hc_event_channel_op(EVTCHNOP_send, 0x7f0000000000), -XEN_EFAULT, "bad pointer");
	ok(alloc_unbound(0) > 0, "alloc_unbound to dom0");
	{
		struct evtchn_alloc_unbound a = { .dom = 0, .remote_dom = DOMID_SELF };

		err(hc_event_channel_op(EVTCHNOP_alloc_unbound, &a), -XEN_EPERM,
		    "alloc_unbound for another domain");
	}
}

static void check_delivery(void)
{
	struct vcpu_info *v = vcpu0();
	long port = bind_ipi(0);
	unsigned long before;

	events_off();
	event_count[port] = 0;
	v->evtchn_upcall_pending = 0;
	v->evtchn_pending_sel = 0;
	before = upcalls;
	err(evtchn_send(port), 0, "send to a masked port");
	ok(port_pending(port), "pending bit set");
	is(v->evtchn_upcall_pending, 0, "no upcall pending: the port is masked");
	is(v->evtchn_pending_sel, 0, "no selector bit");
	port_unmask(port);
	is(v->evtchn_upcall_pending, 1, "EVTCHNOP_unmask raises it");
	is(v->evtchn_pending_sel, 1UL << (port / 64), "with its selector bit");
	is(upcalls, before, "but events are off");
	events_on();
	is(upcalls, before + 1, "events on: one upcall");
	is(event_count[port], 1, "with our event");
	is(v->evtchn_upcall_mask, 0, "mask clear after it");

	err(evtchn_send(port), 0, "send to ourselves");
	is(event_count[port], 2, "delivered on return from the hypercall");
	events_off();
	evtchn_send(port);
	evtchn_send(port);
	evtchn_send(port);
	is(event_count[port], 2, "three sends while off");
	events_on();
	is(event_count[port], 3, "are one event when on");

	/* masking a port in the bitmap keeps it from delivery, not from being pending */
	port_mask(port);
	evtchn_send(port);
	is(event_count[port], 3, "masked port");
	ok(port_pending(port), "stays pending");
	port_unmask(port);
	is(event_count[port], 4, "delivered by unmask");

	/* events taken at a trap return: iret to a frame with events on */
	events_off();
	evtchn_send(port);
	asm volatile("ud2" : : : "memory");
	is(event_count[port], 4, "iret with IF clear does not deliver");
	events_on();
	is(event_count[port], 5, "delivered later");
	events_off();
	evtchn_close(port);
	ok(!port_pending(port), "close clears pending");
}

static bool skip_ud2(struct regs *r)
{
	if (r->vec != X86_UD)
		return false;
	r->rip += 2;
	return true;
}

static bool turn_on(struct regs *r)
{
	if (r->vec != X86_UD)
		return false;
	r->rip += 2;
	r->rflags |= X86_EFLAGS_IF;
	return true;
}

static void check_iret_delivery(void)
{
	long port = bind_ipi(0);
	unsigned long before;

	events_off();
	port_unmask(port);
	before = event_count[port];
	trap_hook = skip_ud2;
	evtchn_send(port);
	asm volatile("ud2" : : : "memory");
	is(event_count[port], before, "iret with IF clear");
	trap_hook = turn_on;
	asm volatile("ud2" : : : "memory");
	trap_hook = NULL;
	is(event_count[port], before + 1, "iret with IF set delivers");
	is(vcpu0()->evtchn_upcall_mask, 0, "and leaves events on");
	events_off();
	evtchn_close(port);
}

static void check_sched(void)
{
	long port = bind_ipi(0), timer = bind_virq(VIRQ_TIMER);
	evtchn_port_t ports[2] = { port, timer };
	struct sched_poll poll = { .nr_ports = 1 };
	u64 start;

	set_xen_guest_handle(poll.ports, ports);
	events_off();
	err(hc_sched_op(SCHEDOP_yield, NULL), 0, "yield");
	/* poll ignores masks */
	port_mask(port);
	evtchn_send(port);
	err(hc_sched_op(SCHEDOP_poll, &poll), 0, "poll of a pending masked port returns");
	port_clear(port);
	start = now();
	poll.timeout = start + 20 * MS;
	err(hc_sched_op(SCHEDOP_poll, &poll), 0, "poll with a timeout");
	ok(now() >= start + 20 * MS, "took the time (%lu us)", (now() - start) / 1000);
	ok(now() < start + 2 * SEC, "and not much more");
	poll.timeout = 1;
	err(hc_sched_op(SCHEDOP_poll, &poll), 0, "poll with a timeout in the past");
	poll.nr_ports = 129;
	err(hc_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL, "poll of 129 ports");
	poll.nr_ports = 1;
	ports[0] = 4096 * 64;
	err(hc_sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL, "poll of a port out of range");
	set_xen_guest_handle(poll.ports, (void *)0x7f0000000000);
	err(hc_sched_op(SCHEDOP_poll, &poll), -XEN_EFAULT, "poll, bad pointer");

	port_unmask(timer);
	event_count[timer] = 0;
	hc_set_timer_op(now() + 20 * MS);
	start = now();
	err(hc_sched_op(SCHEDOP_block, NULL), 0, "block until a timer");
	is(vcpu0()->evtchn_upcall_mask, 0, "block clears the mask");
	is(event_count[timer], 1, "the event was delivered");
	ok(now() - start >= 15 * MS, "after its time (%lu us)", (now() - start) / 1000);
	events_off();
	evtchn_send(port);
	port_unmask(port);
	start = now();
	err(hc_sched_op(SCHEDOP_block, NULL), 0, "block with an event pending");
	ok(now() - start < SEC, "returns at once");
	ok(event_count[port], "and delivers it");
	events_off();
	err(hc_sched_op(99, NULL), -XEN_ENOSYS, "unknown sched_op");
	evtchn_close(port);
	evtchn_close(timer);
}

/* all 64 words of the bitmap: allocate until there are none left */
static void check_many(void)
{
	static u16 ports[4096];
	unsigned int n = 0, i;
	long p;

	for (;;) {
		p = alloc_unbound(DOMID_SELF);
		if (p < 0)
			break;
		if (n < ARRAY_SIZE(ports))
			ports[n] = p;
		n++;
		if (n > 4096)
			break;
	}
	err(p, -XEN_ENOSPC, "alloc_unbound ends in ENOSPC");
	diag("%u ports allocated", n);
	sweep_begin();
	for (i = 0; i < min(n, ARRAY_SIZE(ports)); i++)
		sweep_check(!evtchn_close(ports[i]), "close %u", ports[i]);
	sweep_end("all of them close");
}

void test_main(void)
{
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	check_binding();
	trap_hook = skip_ud2;
	check_delivery();
	trap_hook = NULL;
	check_iret_delivery();
	check_sched();
	check_many();
}
