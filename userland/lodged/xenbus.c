// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "lodged/xenbus.h"

static unsigned int become(struct xenbus *x, enum xenbus_state state)
{
	if (x->state == state)
		return 0;
	x->state = state;
	return XENBUS_TELL;
}

static unsigned int disconnect(struct xenbus *x)
{
	unsigned int todo = x->connected ? XENBUS_DISCONNECT : 0;

	x->connected = false;
	return todo;
}

/* A frontend at its very beginning: whatever was before is over. */
static unsigned int begin(struct xenbus *x)
{
	unsigned int todo = disconnect(x);

	if (x->leaving)
		return todo | become(x, XenbusStateClosed) | XENBUS_REMOVE;
	if (x->state == XenbusStateInitWait)
		return todo;
	return todo | XENBUS_OFFER | become(x, XenbusStateInitWait);
}

/* Its rings are there.  Only who has waited for InitWait can have them right. */
static unsigned int try_to_connect(struct xenbus *x)
{
	if (x->state != XenbusStateInitWait || x->connected)
		return 0;
	return XENBUS_CONNECT;
}

static unsigned int closing(struct xenbus *x)
{
	unsigned int todo = disconnect(x);

	/* after Closed it has to begin anew */
	if (x->state == XenbusStateClosed)
		return todo;
	return todo | become(x, XenbusStateClosing);
}

static unsigned int closed(struct xenbus *x)
{
	unsigned int todo = disconnect(x);

	todo |= become(x, XenbusStateClosed);
	return x->leaving ? todo | XENBUS_REMOVE : todo;
}

unsigned int xenbus_start(struct xenbus *x)
{
	return XENBUS_OFFER | become(x, XenbusStateInitWait);
}

unsigned int xenbus_frontend(struct xenbus *x, enum xenbus_state fe)
{
	switch (fe) {
	case XenbusStateInitialising:
		return begin(x);
	case XenbusStateInitWait:
		/* of no driver that has a backend here: nothing follows from it */
		return 0;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		return try_to_connect(x);
	case XenbusStateClosing:
		return closing(x);
	case XenbusStateClosed:
	case XenbusStateUnknown:
		return closed(x);
	case XenbusStateReconfiguring:
	case XenbusStateReconfigured:
		return 0;
	}
	return 0;
}

unsigned int xenbus_connected(struct xenbus *x, bool good)
{
	x->connected = good;
	if (!good)
		return become(x, XenbusStateClosing);
	return XENBUS_PUBLISH | become(x, XenbusStateConnected);
}

unsigned int xenbus_broken(struct xenbus *x)
{
	if (!x->connected)
		return 0;
	x->connected = false;
	return become(x, XenbusStateClosing);
}

unsigned int xenbus_leave(struct xenbus *x, enum xenbus_state fe, bool force)
{
	unsigned int todo;

	if (x->leaving && !force)
		return 0;
	x->leaving = true;
	/* without a driver there is nobody who would answer */
	if (force || (!x->connected && (fe == XenbusStateUnknown || fe == XenbusStateInitialising ||
					fe == XenbusStateClosed)))
		return xenbus_late(x);
	todo = become(x, XenbusStateClosing);
	return todo | XENBUS_WAIT;
}

unsigned int xenbus_late(struct xenbus *x)
{
	if (!x->leaving)
		return 0;
	return disconnect(x) | become(x, XenbusStateClosed) | XENBUS_REMOVE;
}

enum xenbus_state xenbus_parse(const char *text)
{
	if (!text || text[0] < '0' || text[0] > '8' || text[1])
		return XenbusStateUnknown;
	return text[0] - '0';
}
