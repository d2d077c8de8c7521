/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices as JSON: what the kernel counts, and what lodged knows besides. */
#ifndef LODGE_LODGE_DEVICES_H
#define LODGE_LODGE_DEVICES_H

#include <cjson/cJSON.h>

#include "control/devices.h"

/* What the kernel says of one, without lodged. */
struct cJSON *device_to_json(const struct lodge_dev *dev);
/*
 * Those of @domid of one type (0: of all types), as an array; with what lodged says, if it
 * can be asked.  NULL and @err.
 */
struct cJSON *devices_to_json(struct lodge_control *c, uint32_t domid, uint32_t type,
			      struct lodge_err *err);

#endif
