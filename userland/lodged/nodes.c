// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/uuid.h"
#include "lodged/daemon.h"
#include "lodged/log.h"
#include "lodged/nodes.h"

#define PATH_LEN	512

/* Where paths of the next calls begin, and what permissions nodes get there. */
struct dir {
	char path[128];
	const char *perms;	/* NULL: inherited */
};

static void put(const struct dir *dir, const char *name, const char *value)
{
	char path[PATH_LEN];
	int error;

	snprintf(path, sizeof(path), "%s%s%s", dir->path, *name ? "/" : "", name);
	error = store_write(daemon_store, path, value, strlen(value));
	if (!error && dir->perms)
		error = store_set_perms(daemon_store, path, dir->perms);
	if (error)
		log_warning("store: %s: %s", path, strerror(-error));
}

static void __printf(3, 4) putf(const struct dir *dir, const char *name, const char *fmt, ...)
{
	char value[LODGE_CMDLINE_SIZE + 4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	put(dir, name, value);
}

static void set_perms(const struct dir *dir, const char *name, const char *perms)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", dir->path, name);
	store_set_perms(daemon_store, path, perms);
}

static void vm_path(const uint8_t uuid[16], char path[128])
{
	char text[LODGE_UUID_TEXT];

	lodge_uuid_format(uuid, text);
	snprintf(path, 128, "/vm/%s", text);
}

void nodes_init(void)
{
	static const struct dir zero = { "/local/domain/0", NULL };
	static const struct dir tool = { "/tool/xenstored", NULL };

	store_begin(daemon_store);
	put(&zero, "name", "Domain-0");
	put(&zero, "domid", "0");
	put(&tool, "domid", "0");
	store_end(daemon_store);
}

/* Where the guest may write, or only its parts that are named may be. */
static void make_dirs(const struct dir *home, const char *own, const char *readable)
{
	static const char *const readable_dirs[] = { "cpu", "memory", "device", "control" };
	static const char *const own_nodes[] = {
		"device/suspend/event-channel", "control/shutdown", "control/feature-poweroff",
		"control/feature-reboot", "control/feature-suspend", "control/sysrq",
		"data", "drivers", "feature", "attr", "error",
	};
	struct dir dir = *home;

	dir.perms = readable;
	for (size_t i = 0; i < sizeof(readable_dirs) / sizeof(*readable_dirs); i++)
		put(&dir, readable_dirs[i], "");
	dir.perms = own;
	for (size_t i = 0; i < sizeof(own_nodes) / sizeof(*own_nodes); i++)
		put(&dir, own_nodes[i], "");
}

static void make_console(const struct lodge_domain *d, const struct dir *home,
			 const char *own, const char *readable)
{
	struct dir console = { .perms = readable };
	struct dir backend = { .perms = NULL };

	snprintf(console.path, sizeof(console.path), "/local/domain/%u/console", d->domid);
	snprintf(backend.path, sizeof(backend.path), "/local/domain/0/backend/console/%u/0",
		 d->domid);
	put(&console, "", "");
	putf(&console, "backend", "%s", backend.path);
	put(&console, "backend-id", "0");
	set_perms(home, "console/backend-id", own);
	put(&console, "limit", "1048576");
	put(&console, "type", "xenconsoled");
	put(&console, "output", "pty");
	putf(&console, "tty", "%s%s", *d->console_tty ? "/dev/" : "", d->console_tty);

	put(&backend, "", "");
	store_set_perms(daemon_store, backend.path, readable);
	putf(&backend, "frontend", "%s", console.path);
	putf(&backend, "frontend-id", "%u", d->domid);
	put(&backend, "online", "1");
	put(&backend, "state", "1");
	put(&backend, "protocol", "vt100");
}

static void make_vm(const struct lodge_domain *d, const struct lodge_config *config,
		    const char *readable)
{
	struct dir vm = { .perms = NULL };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	vm_path(d->uuid, vm.path);
	store_remove(daemon_store, vm.path);
	put(&vm, "", "");
	store_set_perms(daemon_store, vm.path, readable);
	put(&vm, "name", d->name);
	put(&vm, "uuid", vm.path + strlen("/vm/"));
	putf(&vm, "start_time", "%lld.%02ld", (long long)now.tv_sec, now.tv_nsec / 10000000);
	if (!config)
		return;
	put(&vm, "image/ostype", "linux");
	put(&vm, "image/kernel", config->kernel);
	if (config->ramdisk)
		put(&vm, "image/ramdisk", config->ramdisk);
	put(&vm, "image/cmdline", config->cmdline);
}

void nodes_create(const struct lodge_domain *d, const struct lodge_config *config)
{
	char own[16], readable[24], path[128];
	struct dir home = { .perms = NULL };
	struct dir libxl = { .perms = "n0" };

	store_begin(daemon_store);
	snprintf(own, sizeof(own), "n%u", d->domid);
	snprintf(readable, sizeof(readable), "n0 r%u", d->domid);
	snprintf(home.path, sizeof(home.path), "/local/domain/%u", d->domid);
	store_remove(daemon_store, home.path);
	put(&home, "", "");
	store_set_perms(daemon_store, home.path, readable);
	make_vm(d, config, readable);

	snprintf(libxl.path, sizeof(libxl.path), "/libxl/%u", d->domid);
	store_remove(daemon_store, libxl.path);
	put(&libxl, "", "");
	put(&libxl, "device", "");
	put(&libxl, "type", "pv");

	vm_path(d->uuid, path);
	put(&home, "vm", path);
	put(&home, "name", d->name);
	make_dirs(&home, own, readable);
	put(&home, "control/platform-feature-multiprocessor-suspend", "1");
	put(&home, "control/platform-feature-xs_reset_watches", "1");
	putf(&home, "memory/static-max", "%llu", (unsigned long long)d->max_pages * 4);
	putf(&home, "memory/target", "%llu", (unsigned long long)d->pages * 4);
	put(&home, "memory/videoram", "0");
	putf(&home, "domid", "%u", d->domid);
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		bool online = !config || i < config->vcpus;

		snprintf(path, sizeof(path), "cpu/%u/availability", i);
		put(&home, path, online ? "online" : "offline");
	}
	make_console(d, &home, own, readable);
	store_introduce(daemon_store, d->domid);
	store_end(daemon_store);
}

void nodes_ready(const struct lodge_domain *d, uint32_t store_port, uint32_t console_port)
{
	struct dir home = { .perms = NULL };

	snprintf(home.path, sizeof(home.path), "/local/domain/%u", d->domid);
	store_begin(daemon_store);
	putf(&home, "store/port", "%u", store_port);
	putf(&home, "console/port", "%u", console_port);
	if (*d->console_tty)
		putf(&home, "console/tty", "/dev/%s", d->console_tty);
	store_end(daemon_store);
}

void nodes_rename(uint32_t domid, const uint8_t uuid[16], const char *name)
{
	struct dir home = { .perms = NULL };
	struct dir vm = { .perms = NULL };

	snprintf(home.path, sizeof(home.path), "/local/domain/%u", domid);
	vm_path(uuid, vm.path);
	store_begin(daemon_store);
	put(&home, "name", name);
	put(&vm, "name", name);
	store_end(daemon_store);
}

void nodes_shutdown(uint32_t domid, const char *how)
{
	struct dir home = { .perms = NULL };

	snprintf(home.path, sizeof(home.path), "/local/domain/%u", domid);
	put(&home, "control/shutdown", how);
}

void nodes_vcpus(uint32_t domid, unsigned int max, unsigned int online)
{
	struct dir home = { .perms = NULL };
	char name[32];

	snprintf(home.path, sizeof(home.path), "/local/domain/%u", domid);
	store_begin(daemon_store);
	for (unsigned int i = 0; i < max; i++) {
		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		put(&home, name, i < online ? "online" : "offline");
	}
	store_end(daemon_store);
}

void nodes_remove_stale(uint32_t domid)
{
	struct store_conn *conn = store_find(daemon_store, domid);
	char path[64], vm[64] = "";
	const char *text;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	text = store_read(daemon_store, path, NULL);
	if (text && !strncmp(text, "/vm/", 4))
		snprintf(vm, sizeof(vm), "%s", text);

	store_begin(daemon_store);
	if (conn)
		store_release(conn);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	store_remove(daemon_store, path);
	snprintf(path, sizeof(path), "/libxl/%u", domid);
	store_remove(daemon_store, path);
	snprintf(path, sizeof(path), "/local/domain/0/backend/console/%u", domid);
	store_remove(daemon_store, path);
	if (*vm)
		store_remove(daemon_store, vm);
	store_end(daemon_store);
}

void nodes_remove(uint32_t domid, const uint8_t uuid[16])
{
	if (nodes_match(domid, uuid))
		nodes_remove_stale(domid);
}

bool nodes_match(uint32_t domid, const uint8_t uuid[16])
{
	char path[64], vm[128];
	const char *text;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	vm_path(uuid, vm);
	text = store_read(daemon_store, path, NULL);
	return text && !strcmp(text, vm);
}
