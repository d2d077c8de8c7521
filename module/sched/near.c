// SPDX-License-Identifier: GPL-2.0-only
/*
 * Near exits: what the switcher asks of C without leaving its own tables.
 *
 * This is host code like any other, but for its entry: it may take mm.lock, be traced,
 * warn, or have its text patched under it.  It may not enable interrupts, sleep, or look
 * at vcpu state that the switcher keeps (sched/fast.c).
 *
 * Cost: one entry by mmu_update 490 instructions with the way there and back.
 */
#include <linux/container_of.h>
#include <linux/module.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "host/mitigate.h"
#include "mm/mm.h"
#include "mm/pt.h"
#include "sched/fast.h"
#include "sched/light.h"
#include "sched/near.h"
#include "switch/switch.h"

static bool near_exit = true;
module_param(near_exit, bool, 0644);
MODULE_PARM_DESC(near_exit, "quick exits are dealt with before the host's descriptor tables are back");

static u64 lodge_near_exit(struct lodge_regs *regs, struct lodge_switch_data *data)
{
	struct lodge_vcpu *v = container_of(regs, struct lodge_vcpu, regs);

	lodge_mitigate_exit();
	switch (lodge_quick_exit(v, data)) {
	case LODGE_LIGHT_FULL:
		return LODGE_NEAR_FULL;
	case LODGE_LIGHT_DONE:
		return LODGE_NEAR_DONE;
	default:
		lodge_count(v, exit_near);
		return lodge_mm_root(v);
	}
}

/* What is not settled goes on to a full exit, and counts as one. */
static __always_inline u64 ended(struct lodge_vcpu *v, bool settled)
{
	if (!settled)
		return LODGE_NEAR_DONE;
	lodge_count(v, exits);
	lodge_count(v, exit_light);
	lodge_count(v, exit_quick);
	lodge_count(v, exit_near);
	return LODGE_NEAR_ENTER;
}

/* mmu_update of one entry, for the guest kernel. */
static u64 lodge_near_store(struct lodge_regs *regs, u64 ptr, u64 val)
{
	struct lodge_vcpu *v = container_of(regs, struct lodge_vcpu, regs);
	bool settled;

	lodge_mitigate_exit();
	if (!lodge_pt_store_near(v, ptr, val, &settled))
		return LODGE_NEAR_FULL;
	v->counters.hypercall[__HYPERVISOR_mmu_update]++;
	lodge_count(v, pt_update);
	return ended(v, settled);
}

/* mmuext_op of both roots, for the guest kernel. */
static u64 lodge_near_roots(struct lodge_regs *regs, u64 kernel, u64 user)
{
	struct lodge_switch_data *data = this_cpu_ptr(&lodge_switch_cpu)->data;
	struct lodge_vcpu *v = container_of(regs, struct lodge_vcpu, regs);

	lodge_mitigate_exit();
	if (!lodge_mm_near_baseptr(v, kernel, user))
		return LODGE_NEAR_FULL;
	v->counters.hypercall[__HYPERVISOR_mmuext_op]++;
	lodge_fast_roots(v, data);
	/*
	 * Another vcpu's thread has put it out of use since.  It is good for the way out,
	 * which begins in it.
	 */
	if (unlikely(!data->root_kernel)) {
		v->kernel_mode = true;
		data->root_kernel = lodge_mm_root(v);
		return LODGE_NEAR_DONE;
	}
	return ended(v, lodge_mm_settle(v));
}

/*
 * Not without FSGSBASE: the base of GS is exchanged each time.  Not where the host has to
 * prepare its returns whenever it is entered, which is not done so early.  Not with
 * breakpoints of the guest's, which could hit on the way, nor where a guest can read what
 * an NMI that hits C leaves on its stack (Meltdown).
 */
bool lodge_near_allowed(const struct lodge_switch_data *data)
{
	if (!READ_ONCE(near_exit) || !data->fsgsbase || data->dr7 ||
	    boot_cpu_has_bug(X86_BUG_CPU_MELTDOWN))
		return false;
#ifdef X86_FEATURE_SRSO
	if (boot_cpu_has(X86_FEATURE_SRSO))
		return false;
#endif
#ifdef X86_FEATURE_SRSO_ALIAS
	if (boot_cpu_has(X86_FEATURE_SRSO_ALIAS))
		return false;
#endif
#ifdef X86_FEATURE_CALL_DEPTH
	if (boot_cpu_has(X86_FEATURE_CALL_DEPTH))
		return false;
#endif
	return !boot_cpu_has(X86_FEATURE_UNRET) && !boot_cpu_has(X86_FEATURE_ENTRY_IBPB);
}

void lodge_near_init(void)
{
	lodge_switch_set_near((u64)lodge_near_exit, (u64)lodge_near_store, (u64)lodge_near_roots);
}
