/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_H
#define FUZZ_H

#include <pvguest/types.h>

#define NR_CALLS	64
#define NR_PAGES	8

extern u8 *buffer[NR_PAGES];	/* written by us at any time */
extern u8 *victim[NR_PAGES];	/* whose frames may become tables, go away, or be cleared */

u64 argument(void);		/* anything */

/* Arguments as the call wants them, mostly: false if it has none worth the name. */
bool structured(unsigned int nr, u64 a[5]);

/* What the call may have taken from us, given back. */
void restore(unsigned int nr);

#endif
