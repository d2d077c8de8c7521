// SPDX-License-Identifier: GPL-2.0-only
/*
 * Would the hardware take these selectors?  Asked in software before entry, so
 * that no segment load and no IRETQ of ours can fault.
 */
#include <linux/types.h>
#include <linux/nospec.h>
#include <asm/trapnr.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "switch/layout.h"
#include "trap/trap.h"

#define DESC_PRESENT	BIT_ULL(47)
#define DESC_DATA_CODE	BIT_ULL(44)
#define DESC_CODE	BIT_ULL(43)
#define DESC_RW		BIT_ULL(41)
#define DESC_LONG	BIT_ULL(53)
#define DESC_BIG	BIT_ULL(54)
#define DESC_GRANULAR	BIT_ULL(55)

/* The sanitised descriptor that a selector names for the hardware; 0: none. */
static u64 descriptor(const struct lodge_vcpu *v, u16 selector)
{
	u32 n = selector >> 3;

	/* null, whatever the guest has in entry 0 */
	if (selector < 4)
		return 0;

	if (selector & 4) {
		if (!v->ldt || n >= v->ldt_entries)
			return 0;
		return v->ldt[array_index_nospec(n, LODGE_LDT_ENTRIES)];
	}
	if (n >= v->gdt_entries)
		return 0;
	return v->gdt[array_index_nospec(n, LODGE_GDT_ENTRIES)];
}

static u32 limit_of(u64 d)
{
	u32 limit = (d & 0xffff) | ((d >> 32) & 0xf0000);

	return d & DESC_GRANULAR ? limit << 12 | 0xfff : limit;
}

static bool cs_ok(const struct lodge_vcpu *v, u16 cs, u64 rip, u8 *vector, u32 *error)
{
	bool is_long = (cs | 3) == LODGE_SEL_USER_CS64;
	u32 limit = ~0U;

	if (!is_long && (cs | 3) != LODGE_SEL_USER_CS32) {
		u64 d = descriptor(v, cs);

		*vector = X86_TRAP_GP;
		*error = cs & ~3;
		if (!(d & DESC_DATA_CODE) || !(d & DESC_CODE) ||
		    ((d & DESC_LONG) && (d & DESC_BIG)))
			return false;
		*vector = X86_TRAP_NP;
		if (!(d & DESC_PRESENT))
			return false;
		is_long = d & DESC_LONG;
		limit = limit_of(d);
	}
	*vector = X86_TRAP_GP;
	*error = 0;
	return is_long ? lodge_canonical(rip) : rip <= limit;
}

static bool ss_ok(const struct lodge_vcpu *v, u16 ss, u8 *vector, u32 *error)
{
	u64 d;

	if ((ss | 3) == LODGE_SEL_USER_DS)
		return true;
	d = descriptor(v, ss);
	*vector = X86_TRAP_GP;
	*error = ss & ~3;
	if (!(d & DESC_DATA_CODE) || (d & DESC_CODE) || !(d & DESC_RW))
		return false;
	*vector = X86_TRAP_SS;
	return d & DESC_PRESENT;
}

/* Null, or data, or code that can be read. */
static bool data_ok(const struct lodge_vcpu *v, u16 sel)
{
	u64 d;

	if (sel < 4 || (sel | 3) == LODGE_SEL_USER_DS || (sel | 3) == LODGE_SEL_USER_CS32 ||
	    (sel | 3) == LODGE_SEL_USER_CS64)
		return true;
	d = descriptor(v, sel);
	return (d & DESC_PRESENT) && (d & DESC_DATA_CODE) && (!(d & DESC_CODE) || (d & DESC_RW));
}

bool lodge_regs_loadable(struct lodge_vcpu *v, u8 *vector, u32 *error)
{
	v->regs.cs = (v->regs.cs & 0xffff) | 3;
	v->regs.ss = (v->regs.ss & 0xffff) | 3;
	return cs_ok(v, v->regs.cs, v->regs.rip, vector, error) &&
	       ss_ok(v, v->regs.ss, vector, error);
}

bool lodge_selectors_loadable(struct lodge_vcpu *v)
{
	u16 *sel[4] = { &v->ds, &v->es, &v->fs, &v->gs };
	bool ok = true;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (likely(!*sel[i]) || data_ok(v, *sel[i]))
			continue;
		*sel[i] = 0;
		ok = false;
	}
	return ok;
}
