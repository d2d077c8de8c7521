// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hands a vector that interrupted the guest to the host's own gate.  INT takes
 * its number from the instruction, hence one instruction for each.
 */
#include <linux/types.h>

#include "switch/switch.h"

#define RAISE1(n)	case n: asm volatile("int %0" : : "i" (n) : "memory"); break;
#define RAISE4(n)	RAISE1(n) RAISE1(n + 1) RAISE1(n + 2) RAISE1(n + 3)
#define RAISE16(n)	RAISE4(n) RAISE4(n + 4) RAISE4(n + 8) RAISE4(n + 12)
#define RAISE64(n)	RAISE16(n) RAISE16(n + 16) RAISE16(n + 32) RAISE16(n + 48)

void lodge_switch_raise(unsigned int vec)
{
	switch (vec) {
	RAISE64(0)
	RAISE64(64)
	RAISE64(128)
	RAISE64(192)
	}
}
