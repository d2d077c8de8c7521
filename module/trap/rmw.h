/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions that write memory, seen as a function from the old value of
 * their operand to the new one.  Pure: also compiled into the unit tests.
 */
#ifndef LODGE_RMW_H
#define LODGE_RMW_H

#include "trap/alu.h"
#include "trap/decode.h"

enum lodge_rmw_kind {
	LODGE_RMW_ALU,
	LODGE_RMW_XCHG,
	LODGE_RMW_CMPXCHG,
	LODGE_RMW_XADD,
	LODGE_RMW_SETCC,
	LODGE_RMW_STOS,
	LODGE_RMW_MOVS,
};

/**
 * struct lodge_rmw - one write
 * @kind: what it does
 * @op: of LODGE_RMW_ALU
 * @size: of the operand in bytes
 * @src: source operand; the caller reads it for LODGE_RMW_MOVS; the condition
 *	of LODGE_RMW_SETCC
 * @beyond: bytes to add to the offset: bit numbers in a register count on
 */
struct lodge_rmw {
	enum lodge_rmw_kind kind;
	enum lodge_alu_op op;
	unsigned int size;
	__u64 src;
	__s64 beyond;
};

/* false: the instruction does not write memory, or in a way not covered here. */
bool lodge_rmw_plan(struct lodge_rmw *w, const struct lodge_insn *insn, const __u64 gpr[16]);

static inline bool lodge_rmw_string(const struct lodge_rmw *w)
{
	return w->kind == LODGE_RMW_STOS || w->kind == LODGE_RMW_MOVS;
}

/* Repeated until rCX is 0. */
static inline bool lodge_rmw_repeated(const struct lodge_rmw *w, const struct lodge_insn *insn)
{
	return lodge_rmw_string(w) && (insn->rep || insn->repne);
}

/* Segment of the operand, and its offset there; @next: RIP after the instruction. */
unsigned int lodge_rmw_segment(const struct lodge_rmw *w, const struct lodge_insn *insn);
__u64 lodge_rmw_offset(const struct lodge_rmw *w, const struct lodge_insn *insn,
		       const __u64 gpr[16], __u64 next);

/*
 * The new value of an operand that is @cur; @flags is updated.  false: it stays
 * as it is (a failed comparison).
 */
bool lodge_rmw_compute(const struct lodge_rmw *w, const __u64 gpr[16], __u64 cur, __u64 *new,
		       __u64 *flags);

/*
 * Registers after the write, of one iteration if it is repeated; @flags as
 * lodge_rmw_compute() left them.
 */
void lodge_rmw_finish(const struct lodge_rmw *w, const struct lodge_insn *insn, __u64 gpr[16],
		      __u64 cur, __u64 flags);

#endif
