/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of page-table entries: the guest's and the shadows'.
 *
 * A shadow entry is one of
 *	0	the guest's own entry is not present: a fault here is the guest's
 *	MARK	the guest's entry is present, but nothing is built for it yet:
 *		P with a reserved address bit, so that the fault says which it is
 *	else	present: leaf or link to a lower shadow
 */
#ifndef LODGE_SPTE_H
#define LODGE_SPTE_H

#include <linux/types.h>
#include <linux/bits.h>

#define PTE_P		BIT_ULL(0)
#define PTE_W		BIT_ULL(1)
#define PTE_U		BIT_ULL(2)
#define PTE_CACHE	(BIT_ULL(3) | BIT_ULL(4) | BIT_ULL(7))	/* PWT, PCD, PAT of an L1 entry */
#define PTE_A		BIT_ULL(5)
#define PTE_D		BIT_ULL(6)
#define PTE_PSE		BIT_ULL(7)
#define PTE_G		BIT_ULL(8)
#define PTE_NX		BIT_ULL(63)
#define PTE_FRAME	GENMASK_ULL(51, 12)

#define SPTE_MARK	(PTE_P | BIT_ULL(51))

/* error code of #PF */
#define FAULT_P		BIT(0)
#define FAULT_W		BIT(1)
#define FAULT_U		BIT(2)
#define FAULT_RSVD		BIT(3)
#define FAULT_I		BIT(4)
#define FAULT_PK		BIT(5)

static inline u64 pte_gfn(u64 pte)
{
	return (pte & PTE_FRAME) >> 12;
}

static inline unsigned int pt_index(u64 va, unsigned int level)
{
	return (va >> (12 + 9 * (level - 1))) & 511;
}

#define PTES_GROUP	8	/* entries that are looked at, and passed over, together */

/* Is any of a group present?  @p is the first of it. Cost: 10 instructions. */
static inline bool ptes_present(const u64 *p)
{
	u64 any = READ_ONCE(p[0]) | READ_ONCE(p[1]) | READ_ONCE(p[2]) | READ_ONCE(p[3]) |
		  READ_ONCE(p[4]) | READ_ONCE(p[5]) | READ_ONCE(p[6]) | READ_ONCE(p[7]);

	return any & PTE_P;
}

/* The next present entry of a guest's table from index on, 512: none.  Most tables are sparse. */
static inline unsigned int pte_next_present(const u64 *table, unsigned int index)
{
	for (; index < 512; index++) {
		while (!(index % PTES_GROUP) && !ptes_present(table + index)) {
			index += PTES_GROUP;
			if (index >= 512)
				return 512;
		}
		if (READ_ONCE(table[index]) & PTE_P)
			break;
	}
	return index;
}

/* Has the shadow entry a target that is linked to it? */
static inline bool spte_linked(u64 spte)
{
	return (spte & PTE_P) && !(spte & BIT_ULL(51));
}

#endif
