// SPDX-License-Identifier: GPL-2.0-only
/* Writing page-table entries: by hypercall, and for emulated instructions. */
#include <linux/mm.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/pt.h"
#include "mm/shadow.h"
#include "mm/type.h"
#include "switch/layout.h"

/* Under the lock, against another vcpu that keeps on changing an entry. */
#define XCHG_TRIES	16

/* Entries of a root that are the hypervisor's. */
static bool reserved_entry(unsigned int level, unsigned int index)
{
	return level == 4 && index >= LODGE_SLOT_FIRST && index <= LODGE_SLOT_LAST;
}

/* Entries that name the same frame with the same rights use the same. */
static bool same_use(u64 a, u64 b)
{
	return (a & b & PTE_P) && !((a ^ b) & (PTE_FRAME | PTE_W | PTE_CACHE | PTE_G));
}

/* Frames of domain DOMID_IO: none is the guest's, but an entry may be removed. */
static int io_entry(struct lodge_mm *m, unsigned int level, u64 val)
{
	struct lodge_frame *f = lodge_frame(m, pte_gfn(val));

	if (level > 1 || (val & PTE_CACHE))
		return -EINVAL;
	if (!(val & PTE_P))
		return 0;
	return f && (f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL)) ? -EBUSY : -EPERM;
}

/*
 * Under the lock, frame resident.  The new entry gets what it uses before it is
 * stored, the old one loses it after that.
 */
static int store(struct lodge_mm *m, u64 gfn, unsigned int index, u64 val,
		 enum lodge_pt_store how, u64 *old, struct lodge_type_need *need)
{
	struct lodge_frame *f = lodge_frame(m, gfn);
	u64 *p = (u64 *)lodge_frame_map(f) + index;
	unsigned int level = lodge_type_level(f);
	u64 cur, new;
	int ret = 0;

	lockdep_assert_held(&m->lock);
	if (f->type_state)
		return -EAGAIN;
	if (reserved_entry(level, index) || (f->flags & LODGE_FRAME_DESC) ||
	    ((how & LODGE_PT_LEAF) && level != 1))
		return -EINVAL;
	cur = READ_ONCE(*p);
	if (level && !same_use(cur, val)) {
		ret = how & LODGE_PT_IO ? io_entry(m, level, val) :
		      lodge_type_entry_get(m, gfn, level, val, need);
		if (ret)
			return ret;
	}
	do {
		new = how & LODGE_PT_PRESERVE_AD ? val | (cur & (PTE_A | PTE_D)) : val;
	} while (!try_cmpxchg64(p, &cur, new));
	if (level && !same_use(cur, val))
		lodge_type_entry_put(m, gfn, level, cur);
	if (old)
		*old = cur;
	if (f->shadows)
		lodge_shadow_sync(m, gfn, index, new);
	return 0;
}

/* Until the tables that the entry needs are there: store() again and again. */
struct attempt {
	struct lodge_type_need need;
	u64 held;		/* a table that has a use too many, + 1 */
};

/* After an attempt, unlocked: true if there is to be another. */
static bool again(struct lodge_vcpu *v, struct attempt *a, u64 resident, int *ret)
{
	u64 held = a->held;

	if (v->light) {
		/* nothing has been stored, if not all */
		if (*ret == LODGE_TYPE_NEED || *ret == -EAGAIN) {
			v->retry = true;
			*ret = -EFAULT;
		}
		return false;
	}
	a->held = 0;
	if (*ret == LODGE_TYPE_NEED) {
		*ret = lodge_type_get_table(v, a->need.gfn, a->need.level);
		if (!*ret) {
			a->held = a->need.gfn + 1;
			*ret = -EAGAIN;
		}
	} else if (*ret == -EAGAIN) {
		*ret = lodge_frame_resident(v, resident) ? : -EAGAIN;
		cond_resched();
	}
	if (held)
		lodge_type_put_table(v, held - 1);
	lodge_type_drain(v);
	return *ret == -EAGAIN;
}

int lodge_pt_store_maddr(struct lodge_vcpu *v, u64 maddr, u64 val, enum lodge_pt_store how,
			 u64 *old)
{
	struct lodge_mm *m = &v->domain->mm;
	u64 gfn = maddr >> PAGE_SHIFT;
	struct attempt a = {};
	struct lodge_frame *f;
	int ret;

	if (maddr & 7)
		return -EINVAL;
	do {
		spin_lock(&m->lock);
		f = lodge_frame(m, gfn);
		if (!lodge_frame_is_ram(f))
			ret = -EINVAL;
		else if (f->pfn == LODGE_NO_PFN)
			ret = -EAGAIN;
		else
			ret = store(m, gfn, (maddr & ~PAGE_MASK) / 8, val, how, old, &a.need);
		spin_unlock(&m->lock);
	} while (again(v, &a, gfn, &ret));
	if (!ret)
		lodge_count(v, pt_update);
	return ret;
}

/* Under the lock, as lodge_walk(); of the path only the last table is known for certain. */
static int walk_kernel(struct lodge_vcpu *v, u64 va, struct lodge_walk *w)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_shadow *leaf;
	int ret = lodge_walk_short(m, v->root_kernel, v->cr3_kernel, va, w, &leaf);

	return ret == -ENOENT ? lodge_walk(m, v->cr3_kernel, va, w) : ret;
}

int lodge_pt_store_va(struct lodge_vcpu *v, u64 va, u64 val, u64 *old)
{
	struct lodge_mm *m = &v->domain->mm;
	struct attempt a = {};
	struct lodge_walk w __uninitialized;
	u64 resident;
	int ret;

	if (!lodge_guest_va_ok(va))
		return -EINVAL;
	do {
		spin_lock(&m->lock);
		ret = walk_kernel(v, va, &w);
		resident = w.need;
		/* the leaf need not be present, its table must */
		if (ret == -EFAULT && w.level == 1)
			ret = 0;
		if (!ret) {
			resident = w.gfn[1];
			ret = store(m, w.gfn[1], pt_index(va, 1), val, LODGE_PT_LEAF, old, &a.need);
		} else if (ret != -EAGAIN) {
			ret = -EINVAL;
		}
		spin_unlock(&m->lock);
	} while (again(v, &a, resident, &ret));
	if (!ret)
		lodge_count(v, pt_update);
	return ret;
}

bool lodge_pt_store_near(struct lodge_vcpu *v, u64 ptr, u64 val, bool *settled)
{
	const u64 how = ptr & 7, gfn = ptr >> PAGE_SHIFT;
	const unsigned int index = (ptr & ~PAGE_MASK) / sizeof(u64);
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	u64 *p, cur, new;
	bool same;

	if ((how && how != MMU_PT_UPDATE_PRESERVE_AD) || gfn >= m->max_pages ||
	    !READ_ONCE(m->attachment) || !spin_trylock(&m->lock))
		return false;
	f = lodge_frame(m, gfn);
	if ((f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_DESC)) != LODGE_FRAME_RAM ||
	    f->pfn == LODGE_NO_PFN || f->type != 1 || f->type_state)
		goto refuse;
	p = (u64 *)lodge_frame_map(f) + index;
	cur = READ_ONCE(*p);
	same = same_use(cur, val);
	if (!same && (val & PTE_P) && !lodge_type_leaf_get(m, val))
		goto refuse;
	do {
		new = how ? val | (cur & (PTE_A | PTE_D)) : val;
	} while (!try_cmpxchg64(p, &cur, new));
	if (!same)
		lodge_type_leaf_put(m, cur);
	if (likely(f->shadows == BIT(LODGE_SHADOW_L1)))
		lodge_shadow_set_leaf(m, lodge_shadow_find(m, gfn, LODGE_SHADOW_L1), index, new);
	else if (f->shadows)
		lodge_shadow_sync(m, gfn, index, new);
	*settled = lodge_mm_settle_locked(m);
	spin_unlock(&m->lock);
	return true;
refuse:
	spin_unlock(&m->lock);
	return false;
}

bool lodge_pt_store_quick(struct lodge_vcpu *v, u64 va)
{
	struct lodge_mm *m = &v->domain->mm;
	const u64 *request;
	u64 ptr = 0, val = 0;
	bool settled;

	if (!lodge_guest_va_ok(va) || va % sizeof(u64) ||
	    offset_in_page(va) > PAGE_SIZE - sizeof(struct mmu_update))
		return false;
	spin_lock(&m->lock);
	request = lodge_guest_peek(v, va);
	if (request) {
		ptr = READ_ONCE(request[0]);
		val = READ_ONCE(request[1]);
	}
	spin_unlock(&m->lock);
	/* the exit settles when it ends */
	if (!request || !lodge_pt_store_near(v, ptr, val, &settled))
		return false;
	lodge_count(v, pt_update);
	return true;
}

/* Can it be stored without anything but the entry changing, and with others like it? */
static bool simple(const struct lodge_vcpu *v, const struct mmu_update *u, unsigned int n)
{
	struct lodge_mm *m = (struct lodge_mm *)&v->domain->mm;
	struct lodge_frame *f = lodge_frame(m, u->ptr >> PAGE_SHIFT);

	if (!lodge_frame_is_ram(f) || f->pfn == LODGE_NO_PFN || (u->ptr & 7) > 3)
		return false;
	/* an entry of an upper table may need, or let go of, a table: one at a time */
	return n == 1 || (v->domain->max_vcpus == 1 && !f->type_state && lodge_type_level(f) <= 1);
}

/*
 * A batch under one hold of the lock, for light exits: false, and nothing has
 * changed, if a request is not simple.  Entries that are refused end it as in
 * mmu_update: *done of them were stored.
 */
bool lodge_pt_store_batch(struct lodge_vcpu *v, const struct mmu_update *u, unsigned int n,
			  unsigned int *done, int *ret)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_type_need need;
	bool ok = !m->dying;
	unsigned int i;

	*ret = 0;
	spin_lock(&m->lock);
	for (i = 0; i < n && ok; i++)
		ok = simple(v, &u[i], n);
	for (i = 0; i < n && ok && !*ret; i++) {
		u64 gfn = u[i].ptr >> PAGE_SHIFT;

		if ((u[i].ptr & 7) == MMU_MACHPHYS_UPDATE)
			m->m2p[gfn] = u[i].val;
		else
			*ret = store(m, gfn, (u[i].ptr & ~PAGE_MASK) / 8, u[i].val,
				     (u[i].ptr & 7) == MMU_PT_UPDATE_PRESERVE_AD ?
				     LODGE_PT_PRESERVE_AD : LODGE_PT_SET, NULL, &need);
	}
	if (*ret == LODGE_TYPE_NEED || *ret == -EAGAIN) {
		/* in a batch of L1 entries nobody else could be at work on one */
		ok = false;
		WARN_ON_ONCE(i > 1);
	}
	spin_unlock(&m->lock);
	*done = *ret ? i - 1 : i;
	if (ok)
		v->counters.pt_update += *done;
	return ok;
}

int lodge_pte_write_maddr(struct lodge_vcpu *v, u64 maddr, u64 val, u64 *old)
{
	int ret = lodge_pt_store_maddr(v, maddr, val, LODGE_PT_LEAF, old);

	lodge_mm_commit(v->domain);
	return ret;
}

int lodge_pte_write_va(struct lodge_vcpu *v, u64 va, u64 val, u64 *old)
{
	int ret = lodge_pt_store_va(v, va, val, old);

	lodge_mm_commit(v->domain);
	return ret;
}

/* The entry at va, which the guest kernel can read, and its frame, under the lock. */
static __always_inline int locate(struct lodge_vcpu *v, u64 va, u64 *gfn, u64 **entry)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	struct lodge_walk w __uninitialized;
	int ret;

	if (!lodge_guest_va_ok(va) || va % sizeof(u64))
		return -EFAULT;
	ret = walk_kernel(v, va, &w);
	*gfn = w.need;
	if (ret)
		return ret == -EAGAIN ? ret : -EFAULT;
	*gfn = pte_gfn(w.entry[1]);
	f = lodge_frame(m, *gfn);
	if (!lodge_frame_is_ram(f))
		return -EFAULT;
	if (f->pfn == LODGE_NO_PFN)
		return -EAGAIN;
	*entry = lodge_frame_map(f) + offset_in_page(va);
	return 0;
}

/* The same, made resident if need be: 0 or -EFAULT, with the lock held. */
static int lock_entry(struct lodge_vcpu *v, u64 va, u64 *gfn, u64 **entry)
	__acquires(&v->domain->mm.lock)
{
	int ret;

	spin_lock(&v->domain->mm.lock);
	for (;;) {
		ret = locate(v, va, gfn, entry);
		if (ret != -EAGAIN)
			return ret;
		spin_unlock(&v->domain->mm.lock);
		ret = lodge_frame_resident(v, *gfn);
		spin_lock(&v->domain->mm.lock);
		if (ret)
			return -EFAULT;
	}
}

/* Under the lock: the entry as it will be is judged before it is stored. */
static __always_inline int replace(struct lodge_mm *m, u64 gfn, u64 *entry, u64 *old, u64 new)
{
	struct lodge_frame *f = lodge_frame(m, gfn);
	unsigned int level = lodge_type_level(f);
	struct lodge_type_need need;
	bool same = !level || same_use(*old, new);
	u64 seen;

	/* real Xen emulates writes to an L1 only */
	if (level > 1 || f->type_state || (f->flags & LODGE_FRAME_DESC) ||
	    (!same && lodge_type_entry_get(m, gfn, level, new, &need)))
		return -EFAULT;
	seen = cmpxchg64(entry, *old, new);
	if (seen != *old) {
		if (!same)
			lodge_type_entry_put(m, gfn, level, new);
		*old = seen;
		return -EAGAIN;
	}
	if (!same)
		lodge_type_entry_put(m, gfn, level, *old);
	if (f->shadows)
		lodge_shadow_sync(m, gfn, ((unsigned long)entry & ~PAGE_MASK) / sizeof(u64), new);
	return 0;
}

int lodge_pt_read(struct lodge_vcpu *v, u64 va, u64 *val)
{
	u64 gfn, *entry;
	int ret = lock_entry(v, va, &gfn, &entry);

	if (!ret)
		*val = READ_ONCE(*entry);
	spin_unlock(&v->domain->mm.lock);
	return ret;
}

int lodge_pt_cmpxchg(struct lodge_vcpu *v, u64 va, u64 *old, u64 new)
{
	u64 gfn, *entry;
	int ret = lock_entry(v, va, &gfn, &entry);

	if (!ret)
		ret = replace(&v->domain->mm, gfn, entry, old, new);
	spin_unlock(&v->domain->mm.lock);
	lodge_mm_commit_of(v);
	return ret;
}

int lodge_pt_xchg(struct lodge_vcpu *v, u64 va, u64 new, u64 *old)
{
	unsigned int tries = XCHG_TRIES;
	u64 gfn, *entry;
	int ret = lock_entry(v, va, &gfn, &entry);

	if (!ret) {
		*old = READ_ONCE(*entry);
		ret = lodge_type_level(lodge_frame(&v->domain->mm, gfn)) == 1 ? -EAGAIN : -EFAULT;
	}
	while (ret == -EAGAIN && tries--)
		ret = replace(&v->domain->mm, gfn, entry, old, new);
	spin_unlock(&v->domain->mm.lock);
	lodge_mm_commit_of(v);
	return ret;
}
