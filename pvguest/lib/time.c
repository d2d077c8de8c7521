// SPDX-License-Identifier: GPL-2.0-only
/* Reading the paravirtual clock. */
#include <pvguest/pvguest.h>

/* (a * b) >> 32 of the 96-bit product */
static u64 mul_shift32(u64 a, u32 b)
{
	return (a >> 32) * b + ((a & 0xffffffff) * b >> 32);
}

u64 clock_of(const struct vcpu_time_info *t)
{
	u32 version;
	u64 ns;

	do {
		u64 delta;

		version = READ_ONCE(t->version);
		barrier();
		delta = rdtsc() - t->tsc_timestamp;
		if (t->tsc_shift >= 0)
			delta <<= t->tsc_shift;
		else
			delta >>= -t->tsc_shift;
		ns = t->system_time + mul_shift32(delta, t->tsc_to_system_mul);
		barrier();
	} while ((version & 1) || version != READ_ONCE(t->version));
	return ns;
}

u64 now(void)
{
	return clock_of(&vcpu0()->time);
}

void delay_until(u64 deadline)
{
	while (now() < deadline)
		asm volatile("pause");
}
