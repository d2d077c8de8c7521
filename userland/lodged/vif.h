/* SPDX-License-Identifier: GPL-2.0-only */
/* What is done in the host with the interface that is a domain's other end. */
#ifndef LODGED_VIF_H
#define LODGED_VIF_H

#include "lodged/command.h"

/*
 * Without a script: up, and a port of @bridge unless that is NULL.  Other bridges
 * than Linux' own need a script.
 */
int vif_join(const char *ifname, const char *bridge, struct lodge_err *err);

/*
 * Run @script ("online", "offline") with what Xen's hotplug scripts expect: arguments
 * "online type_if=vif", environment vif, script, XENBUS_PATH, XENBUS_TYPE,
 * XENBUS_BASE_PATH.  A relative path is below /etc/xen/scripts.
 */
struct command *vif_script(const char *script, const char *action, const char *ifname,
			   unsigned int domid, unsigned int id, command_done_fn fn, void *arg,
			   struct lodge_err *err);

#endif
