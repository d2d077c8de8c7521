/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls: their handlers and how they end.
 *
 * A handler is long lodge_hc_<name>(v, args) with the arguments as the guest
 * passed them, unchecked.  It runs on the vcpu's own thread, with interrupts
 * and preemption on, may sleep (but not wait for anything that only this guest
 * can cause), and returns what the guest finds in RAX.
 *
 * Three results are not values for RAX:
 *   LODGE_HC_AGAIN	the work is not done: undo nothing, run the same call
 *			again after pending work (signals, rescheduling, pauses)
 *			has been seen to.  The handler keeps its progress in
 *			guest-visible arguments (args are written back to the
 *			guest's registers) or in the vcpu.
 *   LODGE_HC_NO_RESULT	the registers are already as the guest shall see
 *			them (iret, a vcpu that went down).
 */
#ifndef LODGE_HYPERCALL_H
#define LODGE_HYPERCALL_H

#include <linux/types.h>

struct lodge_vcpu;

#define LODGE_HC_AGAIN		(-100000L)
#define LODGE_HC_NO_RESULT	(-100001L)

struct lodge_hc_args {
	u64 a[6];	/* RDI RSI RDX R10 R8 R9 */
};

typedef long (*lodge_hc_fn)(struct lodge_vcpu *v, struct lodge_hc_args *args);

#define LODGE_HC(name) long lodge_hc_##name(struct lodge_vcpu *v, struct lodge_hc_args *args)

/* Each beside the subsystem it belongs to: op.c there. */
LODGE_HC(set_trap_table);	/* trap/ */
LODGE_HC(set_callbacks);
LODGE_HC(callback_op);
LODGE_HC(iret);
LODGE_HC(set_debugreg);
LODGE_HC(get_debugreg);
LODGE_HC(stack_switch);
LODGE_HC(fpu_taskswitch);
LODGE_HC(set_segment_base);
LODGE_HC(nmi_op);
LODGE_HC(physdev_op);
LODGE_HC(set_gdt);		/* mm/descriptor.c */
LODGE_HC(update_descriptor);
LODGE_HC(mmu_update);		/* mm/ */
LODGE_HC(mmuext_op);
LODGE_HC(update_va_mapping);
LODGE_HC(update_va_mapping_otherdomain);
LODGE_HC(memory_op);
LODGE_HC(multicall);		/* hypercall/ */
LODGE_HC(xen_version);
LODGE_HC(vm_assist);
LODGE_HC(console_io);
LODGE_HC(platform_op);
LODGE_HC(sysctl);
LODGE_HC(domctl);
LODGE_HC(vcpu_op);		/* sched/ */
LODGE_HC(sched_op);
LODGE_HC(sched_op_compat);
LODGE_HC(set_timer_op);		/* time/ */
LODGE_HC(event_channel_op);	/* event/ */
LODGE_HC(event_channel_op_compat);
LODGE_HC(grant_table_op);	/* grant/ */

/* Has the caller used up its share for now?  Long handlers ask between units of work. */
bool lodge_hc_preempt(const struct lodge_vcpu *v);

#endif
