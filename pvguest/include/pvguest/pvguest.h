/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The library in one header: what a test may call.
 *
 * A test is `void test_main(void)`. It runs on vCPU 0 in kernel mode with the
 * console ring, the trap table and shared_info set up and events masked, and
 * ends by returning (TAP plan, then poweroff) unless it dies on purpose.
 */
#ifndef PVGUEST_H
#define PVGUEST_H

#include <pvguest/types.h>
#include <pvguest/hypercall.h>
#include <pvguest/offsets.h>
#include <pvguest/console.h>
#include <pvguest/tap.h>
#include <pvguest/traps.h>
#include <pvguest/mm.h>
#include <pvguest/events.h>
#include <pvguest/time.h>
#include <pvguest/user.h>
#include <pvguest/random.h>

extern struct start_info *start_info;
extern struct shared_info *shared_info;
extern const u64 image_base;		/* VIRT_BASE: address of pseudo-physical 0 */
extern char image_start[], image_end[];

void test_main(void);

/* value of key= in the command line (extra=) as a number, or fallback */
u64 arg_u64(const char *key, u64 fallback);
bool arg_is(const char *key, const char *value);
bool arg_flag(const char *word);

void __noreturn shutdown(unsigned int reason);	/* SHUTDOWN_* */

#endif
