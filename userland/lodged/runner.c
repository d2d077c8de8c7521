// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lodged/cgroup.h"
#include "lodged/domain.h"
#include "lodged/kernel.h"
#include "lodged/log.h"

/* Not more than RUNNER_STARTS in RUNNER_PERIOD seconds. */
static bool may_start(struct domain *d)
{
	struct timespec now;
	size_t oldest = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (size_t i = 1; i < RUNNER_STARTS; i++)
		if (d->runner_starts[i] < d->runner_starts[oldest])
			oldest = i;
	if (d->runner_starts[oldest] && now.tv_sec - d->runner_starts[oldest] < RUNNER_PERIOD)
		return false;
	d->runner_starts[oldest] = now.tv_sec ? now.tv_sec : 1;
	return true;
}

static void start_again(struct domain *d)
{
	struct lodge_err err = LODGE_ERR_INIT;

	if (!may_start(d)) {
		log_error("domain %u (%s): %d runners have ended in %d seconds; it stays stopped",
			  d->domid, d->name, RUNNER_STARTS, RUNNER_PERIOD);
		return;
	}
	if (runner_start(d, &err))
		log_error("domain %u (%s): %s", d->domid, d->name, err.text);
}

static void runner_exited(void *arg, int status)
{
	struct domain *d = arg;
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);
	struct lodge_domain info;
	char buf[32];

	d->runner = NULL;
	switch (d->phase) {
	case DOMAIN_GOING:
		domain_teardown_step(d);
		break;
	case DOMAIN_ATTACHING:
		lodge_fail(&d->failure, ECHILD, "lodge-run has ended before it ran the domain (%s)",
			   process_status(status, buf));
		domain_create_failed(d);
		break;
	default:
		log_debug("domain %u (%s): its runner has ended (%s)", d->domid, d->name,
			  process_status(status, buf));
		if (c && !lodge_control_query(c, d->domid, &info, &err))
			runner_check(d, &info);
		break;
	}
}

int runner_start(struct domain *d, struct lodge_err *err)
{
	char *argv[2 * LODGE_MAX_VCPUS + 3] = { "lodge-run" }, *pins[LODGE_MAX_VCPUS];
	struct process_start how = { .argv = argv, .stdin_fd = -1, .stderr_fd = -1 };
	char *procs = cgroup_make(d->domid), domid[16];
	size_t n = 0, i;

	for (i = 0; d->config && i < d->config->maxvcpus; i++) {
		if (!d->config->cpus[i] ||
		    asprintf(&pins[n], "%zu:%s", i, d->config->cpus[i]) < 0)
			continue;
		argv[2 * n + 1] = "-c";
		argv[2 * n + 2] = pins[n];
		n++;
	}
	snprintf(domid, sizeof(domid), "%u", d->domid);
	argv[2 * n + 1] = domid;
	how.cgroup_procs = procs;
	sched_apply(d);
	d->runner = process_start(&how, runner_exited, d, err);
	free(procs);
	while (n)
		free(pins[--n]);
	if (!d->runner)
		return -1;
	log_debug("domain %u (%s): runner is %d", d->domid, d->name, process_pid(d->runner));
	return 0;
}

static void adopt(struct domain *d, pid_t pid)
{
	if (!d->runner || process_pid(d->runner) != pid) {
		process_forget(d->runner);
		d->runner = process_adopt(pid, runner_exited, d);
		log_debug("domain %u (%s): runner %d adopted", d->domid, d->name, pid);
	}
	domain_attached(d, pid);
}

void runner_check(struct domain *d, const struct lodge_domain *info)
{
	if (info->runner_pid) {
		adopt(d, info->runner_pid);
		return;
	}
	if (d->runner || info->state != LODGE_DOMAIN_READY)
		return;
	if (!d->config || d->phase != DOMAIN_UP || d->ended)
		return;
	log_warning("domain %u (%s): has no runner any more", d->domid, d->name);
	start_again(d);
}
