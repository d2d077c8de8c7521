// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioport - in, out, ins, outs, cli and sti with virtual IOPL, by hypercall and by assist
 *
 * Proves: with IOPL enough, ports read as ones and writes vanish; without, #GP; set_iobitmap gives single ports; cli and
 * sti do not touch the event mask; the architectural IOPL of iret frames when the assist is on.
 *
 * Real Xen 4.17: as written. A guest kernel needs IOPL 1, and user code IOPL 3.
 */
#include <pvguest/pvguest.h>

KERNEL_CODE(k_in, "mov $0x3f9, %edx; xor %eax, %eax; in %dx, %al");
KERNEL_CODE(k_out, "mov $0x80, %edx; out %al, %dx");
KERNEL_CODE(k_cli, "cli");
KERNEL_CODE(k_sti, "sti");
USER_CODE(u_in, "mov $0x3f9, %edx; xor %eax, %eax; in %dx, %al; syscall");
USER_CODE(u_inl, "mov $0xcfc, %edx; xor %eax, %eax; in %dx, %eax; syscall");
USER_CODE(u_imm, "xor %eax, %eax; in $0x61, %al; out %al, $0x61; syscall");
USER_CODE(u_insb, "mov $0x3f9, %edx; mov $4, %ecx; cld; rep insb; syscall");
USER_CODE(u_outsb, "mov $0x3f9, %edx; mov $4, %ecx; mov %rdi, %rsi; cld; rep outsb; syscall");
USER_CODE(u_cli, "cli; syscall");

static void iopl(u32 level)
{
	struct physdev_set_iopl s = { .iopl = level };

	err(hc_physdev_op(PHYSDEVOP_set_iopl, &s), 0, "set_iopl %u", level);
}

static const struct fault *user_at(const void *start, const void *end, u64 flags)
{
	struct regs r;

	user_load(start, end);
	user_regs(&r, USER_TEXT);
	r.rdi = USER_DATA;
	r.rflags |= flags;
	return user_run(&r);
}
#define USER(name, flags) user_at(name##_start, name##_end, flags)

void test_main(void)
{
	static u8 bitmap[8192];
	struct physdev_set_iobitmap bm = { .nr_ports = 65536 };
	const struct fault *f;

	user_init();
	is(catch(k_in, NULL)->vec, X86_GP, "kernel in, IOPL 0: #GP");
	is(catch(k_cli, NULL)->vec, X86_GP, "kernel cli, IOPL 0: #GP");
	is(USER(u_in, 0)->vec, X86_GP, "user in, IOPL 0: #GP");
	iopl(1);
	is(catch(k_in, NULL)->vec, -1, "kernel in, IOPL 1");
	is(catch(k_out, NULL)->vec, -1, "kernel out, IOPL 1");
	events_on();
	is(catch(k_cli, NULL)->vec, -1, "kernel cli, IOPL 1");
	is(vcpu0()->evtchn_upcall_mask, 0, "does not mask events");
	events_off();
	is(catch(k_sti, NULL)->vec, -1, "kernel sti, IOPL 1");
	is(vcpu0()->evtchn_upcall_mask, 1, "does not unmask events");
	is(USER(u_in, 0)->vec, X86_GP, "user in, IOPL 1: #GP");
	iopl(3);
	f = USER(u_in, 0);
	is(f->vec, VEC_SYSCALL, "user in, IOPL 3");
	is(f->regs.rax & 0xff, 0xff, "reads ones");
	f = USER(u_inl, 0);
	diag("inl cfc: vec %ld, %lx", f->vec, f->regs.rax);
	is(USER(u_imm, 0)->vec, VEC_SYSCALL, "immediate ports");
	*(u32 *)user_data_page = 0;
	f = USER(u_insb, 0);
	is(f->vec, VEC_SYSCALL, "rep insb");
	is(*(u32 *)user_data_page, 0xffffffff, "reads ones");
	is(f->regs.rdi, USER_DATA + 4, "rdi moved");
	f = USER(u_outsb, 0);
	is(f->vec, VEC_SYSCALL, "rep outsb");
	is(f->regs.rsi, USER_DATA + 4, "rsi moved");
	is(USER(u_cli, 0)->vec, VEC_SYSCALL, "user cli, IOPL 3");
	iopl(0);
	memset(bitmap, 0xff, sizeof(bitmap));
	bitmap[0x3f9 / 8] &= ~BIT(0x3f9 % 8);
	set_xen_guest_handle(bm.bitmap, bitmap);
	err(hc_physdev_op(PHYSDEVOP_set_iobitmap, &bm), 0, "set_iobitmap");
	is(USER(u_in, 0)->vec, VEC_SYSCALL, "a port that the bitmap allows");
	is(USER(u_imm, 0)->vec, X86_GP, "one that it does not: #GP");
	bm.nr_ports = 0;
	hc_physdev_op(PHYSDEVOP_set_iobitmap, &bm);
	is(USER(u_in, 0)->vec, X86_GP, "no bitmap: #GP");

	err(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_architectural_iopl), 0,
	    "assist architectural_iopl");
	f = USER(u_in, 0);
	is(f->vec, X86_GP, "iret frame with IOPL 0: #GP");
	is(f->regs.rflags & X86_EFLAGS_IOPL, 0, "frame shows IOPL 0");
	f = USER(u_in, X86_EFLAGS_IOPL);
	is(f->vec, VEC_SYSCALL, "iret frame with IOPL 3");
	is(f->regs.rflags & X86_EFLAGS_IOPL, X86_EFLAGS_IOPL, "frame shows IOPL 3");
	hc_vm_assist(VMASST_CMD_disable, VMASST_TYPE_architectural_iopl);
}
