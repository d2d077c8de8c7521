// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "lodged/daemon.h"
#include "lodged/log.h"
#include "lodged/store_socket.h"

/* While so much waits to be read by a tool, its requests wait, too. */
#define BACKLOG		(256 * 1024)

struct tool {
	struct store_user user;
	struct store_conn *conn;
	struct bufferevent *be;
	struct event *kick;
	struct tool *next;
};

static struct tool *tools;
static struct event *listen_event;
static int listen_fd = -1;
static char socket_path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

const char *store_socket_path(void)
{
	return socket_path;
}

static void close_tool(struct tool *t)
{
	struct tool **p = &tools;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	store_disconnect(t->conn);
	event_free(t->kick);
	bufferevent_free(t->be);
	free(t);
}

static size_t backlog(const struct tool *t)
{
	return evbuffer_get_length(bufferevent_get_output(t->be));
}

static void send_events(struct tool *t)
{
	char buf[32 * 1024];

	while (store_has_events(t->conn) && backlog(t) < BACKLOG) {
		size_t len = store_events(t->conn, buf, sizeof(buf));

		bufferevent_write(t->be, buf, len);
		store_sent(t->conn, len);
	}
}

/* False if no whole message has come, or it was none and the tool is gone. */
static bool serve_one(struct tool *t)
{
	struct evbuffer *in = bufferevent_get_input(t->be);
	char payload[XENSTORE_PAYLOAD_MAX], reply[STORE_MESSAGE_MAX];
	struct xsd_sockmsg msg;
	size_t len;

	if (evbuffer_copyout(in, &msg, sizeof(msg)) < (ssize_t)sizeof(msg))
		return false;
	if (msg.len > sizeof(payload)) {
		/* there is no telling where the next one begins */
		close_tool(t);
		return false;
	}
	if (evbuffer_get_length(in) < sizeof(msg) + msg.len)
		return false;
	evbuffer_drain(in, sizeof(msg));
	evbuffer_remove(in, payload, msg.len);
	/* what happened before the request is told before its reply */
	send_events(t);
	len = store_message(t->conn, &msg, payload, reply);
	bufferevent_write(t->be, reply, len);
	return true;
}

static void serve(struct tool *t)
{
	if (store_lost_events(t->conn)) {
		log_warning("a tool has not read its watch events and is disconnected");
		close_tool(t);
		return;
	}
	send_events(t);
	while (backlog(t) < BACKLOG)
		if (!serve_one(t))
			return;
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	serve(arg);
}

/* More to read, or room for more to write. */
static void on_data(struct bufferevent *be, void *arg)
{
	(void)be;
	serve(arg);
}

static void on_event(struct bufferevent *be, short what, void *arg)
{
	(void)be;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		close_tool(arg);
}

static void kick(struct store_user *user)
{
	struct tool *t = (struct tool *)user;

	/* the store is in the middle of something: not now */
	event_active(t->kick, EV_TIMEOUT, 0);
}

static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	int s = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct tool *t;

	(void)what;
	(void)arg;
	if (s < 0)
		return;
	t = calloc(1, sizeof(*t));
	if (t)
		t->be = bufferevent_socket_new(daemon_base, s, BEV_OPT_CLOSE_ON_FREE);
	if (!t || !t->be) {
		free(t);
		close(s);
		return;
	}
	t->user.kick = kick;
	t->conn = store_connect(daemon_store, &t->user);
	t->kick = event_new(daemon_base, -1, 0, on_kick, t);
	t->next = tools;
	tools = t;
	bufferevent_setcb(t->be, on_data, on_data, on_event, t);
	bufferevent_setwatermark(t->be, EV_READ, 0, 2 * STORE_MESSAGE_MAX);
	bufferevent_enable(t->be, EV_READ | EV_WRITE);
}

/* Somebody else's xenstored must not lose its socket to us. */
static bool is_in_use(const struct sockaddr_un *addr)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool used = s >= 0 && !connect(s, (const struct sockaddr *)addr, sizeof(*addr));

	if (s >= 0)
		close(s);
	return used;
}

/* False and errno. */
static bool listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[sizeof(addr.sun_path)];
	mode_t mask;
	int error;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(addr.sun_path, path);
	strcpy(dir, path);
	if (strrchr(dir, '/')) {
		*strrchr(dir, '/') = '\0';
		if (*dir && mkdir(dir, 0755) && errno != EEXIST)
			return false;
	}
	if (is_in_use(&addr)) {
		errno = EADDRINUSE;
		return false;
	}
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listen_fd < 0)
		return false;
	unlink(path);
	mask = umask(0177);
	error = bind(listen_fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (error || listen(listen_fd, 64))
		return false;
	strcpy(socket_path, path);
	return true;
}

void store_socket_init(void)
{
	const char *path = getenv(STORE_SOCKET_ENV);
	char own[4096];

	if (!path && getenv("LODGED_RUN_DIR")) {
		/* one for tests: everything of it in its own directory */
		snprintf(own, sizeof(own), "%s/xenstored.sock", daemon_run_dir());
		path = own;
	}
	if (!path)
		path = STORE_SOCKET;
	if (!*path)
		return;
	if (!listen_at(path)) {
		log_warning("%s: %m; tools of the host cannot reach the store", path);
		if (listen_fd >= 0)
			close(listen_fd);
		listen_fd = -1;
		return;
	}
	listen_event = event_new(daemon_base, listen_fd, EV_READ | EV_PERSIST, on_connect, NULL);
	event_add(listen_event, NULL);
}

void store_socket_exit(void)
{
	while (tools)
		close_tool(tools);
	if (listen_event)
		event_free(listen_event);
	if (listen_fd >= 0)
		close(listen_fd);
	if (*socket_path)
		unlink(socket_path);
	*socket_path = '\0';
}
