// SPDX-License-Identifier: GPL-2.0-only
#include <linux/percpu.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#include "domain/vcpu.h"
#include "switch/msr.h"
#include "switch/switch.h"

struct host_msrs {
	u64 star, lstar, cstar, mask, tsc_aux;
	u64 sysenter_cs;
};

static DEFINE_PER_CPU(struct host_msrs, host_msrs);

/* Kernel CS 0xe008 and SS + 8; SYSRET would give 0xe023, 0xe02b, 0xe033. */
#define GUEST_STAR_HIGH	((u32)LODGE_SEL_USER_CS32 << 16 | LODGE_SEL_CS)
#define GUEST_SYSCALL_MASK \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | \
	 X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_OF | X86_EFLAGS_IOPL | \
	 X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC | X86_EFLAGS_ID)

static bool has_tsc_aux(void)
{
	return boot_cpu_has(X86_FEATURE_RDTSCP) || boot_cpu_has(X86_FEATURE_RDPID);
}

void lodge_msr_enter(const struct lodge_vcpu *v)
{
	struct host_msrs *h = this_cpu_ptr(&host_msrs);

	rdmsrl(MSR_STAR, h->star);
	rdmsrl(MSR_LSTAR, h->lstar);
	rdmsrl(MSR_CSTAR, h->cstar);
	rdmsrl(MSR_SYSCALL_MASK, h->mask);
	wrmsr(MSR_STAR, 0, GUEST_STAR_HIGH);
	wrmsrl(MSR_LSTAR, lodge_switch_lstar());
	wrmsrl(MSR_CSTAR, lodge_switch_cstar());
	wrmsrl(MSR_SYSCALL_MASK, GUEST_SYSCALL_MASK);
	if (has_tsc_aux()) {
		rdmsrl(MSR_TSC_AUX, h->tsc_aux);
		if (h->tsc_aux != v->tsc_aux)
			wrmsrl(MSR_TSC_AUX, v->tsc_aux);
	}
}

void lodge_msr_leave(void)
{
	struct host_msrs *h = this_cpu_ptr(&host_msrs);

	wrmsrl(MSR_STAR, h->star);
	wrmsrl(MSR_LSTAR, h->lstar);
	wrmsrl(MSR_CSTAR, h->cstar);
	wrmsrl(MSR_SYSCALL_MASK, h->mask);
	if (has_tsc_aux())
		wrmsrl(MSR_TSC_AUX, h->tsc_aux);
}

void lodge_msr_load(void)
{
	struct host_msrs *h = this_cpu_ptr(&host_msrs);

	if (!boot_cpu_has(X86_FEATURE_SEP))
		return;
	rdmsrl(MSR_IA32_SYSENTER_CS, h->sysenter_cs);
	wrmsrl(MSR_IA32_SYSENTER_CS, 0);
}

void lodge_msr_put(void)
{
	if (boot_cpu_has(X86_FEATURE_SEP))
		wrmsrl(MSR_IA32_SYSENTER_CS, this_cpu_read(host_msrs.sysenter_cs));
}
