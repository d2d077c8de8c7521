/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From bytes to an instruction.  Pure: also compiled into the unit tests.
 *
 * Knows the instructions that emulate.c and pt_write.c deal with, and no
 * others: what is not in its tables is not decoded.
 */
#ifndef LODGE_DECODE_H
#define LODGE_DECODE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#endif

#define LODGE_INSN_MAX	15	/* bytes */

/* Numbered as in instructions that name a segment register. */
enum lodge_segment {
	LODGE_SEG_ES,
	LODGE_SEG_CS,
	LODGE_SEG_SS,
	LODGE_SEG_DS,
	LODGE_SEG_FS,
	LODGE_SEG_GS,
};

#define LODGE_NO_REG	0xff

/*
 * Opcodes of the two-byte map are told from those of the first by this bit:
 * 0x0f 0xa2 is LODGE_0F(0xa2).
 */
#define LODGE_0F(op)	(0x100 | (op))

/**
 * struct lodge_insn - a decoded instruction
 * @opcode: the opcode byte, or LODGE_0F() of it
 * @length: bytes, prefixes included
 * @bits: of the code segment it was decoded for: 16, 32 or 64
 * @op_size: operand size in bytes: 1, 2, 4 or 8
 * @addr_size: address size in bytes: 2, 4 or 8
 * @rex: REX prefix, 0 if there is none
 * @lock: has a LOCK prefix (and may have one)
 * @rep: has REP or REPE (0xf3)
 * @repne: has REPNE (0xf2)
 * @override: has a segment override, which is @segment
 * @segment: enum lodge_segment of the memory operand
 * @modrm: the ModRM byte, if the opcode has one
 * @reg: register operand or opcode extension, with REX.R
 * @rm: register operand, with REX.B, if @memory is false
 * @memory: @rm is a memory operand, or the address is an immediate
 * @base: base register of the memory operand or LODGE_NO_REG
 * @index: its index register or LODGE_NO_REG
 * @scale: shift of the index
 * @rip_relative: @disp counts from the end of the instruction
 * @disp: displacement, sign-extended
 * @imm: immediate, sign-extended to 64 bits
 */
struct lodge_insn {
	__u16 opcode;
	__u8 length;
	__u8 bits;
	__u8 op_size;
	__u8 addr_size;
	__u8 rex;
	bool lock;
	bool rep;
	bool repne;
	bool override;
	__u8 segment;
	__u8 modrm;
	__u8 reg;
	__u8 rm;
	bool memory;
	__u8 base;
	__u8 index;
	__u8 scale;
	bool rip_relative;
	__s64 disp;
	__s64 imm;
};

/**
 * lodge_decode - decode one instruction
 * @insn: what it is, valid on success only
 * @bytes: where it begins
 * @len: bytes that may be looked at
 * @bits: of the code segment: 16, 32 or 64
 *
 * Return: false if it is not one of ours, not complete, or malformed.
 */
bool lodge_decode(struct lodge_insn *insn, const __u8 *bytes, size_t len, unsigned int bits);

/*
 * Offset of the memory operand in its segment.  @gpr: the sixteen registers in
 * the order of their numbers; @next: RIP after the instruction.
 */
__u64 lodge_decode_offset(const struct lodge_insn *insn, const __u64 gpr[16], __u64 next);

/* A value cut to 1, 2, 4 or 8 bytes. */
static inline __u64 lodge_truncate(__u64 val, unsigned int bytes)
{
	return bytes >= 8 ? val : val & ((1ULL << (bytes * 8)) - 1);
}

static inline __s64 lodge_sign_extend(__u64 val, unsigned int bytes)
{
	unsigned int shift = 64 - bytes * 8;

	return (__s64)(val << shift) >> shift;
}

/*
 * Register operands, in an array in the order of their numbers.  Reads are
 * zero-extended; writes of 4 bytes clear the upper half, shorter ones keep the
 * rest.
 */
__u64 lodge_reg_read(const struct lodge_insn *insn, const __u64 gpr[16], unsigned int nr,
		     unsigned int size);
void lodge_reg_write(const struct lodge_insn *insn, __u64 gpr[16], unsigned int nr,
		     unsigned int size, __u64 val);
/* Step rSI, rDI or rCX, as the address size demands. */
void lodge_reg_step(const struct lodge_insn *insn, __u64 gpr[16], unsigned int nr, __s64 delta);

#endif
