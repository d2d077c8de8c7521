// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <lodge/device.h>

#include "lodged/daemon.h"
#include "lodged/log.h"
#include "lodged/ring.h"

/* One ring has so many requests dealt with before the others have their turn. */
#define TURN	16
/* Sent at once at most. */
#define BATCH	(32 * 1024)

struct ring {
	uint32_t domid;
	int fd;
	struct event *event;
	short waiting;		/* for EV_READ or EV_WRITE */
	size_t reply_len;	/* not yet sent; 0: no request is in hand */
	char reply[STORE_MESSAGE_MAX];
};

enum result { DONE, FULL, BROKEN };

static enum result send_messages(struct ring *r, const void *buf, size_t len, bool consume)
{
	struct lodge_store_reply arg = {
		.buf = (uintptr_t)buf,
		.len = len,
		.flags = consume ? LODGE_STORE_CONSUME : 0,
	};

	while (ioctl(r->fd, LODGE_IOC_STORE_REPLY, &arg)) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return FULL;
		if (errno != EPIPE)
			log_error("domain %u: store ring: %m", r->domid);
		return BROKEN;
	}
	return DONE;
}

static enum result send_reply(struct ring *r, struct store_conn *conn)
{
	char buf[BATCH];
	size_t events;
	enum result result;

	memcpy(buf, r->reply, r->reply_len);
	events = store_events(conn, buf + r->reply_len, sizeof(buf) - r->reply_len);
	result = send_messages(r, buf, r->reply_len + events, true);
	if (result != DONE)
		return result;
	r->reply_len = 0;
	store_answered(conn);
	store_sent(conn, events);
	return DONE;
}

static enum result send_events(struct ring *r, struct store_conn *conn)
{
	while (store_has_events(conn)) {
		char buf[BATCH];
		size_t len = store_events(conn, buf, sizeof(buf));
		enum result result = send_messages(r, buf, len, false);

		if (result != DONE)
			return result;
		store_sent(conn, len);
	}
	return DONE;
}

/* False if there is no request. */
static bool take_request(struct ring *r, struct store_conn *conn, enum result *result)
{
	char buf[STORE_MESSAGE_MAX];
	struct xsd_sockmsg msg;
	ssize_t n = read(r->fd, buf, sizeof(buf));

	*result = DONE;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	*result = BROKEN;
	if (n <= 0)
		return false;	/* the domain is gone, or broke the protocol */
	memcpy(&msg, buf, sizeof(msg));
	if (n < (ssize_t)sizeof(msg) || msg.len != n - sizeof(msg)) {
		log_error("domain %u: %zd bytes that are no request", r->domid, n);
		return false;
	}
	r->reply_len = store_message(conn, &msg, buf + sizeof(msg), r->reply);
	*result = DONE;
	return true;
}

static enum result step(struct ring *r, struct store_conn *conn)
{
	enum result result;

	if (r->reply_len) {
		result = send_reply(r, conn);
		if (result != DONE)
			return result;
	}
	for (int i = 0; i < TURN; i++) {
		/* what happened before the request is told before its reply */
		result = send_events(r, conn);
		if (result != DONE || !take_request(r, conn, &result))
			return result;
		result = send_reply(r, conn);
		if (result != DONE)
			return result;
	}
	return send_events(r, conn);
}

static void wait_for(struct ring *r, short what);

static void ready(evutil_socket_t fd, short what, void *arg)
{
	struct ring *r = arg;
	struct store_conn *conn = store_find(daemon_store, r->domid);
	enum result result = conn ? step(r, conn) : BROKEN;

	(void)fd;
	(void)what;
	if (result == BROKEN) {
		/* keep the descriptor: it is all that can be done until the domain goes */
		log_debug("domain %u: store ring: closed", r->domid);
		event_del(r->event);
		return;
	}
	wait_for(r, result == FULL ? EV_WRITE : EV_READ);
}

static void wait_for(struct ring *r, short what)
{
	if (r->waiting == what)
		return;
	if (r->event)
		event_free(r->event);
	r->event = event_new(daemon_base, r->fd, what | EV_PERSIST, ready, r);
	event_add(r->event, NULL);
	r->waiting = what;
}

struct ring *ring_open(uint32_t domid, int fd)
{
	struct ring *r = calloc(1, sizeof(*r));

	if (!r || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)) {
		free(r);
		close(fd);
		return NULL;
	}
	r->domid = domid;
	r->fd = fd;
	wait_for(r, EV_READ);
	event_active(r->event, EV_READ, 0);
	return r;
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	event_free(r->event);
	close(r->fd);
	free(r);
}

void ring_kick(struct ring *r)
{
	if (r && event_initialized(r->event))
		event_active(r->event, EV_READ, 0);
}
