// SPDX-License-Identifier: GPL-2.0-only
/*
 * ptewrite - native writes to a read-only page table that is in use
 *
 * Proves: mov, xchg, cmpxchg, and/or/xor/add/sub/inc/not, bts/btr/btc, stos, movs, with and
 * without lock, in 1, 2, 4 and 8 bytes at every offset that fits, change the entry exactly as
 * they would in plain memory, give the right registers and flags, and take effect as a mapping. The
 * same instruction is run on plain memory and compared. A write that makes a bad entry is refused;
 * a write to a read-only page that is no table is the guest's own #PF.
 *
 * Real Xen 4.17: emulates them in an L1 only, and only with assist writable_pagetables (Linux turns it on).
 */
#include <pvguest/pvguest.h>

#define VA	0x7d0000000000UL

struct state {
	u64 ax, cx, dx, flags;
};

#define FLAG_BITS 0x8d5		/* OF SF ZF AF PF CF */

static u64 *table, *plain;

typedef void (*op_fn)(void *p, struct state *s);

#define OP(name, insn)								\
static void name(void *p, struct state *s)					\
{										\
	asm volatile("push %%rbx; mov %[bx], %%rbx; push $0; popfq;" insn		\
		     "; pushfq; pop %[fl]; pop %%rbx"				\
		     : "+a" (s->ax), "+c" (s->cx), "+d" (s->dx), [fl] "=&r" (s->flags) \
		     : "D" (p), [bx] "r" (0x0f0f0f0f0f0f0f0f) : "memory", "cc");	\
}

OP(mov8, "movq %%rcx, (%%rdi)")		OP(mov4, "movl %%ecx, (%%rdi)")
OP(mov2, "movw %%cx, (%%rdi)")		OP(mov1, "movb %%cl, (%%rdi)")
OP(movi8, "movq $0, (%%rdi)")		OP(movi4, "movl $0x12345, (%%rdi)")
OP(xchg8, "xchgq %%rcx, (%%rdi)")	OP(xchg4, "xchgl %%ecx, (%%rdi)")
OP(xchg2, "xchgw %%cx, (%%rdi)")	OP(xchg1, "xchgb %%cl, (%%rdi)")
OP(cx8, "lock cmpxchgq %%rcx, (%%rdi)")	OP(cx4, "lock cmpxchgl %%ecx, (%%rdi)")
OP(cx2, "lock cmpxchgw %%cx, (%%rdi)")	OP(cx1, "lock cmpxchgb %%cl, (%%rdi)")
OP(ncx8, "cmpxchgq %%rcx, (%%rdi)")
OP(and8, "lock andq %%rcx, (%%rdi)")	OP(and4, "lock andl %%ecx, (%%rdi)")
OP(and2, "lock andw %%cx, (%%rdi)")	OP(and1, "lock andb %%cl, (%%rdi)")
OP(andi1, "lock andb $0xfd, (%%rdi)")	OP(nandi1, ".byte 0x3e; andb $0xfd, (%%rdi)")
OP(or8, "lock orq %%rcx, (%%rdi)")	OP(or1, "lock orb %%cl, (%%rdi)")
OP(or4, "orl %%ecx, (%%rdi)")
OP(xor8, "lock xorq %%rcx, (%%rdi)")	OP(xor2, "xorw %%cx, (%%rdi)")
OP(add8, "lock addq %%rcx, (%%rdi)")	OP(add4, "addl %%ecx, (%%rdi)")
OP(sub8, "lock subq %%rcx, (%%rdi)")	OP(inc8, "lock incq (%%rdi)")
OP(dec4, "decl (%%rdi)")		OP(not8, "lock notq (%%rdi)")
OP(neg8, "negq (%%rdi)")		OP(xadd8, "lock xaddq %%rcx, (%%rdi)")
OP(bts8, "lock btsq $9, (%%rdi)")	OP(btr8, "lock btrq $5, (%%rdi)")
OP(btc8, "lock btcq $10, (%%rdi)")	OP(bts4, "btsl $9, (%%rdi)")
OP(btr2, "btrw $6, (%%rdi)")		OP(btrr8, "lock btrq %%rdx, (%%rdi)")
OP(stos8, "mov %%rcx, %%rax; push %%rdi; stosq; pop %%rdi")
OP(stos1, "mov %%rcx, %%rax; push %%rdi; stosb; pop %%rdi")
OP(movs8, "push %%rsi; push %%rdi; push %%rcx; mov %%rsp, %%rsi; movsq; pop %%rcx; pop %%rdi; pop %%rsi")
OP(movs4, "push %%rsi; push %%rdi; push %%rcx; mov %%rsp, %%rsi; movsl; pop %%rcx; pop %%rdi; pop %%rsi")
OP(setc1, "stc; setc (%%rdi)")		OP(shl8, "shlq $1, (%%rdi)")
OP(adc8, "stc; adcq $0, (%%rdi)")	OP(sbb4, "stc; sbbl $0, (%%rdi)")

static const struct {
	op_fn fn;
	const char *name;
	unsigned int size;
} ops[] = {
#define E(n, s) { n, #n, s }
	E(mov8, 8), E(mov4, 4), E(mov2, 2), E(mov1, 1), E(movi8, 8), E(movi4, 4),
	E(xchg8, 8), E(xchg4, 4), E(xchg2, 2), E(xchg1, 1),
	E(cx8, 8), E(cx4, 4), E(cx2, 2), E(cx1, 1), E(ncx8, 8),
	E(and8, 8), E(and4, 4), E(and2, 2), E(and1, 1), E(andi1, 1), E(nandi1, 1),
	E(or8, 8), E(or1, 1), E(or4, 4), E(xor8, 8), E(xor2, 2), E(add8, 8), E(add4, 4),
	E(sub8, 8), E(inc8, 8), E(dec4, 4), E(not8, 8), E(neg8, 8), E(xadd8, 8),
	E(bts8, 8), E(btr8, 8), E(btc8, 8), E(bts4, 4), E(btr2, 2), E(btrr8, 8),
	E(stos8, 8), E(stos1, 1), E(movs8, 8), E(movs4, 4), E(setc1, 1), E(shl8, 8),
	E(adc8, 8), E(sbb4, 4),
};

struct call {
	op_fn fn;
	void *p;
	struct state s;
};

static void do_call(void *arg)
{
	struct call *c = arg;

	c->fn(c->p, &c->s);
}

static bool flips_bit0(op_fn fn)
{
	return fn == inc8 || fn == dec4 || fn == not8 || fn == adc8 || fn == sbb4;
}

/*
 * Results are never present (bit 0 clear), so that any value is legal; what would set
 * bit 0 is tried on a present entry, where it clears it.
 */
static void check_equal(void)
{
	u64 valid = mfn_pte(virt_to_mfn(page_alloc()), PTE_DATA);
	unsigned int i, off, n;

	random_seed(arg_u64("seed", 7));
	sweep_begin();
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		for (off = 0; off + ops[i].size <= 8; off += ops[i].size) {
			for (n = 0; n < 6; n++) {
				u64 old = flips_bit0(ops[i].fn) ? valid : random_u64() & ~1UL;
				struct state s = { .cx = random_u64() & ~1UL, .dx = 5 + n % 3 };
				struct call a = { .fn = ops[i].fn, .p = (u8 *)&plain[3] + off };
				struct call b = { .fn = ops[i].fn, .p = (u8 *)&table[3] + off };
				long vec;

				mmu_update1((virt_to_mfn(table) << 12) + 24, old);
				old = plain[3] = table[3];
				s.ax = n & 1 ? random_u64() : old >> (8 * off);
				a.s = b.s = s;
				do_call(&a);
				if (plain[3] & 1)
					continue;
				vec = catch(do_call, &b)->vec;
				sweep_check(vec == -1, "%s+%u: trap %ld err %lx", ops[i].name, off, vec,
					    last_fault->regs.err);
				if (vec != -1)
					continue;
				sweep_check(table[3] == plain[3], "%s+%u: %lx, plain memory %lx (was %lx)",
					    ops[i].name, off, table[3], plain[3], old);
				sweep_check(a.s.ax == b.s.ax && a.s.cx == b.s.cx && a.s.dx == b.s.dx,
					    "%s+%u: rax %lx %lx rcx %lx %lx", ops[i].name, off, a.s.ax,
					    b.s.ax, a.s.cx, b.s.cx);
				sweep_check(!((a.s.flags ^ b.s.flags) & FLAG_BITS),
					    "%s+%u: flags %lx, plain %lx", ops[i].name, off,
					    b.s.flags & FLAG_BITS, a.s.flags & FLAG_BITS);
			}
		}
	}
	sweep_end("each instruction does to the table what it does to memory");
}

static void check_mapping(void)
{
	u8 *page = page_alloc(), *other = page_alloc();
	u64 pte = mfn_pte(virt_to_mfn(page), PTE_DATA), v;
	struct call c = { .p = &table[9] };
	u64 va = VA + 9 * PAGE_SIZE;

	page[0] = 'p';
	other[0] = 'o';
	c.fn = mov8;
	c.s.cx = pte;
	is(catch(do_call, &c)->vec, -1, "mov of a present entry");
	is(probe_read8(va, &v), -1, "maps at once");
	is(v & 0xff, 'p', "the right frame");
	c.fn = xchg8;
	c.s.cx = mfn_pte(virt_to_mfn(other), PTE_DATA);
	is(catch(do_call, &c)->vec, -1, "xchg with another frame");
	is(c.s.cx & ~(PTE_A | PTE_D | PTE_G), pte & ~(PTE_A | PTE_D | PTE_G),
	   "returns the old entry");
	flush_va(va);
	probe_read8(va, &v);
	is(v & 0xff, 'o', "the new frame after a flush");
	c.fn = andi1;
	is(catch(do_call, &c)->vec, -1, "lock andb $0xfd: write-protect");
	flush_va(va);
	is(probe_write8(va, 1), X86_PF, "the write faults");
	is(last_fault->regs.err, PF_P | PF_W, "error code P W");
	is(probe_read8(va, NULL), -1, "the read does not");
	c.fn = or1;
	c.s.cx = PTE_RW;
	is(catch(do_call, &c)->vec, -1, "lock orb: writable again");
	is(probe_write8(va, 1), -1, "at once");
	c.fn = cx8;
	c.s.ax = 1;
	c.s.cx = 0;
	catch(do_call, &c);
	is(c.s.flags & X86_EFLAGS_ZF, 0, "cmpxchg with the wrong old value fails");
	is(c.s.ax, table[9], "and returns the right one");
	c.s.cx = 0;
	catch(do_call, &c);
	is(c.s.flags & X86_EFLAGS_ZF, X86_EFLAGS_ZF, "cmpxchg with it succeeds");
	is(table[9], 0, "and clears");
	flush_va(va);
	is(probe_read8(va, NULL), X86_PF, "unmapped");
}

static void check_refused(void)
{
	struct call c = { .fn = mov8, .p = &table[10] };
	u8 *data = page_alloc();
	u64 va = VA + 10 * PAGE_SIZE;

	c.s.cx = mfn_pte(0x3ffffffff, PTE_DATA);
	diag("a frame of nobody by mov: vec %ld, entry %lx", catch(do_call, &c)->vec, table[10]);
	is(probe_read8(va, NULL), X86_PF, "nothing is mapped by it");
	c.s.cx = mfn_pte(virt_to_mfn(kernel_l4), PTE_DATA);
	diag("the root writable by mov: vec %ld, entry %lx", catch(do_call, &c)->vec, table[10]);
	if (probe_read8(va, NULL) == -1)
		is(probe_write8(va, *(u64 *)kernel_l4), X86_PF, "not writable");
	else
		ok(true, "not mapped");
	c.s.cx = 0;
	catch(do_call, &c);
	page_ro(data);
	c.p = data;
	is(catch(do_call, &c)->vec, X86_PF, "a read-only page that is no table: #PF");
	is(last_fault->regs.err, PF_P | PF_W, "error code P W");
	is(last_fault->cr2, (u64)data, "cr2");
	page_rw(data);
	c.p = (u8 *)&table[10] + 4;
	c.fn = mov8;
	diag("8 bytes across two entries: vec %ld", catch(do_call, &c)->vec);
	c.fn = mov8;
	c.p = walk(kernel_l4, VA, 2);
	c.s.cx = 0;
	diag("mov to an L2 entry: vec %ld", catch(do_call, &c)->vec);
	if (last_fault->vec == -1)
		diag("  accepted: entry %lx", *walk(kernel_l4, VA, 2));
}

void test_main(void)
{
	u8 *page = page_alloc();

	plain = page_alloc();
	if (map(kernel_l4, VA, mfn_pte(virt_to_mfn(page), PTE_DATA)))
		bail_out("map");
	table = (u64 *)((u64)walk(kernel_l4, VA, 1) & PAGE_MASK);
	/* warm the tree, so that a shadow of it exists */
	probe_read8(VA, NULL);
	is(probe_write8((u64)&table[3], 0), X86_PF, "without the assist: #PF");
	is(last_fault->regs.err, PF_P | PF_W, "error code P W");
	err(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables), 0,
	    "assist writable_pagetables");
	check_equal();
	check_mapping();
	check_refused();
}
