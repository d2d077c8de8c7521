/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vCPU 1 executes: no library, no stack, events masked.
 *
 * ap_count: register file while it counts:
 *	rbx	value it has written last
 *	rdi	address of the counter
 * It writes each value once.  A page fault stores nothing: the handler notes it
 * and waits until ap_go says that the mapping is as it should be again, then the
 * same store is made again.  So every value from 1 up is in memory at some time,
 * and none is there before it was written.
 */
	.text
	.globl ap_start
ap_start:
	movq	$1, ap_alive(%rip)
	xor	%ebx, %ebx
again:
	mov	ap_va(%rip), %rdi
	test	%rdi, %rdi
	jz	idle
	lea	1(%rbx), %rax
	.globl ap_store
ap_store:
	mov	%rax, (%rdi)
	mov	%rax, %rbx
	mov	%rbx, ap_written(%rip)
	jmp	again
idle:
	mov	%rbx, ap_idle(%rip)
	pause
	/* a call is made for vCPU 0 when it asks for one */
	mov	ap_call(%rip), %rax
	test	%rax, %rax
	jz	again
	mov	ap_arg(%rip), %rdi
	mov	ap_arg + 8(%rip), %rsi
	mov	ap_arg + 16(%rip), %rdx
	cmp	$-1, %rax
	je	1f
	cmp	$-2, %rax
	je	2f
	syscall
1:	mov	%rax, ap_result(%rip)
	movq	$0, ap_call(%rip)
	jmp	again
	/* the limit of a selector, ~0 if it has none */
2:	mov	$-1, %rax
	lsl	%rdi, %rax
	jmp	1b

	/* #PF: stack has rcx r11 error rip...; nothing of the frame is needed */
	.globl ap_fault
ap_fault:
	incq	ap_faults(%rip)
1:	pause
	cmpq	$0, ap_go(%rip)
	je	1b
	lea	ap_stack_top(%rip), %rsp
	jmp	again

	.bss
	.balign 4096
	.globl ap_stack_top
	.skip 4096
ap_stack_top:
	.balign 64
	.globl ap_alive, ap_va, ap_written, ap_idle, ap_faults, ap_go, ap_call, ap_arg, ap_result
ap_alive:	.skip 64
ap_va:		.skip 64
ap_written:	.skip 64
ap_idle:	.skip 64
ap_faults:	.skip 64
ap_go:		.skip 64
ap_call:	.skip 8
ap_arg:		.skip 24
ap_result:	.skip 8

	.section .note.GNU-stack, "", @progbits
