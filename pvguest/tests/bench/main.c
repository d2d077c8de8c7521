// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench - what the guest's side of the machine costs, in instructions
 *
 * Under an emulator whose TSC counts instructions (QEMU with -icount shift=0)
 * each line "bench: NAME N" says how many instructions one NAME takes, the
 * hypervisor's included and the guest's own loop not.  The smallest of many
 * rounds counts, so that no host interrupt is in it.  Elsewhere everything runs
 * once, to prove that it works, and no figure is printed.
 */
#include <pvguest/pvguest.h>

#define ROUNDS		50
#define OPS		16	/* in a round */
#define BATCH		32	/* requests of a batch, pages of a demand-fault round */

#define BENCH_VA	0x40000000UL	/* in the slot that both roots share; an L1 table of its own */
#define TREE_L1		4

static unsigned int rounds = 1;
static bool counting;

/* for the handlers below */
u64 bench_tsc, bench_pte;
extern char bench_int3[], bench_syscall[], bench_pf_skip[], bench_pf_map[];

/*
 * #BP notes the time.  System calls return at once.  #PF of user mode: one
 * handler steps over an instruction of three bytes, the other maps a page.
 */
asm(".text\n"
	".macro bench_leave flags\n"
	"	push \\flags\n"
	"	push %rcx\n"
	"	push %r11\n"
	"	push %rax\n"
	"	mov $23, %eax\n"
	"	syscall\n"
	"	ud2\n"
	".endm\n"
	".balign 16\n"
	"bench_int3:\n"
	"	pop %rcx\n"
	"	pop %r11\n"
	"	rdtsc\n"
	"	mov %eax, bench_tsc(%rip)\n"
	"	mov %edx, bench_tsc+4(%rip)\n"
	"	bench_leave $0\n"
	".balign 16\n"
	"bench_syscall:\n"
	"	pop %rcx\n"
	"	pop %r11\n"
	"	bench_leave $0x100\n"
	".balign 16\n"
	"bench_pf_skip:\n"
	"	pop %rcx\n"
	"	pop %r11\n"
	"	add $8, %rsp\n"
	"	addq $3, (%rsp)\n"
	"	bench_leave $0\n"
	".balign 16\n"
	"bench_pf_map:\n"
	"	pop %rcx\n"
	"	pop %r11\n"
	"	add $8, %rsp\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	push %rdx\n"
	"	push %rax\n"
	"	push %rcx\n"
	"	push %r11\n"
	"	mov shared_info(%rip), %rdi\n"
	"	mov 16(%rdi), %rdi\n"		/* vcpu_info[0].arch.cr2 */
	"	mov bench_pte(%rip), %rsi\n"
	"	xor %edx, %edx\n"
	"	mov $14, %eax\n"		/* update_va_mapping */
	"	syscall\n"
	"	pop %r11\n"
	"	pop %rcx\n"
	"	pop %rax\n"
	"	pop %rdx\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	bench_leave $0\n");

_Static_assert(offsetof(struct vcpu_info, arch.cr2) == 16, "cr2");

/* What runs in user mode leaves its two times in RBX and RAX, and ends by #UD. */
#define USER_TIMED(name, text) USER_CODE(name,				\
	"rdtsc; shl $32, %rdx; lea (%rax,%rdx), %rbx\n" text		\
	"\nrdtsc; shl $32, %rdx; add %rdx, %rax; ud2")
USER_TIMED(u_empty, "");
USER_TIMED(u_syscall, ".rept 16\nsyscall\n.endr");
USER_TIMED(u_skip, ".rept 16\nmov (%rdi), %r8\n.endr");
USER_TIMED(u_touch, ".rept 32\nmovb %al, (%rdi)\nlea 4096(%rdi), %rdi\n.endr");

static void report(const char *name, u64 instructions)
{
	if (counting)
		printf("bench: %s %lu\n", name, instructions);
}

/* Instructions of one turn of code, whose number is i, in rounds of n; before is not measured. */
#define NOTHING	do { } while (0)
static u64 empty_loop;
#define MEASURE(n, before, code) ({					\
	u64 best_ = ~0UL, t_;						\
	unsigned int r_;						\
									\
	for (r_ = 0; r_ < rounds; r_++) {				\
		volatile unsigned int i;				\
									\
		before;							\
		t_ = rdtsc();						\
		for (i = 0; i < (n); i++) {				\
			code;						\
		}							\
		t_ = rdtsc() - t_;					\
		if (t_ < best_)						\
			best_ = t_;					\
	}								\
	(best_ - empty_loop) / (n);					\
})

static void calibrate(void)
{
	unsigned long tries;
	u64 t, n = 0;

	/* a loop of two instructions a turn; exact twice in a row, or it is no count */
	for (tries = 0; tries < 4; tries++) {
		unsigned long turns = 1000;

		t = rdtsc();
		asm volatile("1: dec %0; jnz 1b" : "+r" (turns));
		t = rdtsc() - t;
		if (t >= 2000 && t < 2020)
			n++;
	}
	counting = n >= 2;
	rounds = counting ? ROUNDS : 1;
	diag(counting ? "the TSC counts instructions" :
	     "the TSC does not count instructions: no figures");
	empty_loop = 0;
	empty_loop = MEASURE(1, NOTHING, asm volatile(""));
	if (!counting)
		empty_loop = 0;
}

static void hypercalls(void)
{
	u64 t;
	long rc = 0;

	/* no such call: nothing but the way there and back */
	t = MEASURE(OPS, NOTHING, rc = hypercall(11, 0, 0, 0, 0, 0));
	err(rc, -XEN_ENOSYS, "a call that does not exist");
	report("hypercall-full", t);
	t = MEASURE(OPS, NOTHING, rc = hc_xen_version(XENVER_version, 0));
	ok(rc > 0, "xen_version");
	report("hypercall-xen_version", t);
	t = MEASURE(OPS, NOTHING, rc = hc_fpu_taskswitch(0));
	err(rc, 0, "fpu_taskswitch");
	report("hypercall-fpu_taskswitch", t);
	t = MEASURE(OPS, NOTHING, rc = hc_set_segment_base(SEGBASE_FS, 0x1000));
	err(rc, 0, "set_segment_base");
	report("hypercall-set_segment_base", t);
}

static u8 kernel_stack[PAGE_SIZE] __page_aligned;

static void stack_switch(void)
{
	static u8 *const top = kernel_stack + sizeof(kernel_stack);
	long rc = 0;
	u64 t;
	struct multicall_entry list[2] = {
		{ .op = __HYPERVISOR_fpu_taskswitch, .args = { 0 } },
		{ .op = __HYPERVISOR_stack_switch,
		  .args = { FLAT_KERNEL_SS64, (unsigned long)top } },
	};

	t = MEASURE(OPS, NOTHING, rc = hc_stack_switch(FLAT_KERNEL_SS64, top));
	err(rc, 0, "stack_switch");
	report("hypercall-stack_switch", t);
	t = MEASURE(OPS, NOTHING, rc = hc_multicall(list, 2));
	ok(!rc && !list[0].result && !list[1].result, "multicall of a context switch");
	report("multicall-switch", t);
}

static void bounce(void)
{
	u64 there = ~0UL, back = ~0UL;
	unsigned int i;

	trap_set_gate(X86_BP, 3, (u64)bench_int3);
	/* both halves in one piece of assembly, so that nothing comes between */
	for (i = 0; i < rounds; i++) {
		u64 a, b;

		asm volatile("rdtsc; shl $32, %%rdx; lea (%%rax,%%rdx), %0; int3;"
			     "rdtsc; shl $32, %%rdx; lea (%%rax,%%rdx), %1"
			     : "=&r" (a), "=&r" (b) : : "rax", "rcx", "rdx", "r11", "memory");
		if (bench_tsc - a < there)
			there = bench_tsc - a;
		if (b - bench_tsc < back)
			back = b - bench_tsc;
	}
	ok(there != ~0UL && back != ~0UL, "#BP and back");
	/* less: shl lea int3, two pops, rdtsc; then: rdtsc, two movs, six of the exit, rdtsc */
	report("exception-bounce", there - 5);
	report("iret-kernel", back - 8);
	trap_set_gate(X86_BP, 3, trap_stub(X86_BP));
}

static void register_syscall(u64 address)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_syscall,
		.flags = CALLBACKF_mask_events,
		.address = address,
	};

	if (hc_callback_op(CALLBACKOP_register, &cb))
		bail_out("callback_op");
}

static u64 user_time(const void *start, const void *end)
{
	const struct fault *f;
	struct regs r;

	user_load(start, end);
	user_regs(&r, USER_TEXT);
	r.rdi = BENCH_VA;
	f = user_run(&r);
	if (f->vec != X86_UD)
		bail_out("user code ended by vector %ld", f->vec);
	return f->regs.rax - f->regs.rbx;
}
#define USER_TIME(name) user_time(name##_start, name##_end)

static void set_entries(u64 pte, unsigned int n)
{
	struct mmu_update req[BATCH];
	unsigned int i, done;
	u64 at = pte_maddr(BENCH_VA);

	for (i = 0; i < n; i++)
		req[i] = (struct mmu_update){ at + 8 * i, pte };
	if (hc_mmu_update(req, n, &done, DOMID_SELF))
		bail_out("mmu_update");
}

static void user_mode(void)
{
	u64 empty = ~0UL, sys = ~0UL, skip = ~0UL, touch = ~0UL, t;
	unsigned int i;

	register_syscall((u64)bench_syscall);
	for (i = 0; i < rounds; i++) {
		t = USER_TIME(u_empty);
		empty = t < empty ? t : empty;
		t = USER_TIME(u_syscall);
		sys = t < sys ? t : sys;
	}
	register_syscall((u64)syscall_entry);
	ok(sys != ~0UL, "system calls of user mode");
	report("syscall-round-trip", (sys - empty) / 16);

	set_entries(0, BATCH);
	trap_set_gate(X86_PF, 0, (u64)bench_pf_skip);
	for (i = 0; i < rounds; i++) {
		t = USER_TIME(u_skip);
		skip = t < skip ? t : skip;
	}
	ok(skip != ~0UL, "page faults of user mode, stepped over");
	report("fault-bounce-and-iret", (skip - empty) / 16);

	trap_set_gate(X86_PF, 0, (u64)bench_pf_map);
	for (i = 0; i < rounds; i++) {
		set_entries(0, BATCH);
		t = USER_TIME(u_touch);
		touch = t < touch ? t : touch;
	}
	trap_set_gate(X86_PF, 0, trap_stub(X86_PF));
	ok(touch != ~0UL, "page faults of user mode, a page mapped at each");
	report("fault-map-and-iret", (touch - empty) / BATCH);
}

static void page_tables(void)
{
	u64 pte = bench_pte, *slot = walk(kernel_l4, BENCH_VA, 1), one, t;
	struct mmu_update req[BATCH];
	unsigned int k, done;
	struct mmuext_op base[2] = {
		{ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = virt_to_mfn(kernel_l4) },
		{ .cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = virt_to_mfn(user_l4) },
	};
	long rc = 0;

	for (k = 0; k < BATCH; k++)
		req[k] = (struct mmu_update){ pte_maddr(BENCH_VA) + 8 * k, pte };
	one = MEASURE(OPS, set_entries(0, BATCH), rc = hc_mmu_update(&req[i], 1, &done, DOMID_SELF));
	err(rc, 0, "mmu_update of one");
	report("mmu_update-1", one);
	t = MEASURE(1, set_entries(0, BATCH), rc = hc_mmu_update(req, BATCH, &done, DOMID_SELF));
	err(rc, 0, "mmu_update of a batch");
	report("mmu_update-32", t);
	report("mmu_update-each-more", (t - one) / (BATCH - 1));
	t = MEASURE(OPS, set_entries(0, BATCH),
		    rc = hc_update_va_mapping(BENCH_VA + i * PAGE_SIZE, pte, UVMF_INVLPG));
	err(rc, 0, "update_va_mapping");
	report("update_va_mapping", t);
	err(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0,
	    "page tables that can be written");
	t = MEASURE(OPS, set_entries(0, BATCH), WRITE_ONCE(slot[i], pte));
	is(slot[0] & ~(PTE_A | PTE_D), pte & ~(PTE_A | PTE_D), "stores to a page table");
	report("page-table-store", t);
	t = MEASURE(OPS, set_entries(pte & ~(PTE_A | PTE_D), BATCH),
		    *(volatile char *)(BENCH_VA + i * PAGE_SIZE));
	ok(slot[0] & PTE_A, "first accesses set A");
	report("shadow-fault", t);
	t = MEASURE(OPS, NOTHING, rc = hc_mmuext_op(base, 2, &done, DOMID_SELF));
	err(rc, 0, "NEW_BASEPTR and NEW_USER_BASEPTR");
	report("mmuext-baseptr-pair", t);
}

/* A process: a root that shares the kernel's half, and a few full tables. */
static void tree(void)
{
	u64 *l4 = page_alloc(), *l3 = page_alloc(), *l2 = page_alloc(), *l1[TREE_L1];
	u64 pin_t = ~0UL, use_t = ~0UL, unpin_t = ~0UL;
	u64 k;
	unsigned int i, r;
	void *data = page_alloc();
	long rc = 0;

	memcpy(l4, kernel_l4, PAGE_SIZE);
	for (i = L4_IDX(M2P_START); i < L4_IDX(HV_END); i++)
		l4[i] = 0;
	l4[0] = mfn_pte(virt_to_mfn(l3), PTE_TABLE);
	l3[0] = mfn_pte(virt_to_mfn(l2), PTE_TABLE);
	for (k = 0; k < TREE_L1; k++) {
		l1[k] = page_alloc();
		for (i = 0; i < 512; i++)
			l1[k][i] = mfn_pte(virt_to_mfn(data), PTE_DATA);
		l2[k] = mfn_pte(virt_to_mfn(l1[k]), PTE_TABLE);
		rc |= page_ro(l1[k]);
	}
	rc |= page_ro(l2) | page_ro(l3) | page_ro(l4);
	for (r = 0; r < rounds && !rc; r++) {
		u64 t0, t1, t2, t3;

		t0 = rdtsc();
		rc |= pin(4, virt_to_mfn(l4));
		t1 = rdtsc();
		rc |= mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0);
		for (k = 0; k < TREE_L1; k++)
			*(volatile char *)((k << 21) + PAGE_SIZE);
		t2 = rdtsc();
		rc |= mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(kernel_l4), 0);
		rc |= unpin(virt_to_mfn(l4));
		t3 = rdtsc();
		pin_t = t1 - t0 < pin_t ? t1 - t0 : pin_t;
		use_t = t2 - t1 < use_t ? t2 - t1 : use_t;
		unpin_t = t3 - t2 < unpin_t ? t3 - t2 : unpin_t;
	}
	err(rc, 0, "pin, use and unpin of a process tree");
	report("tree-pin", pin_t);
	report("tree-first-use", use_t);
	report("tree-unpin", unpin_t);
}

void test_main(void)
{
	calibrate();
	user_init();
	bench_pte = mfn_pte(virt_to_mfn(page_alloc()), PTE_DATA);
	if (map(kernel_l4, BENCH_VA, bench_pte))
		bail_out("map");
	*(volatile char *)BENCH_VA;	/* the table is in use */
	hypercalls();
	bounce();
	page_tables();
	user_mode();
	tree();
	stack_switch();
}
