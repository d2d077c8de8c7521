// SPDX-License-Identifier: GPL-2.0-only
/*
 * descriptors - set_gdt, update_descriptor, SET_LDT and what they must not allow
 *
 * Proves: a GDT of our own works at its own selectors in both modes; DPL 0 code and data are forced to 3 or refused; system
 * segments, TSSs, task gates and call gates into the hypervisor are refused; the GDT page cannot be mapped writable; a
 * segment's limit is read by lsl; LDT entries work and go away.
 *
 * Real Xen 4.17: as written. LDT pages are fetched when first used: one that is not there, or holds what
 * it must not, makes that use a #PF at the entry's address.
 */
#include <pvguest/pvguest.h>

#define DESC(type, dpl, flags)	(0xffffUL | (u64)(0x80 | (dpl) << 5 | (type)) << 40 | 0xfUL << 48 | (u64)(flags) << 52)
#define CODE64	DESC(0x1b, 3, 0xa)
#define DATA	DESC(0x13, 3, 0xc)
#define CODE64_0 DESC(0x1b, 0, 0xa)
#define DATA_0	DESC(0x13, 0, 0xc)

static u64 *gdt, *ldt;
static u16 sel;

static void load_ds(void *p __unused)
{
	asm volatile("mov %0, %%ds; mov %1, %%ds" : : "r" (sel), "r" (0));
}

static void far_jump(void *p __unused)
{
	asm volatile("pushq %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1: mov %%cs, %%eax"
		     : : "r" ((u64)sel) : "rax", "memory");
}

static void back_to_flat(void)
{
	asm volatile("pushq %0; lea 1f(%%rip), %%rax; push %%rax; lretq; 1:"
		     : : "r" ((u64)FLAT_KERNEL_CS64) : "rax", "memory");
}

static long update(unsigned int i, u64 desc)
{
	return hc_update_descriptor((virt_to_mfn(gdt) << 12) + i * 8, desc);
}

void test_main(void)
{
	static const struct {
		u64 desc;
		const char *name;
	} bad[] = {
		{ DESC(0x0b, 0, 0), "busy TSS" }, { DESC(0x09, 0, 0), "TSS" }, { DESC(0x09, 3, 0), "TSS DPL 3" },
		{ DESC(0x02, 0, 0), "LDT" }, { DESC(0x05, 3, 0), "task gate" }, { DESC(0x0e, 3, 0), "interrupt gate" },
		{ DESC(0x0f, 3, 0), "trap gate" },
	};
	unsigned long frames[1];
	u64 other;
	unsigned int i;
	u32 limit = 0;
	bool zf;

	gdt = page_alloc();
	other = (u64)page_alloc();
	gdt[2] = CODE64_0;
	gdt[3] = DATA_0;
	gdt[5] = DATA;
	gdt[6] = CODE64;
	gdt[15] = 0x0040f0000000abcd;		/* data, DPL 3, limit 0xabcd | byte granular */
	gdt[15] = 0xabcdUL | 0xf3UL << 40 | 0x4UL << 52;
	frames[0] = virt_to_mfn(gdt);
	ok(hc_set_gdt(frames, 16) < 0, "refused: set_gdt of a page mapped writable");
	err(page_ro(gdt), 0, "read-only");
	err(hc_set_gdt(frames, 16), 0, "set_gdt");
	ok(page_rw(gdt) < 0, "refused: the GDT page writable");
	sel = 0x2b;
	is(catch(load_ds, NULL)->vec, -1, "ds = 0x2b");
	sel = 0x18 | 3;
	is(catch(load_ds, NULL)->vec, -1, "ds = 0x1b, which was DPL 0");
	sel = 0x18;
	is(catch(load_ds, NULL)->vec, -1, "ds = 0x18");
	sel = 0x33;
	is(catch(far_jump, NULL)->vec, -1, "cs = 0x33");
	back_to_flat();
	sel = 0x13;
	is(catch(far_jump, NULL)->vec, -1, "cs = 0x13, which was DPL 0");
	back_to_flat();
	sel = 0x10;
	is(catch(far_jump, NULL)->vec, X86_GP, "cs = 0x10 by lret is a jump to RPL 0: #GP");
	is(last_fault->regs.err, 0x10, "error code");
	sel = 0x83;
	is(catch(load_ds, NULL)->vec, X86_GP, "ds = 0x83, beyond the 16 entries");
	sel = 0x3b;
	is(catch(load_ds, NULL)->vec, X86_GP, "ds = 0x3b, an empty entry");
	asm volatile("lsl %2, %0; setz %1" : "+r" (limit), "=q" (zf) : "r" (0x7b));
	ok(zf && limit == 0xabcd, "lsl of entry 15: %x", limit);

	sweep_begin();
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		sweep_check(update(8, bad[i].desc) < 0, "%s: %ld", bad[i].name, update(8, bad[i].desc));
	sweep_end("update_descriptor refuses system segments and gates");
	{
		/* a call gate to the guest's own selector is legal for Xen; into the hypervisor's it is not */
		u64 target = 0x1000, gate = (target & 0xffff) | (u64)0xe008 << 16 | (u64)0xec << 40;

		ok(update(8, gate) < 0, "refused: a call gate to 0xe008");
		gate = (target & 0xffff) | (u64)0xe033 << 16 | (u64)0xec << 40;
		diag("a call gate to 0xe033: %ld", update(8, gate));
		update(8, 0);
	}
	err(update(9, DATA), 0, "update_descriptor of entry 9");
	is(gdt[9] & ~(1UL << 40), DATA & ~(1UL << 40), "seen in the page");
	sel = 0x4b;
	is(catch(load_ds, NULL)->vec, -1, "ds = 0x4b");
	err(update(9, DATA_0), 0, "update_descriptor with DPL 0");
	is(gdt[9] >> 45 & 3, 3, "has DPL 3 in the page");
	err(update(9, 0), 0, "and removed");
	is(catch(load_ds, NULL)->vec, X86_GP, "gone");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		static u64 *page;

		page = page_alloc();
		page[4] = bad[i].desc;
		page_ro(page);
		frames[0] = virt_to_mfn(page);
		ok(hc_set_gdt(frames, 16) < 0, "refused: set_gdt with a %s", bad[i].name);
	}
	frames[0] = 0x3ffffffff;
	ok(hc_set_gdt(frames, 16) < 0, "refused: set_gdt of no frame");
	frames[0] = virt_to_mfn(kernel_l4);
	ok(hc_set_gdt(frames, 16) < 0, "refused: set_gdt of a page table");
	sel = 0x2b;
	is(catch(load_ds, NULL)->vec, -1, "the old GDT is still there");
	ok(hc_update_descriptor(virt_to_mfn(kernel_l4) << 12, DATA) < 0,
	   "refused: update_descriptor in a page table");
	diag("update_descriptor in a data page: %ld",
	     hc_update_descriptor(virt_to_mfn((void *)other) << 12, DATA));

	/* LDT */
	ldt = page_alloc();
	ldt[0] = DATA;
	ldt[1] = DESC(0x09, 0, 0);
	ldt[2] = DATA_0;
	page_ro(ldt);
	err(mmuext1(MMUEXT_SET_LDT, (u64)ldt, 16), 0, "SET_LDT");
	sel = 7;
	is(catch(load_ds, NULL)->vec, X86_PF, "ds = 7 with a TSS in the same page: #PF");
	err(mmuext1(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
	page_rw(ldt);
	ldt[1] = 0;
	page_ro(ldt);
	err(mmuext1(MMUEXT_SET_LDT, (u64)ldt, 16), 0, "SET_LDT");
	is(catch(load_ds, NULL)->vec, -1, "ds = 7");
	sel = 0x17;
	is(catch(load_ds, NULL)->vec, -1, "ds = 0x17, which was DPL 0");
	sel = 0x1f;
	is(catch(load_ds, NULL)->vec, X86_GP, "an empty entry");
	ok(page_rw(ldt) < 0, "refused: the LDT page writable while used");
	err(mmuext1(MMUEXT_SET_LDT, 0, 0), 0, "no LDT");
	sel = 7;
	is(catch(load_ds, NULL)->vec, X86_GP, "ds = 7 without an LDT");
	is(last_fault->regs.err, 4, "error code");
	err(page_rw(ldt), 0, "the LDT page writable again");
	err(mmuext1(MMUEXT_SET_LDT, 0x7f0000000000, 16), 0, "SET_LDT at a hole");
	is(catch(load_ds, NULL)->vec, X86_PF, "ds = 7: #PF");
	is(last_fault->regs.err, 0, "error code 0");
	is(last_fault->cr2, 0x7f0000000000, "cr2 is the entry");
	mmuext1(MMUEXT_SET_LDT, 0, 0);
	err(hc_set_gdt(frames, 0), 0, "set_gdt of nothing");
	err(page_rw(gdt), 0, "the old GDT page writable again");
}
