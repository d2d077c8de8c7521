// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quick exits: the light ones that a Linux guest makes most, one entry of a page
 * table written by mmu_update or by a plain MOV or XCHG, other roots at a switch of
 * processes, and page faults that its own tables answer.  As in a light exit
 * (sched/light.c), and what the switcher keeps of the vcpu stays where it is, too:
 * only the fields named here are brought up to date.
 *
 * Whatever is not as usual is left to the light exit, before anything has changed.
 *
 * Called by near exits (sched/near.c), or where these are not allowed with the host whole.
 */
#include <linux/module.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/mm.h"
#include "mm/pt.h"
#include "sched/fast.h"
#include "sched/light.h"
#include "switch/layout.h"
#include "switch/switch.h"
#include "trap/emulate.h"

/* P, W, and U: all of a guest runs in ring 3 */
#define WRITE_TO_READ_ONLY	7

static bool quick_exit = true;
module_param(quick_exit, bool, 0644);
MODULE_PARM_DESC(quick_exit, "single page-table entries and roots are written in shorter light exits");

static bool mmu_update_one(struct lodge_vcpu *v)
{
	struct lodge_regs *r = &v->regs;

	if ((u32)r->rsi != 1 || r->rdx || r->r10 != DOMID_SELF || !lodge_canonical(r->rip) ||
	    !lodge_pt_store_quick(v, r->rdi))
		return false;
	v->counters.hypercall[__HYPERVISOR_mmu_update]++;
	r->rax = 0;
	return true;
}

static bool new_roots(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	struct lodge_regs *r = &v->regs;

	/* what has to be stored after it is the light exit's */
	if ((u32)r->rsi != 2 || r->rdx || r->r10 != DOMID_SELF || !lodge_canonical(r->rip) ||
	    !lodge_mm_quick_baseptr(v, r->rdi))
		return false;
	v->counters.hypercall[__HYPERVISOR_mmuext_op]++;
	lodge_fast_roots(v, data);
	r->rax = 0;
	return true;
}

static bool hypercall(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	switch (v->regs.rax) {
	case __HYPERVISOR_mmu_update:
		return mmu_update_one(v);
	case __HYPERVISOR_mmuext_op:
		return new_roots(v, data);
	}
	return false;
}

static bool write_to_table(struct lodge_vcpu *v)
{
	if (v->regs.error != WRITE_TO_READ_ONLY || (v->regs.rflags & X86_EFLAGS_TF) ||
	    !test_bit(VMASST_TYPE_writable_pagetables, &v->domain->vm_assist) ||
	    !lodge_emulate_pt_short(v, v->regs.cr2))
		return false;
	lodge_count(v, pf_write_emulated);
	return true;
}

/*
 * What user mode does against its own tables: the switcher gives it to the guest
 * kernel on its way in.  If it is back from there the kernel's stack is not as usual.
 */
static bool forbidden(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	bool tried = data->bounce;

	data->bounce = 0;
	if (tried || !(data->fast & LODGE_FAST_FAULT) ||
	    !lodge_mm_forbids(v, v->regs.cr2, v->regs.error))
		return false;
	data->bounce = v->regs.error;
	return true;
}

enum lodge_light lodge_quick_exit(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	bool done = false;

	if (!quick_exit || !lodge_mm_light_ok(v))
		return LODGE_LIGHT_FULL;
	v->kernel_mode = data->kernel_mode;
	v->light = true;
	if (v->regs.vector == X86_TRAP_PF)
		done = v->kernel_mode ? write_to_table(v) : forbidden(v, data);
	else if (v->regs.vector == LODGE_VEC_SYSCALL && v->kernel_mode)
		done = hypercall(v, data);
	v->light = false;
	if (!done)
		return LODGE_LIGHT_FULL;
	lodge_count(v, exits);
	lodge_count(v, exit_light);
	lodge_count(v, exit_quick);
	v->regs.rflags = lodge_light_rflags(v->regs.rflags);
	if (!lodge_mm_settle(v) || !lodge_mm_entry_valid(v) || lodge_event_deliverable(v) ||
	    READ_ONCE(v->nmi_pending) || lodge_domain_ended(v->domain))
		return LODGE_LIGHT_DONE;
	return LODGE_LIGHT_ENTER;
}
