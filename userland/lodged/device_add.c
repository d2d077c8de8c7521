// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lodged/daemon.h"
#include "lodged/device.h"
#include "lodged/device_nodes.h"
#include "lodged/kernel.h"
#include "lodged/log.h"
#include "lodged/vif.h"

static void answer(struct device *dev, const struct lodge_err *err)
{
	struct device_waiter w = dev->adder;

	dev->adder = (struct device_waiter) { 0 };
	if (w.fn)
		w.fn(w.arg, &dev->id, err);
}

/* It was never seen by a guest's driver: take it back, then answer. */
static void fail(struct device *dev, const struct lodge_err *err)
{
	log_error("domain %u: %s %u: %s", dev->id.domid, lodge_dev_type_name(dev->id.type),
		  dev->id.id, err->text);
	dev->failure = *err;
	device_end(dev);
}

static void ready(struct device *dev)
{
	log_info("domain %u: %s %u: added", dev->id.domid, lodge_dev_type_name(dev->id.type),
		 dev->id.id);
	if (dev->id.type == LODGE_DEVICE_NET)
		device_write(&dev->id, DIR_BACKEND, "hotplug-status", "connected");
	device_start(dev);
	answer(dev, NULL);
}

static void helper_chosen(void *arg, const char *helper)
{
	struct device *dev = arg;

	/* there before it is: whoever comes after us knows what to undo */
	device_write(&dev->id, DIR_OWN, "helper", helper);
}

static void opened(void *arg, int fd, const char *helper, const struct lodge_err *err)
{
	struct lodge_err add_err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&add_err);
	struct device *dev = arg;
	struct lodge_dev info;

	dev->image = NULL;
	if (err) {
		/* its helper has been dealt with */
		device_write(&dev->id, DIR_OWN, "helper", NULL);
		fail(dev, err);
		return;
	}
	if (!c || lodge_dev_add_block(c, dev->id.domid, dev->id.id, fd, dev->disk.read_only, &info,
				      &add_err)) {
		close(fd);
		fail(dev, &add_err);
		return;
	}
	close(fd);
	dev->phase = DEVICE_SETTING_UP;
	store_begin(daemon_store);
	device_nodes_disk(&info, &dev->disk);
	if (*helper)
		device_write(&dev->id, DIR_OWN, "helper", helper);
	store_end(daemon_store);
	ready(dev);
}

static struct device *begin(uint32_t domid, uint32_t type, uint32_t number, device_done_fn fn,
			    void *arg, struct lodge_err *err)
{
	const struct lodge_dev_id id = { domid, type, number };
	struct device *dev;

	if (!kernel_control(err))
		return NULL;
	if (device_find(&id)) {
		lodge_fail(err, EEXIST, "domain %u has a %s %u already", domid,
			   lodge_dev_type_name(type), number);
		return NULL;
	}
	dev = device_new(&id, DEVICE_OPENING);
	dev->adder = (struct device_waiter) { fn, arg };
	return dev;
}

int device_add_disk(uint32_t domid, const struct lodge_disk *disk, device_done_fn fn, void *arg,
		    struct lodge_err *err)
{
	struct device *dev = begin(domid, LODGE_DEVICE_BLOCK, disk->id, fn, arg, err);

	if (!dev)
		return -1;
	dev->disk = *disk;
	dev->disk.target = strdup(disk->target);
	if (!dev->disk.target)
		abort();
	dev->image = image_open(disk, helper_chosen, opened, dev);
	return 0;
}

static void script_ended(void *arg, const struct lodge_err *err)
{
	struct device *dev = arg;

	dev->script = NULL;
	if (err)
		fail(dev, err);
	else
		ready(dev);
}

/* What the store says is to be done with the interface. */
static void set_up_vif(struct device *dev)
{
	const char *ifname = device_read(&dev->id, DIR_BACKEND, "vifname");
	const char *script = device_read(&dev->id, DIR_BACKEND, "script");
	const char *bridge = device_read(&dev->id, DIR_BACKEND, "bridge");
	struct lodge_err err = LODGE_ERR_INIT;

	if (dev->phase != DEVICE_SETTING_UP || !ifname)
		return;
	if (script && *script) {
		dev->script = vif_script(script, "online", ifname, dev->id.domid, dev->id.id,
					 script_ended, dev, &err);
		if (!dev->script)
			fail(dev, &err);
	} else if (vif_join(ifname, bridge, &err)) {
		fail(dev, &err);
	} else {
		ready(dev);
	}
}

int device_add_vif(uint32_t domid, const struct lodge_vif *vif, device_done_fn fn, void *arg,
		   struct lodge_err *err)
{
	struct device *dev = begin(domid, LODGE_DEVICE_NET, vif->id, fn, arg, err);
	struct lodge_control *c = kernel_control(err);
	struct lodge_dev info;

	if (!dev)
		return -1;
	dev->phase = DEVICE_SETTING_UP;
	if (lodge_dev_add_net(c, domid, vif->id, vif->ifname, vif->mac, vif->rate, vif->rate_us,
			      &info, err)) {
		dev->adder = (struct device_waiter) { 0 };
		device_free(dev);
		return -1;
	}
	device_nodes_vif(&info, vif);
	device_later(dev, set_up_vif);
	return 0;
}

void device_adopt(const struct lodge_dev *info)
{
	struct device *dev = device_new(&info->id, DEVICE_SETTING_UP);

	log_info("domain %u: %s %u: made by others", info->id.domid,
		 lodge_dev_type_name(info->id.type), info->id.id);
	if (info->id.type == LODGE_DEVICE_BLOCK)
		device_nodes_disk(info, NULL);
	else
		device_nodes_vif(info, NULL);
	device_start(dev);
}

void device_set_up_again(struct device *dev)
{
	dev->phase = DEVICE_SETTING_UP;
	if (dev->id.type == LODGE_DEVICE_NET)
		device_later(dev, set_up_vif);
	else
		ready(dev);
}
