/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layout of struct regs for assembly; lib/traps.c asserts that it is the C one.
 */
#ifndef PVGUEST_OFFSETS_H
#define PVGUEST_OFFSETS_H

#define REGS_R15	0
#define REGS_R14	8
#define REGS_R13	16
#define REGS_R12	24
#define REGS_RBP	32
#define REGS_RBX	40
#define REGS_R11	48
#define REGS_R10	56
#define REGS_R9		64
#define REGS_R8		72
#define REGS_RAX	80
#define REGS_RCX	88
#define REGS_RDX	96
#define REGS_RSI	104
#define REGS_RDI	112
#define REGS_VEC	120
#define REGS_ERR	128
#define REGS_RIP	136
#define REGS_CS		144
#define REGS_RFLAGS	152
#define REGS_RSP	160
#define REGS_SS		168
#define REGS_SIZE	176

/* Entries that are no exception vectors, numbered after them */
#define VEC_EVENT	256
#define VEC_FAILSAFE	257
#define VEC_SYSCALL	258
#define VEC_SYSENTER	259
#define VEC_SYSCALL32	260
#define VEC_NMI		261

#endif
