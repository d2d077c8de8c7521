/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the others execute: no library, no stack, events masked.
 *
 * vCPU 1, writer: fills all slots of the page at VA, one after the other, with
 * an entry and with nothing by turns.  A page fault stores nothing: it is made again.
 */
	.text
	.globl writer
writer:
	movq	$1, alive(%rip)
	xor	%ebx, %ebx
	.globl writer_again
writer_again:
	mov	va(%rip), %rdi
1:	add	$8, %rbx
	mov	%ebx, %eax
	and	$0xff8, %eax
	xor	%ecx, %ecx
	test	$0x1000, %ebx
	cmovnz	filling(%rip), %rcx
	mov	%rcx, (%rdi, %rax)
	mov	%rbx, written(%rip)
	jmp	1b

	/* #PF */
	.globl writer_fault
writer_fault:
	incq	faults(%rip)
	lea	stack_top(%rip), %rsp
	mov	$200, %ecx
2:	pause
	loop	2b
	jmp	writer_again

/* vCPU 2, caller: when told, makes update_va_mapping(va, entry, flags). */
	.globl caller
caller:
	movq	$1, alive + 64(%rip)
3:	pause
	cmpq	$0, order(%rip)
	je	3b
	mov	$14, %eax
	mov	va(%rip), %rdi
	mov	entry(%rip), %rsi
	mov	flags(%rip), %rdx
	syscall
	mov	%rax, result(%rip)
	movq	$0, order(%rip)
	jmp	3b

	.bss
	.balign 4096
	.globl stack_top
	.skip 4096
stack_top:
	.balign 64
	.globl alive, va, filling, written, faults, order, entry, flags, result
alive:		.skip 128
va:		.skip 8
filling:	.skip 56
written:	.skip 64
faults:		.skip 64
order:		.skip 64
entry:		.skip 8
flags:		.skip 8
result:		.skip 8

	.section .note.GNU-stack, "", @progbits
