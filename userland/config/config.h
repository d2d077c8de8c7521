/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domain configurations in the syntax of xl.cfg(5).
 *
 * Reading one takes a file, or text that came from one, and any number of
 * "key=value" arguments that are laid over it.  Keys that lodge does not
 * know, or knows and does not need, are warned about; a malformed value and a
 * request for something that lodge cannot do are refused, with the place.
 */
#ifndef LODGE_CONFIG_CONFIG_H
#define LODGE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lodge/limits.h>

#include "common/err.h"
#include "config/devices.h"

/* bytes of start_info.cmd_line with the terminating NUL */
#define LODGE_CMDLINE_SIZE	1024

/* of cpu_weight and cap, as Xen's credit scheduler has them */
#define LODGE_WEIGHT_DEFAULT	256
#define LODGE_WEIGHT_MAX	65535
#define LODGE_CAP_MAX		(LODGE_MAX_VCPUS * 100)

/* What to do when a domain ends.  coredump-* acts without writing a core. */
enum lodge_action {
	LODGE_ACTION_DESTROY,
	LODGE_ACTION_RESTART,
	LODGE_ACTION_PRESERVE,
	LODGE_ACTION_RENAME_RESTART,	/* preserve it under another name and restart */
	LODGE_ACTION_COREDUMP_DESTROY,
	LODGE_ACTION_COREDUMP_RESTART,
	LODGE_ACTION_SOFT_RESET,	/* not possible; treated as restart */
};

/**
 * struct lodge_config - a domain to be
 * @uuid: as given, or a random one
 * @kernel: absolute path
 * @ramdisk: absolute path, or NULL
 * @cmdline: never NULL, shorter than LODGE_CMDLINE_SIZE
 * @memory: MiB at start
 * @maxmem: MiB at most, >= @memory
 * @on_watchdog: when it ended because its watchdog expired
 * @cpus: where each vcpu may run, NULL: anywhere; text of common/cpus.h
 * @cpu_weight: share of the host's CPUs, 0: what is usual
 * @cap: percent of one CPU that all of it may use, 0: no limit
 * @disks, @vifs: ids are unique within each
 */
struct lodge_config {
	char name[LODGE_NAME_SIZE];
	uint8_t uuid[LODGE_UUID_SIZE];
	char *kernel;
	char *ramdisk;
	char *cmdline;
	uint64_t memory;
	uint64_t maxmem;
	unsigned int vcpus;
	unsigned int maxvcpus;
	char *cpus[LODGE_MAX_VCPUS];
	unsigned int cpu_weight;
	unsigned int cap;
	enum lodge_action on_poweroff;
	enum lodge_action on_reboot;
	enum lodge_action on_crash;
	enum lodge_action on_watchdog;
	enum lodge_action on_soft_reset;
	struct lodge_disk *disks;
	size_t n_disks;
	struct lodge_vif *vifs;
	size_t n_vifs;
};

/* Called with one sentence, place included, for each oddity that is no error. */
typedef void (*lodge_warn_fn)(void *arg, const char *sentence);

/*
 * @path: the file, "-" for standard input; relative paths in it are taken
 * from the current directory, as xl does.  @warn may be NULL.
 */
struct lodge_config *lodge_config_load(const char *path, char *const *overrides,
				       size_t n_overrides, lodge_warn_fn warn, void *arg,
				       struct lodge_err *err);
/* The same from memory; @file is the name to use in messages. */
struct lodge_config *lodge_config_parse(const char *text, size_t len, const char *file,
					char *const *overrides, size_t n_overrides,
					lodge_warn_fn warn, void *arg, struct lodge_err *err);
void lodge_config_free(struct lodge_config *config);

/*
 * Add one, or take one away.  What is added belongs to @config after success, and is
 * the caller's after failure: ENOSPC or EEXIST.  An id is given to a vif without one.
 */
int lodge_config_add_disk(struct lodge_config *config, const struct lodge_disk *disk,
			  struct lodge_err *err);
int lodge_config_add_vif(struct lodge_config *config, struct lodge_vif *vif,
			 struct lodge_err *err);
struct lodge_disk *lodge_config_disk(const struct lodge_config *config, uint32_t id);
struct lodge_vif *lodge_config_vif(const struct lodge_config *config, uint32_t id);
/* Nothing if there is none. */
void lodge_config_remove_disk(struct lodge_config *config, uint32_t id);
void lodge_config_remove_vif(struct lodge_config *config, uint32_t id);

/*
 * One line of JSON without a newline, to be free()d, NULL without memory; and
 * back, with all the checks of a fresh configuration.
 */
char *lodge_config_to_json(const struct lodge_config *config);
struct lodge_config *lodge_config_from_json(const char *text, struct lodge_err *err);

/* Which action belongs to SHUTDOWN_* @reason (a crash without one: SHUTDOWN_crash). */
enum lodge_action lodge_config_action(const struct lodge_config *config, int32_t reason);
const char *lodge_action_name(enum lodge_action action);

#endif
