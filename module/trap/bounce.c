// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entering the guest kernel: the frame of ABI 3.2 on its stack.
 */
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/processor-flags.h>
#include <asm/traps.h>

#include <xen/interface/xen.h>

#include "debug/trace.h"
#include "domain/domain.h"
#include "mm/access.h"
#include "trap/trap.h"

/* cleared in the handler's flags */
#define BOUNCE_CLEAR	(X86_EFLAGS_TF | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_AC | \
			 X86_EFLAGS_VM)

void lodge_set_kernel_mode(struct lodge_vcpu *v, bool kernel)
{
	if (v->kernel_mode == kernel)
		return;
	swap(v->gs_base_active, v->gs_base_inactive);
	v->kernel_mode = kernel;
}

static u64 frame_cs(const struct lodge_vcpu *v, u8 mask)
{
	u64 cs = v->regs.cs & 0xffff;

	/* Linux decides user_mode() by these bits */
	cs = v->kernel_mode ? cs & ~3ULL : cs | 3;
	return cs | (u64)mask << 32;
}

static u64 frame_rflags(const struct lodge_vcpu *v, u8 mask)
{
	u64 f = v->regs.rflags & ~(u64)(X86_EFLAGS_IF | X86_EFLAGS_IOPL);

	if (!mask)
		f |= X86_EFLAGS_IF;
	if (test_bit(VMASST_TYPE_architectural_iopl, &v->domain->vm_assist))
		f |= (u64)v->iopl << X86_EFLAGS_IOPL_BIT;
	return f;
}

static void enter_later(struct lodge_vcpu *v, const u64 *frame, unsigned int n, u64 address,
			bool mask_events)
{
	v->late_entry.address = address;
	v->late_entry.n = n;
	v->late_entry.mask_events = mask_events;
	memmove(v->late_entry.frame, frame, n * sizeof(u64));
}

/* Push n words, the last of frame at the highest address, and go to address. */
static void enter_kernel(struct lodge_vcpu *v, const u64 *frame, unsigned int n, u64 address,
			 bool mask_events)
{
	u64 sp = v->kernel_mode ? v->regs.rsp : v->kernel_sp;

	sp = (sp & ~15ULL) - n * sizeof(u64);
	if (!lodge_guest_va_ok(address) || lodge_guest_write(v, sp, frame, n * sizeof(u64))) {
		if (v->light)
			return;	/* it is tried again in a full exit */
		/* a thread that is killed, by the OOM killer for one, gets no memory: the next will */
		if (fatal_signal_pending(current)) {
			enter_later(v, frame, n, address, mask_events);
			return;
		}
		lodge_domain_crash(v->domain,
				   "vcpu %u: cannot enter the guest kernel: handler %#llx, stack %#llx",
				   v->id, address, sp);
		return;
	}
	v->late_entry.n = 0;
	lodge_count(v, bounces);
	lodge_set_kernel_mode(v, true);
	v->regs.rip = address;
	v->regs.cs = FLAT_KERNEL_CS;
	v->regs.ss = FLAT_KERNEL_SS;
	v->regs.rsp = sp;
	v->regs.rflags &= ~(u64)BOUNCE_CLEAR;
	if (mask_events)
		WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
}

void lodge_bounce(struct lodge_vcpu *v, u64 address, bool mask_events, bool has_error, u32 error)
{
	u8 mask = READ_ONCE(v->info->evtchn_upcall_mask);
	u64 frame[LODGE_FRAME_MAX] __uninitialized;
	unsigned int n = 0;

	frame[n++] = v->regs.rcx;
	frame[n++] = v->regs.r11;
	if (has_error)
		frame[n++] = error;
	frame[n++] = v->regs.rip;
	frame[n++] = frame_cs(v, mask);
	frame[n++] = frame_rflags(v, mask);
	frame[n++] = v->regs.rsp;
	frame[n++] = v->regs.ss;
	enter_kernel(v, frame, n, address, mask_events);
}

void lodge_bounce_failsafe(struct lodge_vcpu *v)
{
	const struct lodge_gate *g = &v->callback[LODGE_CALLBACK_FAILSAFE];
	u8 mask = READ_ONCE(v->info->evtchn_upcall_mask);
	u64 frame[LODGE_FRAME_MAX] __uninitialized;
	unsigned int n = 0;

	if (!g->address) {
		lodge_domain_crash(v->domain, "vcpu %u: segment fault without a failsafe callback",
				   v->id);
		return;
	}
	frame[n++] = v->regs.rcx;
	frame[n++] = v->regs.r11;
	frame[n++] = v->ds;
	frame[n++] = v->es;
	frame[n++] = v->fs;
	frame[n++] = v->gs;
	frame[n++] = v->regs.rip;
	frame[n++] = frame_cs(v, mask);
	frame[n++] = frame_rflags(v, mask);
	frame[n++] = v->regs.rsp;
	frame[n++] = v->regs.ss;
	enter_kernel(v, frame, n, g->address, g->mask_events);
}

bool lodge_bounce_callback(struct lodge_vcpu *v, int callback)
{
	const struct lodge_gate *g = &v->callback[callback];

	if (!g->address)
		return false;
	lodge_bounce(v, g->address, g->mask_events, false, 0);
	return true;
}

void lodge_bounce_sysenter(struct lodge_vcpu *v)
{
	/* ABI 3.7: what the instruction does not save reads as 0, in user mode */
	v->regs.rip = 0;
	v->regs.cs = 3;
	v->regs.ss = FLAT_USER_SS;
	v->regs.rflags &= ~(u64)(X86_EFLAGS_DF | X86_EFLAGS_TF);
	lodge_bounce_callback(v, LODGE_CALLBACK_SYSENTER);
}

static bool vector_has_error(u8 vector)
{
	return vector == X86_TRAP_DF || (vector >= X86_TRAP_TS && vector <= X86_TRAP_PF) ||
	       vector == X86_TRAP_AC || vector == X86_TRAP_CP;
}

void lodge_vcpu_inject(struct lodge_vcpu *v, u8 vector, u32 error)
{
	v->trap = (struct lodge_trap) {
		.pending = true,
		.vector = vector,
		.has_error = vector_has_error(vector),
		.error = error,
	};
}

void lodge_vcpu_inject_pf(struct lodge_vcpu *v, u64 cr2, u32 error)
{
	lodge_vcpu_inject(v, X86_TRAP_PF, error);
	v->trap.cr2 = cr2;
}

static void deliver_trap(struct lodge_vcpu *v)
{
	struct lodge_trap t = v->trap;
	const struct lodge_gate *g = &v->trap_table[t.vector];

	v->trap.pending = false;
	trace_lodge_inject(v, t.vector, t.error, t.cr2);
	if (!g->address) {
		lodge_domain_crash(v->domain,
				   "vcpu %u: no handler for vector %u, error %#x at rip %#llx",
				   v->id, t.vector, t.error, v->regs.rip);
		return;
	}
	if (t.vector == X86_TRAP_PF) {
		WRITE_ONCE(v->info->arch.cr2, t.cr2);
		lodge_count(v, pf_bounced);
	}
	lodge_bounce(v, g->address, g->mask_events, t.has_error, t.error);
}

bool lodge_trap_deliver_light(struct lodge_vcpu *v)
{
	bool good = v->trap_table[v->trap.vector].address;
	u64 before = v->counters.bounces;

	if (good)
		deliver_trap(v);
	return good && v->counters.bounces != before;
}

/* ABI 3.5: an upcall always masks further ones. */
static void deliver_upcall(struct lodge_vcpu *v)
{
	const struct lodge_gate *g = &v->callback[LODGE_CALLBACK_EVENT];

	if (!g->address) {
		lodge_domain_crash(v->domain, "vcpu %u: event without an event callback", v->id);
		return;
	}
	lodge_count(v, upcalls);
	lodge_bounce(v, g->address, true, false, 0);
}

static void deliver_nmi(struct lodge_vcpu *v)
{
	const struct lodge_gate *g = &v->callback[LODGE_CALLBACK_NMI];

	v->nmi_pending = false;
	if (!g->address)
		g = &v->trap_table[X86_TRAP_NMI];
	if (!g->address)
		return;
	v->nmi_masked = true;
	lodge_bounce(v, g->address, true, false, 0);
}

/* What the hardware would refuse is the guest's to repair. */
static void make_loadable(struct lodge_vcpu *v)
{
	u16 ds = v->ds, es = v->es, fs = v->fs, gs = v->gs;
	u32 error;
	u8 vector;

	if (unlikely(!lodge_regs_loadable(v, &vector, &error))) {
		lodge_vcpu_inject(v, vector, error);
		deliver_trap(v);
	}
	if (likely(lodge_selectors_loadable(v)))
		return;
	/* the frame names what was wanted, in force is what could be loaded */
	swap(ds, v->ds);
	swap(es, v->es);
	swap(fs, v->fs);
	swap(gs, v->gs);
	lodge_bounce_failsafe(v);
	v->ds = ds;
	v->es = es;
	v->fs = fs;
	v->gs = gs;
}

static bool can_go_on(const struct lodge_vcpu *v)
{
	return !v->late_entry.n && !lodge_domain_ended(v->domain);
}

bool lodge_trap_deliver(struct lodge_vcpu *v)
{
	const struct lodge_kernel_entry *e = &v->late_entry;

	if (unlikely(e->n))
		enter_kernel(v, e->frame, e->n, e->address, e->mask_events);
	if (v->trap.pending && can_go_on(v))
		deliver_trap(v);
	if (unlikely(v->db_pending) && can_go_on(v)) {
		v->db_pending = false;
		lodge_vcpu_inject(v, X86_TRAP_DB, 0);
		deliver_trap(v);
	}
	if (v->nmi_pending && !v->nmi_masked && can_go_on(v))
		deliver_nmi(v);
	if (lodge_event_deliverable(v) && can_go_on(v))
		deliver_upcall(v);
	if (!can_go_on(v))
		return false;

	make_loadable(v);
	if (!can_go_on(v))
		return false;
	v->regs.rflags = (v->regs.rflags & ~(u64)(X86_EFLAGS_IOPL | X86_EFLAGS_VM |
						  X86_EFLAGS_VIF | X86_EFLAGS_VIP)) |
			 X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	return true;
}
