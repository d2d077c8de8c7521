// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "internal.h"

const char *watch_path(const struct store_conn *conn, const struct watch *w, const char *path)
{
	return w->relative ? path + path_home_len(conn->domid) : path;
}

/* Who may read a node or its parent hears of it. */
static bool may_see(const struct version *v, const struct store_conn *conn,
		    const struct node *node, const struct node *parent,
		    const struct blob *old_perms)
{
	struct version as = *v;

	as.domid = conn->domid;
	as.privileged = conn->privileged;
	as.lax = false;
	if (old_perms) {
		struct node old = { .perms = (struct blob *)old_perms };

		if (version_rights(&as, &old) & PERM_READ)
			return true;
	}
	if (node && (version_rights(&as, node) & PERM_READ))
		return true;
	return parent && (version_rights(&as, parent) & PERM_READ);
}

void watch_fire(struct version *v, const char *path, const struct node *node,
		const struct node *parent, bool exact, const struct blob *old_perms)
{
	struct fired *f = v->fired;

	for (size_t c = 0; c < v->store->n_conns; c++) {
		struct store_conn *conn = v->store->conns[c];
		bool checked = false;

		for (size_t i = 0; i < conn->n_watches; i++) {
			const struct watch *w = &conn->watches[i];
			int depth;

			if (exact) {
				if (strcmp(path, w->path))
					continue;
			} else {
				if (!path_below(path, w->path, &depth))
					continue;
				if (w->depth >= 0 && depth > w->depth)
					continue;
			}
			if (!checked && !may_see(v, conn, node, parent, old_perms))
				break;
			checked = true;
			f->v = store_realloc(f->v, (f->n + 1) * sizeof(*f->v));
			f->v[f->n++] = (struct fired_event) { conn, store_strdup(path), w };
		}
	}
}

void watch_fire_special(struct store *s, const char *name)
{
	for (size_t c = 0; c < s->n_conns; c++) {
		struct store_conn *conn = s->conns[c];

		if (!conn->privileged)
			continue;
		for (size_t i = 0; i < conn->n_watches; i++)
			if (!strcmp(conn->watches[i].path, name))
				event_queue(conn, name, conn->watches[i].token);
	}
}

void fired_deliver(struct fired *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct fired_event *e = &f->v[i];

		event_queue(e->conn, watch_path(e->conn, e->watch, e->path), e->watch->token);
	}
	fired_drop(f);
}

void fired_drop(struct fired *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].path);
	free(f->v);
	*f = (struct fired) { 0 };
}

static struct watch *find(struct store_conn *conn, const char *path, const char *token)
{
	for (size_t i = 0; i < conn->n_watches; i++)
		if (!strcmp(conn->watches[i].path, path) && !strcmp(conn->watches[i].token, token))
			return &conn->watches[i];
	return NULL;
}

int watch_add(struct store_conn *conn, const char *path, const char *token,
	      bool relative, int depth)
{
	struct watch *w;

	if (find(conn, path, token))
		return -EEXIST;
	if (!conn->privileged && conn->n_watches >= STORE_QUOTA_WATCHES)
		return -E2BIG;
	conn->watches = store_realloc(conn->watches,
				      (conn->n_watches + 1) * sizeof(*conn->watches));
	w = &conn->watches[conn->n_watches++];
	*w = (struct watch) {
		.path = store_strdup(path),
		.token = store_strdup(token),
		.relative = relative,
		.depth = depth,
	};
	record_watch(conn, w);
	return 0;
}

static void release(struct watch *w)
{
	free(w->path);
	free(w->token);
}

int watch_remove(struct store_conn *conn, const char *path, const char *token)
{
	struct watch *w = find(conn, path, token);

	if (!w)
		return -ENOENT;
	record_unwatch(conn, path, token);
	release(w);
	conn->n_watches--;
	memmove(w, w + 1, (conn->watches + conn->n_watches - w) * sizeof(*w));
	return 0;
}

void watch_remove_all(struct store_conn *conn)
{
	while (conn->n_watches)
		release(&conn->watches[--conn->n_watches]);
	free(conn->watches);
	conn->watches = NULL;
}

static size_t message_size(const char *msg)
{
	struct xsd_sockmsg hdr;

	memcpy(&hdr, msg, sizeof(hdr));
	return sizeof(hdr) + hdr.len;
}

static bool is_queued(const struct store_conn *conn, const char *msg, size_t len)
{
	for (size_t pos = 0; pos < conn->events.len;) {
		size_t size = message_size(conn->events.data + pos);

		if (size == len && !memcmp(conn->events.data + pos, msg, len))
			return true;
		pos += size;
	}
	return false;
}

/*
 * A client that does not read its events loses none that differ from those
 * that wait, up to the quota; beyond that it is on its own.
 */
void event_queue(struct store_conn *conn, const char *path, const char *token)
{
	char msg[STORE_MESSAGE_MAX];
	size_t path_size = strlen(path) + 1;
	size_t token_size = strlen(token) + 1;
	struct xsd_sockmsg hdr = {
		.type = XS_WATCH_EVENT,
		.len = path_size + token_size,
	};
	size_t len = sizeof(hdr) + hdr.len;

	if (len > sizeof(msg))
		return;
	memcpy(msg, &hdr, sizeof(hdr));
	memcpy(msg + sizeof(hdr), path, path_size);
	memcpy(msg + sizeof(hdr) + path_size, token, token_size);

	if (!path_is_special(path) && is_queued(conn, msg, len))
		return;
	if (conn->events.len + len > (conn->transient ? STORE_TRANSIENT_EVENTS :
				      conn->privileged ? SIZE_MAX : STORE_QUOTA_EVENTS)) {
		conn->dropped_events = true;
		return;
	}
	record_event(conn, msg, len);
	event_queue_raw(conn, msg, len);
}

void event_queue_raw(struct store_conn *conn, const void *msg, size_t len)
{
	bool first = !conn->events.len;

	bytes_add(&conn->events, msg, len);
	if (first && conn->store->notify && !conn->store->loading)
		conn->store->notify(conn->store->notify_arg, conn);
}

void event_drop(struct store_conn *conn, size_t bytes)
{
	struct bytes *e = &conn->events;

	if (bytes < e->len) {
		e->len -= bytes;
		memmove(e->data, e->data + bytes, e->len);
		return;
	}
	free(e->data);
	*e = (struct bytes) { 0 };
}

bool store_lost_events(const struct store_conn *conn)
{
	return conn->dropped_events;
}

bool store_has_events(const struct store_conn *conn)
{
	return conn->events.len;
}

size_t store_events(const struct store_conn *conn, void *buf, size_t size)
{
	const struct bytes *e = &conn->events;
	size_t len = 0;

	while (len < e->len) {
		size_t next = message_size(e->data + len);

		if (len + next > size)
			break;
		len += next;
	}
	if (len)
		memcpy(buf, e->data, len);
	return len;
}

void store_sent(struct store_conn *conn, size_t bytes)
{
	if (!bytes)
		return;
	record_sent(conn, bytes);
	event_drop(conn, bytes);
	record_flush(conn->store);
}
