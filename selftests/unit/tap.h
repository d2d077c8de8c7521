/* SPDX-License-Identifier: GPL-2.0-only */
/* Test points of a program: tap_ok() for each, tap_done() as the last word. */
#ifndef LODGE_UNIT_TAP_H
#define LODGE_UNIT_TAP_H

#include <stdbool.h>
#include <stdio.h>

static int tap_count, tap_failed;

static inline bool tap_ok(bool good, const char *name)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++tap_count, name);
	fflush(stdout);
	tap_failed += !good;
	return good;
}

static inline void tap_skip(const char *name, const char *reason)
{
	printf("ok %d %s # SKIP %s\n", ++tap_count, name, reason);
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
