/* SPDX-License-Identifier: GPL-2.0-only */
/* The paravirtual clock: nanoseconds since the domain started. */
#ifndef PVGUEST_TIME_H
#define PVGUEST_TIME_H

#include <pvguest/types.h>

#define MS	1000000UL
#define SEC	1000000000UL

static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a" (lo), "=d" (hi));
	return lo | (u64)hi << 32;
}

u64 clock_of(const struct vcpu_time_info *t);
u64 now(void);
void delay_until(u64 deadline);		/* spins */

#endif
