// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page faults of the guest: its own, or a shadow entry that is not there yet.
 *
 * Cost: a fault with P=0 and no reserved bit is the guest's own without a look
 * at any table (spte.h).  Others walk the guest's tables and set one entry; a
 * table met for the first time is filled whole.
 */
#include <linux/types.h>
#include <linux/bitops.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/shadow.h"
#include "mm/type.h"
#include "switch/layout.h"

/* The fault was answered: run on, or it is the guest's, or more is needed first. */
enum step {
	STEP_FIXED, STEP_GUEST, STEP_PT_WRITE, STEP_AGAIN, STEP_NEED,
};

static bool in_path(const struct lodge_walk *w, u64 gfn)
{
	return gfn == w->gfn[1] || gfn == w->gfn[2] || gfn == w->gfn[3] || gfn == w->gfn[4];
}

/* Real Xen emulates writes to an L1 only, and only for a guest that has asked for it. */
static bool write_emulated(const struct lodge_vcpu *v, u64 gfn)
{
	struct lodge_frame *f = lodge_frame(&v->domain->mm, gfn);

	return test_bit(VMASST_TYPE_writable_pagetables, &v->domain->vm_assist) &&
	       lodge_frame_is_ram(f) && lodge_type_level(f) == 1;
}

/*
 * Entries around the one that faulted, as far as the guest has touched them
 * before: frames come in runs, and so do first touches.
 */
static void build_around(struct lodge_mm *m, struct lodge_shadow *s, unsigned int index, u64 gfn)
{
	const u64 *guest = lodge_frame_map(lodge_frame(m, gfn));
	unsigned int i = round_down(index, LODGE_AROUND), end = i + LODGE_AROUND;

	for (; i < end; i++)
		if (s->table[i] == SPTE_MARK && (READ_ONCE(guest[i]) & PTE_A))
			lodge_shadow_set(m, s, i, READ_ONCE(guest[i]));
}

/* A light exit builds nothing: filling a table is too long for it. */
static struct lodge_shadow *get(struct lodge_vcpu *v, u64 gfn, unsigned int kind)
{
	struct lodge_mm *m = &v->domain->mm;

	return v->light ? lodge_shadow_find(m, gfn, kind) : lodge_shadow_get(m, gfn, kind);
}

/* Make the shadows' path to va, unless its end is known, and set its leaf. */
static enum step build(struct lodge_vcpu *v, u64 root, unsigned int kind, u64 va,
		       const struct lodge_walk *w, struct lodge_shadow *leaf)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_shadow *s = leaf;
	unsigned int level;

	if (s)
		goto leaf;
	s = get(v, root, kind);
	if (IS_ERR_OR_NULL(s))
		return STEP_AGAIN;
	for (level = 4; level > 1; level--) {
		unsigned int i = pt_index(va, level);
		struct lodge_shadow *c = get(v, w->gfn[level - 1], level - 2);

		if (IS_ERR_OR_NULL(c))
			return STEP_AGAIN;
		/* get() may have linked it already: c was found by nobody before it existed */
		if (!spte_linked(s->table[i]))
			lodge_shadow_link(m, s, i, w->entry[level], c);
		s = c;
	}
leaf:
	lodge_shadow_set(m, s, pt_index(va, 1), w->entry[1]);
	build_around(m, s, pt_index(va, 1), w->gfn[1]);
	return STEP_FIXED;
}

static enum step fault_step(struct lodge_vcpu *v, u64 va, u32 *error, u64 *need)
{
	struct lodge_mm *m = &v->domain->mm;
	u64 root = v->kernel_mode ? v->cr3_kernel : v->cr3_user;
	unsigned int kind = v->kernel_mode ? LODGE_SHADOW_L4 : LODGE_SHADOW_L4_USER;
	bool write = *error & FAULT_W;
	struct lodge_shadow *leaf = NULL;
	struct lodge_walk w __uninitialized;
	struct lodge_frame *f;
	enum step step;
	u64 gfn;
	int ret;

	ret = lodge_walk_short(m, v->kernel_mode ? v->root_kernel : v->root_user, root, va, &w,
			       &leaf);
	if (ret == -ENOENT) {
walk:
		leaf = NULL;
		ret = lodge_walk(m, root, va, &w);
	}
	switch (ret) {
	case 0:
		break;
	case -EAGAIN:
		*need = w.need;
		return STEP_NEED;
	default:
		*error &= ~FAULT_P;
		return STEP_GUEST;
	}

	gfn = pte_gfn(w.entry[1]);
	f = lodge_frame(m, gfn);
	if (!f || !(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL))) {
		/* real Xen would not have let the guest have such an entry */
		*error &= ~FAULT_P;
		return STEP_GUEST;
	}
	*error |= FAULT_P;
	if (write && !w.writable)
		return v->kernel_mode && write_emulated(v, gfn) ?
			STEP_PT_WRITE : STEP_GUEST;
	if ((*error & FAULT_I) && !w.executable)
		return STEP_GUEST;
	if (write && !(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_WRITABLE)))
		return STEP_GUEST;
	if (f->pfn == LODGE_NO_PFN) {
		*need = gfn;
		return STEP_NEED;
	}
	if (write && f->shadows) {
		/* the tables of the path are wanted */
		if (leaf)
			goto walk;
		/* a writable mapping of a table: plain memory again, unless it must stay one */
		if (f->pinned || in_path(&w, gfn))
			return STEP_PT_WRITE;
		if (v->light)
			return STEP_AGAIN;
		lodge_shadow_zap_gfn(m, gfn);
		lodge_count(v, pf_unshadowed);
	}
	/* left by a shadow that was to be and was not */
	if (write && !f->shadows)
		f->flags &= ~LODGE_FRAME_PROTECT;
	if (lodge_walk_mark(m, &w, va, write))
		return STEP_AGAIN;
	step = build(v, root, kind, va, &w, leaf);
	/* building may have made a table of the very frame */
	if (step == STEP_FIXED && write && f->shadows)
		return STEP_PT_WRITE;
	return step;
}

enum lodge_fault lodge_mm_fault(struct lodge_vcpu *v, u64 va, u32 *error)
{
	struct lodge_domain *d = v->domain;
	u32 hw = *error;

	*error = (hw & (FAULT_W | FAULT_I)) | (v->kernel_mode ? 0 : FAULT_U);
	if (!lodge_guest_va_ok(va)) {
		/* what of the m2p exists is visible to the guest kernel, nothing else is */
		if (v->kernel_mode && va >> 38 == LODGE_M2P_VA >> 38)
			*error |= hw & FAULT_P;
		return LODGE_FAULT_GUEST;
	}
	if (!(hw & (FAULT_P | FAULT_RSVD)))
		return LODGE_FAULT_GUEST;

	for (;;) {
		enum step step;
		u64 need;
		int ret;

		if (!v->light && lodge_shadow_topup(d))
			return LODGE_FAULT_FATAL;
		spin_lock(&d->mm.lock);
		step = fault_step(v, va, error, &need);
		spin_unlock(&d->mm.lock);
		lodge_mm_commit_of(v);

		switch (step) {
		case STEP_FIXED:
			lodge_count(v, pf_shadow);
			return LODGE_FAULT_FIXED;
		case STEP_GUEST:
			return LODGE_FAULT_GUEST;
		case STEP_PT_WRITE:
			return LODGE_FAULT_PT_WRITE;
		case STEP_NEED:
			ret = lodge_frame_resident(v, need);
			if (ret == -EFAULT)
				return LODGE_FAULT_FATAL;
			break;
		case STEP_AGAIN:
			break;
		}
		if (v->light) {
			v->retry = true;
			return LODGE_FAULT_FATAL;
		}
		if (lodge_hc_preempt(v))
			return LODGE_FAULT_FIXED;	/* it comes back if need be */
		cond_resched();
	}
}

bool lodge_mm_forbids(struct lodge_vcpu *v, u64 va, u32 error)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_walk w __uninitialized;
	const struct lodge_frame *f;
	struct lodge_shadow *leaf;
	bool forbids = false;

	if ((error & (FAULT_P | FAULT_RSVD)) != FAULT_P || !lodge_guest_va_ok(va))
		return false;
	spin_lock(&m->lock);
	if (!lodge_walk_short(m, v->root_user, v->cr3_user, va, &w, &leaf)) {
		f = lodge_frame(m, pte_gfn(w.entry[1]));
		forbids = f && (f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL)) &&
			  (((error & FAULT_W) && !w.writable) ||
			   ((error & FAULT_I) && !w.executable));
	}
	spin_unlock(&m->lock);
	return forbids;
}

void lodge_mm_dump_walk(struct lodge_vcpu *v, u64 va)
{
	u64 root = v->kernel_mode ? v->cr3_kernel : v->cr3_user;
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_walk w = {};
	unsigned int level;
	int ret;

	do {
		spin_lock(&m->lock);
		ret = lodge_walk(m, root, va, &w);
		spin_unlock(&m->lock);
	} while (ret == -EAGAIN && !lodge_frame_resident(v, w.need));
	for (level = 4; level && level >= w.level; level--)
		pr_info("  L%u frame %#llx entry %#llx\n", level, w.gfn[level], w.entry[level]);
}
