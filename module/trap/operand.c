// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operands of instructions that are emulated: registers, segments, memory.
 *
 * 64-bit code has flat segments, but for the bases of FS and GS.  Only user
 * programs of the guest run 32- and 16-bit code; the descriptors looked at are
 * the vcpu's sanitised copies, which are what the CPU used.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/stddef.h>
#include <asm/trap_pf.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "trap/decode.h"
#include "trap/emulate.h"

/* Bits of a descriptor. */
#define DESC_EXPAND_DOWN	BIT_ULL(42)	/* of data */
#define DESC_CODE		BIT_ULL(43)
#define DESC_S			BIT_ULL(44)	/* not a system descriptor */
#define DESC_P			BIT_ULL(47)
#define DESC_L			BIT_ULL(53)
#define DESC_DB			BIT_ULL(54)
#define DESC_G			BIT_ULL(55)

/* What lodge itself has in every GDT: DPL 3, accessed, base 0, limit 4 GiB. */
#define FLAT_CS32	0x00cffb000000ffffULL
#define FLAT_DS		0x00cff3000000ffffULL
#define FLAT_CS64	0x00affb000000ffffULL

static bool flat_descriptor(u16 selector, u64 *descriptor)
{
	switch (selector | 3) {
	case FLAT_RING3_CS32:
		*descriptor = FLAT_CS32;
		return true;
	case FLAT_RING3_DS32:
		*descriptor = FLAT_DS;
		return true;
	case FLAT_RING3_CS64:
		*descriptor = FLAT_CS64;
		return true;
	}
	return false;
}

bool lodge_descriptor_lookup(struct lodge_vcpu *v, u16 selector, u64 *descriptor)
{
	unsigned int index = selector >> 3;

	*descriptor = 0;
	if (selector < 4)
		return false;
	if (!(selector & 4) && flat_descriptor(selector, descriptor))
		return true;

	if (selector & 4) {
		if (!v->ldt || index >= v->ldt_entries)
			return false;
		*descriptor = v->ldt[array_index_nospec(index, LODGE_LDT_ENTRIES)];
	} else {
		if (index >= v->gdt_entries)
			return false;
		*descriptor = v->gdt[array_index_nospec(index, LODGE_GDT_ENTRIES)];
	}
	return (*descriptor & (DESC_P | DESC_S)) == (DESC_P | DESC_S);
}

u64 lodge_descriptor_base(u64 d)
{
	return ((d >> 16) & 0xffffff) | ((d >> 32) & 0xff000000);
}

static u64 descriptor_limit(u64 d)
{
	u64 limit = (d & 0xffff) | ((d >> 32) & 0xf0000);

	return d & DESC_G ? (limit << 12) | 0xfff : limit;
}

bool lodge_code_segment(struct lodge_vcpu *v, struct lodge_code *code)
{
	u64 d;

	if (!lodge_descriptor_lookup(v, v->regs.cs, &d) || !(d & DESC_CODE))
		return false;
	if (d & DESC_L) {
		code->bits = 64;
		code->base = 0;
	} else {
		code->bits = d & DESC_DB ? 32 : 16;
		code->base = lodge_descriptor_base(d);
	}
	return true;
}

static bool address64(struct lodge_vcpu *v, unsigned int segment, u64 off, unsigned int size,
		      u64 *va)
{
	*va = off;
	if (segment == LODGE_SEG_FS)
		*va += v->fs_base;
	else if (segment == LODGE_SEG_GS)
		*va += v->gs_base_active;
	return lodge_canonical(*va) && lodge_canonical(*va + size - 1);
}

static u16 selector_of(struct lodge_vcpu *v, unsigned int segment)
{
	switch (segment) {
	case LODGE_SEG_ES:
		return v->es;
	case LODGE_SEG_CS:
		return v->regs.cs;
	case LODGE_SEG_SS:
		return v->regs.ss;
	case LODGE_SEG_FS:
		return v->fs;
	case LODGE_SEG_GS:
		return v->gs;
	default:
		return v->ds;
	}
}

bool lodge_segment_address(struct lodge_vcpu *v, unsigned int bits, unsigned int segment, u64 off,
			   unsigned int size, u64 *va)
{
	u64 d, base, limit, last;

	if (bits == 64)
		return address64(v, segment, off, size, va);

	if (!lodge_descriptor_lookup(v, selector_of(v, segment), &d))
		return false;
	limit = descriptor_limit(d);
	last = off + size - 1;
	if ((d & (DESC_CODE | DESC_EXPAND_DOWN)) == DESC_EXPAND_DOWN) {
		if (off <= limit || last > (d & DESC_DB ? U32_MAX : U16_MAX))
			return false;
	} else if (last > limit) {
		return false;
	}

	/* The bases of FS and GS can be other than their descriptors' say. */
	if (segment == LODGE_SEG_FS)
		base = v->fs_base;
	else if (segment == LODGE_SEG_GS)
		base = v->gs_base_active;
	else
		base = lodge_descriptor_base(d);
	*va = (u32)(base + off);
	return true;
}

/*
 * Registers by the numbers that instructions have for them.  Both functions are on
 * the path of each emulated write to a page table.
 */
#define EACH_GPR(X) \
	X(0, rax) X(1, rcx) X(2, rdx) X(3, rbx) X(4, rsp) X(5, rbp) X(6, rsi) X(7, rdi) \
	X(8, r8) X(9, r9) X(10, r10) X(11, r11) X(12, r12) X(13, r13) X(14, r14) X(15, r15)

void lodge_gpr_load(struct lodge_vcpu *v, u64 regs[16])
{
#define LOAD_GPR(i, name)	regs[i] = v->regs.name;
	EACH_GPR(LOAD_GPR)
#undef LOAD_GPR
}

void lodge_gpr_store(struct lodge_vcpu *v, const u64 regs[16])
{
#define STORE_GPR(i, name)	v->regs.name = regs[i];
	EACH_GPR(STORE_GPR)
#undef STORE_GPR
}

u64 *lodge_gpr(struct lodge_vcpu *v, unsigned int nr)
{
#define OFFSET_GPR(i, name)	[i] = offsetof(struct lodge_regs, name),
	static const u8 offset[16] = { EACH_GPR(OFFSET_GPR) };
#undef OFFSET_GPR

	return (void *)&v->regs + offset[nr & 15];
}

u64 lodge_gpr_read(struct lodge_vcpu *v, const struct lodge_insn *insn, unsigned int nr,
		   unsigned int size)
{
	u64 regs[16];

	lodge_gpr_load(v, regs);
	return lodge_reg_read(insn, regs, nr, size);
}

void lodge_gpr_write(struct lodge_vcpu *v, const struct lodge_insn *insn, unsigned int nr,
		     unsigned int size, u64 val)
{
	u64 regs[16];

	lodge_gpr_load(v, regs);
	lodge_reg_write(insn, regs, nr, size, val);
	lodge_gpr_store(v, regs);
}

bool lodge_operand_address(struct lodge_vcpu *v, const struct lodge_insn *insn, unsigned int size,
			   u64 *va)
{
	u64 regs[16];

	lodge_gpr_load(v, regs);
	return lodge_segment_address(v, insn->bits, insn->segment,
				     lodge_decode_offset(insn, regs,
							 v->regs.rip + insn->length),
				     size, va);
}

/* P stays clear: the guest's fault handler looks at its own entry anyway. */
static void queue_fault(struct lodge_vcpu *v, u64 va, u32 error)
{
	if (lodge_vcpu_user_mode(v))
		error |= X86_PF_USER;
	lodge_vcpu_inject_pf(v, va, error);
}

/* Bytes of an operand up to the end of its first page: a fault names the page that is missing. */
static unsigned int first_part(u64 va, unsigned int size)
{
	return min_t(u64, size, PAGE_SIZE - offset_in_page(va));
}

bool lodge_emulate_load(struct lodge_vcpu *v, u64 va, void *dst, unsigned int size)
{
	unsigned int part;

	for (; size; size -= part, va += part, dst += part) {
		part = first_part(va, size);
		if (lodge_guest_read(v, dst, va, part)) {
			queue_fault(v, va, 0);
			return false;
		}
	}
	return true;
}

bool lodge_emulate_store(struct lodge_vcpu *v, u64 va, const void *src, unsigned int size)
{
	unsigned int part;

	for (; size; size -= part, va += part, src += part) {
		part = first_part(va, size);
		if (lodge_guest_write(v, va, src, part)) {
			queue_fault(v, va, X86_PF_WRITE);
			return false;
		}
	}
	return true;
}
