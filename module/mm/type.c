// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types of frames: taking and giving back uses, tables and all below them.
 *
 * One table at a time under the lock, 512 entries at most.  A table that is
 * being validated, or has lost its last use, is of its level for everybody else
 * but not whole; only the thread at work on it changes that.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/shadow.h"
#include "mm/type.h"
#include "switch/layout.h"

/* X: arch/x86/mm.c; what no entry above L1 may have: PWT, PCD, PSE, G */
#define UPPER_REFUSED	(PTE_CACHE | PTE_G)

static bool reserved_entry(unsigned int level, unsigned int index)
{
	return level == 4 && index >= LODGE_SLOT_FIRST && index <= LODGE_SLOT_LAST;
}

static struct lodge_frame *ram_frame(struct lodge_mm *m, u64 gfn)
{
	return gfn < m->max_pages ? lodge_frame(m, gfn) : NULL;
}

static int leaf_get(struct lodge_mm *m, u64 val)
{
	struct lodge_frame *f = lodge_frame(m, pte_gfn(val));

	if (val & PTE_CACHE)
		return -EINVAL;		/* for domains with devices */
	if (!f)
		return pte_gfn(val) == pte_gfn(PTE_FRAME) ? -EINVAL : -EPERM;
	if (!(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL)))
		return -EBUSY;
	if (!(val & PTE_W))
		return 0;
	if (f->flags & LODGE_FRAME_SPECIAL)
		return f->flags & LODGE_FRAME_WRITABLE ? 0 : -EBUSY;
	return lodge_type_get_writable(f);
}

/*
 * A table of the same level instead of one below: a linear map.  Read-only, of
 * a whole table, and not both ways: tables that name each other so would never
 * lose their last use.  f.linear counts entries of this kind in a table upwards,
 * entries for it downwards.
 */
static int linear_get(struct lodge_mm *m, u64 gfn, unsigned int level, u64 val)
{
	struct lodge_frame *f = lodge_frame(m, pte_gfn(val)), *table = lodge_frame(m, gfn);

	if (val & PTE_W)
		return -EINVAL;
	if (pte_gfn(val) == gfn)
		return 0;
	if (lodge_type_level(f) != level || f->type_state || f->uses >= LODGE_TYPE_MAX_USES ||
	    f->linear > 0 || f->linear == S16_MIN || table->linear < 0 || table->linear == S16_MAX)
		return -EINVAL;
	f->uses++;
	f->linear--;
	table->linear++;
	return 0;
}

int lodge_type_entry_get(struct lodge_mm *m, u64 gfn, unsigned int level, u64 val,
			 struct lodge_type_need *need)
{
	struct lodge_frame *f;

	lockdep_assert_held(&m->lock);
	if (!(val & PTE_P))
		return 0;
	if (level == 1)
		return lodge_type_leaf_get(m, val) ? 0 : leaf_get(m, val);
	if (val & UPPER_REFUSED)
		return -EINVAL;
	f = ram_frame(m, pte_gfn(val));
	if (!lodge_frame_is_ram(f) || (f->flags & LODGE_FRAME_DESC))
		return -EINVAL;
	if (!f->type) {
		need->gfn = pte_gfn(val);
		need->level = level - 1;
		return LODGE_TYPE_NEED;
	}
	if (f->type != level - 1)
		return linear_get(m, gfn, level, val);
	if (f->type_state)
		return -EAGAIN;
	if (f->uses >= LODGE_TYPE_MAX_USES)
		return -EINVAL;
	f->uses++;
	return 0;
}

/* Under the lock. The last use of a table leaves it to lodge_type_drain(). */
static void put_table(struct lodge_mm *m, u64 gfn, struct lodge_frame *f)
{
	lockdep_assert_held(&m->lock);
	if (--f->uses)
		return;
	f->type_state = LODGE_TYPE_DYING;
	f->uses = m->dying;
	m->dying = gfn + 1;
}

void lodge_type_entry_put(struct lodge_mm *m, u64 gfn, unsigned int level, u64 val)
{
	struct lodge_frame *f;

	lockdep_assert_held(&m->lock);
	if (level == 1) {
		lodge_type_leaf_put(m, val);
		return;
	}
	f = ram_frame(m, pte_gfn(val));
	if (!(val & PTE_P) || !f)
		return;
	if (pte_gfn(val) == gfn || f->type_state || !f->uses)
		return;
	if (f->type == level) {
		f->linear++;
		lodge_frame(m, gfn)->linear--;
	} else if (f->type != level - 1) {
		return;
	}
	put_table(m, pte_gfn(val), f);
}

/* Groups of entries of which some may be present: a shadow knows that of its table. */
static unsigned long used_groups(struct lodge_mm *m, u64 gfn, const struct lodge_frame *f)
{
	if (f->type == 4 || !(f->shadows & BIT(f->type - 1)))
		return ~0UL;
	return lodge_shadow_find(m, gfn, f->type - 1)->used;
}

/*
 * Entries before the given one give back what they use; the frame is nothing in particular
 * again, plain memory soon that the guest writes itself.
 */
static void devalidate(struct lodge_mm *m, u64 gfn, struct lodge_frame *f, unsigned int end)
{
	const u64 *table = lodge_frame_map(f);
	unsigned long used = used_groups(m, gfn, f);
	unsigned int level = f->type, group, i;

	lockdep_assert_held(&m->lock);
	if (!table)
		used = 0;
	for_each_set_bit(group, &used, 512 / PTES_GROUP) {
		if (!ptes_present(table + group * PTES_GROUP))
			continue;
		for (i = group * PTES_GROUP; i < min((group + 1) * PTES_GROUP, end); i++) {
			u64 val = READ_ONCE(table[i]);

			if (level == 1)
				lodge_type_leaf_put(m, val);
			else if ((val & PTE_P) && !reserved_entry(level, i))
				lodge_type_entry_put(m, gfn, level, val);
		}
	}
	lodge_shadow_zap_gfn(m, gfn);
	f->type = 0;
	f->type_state = 0;
	f->uses = 0;
	f->linear = 0;
}

void lodge_type_drain(struct lodge_vcpu *v)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	bool lost = false;
	u64 gfn;

	if (!READ_ONCE(m->dying))
		return;
	for (;;) {
		spin_lock(&m->lock);
		if (!m->dying)
			break;
		gfn = m->dying - 1;
		f = lodge_frame(m, gfn);
		/* if the memory is gone there is nothing to read, and the domain ends */
		if (f->pfn == LODGE_NO_PFN && !lost) {
			spin_unlock(&m->lock);
			lost = lodge_frame_resident(v, gfn);
			continue;
		}
		lost = false;
		m->dying = f->uses;
		devalidate(m, gfn, f, 512);
		spin_unlock(&m->lock);
		cond_resched();
	}
	spin_unlock(&m->lock);
	lodge_mm_commit(v->domain);
}

/* The lock held, and again on return. The frame is partial, at this level. */
static int validate(struct lodge_vcpu *v, u64 gfn, struct lodge_frame *f, unsigned int level)
	__must_hold(&v->domain->mm.lock)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_type_need need;
	unsigned int i = 0;
	int ret = 0;

	lockdep_assert_held(&v->domain->mm.lock);
	while (i < 512) {
		const u64 *table = lodge_frame_map(f);

		if (!table) {
			spin_unlock(&m->lock);
			ret = lodge_frame_resident(v, gfn);
			spin_lock(&m->lock);
			if (ret)
				break;
			continue;
		}
		i = pte_next_present(table, i);
		if (i == 512) {
			ret = 0;
			break;
		}
		if (level == 1 && lodge_type_leaf_get(m, READ_ONCE(table[i]))) {
			i++;
			continue;
		}
		ret = reserved_entry(level, i) ? 0 :
		      lodge_type_entry_get(m, gfn, level, READ_ONCE(table[i]), &need);
		if (ret == LODGE_TYPE_NEED || ret == -EAGAIN) {
			spin_unlock(&m->lock);
			/* the use that this gets is the entry's */
			if (ret == LODGE_TYPE_NEED)
				ret = lodge_type_get_table(v, need.gfn, need.level);
			else
				lodge_type_drain(v);
			cond_resched();
			spin_lock(&m->lock);
			if (ret == -EAGAIN) {
				ret = 0;
				continue;
			}
		}
		if (ret)
			break;
		i++;
	}
	if (ret)
		devalidate(m, gfn, f, i);
	else
		f->type_state = 0;
	return ret;
}

/*
 * The frame is partial now: no entry maps it writable, and none will.  One that
 * did a moment ago may live on in the TLB of a CPU whose flush another thread is
 * about to ask for; what is written through it would be in no shadow of the table,
 * nor in the books.  The lock is let go meanwhile, and what is gone is gone.
 */
static void flush_writers(struct lodge_vcpu *v)
	__must_hold(&v->domain->mm.lock)
{
	struct lodge_mm *m = &v->domain->mm;

	if (likely(!lodge_tlb_pending(m)))
		return;
	spin_unlock(&m->lock);
	lodge_count(v, flush_remote);
	lodge_mm_commit(v->domain);
	spin_lock(&m->lock);
}

int lodge_type_get_table(struct lodge_vcpu *v, u64 gfn, unsigned int level)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;

	might_sleep();
	for (;;) {
		spin_lock(&m->lock);
		f = ram_frame(m, gfn);
		if (!lodge_frame_is_ram(f) || (f->flags & LODGE_FRAME_DESC) ||
		    (f->type && f->type != level))
			break;
		if (!f->type) {
			f->type = level;
			f->type_state = LODGE_TYPE_PARTIAL;
			f->uses = 1;
			flush_writers(v);
			ret = validate(v, gfn, f, level);
			break;
		}
		if (!f->type_state) {
			if (f->uses < LODGE_TYPE_MAX_USES) {
				f->uses++;
				ret = 0;
			}
			break;
		}
		spin_unlock(&m->lock);
		lodge_type_drain(v);
		cond_resched();
	}
	spin_unlock(&m->lock);
	return ret;
}

void lodge_type_put_table(struct lodge_vcpu *v, u64 gfn)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;

	spin_lock(&m->lock);
	f = ram_frame(m, gfn);
	if (f && lodge_type_level(f) && !f->type_state)
		put_table(m, gfn, f);
	spin_unlock(&m->lock);
	lodge_type_drain(v);
}

int lodge_type_boot(struct lodge_vcpu *v)
{
	struct lodge_mm *m = &v->domain->mm;
	int ret;

	ret = lodge_type_get_table(v, v->cr3_kernel, 4);
	if (!ret) {
		spin_lock(&m->lock);
		/* one use is the pin, the other the root in force */
		lodge_frame(m, v->cr3_kernel)->uses++;
		WRITE_ONCE(m->untyped, false);
		spin_unlock(&m->lock);
	}
	lodge_type_drain(v);
	return ret;
}
