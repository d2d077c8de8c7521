// SPDX-License-Identifier: GPL-2.0-only
/*
 * pattern - all of memory, filled and verified for ever
 *
 * Maps every page that the boot mapping leaves out and gives each word of them a value made of its
 * place and the round. In each round every word is compared with what the round before wrote, then
 * written anew. A word that differs is a failed point, with its place; every round is told.
 *
 * Proves: memory is what it was, whatever the host does with its pages meanwhile.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

#define WINDOW	0xffff900000000000UL	/* where frame 0 would be */
#define WORDS	(PAGE_SIZE / 8)

static u64 first, end;		/* pfns */
static u64 wrong;

static u64 *page(u64 pfn)
{
	return (u64 *)(WINDOW + (pfn << 12));
}

static u64 value(u64 pfn, u64 word, u64 round)
{
	return ((pfn << 9 | word) + round * 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd;
}

/* One call for each table, as a kernel would. */
static void map_all(void)
{
	static struct mmu_update req[512];
	unsigned int done, n = 0;
	u64 pfn;

	for (pfn = first; pfn < end; pfn++) {
		u64 va = (u64)page(pfn), pte = mfn_pte(pfn_to_mfn(pfn), PTE_DATA);

		if (pfn == first || !L1_IDX(va)) {
			if (map(kernel_l4, va, pte))
				bail_out("cannot map %lx", pfn);
			continue;
		}
		req[n].ptr = pte_maddr(va);
		req[n++].val = pte;
		if (L1_IDX(va) == 511 || pfn == end - 1) {
			if (hc_mmu_update(req, n, &done, DOMID_SELF))
				bail_out("cannot map up to %lx", pfn);
			n = 0;
		}
	}
	flush_tlb();
}

static void complain(u64 pfn, u64 word, u64 got, u64 want)
{
	if (wrong++ < 10)
		printf("not ok pfn %lx word %lx: %lx, should be %lx\n", pfn, word, got, want);
}

static void verify(u64 pfn, u64 round)
{
	const u64 *p = page(pfn);
	u64 i;

	for (i = 0; i < WORDS; i++)
		if (p[i] != value(pfn, i, round))
			complain(pfn, i, p[i], value(pfn, i, round));
}

static void fill(u64 pfn, u64 round)
{
	u64 *p = page(pfn), i;

	for (i = 0; i < WORDS; i++)
		p[i] = value(pfn, i, round);
}

void test_main(void)
{
	u64 round, pfn;

	first = virt_to_pfn((void *)boot_map_end());
	end = start_info->nr_pages;
	map_all();
	printf("# pages %lx to %lx\n", first, end);
	for (pfn = first; pfn < end; pfn++)
		fill(pfn, 0);
	printf("ok 1 %lu pages are filled\n1..1\n", end - first);
	for (round = 1;; round++) {
		for (pfn = first; pfn < end; pfn++) {
			verify(pfn, round - 1);
			fill(pfn, round);
		}
		printf("# round %lu: %lu wrong\n", round, wrong);
	}
}
