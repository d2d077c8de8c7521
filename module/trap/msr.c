// SPDX-License-Identifier: GPL-2.0-only
/*
 * Model-specific registers of a guest kernel (ABI 4.3).  Each index has a
 * virtual value or is refused; none of the host's is written.
 */
#include <linux/kernel.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/trapnr.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/mm.h"
#include "trap/emulate.h"

#define MSR_XEN_HYPERCALL_PAGE	0x40000000

#define SHOWN_APIC_BASE	0xfee00800ULL	/* enabled, at its usual place */
#define SHOWN_APIC_BSP	0x100
/* K7 and later: TSC counts at the P0 frequency; all Linux looks at. */
#define HWCR_TSC_FREQ_SEL	BIT_ULL(24)
#define DE_CFG_LFENCE_SERIALIZE	BIT_ULL(1)

static bool is_intel(void)
{
	return boot_cpu_data.x86_vendor == X86_VENDOR_INTEL;
}

static bool is_amd(void)
{
	return boot_cpu_data.x86_vendor == X86_VENDOR_AMD ||
	       boot_cpu_data.x86_vendor == X86_VENDOR_HYGON;
}

/* A register of the host that the guest sees as it is. */
static int read_host(u32 index, u64 *val)
{
	return rdmsrl_safe(index, val) ? -EPERM : 0;
}

static u64 efer(void)
{
	return EFER_SCE | EFER_LME | EFER_LMA | (boot_cpu_has(X86_FEATURE_NX) ? EFER_NX : 0);
}

static int misc_enable(u64 *val)
{
	if (!is_intel() || read_host(MSR_IA32_MISC_ENABLE, val))
		return -EPERM;
	*val &= ~(MSR_IA32_MISC_ENABLE_EMON | MSR_IA32_MISC_ENABLE_MWAIT);
	*val |= MSR_IA32_MISC_ENABLE_BTS_UNAVAIL | MSR_IA32_MISC_ENABLE_PEBS_UNAVAIL |
		MSR_IA32_MISC_ENABLE_XTPR_DISABLE;
	return 0;
}

/* On Intel the revision is the upper half. */
static u64 microcode(void)
{
	u64 rev = boot_cpu_data.microcode;

	return is_intel() ? rev << 32 : rev;
}

static bool has_tsc_aux(void)
{
	return boot_cpu_has(X86_FEATURE_RDTSCP) || boot_cpu_has(X86_FEATURE_RDPID);
}

/* Registers of all CPUs that read as zero and swallow what is written. */
static bool ignored(u32 index)
{
	switch (index) {
	case MSR_STAR:		/* system calls come in by callbacks */
	case MSR_LSTAR:
	case MSR_CSTAR:
	case MSR_SYSCALL_MASK:
	case MSR_IA32_SYSENTER_CS:
	case MSR_IA32_SYSENTER_ESP:
	case MSR_IA32_SYSENTER_EIP:
	case MSR_IA32_MCG_STATUS:
	case MSR_IA32_MC0_CTL2 ... MSR_IA32_MC0_CTL2 + 31:
	case MSR_IA32_MC0_CTL ... MSR_IA32_MC0_CTL + 127:
		return true;
	}
	return false;
}

static bool ignored_intel(u32 index)
{
	return is_intel() && (index == MSR_IA32_PERF_STATUS || index == MSR_IA32_PERF_CTL);
}

static bool ignored_amd(u32 index)
{
	if (!is_amd())
		return false;
	switch (index) {
	case MSR_K7_EVNTSEL0 ... MSR_K7_PERFCTR3:
	case MSR_F15H_PERF_CTL ... MSR_F15H_PERF_CTR5:
	case MSR_AMD64_SYSCFG:
	case MSR_K8_TOP_MEM1:
	case MSR_K8_TOP_MEM2:
	case MSR_AMD64_NB_CFG:
	case MSR_FAM10H_MMIO_CONF_BASE:
	case MSR_AMD_PSTATE_DEF_BASE ... MSR_AMD_PSTATE_DEF_BASE + 7:
	case 0xc0010061:	/* P-state limit, control, status */
	case 0xc0010062:
	case MSR_AMD_PERF_STATUS:
	case MSR_AMD64_LS_CFG:
		return true;
	}
	return false;
}

static int read_msr(struct lodge_vcpu *v, u32 index, u64 *val)
{
	*val = 0;
	switch (index) {
	case MSR_FS_BASE:
		*val = v->fs_base;
		return 0;
	case MSR_GS_BASE:
		*val = v->gs_base_active;
		return 0;
	case MSR_KERNEL_GS_BASE:
		*val = v->gs_base_inactive;
		return 0;
	case MSR_EFER:
		*val = efer();
		return 0;
	case MSR_IA32_APICBASE:
		*val = SHOWN_APIC_BASE | (v->id ? 0 : SHOWN_APIC_BSP);
		return 0;
	case MSR_IA32_CR_PAT:
		/* What the cache bits of a page table index; those of a guest are not followed. */
		return read_host(index, val);
	case MSR_IA32_MISC_ENABLE:
		return misc_enable(val);
	case MSR_IA32_UCODE_REV:
		*val = microcode();
		return 0;
	case MSR_IA32_FEAT_CTL:
		/* locked, with nothing enabled */
		*val = FEAT_CTL_LOCKED;
		return is_intel() ? 0 : -EPERM;
	case MSR_IA32_PLATFORM_ID:
		return is_intel() ? read_host(index, val) : -EPERM;
	case MSR_IA32_TSC:
		*val = rdtsc_ordered();
		return 0;
	case MSR_TSC_AUX:
		*val = v->tsc_aux;
		return has_tsc_aux() ? 0 : -EPERM;
	case MSR_IA32_MCG_CAP:		/* no banks */
	case MSR_PLATFORM_INFO:		/* no CPUID faulting */
	case MSR_MISC_FEATURES_ENABLES:
	case MSR_XEN_HYPERCALL_PAGE:
		return 0;
	case MSR_K7_HWCR:
		*val = HWCR_TSC_FREQ_SEL;
		return is_amd() ? 0 : -EPERM;
	case MSR_AMD64_DE_CFG:
		*val = boot_cpu_has(X86_FEATURE_LFENCE_RDTSC) ? DE_CFG_LFENCE_SERIALIZE : 0;
		return is_amd() ? 0 : -EPERM;
	}
	return ignored(index) || ignored_intel(index) || ignored_amd(index) ? 0 : -EPERM;
}

int lodge_msr_read(struct lodge_vcpu *v, u32 index, u64 *val)
{
	int err = read_msr(v, index, val);

	/*
	 * As Xen: until the guest can handle #GP, a read does not raise one.
	 * Linux's first reads have no fixup yet.
	 */
	if (err && !v->trap_table[X86_TRAP_GP].address) {
		*val = 0;
		err = 0;
	}
	return err;
}

static int write_base(u64 *base, u64 val)
{
	if (!lodge_canonical(val))
		return -EPERM;
	*base = val;
	return 0;
}

/* Accepts only what is there already. */
static int write_same(struct lodge_vcpu *v, u32 index, u64 val)
{
	u64 now;

	return read_msr(v, index, &now) || now != val ? -EPERM : 0;
}

int lodge_msr_write(struct lodge_vcpu *v, u32 index, u64 val)
{
	switch (index) {
	case MSR_FS_BASE:
		return write_base(&v->fs_base, val);
	case MSR_GS_BASE:
		return write_base(&v->gs_base_active, val);
	case MSR_KERNEL_GS_BASE:
		return write_base(&v->gs_base_inactive, val);
	case MSR_EFER:
	case MSR_IA32_CR_PAT:
	case MSR_MISC_FEATURES_ENABLES:
	case MSR_IA32_MCG_CAP:
		return write_same(v, index, val);
	case MSR_IA32_MISC_ENABLE:
		/* Xen logs an attempt to change it, and goes on. */
		return is_intel() ? 0 : -EPERM;
	case MSR_IA32_UCODE_REV:
		/* Intel's way to ask for the revision begins with writing 0. */
		return val || !is_intel() ? -EPERM : 0;
	case MSR_TSC_AUX:
		if (!has_tsc_aux() || val >> 32)
			return -EPERM;
		v->tsc_aux = val;
		return 0;
	case MSR_XEN_HYPERCALL_PAGE:
		/* The low bits select one of several pages: there is one. */
		if (val & ~PAGE_MASK)
			return -EPERM;
		return lodge_mm_hypercall_page(v->domain, val >> PAGE_SHIFT) ? -EPERM : 0;
	case MSR_K7_HWCR:
	case MSR_AMD64_DE_CFG:
		return is_amd() ? 0 : -EPERM;
	}
	return ignored(index) || ignored_intel(index) || ignored_amd(index) ? 0 : -EPERM;
}
