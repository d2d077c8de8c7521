// SPDX-License-Identifier: GPL-2.0-only
/*
 * traps - exceptions of the guest kernel are bounced with the right frame
 *
 * Proves, for each exception a program can cause: vector, error code, RIP (at or
 * after the instruction), CS with RPL 0, SS, RSP, saved event mask, RFLAGS with
 * IF = !mask, all general registers kept (RCX and R11 in the frame),
 * the entry's stack alignment and flags, and cr2 and the P/W/I/U bits of #PF.
 *
 * Real Xen 4.17: as written. The live RCX and R11 of a handler are junk there (it is
 * entered by SYSRET): only the frame's slots count. QEMU's emulation does not raise
 * #AC, which is skipped, and gives #GP for #SS of a non-canonical address.
 */
#include <pvguest/pvguest.h>

extern char ud2_at[], int3_after[], div_at[], hlt_at[], after_rep[];

KERNEL_CODE(do_ud2, ".globl ud2_at\n ud2_at: ud2");
KERNEL_CODE(do_int3, "int3\n .globl int3_after\n int3_after: nop");
KERNEL_CODE(do_int3_long, ".byte 0xcd, 0x03");
KERNEL_CODE(do_int4, ".byte 0xcd, 0x04");
KERNEL_CODE(do_div, "xor %eax, %eax; xor %edx, %edx; xor %ecx, %ecx; .globl div_at\n div_at: div %ecx");
KERNEL_CODE(do_idiv, "mov $1, %edx; xor %eax, %eax; mov $-1, %ecx; idiv %ecx");
KERNEL_CODE(do_into, ".byte 0xce");
KERNEL_CODE(do_bound, ".byte 0x62, 0x07");
KERNEL_CODE(do_hlt, ".globl hlt_at\n hlt_at: hlt");
KERNEL_CODE(do_lgdt, "sub $16, %rsp; lgdt (%rsp)\n add $16, %rsp");
KERNEL_CODE(do_lidt, "sub $16, %rsp; lidt (%rsp)\n add $16, %rsp");
KERNEL_CODE(do_ltr, "mov $0x28, %eax; ltr %ax");
KERNEL_CODE(do_lldt, "mov $0x28, %eax; lldt %ax");
KERNEL_CODE(do_swapgs, "swapgs");
KERNEL_CODE(do_sysret, "push %rcx; push %r11; sysretq");
KERNEL_CODE(do_bad_ds, "mov $0x1234, %eax; mov %eax, %ds");
KERNEL_CODE(do_bad_es_ldt, "mov $0x0007, %eax; mov %eax, %es");
KERNEL_CODE(do_ss_null, "xor %eax, %eax; mov %eax, %ss");
KERNEL_CODE(do_noncanon, "mov $0x0000800000000000, %rax; mov (%rax), %rax");
KERNEL_CODE(do_noncanon_stack, "mov %rsp, %rcx; mov $0x0000800000000000, %rax; mov %rax, %rbp; mov 0(%rbp), %rax; mov %rcx, %rsp");
KERNEL_CODE(do_movaps, "lea 8(%rsp), %rax; or $8, %rax; movaps (%rax), %xmm0");
KERNEL_CODE(do_fpu, "fnop");
KERNEL_CODE(do_sse, "xorps %xmm0, %xmm0");
KERNEL_CODE(do_xm, "sub $8, %rsp; movl $0x1d80, (%rsp); ldmxcsr (%rsp); xorps %xmm0, %xmm0; xorps %xmm1, %xmm1; divps %xmm1, %xmm0; add $8, %rsp");
KERNEL_CODE(do_mxcsr_reset, "sub $8, %rsp; movl $0x1f80, (%rsp); ldmxcsr (%rsp); add $8, %rsp");
KERNEL_CODE(do_mf, "sub $8, %rsp; fninit; movw $0x37b, (%rsp); fldcw (%rsp); fldz; fld1; fdivp; fwait; fninit; add $8, %rsp");
KERNEL_CODE(do_fninit, "fninit");
KERNEL_CODE(do_ac, "pushfq; orq $0x40000, (%rsp); popfq; mov 1(%rsp), %rax; pushfq; andq $~0x40000, (%rsp); popfq");
KERNEL_CODE(do_all_regs,
	"push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"mov $0x1111111111111111, %rax; mov $0x2222222222222222, %rbx\n"
	"mov $0x3333333333333333, %rcx; mov $0x4444444444444444, %rdx\n"
	"mov $0x5555555555555555, %rsi; mov $0x6666666666666666, %rdi\n"
	"mov $0x7777777777777777, %rbp; mov $0x8888888888888888, %r8\n"
	"mov $0x9999999999999999, %r9;  mov $0xaaaaaaaaaaaaaaaa, %r10\n"
	"mov $0xbbbbbbbbbbbbbbbb, %r11; mov $0xcccccccccccccccc, %r12\n"
	"mov $0xdddddddddddddddd, %r13; mov $0xeeeeeeeeeeeeeeee, %r14\n"
	"mov $0x0123456789abcdef, %r15\n"
	"ud2\n"
	"pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx");
KERNEL_CODE(do_flags, "pushfq; orq $0x4cd5, (%rsp); popfq; ud2; cld");	/* NT DF OF SF ZF AF PF CF */
KERNEL_CODE(do_off8, "mov %rsp, %rcx; sub $8, %rsp; and $~15, %rsp; sub %rdi, %rsp; ud2; mov %rcx, %rsp");

static const struct fault *expect(void (*fn)(void *), long vec, u64 error, const char *name)
{
	const struct fault *f = catch(fn, NULL);

	is(f->vec, vec, "%s: vector %ld", name, vec);
	if (f->vec == vec)
		is(f->regs.err, error, "%s: error code %lx", name, error);
	return f;
}

static void check_frame(void)
{
	const struct fault *f = expect(do_ud2, X86_UD, 0, "ud2");
	u64 rsp;

	is(f->regs.rip, (u64)ud2_at, "rip at the instruction");
	is(f->regs.cs, FLAT_KERNEL_CS64 & ~3, "cs has RPL 0");
	is(f->regs.cs_slot & ~0xffffUL, 1UL << 32, "cs slot: the saved mask (1) and zeros");
	is(f->regs.ss, FLAT_KERNEL_SS64, "ss");
	ok(!(f->regs.rflags & X86_EFLAGS_IF), "rflags.IF clear: events are masked");
	is(f->regs.rflags & X86_EFLAGS_IOPL, 0, "rflags.IOPL 0");
	is(f->mask_at_entry, 1, "mask still set at the entry");
	ok(f->entry_flags & X86_EFLAGS_IF, "the real IF is on in the handler");
	is(f->entry_flags & (X86_EFLAGS_TF | X86_EFLAGS_NT | X86_EFLAGS_RF | X86_EFLAGS_AC), 0,
	   "TF NT RF AC clear in the handler");
	rsp = f->regs.rsp;
	/* rip..ss, with the two that the stub popped and the two that it pushed */
	is(f->entry_rsp, (rsp & ~15UL), "the frame lies right under rsp, aligned down to 16");

	events_on();
	f = expect(do_ud2, X86_UD, 0, "ud2, events on");
	is(f->regs.saved_mask, 0, "saved mask 0");
	ok(f->regs.rflags & X86_EFLAGS_IF, "rflags.IF set");
	is(f->mask_at_entry, 0, "a plain gate leaves the mask alone");
	trap_set_gate(X86_UD, 4, trap_stub(X86_UD));
	f = expect(do_ud2, X86_UD, 0, "ud2, gate masks events");
	is(f->regs.saved_mask, 0, "saved mask 0");
	is(f->mask_at_entry, 1, "the mask is set at the entry");
	trap_set_gate(X86_UD, 0, trap_stub(X86_UD));
	is(vcpu0()->evtchn_upcall_mask, 0, "and clear again after iret");
	events_off();

	f = expect(do_all_regs, X86_UD, 0, "registers");
	is(f->regs.rax, 0x1111111111111111, "rax");
	is(f->regs.rbx, 0x2222222222222222, "rbx");
	is(f->regs.rcx, 0x3333333333333333, "rcx in the frame");
	is(f->regs.rdx, 0x4444444444444444, "rdx");
	is(f->regs.rsi, 0x5555555555555555, "rsi");
	is(f->regs.rdi, 0x6666666666666666, "rdi");
	is(f->regs.rbp, 0x7777777777777777, "rbp");
	is(f->regs.r8, 0x8888888888888888, "r8");
	is(f->regs.r9, 0x9999999999999999, "r9");
	is(f->regs.r10, 0xaaaaaaaaaaaaaaaa, "r10");
	is(f->regs.r11, 0xbbbbbbbbbbbbbbbb, "r11 in the frame");
	is(f->regs.r12, 0xcccccccccccccccc, "r12");
	is(f->regs.r13, 0xdddddddddddddddd, "r13");
	is(f->regs.r14, 0xeeeeeeeeeeeeeeee, "r14");
	is(f->regs.r15, 0x0123456789abcdef, "r15");

	f = expect(do_flags, X86_UD, 0, "flags");
	is(f->regs.rflags & 0x4cd5, 0x4cd5, "arithmetic flags, DF and NT are in the frame");
	is(f->entry_flags & X86_EFLAGS_NT, 0, "NT clear in the handler");
	asm volatile("cld");

	sweep_begin();
	for (u64 off = 0; off < 16; off++) {
		f = catch(do_off8, (void *)off);
		sweep_check(f->vec == X86_UD && (f->regs.rsp & 15) == ((16 - off) & 15),
			    "off %lu: vec %ld rsp %lx", off, f->vec, f->regs.rsp);
		sweep_check(f->entry_rsp == (f->regs.rsp & ~15UL), "off %lu: rsp %lx entry %lx",
			    off, f->regs.rsp, f->entry_rsp);
	}
	sweep_end("every stack alignment");
}

static bool returned;
static bool skip_ud2(struct regs *r)
{
	if (r->vec != X86_UD)
		return false;
	r->rip += 2;
	returned = true;
	return true;
}

static void check_return(void)
{
	u64 rcx = 0x1234567890, r11 = 0x9876543210, rax = 0x5555, flags;

	trap_hook = skip_ud2;
	asm volatile("mov %[r11], %%r11; stc; ud2; pushfq; pop %[fl]; mov %%r11, %[r11]"
		     : "+c" (rcx), [r11] "+r" (r11), "+a" (rax), [fl] "=r" (flags)
		     : : "r11", "memory", "cc");
	trap_hook = NULL;
	ok(returned, "the handler ran and came back");
	is(rcx, 0x1234567890, "rcx after iret");
	is(r11, 0x9876543210, "r11 after iret");
	is(rax, 0x5555, "rax after iret");
	ok(flags & X86_EFLAGS_CF, "flags after iret");
}

static void check_faults(void)
{
	const struct fault *f;

	f = expect(do_div, X86_DE, 0, "div by zero");
	is(f->regs.rip, (u64)div_at, "div: rip at the instruction");
	expect(do_idiv, X86_DE, 0, "idiv overflow");
	f = expect(do_int3, X86_BP, 0, "int3");
	is(f->regs.rip, (u64)int3_after, "int3: rip after the instruction");
	expect(do_int3_long, X86_BP, 0, "int $3");
	expect(do_int4, X86_OF, 0, "int $4");
	/* some of QEMU's versions have it all the same, and no hypervisor can change that */
	catch(do_into, NULL);
	ok(last_fault->vec == X86_UD || last_fault->vec == -1, "into does not exist in 64-bit mode (%ld)",
	   last_fault->vec);
	catch(do_bound, NULL);
	is(last_fault->vec, X86_UD, "bound does not exist in 64-bit mode");

	f = expect(do_hlt, X86_GP, 0, "hlt");
	is(f->regs.rip, (u64)hlt_at, "hlt: rip at the instruction");
	expect(do_lgdt, X86_GP, 0, "lgdt");
	expect(do_lidt, X86_GP, 0, "lidt");
	expect(do_ltr, X86_GP, 0, "ltr");
	expect(do_lldt, X86_GP, 0, "lldt");
	expect(do_swapgs, X86_GP, 0, "swapgs");
	expect(do_sysret, X86_GP, 0, "sysret");
	expect(do_bad_ds, X86_GP, 0x1234, "mov to ds, selector beyond the GDT");
	expect(do_bad_es_ldt, X86_GP, 4, "mov to es, no LDT");
	expect(do_ss_null, X86_GP, 0, "mov null to ss");
	expect(do_noncanon, X86_GP, 0, "load from a non-canonical address");
	f = catch(do_noncanon_stack, NULL);
	ok(f->vec == X86_SS || f->vec == X86_GP, "load by rbp from a non-canonical address: %ld",
	   f->vec);
	expect(do_movaps, X86_GP, 0, "movaps unaligned");

	err(hc_fpu_taskswitch(1), 0, "fpu_taskswitch(1)");
	expect(do_fpu, X86_NM, 0, "x87 with TS");
	is(catch(do_fpu, NULL)->vec, -1, "TS was cleared before #NM");
	hc_fpu_taskswitch(1);
	expect(do_sse, X86_NM, 0, "SSE with TS");
	hc_fpu_taskswitch(1);
	err(hc_fpu_taskswitch(0), 0, "fpu_taskswitch(0)");
	is(catch(do_sse, NULL)->vec, -1, "no #NM after fpu_taskswitch(0)");

	f = catch(do_xm, NULL);
	if (f->vec == -1)
		skip("SSE exception # SKIP the CPU raises none (emulator)");
	else
		is(f->vec, X86_XM, "SSE exception: vector 19");
	catch(do_mxcsr_reset, NULL);
	f = catch(do_mf, NULL);
	is(f->vec, X86_MF, "x87 exception: vector 16");
	catch(do_fninit, NULL);

	f = catch(do_ac, NULL);
	asm volatile("pushfq; andq $~0x40000, (%%rsp); popfq" : : : "memory", "cc");
	if (f->vec == -1) {
		skip("alignment check # SKIP the CPU raises none (emulator)");
	} else {
		is(f->vec, X86_AC, "alignment check: vector 17");
		is(f->regs.err, 0, "alignment check: error code 0");
	}
}

static void pf(long vec, u64 error, u64 cr2, const char *name)
{
	is(vec, X86_PF, "%s: #PF", name);
	is(last_fault->regs.err, error, "%s: error code %lx", name, error);
	is(last_fault->cr2, cr2, "%s: cr2", name);
}

static void check_page_faults(void)
{
	u8 *page = page_alloc();
	u64 va = (u64)page, mfn = virt_to_mfn(page);
	u64 hole = 0x7f0000001008, upper = 0xffffc90000001008, bare = boot_map_end() + 8;

	pf(probe_read8(hole, NULL), 0, hole, "read, no L4 entry");
	pf(probe_write8(hole, 1), PF_W, hole, "write, no L4 entry");
	is(probe_exec(hole), X86_PF, "exec, no L4 entry: #PF");
	is(last_fault->regs.rip, hole, "exec: rip is the target");
	is(last_fault->regs.err & ~PF_I, 0, "exec: error code without P W U");
	pf(probe_read8(upper, NULL), 0, upper, "read, upper half, no L4 entry");
	pf(probe_read8(bare, NULL), 0, bare, "read past the boot mapping");
	pf(probe_write8(0xffffffffff000010, 1), PF_W, 0xffffffffff000010, "write near the top");

	page[0] = 0xc3;
	set_pte(va, 0);
	pf(probe_read8(va + 16, NULL), 0, va + 16, "read, no L1 entry");
	pf(probe_write8(va + 16, 1), PF_W, va + 16, "write, no L1 entry");
	set_pte(va, 0xdeadbeef000);
	pf(probe_read8(va + 16, NULL), 0, va + 16, "read, non-present junk in the L1 entry");
	set_pte(va, mfn_pte(mfn, PTE_DATA_RO));
	is(probe_read8(va + 16, NULL), -1, "read, read-only page");
	pf(probe_write8(va + 16, 1), PF_P | PF_W, va + 16, "write, read-only page");
	is(probe_exec(va), -1, "exec, read-only page");
	set_pte(va, mfn_pte(mfn, PTE_DATA | PTE_NX));
	pf(probe_exec(va), PF_P | PF_I, va, "exec, NX page");
	is(probe_write8(va + 16, 1), -1, "write, NX page");
	set_pte(va, mfn_pte(mfn, PTE_DATA));
	is(probe_exec(va), -1, "exec, page without NX");
	/* an access across two pages faults on the second */
	{
		u8 *two = page_alloc();

		if (two == page + PAGE_SIZE) {
			set_pte((u64)two, 0);
			pf(probe_read8(va + 4092, NULL), 0, (u64)two, "read across the edge");
			set_pte((u64)two, mfn_pte(virt_to_mfn(two), PTE_DATA));
		}
	}
}

/* set_trap_table merges, refuses non-canonical handlers, NULL clears */
static void check_table(void)
{
	struct trap_info bad[2] = { { 6, 0, FLAT_KERNEL_CS64, NONCANON } };

	err(hc_set_trap_table(bad), -XEN_EINVAL, "set_trap_table: non-canonical handler");
	is(catch(do_ud2, NULL)->vec, X86_UD, "the old handler is still there");
	err(hc_set_trap_table(0x7f0000000000), -XEN_EFAULT, "set_trap_table: bad pointer");
	err(hc_set_trap_table(NULL), 0, "set_trap_table: NULL clears the table");
	traps_table(0x80);
	is(catch(do_ud2, NULL)->vec, X86_UD, "and it can be loaded again");
}

void test_main(void)
{
	check_frame();
	check_return();
	check_faults();
	check_page_faults();
	check_table();
}
