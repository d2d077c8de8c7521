/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the switcher answers by itself: system calls, small hypercalls, iret, port
 * accesses, and exceptions that are the guest's own.  A part of blob.S, whose macros
 * and ways out it uses; what C has decided before is in sched/fast.c.
 */
/*
 * SYSCALL from the guest: CPL 0 on the guest's RSP, which is not touched.
 * RCX = RIP, R11 = RFLAGS; the old CS and SS are not known.
 */
	.balign 16
	.globl lodge_blob_syscall
	.hidden lodge_blob_syscall
lodge_blob_syscall:
	endbr64
	movq	%rsp, D(D_SCRATCH)
	leaq	D(D_STACK_TOP), %rsp
	cmpb	$0, D(D_KERNEL_MODE)
	jne	hypercall

/*
 * Guest user to guest kernel: the frame of a bounce, RCX and R11 first, goes to
 * the kernel's stack.  Taken if C has found handler, stack and root good
 * (LODGE_FAST_SYSCALL), and events are not masked.  Until the last word of the
 * frame is written nothing but CR3 has changed, which leaving changes anyway.
 * Cost: 45 instructions (49 with SMAP), 1 MOV CR3, no serialising instruction
 * beside it; and SYSRET.
 */
	testb	$LODGE_FAST_SYSCALL, D(D_FAST)
	jz	syscall_leave
	pushq	%rax
	pushq	%rdx
	movq	D(D_INFO), %rdx
	cmpb	$0, INFO_MASK(%rdx)
	jne	syscall_pop_leave
	movq	D(D_ROOT_KERNEL), %rax
	movq	%rax, %cr3
	movq	D(D_KERNEL_SP), %rdx	/* aligned, and checked when it was set */
	movq	D(D_SCRATCH), %rax
	ALLOW_GUEST
syscall_access:
	movq	$LODGE_SEL_USER_DS, -8(%rdx)
	movq	%rax, -16(%rdx)
	movq	%r11, -24(%rdx)		/* IF is on and IOPL is 0, as they are in the frame */
	movq	$LODGE_SEL_USER_CS64, -32(%rdx)
	movq	%rcx, -40(%rdx)
	movq	%r11, -48(%rdx)
	movq	%rcx, -56(%rdx)
syscall_access_end:
	FORBID_GUEST
	subq	$56, %rdx
	movq	%rdx, D(D_SCRATCH)
	movq	D(D_INFO), %rdx
	movb	D(D_SYSCALL_MASK), %al
	movb	%al, INFO_MASK(%rdx)
	movb	$1, D(D_KERNEL_MODE)
	SWAP_GS	%rax, %rdx
	movq	D(D_SYSCALL), %rcx
	andq	$~BOUNCE_CLEAR, %r11
	incl	D(D_N_SYSCALL)
	popq	%rdx
	popq	%rax

/*
 * To the guest at RCX with flags R11 and the stack that D_SCRATCH names; all
 * other registers are the guest's.  The last look is at what NMI, #DB and #MC
 * have left; one that comes after it is sent to sysret_leave.
 */
sysret_tail:
	verw	D(D_VERW)
	movq	D(D_SCRATCH), %rsp
sysret_check:
	cmpl	$0, D(D_PENDING)
	jne	sysret_leave
	sysretq
sysret_check_end:
sysret_leave:
	leaq	D(D_STACK_TOP), %rsp
	pushq	$LODGE_SEL_USER_DS
	pushq	D(D_SCRATCH)
	pushq	%r11
	pushq	$LODGE_SEL_USER_CS64
	pushq	%rcx
	pushq	$0
	pushq	$LODGE_VEC_NONE
	jmp	guest_exit_checked

/* To the guest by the frame at RSP; all registers are the guest's. */
iret_tail:
	verw	D(D_VERW)
iret_check:
	cmpl	$0, D(D_PENDING)
	jne	iret_leave
	iretq
iret_check_end:
iret_leave:
	pushq	$0
	pushq	$LODGE_VEC_NONE
	jmp	guest_exit_checked

syscall_fixup:
	UNDO_FAULT
syscall_pop_leave:
	popq	%rdx
	popq	%rax
syscall_leave:
	pushq	$LODGE_SEL_USER_DS
	pushq	D(D_SCRATCH)
	pushq	%r11
	pushq	$LODGE_SEL_USER_CS64
	pushq	%rcx
	pushq	$0
	pushq	$LODGE_VEC_SYSCALL
	jmp	guest_exit_checked

/*
 * Hypercalls that are answered here; all others leave.  RSP is the entry stack,
 * empty.  So do these if an event waits that is not masked.
 */
hypercall:
	cmpq	$23, %rax
	je	iret_call
	testb	$LODGE_FAST_CALL, D(D_FAST)
	jz	syscall_leave
	/*
	 * Not where SYSCALL was the last instruction of the lower half: SYSRET to
	 * the address after it faults in CPL 0, on the guest's stack.
	 */
	testq	%rcx, %rcx
	js	1f
	btq	$47, %rcx
	jc	syscall_leave
1:	pushq	%rax
	movq	D(D_INFO), %rax
	cmpb	$0, INFO_PENDING(%rax)
	je	1f
	cmpb	$0, INFO_MASK(%rax)
	je	2f
1:	popq	%rax
	cmpq	$3, %rax
	je	stack_switch_call
	cmpq	$25, %rax
	je	set_segment_base_call
	cmpq	$26, %rax
	je	mmuext_call
	cmpq	$1, %rax
	je	mmu_update_call
	cmpq	$17, %rax
	je	xen_version_call
	cmpq	$5, %rax
	je	fpu_taskswitch_call
	jmp	syscall_leave
2:	popq	%rax
	jmp	syscall_leave

/* fpu_taskswitch(0) with TS clear: nothing to do.  20 instructions, as for each of these. */
fpu_taskswitch_call:
	testl	%edi, %edi
	jnz	syscall_leave
	cmpb	$0, D(D_TS)
	jne	syscall_leave
call_zero:
	xorl	%eax, %eax
call_done:
	incl	D(D_N_CALL)
	jmp	sysret_tail

/* stack_switch(ss, sp); C checks the address as ABOVE_HOLE does, and SS is only remembered */
stack_switch_call:
	movq	%rsi, %rax
	andq	$~15, %rax
	ABOVE_HOLE %rax, 1f
	movq	%rax, D(D_KERNEL_SP)
	movq	%rsi, D(D_KERNEL_SP_RAW)
	movl	%edi, %eax
	orl	$3, %eax
	movw	%ax, D(D_KERNEL_SS)
	jmp	call_zero
1:	movl	$3, %eax
	jmp	syscall_leave

/* xen_version(0), by which a guest looks for events: there is none */
xen_version_call:
	testl	%edi, %edi
	jnz	syscall_leave
	movl	$LODGE_XEN_VERSION, %eax
	jmp	call_done

/* set_segment_base(FS, user's GS, kernel's GS), a canonical base */
set_segment_base_call:
	movq	%rsi, %rax
	sarq	$47, %rax
	incq	%rax
	cmpq	$1, %rax
	ja	user_gs_call
	cmpl	$1, %edi
	je	1f
	ja	2f
	BASES_ON %rax
	wrfsbase %rsi
	BASES_OFF %rax
	jmp	call_zero
1:	movq	%rsi, D(D_GS_INACTIVE)
	jmp	call_zero
2:	cmpl	$2, %edi
	jne	user_gs_call
	BASES_ON %rax
	wrgsbase %rsi
	BASES_OFF %rax
	jmp	call_zero

/*
 * set_segment_base(the user's GS by selector): null, or the flat one that C has
 * found in the guest's GDT; the base in force stays.  A Linux guest loads both at
 * each switch of processes on some CPUs.
 */
user_gs_call:
	cmpl	$3, %edi
	jne	3f
	movzwl	%si, %eax
	testl	%eax, %eax
	jz	1f
	cmpw	D(D_FLAT_DS), %ax
	jne	3f
1:	pushq	%rcx
	pushq	%rdx
	BASES_ON %rdx
	rdgsbase %rcx
	movw	%ax, %gs
	wrgsbase %rcx
	BASES_OFF %rdx
	movq	$0, D(D_GS_INACTIVE)
	popq	%rdx
	popq	%rcx
	jmp	call_zero
3:	movl	$25, %eax
	jmp	syscall_leave

/*
 * mmuext_op of one flush for this vcpu alone: there is nothing to do, since what
 * this CPU changed in its shadows was followed by the entry, and what another one
 * changed by that one's flush.
 */
mmuext_call:
	testq	%rdx, %rdx
	jnz	mmuext_leave
	cmpq	$LODGE_DOMID_SELF, %r10
	jne	mmuext_leave
	movq	%rdi, %rax
	ABOVE_HOLE %rax, mmuext_leave
	cmpl	$2, %esi
	je	roots_call
	cmpl	$1, %esi
	jne	mmuext_leave
	ALLOW_GUEST
mmuext_access:
	movl	(%rax), %eax
mmuext_access_end:
	FORBID_GUEST
	subl	$6, %eax		/* TLB_FLUSH_LOCAL, INVLPG_LOCAL */
	cmpl	$1, %eax
	jbe	call_zero
mmuext_leave:
	movl	$26, %eax
	jmp	syscall_leave
mmuext_fixup:
	UNDO_FAULT
	jmp	mmuext_leave

/* mmuext_op of two, NEW_BASEPTR and NEW_USER_BASEPTR: a switch of processes */
roots_call:
	testb	$LODGE_FAST_NEAR, D(D_FAST)
	jz	mmuext_leave
	ALLOW_GUEST
roots_access:
	cmpl	$5, (%rax)
	jne	1f
	cmpl	$15, 24(%rax)
	jne	1f
	movq	8(%rax), %rdx
	movq	32(%rax), %r10
roots_access_end:
	FORBID_GUEST
	movl	$26, %eax
	jmp	near_call
1:	FORBID_GUEST
	jmp	mmuext_leave
roots_fixup:
	UNDO_FAULT
	movl	$LODGE_DOMID_SELF, %r10d
	xorl	%edx, %edx
	jmp	mmuext_leave

/* mmu_update of one entry */
mmu_update_call:
	testb	$LODGE_FAST_NEAR, D(D_FAST)
	jz	syscall_leave
	cmpl	$1, %esi
	jne	syscall_leave
	testq	%rdx, %rdx
	jnz	syscall_leave
	cmpq	$LODGE_DOMID_SELF, %r10
	jne	syscall_leave
	movq	%rdi, %rax
	ABOVE_HOLE %rax, mmu_update_leave
	ALLOW_GUEST
mmu_update_access:
	movq	(%rax), %rdx
	movq	8(%rax), %r10
mmu_update_access_end:
	FORBID_GUEST
	movl	$1, %eax

/*
 * Near calls (sched/near.c): C is called in the manner of a near exit (blob.S), but only
 * registers are kept which it may change.  RAX is the number of the hypercall; RDX and R10
 * are arguments that have been read for it, and their own values are known.
 *
 *	u64 near(struct lodge_regs *regs, u64 arg1, u64 arg2)
 *
 * Cost: 110 instructions without C, 2 MOV CR3.
 */
.macro NEAR_CALL_POP			/* flags stay */
	.irp reg, r11, r9, r8, rcx, rsi, rdi, r15, r14, r13, r12, rbp, rbx, rax
	popq	%\reg
	.endr
	movl	$LODGE_DOMID_SELF, %r10d
	movl	$0, %edx
.endm
near_call:
	.irp reg, rax, rbx, rbp, r12, r13, r14, r15, rdi, rsi, rcx, r8, r9, r11
	pushq	%\reg
	.endr
	movl	%eax, %r9d
	RESTORE_CONTROL
	movq	D(D_HOST_CR3), %rax
	movq	%rax, %cr3		/* the host's memory is back */
	movq	%rdx, %rsi
	movq	%r10, %rdx
	HOST_DATA %r8, %rax
	rdgsbase %rax
	movq	%rax, H_GUEST_GS_BASE(%r8)
	movq	H_GS_BASE(%r8), %rax
	wrgsbase %rax
	movq	H_NEAR_STORE(%r8), %rax
	cmpl	$26, %r9d
	cmoveq	H_NEAR_ROOTS(%r8), %rax
	/* nothing of the guest's is left in registers that a speculating host could use */
	.irp reg, ecx, r9d, r10d, r11d, r12d, r13d, r14d, r15d, ebx, ebp
	xorl	%\reg, %\reg
	.endr
	movq	H_REGS(%r8), %rdi
	movq	H_RSP(%r8), %rsp
	movb	$1, D(D_NEAR)
	CALL_C
	leaq	D(D_STACK_TOP - 13 * 8), %rsp
	HOST_DATA %r8, %rcx
	movq	H_GUEST_GS_BASE(%r8), %rcx
	wrgsbase %rcx
	cmpb	$0, D(D_NEAR)
	je	near_call_left
	movb	$0, D(D_NEAR)
	movq	D(D_ROOT_KERNEL), %rcx
	movq	%rcx, %cr3
	cmpq	$0, D(D_GUEST_CR4)
	je	1f
	movq	D(D_GUEST_CR4), %rcx
	movq	%rcx, %cr4
1:	cmpl	$LODGE_NEAR_DONE, %eax
	NEAR_CALL_POP
	jb	syscall_leave
	movl	$0, %eax
	ja	sysret_tail
	/* done, but C has to see to something before the guest goes on */
	jmp	sysret_leave

mmu_update_fixup:
	UNDO_FAULT
	movl	$LODGE_DOMID_SELF, %r10d
	xorl	%edx, %edx
mmu_update_leave:
	movl	$1, %eax
	jmp	syscall_leave

/* The host's tables came back meanwhile, and stay; an NMI finds GS itself. */
near_call_left:
	testl	%eax, %eax		/* LODGE_NEAR_FULL */
	NEAR_CALL_POP
	jz	syscall_leave
	xorl	%eax, %eax
	jmp	sysret_leave

/*
 * iret: the frame is copied once, onto the entry stack, where it is what IRETQ
 * takes, and is judged there.  Taken for flat selectors (the fixed ones, or those
 * that C has found flat in the guest's GDT), plain flags, RIP in the
 * half of the mode it returns to, and if no event waits to be uncovered.
 *	RAX R11 RCX flags RIP CS RFLAGS RSP SS; "flags" may be ignored, ABI 3.4
 * Cost: to user mode about 70 instructions, 1 MOV CR3, and SYSRET if RCX and R11
 * are what that leaves in them, else IRETQ; to kernel mode about 50 and IRETQ.
 */
iret_call:
	testb	$LODGE_FAST_IRET, D(D_FAST)
	jz	syscall_leave
	pushq	%rcx
	pushq	%r11
	movq	D(D_SCRATCH), %rax
	ABOVE_HOLE %rax, iret_pop_leave
	ALLOW_GUEST
iret_access:
	pushq	64(%rax)		/* SS */
	pushq	56(%rax)		/* RSP */
	pushq	48(%rax)		/* RFLAGS */
	pushq	40(%rax)		/* CS */
	pushq	32(%rax)		/* RIP */
	pushq	16(%rax)		/* RCX */
	pushq	8(%rax)			/* R11 */
	pushq	(%rax)			/* RAX */
iret_access_end:
	FORBID_GUEST
	movzwl	32(%rsp), %ecx
	movl	%ecx, %eax
	orl	$3, %eax
	cmpl	$LODGE_SEL_USER_CS64, %eax
	je	1f
	/* the guest's own: to user mode only, by RPL 3 */
	cmpw	D(D_USER_CS), %cx
	jne	iret_drop_leave
1:	movq	%rax, 32(%rsp)
	movzwl	56(%rsp), %eax
	orl	$3, %eax
	cmpl	$LODGE_SEL_USER_DS, %eax
	je	1f
	cmpw	D(D_USER_SS), %ax
	jne	iret_drop_leave
1:	movq	%rax, 56(%rsp)
	movq	40(%rsp), %r11
	testq	$~IRET_PLAIN, %r11
	jnz	iret_drop_leave
	movq	D(D_INFO), %rax
	andl	$3, %ecx
	cmpl	$3, %ecx
	jne	iret_to_kernel

	testl	$EFLAGS_IF, %r11d
	jz	iret_drop_leave
	cmpb	$0, INFO_PENDING(%rax)
	jne	iret_drop_leave
	movq	24(%rsp), %rcx
	shrq	$47, %rcx
	jnz	iret_drop_leave
	movq	D(D_ROOT_USER), %rcx
	testq	%rcx, %rcx
	jz	iret_drop_leave
	/* nothing has changed so far; from here on nothing can fail */
	movb	$0, INFO_MASK(%rax)
	movb	$0, D(D_KERNEL_MODE)
	SWAP_GS	%rax, %r11
	movq	%rcx, %cr3
	incl	D(D_N_IRET)
	orq	$2, 40(%rsp)
	popq	%rax
	popq	%r11
	popq	%rcx
	/* SYSRET loads the fixed selectors */
	cmpw	$LODGE_SEL_USER_CS64, 8(%rsp)
	jne	iret_tail
	cmpw	$LODGE_SEL_USER_DS, 32(%rsp)
	jne	iret_tail
	cmpq	%rcx, (%rsp)
	jne	iret_tail
	cmpq	%r11, 16(%rsp)
	jne	iret_tail
	pushq	24(%rsp)
	popq	D(D_SCRATCH)
	jmp	sysret_tail

iret_to_kernel:
	movq	24(%rsp), %rcx
	sarq	$47, %rcx
	incq	%rcx
	jnz	iret_drop_leave		/* not in the upper half */
	/* ECX is 0: the new mask, if IF is on */
	testl	$EFLAGS_IF, %r11d
	jnz	1f
	incl	%ecx
	jmp	2f
1:	cmpb	$0, INFO_PENDING(%rax)
	jne	iret_drop_leave
2:	movb	%cl, INFO_MASK(%rax)
	incl	D(D_N_IRET)
	orq	$(EFLAGS_IF | 2), 40(%rsp)
	popq	%rax
	popq	%r11
	popq	%rcx
	jmp	iret_tail

iret_fixup:
	UNDO_FAULT
iret_drop_leave:
	leaq	D(D_STACK_TOP - 16), %rsp
iret_pop_leave:
	popq	%r11
	popq	%rcx
	movl	$23, %eax
	jmp	syscall_leave

	.balign 16
	.globl lodge_blob_syscall32
	.hidden lodge_blob_syscall32
lodge_blob_syscall32:
	endbr64
	movq	%rsp, D(D_SCRATCH)
	leaq	D(D_STACK_TOP), %rsp
	pushq	$LODGE_SEL_USER_DS
	pushq	D(D_SCRATCH)
	pushq	%r11
	pushq	$LODGE_SEL_USER_CS32
	pushq	%rcx
	pushq	$0
	pushq	$LODGE_VEC_SYSCALL32
	jmp	guest_exit_checked

/*
 * #GP: a port access of a guest that may use all ports is answered here, since
 * a boot of Linux makes more than 100,000 of them: IN reads all ones, OUT does
 * nothing.  Everything else leaves.  The byte at RIP is the only guest memory
 * that is read: RIP is at least one byte below a bound that excludes slots
 * 256-271 and non-canonical addresses, and a fault on it leaves as well.
 *
 * Stack: error code, RIP, CS, RFLAGS, RSP, SS.  Cost: about 35 instructions,
 * no CR3 write.
 */
	.balign 16
gp_entry:
	endbr64
	testb	$3, 16(%rsp)
	jz	gp_leave
	cmpb	$0, D(D_KERNEL_MODE)
	jne	1f
	cmpb	$0, D(D_IO_USER)
	je	gp_leave
	jmp	2f
1:	cmpb	$0, D(D_IO_KERNEL)
	je	gp_leave
2:
	cmpl	$0, (%rsp)		/* error code: a port has none */
	jne	gp_leave
	cmpw	$LODGE_SEL_USER_CS64, 16(%rsp)
	jne	gp_leave
	testl	$0x100, 24(%rsp)	/* single step: the guest wants to know */
	jnz	gp_leave
	pushq	%rax
	pushq	%rcx
	movq	24(%rsp), %rax
	/* above the hole, or in the lower half; LFENCE keeps speculation from getting elsewhere */
	movabsq	$0xffff880000000000, %rcx
	cmpq	%rcx, %rax
	jae	1f
	/* what follows it as well: IRETQ goes there */
	addq	$2, %rax
	shrq	$47, %rax
	jnz	gp_pop_leave
	movq	24(%rsp), %rax
1:	xorl	%ecx, %ecx
	cmpb	$0, D(D_SMAP)
	je	2f
	stac
2:	lfence
io_access:
	movb	(%rax), %cl
io_access_end:
	cmpb	$0, D(D_SMAP)
	je	3f
	clac
3:	movl	%ecx, %eax
	andb	$0xf4, %al
	cmpb	$0xe4, %al		/* E4-E7 with, EC-EF without a port number in the code */
	jne	gp_pop_leave
	movl	$1, %eax
	testb	$8, %cl
	jnz	4f
	incl	%eax
4:	addq	%rax, 24(%rsp)
	incl	D(D_IO_COUNT)
	testb	$2, %cl
	jnz	6f			/* OUT */
	testb	$1, %cl
	jnz	5f
	movb	$0xff, 8(%rsp)		/* AL */
	jmp	6f
5:	movl	$0xffffffff, %eax	/* EAX; the upper half becomes 0 */
	movq	%rax, 8(%rsp)
6:	popq	%rcx
	popq	%rax
	addq	$8, %rsp
	andl	$~0x10000, 16(%rsp)	/* RF */
	jmp	iret_tail
io_fixup:
	UNDO_FAULT
gp_pop_leave:
	popq	%rcx
	popq	%rax
gp_leave:
	pushq	$13
	jmp	guest_exit

/*
 * Exceptions that are the guest's own without a question: #DE, #BP, #MF, #XM, and
 * #PF of an entry that is not present (mm/spte.h: then the guest's is not either), or
 * that C has judged (D_BOUNCE).
 * The frame of a bounce goes to the guest kernel's stack, as for a system call;
 * nothing but CR3 has changed until it is written, and CR2 is put back if a
 * fault of ours has overwritten it.
 * Cost: about 70 instructions; 1 MOV CR3 from user mode, none from the kernel.
 */
	.balign 16
pf_entry:
	endbr64
	testl	$9, (%rsp)		/* P, RSVD */
	jz	1f
	pushq	$14
	jmp	guest_exit
1:	pushq	$14
	jmp	bounce
.macro PLAIN_ENTRY vector
	.balign 16
	endbr64
	pushq	$0
	pushq	$\vector
	jmp	bounce
.endm
	.balign	16
plain_entries:
	PLAIN_ENTRY 0
	PLAIN_ENTRY 3
	PLAIN_ENTRY 16
	PLAIN_ENTRY 19
bounce:
	testb	$3, 24(%rsp)
	jz	cpl0_fault
	testb	$LODGE_FAST_FAULT, D(D_FAST)
	jz	guest_exit_checked
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rsi
	/* RSI RBX RDX RCX RAX | vector error RIP CS RFLAGS RSP SS, from 0(%rsp) */
	movl	40(%rsp), %eax		/* the vector, by our own gate */
	leaq	D(D_GATE), %rdx
	cmpq	$0, (%rdx, %rax, 8)
	je	bounce_leave
	movq	%cr2, %rbx
	movzwl	64(%rsp), %esi		/* CS */
	movq	80(%rsp), %rcx		/* RSP */
	andq	$~15, %rcx
	cmpb	$0, D(D_KERNEL_MODE)
	je	1f
	ABOVE_HOLE %rcx, bounce_leave
	andl	$~3, %esi
	jmp	2f
1:	movq	D(D_KERNEL_SP), %rcx
	testq	%rcx, %rcx
	jz	bounce_leave
	movq	D(D_ROOT_KERNEL), %rdx
	movq	%rdx, %cr3
2:	/* the mask above CS, and its opposite as IF */
	movq	D(D_INFO), %rdx
	movzbl	INFO_MASK(%rdx), %edx
	shlq	$32, %rdx
	orq	%rdx, %rsi
	movq	72(%rsp), %rdx		/* RFLAGS: IF is on */
	andq	$~0x3000, %rdx
	btq	$32, %rsi
	jnc	3f
	andq	$~EFLAGS_IF, %rdx
3:	ALLOW_GUEST
bounce_access:
	pushq	88(%rsp)
	popq	-8(%rcx)		/* SS */
	pushq	80(%rsp)
	popq	-16(%rcx)		/* RSP */
	movq	%rdx, -24(%rcx)
	movq	%rsi, -32(%rcx)
	pushq	56(%rsp)
	popq	-40(%rcx)		/* RIP */
	subq	$40, %rcx
	cmpl	$14, %eax
	jne	4f
	movl	48(%rsp), %edx		/* the error: P, W and I as they are, U by mode */
	andl	$0x13, %edx
	btl	$0, %esi		/* RPL 3 in the frame: user mode */
	jnc	5f
	orl	$4, %edx
5:	movq	%rdx, -8(%rcx)
	subq	$8, %rcx
4:	movq	%r11, -8(%rcx)
	pushq	24(%rsp)
	popq	-16(%rcx)		/* RCX */
bounce_access_end:
	FORBID_GUEST
	subq	$16, %rcx
	movq	%rcx, D(D_SCRATCH)
	movq	D(D_INFO), %rdx
	cmpl	$14, %eax
	jne	6f
	movq	%rbx, INFO_CR2(%rdx)
6:	leaq	D(D_GATE_MASK), %rcx
	cmpb	$0, (%rcx, %rax)
	je	7f
	movb	$1, INFO_MASK(%rdx)
7:	cmpb	$0, D(D_KERNEL_MODE)
	jne	8f
	movb	$1, D(D_KERNEL_MODE)
	SWAP_GS	%rcx, %rdx
8:	incl	D(D_N_FAULT)
	movq	$0, D(D_BOUNCE)
	leaq	D(D_GATE), %rdx
	movq	(%rdx, %rax, 8), %rcx
	movq	72(%rsp), %r11
	andq	$~BOUNCE_CLEAR, %r11
	/* SYSRET does not load what it hides of SS on every CPU, and a gate has made it null */
	movl	$LODGE_SEL_DS, %eax
	movl	%eax, %ss
	popq	%rsi
	popq	%rbx
	popq	%rdx
	popq	%rax			/* RCX is the handler's address now */
	popq	%rax
	jmp	sysret_tail

bounce_fixup:
	UNDO_FAULT
	/* a push may have gone before the fault */
	leaq	D(D_STACK_TOP - 96), %rsp
	movq	%rbx, %cr2
bounce_leave:
	popq	%rsi
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	jmp	guest_exit_checked
