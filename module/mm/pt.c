// SPDX-License-Identifier: GPL-2.0-only
/* Writing page-table entries: by hypercall, and for emulated instructions. */
#include <linux/mm.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/pt.h"
#include "mm/shadow.h"
#include "switch/layout.h"

/* The highest level at which a frame is a table, 0 if it is none: others are linear maps of it. */
static unsigned int table_level(const struct lodge_frame *f)
{
	if (f->pinned)
		return f->pinned;
	return f->shadows ? kind_level(__fls(f->shadows)) : 0;
}

/* Entries of a root that are the hypervisor's. */
static bool reserved_entry(unsigned int level, unsigned int index)
{
	return level == 4 && index >= LODGE_SLOT_FIRST && index <= LODGE_SLOT_LAST;
}

/*
 * May this entry go into a table of this level?  What no shadow would honour
 * is refused as real Xen does: frames that are not the domain's, and writable
 * mappings of tables in use, of page tables and of descriptors.  Level 0: not
 * known to be a table, anything goes.
 */
static bool entry_ok(struct lodge_mm *m, unsigned int level, unsigned int index, u64 val)
{
	struct lodge_frame *f;

	if (reserved_entry(level, index))
		return false;
	if (!level || !(val & PTE_P))
		return true;
	f = lodge_frame(m, pte_gfn(val));
	if (!f || !(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL)))
		return false;
	if (level > 1) {
		/* a linear map of the tables can be read only */
		if ((val & PTE_W) && table_level(f) == level)
			return false;
		return !(val & PTE_PSE) && (f->flags & LODGE_FRAME_RAM);
	}
	/* cache attributes are for domains with devices */
	if (val & PTE_CACHE)
		return false;
	return !((val & PTE_W) && (f->pinned || f->shadows || (f->flags & LODGE_FRAME_DESC)));
}

/* Under the lock, frame resident. */
static int store(struct lodge_mm *m, u64 gfn, unsigned int index, u64 val,
		 enum lodge_pt_store how, u64 *old, unsigned int level)
{
	struct lodge_frame *f = lodge_frame(m, gfn);
	u64 *p = (u64 *)lodge_frame_map(f) + index;
	u64 cur, new;

	if (!level)
		level = table_level(f);
	if (!entry_ok(m, level, index, val))
		return -EINVAL;
	cur = READ_ONCE(*p);
	do {
		new = how == LODGE_PT_PRESERVE_AD ? val | (cur & (PTE_A | PTE_D)) : val;
	} while (!try_cmpxchg64(p, &cur, new));
	if (old)
		*old = cur;
	if (f->shadows)
		lodge_shadow_sync(m, gfn, index, new);
	return 0;
}

int lodge_pt_store_maddr(struct lodge_vcpu *v, u64 maddr, u64 val, enum lodge_pt_store how,
			 u64 *old)
{
	struct lodge_mm *m = &v->domain->mm;
	u64 gfn = maddr >> PAGE_SHIFT;
	struct lodge_frame *f;
	int ret;

	if (maddr & 7)
		return -EINVAL;
	for (;;) {
		spin_lock(&m->lock);
		f = lodge_frame(m, gfn);
		if (!lodge_frame_is_ram(f))
			ret = -EINVAL;
		else if (f->pfn == LODGE_NO_PFN)
			ret = -EAGAIN;
		else
			ret = store(m, gfn, (maddr & ~PAGE_MASK) / 8, val, how, old, 0);
		spin_unlock(&m->lock);
		if (ret != -EAGAIN)
			break;
		ret = lodge_frame_resident(v, gfn);
		if (ret)
			break;
	}
	if (!ret)
		lodge_count(v, pt_update);
	return ret;
}

int lodge_pt_store_va(struct lodge_vcpu *v, u64 va, u64 val, u64 *old)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_walk w;
	int ret;

	if (!lodge_guest_va_ok(va))
		return -EINVAL;
	for (;;) {
		spin_lock(&m->lock);
		ret = lodge_walk(m, v->cr3_kernel, va, &w);
		/* the leaf need not be present, its table must */
		if (ret == -EFAULT && w.level == 1)
			ret = 0;
		if (!ret)
			ret = store(m, w.gfn[1], pt_index(va, 1), val, LODGE_PT_SET, old, 1);
		else if (ret != -EAGAIN)
			ret = -EINVAL;
		spin_unlock(&m->lock);
		if (ret != -EAGAIN)
			break;
		ret = lodge_frame_resident(v, w.need);
		if (ret)
			break;
	}
	if (!ret)
		lodge_count(v, pt_update);
	return ret;
}

int lodge_pte_write_maddr(struct lodge_vcpu *v, u64 maddr, u64 val, u64 *old)
{
	int ret = lodge_pt_store_maddr(v, maddr, val, LODGE_PT_SET, old);

	lodge_mm_commit(v->domain);
	return ret;
}

int lodge_pte_write_va(struct lodge_vcpu *v, u64 va, u64 val, u64 *old)
{
	int ret = lodge_pt_store_va(v, va, val, old);

	lodge_mm_commit(v->domain);
	return ret;
}

/* Find the guest's bytes at va, which it may read, under the lock. */
static int locate(struct lodge_vcpu *v, u64 va, struct lodge_walk *w, u64 *need)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret;

	if (!lodge_guest_va_ok(va))
		return -EFAULT;
	ret = lodge_walk(m, v->cr3_kernel, va, w);
	*need = w->need;
	if (ret)
		return ret == -EAGAIN ? ret : -EFAULT;
	f = lodge_frame(m, pte_gfn(w->entry[1]));
	if (!lodge_frame_is_ram(f))
		return -EFAULT;
	*need = pte_gfn(w->entry[1]);
	return f->pfn == LODGE_NO_PFN ? -EAGAIN : 0;
}

static u64 load_bytes(const void *p, unsigned int bytes)
{
	switch (bytes) {
	case 1: return READ_ONCE(*(u8 *)p);
	case 2: return READ_ONCE(*(u16 *)p);
	case 4: return READ_ONCE(*(u32 *)p);
	default: return READ_ONCE(*(u64 *)p);
	}
}

static u64 cmpxchg_bytes(void *p, unsigned int bytes, u64 old, u64 new)
{
	switch (bytes) {
	case 1: return cmpxchg((u8 *)p, (u8)old, (u8)new);
	case 2: return cmpxchg((u16 *)p, (u16)old, (u16)new);
	case 4: return cmpxchg((u32 *)p, (u32)old, (u32)new);
	default: return cmpxchg((u64 *)p, old, new);
	}
}

int lodge_pt_read(struct lodge_vcpu *v, u64 va, unsigned int bytes, u64 *val)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_walk w;
	u64 need;
	int ret;

	if (offset_in_page(va) + bytes > PAGE_SIZE)
		return -EFAULT;
	for (;;) {
		spin_lock(&m->lock);
		ret = locate(v, va, &w, &need);
		if (!ret)
			*val = load_bytes(lodge_frame_map(lodge_frame(m, need)) +
					  offset_in_page(va), bytes);
		spin_unlock(&m->lock);
		if (ret != -EAGAIN || lodge_frame_resident(v, need))
			return ret == -EAGAIN ? -EFAULT : ret;
	}
}

int lodge_pt_cmpxchg(struct lodge_vcpu *v, u64 va, unsigned int bytes, u64 *old, u64 new)
{
	struct lodge_mm *m = &v->domain->mm;
	u64 need, seen, whole, *entry;
	struct lodge_frame *f;
	struct lodge_walk w;
	unsigned int shift = (va & 7) * 8;
	void *p;
	int ret;

	/* inside one entry */
	if ((va & 7) + bytes > 8 || (va & (bytes - 1)))
		return -EFAULT;
	for (;;) {
		spin_lock(&m->lock);
		ret = locate(v, va, &w, &need);
		if (ret != -EAGAIN)
			break;
		spin_unlock(&m->lock);
		if (lodge_frame_resident(v, need))
			return -EFAULT;
	}
	if (ret)
		goto unlock;
	f = lodge_frame(m, need);
	p = lodge_frame_map(f) + offset_in_page(va);
	entry = PTR_ALIGN_DOWN((u64 *)p, 8);
	/* the entry as it will be, judged before it is stored */
	whole = READ_ONCE(*entry);
	if (bytes < 8) {
		u64 mask = ((1ULL << bytes * 8) - 1) << shift;

		whole = (whole & ~mask) | (new << shift & mask);
	} else {
		whole = new;
	}
	if (!entry_ok(m, table_level(f), offset_in_page(va) / 8, whole)) {
		ret = -EFAULT;
		goto unlock;
	}
	seen = cmpxchg_bytes(p, bytes, *old, new);
	if (seen != (bytes < 8 ? *old & ((1ULL << bytes * 8) - 1) : *old)) {
		*old = seen;
		ret = -EAGAIN;
		goto unlock;
	}
	if (f->shadows)
		lodge_shadow_sync(m, need, offset_in_page(va) / 8, READ_ONCE(*entry));
unlock:
	spin_unlock(&m->lock);
	lodge_mm_commit(v->domain);
	return ret;
}
