/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames and page tables. A pfn is our own numbering from 0; an mfn is the name
 * the hypervisor gave that page. PTEs, CR3 and hypercalls speak mfn.
 */
#ifndef PVGUEST_MM_H
#define PVGUEST_MM_H

#include <pvguest/types.h>

#define PTE_P		BIT(0)
#define PTE_RW		BIT(1)
#define PTE_US		BIT(2)
#define PTE_PWT		BIT(3)
#define PTE_PCD		BIT(4)
#define PTE_A		BIT(5)
#define PTE_D		BIT(6)
#define PTE_PSE		BIT(7)
#define PTE_G		BIT(8)
#define PTE_NX		BIT(63)
#define PTE_ADDR	0x000ffffffffff000UL
#define PTE_FLAGS	(~PTE_ADDR)
#define PTE_TABLE	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_DATA	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_DATA_RO	(PTE_P | PTE_US | PTE_A)

#define L1_IDX(va)	(((u64)(va) >> 12) & 511)
#define L2_IDX(va)	(((u64)(va) >> 21) & 511)
#define L3_IDX(va)	(((u64)(va) >> 30) & 511)
#define L4_IDX(va)	(((u64)(va) >> 39) & 511)

#define M2P_START	0xffff800000000000UL
#define HV_END		0xffff880000000000UL
#define NONCANON	0x0000800000000000UL	/* first non-canonical address */
#define NONCANON_LAST	0xffff7fffffffffffUL	/* and the last */

extern u64 *p2m;			/* pfn -> mfn */
extern u64 *kernel_l4;			/* the root in force */

u64 pfn_to_mfn(u64 pfn);
u64 mfn_to_pfn(u64 mfn);
u64 virt_to_pfn(const void *va);	/* boot mapping only */
u64 virt_to_mfn(const void *va);
void *mfn_to_virt(u64 mfn);		/* boot mapping only */
static inline u64 mfn_pte(u64 mfn, u64 flags)
{
	return (mfn << 12) | flags;
}

void mm_init(void);
void *page_alloc(void);			/* a zeroed page of the image's pool */
u64 pages_left(void);
u64 boot_map_end(void);			/* first address past the boot mapping */

u64 *walk(u64 *l4, u64 va, int level);	/* entry of va at level 1..4, NULL if no table */
u64 pte_maddr(u64 va);			/* machine address of the kernel L1 entry; 0 if none */
u64 pte_read(u64 va);

long set_pte(u64 va, u64 pte);		/* update_va_mapping + INVLPG of the kernel root */
long write_entry(const u64 *entry, u64 val);	/* mmu_update NORMAL of an entry in the boot mapping */
long mmu_update1(u64 ptr, u64 val);	/* one raw request, DOMID_SELF */
long mmuext1(unsigned int cmd, u64 mfn, u64 arg2);
#define pin(level, mfn)	mmuext1(MMUEXT_PIN_L1_TABLE + (level) - 1, mfn, 0)
#define unpin(mfn)	mmuext1(MMUEXT_UNPIN_TABLE, mfn, 0)
long flush_tlb(void);
long flush_va(u64 va);

long page_ro(void *page);		/* boot mapping of a page read-only / writable */
long page_rw(void *page);
long map(u64 *l4, u64 va, u64 pte);	/* maps va, making the tables on the way */

#endif
