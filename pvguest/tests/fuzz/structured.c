// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments that get past the first check of a hypercall. Each field is plausible most of the
 * time, and anything at all otherwise.
 */
#include <pvguest/pvguest.h>
#include "fuzz.h"

#define SCRATCH_VA	(image_base + 0x20000000UL)	/* no mapping of ours */

static u64 mostly(u64 plausible)
{
	return random_below(8) ? plausible : argument();
}

static u16 domain(void)
{
	static const u16 others[] = { 0, 1, 2, DOMID_IO, DOMID_XEN, DOMID_IDLE, 4000 };

	return random_below(8) ? DOMID_SELF : others[random_below(ARRAY_SIZE(others))];
}

static void *space(void)
{
	return buffer[random_below(NR_PAGES)];
}

static u64 victim_mfn(void)
{
	return virt_to_mfn(victim[random_below(NR_PAGES)]);
}

/* An address of one of our own buffers or past it. */
static u64 pointer(void)
{
	return mostly((u64)space() + 8 * random_below(512));
}

static u64 pte(void)
{
	static const u64 flags[] = {
		PTE_DATA, PTE_DATA_RO, PTE_TABLE, PTE_P, PTE_P | PTE_RW, 0, PTE_DATA | PTE_NX,
		PTE_DATA | PTE_PSE, PTE_DATA | PTE_G, PTE_DATA | PTE_PCD,
	};

	return mostly(mfn_pte(victim_mfn(), flags[random_below(ARRAY_SIZE(flags))]));
}

static void words(void *p, size_t bytes)
{
	u64 *w = p;

	for (bytes /= 8; bytes--; w++)
		*w = argument();
}

static void gates(u64 a[5])
{
	struct trap_info *t = space();
	unsigned int n = random_below(6), i;

	for (i = 0; i < n; i++)
		t[i] = (struct trap_info) {
			random_below(256), random_below(16), mostly(FLAT_KERNEL_CS64),
			mostly(trap_stub(random_below(256))),
		};
	memset(&t[n], 0, sizeof(*t));
	a[0] = mostly((u64)t);
}

static void updates(u64 a[5])
{
	struct mmu_update *req = space();
	unsigned int n = 1 + random_below(12), i;

	for (i = 0; i < n; i++) {
		req[i].ptr = mostly((victim_mfn() << 12) + 8 * random_below(512)) & ~7UL;
		req[i].ptr |= random_below(6) ? MMU_NORMAL_PT_UPDATE : random_below(8);
		/* the m2p of our own pages is what we live by */
		if ((req[i].ptr & 3) == MMU_MACHPHYS_UPDATE)
			req[i].ptr = (victim_mfn() << 12) | MMU_MACHPHYS_UPDATE;
		req[i].val = (req[i].ptr & 3) == MMU_MACHPHYS_UPDATE ?
			     mfn_to_pfn(req[i].ptr >> 12) : pte();
	}
	a[0] = (u64)req;
	a[1] = mostly(n) & 0xffff;
	a[2] = random_below(4) ? pointer() : 0;
	a[3] = domain();
}

static void extended(u64 a[5])
{
	struct mmuext_op *op = space();
	unsigned int n = 1 + random_below(6), i;

	for (i = 0; i < n; i++) {
		words(&op[i], sizeof(*op));
		op[i].cmd = mostly(random_below(21));
		op[i].arg1.mfn = mostly(victim_mfn());
		switch (op[i].cmd) {
		case MMUEXT_NEW_BASEPTR:
			/* any other root ends us, which is no news */
			op[i].arg1.mfn = random_below(2) ? virt_to_mfn(kernel_l4) : ~0UL;
			break;
		case MMUEXT_SET_LDT:
			op[i].arg1.linear_addr = mostly((u64)space());
			op[i].arg2.nr_ents = random_below(600);
			break;
		case MMUEXT_INVLPG_LOCAL:
		case MMUEXT_INVLPG_MULTI:
		case MMUEXT_INVLPG_ALL:
			op[i].arg1.linear_addr = pointer();
			break;
		case MMUEXT_CLEAR_PAGE:
			op[i].arg1.mfn = victim_mfn();
			break;
		case MMUEXT_COPY_PAGE:
			op[i].arg1.mfn = victim_mfn();
			op[i].arg2.src_mfn = mostly(victim_mfn());
			break;
		}
	}
	a[0] = (u64)op;
	a[1] = mostly(n) & 0xffff;
	a[2] = random_below(4) ? pointer() : 0;
	a[3] = domain();
}

static void memory(u64 a[5])
{
	struct xen_memory_reservation *r = space();
	xen_pfn_t *frames = (void *)buffer[0];
	unsigned int n = random_below(5), i;

	a[0] = mostly(random_below(28)) & 0x3f;
	words(r, 64);
	for (i = 0; i < n; i++)
		frames[i] = a[0] == XENMEM_populate_physmap ? mfn_to_pfn(victim_mfn()) : victim_mfn();
	set_xen_guest_handle(r->extent_start, frames);
	r->nr_extents = mostly(n);
	r->extent_order = random_below(4) ? 0 : random_below(12);
	r->domid = domain();
	a[1] = mostly((u64)r);
	switch (a[0]) {
	case XENMEM_decrease_reservation:
		/* by their names only: whole ranges would take the ground from under us */
		r->extent_order = 0;
		r->nr_extents = n;
		a[1] = (u64)r;
		break;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
		*(domid_t *)r = domain();
		break;
	case XENMEM_memory_map:
		((struct xen_memory_map *)r)->nr_entries = random_below(200);
		set_xen_guest_handle(((struct xen_memory_map *)r)->buffer, space());
		break;
	}
}

/* Ports 1 to 7 are what the domain was given; those above are ours to lose. */
static void event_channel(void *p, unsigned int cmd)
{
	words(p, sizeof(struct evtchn_status));
	switch (cmd) {
	case EVTCHNOP_bind_interdomain:
		*(struct evtchn_bind_interdomain *)p = (struct evtchn_bind_interdomain) {
			.remote_dom = domain(), .remote_port = mostly(random_below(40)),
		};
		break;
	case EVTCHNOP_bind_virq:
		*(struct evtchn_bind_virq *)p = (struct evtchn_bind_virq) {
			.virq = mostly(random_below(24)), .vcpu = random_below(8) ? 0 : argument(),
		};
		break;
	case EVTCHNOP_close:
	case EVTCHNOP_unmask:
	case EVTCHNOP_send:
	case EVTCHNOP_bind_ipi:
	case EVTCHNOP_expand_array:
		*(u32 *)p = cmd == EVTCHNOP_bind_ipi ? 0 : 8 + mostly(random_below(40)) % 5000;
		break;
	case EVTCHNOP_alloc_unbound:
		*(struct evtchn_alloc_unbound *)p = (struct evtchn_alloc_unbound) {
			.dom = domain(), .remote_dom = domain(),
		};
		break;
	case EVTCHNOP_status:
		*(struct evtchn_status *)p = (struct evtchn_status) {
			.dom = domain(), .port = random_below(40),
		};
		break;
	case EVTCHNOP_bind_vcpu:
		*(struct evtchn_bind_vcpu *)p = (struct evtchn_bind_vcpu) {
			.port = 8 + random_below(40), .vcpu = random_below(2),
		};
		break;
	case EVTCHNOP_reset:
		*(domid_t *)p = 4000;
		break;
	}
}

static void grants(u64 a[5])
{
	u8 *p = space();
	unsigned int n = random_below(5);

	words(p, 256);
	a[0] = random_below(8) ? random_below(13) : argument();
	switch (a[0]) {
	case GNTTABOP_setup_table: {
		struct gnttab_setup_table *s = (void *)p;

		s->dom = domain();
		s->nr_frames = mostly(random_below(70));
		set_xen_guest_handle(s->frame_list, space());
		n = mostly(1) & 3;
		break;
	}
	case GNTTABOP_map_grant_ref:
		for (unsigned int i = 0; i < n; i++)
			((struct gnttab_map_grant_ref *)p)[i] = (struct gnttab_map_grant_ref) {
				.host_addr = mostly(SCRATCH_VA), .flags = argument(),
				.ref = random_below(64), .dom = domain(),
			};
		break;
	case GNTTABOP_copy:
		for (unsigned int i = 0; i < n; i++) {
			struct gnttab_copy *c = &((struct gnttab_copy *)p)[i];

			c->source.domid = domain();
			c->dest.domid = domain();
			c->source.u.gmfn = victim_mfn();
			c->dest.u.gmfn = victim_mfn();
			c->source.offset = mostly(random_below(4096));
			c->dest.offset = mostly(random_below(4096));
			c->len = mostly(random_below(4096));
			c->flags = random_below(8);
			/* a destination by address is one of ours */
			if (!(c->flags & GNTCOPY_dest_gref))
				c->dest.u.gmfn = victim_mfn();
		}
		break;
	default:
		*(u16 *)p = domain();
	}
	a[1] = mostly((u64)p);
	a[2] = mostly(n) & 0xffffff;
}

static void vcpu(u64 a[5])
{
	a[0] = mostly(random_below(14));
	a[1] = random_below(4) ? 0 : random_below(40);
	words(space(), 128);
	a[2] = pointer();
	/* would end or hang us: whether it may is not the question here */
	if ((u32)a[0] == VCPUOP_down || (u32)a[0] == VCPUOP_register_vcpu_info)
		a[1] = 1 + random_below(40);
}

static void sched(u64 a[5])
{
	struct sched_poll *poll;

	words(space(), 64);
	a[0] = random_below(4) ? SCHEDOP_yield : mostly(random_below(8));
	a[1] = pointer();
	switch ((u32)a[0]) {
	case SCHEDOP_block:
	case SCHEDOP_shutdown:
		a[0] = SCHEDOP_yield;
		break;
	case SCHEDOP_poll:
		poll = space();
		set_xen_guest_handle(poll->ports, space());
		poll->nr_ports = mostly(random_below(4));
		poll->timeout = 1 + random_below(1000);		/* long past */
		a[1] = (u64)poll;
		break;
	case SCHEDOP_watchdog:
		*(struct sched_watchdog *)space() = (struct sched_watchdog) { 0 };
		a[1] = random_below(2) ? NONCANON : 0;
		break;
	}
}

bool structured(unsigned int nr, u64 a[5])
{
	u8 *p = space();
	unsigned int i;

	for (i = 0; i < 5; i++)
		a[i] = argument();
	switch (nr) {
	case __HYPERVISOR_set_trap_table:
		gates(a);
		break;
	case __HYPERVISOR_mmu_update:
		updates(a);
		break;
	case __HYPERVISOR_set_gdt:
		for (i = 0; i < 16; i++)
			((u64 *)p)[i] = mostly(victim_mfn());
		a[0] = (u64)p;
		a[1] = mostly(random_below(8192));
		break;
	case __HYPERVISOR_stack_switch:
		a[0] = mostly(FLAT_KERNEL_SS64);
		a[1] = mostly((u64)p + PAGE_SIZE);
		break;
	case __HYPERVISOR_set_callbacks:
		for (i = 0; i < 3; i++)
			a[i] = mostly((u64)event_entry);
		break;
	case __HYPERVISOR_fpu_taskswitch:
		a[0] = mostly(random_below(2));
		break;
	case __HYPERVISOR_sched_op_compat:
		a[0] = random_below(2) ? 0 : 3 + random_below(1000);
		break;
	case __HYPERVISOR_set_debugreg:
	case __HYPERVISOR_get_debugreg:
		a[0] = mostly(random_below(8));
		/* watch data only: an instruction of ours would never get on */
		a[1] = a[0] == 7 ? mostly(0x1110400 | random_below(256)) & ~0x2220000UL & ~0xffff0000UL :
				   pointer();
		break;
	case __HYPERVISOR_update_descriptor:
		a[0] = mostly((victim_mfn() << 12) + 8 * random_below(512));
		a[1] = random_below(2) ? 0x00cff3000000ffff : argument();
		break;
	case __HYPERVISOR_memory_op:
		memory(a);
		break;
	case __HYPERVISOR_update_va_mapping:
	case __HYPERVISOR_update_va_mapping_otherdomain:
		a[0] = random_below(8) ? (u64)victim[random_below(NR_PAGES)] : SCRATCH_VA;
		a[1] = pte();
		a[2] = random_below(4) | (random_below(2) ? pointer() & ~7UL : 0);
		a[3] = domain();
		break;
	case __HYPERVISOR_set_timer_op:
		a[0] = random_below(2) ? 0 : argument();
		break;
	case 16:
		*(u32 *)p = random_below(14);
		/* the old call: a number, and the structure right behind it */
		event_channel(p + 4, *(u32 *)p);
		a[0] = (u64)p;
		break;
	case __HYPERVISOR_xen_version:
		a[0] = mostly(random_below(13));
		a[1] = pointer();
		*(u32 *)p = random_below(4);
		break;
	case __HYPERVISOR_console_io:
		a[0] = mostly(random_below(3));
		a[1] = random_below(300);
		a[2] = pointer();
		break;
	case __HYPERVISOR_grant_table_op:
		grants(a);
		break;
	case __HYPERVISOR_vm_assist:
		a[0] = mostly(random_below(2));
		a[1] = mostly(random_below(7));
		break;
	case __HYPERVISOR_vcpu_op:
		vcpu(a);
		break;
	case __HYPERVISOR_set_segment_base:
		a[0] = mostly(random_below(4));
		a[1] = a[0] == SEGBASE_GS_USER_SEL ? random_below(8) : mostly((u64)p);
		break;
	case __HYPERVISOR_mmuext_op:
		extended(a);
		break;
	case __HYPERVISOR_nmi_op:
		a[0] = mostly(random_below(2));
		*(u64 *)p = 0;
		*(u64 *)(p + 8) = mostly((u64)nmi_entry);
		a[1] = (u64)p;
		break;
	case __HYPERVISOR_sched_op:
		sched(a);
		break;
	case __HYPERVISOR_callback_op:
		a[0] = mostly(random_below(2) * 2);
		*(u16 *)p = random_below(8);
		((u16 *)p)[1] = random_below(4);
		*(u64 *)(p + 8) = mostly((u64)event_entry);
		a[1] = (u64)p;
		break;
	case __HYPERVISOR_event_channel_op:
		a[0] = mostly(random_below(14));
		event_channel(p, a[0]);
		a[1] = (u64)p;
		break;
	case __HYPERVISOR_physdev_op:
		a[0] = mostly(random_below(32));
		a[1] = (u64)p;
		break;
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_domctl:
		*(u32 *)p = mostly(random_below(90));
		a[0] = (u64)p;
		break;
	default:
		return false;
	}
	return true;
}

void restore(unsigned int nr)
{
	if (nr == __HYPERVISOR_set_trap_table)
		traps_init();
	if (nr == __HYPERVISOR_set_debugreg)
		hc_set_debugreg(7, 0);
}
