// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/device.h"
#include "lodged/cgroup.h"
#include "lodged/daemon.h"
#include "lodged/device.h"
#include "lodged/domain.h"
#include "lodged/keep.h"
#include "lodged/kernel.h"
#include "lodged/log.h"
#include "lodged/nodes.h"

static struct domain *domains;

struct domain *domain_find(uint32_t domid)
{
	struct domain *d = domains;

	while (d && d->domid != domid)
		d = d->next;
	return d;
}

struct domain *domain_add(const struct lodge_domain *info, struct lodge_config *config,
			  enum domain_phase phase)
{
	struct domain *d = calloc(1, sizeof(*d));

	if (!d)
		abort();	/* the successor finds the domain in the module */
	d->domid = info->domid;
	memcpy(d->name, info->name, sizeof(d->name));
	memcpy(d->uuid, info->uuid, sizeof(d->uuid));
	d->config = config;
	d->phase = phase;
	d->build_stderr = -1;
	d->next = domains;
	domains = d;

	if (!nodes_match(d->domid, d->uuid)) {
		nodes_remove_stale(d->domid);
		nodes_create(info, config);
	}
	return d;
}

struct domain *domain_get(uint32_t domid, struct lodge_err *err)
{
	struct domain *d = domain_find(domid);
	struct lodge_control *c;
	struct lodge_domain info;

	if (d)
		return d;
	c = kernel_control(err);
	if (!c || lodge_control_query(c, domid, &info, err))
		return NULL;
	d = domain_add(&info, NULL, DOMAIN_UP);
	log_info("domain %u (%s): made by others", d->domid, d->name);
	if (info.state != LODGE_DOMAIN_EMPTY)
		domain_serve(d, &info);
	runner_check(d, &info);
	return d;
}

void domain_remove(struct domain *d)
{
	struct domain **p = &domains;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	ring_close(d->ring);
	process_forget(d->runner);
	process_forget(d->build);
	if (d->build_stderr >= 0)
		close(d->build_stderr);
	if (d->timer)
		event_free(d->timer);
	lodge_config_free(d->config);
	free(d);
}

void domain_serve(struct domain *d, const struct lodge_domain *info)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_info li;
	int fd, ring;

	if (d->ring)
		return;
	fd = lodge_device_open_domain(d->domid, &err);
	if (fd < 0)
		goto fail;
	ring = lodge_device_store(fd, &err);
	if (ring < 0 || lodge_device_info(fd, &li, &err))
		goto close;
	close(fd);
	nodes_ready(info, li.store_port, li.console_port);
	d->ring = ring_open(d->domid, ring);
	return;

close:
	if (ring >= 0)
		close(ring);
	close(fd);
fail:
	log_warning("domain %u (%s): %s; its store is not served", d->domid, d->name, err.text);
}

static void restart(struct domain *d)
{
	d->restart = true;
	keep_restart_save(d->config);
}

static void preserve(struct domain *d)
{
	d->ended = true;
	keep_save(d->domid, KEEP_ENDED, d->config);
}

/* The kept one gives way to a successor of the same name. */
static void rename_away(struct domain *d)
{
	struct lodge_err err = LODGE_ERR_INIT;
	char name[LODGE_NAME_SIZE];

	snprintf(name, sizeof(name), "%.*s-%u", LODGE_NAME_SIZE - 12, d->name, d->domid);
	if (domain_rename(d->domid, name, &err))
		log_error("domain %u (%s): %s", d->domid, d->name, err.text);
}

void domain_ended(struct domain *d, const struct lodge_domain *info)
{
	struct lodge_err err = LODGE_ERR_INIT;
	bool crashed = info->state == LODGE_DOMAIN_CRASHED;
	enum lodge_action action;
	struct lodge_config *again;
	int32_t reason = info->shutdown_reason;
	char *json;

	/* before it was up its creator deals with it, afterwards nobody has to */
	if (!d->config || d->phase != DOMAIN_UP || d->ended)
		return;
	if (crashed && reason < 0)
		reason = 3;	/* SHUTDOWN_crash */
	action = lodge_config_action(d->config, reason);
	log_info("domain %u (%s): %s%s%s: %s", d->domid, d->name,
		 crashed ? "crashed" : "shut down: ",
		 crashed && *info->crash_reason ? ": " : "",
		 crashed ? info->crash_reason : lodge_shutdown_reason_name(reason),
		 lodge_action_name(action));

	switch (action) {
	case LODGE_ACTION_PRESERVE:
		preserve(d);
		return;
	case LODGE_ACTION_RENAME_RESTART:
		json = lodge_config_to_json(d->config);
		again = json ? lodge_config_from_json(json, &err) : NULL;
		free(json);
		if (again)
			keep_restart_save(again);
		rename_away(d);
		preserve(d);
		if (again)
			domain_recreate(again);
		return;
	case LODGE_ACTION_RESTART:
	case LODGE_ACTION_COREDUMP_RESTART:
	case LODGE_ACTION_SOFT_RESET:
		restart(d);
		break;
	case LODGE_ACTION_DESTROY:
	case LODGE_ACTION_COREDUMP_DESTROY:
		break;
	}
	if (domain_teardown(d, &err))
		log_error("domain %u (%s): %s", d->domid, d->name, err.text);
}

static void query_runner(struct domain *d)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);
	struct lodge_domain info;

	/* asked, and not taken from the event: pids there are not ours */
	if (c && !lodge_control_query(c, d->domid, &info, &err))
		runner_check(d, &info);
}

static void renamed(struct domain *d, const char *name)
{
	if (!strcmp(d->name, name))
		return;
	log_info("domain %u: %s is now called %s", d->domid, d->name, name);
	snprintf(d->name, sizeof(d->name), "%s", name);
	nodes_rename(d->domid, d->uuid, name);
	if (d->config && d->phase == DOMAIN_UP) {
		memcpy(d->config->name, d->name, sizeof(d->config->name));
		keep_save(d->domid, d->ended ? KEEP_ENDED : KEEP_UP, d->config);
	}
}

static void on_event(enum lodge_event event, const struct lodge_domain *info)
{
	struct domain *d = domain_find(info->domid);
	struct lodge_err err = LODGE_ERR_INIT;

	log_debug("domain %u (%s): %s", info->domid, info->name, lodge_event_name(event));
	if (event == LODGE_EVENT_DESTROYED) {
		if (!d || d->gone)
			return;
		d->gone = true;
		if (d->phase != DOMAIN_GOING)
			domain_teardown(d, &err);
		return;
	}
	/* it may be an old event of one that is gone */
	d = domain_get(info->domid, &err);
	if (!d || d->phase == DOMAIN_GOING)
		return;

	switch (event) {
	case LODGE_EVENT_READY:
		domain_serve(d, info);
		break;
	case LODGE_EVENT_RUNNER:
		query_runner(d);
		break;
	case LODGE_EVENT_RENAMED:
		renamed(d, info->name);
		break;
	case LODGE_EVENT_SHUTDOWN:
	case LODGE_EVENT_CRASHED:
		domain_ended(d, info);
		break;
	default:
		break;
	}
}

static void on_device_event(enum lodge_device_event event, const struct lodge_dev *info)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct domain *d = domain_get(info->id.domid, &err);

	if (d && d->phase != DOMAIN_GOING)
		device_on_event(event, info);
}

/* One that the module has, known or not. */
static void sync_one(const struct lodge_domain *info)
{
	struct domain *d = domain_find(info->domid);
	struct lodge_err err = LODGE_ERR_INIT;
	enum keep_phase phase;

	if (d && memcmp(d->uuid, info->uuid, sizeof(d->uuid))) {
		/* the id has been used again: that was another one */
		d->gone = true;
		return;
	}
	if (!d) {
		struct lodge_config *config = keep_load(info->domid, info->uuid, &phase);

		d = domain_add(info, config, DOMAIN_UP);
		log_info("domain %u (%s): %s", d->domid, d->name,
			 config ? "found again" : "made by others");
		if (config && phase == KEEP_BUILDING) {
			log_info("domain %u (%s): was being made, and is given up",
				 d->domid, d->name);
			d->phase = DOMAIN_BUILDING;
			domain_teardown(d, &err);
			return;
		}
		d->ended = phase == KEEP_ENDED;
	}
	if (d->phase == DOMAIN_GOING)
		return;
	renamed(d, info->name);
	if (info->state != LODGE_DOMAIN_EMPTY)
		domain_serve(d, info);
	runner_check(d, info);
	if (info->state == LODGE_DOMAIN_SHUTDOWN || info->state == LODGE_DOMAIN_CRASHED)
		domain_ended(d, info);
}

static bool is_listed(const struct lodge_domain *list, size_t count, const struct domain *d)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].domid == d->domid)
			return !memcmp(list[i].uuid, d->uuid, sizeof(d->uuid));
	return false;
}

/* Remove what remains of domains that are gone, and forget those. */
static void sync_gone(const struct lodge_domain *list, size_t count)
{
	struct domain *d, *next;
	uint32_t domid = 0;

	for (d = domains; d; d = next) {
		struct lodge_err err = LODGE_ERR_INIT;

		next = d->next;
		if (is_listed(list, count, d))
			continue;
		d->gone = true;
		if (d->phase != DOMAIN_GOING)
			domain_teardown(d, &err);
	}
	while ((domid = store_next_domid(daemon_store, domid))) {
		bool found = domain_find(domid);

		for (size_t i = 0; i < count && !found; i++)
			found = list[i].domid == domid && nodes_match(domid, list[i].uuid);
		if (found)
			continue;
		log_debug("domain %u: removing what is left of it", domid);
		nodes_remove_stale(domid);
		keep_remove(domid);
		cgroup_remove(domid);
	}
}

static void recreate_unless_there(struct lodge_config *config)
{
	/* its predecessor is on the way out and will be followed */
	for (struct domain *d = domains; d; d = d->next) {
		if (memcmp(d->uuid, config->uuid, sizeof(d->uuid)) || !d->config)
			continue;
		if (d->phase == DOMAIN_UP && d->ended)
			continue;	/* kept, under another name */
		if (d->phase == DOMAIN_GOING)
			d->restart = true;
		else if (d->phase == DOMAIN_UP)
			keep_restart_remove(config->uuid);	/* was made already */
		lodge_config_free(config);
		return;
	}
	domain_recreate(config);
}

static void sync_device(const struct lodge_dev *info)
{
	struct domain *d = domain_find(info->id.domid);

	/* who was being made has been destroyed since the list was */
	if (d && d->phase == DOMAIN_GOING)
		device_gone(&info->id);
	else if (d)
		device_sync(info);
}

static void sync_all(void)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);
	struct lodge_domain *list = NULL;
	struct lodge_dev *devices = NULL;
	static bool first = true;
	size_t count = 0, n_devices = 0;

	if (!c || lodge_control_list(c, &list, &count, &err) ||
	    lodge_dev_list(c, 0, &devices, &n_devices, &err)) {
		log_error("%s", err.text);
		free(list);
		return;
	}
	device_sync_gone(devices, n_devices);
	sync_gone(list, count);
	for (size_t i = 0; i < count; i++)
		sync_one(&list[i]);
	for (size_t i = 0; i < n_devices; i++)
		sync_device(&devices[i]);
	free(devices);
	free(list);
	if (first)
		keep_restart_each(recreate_unless_there);
	first = false;
}

int domain_shutdown(uint32_t domid, const char *how, struct lodge_err *err)
{
	struct lodge_control *c = kernel_control(err);
	struct lodge_domain info;
	struct domain *d;

	if (!c || lodge_control_query(c, domid, &info, err))
		return -1;
	d = domain_get(domid, err);
	if (info.state != LODGE_DOMAIN_READY)
		return lodge_fail(err, EINVAL, "domain %u (%s) does not run: it is %s",
				  domid, info.name, lodge_state_name(info.state));
	if (!d || !d->ring)
		return lodge_fail(err, ENXIO, "the store of domain %u (%s) is not served",
				  domid, info.name);
	nodes_shutdown(domid, how);
	return 0;
}

int domain_rename(uint32_t domid, const char *name, struct lodge_err *err)
{
	struct lodge_control *c = kernel_control(err);
	struct domain *d = domain_find(domid);

	if (!c || lodge_control_rename(c, domid, name, err))
		return -1;
	if (d)
		renamed(d, name);
	return 0;
}

static void store_notify(void *arg, struct store_conn *conn)
{
	struct domain *d = domain_find(store_conn_domid(conn));
	struct store_user *user = store_conn_user(conn);

	(void)arg;
	if (user)
		user->kick(user);
	else if (d)
		ring_kick(d->ring);
}

int domain_init(struct lodge_err *err)
{
	static const struct kernel_handler handler = { sync_all, on_event, on_device_event };

	if (keep_init(err))
		return -1;
	store_set_notify(daemon_store, store_notify, NULL);
	device_init();
	return kernel_init(&handler, err);
}

void domain_exit(void)
{
	kernel_exit();
	device_exit();
	while (domains)
		domain_remove(domains);
}
