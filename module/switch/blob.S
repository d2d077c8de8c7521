/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switcher's text: entry to the guest, exit from it, and every gate.
 *
 * Assembled into .rodata, copied at load, executed only through the aliases
 * that lodge's page tables map (switch/layout.h).  Position-independent: data
 * of this CPU is at a fixed distance from RIP.
 *
 * An NMI may hit any instruction.  It is the host's until LIDT on the way in
 * and from LIDT on the way out; in between see nmi_entry below.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/msr-index.h>
#include <asm/segment.h>

#include "hypercall/version.h"
#include "offsets.h"
#include "switch/layout.h"

/* a field of this CPU's data page, a byte of its GDTs */
#define D(field)	(lodge_blob_start + LODGE_REGION_DATA + field)(%rip)
#define G(offset)	(lodge_blob_start + LODGE_REGION_GDT + (offset))(%rip)
#define T(offset)	(lodge_blob_start + LODGE_REGION_TGDT + (offset))(%rip)
#define TSS_BUSY	2	/* in byte 5 of the descriptor */

/* what a bounce clears in RFLAGS: TF, RF, NT, AC, VM */
#define BOUNCE_CLEAR	0x74100
#define EFLAGS_IF	0x200
/*
 * Flags with which an iret is done here: the arithmetic ones, IF, DF, RF and ID.
 * Others (TF, NT, AC, IOPL...) are as rare as they are delicate.
 */
#define IRET_PLAIN	0x210ed7
#define DR7_DISARMED	0x400

	.section .rodata, "a", @progbits
	.balign 4096
	.globl lodge_blob_start
	.hidden lodge_blob_start
lodge_blob_start:

/* reg = host-only data of this CPU; clobbers tmp */
.macro HOST_DATA reg, tmp
	leaq	D(0), \reg
	movabsq	$LODGE_HOST_DELTA, \tmp
	addq	\tmp, \reg
.endm

/* base of FS or GS from memory; without FSGSBASE clobbers RAX, RCX, RDX */
.macro LOAD_BASE which, msr, mem
	cmpb	$0, D(D_FSGSBASE)
	je	.Lmsr_\@
	movq	\mem, %rax
	wr\which\()base %rax
	jmp	.Ldone_\@
.Lmsr_\@:
	movl	\mem, %eax
	movl	4+\mem, %edx
	movl	$\msr, %ecx
	wrmsr
.Ldone_\@:
.endm

.macro SAVE_BASE which, msr, mem
	cmpb	$0, D(D_FSGSBASE)
	je	.Lmsr_\@
	rd\which\()base %rax
	movq	%rax, \mem
	jmp	.Ldone_\@
.Lmsr_\@:
	movl	$\msr, %ecx
	rdmsr
	movl	%eax, \mem
	movl	%edx, 4+\mem
.Ldone_\@:
.endm

/*
 * Before the host's memory comes back: no breakpoints, and CR4 as the host wants
 * it, which FS and GS bases need; clobbers RAX
 */
.macro RESTORE_CONTROL
	cmpq	$0, D(D_DR7)
	je	.Lnone_\@
	movl	$DR7_DISARMED, %eax
	movq	%rax, %dr7
.Lnone_\@:
	cmpq	$0, D(D_GUEST_CR4)
	je	.Lsame_\@
	movq	D(D_HOST_CR4), %rax
	movq	%rax, %cr4
.Lsame_\@:
.endm

/*
 * The guest's memory is read and written only between these two.  Addresses
 * are in the upper half above slot 271, whole span, where a wrap ends in the
 * guest's lower half: see ABOVE_HOLE.
 */
.macro ALLOW_GUEST
	cmpb	$0, D(D_SMAP)
	je	.Lnosmap_\@
	stac
.Lnosmap_\@:
.endm

.macro FORBID_GUEST
	cmpb	$0, D(D_SMAP)
	je	.Lnosmap_\@
	clac
.Lnosmap_\@:
.endm

/*
 * Go to slow unless reg is above the hole, with room for the longest frame
 * below it; where the branch is mispredicted reg is the bound itself.
 */
.macro ABOVE_HOLE reg, slow
	cmpq	D(D_LOWEST), \reg
	jb	\slow
	cmovb	D(D_LOWEST), \reg
.endm

/* CR4.FSGSBASE on for instructions of ours, and as the guest has it; clobber tmp */
.macro BASES_ON tmp
	cmpq	$0, D(D_GUEST_CR4)
	je	.Lon_\@
	movq	D(D_HOST_CR4), \tmp
	movq	\tmp, %cr4
.Lon_\@:
.endm

.macro BASES_OFF tmp
	cmpq	$0, D(D_GUEST_CR4)
	je	.Lon_\@
	movq	D(D_GUEST_CR4), \tmp
	movq	\tmp, %cr4
.Lon_\@:
.endm

/*
 * Entries of the return stack buffer, which lead nowhere: guest addresses can
 * equal the host's; clobbers ECX
 */
.macro FILL_RSB entries
	movl	$(\entries / 2), %ecx
.Lnext_\@:
	call	.Lfirst_\@
.Lstop1_\@:
	pause
	lfence
	jmp	.Lstop1_\@
.Lfirst_\@:
	call	.Lsecond_\@
.Lstop2_\@:
	pause
	lfence
	jmp	.Lstop2_\@
.Lsecond_\@:
	addq	$16, %rsp
	decl	%ecx
	jnz	.Lnext_\@
	lfence
.endm

/*
 * Call C of the module at the address in RAX, on the vcpu thread's stack: through a
 * return, which no branch target of the guest's can send elsewhere (where returns are no
 * better lodge_near_allowed() says no).  Returns in C have their calls before them here,
 * so the return stack buffer is not filled.
 */
.macro CALL_C
	call	.Lthunk_\@
	jmp	.Lback_\@
.Lthunk_\@:
	call	.Lset_\@
.Lstop_\@:
	pause
	lfence
	jmp	.Lstop_\@
.Lset_\@:
	movq	%rax, (%rsp)
	ret
	int3
.Lback_\@:
.endm

/*
 * The host's descriptor tables, TSS and segments come in force; R8 = host-only data, CR3
 * = the host's, a stack that is mapped in it; clobbers RAX.  An NMI is ours until LIDT.
 */
.macro HOST_TABLES
	lgdt	D(D_TGDTR)
	pushq	$__KERNEL_CS
	leaq	.Lcs_\@(%rip), %rax
	pushq	%rax
	lretq
.Lcs_\@:
	movl	$__KERNEL_DS, %eax
	movl	%eax, %ss
	andb	$~TSS_BUSY, T(GDT_ENTRY_TSS * 8 + 5)
	movl	$(GDT_ENTRY_TSS * 8), %eax
	ltr	%ax
	lidt	H_IDTR(%r8)		/* from here an NMI is the host's */
	lgdt	H_GDTR(%r8)
	cmpb	$0, H_SWAP_LDT(%r8)
	je	.Lldt_\@
	lldt	H_HOST_LDT(%r8)
.Lldt_\@:
.endm

/* The other mode's GS base comes in force; clobbers both registers. */
.macro SWAP_GS r1, r2
	BASES_ON \r1
	rdgsbase \r1
	movq	D(D_GS_INACTIVE), \r2
	movq	\r1, D(D_GS_INACTIVE)
	wrgsbase \r2
	BASES_OFF \r1
.endm

/*
 * void enter(struct lodge_regs *regs, u64 root)
 *
 * An ordinary function to its caller.  regs and the host-only data are read
 * and not written, so that the way in can be abandoned at any instruction.
 */
	.balign 16
	.globl lodge_blob_enter
	.hidden lodge_blob_enter
lodge_blob_enter:
	endbr64
	pushfq
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	HOST_DATA %r8, %rax
	movq	%rsp, H_RSP(%r8)
	movq	%rdi, H_REGS(%r8)
	movq	%cr3, %rax
	movq	%rax, D(D_HOST_CR3)
	/* Linux's selectors and ours are both valid in the transition GDT */
	lgdt	D(D_TGDTR)
	/* an NMI before LTR pushes RCX where Linux marks its NMI stack as busy */
	xorl	%ecx, %ecx
	lidt	D(D_IDTR)		/* from here an NMI is ours */
window_start:
	lgdt	D(D_GDTR)
	andb	$~TSS_BUSY, G(LODGE_SEL_TSS + 5)
	movl	$LODGE_SEL_TSS, %eax
	ltr	%ax
	cmpb	$0, H_SWAP_LDT(%r8)
	je	1f
	lldt	H_LDT(%r8)
1:
enter_loaded:
	/* selectors have been checked against the descriptors: these cannot fault */
	movw	H_GUEST_GS(%r8), %gs
	cmpb	$0, H_LIVE(%r8)		/* after a light exit the others are there */
	jne	1f
	movw	H_GUEST_DS(%r8), %ds
	movw	H_GUEST_ES(%r8), %es
	movw	H_GUEST_FS(%r8), %fs
	LOAD_BASE fs, MSR_FS_BASE, H_GUEST_FS_BASE(%r8)
1:	LOAD_BASE gs, MSR_GS_BASE, H_GUEST_GS_BASE(%r8)

	/* the frame for IRETQ, and what must wait for the new CR3 */
	leaq	D(D_STACK_TOP), %rsp
	pushq	R_SS(%rdi)
	pushq	R_RSP(%rdi)
	pushq	R_RFLAGS(%rdi)
	pushq	R_CS(%rdi)
	pushq	R_RIP(%rdi)
	pushq	R_RAX(%rdi)
	movq	%rsi, %rax
	movq	R_R15(%rdi), %r15
	movq	R_R14(%rdi), %r14
	movq	R_R13(%rdi), %r13
	movq	R_R12(%rdi), %r12
	movq	R_RBP(%rdi), %rbp
	movq	R_RBX(%rdi), %rbx
	movq	R_R11(%rdi), %r11
	movq	R_R10(%rdi), %r10
	movq	R_R9(%rdi), %r9
	movq	R_R8(%rdi), %r8
	movq	R_RCX(%rdi), %rcx
	movq	R_RDX(%rdi), %rdx
	movq	R_RSI(%rdi), %rsi
	movq	R_RDI(%rdi), %rdi
	movq	%rax, %cr3		/* the host's memory is gone */
	/* the guest's breakpoints are armed only where nothing of the host's can hit them */
	cmpq	$0, D(D_DR7)
	je	1f
	movq	D(D_DR7), %rax
	movq	%rax, %dr7
1:	cmpq	$0, D(D_GUEST_CR4)
	je	1f
	movq	D(D_GUEST_CR4), %rax
	movq	%rax, %cr4
1:	verw	D(D_VERW)		/* clear buffers where the CPU needs it */
	popq	%rax
	cmpq	$0, D(D_BOUNCE)
	jne	enter_by_fault
	.globl lodge_blob_iret
	.hidden lodge_blob_iret
lodge_blob_iret:
	iretq

/*
 * The way in after a near exit: the guest's tables are there still.  R8 = host-only data,
 * RDI = regs, RSI = root.  What came up to here has been noted, from here it abandons.
 */
enter_near:
	cmpl	$0, D(D_PENDING)
	je	enter_loaded
	movq	$LODGE_VEC_NONE, R_VECTOR(%rdi)
	movb	$(LODGE_NEAR_DONE + 1), H_NEAR_RESULT(%r8)
	jmp	restore_host
window_end:

/*
 * C has found the page fault that the guest left by to be its own: regs is the
 * frame of it.  If the bounce fails it leaves by that fault again.
 */
enter_by_fault:
	pushq	D(D_BOUNCE)
	pushq	$14
	jmp	bounce

/*
 * Every way out comes here, on the entry stack or an IST stack, which holds
 *	vector, error code, RIP, CS, RFLAGS, RSP, SS
 * All general registers are the guest's.  No IRET from here to the host: after
 * an NMI they stay blocked until the host has handled it.
 */
	.balign 16
guest_exit:
	testb	$3, 24(%rsp)
	jz	cpl0_fault
guest_exit_checked:
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	RESTORE_CONTROL
	movq	D(D_HOST_CR3), %rax
	movq	%rax, %cr3		/* the host's memory is back */
	HOST_DATA %rcx, %rax
	movq	H_REGS(%rcx), %rax
	movq	%r15, R_R15(%rax)
	movq	%r14, R_R14(%rax)
	movq	%r13, R_R13(%rax)
	movq	%r12, R_R12(%rax)
	movq	%rbp, R_RBP(%rax)
	movq	%rbx, R_RBX(%rax)
	movq	%r11, R_R11(%rax)
	movq	%r10, R_R10(%rax)
	movq	%r9, R_R9(%rax)
	movq	%r8, R_R8(%rax)
	movq	%rsi, R_RSI(%rax)
	movq	%rdi, R_RDI(%rax)
	popq	R_RDX(%rax)
	popq	R_RCX(%rax)
	popq	R_RAX(%rax)
	popq	R_VECTOR(%rax)
	popq	R_ERROR(%rax)
	popq	R_RIP(%rax)
	popq	R_CS(%rax)
	popq	R_RFLAGS(%rax)
	popq	R_RSP(%rax)
	popq	R_SS(%rax)
	movq	%cr2, %rdx
	movq	%rdx, R_CR2(%rax)
	/* nothing of the guest's is left in registers that a speculating host could use */
	movq	%rcx, %r8
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	xorl	%edi, %edi
	xorl	%esi, %esi
	/*
	 * The guest can change selectors and bases without asking.  What the host does
	 * not use stays for a light exit; C saves it in a full one.
	 */
	movb	$1, H_LIVE(%r8)
	movw	%gs, H_GUEST_GS(%r8)
	SAVE_BASE gs, MSR_GS_BASE, H_GUEST_GS_BASE(%r8)

/*
 * Near exits: C looks at what happens most without the host's tables coming back, see
 * sched/near.c.  While D_NEAR is set faults are near_fault's.
 *
 *	u64 near(struct lodge_regs *regs, struct lodge_switch_data *data)
 *
 * returns LODGE_NEAR_FULL or DONE, or the root for the way in.
 * Cost: 125 instructions with the way in, 2 MOV CR3.
 */
	testb	$LODGE_FAST_NEAR, D(D_FAST)
	jz	restore_host
	movq	H_REGS(%r8), %rdi
	movq	R_VECTOR(%rdi), %rax
	cmpq	$14, %rax
	je	1f
	cmpq	$LODGE_VEC_SYSCALL, %rax
	jne	restore_host
1:	cmpl	$0, D(D_PENDING)
	jne	restore_host
	movq	H_GS_BASE(%r8), %rax
	wrgsbase %rax
	movq	H_RSP(%r8), %rsp
	FORBID_GUEST
	cld
	leaq	D(0), %rsi
	movq	H_NEAR(%r8), %rax
	movb	$1, D(D_NEAR)
	CALL_C
	HOST_DATA %r8, %rcx
	movq	H_REGS(%r8), %rdi
	movq	%rax, %rsi
	cmpb	$0, D(D_NEAR)
	je	1f
	movb	$0, D(D_NEAR)
	cmpq	$LODGE_NEAR_DONE, %rax
	ja	enter_near
	jmp	2f
	/* the host's tables are back already; to restore them again does no harm */
1:	testq	%rax, %rax		/* LODGE_NEAR_FULL */
	jz	2f
	movl	$LODGE_NEAR_DONE, %eax
2:	incl	%eax
	movb	%al, H_NEAR_RESULT(%r8)

/* R8 = host-only data, CR3 = the host's, any stack that it maps: restore the host */
restore_host:
	xorl	%eax, %eax
	movl	%eax, %gs
	LOAD_BASE gs, MSR_GS_BASE, H_GS_BASE(%r8)
	movq	H_RSP(%r8), %rsp
	HOST_TABLES
	cmpb	$0, H_FILL_RSB(%r8)
	je	1f
	/* as many returns as there may be until lodge_blob_fill_rsb, and some */
	FILL_RSB 8
1:	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	popfq
	ret
	int3

/* void fill_rsb(void): before returns of the host that the guest could have predicted */
	.balign 16
	.globl lodge_blob_fill_rsb
	.hidden lodge_blob_fill_rsb
lodge_blob_fill_rsb:
	endbr64
	FILL_RSB 32
	ret
	int3

/*
 * A fault on one of our own instructions: IRETQ with a frame the CPU will not
 * take, or a bug.  regs is still what it was before the way in; the fault is
 * reported with LODGE_VEC_CPL0.  Stack as in guest_exit.
 */
.macro UNDO_FAULT
	popq	%rcx
	popq	%rax
	movq	40(%rsp), %rsp
	FORBID_GUEST
.endm
cpl0_fault:
	/* an access to guest memory: forget this fault, leave with what the guest did */
	pushq	%rax
	pushq	%rcx
	movq	32(%rsp), %rax		/* RIP */
	leaq	lodge_blob_start(%rip), %rcx
	subq	%rcx, %rax
.macro FIXUP from, to, at
	cmpq	$(\from - lodge_blob_start), %rax
	jb	.Lnot_\@
	cmpq	$(\to - lodge_blob_start), %rax
	jb	\at
.Lnot_\@:
.endm
	FIXUP	io_access, io_access_end, io_fixup
	FIXUP	syscall_access, syscall_access_end, syscall_fixup
	FIXUP	iret_access, iret_access_end, iret_fixup
	FIXUP	bounce_access, bounce_access_end, bounce_fixup
	FIXUP	mmuext_access, mmuext_access_end, mmuext_fixup
	FIXUP	roots_access, roots_access_end, roots_fixup
	FIXUP	mmu_update_access, mmu_update_access_end, mmu_update_fixup
	cmpb	$0, D(D_NEAR)
	jne	near_fault
	popq	%rcx
	popq	%rax
	RESTORE_CONTROL
	movq	D(D_HOST_CR3), %rax
	movq	%rax, %cr3
	HOST_DATA %r8, %rax
	movq	H_REGS(%r8), %rax
	popq	%rcx
	orl	$LODGE_VEC_CPL0, %ecx
	movq	%rcx, R_VECTOR(%rax)
	popq	R_ERROR(%rax)
	popq	%rcx
	movq	%rcx, R_CR2(%rax)	/* where: there is no guest CR2 */
	jmp	restore_host

/*
 * C of a near exit was hit by an exception: a breakpoint that kernel text is patched by, a
 * WARN, a bug.  That is for the host's own handlers: its tables come back, and the
 * instruction is executed once more.  The stack is the thread's.
 *	RCX RAX | vector error RIP CS RFLAGS RSP SS
 */
near_fault:
	pushq	%r8
	HOST_DATA %r8, %rax
	HOST_TABLES
	movb	$0, D(D_NEAR)
	movb	$1, D(D_NEAR_LEFT)
	movq	$__KERNEL_CS, 48(%rsp)
	movq	$__KERNEL_DS, 72(%rsp)
	cmpl	$3, 24(%rsp)
	jne	1f
	decq	40(%rsp)		/* INT3 is a trap */
1:	popq	%r8
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

/*
 * NMI, on its IST stack; R = where it hit
 *	guest			leave, and let the host handle it with NMIs still blocked
 *	window_start..window_end	the way in is abandoned, then the same
 *	the last check of a fast path	note it and leave instead of going on
 *	elsewhere in the region	note it and go on; the host raises it again
 */
	.balign 16
nmi_entry:
	endbr64
	testb	$3, 8(%rsp)
	jnz	1f
	pushq	%rax
	pushq	%rcx
	movq	16(%rsp), %rax
	leaq	window_start(%rip), %rcx
	cmpq	%rcx, %rax
	jb	2f
	leaq	window_end(%rip), %rcx
	cmpq	%rcx, %rax
	jae	2f
	/* abandon: the guest's registers are all in regs still */
	movl	$1, D(D_NMI_ABANDONED)
	RESTORE_CONTROL
	movq	D(D_HOST_CR3), %rax
	movq	%rax, %cr3
	HOST_DATA %r8, %rax
	movq	H_REGS(%r8), %rax
	movq	$2, R_VECTOR(%rax)
	jmp	restore_host
1:	pushq	$0
	pushq	$2
	jmp	guest_exit_checked
2:	movb	$1, D(D_NMI_PENDING)
/* RAX = RIP of what was hit; RCX and RAX are on the stack */
leave_last_check:
.macro LAST_CHECK from, to, instead
	leaq	\from(%rip), %rcx
	cmpq	%rcx, %rax
	jb	.Lnot_\@
	leaq	\to(%rip), %rcx
	cmpq	%rcx, %rax
	jae	.Lnot_\@
	leaq	\instead(%rip), %rcx
	movq	%rcx, 16(%rsp)
.Lnot_\@:
.endm
	LAST_CHECK sysret_check, sysret_check_end, sysret_leave
	LAST_CHECK iret_check, iret_check_end, iret_leave
	popq	%rcx
	popq	%rax
	iretq

/* #DB: ours only by a watchpoint that MOV SS delayed over SYSCALL; the trap is the guest's */
	.balign 16
db_entry:
	endbr64
	testb	$3, 8(%rsp)
	jnz	1f
	movb	$1, D(D_DB_PENDING)
	iretq
1:	pushq	$0
	pushq	$1
	jmp	guest_exit_checked

/* #MC: in the guest it is handled at once, on our own instructions as soon as the host is back */
	.balign 16
mc_entry:
	endbr64
	testb	$3, 8(%rsp)
	jnz	1f
	movb	$1, D(D_MC_PENDING)
	pushq	%rax
	pushq	%rcx
	movq	16(%rsp), %rax
	jmp	leave_last_check
1:	pushq	$0
	pushq	$18
	jmp	guest_exit_checked

#include "switch/blob_fast.S"

/* One gate a vector, 16 bytes each; those that the CPU gives no error code push a zero. */
	.balign 16
	.globl lodge_blob_gates
	.hidden lodge_blob_gates
lodge_blob_gates:
	.set	vector, 0
	.rept	256
	.balign 16
	endbr64
	.if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
	.else
	pushq	$0
	.endif
	pushq	$vector
	jmp	guest_exit
	.set	vector, vector + 1
	.endr

	.globl lodge_blob_special_gates
	.hidden lodge_blob_special_gates
	.balign 8
lodge_blob_special_gates:		/* distance from the start: #DB, NMI, #MC, #GP, #PF, then #DE... */
	.long	db_entry - lodge_blob_start
	.long	nmi_entry - lodge_blob_start
	.long	mc_entry - lodge_blob_start
	.long	gp_entry - lodge_blob_start
	.long	pf_entry - lodge_blob_start
	.long	plain_entries - lodge_blob_start

	.globl lodge_blob_end
	.hidden lodge_blob_end
lodge_blob_end:
