// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmu_update, update_va_mapping and mmuext_op (ABI: xen.h, "HYPERVISOR_mmu_update"
 * and below).
 *
 * Flush requests for the caller's own vcpu are free: each entry to the guest
 * flushes.  Long arrays are continued: the count argument carries
 * MMU_UPDATE_PREEMPTED, the array pointer moves on, and what was done so far
 * is written to *done at the end by the last part.
 */
#include <linux/types.h>
#include <linux/mm.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/pt.h"
#include "mm/shadow.h"

#define PREEMPTED	0x80000000U	/* MMU_UPDATE_PREEMPTED: private to the hypervisor */
#define BATCH		32

/* Only the caller's own tables: foreign domains are for tool stacks. */
static int check_domid(struct lodge_vcpu *v, u64 foreigndom)
{
	u16 pt_owner = (foreigndom >> 16) & 0xffff;
	u16 owner = foreigndom & 0xffff;

	if (pt_owner && pt_owner - 1 != v->domain->domid && pt_owner - 1 != DOMID_SELF)
		return -EPERM;
	if (owner == DOMID_SELF || owner == v->domain->domid)
		return 0;
	return owner == DOMID_IO || owner == DOMID_XEN ? -EPERM : -ESRCH;
}

static int machphys_update(struct lodge_vcpu *v, u64 gfn, u64 pfn)
{
	struct lodge_mm *m = &v->domain->mm;
	int ret = -EINVAL;

	spin_lock(&m->lock);
	if (lodge_frame_is_ram(lodge_frame(m, gfn))) {
		m->m2p[gfn] = pfn;
		ret = 0;
	}
	spin_unlock(&m->lock);
	return ret;
}

static int mmu_update_one(struct lodge_vcpu *v, const struct mmu_update *u)
{
	switch (u->ptr & 7) {
	case MMU_NORMAL_PT_UPDATE:
		return lodge_pt_store_maddr(v, u->ptr, u->val, LODGE_PT_SET, NULL);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return lodge_pt_store_maddr(v, u->ptr & ~7ULL, u->val, LODGE_PT_PRESERVE_AD, NULL);
	case MMU_MACHPHYS_UPDATE:
		return machphys_update(v, u->ptr >> PAGE_SHIFT, u->val);
	case 3:		/* MMU_PT_UPDATE_NO_TRANSLATE: only differs for translated domains */
		return lodge_pt_store_maddr(v, u->ptr & ~7ULL, u->val, LODGE_PT_SET, NULL);
	}
	return -ENOSYS;
}

/* Add what this call has done to the guest's counter. */
static int put_done(struct lodge_vcpu *v, u64 va, u32 done, bool continued)
{
	u32 before = 0;

	if (!va)
		return 0;
	if (continued && lodge_guest_get(v, before, va))
		return -EFAULT;
	before += done;
	return lodge_guest_put(v, va, before);
}

LODGE_HC(mmu_update)
{
	u32 count = args->a[1], left = count & ~PREEMPTED, done = 0;
	bool continued = count & PREEMPTED;
	struct mmu_update u[BATCH];
	long ret;

	ret = check_domid(v, args->a[3]);
	if (ret)
		return ret;
	while (left) {
		unsigned int n = min_t(u32, left, BATCH), i;

		if (lodge_guest_read(v, u, args->a[0], n * sizeof(u[0]))) {
			/* the array may end within the batch: find how far it goes */
			n = 1;
			ret = lodge_guest_read(v, u, args->a[0], sizeof(u[0]));
			if (ret)
				break;
		}
		for (i = 0; i < n && !ret; i++)
			ret = mmu_update_one(v, &u[i]);
		lodge_mm_commit(v->domain);
		if (ret)
			i--;
		done += i;
		left -= i;
		args->a[0] += i * sizeof(u[0]);
		if (ret)
			break;
		if (left && lodge_hc_preempt(v)) {
			put_done(v, args->a[2], done, continued);
			args->a[1] = left | PREEMPTED;
			return LODGE_HC_AGAIN;
		}
	}
	if (put_done(v, args->a[2], done, continued) && !ret)
		ret = -EFAULT;
	return ret;
}

/* Flags of update_va_mapping: what to flush, and where. */
static int va_flush(struct lodge_vcpu *v, u64 flags)
{
	u64 mask;

	switch (flags & UVMF_FLUSHTYPE_MASK) {
	case UVMF_NONE:
		return 0;
	case UVMF_TLB_FLUSH:
	case UVMF_INVLPG:
		break;
	default:
		return -EINVAL;
	}
	flags &= ~UVMF_FLUSHTYPE_MASK;
	if (flags == UVMF_LOCAL)
		return 0;
	if (flags != UVMF_ALL && lodge_guest_get(v, mask, flags))
		return -EFAULT;
	lodge_tlb_flush(v->domain);
	return 0;
}

LODGE_HC(update_va_mapping)
{
	int ret = lodge_pt_store_va(v, args->a[0], args->a[1], NULL);
	int flush;

	lodge_mm_commit(v->domain);
	flush = va_flush(v, args->a[2]);
	return ret ? ret : flush;
}

LODGE_HC(update_va_mapping_otherdomain)
{
	u64 domid = args->a[3];

	if (domid != DOMID_SELF && domid != v->domain->domid)
		return -EPERM;
	return lodge_hc_update_va_mapping(v, args);
}

static int pin(struct lodge_vcpu *v, unsigned int level, u64 gfn)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	/* pinned already, or known to be mapped writable: as real Xen */
	if (lodge_frame_is_ram(f) && !f->pinned && !f->grants && !(f->flags & LODGE_FRAME_DESC) &&
	    !lodge_rmap_writable(m, f)) {
		f->pinned = level;
		ret = 0;
	}
	spin_unlock(&m->lock);
	return ret;
}

static int unpin(struct lodge_vcpu *v, u64 gfn)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (lodge_frame_is_ram(f) && f->pinned) {
		f->pinned = 0;
		/* the guest writes it with plain stores next; a root in force comes back by itself */
		lodge_shadow_zap_gfn(m, gfn);
		ret = 0;
	}
	spin_unlock(&m->lock);
	return ret;
}

/* A frame can be a root if it is RAM and not known to be mapped writable, as for pin(). */
static bool can_be_root(struct lodge_vcpu *v, u64 gfn)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	bool ok;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	ok = lodge_frame_is_ram(f) &&
	     (f->pinned || f->shadows ||
	      (!f->grants && !(f->flags & LODGE_FRAME_DESC) && !lodge_rmap_writable(m, f)));
	spin_unlock(&m->lock);
	return ok;
}

int lodge_mm_new_baseptr(struct lodge_vcpu *v, u64 gfn)
{
	if (!can_be_root(v, gfn))
		return -EINVAL;
	v->cr3_kernel = gfn;
	return 0;
}

int lodge_mm_new_user_baseptr(struct lodge_vcpu *v, u64 gfn)
{
	if (gfn && !can_be_root(v, gfn))
		return -EINVAL;
	v->cr3_user = gfn;
	return 0;
}

void lodge_mm_invlpg(struct lodge_vcpu *v, u64 va)
{
	/* the next entry flushes everything */
}

/* Whole pages: the target must be memory that is no page table. */
static int copy_page_op(struct lodge_vcpu *v, u64 to, u64 from, bool clear)
{
	struct page *dst = lodge_frame_pin(v->domain, to), *src;
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;

	if (IS_ERR(dst))
		return ret;
	src = clear ? NULL : lodge_frame_pin(v->domain, from);
	if (IS_ERR(src))
		goto unpin;
	spin_lock(&m->lock);
	f = lodge_frame(m, to);
	if (lodge_frame_is_ram(f) && !f->pinned && !f->shadows &&
	    !(f->flags & LODGE_FRAME_DESC)) {
		if (clear)
			clear_page(page_address(dst));
		else
			copy_page(page_address(dst), page_address(src));
		ret = 0;
	}
	spin_unlock(&m->lock);
	lodge_frame_unpin(src);
unpin:
	lodge_frame_unpin(dst);
	return ret;
}

/* Real Xen answers to a bad pointer in two ways. */
static int flush_vcpus(struct lodge_vcpu *v, u64 mask_va, int bad)
{
	u64 mask;

	if (lodge_guest_get(v, mask, mask_va))
		return bad;
	lodge_tlb_flush(v->domain);
	return 0;
}

static int mmuext_one(struct lodge_vcpu *v, const struct mmuext_op *op)
{
	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return pin(v, op->cmd - MMUEXT_PIN_L1_TABLE + 1, op->arg1.mfn);
	case MMUEXT_UNPIN_TABLE:
		return unpin(v, op->arg1.mfn);
	case MMUEXT_NEW_BASEPTR:
		return lodge_mm_new_baseptr(v, op->arg1.mfn);
	case MMUEXT_NEW_USER_BASEPTR:
		return lodge_mm_new_user_baseptr(v, op->arg1.mfn);
	case MMUEXT_TLB_FLUSH_LOCAL:
	case MMUEXT_INVLPG_LOCAL:
		return 0;
	case MMUEXT_TLB_FLUSH_MULTI:
		return flush_vcpus(v, (u64)op->arg2.vcpumask, -EFAULT);
	case MMUEXT_INVLPG_MULTI:
		return flush_vcpus(v, (u64)op->arg2.vcpumask, -EINVAL);
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_ALL:
		lodge_tlb_flush(v->domain);
		return 0;
	case MMUEXT_FLUSH_CACHE:
		return -EACCES;		/* no physical devices */
	case MMUEXT_SET_LDT:
		return lodge_ldt_set(v, op->arg1.linear_addr, op->arg2.nr_ents);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return -EOPNOTSUPP;
	case MMUEXT_CLEAR_PAGE:
		return copy_page_op(v, op->arg1.mfn, 0, true);
	case MMUEXT_COPY_PAGE:
		return copy_page_op(v, op->arg1.mfn, op->arg2.src_mfn, false);
	}
	return -ENOSYS;
}

LODGE_HC(mmuext_op)
{
	u32 count = args->a[1], left = count & ~PREEMPTED, done = 0;
	bool continued = count & PREEMPTED;
	struct mmuext_op op;
	long ret;

	ret = check_domid(v, args->a[3]);
	if (ret)
		return ret;
	while (left) {
		ret = lodge_guest_get(v, op, args->a[0]);
		if (!ret)
			ret = mmuext_one(v, &op);
		lodge_mm_commit(v->domain);
		if (ret)
			break;
		done++;
		left--;
		args->a[0] += sizeof(op);
		if (left && lodge_hc_preempt(v)) {
			put_done(v, args->a[2], done, continued);
			args->a[1] = left | PREEMPTED;
			return LODGE_HC_AGAIN;
		}
	}
	if (put_done(v, args->a[2], done, continued) && !ret)
		ret = -EFAULT;
	return ret;
}
