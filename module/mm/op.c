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
#include "mm/type.h"

#define PREEMPTED	0x80000000U	/* MMU_UPDATE_PREEMPTED: private to the hypervisor */
#define BATCH		32

/* An id that names some domain, or what stands for one. */
static bool known_domain(u16 domid)
{
	struct lodge_domain *other;

	if (domid == 0 || domid == DOMID_IO || domid == DOMID_XEN)
		return true;
	other = lodge_domain_find(domid);
	if (!other)
		return false;
	lodge_domain_put(other);
	return true;
}

/*
 * Whose frames: only the caller's own, which is DOMID_SELF and not its id.
 * Others are for tool stacks.  Errnos are those of Xen 4.17.
 */
static int frame_owner(struct lodge_vcpu *v, u16 domid)
{
	if (domid == DOMID_SELF)
		return 0;
	return domid != v->domain->domid && known_domain(domid) ? -EPERM : -ESRCH;
}

/* Whose tables: by id, + 1, 0 for the caller. */
static int table_owner(struct lodge_vcpu *v, u16 owner)
{
	if (!owner || owner - 1 == v->domain->domid)
		return 0;
	return owner - 1 < DOMID_FIRST_RESERVED && known_domain(owner - 1) ? -EPERM : -ESRCH;
}

static int machphys_update(struct lodge_vcpu *v, u64 gfn, u64 pfn)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret = -EINVAL;

	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (lodge_frame_is_ram(f)) {
		m->m2p[gfn] = pfn;
		ret = 0;
	} else if (f && (f->flags & LODGE_FRAME_SPECIAL)) {
		ret = 0;	/* beyond the m2p */
	}
	spin_unlock(&m->lock);
	return ret;
}

static int mmu_update_one(struct lodge_vcpu *v, const struct mmu_update *u, enum lodge_pt_store how)
{
	switch (u->ptr & 7) {
	case MMU_NORMAL_PT_UPDATE:
	case 3:		/* MMU_PT_UPDATE_NO_TRANSLATE: only differs for translated domains */
		return lodge_pt_store_maddr(v, u->ptr & ~7ULL, u->val, how, NULL);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return lodge_pt_store_maddr(v, u->ptr & ~7ULL, u->val, how | LODGE_PT_PRESERVE_AD,
					    NULL);
	case MMU_MACHPHYS_UPDATE:
		return how & LODGE_PT_IO ? -EINVAL : machphys_update(v, u->ptr >> PAGE_SHIFT, u->val);
	}
	return -ENOSYS;
}

/* Add what this call has done to the guest's counter, if there is one that can be written. */
static void put_done(struct lodge_vcpu *v, u64 va, u32 done, bool continued)
{
	u32 before = 0;

	if (!va || (continued && lodge_guest_get(v, before, va)))
		return;
	before += done;
	lodge_guest_put(v, va, before);
}

/*
 * What stands at the beginning of both calls.  PREEMPTED alone, without a list,
 * is how Xen comes back from undoing tables: the result is in the last argument.
 */
static bool no_list(const struct lodge_hc_args *args, long *ret)
{
	if ((u32)args->a[1] == PREEMPTED && !args->a[0])
		*ret = (s32)args->a[3];
	else if (!lodge_guest_va_ok(args->a[0]))
		*ret = -EFAULT;
	else
		return false;
	return true;
}

LODGE_HC(mmu_update)
{
	u32 count = args->a[1], left = count & ~PREEMPTED, done = 0;
	bool continued = count & PREEMPTED;
	u16 domid = args->a[3], owner = args->a[3] >> 16;
	enum lodge_pt_store how = domid == DOMID_IO ? LODGE_PT_IO : LODGE_PT_SET;
	struct mmu_update u[BATCH] __uninitialized;
	int refused;
	long ret;

	if (no_list(args, &ret))
		return ret;
	/* an owner that does not exist is an error by itself, one that may not be named with a request */
	refused = table_owner(v, owner);
	ret = refused == -ESRCH ? refused : 0;
	if (!ret) {
		ret = frame_owner(v, domid);
		if (ret == -EPERM) {
			if (how != LODGE_PT_IO)
				refused = ret;
			ret = 0;
		}
	}
	while (left && !ret) {
		unsigned int n = min_t(u32, left, BATCH), i;

		if (lodge_guest_read(v, u, args->a[0], n * sizeof(u[0]))) {
			/* the array may end within the batch: find how far it goes */
			n = 1;
			ret = lodge_guest_read(v, u, args->a[0], sizeof(u[0]));
			if (ret)
				break;
		}
		for (i = 0; i < n; i++) {
			ret = refused && (u[i].ptr & 7) < 4 ? refused :
			      mmu_update_one(v, &u[i], how);
			if (ret)
				break;
		}
		lodge_mm_commit(v->domain);
		done += i;
		left -= i;
		args->a[0] += i * sizeof(u[0]);
		if (!ret && left && lodge_hc_preempt(v)) {
			put_done(v, args->a[2], done, continued);
			args->a[1] = left | PREEMPTED;
			return LODGE_HC_AGAIN;
		}
	}
	put_done(v, args->a[2], done, continued);
	return ret;
}

/* Flags of update_va_mapping: what to flush, and where. */
static int va_flush(struct lodge_vcpu *v, u64 flags)
{
	u64 type = flags & UVMF_FLUSHTYPE_MASK, mask;

	if (type != UVMF_TLB_FLUSH && type != UVMF_INVLPG)
		return 0;
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

	lodge_mm_commit(v->domain);
	return ret ? ret : va_flush(v, args->a[2]);
}

LODGE_HC(update_va_mapping_otherdomain)
{
	int ret = frame_owner(v, args->a[3]);

	return ret ? ret : lodge_hc_update_va_mapping(v, args);
}

static int pin(struct lodge_vcpu *v, unsigned int level, u64 gfn)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	int ret;

	ret = lodge_type_get_table(v, gfn, level);
	if (ret) {
		lodge_type_drain(v);
		return ret;
	}
	spin_lock(&m->lock);
	f = lodge_frame(m, gfn);
	if (f->pinned)
		ret = -EINVAL;
	else
		f->pinned = level;
	spin_unlock(&m->lock);
	if (ret)
		lodge_type_put_table(v, gfn);
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
		ret = 0;
	}
	spin_unlock(&m->lock);
	/* with the last use the shadows go: the guest writes it with plain stores next */
	if (!ret)
		lodge_type_put_table(v, gfn);
	return ret;
}

/* Another root in *cr3, 0: none. The vcpu is the caller's own, or does not run yet. */
static int new_root(struct lodge_vcpu *v, u64 *cr3, u64 gfn)
{
	u64 old = *cr3;
	int ret;

	if (gfn == old)
		return 0;
	if (gfn) {
		ret = lodge_type_get_table(v, gfn, 4);
		if (ret) {
			lodge_type_drain(v);
			return ret;
		}
	}
	*cr3 = gfn;
	if (old)
		lodge_type_put_table(v, old);
	return 0;
}

int lodge_mm_new_baseptr(struct lodge_vcpu *v, u64 gfn)
{
	/* frame 0 is memory like any other, but here it would mean none */
	return gfn ? new_root(v, &v->cr3_kernel, gfn) : -EINVAL;
}

int lodge_mm_new_user_baseptr(struct lodge_vcpu *v, u64 gfn)
{
	return new_root(v, &v->cr3_user, gfn);
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
	if (lodge_frame_is_ram(f) && lodge_type_plain(f)) {
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

static int flush_vcpus(struct lodge_vcpu *v, u64 mask_va)
{
	u64 mask;

	if (lodge_guest_get(v, mask, mask_va))
		return -EINVAL;
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
	case MMUEXT_INVLPG_MULTI:
		return flush_vcpus(v, (u64)op->arg2.vcpumask);
	case MMUEXT_TLB_FLUSH_ALL:
	case MMUEXT_INVLPG_ALL:
		lodge_tlb_flush(v->domain);
		return 0;
	case MMUEXT_FLUSH_CACHE:
		return -EACCES;		/* no physical devices */
	case 18:	/* MMUEXT_FLUSH_CACHE_GLOBAL */
		return -EINVAL;
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

	if (no_list(args, &ret))
		return ret;
	ret = frame_owner(v, args->a[3]);
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
	put_done(v, args->a[2], done, continued);
	return ret;
}
