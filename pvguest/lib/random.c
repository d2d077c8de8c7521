// SPDX-License-Identifier: GPL-2.0-only
/* xorshift64* */
#include <pvguest/random.h>

static u64 state = 0x9e3779b97f4a7c15;

void random_seed(u64 seed)
{
	state = seed * 0x9e3779b97f4a7c15 + 0xd1b54a32d192ed03;
	if (!state)
		state = 1;
}

u64 random_u64(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

u64 random_below(u64 n)
{
	return random_u64() % n;
}
