/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tool stack writes into the store about a domain: where, with which
 * permissions, as Xen's does (a guest finds what it would find there).
 */
#ifndef LODGED_NODES_H
#define LODGED_NODES_H

#include "config/config.h"
#include "control/control.h"

/* Domain 0 and the daemon's own. */
void nodes_init(void);
/* A domain that has just come to be; @config NULL: made by others. */
void nodes_create(const struct lodge_domain *d, const struct lodge_config *config);
/* Its start of day has been loaded. */
void nodes_ready(const struct lodge_domain *d, uint32_t store_port, uint32_t console_port);
void nodes_rename(uint32_t domid, const uint8_t uuid[16], const char *name);
/* "poweroff", "reboot": the guest has a watch there. */
void nodes_shutdown(uint32_t domid, const char *how);
/* How many of its vcpus the guest shall have up: it has a watch there. */
void nodes_vcpus(uint32_t domid, unsigned int max, unsigned int online);
void nodes_remove(uint32_t domid, const uint8_t uuid[16]);
/* Do nodes and connection of this id belong to a domain with this uuid? */
bool nodes_match(uint32_t domid, const uint8_t uuid[16]);
/* Remove what is of no domain. */
void nodes_remove_stale(uint32_t domid);

#endif
