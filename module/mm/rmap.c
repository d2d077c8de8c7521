// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of shadow entries by what they point to.
 *
 * An id names an entry: index of its shadow << 9 | number of the entry, below
 * 2^30.  The first of a list names the owner in prev instead: a frame, or the
 * shadow whose parents these are.  So an entry can leave its list without
 * knowing what it pointed to.
 */
#include "mm/mm.h"
#include "mm/shadow.h"

#define FIRST		BIT(31)
#define OF_SHADOW	BIT(30)

static struct lodge_link *link_of(struct lodge_mm *m, u32 id)
{
	return &m->by_index[id >> 9]->link[id & 511];
}

static u64 *entry_of(struct lodge_mm *m, u32 id)
{
	return &m->by_index[id >> 9]->table[id & 511];
}

static void add(struct lodge_mm *m, u32 *head, u32 owner, struct lodge_shadow *s,
		unsigned int index)
{
	struct lodge_link *l = &s->link[index];
	u32 id = s->index << 9 | index;

	l->next = *head;
	l->prev = FIRST | owner;
	if (*head)
		link_of(m, *head)->prev = id;
	*head = id;
}

void lodge_rmap_add_leaf(struct lodge_mm *m, u64 gfn, struct lodge_shadow *s, unsigned int index)
{
	lockdep_assert_held(&m->lock);
	add(m, &lodge_frame(m, gfn)->rmap, gfn, s, index);
}

void lodge_rmap_add_parent(struct lodge_mm *m, struct lodge_shadow *c, struct lodge_shadow *s,
			   unsigned int index)
{
	lockdep_assert_held(&m->lock);
	add(m, &c->parents, OF_SHADOW | c->index, s, index);
}

void lodge_rmap_del(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index)
{
	struct lodge_link *l = &s->link[index];

	lockdep_assert_held(&m->lock);
	if (WARN_ON_ONCE(!l->prev))
		return;
	if (!(l->prev & FIRST))
		link_of(m, l->prev)->next = l->next;
	else if (l->prev & OF_SHADOW)
		m->by_index[l->prev & ~(FIRST | OF_SHADOW)]->parents = l->next;
	else
		lodge_frame(m, l->prev & ~FIRST)->rmap = l->next;
	if (l->next)
		link_of(m, l->next)->prev = l->prev;
	l->next = 0;
	l->prev = 0;
}

bool lodge_rmap_write_protect(struct lodge_mm *m, struct lodge_frame *f)
{
	bool any = false;
	u32 id;

	lockdep_assert_held(&m->lock);
	for (id = f->rmap; id; id = link_of(m, id)->next) {
		u64 *e = entry_of(m, id);

		if (*e & PTE_W) {
			WRITE_ONCE(*e, *e & ~(PTE_W | PTE_D));
			any = true;
		}
	}
	return any;
}

/* Entries of one list become MARK. */
static bool mark_list(struct lodge_mm *m, const u32 *head)
{
	bool any = *head;

	while (*head) {
		u32 id = *head;

		WRITE_ONCE(*entry_of(m, id), SPTE_MARK);
		lodge_rmap_del(m, m->by_index[id >> 9], id & 511);
	}
	return any;
}

bool lodge_rmap_zap(struct lodge_mm *m, struct lodge_frame *f)
{
	lockdep_assert_held(&m->lock);
	return mark_list(m, &f->rmap);
}

void lodge_rmap_zap_parents(struct lodge_mm *m, struct lodge_shadow *s)
{
	lockdep_assert_held(&m->lock);
	mark_list(m, &s->parents);
}
