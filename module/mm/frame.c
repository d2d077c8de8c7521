// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames: the guest's names for pages, and the host pages behind them.
 */
#include <linux/types.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/rmap.h"
#include "mm/shadow.h"
#include "mm/type.h"

/* Neighbours looked up together: most of a guest's first touches are in runs. */
#define RESIDENT_BATCH	LODGE_AROUND

int lodge_frame_resident(struct lodge_vcpu *v, u64 gfn)
{
	struct lodge_mm *m = &v->domain->mm;
	struct page *page[RESIDENT_BATCH];
	unsigned long seq;
	int n, got, i;

	if (v->light) {
		v->retry = true;
		return -EFAULT;
	}
retry:
	spin_lock(&m->lock);
	for (n = 0; n < RESIDENT_BATCH && gfn + n < m->max_pages; n++)
		if (!lodge_frame_is_ram(lodge_frame(m, gfn + n)))
			break;
	if (n && lodge_frame(m, gfn)->pfn != LODGE_NO_PFN) {
		spin_unlock(&m->lock);
		return 0;
	}
	seq = m->invalidate_seq;
	spin_unlock(&m->lock);
	if (!n)
		return -EINVAL;

	lodge_count(v, gup);
	got = get_user_pages_fast(m->hva + (gfn << PAGE_SHIFT), n, FOLL_WRITE, page);
	if (got <= 0)
		return -EFAULT;

	spin_lock(&m->lock);
	if (lodge_mm_invalidating(m) || seq != m->invalidate_seq) {
		/* what was found may be on its way out already */
		spin_unlock(&m->lock);
		for (i = 0; i < got; i++)
			put_page(page[i]);
		if (fatal_signal_pending(current))
			return -EFAULT;
		cond_resched();
		goto retry;
	}
	for (i = 0; i < got; i++) {
		struct lodge_frame *f = lodge_frame(m, gfn + i);

		if (lodge_frame_is_ram(f) && f->pfn == LODGE_NO_PFN)
			f->pfn = page_to_pfn(page[i]);
	}
	spin_unlock(&m->lock);
	/* no reference is kept: the notifier tells when the page goes */
	for (i = 0; i < got; i++)
		put_page(page[i]);
	return 0;
}

struct page *lodge_frame_pin(struct lodge_domain *d, u64 gfn)
{
	struct lodge_mm *m = &d->mm;
	struct page *page = NULL;
	struct lodge_frame *f;
	bool ram;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	ram = lodge_frame_is_ram(f);
	/* what is known cannot go without the notifier taking the lock first */
	if (ram && f->pfn != LODGE_NO_PFN) {
		page = pfn_to_page(f->pfn);
		get_page(page);
	}
	spin_unlock(&m->lock);
	if (!ram)
		return ERR_PTR(-EINVAL);
	if (page)
		return page;
	page = shmem_read_mapping_page(m->file->f_mapping, gfn);
	if (IS_ERR(page))
		return page;
	set_page_dirty(page);
	return page;
}

void lodge_frame_unpin(struct page *page)
{
	if (!page)
		return;
	set_page_dirty(page);
	put_page(page);
}

int lodge_frame_hold_writable(struct lodge_domain *d, u64 gfn)
{
	struct lodge_mm *m = &d->mm;
	struct lodge_frame *f;
	int ret = -EBUSY;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (lodge_frame_is_ram(f))
		ret = lodge_type_get_writable(f);
	spin_unlock(&m->lock);
	return ret;
}

s64 lodge_special_add(struct lodge_domain *d, struct page *page, bool writable)
{
	struct lodge_mm *m = &d->mm;
	unsigned int i;

	spin_lock(&m->lock);
	for (i = 0; i < LODGE_NR_SPECIAL; i++)
		if (!m->special[i].flags)
			break;
	if (i == LODGE_NR_SPECIAL) {
		spin_unlock(&m->lock);
		return -ENOSPC;
	}
	m->special[i].pfn = page_to_pfn(page);
	m->special[i].flags = LODGE_FRAME_SPECIAL | (writable ? LODGE_FRAME_WRITABLE : 0);
	spin_unlock(&m->lock);
	return LODGE_SPECIAL_GFN + i;
}

void lodge_special_remove(struct lodge_domain *d, u64 gfn)
{
	struct lodge_mm *m = &d->mm;
	struct lodge_frame *f;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (!WARN_ON_ONCE(!f || !(f->flags & LODGE_FRAME_SPECIAL))) {
		if (lodge_rmap_zap(m, f))
			m->flush = true;
		f->flags = 0;
		f->pfn = LODGE_NO_PFN;
	}
	spin_unlock(&m->lock);
	lodge_mm_commit(d);
}

int lodge_frame_release(struct lodge_domain *d, u64 gfn)
{
	struct lodge_mm *m = &d->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (lodge_frame_is_ram(f) && !lodge_type_level(f)) {
		lodge_shadow_zap_gfn(m, gfn);
		if (lodge_rmap_zap(m, f))
			m->flush = true;
		f->flags = 0;
		f->pfn = LODGE_NO_PFN;
		m->pages--;
		m->m2p[gfn] = ~0ULL;
		ret = 0;
	}
	spin_unlock(&m->lock);
	/* no CPU may use the page when the file lets go of it */
	lodge_mm_commit(d);
	if (!ret)
		vfs_fallocate(m->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      gfn << PAGE_SHIFT, PAGE_SIZE);
	return ret;
}

int lodge_frame_populate(struct lodge_domain *d, u64 gfn)
{
	struct lodge_mm *m = &d->mm;
	int ret = -EINVAL;

	spin_lock(&m->lock);
	if (gfn < m->max_pages && !m->frame[gfn].flags) {
		m->frame[gfn].flags = LODGE_FRAME_RAM;
		m->frame[gfn].pfn = LODGE_NO_PFN;
		m->pages++;
		ret = 0;
	}
	spin_unlock(&m->lock);
	return ret;
}
