/* SPDX-License-Identifier: GPL-2.0-only */
/* Carrying out a plan in the memory of a domain. */
#ifndef LODGE_BUILDER_FILL_H
#define LODGE_BUILDER_FILL_H

#include <stdbool.h>
#include <stdint.h>

#include "builder/layout.h"

/**
 * struct lodge_memory - where to write
 * @base: frame 0
 * @blank: all of it is known to be zero: then pages that would get only zeroes
 * are not touched, so that they cost nothing
 */
struct lodge_memory {
	uint8_t *base;
	bool blank;
};

/* What start_info says that is not in the plan. */
struct lodge_start {
	uint64_t shared_info_gfn;
	uint32_t store_port;
	uint32_t console_port;
	const char *cmdline;
};

/*
 * Everything but the initrd, which the caller reads to frame l->initrd.first.
 * The plan has made sure that it fits.
 */
void lodge_fill(const struct lodge_memory *m, const struct lodge_layout *l,
		const struct lodge_image *image, const struct lodge_start *start);

#endif
