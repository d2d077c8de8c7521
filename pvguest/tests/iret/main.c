// SPDX-License-Identifier: GPL-2.0-only
/*
 * iret - the iret hypercall with every kind of bad frame
 *
 * Proves: selectors, RIP, RSP and flags that the real IRET would fault on neither fault in
 * the hypervisor nor kill the domain: they end in an exception at the target. IOPL, VM, NT
 * and TF in the frame's flags do what they should.
 *
 * Real Xen 4.17: as written; a bad CS or SS is the #GP of the real IRET (error code = the
 * selector without RPL) with the frame that was asked for, not a failsafe callback.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_nop, "nop; nop; syscall; ud2");

static struct iret_context frame;

static void do_iret(void *p)
{
	/* on the stack in force: iret_raw moves rsp to the frame, so give it a copy with room below */
	iret_raw(p);
}

static const struct fault *try_iret(void)
{
	const struct fault *f = catch(do_iret, &frame);

	events_off();
	return f;
}

static void good_user(void)
{
	memset(&frame, 0, sizeof(frame));
	frame.rax = 0x1122334455667788;
	frame.rcx = 0x99;
	frame.r11 = 0x77;
	frame.rip = USER_TEXT;
	frame.cs = FLAT_USER_CS64;
	frame.rflags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	frame.rsp = USER_STACK;
	frame.ss = FLAT_USER_SS64;
}

extern char kernel_target[];
asm(".pushsection .text\n.globl kernel_target\nkernel_target: ud2\n.popsection");

static void good_kernel(void)
{
	static u8 stack[4096] __page_aligned;

	good_user();
	frame.rip = (u64)kernel_target;
	frame.cs = FLAT_KERNEL_CS64 & ~3;
	frame.rsp = (u64)stack + sizeof(stack);
	frame.rflags = X86_EFLAGS_FIXED;
}

static void check_good(void)
{
	const struct fault *f;

	good_user();
	f = try_iret();
	is(f->vec, VEC_SYSCALL, "to user mode");
	is(f->regs.rax, 0x1122334455667788, "rax from the frame");
	is(f->regs.rsp, USER_STACK, "rsp from the frame");
	good_user();
	frame.rip = 0x500000;
	f = try_iret();
	is(f->vec, X86_PF, "to user mode, a hole");
	is(f->regs.rip, 0x500000, "rip");
	is(f->regs.rcx, 0x99, "rcx from the frame");
	is(f->regs.r11, 0x77, "r11 from the frame");
	good_kernel();
	f = try_iret();
	is(f->vec, X86_UD, "to kernel mode");
	is(f->regs.rip, (u64)kernel_target, "rip");
	is(f->regs.rsp, frame.rsp, "rsp");
	is(f->regs.saved_mask, 1, "IF clear: events masked");
	frame.rflags |= X86_EFLAGS_IF;
	f = try_iret();
	is(f->regs.saved_mask, 0, "IF set: events on");
	frame.cs = (FLAT_KERNEL_CS64 & ~3) | 1;
	is(try_iret()->vec, X86_UD, "RPL 1 is kernel mode");
	frame.cs = (FLAT_KERNEL_CS64 & ~3) | 2;
	is(try_iret()->vec, X86_UD, "RPL 2 is kernel mode");
	good_kernel();
	frame.flags = VGCF_in_syscall;
	f = try_iret();
	is(f->vec, X86_UD, "VGCF_in_syscall");
	is(f->regs.rax, frame.rax, "rax from the frame");
	good_kernel();
	frame.ss = 0;
	f = try_iret();
	diag("null ss to kernel mode: vec %ld ss %lx", f->vec, f->regs.ss);
}

static void check_flags(void)
{
	static const u64 ignored[] = {
		X86_EFLAGS_IOPL, X86_EFLAGS_NT, BIT(17), BIT(19), BIT(20), 1UL << 31, 1UL << 40,
		1UL << 63, X86_EFLAGS_AC, X86_EFLAGS_RF, BIT(1), BIT(3), BIT(5), BIT(15), BIT(21),
	};
	const struct fault *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ignored); i++) {
		good_kernel();
		frame.rflags |= ignored[i];
		f = try_iret();
		if (!is(f->vec, X86_UD, "flags %lx", ignored[i]))
			diag("vec %ld", f->vec);
		is(f->regs.rflags & (X86_EFLAGS_IOPL | BIT(17) | BIT(19) | BIT(20)), 0,
		   "no IOPL VM VIF VIP afterwards");
	}
	good_user();
	frame.rflags |= X86_EFLAGS_TF;
	f = try_iret();
	is(f->vec, X86_DB, "TF: single step of user code");
	is(f->regs.rip, USER_TEXT + 1, "after one instruction");
	is(f->entry_flags & X86_EFLAGS_TF, 0, "TF clear in the handler");
	good_user();
	frame.rflags &= ~X86_EFLAGS_IF;
	f = try_iret();
	is(f->vec, VEC_SYSCALL, "user mode with IF clear");
	is(f->regs.saved_mask, 1, "is user mode with events masked");
	good_user();
	frame.rflags &= ~X86_EFLAGS_FIXED;
	is(try_iret()->vec, VEC_SYSCALL, "bit 1 clear");
}

static void refused(const char *name, u16 sel, u16 cs, u16 ss)
{
	const struct fault *f = try_iret();

	if (!is(f->vec, X86_GP, "%s: #GP", name))
		diag("vec %ld err %lx rip %x:%lx ss %lx rsp %lx", f->vec, f->regs.err, f->regs.cs,
		     f->regs.rip, f->regs.ss, f->regs.rsp);
	sweep_check(f->regs.err == (sel & ~3U), "%s: error code %lx", name, f->regs.err);
	sweep_check(f->regs.rip == frame.rip && f->regs.cs == cs && f->regs.ss == ss &&
		    f->regs.rsp == frame.rsp, "%s: frame %x:%lx %lx:%lx", name, f->regs.cs,
		    f->regs.rip, f->regs.ss, f->regs.rsp);
}

static void check_selectors(void)
{
	static const u16 bad_cs[] = {
		0x0003, 0x0007, 0x0033, 0x1003, 0xe02b, 0xe00b, 0xe013, 0xe01b, 0xe03b, 0xe043,
		0xe04b, 0xe08b, 0xfff3, 0xffff,
	};
	static const u16 bad_ss[] = {
		0x0007, 0x0033, 0x1003, 0xe033, 0xe023, 0xe00b, 0xe03b, 0xe043, 0xfffb, 0xffff,
	};
	char name[40];
	unsigned int i;

	sweep_begin();
	for (i = 0; i < ARRAY_SIZE(bad_cs); i++) {
		snprintf(name, sizeof(name), "user cs %x", bad_cs[i]);
		good_user();
		frame.cs = bad_cs[i];
		refused(name, bad_cs[i], bad_cs[i], FLAT_USER_SS64);
		good_kernel();
		frame.cs = bad_cs[i] & ~3;
		snprintf(name, sizeof(name), "kernel cs %lx", frame.cs);
		refused(name, bad_cs[i], bad_cs[i] & ~3, FLAT_USER_SS64);
	}
	for (i = 0; i < ARRAY_SIZE(bad_ss); i++) {
		snprintf(name, sizeof(name), "user ss %x", bad_ss[i]);
		good_user();
		frame.ss = bad_ss[i];
		refused(name, bad_ss[i], FLAT_USER_CS64, bad_ss[i]);
	}
	sweep_end("error codes and frames of all of them");
	good_user();
	frame.cs = FLAT_USER_CS64 | 0xabcd0000UL;
	is(try_iret()->vec, VEC_SYSCALL, "only 16 bits of cs count");
	good_user();
	frame.ss |= 0x123400000000UL;
	is(try_iret()->vec, VEC_SYSCALL, "only 16 bits of ss count");
}

static void check_addresses(void)
{
	static const u64 bad_rip[] = {
		NONCANON, NONCANON_LAST, 0x0000800000000000 + 0x1000, 0x8000000000000000,
		0x7fffffffffffffff, 0xdead000000000000,
	};
	static const u64 holes[] = {
		0, 0x00007fffffffffff, 0x00007ffffffff000, 0xffff800000000000, 0xffff880000000000,
		0xffffffffffffffff, 0xffff82d080000000, 0xffff830000000000,
	};
	static const u64 odd_rsp[] = {
		0, 1, 7, NONCANON, NONCANON_LAST, 0xffff800000000000, 0xffff880000000000, -1UL,
	};
	const struct fault *f;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_rip); i++) {
		good_user();
		frame.rip = bad_rip[i];
		f = try_iret();
		ok(f->vec == VEC_FAILSAFE || f->vec == X86_GP || f->vec == X86_PF,
		   "user rip %lx: an entry of the guest (vec %ld err %lx rip %lx)", bad_rip[i],
		   f->vec, f->regs.err, f->regs.rip);
		is(f->regs.rip, bad_rip[i], "with that rip");
		good_user();
		frame.rip = bad_rip[i];
		frame.flags = VGCF_in_syscall;
		f = try_iret();
		ok(f->vec == VEC_FAILSAFE || f->vec == X86_GP || f->vec == X86_PF,
		   "the same by sysret (vec %ld err %lx rip %lx)", f->vec, f->regs.err, f->regs.rip);
		good_kernel();
		frame.rip = bad_rip[i];
		f = try_iret();
		ok(f->vec == VEC_FAILSAFE || f->vec == X86_GP || f->vec == X86_PF,
		   "kernel rip %lx: an entry of the guest (vec %ld)", bad_rip[i], f->vec);
	}
	for (i = 0; i < ARRAY_SIZE(holes); i++) {
		good_user();
		frame.rip = holes[i];
		f = try_iret();
		is(f->vec, X86_PF, "user rip %lx: #PF", holes[i]);
		is(f->regs.rip, holes[i], "at that rip");
	}
	for (i = 0; i < ARRAY_SIZE(odd_rsp); i++) {
		good_user();
		frame.rsp = odd_rsp[i];
		f = try_iret();
		is(f->vec, VEC_SYSCALL, "user rsp %lx", odd_rsp[i]);
		is(f->regs.rsp, odd_rsp[i], "arrives");
	}
}

void test_main(void)
{
	user_init();
	user_load(u_nop_start, u_nop_end);
	check_good();
	check_flags();
	check_selectors();
	check_addresses();
}
