// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debug registers of a guest (ABI 2.7).  The values here are the guest's; the
 * switch loads them for as long as the guest runs.
 */
#include <linux/kernel.h>
#include <uapi/asm/debugreg.h>
#include <asm/processor-flags.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "trap/emulate.h"

/* Bits that read as one, and bits that can be set. */
#define DR6_ONES	0xffff0ff0ULL
#define DR6_VALID	0xffffefffULL
#define DR7_ONES	0x00000400ULL
#define DR7_VALID	0xffff27ffULL
#define DR7_ENABLE_ALL	0x000000ffULL
#define DR7_GD		0x00002000ULL	/* general detect */

#define DR7_RW_IO	2	/* break on I/O */

/* Enable bits, local and global, of breakpoint i; its kind; its length in bytes. */
static u64 dr7_enable(unsigned int i)
{
	return 3ULL << (i * DR_ENABLE_SIZE);
}

static unsigned int dr7_rw(u64 dr7, unsigned int i)
{
	return (dr7 >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE)) & 3;
}

static unsigned int dr7_len(u64 dr7, unsigned int i)
{
	static const u8 len[] = { 1, 2, 8, 4 };

	return len[(dr7 >> (DR_CONTROL_SHIFT + i * DR_CONTROL_SIZE + 2)) & 3];
}

/* Enable bits of breakpoints on I/O. */
static u64 dr7_io(u64 dr7)
{
	u64 io = 0;
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (dr7_rw(dr7, i) == DR7_RW_IO)
			io |= dr7 & dr7_enable(i);
	return io;
}

u64 lodge_debugreg_dr7(const struct lodge_vcpu *v)
{
	return v->dr7 & ~dr7_io(v->dr7);
}

u64 lodge_debugreg_io(const struct lodge_vcpu *v, u16 port, unsigned int bytes)
{
	u64 io = dr7_io(v->dr7), hit = 0;
	unsigned int i;

	if (!io || !(v->cr4 & X86_CR4_DE))
		return 0;
	for (i = 0; i < 4; i++)
		if ((io & dr7_enable(i)) && v->dr[i] < port + bytes &&
		    v->dr[i] + dr7_len(v->dr7, i) > port)
			hit |= BIT_ULL(i);
	return hit;
}

/* 4 and 5 are other names of 6 and 7, unless CR4.DE is set. */
static int number(const struct lodge_vcpu *v, unsigned int nr)
{
	if (nr > 7)
		return -ENODEV;
	if (nr != 4 && nr != 5)
		return nr;
	return v->cr4 & X86_CR4_DE ? -ENODEV : nr + 2;
}

int lodge_debugreg_read(struct lodge_vcpu *v, unsigned int nr, u64 *val)
{
	switch (number(v, nr)) {
	case 0 ... 3:
		*val = v->dr[nr & 3];
		return 0;
	case 6:
		*val = v->dr6;
		return 0;
	case 7:
		*val = v->dr7;
		return 0;
	}
	return -ENODEV;
}

static int write_dr7(struct lodge_vcpu *v, u64 val)
{
	unsigned int i;

	if (val >> 32)
		return -EINVAL;
	val = (val & DR7_VALID) | DR7_ONES;
	/* It would make every MOV DR trap, the host's included. */
	if (val & DR7_GD)
		return -EPERM;
	/* Without CR4.DE the encoding of I/O breakpoints is undefined. */
	if ((val & DR7_ENABLE_ALL) && !(v->cr4 & X86_CR4_DE))
		for (i = 0; i < 4; i++)
			if (dr7_rw(val, i) == DR7_RW_IO)
				return -EPERM;
	v->dr7 = val;
	return 0;
}

int lodge_debugreg_write(struct lodge_vcpu *v, unsigned int nr, u64 val)
{
	switch (number(v, nr)) {
	case 0 ... 3:
		/* Nothing of the hypervisor may be watched. */
		if (!lodge_guest_va_ok(val))
			return -EPERM;
		v->dr[nr & 3] = val;
		return 0;
	case 6:
		if (val >> 32)
			return -EINVAL;
		v->dr6 = (val & DR6_VALID) | DR6_ONES;
		return 0;
	case 7:
		return write_dr7(v, val);
	}
	return -ENODEV;
}

LODGE_HC(set_debugreg)
{
	return lodge_debugreg_write(v, args->a[0], args->a[1]);
}

LODGE_HC(get_debugreg)
{
	u64 val;
	int err = lodge_debugreg_read(v, args->a[0], &val);

	return err ? err : (long)val;
}
