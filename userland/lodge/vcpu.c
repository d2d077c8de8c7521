// SPDX-License-Identifier: GPL-2.0-only
/* vcpu-list, vcpu-set, vcpu-pin, sched: vcpus and the host's CPUs. */
#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cpus.h"
#include "common/protocol.h"
#include "common/warn.h"
#include "control/control.h"
#include "lodge/client.h"
#include "lodge/verbs.h"

/* The thread of vcpu @id has its number in its name; 0 if there is none. */
static pid_t thread_of(pid_t runner, uint32_t id)
{
	char path[320], want[32], name[32];
	struct dirent *entry;
	pid_t tid = 0;
	DIR *dir;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task", runner);
	snprintf(want, sizeof(want), "vcpu%u\n", id);
	dir = opendir(path);
	while (dir && !tid && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", runner, entry->d_name);
		f = fopen(path, "re");
		if (f && fgets(name, sizeof(name), f) && !strcmp(name, want))
			tid = atoi(entry->d_name);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return tid;
}

/* Where it may run, "" if it has no thread. */
static void affinity(pid_t runner, uint32_t id, char text[LODGE_CPUS_TEXT])
{
	pid_t tid = runner ? thread_of(runner, id) : 0;
	cpu_set_t cpus;

	text[0] = '\0';
	if (tid && !sched_getaffinity(tid, sizeof(cpus), &cpus))
		lodge_cpus_format(&cpus, sysconf(_SC_NPROCESSORS_CONF), text);
}

static cJSON *to_json(const struct lodge_domain *d, const struct lodge_vcpu *v,
		      const char *cpus)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddNumberToObject(o, "domid", d->domid);
	cJSON_AddStringToObject(o, "name", d->name);
	cJSON_AddNumberToObject(o, "vcpu", v->id);
	cJSON_AddStringToObject(o, "state", lodge_vcpu_state_name(v->state));
	if (v->cpu >= 0)
		cJSON_AddNumberToObject(o, "cpu", v->cpu);
	cJSON_AddNumberToObject(o, "cpu_time", v->cpu_time);
	if (cpus[0])
		cJSON_AddStringToObject(o, "cpus", cpus);
	return o;
}

static void print_row(const struct lodge_domain *d, const struct lodge_vcpu *v, const char *cpus)
{
	bool offline = v->state == LODGE_VCPU_OFFLINE;
	char cpu[16] = "-";

	if (v->cpu >= 0 && !offline)
		snprintf(cpu, sizeof(cpu), "%d", v->cpu);
	printf("%-32s %5u %5u %4s   %c%c%c %11.1f  %s\n", d->name, d->domid, v->id, cpu,
	       v->state == LODGE_VCPU_RUNNING ? 'r' : '-',
	       v->state == LODGE_VCPU_BLOCKED ? 'b' : '-', offline || d->paused ? 'p' : '-',
	       v->cpu_time / 1e9, cpus[0] ? cpus : "-");
}

/* To @array, or to standard output if it is NULL. */
static int list_domain(struct lodge_control *c, const struct lodge_domain *d, cJSON *array,
		       struct lodge_err *err)
{
	struct lodge_vcpu v[LODGE_MAX_VCPUS];
	char cpus[LODGE_CPUS_TEXT];
	size_t count, i;

	if (lodge_control_vcpus(c, d->domid, v, &count, err))
		return -1;
	for (i = 0; i < count; i++) {
		affinity(d->runner_pid, v[i].id, cpus);
		if (array)
			cJSON_AddItemToArray(array, to_json(d, &v[i], cpus));
		else
			print_row(d, &v[i], cpus);
	}
	return 0;
}

/* Those that are named, or all; free() the list.  NULL: @err. */
static struct lodge_domain *get_domains(struct lodge_control *c, char **names, size_t *count,
					struct lodge_err *err)
{
	struct lodge_domain *list = NULL;

	if (!*count)
		return lodge_control_list(c, &list, count, err) ? NULL :
			list ? list : calloc(1, sizeof(*list));
	list = calloc(*count, sizeof(*list));
	for (size_t i = 0; list && i < *count; i++) {
		if (lodge_control_find(c, names[i], &list[i], err)) {
			free(list);
			return NULL;
		}
	}
	if (!list)
		lodge_fail(err, ENOMEM, "out of memory");
	return list;
}

static int list(struct lodge_control *c, char **names, size_t count, cJSON *array,
		struct lodge_err *err)
{
	struct lodge_domain *domains = get_domains(c, names, &count, err);
	struct lodge_err gone = LODGE_ERR_INIT;
	int rc = domains ? 0 : -1;

	if (domains && !array)
		printf("%-32s    ID  VCPU  CPU State     Time(s)  Affinity\n", "Name");
	for (size_t i = 0; !rc && i < count; i++) {
		rc = list_domain(c, &domains[i], array, &gone);
		if (rc && gone.code == ESRCH)
			rc = 0;
		else if (rc && err)
			*err = gone;
	}
	free(domains);
	return rc;
}

int verb_vcpu_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'l' },
		{ 0 }
	};
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;
	cJSON *array = NULL;
	char *text;
	int opt, rc;

	optind = 1;
	while ((opt = getopt_long(argc, argv, "l", options, NULL)) != -1) {
		if (opt != 'l')
			return usage_of(argv[0]);
		if (!array)
			array = cJSON_CreateArray();
	}
	c = lodge_control_open(&err);
	rc = c ? list(c, argv + optind, argc - optind, array, &err) : -1;
	lodge_control_close(c);
	if (!rc && array) {
		text = cJSON_Print(array);
		puts(text ? text : "");
		cJSON_free(text);
	}
	cJSON_Delete(array);
	return rc ? lodge_complain(err.text) : 0;
}

/* A request about the domain of this name; the answer, or NULL and it has complained. */
static cJSON *ask(const char *domain, const char *cmd, cJSON *request)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = lodge_control_open(&err);
	struct lodge_domain d;
	cJSON *answer = NULL;

	if (c && !lodge_control_find(c, domain, &d, &err)) {
		cJSON_AddStringToObject(request, "cmd", cmd);
		cJSON_AddNumberToObject(request, "domid", d.domid);
		answer = client_ask(request, &err);
	} else {
		cJSON_Delete(request);
	}
	lodge_control_close(c);
	if (!answer)
		lodge_complain(err.text);
	return answer;
}

static int command(const char *domain, const char *cmd, cJSON *request)
{
	cJSON *answer = ask(domain, cmd, request);

	cJSON_Delete(answer);
	return answer ? 0 : 1;
}

/* -1: @text is no such number. */
static long number(const char *text, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	return text[0] < '0' || text[0] > '9' || *end || errno || value > max ? -1 : value;
}

int verb_vcpu_set(int argc, char **argv)
{
	cJSON *request;
	long count;

	if (argc != 3)
		return usage_of(argv[0]);
	count = number(argv[2], LODGE_MAX_VCPUS);
	if (count < 1)
		return lodge_complain("COUNT is not a number of vcpus that a domain can have");
	request = cJSON_CreateObject();
	cJSON_AddNumberToObject(request, "count", count);
	return command(argv[1], LODGED_CMD_VCPUS, request);
}

int verb_vcpu_pin(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	cJSON *request;
	cpu_set_t cpus;
	long vcpu = -1;

	if (argc != 4)
		return usage_of(argv[0]);
	if (strcmp(argv[2], "all")) {
		vcpu = number(argv[2], LODGE_MAX_VCPUS - 1);
		if (vcpu < 0)
			return lodge_complain("VCPU is neither a number nor \"all\"");
	}
	if (lodge_cpus_parse(argv[3], &cpus, &err))
		return lodge_complain(err.text);
	request = cJSON_CreateObject();
	if (vcpu >= 0)
		cJSON_AddNumberToObject(request, "vcpu", vcpu);
	cJSON_AddStringToObject(request, "cpus", argv[3]);
	return command(argv[1], LODGED_CMD_PIN, request);
}

/* One row; a domain of which nothing can be said has none. */
static int print_sched(const char *domain, bool alone)
{
	cJSON *answer = ask(domain, LODGED_CMD_SCHED, cJSON_CreateObject());

	if (answer)
		printf("%-40s %6.0f %4.0f\n", domain,
		       cJSON_GetNumberValue(cJSON_GetObjectItem(answer, "weight")),
		       cJSON_GetNumberValue(cJSON_GetObjectItem(answer, "cap")));
	cJSON_Delete(answer);
	return answer || !alone ? 0 : 1;
}

static int show_sched(const char *domain)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;
	struct lodge_domain *all;
	size_t count = 0;
	int rc;

	if (domain) {
		printf("%-40s Weight  Cap\n", "Name");
		return print_sched(domain, true);
	}
	c = lodge_control_open(&err);
	all = c ? get_domains(c, NULL, &count, &err) : NULL;
	rc = all ? 0 : lodge_complain(err.text);
	lodge_control_close(c);
	if (all)
		printf("%-40s Weight  Cap\n", "Name");
	for (size_t i = 0; i < count; i++)
		print_sched(all[i].name, false);
	free(all);
	return rc;
}

int verb_sched(int argc, char **argv)
{
	cJSON *request = NULL;
	long weight = -1, cap = -1;
	int opt;

	optind = 1;
	while ((opt = getopt(argc, argv, "w:c:")) != -1) {
		long *value = opt == 'w' ? &weight : &cap;

		if (opt == '?')
			return usage_of(argv[0]);
		*value = number(optarg, 1 << 20);
		if (*value < 0)
			return lodge_complain("weight and cap are numbers");
	}
	if (argc - optind > 1 || ((weight >= 0 || cap >= 0) && argc == optind))
		return usage_of(argv[0]);
	if (weight < 0 && cap < 0)
		return show_sched(argv[optind]);
	request = cJSON_CreateObject();
	if (weight >= 0)
		cJSON_AddNumberToObject(request, "weight", weight);
	if (cap >= 0)
		cJSON_AddNumberToObject(request, "cap", cap);
	return command(argv[optind], LODGED_CMD_SCHED, request);
}
