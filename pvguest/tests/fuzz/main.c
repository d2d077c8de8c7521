// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz - hypercalls with random numbers and arguments
 *
 * seed=N and rounds=N in extra= say what is run; the seed is printed. Half of the calls have
 * arguments as the call wants them (structured.c), which get past its first checks; the others
 * have anything: small numbers, pointers to our own memory (filled with random bytes and plausible
 * frames), machine addresses, and edges. One in eight goes by a multicall. What would end the test
 * by design is left out: shutdown, block, a lost root or console.
 *
 * Proves: the hypervisor lives, and every hypercall it has was reached, most of them with success.
 * A domain crash is a legal ending for a guest that ruins itself (the harness should say so); a
 * hang, or a word in the host's log, is not.
 *
 * Real Xen 4.17: survives.
 */
#include <pvguest/pvguest.h>
#include "fuzz.h"

/* What never succeeds: refused for good, or not for us. */
static const u8 never[] = {
	__HYPERVISOR_platform_op, __HYPERVISOR_sysctl, __HYPERVISOR_domctl,
};

u8 *buffer[NR_PAGES], *victim[NR_PAGES];
static unsigned long called[NR_CALLS], good[NR_CALLS];

u64 argument(void)
{
	static const u64 edges[] = {
		0, 1, -1UL, NONCANON, NONCANON_LAST, M2P_START, HV_END, HV_END - 8, 1UL << 31, 1UL << 32,
		0x7fffffff, 0xffffffff, DOMID_SELF, DOMID_IO, DOMID_XEN, 1UL << 63,
	};
	u8 *b = buffer[random_below(NR_PAGES)];

	switch (random_below(9)) {
	case 0:
		return random_below(8);
	case 1:
		return random_below(64);
	case 2:
	case 3:
	case 4:
		return (u64)b + (random_below(4) ? 0 : random_below(PAGE_SIZE));
	case 5:
		return virt_to_mfn(b) << 12 | random_below(4096);
	case 6:
		return virt_to_mfn(b);
	case 7:
		return edges[random_below(ARRAY_SIZE(edges))];
	default:
		return random_u64();
	}
}

/* Not with arbitrary arguments. */
static bool excluded(unsigned int nr, u64 cmd)
{
	switch (nr) {
	case __HYPERVISOR_iret:
	case __HYPERVISOR_sched_op:
	case __HYPERVISOR_sched_op_compat:
	case __HYPERVISOR_multicall:		/* built by us, below */
	case __HYPERVISOR_set_debugreg:
		return true;
	case __HYPERVISOR_vcpu_op:
		return cmd == VCPUOP_down || cmd == VCPUOP_register_vcpu_info;
	case __HYPERVISOR_event_channel_op:
	case 16:
		return cmd == EVTCHNOP_close || cmd == EVTCHNOP_reset;
	}
	return false;
}

static void fill(u8 *b)
{
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i += 8)
		*(u64 *)(b + i) = argument();
}

/* A page of ours that went away or became a table, by a number that happened to be its frame's. */
static bool mend(u64 va)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	static unsigned int budget = 4096;
	u64 pfn, mfn;

	if (va < image_base || va >= (u64)image_end || !budget--)
		return false;
	va &= PAGE_MASK;
	pfn = virt_to_pfn((void *)va);
	mfn = pfn_to_mfn(pfn);
	unpin(mfn);
	if (!set_pte(va, mfn_pte(mfn, PTE_DATA)))
		return true;
	mfn = pfn;
	set_xen_guest_handle(r.extent_start, &mfn);
	if (hc_memory_op(XENMEM_populate_physmap, &r) != 1)
		return false;
	p2m[pfn] = mfn;
	return !set_pte(va, mfn_pte(mfn, PTE_DATA));
}

static bool survive(struct regs *r)
{
	if (r->vec == X86_PF && mend(vcpu0()->arch.cr2))
		return true;
	/* a stray #DB, #NM or NMI of our own making */
	return r->vec == X86_DB || r->vec == X86_NM || r->vec == X86_NMI || r->vec == VEC_NMI;
}

static void note(unsigned int nr, long rc)
{
	called[nr]++;
	if (rc >= 0)
		good[nr]++;
}

/* A number and its arguments; false: try another. */
static bool choose(unsigned int *nr, u64 a[5])
{
	unsigned int i;

	if (random_below(2)) {
		*nr = random_below(40);
		return structured(*nr, a);
	}
	*nr = random_below(50);
	for (i = 0; i < 5; i++)
		a[i] = argument();
	return !excluded(*nr, (u32)a[0]);
}

static void by_multicall(void)
{
	static struct multicall_entry list[8];
	unsigned int n = 0, i;
	long rc;

	/* the structures of two calls may be in one buffer: what comes of it is arbitrary */
	while (n < ARRAY_SIZE(list) && random_below(8)) {
		unsigned int nr;
		u64 a[5];

		if (!choose(&nr, a) || nr == __HYPERVISOR_event_channel_op || nr == 16 ||
		    nr == __HYPERVISOR_sched_op || nr == __HYPERVISOR_memory_op ||
		    nr == __HYPERVISOR_vcpu_op || nr == __HYPERVISOR_mmuext_op ||
		    nr == __HYPERVISOR_mmu_update)
			continue;
		list[n].op = nr;
		memcpy(list[n].args, a, sizeof(a));
		n++;
	}
	rc = hc_multicall(list, n);
	note(__HYPERVISOR_multicall, rc);
	for (i = 0; i < n; i++)
		restore(list[i].op);
}

static void do_iret(void *frame)
{
	iret_raw(frame);
}

extern char iret_landing[];
/* faults at once, so that catch() takes over with a sane stack */
asm(".pushsection .text\niret_landing: ud2\n.popsection");

/* To a place of ours, or to nowhere; catch() brings us back. */
static void by_iret(void)
{
	static u8 stack[4096] __page_aligned;
	struct iret_context c = {
		.rip = random_below(4) ? (u64)iret_landing : argument(),
		.cs = random_below(4) ? FLAT_KERNEL_CS64 & ~3 : (random_u64() & 0xffff) & ~3UL,
		.rflags = (random_u64() & 0xcd5) | X86_EFLAGS_FIXED,
		.rsp = (u64)stack + sizeof(stack) - 64,
		.ss = FLAT_KERNEL_SS64,
		.rax = random_u64(), .r11 = random_u64(), .rcx = random_u64(),
		.flags = random_below(4) ? 0 : random_u64() & ~(u64)VGCF_in_syscall,
	};

	c.rflags &= ~(u64)(X86_EFLAGS_IF | X86_EFLAGS_TF);
	catch(do_iret, &c);
	asm volatile("cld");
	note(__HYPERVISOR_iret, 0);
}

static bool one_of(const u8 *list, size_t n, unsigned int nr)
{
	while (n--)
		if (list[n] == nr)
			return true;
	return false;
}

/* All numbers that structured() knows have been called, and have worked. */
static void judge(void)
{
	unsigned int nr;
	u64 a[5];

	sweep_begin();
	for (nr = 0; nr < 40; nr++) {
		if (nr != __HYPERVISOR_iret && nr != __HYPERVISOR_multicall && !structured(nr, a))
			continue;
		sweep_check(called[nr], "hypercall %u was never called", nr);
		if (!one_of(never, ARRAY_SIZE(never), nr))
			sweep_check(good[nr], "hypercall %u never worked in %lu calls", nr, called[nr]);
	}
	sweep_end("every hypercall was reached, and worked if it can");
}

void test_main(void)
{
	u64 seed = arg_u64("seed", 1), rounds = arg_u64("rounds", 20000), i;

	random_seed(seed);
	diag("seed %lu, %lu rounds", seed, rounds);
	console_flush();
	for (i = 0; i < NR_PAGES; i++) {
		buffer[i] = page_alloc();
		victim[i] = page_alloc();
	}
	trap_hook = survive;
	for (i = 0; i < rounds; i++) {
		unsigned int nr;
		u64 a[5];

		if (!random_below(16)) {
			u8 *b = buffer[random_below(NR_PAGES)];

			if (probe_write8((u64)b, 0) == -1)
				fill(b);
		}
		if (!random_below(8)) {
			by_multicall();
		} else if (!random_below(32)) {
			by_iret();
		} else if (choose(&nr, a)) {
			note(nr, hypercall(nr, a[0], a[1], a[2], a[3], a[4]));
			restore(nr);
		}
	}
	for (i = 0; i < NR_CALLS; i++)
		if (called[i])
			diag("hypercall %lu: %lu calls, %lu not refused", i, called[i], good[i]);
	judge();
	ok(true, "alive after %lu rounds, seed %lu", rounds, seed);
}
