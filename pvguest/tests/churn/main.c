// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn - page tables made and unmade at random, without end
 *
 * A few dozen pages are, as chance has it, mapped writable or not, filled with entries
 * good and bad, pinned at any level, linked into the live tables, made user root, written
 * by hypercall, by instruction and by lists of requests that stop half-way.
 *
 * Proves: nothing by itself but that it goes on; whoever runs it compares what the
 * hypervisor thinks of each page with what the tables say.
 *
 * Real Xen 4.17: goes on.
 */
#include <pvguest/pvguest.h>

#define N	40
#define VA	0x7d3400000000UL

static u64 *page[N];

static u64 *any_page(void)
{
	return page[random_below(N)];
}

static u64 any_entry(void)
{
	static const u64 flags[] = {
		PTE_DATA, PTE_DATA_RO, PTE_TABLE, PTE_TABLE & ~PTE_RW, PTE_DATA & ~PTE_P,
		PTE_P | PTE_RW, PTE_P, PTE_DATA | PTE_NX,
	};
	u64 f = flags[random_below(ARRAY_SIZE(flags))];

	switch (random_below(16)) {
	case 0: return 0;
	case 1: return mfn_pte(0x3ffffffff, f);
	case 2: return mfn_pte(virt_to_mfn(kernel_l4), f);
	case 3: return mfn_pte(start_info->shared_info >> 12, f);
	case 4: return mfn_pte(virt_to_mfn(any_page()), f | PTE_PCD);
	default: return mfn_pte(virt_to_mfn(any_page()), f);
	}
}

static void requests(void)
{
	struct mmu_update req[8];
	unsigned int i, n = 1 + random_below(8), done;

	for (i = 0; i < n; i++)
		req[i] = (struct mmu_update){
			((virt_to_mfn(any_page()) << 12) + 8 * random_below(512)) |
			(random_below(4) ? 0 : MMU_PT_UPDATE_PRESERVE_AD), any_entry(),
		};
	hc_mmu_update(req, n, &done, DOMID_SELF);
}

static void step(void)
{
	u64 *p = any_page(), *q;
	unsigned int i, level = 2 + random_below(3);

	switch (random_below(10)) {
	case 0:
		page_ro(p);
		break;
	case 1:
		page_rw(p);
		break;
	case 2:
		for (i = random_below(8); i; i--)
			probe_write8((u64)&p[random_below(512)], any_entry());
		break;
	case 3:
		if (!page_rw(p))
			memset(p, 0, PAGE_SIZE);
		break;
	case 4:
		page_ro(p);
		pin(1 + random_below(4), virt_to_mfn(p));
		break;
	case 5:
		unpin(virt_to_mfn(p));
		break;
	case 6:
		page_ro(p);
		q = walk(kernel_l4, VA, level);
		if (q && random_below(3))
			write_entry(q, mfn_pte(virt_to_mfn(p), PTE_TABLE));
		else if (q)
			write_entry(q, any_entry());
		break;
	case 7:
		mmuext1(MMUEXT_NEW_USER_BASEPTR, random_below(3) ? virt_to_mfn(p) : 0, 0);
		break;
	case 8:
		requests();
		break;
	case 9:
		set_pte(VA + (random_below(4) << 12), any_entry());
		probe_write8(VA + (random_below(4) << 12), 0);
		break;
	}
}

void test_main(void)
{
	unsigned int i;

	for (i = 0; i < N; i++)
		page[i] = page_alloc();
	hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	for (i = 0;; i++) {
		step();
		if (!(i % 10000))
			diag("%u steps", i);
	}
}
