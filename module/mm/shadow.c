// SPDX-License-Identifier: GPL-2.0-only
/*
 * Life of shadows: allocation ahead, hash, building, going out of use.
 */
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "domain/domain.h"
#include "mm/rmap.h"
#include "mm/shadow.h"
#include "switch/switch.h"

/* A walk needs at most one shadow a level, and a root for each mode. */
#define SPARE_SHADOWS	8
/* Kept of those that went out of use; two pages each, charged to the domain's cgroup. */
#define SPARE_MAX	64U

void lodge_shadow_free(struct lodge_shadow *s)
{
	if (s->table) {
		set_page_private(virt_to_page(s->table), 0);
		free_page((unsigned long)s->table);
	}
	free_page((unsigned long)s->link);
	kfree(s);
}

static struct lodge_shadow *shadow_alloc(void)
{
	struct lodge_shadow *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	s->table = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	s->link = (struct lodge_link *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!s->table || !s->link) {
		lodge_shadow_free(s);
		return NULL;
	}
	set_page_private(virt_to_page(s->table), (unsigned long)s);
	return s;
}

/*
 * Nobody uses it any more.  What a process has had the next one needs again:
 * cleaning what was used of it is less than clearing two pages.
 */
static void clean(struct lodge_shadow *s)
{
	unsigned long used = s->used;
	unsigned int group;

	for_each_set_bit(group, &used, 512 / PTES_GROUP)
		memset(s->table + group * PTES_GROUP, 0, PTES_GROUP * sizeof(u64));
	s->used = 0;
	s->dead = false;
}

void lodge_shadow_recycle(struct lodge_mm *m, struct list_head *done)
{
	struct lodge_shadow *s, *n;
	LIST_HEAD(again);
	unsigned int nr = 0, room = SPARE_MAX - min(READ_ONCE(m->nr_spare), SPARE_MAX);

	list_for_each_entry_safe(s, n, done, list) {
		list_del(&s->list);
		if (nr < room) {
			clean(s);
			list_add(&s->list, &again);
			nr++;
		} else {
			lodge_shadow_free(s);
		}
	}
	if (!nr)
		return;
	spin_lock(&m->lock);
	list_splice(&again, &m->spare);
	m->nr_spare += nr;
	spin_unlock(&m->lock);
}

/* Room under the cap, at the cost of what was linked longest ago. */
static void evict(struct lodge_mm *m)
{
	struct lodge_shadow *s;

	while (m->nr_free_index < SPARE_SHADOWS) {
		bool found = false;

		list_for_each_entry_reverse(s, &m->shadows, list) {
			found = !s->roots;
			if (found)
				break;
		}
		if (!found)
			return;
		lodge_shadow_zap(m, s);
	}
}

int lodge_shadow_topup(struct lodge_domain *d)
{
	struct lodge_mm *m = &d->mm;
	struct lodge_shadow *s;

	might_sleep();
	/* unlocked looks are hints: shadow_get fails with -ENOMEM and is tried again */
	while (READ_ONCE(m->nr_spare) < SPARE_SHADOWS) {
		s = shadow_alloc();
		if (!s)
			return -ENOMEM;
		spin_lock(&m->lock);
		list_add(&s->list, &m->spare);
		m->nr_spare++;
		spin_unlock(&m->lock);
	}
	if (READ_ONCE(m->nr_free_index) < SPARE_SHADOWS) {
		spin_lock(&m->lock);
		evict(m);
		spin_unlock(&m->lock);
		lodge_mm_commit(d);
	}
	return 0;
}

void lodge_shadow_free_spare(struct lodge_mm *m)
{
	struct lodge_shadow *s, *n;

	list_for_each_entry_safe(s, n, &m->spare, list) {
		list_del(&s->list);
		lodge_shadow_free(s);
	}
	m->nr_spare = 0;
}

static struct hlist_head *bucket(struct lodge_mm *m, u64 gfn, unsigned int kind)
{
	return &m->hash[hash_64(gfn * LODGE_NR_SHADOW_KINDS + kind, m->hash_bits)];
}

struct lodge_shadow *lodge_shadow_find(struct lodge_mm *m, u64 gfn, unsigned int kind)
{
	struct lodge_shadow *s;

	lockdep_assert_held(&m->lock);
	hlist_for_each_entry(s, bucket(m, gfn, kind), hash)
		if (s->gfn == gfn && s->kind == kind)
			return s;
	return NULL;
}

/* What a leaf entry for this guest entry is now: 0, MARK or a mapping of *@frame. */
static __always_inline u64 leaf_spte(struct lodge_mm *m, u64 val, struct lodge_frame **frame)
{
	struct lodge_frame *f;
	u64 spte;

	*frame = NULL;
	if (!(val & PTE_P))
		return 0;
	f = lodge_frame(m, pte_gfn(val));
	/* a frame that is not the guest's stays a MARK, and the fault is the guest's */
	if (!f || !(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL)) ||
	    f->pfn == LODGE_NO_PFN || !(val & PTE_A))
		return SPTE_MARK;
	*frame = f;
	spte = (u64)f->pfn << 12 | PTE_P | PTE_U | PTE_A | (val & PTE_NX);
	/* no write before the guest's D is set, none to a page table */
	if ((val & (PTE_W | PTE_D)) == (PTE_W | PTE_D) && !f->shadows &&
	    !(f->flags & LODGE_FRAME_PROTECT) &&
	    (f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_WRITABLE)))
		spte |= PTE_W | PTE_D;
	return spte;
}

/*
 * Take an entry off the list of what it points to.  A lower shadow that
 * nothing holds any more, and that is not pinned, is on its way out.
 */
static void unlink_entry(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index)
{
	struct lodge_shadow *c;

	lodge_rmap_del(m, s, index);
	m->flush = true;
	if (s->kind == LODGE_SHADOW_L1)
		return;
	c = lodge_shadow_of_spte(s->table[index]);
	if (!c->parents && !c->roots && !lodge_frame(m, c->gfn)->pinned)
		list_move_tail(&c->list, &m->orphans);
}

void lodge_shadow_link(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index, u64 val,
		       struct lodge_shadow *c)
{
	lockdep_assert_held(&m->lock);
	lodge_shadow_write(s, index,
			   __pa(c->table) | PTE_P | PTE_U | PTE_A | (val & (PTE_W | PTE_NX)));
	lodge_rmap_add_parent(m, c, s, index);
	list_move(&c->list, &m->shadows);
}

/* Slots 256-271 of a root are lodge's whatever the guest's L4 holds there. */
static bool reserved_slot(const struct lodge_shadow *s, unsigned int index)
{
	return s->kind >= LODGE_SHADOW_L4 && index >= LODGE_SLOT_FIRST && index <= LODGE_SLOT_LAST;
}

void lodge_shadow_set_leaf(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index, u64 val)
{
	struct lodge_frame *f;
	u64 old = s->table[index], new = leaf_spte(m, val, &f);

	if (new == old)
		return;
	/* a granted page has two names, and the entry may change from one to the other */
	if (spte_linked(old) && f && !((old ^ new) & PTE_FRAME) && lodge_frame_is_ram(f) &&
	    !f->grants) {
		if ((old & ~new & PTE_W) || (~old & new & PTE_NX))
			m->flush = true;
		WRITE_ONCE(s->table[index], new);
		return;
	}
	if (spte_linked(old))
		unlink_entry(m, s, index);
	lodge_shadow_write(s, index, new);
	if (f)
		lodge_rmap_add_leaf(m, f, pte_gfn(val), s, index);
}

void lodge_shadow_set(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index, u64 val)
{
	struct lodge_shadow *c;

	lockdep_assert_held(&m->lock);
	if (reserved_slot(s, index))
		return;
	if (s->kind == LODGE_SHADOW_L1) {
		lodge_shadow_set_leaf(m, s, index, val);
		return;
	}
	if (spte_linked(s->table[index]))
		unlink_entry(m, s, index);
	lodge_shadow_write(s, index, val & PTE_P ? SPTE_MARK : 0);
	/* without A the next access walks, and sets it */
	if (!(val & PTE_P) || (val & PTE_PSE) || !(val & PTE_A))
		return;
	c = lodge_shadow_find(m, pte_gfn(val), kind_level(s->kind) - 2);
	if (c)
		lodge_shadow_link(m, s, index, val, c);
}

void lodge_shadow_sync(struct lodge_mm *m, u64 gfn, unsigned int index, u64 val)
{
	u8 kinds = lodge_frame(m, gfn)->shadows;
	struct lodge_shadow *s;
	unsigned int kind;

	lockdep_assert_held(&m->lock);
	for (kind = 0; kinds >> kind; kind++) {
		if (!(kinds >> kind & 1))
			continue;
		s = lodge_shadow_find(m, gfn, kind);
		if (!WARN_ON_ONCE(!s))
			lodge_shadow_set(m, s, index, val);
	}
}

/* All entries of an L1 shadow that is empty yet. Cost: 70 instructions an entry that is present. */
static void fill_leaves(struct lodge_mm *m, struct lodge_shadow *s, const u64 *guest)
{
	unsigned int i;

	for (i = 0; (i = pte_next_present(guest, i)) < 512; i++) {
		u64 val = READ_ONCE(guest[i]);
		struct lodge_frame *f;

		lodge_shadow_write(s, i, leaf_spte(m, val, &f));
		if (f)
			lodge_rmap_add_leaf(m, f, pte_gfn(val), s, i);
	}
}

/* Whole at first use: one miss a table, not one an entry. */
static void fill(struct lodge_mm *m, struct lodge_shadow *s, const u64 *guest)
{
	unsigned int i;

	if (s->kind == LODGE_SHADOW_L1) {
		fill_leaves(m, s, guest);
		return;
	}
	for (i = 0; (i = pte_next_present(guest, i)) < 512; i++)
		lodge_shadow_set(m, s, i, READ_ONCE(guest[i]));
	if (s->kind >= LODGE_SHADOW_L4)
		lodge_shadow_write(s, LODGE_SLOT_SWITCH, lodge_switch_slot());
	if (s->kind == LODGE_SHADOW_L4)
		lodge_shadow_write(s, LODGE_SLOT_M2P, m->m2p_slot);
}

struct lodge_shadow *lodge_shadow_get(struct lodge_mm *m, u64 gfn, unsigned int kind)
{
	struct lodge_frame *f = lodge_frame(m, gfn);
	struct lodge_shadow *s = lodge_shadow_find(m, gfn, kind);

	lockdep_assert_held(&m->lock);
	if (s)
		return s;
	if (WARN_ON_ONCE(!lodge_frame_is_ram(f) || f->pfn == LODGE_NO_PFN))
		return ERR_PTR(-EINVAL);
	/*
	 * Nobody may write the table while it is read: mappings lose their W
	 * first, and where another CPU may have such a mapping cached the
	 * caller flushes and comes again.  PROTECT keeps new ones out.
	 */
	if (!f->shadows && lodge_rmap_write_protect(m, f)) {
		m->flush = true;
		if (lodge_tlb_pending(m)) {
			f->flags |= LODGE_FRAME_PROTECT;
			return ERR_PTR(-EAGAIN);
		}
	}
	if (!m->nr_spare || !m->nr_free_index)
		return ERR_PTR(-ENOMEM);

	s = list_first_entry(&m->spare, struct lodge_shadow, list);
	m->nr_spare--;
	s->gfn = gfn;
	s->kind = kind;
	s->index = m->free_index[--m->nr_free_index];
	m->by_index[s->index] = s;
	list_move(&s->list, &m->shadows);
	hlist_add_head(&s->hash, bucket(m, gfn, kind));
	f->shadows |= BIT(kind);
	f->flags &= ~LODGE_FRAME_PROTECT;
	atomic64_inc(&m->nr_shadows);
	fill(m, s, lodge_frame_map(f));
	return s;
}

void lodge_shadow_zap(struct lodge_mm *m, struct lodge_shadow *s)
{
	unsigned long used = s->used;
	unsigned int group, i;

	lockdep_assert_held(&m->lock);
	if (s->dead)
		return;
	s->dead = true;
	hlist_del(&s->hash);
	lodge_frame(m, s->gfn)->shadows &= ~BIT(s->kind);
	lodge_rmap_zap_parents(m, s);
	/* a CPU may still be inside: the switcher stays, and new 0s would mean a guest's fault */
	for_each_set_bit(group, &used, 512 / PTES_GROUP) {
		for (i = group * PTES_GROUP; i < (group + 1) * PTES_GROUP; i++) {
			if (!spte_linked(s->table[i]) || reserved_slot(s, i))
				continue;
			if (s->kind == LODGE_SHADOW_L1)
				lodge_rmap_del(m, s, i);
			else
				unlink_entry(m, s, i);
			WRITE_ONCE(s->table[i], SPTE_MARK);
		}
	}
	m->by_index[s->index] = NULL;
	m->free_index[m->nr_free_index++] = s->index;
	atomic64_dec(&m->nr_shadows);
	list_move(&s->list, &m->zapped);
	m->flush = true;
}

void lodge_shadow_zap_gfn(struct lodge_mm *m, u64 gfn)
{
	struct lodge_frame *f = lodge_frame(m, gfn);
	unsigned int kind;

	lockdep_assert_held(&m->lock);
	for (kind = 0; f->shadows; kind++)
		if (f->shadows >> kind & 1)
			lodge_shadow_zap(m, lodge_shadow_find(m, gfn, kind));
}

void lodge_shadow_zap_all(struct lodge_domain *d)
{
	struct lodge_mm *m = &d->mm;

	spin_lock(&m->lock);
	while (!list_empty(&m->shadows) || !list_empty(&m->orphans)) {
		struct list_head *l = list_empty(&m->shadows) ? &m->orphans : &m->shadows;

		lodge_shadow_zap(m, list_first_entry(l, struct lodge_shadow, list));
		cond_resched_lock(&m->lock);
	}
	spin_unlock(&m->lock);
	lodge_mm_commit(d);
}
