/* SPDX-License-Identifier: GPL-2.0-only */
/* The MSRs that decide where SYSCALL goes, and TSC_AUX. */
#ifndef LODGE_SWITCH_MSR_H
#define LODGE_SWITCH_MSR_H

struct lodge_vcpu;

/*
 * Set the guest's, keep what was there; put that back.  Interrupts stay off
 * between the two: KVM, which may be loaded beside us, keeps its own guests'
 * values in these MSRs across context switches and takes them away by IPI.
 * Cost: 5 RDMSR and 5 WRMSR, then 5 WRMSR.
 */
void lodge_msr_enter(const struct lodge_vcpu *v);
void lodge_msr_leave(void);

/* SYSENTER must not reach the host's entry: held at 0 while a vcpu is loaded. */
void lodge_msr_load(void);
void lodge_msr_put(void);

#endif
