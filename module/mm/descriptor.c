// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest descriptor tables.  The hardware gets copies of the guest's entries,
 * made safe one by one; the guest's own pages are never used as tables.
 *
 * Any vcpu may change a descriptor of any other's.  mm.descriptors covers the
 * copies of all vcpus and what they are copies of; a vcpu in the guest takes them over
 * when it has seen the generation change, so who changes them for another makes
 * it leave.
 */
#include <linux/types.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/shadow.h"
#include "mm/type.h"

#define DESC_PRESENT	BIT_ULL(47)
#define DESC_DPL	(3ULL << 45)
#define DESC_SYSTEM	BIT_ULL(44)	/* set: code or data */
#define DESC_TYPE	(15ULL << 40)
#define DESC_CALL_GATE	(12ULL << 40)
#define DESC_ACCESSED	BIT_ULL(40)

#define LODGE_NO_GFN	(~0ULL)		/* a page of the LDT that is not loaded */

/* Xen's rule for where a call gate may lead: an entry of the guest's, or the flat segment. */
static bool gate_target_ok(u16 selector)
{
	return selector >> 3 < LODGE_GDT_ENTRIES || selector == FLAT_RING3_CS64 || (selector & 4);
}

/*
 * What becomes of a descriptor: *hw is for the hardware, the result for the
 * guest's own memory, as real Xen leaves it.  false: refused.
 *
 * Not present: harmless as it is.  Code and data: at DPL 3, accessed already,
 * since the CPU must not write our tables.  Type 0 is the second half of a call
 * gate and nothing that could be loaded.  A call gate is kept, at DPL 0 and with
 * the level it was for in its target, but no 64-bit guest can go through it: for
 * the hardware there is none.  Other system descriptors are refused.
 */
static bool judge(u64 e, u64 *hw, u64 *own)
{
	*own = e;
	*hw = e;
	if (!(e & DESC_PRESENT))
		return true;
	if (e & DESC_SYSTEM) {
		*own = e | DESC_DPL;
		*hw = *own | DESC_ACCESSED;
		return true;
	}
	*hw = 0;
	if (!(e & DESC_TYPE))
		return true;
	if ((e & DESC_TYPE) != DESC_CALL_GATE || !gate_target_ok(e >> 16) || (e >> 32 & 0xff))
		return false;
	*own = (e & ~DESC_DPL) | 3 << 16;
	return true;
}

/*
 * Copy the first n entries of a frame and mark it as one with descriptors, so
 * that it is not mapped writable while they are in use.  As on real Xen it must
 * not be mapped writable now, nor be a page table, and all of it is looked at.
 */
static int read_entries(struct lodge_domain *d, u64 gfn, u64 *to, u32 n)
{
	struct page *page = lodge_frame_pin(d, gfn);
	struct lodge_mm *m = &d->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;
	u64 *from, hw, own;
	u32 i;

	if (IS_ERR(page))
		return -EINVAL;
	from = page_address(page);
	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (!lodge_frame_is_ram(f) || f->type)
		goto unlock;
	for (i = 0; i < 512; i++) {
		if (!judge(READ_ONCE(from[i]), &hw, &own))
			goto unlock;
		if (i < n)
			to[i] = hw;
	}
	for (i = 0; i < 512; i++) {
		u64 e = READ_ONCE(from[i]);

		if (judge(e, &hw, &own) && own != e)
			WRITE_ONCE(from[i], own);
	}
	f->flags |= LODGE_FRAME_DESC;
	ret = 0;
unlock:
	spin_unlock(&m->lock);
	lodge_frame_unpin(page);
	return ret;
}

static u32 ldt_pages(const struct lodge_vcpu *v)
{
	return DIV_ROUND_UP(v->ldt_entries, 512);
}

static bool used_by(const struct lodge_vcpu *v, u64 gfn)
{
	u32 i;

	for (i = 0; i < DIV_ROUND_UP(v->gdt_entries, 512); i++)
		if (v->gdt_gfn[i] == gfn)
			return true;
	for (i = 0; i < ldt_pages(v); i++)
		if (v->ldt_gfn[i] == gfn)
			return true;
	return false;
}

/* Frames that may have gone out of use as tables.  One at a time under the lock. */
static void put_frames(struct lodge_domain *d, const u64 *gfn, u32 n)
{
	struct lodge_mm *m = &d->mm;
	u32 i, j;

	for (i = 0; i < n; i++) {
		struct lodge_frame *f;

		if (gfn[i] == LODGE_NO_GFN)
			continue;
		spin_lock(&m->lock);
		f = lodge_frame(m, gfn[i]);
		for (j = 0; j < d->max_vcpus; j++)
			if (used_by(d->vcpu[j], gfn[i]))
				break;
		if (f && j == d->max_vcpus)
			f->flags &= ~LODGE_FRAME_DESC;
		spin_unlock(&m->lock);
	}
}

/* Under mm.descriptors: the copies have changed. */
static void changed(struct lodge_vcpu *v)
{
	lockdep_assert_held(&v->domain->mm.descriptors);
	/* partner: load_descriptors(), which reads it before it copies */
	smp_store_release(&v->descriptor_generation, v->descriptor_generation + 1);
}

int lodge_gdt_set(struct lodge_vcpu *v, const u64 *gfn, u32 entries)
{
	u32 frames = DIV_ROUND_UP(entries, 512), old_frames = 0, i;
	struct lodge_domain *d = v->domain;
	u64 old[LODGE_GDT_FRAMES];
	u64 *copy;
	int ret = 0;

	if (entries > LODGE_GDT_ENTRIES)
		return -EINVAL;
	copy = kvcalloc(max_t(u32, entries, 1), sizeof(*copy), GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	mutex_lock(&d->mm.descriptors);
	for (i = 0; i < frames && !ret; i++)
		ret = read_entries(d, gfn[i], copy + 512 * i,
				   min_t(u32, 512, entries - 512 * i));
	if (!ret) {
		memcpy(v->gdt, copy, entries * sizeof(*copy));
		spin_lock(&d->mm.lock);
		old_frames = DIV_ROUND_UP(v->gdt_entries, 512);
		memcpy(old, v->gdt_gfn, sizeof(old));
		memcpy(v->gdt_gfn, gfn, frames * sizeof(*gfn));
		v->gdt_entries = entries;
		spin_unlock(&d->mm.lock);
		changed(v);
		put_frames(d, old, old_frames);
	} else {
		put_frames(d, gfn, i);
	}
	mutex_unlock(&d->mm.descriptors);
	kvfree(copy);
	return ret;
}

LODGE_HC(set_gdt)
{
	u64 gfn[LODGE_GDT_FRAMES];
	u32 entries = args->a[1];

	if (entries > LODGE_GDT_ENTRIES)
		return -EINVAL;
	if (lodge_guest_read(v, gfn, args->a[0], DIV_ROUND_UP(entries, 512) * sizeof(gfn[0])))
		return -EFAULT;
	return lodge_gdt_set(v, gfn, entries);
}

/* Where the frame is part of the vcpu's tables, the copies follow: true if it is. */
static bool update_copies(struct lodge_vcpu *v, u64 gfn, u32 slot, u64 val)
{
	bool any = false;
	u32 i, n;

	for (i = 0; i < DIV_ROUND_UP(v->gdt_entries, 512); i++) {
		n = 512 * i + slot;
		if (v->gdt_gfn[i] != gfn || n >= v->gdt_entries)
			continue;
		WRITE_ONCE(v->gdt[array_index_nospec(n, LODGE_GDT_ENTRIES)], val);
		any = true;
	}
	for (i = 0; i < ldt_pages(v); i++) {
		n = 512 * i + slot;
		if (v->ldt_gfn[i] != gfn || n >= v->ldt_entries)
			continue;
		WRITE_ONCE(v->ldt[array_index_nospec(n, LODGE_LDT_ENTRIES)], val);
		any = true;
	}
	if (any)
		changed(v);
	return any;
}

/* true: another vcpu has it as well. */
static bool update_all(struct lodge_vcpu *v, u64 gfn, u32 slot, u64 val)
{
	struct lodge_domain *d = v->domain;
	bool others = false;
	u32 i;

	for (i = 0; i < d->max_vcpus; i++)
		if (update_copies(d->vcpu[i], gfn, slot, val) && d->vcpu[i] != v)
			others = true;
	return others;
}

LODGE_HC(update_descriptor)
{
	u64 maddr = args->a[0], gfn = maddr >> PAGE_SHIFT, hw, own;
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;
	struct page *page;
	bool others;

	if ((maddr & 7) || !judge(args->a[1], &hw, &own))
		return -EINVAL;
	page = lodge_frame_pin(v->domain, gfn);
	if (IS_ERR(page))
		return -EINVAL;
	mutex_lock(&m->descriptors);
	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (lodge_frame_is_ram(f) && !lodge_type_level(f)) {
		WRITE_ONCE(*(u64 *)(page_address(page) + (maddr & ~PAGE_MASK)), own);
		ret = 0;
	}
	spin_unlock(&m->lock);
	lodge_frame_unpin(page);
	others = !ret && update_all(v, gfn, (maddr & ~PAGE_MASK) / 8, hw);
	mutex_unlock(&m->descriptors);
	/* on return it is in force everywhere, as if the tables were shared */
	if (others)
		lodge_tlb_flush(v->domain);
	return ret;
}

/* The frame that the guest kernel's tables have at va, if there is one. */
static u64 frame_at(struct lodge_vcpu *v, u64 va)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_walk w;
	int ret;

	do {
		spin_lock(&m->lock);
		ret = lodge_walk(m, v->cr3_kernel, va, &w);
		spin_unlock(&m->lock);
	} while (ret == -EAGAIN && !lodge_frame_resident(v, w.need));
	return ret ? LODGE_NO_GFN : pte_gfn(w.entry[1]);
}

/* Bring in one page of the LDT: 0 or -EINVAL. */
static int load_ldt_page(struct lodge_vcpu *v, u32 page)
{
	u64 gfn = frame_at(v, v->ldt_va + page * PAGE_SIZE), *to = v->ldt + 512 * page;
	u32 n = min_t(u32, 512, v->ldt_entries - 512 * page);

	if (gfn == LODGE_NO_GFN)
		return -EINVAL;
	if (read_entries(v->domain, gfn, to, n)) {
		memset(to, 0, n * sizeof(*to));
		return -EINVAL;
	}
	spin_lock(&v->domain->mm.lock);
	v->ldt_gfn[page] = gfn;
	spin_unlock(&v->domain->mm.lock);
	changed(v);
	return 0;
}

bool lodge_ldt_fault(struct lodge_vcpu *v, u32 selector)
{
	u32 n = (selector & 0xffff) >> 3, page = n / 512;
	bool loaded;

	if (n >= v->ldt_entries || !v->ldt)
		return false;
	page = array_index_nospec(page, LODGE_LDT_FRAMES);
	if (v->ldt_gfn[page] != LODGE_NO_GFN)
		return false;
	mutex_lock(&v->domain->mm.descriptors);
	loaded = !load_ldt_page(v, page);
	mutex_unlock(&v->domain->mm.descriptors);
	if (!loaded)
		lodge_vcpu_inject_pf(v, v->ldt_va + 8 * n, 0);
	return true;
}

int lodge_ldt_set(struct lodge_vcpu *v, u64 va, u64 entries)
{
	u64 old[LODGE_LDT_FRAMES];
	u32 old_pages, i;

	if (entries > LODGE_LDT_ENTRIES || (entries && (va & ~PAGE_MASK)) ||
	    (entries && !lodge_guest_va_ok(va)))
		return -EINVAL;
	if (entries && !v->ldt) {
		v->ldt = kvcalloc(LODGE_LDT_ENTRIES, sizeof(*v->ldt), GFP_KERNEL_ACCOUNT);
		if (!v->ldt)
			return -ENOMEM;
	}
	mutex_lock(&v->domain->mm.descriptors);
	spin_lock(&v->domain->mm.lock);
	old_pages = ldt_pages(v);
	memcpy(old, v->ldt_gfn, sizeof(old));
	for (i = 0; i < LODGE_LDT_FRAMES; i++)
		v->ldt_gfn[i] = LODGE_NO_GFN;
	v->ldt_va = va;
	v->ldt_entries = entries;
	spin_unlock(&v->domain->mm.lock);
	put_frames(v->domain, old, old_pages);
	if (entries)
		memset(v->ldt, 0, entries * sizeof(*v->ldt));
	changed(v);
	/* what cannot be had yet is a fault at its first use: lodge_ldt_fault() */
	for (i = 0; i < ldt_pages(v); i++)
		load_ldt_page(v, i);
	mutex_unlock(&v->domain->mm.descriptors);
	return 0;
}
