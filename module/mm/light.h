/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls of op.c in a light exit.  Own thread, interrupts off, v->light set.
 * true: done, *ret is the result.  false: nothing has changed (what is there of
 * *done is 0), and the call is to be made in a full exit.
 */
#ifndef LODGE_MM_LIGHT_H
#define LODGE_MM_LIGHT_H

#include <linux/types.h>

struct lodge_hc_args;
struct lodge_vcpu;

bool lodge_light_mmu_update(struct lodge_vcpu *v, const struct lodge_hc_args *args, long *ret);
bool lodge_light_update_va_mapping(struct lodge_vcpu *v, const struct lodge_hc_args *args,
				   long *ret);
bool lodge_light_mmuext_op(struct lodge_vcpu *v, const struct lodge_hc_args *args, long *ret);

#endif
