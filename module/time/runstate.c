// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runstate: what a vcpu was doing and for how long (ABI 5.3).
 *
 * The guest's copy is written at every change, so that another vcpu sees at
 * once that this one has lost its CPU.  With VM assist 5 a reader can tell a
 * copy that is being written by bit 63 of state_entry_time; without it readers
 * rely on reading state_entry_time twice.
 */

#include <linux/bitops.h>

#include "domain/domain.h"
#include "time/clock.h"

/* Newer than some kernel headers. */
#ifndef VMASST_TYPE_runstate_update_flag
#define VMASST_TYPE_runstate_update_flag	5
#endif

static void account(struct vcpu_runstate_info *info, u64 now)
{
	s64 delta = now - info->state_entry_time;

	/* the clock may be read on two CPUs a few ticks apart */
	if (delta > 0)
		info->time[info->state] += delta;
	info->state_entry_time = now;
}

/* Under the lock. */
static void write_area(struct lodge_vcpu *v)
{
	const struct lodge_guest_area *area = &v->time.runstate_area;
	const size_t entry = offsetof(struct vcpu_runstate_info, state_entry_time);
	struct vcpu_runstate_info info = v->time.runstate;

	lockdep_assert_held(&v->time.lock);
	if (!area->page[0])
		return;
	if (!test_bit(VMASST_TYPE_runstate_update_flag, &v->domain->vm_assist)) {
		lodge_area_write(area, 0, &info, sizeof(info));
		return;
	}
	info.state_entry_time |= XEN_RUNSTATE_UPDATE;
	lodge_area_write(area, entry, &info.state_entry_time, sizeof(info.state_entry_time));
	smp_wmb();	/* the flag before what it warns of */
	lodge_area_write(area, 0, &info, sizeof(info));
	smp_wmb();	/* and all of that before it goes */
	info.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	lodge_area_write(area, entry, &info.state_entry_time, sizeof(info.state_entry_time));
}

void lodge_runstate_create(struct lodge_vcpu *v)
{
	v->time.runstate.state = RUNSTATE_offline;
	v->time.runstate.state_entry_time = lodge_time_now(v->domain);
}

void lodge_runstate_set(struct lodge_vcpu *v, int state)
{
	struct lodge_vcpu_time *time = &v->time;
	unsigned long flags;
	int old;

	raw_spin_lock_irqsave(&time->lock, flags);
	old = time->runstate.state;
	if (old == state)
		goto unlock;
	account(&time->runstate, lodge_time_now(v->domain));
	time->runstate.state = state;
	write_area(v);
unlock:
	raw_spin_unlock_irqrestore(&time->lock, flags);

	if (state == RUNSTATE_running)
		lodge_timer_run(v);
	else if (old == RUNSTATE_running)
		lodge_timer_halt(v);
}

void lodge_runstate_get(struct lodge_vcpu *v, struct vcpu_runstate_info *info)
{
	unsigned long flags;
	s64 delta;

	memset(info, 0, sizeof(*info));
	raw_spin_lock_irqsave(&v->time.lock, flags);
	*info = v->time.runstate;
	delta = lodge_time_now(v->domain) - info->state_entry_time;
	if (delta > 0)
		info->time[info->state] += delta;
	raw_spin_unlock_irqrestore(&v->time.lock, flags);
}

void lodge_runstate_set_area(struct lodge_vcpu *v, struct lodge_guest_area *area)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->time.lock, flags);
	swap(v->time.runstate_area, *area);
	write_area(v);
	raw_spin_unlock_irqrestore(&v->time.lock, flags);
}
