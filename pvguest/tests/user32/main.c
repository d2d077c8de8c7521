// SPDX-License-Identifier: GPL-2.0-only
/*
 * user32 - 32-bit user code
 *
 * Proves: iret to FLAT_USER_CS32; int $0x80; sysenter and syscall reach their callbacks or the exceptions
 * of a CPU that lacks them; addresses are cut to 32 bits; traps of 32-bit code have its CS.
 *
 * Real Xen 4.17: as written. Which of sysenter and syscall32 works is the CPU vendor's matter.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_int80, ".byte 0xb8, 7, 0, 0, 0, 0xcd, 0x80");		/* mov $7, %eax; int $0x80 */
USER_CODE(u_syscall, ".byte 0xb8, 9, 0, 0, 0, 0x0f, 0x05, 0x0f, 0x0b");
USER_CODE(u_sysenter, ".byte 0x0f, 0x34, 0x0f, 0x0b");
USER_CODE(u_into, ".byte 0xb0, 0x7f, 0x04, 0x01, 0xce");		/* mov $127, %al; add $1, %al; into */
USER_CODE(u_bound, ".byte 0x62, 0x07");					/* bound %eax, (%edi) */
USER_CODE(u_ud2, "ud2");
USER_CODE(u_inc, ".byte 0x40, 0x40, 0x40, 0x0f, 0x0b");			/* inc %eax, three times */

static const struct fault *run(const void *start, const void *end)
{
	struct regs r;

	user_load(start, end);
	user_regs(&r, USER_TEXT);
	r.cs = FLAT_USER_CS32;
	r.ss = FLAT_USER_SS32;
	r.rdi = USER_DATA;
	return user_run(&r);
}
#define RUN(name) run(name##_start, name##_end)

void test_main(void)
{
	const struct fault *f;

	user_init();
	f = RUN(u_ud2);
	is(f->vec, X86_UD, "#UD of 32-bit code");
	is(f->regs.cs, FLAT_USER_CS32, "cs");
	is(f->regs.rip, USER_TEXT, "rip");
	f = RUN(u_inc);
	is(f->vec, X86_UD, "it really is 32-bit code");
	is(f->regs.rax, 3, "inc eax");
	f = RUN(u_int80);
	is(f->vec, 0x80, "int $0x80");
	is(f->regs.rax, 7, "eax");
	is(f->regs.rip, USER_TEXT + 7, "rip after it");
	f = RUN(u_into);
	is(f->vec, X86_OF, "into with overflow: #OF");
	((u32 *)user_data_page)[0] = 10;
	((u32 *)user_data_page)[1] = 20;
	f = RUN(u_bound);
	is(f->vec, X86_BR, "bound out of range: #BR");
	f = RUN(u_syscall);
	ok(f->vec == VEC_SYSCALL32 || f->vec == X86_UD, "syscall: %ld", f->vec);
	if (f->vec == VEC_SYSCALL32) {
		is(f->regs.rip, USER_TEXT + 7, "rip after it");
		is(f->regs.rax, 9, "eax");
		is(f->regs.cs & 3, 3, "cs RPL 3");
	}
	f = RUN(u_sysenter);
	ok(f->vec == VEC_SYSENTER || f->vec == X86_GP || f->vec == X86_UD, "sysenter: %ld", f->vec);
	if (f->vec == VEC_SYSENTER) {
		is(f->regs.rip, 0, "rip is pushed as 0");
		is(f->regs.cs & 3, 3, "cs RPL 3");
	}
	{
		struct callback_unregister cu = { .type = CALLBACKTYPE_sysenter };
		struct callback_register cb = { .type = CALLBACKTYPE_sysenter };

		err(hc_callback_op(CALLBACKOP_unregister, &cu), -XEN_EINVAL, "sysenter cannot be unregistered");
		cu.type = CALLBACKTYPE_syscall32;
		err(hc_callback_op(CALLBACKOP_unregister, &cu), -XEN_EINVAL, "nor syscall32");
		hc_callback_op(CALLBACKOP_register, &cb);
		f = RUN(u_sysenter);
		ok(f->vec == X86_GP || f->vec == X86_UD, "sysenter without a callback: %ld", f->vec);
		is(f->regs.err, 0, "error code 0");
		cb.type = CALLBACKTYPE_syscall32;
		hc_callback_op(CALLBACKOP_register, &cb);
		f = RUN(u_syscall);
		is(f->vec, X86_UD, "syscall without a callback: #UD");
		diag("rip +%lx", f->regs.rip - USER_TEXT);
	}
}
