// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integer arithmetic and flags, see alu.h.
 */
#include "trap/alu.h"
#include "trap/decode.h"

static __u64 sign_bit(unsigned int size)
{
	return 1ULL << (size * 8 - 1);
}

/* Flags that depend on the result alone. */
static __u64 result_flags(__u64 res, unsigned int size)
{
	__u8 low = res;
	__u64 flags = 0;

	low ^= low >> 4;
	low ^= low >> 2;
	low ^= low >> 1;
	if (!(low & 1))
		flags |= LODGE_FLAG_PF;
	if (!res)
		flags |= LODGE_FLAG_ZF;
	if (res & sign_bit(size))
		flags |= LODGE_FLAG_SF;
	return flags;
}

/* The carry out of each bit of a sum; borrows come out the same way. */
static __u64 carry_flags(__u64 carries, __u64 overflow, unsigned int size)
{
	__u64 flags = 0;

	if (carries & sign_bit(size))
		flags |= LODGE_FLAG_CF;
	if (carries & 8)
		flags |= LODGE_FLAG_AF;
	if (overflow & sign_bit(size))
		flags |= LODGE_FLAG_OF;
	return flags;
}

static __u64 add(__u64 a, __u64 b, unsigned int carry, unsigned int size, __u64 *flags)
{
	__u64 res = lodge_truncate(a + b + carry, size);
	__u64 carries = (a & b) | ((a | b) & ~res);

	*flags = result_flags(res, size) | carry_flags(carries, (a ^ res) & (b ^ res), size);
	return res;
}

static __u64 subtract(__u64 a, __u64 b, unsigned int borrow, unsigned int size, __u64 *flags)
{
	__u64 res = lodge_truncate(a - b - borrow, size);
	__u64 borrows = (~a & b) | ((~a | b) & res);

	*flags = result_flags(res, size) | carry_flags(borrows, (a ^ b) & (a ^ res), size);
	return res;
}

static __u64 bit_op(enum lodge_alu_op op, unsigned int size, __u64 dst, __u64 src, __u64 *flags)
{
	__u64 bit = 1ULL << (src & (size * 8 - 1));

	*flags &= ~(__u64)LODGE_FLAG_CF;
	if (dst & bit)
		*flags |= LODGE_FLAG_CF;
	switch (op) {
	case LODGE_ALU_BTS:
		return dst | bit;
	case LODGE_ALU_BTR:
		return dst & ~bit;
	default:
		return dst ^ bit;
	}
}

static __u64 shift_op(enum lodge_alu_op op, unsigned int size, __u64 dst, __u64 *flags)
{
	__u64 top = dst & sign_bit(size), res, out;

	if (op == LODGE_ALU_SHL) {
		res = lodge_truncate(dst << 1, size);
		out = top;
	} else {
		res = dst >> 1 | (op == LODGE_ALU_SAR ? top : 0);
		out = dst & 1;
	}
	*flags = result_flags(res, size);
	if (out)
		*flags |= LODGE_FLAG_CF;
	/* OF: the sign has changed */
	if ((dst ^ res) & sign_bit(size))
		*flags |= LODGE_FLAG_OF;
	return res;
}

bool lodge_alu_condition(unsigned int cc, __u64 flags)
{
	bool less = !(flags & LODGE_FLAG_SF) != !(flags & LODGE_FLAG_OF);
	bool res;

	switch ((cc >> 1) & 7) {
	case 0:
		res = flags & LODGE_FLAG_OF;
		break;
	case 1:
		res = flags & LODGE_FLAG_CF;
		break;
	case 2:
		res = flags & LODGE_FLAG_ZF;
		break;
	case 3:
		res = flags & (LODGE_FLAG_CF | LODGE_FLAG_ZF);
		break;
	case 4:
		res = flags & LODGE_FLAG_SF;
		break;
	case 5:
		res = flags & LODGE_FLAG_PF;
		break;
	case 6:
		res = less;
		break;
	default:
		res = less || (flags & LODGE_FLAG_ZF);
		break;
	}
	/* odd ones are negated */
	return res != (cc & 1);
}

__u64 lodge_alu(enum lodge_alu_op op, unsigned int size, __u64 dst, __u64 src, __u64 *flags)
{
	unsigned int carry = *flags & LODGE_FLAG_CF;
	__u64 changed = LODGE_FLAGS_ARITH;
	__u64 res, new = 0;

	dst = lodge_truncate(dst, size);
	src = lodge_truncate(src, size);

	switch (op) {
	case LODGE_ALU_ADD:
		res = add(dst, src, 0, size, &new);
		break;
	case LODGE_ALU_ADC:
		res = add(dst, src, carry, size, &new);
		break;
	case LODGE_ALU_SUB:
		res = subtract(dst, src, 0, size, &new);
		break;
	case LODGE_ALU_SBB:
		res = subtract(dst, src, carry, size, &new);
		break;
	case LODGE_ALU_CMP:
		subtract(dst, src, 0, size, &new);
		res = dst;
		break;
	case LODGE_ALU_NEG:
		res = subtract(0, dst, 0, size, &new);
		break;
	case LODGE_ALU_INC:
		res = add(dst, 1, 0, size, &new);
		changed &= ~LODGE_FLAG_CF;
		break;
	case LODGE_ALU_DEC:
		res = subtract(dst, 1, 0, size, &new);
		changed &= ~LODGE_FLAG_CF;
		break;
	case LODGE_ALU_OR:
		res = dst | src;
		new = result_flags(res, size);
		break;
	case LODGE_ALU_AND:
		res = dst & src;
		new = result_flags(res, size);
		break;
	case LODGE_ALU_XOR:
		res = dst ^ src;
		new = result_flags(res, size);
		break;
	case LODGE_ALU_NOT:
		return lodge_truncate(~dst, size);
	case LODGE_ALU_BTS:
	case LODGE_ALU_BTR:
	case LODGE_ALU_BTC:
		return bit_op(op, size, dst, src, flags);
	case LODGE_ALU_SHL:
	case LODGE_ALU_SHR:
	case LODGE_ALU_SAR:
		res = shift_op(op, size, dst, &new);
		break;
	case LODGE_ALU_MOV:
	default:
		return src;
	}
	*flags = (*flags & ~changed) | (new & changed);
	return res;
}
