/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One virtual CPU: its registers as the guest sees them and where it runs.
 *
 * Whoever executes the vcpu (the thread inside LODGE_IOC_RUN) owns all fields
 * not said to be otherwise and needs no lock for them.  Others pause the
 * domain first.
 */
#ifndef LODGE_VCPU_H
#define LODGE_VCPU_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/wait.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>

#include <xen/interface/xen.h>
#include <xen/interface/vcpu.h>

#include "debug/counters.h"
#include "domain/defer.h"
#include "switch/frame.h"
#include "time/time.h"

struct lodge_domain;
struct lodge_shadow;

#define LODGE_GDT_FRAMES	14
#define LODGE_GDT_ENTRIES	(LODGE_GDT_FRAMES * 512)	/* 7168: the rest is lodge's */
#define LODGE_LDT_FRAMES	16
#define LODGE_LDT_ENTRIES	(LODGE_LDT_FRAMES * 512)

/* A registered handler of the guest kernel: callbacks and trap gates. */
struct lodge_gate {
	u64 address;			/* 0: none */
	u16 cs;				/* as registered; not used for entry */
	u8 dpl;				/* lowest privilege that may raise it by INT n */
	bool mask_events;		/* set evtchn_upcall_mask on entry */
};

enum lodge_callback {
	LODGE_CALLBACK_EVENT,
	LODGE_CALLBACK_FAILSAFE,
	LODGE_CALLBACK_SYSCALL,
	LODGE_CALLBACK_NMI,
	LODGE_CALLBACK_SYSENTER,
	LODGE_CALLBACK_SYSCALL32,
	LODGE_NR_CALLBACKS,
};

/* An event, exception or software interrupt that waits for delivery to the guest kernel. */
struct lodge_trap {
	bool pending;
	u8 vector;
	bool has_error;
	u32 error;
	u64 cr2;			/* for #PF */
};

/*
 * The guest kernel is to be entered at @address, with @n words pushed on its stack: what
 * a thread could not do any more that was killed.
 */
#define LODGE_FRAME_MAX	12

struct lodge_kernel_entry {
	u64 address;
	u64 frame[LODGE_FRAME_MAX];
	u8 n;			/* 0: nothing is to be done */
	bool mask_events;
};

struct lodge_vcpu {
	struct lodge_domain *domain;
	u32 id;

	/* registers, complete whenever the host world is */
	struct lodge_regs regs;
	u16 ds, es, fs, gs;		/* live selectors */
	u64 fs_base;
	u64 gs_base_active;		/* GS base in force in the current mode */
	u64 gs_base_inactive;		/* the other mode's */
	bool kernel_mode;		/* guest kernel, else guest user */
	bool initialised;		/* has a start of day */
	bool down;			/* VCPUOP_down, or not yet up */

	/* control registers as the guest sees them; frame numbers are the guest's */
	u64 cr3_kernel;			/* gfn of the kernel L4 */
	u64 cr3_user;			/* gfn of the user L4, 0: none */
	u64 cr4;			/* virtual */
	bool ts;			/* virtual CR0.TS */
	u64 dr[4], dr6, dr7;
	u64 xcr0;
	u64 tsc_aux;
	u8 iopl;			/* virtual, 0..3 */
	u64 iobitmap_va;
	u32 iobitmap_ports;
	u64 msr_misc[1];

	/* how the guest kernel is entered */
	u64 kernel_sp;
	u16 kernel_ss;
	struct lodge_gate trap_table[256];
	struct lodge_gate callback[LODGE_NR_CALLBACKS];
	bool gates_changed;		/* either of the two: the switcher has copies */
	struct lodge_trap trap;		/* at most one, delivered before the next entry */
	struct lodge_kernel_entry late_entry;	/* before anything else of the guest's */
	bool nmi_pending, nmi_masked;
	bool db_pending;		/* #DB to deliver after what the exit was about */

	/* descriptor tables: sanitised copies that the hardware may use */
	u64 gdt_gfn[LODGE_GDT_FRAMES];
	u32 gdt_entries;
	u64 *gdt;			/* LODGE_GDT_ENTRIES descriptors */
	u64 ldt_va;
	u64 ldt_gfn[LODGE_LDT_FRAMES];	/* of the pages that could be loaded; else ~0 */
	u32 ldt_entries;
	u64 *ldt;			/* LODGE_LDT_ENTRIES, allocated at first use */
	u64 descriptor_generation;	/* changes with every change of gdt or ldt */

	/* vcpu_info: in shared_info until the guest registers a place of its own */
	struct vcpu_info *info;
	struct page *info_page;		/* pinned, NULL while in shared_info */

	/* shadow roots for cr3_kernel and cr3_user; NULL: look up before entry */
	struct lodge_shadow *root_kernel;
	struct lodge_shadow *root_user;

	/* guest FPU, swapped in for the length of the run ioctl */
	struct fpu_guest fpu;
	struct xregs_state *fpu_image;	/* start of day, for its own thread to load; else NULL */

	/* light exits (sched/light.c) */
	bool light;			/* in one: nothing may sleep, flush or build */
	bool retry;			/* something would have had to: do it all again in a full exit */
	u64 late_va, late_val;		/* a word that could not be stored; late_bytes 0: none */
	u8 late_bytes;

	/* running */
	struct mutex run_mutex;		/* held by the thread inside LODGE_IOC_RUN */
	struct preempt_notifier preempt;
	bool loaded;			/* between load and put on a host CPU */
	int cpu;			/* host CPU it is or was loaded on, -1 before */
	bool in_guest;			/* from the last check before entry to the exit */
	bool running;			/* executes: lodge_vcpu_running() writes it */
	bool dumped;			/* its crash dump is in the log */
	wait_queue_head_t wait;		/* blocked, down, paused; kicks wake it */
	struct lodge_deferred deferred;
	bool blocked;			/* SCHEDOP_block in force: written by its own thread */
	bool polling;			/* SCHEDOP_poll in force: see event/ */
	u64 poll_deadline;		/* system time, 0: none */
	bool need_resched_guest;	/* the guest yielded */

	u64 guest_ns;			/* time spent executing, monotonic */
	struct lodge_vcpu_time time;
	struct lodge_vcpu_counters counters;
};

/**
 * lodge_vcpu_running - a vcpu begins or stops to execute guest instructions
 * @v: the vcpu, own thread only
 * @running: true before the last look at pause_count, state and dying; false
 *	before it sleeps or returns
 *
 * With true it is a full barrier, whose partner is in lodge_domain_wait_stopped().
 * Context: process, does not sleep.
 */
void lodge_vcpu_running(struct lodge_vcpu *v, bool running);	/* domain/pause.c */

/* Own thread, inside the run ioctl: load fpu_image, if there is one. */
void lodge_vcpu_load_fpu(struct lodge_vcpu *v);	/* domain/start_vcpu.c */

struct vcpu_guest_context;

/**
 * lodge_vcpu_start - VCPUOP_initialise: give a vcpu its start of day
 * @caller: who asks, own thread
 * @v: the vcpu, of the same domain
 * @ctx: a copy of the guest's context, unchecked
 *
 * Context: process, may sleep.
 * Return: 0, -EEXIST (it has one already), -EINVAL.
 */
int lodge_vcpu_start(struct lodge_vcpu *caller, struct lodge_vcpu *v,
		     const struct vcpu_guest_context *ctx);	/* domain/start_vcpu.c */

/*
 * Write the state of a vcpu of a crashed domain into the log, once: registers,
 * code, stack, page walk.  Own thread only, may sleep; the run loop calls it
 * when it finds its domain crashed.
 */
void lodge_vcpu_crash_dump(struct lodge_vcpu *v);	/* domain/crash_dump.c */

/* module/domain/vcpu.c */
struct lodge_vcpu *lodge_vcpu_create(struct lodge_domain *d, u32 id);	/* NULL: no memory */
/* Timers and guest areas go; its thread is out. May sleep. */
void lodge_vcpu_release(struct lodge_vcpu *v);
void lodge_vcpu_free(struct lodge_vcpu *v);

/**
 * lodge_vcpu_kick - make a vcpu look at its state again
 * @v: the vcpu
 *
 * Wakes it if it sleeps; takes it out of the guest if it executes on another
 * CPU.  Does nothing to the caller's own vcpu, which looks before entry anyway.
 * Context: any, hard interrupt included.
 */
void lodge_vcpu_kick(struct lodge_vcpu *v);

/*
 * Queue an exception for delivery before the next entry (trap/bounce.c).  The
 * guest's RIP stays where regs.rip says.  error is ignored where the vector has
 * none.  Own thread only.
 */
void lodge_vcpu_inject(struct lodge_vcpu *v, u8 vector, u32 error);
void lodge_vcpu_inject_pf(struct lodge_vcpu *v, u64 cr2, u32 error);

static inline bool lodge_vcpu_user_mode(const struct lodge_vcpu *v)
{
	return !v->kernel_mode;
}

#endif
