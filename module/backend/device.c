// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices of domains: their list, the order of their lives, and what
 * happens when a frontend breaks the protocol.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/slab.h>

#include "backend/block.h"
#include "backend/console.h"
#include "backend/device.h"
#include "backend/net.h"
#include "debug/log.h"
#include "domain/domain.h"

static const struct lodge_device_ops *const types[LODGE_DEVICE_NET + 1] = {
	[LODGE_DEVICE_BLOCK] = &lodge_block_ops,
	[LODGE_DEVICE_NET] = &lodge_net_ops,
};

static lodge_device_hook event_hook;

void lodge_device_set_hook(lodge_device_hook hook)
{
	event_hook = hook;
}

void lodge_device_event(struct lodge_device *dev, enum lodge_device_event event)
{
	if (event_hook)
		event_hook(dev, event);
}

static void free_work(struct work_struct *work)
{
	struct lodge_device *dev = container_of(work, struct lodge_device, free_work);
	struct lodge_domain *d = dev->domain;

	dev->ops->free(dev);
	lodge_domain_put(d);
}

static void last_put(struct kref *ref)
{
	struct lodge_device *dev = container_of(ref, struct lodge_device, ref);

	queue_work(lodge_backend_wq, &dev->free_work);
}

void lodge_device_get(struct lodge_device *dev)
{
	kref_get(&dev->ref);
}

void lodge_device_put(struct lodge_device *dev)
{
	kref_put(&dev->ref, last_put);
}

/* Under the lock. */
static void disconnect(struct lodge_device *dev, enum lodge_device_state state)
{
	lockdep_assert_held(&dev->domain->devices.lock);
	if (dev->state == LODGE_DEVICE_CONNECTED) {
		dev->ops->disconnect(dev);
		lodge_log(dev->domain, "%s %u: %s", dev->ops->name, dev->id,
			  state == LODGE_DEVICE_BROKEN ? dev->reason : "disconnected");
		dev->state = state;
		lodge_device_event(dev, state == LODGE_DEVICE_BROKEN ?
					LODGE_DEVICE_EVENT_BROKEN :
					LODGE_DEVICE_EVENT_DISCONNECTED);
	} else {
		dev->state = state;
	}
}

static void break_work(struct work_struct *work)
{
	struct lodge_device *dev = container_of(work, struct lodge_device, break_work);
	struct lodge_devices *list = &dev->domain->devices;

	mutex_lock(&list->lock);
	/* the one that broke it may be gone already, and another be served */
	if (dev->breaking && dev->state == LODGE_DEVICE_CONNECTED)
		disconnect(dev, LODGE_DEVICE_BROKEN);
	mutex_unlock(&list->lock);
	lodge_device_put(dev);
}

void lodge_device_break(struct lodge_device *dev, const char *fmt, ...)
{
	va_list ap;

	if (test_and_set_bit(0, &dev->breaking))
		return;
	va_start(ap, fmt);
	vsnprintf(dev->reason, sizeof(dev->reason), fmt, ap);
	va_end(ap);
	pr_notice_ratelimited("d%u: %s %u: %s, not served any more\n", dev->domain->domid,
			      dev->ops->name, dev->id, dev->reason);
	lodge_device_get(dev);
	if (!queue_work(lodge_backend_wq, &dev->break_work))
		lodge_device_put(dev);
}

static struct lodge_device *find(struct lodge_devices *list, u32 type, u32 id)
{
	struct lodge_device *dev;

	lockdep_assert_held(&list->lock);
	list_for_each_entry(dev, &list->list, link)
		if (dev->type == type && dev->id == id)
			return dev;
	return NULL;
}

static int may_add(struct lodge_devices *list, const struct lodge_device_config *config,
		   const char **err)
{
	if (list->dying)
		return -ENODEV;
	if (find(list, config->type, config->id)) {
		*err = "the domain has a device of this type and id";
		return -EEXIST;
	}
	if (list->count == LODGE_MAX_DEVICES) {
		*err = "the domain has as many devices as one can have";
		return -ENOSPC;
	}
	return 0;
}

int lodge_device_add(struct lodge_domain *d, const struct lodge_device_config *config,
		     struct lodge_device **added, const char **err)
{
	struct lodge_devices *list = &d->devices;
	struct lodge_device *dev;
	int ret = 0;

	if (config->type >= ARRAY_SIZE(types) || !types[config->type]) {
		*err = "devices of this type are not supported";
		return -EOPNOTSUPP;
	}
	if (types[config->type]->prepare)
		ret = types[config->type]->prepare(config, err);
	if (ret)
		return ret;

	mutex_lock(&list->lock);
	ret = may_add(list, config, err);
	if (ret)
		goto unlock;
	dev = types[config->type]->create(d, config, err);
	ret = PTR_ERR_OR_ZERO(dev);
	if (ret)
		goto unlock;

	lodge_domain_get(d);
	kref_init(&dev->ref);
	dev->domain = d;
	dev->ops = types[config->type];
	dev->type = config->type;
	dev->id = config->id;
	dev->state = LODGE_DEVICE_CLOSED;
	INIT_WORK(&dev->break_work, break_work);
	INIT_WORK(&dev->free_work, free_work);
	list_add_tail(&dev->link, &list->list);
	list->count++;
	lodge_device_get(dev);
	*added = dev;
	lodge_device_event(dev, LODGE_DEVICE_EVENT_ADDED);
unlock:
	mutex_unlock(&list->lock);
	return ret;
}

/* Under the lock: out of the list, which loses its reference. */
static void remove(struct lodge_device *dev)
{
	disconnect(dev, LODGE_DEVICE_CLOSED);
	dev->ops->remove(dev);
	dev->removed = true;
	list_del_init(&dev->link);
	dev->domain->devices.count--;
	lodge_device_event(dev, LODGE_DEVICE_EVENT_REMOVED);
	lodge_device_put(dev);
}

int lodge_device_remove(struct lodge_device *dev)
{
	struct lodge_devices *list = &dev->domain->devices;
	int ret = -ENODEV;

	mutex_lock(&list->lock);
	if (!dev->removed) {
		remove(dev);
		ret = 0;
	}
	mutex_unlock(&list->lock);
	return ret;
}

int lodge_device_connect(struct lodge_device *dev, const struct lodge_frontend *fe,
			 const char **err)
{
	struct lodge_devices *list = &dev->domain->devices;
	int ret;

	mutex_lock(&list->lock);
	if (dev->removed) {
		ret = -ENODEV;
	} else if (dev->state == LODGE_DEVICE_CONNECTED) {
		*err = "the device is connected already";
		ret = -EBUSY;
	} else {
		/* before the first look at the rings, which may give a new reason */
		dev->breaking = 0;
		dev->reason[0] = '\0';
		/* a reason that is given while it begins is dealt with after it */
		dev->state = LODGE_DEVICE_CONNECTED;
		ret = dev->ops->connect(dev, fe, err);
		if (ret)
			dev->state = LODGE_DEVICE_CLOSED;
		else
			lodge_device_event(dev, LODGE_DEVICE_EVENT_CONNECTED);
	}
	mutex_unlock(&list->lock);
	return ret;
}

void lodge_device_disconnect(struct lodge_device *dev)
{
	struct lodge_devices *list = &dev->domain->devices;

	mutex_lock(&list->lock);
	if (!dev->removed)
		disconnect(dev, LODGE_DEVICE_CLOSED);
	mutex_unlock(&list->lock);
}

int lodge_device_set(struct lodge_device *dev, const struct lodge_device_config *config,
		     const char **err)
{
	struct lodge_devices *list = &dev->domain->devices;
	int ret = -ENODEV;

	mutex_lock(&list->lock);
	if (!dev->removed)
		ret = dev->ops->set(dev, config, err);
	mutex_unlock(&list->lock);
	return ret;
}

void lodge_device_describe(struct lodge_device *dev, struct lodge_device_info *info,
			   enum lodge_device_state *state, char *reason)
{
	memset(info, 0, sizeof(*info));
	dev->ops->describe(dev, info);
	*state = READ_ONCE(dev->state);
	reason[0] = '\0';
	if (*state == LODGE_DEVICE_BROKEN)
		strscpy(reason, dev->reason, LODGE_REASON_SIZE);
}

struct lodge_device *lodge_device_find(struct lodge_domain *d, u32 type, u32 id)
{
	struct lodge_device *dev;

	mutex_lock(&d->devices.lock);
	dev = find(&d->devices, type, id);
	if (dev)
		lodge_device_get(dev);
	mutex_unlock(&d->devices.lock);
	return dev;
}

struct lodge_device *lodge_device_nth(struct lodge_domain *d, u32 n)
{
	struct lodge_device *dev;

	mutex_lock(&d->devices.lock);
	list_for_each_entry(dev, &d->devices.list, link) {
		if (!n--) {
			lodge_device_get(dev);
			goto unlock;
		}
	}
	dev = NULL;
unlock:
	mutex_unlock(&d->devices.lock);
	return dev;
}

int lodge_devices_create(struct lodge_domain *d)
{
	mutex_init(&d->devices.lock);
	INIT_LIST_HEAD(&d->devices.list);
	return 0;
}

void lodge_devices_destroy(struct lodge_domain *d)
{
	struct lodge_device *dev, *next;

	mutex_lock(&d->devices.lock);
	d->devices.dying = true;
	list_for_each_entry_safe(dev, next, &d->devices.list, link)
		remove(dev);
	mutex_unlock(&d->devices.lock);
}
