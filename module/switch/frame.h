/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's general registers as the switch saves and loads them.
 * Offsets for assembly are made by switch/offsets.c.
 */
#ifndef LODGE_FRAME_H
#define LODGE_FRAME_H

#include <linux/types.h>

struct lodge_regs {
	u64 r15, r14, r13, r12, rbp, rbx;
	u64 r11, r10, r9, r8;
	u64 rax, rcx, rdx, rsi, rdi;
	/* why it left the guest: LODGE_EXIT_* or an interrupt vector, and the hardware's error code */
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
	u64 cr2;
};

#endif
