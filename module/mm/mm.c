// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of a domain's memory: its file, its frames, the tables that show the
 * guest its m2p, and the end of it all.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/vmalloc.h>

#include <xen/interface/xen.h>

#include <lodge/device.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/shadow.h"
#include "mm/type.h"
#include "switch/switch.h"

/* The books of a large domain are large: they are refused before anybody is killed for them. */
#define BOOKS_GFP	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL)

#define M2P_TABLE	(PTE_P | PTE_W | PTE_U | PTE_A)
#define M2P_LEAF	(PTE_P | PTE_U | PTE_A | PTE_NX)

int lodge_mm_init(void)
{
	return 0;
}

void lodge_mm_exit(void)
{
	/* notifiers of runners that are gone are freed after a grace period */
	mmu_notifier_synchronize();
}

static u64 *m2p_table(struct lodge_mm *m, u64 *entry)
{
	struct page *page;

	if (!*entry) {
		page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!page)
			return NULL;
		list_add(&page->lru, &m->m2p_tables);
		*entry = page_to_phys(page) | M2P_TABLE;
	}
	return __va(*entry & PTE_FRAME);
}

/* Read-only and user: the guest kernel runs at CPL 3. Beyond max_pages there is a hole. */
static int map_m2p(struct lodge_mm *m)
{
	u64 size = PAGE_ALIGN(m->max_pages * sizeof(u64));
	u64 off;

	m->m2p = __vmalloc(size, BOOKS_GFP);
	if (!m->m2p)
		return -ENOMEM;
	memset(m->m2p, 0xff, size);
	for (off = 0; off < size; off += PAGE_SIZE) {
		u64 va = LODGE_M2P_VA + off, *table = &m->m2p_slot;
		unsigned int level;

		for (level = 3; level; level--) {
			table = m2p_table(m, table);
			if (!table)
				return -ENOMEM;
			table += pt_index(va, level);
		}
		*table = (u64)vmalloc_to_pfn((void *)m->m2p + off) << PAGE_SHIFT | M2P_LEAF;
	}
	return 0;
}

static int create_shadows(struct lodge_mm *m, u64 shadow_max)
{
	u32 i;

	/* all of RAM mapped once by 4 KiB entries, as much again for processes, and some */
	if (!shadow_max)
		shadow_max = 512 + m->max_pages / 128;
	m->shadow_max = clamp_t(u64, shadow_max, 64, 1 << 20);
	m->hash_bits = ilog2(m->shadow_max) + 1;
	m->hash = kvcalloc(1UL << m->hash_bits, sizeof(*m->hash), BOOKS_GFP);
	m->by_index = kvcalloc(m->shadow_max + 1, sizeof(*m->by_index), BOOKS_GFP);
	m->free_index = kvcalloc(m->shadow_max, sizeof(*m->free_index), BOOKS_GFP);
	if (!m->hash || !m->by_index || !m->free_index)
		return -ENOMEM;
	for (i = 0; i < m->shadow_max; i++)
		m->free_index[i] = m->shadow_max - i;
	m->nr_free_index = m->shadow_max;
	return 0;
}

/* Taking all there is and failing then would make others fail meanwhile. */
static bool books_fit(u64 max_pages)
{
	u64 bytes = max_pages * (sizeof(struct lodge_frame) + sizeof(u64));

	return (s64)(bytes >> PAGE_SHIFT) < si_mem_available();
}

int lodge_mm_create(struct lodge_domain *d, u64 pages, u64 max_pages, u64 shadow_max)
{
	struct lodge_mm *m = &d->mm;
	char name[32];
	u64 i;
	int ret;

	spin_lock_init(&m->lock);
	mutex_init(&m->attach_mutex);
	mutex_init(&m->descriptors);
	INIT_LIST_HEAD(&m->m2p_tables);
	INIT_LIST_HEAD(&m->shadows);
	INIT_LIST_HEAD(&m->orphans);
	INIT_LIST_HEAD(&m->zapped);
	INIT_LIST_HEAD(&m->spare);
	m->pages = pages;
	m->max_pages = max_pages;

	if (!books_fit(max_pages))
		goto nomem;
	m->frame = kvcalloc(max_pages, sizeof(*m->frame), BOOKS_GFP);
	m->special = kvcalloc(LODGE_NR_SPECIAL, sizeof(*m->special), GFP_KERNEL_ACCOUNT);
	if (!m->frame || !m->special)
		goto nomem;
	ret = create_shadows(m, shadow_max);
	if (ret)
		goto free;
	ret = map_m2p(m);
	if (ret)
		goto free;
	for (i = 0; i < max_pages; i++) {
		m->frame[i].pfn = LODGE_NO_PFN;
		if (i < pages) {
			m->frame[i].flags = LODGE_FRAME_RAM;
			m->m2p[i] = i;
		}
		if (!(i & 0xffff))
			cond_resched();
	}
	for (i = 0; i < LODGE_NR_SPECIAL; i++)
		m->special[i].pfn = LODGE_NO_PFN;

	snprintf(name, sizeof(name), "lodge-%u", d->domid);
	m->file = shmem_file_setup(name, max_pages << PAGE_SHIFT, VM_NORESERVE);
	if (IS_ERR(m->file)) {
		ret = PTR_ERR(m->file);
		m->file = NULL;
		goto free;
	}
	return 0;
nomem:
	ret = -ENOMEM;
free:
	lodge_mm_destroy(d);
	return ret;
}

void lodge_mm_release(struct lodge_domain *d)
{
	struct lodge_mm *m = &d->mm;
	unsigned int i;

	for (i = 0; i < d->max_vcpus; i++)
		if (d->vcpu[i])
			lodge_mm_put_roots(d->vcpu[i]);
	lodge_shadow_zap_all(d);
	lodge_shadow_free_spare(m);
	/* mappings of it stay valid memory of their processes; what nobody maps goes now */
	shmem_truncate_range(file_inode(m->file), 0, (loff_t)-1);
}

void lodge_mm_destroy(struct lodge_domain *d)
{
	struct lodge_mm *m = &d->mm;
	struct lodge_shadow *s, *ns;
	struct page *page, *next;

	lodge_shadow_free_spare(m);
	list_for_each_entry_safe(s, ns, &m->zapped, list)
		lodge_shadow_free(s);
	if (m->file)
		fput(m->file);
	list_for_each_entry_safe(page, next, &m->m2p_tables, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
	vfree(m->m2p);
	kvfree(m->free_index);
	kvfree(m->by_index);
	kvfree(m->hash);
	kvfree(m->special);
	kvfree(m->frame);
}

int lodge_mm_mmap(struct lodge_domain *d, struct vm_area_struct *vma)
{
	struct lodge_mm *m = &d->mm;
	u64 end = ((u64)vma->vm_pgoff << PAGE_SHIFT) + (vma->vm_end - vma->vm_start);

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (end > m->max_pages << PAGE_SHIFT)
		return -EINVAL;
	vma_set_file(vma, m->file);
	return call_mmap(m->file, vma);
}

/* A root that is there and in use, held by the vcpu. */
static int get_root(struct lodge_vcpu *v, u64 gfn, unsigned int kind, struct lodge_shadow **root)
{
	struct lodge_domain *d = v->domain;
	struct lodge_mm *m = &d->mm;
	struct lodge_shadow *s;
	bool resident, ram;

	for (;;) {
		if (lodge_shadow_topup(d))
			return -ENOMEM;
		spin_lock(&m->lock);
		ram = lodge_frame_is_ram(lodge_frame(m, gfn));
		resident = ram && lodge_frame(m, gfn)->pfn != LODGE_NO_PFN;
		if (resident) {
			s = lodge_shadow_get(m, gfn, kind);
			if (!IS_ERR(s)) {
				s->roots++;
				*root = s;
				list_move(&s->list, &m->shadows);
				spin_unlock(&m->lock);
				lodge_mm_commit(d);
				return 0;
			}
		}
		spin_unlock(&m->lock);
		lodge_mm_commit(d);
		if (!ram || (!resident && lodge_frame_resident(v, gfn)))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

/* Under the lock. */
static void drop_root(struct lodge_mm *m, struct lodge_shadow *s)
{
	lockdep_assert_held(&m->lock);
	s->roots--;
	if (s->dead) {
		m->flush = true;	/* commit frees it */
	} else if (!s->roots && !s->parents && !lodge_frame(m, s->gfn)->pinned) {
		/* only loaded: the guest may reuse it as anything */
		list_move_tail(&s->list, &m->orphans);
		m->flush = true;
	}
}

static void put_root(struct lodge_mm *m, struct lodge_shadow **root)
{
	struct lodge_shadow *s = *root;

	if (!s)
		return;
	*root = NULL;
	spin_lock(&m->lock);
	drop_root(m, s);
	spin_unlock(&m->lock);
}

void lodge_mm_put_roots(struct lodge_vcpu *v)
{
	put_root(&v->domain->mm, &v->root_kernel);
	put_root(&v->domain->mm, &v->root_user);
	lodge_mm_commit(v->domain);
}

static int prepare_root(struct lodge_vcpu *v, bool kernel)
{
	struct lodge_shadow **root = kernel ? &v->root_kernel : &v->root_user;
	u64 gfn = kernel ? v->cr3_kernel : v->cr3_user;

	if (unlikely(READ_ONCE(v->domain->mm.untyped)) && lodge_type_boot(v))
		return fatal_signal_pending(current) ? -EINTR : -EFAULT;
	if (likely(*root && !READ_ONCE((*root)->dead) && (*root)->gfn == gfn))
		return 0;
	put_root(&v->domain->mm, root);
	lodge_mm_commit(v->domain);
	return get_root(v, gfn, kernel ? LODGE_SHADOW_L4 : LODGE_SHADOW_L4_USER, root);
}

int lodge_mm_prepare_entry(struct lodge_vcpu *v)
{
	/* first the other mode's: making it may put this one out of use */
	if (v->kernel_mode ? v->cr3_user : v->cr3_kernel)
		prepare_root(v, !v->kernel_mode);
	return prepare_root(v, v->kernel_mode);
}

static __always_inline bool light_root(struct lodge_mm *m, u64 gfn, unsigned int kind,
				       struct lodge_shadow **s)
{
	const struct lodge_frame *f = lodge_frame(m, gfn);

	lockdep_assert_held(&m->lock);
	/* a table already, and not the last use of the one that goes: see new_root() */
	*s = gfn && lodge_frame_is_ram(f) && lodge_type_level(f) == 4 && !f->type_state ?
		lodge_shadow_find(m, gfn, kind) : NULL;
	return *s;
}

/* Under the lock: can it lose a use and still be a table? */
static bool keeps_type(struct lodge_mm *m, u64 gfn)
{
	return !gfn || lodge_frame(m, gfn)->uses > 1;
}

static void move_use(struct lodge_mm *m, u64 from, u64 to)
{
	if (to)
		lodge_frame(m, to)->uses++;
	if (from)
		lodge_frame(m, from)->uses--;
}

/* Under the lock: held first and let go then, so that it may be the same. */
static __always_inline void swap_root(struct lodge_mm *m, struct lodge_shadow **root,
				      struct lodge_shadow *s)
{
	struct lodge_shadow *old = *root;

	lockdep_assert_held(&m->lock);
	s->roots++;
	*root = s;
	if (old)
		drop_root(m, old);
}

/* Under the lock. */
static __always_inline bool light_baseptr(struct lodge_vcpu *v, u64 kernel, u64 user)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_shadow *k = NULL, *u = NULL;
	bool ok;

	ok = (kernel == LODGE_SAME_ROOT || (light_root(m, kernel, LODGE_SHADOW_L4, &k) &&
				  keeps_type(m, v->cr3_kernel))) &&
	     (user == LODGE_SAME_ROOT || ((!user || light_root(m, user, LODGE_SHADOW_L4_USER, &u)) &&
				keeps_type(m, v->cr3_user)));
	/* both could be uses of one frame */
	if (v->cr3_user == v->cr3_kernel)
		ok = false;
	if (ok && k) {
		swap_root(m, &v->root_kernel, k);
		move_use(m, v->cr3_kernel, kernel);
		v->cr3_kernel = kernel;
	}
	if (ok && u)
		swap_root(m, &v->root_user, u);
	if (ok && user != LODGE_SAME_ROOT) {
		move_use(m, v->cr3_user, user);
		v->cr3_user = user;
	}
	return ok;
}

bool lodge_mm_light_baseptr(struct lodge_vcpu *v, u64 kernel, u64 user)
{
	struct lodge_mm *m = &v->domain->mm;
	bool ok;

	spin_lock(&m->lock);
	ok = light_baseptr(v, kernel, user);
	spin_unlock(&m->lock);
	return ok;
}

bool lodge_mm_near_baseptr(struct lodge_vcpu *v, u64 kernel, u64 user)
{
	struct lodge_mm *m = &v->domain->mm;
	bool ok;

	if (kernel == LODGE_SAME_ROOT || user == LODGE_SAME_ROOT || !READ_ONCE(m->attachment) ||
	    !spin_trylock(&m->lock))
		return false;
	ok = light_baseptr(v, kernel, user);
	spin_unlock(&m->lock);
	return ok;
}

bool lodge_mm_quick_baseptr(struct lodge_vcpu *v, u64 va)
{
	struct lodge_mm *m = &v->domain->mm;
	const struct mmuext_op *op;
	u64 kernel = LODGE_SAME_ROOT, user = LODGE_SAME_ROOT;

	if (!lodge_guest_va_ok(va) || offset_in_page(va) > PAGE_SIZE - 2 * sizeof(*op))
		return false;
	spin_lock(&m->lock);
	op = lodge_guest_peek(v, va);
	if (op && READ_ONCE(op[0].cmd) == MMUEXT_NEW_BASEPTR &&
	    READ_ONCE(op[1].cmd) == MMUEXT_NEW_USER_BASEPTR) {
		kernel = READ_ONCE(op[0].arg1.mfn);
		user = READ_ONCE(op[1].arg1.mfn);
	}
	spin_unlock(&m->lock);
	return lodge_mm_near_baseptr(v, kernel, user);
}

bool lodge_mm_light_ok(const struct lodge_vcpu *v)
{
	struct lodge_mm *m = &v->domain->mm;

	return !spin_is_locked(&m->lock) && READ_ONCE(m->attachment);
}

bool lodge_mm_entry_valid(const struct lodge_vcpu *v)
{
	const struct lodge_shadow *root = v->kernel_mode ? v->root_kernel : v->root_user;

	return root && !READ_ONCE(root->dead);
}

u64 lodge_mm_root(const struct lodge_vcpu *v)
{
	return __pa((v->kernel_mode ? v->root_kernel : v->root_user)->table);
}

u64 lodge_mm_root_pa(const struct lodge_shadow *s)
{
	return READ_ONCE(s->dead) ? 0 : __pa(s->table);
}

static int check_boot_frame(struct lodge_mm *m, u64 gfn)
{
	return gfn && gfn < m->max_pages && lodge_frame_is_ram(lodge_frame(m, gfn)) ? 0 : -EINVAL;
}

int lodge_mm_set_boot(struct lodge_domain *d, const struct lodge_boot *b)
{
	struct lodge_mm *m = &d->mm;

	if (check_boot_frame(m, b->cr3_gfn))
		return -EINVAL;
	if (b->console_gfn != LODGE_NO_GFN &&
	    (check_boot_frame(m, b->console_gfn) || b->console_gfn == b->cr3_gfn))
		return -EINVAL;
	if (b->store_gfn != LODGE_NO_GFN &&
	    (check_boot_frame(m, b->store_gfn) || b->store_gfn == b->cr3_gfn ||
	     b->store_gfn == b->console_gfn))
		return -EINVAL;
	if (b->hypercall_gfn != LODGE_NO_GFN) {
		if (b->hypercall_gfn == b->cr3_gfn || b->hypercall_gfn == b->console_gfn ||
		    b->hypercall_gfn == b->store_gfn ||
		    lodge_mm_hypercall_page(d, b->hypercall_gfn))
			return -EINVAL;
	}
	spin_lock(&m->lock);
	m->frame[b->cr3_gfn].pinned = 4;
	m->untyped = true;
	spin_unlock(&m->lock);
	return 0;
}
