// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz - hypercalls with random numbers and arguments
 *
 * seed=N and rounds=N in extra= say what is run; the seed is printed. Arguments are small
 * numbers, pointers to our own memory (filled with random bytes and plausible frames), machine
 * addresses, and edges. What would end the test by design is left out: shutdown, iret, block, poll,
 * set_trap_table, set_callbacks and what takes our console away.
 *
 * Proves: nothing but that the hypervisor lives. A domain crash is a legal ending (the guest may
 * ruin itself: the harness should accept crash or poweroff), a hang or a word in the host's log is not.
 *
 * Real Xen 4.17: survives.
 */
#include <pvguest/pvguest.h>

static u8 *buffer[8];

static u64 argument(void)
{
	static const u64 edges[] = {
		0, 1, -1UL, NONCANON, NONCANON_LAST, M2P_START, HV_END, HV_END - 8, 1UL << 31, 1UL << 32,
		0x7fffffff, 0xffffffff, DOMID_SELF, DOMID_IO, DOMID_XEN, 1UL << 63,
	};
	u8 *b = buffer[random_below(ARRAY_SIZE(buffer))];

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

static bool excluded(unsigned int nr, u64 cmd)
{
	switch (nr) {
	case __HYPERVISOR_iret:
	case __HYPERVISOR_sched_op:
	case __HYPERVISOR_sched_op_compat:
	case __HYPERVISOR_set_trap_table:
	case __HYPERVISOR_set_callbacks:
	case __HYPERVISOR_callback_op:
	case __HYPERVISOR_multicall:		/* built by us, below */
	case __HYPERVISOR_stack_switch:
	case __HYPERVISOR_set_gdt:
	case __HYPERVISOR_console_io:
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

static bool survive(struct regs *r)
{
	/* a stray #DB, #NM or similar of our own making */
	return r->vec == X86_DB || r->vec == X86_NM || r->vec == VEC_NMI;
}

void test_main(void)
{
	u64 seed = arg_u64("seed", 1), rounds = arg_u64("rounds", 20000), i;
	static unsigned long good[64];
	static struct multicall_entry list[8];

	random_seed(seed);
	diag("seed %lu, %lu rounds", seed, rounds);
	console_flush();
	for (i = 0; i < ARRAY_SIZE(buffer); i++)
		buffer[i] = page_alloc();
	trap_hook = survive;
	for (i = 0; i < rounds; i++) {
		unsigned int nr = random_below(50), n, j;
		u64 a[5];

		if (!random_below(16)) {
			u8 *b = buffer[random_below(ARRAY_SIZE(buffer))];

			if (probe_write8((u64)b, 0) == -1)
				fill(b);
		}
		for (j = 0; j < 5; j++)
			a[j] = argument();
		if (excluded(nr, (u32)a[0]))
			continue;
		if (random_below(8)) {
			if (hypercall(nr, a[0], a[1], a[2], a[3], a[4]) >= 0)
				good[nr]++;
			continue;
		}
		n = 1 + random_below(ARRAY_SIZE(list));
		for (j = 0; j < n; j++) {
			list[j].op = nr;
			memcpy(list[j].args, a, sizeof(a));
			list[j].args[random_below(5)] = argument();
			if (excluded(nr, (u32)list[j].args[0]))
				list[j].op = __HYPERVISOR_xen_version;
		}
		hc_multicall(list, n);
	}
	for (i = 0; i < 64; i++)
		if (good[i])
			diag("hypercall %lu: %lu times not an error", i, good[i]);
	ok(true, "alive after %lu rounds, seed %lu", rounds, seed);
}
