// SPDX-License-Identifier: GPL-2.0-only
/*
 * Privileged instructions, which arrive as #GP, and the marked CPUID (#UD).
 * ABI 4.1 says what each one does.
 *
 * Another vcpu may rewrite the code between the fault and the decoding, so
 * nothing follows from the fault itself: whatever is decoded is judged by the
 * mode the vcpu is in.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <uapi/asm/debugreg.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/mm.h"
#include "trap/decode.h"
#include "trap/emulate.h"

/* Bits of DR6 that read as one. */
#define DR6_ONES	0xffff0ff0ULL

/*
 * What SGDT and so on show: the places Xen has these tables at, as far as that
 * is fixed, so that nothing of the host is seen and all hosts look the same.
 */
#define SHOWN_GDT_BASE		0xffff820000000000ULL
#define SHOWN_GDT_LIMIT		0xefff
#define SHOWN_GDT_VCPU_SHIFT	17
#define SHOWN_IDT_BASE		0xffff830000000000ULL
#define SHOWN_IDT_LIMIT		0xfff
#define SHOWN_TR		0xe040
#define SHOWN_LDTR		0xe050

void lodge_emulate_advance(struct lodge_vcpu *v, const struct lodge_code *code, u64 next)
{
	v->regs.rip = lodge_truncate(next, code->bits / 8);
	v->regs.rflags &= ~(u64)X86_EFLAGS_RF;
	if (v->regs.rflags & X86_EFLAGS_TF) {
		v->dr6 |= DR_STEP | DR6_ONES;
		lodge_vcpu_inject(v, X86_TRAP_DB, 0);
	}
}

bool lodge_emulate_fetch(struct lodge_vcpu *v, struct lodge_insn *insn, struct lodge_code *code)
{
	u8 bytes[LODGE_INSN_MAX];
	int len;
	u64 va;

	if (!lodge_code_segment(v, code))
		return false;
	va = code->base + v->regs.rip;
	if (code->bits != 64)
		va = (u32)va;
	len = lodge_guest_fetch(v, bytes, va, sizeof(bytes));
	return len > 0 && lodge_decode(insn, bytes, len, code->bits);
}

bool lodge_iopl_ok(const struct lodge_vcpu *v, bool kernel)
{
	unsigned int level = 3;

	/* A guest kernel counts as ring 1, unless it asked for the real thing. */
	if (kernel)
		level = v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl) ? 0 : 1;
	return level <= v->iopl;
}

/*
 * INT n, INT3, INTO.  The error code of the fault is not looked at: some
 * emulators get it wrong (ABI 13).
 */
static enum lodge_emulate_result software_interrupt(struct lodge_vcpu *v, u8 vector, u64 next)
{
	const struct lodge_gate *gate = &v->trap_table[vector];

	if (!gate->address || gate->dpl < (v->kernel_mode ? 1 : 3)) {
		lodge_vcpu_inject(v, X86_TRAP_GP, vector << 3 | 2);
		return LODGE_EMULATE_FAULT;
	}
	v->regs.rip = next;
	/* Never with an error code, whatever the vector. */
	v->trap = (struct lodge_trap) { .pending = true, .vector = vector };
	return LODGE_EMULATE_DONE;
}

static void show_cpuid(struct lodge_vcpu *v)
{
	u32 out[4];

	lodge_cpuid(v, v->regs.rax, v->regs.rcx, out);
	v->regs.rax = out[0];
	v->regs.rbx = out[1];
	v->regs.rcx = out[2];
	v->regs.rdx = out[3];
}

static void show_tsc(struct lodge_vcpu *v)
{
	u64 tsc = rdtsc_ordered();

	v->regs.rax = (u32)tsc;
	v->regs.rdx = tsc >> 32;
}

/* A value of 16 bits in memory, of the operand size in a register. */
static enum lodge_emulate_result put_word(struct lodge_vcpu *v, const struct lodge_insn *insn,
					  u64 val)
{
	u16 word = val;
	u64 va;

	if (!insn->memory) {
		lodge_gpr_write(v, insn, insn->rm, insn->op_size, val);
		return LODGE_EMULATE_DONE;
	}
	if (!lodge_operand_address(v, insn, sizeof(word), &va))
		return LODGE_EMULATE_NOT_MINE;
	return lodge_emulate_store(v, va, &word, sizeof(word)) ?
	       LODGE_EMULATE_DONE : LODGE_EMULATE_FAULT;
}

/* SGDT and SIDT: limit, then a base of 8 bytes in 64-bit code, else of 4. */
static enum lodge_emulate_result put_table(struct lodge_vcpu *v, const struct lodge_insn *insn,
					   u16 limit, u64 base)
{
	unsigned int size = sizeof(limit) + (insn->bits == 64 ? 8 : 4);
	u8 image[sizeof(limit) + sizeof(base)];
	u64 va;

	memcpy(image, &limit, sizeof(limit));
	memcpy(image + sizeof(limit), &base, sizeof(base));
	if (!lodge_operand_address(v, insn, size, &va))
		return LODGE_EMULATE_NOT_MINE;
	return lodge_emulate_store(v, va, image, size) ? LODGE_EMULATE_DONE : LODGE_EMULATE_FAULT;
}

/* 0f 00: SLDT and STR, which CR4.UMIP makes fault. */
static enum lodge_emulate_result group6(struct lodge_vcpu *v, const struct lodge_insn *insn)
{
	switch (insn->reg & 7) {
	case 0:
		return put_word(v, insn, v->ldt_entries ? SHOWN_LDTR : 0);
	case 1:
		return put_word(v, insn, SHOWN_TR);
	}
	return LODGE_EMULATE_NOT_MINE;
}

static enum lodge_emulate_result rdtsc_allowed(const struct lodge_vcpu *v)
{
	if (lodge_vcpu_user_mode(v) && (v->cr4 & X86_CR4_TSD))
		return LODGE_EMULATE_NOT_MINE;
	return LODGE_EMULATE_DONE;
}

/* 0f 01 with a register form that is an opcode of its own. */
static enum lodge_emulate_result group7_special(struct lodge_vcpu *v, const struct lodge_insn *insn)
{
	enum lodge_emulate_result res;

	switch (insn->modrm) {
	case 0xd1:	/* XSETBV */
		if (v->kernel_mode &&
		    !lodge_xsetbv(v, v->regs.rcx, v->regs.rdx << 32 | (u32)v->regs.rax))
			return LODGE_EMULATE_DONE;
		break;
	case 0xf9:	/* RDTSCP */
		res = rdtsc_allowed(v);
		if (res == LODGE_EMULATE_DONE) {
			show_tsc(v);
			v->regs.rcx = (u32)v->tsc_aux;
		}
		return res;
	}
	return LODGE_EMULATE_NOT_MINE;
}

/* 0f 01: SGDT, SIDT and SMSW as above, INVLPG, and the special ones. */
static enum lodge_emulate_result group7(struct lodge_vcpu *v, const struct lodge_insn *insn)
{
	unsigned int sub = insn->reg & 7;
	u64 val;

	if (sub == 4) {
		lodge_cr_read(v, 0, &val);
		return put_word(v, insn, val);
	}
	if (!insn->memory)
		return group7_special(v, insn);

	switch (sub) {
	case 0:
		return put_table(v, insn, SHOWN_GDT_LIMIT,
				 SHOWN_GDT_BASE + ((u64)v->id << SHOWN_GDT_VCPU_SHIFT));
	case 1:
		return put_table(v, insn, SHOWN_IDT_LIMIT, SHOWN_IDT_BASE);
	case 7:
		if (!v->kernel_mode)
			break;
		/* An address that cannot be mapped has nothing to flush. */
		if (lodge_operand_address(v, insn, 1, &val))
			lodge_mm_invlpg(v, val);
		return LODGE_EMULATE_DONE;
	}
	return LODGE_EMULATE_NOT_MINE;
}

static enum lodge_emulate_result done_if(int err)
{
	return err ? LODGE_EMULATE_NOT_MINE : LODGE_EMULATE_DONE;
}

static enum lodge_emulate_result mov_cr(struct lodge_vcpu *v, const struct lodge_insn *insn)
{
	u64 val;
	int err;

	if (insn->opcode == LODGE_0F(0x22))
		return done_if(lodge_cr_write(v, insn->reg,
					      lodge_gpr_read(v, insn, insn->rm, insn->op_size)));
	err = lodge_cr_read(v, insn->reg, &val);
	if (!err)
		lodge_gpr_write(v, insn, insn->rm, insn->op_size, val);
	return done_if(err);
}

static enum lodge_emulate_result mov_dr(struct lodge_vcpu *v, const struct lodge_insn *insn)
{
	u64 val;
	int err;

	if (insn->opcode == LODGE_0F(0x23)) {
		err = lodge_debugreg_write(v, insn->reg,
					   lodge_gpr_read(v, insn, insn->rm, insn->op_size));
	} else {
		err = lodge_debugreg_read(v, insn->reg, &val);
		if (!err)
			lodge_gpr_write(v, insn, insn->rm, insn->op_size, val);
	}
	if (err == -ENODEV) {
		lodge_vcpu_inject(v, X86_TRAP_UD, 0);
		return LODGE_EMULATE_FAULT;
	}
	return done_if(err);
}

static enum lodge_emulate_result read_msr(struct lodge_vcpu *v)
{
	u64 val;
	int err = lodge_msr_read(v, v->regs.rcx, &val);

	if (!err) {
		v->regs.rax = (u32)val;
		v->regs.rdx = val >> 32;
	}
	return done_if(err);
}

static enum lodge_emulate_result write_msr(struct lodge_vcpu *v)
{
	return done_if(lodge_msr_write(v, v->regs.rcx, v->regs.rdx << 32 | (u32)v->regs.rax));
}

/* Instructions of ring 0 alone. */
static enum lodge_emulate_result kernel_only(struct lodge_vcpu *v, const struct lodge_insn *insn)
{
	switch (insn->opcode) {
	case LODGE_0F(0x06):	/* CLTS */
		v->ts = false;
		return LODGE_EMULATE_DONE;
	case LODGE_0F(0x08):	/* INVD, WBINVD: a guest has no devices */
	case LODGE_0F(0x09):
		return LODGE_EMULATE_DONE;
	case LODGE_0F(0x20):
	case LODGE_0F(0x22):
		return mov_cr(v, insn);
	case LODGE_0F(0x21):
	case LODGE_0F(0x23):
		return mov_dr(v, insn);
	case LODGE_0F(0x30):
		return write_msr(v);
	case LODGE_0F(0x32):
		return read_msr(v);
	}
	return LODGE_EMULATE_NOT_MINE;
}

/* Everything that ends with RIP after the instruction if it is done. */
static enum lodge_emulate_result privileged(struct lodge_vcpu *v, const struct lodge_insn *insn)
{
	enum lodge_emulate_result res;

	switch (insn->opcode) {
	case LODGE_0F(0x00):
		return group6(v, insn);
	case LODGE_0F(0x01):
		return group7(v, insn);
	case LODGE_0F(0x31):	/* RDTSC */
		res = rdtsc_allowed(v);
		if (res == LODGE_EMULATE_DONE)
			show_tsc(v);
		return res;
	case LODGE_0F(0xa2):
		show_cpuid(v);
		return LODGE_EMULATE_DONE;
	case 0xfa:	/* CLI */
	case 0xfb:	/* STI */
		/*
		 * No effect on events, as on Xen: POPF, which does not trap,
		 * could not undo it.
		 */
		return done_if(!lodge_iopl_ok(v, v->kernel_mode));
	}
	return v->kernel_mode ? kernel_only(v, insn) : LODGE_EMULATE_NOT_MINE;
}

enum lodge_emulate_result lodge_emulate_gp(struct lodge_vcpu *v, u32 error)
{
	enum lodge_emulate_result res;
	struct lodge_insn insn;
	struct lodge_code code;
	u64 next;

	if (!lodge_emulate_fetch(v, &insn, &code))
		return LODGE_EMULATE_NOT_MINE;
	next = lodge_truncate(v->regs.rip + insn.length, code.bits / 8);

	switch (insn.opcode) {
	case 0xcc:
		return software_interrupt(v, X86_TRAP_BP, next);
	case 0xcd:
		return software_interrupt(v, insn.imm, next);
	case 0xce:
		return software_interrupt(v, X86_TRAP_OF, next);
	case 0x6c ... 0x6f:
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return lodge_emulate_io(v, &insn, &code, next);
	case LODGE_0F(0x34):
		if (lodge_vcpu_user_mode(v) && v->callback[LODGE_CALLBACK_SYSENTER].address)
			return LODGE_EMULATE_SYSENTER;
		return LODGE_EMULATE_NOT_MINE;
	}

	/* The rest faults with error code 0; other codes tell of a bad selector. */
	if (error)
		return LODGE_EMULATE_NOT_MINE;
	res = privileged(v, &insn);
	if (res == LODGE_EMULATE_DONE)
		lodge_emulate_advance(v, &code, next);
	return res;
}

enum lodge_emulate_result lodge_emulate_ud(struct lodge_vcpu *v)
{
	/* UD2, "xen", CPUID */
	static const u8 marked[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
	struct lodge_code code;
	u8 bytes[sizeof(marked)];
	u64 va;

	if (!lodge_code_segment(v, &code))
		return LODGE_EMULATE_NOT_MINE;
	va = code.base + v->regs.rip;
	if (code.bits != 64)
		va = (u32)va;
	if (lodge_guest_fetch(v, bytes, va, sizeof(bytes)) != sizeof(bytes) ||
	    memcmp(bytes, marked, sizeof(marked)))
		return LODGE_EMULATE_NOT_MINE;
	show_cpuid(v);
	lodge_emulate_advance(v, &code, v->regs.rip + sizeof(marked));
	return LODGE_EMULATE_DONE;
}
