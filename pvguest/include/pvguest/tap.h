/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP version 13. One check is one line; the plan comes at the end.
 *   ok(cond, ...)        a truth
 *   is(got, want, ...)   equality of integers; the values are shown on failure
 *   err(got, -XEN_E..)   the same for hypercall results, printed in decimal
 *   sweep_*              one line for a loop of many checks: only failures talk
 */
#ifndef PVGUEST_TAP_H
#define PVGUEST_TAP_H

#include <pvguest/types.h>

bool __printf(2, 3) ok(bool cond, const char *fmt, ...);
bool __printf(3, 4) is(u64 got, u64 want, const char *fmt, ...);
bool __printf(3, 4) err(s64 got, s64 want, const char *fmt, ...);
bool __printf(4, 5) err2(s64 got, s64 want, s64 also, const char *fmt, ...);
void __printf(1, 2) skip(const char *fmt, ...);		/* "name # SKIP reason" in one text */
void __printf(1, 2) diag(const char *fmt, ...);

void sweep_begin(void);
bool __printf(2, 3) sweep_check(bool cond, const char *fmt, ...);
void __printf(1, 2) sweep_end(const char *fmt, ...);

/* The next thing is the end of the domain: say so; coming back from it is a failure. */
void __printf(1, 2) expect_crash(const char *fmt, ...);
void __noreturn survived(void);

void __noreturn tap_finish(void);
void __noreturn __printf(1, 2) bail_out(const char *fmt, ...);

#endif
