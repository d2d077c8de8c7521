// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about time: set_timer_op, and the operations of vcpu_op that
 * belong here.  Errnos are those of Xen 4.17 (X: common/domain.c, schedule.c).
 */

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "time/clock.h"

#define MIN_PERIOD_NS	NSEC_PER_MSEC
#define MAX_PERIOD_NS	(~0ULL >> 2)

/* Farther than 13 days: a guest whose own arithmetic wrapped. See set_timer_op. */
#define FAR_FUTURE_NS	BIT_ULL(50)

static long get_runstate(struct lodge_vcpu *caller, struct lodge_vcpu *v, u64 arg)
{
	struct vcpu_runstate_info info;

	lodge_runstate_get(v, &info);
	return lodge_guest_put(caller, arg, info) ? -EFAULT : 0;
}

static long register_runstate(struct lodge_vcpu *caller, struct lodge_vcpu *v, u64 arg)
{
	struct lodge_guest_area area;
	u64 va;
	int ret;

	if (lodge_guest_get(caller, va, arg))
		return -EFAULT;
	ret = lodge_area_pin(caller, va, sizeof(struct vcpu_runstate_info), &area);
	if (ret)
		return ret;
	lodge_runstate_set_area(v, &area);
	lodge_area_unpin(&area);
	return 0;
}

static long register_time_area(struct lodge_vcpu *caller, struct lodge_vcpu *v, u64 arg)
{
	struct lodge_guest_area area;
	unsigned long flags;
	u64 va;
	int ret;

	if (lodge_guest_get(caller, va, arg))
		return -EFAULT;
	ret = lodge_area_pin(caller, va, sizeof(struct pvclock_vcpu_time_info), &area);
	if (ret)
		return ret;
	raw_spin_lock_irqsave(&v->time.lock, flags);
	swap(v->time.time_area, area);
	raw_spin_unlock_irqrestore(&v->time.lock, flags);
	lodge_time_area_changed(v);
	lodge_area_unpin(&area);
	return 0;
}

static long set_periodic(struct lodge_vcpu *caller, struct lodge_vcpu *v, u64 arg)
{
	struct vcpu_set_periodic_timer set;

	if (lodge_guest_get(caller, set, arg))
		return -EFAULT;
	if (set.period_ns < MIN_PERIOD_NS || set.period_ns > MAX_PERIOD_NS)
		return -EINVAL;
	lodge_timer_set_periodic(v, set.period_ns);
	return 0;
}

static long set_singleshot(struct lodge_vcpu *caller, struct lodge_vcpu *v, u64 arg)
{
	struct vcpu_set_singleshot_timer set;

	if (v != caller)
		return -EINVAL;
	if (lodge_guest_get(caller, set, arg))
		return -EFAULT;
	/* VCPU_SSHOTTMR_future is not looked at: Xen 4.17 sends the event as well */
	lodge_timer_set(v, set.timeout_abs_ns);
	return 0;
}

long lodge_time_vcpu_op(struct lodge_vcpu *caller, struct lodge_vcpu *v, u32 op, u64 arg)
{
	switch (op) {
	case VCPUOP_get_runstate_info:
		return get_runstate(caller, v, arg);
	case VCPUOP_register_runstate_memory_area:
		return register_runstate(caller, v, arg);
	case VCPUOP_set_periodic_timer:
		return set_periodic(caller, v, arg);
	case VCPUOP_stop_periodic_timer:
		lodge_timer_set_periodic(v, 0);
		return 0;
	case VCPUOP_set_singleshot_timer:
		return set_singleshot(caller, v, arg);
	case VCPUOP_stop_singleshot_timer:
		if (v != caller)
			return -EINVAL;
		lodge_timer_stop(v);
		return 0;
	case VCPUOP_register_vcpu_time_memory_area:
		return register_time_area(caller, v, arg);
	default:
		return -ENOSYS;
	}
}

/*
 * A deadline that wrapped negative, or lies absurdly far ahead, is answered as
 * Xen does: soon, so that a guest which got its sums wrong does not sleep for
 * ever.
 */
LODGE_HC(set_timer_op)
{
	u64 now = lodge_time_now(v->domain);
	s64 deadline = args->a[0];

	if (!deadline)
		lodge_timer_stop(v);
	else if (deadline < 0 || (deadline > (s64)now && deadline - now >= FAR_FUTURE_NS))
		lodge_timer_set(v, now + 100 * NSEC_PER_MSEC);
	else
		lodge_timer_set(v, deadline);
	return 0;
}
