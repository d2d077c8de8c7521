/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend offers in the store, and what a frontend answers there: Xen's
 * xen/io/blkif.h and xen/io/netif.h.
 *
 * Nothing in a frontend's directory is trusted: a value is a plain decimal number
 * within what was offered, or the frontend is refused.  That references and ports
 * are good is for the kernel to find out.
 */
#ifndef LODGED_FRONTEND_H
#define LODGED_FRONTEND_H

#include "control/devices.h"

/* The value of a node of the frontend, NUL-terminated, or NULL; valid until the next call. */
typedef const char *(*frontend_read_fn)(void *arg, const char *name);

/* -1 and a sentence if it is not to be connected. */
int frontend_read(const struct lodge_dev *dev, frontend_read_fn read, void *arg,
		  struct lodge_frontend *fe, struct lodge_err *err);

/* Called with each node that the backend is to have; @value NULL: is not to have. */
typedef void (*backend_node_fn)(void *arg, const char *name, const char *value);

/* For a frontend that is to come: with state InitWait. */
void backend_offer(const struct lodge_dev *dev, bool no_discard, backend_node_fn put, void *arg);
/* For one that is there: with state Connected, and when the size has changed. */
void backend_publish(const struct lodge_dev *dev, bool no_discard, backend_node_fn put,
		     void *arg);

#endif
