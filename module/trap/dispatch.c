// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an exit was about.  Host interrupts have been raised already.
 */
#include <asm/processor-flags.h>
#include <asm/traps.h>

#include "debug/trace.h"
#include "domain/domain.h"
#include "hypercall/dispatch.h"
#include "mm/mm.h"
#include "switch/layout.h"
#include "switch/switch.h"
#include "trap/emulate.h"
#include "trap/trap.h"

#define SYSCALL_SIZE	2

/* Which table the selector in an error code is of. */
#define GP_TABLE	6
#define GP_LDT		4

static int page_fault(struct lodge_vcpu *v)
{
	u32 error = v->regs.error;
	u64 cr2 = v->regs.cr2;

	lodge_count(v, exit_page_fault);
	switch (lodge_mm_fault(v, cr2, &error)) {
	case LODGE_FAULT_FIXED:
		return 0;
	case LODGE_FAULT_FATAL:
		return -EFAULT;
	case LODGE_FAULT_PT_WRITE:
		switch (lodge_emulate_pt_write(v, cr2)) {
		case LODGE_EMULATE_DONE:
			lodge_count(v, pf_write_emulated);
			return 0;
		case LODGE_EMULATE_AGAIN:
		case LODGE_EMULATE_FAULT:
			return 0;
		default:
			break;
		}
		fallthrough;
	case LODGE_FAULT_GUEST:
		lodge_vcpu_inject_pf(v, cr2, error);
		return 0;
	}
	return 0;
}

static void general_protection(struct lodge_vcpu *v)
{
	lodge_count(v, exit_gp);
	if ((v->regs.error & GP_TABLE) == GP_LDT && lodge_ldt_fault(v, v->regs.error))
		return;
	switch (lodge_emulate_gp(v, v->regs.error)) {
	case LODGE_EMULATE_NOT_MINE:
		lodge_vcpu_inject(v, X86_TRAP_GP, v->regs.error);
		break;
	case LODGE_EMULATE_SYSENTER:
		lodge_bounce_sysenter(v);
		break;
	default:
		lodge_count(v, emulated);
		break;
	}
}

static void invalid_opcode(struct lodge_vcpu *v)
{
	switch (lodge_emulate_ud(v)) {
	case LODGE_EMULATE_NOT_MINE:
		lodge_vcpu_inject(v, X86_TRAP_UD, 0);
		break;
	default:
		lodge_count(v, emulated);
		break;
	}
}

static void syscall_exit(struct lodge_vcpu *v, bool compat)
{
	if (v->kernel_mode && !compat) {
		lodge_count(v, exit_hypercall);
		lodge_hypercall(v);
		return;
	}
	lodge_count(v, exit_syscall);
	if (lodge_bounce_callback(v, compat ? LODGE_CALLBACK_SYSCALL32 : LODGE_CALLBACK_SYSCALL))
		return;
	v->regs.rip -= SYSCALL_SIZE;
	lodge_vcpu_inject(v, X86_TRAP_UD, 0);
}

static int exception(struct lodge_vcpu *v)
{
	u8 vector = v->regs.vector;

	switch (vector) {
	case X86_TRAP_PF:
		return page_fault(v);
	case X86_TRAP_GP:
		general_protection(v);
		return 0;
	case X86_TRAP_UD:
		lodge_count(v, exit_exception);
		invalid_opcode(v);
		return 0;
	case X86_TRAP_NM:
		/* ABI 2.7: TS is clear when the guest sees #NM */
		v->ts = false;
		break;
	case X86_TRAP_NMI:
	case X86_TRAP_MC:
		return 0;	/* the host's, handled before we came here */
	}
	lodge_count(v, exit_exception);
	lodge_vcpu_inject(v, vector, v->regs.error);
	return 0;
}

/* One of our own instructions faulted with the guest's state half loaded. */
static void fault_of_ours(struct lodge_vcpu *v)
{
	u8 vector = v->regs.vector;

	if (lodge_switch_is_iret(v->regs.cr2)) {
		lodge_bounce_failsafe(v);
		return;
	}
	WARN_ONCE(1, "vector %u in the switch at %#llx", vector, v->regs.cr2);
	lodge_domain_crash(v->domain, "vcpu %u: exception %u in the world switch", v->id, vector);
}

int lodge_trap_handle(struct lodge_vcpu *v)
{
	u64 vector = v->regs.vector;

	lodge_count(v, exits);
	if (vector < NUM_EXCEPTION_VECTORS)
		return exception(v);
	if (vector == LODGE_VEC_SYSCALL)
		syscall_exit(v, false);
	else if (vector == LODGE_VEC_SYSCALL32)
		syscall_exit(v, true);
	else if (vector & LODGE_VEC_CPL0)
		fault_of_ours(v);
	else
		lodge_count(v, exit_interrupt);
	return 0;
}
