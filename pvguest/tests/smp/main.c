// SPDX-License-Identifier: GPL-2.0-only
/*
 * smp - a second vCPU, and what two do to each other's memory
 *
 * Proves: bring-up and its refusals; down and up again; events and polls between
 * vCPUs; and that flushes of another vCPU are complete on return. vCPU 1 writes
 * ascending numbers through one mapping without a pause, while vCPU 0 takes write
 * access away, exchanges the page under it, or takes the entry away: after the
 * flush not one more write arrives through the old translation, every write
 * before it arrived, and D is set in the entry if there was one. A descriptor that
 * vCPU 0 changes in vCPU 1's table is in force there on return.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

#define VA	0x7d0000000000UL
#define CTX_PF	14

extern char ap_start[], ap_fault[], ap_stack_top[];
extern volatile u64 ap_alive, ap_va, ap_written, ap_idle, ap_faults, ap_go, ap_call;
extern volatile u64 ap_arg[3], ap_result;

#define AP_LSL	-2UL		/* ap_call: LSL */
#define ENTRY	5		/* of the page of descriptors that vCPU 1 has */

static struct vcpu_guest_context ctx;
static u64 *gdt;
static u64 *page[2];
static u64 mfn[2];

static void wait_until(bool (*done)(u64), u64 arg, const char *what)
{
	u64 end = now() + 60 * SEC;

	while (!done(arg)) {
		if (now() > end)
			bail_out("waited in vain: %s", what);
		asm volatile("pause");
	}
}

static bool alive(u64 unused __unused)
{
	return ap_alive;
}

static bool written_above(u64 n)
{
	return ap_written > n;
}

static bool faulted_above(u64 n)
{
	return ap_faults > n;
}

static bool call_done(u64 unused __unused)
{
	return !ap_call;
}

static bool is_idle(u64 unused __unused)
{
	return ap_idle == ap_written && ap_idle;
}

/* vCPU 1 makes this hypercall; -1: returns -1; AP_LSL: LSL of the selector a */
static void ap_begin(u64 nr, u64 a, u64 b)
{
	ap_arg[0] = a;
	ap_arg[1] = b;
	ap_call = nr;
}

static long ap_end(void)
{
	wait_until(call_done, 0, "a call of vCPU 1");
	return ap_result;
}

static void start_counting(void)
{
	u64 n = ap_written;

	ap_go = 1;
	ap_va = VA;
	wait_until(written_above, n + 100, "vCPU 1 counts");
}

static void stop_counting(void)
{
	ap_idle = 0;
	ap_va = 0;
	wait_until(is_idle, 0, "vCPU 1 stops");
}

static void bring_up(void)
{
	long rc;

	err(hc_vcpu_op(VCPUOP_is_up, 1, NULL), 0, "vCPU 1 is down");
	err(hc_vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL, "up before initialise");
	err(hc_vcpu_op(VCPUOP_is_up, 2, NULL), -XEN_ENOENT, "there is no vCPU 2");

	ctx.flags = VGCF_in_kernel;
	ctx.user_regs.rip = (u64)ap_start;
	ctx.user_regs.rsp = (u64)ap_stack_top;
	ctx.user_regs.cs = FLAT_KERNEL_CS64;
	ctx.user_regs.ss = FLAT_KERNEL_SS64;
	ctx.kernel_ss = FLAT_KERNEL_SS64;
	ctx.kernel_sp = (u64)ap_stack_top;
	ctx.trap_ctxt[CTX_PF].vector = CTX_PF;
	ctx.trap_ctxt[CTX_PF].cs = FLAT_KERNEL_CS64;
	ctx.trap_ctxt[CTX_PF].address = (u64)ap_fault;
	ctx.ctrlreg[3] = virt_to_mfn(kernel_l4) << 12;
	gdt = page_alloc();
	page_ro(gdt);
	ctx.gdt_frames[0] = virt_to_mfn(gdt);
	ctx.gdt_ents = 16;
	shared_info->vcpu_info[1].evtchn_upcall_mask = 1;
	ctx.user_regs.rip = NONCANON;
	err(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EINVAL, "initialise, bad RIP");
	ctx.user_regs.rip = (u64)ap_start;
	err(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), 0, "initialise");
	err(hc_vcpu_op(VCPUOP_initialise, 1, &ctx), -XEN_EEXIST, "and again");
	is(ap_alive, 0, "it does not run yet");
	err(hc_vcpu_op(VCPUOP_up, 1, NULL), 0, "up");
	wait_until(alive, 0, "vCPU 1 runs");
	rc = hc_vcpu_op(VCPUOP_is_up, 1, NULL);
	err(rc, 1, "is up");
}

static void down_and_up(void)
{
	u64 n;

	start_counting();
	err(hc_vcpu_op(VCPUOP_down, 1, NULL), 0, "down, from outside");
	/* the call need not wait for it */
	delay_until(now() + 20 * MS);
	n = ap_written;
	delay_until(now() + 50 * MS);
	is(ap_written, n, "it stands still");
	err(hc_vcpu_op(VCPUOP_is_up, 1, NULL), 0, "is down");
	err(hc_vcpu_op(VCPUOP_up, 1, NULL), 0, "up again");
	wait_until(written_above, n + 100, "it goes on where it was");
	stop_counting();
	ap_begin(__HYPERVISOR_vcpu_op, VCPUOP_down, 1);
	while (hc_vcpu_op(VCPUOP_is_up, 1, NULL))
		hc_sched_op(SCHEDOP_yield, NULL);
	delay_until(now() + 20 * MS);
	ok(ap_call, "down of itself does not return");
	hc_vcpu_op(VCPUOP_up, 1, NULL);
	err(ap_end(), 0, "before it is up again");
}

static void events(void)
{
	struct evtchn_bind_ipi ipi = { .vcpu = 1 };
	static struct sched_poll poll;
	static struct evtchn_send send;
	static evtchn_port_t theirs;
	long mine = bind_ipi(0);
	unsigned int i;

	err(hc_event_channel_op(EVTCHNOP_bind_ipi, &ipi), 0, "an IPI of vCPU 1");
	theirs = ipi.port;
	port_mask(theirs);
	set_xen_guest_handle(poll.ports, &theirs);
	poll.nr_ports = 1;

	sweep_begin();
	for (i = 0; i < 200; i++) {
		port_clear(theirs);
		ap_begin(__HYPERVISOR_sched_op, SCHEDOP_poll, (u64)&poll);
		if (i & 1)
			delay_until(now() + 100000);
		evtchn_send(theirs);
		sweep_check(!ap_end(), "round %u: poll", i);
		sweep_check(port_pending(theirs), "round %u: pending", i);
	}
	sweep_end("polls of vCPU 1 are ended by events");

	port_mask(mine);
	port_clear(mine);
	send.port = mine;
	ap_begin(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (u64)&send);
	err(ap_end(), 0, "vCPU 1 sends");
	ok(port_pending(mine), "to vCPU 0");
}

/* vCPU 1 does nothing that would make it look at its descriptors again. */
static void descriptors(unsigned int rounds)
{
	u64 limit, seen, maddr = (virt_to_mfn(gdt) << 12) + ENTRY * 8;
	unsigned int i;

	sweep_begin();
	for (i = 0; i < rounds; i++) {
		limit = 1 + random_below(0xffff);
		/* data, DPL 3, byte granular; of every eighth nothing is left */
		sweep_check(!hc_update_descriptor(maddr, i % 8 == 7 ? 0 :
						  limit | 0xf3UL << 40 | 0x4UL << 52),
			    "round %u: update_descriptor", i);
		ap_begin(AP_LSL, ENTRY << 3 | 3, 0);
		seen = ap_end();
		sweep_check(seen == (i % 8 == 7 ? ~0UL : limit), "round %u: limit %lx, for vCPU 1 %lx",
			    i, limit, seen);
	}
	sweep_end("update_descriptor of vCPU 1's table, %u times", rounds);
}

/* how: update_va_mapping's own flush, INVLPG or a whole one, of a set of vCPUs or of all */
static long change(u64 pte, unsigned int how)
{
	static u64 both = 3;
	struct mmuext_op op = { 0 };
	u64 flags = 0;
	long rc;

	switch (how % 6) {
	case 0:
		flags = UVMF_INVLPG | UVMF_ALL;
		break;
	case 1:
		flags = UVMF_TLB_FLUSH | UVMF_ALL;
		break;
	case 2:
		flags = UVMF_INVLPG | (u64)&both;
		break;
	case 3:
		op.cmd = MMUEXT_INVLPG_MULTI;
		break;
	case 4:
		op.cmd = MMUEXT_TLB_FLUSH_MULTI;
		break;
	default:
		op.cmd = MMUEXT_TLB_FLUSH_ALL;
	}
	rc = hc_update_va_mapping(VA, pte, flags);
	if (rc || flags)
		return rc;
	op.arg1.linear_addr = VA;
	set_xen_guest_handle(op.arg2.vcpumask, &both);
	return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void spin(unsigned int n)
{
	while (n--)
		asm volatile("pause");
}

static void protect_rounds(unsigned int rounds)
{
	unsigned int i;

	sweep_begin();
	for (i = 0; i < rounds; i++) {
		u64 faults = ap_faults, n, later;

		ap_go = 0;
		sweep_check(!change(mfn_pte(mfn[0], PTE_DATA_RO), i), "round %u: protect", i);
		n = READ_ONCE(*page[0]);
		wait_until(faulted_above, faults, "vCPU 1 faults");
		spin(random_below(200));
		later = READ_ONCE(*page[0]);
		sweep_check(n == later, "round %u: %lu written after the flush", i, later - n);
		sweep_check(later == ap_written, "round %u: %lx in memory, %lx written", i,
			    later, ap_written);
		sweep_check(!change(mfn_pte(mfn[0], PTE_DATA), i), "round %u: writable", i);
		ap_go = 1;
		wait_until(written_above, later, "vCPU 1 goes on");
	}
	sweep_end("write access taken away, %u times", rounds);
}

static void exchange_rounds(unsigned int rounds)
{
	unsigned int i;

	sweep_begin();
	for (i = 0; i < rounds; i++) {
		unsigned int to = ~i & 1;
		u64 old;

		sweep_check(!change(mfn_pte(mfn[to], PTE_DATA), i), "round %u: exchange", i);
		old = READ_ONCE(*page[!to]);
		wait_until(written_above, old + 2, "vCPU 1 goes on");
		sweep_check(READ_ONCE(*page[!to]) == old, "round %u: a write to the old page", i);
		sweep_check(READ_ONCE(*page[to]) > old, "round %u: none to the new one", i);
	}
	sweep_end("page exchanged, %u times", rounds);
	change(mfn_pte(mfn[0], PTE_DATA), 0);
}

/* As reclaim does it: take the entry away, flush, and believe its D. */
static void dirty_rounds(unsigned int rounds)
{
	unsigned int i, dirty = 0;

	sweep_begin();
	for (i = 0; i < rounds; i++) {
		u64 *pte = walk(kernel_l4, VA, 1), faults, before, old = 0;

		/* fresh and clean: vCPU 1 may be about to write, or not have come back yet */
		ap_go = 0;
		faults = ap_faults;
		change(0, i);
		wait_until(faulted_above, faults, "vCPU 1 faults");
		before = READ_ONCE(*page[0]);
		change(mfn_pte(mfn[0], PTE_P | PTE_RW | PTE_US), i);
		ap_go = 1;
		spin(random_below(i & 1 ? 50 : 2000));
		asm volatile("xchg %0, %1" : "+r" (old), "+m" (*pte) : : "memory");
		change(0, i);
		spin(random_below(200));
		if (old & PTE_D)
			dirty++;
		else
			sweep_check(READ_ONCE(*page[0]) == before,
				    "round %u: entry %lx, but written", i, old);
		change(mfn_pte(mfn[0], PTE_DATA), i);
		wait_until(written_above, READ_ONCE(*page[0]), "vCPU 1 goes on");
	}
	diag("dirty in %u of %u rounds", dirty, rounds);
	sweep_end("D is there if there was a write, %u times", rounds);
}

void test_main(void)
{
	unsigned int i, rounds = arg_u64("rounds", 300);

	hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	random_seed(arg_u64("seed", 1));
	for (i = 0; i < 2; i++) {
		page[i] = page_alloc();
		mfn[i] = virt_to_mfn(page[i]);
	}
	if (map(kernel_l4, VA, mfn_pte(mfn[0], PTE_DATA)))
		bail_out("map");

	bring_up();
	down_and_up();
	events();
	descriptors(rounds);
	start_counting();
	protect_rounds(rounds);
	exchange_rounds(rounds);
	dirty_rounds(rounds);
	stop_counting();
	ok(ap_faults, "vCPU 1 has met %lu faults", ap_faults);
}
