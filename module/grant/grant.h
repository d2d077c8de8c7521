/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: frames a guest offers to another domain, to itself, or to a backend of lodge.
 */
#ifndef LODGE_GRANT_H
#define LODGE_GRANT_H

#include <linux/mutex.h>
#include <linux/types.h>

#define LODGE_GRANT_FRAMES	64	/* of the table, at most: 512 version-1 entries each */

struct lodge_domain;
struct page;

struct lodge_grant_map;

struct lodge_grant_table {
	struct mutex lock;	/* covers all fields; nests inside nothing of mm/ */
	u32 version;		/* 0 until set: then 1 is assumed */
	u32 nr_frames;
	struct page *frame[LODGE_GRANT_FRAMES];
	u64 gfn[LODGE_GRANT_FRAMES];
	struct lodge_grant_map *map;	/* handles this domain holds, by index */
	u32 nr_maps;
};

int lodge_grant_create(struct lodge_domain *d);
void lodge_grant_destroy(struct lodge_domain *d);

#endif
