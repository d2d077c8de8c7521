// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the host's CPUs a domain gets.  The host's scheduler does it: vcpus
 * are threads, "vcpu0" and so on, of the runner, which is in a cgroup of its own.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cpus.h"
#include "lodged/cgroup.h"
#include "lodged/domain.h"
#include "lodged/keep.h"
#include "lodged/kernel.h"
#include "lodged/log.h"
#include "lodged/nodes.h"

static struct domain *find(uint32_t domid, struct lodge_domain *info, struct lodge_err *err)
{
	struct lodge_control *c = kernel_control(err);
	struct domain *d;

	if (!c || lodge_control_query(c, domid, info, err))
		return NULL;
	d = domain_get(domid, err);
	if (d && d->phase != DOMAIN_UP) {
		lodge_fail(err, EBUSY, "domain %u (%s) is being made or destroyed", domid,
			   d->name);
		return NULL;
	}
	return d;
}

static void keep(const struct domain *d)
{
	if (d->config)
		keep_save(d->domid, d->ended ? KEEP_ENDED : KEEP_UP, d->config);
}

int sched_set_vcpus(uint32_t domid, unsigned int count, struct lodge_err *err)
{
	struct lodge_domain info;
	struct domain *d = find(domid, &info, err);

	if (!d)
		return -1;
	if (!count || count > info.max_vcpus)
		return lodge_fail(err, EINVAL, "domain %u (%s) can have 1 to %u vcpus, not %u",
				  domid, d->name, info.max_vcpus, count);
	if (!d->ring)
		return lodge_fail(err, ENXIO, "the store of domain %u (%s) is not served", domid,
				  d->name);
	nodes_vcpus(domid, info.max_vcpus, count);
	if (d->config)
		d->config->vcpus = count;
	keep(d);
	return 0;
}

/* Threads have the names that lodge-run gives them: -1 for others. */
static int vcpu_of(pid_t pid, const char *tid)
{
	char path[64], name[32] = "", *end;
	long id;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/comm", pid, tid);
	f = fopen(path, "re");
	if (f && !fgets(name, sizeof(name), f))
		name[0] = '\0';
	if (f)
		fclose(f);
	if (strncmp(name, "vcpu", 4) || name[4] < '0' || name[4] > '9')
		return -1;
	id = strtol(name + 4, &end, 10);
	return *end == '\n' && id < LODGE_MAX_VCPUS ? id : -1;
}

static int pin_threads(pid_t pid, int vcpu, const cpu_set_t *cpus, struct lodge_err *err)
{
	struct dirent *entry;
	int id, error = 0;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		id = vcpu_of(pid, entry->d_name);
		if (id < 0 || (vcpu >= 0 && id != vcpu))
			continue;
		if (sched_setaffinity(atoi(entry->d_name), sizeof(*cpus), cpus) &&
		    errno != ESRCH)
			error = errno;
	}
	if (dir)
		closedir(dir);
	if (error == EINVAL)
		return lodge_fail(err, error, "none of these CPUs is there, or the domain may not use them");
	return error ? lodge_fail(err, error, "cannot pin: %s", strerror(error)) : 0;
}

/* False without memory, and nothing has changed. */
static bool note_pin(struct lodge_config *config, int vcpu, const char *cpus)
{
	size_t first = vcpu < 0 ? 0 : vcpu, end = vcpu < 0 ? LODGE_MAX_VCPUS : first + 1;
	char *copy[LODGE_MAX_VCPUS];

	for (size_t i = first; i < end; i++) {
		copy[i] = strdup(cpus);
		if (copy[i])
			continue;
		while (i > first)
			free(copy[--i]);
		return false;
	}
	for (size_t i = first; i < end; i++) {
		free(config->cpus[i]);
		config->cpus[i] = copy[i];
	}
	return true;
}

int sched_pin(uint32_t domid, int vcpu, const char *text, struct lodge_err *err)
{
	struct lodge_domain info;
	struct domain *d = find(domid, &info, err);
	cpu_set_t cpus;

	if (!d || lodge_cpus_parse(text, &cpus, err))
		return -1;
	if (vcpu >= (int)info.max_vcpus)
		return lodge_fail(err, EINVAL, "domain %u (%s) has no vcpu %d", domid, d->name,
				  vcpu);
	if (info.runner_pid && pin_threads(info.runner_pid, vcpu, &cpus, err))
		return -1;
	if (d->config && !note_pin(d->config, vcpu, text))
		return lodge_fail(err, ENOMEM, "out of memory");
	keep(d);
	return 0;
}

int sched_params(uint32_t domid, int *weight, int *cap, struct lodge_err *err)
{
	unsigned int has_weight, has_cap;
	struct lodge_domain info;
	struct domain *d = find(domid, &info, err);

	if (!d || cgroup_get_cpu(domid, &has_weight, &has_cap, err))
		return -1;
	if (*weight > LODGE_WEIGHT_MAX || !*weight || *cap > LODGE_CAP_MAX)
		return lodge_fail(err, EINVAL,
				  "a weight is from 1 to %d, a cap from 0 to %d percent",
				  LODGE_WEIGHT_MAX, LODGE_CAP_MAX);
	if (*weight >= 0 || *cap >= 0) {
		has_weight = *weight >= 0 ? (unsigned int)*weight : has_weight;
		has_cap = *cap >= 0 ? (unsigned int)*cap : has_cap;
		if (cgroup_set_cpu(domid, has_weight, has_cap, err))
			return -1;
		if (d->config) {
			d->config->cpu_weight = has_weight;
			d->config->cap = has_cap;
		}
		keep(d);
	}
	*weight = has_weight;
	*cap = has_cap;
	return 0;
}

void sched_apply(const struct domain *d)
{
	struct lodge_err err = LODGE_ERR_INIT;
	const struct lodge_config *config = d->config;

	if (!config || (!config->cpu_weight && !config->cap))
		return;
	if (cgroup_set_cpu(d->domid, config->cpu_weight ?: LODGE_WEIGHT_DEFAULT, config->cap,
			   &err))
		log_warning("domain %u (%s): %s", d->domid, d->name, err.text);
}
