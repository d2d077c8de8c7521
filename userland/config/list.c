// SPDX-License-Identifier: GPL-2.0-only
/* The devices of a configuration as lists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

/* Room for one more behind @count elements of @size bytes. */
static void *room(void **list, size_t count, size_t size, struct lodge_err *err)
{
	void *bigger;

	if (count >= LODGE_MAX_DEVICES) {
		lodge_fail(err, ENOSPC, "a domain cannot have more than %d devices",
			   LODGE_MAX_DEVICES);
		return NULL;
	}
	bigger = reallocarray(*list, count + 1, size);
	if (!bigger) {
		lodge_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	*list = bigger;
	return (char *)bigger + count * size;
}

struct lodge_disk *lodge_config_disk(const struct lodge_config *config, uint32_t id)
{
	for (size_t i = 0; i < config->n_disks; i++)
		if (config->disks[i].id == id)
			return &config->disks[i];
	return NULL;
}

struct lodge_vif *lodge_config_vif(const struct lodge_config *config, uint32_t id)
{
	for (size_t i = 0; i < config->n_vifs; i++)
		if (config->vifs[i].id == id)
			return &config->vifs[i];
	return NULL;
}

int lodge_config_add_disk(struct lodge_config *config, const struct lodge_disk *disk,
			  struct lodge_err *err)
{
	struct lodge_disk *slot;

	if (lodge_config_disk(config, disk->id))
		return lodge_fail(err, EEXIST, "there are two disks called %s", disk->vdev);
	slot = room((void **)&config->disks, config->n_disks + config->n_vifs, sizeof(*slot),
		    err);
	if (!slot)
		return -1;
	config->disks[config->n_disks++] = *disk;
	return 0;
}

int lodge_config_add_vif(struct lodge_config *config, struct lodge_vif *vif,
			 struct lodge_err *err)
{
	struct lodge_vif *slot;

	while (!vif->has_id && lodge_config_vif(config, vif->id))
		vif->id++;
	vif->has_id = true;
	if (lodge_config_vif(config, vif->id))
		return lodge_fail(err, EEXIST, "there are two network interfaces with number %u",
				  vif->id);
	slot = room((void **)&config->vifs, config->n_disks + config->n_vifs, sizeof(*slot), err);
	if (!slot)
		return -1;
	config->vifs[config->n_vifs++] = *vif;
	return 0;
}

void lodge_config_remove_disk(struct lodge_config *config, uint32_t id)
{
	struct lodge_disk *disk = lodge_config_disk(config, id);

	if (!disk)
		return;
	lodge_disk_release(disk);
	config->n_disks--;
	memmove(disk, disk + 1, (config->disks + config->n_disks - disk) * sizeof(*disk));
}

void lodge_config_remove_vif(struct lodge_config *config, uint32_t id)
{
	struct lodge_vif *vif = lodge_config_vif(config, id);

	if (!vif)
		return;
	lodge_vif_release(vif);
	config->n_vifs--;
	memmove(vif, vif + 1, (config->vifs + config->n_vifs - vif) * sizeof(*vif));
}
