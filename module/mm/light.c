// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table hypercalls in light exits (sched/light.c): as much of them as needs
 * no sleep, no flush of another CPU and no new shadow.  Each either does all of
 * its work or has changed nothing; errnos and rare requests are left to op.c.
 *
 * Cost, with the way there and back: see `make bench`.
 */
#include <linux/cpumask.h>
#include <linux/types.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/light.h"
#include "mm/pt.h"
#include "mm/shadow.h"

#define UPDATES_MAX	32	/* entries under one hold of the lock, interrupts off */
#define OPS_MAX		8

static bool own_domain(const struct lodge_vcpu *v, u64 domid)
{
	return domid == DOMID_SELF;
}

/* Is this CPU the only one inside the guest?  A flush of all is then the entry to come. */
static bool alone(const struct lodge_vcpu *v)
{
	smp_mb();	/* partner: the run loop, between setting the bit and loading CR3 */
	return cpumask_weight(&v->domain->mm.running) <= 1;
}

/* The count of what was done: looked at before anything is, stored when all is. */
static bool can_put_done(struct lodge_vcpu *v, u64 va)
{
	u32 zero = 0;

	return !va || !lodge_guest_put(v, va, zero);
}

static void put_done(struct lodge_vcpu *v, u64 va, u32 done)
{
	/* where it cannot be stored at all that is no error */
	if (!va || !lodge_guest_put(v, va, done) || !v->retry)
		return;
	v->late_va = va;
	v->late_val = done;
	v->late_bytes = sizeof(done);
}

bool lodge_light_mmu_update(struct lodge_vcpu *v, const struct lodge_hc_args *args, long *ret)
{
	u32 n = args->a[1];
	struct mmu_update u[UPDATES_MAX] __uninitialized;
	unsigned int done;
	int err;

	if (!n || n > UPDATES_MAX || !own_domain(v, args->a[3]) ||
	    lodge_guest_read(v, u, args->a[0], n * sizeof(u[0])) ||
	    !can_put_done(v, args->a[2]) || !lodge_pt_store_batch(v, u, n, &done, &err))
		return false;
	*ret = err;
	put_done(v, args->a[2], done);
	return true;
}

bool lodge_light_update_va_mapping(struct lodge_vcpu *v, const struct lodge_hc_args *args,
				   long *ret)
{
	u64 type = args->a[2] & UVMF_FLUSHTYPE_MASK, who = args->a[2] & ~UVMF_FLUSHTYPE_MASK;

	if (type != UVMF_NONE) {
		if (type != UVMF_TLB_FLUSH && type != UVMF_INVLPG)
			return false;
		if (who != UVMF_LOCAL && (who != UVMF_ALL || !alone(v)))
			return false;
	}
	*ret = lodge_pt_store_va(v, args->a[0], args->a[1], NULL);
	return !v->retry;
}

bool lodge_light_mmuext_op(struct lodge_vcpu *v, const struct lodge_hc_args *args, long *ret)
{
	u64 kernel = LODGE_SAME_ROOT, user = LODGE_SAME_ROOT, mask;
	struct mmuext_op op[OPS_MAX] __uninitialized;
	u32 n = args->a[1], i;

	if (!n || n > OPS_MAX || !own_domain(v, args->a[3]) ||
	    lodge_guest_read(v, op, args->a[0], n * sizeof(op[0])))
		return false;
	for (i = 0; i < n; i++) {
		switch (op[i].cmd) {
		case MMUEXT_NEW_BASEPTR:
			kernel = op[i].arg1.mfn;
			if (kernel == LODGE_SAME_ROOT)
				return false;
			break;
		case MMUEXT_NEW_USER_BASEPTR:
			user = op[i].arg1.mfn;
			if (user == LODGE_SAME_ROOT)
				return false;
			break;
		case MMUEXT_TLB_FLUSH_LOCAL:
		case MMUEXT_INVLPG_LOCAL:
			break;
		case MMUEXT_TLB_FLUSH_MULTI:
		case MMUEXT_INVLPG_MULTI:
			if (!alone(v) || lodge_guest_get(v, mask, (u64)op[i].arg2.vcpumask))
				return false;
			break;
		case MMUEXT_TLB_FLUSH_ALL:
		case MMUEXT_INVLPG_ALL:
			if (!alone(v))
				return false;
			break;
		default:
			return false;
		}
	}
	if (!can_put_done(v, args->a[2]) || !lodge_mm_light_baseptr(v, kernel, user))
		return false;
	*ret = 0;
	put_done(v, args->a[2], n);
	return true;
}
