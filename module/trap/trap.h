/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the guest's exits to what the guest kernel sees of them.
 */
#ifndef LODGE_TRAP_H
#define LODGE_TRAP_H

#include <linux/types.h>

struct lodge_vcpu;

/**
 * lodge_trap_handle - deal with the exit that v->regs describes
 * @v: the vcpu, host world complete, interrupts and preemption on
 *
 * Context: own thread, may sleep.
 * Return: 0, or -EFAULT when the memory of the domain is no longer there.
 */
int lodge_trap_handle(struct lodge_vcpu *v);

/*
 * Deliver what waits (an exception, an NMI, an event upcall) and make the
 * registers loadable.  Called before each entry, may sleep.  false: not to be
 * entered, as the domain has ended or this thread is being killed.
 */
bool lodge_trap_deliver(struct lodge_vcpu *v);

/* module/trap/bounce.c */

/*
 * In a light exit: deliver the exception that waits.  false: the frame could not
 * be written there, the registers are as they were.
 */
bool lodge_trap_deliver_light(struct lodge_vcpu *v);

/*
 * Enter the guest kernel at a handler: push the frame, change mode, mask
 * events.  Crashes the domain if the frame cannot be written.
 */
void lodge_bounce(struct lodge_vcpu *v, u64 address, bool mask_events, bool has_error, u32 error);
void lodge_bounce_failsafe(struct lodge_vcpu *v);
/* A callback, if registered. */
bool lodge_bounce_callback(struct lodge_vcpu *v, int callback);
/* SYSENTER of a 32-bit program: RIP and CS are not known to the hardware. */
void lodge_bounce_sysenter(struct lodge_vcpu *v);

/* Change the mode: the other GS base comes in force. */
void lodge_set_kernel_mode(struct lodge_vcpu *v, bool kernel);

/* module/trap/segments.c */

/*
 * Can CS:RIP and SS be loaded by IRETQ as they are?  If not: the exception that
 * the hardware would raise, which is the guest's.
 */
bool lodge_regs_loadable(struct lodge_vcpu *v, u8 *vector, u32 *error);
/* DS, ES, FS, GS: null what cannot be loaded; false if anything was. */
bool lodge_selectors_loadable(struct lodge_vcpu *v);

#endif
