/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_LIGHT_H
#define LODGE_LIGHT_H

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

/*
 * In the host proper, after LODGE_LIGHT_DONE or before a full exit is dealt with:
 * what a light exit has left.  Own thread, may sleep.  true: the exit is done with.
 */
bool lodge_light_finish(struct lodge_vcpu *v);

#endif
