/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that ring 3 may not execute but a guest expects to work.
 *
 * Privileged instructions arrive as #GP (or #UD, for the marked CPUID), writes
 * to page tables in use as #PF.  Both are decoded at the guest's RIP, never
 * guessed from the error code, carried out on the virtual state, and RIP moves
 * on.  An instruction that is not ours to emulate is left to the caller, who
 * gives the original fault to the guest.
 *
 * All of it runs on the vcpu's own thread with the host world complete, may
 * sleep, and touches v->regs and the virtual registers of the vcpu only.
 */
#ifndef LODGE_EMULATE_H
#define LODGE_EMULATE_H

#include <linux/types.h>

struct lodge_insn;
struct lodge_vcpu;

/**
 * enum lodge_emulate_result - how an emulation ended
 * @LODGE_EMULATE_DONE: carried out, registers and RIP have advanced
 * @LODGE_EMULATE_FAULT: the guest gets another exception, which is queued
 * @LODGE_EMULATE_NOT_MINE: nothing was changed; deliver the original fault
 * @LODGE_EMULATE_AGAIN: nothing (or whole iterations of a rep) was done; run
 *	the guest again, the instruction will come back if need be
 * @LODGE_EMULATE_SYSENTER: SYSENTER of a user program with a registered
 *	callback; RIP is unchanged, enter the guest kernel by that callback
 */
enum lodge_emulate_result {
	LODGE_EMULATE_DONE,
	LODGE_EMULATE_FAULT,
	LODGE_EMULATE_NOT_MINE,
	LODGE_EMULATE_AGAIN,
	LODGE_EMULATE_SYSENTER,
};

/**
 * lodge_emulate_gp - the guest took #GP, in either mode
 * @v: its vcpu
 * @error: hardware's error code
 *
 * A software interrupt that the guest's gates do not allow ends here with
 * LODGE_EMULATE_FAULT and the error code real hardware would have given.
 */
enum lodge_emulate_result lodge_emulate_gp(struct lodge_vcpu *v, u32 error);

/* The guest took #UD: the CPUID behind Xen's prefix, valid in both modes. */
enum lodge_emulate_result lodge_emulate_ud(struct lodge_vcpu *v);

/**
 * lodge_emulate_pt_write - the guest kernel wrote to a page table in use
 * @v: its vcpu
 * @va: CR2: an address within the entry that is written
 *
 * Done only if the instruction at RIP really writes within the entry of @va.
 */
enum lodge_emulate_result lodge_emulate_pt_write(struct lodge_vcpu *v, u64 va);

/**
 * lodge_emulate_pt_short - the same for the usual forms, without the decoder
 * @v: its vcpu
 * @va: as above
 *
 * The two that a Linux guest makes by the thousand: MOV and XCHG of a whole entry and
 * a register, addressed by a register and a displacement, in flat 64-bit code.
 * Since no entry maps an L1 in use writable, such a fault is always a write to one.
 * Cost: about 400 instructions, where the other is 1400.
 * Return: false if nothing has happened: the long way tells more.
 */
bool lodge_emulate_pt_short(struct lodge_vcpu *v, u64 va);

/* Where the current instruction runs. */
struct lodge_code {
	u64 base;	/* of CS: 0 for 64-bit code */
	u8 bits;	/* 16, 32 or 64 */
};

/* RIP := next, wrapped as the code segment demands; RF cleared, a single step reported. */
void lodge_emulate_advance(struct lodge_vcpu *v, const struct lodge_code *code, u64 next);
/* Decode the instruction at RIP; false: it cannot be read, or is not one we know. */
bool lodge_emulate_fetch(struct lodge_vcpu *v, struct lodge_insn *insn, struct lodge_code *code);
/* Ports and interrupt flag: may the current mode use them by IOPL? */
bool lodge_iopl_ok(const struct lodge_vcpu *v, bool kernel);

/* module/trap/operand.c */

/* The descriptor of a selector, from the vcpu's own copies or lodge's flat ones; false: none. */
bool lodge_descriptor_lookup(struct lodge_vcpu *v, u16 selector, u64 *descriptor);
u64 lodge_descriptor_base(u64 descriptor);
/* From the vcpu's CS; false: not a code segment. */
bool lodge_code_segment(struct lodge_vcpu *v, struct lodge_code *code);
/*
 * Linear address of size bytes at an offset in a segment (LODGE_SEG_*), for code of the given
 * width: base and, outside 64-bit code, limit apply.  false: not canonical, or beyond the limit.
 */
bool lodge_segment_address(struct lodge_vcpu *v, unsigned int bits, unsigned int segment, u64 off,
			   unsigned int size, u64 *va);
/* Linear address of the memory operand of an instruction; false as above. */
bool lodge_operand_address(struct lodge_vcpu *v, const struct lodge_insn *insn, unsigned int size,
			   u64 *va);
/* Where the general register of a number is, as decode.h has it; all of them in that order. */
u64 *lodge_gpr(struct lodge_vcpu *v, unsigned int nr);
void lodge_gpr_load(struct lodge_vcpu *v, u64 regs[16]);
void lodge_gpr_store(struct lodge_vcpu *v, const u64 regs[16]);
/* One register operand: read it zero-extended, write it as its size demands. */
u64 lodge_gpr_read(struct lodge_vcpu *v, const struct lodge_insn *insn, unsigned int nr,
		   unsigned int size);
void lodge_gpr_write(struct lodge_vcpu *v, const struct lodge_insn *insn, unsigned int nr,
		     unsigned int size, u64 val);
/* Guest memory as the instruction would reach it; false: a #PF is queued. */
bool lodge_emulate_load(struct lodge_vcpu *v, u64 va, void *dst, unsigned int size);
bool lodge_emulate_store(struct lodge_vcpu *v, u64 va, const void *src, unsigned int size);

/* module/trap/cpuid.c */

/**
 * lodge_cpuid - what CPUID shows a guest
 * @v: the vcpu; its XCR0 decides some sizes
 * @leaf: EAX
 * @subleaf: ECX
 * @out: EAX, EBX, ECX, EDX
 *
 * Context: any in which the host's CPUID may be executed.
 */
void lodge_cpuid(struct lodge_vcpu *v, u32 leaf, u32 subleaf, u32 out[4]);
/* Bits a guest may set in XCR0; 0 on a host without XSAVE. */
u64 lodge_cpuid_xcr0_mask(void);

/* module/trap/msr.c */

/* RDMSR and WRMSR of the guest kernel: 0, or -EPERM for #GP(0). */
int lodge_msr_read(struct lodge_vcpu *v, u32 index, u64 *val);
int lodge_msr_write(struct lodge_vcpu *v, u32 index, u64 val);

/* module/trap/control_reg.c */

/* Virtual CR0, CR2, CR3 and CR4: 0, or -EPERM for #GP(0), -ENOENT: no such register (#UD). */
int lodge_cr_read(struct lodge_vcpu *v, unsigned int nr, u64 *val);
int lodge_cr_write(struct lodge_vcpu *v, unsigned int nr, u64 val);
/* Bits of CR4 that a guest may change. */
u64 lodge_cr4_mask(void);
/* XSETBV: 0 or -EPERM. */
int lodge_xsetbv(struct lodge_vcpu *v, u32 index, u64 val);

/* module/trap/debugreg.c */

/*
 * Debug registers with Xen's checks, for both the hypercalls and MOV DR.
 * 0, -ENODEV (no such register: #UD), -EINVAL (reserved bits: #GP), -EPERM (refused: #GP).
 */
int lodge_debugreg_read(struct lodge_vcpu *v, unsigned int nr, u64 *val);
int lodge_debugreg_write(struct lodge_vcpu *v, unsigned int nr, u64 val);
/* DR6 bits of the guest's I/O breakpoints that an access hits. */
u64 lodge_debugreg_io(const struct lodge_vcpu *v, u16 port, unsigned int bytes);
/*
 * DR7 for the hardware.  I/O breakpoints are not in it: port accesses are emulated, and a
 * linear address must not be taken for a port.
 */
u64 lodge_debugreg_dr7(const struct lodge_vcpu *v);

/* module/trap/io.c */

/* May the guest use ports port..port+bytes-1 in its current mode? */
bool lodge_io_permitted(struct lodge_vcpu *v, u16 port, unsigned int bytes);
/* IN, OUT, INS, OUTS; NOT_MINE if not permitted. */
enum lodge_emulate_result lodge_emulate_io(struct lodge_vcpu *v, const struct lodge_insn *insn,
					   const struct lodge_code *code, u64 next);

#endif
