// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's end of a ring against a made-up store descriptor, which takes
 * replies only when it is told to, and keeps a request until it is consumed.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <lodge/device.h>

static ssize_t mock_read(int fd, void *buf, size_t size);
static int mock_ioctl(int fd, unsigned long request, struct lodge_store_reply *arg);

#define read mock_read
#define ioctl mock_ioctl
#include "lodged/ring.c"
#undef read
#undef ioctl

#define send store_send
#include "store_harness.h"

struct event_base *daemon_base;
struct store *daemon_store;

/* An event loop of one event: ready for writing unless full, for reading if there is a request. */
struct event {
	short what;
	bool added;
	bool active;
	event_callback_fn fn;
	void *arg;
};

static struct event *the_event;

struct event *event_new(struct event_base *base, evutil_socket_t fd, short what,
			event_callback_fn fn, void *arg)
{
	struct event *e = calloc(1, sizeof(*e));

	(void)base;
	(void)fd;
	*e = (struct event) { .what = what, .fn = fn, .arg = arg };
	the_event = e;
	return e;
}

int event_add(struct event *e, const struct timeval *tv)
{
	(void)tv;
	e->added = true;
	return 0;
}

int event_del(struct event *e)
{
	e->added = false;
	return 0;
}

void event_free(struct event *e)
{
	if (the_event == e)
		the_event = NULL;
	free(e);
}

void event_active(struct event *e, int what, short ncalls)
{
	(void)what;
	(void)ncalls;
	e->active = true;
}

int event_initialized(const struct event *e)
{
	return e != NULL;
}

void log_line(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

#define MAX_REQUESTS	64

static struct {
	int fd;
	char request[MAX_REQUESTS][STORE_MESSAGE_MAX];
	size_t len[MAX_REQUESTS];
	unsigned int first, count;
	bool full;
	bool gone;
	char sent[1024 * 1024];
	size_t sent_len;
	unsigned int consumed;
} mock;

static ssize_t mock_read(int fd, void *buf, size_t size)
{
	if (fd != mock.fd)
		return -1;
	if (mock.gone)
		return 0;
	if (mock.first == mock.count) {
		errno = EAGAIN;
		return -1;
	}
	if (mock.len[mock.first] > size)
		abort();
	memcpy(buf, mock.request[mock.first], mock.len[mock.first]);
	return mock.len[mock.first];
}

static int mock_ioctl(int fd, unsigned long request, struct lodge_store_reply *arg)
{
	if (fd != mock.fd || request != LODGE_IOC_STORE_REPLY)
		abort();
	if (mock.gone) {
		errno = EPIPE;
		return -1;
	}
	if (mock.full) {
		errno = EAGAIN;
		return -1;
	}
	if (arg->flags & LODGE_STORE_CONSUME) {
		if (mock.first == mock.count)
			abort();
		mock.first++;
		mock.consumed++;
	}
	if (arg->len > 65536 || mock.sent_len + arg->len > sizeof(mock.sent))
		abort();
	memcpy(mock.sent + mock.sent_len, (void *)(uintptr_t)arg->buf, arg->len);
	mock.sent_len += arg->len;
	return 0;
}

static void request(uint32_t type, uint32_t req_id, const char *text)
{
	struct xsd_sockmsg hdr = { type, req_id, 0, strlen(text) };
	char *p = mock.request[mock.count];

	memcpy(p, &hdr, sizeof(hdr));
	for (size_t i = 0; i < hdr.len; i++)
		p[sizeof(hdr) + i] = text[i] == '|' ? '\0' : text[i];
	mock.len[mock.count++] = sizeof(hdr) + hdr.len;
}

static void spin(void)
{
	for (int i = 0; i < 10 && the_event; i++) {
		struct event *e = the_event;
		bool readable = mock.gone || mock.first < mock.count;
		bool writable = mock.gone || !mock.full;
		bool ready_now = e->added && (((e->what & EV_READ) && readable) ||
					      ((e->what & EV_WRITE) && writable));

		if (!e->active && !ready_now)
			continue;
		e->active = false;
		e->fn(mock.fd, e->what, e->arg);
	}
}

/* "type:id:payload " for each message that was sent */
static const char *sent(void)
{
	static char text[sizeof(mock.sent) * 2];
	size_t used = 0;

	for (size_t pos = 0; pos < mock.sent_len;) {
		struct xsd_sockmsg hdr;

		memcpy(&hdr, mock.sent + pos, sizeof(hdr));
		used += sprintf(text + used, "%u:%u:", hdr.type, hdr.req_id);
		for (size_t i = 0; i < hdr.len; i++)
			text[used++] = mock.sent[pos + sizeof(hdr) + i] ? : '|';
		text[used++] = ' ';
		pos += sizeof(hdr) + hdr.len;
	}
	text[used] = '\0';
	mock.sent_len = 0;
	return text;
}

static struct ring *ring;

static void notify(void *arg, struct store_conn *conn)
{
	(void)arg;
	if (store_conn_domid(conn) == 1)
		ring_kick(ring);
}

int main(void)
{
	struct journal journal = { 0 };
	struct store *again;

	daemon_store = store_new(1, journal_record, &journal);
	store_set_notify(daemon_store, notify, NULL);
	add_domain(daemon_store, 1);
	mock.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	ring = ring_open(1, mock.fd);

	request(XS_READ, 1, "domid|");
	request(XS_READ, 1, "domid");
	spin();
	expect(sent(), "2:1:1 16:1:EINVAL| ", "requests are answered in order");
	check(mock.consumed == 2, "and consumed");

	request(XS_WATCH, 2, "data|tok|");
	request(XS_WRITE, 3, "data/x|1");
	ring_kick(ring);
	spin();
	expect(sent(), "4:2:OK| 15:0:data|tok| 11:3:OK| 15:0:data/x|tok| ",
	       "events follow their request's reply");

	store_write(daemon_store, "/local/domain/1/data/x", "2", 1);
	spin();
	expect(sent(), "15:0:data/x|tok| ", "an event by others goes out by itself");

	mock.full = true;
	request(XS_READ, 4, "data/x|");
	request(XS_READ, 5, "data/x|");
	ring_kick(ring);
	spin();
	expect(sent(), "", "nothing goes out while the queue is full");
	store_write(daemon_store, "/local/domain/1/data/x", "3", 1);
	spin();
	mock.full = false;
	spin();
	expect(sent(), "2:4:2 15:0:data/x|tok| 2:5:3 ", "then what waited, in order");

	/* killed with the reply to a commit not yet sent */
	mock.full = true;
	request(XS_TRANSACTION_START, 6, "|");
	ring_kick(ring);
	spin();
	ring_close(ring);
	ring = NULL;
	mock.full = false;
	mock.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	again = store_new(2, NULL, NULL);
	check(store_load(again, journal.data, journal.len) == journal.len, "the journal is good");
	store_free(daemon_store);
	daemon_store = again;
	ring = ring_open(1, mock.fd);
	spin();
	expect(sent(), "6:6:1| ", "a successor sends the reply that was recorded");

	mock.gone = true;
	ring_kick(ring);
	spin();
	check(!*sent(), "a domain that is gone is left alone");
	ring_close(ring);
	store_free(daemon_store);
	free(journal.data);
	return tap_end();
}
