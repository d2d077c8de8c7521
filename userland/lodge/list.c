// SPDX-License-Identifier: GPL-2.0-only
/* list, info, domid, domname: what the kernel says, in columns or as JSON. */
#include <cjson/cJSON.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/uuid.h"
#include "common/warn.h"
#include "control/control.h"
#include "lodge/devices.h"
#include "lodge/verbs.h"

static cJSON *to_json(const struct lodge_domain *d)
{
	cJSON *o = cJSON_CreateObject();
	char uuid[LODGE_UUID_TEXT];

	lodge_uuid_format(d->uuid, uuid);
	cJSON_AddNumberToObject(o, "domid", d->domid);
	cJSON_AddStringToObject(o, "name", d->name);
	cJSON_AddStringToObject(o, "uuid", uuid);
	cJSON_AddStringToObject(o, "state", lodge_state_name(d->state));
	cJSON_AddBoolToObject(o, "paused", d->paused);
	cJSON_AddNumberToObject(o, "max_vcpus", d->max_vcpus);
	cJSON_AddNumberToObject(o, "online_vcpus", d->online_vcpus);
	cJSON_AddNumberToObject(o, "active_vcpus", d->active_vcpus);
	cJSON_AddNumberToObject(o, "pages", d->pages);
	cJSON_AddNumberToObject(o, "max_pages", d->max_pages);
	cJSON_AddNumberToObject(o, "cpu_time", d->cpu_time);
	cJSON_AddNumberToObject(o, "shadow_pages", d->shadow_pages);
	cJSON_AddNumberToObject(o, "shadow_max", d->shadow_max);
	if (d->runner_pid)
		cJSON_AddNumberToObject(o, "runner_pid", d->runner_pid);
	if (d->console_tty[0])
		cJSON_AddStringToObject(o, "console_tty", d->console_tty);
	if (d->shutdown_reason >= 0)
		cJSON_AddStringToObject(o, "shutdown_reason",
					lodge_shutdown_reason_name(d->shutdown_reason));
	if (d->crash_reason[0])
		cJSON_AddStringToObject(o, "crash_reason", d->crash_reason);
	return o;
}

static int print_json(cJSON *o)
{
	char *text = o ? cJSON_Print(o) : NULL;

	cJSON_Delete(o);
	if (!text)
		return lodge_complain("out of memory");
	puts(text);
	cJSON_free(text);
	return 0;
}

static void print_row(const struct lodge_domain *d)
{
	/* as it is by itself, not with the CPU that this very program has taken from it */
	const bool goes = d->state == LODGE_DOMAIN_READY && !d->paused && d->runner_pid;
	const bool ended = d->state == LODGE_DOMAIN_SHUTDOWN || d->state == LODGE_DOMAIN_CRASHED;

	printf("%-40s %5u %5llu %5u     %c%c%c%c%c%c  %8.1f\n", d->name, d->domid,
	       (unsigned long long)d->pages >> 8, d->online_vcpus,
	       goes && d->active_vcpus ? 'r' : '-', goes && !d->active_vcpus ? 'b' : '-',
	       d->paused ? 'p' : '-', ended ? 's' : '-',
	       d->state == LODGE_DOMAIN_CRASHED ? 'c' : '-', '-', d->cpu_time / 1e9);
}

/* With its devices; those of one that is gone meanwhile are none. */
static cJSON *whole_json(struct lodge_control *c, const struct lodge_domain *d)
{
	struct lodge_err ignored = LODGE_ERR_INIT;
	cJSON *devices = devices_to_json(c, d->domid, 0, &ignored);
	cJSON *o = to_json(d);

	cJSON_AddItemToObject(o, "devices", devices ? devices : cJSON_CreateArray());
	return o;
}

static int print_all(struct lodge_control *c, const struct lodge_domain *list, size_t count,
		     bool json)
{
	cJSON *array;
	size_t i;

	if (json) {
		array = cJSON_CreateArray();
		for (i = 0; i < count; i++)
			cJSON_AddItemToArray(array, whole_json(c, &list[i]));
		return print_json(array);
	}
	printf("%-40s    ID   Mem VCPUs\tState\tTime(s)\n", "Name");
	for (i = 0; i < count; i++)
		print_row(&list[i]);
	return 0;
}

static const char *text_of(const cJSON *o, const char *key, const char *other)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(o, key));

	return text ? text : other;
}

static double number_of(const cJSON *o, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(o, key);

	return item ? cJSON_GetNumberValue(item) : 0;
}

static void print_device(const cJSON *dev)
{
	const char *name = text_of(dev, "vdev", text_of(dev, "ifname", ""));
	const char *reason = text_of(dev, "reason", "");

	printf("%-16s %s, %s%s%s%s%s\n", name, text_of(dev, "type", ""), text_of(dev, "state", ""),
	       *reason ? ": " : "", reason, cJSON_HasObjectItem(dev, "target") ? ", " : "",
	       text_of(dev, "target", ""));
	printf("  to the guest   %.0f bytes, %.0f requests\n", number_of(dev, "in_bytes"),
	       number_of(dev, "in_requests"));
	printf("  from the guest %.0f bytes, %.0f requests\n", number_of(dev, "out_bytes"),
	       number_of(dev, "out_requests"));
	printf("  queue          %.0f requests, %.0f errors so far\n",
	       number_of(dev, "in_flight"), number_of(dev, "errors"));
}

static void print_devices(const cJSON *o)
{
	const cJSON *dev;

	cJSON_ArrayForEach(dev, cJSON_GetObjectItem(o, "devices"))
		print_device(dev);
}

static void print_info(const struct lodge_domain *d)
{
	char uuid[LODGE_UUID_TEXT];

	lodge_uuid_format(d->uuid, uuid);
	printf("name             %s\n", d->name);
	printf("domid            %u\n", d->domid);
	printf("uuid             %s\n", uuid);
	printf("state            %s%s\n", lodge_state_name(d->state), d->paused ? ", paused" : "");
	if (d->shutdown_reason >= 0)
		printf("shutdown_reason  %s\n", lodge_shutdown_reason_name(d->shutdown_reason));
	if (d->crash_reason[0])
		printf("crash_reason     %s\n", d->crash_reason);
	printf("vcpus            %u of %u, %u active\n", d->online_vcpus, d->max_vcpus,
	       d->active_vcpus);
	printf("memory           %llu MiB of %llu MiB\n", (unsigned long long)d->pages >> 8,
	       (unsigned long long)d->max_pages >> 8);
	printf("shadow_memory    %llu KiB of %llu KiB\n", (unsigned long long)d->shadow_pages << 2,
	       (unsigned long long)d->shadow_max << 2);
	printf("cpu_time         %.1f s\n", d->cpu_time / 1e9);
	if (d->runner_pid)
		printf("runner_pid       %u\n", d->runner_pid);
	if (d->console_tty[0])
		printf("console_tty      /dev/%s\n", d->console_tty);
}

/* --json or not; -1 on anything else */
static int want_json(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'l' },
		{ "long", no_argument, NULL, 'l' },
		{ 0 }
	};
	int c, json = 0;

	optind = 1;
	while ((c = getopt_long(argc, argv, "l", options, NULL)) != -1) {
		if (c != 'l')
			return -1;
		json = 1;
	}
	return json;
}

static int list_named(struct lodge_control *c, char **names, size_t count, bool json)
{
	struct lodge_domain *list = calloc(count, sizeof(*list));
	struct lodge_err err = LODGE_ERR_INIT;
	size_t i;
	int rc;

	if (!list)
		return lodge_complain("out of memory");
	for (i = 0; i < count; i++) {
		if (lodge_control_find(c, names[i], &list[i], &err)) {
			free(list);
			return lodge_complain(err.text);
		}
	}
	rc = print_all(c, list, count, json);
	free(list);
	return rc;
}

int verb_list(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_domain *list = NULL;
	struct lodge_control *c;
	size_t count;
	int json, rc;

	json = want_json(argc, argv);
	if (json < 0)
		return usage_of(argv[0]);
	c = lodge_control_open(&err);
	if (!c)
		return lodge_complain(err.text);
	if (optind < argc)
		rc = list_named(c, argv + optind, argc - optind, json);
	else if (lodge_control_list(c, &list, &count, &err))
		rc = lodge_complain(err.text);
	else
		rc = print_all(c, list, count, json);
	free(list);
	lodge_control_close(c);
	return rc;
}

/* The one domain that is named, with all about it unless @json is NULL; complains itself. */
static int find(const char *text, struct lodge_domain *d, cJSON **json)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = lodge_control_open(&err);
	int rc = -1;

	if (c)
		rc = lodge_control_find(c, text, d, &err);
	if (!rc && json)
		*json = whole_json(c, d);
	lodge_control_close(c);
	return rc ? lodge_complain(err.text) : 0;
}

int verb_info(int argc, char **argv)
{
	struct lodge_domain d;
	int json = want_json(argc, argv);
	cJSON *all;

	if (json < 0 || argc - optind != 1)
		return usage_of(argv[0]);
	if (find(argv[optind], &d, &all))
		return 1;
	if (json)
		return print_json(all);
	print_info(&d);
	print_devices(all);
	cJSON_Delete(all);
	return 0;
}

int verb_domid(int argc, char **argv)
{
	struct lodge_domain d;

	if (argc != 2)
		return usage_of(argv[0]);
	if (find(argv[1], &d, NULL))
		return 1;
	printf("%u\n", d.domid);
	return 0;
}

int verb_domname(int argc, char **argv)
{
	struct lodge_domain d;

	if (argc != 2)
		return usage_of(argv[0]);
	if (find(argv[1], &d, NULL))
		return 1;
	printf("%s\n", d.name);
	return 0;
}
