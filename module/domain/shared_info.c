// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared_info page: lodge's own page, which the guest maps by a frame
 * number outside its RAM (ABI 1.8).
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "domain/domain.h"
#include "mm/access.h"

int lodge_shared_info_create(struct lodge_domain *d)
{
	struct page *page;
	s64 gfn;
	int i;

	BUILD_BUG_ON(sizeof(struct shared_info) > PAGE_SIZE);
	page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!page)
		return -ENOMEM;
	d->shared_info = page_address(page);
	d->shared_info_page = page;

	/* "Interrupts off": a guest enables them vcpu by vcpu (ABI 1.4). */
	for (i = 0; i < ARRAY_SIZE(d->shared_info->vcpu_info); i++)
		d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;

	gfn = lodge_special_add(d, page, true);
	if (gfn < 0) {
		put_page(page);
		return gfn;
	}
	d->shared_info_gfn = gfn;
	return 0;
}

void lodge_shared_info_release(struct lodge_domain *d)
{
	lodge_special_remove(d, d->shared_info_gfn);
}

void lodge_shared_info_free(struct lodge_domain *d)
{
	put_page(d->shared_info_page);
}
