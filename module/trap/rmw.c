// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that write memory, see rmw.h.
 */
#include "trap/rmw.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#define FLAG_DF	0x400

enum { RAX = 0, RCX = 1, RSI = 6, RDI = 7 };

/* A bit number in a register is signed and selects an operand near or far. */
static void plan_bit(struct lodge_rmw *w, enum lodge_alu_op op)
{
	__s64 bits = w->size * 8;
	__s64 bit = lodge_sign_extend(w->src, w->size);

	w->op = op;
	/* Bits before the operand as well: round down. */
	w->beyond = (bit - (bit & (bits - 1))) / 8;
}

static bool plan_group(struct lodge_rmw *w, const struct lodge_insn *insn)
{
	unsigned int sub = insn->reg & 7;

	switch (insn->opcode) {
	case 0x80:
	case 0x81:
	case 0x83:
		w->op = LODGE_ALU_ADD + sub;
		w->src = insn->imm;
		return w->op != LODGE_ALU_CMP;
	case 0xd0:
	case 0xd1:
		w->op = sub == 4 ? LODGE_ALU_SHL : sub == 5 ? LODGE_ALU_SHR : LODGE_ALU_SAR;
		return true;
	case 0xf6:
	case 0xf7:
		w->op = sub == 2 ? LODGE_ALU_NOT : LODGE_ALU_NEG;
		return true;
	case 0xfe:
	case 0xff:
		w->op = sub == 0 ? LODGE_ALU_INC : LODGE_ALU_DEC;
		return true;
	case LODGE_0F(0xba):
		w->op = LODGE_ALU_BTS + sub - 5;
		w->src = insn->imm;
		return true;
	}
	return false;
}

static bool plan_alu(struct lodge_rmw *w, const struct lodge_insn *insn, const __u64 gpr[16])
{
	w->kind = LODGE_RMW_ALU;

	switch (insn->opcode) {
	case 0x88:
	case 0x89:
	case LODGE_0F(0xc3):
		w->op = LODGE_ALU_MOV;
		return true;
	case 0xa2:
	case 0xa3:
		w->op = LODGE_ALU_MOV;
		w->src = gpr[RAX];
		return true;
	case 0xc6:
	case 0xc7:
		w->op = LODGE_ALU_MOV;
		w->src = insn->imm;
		return true;
	case LODGE_0F(0xab):
		plan_bit(w, LODGE_ALU_BTS);
		return true;
	case LODGE_0F(0xb3):
		plan_bit(w, LODGE_ALU_BTR);
		return true;
	case LODGE_0F(0xbb):
		plan_bit(w, LODGE_ALU_BTC);
		return true;
	}
	/* ADD to XOR with a register: rows of eight opcodes. */
	if (insn->opcode < 0x38 && (insn->opcode & 7) < 2) {
		w->op = LODGE_ALU_ADD + (insn->opcode >> 3);
		return true;
	}
	return plan_group(w, insn);
}

bool lodge_rmw_plan(struct lodge_rmw *w, const struct lodge_insn *insn, const __u64 gpr[16])
{
	memset(w, 0, sizeof(*w));
	w->size = insn->op_size;
	if (!insn->memory)
		return false;

	switch (insn->opcode) {
	case 0xa4:
	case 0xa5:
		w->kind = LODGE_RMW_MOVS;
		return true;
	case 0xaa:
	case 0xab:
		w->kind = LODGE_RMW_STOS;
		w->src = gpr[RAX];
		return true;
	}

	w->src = lodge_reg_read(insn, gpr, insn->reg, w->size);
	switch (insn->opcode) {
	case 0x86:
	case 0x87:
		w->kind = LODGE_RMW_XCHG;
		return true;
	case LODGE_0F(0xb0):
	case LODGE_0F(0xb1):
		w->kind = LODGE_RMW_CMPXCHG;
		return true;
	case LODGE_0F(0xc0):
	case LODGE_0F(0xc1):
		w->kind = LODGE_RMW_XADD;
		return true;
	case LODGE_0F(0x90) ... LODGE_0F(0x9f):
		w->kind = LODGE_RMW_SETCC;
		w->src = insn->opcode & 15;
		return true;
	}
	return plan_alu(w, insn, gpr);
}

unsigned int lodge_rmw_segment(const struct lodge_rmw *w, const struct lodge_insn *insn)
{
	return lodge_rmw_string(w) ? LODGE_SEG_ES : insn->segment;
}

__u64 lodge_rmw_offset(const struct lodge_rmw *w, const struct lodge_insn *insn,
		       const __u64 gpr[16], __u64 next)
{
	if (lodge_rmw_string(w))
		return lodge_truncate(gpr[RDI], insn->addr_size);
	return lodge_truncate(lodge_decode_offset(insn, gpr, next) + w->beyond,
			      insn->addr_size);
}

bool lodge_rmw_compute(const struct lodge_rmw *w, const __u64 gpr[16], __u64 cur, __u64 *new,
		       __u64 *flags)
{
	switch (w->kind) {
	case LODGE_RMW_ALU:
		*new = lodge_alu(w->op, w->size, cur, w->src, flags);
		return true;
	case LODGE_RMW_CMPXCHG:
		lodge_alu(LODGE_ALU_CMP, w->size, gpr[RAX], cur, flags);
		*new = w->src;
		return *flags & LODGE_FLAG_ZF;
	case LODGE_RMW_XADD:
		*new = lodge_alu(LODGE_ALU_ADD, w->size, cur, w->src, flags);
		return true;
	case LODGE_RMW_SETCC:
		*new = lodge_alu_condition(w->src, *flags);
		return true;
	default:
		*new = lodge_truncate(w->src, w->size);
		return true;
	}
}

void lodge_rmw_finish(const struct lodge_rmw *w, const struct lodge_insn *insn, __u64 gpr[16],
		      __u64 cur, __u64 flags)
{
	__s64 step = flags & FLAG_DF ? -(__s64)w->size : w->size;

	switch (w->kind) {
	case LODGE_RMW_XCHG:
	case LODGE_RMW_XADD:
		lodge_reg_write(insn, gpr, insn->reg, w->size, cur);
		break;
	case LODGE_RMW_CMPXCHG:
		if (!(flags & LODGE_FLAG_ZF))
			lodge_reg_write(insn, gpr, RAX, w->size, cur);
		break;
	case LODGE_RMW_MOVS:
		lodge_reg_step(insn, gpr, RSI, step);
		lodge_reg_step(insn, gpr, RDI, step);
		break;
	case LODGE_RMW_STOS:
		lodge_reg_step(insn, gpr, RDI, step);
		break;
	default:
		break;
	}
	if (lodge_rmw_repeated(w, insn))
		lodge_reg_step(insn, gpr, RCX, -1);
}
