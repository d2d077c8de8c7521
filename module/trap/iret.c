// SPDX-License-Identifier: GPL-2.0-only
/* The iret hypercall (ABI 3.4): back to where a bounce came from, or to user space. */
#include <linux/sched/signal.h>
#include <linux/types.h>
#include <asm/processor-flags.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "trap/trap.h"

#define IN_SYSCALL	0x100	/* VGCF_in_syscall: RCX and R11 need not be restored */

/* What the guest has on its stack (X: arch-x86/xen-x86_64.h, iret_context). */
struct iret_frame {
	u64 rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

LODGE_HC(iret)
{
	struct lodge_domain *d = v->domain;
	struct iret_frame f;

	if (lodge_guest_get(v, f, v->regs.rsp)) {
		if (fatal_signal_pending(current))
			return LODGE_HC_AGAIN;	/* by the next thread */
		lodge_domain_crash(d, "vcpu %u: iret with an unreadable stack at %#llx", v->id,
				   v->regs.rsp);
		return LODGE_HC_NO_RESULT;
	}
	lodge_count(v, iret);
	if ((f.cs & 3) == 3) {
		if (!v->cr3_user) {
			lodge_domain_crash(d, "vcpu %u: iret to user mode without user page tables",
					   v->id);
			return LODGE_HC_NO_RESULT;
		}
		lodge_set_kernel_mode(v, false);
	}
	if (test_bit(VMASST_TYPE_architectural_iopl, &d->vm_assist))
		v->iopl = (f.rflags & X86_EFLAGS_IOPL) >> X86_EFLAGS_IOPL_BIT;

	v->regs.rip = f.rip;
	v->regs.cs = (f.cs & 0xffff) | 3;
	v->regs.ss = (f.ss & 0xffff) | 3;
	v->regs.rsp = f.rsp;
	v->regs.rflags = f.rflags;
	v->regs.rax = f.rax;
	if (!(f.flags & IN_SYSCALL)) {
		v->regs.r11 = f.r11;
		v->regs.rcx = f.rcx;
	}
	WRITE_ONCE(v->info->evtchn_upcall_mask, !(f.rflags & X86_EFLAGS_IF));
	v->nmi_masked = false;
	return LODGE_HC_NO_RESULT;
}
