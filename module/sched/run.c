// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of work around each trip into the guest.
 */
#include <linux/entry-kvm.h>
#include <linux/hrtimer.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <lodge/device.h>

#include "debug/trace.h"
#include "domain/domain.h"
#include "mm/mm.h"
#include "sched/context.h"
#include "sched/light.h"
#include "sched/near.h"
#include "sched/sched.h"
#include "time/time.h"
#include "trap/trap.h"

int lodge_sched_init(void)
{
	/* flips a static key: once here, and not under load for each first vcpu */
	preempt_notifier_inc();
	lodge_near_init();
	return 0;
}

void lodge_sched_exit(void)
{
	preempt_notifier_dec();
}

/* May it execute guest instructions as far as domain and vcpu are concerned? */
static bool runnable(const struct lodge_vcpu *v)
{
	return !READ_ONCE(v->domain->pause_count) && !READ_ONCE(v->down);
}

static bool poll_over(struct lodge_vcpu *v)
{
	u64 deadline = v->poll_deadline;

	return !READ_ONCE(v->polling) || lodge_event_deliverable(v) || READ_ONCE(v->nmi_pending) ||
	       (deadline && lodge_time_now(v->domain) >= deadline);
}

static bool wake_up_due(struct lodge_vcpu *v)
{
	if (lodge_domain_ended(v->domain))
		return true;
	if (!runnable(v))
		return false;
	if (v->blocked)
		return lodge_event_deliverable(v) || READ_ONCE(v->nmi_pending);
	if (v->polling)
		return poll_over(v);
	return true;
}

/* Sleep until there is something to run or to report: 0 or -EINTR. */
static int wait_for_work(struct lodge_vcpu *v)
{
	DEFINE_WAIT(wait);
	int ret = 0;

	lodge_vcpu_running(v, false);
	lodge_count(v, halts);
	lodge_defer_sleep(v);
	for (;;) {
		prepare_to_wait(&v->wait, &wait, TASK_INTERRUPTIBLE);
		if (wake_up_due(v))
			break;
		if (signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		if (!list_empty_careful(&v->deferred.list)) {
			finish_wait(&v->wait, &wait);
			lodge_defer_run(v, false);
			continue;
		}
		if (v->polling && !v->blocked && v->poll_deadline) {
			ktime_t until = lodge_time_to_ktime(v->domain, v->poll_deadline);

			schedule_hrtimeout_range_clock(&until, 0, HRTIMER_MODE_ABS,
						       CLOCK_BOOTTIME);
		} else {
			schedule();
		}
	}
	finish_wait(&v->wait, &wait);
	lodge_defer_run(v, true);
	return ret;
}

/* In the guest once: 0, or 1 if it could not be entered and things must be looked at again. */
static int enter(struct lodge_vcpu *v, enum lodge_light *how)
{
	preempt_disable();
	local_irq_disable();
	/* kicks and flushes that come after this find us, those before are seen below */
	WRITE_ONCE(v->in_guest, true);
	cpumask_set_cpu(smp_processor_id(), &v->domain->mm.running);
	/* partners: lodge_vcpu_kick(), lodge_tlb_flush() */
	smp_mb();
	if (xfer_to_guest_mode_work_pending() || lodge_event_deliverable(v) ||
	    READ_ONCE(v->nmi_pending) || lodge_domain_ended(v->domain) || !runnable(v) ||
	    !lodge_mm_entry_valid(v)) {
		cpumask_clear_cpu(smp_processor_id(), &v->domain->mm.running);
		WRITE_ONCE(v->in_guest, false);
		local_irq_enable();
		preempt_enable();
		return 1;
	}
	*how = lodge_context_enter(v);
	local_irq_enable();
	preempt_enable();
	trace_lodge_exit(v);
	return 0;
}

static int run_loop(struct lodge_vcpu *v, u32 *exit)
{
	struct lodge_domain *d = v->domain;
	enum lodge_light how;
	int ret;

	for (;;) {
		if (lodge_domain_ended(d)) {
			if (READ_ONCE(d->state) == LODGE_DOMAIN_CRASHED)
				lodge_vcpu_crash_dump(v);
			*exit = READ_ONCE(d->dying) ? LODGE_RUN_DESTROYED : LODGE_RUN_ENDED;
			return 0;
		}
		if (!wake_up_due(v) || !v->running) {
			ret = wake_up_due(v) ? 0 : wait_for_work(v);
			if (ret)
				return ret;
			lodge_vcpu_running(v, true);
			/* look again: a pause may have come before we said so */
			continue;
		}
		v->blocked = false;
		if (v->need_resched_guest) {
			v->need_resched_guest = false;
			yield();
		}
		cond_resched();
		/* user-mode work of the thread is done where it belongs, and we are called again */
		if (signal_pending(current) || test_thread_flag(TIF_NOTIFY_RESUME))
			return -EINTR;
		if (!lodge_trap_deliver(v))
			continue;
		ret = lodge_mm_prepare_entry(v);
		/* for want of memory: a thread that is killed gets none, the next will */
		if (ret == -EFAULT && fatal_signal_pending(current))
			return -EINTR;
		if (ret == -EFAULT && !lodge_mm_attached(d))
			return ret;
		if (ret == -EFAULT) {
			lodge_domain_crash(d, "vcpu %u: page table root %#llx is not memory",
					   v->id, v->kernel_mode ? v->cr3_kernel : v->cr3_user);
			continue;
		}
		if (ret)
			return ret;
		if (enter(v, &how))
			continue;
		if (lodge_light_finish(v) || how == LODGE_LIGHT_DONE)
			continue;
		ret = lodge_trap_handle(v);
		if (!list_empty(&v->deferred.list))
			lodge_defer_run(v, true);
		if (ret)
			return fatal_signal_pending(current) ? -EINTR : ret;
	}
}

int lodge_vcpu_run(struct lodge_vcpu *v, u32 *exit)
{
	struct lodge_domain *d = v->domain;
	int ret;

	if (!lodge_mm_attached(d))
		return -EPERM;
	if (READ_ONCE(d->state) == LODGE_DOMAIN_EMPTY)
		return -ENOEXEC;
	if (!mutex_trylock(&v->run_mutex))
		return -EBUSY;

	ret = 0;
	*exit = LODGE_RUN_DESTROYED;
	if (READ_ONCE(d->dying))
		goto unlock;
	ret = fpu_swap_kvm_fpstate(&v->fpu, true);
	if (ret)
		goto unlock;
	preempt_disable();
	lodge_context_init(v);
	preempt_notifier_register(&v->preempt);
	lodge_context_load(v);
	preempt_enable();

	ret = run_loop(v, exit);

	lodge_vcpu_running(v, false);
	preempt_disable();
	lodge_context_put(v);
	preempt_notifier_unregister(&v->preempt);
	lodge_runstate_set(v, RUNSTATE_offline);
	preempt_enable();
	fpu_swap_kvm_fpstate(&v->fpu, false);
	lodge_mm_put_roots(v);
unlock:
	mutex_unlock(&v->run_mutex);
	return ret;
}
