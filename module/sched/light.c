// SPDX-License-Identifier: GPL-2.0-only
/*
 * Light exits: dealt with in the host's world, but with interrupts off and
 * MSRs, FPU and debug registers left as the guest has them, and the guest is
 * entered again at once.
 *
 * DS, ES, FS and its base are in the CPU and not in the vcpu.
 *
 * Nothing here may sleep, raise a vector, build a shadow, hand anything to user
 * space or wait for another CPU, except for the handler of the vcpu's own timer to
 * end there.  What would have to sets v->retry, and the exit is dealt with from the
 * start in a full one: all of it either has been done here or has not begun, except
 * for a list of calls, which goes on where it was.  Work is bounded: WORK_MAX
 * page-table entries, in one call or in a list of them.
 *
 * Interrupts that came meanwhile, IPIs for a flush, a kick or a signal among
 * them, are taken at the guest's next instruction and end in a full exit.
 */
#include <linux/module.h>
#include <asm/traps.h>

#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "domain/domain.h"
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/light.h"
#include "mm/mm.h"
#include "mm/shadow.h"
#include "mm/type.h"
#include "sched/light.h"
#include "switch/layout.h"
#include "switch/switch.h"
#include "trap/emulate.h"
#include "trap/trap.h"

#define LIST_MAX	16
#define WORK_MAX	32	/* page-table entries, or what takes as long; at 450 instructions each */

static bool light_fault = true;
module_param(light_fault, bool, 0644);
MODULE_PARM_DESC(light_fault, "page faults are dealt with in light exits where possible");

static bool light_call = true;
module_param(light_call, bool, 0644);
MODULE_PARM_DESC(light_call, "page-table hypercalls and lists of calls are made in light exits where possible");

/* As make_loadable() would find it: flat selectors, a canonical RIP. */
static bool loadable(const struct lodge_vcpu *v)
{
	return (u16)v->regs.cs == LODGE_SEL_USER_CS64 && (u16)v->regs.ss == LODGE_SEL_USER_DS &&
	       lodge_canonical(v->regs.rip);
}

/* The exception waits in v->trap. */
static enum lodge_light deliver(struct lodge_vcpu *v)
{
	if (lodge_trap_deliver_light(v))
		return LODGE_LIGHT_ENTER;
	v->trap.pending = false;
	return LODGE_LIGHT_FULL;
}

static enum lodge_light page_fault(struct lodge_vcpu *v)
{
	u32 error = v->regs.error;
	u64 cr2 = v->regs.cr2;

	switch (lodge_mm_fault(v, cr2, &error)) {
	case LODGE_FAULT_FIXED:
		return LODGE_LIGHT_ENTER;
	case LODGE_FAULT_GUEST:
		if (v->retry)
			return LODGE_LIGHT_FULL;
		break;
	case LODGE_FAULT_PT_WRITE:
		switch (lodge_emulate_pt_write(v, cr2)) {
		case LODGE_EMULATE_DONE:
			lodge_count(v, pf_write_emulated);
			/* a single step waits */
			return v->trap.pending ? LODGE_LIGHT_DONE : LODGE_LIGHT_ENTER;
		default:
			return LODGE_LIGHT_FULL;
		}
	case LODGE_FAULT_FATAL:
		return LODGE_LIGHT_FULL;
	}
	lodge_vcpu_inject_pf(v, cr2, error);
	return deliver(v);
}

/* true: done, with *ret.  Calls that only change the vcpu's own registers are as in a full exit. */
static bool call(struct lodge_vcpu *v, u64 nr, struct lodge_hc_args *args, long *ret)
{
	bool done;

	switch (nr) {
	case __HYPERVISOR_mmu_update:
		done = lodge_light_mmu_update(v, args, ret);
		break;
	case __HYPERVISOR_update_va_mapping:
		done = lodge_light_update_va_mapping(v, args, ret);
		break;
	case __HYPERVISOR_mmuext_op:
		done = lodge_light_mmuext_op(v, args, ret);
		break;
	case __HYPERVISOR_vcpu_op:
		/* the timer is armed with interrupts off as well as on */
		if ((u32)args->a[0] != VCPUOP_set_singleshot_timer || (u32)args->a[1] != v->id)
			return false;
		*ret = lodge_hypercall_one(v, nr, args);
		return !v->retry;
	case __HYPERVISOR_xen_version:
		if ((u32)args->a[0])
			return false;
		fallthrough;
	case __HYPERVISOR_stack_switch:
	case __HYPERVISOR_fpu_taskswitch:
		*ret = lodge_hypercall_one(v, nr, args);
		return true;
	default:
		return false;
	}
	if (done)
		v->counters.hypercall[nr]++;
	return done;
}

static void load_args(struct lodge_hc_args *args, const struct lodge_regs *r)
{
	*args = (struct lodge_hc_args){ { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 } };
}

/* The call is left to a full exit if its own results go to memory as well: one late word is enough. */
static bool suits_list(const struct multicall_entry *e)
{
	return (e->op != __HYPERVISOR_mmu_update && e->op != __HYPERVISOR_mmuext_op) ||
	       !e->args[2];
}

static unsigned int work_of(const struct multicall_entry *e)
{
	switch (e->op) {
	case __HYPERVISOR_mmu_update:
		return min_t(u32, e->args[1], WORK_MAX + 1);
	case __HYPERVISOR_mmuext_op:
		return 4;	/* other roots */
	}
	return 1;
}

/* Progress is in RDI and RSI, as for a list that is continued. */
static enum lodge_light list(struct lodge_vcpu *v)
{
	struct lodge_regs *r = &v->regs;
	struct multicall_entry e[LIST_MAX] __uninitialized;
	unsigned int n = (u32)r->rsi, work = 0, i;

	if (!n || n > LIST_MAX || lodge_guest_read(v, e, r->rdi, n * sizeof(e[0])))
		return LODGE_LIGHT_FULL;
	for (i = 0; i < n; i++) {
		u64 result = r->rdi + offsetof(struct multicall_entry, result);
		struct lodge_hc_args args;
		long ret;

		memcpy(args.a, e[i].args, sizeof(args.a));
		work += work_of(&e[i]);
		if (work > WORK_MAX || !suits_list(&e[i]) || !call(v, e[i].op, &args, &ret))
			return LODGE_LIGHT_FULL;
		r->rdi += sizeof(e[i]);
		r->rsi = n - i - 1;
		if (lodge_guest_put(v, result, ret)) {
			/* the full exit stores it, or says -EFAULT, and goes on */
			v->late_va = result;
			v->late_val = ret;
			v->late_bytes = sizeof(ret);
			return LODGE_LIGHT_FULL;
		}
	}
	v->counters.hypercall[__HYPERVISOR_multicall]++;
	r->rax = 0;
	return LODGE_LIGHT_ENTER;
}

static enum lodge_light hypercall(struct lodge_vcpu *v)
{
	struct lodge_hc_args args;
	long ret;

	if (v->regs.rax == __HYPERVISOR_multicall)
		return list(v);
	load_args(&args, &v->regs);
	if (!call(v, v->regs.rax, &args, &ret))
		return LODGE_LIGHT_FULL;
	v->regs.rax = ret;
	return v->late_bytes ? LODGE_LIGHT_DONE : LODGE_LIGHT_ENTER;
}

static enum lodge_light dispatch(struct lodge_vcpu *v)
{
	switch (v->regs.vector) {
	case X86_TRAP_PF:
		return light_fault ? page_fault(v) : LODGE_LIGHT_FULL;
	case LODGE_VEC_SYSCALL:
		return light_call && v->kernel_mode ? hypercall(v) : LODGE_LIGHT_FULL;
	}
	return LODGE_LIGHT_FULL;
}

enum lodge_light lodge_light_exit(struct lodge_vcpu *v)
{
	bool ts = v->ts;
	enum lodge_light how;

	if (!lodge_mm_light_ok(v))
		return LODGE_LIGHT_FULL;
	v->light = true;
	v->retry = false;
	how = dispatch(v);
	v->light = false;
	if (how == LODGE_LIGHT_FULL)
		return how;
	lodge_count(v, exits);
	lodge_count(v, exit_light);
	v->regs.rflags = lodge_light_rflags(v->regs.rflags);
	if (!lodge_mm_settle(v) || !lodge_mm_entry_valid(v) || !loadable(v) || v->ts != ts ||
	    lodge_event_deliverable(v) || READ_ONCE(v->nmi_pending) ||
	    lodge_domain_ended(v->domain))
		return LODGE_LIGHT_DONE;
	return how;
}

bool lodge_light_finish(struct lodge_vcpu *v)
{
	u8 bytes = v->late_bytes;

	lodge_type_drain(v);
	lodge_mm_commit(v->domain);
	if (likely(!bytes))
		return false;
	v->late_bytes = 0;
	if (!lodge_guest_write(v, v->late_va, &v->late_val, bytes))
		return false;
	v->regs.rax = -EFAULT;
	return true;
}
