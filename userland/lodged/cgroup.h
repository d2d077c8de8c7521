/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cgroup (version 2) per domain, where the system lets us have one:
 * lodge/<domid> below the root of the hierarchy, or below lodged's own cgroup.
 * Its runner lives there, and the domain's memory is charged to it.  Where it
 * cannot be had, domains live in the cgroup of lodged.
 */
#ifndef LODGED_CGROUP_H
#define LODGED_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Called once; finds out where. */
void cgroup_init(void);
/* The cgroup.procs of a cgroup for @domid, to be freed; NULL: there is none. */
char *cgroup_make(uint32_t domid);
/*
 * Share of the CPUs, and percent of one that all its vcpus may use at most (0: no
 * limit), in the units of Xen's credit scheduler; see sched.c.
 */
int cgroup_set_cpu(uint32_t domid, unsigned int weight, unsigned int cap, struct lodge_err *err);
int cgroup_get_cpu(uint32_t domid, unsigned int *weight, unsigned int *cap,
		   struct lodge_err *err);
/* False if it is still in use. */
bool cgroup_remove(uint32_t domid);

#endif
