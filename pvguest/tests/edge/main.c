// SPDX-License-Identifier: GPL-2.0-only
/*
 * edge - instructions at the ends of the two halves of the address space
 *
 * SYSCALL and port accesses are placed so that the next address is the first that is not canonical,
 * or 0. No way back may load such a RIP unseen: SYSRET and IRETQ fault on it in the hypervisor, the
 * former on the guest's own stack.
 *
 * Proves: hypercalls and system calls from there are made, and the fault that follows is the guest's;
 * so for IN and OUT, with and without a second byte, which also may be missing.
 *
 * Real Xen 4.17: the same; whether the fault is #GP or comes by the failsafe callback is its own.
 */
#include <pvguest/pvguest.h>

#define LOW_PAGE	(NONCANON - PAGE_SIZE)
#define HIGH_PAGE	(0UL - PAGE_SIZE)

static u8 *page, *high;

struct jump {
	u64 rip, rax, rdi, rsi;
};

void jump_to(void *jump);
asm(".pushsection .text\njump_to: mov 8(%rdi), %rax; mov 16(%rdi), %rdx; mov 24(%rdi), %rsi; mov (%rdi), %r8\n"
	"mov %rdx, %rdi; xor %edx, %edx; xor %r10d, %r10d; jmp *%r8\n.popsection");

static const struct fault *at(u64 rip, u64 rax, u64 rdi, u64 rsi)
{
	struct jump j = { rip, rax, rdi, rsi };

	return catch(jump_to, &j);
}

static bool bad_rip(const struct fault *f, u64 rip)
{
	return (f->vec == X86_GP || f->vec == VEC_FAILSAFE || f->vec == X86_PF) && f->regs.rip == rip;
}

/* Code whose last byte is the last of a page. */
static void put(u8 *p, const char *code, unsigned int n)
{
	memset(p, 0xcc, PAGE_SIZE);
	memcpy(p + PAGE_SIZE - n, code, n);
}
#define PUT(p, code) put(p, code, sizeof(code) - 1)

static void one_call(const char *name, u64 nr, u64 a0, u64 a1, u64 want)
{
	const struct fault *f = at(NONCANON - 2, nr, a0, a1);

	if (!ok(bad_rip(f, NONCANON), "%s, and then a fault of ours", name))
		diag("vec %ld rip %lx", f->vec, f->regs.rip);
	is(f->regs.rax, want, "%s: its result", name);
	is(f->regs.cs & 3, 0, "%s: in the kernel", name);
}

static void hypercalls(void)
{
	static u8 stack[PAGE_SIZE] __page_aligned;
	struct sched_poll none = { .timeout = 1 };
	const struct fault *f;

	PUT(page, "\x0f\x05");
	/* what a hypervisor may answer in a hurry, and what it may not */
	one_call("xen_version", __HYPERVISOR_xen_version, 0, 0, hypercall(__HYPERVISOR_xen_version, 0, 0, 0, 0, 0));
	one_call("fpu_taskswitch", __HYPERVISOR_fpu_taskswitch, 0, 0, 0);
	one_call("stack_switch", __HYPERVISOR_stack_switch, FLAT_KERNEL_SS64, (u64)stack + sizeof(stack), 0);
	one_call("set_segment_base FS", __HYPERVISOR_set_segment_base, SEGBASE_FS, 0, 0);
	one_call("set_segment_base user GS", __HYPERVISOR_set_segment_base, SEGBASE_GS_USER, 0, 0);
	one_call("sched_op", __HYPERVISOR_sched_op, SCHEDOP_poll, (u64)&none, 0);
	one_call("set_timer_op", __HYPERVISOR_set_timer_op, 0, 0, 0);
	one_call("mmu_update of nothing", __HYPERVISOR_mmu_update, 0, 0, 0);
	one_call("none at all", 60, 0, 0, -XEN_ENOSYS);

	PUT(high, "\x0f\x05");
	f = at(0UL - 2, __HYPERVISOR_xen_version, 0, 0);
	is(f->vec, X86_PF, "xen_version at the very end: #PF");
	is(f->regs.rip, 0, "at 0");
}

static void ports(void)
{
	struct physdev_set_iopl s = { .iopl = 1 };
	const struct fault *f;

	err(hc_physdev_op(PHYSDEVOP_set_iopl, &s), 0, "IOPL 1");
	PUT(page, "\xec");	/* in %dx, %al */
	f = at(NONCANON - 1, 0x1234, 0, 0);
	ok(bad_rip(f, NONCANON), "in at the last byte, and then a fault (vec %ld rip %lx)", f->vec, f->regs.rip);
	is(f->regs.rax, 0x12ff, "which reads ones");
	PUT(page, "\xee");	/* out */
	f = at(NONCANON - 1, 0, 0, 0);
	ok(bad_rip(f, NONCANON), "out at the last byte (vec %ld rip %lx)", f->vec, f->regs.rip);
	PUT(page, "\xe4\x80");	/* in $0x80, %al */
	f = at(NONCANON - 2, 0x1234, 0, 0);
	ok(bad_rip(f, NONCANON), "in of two bytes (vec %ld rip %lx)", f->vec, f->regs.rip);
	is(f->regs.rax, 0x12ff, "reads ones");
	PUT(page, "\xed\xcc");	/* in %dx, %eax, and something after it */
	f = at(NONCANON - 2, -1UL << 32, 0, 0);
	is(f->vec, X86_BP, "in and one more byte: it is reached");
	is(f->regs.rax, 0xffffffff, "32 bits were read, the rest is 0");

	PUT(page, "\xe4");	/* its second byte is nowhere */
	f = at(NONCANON - 1, 0x1234, 0, 0);
	ok(bad_rip(f, NONCANON - 1), "half an in: a fault at it (vec %ld rip %lx)", f->vec, f->regs.rip);
	is(f->regs.rax, 0x1234, "that reads nothing");

	PUT(high, "\xec");
	f = at(0UL - 1, 0x1234, 0, 0);
	is(f->vec, X86_PF, "in at the very end: #PF");
	is(f->regs.rip, 0, "at 0");
	is(f->regs.rax, 0x12ff, "after it was made");

	/* a byte at the end of a page, nothing behind it */
	PUT(page, "\xe4");
	set_pte(LOW_PAGE, 0);
	err(map(kernel_l4, LOW_PAGE - PAGE_SIZE, mfn_pte(virt_to_mfn(page), PTE_DATA)), 0, "a page before a hole");
	f = at(LOW_PAGE - 1, 0x1234, 0, 0);
	is(f->vec, X86_PF, "half an in before a hole: #PF");
	is(f->cr2, LOW_PAGE, "of the page that is missing");
	is(f->regs.rip, LOW_PAGE - 1, "at the instruction");
	is(f->regs.rax, 0x1234, "that reads nothing");
	set_pte(LOW_PAGE - PAGE_SIZE, 0);
	err(set_pte(LOW_PAGE, mfn_pte(virt_to_mfn(page), PTE_DATA)), 0, "mapped again");
}

static const struct fault *user_at(u64 rip, u64 rax)
{
	struct regs r;

	user_regs(&r, rip);
	r.rax = rax;
	return user_run(&r);
}

static void user(void)
{
	struct physdev_set_iopl s = { .iopl = 3 };
	const struct fault *f;

	user_init();
	err(write_entry(&user_l4[L4_IDX(LOW_PAGE)], kernel_l4[L4_IDX(LOW_PAGE)]), 0, "the page for user mode");
	PUT(page, "\x0f\x05");
	f = user_at(NONCANON - 2, 0x55);
	is(f->vec, VEC_SYSCALL, "system call at the end of the lower half");
	is(f->regs.rip, NONCANON, "its return address");
	is(f->regs.rcx, NONCANON, "and RCX");
	f = user_at(NONCANON, 0);
	ok(bad_rip(f, NONCANON), "back to there: a fault (vec %ld)", f->vec);

	err(hc_physdev_op(PHYSDEVOP_set_iopl, &s), 0, "IOPL 3");
	PUT(page, "\xec");
	f = user_at(NONCANON - 1, 0x1234);
	ok(bad_rip(f, NONCANON), "in of user mode at the last byte (vec %ld rip %lx)", f->vec, f->regs.rip);
	is(f->regs.cs & 3, 3, "a fault of user mode");
	is(f->regs.rax, 0x12ff, "after it was made");
	PUT(page, "\xe6\x80");
	f = user_at(NONCANON - 2, 0);
	ok(bad_rip(f, NONCANON), "out of two bytes (vec %ld rip %lx)", f->vec, f->regs.rip);
}

void test_main(void)
{
	page = page_alloc();
	high = page_alloc();
	err(map(kernel_l4, LOW_PAGE, mfn_pte(virt_to_mfn(page), PTE_DATA)), 0, "the last page of the lower half");
	err(map(kernel_l4, HIGH_PAGE, mfn_pte(virt_to_mfn(high), PTE_DATA)), 0, "the last page");
	hypercalls();
	ports();
	user();
}
