/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries from the hypervisor into the guest kernel, and the ways out of it.
 *
 * What is on our stack at an entry, low address first:
 *
 *	rcx  r11  [error code]  rip  cs|mask<<32  rflags  rsp  ss
 *	rcx  r11  ds es fs gs   rip  cs|mask<<32  rflags  rsp  ss	(failsafe)
 *
 * An entry pops rcx and r11, completes a struct regs and calls trap_entry(regs).
 * All exits are the iret hypercall: a frame from kernel mode has RPL 0 in its CS,
 * which the real iretq would refuse.
 */
#define __ASSEMBLY__
#include <xen/xen.h>
#include <pvguest/offsets.h>

	/* stub without an error code: rcx, r11 as interrupted go to trap_raw for the frame test */
	.macro stub vec, has_err
	.balign 64
	mov	%rcx, trap_raw(%rip)
	mov	%r11, trap_raw + 8(%rip)
	pop	%rcx
	pop	%r11
	.if \has_err == 0
	push	$0
	.endif
	push	$\vec
	jmp	common
	.endm

	.text
	.balign 64
	.globl trap_stubs
trap_stubs:
	.set i, 0
	.rept 256
	.if (i == 8) || ((i >= 10) && (i <= 14)) || (i == 17) || (i == 21)
	stub	i, 1
	.else
	stub	i, 0
	.endif
	.set i, i + 1
	.endr

	.globl event_entry, syscall_entry, sysenter_entry, syscall32_entry, nmi_entry
event_entry:	stub	VEC_EVENT, 0
syscall_entry:	stub	VEC_SYSCALL, 0
sysenter_entry:	stub	VEC_SYSENTER, 0
syscall32_entry:
		stub	VEC_SYSCALL32, 0
nmi_entry:	stub	VEC_NMI, 0

	.globl failsafe_entry
failsafe_entry:
	pop	%rcx
	pop	%r11
	popq	failsafe_sregs + 0(%rip)
	popq	failsafe_sregs + 8(%rip)
	popq	failsafe_sregs + 16(%rip)
	popq	failsafe_sregs + 24(%rip)
	push	$0
	push	$VEC_FAILSAFE
	/* fall through */

common:	/* stack: vec err rip cs rflags rsp ss; everything else as interrupted */
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%rax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	pushfq
	popq	trap_entry_flags(%rip)
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbx
	and	$~15, %rsp
	call	trap_entry
	mov	%rbx, %rdi
	/* fall through */

	/* regs_resume(regs): go on as regs says; does not return */
	.globl regs_resume
regs_resume:
	mov	%rdi, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$16, %rsp		/* vec, err; rip cs rflags rsp ss remain */
	andl	$0xffff, 8(%rsp)	/* cs without the saved mask */
	movl	$0, 12(%rsp)
	push	$0			/* flags: not in a system call */
	push	%rcx
	push	%r11
	push	%rax
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2

	/*
	 * u64 iret_raw(const struct iret_context *): the iret hypercall with a frame
	 * made by hand and nothing fixed up. All registers but RSP and RAX are the
	 * caller's, so the target finds rdi = the frame.
	 */
	.globl iret_raw
iret_raw:
	mov	%rdi, %rsp
	mov	$__HYPERVISOR_iret, %eax
	syscall
	ud2

	/*
	 * int catch(void (*fn)(void *), void *arg): 0 if fn returned, 1 if a trap
	 * ended it (trap_entry then comes back to catch_landing by regs->rip).
	 */
	.globl catch_call, catch_landing
catch_call:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	pushfq
	pushq	catch_rsp(%rip)
	mov	%rsp, catch_rsp(%rip)
	mov	%rdi, %rax
	mov	%rsi, %rdi
	call	*%rax
	xor	%eax, %eax
	jmp	1f
catch_landing:
	mov	catch_rsp(%rip), %rsp
	mov	$1, %eax
1:	popq	catch_rsp(%rip)
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.data
	.balign 16
	.globl trap_raw, trap_entry_flags, failsafe_sregs, catch_rsp
trap_raw:		.quad 0, 0
trap_entry_flags:	.quad 0
failsafe_sregs:		.quad 0, 0, 0, 0
catch_rsp:		.quad 0

	.section .note.GNU-stack, "", @progbits
