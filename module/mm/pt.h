/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes to the guest's page tables on its behalf.  Each stores to guest
 * memory under mm.lock and lets the shadows of that table follow; the caller
 * commits when its batch is done.
 */
#ifndef LODGE_PT_H
#define LODGE_PT_H

#include <linux/types.h>

struct lodge_vcpu;

/* How to store. */
enum lodge_pt_store {
	LODGE_PT_SET = 0,		/* as it is */
	LODGE_PT_PRESERVE_AD = 1,	/* with the A and D that the entry has now */
	LODGE_PT_IO = 2,		/* what it names is DOMID_IO's */
	LODGE_PT_LEAF = 4,		/* into an L1 only */
};

/**
 * lodge_pt_store_maddr - write the entry at a machine address
 * @v: the vcpu
 * @maddr: gfn << 12 | offset, 8-byte aligned; the frame need not be a table
 * @val: new entry
 * @how: see above, or-ed
 * @old: where to put the entry that was there, or NULL
 *
 * Context: own thread, may sleep, no lock.  Call lodge_mm_commit() after it.
 * Return: 0, -EINVAL (not the guest's frame), -EFAULT, or as lodge_type_entry_get().
 */
int lodge_pt_store_maddr(struct lodge_vcpu *v, u64 maddr, u64 val, enum lodge_pt_store how,
			 u64 *old);
/* The L1 entry that maps va in the kernel's tables; -EINVAL if there is no L1 table. */
int lodge_pt_store_va(struct lodge_vcpu *v, u64 va, u64 val, u64 *old);

/*
 * One request of mmu_update at va, for quick exits: an entry of an L1, all of it at
 * hand.  false: it has to be looked at again, and nothing has changed.
 */
bool lodge_pt_store_quick(struct lodge_vcpu *v, u64 va);

/*
 * The same for near exits, the request read: *settled as lodge_mm_settle() has it.
 * Cost: about 280 instructions, with the shadow that follows.
 */
bool lodge_pt_store_near(struct lodge_vcpu *v, u64 ptr, u64 val, bool *settled);

struct mmu_update;
bool lodge_pt_store_batch(struct lodge_vcpu *v, const struct mmu_update *u, unsigned int n,
			  unsigned int *done, int *ret);

#endif
