// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "lodged/daemon.h"
#include "lodged/device.h"
#include "lodged/device_nodes.h"
#include "lodged/kernel.h"
#include "lodged/log.h"
#include "lodged/vif.h"

/* The last step: no trace of it is left. */
static void finish(struct device *dev)
{
	struct device_waiter adder = dev->adder, remover = dev->remover;
	struct lodge_err failure = dev->failure;
	struct lodge_dev_id id = dev->id;

	image_close(dev->helper);
	log_debug("domain %u: %s %u: gone", id.domid, lodge_dev_type_name(id.type), id.id);
	device_nodes_remove(&id);
	device_free(dev);
	if (!failure.text[0])
		lodge_fail(&failure, ENODEV, "the device was removed");
	if (adder.fn)
		adder.fn(adder.arg, &id, &failure);
	if (remover.fn)
		remover.fn(remover.arg, &id, NULL);
}

static void script_ended(void *arg, const struct lodge_err *err)
{
	struct device *dev = arg;

	dev->script = NULL;
	if (err)
		log_warning("domain %u: vif %u: %s", dev->id.domid, dev->id.id, err->text);
	finish(dev);
}

/* What the store knows and will not know any more. */
static void note_helper(struct device *dev)
{
	const char *helper = device_read(&dev->id, DIR_OWN, "helper");

	if (helper)
		snprintf(dev->helper, sizeof(dev->helper), "%s", helper);
}

void device_vanished(struct device *dev)
{
	const char *script = device_read(&dev->id, DIR_BACKEND, "script");
	const char *ifname = device_read(&dev->id, DIR_BACKEND, "vifname");
	struct lodge_err err = LODGE_ERR_INIT;

	if (dev->phase == DEVICE_ENDING)
		return;
	if (dev->timer)
		event_del(dev->timer);
	command_cancel(dev->script);
	dev->script = NULL;
	if (dev->image)
		image_cancel(dev->image);	/* with its helper */
	else
		note_helper(dev);
	dev->image = NULL;
	dev->phase = DEVICE_ENDING;
	if (script && *script && ifname) {
		dev->script = vif_script(script, "offline", ifname, dev->id.domid, dev->id.id,
					 script_ended, dev, &err);
		if (dev->script)
			return;
		log_warning("domain %u: vif %u: %s", dev->id.domid, dev->id.id, err.text);
	}
	finish(dev);
}

void device_end(struct device *dev)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = kernel_control(&err);

	if (dev->phase != DEVICE_OPENING &&
	    (!c || (lodge_dev_remove(c, &dev->id, &err) && err.code != ENODEV &&
		    err.code != ESRCH)))
		log_error("%s", err.text);
	device_vanished(dev);
}

static void leave(struct device *dev)
{
	device_perform(dev, xenbus_leave(&dev->bus, device_frontend_state(dev), dev->forced));
}

int device_remove(const struct lodge_dev_id *id, bool force, device_done_fn fn, void *arg,
		  struct lodge_err *err)
{
	struct lodge_err taken_over = LODGE_ERR_INIT;
	struct device *dev = device_find(id);

	if (!dev)
		return lodge_fail(err, ENODEV, "domain %u has no %s %u", id->domid,
				  lodge_dev_type_name(id->type), id->id);
	/* the second one may have less patience than the first */
	if (dev->phase != DEVICE_UP || (dev->remover.fn && !force))
		return lodge_fail(err, EBUSY, "%s %u of domain %u is being added or removed",
				  lodge_dev_type_name(id->type), id->id, id->domid);
	if (dev->remover.fn) {
		lodge_fail(&taken_over, ECANCELED, "another request takes it away by force");
		dev->remover.fn(dev->remover.arg, id, &taken_over);
	}
	dev->remover = (struct device_waiter) { fn, arg };
	dev->forced = force;
	device_write(id, DIR_BACKEND, "online", "0");
	device_later(dev, leave);
	return 0;
}

void device_domain_gone(uint32_t domid)
{
	struct device *dev;

	while ((dev = device_next(domid, NULL))) {
		while (dev && dev->phase == DEVICE_ENDING)
			dev = device_next(domid, dev);
		if (!dev)
			break;
		device_vanished(dev);
	}
}
