// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table helpers. The tables of the boot mapping lie inside that mapping and
 * are read-only, so every table of ours is found through machine-to-phys and the
 * boot mapping, and changed by hypercall only.
 */
#include <pvguest/pvguest.h>

#ifndef POOL_PAGES
#define POOL_PAGES 1024
#endif

static u8 pool[POOL_PAGES][PAGE_SIZE] __page_aligned;
static unsigned long pool_used;
u64 *p2m, *kernel_l4;

u64 pfn_to_mfn(u64 pfn)
{
	return p2m[pfn];
}

u64 mfn_to_pfn(u64 mfn)
{
	return ((const u64 *)M2P_START)[mfn];
}

u64 virt_to_pfn(const void *va)
{
	return ((u64)va - image_base) >> 12;
}

u64 virt_to_mfn(const void *va)
{
	return pfn_to_mfn(virt_to_pfn(va));
}

void *mfn_to_virt(u64 mfn)
{
	return (void *)(image_base + (mfn_to_pfn(mfn) << 12));
}

void mm_init(void)
{
	p2m = (u64 *)start_info->mfn_list;
	kernel_l4 = (u64 *)start_info->pt_base;
}

void *page_alloc(void)
{
	if (pool_used >= POOL_PAGES)
		bail_out("the page pool is used up");
	return pool[pool_used++];
}

u64 pages_left(void)
{
	return POOL_PAGES - pool_used;
}

u64 *walk(u64 *l4, u64 va, int level)
{
	u64 *table = l4;
	int l;

	for (l = 4;; l--) {
		u64 *entry = &table[(va >> (12 + 9 * (l - 1))) & 511];

		if (l == level)
			return entry;
		if (!(*entry & PTE_P))
			return NULL;
		table = mfn_to_virt((*entry & PTE_ADDR) >> 12);
	}
}

u64 pte_maddr(u64 va)
{
	u64 *pte = walk(kernel_l4, va, 1);

	return pte ? (virt_to_mfn(pte) << 12) + ((u64)pte & ~PAGE_MASK) : 0;
}

u64 pte_read(u64 va)
{
	u64 *pte = walk(kernel_l4, va, 1);

	return pte ? READ_ONCE(*pte) : 0;
}

/* the boot mapping ends where its L1 tables do */
u64 boot_map_end(void)
{
	u64 va = (u64)image_end & PAGE_MASK;

	while (pte_read(va) & PTE_P)
		va += PAGE_SIZE;
	return va;
}

long set_pte(u64 va, u64 pte)
{
	return hc_update_va_mapping(va, pte, UVMF_INVLPG);
}

long mmu_update1(u64 ptr, u64 val)
{
	struct mmu_update req = { ptr, val };
	unsigned int done;

	return hc_mmu_update(&req, 1, &done, DOMID_SELF);
}

long write_entry(const u64 *entry, u64 val)
{
	return mmu_update1((virt_to_mfn(entry) << 12) + ((u64)entry & ~PAGE_MASK), val);
}

long mmuext1(unsigned int cmd, u64 mfn, u64 arg2)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn, .arg2.nr_ents = arg2 };
	unsigned int done;

	return hc_mmuext_op(&op, 1, &done, DOMID_SELF);
}

long flush_tlb(void)
{
	return mmuext1(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
}

long flush_va(u64 va)
{
	return mmuext1(MMUEXT_INVLPG_LOCAL, va, 0);
}

long page_ro(void *page)
{
	return set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_P | PTE_US | PTE_A));
}

long page_rw(void *page)
{
	return set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA));
}

long map(u64 *l4, u64 va, u64 pte)
{
	int level;
	long rc;

	for (level = 4; level > 1; level--) {
		u64 *entry = walk(l4, va, level);
		u64 *table;

		if (*entry & PTE_P)
			continue;
		table = page_alloc();
		memset(table, 0, PAGE_SIZE);
		rc = page_ro(table);
		if (!rc)
			rc = write_entry(entry, mfn_pte(virt_to_mfn(table), PTE_TABLE));
		if (rc)
			return rc;
	}
	rc = write_entry(walk(l4, va, 1), pte);
	return rc ? rc : flush_va(va);
}
