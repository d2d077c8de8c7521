/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of shadow entries by what they point to.  All under mm.lock.
 *
 * An id names an entry: index of its shadow << 9 | number of the entry, below
 * 2^30.  The first of a list names the owner in prev instead: a frame, or the
 * shadow whose parents these are.  So an entry can leave its list without
 * knowing what it pointed to.
 *
 * Adding and removing are inline: whole tables of entries come and go with each
 * process.
 */
#ifndef LODGE_RMAP_H
#define LODGE_RMAP_H

#include <linux/bug.h>
#include <linux/lockdep.h>

#include "mm/mm.h"
#include "mm/shadow.h"

#define LODGE_RMAP_FIRST	BIT(31)
#define LODGE_RMAP_OF_SHADOW	BIT(30)

static inline struct lodge_link *lodge_rmap_link(struct lodge_mm *m, u32 id)
{
	return &m->by_index[id >> 9]->link[id & 511];
}

static inline u64 *lodge_rmap_entry(struct lodge_mm *m, u32 id)
{
	return &m->by_index[id >> 9]->table[id & 511];
}

/* Entry @index of @s becomes the first of a list; @owner as in lodge_link.prev. */
static inline void lodge_rmap_add(struct lodge_mm *m, u32 *head, u32 owner,
				  struct lodge_shadow *s, unsigned int index)
{
	struct lodge_link *l = &s->link[index];
	u32 id = s->index << 9 | index;

	lockdep_assert_held(&m->lock);
	l->next = *head;
	l->prev = LODGE_RMAP_FIRST | owner;
	if (*head)
		lodge_rmap_link(m, *head)->prev = id;
	*head = id;
}

static inline void lodge_rmap_add_leaf(struct lodge_mm *m, struct lodge_frame *f, u64 gfn,
				       struct lodge_shadow *s, unsigned int index)
{
	lodge_rmap_add(m, &f->rmap, gfn, s, index);
}

static inline void lodge_rmap_add_parent(struct lodge_mm *m, struct lodge_shadow *c,
					 struct lodge_shadow *s, unsigned int index)
{
	lodge_rmap_add(m, &c->parents, LODGE_RMAP_OF_SHADOW | c->index, s, index);
}

static inline void lodge_rmap_del(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index)
{
	struct lodge_link *l = &s->link[index];
	u32 prev = l->prev;

	lockdep_assert_held(&m->lock);
	if (WARN_ON_ONCE(!prev))
		return;
	if (!(prev & LODGE_RMAP_FIRST))
		lodge_rmap_link(m, prev)->next = l->next;
	else if (prev & LODGE_RMAP_OF_SHADOW)
		m->by_index[prev & ~(LODGE_RMAP_FIRST | LODGE_RMAP_OF_SHADOW)]->parents = l->next;
	else
		lodge_frame(m, prev & ~LODGE_RMAP_FIRST)->rmap = l->next;
	if (l->next)
		lodge_rmap_link(m, l->next)->prev = prev;
	l->next = 0;
	l->prev = 0;
}

/* Take write access from all mappings of a frame: true if there was any. */
bool lodge_rmap_write_protect(struct lodge_mm *m, struct lodge_frame *f);
/* Turn all mappings of a frame into MARK: true if there was any. */
bool lodge_rmap_zap(struct lodge_mm *m, struct lodge_frame *f);
/* Entries that point to a shadow become MARK. */
void lodge_rmap_zap_parents(struct lodge_mm *m, struct lodge_shadow *s);

#endif
