// SPDX-License-Identifier: GPL-2.0-only
/*
 * Host state that the guest must not keep, and guest state that the host must
 * not lose.
 */
#include <linux/types.h>
#include <linux/hw_breakpoint.h>
#include <linux/math64.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xcr.h>
#include <asm/irq_vectors.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/nospec-branch.h>
#include <asm/pkru.h>
#include <asm/tlbflush.h>
#include <asm/traps.h>
#include <asm/tsc.h>

#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "domain/domain.h"
#include "host/mitigate.h"
#include "mm/mm.h"
#include "sched/context.h"
#include "sched/fast.h"
#include "sched/light.h"
#include "switch/msr.h"
#include "switch/switch.h"
#include "trap/emulate.h"

#define DR7_ENABLED	0xff

/* The domain whose code ran last here, 0: none: another one's branch targets are flushed. */
static DEFINE_PER_CPU(domid_t, last_domid);

void lodge_context_load(struct lodge_vcpu *v)
{
	unsigned long flags;

	local_irq_save(flags);
	v->cpu = smp_processor_id();
	/*
	 * Linux's own pages are global, and the guest's addresses are Linux's:
	 * no global entry may be used while both take turns on this CPU.
	 */
	cr4_clear_bits_irqsoff(X86_CR4_PGE);
	lodge_msr_load();
	if (this_cpu_read(last_domid) != v->domain->domid) {
		this_cpu_write(last_domid, v->domain->domid);
		if (boot_cpu_has(X86_FEATURE_IBPB))
			wrmsrl(MSR_IA32_PRED_CMD, PRED_CMD_IBPB);
	}
	v->loaded = true;
	local_irq_restore(flags);
	lodge_runstate_set(v, RUNSTATE_running);
	lodge_time_publish(v, false);
}

void lodge_context_put(struct lodge_vcpu *v)
{
	unsigned long flags;

	local_irq_save(flags);
	v->loaded = false;
	lodge_fast_forget();
	lodge_msr_put();
	if (boot_cpu_has(X86_FEATURE_PGE))
		cr4_set_bits_irqsoff(X86_CR4_PGE);
	local_irq_restore(flags);
}

static void sched_in(struct preempt_notifier *pn, int cpu)
{
	lodge_context_load(container_of(pn, struct lodge_vcpu, preempt));
}

static void sched_out(struct preempt_notifier *pn, struct task_struct *next)
{
	struct lodge_vcpu *v = container_of(pn, struct lodge_vcpu, preempt);

	lodge_context_put(v);
	/* taken off while it could run is stolen time, asleep is not */
	lodge_runstate_set(v, v->blocked || v->polling ? RUNSTATE_blocked :
			      v->down || !v->running ? RUNSTATE_offline : RUNSTATE_runnable);
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

void lodge_context_init(struct lodge_vcpu *v)
{
	preempt_notifier_init(&v->preempt, &preempt_ops);
}

/* The addresses; the switch arms them by DR7 where only the guest can hit them. */
static void load_debug(const struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	/* the host's breakpoints would hit guest addresses */
	if (hw_breakpoint_active())
		set_debugreg(0, 7);
	data->dr7 = 0;
	if (likely(!(v->dr7 & DR7_ENABLED)))
		return;
	set_debugreg(v->dr[0], 0);
	set_debugreg(v->dr[1], 1);
	set_debugreg(v->dr[2], 2);
	set_debugreg(v->dr[3], 3);
	data->dr7 = lodge_debugreg_dr7(v);
}

static void put_debug(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	unsigned long dr6;

	if (v->regs.vector == X86_TRAP_DB || unlikely(data->db_pending)) {
		get_debugreg(dr6, 6);
		v->dr6 = dr6;
		set_debugreg(DR6_RESERVED, 6);
	}
	/* hit over a SYSCALL or a port access, on our side of it: a trap of the guest all the same */
	if (unlikely(data->db_pending)) {
		data->db_pending = 0;
		v->db_pending = true;
	}
	if (hw_breakpoint_active())
		hw_breakpoint_restore();
}

static u64 read_xcr0(void)
{
	return xgetbv(XCR_XFEATURE_ENABLED_MASK);
}

static void write_xcr0(u64 val)
{
	u32 lo = val, hi = val >> 32;

	asm volatile("xsetbv" :: "a" (lo), "d" (hi), "c" (XCR_XFEATURE_ENABLED_MASK));
}

/* A machine check in the guest, told to the host as one in user mode. */
static void machine_check(void)
{
	struct pt_regs regs = {
		.cs = 3,
		.flags = X86_EFLAGS_IF,
	};

	do_machine_check(&regs);
}

static void raise_pending(struct lodge_vcpu *v)
{
	struct lodge_switch_data *data = this_cpu_ptr(&lodge_switch_cpu)->data;
	u64 vector = v->regs.vector;

	if (vector >= FIRST_EXTERNAL_VECTOR && vector < NR_VECTORS) {
		/* a guest holds nothing of RCU's; the tick cannot tell that it came in one */
		rcu_note_context_switch(false);
		lodge_switch_raise(vector);
	} else if (vector == X86_TRAP_NMI) {
		/* NMIs are still blocked: the handler's IRET unblocks them */
		if (unlikely(data->nmi_abandoned)) {
			data->nmi_abandoned = 0;
			lodge_count(v, nmi_entry);
		} else {
			lodge_count(v, exit_nmi);
		}
		lodge_switch_raise(X86_TRAP_NMI);
	} else if (vector == X86_TRAP_MC) {
		lodge_count(v, exit_nmi);
		machine_check();
	}
	if (unlikely(data->nmi_pending)) {
		data->nmi_pending = 0;
		lodge_count(v, nmi_late);
		/* not INT 2: NMIs are not blocked any more */
		apic->send_IPI(smp_processor_id(), NMI_VECTOR);
	}
	if (unlikely(data->mc_pending)) {
		data->mc_pending = 0;
		machine_check();
	}
}

enum lodge_light lodge_context_enter(struct lodge_vcpu *v)
{
	struct lodge_switch_data *data = this_cpu_ptr(&lodge_switch_cpu)->data;
	bool xsave = boot_cpu_has(X86_FEATURE_OSXSAVE), pku = boot_cpu_has(X86_FEATURE_OSPKE);
	u64 host_xcr0 = 0, start;
	u32 host_pkru = 0;
	enum lodge_light how;
	bool ts = v->ts, soon;
	int near;

	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
	if (xsave) {
		host_xcr0 = read_xcr0();
		if (host_xcr0 != v->xcr0)
			write_xcr0(v->xcr0);
	}
	/* keys of the guest's pages are software bits to it: all is allowed */
	if (pku) {
		host_pkru = rdpkru();
		if (host_pkru)
			wrpkru(0);
	}
	if (unlikely(ts))
		write_cr0(read_cr0() | X86_CR0_TS);
	load_debug(v, data);
	lodge_msr_enter(v);

	start = rdtsc();
	current->flags |= PF_VCPU;
	lodge_fast_load(v, data);
	lodge_switch_load(v);
	for (;;) {
		lodge_switch_enter(v, lodge_mm_root(v));
		lodge_mitigate_exit();
		near = lodge_switch_near_result();
		/* an NMI or #MC waits, or #DB could: nothing comes before them */
		soon = !data->pending && !data->dr7;
		if (near == LODGE_NEAR_DONE)
			how = LODGE_LIGHT_DONE;
		else
			how = soon && near < 0 ? lodge_quick_exit(v, data) : LODGE_LIGHT_FULL;
		if (how != LODGE_LIGHT_ENTER) {
			lodge_fast_save(v, data);
			if (soon && how == LODGE_LIGHT_FULL)
				how = lodge_light_exit(v);
			if (how != LODGE_LIGHT_ENTER)
				break;
			lodge_fast_reload(v, data);
		}
		/* a guest can execute WRPKRU, and a denied access must not come back for ever */
		if (pku && rdpkru())
			wrpkru(0);
	}

	lodge_switch_put(v);
	lodge_msr_leave();
	put_debug(v, data);
	/* a light exit may have changed v->ts */
	if (unlikely(ts))
		write_cr0(read_cr0() & ~X86_CR0_TS);
	if (pku && (host_pkru || rdpkru()))
		wrpkru(host_pkru);
	if (xsave && host_xcr0 != v->xcr0)
		write_xcr0(host_xcr0);
	v->guest_ns += mul_u64_u32_div(rdtsc() - start, USEC_PER_SEC, tsc_khz);
	cpumask_clear_cpu(v->cpu, &v->domain->mm.running);
	WRITE_ONCE(v->in_guest, false);
	raise_pending(v);
	current->flags &= ~PF_VCPU;
	return how;
}
