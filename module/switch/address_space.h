/* SPDX-License-Identifier: GPL-2.0-only */
/* The host address spaces from which the switcher can be reached. */
#ifndef LODGE_ADDRESS_SPACE_H
#define LODGE_ADDRESS_SPACE_H

#include <linux/types.h>

/* Values for the slots of a host page table. */
void lodge_address_space_init(u64 switch_slot, u64 host_slot);
void lodge_address_space_exit(void);

#endif
