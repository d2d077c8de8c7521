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

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/mm.h"
#include "switch/layout.h"
#include "trap/emulate.h"
#include "trap/rmw.h"

/* Attempts before the guest is run again: another vcpu may keep on changing the entry. */
#define PT_TRIES	64

/* Memory, then registers and flags: nothing has changed if it fails. */
static int update(struct lodge_vcpu *v, const struct lodge_insn *insn, const struct lodge_rmw *w,
		  u64 regs[16], u64 va)
{
	unsigned int shift = (va & 7) * 8;
	u64 mask = lodge_truncate(~0ULL, w->size) << shift;
	u64 entry = va & ~7ULL;
	u64 old, cur, new, flags;
	int err, tries;

	err = lodge_pt_read(v, entry, &old);
	if (err)
		return err;
	for (tries = 0; tries < PT_TRIES; tries++) {
		cur = lodge_truncate(old >> shift, w->size);
		flags = v->regs.rflags;
		err = 0;
		if (lodge_rmw_compute(w, regs, cur, &new, &flags))
			err = lodge_pt_cmpxchg(v, entry, &old, (old & ~mask) | new << shift);
		if (err != -EAGAIN)
			break;
	}
	if (err)
		return err;
	lodge_rmw_finish(w, insn, regs, cur, flags);
	lodge_gpr_store(v, regs);
	v->regs.rflags = flags;
	return 0;
}

/* The source of MOVS, which is ordinary memory. */
static enum lodge_emulate_result load_source(struct lodge_vcpu *v, const struct lodge_insn *insn,
					     struct lodge_rmw *w)
{
	u64 va;

	if (!lodge_segment_address(v, insn->bits, insn->segment,
				   lodge_truncate(v->regs.rsi, insn->addr_size), w->size, &va))
		return LODGE_EMULATE_NOT_MINE;
	return lodge_emulate_load(v, va, &w->src, w->size) ?
	       LODGE_EMULATE_DONE : LODGE_EMULATE_FAULT;
}

bool lodge_emulate_pt_short(struct lodge_vcpu *v, u64 va)
{
	const struct lodge_code flat = { .bits = 64 };
	unsigned int mod, length = 3;
	u64 code, old, at, *reg;
	u8 rex, opcode, modrm;

	if ((u16)v->regs.cs != LODGE_SEL_USER_CS64 ||
	    !lodge_guest_fetch_word(v, &code, v->regs.rip))
		return false;
	rex = code;
	opcode = code >> 8;
	modrm = code >> 16;
	mod = modrm >> 6;
	/* REX.W; no register, SIB or RIP-relative form */
	if ((rex & 0xf8) != 0x48 || (opcode != 0x87 && opcode != 0x89) || mod == 3 ||
	    (modrm & 7) == 4 || (!mod && (modrm & 7) == 5))
		return false;
	reg = lodge_gpr(v, (modrm >> 3 & 7) | (rex & 4) << 1);
	at = *lodge_gpr(v, (modrm & 7) | (rex & 1) << 3);
	if (mod == 1) {
		at += (s64)(s8)(code >> 24);
		length += 1;
	} else if (mod == 2) {
		at += (s64)(s32)(code >> 24);
		length += 4;
	}
	if (at != va || lodge_pt_xchg(v, va, *reg, &old))
		return false;
	if (opcode == 0x87)
		*reg = old;
	lodge_emulate_advance(v, &flat, v->regs.rip + length);
	return true;
}

enum lodge_emulate_result lodge_emulate_pt_write(struct lodge_vcpu *v, u64 va)
{
	enum lodge_emulate_result res;
	struct lodge_insn insn;
	struct lodge_code code;
	struct lodge_rmw w;
	u64 regs[16] __uninitialized;
	u64 next, at;
	int err;

	if (!v->kernel_mode)
		return LODGE_EMULATE_NOT_MINE;
	if (lodge_emulate_pt_short(v, va))
		return LODGE_EMULATE_DONE;
	if (!lodge_emulate_fetch(v, &insn, &code))
		return LODGE_EMULATE_NOT_MINE;
	/* these segments are not in the vcpu now (sched/light.c) */
	if (v->light && (code.bits != 64 || insn.segment == LODGE_SEG_FS))
		return LODGE_EMULATE_NOT_MINE;
	next = v->regs.rip + insn.length;
	lodge_gpr_load(v, regs);
	if (!lodge_rmw_plan(&w, &insn, regs))
		return LODGE_EMULATE_NOT_MINE;
	if (!lodge_segment_address(v, insn.bits, lodge_rmw_segment(&w, &insn),
				   lodge_rmw_offset(&w, &insn, regs, next), w.size, &at))
		return LODGE_EMULATE_NOT_MINE;
	/* All of it within the entry that the fault was about. */
	if (at >> 3 != va >> 3 || (at + w.size - 1) >> 3 != va >> 3)
		return LODGE_EMULATE_NOT_MINE;
	/* Nothing to repeat does not fault: the code or the fault is not what it was. */
	if (lodge_rmw_repeated(&w, &insn) && !lodge_truncate(v->regs.rcx, insn.addr_size))
		return LODGE_EMULATE_AGAIN;

	if (w.kind == LODGE_RMW_MOVS) {
		res = load_source(v, &insn, &w);
		if (res != LODGE_EMULATE_DONE)
			return res;
	}
	err = update(v, &insn, &w, regs, at);
	if (err)
		return err == -EAGAIN ? LODGE_EMULATE_AGAIN : LODGE_EMULATE_NOT_MINE;

	/* One iteration at a time: the next may be about another page. */
	if (lodge_rmw_repeated(&w, &insn) && lodge_truncate(v->regs.rcx, insn.addr_size))
		next = v->regs.rip;
	lodge_emulate_advance(v, &code, next);
	return LODGE_EMULATE_DONE;
}
