// SPDX-License-Identifier: GPL-2.0-only
/*
 * multicall: a list of calls, each result stored in its entry.  A failing
 * entry does not stop the rest.  Continued by moving the list pointer on; an
 * entry that is itself not done keeps its progress in its arguments.
 */
#include <linux/sched/signal.h>
#include <linux/types.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"

/* A thread that is killed cannot reach the guest's memory: the next one goes on from here. */
static long fault(struct lodge_hc_args *args, u32 left)
{
	if (!fatal_signal_pending(current))
		return -EFAULT;
	args->a[1] = left;
	return LODGE_HC_AGAIN;
}

LODGE_HC(multicall)
{
	u32 left = args->a[1];

	if (!lodge_guest_va_ok(args->a[0]))
		return -EFAULT;
	while (left) {
		u64 at = args->a[0];
		struct multicall_entry e;
		struct lodge_hc_args inner;
		long ret;

		if (lodge_guest_get(v, e, at))
			return fault(args, left);
		memcpy(inner.a, e.args, sizeof(inner.a));
		/* a list within a list would nest without end */
		ret = e.op == __HYPERVISOR_multicall ? -EINVAL :
			lodge_hypercall_one(v, e.op, &inner);
		if (ret == -EFAULT && fatal_signal_pending(current))
			return fault(args, left);
		if (ret == LODGE_HC_NO_RESULT)
			return ret;	/* iret: the rest of the list is dropped, as in Xen */
		if (ret == LODGE_HC_AGAIN) {
			memcpy(e.args, inner.a, sizeof(inner.a));
			if (lodge_guest_put(v, at, e))
				return fault(args, left);
			args->a[1] = left;
			return LODGE_HC_AGAIN;
		}
		e.result = ret;
		if (lodge_guest_write(v, at + offsetof(struct multicall_entry, result),
				      &e.result, sizeof(e.result)))
			return fault(args, left);
		args->a[0] = at + sizeof(e);
		left--;
		if (lodge_domain_ended(v->domain))
			return LODGE_HC_NO_RESULT;
		if (left && lodge_hc_preempt(v)) {
			args->a[1] = left;
			return LODGE_HC_AGAIN;
		}
	}
	return 0;
}
