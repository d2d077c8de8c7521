// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control registers as a guest sees them (ABI 4.1).  Only CR0.TS, CR3 and a
 * few bits of CR4 mean anything.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/processor-flags.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/mm.h"
#include "trap/emulate.h"

#define GUEST_CR0	(X86_CR0_PE | X86_CR0_MP | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | \
			 X86_CR0_AM | X86_CR0_PG)

u64 lodge_cr4_mask(void)
{
	u64 mask = X86_CR4_TSD | X86_CR4_DE;

	/* FSGSBASE is hidden by CPUID. */
	if (lodge_cpuid_xcr0_mask())
		mask |= X86_CR4_OSXSAVE;
	return mask;
}

int lodge_cr_read(struct lodge_vcpu *v, unsigned int nr, u64 *val)
{
	switch (nr) {
	case 0:
		*val = GUEST_CR0 | (v->ts ? X86_CR0_TS : 0);
		return 0;
	case 2:
		*val = READ_ONCE(v->info->arch.cr2);
		return 0;
	case 3:
		/* Xen's form of a CR3: frame numbers beyond 52 bits wrap around. */
		*val = rol64(v->cr3_kernel, 12);
		return 0;
	case 4:
		*val = v->cr4;
		return 0;
	}
	return -ENOENT;
}

int lodge_cr_write(struct lodge_vcpu *v, unsigned int nr, u64 val)
{
	u64 mask;

	switch (nr) {
	case 0:
		if ((val ^ GUEST_CR0) & ~(u64)X86_CR0_TS)
			return -EPERM;
		v->ts = val & X86_CR0_TS;
		return 0;
	case 2:
		WRITE_ONCE(v->info->arch.cr2, val);
		return 0;
	case 3:
		return lodge_mm_new_baseptr(v, ror64(val, 12)) ? -EPERM : 0;
	case 4:
		/* Bits that are not the guest's keep their value: no fault, as on Xen. */
		mask = lodge_cr4_mask();
		v->cr4 = (v->cr4 & ~mask) | (val & mask);
		return 0;
	}
	return -ENOENT;
}

int lodge_xsetbv(struct lodge_vcpu *v, u32 index, u64 val)
{
	const u64 avx512 = XFEATURE_MASK_OPMASK | XFEATURE_MASK_ZMM_Hi256 |
			   XFEATURE_MASK_Hi16_ZMM;

	/* The rules of the instruction itself, and nothing beyond what CPUID shows. */
	if (index || !(val & XFEATURE_MASK_FP) || (val & ~lodge_cpuid_xcr0_mask()))
		return -EPERM;
	if ((val & XFEATURE_MASK_YMM) && !(val & XFEATURE_MASK_SSE))
		return -EPERM;
	if ((val & avx512) &&
	    ((val & avx512) != avx512 || !(val & XFEATURE_MASK_YMM)))
		return -EPERM;
	v->xcr0 = val;
	return 0;
}

LODGE_HC(fpu_taskswitch)
{
	v->ts = (u32)args->a[0];
	return 0;
}
