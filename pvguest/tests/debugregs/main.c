// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugregs - set_debugreg, get_debugreg, single step, breakpoints, watchpoints
 *
 * Proves: values and errnos; execution and data breakpoints in kernel and user code; DR6 in the
 * guest's copy; RPL and TF rules of single stepping; that no breakpoint can be put on the
 * hypervisor; that watchpoints on the frame of a trap do no harm.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_nops, "nop; nop; nop; movl $1, (%rdi); nop; syscall");
KERNEL_CODE(do_step, "pushfq; orq $0x100, (%rsp); popfq; nop; nop");
KERNEL_CODE(do_touch, "movl $1, (%rdi); nop; nop");
KERNEL_CODE(do_load, "movl (%rdi), %eax; nop; nop");
KERNEL_CODE(do_target, "nop; nop");
KERNEL_CODE(do_mov_dr, "mov %dr7, %rax");

#define DR7(n, rw, len)	(BIT(2 * (n)) | (u64)(rw) << (16 + 4 * (n)) | (u64)(len) << (18 + 4 * (n)))
#define DR6_BS	BIT(14)
#define DR6_ONES 0xffff0ff0UL

static u64 watched[2];

static void check_values(void)
{
	unsigned int i;

	is(hc_get_debugreg(6), DR6_ONES, "DR6 at start");
	is(hc_get_debugreg(7), 0x400, "DR7 at start");
	for (i = 0; i < 4; i++) {
		err(hc_set_debugreg(i, image_base + i * 8), 0, "set DR%u", i);
		is(hc_get_debugreg(i), image_base + i * 8, "get DR%u", i);
		err(hc_set_debugreg(i, M2P_START + 0x1000), -XEN_EPERM, "DR%u in the hypervisor", i);
		err(hc_set_debugreg(i, HV_END - 1), -XEN_EPERM, "DR%u at its end", i);
		err(hc_set_debugreg(i, NONCANON), -XEN_EPERM, "DR%u non-canonical", i);
		is(hc_get_debugreg(i), image_base + i * 8, "DR%u unchanged", i);
		err(hc_set_debugreg(i, 0), 0, "DR%u 0", i);
	}
	err(hc_set_debugreg(8, 0), -XEN_ENODEV, "set DR8");
	err(hc_get_debugreg(8), -XEN_ENODEV, "get DR8");
	err(hc_set_debugreg(6, 0), 0, "DR6 = 0");
	is(hc_get_debugreg(6), DR6_ONES, "reserved bits of DR6");
	err(hc_set_debugreg(7, 0), 0, "DR7 = 0");
	is(hc_get_debugreg(7), 0x400, "reserved bits of DR7");
	err(hc_set_debugreg(7, BIT(13)), -XEN_EPERM, "DR7.GD");
	diag("DR7 with upper bits: %ld, DR6: %ld", hc_set_debugreg(7, 1UL << 32),
	     hc_set_debugreg(6, 1UL << 32));
	diag("set DR4 %ld, DR5 %ld; get DR4 %lx, DR5 %lx", hc_set_debugreg(4, 0),
	     hc_set_debugreg(5, 0), hc_get_debugreg(4), hc_get_debugreg(5));
	hc_set_debugreg(7, 0);
	hc_set_debugreg(6, 0);
}

static void check_step(void)
{
	const struct fault *f;

	f = catch(do_step, NULL);
	is(f->vec, X86_DB, "single step: #DB");
	is(f->regs.rip, (u64)do_step + 11, "after the instruction that follows popf");
	is(hc_get_debugreg(6) & DR6_BS, DR6_BS, "DR6.BS");
	is(f->entry_flags & X86_EFLAGS_TF, 0, "TF clear in the handler");
	ok(f->regs.rflags & X86_EFLAGS_TF, "TF in the frame");
	hc_set_debugreg(6, 0);
}

static void check_breakpoints(void)
{
	const struct fault *f;
	unsigned int n;

	for (n = 0; n < 4; n++) {
		hc_set_debugreg(n, (u64)do_target + 1);
		err(hc_set_debugreg(7, DR7(n, 0, 0)), 0, "DR7: execution breakpoint %u", n);
		f = catch(do_target, NULL);
		is(f->vec, X86_DB, "hit");
		is(f->regs.rip, (u64)do_target + 1, "before the instruction");
		is(hc_get_debugreg(6) & 0xf, BIT(n), "DR6.B%u", n);
		hc_set_debugreg(7, 0);
		hc_set_debugreg(6, 0);
		hc_set_debugreg(n, 0);
	}
	is(catch(do_target, NULL)->vec, -1, "off again");

	hc_set_debugreg(1, (u64)&watched[0]);
	hc_set_debugreg(7, DR7(1, 1, 3));
	f = catch(do_touch, &watched[0]);
	is(f->vec, X86_DB, "write watchpoint: #DB");
	is(f->regs.rip, (u64)do_touch + 6, "after the instruction");
	is(watched[0], 1, "the write happened");
	is(hc_get_debugreg(6) & 0xf, BIT(1), "DR6.B1");
	hc_set_debugreg(6, 0);
	is(catch(do_load, &watched[0])->vec, -1, "a read does not hit it");
	hc_set_debugreg(7, DR7(1, 3, 3));
	is(catch(do_load, &watched[0])->vec, X86_DB, "read/write watchpoint hit by a read");
	hc_set_debugreg(6, 0);
	is(catch(do_touch, &watched[1])->vec, -1, "a neighbour does not hit it");
	hc_set_debugreg(7, 0);
	hc_set_debugreg(1, 0);
}

static void check_user(void)
{
	const struct fault *f;
	struct regs r;

	user_load(u_nops_start, u_nops_end);
	hc_set_debugreg(0, USER_TEXT + 2);
	hc_set_debugreg(7, DR7(0, 0, 0));
	user_regs(&r, USER_TEXT);
	r.rdi = USER_DATA;
	f = user_run(&r);
	is(f->vec, X86_DB, "user breakpoint");
	is(f->regs.rip, USER_TEXT + 2, "rip");
	is(f->regs.cs & 3, 3, "from user mode");
	hc_set_debugreg(6, 0);
	/* going on past it with RF */
	r = f->regs;
	r.rflags |= X86_EFLAGS_RF;
	f = user_run(&r);
	is(f->vec, VEC_SYSCALL, "RF in the iret frame steps over it");
	hc_set_debugreg(0, USER_DATA);
	hc_set_debugreg(7, DR7(0, 1, 3));
	user_regs(&r, USER_TEXT);
	r.rdi = USER_DATA;
	f = user_run(&r);
	is(f->vec, X86_DB, "user watchpoint");
	is(f->regs.rip, USER_TEXT + 9, "after the store");
	hc_set_debugreg(7, 0);
	hc_set_debugreg(6, 0);
	user_regs(&r, USER_TEXT);
	r.rflags |= X86_EFLAGS_TF;
	r.rdi = USER_DATA;
	f = user_run(&r);
	is(f->vec, X86_DB, "user single step");
	is(f->regs.rip, USER_TEXT + 1, "after one instruction");
	ok(f->regs.rflags & X86_EFLAGS_TF, "TF in the frame");
	hc_set_debugreg(6, 0);
}

/* watchpoints on what the hypervisor itself touches for us */
static void check_own_accesses(void)
{
	static struct xen_platform_parameters pp;
	const struct fault *f;

	hc_set_debugreg(0, (u64)&pp);
	hc_set_debugreg(7, DR7(0, 1, 2));
	f = catch(do_target, NULL);
	is(f->vec, -1, "nothing yet");
	err(hc_xen_version(XENVER_platform_parameters, &pp), 0, "hypercall writes a watched place");
	hc_set_debugreg(7, 0);
	ok(pp.virt_start == M2P_START, "and it is written");
	hc_set_debugreg(6, 0);
}

static bool ignore_db(struct regs *r)
{
	return r->vec == X86_DB;
}

void test_main(void)
{
	const struct fault *f;
	u64 v;

	user_init();
	check_values();
	check_step();
	check_breakpoints();
	check_user();
	trap_hook = ignore_db;
	check_own_accesses();
	trap_hook = NULL;
	f = catch(do_mov_dr, NULL);
	diag("mov from dr7: vec %ld", f->vec);
	asm volatile("mov %%dr7, %0" : "=r" (v));
	is(v, 0x400, "mov from dr7 is emulated");
	asm volatile("mov %0, %%dr0" : : "r" (image_base));
	is(hc_get_debugreg(0), image_base, "mov to dr0 is emulated");
}
