// SPDX-License-Identifier: GPL-2.0-only
/* Structure offsets for the assembly of the switch. */
#include <linux/kbuild.h>
#include <linux/types.h>

#include <xen/interface/xen.h>

#include "switch/switch.h"

int main(void);
int main(void)
{
	OFFSET(R_R15, lodge_regs, r15);
	OFFSET(R_R14, lodge_regs, r14);
	OFFSET(R_R13, lodge_regs, r13);
	OFFSET(R_R12, lodge_regs, r12);
	OFFSET(R_RBP, lodge_regs, rbp);
	OFFSET(R_RBX, lodge_regs, rbx);
	OFFSET(R_R11, lodge_regs, r11);
	OFFSET(R_R10, lodge_regs, r10);
	OFFSET(R_R9, lodge_regs, r9);
	OFFSET(R_R8, lodge_regs, r8);
	OFFSET(R_RAX, lodge_regs, rax);
	OFFSET(R_RCX, lodge_regs, rcx);
	OFFSET(R_RDX, lodge_regs, rdx);
	OFFSET(R_RSI, lodge_regs, rsi);
	OFFSET(R_RDI, lodge_regs, rdi);
	OFFSET(R_VECTOR, lodge_regs, vector);
	OFFSET(R_ERROR, lodge_regs, error);
	OFFSET(R_RIP, lodge_regs, rip);
	OFFSET(R_CS, lodge_regs, cs);
	OFFSET(R_RFLAGS, lodge_regs, rflags);
	OFFSET(R_RSP, lodge_regs, rsp);
	OFFSET(R_SS, lodge_regs, ss);
	OFFSET(R_CR2, lodge_regs, cr2);
	BLANK();
	OFFSET(D_HOST_CR3, lodge_switch_data, host_cr3);
	OFFSET(D_DR7, lodge_switch_data, dr7);
	OFFSET(D_HOST_CR4, lodge_switch_data, host_cr4);
	OFFSET(D_GUEST_CR4, lodge_switch_data, guest_cr4);
	OFFSET(D_SCRATCH, lodge_switch_data, scratch);
	OFFSET(D_PENDING, lodge_switch_data, pending);
	OFFSET(D_NMI_PENDING, lodge_switch_data, nmi_pending);
	OFFSET(D_DB_PENDING, lodge_switch_data, db_pending);
	OFFSET(D_MC_PENDING, lodge_switch_data, mc_pending);
	OFFSET(D_NEAR_LEFT, lodge_switch_data, near_left);
	OFFSET(D_NEAR, lodge_switch_data, near);
	OFFSET(D_NMI_ABANDONED, lodge_switch_data, nmi_abandoned);
	OFFSET(D_VERW, lodge_switch_data, verw);
	OFFSET(D_FSGSBASE, lodge_switch_data, fsgsbase);
	OFFSET(D_SMAP, lodge_switch_data, smap);
	OFFSET(D_IO_USER, lodge_switch_data, io_user);
	OFFSET(D_IO_KERNEL, lodge_switch_data, io_kernel);
	OFFSET(D_IO_COUNT, lodge_switch_data, io_count);
	OFFSET(D_IDTR, lodge_switch_data, idtr);
	OFFSET(D_GDTR, lodge_switch_data, gdtr);
	OFFSET(D_TGDTR, lodge_switch_data, tgdtr);
	OFFSET(D_FAST, lodge_switch_data, fast);
	OFFSET(D_KERNEL_MODE, lodge_switch_data, kernel_mode);
	OFFSET(D_TS, lodge_switch_data, ts);
	OFFSET(D_SYSCALL_MASK, lodge_switch_data, syscall_mask);
	OFFSET(D_USER_CS, lodge_switch_data, user_cs);
	OFFSET(D_USER_SS, lodge_switch_data, user_ss);
	OFFSET(D_FLAT_DS, lodge_switch_data, flat_ds);
	OFFSET(D_BOUNCE, lodge_switch_data, bounce);
	OFFSET(D_LOWEST, lodge_switch_data, lowest);
	OFFSET(D_INFO, lodge_switch_data, info);
	OFFSET(D_ROOT_KERNEL, lodge_switch_data, root_kernel);
	OFFSET(D_ROOT_USER, lodge_switch_data, root_user);
	OFFSET(D_GS_INACTIVE, lodge_switch_data, gs_inactive);
	OFFSET(D_KERNEL_SP, lodge_switch_data, kernel_sp);
	OFFSET(D_KERNEL_SP_RAW, lodge_switch_data, kernel_sp_raw);
	OFFSET(D_KERNEL_SS, lodge_switch_data, kernel_ss);
	OFFSET(D_SYSCALL, lodge_switch_data, syscall);
	OFFSET(D_GATE, lodge_switch_data, gate);
	OFFSET(D_GATE_MASK, lodge_switch_data, gate_mask);
	OFFSET(D_N_SYSCALL, lodge_switch_data, n_syscall);
	OFFSET(D_N_IRET, lodge_switch_data, n_iret);
	OFFSET(D_N_FAULT, lodge_switch_data, n_fault);
	OFFSET(D_N_CALL, lodge_switch_data, n_call);
	OFFSET(INFO_PENDING, vcpu_info, evtchn_upcall_pending);
	OFFSET(INFO_MASK, vcpu_info, evtchn_upcall_mask);
	OFFSET(INFO_CR2, vcpu_info, arch.cr2);
	DEFINE(LODGE_DOMID_SELF, DOMID_SELF);
	DEFINE(D_STACK_TOP, sizeof(struct lodge_switch_data));
	BLANK();
	OFFSET(H_RSP, lodge_switch_host, rsp);
	OFFSET(H_REGS, lodge_switch_host, regs);
	OFFSET(H_GS_BASE, lodge_switch_host, gs_base);
	OFFSET(H_GUEST_FS_BASE, lodge_switch_host, guest_fs_base);
	OFFSET(H_GUEST_GS_BASE, lodge_switch_host, guest_gs_base);
	OFFSET(H_GUEST_DS, lodge_switch_host, guest_ds);
	OFFSET(H_GUEST_ES, lodge_switch_host, guest_es);
	OFFSET(H_GUEST_FS, lodge_switch_host, guest_fs);
	OFFSET(H_GUEST_GS, lodge_switch_host, guest_gs);
	OFFSET(H_LDT, lodge_switch_host, ldt);
	OFFSET(H_HOST_LDT, lodge_switch_host, host_ldt);
	OFFSET(H_SWAP_LDT, lodge_switch_host, swap_ldt);
	OFFSET(H_LIVE, lodge_switch_host, live);
	OFFSET(H_FILL_RSB, lodge_switch_host, fill_rsb);
	OFFSET(H_NEAR, lodge_switch_host, near);
	OFFSET(H_NEAR_STORE, lodge_switch_host, near_store);
	OFFSET(H_NEAR_ROOTS, lodge_switch_host, near_roots);
	OFFSET(H_NEAR_RESULT, lodge_switch_host, near_result);
	OFFSET(H_IDTR, lodge_switch_host, idtr);
	OFFSET(H_GDTR, lodge_switch_host, gdtr);
	return 0;
}
