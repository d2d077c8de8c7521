/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User mode: a second root that maps only slot 0, shared with the kernel's root.
 * A run of user code ends at the next trap or system call; its registers then are
 * in the fault that user_run() returns.
 */
#ifndef PVGUEST_USER_H
#define PVGUEST_USER_H

#include <pvguest/types.h>
#include <pvguest/traps.h>

#define USER_TEXT	0x400000UL	/* one page, copied to by user_load */
#define USER_DATA	0x410000UL	/* one page, writable */
#define USER_STACK	0x421000UL	/* top; one page below */

extern u64 *user_l4;
extern void *user_code_page, *user_data_page;	/* their kernel addresses */

void user_init(void);
void user_load(const void *start, const void *end);
void user_regs(struct regs *r, u64 rip);	/* a sane user frame: events on, flat CS/SS */
const struct fault *user_run(struct regs *r);

/*
 * A piece of user code, at file level; position independent:
 *	USER_CODE(get_one, "mov $1, %eax; syscall");
 *	f = user_call(get_one);
 */
#define USER_CODE(name, text)						\
	extern const char name##_start[], name##_end[];			\
	asm(".pushsection .rodata.user, \"a\"\n.globl " #name "_start\n"	\
	    #name "_start:\n" text "\n.globl " #name "_end\n" #name "_end:\n" \
	    ".popsection")
#define user_call(name) user_call_code(name##_start, name##_end)
const struct fault *user_call_code(const void *start, const void *end);	/* load and run */

#endif
