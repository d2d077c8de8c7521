// SPDX-License-Identifier: GPL-2.0-only
/*
 * What CPUID shows (ABI 4.4).
 *
 * A feature is shown if the host's CPU has it, the host's kernel has not
 * turned it off, and it is on the list here: works in ring 3 without lodge
 * doing anything for it.  What is new in a CPU is therefore hidden until it
 * has been thought about.  User programs that execute CPUID natively see the
 * host's values; nothing can be done about that without CPUID faulting.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "trap/emulate.h"

enum { EAX, EBX, ECX, EDX };

#define F(name)		BIT(X86_FEATURE_##name & 31)

/* Highest leaves shown. */
#define MAX_BASIC	0xd
#define MAX_INTEL_EXT	0x80000008
#define MAX_AMD_EXT	0x80000021

#define XEN_LEAF	0x40000000
#define XEN_MAX_LEAF	(XEN_LEAF + 5)
#define XEN_VERSION	(4 << 16 | 17)
/* Address width of frame numbers: above 44 Linux would ask for version 2 of the grant table. */
#define XEN_ADDRESS_BITS	44
/* Bits of the addresses of lodge's special frames. */
#define MIN_PHYS_BITS	40

#define AVX512_STATES	(XFEATURE_MASK_OPMASK | XFEATURE_MASK_ZMM_Hi256 | \
			 XFEATURE_MASK_Hi16_ZMM)

/* Leaf 1.  No VME, PSE, PGE, MTRR, APIC, MCE, MCA, PSE36, DS, ACPI, HTT, TM. */
#define SHOW_1_EDX	(F(FPU) | F(DE) | F(TSC) | F(MSR) | F(PAE) | F(CX8) | F(SEP) | \
			 F(CMOV) | F(PAT) | F(CLFLUSH) | F(MMX) | F(FXSR) | F(XMM) | F(XMM2))
#define SHOW_1_ECX	(F(XMM3) | F(PCLMULQDQ) | F(SSSE3) | F(FMA) | F(CX16) | F(XMM4_1) | \
			 F(XMM4_2) | F(MOVBE) | F(POPCNT) | F(AES) | F(XSAVE) | F(AVX) | \
			 F(F16C) | F(RDRAND))
/* Leaf 7.  FSGSBASE is hidden, for the switcher swaps bases; so are TSX, SMEP, SMAP, PKU, CET, all MSR bits. */
#define SHOW_7_EBX	(F(BMI1) | F(AVX2) | F(FDP_EXCPTN_ONLY) | F(BMI2) | F(ERMS) | \
			 F(ZERO_FCS_FDS) | F(RDSEED) | F(ADX) | F(CLFLUSHOPT) | F(CLWB) | \
			 F(SHA_NI))
#define AVX512_7_EBX	(F(AVX512F) | F(AVX512DQ) | F(AVX512IFMA) | F(AVX512CD) | \
			 F(AVX512BW) | F(AVX512VL))
#define SHOW_7_ECX	(F(GFNI) | F(VAES) | F(VPCLMULQDQ) | F(RDPID) | F(CLDEMOTE) | \
			 F(MOVDIRI) | F(MOVDIR64B))
#define AVX_7_ECX	(F(VAES) | F(VPCLMULQDQ))
#define AVX512_7_ECX	(F(AVX512VBMI) | F(AVX512_VBMI2) | F(AVX512_VNNI) | \
			 F(AVX512_BITALG) | F(AVX512_VPOPCNTDQ))
#define SHOW_7_EDX	(F(FSRM) | F(MD_CLEAR) | F(SERIALIZE))
#define AVX512_7_EDX	(F(AVX512_4VNNIW) | F(AVX512_4FMAPS) | F(AVX512_VP2INTERSECT) | \
			 F(AVX512_FP16))
#define SHOW_7_1_EAX	(BIT(10) | BIT(11) | BIT(12))	/* FZRM, FSRS, FSRC */
#define AVX_7_1_EAX	(F(AVX_VNNI) | BIT(23))		/* AVX_IFMA */
#define AVX512_7_1_EAX	F(AVX512_BF16)
#define SHOW_D_1_EAX	(F(XSAVEOPT) | F(XSAVEC) | F(XGETBV1))
/* Leaf 0x80000001.  No PAGE1GB, SVM, LWP, IBS, OSVW, TOPOEXT, performance counters, MWAITX. */
#define SHOW_E1_EDX	(F(SYSCALL) | F(NX) | F(MMXEXT) | F(FXSR_OPT) | F(RDTSCP) | F(LM) | \
			 F(3DNOWEXT) | F(3DNOW))
#define SHOW_E1_ECX	(F(LAHF_LM) | F(ABM) | F(SSE4A) | F(MISALIGNSSE) | F(3DNOWPREFETCH))
#define AVX_E1_ECX	(F(XOP) | F(FMA4))
#define SHOW_E1_ECX_TBM	F(TBM)
/* Bits of leaf 1 EDX that AMD repeats in 0x80000001. */
#define COMMON_EDX	0x0183f3ffU
#define SHOW_E8_EBX	(F(CLZERO) | F(XSAVEERPTR))
#define E7_EDX_ITSC	BIT(8)
/* LFENCE serialises; loading a null selector clears its base. */
#define SHOW_E21_EAX	(BIT(2) | BIT(6))

static bool is_amd(void)
{
	return boot_cpu_data.x86_vendor == X86_VENDOR_AMD ||
	       boot_cpu_data.x86_vendor == X86_VENDOR_HYGON;
}

static void host_cpuid(u32 leaf, u32 subleaf, u32 r[4])
{
	cpuid_count(leaf, subleaf, &r[EAX], &r[EBX], &r[ECX], &r[EDX]);
}

/* Features as the host's kernel has them: some are there but turned off. */
static u32 caps(unsigned int word)
{
	return boot_cpu_data.x86_capability[word];
}

u64 lodge_cpuid_xcr0_mask(void)
{
	u64 host, mask = XFEATURE_MASK_FP | XFEATURE_MASK_SSE;

	if (!boot_cpu_has(X86_FEATURE_XSAVE) || !boot_cpu_has(X86_FEATURE_OSXSAVE))
		return 0;
	host = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	if (boot_cpu_has(X86_FEATURE_AVX))
		mask |= host & XFEATURE_MASK_YMM;
	if ((mask & XFEATURE_MASK_YMM) && boot_cpu_has(X86_FEATURE_AVX512F) &&
	    (host & AVX512_STATES) == AVX512_STATES)
		mask |= AVX512_STATES;
	return mask;
}

static void leaf_1(struct lodge_vcpu *v, u32 r[4])
{
	u32 edx = SHOW_1_EDX;
	u64 xcr0 = lodge_cpuid_xcr0_mask();

	/* On AMD SYSENTER does not exist in long mode. */
	if (is_amd())
		edx &= ~F(SEP);
	r[EBX] = (r[EBX] & 0x0000ff00) | v->id << 25;
	r[ECX] &= caps(CPUID_1_ECX) & SHOW_1_ECX;
	r[EDX] &= caps(CPUID_1_EDX) & edx;
	if (!xcr0)
		r[ECX] &= ~F(XSAVE);
	if (!(xcr0 & XFEATURE_MASK_YMM))
		r[ECX] &= ~(F(AVX) | F(FMA) | F(F16C));
	/*
	 * Linux looks for both before it sets CR4.OSXSAVE for the first time:
	 * the bit does not follow CR4.
	 */
	if (r[ECX] & F(XSAVE))
		r[ECX] |= F(OSXSAVE);
	r[ECX] |= F(HYPERVISOR);
}

static void leaf_7(u32 subleaf, u32 r[4])
{
	u64 xcr0 = lodge_cpuid_xcr0_mask();
	u32 ebx = SHOW_7_EBX, ecx = SHOW_7_ECX, edx = SHOW_7_EDX, eax1 = SHOW_7_1_EAX;

	if (xcr0 & AVX512_STATES) {
		ebx |= AVX512_7_EBX;
		ecx |= AVX512_7_ECX;
		edx |= AVX512_7_EDX;
		eax1 |= AVX512_7_1_EAX;
	}
	if (xcr0 & XFEATURE_MASK_YMM) {
		eax1 |= AVX_7_1_EAX;
	} else {
		ebx &= ~F(AVX2);
		ecx &= ~AVX_7_ECX;
	}

	switch (subleaf) {
	case 0:
		r[EAX] = min_t(u32, r[EAX], 1);
		r[EBX] &= caps(CPUID_7_0_EBX) & ebx;
		r[ECX] &= caps(CPUID_7_ECX) & ecx;
		r[EDX] &= caps(CPUID_7_EDX) & edx;
		/* firmware can turn ERMS off; Linux's memmove() takes FSRM to imply it all the same */
		if (!(r[EBX] & F(ERMS)))
			r[EDX] &= ~F(FSRM);
		break;
	case 1:
		r[EAX] &= caps(CPUID_7_1_EAX) & eax1;
		r[EBX] = 0;
		r[ECX] = 0;
		r[EDX] = 0;
		break;
	default:
		memset(r, 0, 4 * sizeof(*r));
	}
}

/* Size of the state components in mask, as XSAVE (or XSAVEC, compacted) lays them out. */
static u32 xstate_size(u64 mask, bool compacted)
{
	u32 size = sizeof(struct fxregs_state) + sizeof(struct xstate_header);
	u32 r[4];
	int i;

	for (i = 2; i < 63; i++) {
		if (!(mask & BIT_ULL(i)))
			continue;
		host_cpuid(0xd, i, r);
		if (!compacted)
			size = max(size, r[EBX] + r[EAX]);
		else
			size = (r[ECX] & 2 ? ALIGN(size, 64) : size) + r[EAX];
	}
	return size;
}

static void leaf_d(struct lodge_vcpu *v, u32 subleaf, u32 r[4])
{
	u64 mask = lodge_cpuid_xcr0_mask();

	if (!mask) {
		memset(r, 0, 4 * sizeof(*r));
	} else if (subleaf == 0) {
		r[EAX] = mask;
		r[EBX] = xstate_size(v->xcr0, false);
		r[ECX] = xstate_size(mask, false);
		r[EDX] = mask >> 32;
	} else if (subleaf == 1) {
		r[EAX] &= caps(CPUID_D_1_EAX) & SHOW_D_1_EAX;
		r[EBX] = r[EAX] & F(XSAVEC) ? xstate_size(v->xcr0, true) : 0;
		r[ECX] = 0;
		r[EDX] = 0;
	} else if (subleaf > 62 || !(mask & BIT_ULL(subleaf))) {
		memset(r, 0, 4 * sizeof(*r));
	}
}

static void basic_leaf(struct lodge_vcpu *v, u32 leaf, u32 subleaf, u32 r[4])
{
	switch (leaf) {
	case 0:
		r[EAX] = min_t(u32, r[EAX], MAX_BASIC);
		break;
	case 1:
		leaf_1(v, r);
		break;
	case 2:			/* caches, as one byte each */
		break;
	case 4:			/* caches; not how many threads and cores share them */
		r[EAX] &= 0x00003fff;
		break;
	case 7:
		leaf_7(subleaf, r);
		break;
	case 0xd:
		leaf_d(v, subleaf, r);
		break;
	default:
		memset(r, 0, 4 * sizeof(*r));
	}
}

/* Does the TSC count at the same rate at all times, on all CPUs?  The host's own verdict. */
static bool tsc_reliable(struct lodge_vcpu *v)
{
	return READ_ONCE(v->info->time.flags) & PVCLOCK_TSC_STABLE_BIT;
}

static void leaf_e1(u32 r[4])
{
	u32 ecx = SHOW_E1_ECX, common[4] = { 0 };

	if (lodge_cpuid_xcr0_mask() & XFEATURE_MASK_YMM)
		ecx |= AVX_E1_ECX;
	ecx |= SHOW_E1_ECX_TBM;
	r[ECX] &= caps(CPUID_8000_0001_ECX) & ecx;
	r[EDX] &= caps(CPUID_8000_0001_EDX) & SHOW_E1_EDX;
	if (!is_amd()) {
		r[EAX] = 0;
		r[EBX] = 0;
		return;
	}
	host_cpuid(1, 0, common);
	r[EDX] |= common[EDX] & caps(CPUID_1_EDX) & SHOW_1_EDX & COMMON_EDX;
}

static void extended_leaf(struct lodge_vcpu *v, u32 leaf, u32 r[4])
{
	switch (leaf) {
	case 0x80000000:
		r[EAX] = min_t(u32, r[EAX], is_amd() ? MAX_AMD_EXT : MAX_INTEL_EXT);
		break;
	case 0x80000001:
		leaf_e1(r);
		break;
	case 0x80000002 ... 0x80000004:	/* the name */
	case 0x80000005:		/* caches */
		break;
	case 0x80000006:
		break;
	case 0x80000007:
		r[EAX] = 0;
		r[EBX] = 0;
		r[ECX] = 0;
		r[EDX] &= tsc_reliable(v) && boot_cpu_has(X86_FEATURE_NONSTOP_TSC) ?
			  E7_EDX_ITSC : 0;
		break;
	case 0x80000008:
		r[EAX] = max_t(u32, r[EAX] & 0xff, MIN_PHYS_BITS) | 48 << 8;
		r[EBX] &= is_amd() ? caps(CPUID_8000_0008_EBX) & SHOW_E8_EBX : 0;
		r[ECX] = 0;
		r[EDX] = 0;
		break;
	case 0x80000021:
		r[EAX] &= is_amd() ? SHOW_E21_EAX : 0;
		r[EBX] = 0;
		r[ECX] = 0;
		r[EDX] = 0;
		break;
	default:
		memset(r, 0, 4 * sizeof(*r));
	}
}

static void xen_time_leaf(struct lodge_vcpu *v, u32 subleaf, u32 r[4])
{
	switch (subleaf) {
	case 0:
		r[EAX] = (tsc_reliable(v) ? BIT(1) : 0) |
			 (boot_cpu_has(X86_FEATURE_RDTSCP) ? BIT(2) : 0);
		r[EBX] = 2;		/* tsc_mode: never emulated */
		r[ECX] = tsc_khz;
		r[EDX] = 1;		/* incarnation */
		break;
	case 1:
		/* system time 0 is TSC minus an offset that pvclock tells; scale as there */
		r[ECX] = READ_ONCE(v->info->time.tsc_to_system_mul);
		r[EDX] = (s32)READ_ONCE(v->info->time.tsc_shift);
		break;
	case 2:
		r[EAX] = tsc_khz;
		break;
	}
}

static void xen_leaf(struct lodge_vcpu *v, u32 leaf, u32 subleaf, u32 r[4])
{
	memset(r, 0, 4 * sizeof(*r));
	switch (leaf - XEN_LEAF) {
	case 0:
		r[EAX] = XEN_MAX_LEAF;
		r[EBX] = 0x566e6558;	/* "XenVMMXenVMM" */
		r[ECX] = 0x65584d4d;
		r[EDX] = 0x4d4d566e;
		break;
	case 1:
		r[EAX] = XEN_VERSION;
		break;
	case 2:
		r[EAX] = 1;		/* hypercall pages, written through ... */
		r[EBX] = 0x40000000;	/* ... this MSR */
		r[ECX] = BIT(0);	/* MMU_PT_UPDATE_PRESERVE_AD */
		break;
	case 3:
		xen_time_leaf(v, subleaf, r);
		break;
	case 5:
		r[EBX] = XEN_ADDRESS_BITS;
		break;
	}
}

void lodge_cpuid(struct lodge_vcpu *v, u32 leaf, u32 subleaf, u32 out[4])
{
	u32 limit;

	if (leaf >= XEN_LEAF && leaf < XEN_LEAF + 0x10000000) {
		xen_leaf(v, leaf, subleaf, out);
		return;
	}

	memset(out, 0, 4 * sizeof(*out));
	if (leaf < 0x80000000)
		limit = min_t(u32, boot_cpu_data.cpuid_level, MAX_BASIC);
	else
		limit = boot_cpu_data.extended_cpuid_level;
	if (leaf > limit)
		return;

	host_cpuid(leaf, subleaf, out);
	if (leaf < 0x80000000)
		basic_leaf(v, leaf, subleaf, out);
	else
		extended_leaf(v, leaf, out);
}
