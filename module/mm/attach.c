// SPDX-License-Identifier: GPL-2.0-only
/*
 * The runner's address space: where gfn -> host page comes from, and how we
 * learn that a page goes (migration, swap, hole punching, the runner's end).
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "domain/domain.h"
#include "domain/event_hook.h"
#include "mm/rmap.h"
#include "mm/shadow.h"
#include "switch/switch.h"

/* Frames forgotten under one hold of the lock. */
#define INVALIDATE_BATCH	512

struct lodge_attachment {
	struct mmu_notifier notifier;
	struct lodge_domain *domain;	/* referenced; NULL until set up */
	atomic_t active;		/* invalidations between start and end, from registration on */
};

static struct lodge_attachment *attachment_of(struct mmu_notifier *mn)
{
	return container_of(mn, struct lodge_attachment, notifier);
}

static struct lodge_domain *domain_of(struct mmu_notifier *mn)
{
	/* partner: lodge_mm_attach(), which sets it up first */
	return smp_load_acquire(&attachment_of(mn)->domain);
}

static void forget(struct lodge_mm *m, u64 first, u64 end, bool may_yield)
{
	u64 gfn;

	for (gfn = first; gfn < end; gfn++) {
		struct lodge_frame *f = &m->frame[gfn];

		if (f->pfn != LODGE_NO_PFN) {
			if (lodge_rmap_zap(m, f))
				m->flush = true;
			f->pfn = LODGE_NO_PFN;
		}
		if (may_yield && !((gfn - first + 1) % INVALIDATE_BATCH))
			cond_resched_lock(&m->lock);
	}
}

static int invalidate_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct lodge_domain *d;
	u64 start, end;
	struct lodge_mm *m;

	/* counted before the domain is looked at: lodge_mm_attach() has it the other way round */
	atomic_inc(&attachment_of(mn)->active);
	smp_mb__after_atomic();	/* partner: lodge_mm_attach() */
	d = domain_of(mn);
	if (!d)
		return 0;
	m = &d->mm;
	start = max_t(u64, range->start, m->hva);
	end = min_t(u64, range->end, m->hva + (m->max_pages << PAGE_SHIFT));

	spin_lock(&m->lock);
	m->invalidate_seq++;
	if (start < end)
		forget(m, (start - m->hva) >> PAGE_SHIFT,
		       (end - m->hva + PAGE_SIZE - 1) >> PAGE_SHIFT,
		       mmu_notifier_range_blockable(range));
	spin_unlock(&m->lock);
	/* the page must not be in any TLB when we return */
	if (start < end)
		lodge_tlb_flush(d);
	return 0;
}

static void invalidate_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct lodge_domain *d = domain_of(mn);

	if (d) {
		spin_lock(&d->mm.lock);
		d->mm.invalidate_seq++;
		spin_unlock(&d->mm.lock);
	}
	atomic_dec(&attachment_of(mn)->active);
}

/* Under m->lock: is anything of the runner's memory on its way out? */
bool lodge_mm_invalidating(const struct lodge_mm *m)
{
	lockdep_assert_held(&m->lock);
	return !m->attachment || atomic_read(&m->attachment->active);
}

/* The last thread has left the address space: nothing of it executes any more. */
static void release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	struct lodge_domain *d = domain_of(mn);
	struct lodge_mm *m;

	if (!d)
		return;
	m = &d->mm;
	spin_lock(&m->lock);
	forget(m, 0, m->max_pages, true);
	m->attachment = NULL;
	m->invalidate_seq++;
	spin_unlock(&m->lock);
	lodge_switch_detach(mm);
	mutex_lock(&m->attach_mutex);
	m->mm = NULL;
	put_pid(m->runner);
	m->runner = NULL;
	mutex_unlock(&m->attach_mutex);
	lodge_event_send(d, LODGE_EVENT_RUNNER);
	mmu_notifier_put(mn);
}

static struct mmu_notifier *alloc_notifier(struct mm_struct *mm)
{
	struct lodge_attachment *a = kzalloc(sizeof(*a), GFP_KERNEL);

	return a ? &a->notifier : ERR_PTR(-ENOMEM);
}

static void free_notifier(struct mmu_notifier *mn)
{
	struct lodge_attachment *a = container_of(mn, struct lodge_attachment, notifier);

	if (a->domain)
		lodge_domain_put(a->domain);
	kfree(a);
}

static const struct mmu_notifier_ops notifier_ops = {
	.invalidate_range_start = invalidate_start,
	.invalidate_range_end = invalidate_end,
	.release = release,
	.alloc_notifier = alloc_notifier,
	.free_notifier = free_notifier,
};

/* Is the memory of the domain mapped there, whole and in order? */
static bool mapping_ok(struct lodge_mm *m, u64 hva, u64 size)
{
	struct vm_area_struct *vma;
	bool ok;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, hva);
	ok = vma && vma->vm_start <= hva && hva + size > hva && hva + size <= vma->vm_end &&
	     vma->vm_file == m->file && (vma->vm_flags & VM_WRITE) &&
	     vma->vm_pgoff == (vma->vm_start - hva) >> PAGE_SHIFT;
	mmap_read_unlock(current->mm);
	return ok;
}

int lodge_mm_attach(struct lodge_domain *d, u64 hva, u64 size)
{
	struct lodge_mm *m = &d->mm;
	struct mmu_notifier *mn;
	struct lodge_attachment *a;
	int ret;

	if (size != m->max_pages << PAGE_SHIFT || (hva & ~PAGE_MASK) || !mapping_ok(m, hva, size))
		return -EINVAL;
	mutex_lock(&m->attach_mutex);
	ret = -EBUSY;
	if (m->mm)
		goto unlock;
	mn = mmu_notifier_get(&notifier_ops, current->mm);
	if (IS_ERR(mn)) {
		ret = PTR_ERR(mn);
		goto unlock;
	}
	a = container_of(mn, struct lodge_attachment, notifier);
	/* one domain an address space */
	if (a->domain) {
		mmu_notifier_put(mn);
		goto unlock;
	}
	ret = lodge_switch_attach(current->mm);
	if (ret) {
		mmu_notifier_put(mn);
		goto unlock;
	}
	m->hva = hva;
	m->mm = current->mm;
	m->runner = get_pid(task_tgid(current));
	lodge_domain_get(d);
	/* partner: domain_of() */
	smp_store_release(&a->domain, d);
	/* what did not see the domain is in a->active still; partner: invalidate_start() */
	smp_mb();
	spin_lock(&m->lock);
	m->attachment = a;
	spin_unlock(&m->lock);
unlock:
	mutex_unlock(&m->attach_mutex);
	if (!ret)
		lodge_event_send(d, LODGE_EVENT_RUNNER);
	return ret;
}

bool lodge_mm_attached(const struct lodge_domain *d)
{
	return current->mm && READ_ONCE(d->mm.mm) == current->mm;
}

pid_t lodge_mm_runner(struct lodge_domain *d)
{
	pid_t pid;

	mutex_lock(&d->mm.attach_mutex);
	pid = d->mm.runner ? pid_vnr(d->mm.runner) : 0;
	mutex_unlock(&d->mm.attach_mutex);
	return pid;
}
