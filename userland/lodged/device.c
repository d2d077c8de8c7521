// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lodged/daemon.h"
#include "lodged/device.h"
#include "lodged/device_nodes.h"
#include "lodged/frontend.h"
#include "lodged/kernel.h"
#include "lodged/log.h"

static struct device *devices;

/* Our own watches on the states of frontends; tokens are "<type>/<domid>/<id>". */
static struct {
	struct store_user user;
	struct store_conn *conn;
	struct event *event;
} watcher;

struct device *device_find(const struct lodge_dev_id *id)
{
	struct device *dev = devices;

	while (dev && memcmp(&dev->id, id, sizeof(*id)))
		dev = dev->next;
	return dev;
}

struct device *device_next(uint32_t domid, const struct device *dev)
{
	struct device *next = dev ? dev->next : devices;

	while (next && next->id.domid != domid)
		next = next->next;
	return next;
}

struct later {
	struct lodge_dev_id id;
	void (*fn)(struct device *dev);
};

static void do_later(evutil_socket_t fd, short what, void *arg)
{
	struct later *l = arg;
	struct device *dev = device_find(&l->id);

	(void)fd;
	(void)what;
	if (dev)
		l->fn(dev);
	free(l);
}

void device_later(const struct device *dev, void (*fn)(struct device *dev))
{
	static const struct timeval now;
	struct later *l = malloc(sizeof(*l));

	if (!l)
		abort();
	*l = (struct later) { dev->id, fn };
	event_base_once(daemon_base, -1, EV_TIMEOUT, do_later, l, &now);
}

struct device *device_new(const struct lodge_dev_id *id, enum device_phase phase)
{
	struct device *dev = calloc(1, sizeof(*dev));

	if (!dev)
		abort();	/* the successor finds the device in module and store */
	dev->id = *id;
	dev->phase = phase;
	dev->next = devices;
	devices = dev;
	return dev;
}

static void make_token(const struct lodge_dev_id *id, char token[48])
{
	snprintf(token, 48, "%u/%u/%u", id->type, id->domid, id->id);
}

static void watch_frontend(const struct device *dev, bool on)
{
	char path[DEVICE_PATH], token[48];

	make_token(&dev->id, token);
	device_path(&dev->id, DIR_FRONTEND, "state", path);
	if (on)
		store_watch(watcher.conn, path, token, 0);
	else
		store_unwatch(watcher.conn, path, token);
	/* tools of the host may ask for its end there */
	device_path(&dev->id, DIR_BACKEND, "online", path);
	if (on)
		store_watch(watcher.conn, path, token, 0);
	else
		store_unwatch(watcher.conn, path, token);
}

void device_free(struct device *dev)
{
	struct device **p = &devices;

	while (*p != dev)
		p = &(*p)->next;
	*p = dev->next;
	watch_frontend(dev, false);
	image_cancel(dev->image);
	command_cancel(dev->script);
	lodge_disk_release(&dev->disk);
	if (dev->timer)
		event_free(dev->timer);
	free(dev);
}

enum xenbus_state device_frontend_state(const struct device *dev)
{
	return xenbus_parse(device_read(&dev->id, DIR_FRONTEND, "state"));
}

static int query(const struct device *dev, struct lodge_dev *info)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);

	if (c && !lodge_dev_query(c, &dev->id, info, &err))
		return 0;
	log_debug("%s", err.text);
	return -1;
}

static void put_node(void *arg, const char *name, const char *value)
{
	struct device *dev = arg;

	device_write(&dev->id, DIR_BACKEND, name, value);
}

static bool no_discard(const struct device *dev)
{
	const char *text = device_read(&dev->id, DIR_BACKEND, "discard-enable");

	return text && !strcmp(text, "0");
}

static void offer(struct device *dev)
{
	struct lodge_dev info;

	device_write_error(&dev->id, NULL);
	if (!query(dev, &info))
		backend_offer(&info, no_discard(dev), put_node, dev);
}

static void publish(struct device *dev)
{
	struct lodge_dev info;

	if (!query(dev, &info))
		backend_publish(&info, no_discard(dev), put_node, dev);
}

static const char *read_node(void *arg, const char *name)
{
	struct device *dev = arg;

	return device_read(&dev->id, DIR_FRONTEND, name);
}

/* A guest can have this said as often as it likes: the module's log has a limit, so has this. */
static void complain(const struct device *dev, const char *text)
{
	static time_t period;
	static unsigned int said;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec / 10 != period) {
		period = now.tv_sec / 10;
		said = 0;
	}
	log_line(said++ < 10 ? LOG_WARNING : LOG_DEBUG, "domain %u: %s %u: %s", dev->id.domid,
		 lodge_dev_type_name(dev->id.type), dev->id.id, text);
}

static bool connect_frontend(struct device *dev)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);
	struct lodge_frontend fe;
	struct lodge_dev info;

	if (c && !lodge_dev_query(c, &dev->id, &info, &err) &&
	    !frontend_read(&info, read_node, dev, &fe, &err)) {
		if (!lodge_dev_connect(c, &dev->id, &fe, &err))
			return true;
		/* an earlier lodged has come so far */
		if (err.code == EBUSY && !lodge_dev_disconnect(c, &dev->id, &err) &&
		    !lodge_dev_connect(c, &dev->id, &fe, &err))
			return true;
	}
	complain(dev, err.text);
	device_write_error(&dev->id, err.text);
	return false;
}

static void disconnect_frontend(struct device *dev)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);

	if (!c || lodge_dev_disconnect(c, &dev->id, &err))
		log_debug("%s", err.text);
}

static void tell(struct device *dev)
{
	char state[8];

	snprintf(state, sizeof(state), "%d", dev->bus.state);
	device_write(&dev->id, DIR_BACKEND, "state", state);
	log_debug("domain %u: %s %u: backend state %s", dev->id.domid,
		  lodge_dev_type_name(dev->id.type), dev->id.id, state);
}

static void late(evutil_socket_t fd, short what, void *arg)
{
	struct device *dev = arg;

	(void)fd;
	(void)what;
	log_info("domain %u: %s %u: the guest has not closed it, it is taken away", dev->id.domid,
		 lodge_dev_type_name(dev->id.type), dev->id.id);
	device_perform(dev, xenbus_late(&dev->bus));
}

static void wait_for_frontend(struct device *dev)
{
	static const struct timeval patience = { .tv_sec = DEVICE_CLOSE_SECONDS };

	if (!dev->timer)
		dev->timer = event_new(daemon_base, -1, 0, late, dev);
	event_add(dev->timer, &patience);
}

void device_perform(struct device *dev, unsigned int todo)
{
	store_begin(daemon_store);
	if (todo & XENBUS_DISCONNECT)
		disconnect_frontend(dev);
	if (todo & XENBUS_OFFER)
		offer(dev);
	if (todo & XENBUS_CONNECT)
		todo |= xenbus_connected(&dev->bus, connect_frontend(dev));
	if (todo & XENBUS_PUBLISH)
		publish(dev);
	if (todo & XENBUS_TELL)
		tell(dev);
	store_end(daemon_store);
	if (todo & XENBUS_WAIT)
		wait_for_frontend(dev);
	if (todo & XENBUS_REMOVE)
		device_end(dev);
}

/* Both may free the device. */
static void look_at_frontend(struct device *dev)
{
	device_perform(dev, xenbus_frontend(&dev->bus, device_frontend_state(dev)));
}

static void look_at_online(struct device *dev)
{
	const char *online = device_read(&dev->id, DIR_BACKEND, "online");

	if (online && !strcmp(online, "0") && !dev->bus.leaving)
		device_perform(dev, xenbus_leave(&dev->bus, device_frontend_state(dev), false));
	else
		look_at_frontend(dev);
}

void device_start(struct device *dev)
{
	dev->phase = DEVICE_UP;
	device_perform(dev, xenbus_start(&dev->bus));
	/* fires at once: what the frontend has done meanwhile is seen then */
	watch_frontend(dev, true);
}

void device_go_on(struct device *dev, const struct lodge_dev *info)
{
	unsigned int todo = 0;

	dev->bus.state = xenbus_parse(device_read(&dev->id, DIR_BACKEND, "state"));
	dev->bus.connected = info->state == LODGE_DEVICE_CONNECTED;
	log_debug("domain %u: %s %u: found again, %s, backend state %d", dev->id.domid,
		  lodge_dev_type_name(dev->id.type), dev->id.id,
		  lodge_dev_state_name(info->state), dev->bus.state);
	if (dev->bus.state <= XenbusStateInitialising) {
		device_set_up_again(dev);
		return;
	}
	dev->phase = DEVICE_UP;
	if (dev->bus.state == XenbusStateConnected && !dev->bus.connected) {
		/* it broke the protocol while nobody looked */
		device_write_error(&dev->id, info->reason[0] ? info->reason : "disconnected");
		dev->bus.connected = true;
		todo = xenbus_broken(&dev->bus);
	} else if (dev->bus.state != XenbusStateConnected && dev->bus.connected) {
		/* half way up or down: the frontend's state tells what is to follow */
		dev->bus.connected = false;
		todo = XENBUS_DISCONNECT;
	}
	device_perform(dev, todo);
	watch_frontend(dev, true);
}

/* One event of ours; the device may be gone. */
static void on_watch(const char *token)
{
	struct lodge_dev_id id;
	struct device *dev;

	if (sscanf(token, "%u/%u/%u", &id.type, &id.domid, &id.id) != 3)
		return;
	dev = device_find(&id);
	if (dev && dev->phase == DEVICE_UP)
		look_at_online(dev);
}

static void watch_ready(evutil_socket_t fd, short what, void *arg)
{
	char buf[STORE_MESSAGE_MAX];

	(void)fd;
	(void)what;
	(void)arg;
	while (store_has_events(watcher.conn)) {
		size_t len = store_events(watcher.conn, buf, sizeof(buf));
		struct xsd_sockmsg msg;

		store_sent(watcher.conn, len);
		for (size_t pos = 0; pos < len; pos += sizeof(msg) + msg.len) {
			const char *path = buf + pos + sizeof(msg);

			memcpy(&msg, buf + pos, sizeof(msg));
			on_watch(path + strlen(path) + 1);
		}
	}
}

static void watch_kick(struct store_user *user)
{
	(void)user;
	event_active(watcher.event, EV_TIMEOUT, 0);
}

static void broken(struct device *dev)
{
	struct lodge_dev now;

	/* the event may be of an earlier frontend */
	if (dev->phase != DEVICE_UP || query(dev, &now) || now.state == LODGE_DEVICE_CONNECTED)
		return;
	if (!dev->bus.connected)
		return;
	complain(dev, now.reason[0] ? now.reason : "disconnected");
	device_write_error(&dev->id, now.reason[0] ? now.reason : "disconnected");
	device_perform(dev, xenbus_broken(&dev->bus));
}

static void resized(struct device *dev)
{
	if (dev->phase == DEVICE_UP && dev->bus.connected)
		device_perform(dev, XENBUS_PUBLISH | XENBUS_TELL);
}

/* In doubt it is. */
static bool is_there(const struct lodge_dev_id *id)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);
	struct lodge_dev now;

	return !c || !lodge_dev_query(c, id, &now, &err) ||
		(err.code != ENODEV && err.code != ESRCH);
}

void device_on_event(enum lodge_device_event event, const struct lodge_dev *info)
{
	struct device *dev = device_find(&info->id);

	log_debug("domain %u: %s %u: %s", info->id.domid, lodge_dev_type_name(info->id.type),
		  info->id.id, lodge_dev_event_name(event));
	switch (event) {
	case LODGE_DEVICE_EVENT_ADDED:
		if (!dev && is_there(&info->id))
			device_adopt(info);
		break;
	case LODGE_DEVICE_EVENT_BROKEN:
		if (dev)
			broken(dev);
		break;
	case LODGE_DEVICE_EVENT_RESIZED:
		if (dev)
			resized(dev);
		break;
	case LODGE_DEVICE_EVENT_REMOVED:
		/* it may be of a predecessor */
		if (dev && dev->phase != DEVICE_OPENING && !is_there(&dev->id))
			device_vanished(dev);
		break;
	case LODGE_DEVICE_EVENT_ERROR:
		log_warning("domain %u: %s %u: the host's device has failed", info->id.domid,
			    lodge_dev_type_name(info->id.type), info->id.id);
		break;
	default:
		break;
	}
}

static const struct lodge_dev *synced;
static size_t n_synced;

static bool is_synced(const struct lodge_dev_id *id)
{
	for (size_t i = 0; i < n_synced; i++)
		if (!memcmp(&synced[i].id, id, sizeof(*id)))
			return true;
	return false;
}

/* Its removal was under way, or the module forgot it. */
static void end_lost(const struct lodge_dev_id *id)
{
	struct device *dev = device_find(id);

	if (is_synced(id) || (dev && dev->phase == DEVICE_OPENING))
		return;
	device_vanished(dev ? dev : device_new(id, DEVICE_UP));
}

void device_sync_gone(const struct lodge_dev *list, size_t count)
{
	synced = list;
	n_synced = count;
	device_nodes_each(end_lost);
}

void device_sync(const struct lodge_dev *info)
{
	struct device *dev = device_find(&info->id);

	if (dev)
		broken(dev);
	else if (device_nodes_exist(&info->id))
		device_go_on(device_new(&info->id, DEVICE_UP), info);
	else
		device_adopt(info);
}

void device_gone(const struct lodge_dev_id *id)
{
	struct device *dev = device_find(id);

	if (!dev && device_read(id, DIR_OWN, ""))
		dev = device_new(id, DEVICE_UP);
	if (dev)
		device_vanished(dev);
}

/* Xen's tools call a raw image "phy". */
static void add_text(cJSON *o, const struct lodge_dev_id *id, const char *key, const char *name)
{
	const char *text = device_read(id, DIR_BACKEND, name);

	if (text && *text)
		cJSON_AddStringToObject(o, key, strcmp(text, "phy") ? text : "raw");
}

static cJSON *describe(const struct device *dev)
{
	static const char *const disk_keys[][2] = {
		{ "vdev", "dev" }, { "target", "params" }, { "format", "type" },
	};
	static const char *const vif_keys[][2] = {
		{ "bridge", "bridge" }, { "ip", "ip" }, { "script", "script" },
	};
	bool disk = dev->id.type == LODGE_DEVICE_BLOCK;
	const char *const (*keys)[2] = disk ? disk_keys : vif_keys;
	char path[DEVICE_PATH];
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "type", lodge_dev_type_name(dev->id.type));
	cJSON_AddNumberToObject(o, "id", dev->id.id);
	for (size_t i = 0; i < 3; i++)
		add_text(o, &dev->id, keys[i][0], keys[i][1]);
	cJSON_AddNumberToObject(o, "backend_state", dev->bus.state);
	cJSON_AddNumberToObject(o, "frontend_state", device_frontend_state(dev));
	device_path(&dev->id, DIR_BACKEND, "", path);
	cJSON_AddStringToObject(o, "backend", path);
	device_path(&dev->id, DIR_FRONTEND, "", path);
	cJSON_AddStringToObject(o, "frontend", path);
	return o;
}

cJSON *device_list(uint32_t domid)
{
	cJSON *array = cJSON_CreateArray();

	for (struct device *dev = devices; dev; dev = dev->next)
		if (dev->id.domid == domid && dev->phase != DEVICE_OPENING)
			cJSON_AddItemToArray(array, describe(dev));
	return array;
}

int device_resize(const struct lodge_dev_id *id, struct lodge_err *err)
{
	struct lodge_control *c = kernel_control(err);

	/* the rest follows from its event */
	return c ? lodge_dev_resized(c, id, err) : -1;
}

void device_init(void)
{
	watcher.user.kick = watch_kick;
	watcher.event = event_new(daemon_base, -1, 0, watch_ready, NULL);
	watcher.conn = store_connect(daemon_store, &watcher.user);
}

void device_exit(void)
{
	while (devices)
		device_free(devices);
	if (watcher.conn)
		store_disconnect(watcher.conn);
	if (watcher.event)
		event_free(watcher.event);
	watcher.conn = NULL;
	watcher.event = NULL;
}
