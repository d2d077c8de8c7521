// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lodged/device.h"
#include "lodged/domain.h"
#include "lodged/keep.h"
#include "lodged/log.h"

/* A request; what it adds is here until the configuration has it. */
struct plug {
	hotplug_done_fn fn;
	void *arg;
	bool detach;
	struct lodge_disk disk;
	struct lodge_vif vif;
};

static struct plug *plug_new(hotplug_done_fn fn, void *arg)
{
	struct plug *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->fn = fn;
	p->arg = arg;
	return p;
}

static void plug_free(struct plug *p)
{
	lodge_disk_release(&p->disk);
	lodge_vif_release(&p->vif);
	free(p);
}

static void forget(struct lodge_config *config, const struct lodge_dev_id *id)
{
	if (id->type == LODGE_DEVICE_BLOCK)
		lodge_config_remove_disk(config, id->id);
	else
		lodge_config_remove_vif(config, id->id);
}

/* Have the configuration, and so the domain when it is made anew, say the same. */
static void note(struct plug *p, const struct lodge_dev_id *id)
{
	struct domain *d = domain_find(id->domid);
	struct lodge_err err = LODGE_ERR_INIT;
	int ret = 0;

	if (!d || !d->config || d->phase == DOMAIN_GOING)
		return;
	if (p->detach)
		forget(d->config, id);
	else if (id->type == LODGE_DEVICE_BLOCK)
		ret = lodge_config_add_disk(d->config, &p->disk, &err);
	else
		ret = lodge_config_add_vif(d->config, &p->vif, &err);
	if (ret)
		log_warning("domain %u (%s): %s", d->domid, d->name, err.text);
	if (!ret && !p->detach) {
		/* theirs now */
		p->disk.target = NULL;
		memset(&p->vif, 0, sizeof(p->vif));
	}
	keep_save(d->domid, d->ended ? KEEP_ENDED : KEEP_UP, d->config);
}

static void done(void *arg, const struct lodge_dev_id *id, const struct lodge_err *err)
{
	struct plug *p = arg;

	if (!err)
		note(p, id);
	p->fn(p->arg, id->id, err);
	plug_free(p);
}

static struct domain *find(uint32_t domid, struct lodge_err *err)
{
	struct domain *d = domain_get(domid, err);

	if (d && d->phase != DOMAIN_UP) {
		lodge_fail(err, EBUSY, "domain %u (%s) is being made or destroyed", domid,
			   d->name);
		return NULL;
	}
	return d;
}

int hotplug_attach_disk(uint32_t domid, struct lodge_disk *disk, hotplug_done_fn fn, void *arg,
			struct lodge_err *err)
{
	struct domain *d = find(domid, err);
	struct plug *p = plug_new(fn, arg);

	p->disk = *disk;
	if (d && !device_add_disk(domid, &p->disk, done, p, err))
		return 0;
	plug_free(p);
	return -1;
}

static uint32_t free_vif(const struct domain *d)
{
	struct lodge_dev_id id = { .domid = d->domid, .type = LODGE_DEVICE_NET };

	while (device_find(&id) || (d->config && lodge_config_vif(d->config, id.id)))
		id.id++;
	return id.id;
}

int hotplug_attach_vif(uint32_t domid, struct lodge_vif *vif, hotplug_done_fn fn, void *arg,
		       struct lodge_err *err)
{
	struct domain *d = find(domid, err);
	struct plug *p = plug_new(fn, arg);

	p->vif = *vif;
	if (d) {
		if (!p->vif.has_id)
			p->vif.id = free_vif(d);
		p->vif.has_id = true;
		lodge_vif_finish(&p->vif, d->uuid);
		if (!device_add_vif(domid, &p->vif, done, p, err))
			return 0;
	}
	plug_free(p);
	return -1;
}

int hotplug_detach(uint32_t domid, uint32_t type, uint32_t id, bool force, hotplug_done_fn fn,
		   void *arg, struct lodge_err *err)
{
	const struct lodge_dev_id which = { domid, type, id };
	struct domain *d = find(domid, err);
	struct plug *p = plug_new(fn, arg);

	p->detach = true;
	if (d && !device_remove(&which, force, done, p, err))
		return 0;
	plug_free(p);
	return -1;
}
