/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of host CPUs as text, in the syntax of cpus= in xl.cfg. */
#ifndef LODGE_COMMON_CPUS_H
#define LODGE_COMMON_CPUS_H

#include <sched.h>
#include <stddef.h>

#include "common/err.h"

/* Room for any set as text. */
#define LODGE_CPUS_TEXT	(CPU_SETSIZE * 5)

/*
 * "all", or numbers and ranges with commas between them, of which "^" takes away
 * again: "0-3,8,^2".  Which of them the host has is not looked at.  0, or -1 with a
 * sentence; what is left may not be nothing.
 */
int lodge_cpus_parse(const char *text, cpu_set_t *cpus, struct lodge_err *err);
/* The shortest such text; "all" if it has all of the first @count. */
void lodge_cpus_format(const cpu_set_t *cpus, size_t count, char text[LODGE_CPUS_TEXT]);

#endif
