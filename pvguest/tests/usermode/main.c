// SPDX-License-Identifier: GPL-2.0-only
/*
 * usermode - guest user mode: entry by iret, system calls, traps, isolation
 *
 * Proves: the iret hypercall with RPL 3 enters user mode on the user root; syscall
 * arrives at the syscall callback with the ABI's frame; exceptions of user code
 * arrive on the kernel stack of stack_switch with U in #PF error codes; the user
 * root shows nothing of the guest kernel and nothing of the hypervisor.
 *
 * Real Xen 4.17: as written. It enters the syscall callback with the user's DF, which
 * no guest can want; a hypervisor may clear it.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_syscall, "mov $0x1234, %eax; mov $0x5678, %edi; stc; syscall; ud2");
USER_CODE(u_ud2, "mov $0x42, %ebx; ud2");
USER_CODE(u_int3, "int3");
USER_CODE(u_div, "xor %ecx, %ecx; div %ecx");
USER_CODE(u_hlt, "hlt");
USER_CODE(u_cli, "cli");
USER_CODE(u_in, "in $0x80, %al");
USER_CODE(u_rdmsr, "mov $0xc0000080, %ecx; rdmsr");
USER_CODE(u_cr3, "mov %cr3, %rax");
USER_CODE(u_int80, "mov $7, %eax; int $0x80; ud2");
USER_CODE(u_int41, "int $0x41; ud2");
USER_CODE(u_read, "mov (%rdi), %rax; syscall");
USER_CODE(u_write, "mov %rax, (%rdi); syscall");
USER_CODE(u_jump, "jmp *%rdi");
USER_CODE(u_noncanon, "mov $0x0000800000000000, %rax; mov (%rax), %rax");
USER_CODE(u_gs, "mov %gs:0, %rax; syscall");
USER_CODE(u_fs, "mov %fs:0, %rax; syscall");
USER_CODE(u_df, "std; pushfq; orq $0x4000, (%rsp); popfq; syscall");
USER_CODE(u_bad_hypercall, "mov $17, %eax; xor %edi, %edi; xor %esi, %esi; syscall; ud2");
USER_CODE(u_noncanon_sp, "mov $0x0000800000000000, %rsp; mov $3, %eax; syscall");
USER_CODE(u_spin, "1: incl (%rdi); jmp 1b");

static const struct fault *user_at(const void *start, const void *end, u64 rdi)
{
	struct regs r;

	user_load(start, end);
	user_regs(&r, USER_TEXT);
	r.rdi = rdi;
	return user_run(&r);
}
#define USER_AT(name, rdi) user_at(name##_start, name##_end, rdi)

static void check_no_user_root(void)
{
	/* switched off and on again */
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "NEW_USER_BASEPTR 0: no user root");
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(user_l4), 0), 0, "NEW_USER_BASEPTR");
}

static void check_syscall(void)
{
	const struct fault *f = user_call(u_syscall);
	u64 stack_top;

	is(f->vec, VEC_SYSCALL, "syscall reaches its callback");
	is(f->regs.rax, 0x1234, "rax");
	is(f->regs.rdi, 0x5678, "rdi");
	is(f->regs.rip, USER_TEXT + (u_syscall_end - u_syscall_start) - 2, "rip after syscall");
	is(f->regs.rcx, f->regs.rip, "frame rcx is the return address");
	is(f->regs.r11 & (X86_EFLAGS_CF | X86_EFLAGS_IF), X86_EFLAGS_CF | X86_EFLAGS_IF,
	   "frame r11 is rflags");
	is(f->regs.rsp, USER_STACK, "rsp is the user's");
	is(f->regs.cs & 3, 3, "cs has RPL 3");
	is(f->regs.saved_mask, 0, "saved mask 0: events were on");
	is(f->mask_at_entry, 1, "the callback's flag masked events");
	ok(f->regs.rflags & X86_EFLAGS_IF, "frame rflags.IF");
	is(f->entry_flags & (X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_AC), 0,
	   "TF NT AC clear in the handler");
	stack_top = f->entry_rsp;
	is(stack_top & 15, 0, "the kernel stack of stack_switch, aligned");

	f = user_call(u_df);
	is(f->vec, VEC_SYSCALL, "syscall with DF and NT");
	is(f->entry_flags & X86_EFLAGS_NT, 0, "NT clear in the handler");
	diag("DF in the handler: %lu", f->entry_flags / X86_EFLAGS_DF % 2);
	ok(f->regs.r11 & X86_EFLAGS_DF, "r11 has DF");
	asm volatile("cld");

	f = user_call(u_bad_hypercall);
	is(f->vec, VEC_SYSCALL, "user mode cannot make hypercalls");
	f = user_call(u_noncanon_sp);
	is(f->vec, VEC_SYSCALL, "syscall with a non-canonical user stack");
	is(f->regs.rsp, NONCANON, "which is in the frame");
}

static void check_traps(void)
{
	const struct fault *f = user_call(u_ud2);

	is(f->vec, X86_UD, "#UD of user code");
	is(f->regs.rip, USER_TEXT + 5, "rip");
	is(f->regs.rbx, 0x42, "rbx");
	is(f->regs.cs, FLAT_USER_CS64, "cs as it was, RPL 3");
	is(f->regs.ss, FLAT_USER_SS64, "ss as it was");
	is(f->regs.rsp, USER_STACK, "rsp");
	is(user_call(u_int3)->vec, X86_BP, "int3 of user code");
	is(user_call(u_div)->vec, X86_DE, "#DE of user code");
	is(user_call(u_hlt)->vec, X86_GP, "hlt of user code");
	is(user_call(u_cli)->vec, X86_GP, "cli of user code");
	is(user_call(u_in)->vec, X86_GP, "in of user code");
	is(user_call(u_rdmsr)->vec, X86_GP, "rdmsr of user code");
	is(user_call(u_cr3)->vec, X86_GP, "mov from cr3 of user code");
	is(user_call(u_noncanon)->vec, X86_GP, "non-canonical load of user code");
	f = user_call(u_int80);
	is(f->vec, 0x80, "int $0x80 with DPL 3");
	is(f->regs.rip, USER_TEXT + 7, "rip after the instruction");
	is(f->regs.rax, 7, "rax");
	is(user_call(u_int41)->vec, X86_GP, "int $0x41 with DPL 0");
}

static void check_faults(void)
{
	const struct fault *f;

	*(u64 *)user_data_page = 0x600d;
	f = USER_AT(u_read, USER_DATA);
	is(f->vec, VEC_SYSCALL, "read of user data");
	is(f->regs.rax, 0x600d, "the value");
	f = USER_AT(u_write, USER_DATA + 8);
	is(f->vec, VEC_SYSCALL, "write of user data");
	f = USER_AT(u_read, 0x500008);
	is(f->vec, X86_PF, "read of a hole");
	is(f->regs.err, PF_U, "error code U");
	is(f->cr2, 0x500008, "cr2");
	f = USER_AT(u_write, 0x500010);
	is(f->regs.err, PF_U | PF_W, "write of a hole: error code U W");
	set_pte(USER_DATA, mfn_pte(virt_to_mfn(user_data_page), PTE_DATA_RO));
	flush_tlb();
	f = USER_AT(u_write, USER_DATA);
	is(f->vec, X86_PF, "write of a read-only page");
	is(f->regs.err, PF_U | PF_W | PF_P, "error code U W P");
	f = USER_AT(u_read, USER_DATA);
	is(f->vec, VEC_SYSCALL, "and reading works");
	set_pte(USER_DATA, mfn_pte(virt_to_mfn(user_data_page), PTE_DATA | PTE_NX));
	flush_tlb();
	f = USER_AT(u_jump, USER_DATA);
	is(f->vec, X86_PF, "jump to an NX page");
	is(f->regs.err, PF_U | PF_P | PF_I, "error code U P I");
	set_pte(USER_DATA, mfn_pte(virt_to_mfn(user_data_page), PTE_DATA));
	flush_tlb();
}

/* Everything of the kernel and of the hypervisor is a hole for user code. */
static void check_isolation(void)
{
	static const u64 hv[] = {
		M2P_START, 0xffff800000001000, 0xffff803fffffff00, 0xffff804000000000,
		0xffff808000000000, 0xffff810000000000, 0xffff820000000000, 0xffff82d080000000,
		0xffff82d040000000, 0xffff830000000000, 0xffff838000000000, 0xffff840000000000,
		0xffff850000000000, 0xffff860000000000, 0xffff870000000000, 0xffff87fffffff000,
	};
	const struct fault *f;
	unsigned int i;
	u64 va;

	sweep_begin();
	for (i = 0; i < ARRAY_SIZE(hv); i++) {
		f = USER_AT(u_read, hv[i]);
		sweep_check(f->vec == X86_PF && (f->regs.err & PF_U) && f->cr2 == hv[i],
			    "read %lx: vec %ld err %lx cr2 %lx", hv[i], f->vec, f->regs.err, f->cr2);
		f = USER_AT(u_write, hv[i]);
		sweep_check(f->vec == X86_PF && f->cr2 == hv[i], "write %lx: vec %ld", hv[i], f->vec);
		f = USER_AT(u_jump, hv[i]);
		sweep_check(f->vec == X86_PF && f->regs.rip == hv[i], "jump %lx: vec %ld rip %lx",
			    hv[i], f->vec, f->regs.rip);
	}
	for (i = 256; i < 272; i++) {
		va = 0xffff000000000000 | (u64)i << 39 | 0x123000;
		f = USER_AT(u_read, va);
		sweep_check(f->vec == X86_PF, "read %lx: vec %ld", va, f->vec);
	}
	sweep_end("user code cannot touch the hypervisor area");

	sweep_begin();
	for (va = image_base; va < boot_map_end(); va += 16 * PAGE_SIZE) {
		f = USER_AT(u_read, va);
		sweep_check(f->vec == X86_PF && f->regs.err == PF_U && f->cr2 == va,
			    "read %lx: vec %ld err %lx", va, f->vec, f->regs.err);
	}
	f = USER_AT(u_write, (u64)shared_info);
	sweep_check(f->vec == X86_PF, "write of shared_info: vec %ld", f->vec);
	f = USER_AT(u_jump, (u64)test_main);
	sweep_check(f->vec == X86_PF, "jump into the kernel: vec %ld", f->vec);
	sweep_end("user code cannot touch the guest kernel");
}

static void check_segments(void)
{
	const struct fault *f;

	*(u64 *)user_data_page = 0xf5f5;
	*(u64 *)(user_data_page + 64) = 0x6565;
	err(hc_set_segment_base(SEGBASE_FS, USER_DATA), 0, "set_segment_base FS");
	err(hc_set_segment_base(SEGBASE_GS_USER, USER_DATA + 64), 0, "set_segment_base user GS");
	err(hc_set_segment_base(SEGBASE_GS_KERNEL, image_base), 0, "set_segment_base kernel GS");
	f = user_call(u_fs);
	is(f->regs.rax, 0xf5f5, "user reads by FS");
	f = user_call(u_gs);
	is(f->regs.rax, 0x6565, "user reads by its GS");
	{
		u64 v;

		asm volatile("mov %%gs:0, %0" : "=r" (v));
		is(v, *(u64 *)image_base, "kernel reads by its GS");
	}
	err(hc_set_segment_base(SEGBASE_FS, NONCANON), -XEN_EINVAL, "FS base non-canonical");
	err(hc_set_segment_base(SEGBASE_GS_USER, NONCANON), -XEN_EINVAL, "user GS base non-canonical");
	err(hc_set_segment_base(SEGBASE_GS_KERNEL, NONCANON), -XEN_EINVAL,
	    "kernel GS base non-canonical");
	err(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0, "user GS selector 0");
	err(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0x1237), 0, "user GS selector, bad");
	err(hc_set_segment_base(4, 0), -XEN_EINVAL, "set_segment_base 4");
	hc_set_segment_base(SEGBASE_GS_USER, 0);
	hc_set_segment_base(SEGBASE_GS_KERNEL, 0);
	hc_set_segment_base(SEGBASE_FS, 0);
}

/* A timer interrupts user code that never enters the kernel by itself. */
static bool stop_user(struct regs *r)
{
	static struct regs kept;

	if (r->vec != VEC_EVENT || (r->cs & 3) != 3)
		return false;
	event_run(r);
	kept = *r;
	ok(true, "the upcall interrupted user mode at %lx", kept.rip);
	is(r->saved_mask, 0, "saved mask 0");
	is(vcpu0()->evtchn_upcall_mask, 1, "mask set in the upcall");
	r->rip = 0xdead000;		/* fault on return, so that the run ends */
	return true;
}

static void check_upcall(void)
{
	long port = bind_virq(VIRQ_TIMER);
	const struct fault *f;

	/* every vcpu starts with a ticker, which raises the same event */
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	port_unmask(port);
	hc_set_timer_op(now() + 20 * MS);
	trap_hook = stop_user;
	f = USER_AT(u_spin, USER_DATA);
	trap_hook = NULL;
	is(f->vec, X86_PF, "and went on where the handler sent it");
	is(event_count[port], 1, "one timer event");
	ok(*(u32 *)user_data_page, "the loop ran");
	evtchn_close(port);
}

void test_main(void)
{
	user_init();
	check_no_user_root();
	check_syscall();
	check_traps();
	check_faults();
	check_isolation();
	check_segments();
	check_upcall();
}
