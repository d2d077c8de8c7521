// SPDX-License-Identifier: GPL-2.0-only
/*
 * umip - sgdt, sidt, sldt, str, smsw in ring 3
 *
 * Proves: they work (natively or emulated) in kernel and user mode and give something harmless.
 *
 * Real Xen 4.17: they are not intercepted; Xen leaves CR4.UMIP off for PV guests.
 */
#include <pvguest/pvguest.h>

KERNEL_CODE(k_sgdt, "sub $16, %rsp; sgdt (%rsp); add $16, %rsp");
KERNEL_CODE(k_sidt, "sub $16, %rsp; sidt (%rsp); add $16, %rsp");
KERNEL_CODE(k_sldt, "sldt %eax");
KERNEL_CODE(k_str, "str %eax");
KERNEL_CODE(k_smsw, "smsw %eax");
USER_CODE(u_sgdt, "sgdt (%rdi); syscall");
USER_CODE(u_sidt, "sidt (%rdi); syscall");
USER_CODE(u_sldt, "sldt %eax; syscall");
USER_CODE(u_str, "str %eax; syscall");
USER_CODE(u_smsw, "smsw %rax; syscall");
USER_CODE(u_sgdt_hole, "mov $0x500000, %rdi; sgdt (%rdi); syscall");

static const struct fault *user_at(const void *start, const void *end)
{
	struct regs r;

	user_load(start, end);
	user_regs(&r, USER_TEXT);
	r.rdi = USER_DATA;
	return user_run(&r);
}
#define USER(name) user_at(name##_start, name##_end)

void test_main(void)
{
	user_init();
	is(catch(k_sgdt, NULL)->vec, -1, "kernel sgdt");
	is(catch(k_sidt, NULL)->vec, -1, "kernel sidt");
	is(catch(k_sldt, NULL)->vec, -1, "kernel sldt");
	is(catch(k_str, NULL)->vec, -1, "kernel str");
	is(catch(k_smsw, NULL)->vec, -1, "kernel smsw");
	is(USER(u_sgdt)->vec, VEC_SYSCALL, "user sgdt");
	diag("gdt %lx limit %x", *(u64 *)(user_data_page + 2), *(u16 *)user_data_page);
	is(USER(u_sidt)->vec, VEC_SYSCALL, "user sidt");
	is(USER(u_sldt)->vec, VEC_SYSCALL, "user sldt");
	is(USER(u_str)->vec, VEC_SYSCALL, "user str");
	is(USER(u_smsw)->vec, VEC_SYSCALL, "user smsw");
	diag("smsw %lx", last_fault->regs.rax);
	is(USER(u_sgdt_hole)->vec, X86_PF, "sgdt to a hole: #PF");
	is(last_fault->cr2, 0x500000, "cr2");
	is(last_fault->regs.err & ~1UL, PF_U | PF_W, "error code W U");
}
