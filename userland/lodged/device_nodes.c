// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lodged/daemon.h"
#include "lodged/device_nodes.h"
#include "lodged/log.h"

void device_path(const struct lodge_dev_id *id, enum device_dir dir, const char *name,
		 char path[DEVICE_PATH])
{
	const char *type = lodge_dev_type_name(id->type);
	const char *slash = *name ? "/" : "";

	switch (dir) {
	case DIR_FRONTEND:
		snprintf(path, DEVICE_PATH, "/local/domain/%u/device/%s/%u%s%s", id->domid, type,
			 id->id, slash, name);
		break;
	case DIR_BACKEND:
		snprintf(path, DEVICE_PATH, "/local/domain/0/backend/%s/%u/%u%s%s", type,
			 id->domid, id->id, slash, name);
		break;
	case DIR_OWN:
		snprintf(path, DEVICE_PATH, "/libxl/%u/device/%s/%u%s%s", id->domid, type, id->id,
			 slash, name);
		break;
	}
}

const char *device_read(const struct lodge_dev_id *id, enum device_dir dir, const char *name)
{
	char path[DEVICE_PATH];

	device_path(id, dir, name, path);
	return store_read(daemon_store, path, NULL);
}

void device_write(const struct lodge_dev_id *id, enum device_dir dir, const char *name,
		  const char *value)
{
	char path[DEVICE_PATH];
	int error;

	device_path(id, dir, name, path);
	error = value ? store_write(daemon_store, path, value, strlen(value)) :
			store_remove(daemon_store, path);
	if (error && value)
		log_warning("store: %s: %s", path, strerror(-error));
}

static void write_perms(const struct lodge_dev_id *id, enum device_dir dir, const char *name,
			const char *perms)
{
	char path[DEVICE_PATH];

	device_path(id, dir, name, path);
	store_set_perms(daemon_store, path, perms);
}

/* A node that the guest owns. */
static void front(const struct lodge_dev_id *id, const char *name, const char *value)
{
	char perms[24];

	snprintf(perms, sizeof(perms), "n%u r0", id->domid);
	device_write(id, DIR_FRONTEND, name, value);
	write_perms(id, DIR_FRONTEND, name, perms);
}

static void __attribute__((__format__(printf, 3, 4)))
back(const struct lodge_dev_id *id, const char *name, const char *fmt, ...)
{
	char value[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	device_write(id, DIR_BACKEND, name, value);
	device_write(id, DIR_OWN, name, value);
}

/* What all types have. */
static void begin(const struct lodge_dev_id *id)
{
	char frontend[DEVICE_PATH], backend[DEVICE_PATH], perms[24];

	store_begin(daemon_store);
	device_path(id, DIR_FRONTEND, "", frontend);
	device_path(id, DIR_BACKEND, "", backend);

	device_write(id, DIR_OWN, "", "");
	write_perms(id, DIR_OWN, "", "n0");
	device_write(id, DIR_OWN, "backend", backend);

	front(id, "", "");
	front(id, "backend", backend);
	front(id, "backend-id", "0");
	front(id, "trusted", "1");

	snprintf(perms, sizeof(perms), "n0 r%u", id->domid);
	device_write(id, DIR_BACKEND, "", "");
	write_perms(id, DIR_BACKEND, "", perms);
	back(id, "frontend", "%s", frontend);
	back(id, "frontend-id", "%u", id->domid);
	back(id, "online", "1");
}

/* Last, since it is what others wait for. */
static void end(const struct lodge_dev_id *id)
{
	back(id, "state", "%d", XenbusStateInitialising);
	front(id, "state", "1");
	store_end(daemon_store);
}

void device_nodes_disk(const struct lodge_dev *dev, const struct lodge_disk *disk)
{
	const struct lodge_dev_id *id = &dev->id;
	char number[16], vdev[LODGE_VDEV_SIZE];

	begin(id);
	snprintf(number, sizeof(number), "%u", id->id);
	lodge_vdev_format(id->id, vdev);
	front(id, "virtual-device", number);
	front(id, "device-type", "disk");
	front(id, "protocol", "x86_64-abi");
	back(id, "params", "%s", disk ? disk->target : "");
	back(id, "removable", "0");
	back(id, "bootable", "1");
	back(id, "dev", "%s", disk ? disk->vdev : vdev);
	back(id, "type", "%s", disk && strcmp(disk->format, "raw") ? disk->format : "phy");
	back(id, "mode", "%s", dev->read_only ? "r" : "w");
	back(id, "device-type", "disk");
	back(id, "discard-enable", "%d", !(disk && disk->no_discard));
	back(id, "specification", "xen");
	end(id);
}

void device_nodes_vif(const struct lodge_dev *dev, const struct lodge_vif *vif)
{
	const struct lodge_dev_id *id = &dev->id;
	char number[16], mac[LODGE_MAC_TEXT];

	begin(id);
	snprintf(number, sizeof(number), "%u", id->id);
	lodge_mac_format(dev->mac, mac);
	front(id, "handle", number);
	front(id, "mac", mac);
	if (vif && vif->script)
		back(id, "script", "%s", vif->script);
	if (vif && vif->bridge)
		back(id, "bridge", "%s", vif->bridge);
	if (vif && vif->ip)
		back(id, "ip", "%s", vif->ip);
	/* in the words of Linux' backend: bytes, microseconds */
	if (dev->rate)
		back(id, "rate", "%llu,%u",
		     (unsigned long long)(dev->rate / 1000000.0 * dev->rate_us), dev->rate_us);
	back(id, "mac", "%s", mac);
	back(id, "handle", "%s", number);
	back(id, "type", "vif");
	back(id, "vifname", "%s", dev->ifname);
	end(id);
}

bool device_nodes_exist(const struct lodge_dev_id *id)
{
	return device_read(id, DIR_BACKEND, "state");
}

/* Takes away @path, and what above it has become empty, @levels at most. */
static void prune(char *path, unsigned int levels)
{
	if (!store_read(daemon_store, path, NULL))
		return;
	store_remove(daemon_store, path);
	while (levels--) {
		*strrchr(path, '/') = '\0';
		if (store_child(daemon_store, path, 0))
			break;
		store_remove(daemon_store, path);
	}
}

void device_nodes_remove(const struct lodge_dev_id *id)
{
	char path[DEVICE_PATH];

	store_begin(daemon_store);
	device_write_error(id, NULL);
	device_path(id, DIR_FRONTEND, "", path);
	prune(path, 1);
	device_path(id, DIR_BACKEND, "", path);
	prune(path, 2);
	device_path(id, DIR_OWN, "", path);
	prune(path, 1);
	store_end(daemon_store);
}

void device_write_error(const struct lodge_dev_id *id, const char *text)
{
	char path[DEVICE_PATH], perms[24];

	snprintf(path, sizeof(path), "/local/domain/0/error/backend/%s/%u/%u",
		 lodge_dev_type_name(id->type), id->domid, id->id);
	if (!text) {
		prune(path, 4);
		return;
	}
	store_begin(daemon_store);
	snprintf(perms, sizeof(perms), "n0 r%u", id->domid);
	store_write(daemon_store, path, "", 0);
	store_set_perms(daemon_store, path, perms);
	strcat(path, "/error");
	store_write(daemon_store, path, text, strlen(text));
	store_end(daemon_store);
}

/* The number that the @n-th child of @path is called; false if there is none. */
static bool child_number(const char *path, size_t n, uint32_t *number)
{
	const char *name = store_child(daemon_store, path, n);

	if (!name)
		return false;
	*number = strtoul(name, NULL, 10);
	return true;
}

struct ids {
	struct lodge_dev_id *v;
	size_t n;
};

static void collect(struct ids *ids, const struct lodge_dev_id *id)
{
	ids->v = reallocarray(ids->v, ids->n + 1, sizeof(*ids->v));
	if (!ids->v)
		abort();
	ids->v[ids->n++] = *id;
}

void device_nodes_each(void (*fn)(const struct lodge_dev_id *id))
{
	static const uint32_t types[] = { LODGE_DEVICE_BLOCK, LODGE_DEVICE_NET };
	struct lodge_dev_id id;
	char path[DEVICE_PATH];
	struct ids ids = { 0 };

	for (size_t i = 0; child_number("/libxl", i, &id.domid); i++) {
		for (size_t t = 0; t < sizeof(types) / sizeof(*types); t++) {
			id.type = types[t];
			snprintf(path, sizeof(path), "/libxl/%u/device/%s", id.domid,
				 lodge_dev_type_name(id.type));
			for (size_t j = 0; child_number(path, j, &id.id); j++)
				collect(&ids, &id);
		}
	}
	for (size_t i = 0; i < ids.n; i++)
		fn(&ids.v[i]);
	free(ids.v);
}
