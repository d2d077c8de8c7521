/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables: frames a guest offers to another domain, to itself, or to a backend of lodge.
 */
#ifndef LODGE_GRANT_H
#define LODGE_GRANT_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

#define LODGE_GRANT_FRAMES	64	/* of the table, at most: 512 version-1 entries each */
#define LODGE_GRANT_STATUS	8	/* status frames that go with them in version 2 */
#define LODGE_GRANT_MAPS	8192	/* handles a domain can hold */

struct lodge_domain;
struct page;

/* A page of lodge's own and the guest's name for it. */
struct lodge_grant_frame {
	struct page *page;
	u64 gfn;
};

struct lodge_grant_table {
	/*
	 * Covers the table and @active.  Taken with @map_lock of any domain
	 * held, never the other way round, and never two of them; calls into
	 * mm/ are made under it.
	 */
	struct mutex lock;
	u32 version;		/* 1 or 2 */
	u32 nr_frames;
	u32 nr_status;
	struct lodge_grant_frame frame[LODGE_GRANT_FRAMES];
	struct lodge_grant_frame status[LODGE_GRANT_STATUS];
	struct xarray active;	/* by reference: what is in use, and was */

	/* Covers @maps; held over a whole map or unmap operation. */
	struct mutex map_lock;
	struct xarray maps;	/* handles this domain holds */
};

int lodge_grant_create(struct lodge_domain *d);	/* -ENOMEM, -ENOSPC */
/* Let go of all that this domain has mapped, and take its table away. May sleep. */
void lodge_grant_destroy(struct lodge_domain *d);

/**
 * lodge_grant_host_map - a page that the guest has granted to domain 0, for a backend
 * @d: the granting domain
 * @ref: reference, unchecked
 * @write: to write it, too
 * @page: the page, pinned until lodge_grant_host_unmap(), whatever the guest does
 *
 * The entry's GTF_reading and GTF_writing say so meanwhile.  What is read through
 * it can change at any time.
 * Context: process, may sleep.
 * Return: GNTST_okay or the error a mapping domain would get.
 */
s16 lodge_grant_host_map(struct lodge_domain *d, u32 ref, bool write, struct page **page);
/* Process context, may sleep; also after the domain was destroyed. */
void lodge_grant_host_unmap(struct lodge_domain *d, u32 ref, bool write);

/* The same for @nr grants at once, all or none. */
s16 lodge_grant_host_map_all(struct lodge_domain *d, const u32 *ref, u32 nr, bool write,
			     struct page **page);
void lodge_grant_host_unmap_all(struct lodge_domain *d, const u32 *ref, u32 nr, bool write);

/* A piece of a page that the guest has granted to domain 0, and its place in host memory. */
struct lodge_grant_segment {
	void *host;
	u32 ref;		/* unchecked */
	u16 offset, len;	/* unchecked */
	s16 status;		/* GNTST_*, set */
};

/**
 * lodge_grant_host_copy - copy pieces of granted pages to or from host memory
 * @d: the granting domain
 * @s: the pieces; those of one grant one after the other cost one look at it
 * @nr: how many: the table's lock is held over all of them, so not too many
 * @write: to the guest, else from it
 *
 * Context: process, may sleep; also after the domain was destroyed.
 * Return: all were copied; otherwise each one's status says whether it was (the
 * pieces of one grant that stand together share one).
 */
bool lodge_grant_host_copy(struct lodge_domain *d, struct lodge_grant_segment *s, u32 nr,
			   bool write);

#endif
