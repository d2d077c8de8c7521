// SPDX-License-Identifier: GPL-2.0-only
/* A configuration as JSON: one table for both directions. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cpus.h"
#include "common/macros.h"
#include "common/uuid.h"
#include "config/check.h"
#include "config/config.h"

enum kind { NAME, UUID, TEXT, U64, UINT, ACTION };

static const struct field {
	const char *key;
	enum kind kind;
	size_t offset;
	bool optional;
} fields[] = {
	{ "name",	   NAME,   offsetof(struct lodge_config, name), false },
	{ "uuid",	   UUID,   offsetof(struct lodge_config, uuid), false },
	{ "kernel",	   TEXT,   offsetof(struct lodge_config, kernel), false },
	{ "ramdisk",	   TEXT,   offsetof(struct lodge_config, ramdisk), true },
	{ "cmdline",	   TEXT,   offsetof(struct lodge_config, cmdline), false },
	{ "memory",	   U64,	   offsetof(struct lodge_config, memory), false },
	{ "maxmem",	   U64,	   offsetof(struct lodge_config, maxmem), false },
	{ "vcpus",	   UINT,   offsetof(struct lodge_config, vcpus), false },
	{ "maxvcpus",	   UINT,   offsetof(struct lodge_config, maxvcpus), false },
	{ "cpu_weight",	   UINT,   offsetof(struct lodge_config, cpu_weight), true },
	{ "cap",	   UINT,   offsetof(struct lodge_config, cap), true },
	{ "on_poweroff",   ACTION, offsetof(struct lodge_config, on_poweroff), true },
	{ "on_reboot",	   ACTION, offsetof(struct lodge_config, on_reboot), true },
	{ "on_crash",	   ACTION, offsetof(struct lodge_config, on_crash), true },
	{ "on_watchdog",   ACTION, offsetof(struct lodge_config, on_watchdog), true },
	{ "on_soft_reset", ACTION, offsetof(struct lodge_config, on_soft_reset), true },
};

#define N_FIELDS ARRAY_SIZE(fields)

static bool add_item(cJSON *array, cJSON *item)
{
	if (item && cJSON_AddItemToArray(array, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static bool add_devices(cJSON *o, const struct lodge_config *config)
{
	cJSON *disks = cJSON_AddArrayToObject(o, "disks");
	cJSON *vifs = cJSON_AddArrayToObject(o, "vifs");
	bool good = disks && vifs;

	for (size_t i = 0; good && i < config->n_disks; i++)
		good = add_item(disks, lodge_disk_to_json(&config->disks[i]));
	for (size_t i = 0; good && i < config->n_vifs; i++)
		good = add_item(vifs, lodge_vif_to_json(&config->vifs[i]));
	return good;
}

/* Without those at the end that may run anywhere. */
static bool add_cpus(cJSON *o, const struct lodge_config *config)
{
	cJSON *cpus = cJSON_AddArrayToObject(o, "cpus");
	size_t count = LODGE_MAX_VCPUS;
	bool good = cpus;

	while (count && !config->cpus[count - 1])
		count--;
	for (size_t i = 0; good && i < count; i++)
		good = add_item(cpus, cJSON_CreateString(config->cpus[i] ?: "all"));
	return good;
}

static int read_cpus(const cJSON *array, struct lodge_config *config, struct lodge_err *err)
{
	const cJSON *item;
	cpu_set_t unused;
	size_t i = 0;

	cJSON_ArrayForEach(item, array) {
		if (i == LODGE_MAX_VCPUS || !cJSON_IsString(item))
			return lodge_fail(err, EINVAL, "cpus is not a list of sets of CPUs");
		if (lodge_cpus_parse(item->valuestring, &unused, err))
			return -1;
		config->cpus[i] = strdup(item->valuestring);
		if (!config->cpus[i++])
			return lodge_fail(err, ENOMEM, "out of memory");
	}
	return 0;
}

static int read_disks(const cJSON *array, struct lodge_config *config, struct lodge_err *err)
{
	struct lodge_disk disk;
	const cJSON *item;

	cJSON_ArrayForEach(item, array) {
		if (lodge_disk_from_json(item, &disk, err))
			return -1;
		if (lodge_config_add_disk(config, &disk, err)) {
			lodge_disk_release(&disk);
			return -1;
		}
	}
	return 0;
}

static int read_vifs(const cJSON *array, struct lodge_config *config, struct lodge_err *err)
{
	struct lodge_vif vif;
	const cJSON *item;

	cJSON_ArrayForEach(item, array) {
		if (lodge_vif_from_json(item, &vif, err))
			return -1;
		lodge_vif_finish(&vif, config->uuid);
		if (lodge_config_add_vif(config, &vif, err)) {
			lodge_vif_release(&vif);
			return -1;
		}
	}
	return 0;
}

char *lodge_config_to_json(const struct lodge_config *config)
{
	cJSON *o = cJSON_CreateObject(), *added = o;
	char uuid[LODGE_UUID_TEXT], *text = NULL;
	const struct field *f;
	const void *p;

	for (f = fields; added && f < fields + N_FIELDS; f++) {
		p = (const char *)config + f->offset;
		switch (f->kind) {
		case NAME:
			added = cJSON_AddStringToObject(o, f->key, p);
			break;
		case UUID:
			lodge_uuid_format(p, uuid);
			added = cJSON_AddStringToObject(o, f->key, uuid);
			break;
		case TEXT:
			if (*(char *const *)p)
				added = cJSON_AddStringToObject(o, f->key, *(char *const *)p);
			break;
		case U64:
			added = cJSON_AddNumberToObject(o, f->key, *(const uint64_t *)p);
			break;
		case UINT:
			added = cJSON_AddNumberToObject(o, f->key, *(const unsigned int *)p);
			break;
		case ACTION:
			added = cJSON_AddStringToObject(o, f->key,
					lodge_action_name(*(const enum lodge_action *)p));
			break;
		}
	}
	if (added && add_cpus(o, config) && add_devices(o, config))
		text = cJSON_PrintUnformatted(o);
	cJSON_Delete(o);
	return text;
}

static int read_field(const struct field *f, const cJSON *item, void *p, struct lodge_err *err)
{
	const bool is_number = f->kind == U64 || f->kind == UINT;
	const char *text = item->valuestring;

	if (is_number ? !cJSON_IsNumber(item) : !cJSON_IsString(item))
		return lodge_fail(err, EINVAL, "%s has the wrong type", f->key);
	if (is_number && (!(item->valuedouble >= 0) || item->valuedouble > 1 << 30))
		return lodge_fail(err, EINVAL, "%s is out of range", f->key);
	switch (f->kind) {
	case NAME:
		if (lodge_check_name(text, err))
			return -1;
		memcpy(p, text, strlen(text) + 1);
		return 0;
	case UUID:
		if (lodge_uuid_parse(text, p))
			return lodge_fail(err, EINVAL, "%s is not a UUID", f->key);
		return 0;
	case TEXT:
		*(char **)p = strdup(text);
		return *(char **)p ? 0 : lodge_fail(err, ENOMEM, "out of memory");
	case U64:
		*(uint64_t *)p = item->valuedouble;
		return 0;
	case UINT:
		*(unsigned int *)p = item->valuedouble;
		return 0;
	case ACTION:
		if (lodge_check_action(text, p))
			return lodge_fail(err, EINVAL, "%s is not an action", f->key);
		return 0;
	}
	return -1;
}

struct lodge_config *lodge_config_from_json(const char *text, struct lodge_err *err)
{
	struct lodge_config *config;
	const struct field *f;
	const cJSON *item;
	cJSON *o;

	config = lodge_config_new(err);
	if (!config)
		return NULL;
	o = cJSON_Parse(text);
	if (!cJSON_IsObject(o)) {
		lodge_fail(err, EINVAL, "the configuration is not a JSON object");
		goto fail;
	}
	for (f = fields; f < fields + N_FIELDS; f++) {
		item = cJSON_GetObjectItemCaseSensitive(o, f->key);
		if (!item && f->optional)
			continue;
		if (!item) {
			lodge_fail(err, EINVAL, "the configuration has no %s", f->key);
			goto fail;
		}
		if (read_field(f, item, (char *)config + f->offset, err))
			goto fail;
	}
	if (read_cpus(cJSON_GetObjectItemCaseSensitive(o, "cpus"), config, err) ||
	    read_disks(cJSON_GetObjectItemCaseSensitive(o, "disks"), config, err) ||
	    read_vifs(cJSON_GetObjectItemCaseSensitive(o, "vifs"), config, err) ||
	    lodge_config_check(config, err))
		goto fail;
	cJSON_Delete(o);
	return config;
fail:
	cJSON_Delete(o);
	lodge_config_free(config);
	return NULL;
}
