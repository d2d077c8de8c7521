/* SPDX-License-Identifier: GPL-2.0-only */
/* A small generator with a seed that is printed, so that a run can be repeated. */
#ifndef PVGUEST_RANDOM_H
#define PVGUEST_RANDOM_H

#include <pvguest/types.h>

void random_seed(u64 seed);
u64 random_u64(void);
u64 random_below(u64 n);

#endif
