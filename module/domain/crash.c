// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a domain ends by itself: shut down by its guest, or broken.
 * The first reason is kept; user space is told from a work, see end_work() in
 * domain.c.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/printk.h>

#include <xen/interface/sched.h>

#include "debug/trace.h"
#include "domain/domain.h"

static bool end(struct lodge_domain *d, enum lodge_domain_state state, u32 reason,
		const char *text)
{
	unsigned long flags;
	bool first;

	spin_lock_irqsave(&d->lock, flags);
	first = !lodge_domain_ended(d);
	if (first) {
		d->shutdown_reason = reason;
		if (text)
			strscpy(d->crash_reason, text, sizeof(d->crash_reason));
		/* Release: whoever sees the state finds the reason. */
		smp_store_release(&d->state, state);
		/* Its reference; end_work() drops it.  Once only, so never queued twice. */
		lodge_domain_get(d);
	}
	spin_unlock_irqrestore(&d->lock, flags);
	if (!first)
		return false;

	lodge_domain_queue_end(d);
	lodge_domain_kick(d);
	wake_up_all(&d->wait);
	return true;
}

void lodge_domain_crash(struct lodge_domain *d, const char *fmt, ...)
{
	char text[LODGE_REASON_SIZE], name[LODGE_NAME_SIZE];
	unsigned long flags;
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	if (!end(d, LODGE_DOMAIN_CRASHED, SHUTDOWN_crash, text))
		return;

	spin_lock_irqsave(&d->lock, flags);
	strscpy(name, d->name, sizeof(name));
	spin_unlock_irqrestore(&d->lock, flags);

	trace_lodge_crash(d->domid, text);
	lodge_log(d, "crashed: %s", text);
	pr_info_ratelimited("domain %u (%s) crashed: %s\n", d->domid, name, text);
}

void lodge_domain_shutdown(struct lodge_domain *d, u32 reason)
{
	/* A guest that reports its own crash is one that crashed. */
	if (reason == SHUTDOWN_crash) {
		lodge_domain_crash(d, "the guest kernel reported its own crash");
		return;
	}
	if (end(d, LODGE_DOMAIN_SHUTDOWN, reason, NULL))
		lodge_log(d, "shut down, reason %u", reason);
}
