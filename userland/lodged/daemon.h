/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is one of: the event loop, the store, the place for files.
 *
 * Who uses whom:
 *	main > {server, store_socket} > {create, destroy, domain} > device >
 *	{runner, ring, nodes, device_nodes, keep, cgroup, kernel} >
 *	{frontend, xenbus, image, vif} > command > {process, journal, log}
 */
#ifndef LODGED_DAEMON_H
#define LODGED_DAEMON_H

#include <event2/event.h>

#include "lodged/store/store.h"

extern struct event_base *daemon_base;
extern struct store *daemon_store;

/* At the beginning of what store_connect() is given: events have come. */
struct store_user {
	void (*kick)(struct store_user *user);
};

/* LODGE_RUN_DIR, unless the environment has LODGED_RUN_DIR (for tests) */
const char *daemon_run_dir(void);

#endif
