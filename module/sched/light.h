/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_LIGHT_H
#define LODGE_LIGHT_H

#include <linux/types.h>
#include <asm/processor-flags.h>

struct lodge_switch_data;
struct lodge_vcpu;

enum lodge_light {
	LODGE_LIGHT_ENTER,	/* done: enter the guest again */
	LODGE_LIGHT_DONE,	/* done, but something else has to be seen to before */
	LODGE_LIGHT_FULL,	/* not done: the registers describe the exit, or what is left of it */
};

/*
 * Deal with an exit where it was taken: host world, interrupts off, the guest's
 * FPU, debug and syscall MSRs in place.
 */
enum lodge_light lodge_light_exit(struct lodge_vcpu *v);

/* The flags with which the guest is entered: events have the place of IF. */
static inline u64 lodge_light_rflags(u64 rflags)
{
	return (rflags & ~(u64)(X86_EFLAGS_IOPL | X86_EFLAGS_VM | X86_EFLAGS_VIF |
				X86_EFLAGS_VIP)) | X86_EFLAGS_IF | X86_EFLAGS_FIXED;
}

/*
 * The same for the most frequent ones, before lodge_fast_save(): on ENTER nothing
 * has to be saved or loaded, on FULL nothing has happened.
 */
enum lodge_light lodge_quick_exit(struct lodge_vcpu *v, struct lodge_switch_data *data);

/*
 * In the host proper, after LODGE_LIGHT_DONE or before a full exit is dealt with:
 * what a light exit has left.  Own thread, may sleep.  true: the exit is done with.
 */
bool lodge_light_finish(struct lodge_vcpu *v);

#endif
