/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running vcpus on the threads of a runner.
 */
#ifndef LODGE_SCHED_H
#define LODGE_SCHED_H

#include <linux/types.h>

struct lodge_vcpu;

int lodge_sched_init(void);
void lodge_sched_exit(void);

/**
 * lodge_vcpu_run - LODGE_IOC_RUN: execute a vcpu on the calling thread
 * @v: the vcpu
 * @exit: enum lodge_run_exit, written on success
 *
 * Context: process; the thread of a runner whose address space is attached.
 * Return: 0 or the errnos of LODGE_IOC_RUN.
 */
int lodge_vcpu_run(struct lodge_vcpu *v, u32 *exit);

#endif
