/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that is done by the thread of a vcpu, in process context and outside of
 * the guest, because it is there already or has nothing else to do: what a backend
 * would otherwise wake a thread of its own for, and switch to it and back.
 *
 * Only what ends soon: the vcpu does not go on meanwhile, and cannot be stopped.
 */
#ifndef LODGE_DOMAIN_DEFER_H
#define LODGE_DOMAIN_DEFER_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct lodge_vcpu;

struct lodge_defer {
	struct list_head link;
	/* may sleep; *defer is the caller's again when it begins */
	void (*fn)(struct lodge_defer *defer);
};

/* Part of a vcpu. */
struct lodge_deferred {
	spinlock_t lock;		/* irq-safe; nothing is taken inside it */
	struct list_head list;
	bool sleeping;			/* the thread is in wait_for_work() */
};

/* Before the guest goes on, after the exit that is being handled. By the vcpu's thread. */
void lodge_defer_own(struct lodge_vcpu *v, struct lodge_defer *defer);
/*
 * If the vcpu's thread sleeps it is woken to do it: true.  It is done whether the
 * domain is paused, ended or destroyed.  Any context but NMI.
 */
bool lodge_defer_sleeping(struct lodge_vcpu *v, struct lodge_defer *defer);

/* For the run loop. */
void lodge_defer_init(struct lodge_vcpu *v);
void lodge_defer_sleep(struct lodge_vcpu *v);
/* With @awake, nothing is left and nobody but the thread adds any more. */
void lodge_defer_run(struct lodge_vcpu *v, bool awake);

#endif
