/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_NEAR_H
#define LODGE_NEAR_H

#include <linux/types.h>

struct lodge_switch_data;

/*
 * Near exits: those of sched/quick.c, dealt with while this CPU's descriptor tables, TSS
 * and system call MSRs are still the guest's.  The switcher calls near.c for them
 * (switch/blob.S), on the thread's stack, with interrupts off and the host's CR3, CR4 and
 * GS base.  An NMI waits until the host is back; any other exception of C's brings it back.
 */

/* Show the switcher what to call. Once, before any vcpu runs. */
void lodge_near_init(void);
/* Are they allowed on this CPU, as it is?  Then LODGE_FAST_NEAR says so to the switcher. */
bool lodge_near_allowed(const struct lodge_switch_data *data);

#endif
