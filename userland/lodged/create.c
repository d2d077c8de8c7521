// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain is made in three steps: the module makes an empty one, lodge-build
 * loads it, lodge-run attaches to it.  lodge-build is a process of its own
 * because it takes seconds and reads images that may be hostile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fcntl.h>

#include "common/file.h"
#include "lodged/cgroup.h"
#include "lodged/daemon.h"
#include "lodged/device.h"
#include "lodged/domain.h"
#include "lodged/keep.h"
#include "lodged/kernel.h"
#include "lodged/log.h"

#define BUILD_SECONDS	600
#define EQUIP_SECONDS	120
#define ATTACH_SECONDS	60

#define PAGES_PER_MIB	256ull

/* For the few domains at a time that are being made. */
static struct domain *creating[16];

static bool note(struct domain *d, bool add)
{
	for (size_t i = 0; i < sizeof(creating) / sizeof(*creating); i++) {
		if (creating[i] != (add ? NULL : d))
			continue;
		creating[i] = add ? d : NULL;
		return true;
	}
	return false;
}

/* MiB, or a negative number */
static long long available_memory(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	long long kib = -1024;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lld kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib / 1024;
}

static int check(const struct lodge_config *config, struct lodge_control *c,
		 struct lodge_err *err)
{
	struct lodge_domain other;
	struct lodge_err ignored = LODGE_ERR_INIT;
	long long mib = available_memory();

	if (!lodge_control_query_name(c, config->name, &other, &ignored))
		return lodge_fail(err, EEXIST, "the name %s is in use by domain %u",
				  config->name, other.domid);
	if (access(config->kernel, R_OK))
		return lodge_fail(err, errno, "cannot read the kernel %s: %s", config->kernel,
				  strerror(errno));
	if (config->ramdisk && access(config->ramdisk, R_OK))
		return lodge_fail(err, errno, "cannot read the ramdisk %s: %s", config->ramdisk,
				  strerror(errno));
	if (mib >= 0 && config->memory > (unsigned long long)mib)
		return lodge_fail(err, ENOMEM,
				  "not enough memory for %s: %llu MiB asked, %lld MiB free",
				  config->name, (unsigned long long)config->memory, mib);
	return 0;
}

static void finished(struct domain *d, const struct lodge_err *err)
{
	struct domain_waiter w = d->creator;

	note(d, false);
	if (d->timer)
		event_free(d->timer);
	d->timer = NULL;
	d->creator = (struct domain_waiter) { 0 };
	if (w.fn)
		w.fn(w.arg, d->domid, err);
}

/* Answered when nothing of it is left: by destroy.c, which finds @failure. */
void domain_create_failed(struct domain *d)
{
	struct lodge_err err = LODGE_ERR_INIT;

	log_error("domain %u (%s): %s", d->domid, d->name, d->failure.text);
	note(d, false);
	if (d->creator.fn) {
		struct domain_waiter *w = malloc(sizeof(*w));

		if (!w)
			abort();
		*w = d->creator;
		w->creator = true;
		w->next = d->waiters;
		d->waiters = w;
		d->creator = (struct domain_waiter) { 0 };
	}
	if (domain_teardown(d, &err))
		log_error("domain %u (%s): %s", d->domid, d->name, err.text);
}

static void late(evutil_socket_t fd, short what, void *arg)
{
	static const char *const names[] = {
		[DOMAIN_BUILDING] = "lodge-build",
		[DOMAIN_EQUIPPING] = "the making of its devices",
		[DOMAIN_ATTACHING] = "lodge-run",
	};
	struct domain *d = arg;

	(void)fd;
	(void)what;
	lodge_fail(&d->failure, ETIMEDOUT, "%s has not come to an end in time", names[d->phase]);
	domain_create_failed(d);
}

static void set_timer(struct domain *d, unsigned int seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	if (d->timer)
		event_free(d->timer);
	d->timer = event_new(daemon_base, -1, 0, late, d);
	event_add(d->timer, &tv);
}

void domain_attached(struct domain *d, pid_t pid)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;

	if (d->phase != DOMAIN_ATTACHING)
		return;
	log_info("domain %u (%s): created, runner %d", d->domid, d->name, pid);
	/* first: if lodged is killed between the two its successor must not find it paused for good */
	if (!d->paused) {
		c = kernel_control(&err);
		if (!c || lodge_control_unpause(c, d->domid, &err)) {
			d->failure = err;
			domain_create_failed(d);
			return;
		}
	}
	d->phase = DOMAIN_UP;
	keep_save(d->domid, KEEP_UP, d->config);
	keep_restart_remove(d->uuid);
	finished(d, NULL);
}

/* The last line of what lodge-build has said. */
static void read_failure(struct domain *d, int status)
{
	char text[4096];
	ssize_t n = read(d->build_stderr, text, sizeof(text) - 1);
	char *line = text;
	char buf[32];

	text[n > 0 ? n : 0] = '\0';
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	if (strrchr(line, '\n'))
		line = strrchr(line, '\n') + 1;
	if (!strncmp(line, "lodge-build: ", 13))
		line += 13;
	if (*line)
		lodge_fail(&d->failure, 0, "%s", line);
	else
		lodge_fail(&d->failure, ECHILD, "lodge-build has failed (%s)",
			   process_status(status, buf));
}

static void start_runner(struct domain *d)
{
	d->phase = DOMAIN_ATTACHING;
	if (runner_start(d, &d->failure))
		domain_create_failed(d);
	else
		set_timer(d, ATTACH_SECONDS);
}

/* @arg is its id: it may have been given up meanwhile. */
static void equipped(void *arg, const struct lodge_dev_id *id, const struct lodge_err *err)
{
	struct domain *d = domain_find((uintptr_t)arg);

	(void)id;
	if (!d || d->phase != DOMAIN_EQUIPPING)
		return;
	d->devices--;
	if (err) {
		d->failure = *err;
		domain_create_failed(d);
	} else if (!d->devices) {
		start_runner(d);
	}
}

static void equip(struct domain *d)
{
	const struct lodge_config *config = d->config;
	void *arg = (void *)(uintptr_t)d->domid;

	d->phase = DOMAIN_EQUIPPING;
	d->devices = config->n_disks + config->n_vifs;
	if (!d->devices) {
		start_runner(d);
		return;
	}
	set_timer(d, EQUIP_SECONDS);
	for (size_t i = 0; i < config->n_disks; i++) {
		if (device_add_disk(d->domid, &config->disks[i], equipped, arg, &d->failure)) {
			domain_create_failed(d);
			return;
		}
	}
	for (size_t i = 0; i < config->n_vifs; i++) {
		if (device_add_vif(d->domid, &config->vifs[i], equipped, arg, &d->failure)) {
			domain_create_failed(d);
			return;
		}
	}
}

static void built(void *arg, int status)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct domain *d = arg;
	struct lodge_control *c;
	struct lodge_domain info;

	d->build = NULL;
	if (d->phase == DOMAIN_GOING) {
		domain_teardown_step(d);
		return;
	}
	if (status) {
		read_failure(d, status);
		domain_create_failed(d);
		return;
	}
	close(d->build_stderr);
	d->build_stderr = -1;

	c = kernel_control(&err);
	if (!c || lodge_control_query(c, d->domid, &info, &err))
		goto fail;
	if (info.state == LODGE_DOMAIN_EMPTY) {
		lodge_fail(&err, ENOEXEC, "lodge-build has loaded nothing");
		goto fail;
	}
	domain_serve(d, &info);
	equip(d);
	return;
fail:
	d->failure = err;
	domain_create_failed(d);
}

static int start_build(struct domain *d, struct lodge_err *err)
{
	char domid[16];
	char *const argv[] = { "lodge-build", domid, "-", NULL };
	struct process_start how = { .argv = argv, .stdin_fd = -1 };
	char *json = lodge_config_to_json(d->config);
	char *procs = cgroup_make(d->domid);
	int pipe[2] = { -1, -1 };
	int ret = -1;

	snprintf(domid, sizeof(domid), "%u", d->domid);
	how.stdin_fd = memfd_create("config", MFD_CLOEXEC);
	if (!json || how.stdin_fd < 0 || lodge_write_all(how.stdin_fd, json, strlen(json)) ||
	    lseek(how.stdin_fd, 0, SEEK_SET) || pipe2(pipe, O_CLOEXEC | O_NONBLOCK)) {
		lodge_fail(err, errno, "lodge-build cannot be started: %s", strerror(errno));
		goto out;
	}
	how.stderr_fd = pipe[1];
	how.cgroup_procs = procs;
	d->build = process_start(&how, built, d, err);
	if (d->build) {
		d->build_stderr = pipe[0];
		pipe[0] = -1;
		ret = 0;
	}
out:
	for (int i = 0; i < 2; i++)
		if (pipe[i] >= 0)
			close(pipe[i]);
	if (how.stdin_fd >= 0)
		close(how.stdin_fd);
	free(procs);
	free(json);
	return ret;
}

int domain_create(struct lodge_config *config, bool paused, domain_done_fn fn, void *arg,
		  struct lodge_err *err)
{
	struct lodge_control *c = kernel_control(err);
	struct lodge_create what = {
		.name = config->name,
		.uuid = config->uuid,
		.max_vcpus = config->maxvcpus,
		.pages = config->memory * PAGES_PER_MIB,
		.max_pages = config->maxmem * PAGES_PER_MIB,
	};
	struct lodge_domain info;
	struct domain *d;

	if (!c || check(config, c, err) || lodge_control_create(c, &what, &info, err)) {
		lodge_config_free(config);
		return -1;
	}
	keep_save(info.domid, KEEP_BUILDING, config);
	d = domain_add(&info, config, DOMAIN_BUILDING);
	d->paused = paused;
	d->creator = (struct domain_waiter) { .fn = fn, .arg = arg };
	if (!note(d, true)) {
		lodge_fail(&d->failure, EBUSY, "too many domains are being made");
		domain_create_failed(d);
		return 0;
	}
	if (start_build(d, &d->failure)) {
		domain_create_failed(d);
		return 0;
	}
	set_timer(d, BUILD_SECONDS);
	log_debug("domain %u (%s): is being built", d->domid, d->name);
	return 0;
}

bool domain_create_abandon(const void *arg)
{
	for (size_t i = 0; i < sizeof(creating) / sizeof(*creating); i++) {
		struct domain *d = creating[i];

		if (!d || d->creator.arg != arg)
			continue;
		d->creator = (struct domain_waiter) { 0 };
		lodge_fail(&d->failure, ECANCELED, "who wanted it has gone away");
		domain_create_failed(d);
		return true;
	}
	return false;
}

static void recreated(void *arg, uint32_t domid, const struct lodge_err *err)
{
	struct lodge_config *copy = arg;

	if (err)
		log_error("%s is not restarted: %s", copy->name, err->text);
	else
		log_info("%s has been restarted as domain %u", copy->name, domid);
	keep_restart_remove(copy->uuid);
	lodge_config_free(copy);
}

void domain_recreate(struct lodge_config *config)
{
	struct lodge_err err = LODGE_ERR_INIT;
	char *json = lodge_config_to_json(config);
	struct lodge_config *copy = json ? lodge_config_from_json(json, &err) : NULL;

	free(json);
	if (!copy) {
		log_error("%s is not restarted: %s", config->name, err.text);
		lodge_config_free(config);
		return;
	}
	if (domain_create(config, false, recreated, copy, &err))
		recreated(copy, 0, &err);
}
