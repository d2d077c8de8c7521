// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that lodge writes at any moment: pinned when it is registered,
 * since where it is written nothing may sleep or translate.
 */

#include <linux/mm.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "time/clock.h"

int lodge_area_pin(struct lodge_vcpu *caller, u64 va, size_t size, struct lodge_guest_area *area)
{
	unsigned int offset, rest;
	struct page *page;

	memset(area, 0, sizeof(*area));
	if (!va)
		return 0;
	if (!lodge_guest_va_ok(va) || !lodge_guest_va_ok(va + size - 1))
		return -EFAULT;

	area->va = va;
	page = lodge_guest_pin(caller, va, &offset);
	if (IS_ERR(page))
		return 0;
	area->page[0] = page;
	area->offset = offset;
	rest = PAGE_SIZE - offset;
	if (rest >= size)
		return 0;
	page = lodge_guest_pin(caller, va + rest, &offset);
	if (IS_ERR(page)) {
		/* half of it would be worse than nothing */
		lodge_frame_unpin(area->page[0]);
		area->page[0] = NULL;
	} else {
		area->page[1] = page;
	}
	return 0;
}

void lodge_area_unpin(struct lodge_guest_area *area)
{
	lodge_frame_unpin(area->page[0]);
	lodge_frame_unpin(area->page[1]);
	memset(area, 0, sizeof(*area));
}

void lodge_area_write(const struct lodge_guest_area *area, size_t at, const void *src, size_t len)
{
	size_t offset = area->offset + at, n = 0;

	if (!area->page[0])
		return;
	if (offset < PAGE_SIZE) {
		n = min_t(size_t, len, PAGE_SIZE - offset);
		memcpy(page_address(area->page[0]) + offset, src, n);
	}
	if (n < len)
		memcpy(page_address(area->page[1]) + offset + n - PAGE_SIZE, src + n, len - n);
}
