/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handshake of a split driver, seen from the backend: Xen's xen/io/xenbus.h.
 *
 * Nothing but the machine: what has happened goes in, what is to be done comes
 * out.  A frontend may write any state at any time; none of the outcomes is wrong,
 * and in each the kernel serves a frontend only in the state Connected.
 *
 *	      Initialising        rings published          good
 *	Closed ----------> InitWait ------------> (connect) ----> Connected
 *	  ^  ^                 |                     | bad            |
 *	  |  '-----------------+---------- Closing <-'----------------'
 *	  |    frontend closed             ^  frontend closing, or it broke the
 *	  '-- frontend closed or vanished -'  protocol, or the host takes it away
 */
#ifndef LODGED_XENBUS_H
#define LODGED_XENBUS_H

#include <stdbool.h>

#include <xen/io/xenbus.h>

/**
 * struct xenbus - one device
 * @state: of the backend, as the store is to have it
 * @connected: the kernel serves a frontend
 * @leaving: the host takes it away; ends with XENBUS_REMOVE
 */
struct xenbus {
	enum xenbus_state state;
	bool connected;
	bool leaving;
};

/* What is to be done, in this order. */
#define XENBUS_DISCONNECT	1u	/* have the kernel let go of the frontend */
#define XENBUS_OFFER		2u	/* write what a new frontend is to read */
#define XENBUS_CONNECT		4u	/* read the frontend, connect it, call xenbus_connected() */
#define XENBUS_PUBLISH		8u	/* write what a connected frontend is to read */
#define XENBUS_TELL		16u	/* write the state */
#define XENBUS_WAIT		32u	/* call xenbus_late() after some time */
#define XENBUS_REMOVE		64u	/* the last one: nothing of it is to stay */

/* The backend is ready for its first frontend. */
unsigned int xenbus_start(struct xenbus *x);
/* The state of the frontend is @fe, or XenbusStateUnknown if there is none. */
unsigned int xenbus_frontend(struct xenbus *x, enum xenbus_state fe);
/* What came of XENBUS_CONNECT. */
unsigned int xenbus_connected(struct xenbus *x, bool good);
/* The kernel has disconnected the frontend, which broke the protocol. */
unsigned int xenbus_broken(struct xenbus *x);
/* The host wants it to go; @fe as in xenbus_frontend(). @force: at once. */
unsigned int xenbus_leave(struct xenbus *x, enum xenbus_state fe, bool force);
/* The frontend has had its time. */
unsigned int xenbus_late(struct xenbus *x);

/* The state that @text names, XenbusStateUnknown if it is none. */
enum xenbus_state xenbus_parse(const char *text);

#endif
