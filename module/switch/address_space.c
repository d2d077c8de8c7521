// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts the switcher's slots into the page tables of runners.
 *
 * An entry goes in once for an mm and stays until nobody uses the mm any more:
 * taking it out while another thread of it may be inside the region would pull
 * the text from under that CPU.  New page tables do not inherit these slots.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "switch/address_space.h"
#include "switch/switch.h"

struct attached_mm {
	struct list_head link;
	struct mm_struct *mm;
	unsigned int count;
};

static DEFINE_MUTEX(attach_mutex);	/* covers the list and the slots */
static LIST_HEAD(attached);
static u64 slot_value[2];

void lodge_address_space_init(u64 switch_slot, u64 host_slot)
{
	slot_value[0] = switch_slot;
	slot_value[1] = host_slot;
}

static void set_slots(struct mm_struct *mm, u64 switch_slot, u64 host_slot)
{
	/* past set_pgd(): the copy for user space (page-table isolation) must not have them */
	WRITE_ONCE(mm->pgd[LODGE_SLOT_SWITCH].pgd, switch_slot);
	WRITE_ONCE(mm->pgd[LODGE_SLOT_HOST].pgd, host_slot);
}

static struct attached_mm *find(struct mm_struct *mm)
{
	struct attached_mm *a;

	list_for_each_entry(a, &attached, link)
		if (a->mm == mm)
			return a;
	return NULL;
}

int lodge_switch_attach(struct mm_struct *mm)
{
	struct attached_mm *a;
	int ret = 0;

	mutex_lock(&attach_mutex);
	a = find(mm);
	if (a) {
		a->count++;
		goto unlock;
	}
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a) {
		ret = -ENOMEM;
		goto unlock;
	}
	mmgrab(mm);
	a->mm = mm;
	a->count = 1;
	list_add(&a->link, &attached);
	set_slots(mm, slot_value[0], slot_value[1]);
unlock:
	mutex_unlock(&attach_mutex);
	return ret;
}

void lodge_switch_detach(struct mm_struct *mm)
{
	struct attached_mm *a;

	mutex_lock(&attach_mutex);
	a = find(mm);
	if (!WARN_ON_ONCE(!a) && !--a->count) {
		list_del(&a->link);
		set_slots(mm, 0, 0);
		mmdrop(mm);
		kfree(a);
	}
	mutex_unlock(&attach_mutex);
}

/* Module exit: no domain, so no runner is attached any more. */
void lodge_address_space_exit(void)
{
	WARN_ON_ONCE(!list_empty(&attached));
}
