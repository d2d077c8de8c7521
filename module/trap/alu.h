/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Integer arithmetic as the CPU does it, with its flags.  Pure: also compiled
 * into the unit tests.
 */
#ifndef LODGE_ALU_H
#define LODGE_ALU_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <linux/types.h>
#endif

#define LODGE_FLAG_CF	0x001
#define LODGE_FLAG_PF	0x004
#define LODGE_FLAG_AF	0x010
#define LODGE_FLAG_ZF	0x040
#define LODGE_FLAG_SF	0x080
#define LODGE_FLAG_OF	0x800
#define LODGE_FLAGS_ARITH	(LODGE_FLAG_CF | LODGE_FLAG_PF | LODGE_FLAG_AF | \
				 LODGE_FLAG_ZF | LODGE_FLAG_SF | LODGE_FLAG_OF)

/* The first eight in the order of their numbers in opcodes. */
enum lodge_alu_op {
	LODGE_ALU_ADD,
	LODGE_ALU_OR,
	LODGE_ALU_ADC,
	LODGE_ALU_SBB,
	LODGE_ALU_AND,
	LODGE_ALU_SUB,
	LODGE_ALU_XOR,
	LODGE_ALU_CMP,		/* result is @dst */
	LODGE_ALU_INC,		/* these and the next ignore @src */
	LODGE_ALU_DEC,
	LODGE_ALU_NOT,
	LODGE_ALU_NEG,
	LODGE_ALU_BTS,		/* @src is the bit, modulo the size */
	LODGE_ALU_BTR,
	LODGE_ALU_BTC,
	LODGE_ALU_SHL,		/* shifts are by one and ignore @src */
	LODGE_ALU_SHR,
	LODGE_ALU_SAR,
	LODGE_ALU_MOV,		/* result is @src, no flags */
};

/**
 * lodge_alu - carry out an operation
 * @op: which
 * @size: of the operands in bytes: 1, 2, 4 or 8
 * @dst: first operand; bits above @size are ignored
 * @src: second operand; the same
 * @flags: RFLAGS, updated
 *
 * Flags that the architecture leaves undefined become what CPUs make of them:
 * AF is cleared by logical operations and shifts, bit operations change CF only.
 *
 * Return: the result, zero-extended.
 */
__u64 lodge_alu(enum lodge_alu_op op, unsigned int size, __u64 dst, __u64 src, __u64 *flags);

/* Does a condition hold: the low four bits of the opcode of SETcc? */
bool lodge_alu_condition(unsigned int cc, __u64 flags);

#endif
