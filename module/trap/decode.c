// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instruction decoder, see decode.h.  Encoding rules are those of chapter 2 of
 * the Intel manual's volume 2; numbers in the tables are opcodes.
 */
#include "trap/decode.h"

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/* What follows the opcode, and what its operands are. */
#define KNOWN	0x001
#define MODRM	0x002
#define BYTE	0x004	/* operands of one byte */
#define IMM8	0x008	/* sign-extended */
#define IMMZ	0x010	/* of the operand size, 4 bytes sign-extended for 8 */
#define MOFFS	0x020	/* an address of the address size */
#define LOCK	0x040	/* LOCK is allowed with a memory operand */
#define REG64	0x080	/* operand size is that of the mode: control and debug registers */
#define REGONLY	0x100	/* ModRM names two registers whatever its mod field says */
#define STRING	0x200	/* memory by rSI and rDI, no ModRM */

#define RMW8	(KNOWN | MODRM | BYTE | LOCK)
#define RMW	(KNOWN | MODRM | LOCK)

static const __u16 one_byte[256] = {
	[0x00] = RMW8,					/* ADD */
	[0x01] = RMW,
	[0x08] = RMW8,					/* OR */
	[0x09] = RMW,
	[0x10] = RMW8,					/* ADC */
	[0x11] = RMW,
	[0x18] = RMW8,					/* SBB */
	[0x19] = RMW,
	[0x20] = RMW8,					/* AND */
	[0x21] = RMW,
	[0x28] = RMW8,					/* SUB */
	[0x29] = RMW,
	[0x30] = RMW8,					/* XOR */
	[0x31] = RMW,
	[0x6c] = KNOWN | STRING | BYTE,			/* INS */
	[0x6d] = KNOWN | STRING,
	[0x6e] = KNOWN | STRING | BYTE,			/* OUTS */
	[0x6f] = KNOWN | STRING,
	[0x80] = KNOWN | MODRM | BYTE | IMM8 | LOCK,	/* group 1 */
	[0x81] = KNOWN | MODRM | IMMZ | LOCK,
	[0x83] = KNOWN | MODRM | IMM8 | LOCK,
	[0x86] = RMW8,					/* XCHG */
	[0x87] = RMW,
	[0x88] = KNOWN | MODRM | BYTE,			/* MOV to memory */
	[0x89] = KNOWN | MODRM,
	[0xa2] = KNOWN | MOFFS | BYTE,			/* MOV from the accumulator */
	[0xa3] = KNOWN | MOFFS,
	[0xa4] = KNOWN | STRING | BYTE,			/* MOVS */
	[0xa5] = KNOWN | STRING,
	[0xaa] = KNOWN | STRING | BYTE,			/* STOS */
	[0xab] = KNOWN | STRING,
	[0xc6] = KNOWN | MODRM | BYTE | IMM8,		/* MOV immediate */
	[0xc7] = KNOWN | MODRM | IMMZ,
	[0xcc] = KNOWN,					/* INT3 */
	[0xcd] = KNOWN | BYTE | IMM8,			/* INT n */
	[0xce] = KNOWN,					/* INTO */
	[0xd0] = KNOWN | MODRM | BYTE,			/* shifts by one */
	[0xd1] = KNOWN | MODRM,
	[0xe4] = KNOWN | BYTE | IMM8,			/* IN */
	[0xe5] = KNOWN | IMM8,
	[0xe6] = KNOWN | BYTE | IMM8,			/* OUT */
	[0xe7] = KNOWN | IMM8,
	[0xec] = KNOWN | BYTE,
	[0xed] = KNOWN,
	[0xee] = KNOWN | BYTE,
	[0xef] = KNOWN,
	[0xf4] = KNOWN,					/* HLT */
	[0xf6] = RMW8,					/* NOT, NEG */
	[0xf7] = RMW,
	[0xfa] = KNOWN,					/* CLI */
	[0xfb] = KNOWN,					/* STI */
	[0xfe] = RMW8,					/* INC, DEC */
	[0xff] = RMW,
};

static const __u16 two_byte[256] = {
	[0x00] = KNOWN | MODRM,				/* SLDT, STR, LLDT, LTR */
	[0x01] = KNOWN | MODRM,				/* SGDT, SIDT, SMSW, XSETBV, ... */
	[0x06] = KNOWN,					/* CLTS */
	[0x08] = KNOWN,					/* INVD */
	[0x09] = KNOWN,					/* WBINVD */
	[0x20] = KNOWN | MODRM | REG64 | REGONLY,	/* MOV CR */
	[0x21] = KNOWN | MODRM | REG64 | REGONLY,	/* MOV DR */
	[0x22] = KNOWN | MODRM | REG64 | REGONLY,
	[0x23] = KNOWN | MODRM | REG64 | REGONLY,
	[0x30] = KNOWN,					/* WRMSR */
	[0x31] = KNOWN,					/* RDTSC */
	[0x32] = KNOWN,					/* RDMSR */
	[0x33] = KNOWN,					/* RDPMC */
	[0x34] = KNOWN,					/* SYSENTER */
	[0x90 ... 0x9f] = KNOWN | MODRM | BYTE,		/* SETcc */
	[0xa2] = KNOWN,					/* CPUID */
	[0xab] = RMW,					/* BTS */
	[0xb0] = RMW8,					/* CMPXCHG */
	[0xb1] = RMW,
	[0xb3] = RMW,					/* BTR */
	[0xba] = KNOWN | MODRM | IMM8 | LOCK,		/* BTS, BTR, BTC immediate */
	[0xbb] = RMW,					/* BTC */
	[0xc0] = RMW8,					/* XADD */
	[0xc1] = RMW,
	[0xc3] = KNOWN | MODRM,				/* MOVNTI */
};

struct cursor {
	const __u8 *bytes;
	size_t len;
	size_t at;
	bool short_read;
};

static __u64 take(struct cursor *c, unsigned int n)
{
	__u64 val = 0;
	unsigned int i;

	if (c->len - c->at < n) {
		c->short_read = true;
		return 0;
	}
	for (i = 0; i < n; i++)
		val |= (__u64)c->bytes[c->at + i] << (8 * i);
	c->at += n;
	return val;
}

/* Prefixes, and the first byte that is none. */
static __u8 take_prefixes(struct lodge_insn *insn, struct cursor *c, bool *opsize, bool *addrsize)
{
	for (;;) {
		__u8 byte = take(c, 1);

		if (c->short_read)
			return 0;
		/* A REX prefix counts only if the opcode follows at once. */
		if (insn->bits == 64 && (byte & 0xf0) == 0x40) {
			insn->rex = byte;
			continue;
		}
		switch (byte) {
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			/* In 64-bit code these are accepted and mean nothing. */
			if (insn->bits != 64) {
				insn->override = true;
				insn->segment = (byte >> 3) & 3;
			}
			break;
		case 0x64:
		case 0x65:
			insn->override = true;
			insn->segment = LODGE_SEG_FS + (byte & 1);
			break;
		case 0x66:
			*opsize = true;
			break;
		case 0x67:
			*addrsize = true;
			break;
		case 0xf0:
			insn->lock = true;
			break;
		case 0xf2:
			insn->repne = true;
			insn->rep = false;
			break;
		case 0xf3:
			insn->rep = true;
			insn->repne = false;
			break;
		default:
			return byte;
		}
		insn->rex = 0;
	}
}

/* BX, SI and so on: the fixed pairs of 16-bit addressing. */
static void take_address16(struct lodge_insn *insn, struct cursor *c)
{
	static const __u8 pair[8][2] = {
		{ 3, 6 }, { 3, 7 }, { 5, 6 }, { 5, 7 },
		{ 6, LODGE_NO_REG }, { 7, LODGE_NO_REG },
		{ 5, LODGE_NO_REG }, { 3, LODGE_NO_REG },
	};
	unsigned int mod = insn->modrm >> 6, rm = insn->modrm & 7;

	insn->base = pair[rm][0];
	insn->index = pair[rm][1];
	if (mod == 0 && rm == 6) {
		insn->base = LODGE_NO_REG;
		insn->disp = lodge_sign_extend(take(c, 2), 2);
	} else if (mod == 1) {
		insn->disp = lodge_sign_extend(take(c, 1), 1);
	} else if (mod == 2) {
		insn->disp = lodge_sign_extend(take(c, 2), 2);
	}
}

static void take_address(struct lodge_insn *insn, struct cursor *c)
{
	unsigned int mod = insn->modrm >> 6, rm = insn->modrm & 7;
	__u8 rex_b = insn->rex & 1 ? 8 : 0;

	if (rm == 4) {
		__u8 sib = take(c, 1);

		insn->scale = sib >> 6;
		insn->index = ((sib >> 3) & 7) | (insn->rex & 2 ? 8 : 0);
		if (insn->index == 4)
			insn->index = LODGE_NO_REG;
		insn->base = (sib & 7) | rex_b;
		if ((sib & 7) == 5 && mod == 0) {
			insn->base = LODGE_NO_REG;
			insn->disp = lodge_sign_extend(take(c, 4), 4);
		}
	} else if (rm == 5 && mod == 0) {
		insn->rip_relative = insn->bits == 64;
		insn->disp = lodge_sign_extend(take(c, 4), 4);
	} else {
		insn->base = rm | rex_b;
	}
	if (mod == 1)
		insn->disp = lodge_sign_extend(take(c, 1), 1);
	else if (mod == 2)
		insn->disp = lodge_sign_extend(take(c, 4), 4);
}

static void take_modrm(struct lodge_insn *insn, struct cursor *c, unsigned int flags)
{
	insn->modrm = take(c, 1);
	insn->reg = ((insn->modrm >> 3) & 7) | (insn->rex & 4 ? 8 : 0);
	insn->rm = (insn->modrm & 7) | (insn->rex & 1 ? 8 : 0);
	insn->memory = insn->modrm < 0xc0 && !(flags & REGONLY);
	if (!insn->memory)
		return;

	if (insn->addr_size == 2)
		take_address16(insn, c);
	else
		take_address(insn, c);
	/* Addresses on the stack are in its segment: by rSP (not R12) or rBP (not R13). */
	if (!insn->override && (insn->base == 4 || insn->base == 5))
		insn->segment = LODGE_SEG_SS;
}

static void set_sizes(struct lodge_insn *insn, unsigned int flags, bool opsize, bool addrsize)
{
	if (insn->bits == 64)
		insn->addr_size = addrsize ? 4 : 8;
	else
		insn->addr_size = (insn->bits == 32) != addrsize ? 4 : 2;

	if (flags & BYTE)
		insn->op_size = 1;
	else if (flags & REG64)
		insn->op_size = insn->bits == 64 ? 8 : 4;
	else if (insn->rex & 8)
		insn->op_size = 8;
	else
		insn->op_size = (insn->bits != 16) != opsize ? 4 : 2;
}

/* Group opcodes of which only some members write, or exist. */
static bool group_ok(const struct lodge_insn *insn)
{
	unsigned int sub = (insn->modrm >> 3) & 7;

	switch (insn->opcode) {
	case 0xc6:
	case 0xc7:
		return sub == 0;
	case 0xd0:
	case 0xd1:
		return sub == 4 || sub == 5 || sub == 7;
	case 0xf6:
	case 0xf7:
		return sub == 2 || sub == 3;
	case 0xfe:
	case 0xff:
		return sub < 2;
	case LODGE_0F(0xba):
		return sub > 4;
	}
	return true;
}

bool lodge_decode(struct lodge_insn *insn, const __u8 *bytes, size_t len, unsigned int bits)
{
	struct cursor c = { .bytes = bytes, .len = len < LODGE_INSN_MAX ? len : LODGE_INSN_MAX };
	bool opsize = false, addrsize = false;
	unsigned int flags;
	__u8 byte;

	memset(insn, 0, sizeof(*insn));
	insn->bits = bits;
	insn->segment = LODGE_SEG_DS;
	insn->base = LODGE_NO_REG;
	insn->index = LODGE_NO_REG;

	byte = take_prefixes(insn, &c, &opsize, &addrsize);
	if (byte == 0x0f) {
		byte = take(&c, 1);
		insn->opcode = LODGE_0F(byte);
		flags = two_byte[byte];
	} else {
		insn->opcode = byte;
		flags = one_byte[byte];
	}
	if (c.short_read || !(flags & KNOWN))
		return false;

	set_sizes(insn, flags, opsize, addrsize);
	if (flags & MODRM)
		take_modrm(insn, &c, flags);
	if (flags & MOFFS) {
		insn->memory = true;
		insn->disp = take(&c, insn->addr_size);
	}
	if (flags & STRING)
		insn->memory = true;
	if (flags & IMM8)
		insn->imm = lodge_sign_extend(take(&c, 1), 1);
	if (flags & IMMZ) {
		unsigned int n = insn->op_size == 8 ? 4 : insn->op_size;

		insn->imm = lodge_sign_extend(take(&c, n), n);
	}
	if (c.short_read || ((flags & MODRM) && !group_ok(insn)))
		return false;
	if (insn->lock && !((flags & LOCK) && insn->memory))
		return false;
	insn->length = c.at;
	return true;
}

__u64 lodge_decode_offset(const struct lodge_insn *insn, const __u64 gpr[16], __u64 next)
{
	__u64 off = insn->disp;

	/* 16-bit addressing and SIB cannot name more than the sixteen. */
	if (insn->base != LODGE_NO_REG)
		off += gpr[insn->base & 15];
	if (insn->index != LODGE_NO_REG)
		off += gpr[insn->index & 15] << insn->scale;
	if (insn->rip_relative)
		off += next;
	return lodge_truncate(off, insn->addr_size);
}

/* Byte registers 4-7 are AH, CH, DH, BH unless there is a REX prefix. */
static bool high_byte(const struct lodge_insn *insn, unsigned int nr, unsigned int size)
{
	return size == 1 && !insn->rex && nr >= 4 && nr < 8;
}

__u64 lodge_reg_read(const struct lodge_insn *insn, const __u64 gpr[16], unsigned int nr,
		     unsigned int size)
{
	if (high_byte(insn, nr, size))
		return (gpr[nr & 3] >> 8) & 0xff;
	return lodge_truncate(gpr[nr & 15], size);
}

static void write_sized(__u64 *reg, unsigned int size, __u64 val)
{
	if (size >= 4)
		*reg = lodge_truncate(val, size);
	else
		*reg ^= lodge_truncate(*reg ^ val, size);
}

void lodge_reg_write(const struct lodge_insn *insn, __u64 gpr[16], unsigned int nr,
		     unsigned int size, __u64 val)
{
	if (high_byte(insn, nr, size))
		gpr[nr & 3] = (gpr[nr & 3] & ~0xff00ULL) | (val & 0xff) << 8;
	else
		write_sized(&gpr[nr & 15], size, val);
}

void lodge_reg_step(const struct lodge_insn *insn, __u64 gpr[16], unsigned int nr, __s64 delta)
{
	write_sized(&gpr[nr & 15], insn->addr_size, gpr[nr & 15] + delta);
}
