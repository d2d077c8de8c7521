// SPDX-License-Identifier: GPL-2.0-only
/*
 * bouncefault - faults on the way into the guest kernel
 *
 * One case per extra= word; each must end the domain, and nothing else. One does not:
 * a syscall of user mode without a callback is #UD.
 *
 * Real Xen 4.17: crashes each of them.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_syscall, "syscall; ud2");
USER_CODE(u_write, "mov %rax, (%rdi); ud2");

static void touch_nothing(void)
{
	asm volatile("movl $0, 8");
}

void test_main(void)
{
	struct callback_register cb = { .address = 0 };
	u8 *page = page_alloc();

	if (arg_flag("nohandler")) {
		trap_set_gate(X86_UD, 0, trap_stub(X86_UD));
		hc_set_trap_table(NULL);
		trap_set_gate(X86_GP, 0, trap_stub(X86_GP));
		expect_crash("#UD without a handler");
		asm volatile("ud2");
	} else if (arg_flag("cleared")) {
		hc_set_trap_table(NULL);
		expect_crash("#PF without any handler");
		touch_nothing();
	} else if (arg_flag("badhandler")) {
		trap_set_gate(X86_PF, 0, 0x7f0000000000);
		expect_crash("a #PF handler that is not mapped");
		touch_nothing();
	} else if (arg_flag("noevent")) {
		long port = bind_ipi(0);

		hc_set_callbacks(0, failsafe_entry, syscall_entry);
		port_unmask(port);
		evtchn_send(port);
		expect_crash("an event without a callback");
		events_on();
	} else if (arg_flag("nouser")) {
		expect_crash("iret to user mode without a user root");
		{
			static struct regs r;

			user_regs(&r, USER_TEXT);
			regs_resume(&r);
		}
	} else if (arg_flag("nosyscall")) {
		user_init();
		cb.type = CALLBACKTYPE_syscall;
		err(hc_callback_op(CALLBACKOP_register, &cb), 0, "syscall callback 0");
		is(user_call(u_syscall)->vec, X86_UD, "a user-mode syscall without a callback: #UD");
		is(last_fault->regs.rip, USER_TEXT, "at the instruction");
		return;
	} else if (arg_flag("stackhole")) {
		set_pte((u64)page, 0);
		expect_crash("a fault with rsp at the end of a hole");
		asm volatile("mov %0, %%rsp; ud2" : : "r" (page + PAGE_SIZE));
	} else if (arg_flag("userstack")) {
		/* a fault that the tables answer, and one that has no entry */
		static struct regs r;

		user_init();
		user_load(u_write_start, u_write_end);
		user_regs(&r, USER_TEXT);
		r.rdi = USER_DATA;
		set_pte(USER_DATA, arg_flag("readonly") ?
			mfn_pte(virt_to_mfn(user_data_page), PTE_DATA_RO) : 0);
		is(user_run(&r)->vec, X86_PF, "a write that user mode may not make");
		set_pte((u64)page, 0);
		err(hc_stack_switch(FLAT_KERNEL_SS64, page + PAGE_SIZE), 0, "a stack in a hole");
		expect_crash("the same write");
		regs_resume(&r);
	} else if (arg_flag("iretframe")) {
		set_pte((u64)page, 0);
		expect_crash("iret with its frame in a hole");
		iret_raw(page);
	} else if (arg_flag("iretstraddle")) {
		u8 *two = page_alloc();

		set_pte((u64)two, 0);
		expect_crash("iret with half of its frame in a hole");
		iret_raw(two - 32);
	} else if (arg_flag("iretuser")) {
		expect_crash("iret with its frame in the hypervisor");
		iret_raw((void *)0xffff82d040200000);
	} else if (arg_flag("txtgone")) {
		u64 va;

		expect_crash("the handlers' page taken away");
		for (va = (u64)trap_stubs & PAGE_MASK; va < (u64)nmi_entry; va += PAGE_SIZE)
			set_pte(va, 0);
		asm volatile("ud2");
	} else {
		bail_out("no such case");
	}
	survived();
}
