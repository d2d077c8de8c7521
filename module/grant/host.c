// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host as the user of grants: what backends reach guests by.  It is domain 0
 * to the guest, as a driver domain would be.
 */

#include "domain/domain.h"
#include "grant/table.h"

s16 lodge_grant_host_map(struct lodge_domain *d, u32 ref, bool write, struct page **page)
{
	struct lodge_grant_active *a;
	s16 ret = lodge_grant_acquire(d, ref, 0, write, true, &a);

	if (ret == GNTST_okay)
		*page = a->page;
	return ret;
}

void lodge_grant_host_unmap(struct lodge_domain *d, u32 ref, bool write)
{
	lodge_grant_release(d, ref, write);
}
