// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lodged/cgroup.h"
#include "lodged/daemon.h"
#include "lodged/device.h"
#include "lodged/domain.h"
#include "lodged/keep.h"
#include "lodged/kernel.h"
#include "lodged/log.h"
#include "lodged/nodes.h"

/* Tenths of a second that a runner has to end by itself; then it is killed. */
#define PATIENCE	100

static void finish(struct domain *d)
{
	struct domain_waiter *w = d->waiters;
	struct lodge_config *again = d->restart ? d->config : NULL;
	struct lodge_err failure = d->failure;
	uint32_t domid = d->domid;

	log_info("domain %u (%s): gone", d->domid, d->name);
	nodes_remove(d->domid, d->uuid);
	keep_remove(d->domid);
	if (again)
		d->config = NULL;
	domain_remove(d);

	while (w) {
		struct domain_waiter *next = w->next;

		w->fn(w->arg, domid, w->creator ? &failure : NULL);
		free(w);
		w = next;
	}
	if (again)
		domain_recreate(again);
}

static void tick(evutil_socket_t fd, short what, void *arg)
{
	struct domain *d = arg;

	(void)fd;
	(void)what;
	d->ticks++;
	if (d->runner && d->ticks == PATIENCE) {
		log_warning("domain %u (%s): killing its runner %d", d->domid, d->name,
			    process_pid(d->runner));
		process_kill(d->runner);
	}
	domain_teardown_step(d);
}

/* Gone when its processes and devices are, and its cgroup, which follows a little later. */
void domain_teardown_step(struct domain *d)
{
	if (d->runner || d->build || device_next(d->domid, NULL))
		return;
	if (!cgroup_remove(d->domid) && d->ticks < 2 * PATIENCE)
		return;
	finish(d);
}

int domain_teardown(struct domain *d, struct lodge_err *err)
{
	static const struct timeval tenth = { .tv_usec = 100 * 1000 };
	struct lodge_control *c;

	if (d->phase == DOMAIN_GOING)
		return 0;
	if (!d->gone) {
		c = kernel_control(err);
		if (!c)
			return -1;
		if (lodge_control_destroy(c, d->domid, err) && err->code != ESRCH)
			return -1;
		d->gone = true;
	}
	if (d->phase < DOMAIN_UP) {
		if (d->creator.fn) {
			/* it was destroyed under its creator's hands */
			lodge_fail(&d->failure, ESRCH, "the domain was destroyed");
			d->phase = DOMAIN_GOING;
			domain_create_failed(d);
		}
	}
	d->phase = DOMAIN_GOING;
	ring_close(d->ring);
	d->ring = NULL;
	if (d->build)
		process_kill(d->build);
	if (d->timer)
		event_free(d->timer);
	d->ticks = 0;
	d->timer = event_new(daemon_base, -1, EV_PERSIST, tick, d);
	event_add(d->timer, &tenth);
	/* not at once: who called may look at it again */
	event_active(d->timer, EV_TIMEOUT, 0);
	device_domain_gone(d->domid);
	return 0;
}

int domain_destroy(uint32_t domid, domain_done_fn fn, void *arg, struct lodge_err *err)
{
	struct domain *d = domain_get(domid, err);
	struct domain_waiter *w;

	if (!d)
		return -1;
	if (d->restart) {
		d->restart = false;
		keep_restart_remove(d->uuid);
	}
	if (domain_teardown(d, err))
		return -1;
	w = malloc(sizeof(*w));
	if (!w)
		abort();
	*w = (struct domain_waiter) { .fn = fn, .arg = arg, .next = d->waiters };
	d->waiters = w;
	return 0;
}
