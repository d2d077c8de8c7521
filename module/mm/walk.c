// SPDX-License-Identifier: GPL-2.0-only
/* Reading the guest's page tables as the hardware would. */
#include "domain/domain.h"
#include "mm/shadow.h"

int lodge_walk_short(struct lodge_mm *m, const struct lodge_shadow *root, u64 gfn, u64 va,
		     struct lodge_walk *w, struct lodge_shadow **leaf)
{
	u64 all = PTE_W, any = 0, e;
	const u64 *table;
	int level;

	if (!root || root->dead || root->gfn != gfn)
		return -ENOENT;
	table = root->table;
#pragma GCC unroll 3
	for (level = 4; level > 1; level--) {
		e = READ_ONCE(table[pt_index(va, level)]);
		if (!spte_linked(e))
			return -ENOENT;
		all &= e;
		any |= e;
		table = __va(e & PTE_FRAME);
	}
	*leaf = lodge_shadow_of_spte(e);
	table = lodge_frame_map(lodge_frame(m, (*leaf)->gfn));
	if (!table)
		return -ENOENT;
	e = READ_ONCE(table[pt_index(va, 1)]);
	w->top = 1;
	w->level = 1;
	w->gfn[1] = (*leaf)->gfn;
	w->entry[1] = e;
	w->writable = all & e & PTE_W;
	w->executable = !((any | e) & PTE_NX);
	return e & PTE_P ? 0 : -EFAULT;
}

int lodge_walk(struct lodge_mm *m, u64 root, u64 va, struct lodge_walk *w)
{
	u64 gfn = root;

	lockdep_assert_held(&m->lock);
	w->top = 4;
	w->writable = true;
	w->executable = true;
	for (w->level = 4; w->level; w->level--) {
		struct lodge_frame *f = lodge_frame(m, gfn);
		const u64 *table;
		u64 e;

		if (!lodge_frame_is_ram(f))
			return -EINVAL;
		table = lodge_frame_map(f);
		if (!table) {
			w->need = gfn;
			return -EAGAIN;
		}
		e = READ_ONCE(table[pt_index(va, w->level)]);
		w->gfn[w->level] = gfn;
		w->entry[w->level] = e;
		if (!(e & PTE_P))
			return -EFAULT;
		if (w->level > 1 && (e & PTE_PSE))
			return -EINVAL;
		w->writable &= !!(e & PTE_W);
		w->executable &= !(e & PTE_NX);
		gfn = pte_gfn(e);
	}
	w->level = 1;
	return 0;
}

u64 *lodge_walk_slot(struct lodge_mm *m, const struct lodge_walk *w, u64 va, unsigned int level)
{
	u64 *table = lodge_frame_map(lodge_frame(m, w->gfn[level]));

	return &table[pt_index(va, level)];
}

int lodge_walk_mark(struct lodge_mm *m, struct lodge_walk *w, u64 va, bool write)
{
	unsigned int level;

	lockdep_assert_held(&m->lock);
	for (level = w->top; level; level--) {
		u64 set = PTE_A | (level == 1 && write ? PTE_D : 0);
		u64 e = w->entry[level];

		if ((e & set) == set)
			continue;
		/* a plain OR could land on an entry that an xchg has just replaced */
		if (cmpxchg64(lodge_walk_slot(m, w, va, level), e, e | set) != e)
			return -EAGAIN;
		w->entry[level] = e | set;
	}
	return 0;
}
