/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ERRNO_H
#define ERRNO_H

#include <pvguest/pvguest.h>

#define NOBODY		0x3ffffffffUL	/* a frame that no machine has */
#define HOLE		0x7f0000000000UL	/* an address where nothing is mapped */

extern domid_t self;			/* our real id */

void check_entries(void);
void check_pins(void);
void check_domains(void);
void check_lists(void);
void check_misc(void);
void check_memory(void);

#endif
