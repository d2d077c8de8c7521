/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world switch: enter the guest on this CPU, come back with its registers.
 */
#ifndef LODGE_SWITCH_H
#define LODGE_SWITCH_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/desc_defs.h>
#include <asm/processor.h>

#include "switch/frame.h"
#include "switch/layout.h"

struct lodge_vcpu;

/*
 * Mapped in both worlds: nothing here may help a guest that reads it through a
 * speculation flaw.  host_cr3 has to be here.  What is the guest's goes when
 * the vcpu leaves the CPU (sched/fast.c).
 */
struct lodge_switch_data {
	u64 host_cr3;
	u64 dr7;			/* the guest's if it has breakpoints, else 0 */
	u64 host_cr4, guest_cr4;	/* guest_cr4 0: it may have the host's */
	u64 scratch;			/* the guest's RSP for a moment in the SYSCALL entry */
	union {
		u32 pending;		/* any of these */
		struct {		/* hit our own instructions; raise it later */
			u8 nmi_pending, db_pending, mc_pending;
			u8 near_left;	/* a near exit has brought back the host's tables */
		};
	};
	u32 nmi_abandoned;		/* it hit the way in, which was given up */
	u16 verw;
	u8 fsgsbase;			/* CR4.FSGSBASE is on */
	u8 smap;			/* CR4.SMAP is on */
	u8 near;			/* C is at work on a near exit */
	struct desc_ptr idtr;
	struct desc_ptr gdtr;
	struct desc_ptr tgdtr;

	/* of the guest, for what is answered without leaving; in and out where said */
	u8 fast;			/* LODGE_FAST_* */
	u8 allowed;			/* the same, before a look at stack and roots; for C */
	u8 kernel_mode;			/* in and out */
	u8 ts;				/* the guest has set TS */
	u8 io_user, io_kernel;		/* it may use all ports, in that mode */
	u8 syscall_mask;		/* a system call masks events */
	u16 user_cs, user_ss;		/* the guest's own flat selectors, or the fixed ones */
	u16 kernel_ss;			/* of kernel_sp_raw; in and out */
	u16 flat_ds;			/* user_ss if its base is 0 too, or the fixed one */
	u64 bounce;			/* the guest is entered by a #PF with this error; 0: as it is */
	u64 lowest;			/* LODGE_FAST_LOWEST */
	u64 info;			/* vcpu_info in this region */
	u64 root_kernel, root_user;	/* 0: not there */
	u64 gs_inactive;		/* the other mode's base; in and out */
	u64 kernel_sp;			/* aligned and checked, 0: not to be used here */
	u64 kernel_sp_raw;		/* as the guest gave it; in and out */
	u64 syscall;			/* handlers, 0: none or not to be used here */
	u64 gate[LODGE_FAST_VECTORS];
	u8 gate_mask[LODGE_FAST_VECTORS];
	u32 io_count, n_syscall, n_iret, n_fault, n_call;	/* answered without leaving */

	u8 stack[3072] __aligned(1024);	/* its end is TSS.RSP0 */
} __aligned(4096);

/* Mapped in the host only. */
struct lodge_switch_host {
	u64 rsp;
	struct lodge_regs *regs;
	u64 fs_base, gs_base;		/* the host's */
	u64 guest_fs_base;		/* in */
	u64 guest_gs_base;		/* in and out */
	u16 guest_ds, guest_es, guest_fs;	/* in */
	u16 guest_gs;			/* in and out */
	u64 near, near_store, near_roots;	/* functions of sched/near.c */
	u8 near_result;			/* LODGE_NEAR_FULL or DONE, + 1; 0: it was not asked */
	u16 ldt;			/* guest's LDT selector */
	u16 host_ldt;
	u8 swap_ldt;			/* either has one */
	u8 fill_rsb;			/* the host's mitigations ask for it */
	u8 live;			/* DS, ES, FS and its base are the guest's: set by an exit */
	u8 pad;
	struct desc_ptr idtr;
	struct desc_ptr gdtr;
};

struct lodge_switch_cpu {
	struct lodge_switch_data *data;
	struct lodge_switch_host *host;
	struct desc_struct *gdt;	/* 16 pages */
	struct desc_struct *ldt;	/* 16 pages */
	struct desc_struct *tgdt;	/* the first page */
	u64 text;			/* address of the text alias */
	u64 gs_base;			/* the host's, constant */
	u64 *info_entry;		/* page-table entry of LODGE_REGION_INFO */
	const struct lodge_vcpu *gates;	/* whose handlers are in data, NULL: nobody's */
	u64 generation;			/* of the descriptors in gdt and ldt: lodge_vcpu.descriptor_generation */
	u32 gdt_entries, ldt_entries;	/* how many of them */
};

DECLARE_PER_CPU(struct lodge_switch_cpu, lodge_switch_cpu);

int lodge_switch_init(void);
void lodge_switch_exit(void);

/**
 * lodge_switch_slot - what a root has to hold in LODGE_SLOT_SWITCH
 */
u64 lodge_switch_slot(void);

/**
 * lodge_switch_attach - make the switcher reachable from an address space
 * @mm: the address space of a runner
 *
 * Counted by mm.  The entries must stay while a thread can still execute in
 * the region, so detach only when the mm has no user any more.
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lodge_switch_attach(struct mm_struct *mm);
void lodge_switch_detach(struct mm_struct *mm);

/**
 * lodge_switch_load - get ready for trips to the guest
 * @v: the vcpu, loaded on this CPU
 *
 * Interrupts off from here to lodge_switch_put(); descriptors, LDT and CR4 of the vcpu
 * do not change meanwhile.
 */
void lodge_switch_load(struct lodge_vcpu *v);

/**
 * lodge_switch_enter - execute the guest until it exits
 * @v: the vcpu, after lodge_switch_load()
 * @root: physical address of the root
 *
 * The caller has loaded MSRs, FPU and debug registers and checked that regs can
 * be loaded: canonical RIP, valid selectors, IF set.  On return v->regs and the base
 * and selector of GS are the guest's and regs.vector says why.  DS, ES, FS and its
 * base stay in the CPU, so that it can be entered again, and those in v are stale.
 * Cost: about 220 instructions, 2 MOV CR3, 2 LTR, 2 LIDT, 4 LGDT.
 */
void lodge_switch_enter(struct lodge_vcpu *v, u64 root);

/* The functions for near exits as switch/blob.S calls them, once, before any vcpu runs. */
void lodge_switch_set_near(u64 exit, u64 store, u64 roots);

/*
 * What the last trip's near exit said, if it ended by one: LODGE_NEAR_*, or -1.  Interrupts
 * off.  What brought the host's tables back under it has been dealt with.
 */
int lodge_switch_near_result(void);

/**
 * lodge_switch_put - the host's state is whole again, all of the guest's in v
 * @v: the vcpu
 */
void lodge_switch_put(struct lodge_vcpu *v);

/*
 * Show a vcpu_info to this CPU's switcher; NULL: none.  Interrupts off.  No flush:
 * the entry is used only after a load of CR3 that follows.
 */
void lodge_switch_map_info(const void *info);

/* Raise vector @vec here and now as if the device had: interrupts off, host world complete. */
void lodge_switch_raise(unsigned int vec);

/* The text alias of this CPU: where the way in begins, and what goes into the syscall MSRs. */
u64 lodge_switch_entry(void);
u64 lodge_switch_fill_rsb(void);
u64 lodge_switch_lstar(void);
u64 lodge_switch_cstar(void);
/* Is this the address of the IRETQ that enters the guest? */
bool lodge_switch_is_iret(u64 rip);

#endif
