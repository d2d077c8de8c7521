/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host state around guest execution, in two layers.
 *
 * load/put: as the vcpu's thread comes on and goes off a host CPU inside the
 * run ioctl.  enter: one trip into the guest, interrupts off.
 */
#ifndef LODGE_SCHED_CONTEXT_H
#define LODGE_SCHED_CONTEXT_H

#include "sched/light.h"

struct lodge_vcpu;

void lodge_context_init(struct lodge_vcpu *v);
/* Preemption off. */
void lodge_context_load(struct lodge_vcpu *v);
void lodge_context_put(struct lodge_vcpu *v);

/*
 * Into the guest and back, interrupts off: MSRs, FPU control, debug registers,
 * the switch, and the host interrupt or NMI that ended it.
 */
enum lodge_light lodge_context_enter(struct lodge_vcpu *v);

#endif
