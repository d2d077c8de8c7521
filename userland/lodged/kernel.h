/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection to the module, which may come and go while lodged runs.
 *
 * Generic netlink tells when the family appears and disappears; nothing here
 * holds the module in place.
 */
#ifndef LODGED_KERNEL_H
#define LODGED_KERNEL_H

#include "control/devices.h"

struct kernel_handler {
	/* the module is there (again), or events were lost: look at everything */
	void (*sync)(void);
	void (*event)(enum lodge_event event, const struct lodge_domain *info);
	void (*device_event)(enum lodge_device_event event, const struct lodge_dev *info);
};

/* Watch for the module; calls sync() at once if it is loaded. */
int kernel_init(const struct kernel_handler *handler, struct lodge_err *err);
void kernel_exit(void);

/* NULL with a sentence if the module is not loaded. */
struct lodge_control *kernel_control(struct lodge_err *err);

#endif
