// SPDX-License-Identifier: GPL-2.0-only
#include "config/check.h"

#include <errno.h>
#include <string.h>

#include "common/macros.h"

static const char *const actions[] = {
	[LODGE_ACTION_DESTROY]		= "destroy",
	[LODGE_ACTION_RESTART]		= "restart",
	[LODGE_ACTION_PRESERVE]		= "preserve",
	[LODGE_ACTION_RENAME_RESTART]	= "rename-restart",
	[LODGE_ACTION_COREDUMP_DESTROY]	= "coredump-destroy",
	[LODGE_ACTION_COREDUMP_RESTART]	= "coredump-restart",
	[LODGE_ACTION_SOFT_RESET]	= "soft-reset",
};

int lodge_check_action(const char *text, enum lodge_action *action)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!strcmp(actions[i], text)) {
			*action = i;
			return 0;
		}
	}
	return -1;
}

const char *lodge_action_name(enum lodge_action action)
{
	return action < ARRAY_SIZE(actions) ? actions[action] : "unknown";
}

int lodge_check_name(const char *name, struct lodge_err *err)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+:@-";

	if (!name[0])
		return lodge_fail(err, EINVAL, "the name of the domain is empty");
	if (strlen(name) >= LODGE_NAME_SIZE)
		return lodge_fail(err, EINVAL, "the name of the domain is longer than %d characters",
				  LODGE_NAME_SIZE - 1);
	if (name[strspn(name, allowed)])
		return lodge_fail(err, EINVAL,
				  "the name \"%s\" has characters other than letters, digits and _.+:@-",
				  name);
	return 0;
}

int lodge_config_check(const struct lodge_config *config, struct lodge_err *err)
{
	if (!config->name[0])
		return lodge_fail(err, EINVAL, "no name is given");
	if (lodge_check_name(config->name, err))
		return -1;
	if (!config->kernel)
		return lodge_fail(err, EINVAL, "no kernel is given");
	if (config->kernel[0] != '/' || (config->ramdisk && config->ramdisk[0] != '/'))
		return lodge_fail(err, EINVAL, "the path of kernel or ramdisk is not absolute");
	if (strlen(config->cmdline) >= LODGE_CMDLINE_SIZE)
		return lodge_fail(err, EINVAL,
				  "the kernel command line has %zu characters, of which only %d fit",
				  strlen(config->cmdline), LODGE_CMDLINE_SIZE - 1);
	if (config->memory < LODGE_MIN_PAGES >> 8 || config->maxmem > LODGE_MAX_PAGES >> 8)
		return lodge_fail(err, EINVAL, "memory must be from %llu to %llu MiB",
				  LODGE_MIN_PAGES >> 8, LODGE_MAX_PAGES >> 8);
	if (config->maxmem < config->memory)
		return lodge_fail(err, EINVAL, "maxmem (%llu) is less than memory (%llu)",
				  (unsigned long long)config->maxmem,
				  (unsigned long long)config->memory);
	if (!config->vcpus || config->maxvcpus > LODGE_MAX_VCPUS)
		return lodge_fail(err, EINVAL, "a domain has 1 to %u vcpus", LODGE_MAX_VCPUS);
	if (config->cpu_weight > LODGE_WEIGHT_MAX || config->cap > LODGE_CAP_MAX)
		return lodge_fail(err, EINVAL, "cpu_weight (%u) or cap (%u) is too large",
				  config->cpu_weight, config->cap);
	if (config->maxvcpus < config->vcpus)
		return lodge_fail(err, EINVAL, "maxvcpus (%u) is less than vcpus (%u)",
				  config->maxvcpus, config->vcpus);
	return 0;
}
