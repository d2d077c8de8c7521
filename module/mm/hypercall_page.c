// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of hypercall stubs that older kernels ask for (ABI 1.7): 128 stubs
 * of 32 bytes, called with the number of the stub as the number of the call.
 */
#include <linux/types.h>
#include <linux/highmem.h>
#include <linux/string.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/shadow.h"
#include "mm/type.h"

#define STUB_SIZE	32
#define NR_STUBS	(PAGE_SIZE / STUB_SIZE)

/* push %rcx; push %r11; mov $nr, %eax; syscall; pop %r11; pop %rcx; ret */
static const u8 stub_call[] = {
	0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3,
};

/* iret never returns: push %rcx; push %r11; push %rax; mov $23, %eax; syscall */
static const u8 stub_iret[] = {
	0x51, 0x41, 0x53, 0x50, 0xb8, 0, 0, 0, 0, 0x0f, 0x05,
};

static void fill_stubs(u8 *page)
{
	u32 nr;

	memset(page, 0xcc, PAGE_SIZE);
	for (nr = 0; nr < NR_STUBS; nr++) {
		u8 *stub = page + nr * STUB_SIZE;

		if (nr == __HYPERVISOR_iret) {
			memcpy(stub, stub_iret, sizeof(stub_iret));
			memcpy(stub + 5, &nr, sizeof(nr));
		} else {
			memcpy(stub, stub_call, sizeof(stub_call));
			memcpy(stub + 4, &nr, sizeof(nr));
		}
	}
}

int lodge_mm_hypercall_page(struct lodge_domain *d, u64 gfn)
{
	struct page *page = lodge_frame_pin(d, gfn);
	bool table;

	if (IS_ERR(page))
		return -EINVAL;
	spin_lock(&d->mm.lock);
	table = !lodge_type_plain(lodge_frame(&d->mm, gfn));
	if (!table)
		fill_stubs(page_address(page));
	spin_unlock(&d->mm.lock);
	lodge_frame_unpin(page);
	return table ? -EINVAL : 0;
}
