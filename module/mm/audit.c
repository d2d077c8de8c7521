// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof of the shadows: what must hold of every entry, list and count whenever
 * mm.lock is free, checked from both ends.
 *
 * The domain is paused meanwhile, so nothing is built.  Pages may still go by
 * the MMU notifier, and vcpus may let go of their roots, each under the lock;
 * hence what is looked at under one hold must be consistent, and what is summed
 * up over several is only judged if nothing went.
 *
 * Cost: each entry of each shadow once, and each link twice.
 */
#include <linux/bitops.h>
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "domain/domain.h"
#include "mm/audit.h"
#include "mm/shadow.h"
#include "switch/layout.h"
#include "switch/switch.h"

#define MAX_LINES	20
#define LINE_SIZE	128
/* Passes, while what they find may come from a change between two holds of the lock. */
#define MAX_PASSES	8
/* Frames, or places in an array, looked at under one hold. */
#define BATCH		1024

/* As in rmap.c: what stands in prev of the first link of a list. */
#define FIRST		BIT(31)
#define OF_SHADOW	BIT(30)

struct audit {
	struct lodge_domain *d;
	struct lodge_mm *m;
	unsigned long *seen;		/* bit per index: among the free ones */
	u64 shadows;
	u64 checked, skipped;		/* entries */
	u64 linked;			/* entries with a target */
	u64 listed;			/* members of all lists */
	u64 hashed;
	u64 errors;
	char line[MAX_LINES][LINE_SIZE];
};

static const char * const kind_name[] = {
	[LODGE_SHADOW_L1] = "L1",
	[LODGE_SHADOW_L2] = "L2",
	[LODGE_SHADOW_L3] = "L3",
	[LODGE_SHADOW_L4] = "L4",
	[LODGE_SHADOW_L4_USER] = "L4 user",
};

static void __printf(2, 3) complain(struct audit *a, const char *fmt, ...)
{
	va_list args;

	if (a->errors < MAX_LINES) {
		va_start(args, fmt);
		vscnprintf(a->line[a->errors], LINE_SIZE, fmt, args);
		va_end(args);
	}
	a->errors++;
}

static void shadow_error(struct audit *a, const struct lodge_shadow *s, const char *what)
{
	complain(a, "%s %#llx: %s", kind_name[s->kind], s->gfn, what);
}

static void entry_error(struct audit *a, const struct lodge_shadow *s, unsigned int index, u64 val,
			const char *what)
{
	complain(a, "%s %#llx[%u]: %s: guest %#llx shadow %#llx", kind_name[s->kind], s->gfn,
		 index, what, val, s->table[index]);
}

static bool frame_in_use(const struct lodge_frame *f)
{
	return f && (f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL));
}

static bool reserved_slot(const struct lodge_shadow *s, unsigned int index)
{
	return kind_level(s->kind) == 4 && index >= LODGE_SLOT_FIRST && index <= LODGE_SLOT_LAST;
}

/* The guest's table behind a shadow, NULL if it is not resident. */
static const u64 *guest_table(struct lodge_mm *m, const struct lodge_shadow *s)
{
	struct lodge_frame *f = lodge_frame(m, s->gfn);

	return lodge_frame_is_ram(f) ? lodge_frame_map(f) : NULL;
}

/* The link of an id, NULL if there cannot be such an entry. */
static struct lodge_link *link_of(struct lodge_mm *m, u32 id)
{
	u32 index = id >> 9;

	if (!index || index > m->shadow_max || !m->by_index[index])
		return NULL;
	return &m->by_index[index]->link[id & 511];
}

/* Where the list begins whose first member has this in prev; NULL: nowhere. */
static u32 *head_of(struct lodge_mm *m, u32 prev)
{
	struct lodge_frame *f;
	u32 index;

	if (prev & OF_SHADOW) {
		index = prev & ~(FIRST | OF_SHADOW);
		if (!index || index > m->shadow_max || !m->by_index[index])
			return NULL;
		return &m->by_index[index]->parents;
	}
	f = lodge_frame(m, prev & ~FIRST);
	return frame_in_use(f) ? &f->rmap : NULL;
}

/* Do the neighbours of an entry on its list agree?  Without a target it is on none. */
static void check_link(struct audit *a, struct lodge_shadow *s, unsigned int index)
{
	const struct lodge_link *l = &s->link[index], *other;
	u32 id = s->index << 9 | index, *head;

	if (!spte_linked(s->table[index]) || reserved_slot(s, index)) {
		if (l->next || l->prev)
			entry_error(a, s, index, 0, "no target, but on a list");
		return;
	}
	a->linked++;
	if (!l->prev) {
		entry_error(a, s, index, 0, "on no list");
		return;
	}
	if (l->prev & FIRST) {
		head = head_of(a->m, l->prev);
		if (!head || *head != id || !!(l->prev & OF_SHADOW) == !s->kind)
			entry_error(a, s, index, 0, "first of a list that does not know it");
	} else {
		other = link_of(a->m, l->prev);
		if (!other || other->next != id)
			entry_error(a, s, index, 0, "link before it is wrong");
	}
	if (l->next) {
		other = link_of(a->m, l->next);
		if (!other || other->prev != id)
			entry_error(a, s, index, 0, "link after it is wrong");
	}
}

/* A member of a list whose owner has this number and is reached by this address. */
static const char *check_member(struct lodge_mm *m, u32 id, unsigned int level, u64 gfn, u64 target)
{
	const struct lodge_shadow *s = m->by_index[id >> 9];
	const u64 *guest = guest_table(m, s);
	u64 spte = s->table[id & 511];

	if (kind_level(s->kind) != level)
		return "member of another level";
	if (!spte_linked(spte))
		return "member has no target";
	if ((spte & PTE_FRAME) != target)
		return "member points elsewhere";
	if (guest && pte_gfn(READ_ONCE(guest[id & 511])) != gfn)
		return "the guest's entry names another frame";
	return NULL;
}

static void list_error(struct audit *a, u32 owner, u32 id, const char *what)
{
	complain(a, "list of %s %#lx, entry %#x[%u]: %s", owner & OF_SHADOW ? "shadow" : "frame",
		 owner & ~OF_SHADOW, id >> 9, id & 511, what);
}

/* The list of a frame (entries of level 1) or of a lower shadow, from its head. */
static void check_list(struct audit *a, u32 head, u32 owner, unsigned int level, u64 gfn,
		       u64 target)
{
	u64 max = atomic64_read(&a->m->nr_shadows) * 512, n = 0;
	u32 id, prev = FIRST | owner;

	for (id = head; id; id = link_of(a->m, id)->next) {
		const struct lodge_link *l = link_of(a->m, id);
		const char *what;

		if (!l) {
			list_error(a, owner, id, "no such entry");
			return;
		}
		what = l->prev != prev ? "link back is wrong" :
		       check_member(a->m, id, level, gfn, target);
		if (what)
			list_error(a, owner, id, what);
		prev = id;
		if (++n > max) {
			list_error(a, owner, id, "the list has no end");
			return;
		}
	}
	a->listed += n;
}

/* An entry of level 1 against the guest's: NULL if it may be as it is. */
static const char *check_leaf(struct lodge_mm *m, u64 spte, u64 val)
{
	struct lodge_frame *f = lodge_frame(m, pte_gfn(val));

	if (!frame_in_use(f))
		return "not a frame of the guest";
	if (f->pfn == LODGE_NO_PFN || (u64)f->pfn << 12 != (spte & PTE_FRAME))
		return "another page than the frame's";
	if (!(val & PTE_A))
		return "the guest's A is not set";
	if ((spte & ~PTE_FRAME & ~(PTE_W | PTE_D | PTE_NX)) != (PTE_P | PTE_U | PTE_A))
		return "bits that it may not have";
	if ((spte ^ val) & PTE_NX)
		return "NX differs";
	if (!(spte & PTE_W) != !(spte & PTE_D))
		return "W and D differ";
	if (!(spte & PTE_W))
		return NULL;
	if (!(val & PTE_W) || !(val & PTE_D))
		return "writable without the guest's W and D";
	if (f->shadows || (f->flags & LODGE_FRAME_PROTECT))
		return "writable mapping of a page table";
	if (!(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_WRITABLE)))
		return "writable mapping of a page that is read-only";
	return NULL;
}

/* The same for an entry of a higher level. */
static const char *check_upper(struct lodge_mm *m, const struct lodge_shadow *s, u64 spte, u64 val)
{
	const struct lodge_shadow *c;

	if (val & PTE_PSE)
		return "link for a large entry";
	if (!(val & PTE_A))
		return "the guest's A is not set";
	c = lodge_shadow_find(m, pte_gfn(val), kind_level(s->kind) - 2);
	if (!c)
		return "link to a table without a shadow";
	if (c->dead)
		return "link to a dead shadow";
	if ((spte & PTE_FRAME) != __pa(c->table))
		return "link to another shadow";
	if ((spte & ~PTE_FRAME) != (PTE_P | PTE_U | PTE_A | (val & (PTE_W | PTE_NX))))
		return "bits differ";
	return NULL;
}

static u64 reserved_value(const struct audit *a, const struct lodge_shadow *s, unsigned int index)
{
	switch (index) {
	case LODGE_SLOT_SWITCH:
		return lodge_switch_slot();
	case LODGE_SLOT_M2P:
		return s->kind == LODGE_SHADOW_L4 ? a->m->m2p_slot : 0;
	default:
		return 0;
	}
}

static void check_entry(struct audit *a, struct lodge_shadow *s, unsigned int index,
			const u64 *guest)
{
	u64 spte = s->table[index], val;
	const char *what = NULL;

	check_link(a, s, index);
	if (reserved_slot(s, index)) {
		a->checked++;
		if (spte != reserved_value(a, s, index))
			entry_error(a, s, index, 0, "reserved slot");
		return;
	}
	if (!guest) {
		a->skipped++;
		return;
	}
	a->checked++;
	val = READ_ONCE(guest[index]);
	if (!spte) {
		if (val & PTE_P)
			what = "the guest's entry is present";
	} else if (!(val & PTE_P)) {
		what = "the guest's entry is not present";
	} else if (spte_linked(spte)) {
		what = s->kind == LODGE_SHADOW_L1 ? check_leaf(a->m, spte, val) :
		       check_upper(a->m, s, spte, val);
	} else if (spte != SPTE_MARK) {
		what = "neither mark nor target";
	}
	if (what)
		entry_error(a, s, index, val, what);
}

static u32 roots_of(const struct lodge_domain *d, const struct lodge_shadow *s)
{
	u32 i, n = 0;

	for (i = 0; i < d->max_vcpus; i++)
		n += (READ_ONCE(d->vcpu[i]->root_kernel) == s) +
		     (READ_ONCE(d->vcpu[i]->root_user) == s);
	return n;
}

static void check_shadow(struct audit *a, struct lodge_shadow *s, u32 index)
{
	struct lodge_frame *f = lodge_frame(a->m, s->gfn);
	const u64 *guest;
	unsigned int i;

	if (s->kind >= LODGE_NR_SHADOW_KINDS) {
		complain(a, "shadow %#x of %#llx: unknown kind %u", index, s->gfn, s->kind);
		return;
	}
	if (s->index != index) {
		shadow_error(a, s, "in another's place");
		return;
	}
	a->shadows++;
	if (s->dead)
		shadow_error(a, s, "dead, but in use");
	if (lodge_shadow_find(a->m, s->gfn, s->kind) != s)
		shadow_error(a, s, "not found by its name");
	if (!lodge_frame_is_ram(f) || !(f->shadows & BIT(s->kind)))
		shadow_error(a, s, "its frame does not know it");
	if (page_private(virt_to_page(s->table)) != (unsigned long)s)
		shadow_error(a, s, "its page does not know it");
	if (s->roots != (kind_level(s->kind) == 4 ? roots_of(a->d, s) : 0))
		shadow_error(a, s, "not the root of as many vcpus as it says");
	if (s->list.next->prev != &s->list || s->list.prev->next != &s->list)
		shadow_error(a, s, "on no list of shadows");
	guest = guest_table(a->m, s);
	for (i = 0; i < 512; i++)
		check_entry(a, s, i, guest);
	check_list(a, s->parents, OF_SHADOW | s->index, kind_level(s->kind) + 1, s->gfn,
		   __pa(s->table));
}

static void check_frame(struct audit *a, struct lodge_frame *f, u64 gfn)
{
	unsigned int kind;

	for (kind = 0; kind < LODGE_NR_SHADOW_KINDS; kind++)
		if ((f->shadows & BIT(kind)) && !lodge_shadow_find(a->m, gfn, kind))
			complain(a, "frame %#llx: no shadow as %s", gfn, kind_name[kind]);
	if (f->shadows >> LODGE_NR_SHADOW_KINDS)
		complain(a, "frame %#llx: shadows %#x", gfn, f->shadows);
	if (f->shadows && !(f->flags & LODGE_FRAME_RAM))
		complain(a, "frame %#llx: shadowed, but not memory", gfn);
	if (f->pfn == LODGE_NO_PFN || !frame_in_use(f)) {
		if (f->rmap)
			complain(a, "frame %#llx: mapped, but not resident", gfn);
		if (!frame_in_use(f) && f->pfn != LODGE_NO_PFN)
			complain(a, "frame %#llx: not the guest's, but has a page", gfn);
		return;
	}
	check_list(a, f->rmap, gfn, 1, gfn, (u64)f->pfn << 12);
}

static void check_shadows(struct audit *a)
{
	struct lodge_mm *m = a->m;
	u32 i;

	for (i = 1; i <= m->shadow_max; i++) {
		if (m->by_index[i])
			check_shadow(a, m->by_index[i], i);
		if (m->by_index[i] || !(i % BATCH))
			cond_resched_lock(&m->lock);
	}
}

static void check_frames(struct audit *a)
{
	struct lodge_mm *m = a->m;
	u64 i;

	for (i = 0; i < m->max_pages; i++) {
		check_frame(a, &m->frame[i], i);
		if (!(i % BATCH))
			cond_resched_lock(&m->lock);
	}
	for (i = 0; i < LODGE_NR_SPECIAL; i++) {
		check_frame(a, &m->special[i], LODGE_SPECIAL_GFN + i);
		if (!(i % BATCH))
			cond_resched_lock(&m->lock);
	}
}

static void check_hash(struct audit *a)
{
	struct lodge_mm *m = a->m;
	struct lodge_shadow *s;
	unsigned long i;

	for (i = 0; i < 1UL << m->hash_bits; i++) {
		hlist_for_each_entry(s, &m->hash[i], hash) {
			a->hashed++;
			if (s->dead || m->by_index[s->index] != s)
				shadow_error(a, s, "found by its name, but not in use");
		}
		if (!(i % BATCH))
			cond_resched_lock(&m->lock);
	}
}

static void check_free(struct audit *a)
{
	struct lodge_mm *m = a->m;
	u32 i;

	for (i = 0; i < m->nr_free_index; i++) {
		u32 index = m->free_index[i];

		if (!index || index > m->shadow_max)
			complain(a, "free index %u: %#x", i, index);
		else if (m->by_index[index])
			complain(a, "free index %#x is in use", index);
		else if (__test_and_set_bit(index, a->seen))
			complain(a, "free index %#x is free twice", index);
		if (!(i % BATCH))
			cond_resched_lock(&m->lock);
	}
	if (m->nr_free_index + atomic64_read(&m->nr_shadows) != m->shadow_max)
		complain(a, "%u free and %lld used shadows of %llu", m->nr_free_index,
			 atomic64_read(&m->nr_shadows), m->shadow_max);
}

/* Out of use, but held by a vcpu: must lead nowhere. */
static void check_dead(struct audit *a)
{
	unsigned int i, left = 2 * LODGE_MAX_VCPUS;
	struct lodge_shadow *s;

	list_for_each_entry(s, &a->m->zapped, list) {
		if (!left--)
			break;
		if (!s->dead || s->parents)
			shadow_error(a, s, "out of use, but reached");
		for (i = 0; i < 512; i++)
			if (s->link[i].prev ||
			    (!reserved_slot(s, i) && s->table[i] && s->table[i] != SPTE_MARK))
				entry_error(a, s, i, 0, "out of use, but points somewhere");
	}
}

static void check_sums(struct audit *a)
{
	u64 n = atomic64_read(&a->m->nr_shadows);

	if (a->shadows != n)
		complain(a, "%llu shadows found, %llu counted", a->shadows, n);
	if (a->hashed != n)
		complain(a, "%llu shadows have a name, %llu counted", a->hashed, n);
	if (a->linked != a->listed)
		complain(a, "%llu entries have a target, %llu are on lists", a->linked, a->listed);
}

/* May anything go between two holds of the lock that does not show in invalidate_seq? */
static bool invalidating(const struct lodge_mm *m)
{
	return m->attachment && lodge_mm_invalidating(m);
}

/* One pass: false if something went meanwhile, so that its sums mean nothing. */
static bool pass(struct audit *a)
{
	struct lodge_mm *m = a->m;
	unsigned long seq;
	bool still;
	u64 n;

	a->shadows = 0;
	a->checked = 0;
	a->skipped = 0;
	a->linked = 0;
	a->listed = 0;
	a->hashed = 0;
	a->errors = 0;
	memset(a->seen, 0, BITS_TO_LONGS(m->shadow_max + 1) * sizeof(long));

	spin_lock(&m->lock);
	still = !invalidating(m);
	seq = m->invalidate_seq;
	n = atomic64_read(&m->nr_shadows);
	check_shadows(a);
	check_frames(a);
	check_hash(a);
	check_free(a);
	check_dead(a);
	still = still && !invalidating(m) && seq == m->invalidate_seq &&
		n == atomic64_read(&m->nr_shadows);
	if (still)
		check_sums(a);
	spin_unlock(&m->lock);
	return still;
}

static int audit_show(struct seq_file *file, void *unused)
{
	struct lodge_domain *d = file->private;
	unsigned int passes = MAX_PASSES;
	struct audit *a;
	int ret = 0;
	u64 i;

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	a->d = d;
	a->m = &d->mm;
	a->seen = kvcalloc(BITS_TO_LONGS(d->mm.shadow_max + 1), sizeof(long), GFP_KERNEL);
	if (!a->seen) {
		ret = -ENOMEM;
		goto free;
	}

	lodge_domain_pause(d);
	/* a vcpu that lets go of its root does so in two steps: errors must be there to stay */
	while ((!pass(a) || a->errors) && --passes) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	lodge_domain_unpause(d);
	if (ret)
		goto free;

	seq_printf(file, "audit: %llu shadows, %llu entries checked, %llu skipped, %llu errors\n",
		   a->shadows, a->checked, a->skipped, a->errors);
	for (i = 0; i < min_t(u64, a->errors, MAX_LINES); i++)
		seq_printf(file, "%s\n", a->line[i]);
free:
	kvfree(a->seen);
	kfree(a);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(audit);

int lodge_audit_create(struct lodge_domain *d)
{
	debugfs_create_file("audit", 0400, d->debugfs, d, &audit_fops);
	lodge_audit_types_create(d);
	return 0;
}
