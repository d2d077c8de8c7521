// SPDX-License-Identifier: GPL-2.0-only
/*
 * msr - rdmsr and wrmsr in the guest kernel, control registers
 *
 * Proves: the base MSRs are virtual and agree with set_segment_base; EFER; unknown MSRs are #GP; nothing a guest
 * writes reaches the machine; cr0, cr2, cr3, cr4, clts.
 *
 * Real Xen 4.17: as written where it matters; the values of model-specific registers are printed only.
 */
#include <pvguest/pvguest.h>

static u64 value;
static u32 index_;

static void do_rd(void *p __unused)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a" (lo), "=d" (hi) : "c" (index_));
	value = lo | (u64)hi << 32;
}

static void do_wr(void *p __unused)
{
	asm volatile("wrmsr" : : "a" ((u32)value), "d" ((u32)(value >> 32)), "c" (index_));
}

static long rd(u32 i)
{
	index_ = i;
	value = 0;
	return catch(do_rd, NULL)->vec;
}

static long wr(u32 i, u64 v)
{
	index_ = i;
	value = v;
	return catch(do_wr, NULL)->vec;
}

static void do_clts(void *p __unused)
{
	asm volatile("clts");
}

static void do_wbinvd(void *p __unused)
{
	asm volatile("wbinvd");
}

static void do_invlpg(void *p __unused)
{
	asm volatile("invlpg (%0)" : : "r" (image_base));
}

static void do_fnop(void *p __unused)
{
	asm volatile("fnop");
}

static void do_rdpmc(void *p __unused)
{
	asm volatile("rdpmc" : : "c" (0) : "eax", "edx");
}

static u64 cr_value;
static void do_wr_cr0(void *p __unused) { asm volatile("mov %0, %%cr0" : : "r" (cr_value)); }
static void do_wr_cr3(void *p __unused) { asm volatile("mov %0, %%cr3" : : "r" (cr_value)); }
static void do_wr_cr4(void *p __unused) { asm volatile("mov %0, %%cr4" : : "r" (cr_value)); }
static void do_wr_cr2(void *p __unused) { asm volatile("mov %0, %%cr2" : : "r" (cr_value)); }

void test_main(void)
{
	static const u32 show[] = {
		0x10, 0x17, 0x1b, 0x3a, 0x48, 0x8b, 0xce, 0xfe, 0x10a, 0x140, 0x174, 0x179, 0x186, 0x1a0,
		0x1d9, 0x277, 0x2ff, 0x400, 0x480, 0x600, 0x6e0, 0x800, 0xda0, 0xc0000080, 0xc0000081,
		0xc0000082, 0xc0000084, 0xc0000103, 0xc0010015, 0xc0010117,
	};
	u64 cr0, cr3, cr4;
	unsigned int i;

	is(wr(0xc0000100, 0x1000), -1, "wrmsr FS_BASE");
	is(rd(0xc0000100), -1, "rdmsr FS_BASE");
	is(value, 0x1000, "its value");
	is(wr(0xc0000101, image_base), -1, "wrmsr GS_BASE");
	rd(0xc0000101);
	is(value, image_base, "its value");
	is(wr(0xc0000102, 0x3000), -1, "wrmsr KERNEL_GS_BASE");
	rd(0xc0000102);
	is(value, 0x3000, "its value");
	hc_set_segment_base(SEGBASE_FS, 0x5000);
	rd(0xc0000100);
	is(value, 0x5000, "set_segment_base FS and FS_BASE are the same");
	hc_set_segment_base(SEGBASE_GS_USER, 0x6000);
	rd(0xc0000102);
	is(value, 0x6000, "user GS is KERNEL_GS_BASE");
	hc_set_segment_base(SEGBASE_GS_KERNEL, image_base + 8);
	rd(0xc0000101);
	is(value, image_base + 8, "kernel GS is GS_BASE");
	is(wr(0xc0000100, NONCANON), X86_GP, "FS_BASE non-canonical: #GP");
	is(wr(0xc0000101, NONCANON), X86_GP, "GS_BASE non-canonical: #GP");
	is(rd(0xc0000080), -1, "rdmsr EFER");
	is(value & 0xd01, 0xd01, "EFER %lx has SCE LME LMA NXE", value);
	is(rd(0x12345678), X86_GP, "rdmsr of no MSR: #GP");
	is(last_fault->regs.err, 0, "error code 0");
	is(wr(0x12345678, 0), X86_GP, "wrmsr of no MSR: #GP");
	for (i = 0; i < ARRAY_SIZE(show); i++) {
		long vec = rd(show[i]);
		u64 v = value;

		diag("rdmsr %x: %ld %lx", show[i], vec, v);
	}
	/* what would take over the machine, if it were real */
	wr(0xc0000082, image_base);
	wr(0xc0000081, 0);
	wr(0xc0000084, 0);
	wr(0x174, 0);
	wr(0x176, image_base);
	wr(0x1b, 0);
	wr(0x277, 0);
	wr(0x1d9, 3);
	ok(hc_xen_version(XENVER_version, NULL) > 0, "alive after writes to LSTAR, STAR, SYSENTER, APICBASE");

	asm volatile("mov %%cr0, %0" : "=r" (cr0));
	asm volatile("mov %%cr3, %0" : "=r" (cr3));
	asm volatile("mov %%cr4, %0" : "=r" (cr4));
	is(cr0 & 0x80010001, 0x80010001, "cr0 %lx has PE WP PG", cr0);
	is(cr3 >> 12, virt_to_mfn(kernel_l4), "cr3 is the root");
	diag("cr4 %lx", cr4);
	cr_value = cr0 | 8;
	is(catch(do_wr_cr0, NULL)->vec, -1, "mov to cr0 with TS");
	is(catch(do_fnop, NULL)->vec, X86_NM, "then FPU use is #NM");
	cr_value = cr0 | 8;
	catch(do_wr_cr0, NULL);
	is(catch(do_clts, NULL)->vec, -1, "clts");
	is(catch(do_fnop, NULL)->vec, -1, "then it is not");
	cr_value = cr0 & ~0x80000000UL;
	is(catch(do_wr_cr0, NULL)->vec, X86_GP, "mov to cr0 without PG: #GP");
	cr_value = cr3;
	is(catch(do_wr_cr3, NULL)->vec, -1, "mov to cr3 of the same root");
	cr_value = 0x3ffffffff000;
	is(catch(do_wr_cr3, NULL)->vec, X86_GP, "mov to cr3 of no frame: #GP");
	cr_value = cr4;
	is(catch(do_wr_cr4, NULL)->vec, -1, "mov to cr4 of the same value");
	cr_value = 0x1234000;
	is(catch(do_wr_cr2, NULL)->vec, -1, "mov to cr2");
	asm volatile("mov %%cr2, %0" : "=r" (cr_value));
	is(cr_value, 0x1234000, "mov from cr2");
	diag("wbinvd: %ld, invlpg: %ld, rdpmc: %ld", catch(do_wbinvd, NULL)->vec,
	     catch(do_invlpg, NULL)->vec, catch(do_rdpmc, NULL)->vec);
	hc_set_segment_base(SEGBASE_FS, 0);
	hc_set_segment_base(SEGBASE_GS_KERNEL, 0);
	hc_set_segment_base(SEGBASE_GS_USER, 0);
}
