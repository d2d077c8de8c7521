// SPDX-License-Identifier: GPL-2.0-only
/* sched_op, its old form, and vcpu_op (ABI: sched.h, vcpu.h). */
#include <linux/types.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include <xen/interface/xen.h>
#include <xen/interface/sched.h>
#include <xen/interface/vcpu.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "time/time.h"

static long yield_guest(struct lodge_vcpu *v)
{
	v->need_resched_guest = true;
	return 0;
}

static long block(struct lodge_vcpu *v)
{
	WRITE_ONCE(v->info->evtchn_upcall_mask, 0);
	/* unmask before looking: whoever raises an event after this kicks */
	smp_mb();
	if (!lodge_event_deliverable(v))
		v->blocked = true;
	return 0;
}

static long shut_down(struct lodge_vcpu *v, u32 reason)
{
	if (reason > SHUTDOWN_MAX)
		return -EINVAL;
	/* nothing resumes a suspended domain yet: it would never come back */
	if (reason == SHUTDOWN_suspend)
		return -ENOSYS;
	v->regs.rax = 0;
	lodge_domain_shutdown(v->domain, reason);
	return LODGE_HC_NO_RESULT;
}

static long shutdown(struct lodge_vcpu *v, u64 va)
{
	struct sched_shutdown s;

	return lodge_guest_get(v, s, va) ? -EFAULT : shut_down(v, s.reason);
}

/* What a suspended domain would tell the tools; nothing here asks. */
static long shutdown_code(struct lodge_vcpu *v, u64 va)
{
	struct sched_shutdown s;

	return lodge_guest_get(v, s, va) ? -EFAULT : 0;
}

static long remote_shutdown(struct lodge_vcpu *v, u64 va)
{
	struct sched_remote_shutdown r;
	struct lodge_domain *other;

	if (lodge_guest_get(v, r, va))
		return -EFAULT;
	if (!r.domain_id)
		return -EPERM;
	other = lodge_domain_find(r.domain_id);
	if (!other)
		return -ESRCH;
	lodge_domain_put(other);
	return -EPERM;
}

LODGE_HC(sched_op)
{
	switch ((u32)args->a[0]) {
	case SCHEDOP_yield:
		return yield_guest(v);
	case SCHEDOP_block:
		return block(v);
	case SCHEDOP_shutdown:
		return shutdown(v, args->a[1]);
	case SCHEDOP_poll:
		return lodge_event_poll(v, args->a[1]);
	case SCHEDOP_watchdog:
		return lodge_watchdog_op(v, args->a[1]);
	case SCHEDOP_remote_shutdown:
		return remote_shutdown(v, args->a[1]);
	case 5:		/* SCHEDOP_shutdown_code */
		return shutdown_code(v, args->a[1]);
	case SCHEDOP_pin_override:
		return -EPERM;
	}
	return -ENOSYS;
}

LODGE_HC(sched_op_compat)
{
	switch ((u32)args->a[0]) {
	case SCHEDOP_yield:
		return yield_guest(v);
	case SCHEDOP_block:
		return block(v);
	case SCHEDOP_shutdown:
		return shut_down(v, (u8)args->a[1]);
	}
	return -ENOSYS;
}

static long initialise(struct lodge_vcpu *v, struct lodge_vcpu *target, u64 va)
{
	struct vcpu_guest_context *ctx;
	long ret = -EFAULT;

	ctx = kvmalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return -ENOMEM;
	if (!lodge_guest_read(v, ctx, va, sizeof(*ctx)))
		ret = lodge_vcpu_start(v, target, ctx);
	kvfree(ctx);
	return ret;
}

static long go_down(struct lodge_vcpu *v, struct lodge_vcpu *target)
{
	struct lodge_domain *d = v->domain;
	unsigned int i, up = 0;
	unsigned long flags;

	spin_lock_irqsave(&d->lock, flags);
	for (i = 0; i < d->max_vcpus; i++)
		up += d->vcpu[i] != target && !d->vcpu[i]->down;
	if (up)
		WRITE_ONCE(target->down, true);
	spin_unlock_irqrestore(&d->lock, flags);
	if (!up) {
		v->regs.rax = 0;
		lodge_domain_shutdown(d, SHUTDOWN_poweroff);
		return LODGE_HC_NO_RESULT;
	}
	if (target != v)
		lodge_vcpu_kick(target);
	return 0;
}

/* vcpu_info moves into a page of the guest's, once. */
static long register_info(struct lodge_vcpu *v, struct lodge_vcpu *target, u64 va)
{
	struct vcpu_register_vcpu_info r;
	struct page *page;

	if (lodge_guest_get(v, r, va))
		return -EFAULT;
	if (r.offset > PAGE_SIZE - sizeof(struct vcpu_info) || (r.offset & 7))
		return -ENXIO;
	if (READ_ONCE(target->info_page))
		return -EINVAL;
	/* another vcpu's place changes under nobody's feet while it is down */
	if (target != v && !target->down)
		return -EINVAL;
	page = lodge_frame_pin(v->domain, r.mfn);
	if (IS_ERR(page))
		return -EINVAL;
	mutex_lock(&v->domain->vcpus);
	/* writable memory from now on, never again a table */
	if (target->info_page || lodge_frame_hold_writable(v->domain, r.mfn)) {
		mutex_unlock(&v->domain->vcpus);
		lodge_frame_unpin(page);
		return -EINVAL;
	}
	memcpy(page_address(page) + r.offset, target->info, sizeof(struct vcpu_info));
	target->info_page = page;
	WRITE_ONCE(target->info, page_address(page) + r.offset);
	lodge_event_vcpu_info_moved(target);
	preempt_disable();
	lodge_time_publish(target, true);
	preempt_enable();
	mutex_unlock(&v->domain->vcpus);
	return 0;
}

LODGE_HC(vcpu_op)
{
	struct lodge_domain *d = v->domain;
	struct lodge_vcpu *target;
	u32 op = args->a[0], id = args->a[1];

	/* the end of enumeration: Linux 6.1 asks for 8192 ids */
	if (id >= d->max_vcpus)
		return -ENOENT;
	target = d->vcpu[array_index_nospec(id, LODGE_MAX_VCPUS)];

	switch (op) {
	case VCPUOP_initialise:
		return initialise(v, target, args->a[2]);
	case VCPUOP_up:
		if (!target->initialised)
			return -EINVAL;
		WRITE_ONCE(target->down, false);
		lodge_vcpu_kick(target);
		return 0;
	case VCPUOP_down:
		return go_down(v, target);
	case VCPUOP_is_up:
		return !READ_ONCE(target->down);
	case VCPUOP_register_vcpu_info:
		return register_info(v, target, args->a[2]);
	case VCPUOP_send_nmi:
		if (args->a[2])
			return -EINVAL;
		WRITE_ONCE(target->nmi_pending, true);
		lodge_vcpu_kick(target);
		return 0;
	case 12:	/* VCPUOP_get_physid: for vcpus that stay on one CPU */
		return -EINVAL;
	}
	return lodge_time_vcpu_op(v, target, op, args->a[2]);
}
