/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the switcher lives: PML4 slots 256-271, a hole in every Linux layout.
 *
 *   slot 256, first half   the domain's m2p, read-only, kernel roots only
 *   slot 257               switcher: one region of 2 MiB a CPU, in the host's
 *                          page table and in every root, supervisor only
 *   slot 258               host-only data: one page a CPU at the same offset,
 *                          in the host's page table only
 *
 * A region, page by page:
 *
 *    0..3   text, one alias a CPU, so that data is reached RIP-relative
 *    4      struct lodge_switch_data, ends with the entry stack (TSS.RSP0)
 *    5      IDT
 *    6      TSS
 *    7      the page of the vcpu's vcpu_info, while one is loaded
 *    8..23  GDT of the vcpu: guest entries below 0xe000, ours from there on
 *   24..39  LDT of the vcpu
 *   40..55  GDT of the transition: Linux's entries, and page 14 of the above
 *   57,59,61,63  IST stacks (#DF, NMI, #DB, #MC), unmapped pages between them
 *
 * Included by C and assembly.
 */
#ifndef LODGE_LAYOUT_H
#define LODGE_LAYOUT_H

#define LODGE_SLOT_M2P		256
#define LODGE_SLOT_SWITCH	257
#define LODGE_SLOT_HOST		258
#define LODGE_SLOT_FIRST	256
#define LODGE_SLOT_LAST		271

#define LODGE_M2P_VA		0xffff800000000000
#define LODGE_SWITCH_VA		0xffff808000000000
/* from a page of the region to its host-only twin */
#define LODGE_HOST_DELTA	0x8000000000

#define LODGE_REGION_SHIFT	21
#define LODGE_REGION_TEXT	0
#define LODGE_REGION_DATA	(4 << 12)
#define LODGE_REGION_IDT	(5 << 12)
#define LODGE_REGION_TSS	(6 << 12)
#define LODGE_REGION_INFO	(7 << 12)
#define LODGE_REGION_GDT	(8 << 12)
#define LODGE_REGION_LDT	(24 << 12)
#define LODGE_REGION_TGDT	(40 << 12)
#define LODGE_REGION_IST	(57 << 12)
#define LODGE_TEXT_PAGES	4
#define LODGE_NR_IST		4

/* Selectors: those from 0xe000 up are Xen's ABI (arch-x86/xen-x86_64.h) or free for us. */
#define LODGE_GDT_FIXED		0xe000
#define LODGE_SEL_CS		0xe008	/* ring 0 code: gates and SYSCALL */
#define LODGE_SEL_DS		0xe010
#define LODGE_SEL_USER_CS32	0xe023
#define LODGE_SEL_USER_DS	0xe02b
#define LODGE_SEL_USER_CS64	0xe033
#define LODGE_SEL_TSS		0xe040
#define LODGE_SEL_LDT		0xe050

/* Why a vcpu left the guest, in lodge_regs.vector: a vector of the CPU, or */
#define LODGE_VEC_SYSCALL	0x100
#define LODGE_VEC_SYSCALL32	0x101
#define LODGE_VEC_NONE		0x102	/* nothing but a pending NMI */
/* What the switcher may answer by itself, or ask C near: bits of lodge_switch_data.fast */
#define LODGE_FAST_SYSCALL	1
#define LODGE_FAST_IRET		2
#define LODGE_FAST_FAULT	4
#define LODGE_FAST_CALL		8
#define LODGE_FAST_NEAR		16
/* vectors that it may give to the guest are below this */
#define LODGE_FAST_VECTORS	20
/* a kernel stack pointer that it uses is not below this: the hole's end, and room for a frame */
#define LODGE_FAST_LOWEST	0xffff880000000080

/* What C says of a near exit (sched/near.c); what is greater is done, and the guest goes on. */
#define LODGE_NEAR_FULL		0	/* nothing has happened */
#define LODGE_NEAR_DONE		1	/* something else has to be seen to before it goes on */
#define LODGE_NEAR_ENTER	2

/* added to a vector that hit at CPL 0, on our own instruction */
#define LODGE_VEC_CPL0		0x200

#endif
