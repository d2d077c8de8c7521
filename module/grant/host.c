// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host as the user of grants: what backends reach guests by.  It is domain 0
 * to the guest, as a driver domain would be.
 */

#include "domain/domain.h"
#include "grant/table.h"

void lodge_grant_host_unmap_all(struct lodge_domain *d, const u32 *ref, u32 nr, bool write)
{
	u32 i;

	mutex_lock(&d->grant.lock);
	for (i = 0; i < nr; i++)
		lodge_grant_release_locked(d, ref[i], write);
	mutex_unlock(&d->grant.lock);
}

s16 lodge_grant_host_map_all(struct lodge_domain *d, const u32 *ref, u32 nr, bool write,
			     struct page **page)
{
	struct lodge_grant_active *a;
	s16 ret = GNTST_okay;
	u32 i;

	mutex_lock(&d->grant.lock);
	for (i = 0; i < nr; i++) {
		ret = lodge_grant_acquire_locked(d, ref[i], 0, write, true, &a);
		if (ret != GNTST_okay)
			break;
		page[i] = a->page;
	}
	mutex_unlock(&d->grant.lock);
	if (ret != GNTST_okay)
		lodge_grant_host_unmap_all(d, ref, i, write);
	return ret;
}

s16 lodge_grant_host_map(struct lodge_domain *d, u32 ref, bool write, struct page **page)
{
	return lodge_grant_host_map_all(d, &ref, 1, write, page);
}

void lodge_grant_host_unmap(struct lodge_domain *d, u32 ref, bool write)
{
	lodge_grant_host_unmap_all(d, &ref, 1, write);
}
