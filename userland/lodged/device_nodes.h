/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device in the store: three directories, with the permissions that Xen's tool
 * stack gives them.
 *
 *	/local/domain/<domid>/device/<vbd|vif>/<id>	frontend: the guest's
 *	/local/domain/0/backend/<vbd|vif>/<domid>/<id>	backend: the guest may read
 *	/libxl/<domid>/device/<vbd|vif>/<id>		ours: how to undo what was done
 */
#ifndef LODGED_DEVICE_NODES_H
#define LODGED_DEVICE_NODES_H

#include "config/devices.h"
#include "control/devices.h"
#include "lodged/xenbus.h"

#define DEVICE_PATH	128

enum device_dir { DIR_FRONTEND, DIR_BACKEND, DIR_OWN };

void device_path(const struct lodge_dev_id *id, enum device_dir dir, const char *name,
		 char path[DEVICE_PATH]);
/* NULL if there is none.  Valid until the next change. */
const char *device_read(const struct lodge_dev_id *id, enum device_dir dir, const char *name);
/* @value NULL removes it. */
void device_write(const struct lodge_dev_id *id, enum device_dir dir, const char *name,
		  const char *value);

/* All three, both ends in state Initialising.  NULL: the device was made by others. */
void device_nodes_disk(const struct lodge_dev *dev, const struct lodge_disk *disk);
void device_nodes_vif(const struct lodge_dev *dev, const struct lodge_vif *vif);
bool device_nodes_exist(const struct lodge_dev_id *id);
void device_nodes_remove(const struct lodge_dev_id *id);

/* /local/domain/0/error/backend/...; NULL removes it. */
void device_write_error(const struct lodge_dev_id *id, const char *text);

/* Calls @fn for each device that has a directory of ours; it may remove that. */
void device_nodes_each(void (*fn)(const struct lodge_dev_id *id));

#endif
