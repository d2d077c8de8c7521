/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TSC ticks to nanoseconds as pvclock defines it (ABI: struct vcpu_time_info):
 * shift the ticks, multiply, and drop 32 bits.  Pure; also built for tests.
 */
#ifndef LODGE_TIME_SCALE_H
#define LODGE_TIME_SCALE_H

#include <linux/types.h>

/* @shift is the amount to shift left, negative for right. */
static inline __u64 lodge_scale_ticks(__u64 ticks, __u32 mul, __s8 shift)
{
	if (shift < 0)
		ticks >>= -shift;
	else
		ticks <<= shift;
	return (__u64)(((__uint128_t)ticks * mul) >> 32);
}

/*
 * @mul and @shift for a frequency, with as many significant bits as fit:
 * @mul has its top bit set.  @khz is not zero.
 */
static inline void lodge_scale_from_khz(__u32 khz, __u32 *mul, __s8 *shift)
{
	__u64 ns = 1000000, ticks = khz;

	*shift = 0;
	while (ns >= ticks) {
		ticks <<= 1;
		(*shift)++;
	}
	while (ns * 2 < ticks) {
		ns <<= 1;
		(*shift)--;
	}
	*mul = (__u32)((ns << 32) / ticks);
}

#endif
