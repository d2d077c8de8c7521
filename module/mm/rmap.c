// SPDX-License-Identifier: GPL-2.0-only
/* What is done to all entries that point to a frame or a shadow. */
#include "mm/rmap.h"

bool lodge_rmap_write_protect(struct lodge_mm *m, struct lodge_frame *f)
{
	bool any = false;
	u32 id;

	lockdep_assert_held(&m->lock);
	for (id = f->rmap; id; id = lodge_rmap_link(m, id)->next) {
		u64 *e = lodge_rmap_entry(m, id);

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

		WRITE_ONCE(*lodge_rmap_entry(m, id), SPTE_MARK);
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
