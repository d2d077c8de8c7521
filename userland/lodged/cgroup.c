// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "lodged/cgroup.h"
#include "lodged/log.h"

static char *base;	/* ".../lodge", or NULL */

static void write_text(const char *dir, const char *file, const char *text)
{
	char path[4352];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		errno = 0;	/* then without that controller */
	close(fd);
}

/* As many controllers for the children as there are. */
static void enable_controllers(const char *dir)
{
	static const char *const wanted[] = { "+memory", "+cpu", "+cpuset", "+io", "+pids" };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		write_text(dir, "cgroup.subtree_control", wanted[i]);
}

static bool try_base(const char *parent)
{
	char path[4224];

	snprintf(path, sizeof(path), "%s/cgroup.controllers", parent);
	if (access(path, R_OK))
		return false;
	snprintf(path, sizeof(path), "%s/lodge", parent);
	if (mkdir(path, 0755) && errno != EEXIST)
		return false;
	if (access(path, W_OK))
		return false;
	enable_controllers(parent);
	enable_controllers(path);
	base = strdup(path);
	return base;
}

static bool try_own(const char *root)
{
	char line[4096], path[4160];
	FILE *f = fopen("/proc/self/cgroup", "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::", 3))
			continue;
		snprintf(path, sizeof(path), "%s%s", root, line + 3);
		found = try_base(path);
	}
	if (f)
		fclose(f);
	return found;
}

void cgroup_init(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++)
		if (try_base(roots[i]) || try_own(roots[i]))
			break;
	if (base)
		log_debug("cgroups of domains are in %s", base);
	else
		log_debug("there are no cgroups for domains");
}

char *cgroup_make(uint32_t domid)
{
	char path[4352];
	char *procs = NULL;

	if (!base)
		return NULL;
	snprintf(path, sizeof(path), "%s/%u", base, domid);
	if (mkdir(path, 0755) && errno != EEXIST) {
		log_debug("%s: %m", path);
		return NULL;
	}
	if (asprintf(&procs, "%s/cgroup.procs", path) < 0)
		return NULL;
	return procs;
}

/* cpu.weight is 100 where Xen's is 256, both from 1; of the period, µs */
#define WEIGHT_USUAL	100
#define WEIGHT_MAX	10000
#define PERIOD		100000

static int no_cpu(uint32_t domid, struct lodge_err *err)
{
	return lodge_fail(err, ENOTSUP, "domain %u has no cgroup with the cpu controller", domid);
}

static int write_cpu(uint32_t domid, const char *file, const char *text, struct lodge_err *err)
{
	char path[4352];
	int fd, error;

	snprintf(path, sizeof(path), "%s/%u/%s", base, domid, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return no_cpu(domid, err);
	error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error ? lodge_fail(err, error, "%s: %s", path, strerror(error)) : 0;
}

int cgroup_set_cpu(uint32_t domid, unsigned int weight, unsigned int cap, struct lodge_err *err)
{
	unsigned long scaled = ((unsigned long)weight * WEIGHT_USUAL + LODGE_WEIGHT_DEFAULT / 2) /
			       LODGE_WEIGHT_DEFAULT;
	char text[64];

	if (!base)
		return no_cpu(domid, err);
	scaled = scaled < 1 ? 1 : scaled > WEIGHT_MAX ? WEIGHT_MAX : scaled;
	snprintf(text, sizeof(text), "%lu", scaled);
	if (write_cpu(domid, "cpu.weight", text, err))
		return -1;
	if (cap)
		snprintf(text, sizeof(text), "%lu %u", (unsigned long)cap * (PERIOD / 100), PERIOD);
	else
		snprintf(text, sizeof(text), "max %u", PERIOD);
	return write_cpu(domid, "cpu.max", text, err);
}

static bool read_cpu(uint32_t domid, const char *file, char *text, size_t size)
{
	char path[4352];
	FILE *f;
	bool got;

	snprintf(path, sizeof(path), "%s/%u/%s", base, domid, file);
	f = fopen(path, "re");
	got = f && fgets(text, size, f);
	if (f)
		fclose(f);
	return got;
}

int cgroup_get_cpu(uint32_t domid, unsigned int *weight, unsigned int *cap,
		   struct lodge_err *err)
{
	unsigned long scaled, quota, period;
	char text[64];

	if (!base || !read_cpu(domid, "cpu.weight", text, sizeof(text)))
		return no_cpu(domid, err);
	scaled = strtoul(text, NULL, 10);
	*weight = (scaled * LODGE_WEIGHT_DEFAULT + WEIGHT_USUAL / 2) / WEIGHT_USUAL;
	*cap = 0;
	if (!read_cpu(domid, "cpu.max", text, sizeof(text)))
		return no_cpu(domid, err);
	if (sscanf(text, "%lu %lu", &quota, &period) == 2 && period)
		*cap = (quota * 100 + period / 2) / period;
	return 0;
}

bool cgroup_remove(uint32_t domid)
{
	char path[4352];

	if (!base)
		return true;
	snprintf(path, sizeof(path), "%s/%u", base, domid);
	return !rmdir(path) || errno != EBUSY;
}
