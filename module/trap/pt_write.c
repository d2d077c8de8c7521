// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes of a guest kernel to page tables that are in use.
 *
 * The guest maps them read-only and still updates entries with ordinary
 * instructions, atomic ones among them (ABI 4.2).  Whatever the instruction,
 * it becomes a compare-and-exchange of the whole entry, so that it is atomic
 * against other vcpus and against lodge's own updates of accessed and dirty
 * bits, plain moves included.
 */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <asm/processor-flags.h>

#include "domain/domain.h"
#include "mm/mm.h"
#include "trap/alu.h"
#include "trap/decode.h"
#include "trap/emulate.h"

/* Attempts before the guest is run again: another vcpu may keep on changing the entry. */
#define PT_TRIES	64

struct pt_write {
	enum {
		PT_ALU,
		PT_XCHG,
		PT_CMPXCHG,
		PT_XADD,
		PT_STOS,
		PT_MOVS,
	} kind;
	enum lodge_alu_op op;	/* of PT_ALU */
	bool bit_base;		/* source is a bit number that counts beyond the operand */
	unsigned int size;
	u64 src;
	u64 va;
};

static bool plan_alu(struct lodge_vcpu *v, const struct lodge_insn *insn, struct pt_write *w)
{
	unsigned int sub = insn->reg & 7;

	w->kind = PT_ALU;
	w->src = lodge_gpr_read(v, insn, insn->reg, w->size);

	switch (insn->opcode) {
	case 0x00 ... 0x31:
		w->op = LODGE_ALU_ADD + (insn->opcode >> 3);
		return true;
	case 0x80 ... 0x83:
		w->op = LODGE_ALU_ADD + sub;
		w->src = insn->imm;
		return w->op != LODGE_ALU_CMP;
	case 0x88:
	case 0x89:
	case LODGE_0F(0xc3):
		w->op = LODGE_ALU_MOV;
		return true;
	case 0xa2:
	case 0xa3:
		w->op = LODGE_ALU_MOV;
		w->src = lodge_gpr_read(v, insn, 0, w->size);
		return true;
	case 0xc6:
	case 0xc7:
		w->op = LODGE_ALU_MOV;
		w->src = insn->imm;
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
	case LODGE_0F(0xab):
		w->op = LODGE_ALU_BTS;
		break;
	case LODGE_0F(0xb3):
		w->op = LODGE_ALU_BTR;
		break;
	case LODGE_0F(0xbb):
		w->op = LODGE_ALU_BTC;
		break;
	default:
		return false;
	}
	w->bit_base = true;
	return true;
}

static bool plan(struct lodge_vcpu *v, const struct lodge_insn *insn, struct pt_write *w)
{
	*w = (struct pt_write) { .size = insn->op_size };
	if (!insn->memory)
		return false;

	switch (insn->opcode) {
	case 0x86:
	case 0x87:
		w->kind = PT_XCHG;
		break;
	case LODGE_0F(0xb0):
	case LODGE_0F(0xb1):
		w->kind = PT_CMPXCHG;
		break;
	case LODGE_0F(0xc0):
	case LODGE_0F(0xc1):
		w->kind = PT_XADD;
		break;
	case 0xa4:
	case 0xa5:
		w->kind = PT_MOVS;
		return true;
	case 0xaa:
	case 0xab:
		w->kind = PT_STOS;
		w->src = lodge_gpr_read(v, insn, 0, w->size);
		return true;
	default:
		return plan_alu(v, insn, w);
	}
	w->src = lodge_gpr_read(v, insn, insn->reg, w->size);
	return true;
}

/* Where it writes. */
static bool locate(struct lodge_vcpu *v, const struct lodge_insn *insn, struct pt_write *w)
{
	unsigned int segment = insn->segment;
	u64 off;

	if (w->kind == PT_STOS || w->kind == PT_MOVS) {
		segment = LODGE_SEG_ES;
		off = lodge_truncate(v->regs.rdi, insn->addr_size);
	} else {
		off = lodge_operand_offset(v, insn);
	}
	if (w->bit_base) {
		s64 bit = lodge_sign_extend(w->src, w->size);

		off += (bit >> (3 + ilog2(w->size))) * (s64)w->size;
		off = lodge_truncate(off, insn->addr_size);
	}
	return lodge_segment_address(v, insn->bits, segment, off, w->size, &w->va);
}

/* The new value of the operand; false: it stays as it is. */
static bool compute(struct lodge_vcpu *v, const struct pt_write *w, u64 cur, u64 *new, u64 *flags)
{
	switch (w->kind) {
	case PT_ALU:
		*new = lodge_alu(w->op, w->size, cur, w->src, flags);
		return true;
	case PT_CMPXCHG:
		lodge_alu(LODGE_ALU_CMP, w->size, v->regs.rax, cur, flags);
		*new = w->src;
		return *flags & LODGE_FLAG_ZF;
	case PT_XADD:
		*new = lodge_alu(LODGE_ALU_ADD, w->size, cur, w->src, flags);
		return true;
	default:
		*new = w->src;
		return true;
	}
}

/* Registers and flags, once memory is as it shall be. */
static void finish(struct lodge_vcpu *v, const struct lodge_insn *insn, const struct pt_write *w,
		   u64 cur, u64 flags)
{
	s64 step = v->regs.rflags & X86_EFLAGS_DF ? -(s64)w->size : w->size;

	switch (w->kind) {
	case PT_XCHG:
	case PT_XADD:
		lodge_gpr_write(v, insn, insn->reg, w->size, cur);
		break;
	case PT_CMPXCHG:
		if (!(flags & LODGE_FLAG_ZF))
			lodge_gpr_write(v, insn, 0, w->size, cur);
		break;
	case PT_MOVS:
		lodge_gpr_step(v, insn, 6, step);
		fallthrough;
	case PT_STOS:
		lodge_gpr_step(v, insn, 7, step);
		break;
	default:
		break;
	}
	v->regs.rflags = flags;
}

static int update(struct lodge_vcpu *v, const struct lodge_insn *insn, const struct pt_write *w)
{
	unsigned int shift = (w->va & 7) * 8;
	u64 mask = lodge_truncate(~0ULL, w->size) << shift;
	u64 entry = w->va & ~7ULL;
	u64 old, cur, new, flags;
	int err, tries;

	err = lodge_pt_read(v, entry, 8, &old);
	if (err)
		return err;
	for (tries = 0; tries < PT_TRIES; tries++) {
		cur = lodge_truncate(old >> shift, w->size);
		flags = v->regs.rflags;
		err = 0;
		if (compute(v, w, cur, &new, &flags)) {
			new = (old & ~mask) | ((new << shift) & mask);
			err = lodge_pt_cmpxchg(v, entry, 8, &old, new);
		}
		if (err != -EAGAIN)
			break;
	}
	if (!err)
		finish(v, insn, w, cur, flags);
	return err;
}

enum lodge_emulate_result lodge_emulate_pt_write(struct lodge_vcpu *v, u64 va)
{
	struct lodge_insn insn;
	struct lodge_code code;
	struct pt_write w;
	u64 next, from;
	bool rep;
	int err;

	if (!v->kernel_mode || !lodge_emulate_fetch(v, &insn, &code))
		return LODGE_EMULATE_NOT_MINE;
	if (!plan(v, &insn, &w) || !locate(v, &insn, &w))
		return LODGE_EMULATE_NOT_MINE;
	next = v->regs.rip + insn.length;

	rep = (w.kind == PT_STOS || w.kind == PT_MOVS) && (insn.rep || insn.repne);
	if (rep && !lodge_truncate(v->regs.rcx, insn.addr_size)) {
		lodge_emulate_advance(v, &code, next);
		return LODGE_EMULATE_DONE;
	}
	/* All of it within the entry that the fault was about. */
	if (w.va >> 3 != va >> 3 || (w.va + w.size - 1) >> 3 != va >> 3)
		return LODGE_EMULATE_NOT_MINE;
	if (w.kind == PT_MOVS) {
		if (!lodge_segment_address(v, insn.bits, insn.segment,
					   lodge_truncate(v->regs.rsi, insn.addr_size),
					   w.size, &from))
			return LODGE_EMULATE_NOT_MINE;
		if (!lodge_emulate_load(v, from, &w.src, w.size))
			return LODGE_EMULATE_FAULT;
	}

	err = update(v, &insn, &w);
	if (err)
		return err == -EAGAIN ? LODGE_EMULATE_AGAIN : LODGE_EMULATE_NOT_MINE;
	if (rep) {
		/* One iteration at a time: the next may be about another page. */
		lodge_gpr_step(v, &insn, 1, -1);
		if (lodge_truncate(v->regs.rcx, insn.addr_size))
			next = v->regs.rip;
	}
	lodge_emulate_advance(v, &code, next);
	return LODGE_EMULATE_DONE;
}
