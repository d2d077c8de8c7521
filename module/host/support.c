// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lodge needs of the machine and of the way its kernel was started.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/bits.h>
#include <linux/cc_platform.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <asm/cpufeature.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

#include <xen/xen.h>

#include "host/support.h"

#if !defined(CONFIG_X86_64) || !defined(CONFIG_PREEMPT_NOTIFIERS) || !defined(CONFIG_MMU_NOTIFIER)
#error "lodge needs a 64-bit x86 kernel with preemption and MMU notifiers, as KVM does"
#endif

/* FRED replaces the IDT; kernels before 6.9 have no name for its bit. */
#define CR4_FRED	BIT_ULL(32)

static int check_cpu(void)
{
	if (!boot_cpu_has(X86_FEATURE_SYSCALL)) {
		pr_err("this CPU has no SYSCALL instruction, which guests enter lodge by\n");
		return -ENODEV;
	}
	if (!boot_cpu_has(X86_FEATURE_NX)) {
		pr_err("this CPU has no NX bit, or the firmware hides it: turn \"execute disable\" on there\n");
		return -ENODEV;
	}
	return 0;
}

static int check_mode(void)
{
	u64 cr4 = __read_cr4();

	if (xen_pv_domain()) {
		pr_err("this kernel is itself a Xen PV guest, which owns no page tables: run lodge on a native, KVM or HVM kernel\n");
		return -EOPNOTSUPP;
	}
	if (cr4 & X86_CR4_LA57) {
		pr_err("5-level paging is active, which lodge does not support yet: boot the host with \"no5lvl\"\n");
		return -EOPNOTSUPP;
	}
	if (cr4 & CR4_FRED) {
		pr_err("FRED is active, which lodge does not support yet: boot the host with \"fred=off\"\n");
		return -EOPNOTSUPP;
	}
	if (cc_platform_has(CC_ATTR_GUEST_MEM_ENCRYPT)) {
		pr_err("this is a confidential VM (SEV or TDX), which lodge does not support: use an ordinary one\n");
		return -EOPNOTSUPP;
	}
	if (cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT)) {
		pr_err("memory encryption (SME) is active, which lodge does not support: boot the host with \"mem_encrypt=off\"\n");
		return -EOPNOTSUPP;
	}
	/* bit 51 of an address marks shadow entries that are not built yet */
	if (boot_cpu_data.x86_phys_bits > 51) {
		pr_err("this CPU uses all 52 bits of physical addresses, which lodge does not support yet\n");
		return -EOPNOTSUPP;
	}
	return 0;
}

int lodge_host_check(void)
{
	int err = check_mode();

	return err ? err : check_cpu();
}
