// SPDX-License-Identifier: GPL-2.0-only
#include "lodge/watch.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

static void follow_runner(struct watch *w)
{
	if (w->runner >= 0 || !w->domain.runner_pid)
		return;
	w->runner = syscall(SYS_pidfd_open, w->domain.runner_pid, 0);
	w->runner_pid = w->domain.runner_pid;
}

static void see(struct watch *w, const struct lodge_domain *d)
{
	struct lodge_domain before = w->domain;

	w->domain = *d;
	/* the reason of its end stays, whatever comes after */
	if (w->ended) {
		if (d->state != LODGE_DOMAIN_SHUTDOWN && d->state != LODGE_DOMAIN_CRASHED)
			w->domain.state = before.state;
		if (d->shutdown_reason < 0)
			w->domain.shutdown_reason = before.shutdown_reason;
		if (!d->crash_reason[0])
			memcpy(w->domain.crash_reason, before.crash_reason,
			       sizeof(before.crash_reason));
	}
	if (d->state == LODGE_DOMAIN_SHUTDOWN || d->state == LODGE_DOMAIN_CRASHED)
		w->ended = true;
	follow_runner(w);
}

static void on_event(void *arg, enum lodge_event event, const struct lodge_domain *d)
{
	struct watch *w = arg;

	/* ids are given out again only after a long time */
	if (d->domid != w->domain.domid || w->destroyed)
		return;
	see(w, d);
	if (event == LODGE_EVENT_DESTROYED)
		w->destroyed = true;
}

/* Ask, where events do not say: at first, and when some were lost. */
static int look(struct watch *w, struct lodge_err *err)
{
	struct lodge_domain d;

	if (!lodge_control_query(w->control, w->domain.domid, &d, err)) {
		see(w, &d);
		return 0;
	}
	if (err->code != ESRCH)
		return -1;
	w->destroyed = true;
	return 0;
}

int watch_open(struct watch *w, uint32_t domid, struct lodge_err *err)
{
	memset(w, 0, sizeof(*w));
	w->runner = -1;
	w->domain.domid = domid;
	w->domain.shutdown_reason = -1;
	w->control = lodge_control_open(err);
	if (!w->control)
		return -1;
	w->events = lodge_events_open(on_event, w, err);
	if (!w->events || look(w, err)) {
		watch_close(w);
		return -1;
	}
	return 0;
}

void watch_close(struct watch *w)
{
	if (w->runner >= 0)
		close(w->runner);
	w->runner = -1;
	lodge_events_close(w->events);
	lodge_control_close(w->control);
	w->events = NULL;
	w->control = NULL;
}

void watch_prepare(const struct watch *w, struct pollfd fds[WATCH_FDS])
{
	fds[0] = (struct pollfd) { .fd = lodge_events_fd(w->events), .events = POLLIN };
	fds[1] = (struct pollfd) { .fd = w->runner, .events = POLLIN };
}

int watch_serve(struct watch *w, const struct pollfd fds[WATCH_FDS], struct lodge_err *err)
{
	if (w->runner >= 0 && fds[1].fd == w->runner && fds[1].revents) {
		close(w->runner);
		w->runner = -1;
		/* an event may have told of its successor already */
		if (w->domain.runner_pid == w->runner_pid)
			w->domain.runner_pid = 0;
		follow_runner(w);
	}
	if (fds[0].revents && lodge_events_dispatch(w->events, err))
		return err->code == ENOBUFS ? look(w, err) : -1;
	return 0;
}

bool watch_is_gone(const struct watch *w)
{
	return w->destroyed && w->runner < 0;
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int watch_wait(struct watch *w, enum watch_until until, int timeout, struct lodge_err *err)
{
	const long long end = now_ms() + timeout;
	struct pollfd fds[WATCH_FDS];
	int left = -1, n;

	while (!(until == WATCH_ENDED && (w->ended || w->destroyed)) && !watch_is_gone(w)) {
		if (timeout >= 0) {
			left = end - now_ms();
			if (left <= 0)
				return 0;
		}
		watch_prepare(w, fds);
		n = poll(fds, WATCH_FDS, left);
		if (n < 0 && errno != EINTR)
			return lodge_fail(err, errno, "cannot wait: %s", strerror(errno));
		if (n > 0 && watch_serve(w, fds, err))
			return -1;
	}
	return 1;
}

int watch_judge(const struct watch *w, struct lodge_err *err)
{
	const struct lodge_domain *d = &w->domain;

	if (d->state == LODGE_DOMAIN_CRASHED)
		return lodge_fail(err, 0, "domain %s crashed: %s", d->name,
				  d->crash_reason[0] ? d->crash_reason : "no reason is known");
	if (!w->ended)
		return lodge_fail(err, 0, "domain %s was destroyed", d->name);
	if (d->shutdown_reason == SHUTDOWN_crash || d->shutdown_reason == SHUTDOWN_watchdog)
		return lodge_fail(err, 0, "domain %s ended with reason \"%s\"", d->name,
				  lodge_shutdown_reason_name(d->shutdown_reason));
	return 0;
}
