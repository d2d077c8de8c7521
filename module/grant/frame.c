// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frames of a grant table: lodge's own pages, which the guest maps by name.
 */

#include <linux/mm.h>

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"

/* Status frames for so many frames of version-2 entries: 256 entries, 2 bytes each. */
static u32 status_for(u32 nr_frames)
{
	return DIV_ROUND_UP(nr_frames * (PAGE_SIZE / sizeof(union grant_entry_v2)) *
			    sizeof(grant_status_t), PAGE_SIZE);
}

static int add_frame(struct lodge_domain *d, struct lodge_grant_frame *f)
{
	s64 gfn;

	f->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!f->page)
		return -ENOMEM;
	gfn = lodge_special_add(d, f->page, true);
	if (gfn < 0) {
		__free_page(f->page);
		f->page = NULL;
		return gfn;
	}
	f->gfn = gfn;
	return 0;
}

static void drop_frame(struct lodge_domain *d, struct lodge_grant_frame *f)
{
	lodge_special_remove(d, f->gfn);
	__free_page(f->page);
	f->page = NULL;
	f->gfn = 0;
}

/* Room for @nr_frames frames of entries of @version; what was added before a failure stays. */
int lodge_grant_grow(struct lodge_domain *d, u32 nr_frames, u32 version)
{
	struct lodge_grant_table *t = &d->grant;
	u32 nr_status = version == 2 ? status_for(nr_frames) : 0;
	int ret;

	BUILD_BUG_ON(LODGE_GRANT_STATUS * PAGE_SIZE / sizeof(grant_status_t) <
		     LODGE_GRANT_FRAMES * PAGE_SIZE / sizeof(union grant_entry_v2));

	/* statuses first: an entry always has one */
	while (t->nr_status < nr_status) {
		ret = add_frame(d, &t->status[t->nr_status]);
		if (ret)
			return ret;
		t->nr_status++;
	}
	while (t->nr_frames < nr_frames) {
		ret = add_frame(d, &t->frame[t->nr_frames]);
		if (ret)
			return ret;
		t->nr_frames++;
	}
	return 0;
}

void lodge_grant_drop_status(struct lodge_domain *d)
{
	while (d->grant.nr_status)
		drop_frame(d, &d->grant.status[--d->grant.nr_status]);
}

void lodge_grant_drop_frames(struct lodge_domain *d)
{
	while (d->grant.nr_frames)
		drop_frame(d, &d->grant.frame[--d->grant.nr_frames]);
}

int lodge_grant_create(struct lodge_domain *d)
{
	struct lodge_grant_table *t = &d->grant;
	int ret;

	mutex_init(&t->lock);
	mutex_init(&t->map_lock);
	xa_init(&t->active);
	xa_init_flags(&t->maps, XA_FLAGS_ALLOC);
	t->version = 1;

	mutex_lock(&t->lock);
	/* one frame from the start, as Xen has it */
	ret = lodge_grant_grow(d, 1, 1);
	mutex_unlock(&t->lock);
	return ret;
}

void lodge_grant_destroy(struct lodge_domain *d)
{
	struct lodge_grant_table *t = &d->grant;

	lodge_grant_unmap_all(d);
	/* others may still use what was granted to them: active entries stay until they end */
	mutex_lock(&t->lock);
	lodge_grant_drop_frames(d);
	lodge_grant_drop_status(d);
	lodge_grant_drop_unused(t);
	mutex_unlock(&t->lock);
}
