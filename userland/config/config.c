// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the keys mean.  One table says which keys there are and how they are
 * read; the checks that concern several keys come after it.
 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "common/cpus.h"
#include "common/file.h"
#include "common/macros.h"
#include "common/uuid.h"
#include "config/check.h"
#include "config/syntax.h"

#define MAX_FILE	(1 << 20)
/* libxl's, when neither memory nor maxmem is given */
#define DEFAULT_MEMORY	32

/* What is known while a configuration is being read. */
struct reading {
	struct lodge_config *config;
	const struct lodge_syntax *syntax;
	bool has_uuid, has_memory, has_maxmem, has_vcpus, has_maxvcpus;
	const char *plain_cmdline, *root, *extra;
	lodge_warn_fn warn;
	void *warn_arg;
	struct lodge_err *err;
};

typedef int (*read_fn)(struct reading *r, const struct lodge_setting *set);

static int __printf(3, 4) refuse(struct reading *r, const struct lodge_setting *set,
				 const char *fmt, ...)
{
	char reason[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	return lodge_fail(r->err, EINVAL, "%s: %s", set->place, reason);
}

static void __printf(2, 3) warn(struct reading *r, const char *fmt, ...)
{
	char sentence[512];
	va_list ap;

	if (!r->warn)
		return;
	va_start(ap, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	r->warn(r->warn_arg, sentence);
}

static const char *get_string(struct reading *r, const struct lodge_setting *set)
{
	if (set->value.is_list) {
		refuse(r, set, "%s must be a string, not a list", set->key);
		return NULL;
	}
	return set->value.string;
}

static int get_number(struct reading *r, const struct lodge_setting *set,
		  uint64_t min, uint64_t max, uint64_t *value)
{
	const char *text = get_string(r, set);
	char *end;

	if (!text)
		return -1;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return refuse(r, set, "%s must be a number, not \"%.64s\"", set->key, text);
	if (*value < min || *value > max)
		return refuse(r, set, "%s must be from %llu to %llu, not %s", set->key,
			      (unsigned long long)min, (unsigned long long)max, text);
	return 0;
}

static int read_name(struct reading *r, const struct lodge_setting *set)
{
	const char *text = get_string(r, set);

	if (!text)
		return -1;
	if (lodge_check_name(text, r->err)) {
		lodge_fail_prefix(r->err, "%s: ", set->place);
		return -1;
	}
	memcpy(r->config->name, text, strlen(text) + 1);
	return 0;
}

static int read_uuid(struct reading *r, const struct lodge_setting *set)
{
	const char *text = get_string(r, set);

	if (!text)
		return -1;
	if (lodge_uuid_parse(text, r->config->uuid))
		return refuse(r, set, "\"%.64s\" is not a UUID", text);
	r->has_uuid = true;
	return 0;
}

static int read_type(struct reading *r, const struct lodge_setting *set)
{
	const char *text = get_string(r, set);

	if (!text)
		return -1;
	if (!strcmp(text, "pv"))
		return 0;
	if (!strcmp(text, "hvm") || !strcmp(text, "pvh"))
		return refuse(r, set, "domains of type \"%s\" are not supported, only \"pv\"", text);
	return refuse(r, set, "there is no domain type \"%.64s\", only \"pv\"", text);
}

/* the key that xl had before type */
static int read_builder(struct reading *r, const struct lodge_setting *set)
{
	const char *text = get_string(r, set);

	if (!text)
		return -1;
	if (!strcmp(text, "generic") || !strcmp(text, "linux"))
		return 0;
	return refuse(r, set, "builder \"%.64s\" is not supported, only \"generic\"", text);
}

static int read_path(struct reading *r, const struct lodge_setting *set, char **path)
{
	const char *text = get_string(r, set);
	char *cwd;
	int rc;

	if (!text)
		return -1;
	free(*path);
	*path = NULL;
	if (!text[0])
		return 0;
	if (text[0] == '/') {
		*path = strdup(text);
	} else {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return lodge_fail(r->err, errno, "there is no current directory: %s",
					  strerror(errno));
		rc = asprintf(path, "%s/%s", cwd, text);
		free(cwd);
		if (rc < 0)
			*path = NULL;
	}
	return *path ? 0 : lodge_fail(r->err, ENOMEM, "out of memory");
}

static int read_kernel(struct reading *r, const struct lodge_setting *set)
{
	return read_path(r, set, &r->config->kernel);
}

static int read_ramdisk(struct reading *r, const struct lodge_setting *set)
{
	return read_path(r, set, &r->config->ramdisk);
}

static int read_cmdline(struct reading *r, const struct lodge_setting *set)
{
	r->plain_cmdline = get_string(r, set);
	return r->plain_cmdline ? 0 : -1;
}

static int read_root(struct reading *r, const struct lodge_setting *set)
{
	r->root = get_string(r, set);
	return r->root ? 0 : -1;
}

static int read_extra(struct reading *r, const struct lodge_setting *set)
{
	r->extra = get_string(r, set);
	return r->extra ? 0 : -1;
}

static int read_memory(struct reading *r, const struct lodge_setting *set)
{
	r->has_memory = true;
	return get_number(r, set, LODGE_MIN_PAGES >> 8, LODGE_MAX_PAGES >> 8, &r->config->memory);
}

static int read_maxmem(struct reading *r, const struct lodge_setting *set)
{
	r->has_maxmem = true;
	return get_number(r, set, LODGE_MIN_PAGES >> 8, LODGE_MAX_PAGES >> 8, &r->config->maxmem);
}

static int get_vcpus(struct reading *r, const struct lodge_setting *set, unsigned int *count)
{
	uint64_t value;

	if (get_number(r, set, 1, LODGE_MAX_VCPUS, &value))
		return -1;
	*count = value;
	return 0;
}

static int read_vcpus(struct reading *r, const struct lodge_setting *set)
{
	r->has_vcpus = true;
	return get_vcpus(r, set, &r->config->vcpus);
}

static int read_maxvcpus(struct reading *r, const struct lodge_setting *set)
{
	r->has_maxvcpus = true;
	return get_vcpus(r, set, &r->config->maxvcpus);
}

static void forget_cpus(struct lodge_config *config)
{
	for (size_t i = 0; i < LODGE_MAX_VCPUS; i++) {
		free(config->cpus[i]);
		config->cpus[i] = NULL;
	}
}

static int set_cpus(struct reading *r, const struct lodge_setting *set, size_t vcpu,
		    const char *text)
{
	cpu_set_t unused;

	if (lodge_cpus_parse(text, &unused, r->err)) {
		lodge_fail_prefix(r->err, "%s: ", set->place);
		return -1;
	}
	r->config->cpus[vcpu] = strdup(text);
	return r->config->cpus[vcpu] ? 0 : lodge_fail(r->err, ENOMEM, "out of memory");
}

/* A string is for all vcpus, a list has one for each. */
static int read_cpus(struct reading *r, const struct lodge_setting *set)
{
	const struct lodge_value *v = &set->value;

	forget_cpus(r->config);
	if (v->is_list && v->count > LODGE_MAX_VCPUS)
		return refuse(r, set, "cpus has more than %d elements", LODGE_MAX_VCPUS);
	for (size_t i = 0; v->is_list && i < v->count; i++) {
		if (v->items[i].is_list)
			return refuse(r, set, "cpus must be a string or a list of strings");
		if (set_cpus(r, set, i, v->items[i].string))
			return -1;
	}
	for (size_t i = 0; !v->is_list && v->string[0] && i < LODGE_MAX_VCPUS; i++)
		if (set_cpus(r, set, i, v->string))
			return -1;
	return 0;
}

static int read_cpu_weight(struct reading *r, const struct lodge_setting *set)
{
	uint64_t value;

	if (get_number(r, set, 1, LODGE_WEIGHT_MAX, &value))
		return -1;
	r->config->cpu_weight = value;
	return 0;
}

static int read_cap(struct reading *r, const struct lodge_setting *set)
{
	uint64_t value;

	if (get_number(r, set, 0, LODGE_CAP_MAX, &value))
		return -1;
	r->config->cap = value;
	return 0;
}

static int get_action(struct reading *r, const struct lodge_setting *set, enum lodge_action *a)
{
	const char *text = get_string(r, set);

	if (!text)
		return -1;
	if (lodge_check_action(text, a))
		return refuse(r, set, "%s must be an action such as destroy, restart or preserve, not \"%.64s\"",
			      set->key, text);
	if (*a == LODGE_ACTION_COREDUMP_DESTROY || *a == LODGE_ACTION_COREDUMP_RESTART)
		warn(r, "%s: no core is written, %s acts without it", set->place, text);
	if (*a == LODGE_ACTION_SOFT_RESET && strcmp(set->key, "on_soft_reset"))
		warn(r, "%s: a soft reset is not supported, the domain is restarted", set->place);
	return 0;
}

static int read_on_poweroff(struct reading *r, const struct lodge_setting *set)
{
	return get_action(r, set, &r->config->on_poweroff);
}

static int read_on_reboot(struct reading *r, const struct lodge_setting *set)
{
	return get_action(r, set, &r->config->on_reboot);
}

static int read_on_crash(struct reading *r, const struct lodge_setting *set)
{
	return get_action(r, set, &r->config->on_crash);
}

static int read_on_watchdog(struct reading *r, const struct lodge_setting *set)
{
	return get_action(r, set, &r->config->on_watchdog);
}

static int read_on_soft_reset(struct reading *r, const struct lodge_setting *set)
{
	return get_action(r, set, &r->config->on_soft_reset);
}

/* The elements of a list of strings; -1 from @fn ends it. */
static int each_string(struct reading *r, const struct lodge_setting *set,
		       int (*fn)(struct reading *r, const char *spec))
{
	if (!set->value.is_list) {
		if (!set->value.string[0])
			return 0;
		return refuse(r, set, "%s must be a list, not a string", set->key);
	}
	for (size_t i = 0; i < set->value.count; i++) {
		if (set->value.items[i].is_list)
			return refuse(r, set, "%s must be a list of strings", set->key);
		if (fn(r, set->value.items[i].string)) {
			lodge_fail_prefix(r->err, "%s: ", set->place);
			return -1;
		}
	}
	return 0;
}

static int add_disk(struct reading *r, const char *spec)
{
	struct lodge_disk disk;

	if (lodge_disk_parse(spec, &disk, r->err))
		return -1;
	if (!lodge_config_add_disk(r->config, &disk, r->err))
		return 0;
	lodge_disk_release(&disk);
	return -1;
}

static int read_disks(struct reading *r, const struct lodge_setting *set)
{
	/* a later setting of the same key is laid over an earlier one */
	while (r->config->n_disks)
		lodge_config_remove_disk(r->config, r->config->disks[0].id);
	return each_string(r, set, add_disk);
}

static int add_vif(struct reading *r, const char *spec)
{
	struct lodge_vif vif;

	if (lodge_vif_parse(spec, &vif, r->err))
		return -1;
	if (!lodge_config_add_vif(r->config, &vif, r->err))
		return 0;
	lodge_vif_release(&vif);
	return -1;
}

static int read_vifs(struct reading *r, const struct lodge_setting *set)
{
	while (r->config->n_vifs)
		lodge_config_remove_vif(r->config, r->config->vifs[0].id);
	return each_string(r, set, add_vif);
}

/* A list of devices that lodge does not have. */
static int read_devices(struct reading *r, const struct lodge_setting *set)
{
	if (!set->value.is_list && set->value.string[0])
		return refuse(r, set, "%s must be a list, not a string", set->key);
	if (set->value.is_list && set->value.count)
		return refuse(r, set, "%s devices are not supported", set->key);
	return 0;
}

static int read_bootloader(struct reading *r, const struct lodge_setting *set)
{
	const char *text = get_string(r, set);

	if (!text)
		return -1;
	if (text[0])
		return refuse(r, set, "a boot loader is not supported yet: name a kernel instead");
	return 0;
}

static const struct {
	const char *key;
	read_fn read;
} keys[] = {
	{ "name",		read_name },
	{ "uuid",		read_uuid },
	{ "type",		read_type },
	{ "builder",		read_builder },
	{ "kernel",		read_kernel },
	{ "ramdisk",		read_ramdisk },
	{ "cmdline",		read_cmdline },
	{ "root",		read_root },
	{ "extra",		read_extra },
	{ "memory",		read_memory },
	{ "maxmem",		read_maxmem },
	{ "vcpus",		read_vcpus },
	{ "maxvcpus",		read_maxvcpus },
	{ "cpus",		read_cpus },
	{ "cpu_weight",		read_cpu_weight },
	{ "cap",		read_cap },
	{ "on_poweroff",	read_on_poweroff },
	{ "on_reboot",		read_on_reboot },
	{ "on_crash",		read_on_crash },
	{ "on_watchdog",	read_on_watchdog },
	{ "on_soft_reset",	read_on_soft_reset },
	{ "disk",		read_disks },
	{ "vif",		read_vifs },
	{ "pci",		read_devices },
	{ "p9",			read_devices },
	{ "vtpm",		read_devices },
	{ "usbdev",		read_devices },
	{ "bootloader",		read_bootloader },
};

static read_fn reader_of(const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].read;
	return NULL;
}

/* xl's rule: cmdline is all there is, or else root and extra are put together */
static int join_cmdline(struct reading *r)
{
	struct lodge_config *config = r->config;

	if (r->plain_cmdline) {
		if (r->root || r->extra)
			warn(r, "root and extra are ignored in favour of cmdline");
		config->cmdline = strdup(r->plain_cmdline);
	} else if (r->root) {
		if (asprintf(&config->cmdline, "root=%s %s", r->root,
			     r->extra ? r->extra : "") < 0)
			config->cmdline = NULL;
	} else {
		config->cmdline = strdup(r->extra ? r->extra : "");
	}
	return config->cmdline ? 0 : lodge_fail(r->err, ENOMEM, "out of memory");
}

static int fill_in(struct reading *r)
{
	struct lodge_config *config = r->config;

	if (join_cmdline(r))
		return -1;
	if (!r->has_memory)
		config->memory = r->has_maxmem ? config->maxmem : DEFAULT_MEMORY;
	if (!r->has_maxmem)
		config->maxmem = config->memory;
	if (!r->has_vcpus)
		config->vcpus = r->has_maxvcpus ? config->maxvcpus : 1;
	if (!r->has_maxvcpus)
		config->maxvcpus = config->vcpus;
	if (!r->has_uuid && lodge_uuid_random(config->uuid))
		return lodge_fail(r->err, EIO, "cannot make a UUID: %s", strerror(errno));
	for (size_t i = 0; i < config->n_vifs; i++)
		lodge_vif_finish(&config->vifs[i], config->uuid);
	return 0;
}

struct lodge_config *lodge_config_new(struct lodge_err *err)
{
	struct lodge_config *config = calloc(1, sizeof(*config));

	if (!config) {
		lodge_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	config->on_poweroff = LODGE_ACTION_DESTROY;
	config->on_reboot = LODGE_ACTION_RESTART;
	config->on_crash = LODGE_ACTION_DESTROY;
	config->on_watchdog = LODGE_ACTION_DESTROY;
	config->on_soft_reset = LODGE_ACTION_SOFT_RESET;
	return config;
}

static struct lodge_config *interpret(const struct lodge_syntax *syntax, const char *file,
				      lodge_warn_fn warn_fn, void *arg, struct lodge_err *err)
{
	struct reading r = {
		.syntax = syntax, .warn = warn_fn, .warn_arg = arg, .err = err,
	};
	const struct lodge_setting *set;
	read_fn reader;

	r.config = lodge_config_new(err);
	if (!r.config)
		return NULL;
	for (set = syntax->first; set; set = set->next) {
		reader = reader_of(set->key);
		if (!reader)
			warn(&r, "%s: lodge does not know %s, which is ignored",
			     set->place, set->key);
		else if (reader(&r, set))
			goto fail;
	}
	if (fill_in(&r))
		goto fail;
	if (lodge_config_check(r.config, err)) {
		lodge_fail_prefix(err, "%s: ", file);
		goto fail;
	}
	return r.config;
fail:
	lodge_config_free(r.config);
	return NULL;
}

struct lodge_config *lodge_config_parse(const char *text, size_t len, const char *file,
					char *const *overrides, size_t n_overrides,
					lodge_warn_fn warn_fn, void *arg, struct lodge_err *err)
{
	struct lodge_config *config = NULL;
	struct lodge_syntax syntax;
	size_t i;

	lodge_syntax_init(&syntax);
	if (lodge_syntax_file(&syntax, text, len, file, err))
		goto out;
	for (i = 0; i < n_overrides; i++)
		if (lodge_syntax_argument(&syntax, overrides[i], err))
			goto out;
	config = interpret(&syntax, file, warn_fn, arg, err);
out:
	lodge_syntax_free(&syntax);
	return config;
}

struct lodge_config *lodge_config_load(const char *path, char *const *overrides,
				       size_t n_overrides, lodge_warn_fn warn_fn, void *arg,
				       struct lodge_err *err)
{
	struct lodge_config *config = NULL;
	const char *name = path;
	int fd = STDIN_FILENO;
	char *text;
	size_t len;

	if (!strcmp(path, "-")) {
		name = "standard input";
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			lodge_fail(err, errno, "cannot open %s: %s", path, strerror(errno));
			return NULL;
		}
	}
	text = lodge_read_all(fd, name, MAX_FILE, &len, err);
	if (fd != STDIN_FILENO)
		close(fd);
	if (!text)
		return NULL;
	/* lodged and scripts may hand over what lodge_config_to_json() made */
	if (text[0] == '{' && !n_overrides)
		config = lodge_config_from_json(text, err);
	else
		config = lodge_config_parse(text, len, name, overrides, n_overrides,
					    warn_fn, arg, err);
	free(text);
	return config;
}

void lodge_config_free(struct lodge_config *config)
{
	if (!config)
		return;
	free(config->kernel);
	free(config->ramdisk);
	free(config->cmdline);
	forget_cpus(config);
	while (config->n_disks)
		lodge_disk_release(&config->disks[--config->n_disks]);
	while (config->n_vifs)
		lodge_vif_release(&config->vifs[--config->n_vifs]);
	free(config->disks);
	free(config->vifs);
	free(config);
}

enum lodge_action lodge_config_action(const struct lodge_config *config, int32_t reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
	case SHUTDOWN_suspend:
		return config->on_poweroff;
	case SHUTDOWN_reboot:
		return config->on_reboot;
	case SHUTDOWN_watchdog:
		return config->on_watchdog;
	case SHUTDOWN_soft_reset:
		return config->on_soft_reset;
	default:
		return config->on_crash;
	}
}
