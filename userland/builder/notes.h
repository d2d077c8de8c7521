/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel says about itself in its Xen notes, or before there were
 * notes in the section "__xen_guest".
 */
#ifndef LODGE_BUILDER_NOTES_H
#define LODGE_BUILDER_NOTES_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Addresses are LODGE_NO_ADDRESS where the kernel says nothing; strings "". */
struct lodge_notes {
	bool legacy;			/* from __xen_guest */
	uint64_t entry;
	uint64_t hypercall_page;
	uint64_t virt_base;
	uint64_t paddr_offset;
	uint64_t init_p2m;
	bool mod_start_pfn;
	bool phys32_entry;
	char xen_version[32];
	char guest_os[32];
	char features[256];
};

int lodge_notes_read(Elf *elf, struct lodge_notes *notes, struct lodge_err *err);

#endif
