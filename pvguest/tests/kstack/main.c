// SPDX-License-Identifier: GPL-2.0-only
/*
 * kstack - kernel stack pointers over the edges of the hypervisor's area
 *
 * A user-mode system call is made with a stack_switch whose stack is somewhere it must not
 * be: below, at, inside and above slots 256-271, non-canonical, unmapped, read-only. None
 * of them can take a frame, so each must end the domain, and the host must not notice.
 * One case per address: extra= says sp=ADDRESS.
 *
 * Real Xen 4.17: crashes each of them. stack_switch itself accepts any address.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_syscall, "syscall; ud2");
USER_CODE(u_ud2, "ud2");

void test_main(void)
{
	u64 sp = arg_u64("sp", 0);

	user_init();
	if (arg_flag("ro")) {
		void *page = page_alloc();

		page_ro(page);
		sp = (u64)page + PAGE_SIZE;
	}
	ok(!hc_stack_switch(FLAT_KERNEL_SS64, sp), "stack_switch to %lx", sp);
	if (arg_flag("kernel")) {
		expect_crash("a trap in kernel mode with rsp = %lx", sp);
		asm volatile("mov %0, %%rsp; ud2" : : "r" (sp));
		survived();
	}
	expect_crash("a trap of user mode with the kernel stack at %lx", sp);
	if (arg_flag("syscall"))
		user_call(u_syscall);
	else
		user_call(u_ud2);
	survived();
}
