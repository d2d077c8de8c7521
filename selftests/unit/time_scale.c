// SPDX-License-Identifier: GPL-2.0-only
/*
 * TSC to nanoseconds: the numbers given to guests, against exact arithmetic.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../../module/time/scale.h"
#include "tap.h"

static const __u32 freqs[] = {
	1000, 32768, 500000, 999999, 1000000, 1000001, 1999999, 2000000, 2000001,
	2399998, 2500000, 3900000, 5800000, 10000000, ~0U,
};

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

/* The multiplier uses all of its bits, so that rounding is as small as it can be. */
static bool normalised(void)
{
	__u32 mul;
	__s8 shift;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(freqs); i++) {
		lodge_scale_from_khz(freqs[i], &mul, &shift);
		if (!(mul >> 31))
			return false;
	}
	return true;
}

/* A day of ticks is off by less than 2^-31 of it, and never ahead. */
static bool exact(void)
{
	__u64 ticks, ns, want;
	__u32 mul;
	__s8 shift;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(freqs); i++) {
		ticks = 86400ULL * 1000 * freqs[i];
		want = 86400ULL * 1000000000;
		lodge_scale_from_khz(freqs[i], &mul, &shift);
		ns = lodge_scale_ticks(ticks, mul, shift);
		if (ns > want || want - ns > (want >> 31) + 1)
			return false;
	}
	return true;
}

/* Later ticks never give an earlier time, also where 64 bits overflow in between. */
static bool monotonic(void)
{
	const __u64 starts[] = { 0, 1ULL << 31, (1ULL << 32) - 8, 1ULL << 52, (1ULL << 62) - 8 };
	__u64 t, ns, last;
	__u32 mul;
	__s8 shift;
	size_t s;

	lodge_scale_from_khz(2399998, &mul, &shift);
	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		last = lodge_scale_ticks(starts[s], mul, shift);
		for (t = starts[s]; t < starts[s] + 1000; t++) {
			ns = lodge_scale_ticks(t, mul, shift);
			if (ns < last || ns > last + 1)
				return false;
			last = ns;
		}
	}
	return true;
}

/* The frequency that Linux as a guest computes back from what it is given. */
static bool guest_khz(void)
{
	__u64 khz, slack;
	__u32 mul;
	__s8 shift;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(freqs); i++) {
		lodge_scale_from_khz(freqs[i], &mul, &shift);
		khz = (1000000ULL << 32) / mul;
		khz = shift < 0 ? khz << -shift : khz >> shift;
		/* it drops as many low bits as the shift has */
		slack = (freqs[i] >> 18) + 1;
		if (khz + slack < freqs[i] || khz > freqs[i] + slack)
			return false;
	}
	return true;
}

int main(void)
{
	tap_ok(normalised(), "multiplier has its top bit set");
	tap_ok(exact(), "a day is a day");
	tap_ok(monotonic(), "monotonic and without jumps");
	tap_ok(guest_khz(), "the guest computes the frequency back");
	return tap_done();
}
