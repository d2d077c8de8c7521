/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything goes at the start of day.
 *
 * Frames 0..@pages-1 are the RAM of the domain.  From frame 0 upwards, all of
 * it mapped at @virt_base with 4 KiB entries:
 *
 *	kernel | [initrd] | [p2m list] | start_info | xenstore ring |
 *	console ring | page tables: L4, L3s, L2s, L1s | boot stack |
 *	512 KiB or more, up to a multiple of 4 MiB
 *
 * and behind that, not in this mapping, what the kernel said it can take
 * unmapped or elsewhere:
 *
 *	[initrd] | [p2m list | page tables that map it at INIT_P2M]
 */
#ifndef LODGE_BUILDER_LAYOUT_H
#define LODGE_BUILDER_LAYOUT_H

#include <stdint.h>

#include "builder/image.h"

#define LODGE_PAGE_SHIFT	12
#define LODGE_PAGE_SIZE		4096ULL

/* A run of frames; @count may be 0. */
struct lodge_frames {
	uint64_t first;
	uint64_t count;
};

/**
 * struct lodge_tables - the page tables of one level, in order of address
 * @gfn: of the first one
 * @index: which part of the address space the first one is for, counted in
 * parts that one such table translates
 */
struct lodge_tables {
	uint64_t gfn;
	uint64_t count;
	uint64_t index;
};

/**
 * struct lodge_mapping - a linear piece of the address space
 * @va: of its first byte
 * @gfn: which frame is mapped there
 * @count: pages
 * @tables: of levels L1 (0) to L3 (2); the second mapping of a layout has only
 * those that the first lacks
 */
struct lodge_mapping {
	uint64_t va;
	uint64_t gfn;
	uint64_t count;
	struct lodge_tables tables[3];
};

struct lodge_layout {
	uint64_t pages;
	uint64_t virt_base;
	struct lodge_frames initrd;
	uint64_t initrd_len;
	struct lodge_frames p2m;		/* the list only */
	uint64_t p2m_va;
	uint64_t start_info;
	uint64_t store;
	uint64_t console;
	uint64_t l4;
	uint64_t n_tables;			/* of the kernel mapping, L4 included */
	uint64_t stack;
	struct lodge_mapping kernel_map;
	struct lodge_mapping p2m_map;		/* count 0 without INIT_P2M */
	uint64_t end;				/* frames that all this takes */
};

/* @pages the domain has; initrd_len may be 0.  Fails if they do not suffice. */
int lodge_layout_plan(struct lodge_layout *l, const struct lodge_image *image,
		      uint64_t initrd_len, uint64_t pages, struct lodge_err *err);

/* bits of an address below those that choose the table of @level (0: L1) */
static inline unsigned int lodge_table_shift(int level)
{
	return LODGE_PAGE_SHIFT + 9 * (level + 1);
}

static inline uint64_t lodge_layout_va(const struct lodge_layout *l, uint64_t gfn)
{
	return l->virt_base + (gfn << LODGE_PAGE_SHIFT);
}

#endif
