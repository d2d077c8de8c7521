/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First instructions of every image.
 *
 * On entry (xen-pv-abi: vCPU 0 entry state): RSI = start_info, RSP = top of the
 * boot stack page, CS 0xe033, SS 0xe02b, other registers 0. All of them are
 * kept in entry_regs before anything is changed, for the test of the start of
 * day. The boot stack is left at once: ours has a known place and size.
 */
#include <pvguest/offsets.h>

	.section .text.start, "ax", @progbits
	.globl _start
_start:
	mov	%rax, entry_regs + REGS_RAX(%rip)
	mov	%rbx, entry_regs + REGS_RBX(%rip)
	mov	%rcx, entry_regs + REGS_RCX(%rip)
	mov	%rdx, entry_regs + REGS_RDX(%rip)
	mov	%rsi, entry_regs + REGS_RSI(%rip)
	mov	%rdi, entry_regs + REGS_RDI(%rip)
	mov	%rbp, entry_regs + REGS_RBP(%rip)
	mov	%rsp, entry_regs + REGS_RSP(%rip)
	mov	%r8,  entry_regs + REGS_R8(%rip)
	mov	%r9,  entry_regs + REGS_R9(%rip)
	mov	%r10, entry_regs + REGS_R10(%rip)
	mov	%r11, entry_regs + REGS_R11(%rip)
	mov	%r12, entry_regs + REGS_R12(%rip)
	mov	%r13, entry_regs + REGS_R13(%rip)
	mov	%r14, entry_regs + REGS_R14(%rip)
	mov	%r15, entry_regs + REGS_R15(%rip)
	mov	%cs,  entry_regs + REGS_CS(%rip)
	mov	%ss,  entry_regs + REGS_SS(%rip)
	mov	%ds,  entry_sregs + 0(%rip)
	mov	%es,  entry_sregs + 2(%rip)
	mov	%fs,  entry_sregs + 4(%rip)
	mov	%gs,  entry_sregs + 6(%rip)
	lea	boot_stack_top(%rip), %rsp
	pushfq
	popq	entry_regs + REGS_RFLAGS(%rip)
	cld
	mov	%rsi, %rdi
	xor	%ebp, %ebp
	call	pvguest_main
	ud2				/* pvguest_main does not return */

	.bss
	.balign 4096
	.globl boot_stack, boot_stack_top
boot_stack:
	.skip 32768
boot_stack_top:

	.globl entry_regs, entry_sregs
	.balign 16
entry_regs:
	.skip REGS_SIZE
entry_sregs:
	.skip 8

	.section .note.GNU-stack, "", @progbits
