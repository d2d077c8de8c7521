// SPDX-License-Identifier: GPL-2.0-only
/* Two-level event channels on vCPU 0, and the mapping of shared_info. */
#include <pvguest/pvguest.h>

struct shared_info *shared_info;
static u8 shared_info_place[PAGE_SIZE] __page_aligned;
unsigned long upcalls;
unsigned long event_count[4096];
void (*event_handler)(unsigned int port);

static void callback(u16 type, void *address)
{
	struct callback_register r = {
		.type = type,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)address,
	};
	long rc = hc_callback_op(CALLBACKOP_register, &r);

	if (rc)
		diag("callback_op(register, type %u): %ld", type, rc);
}

void events_init(void)
{
	long rc = set_pte((u64)shared_info_place, (start_info->shared_info & PTE_ADDR) | PTE_DATA);
	unsigned int i;

	if (rc)
		bail_out("mapping shared_info: %ld", rc);
	shared_info = (struct shared_info *)shared_info_place;
	for (i = 0; i < ARRAY_SIZE(shared_info->evtchn_mask); i++)
		shared_info->evtchn_mask[i] = ~0UL;
	callback(CALLBACKTYPE_event, event_entry);
	callback(CALLBACKTYPE_failsafe, failsafe_entry);
	callback(CALLBACKTYPE_syscall, syscall_entry);
	callback(CALLBACKTYPE_sysenter, sysenter_entry);
	callback(CALLBACKTYPE_syscall32, syscall32_entry);
}

static void set_bit(unsigned int nr, unsigned long *map)
{
	asm volatile("lock btsq %1, %0" : "+m" (map[nr / 64]) : "r" (nr % 64UL) : "memory");
}

static void clear_bit(unsigned int nr, unsigned long *map)
{
	asm volatile("lock btrq %1, %0" : "+m" (map[nr / 64]) : "r" (nr % 64UL) : "memory");
}

static bool test_bit(unsigned int nr, const unsigned long *map)
{
	return READ_ONCE(map[nr / 64]) >> (nr % 64) & 1;
}

void event_run(struct regs *r __unused)
{
	struct vcpu_info *v = vcpu0();
	unsigned long sel, bits;

	upcalls++;
	v->evtchn_upcall_pending = 0;
	sel = __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	while (sel) {
		unsigned int word = __builtin_ctzl(sel);

		sel &= sel - 1;
		while ((bits = READ_ONCE(shared_info->evtchn_pending[word]) &
			       ~READ_ONCE(shared_info->evtchn_mask[word]))) {
			unsigned int port = word * 64 + __builtin_ctzl(bits);

			clear_bit(port, shared_info->evtchn_pending);
			event_count[port]++;
			if (event_handler)
				event_handler(port);
		}
	}
}

void events_on(void)
{
	struct vcpu_info *v = vcpu0();

	WRITE_ONCE(v->evtchn_upcall_mask, 0);
	barrier();
	if (READ_ONCE(v->evtchn_upcall_pending))
		hc_xen_version(XENVER_version, NULL);	/* any return to us delivers it */
}

void events_off(void)
{
	WRITE_ONCE(vcpu0()->evtchn_upcall_mask, 1);
	barrier();
}

bool port_pending(unsigned int port)
{
	return test_bit(port, shared_info->evtchn_pending);
}

void port_clear(unsigned int port)
{
	clear_bit(port, shared_info->evtchn_pending);
}

void port_mask(unsigned int port)
{
	set_bit(port, shared_info->evtchn_mask);
}

void port_unmask(unsigned int port)
{
	struct evtchn_unmask u = { .port = port };

	if (hc_event_channel_op(EVTCHNOP_unmask, &u))
		clear_bit(port, shared_info->evtchn_mask);
}

long bind_virq(unsigned int virq)
{
	struct evtchn_bind_virq b = { .virq = virq };
	long rc = hc_event_channel_op(EVTCHNOP_bind_virq, &b);

	return rc ? rc : b.port;
}

long alloc_unbound(domid_t remote)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = remote };
	long rc = hc_event_channel_op(EVTCHNOP_alloc_unbound, &a);

	return rc ? rc : a.port;
}

long bind_interdomain(domid_t remote, unsigned int port)
{
	struct evtchn_bind_interdomain b = { .remote_dom = remote, .remote_port = port };
	long rc = hc_event_channel_op(EVTCHNOP_bind_interdomain, &b);

	return rc ? rc : b.local_port;
}

long bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi b = { .vcpu = vcpu };
	long rc = hc_event_channel_op(EVTCHNOP_bind_ipi, &b);

	return rc ? rc : b.port;
}

long evtchn_send(unsigned int port)
{
	struct evtchn_send s = { .port = port };

	return hc_event_channel_op(EVTCHNOP_send, &s);
}

long evtchn_close(unsigned int port)
{
	struct evtchn_close c = { .port = port };

	return hc_event_channel_op(EVTCHNOP_close, &c);
}
