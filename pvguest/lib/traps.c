// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place where entries arrive, and the catching of expected faults.
 * A caught trap leaves its frame in `current` and resumes at catch_landing, which
 * makes catch_call() return 1: this works the same for faults in kernel code,
 * jumps into nowhere, and user mode.
 */
#include <pvguest/pvguest.h>

#define CHECK(field, off) _Static_assert(offsetof(struct regs, field) == (off), #field)
CHECK(r15, REGS_R15);
CHECK(rax, REGS_RAX);
CHECK(rdi, REGS_RDI);
CHECK(vec, REGS_VEC);
CHECK(cs_slot, REGS_CS);
CHECK(ss, REGS_SS);
_Static_assert(sizeof(struct regs) == REGS_SIZE, "size");

extern char catch_landing[];
extern u64 catch_rsp;
int catch_call(void (*fn)(void *), void *arg);
void trap_entry(struct regs *r);

bool (*trap_hook)(struct regs *r);
unsigned long trap_count[VEC_NMI + 1];
static struct fault current;
const struct fault *last_fault = &current;

void regs_print(const struct regs *r)
{
	printf("# vec %lu err %lx rip %04x:%016lx rflags %lx rsp %04lx:%016lx mask %u\n",
	       r->vec, r->err, r->cs, r->rip, r->rflags, r->ss, r->rsp, r->saved_mask);
	printf("# rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	printf("# rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	printf("# r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	printf("# r13 %016lx r14 %016lx r15 %016lx cr2 %016lx\n", r->r13, r->r14, r->r15,
	       shared_info ? vcpu0()->arch.cr2 : 0);
}

void trap_entry(struct regs *r)
{
	trap_count[r->vec]++;
	if (trap_hook && trap_hook(r))
		return;
	if (r->vec == VEC_EVENT) {
		event_run(r);
		return;
	}
	if (!catch_rsp) {
		regs_print(r);
		bail_out("unexpected trap %lu at %lx", r->vec, r->rip);
	}
	current.vec = r->vec;
	current.cr2 = shared_info ? vcpu0()->arch.cr2 : 0;
	current.raw_rcx = trap_raw[0];
	current.raw_r11 = trap_raw[1];
	current.entry_flags = trap_entry_flags;
	current.entry_rsp = (u64)(r + 1);
	current.mask_at_entry = shared_info ? vcpu0()->evtchn_upcall_mask : 1;
	current.regs = *r;

	r->rip = (u64)catch_landing;
	r->cs_slot = FLAT_KERNEL_CS64 & ~3;
	r->ss = FLAT_KERNEL_SS64;
	r->rsp = catch_rsp;
	r->rflags = X86_EFLAGS_FIXED | (r->rflags & X86_EFLAGS_IF);
}

const struct fault *catch(void (*fn)(void *), void *arg)
{
	current.vec = -1;
	catch_call(fn, arg);
	return &current;
}

struct probe {
	u64 va, val;
};

static void do_read8(void *p)
{
	struct probe *a = p;

	a->val = READ_ONCE(*(u64 *)a->va);
}

static void do_write8(void *p)
{
	struct probe *a = p;

	WRITE_ONCE(*(u64 *)a->va, a->val);
}

static void do_exec(void *p)
{
	struct probe *a = p;

	asm volatile("call *%0" : : "r" (a->va) : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9",
		     "r10", "r11", "memory");
}

long probe_read8(u64 va, u64 *val)
{
	struct probe a = { .va = va };
	long vec = catch(do_read8, &a)->vec;

	if (val)
		*val = a.val;
	return vec;
}

long probe_write8(u64 va, u64 val)
{
	struct probe a = { va, val };

	return catch(do_write8, &a)->vec;
}

long probe_exec(u64 va)
{
	struct probe a = { .va = va };

	return catch(do_exec, &a)->vec;
}

void trap_set_gate(u8 vec, u8 flags, u64 address)
{
	struct trap_info t[2] = {
		{ vec, flags, FLAT_KERNEL_CS64, address },
	};
	long rc = hc_set_trap_table(t);

	if (rc)
		bail_out("set_trap_table: %ld", rc);
}

/* all vectors, DPL 0 but for int3, into, and the one asked for */
void traps_table(u8 dpl3_vec)
{
	static struct trap_info table[257];
	unsigned int i;
	long rc;

	for (i = 0; i < 256; i++) {
		table[i].vector = i;
		table[i].flags = i == 3 || i == 4 || i == dpl3_vec ? 3 : 0;
		table[i].cs = FLAT_KERNEL_CS64;
		table[i].address = trap_stub(i);
	}
	/* a test may have had its way with what it can reach of us */
	table[256] = (struct trap_info) { 0 };
	rc = hc_set_trap_table(table);
	if (rc)
		bail_out("set_trap_table: %ld", rc);
}

void traps_init(void)
{
	traps_table(0x80);
}
