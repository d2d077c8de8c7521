/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Speculation: what the host does on entry from user mode has to be done on
 * exit from the guest as well.  Follows the host's own feature bits.
 */
#ifndef LODGE_MITIGATE_H
#define LODGE_MITIGATE_H

#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/nospec-branch.h>

/* Interrupts off, host world complete, before other host code runs. */
static __always_inline void lodge_mitigate_exit(void)
{
	if (boot_cpu_has(X86_FEATURE_KERNEL_IBRS))
		wrmsrl(MSR_IA32_SPEC_CTRL, x86_spec_ctrl_base);
#ifdef X86_FEATURE_CLEAR_BHB_LOOP
	if (boot_cpu_has(X86_FEATURE_CLEAR_BHB_LOOP))
		asm volatile("call clear_bhb_loop" : ASM_CALL_CONSTRAINT
			     : : "rax", "rcx", "rdx", "memory", "cc");
#endif
}

#endif
