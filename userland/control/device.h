/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/lodge as functions; see lodge/device.h for what they mean.
 *
 * Descriptors are returned close-on-exec and belong to the caller.
 */
#ifndef LODGE_CONTROL_DEVICE_H
#define LODGE_CONTROL_DEVICE_H

#include <stdint.h>

#include <lodge/device.h>

#include "common/err.h"

/* The device itself, for the hypervisor's log. */
int lodge_device_open(struct lodge_err *err);

int lodge_device_open_domain(uint32_t domid, struct lodge_err *err);
int lodge_device_info(int domain_fd, struct lodge_info *info, struct lodge_err *err);
int lodge_device_console(int domain_fd, struct lodge_err *err);
int lodge_device_store(int domain_fd, struct lodge_err *err);
/* The memory of the domain, whole (info->max_pages), or NULL. */
void *lodge_device_map(int domain_fd, const struct lodge_info *info, struct lodge_err *err);

#endif
