// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records: what changed, in the order in which it did.
 *
 * Those of one call make a frame: its length, a checksum, the records.  A
 * frame counts as a whole or not at all.  A record is a type, three numbers
 * and two byte strings with their lengths, whatever it uses of them.
 *
 *	type		numbers				strings
 *	NODE		-				path, perms; then VALUE
 *	VALUE		-				path, value
 *	EDIT		actor, edit type		path, value or perms
 *	INTRODUCE	domid
 *	RELEASE		domid
 *	WATCH		domid, relative, depth		path, token
 *	UNWATCH		domid				path, token
 *	RESET		domid
 *	START, END	domid, transaction
 *	EVENT		domid				message
 *	SENT		domid, bytes
 *	ANSWER		domid				request, reply
 *	ANSWERED	domid
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum record_type {
	RECORD_NODE = 1,
	RECORD_VALUE,
	RECORD_EDIT,
	RECORD_INTRODUCE,
	RECORD_RELEASE,
	RECORD_WATCH,
	RECORD_UNWATCH,
	RECORD_RESET,
	RECORD_START,
	RECORD_END,
	RECORD_EVENT,
	RECORD_SENT,
	RECORD_ANSWER,
	RECORD_ANSWERED,
};

struct frame {
	uint32_t len;
	uint32_t sum;
};

struct record {
	uint32_t type;
	uint32_t a;
	uint32_t b;
	uint32_t c;
	uint32_t len1;
	uint32_t len2;
};

static uint32_t checksum(const char *data, size_t len)
{
	uint32_t sum = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)data[i]) * 16777619u;
	return sum;
}

static void put(struct bytes *to, struct record r, const void *s1, size_t len1,
		const void *s2, size_t len2)
{
	r.len1 = len1;
	r.len2 = len2;
	bytes_add(to, &r, sizeof(r));
	bytes_add(to, s1, len1);
	bytes_add(to, s2, len2);
}

static void add(const struct store *s, struct record r, const void *s1, size_t len1,
		const void *s2, size_t len2)
{
	if (!s->loading && s->record)
		put(&((struct store *)s)->records, r, s1, len1, s2, len2);
}

/* About a connection, unless it ends with this process. */
static void add_conn(const struct store_conn *conn, struct record r, const void *s1, size_t len1,
		     const void *s2, size_t len2)
{
	if (!conn->transient)
		add(conn->store, r, s1, len1, s2, len2);
}

void record_edit(struct store *s, uint32_t domid, const struct edit *e)
{
	add(s, (struct record) { .type = RECORD_EDIT, .a = domid, .b = e->type },
	    e->path, strlen(e->path), e->blob ? e->blob->data : NULL, e->blob ? e->blob->len : 0);
}

void record_introduce(struct store *s, uint32_t domid)
{
	add(s, (struct record) { .type = RECORD_INTRODUCE, .a = domid }, NULL, 0, NULL, 0);
}

void record_release(struct store *s, uint32_t domid)
{
	add(s, (struct record) { .type = RECORD_RELEASE, .a = domid }, NULL, 0, NULL, 0);
}

static struct record watch_record(const struct store_conn *conn, const struct watch *w)
{
	return (struct record) {
		.type = RECORD_WATCH,
		.a = conn->domid,
		.b = w->relative,
		.c = w->depth,
	};
}

void record_watch(const struct store_conn *conn, const struct watch *w)
{
	add_conn(conn, watch_record(conn, w), w->path, strlen(w->path),
	    w->token, strlen(w->token));
}

void record_unwatch(const struct store_conn *conn, const char *path, const char *token)
{
	add_conn(conn, (struct record) { .type = RECORD_UNWATCH, .a = conn->domid },
	    path, strlen(path), token, strlen(token));
}

void record_reset(const struct store_conn *conn)
{
	add_conn(conn, (struct record) { .type = RECORD_RESET, .a = conn->domid },
	    NULL, 0, NULL, 0);
}

void record_transaction(const struct store_conn *conn, uint32_t id, bool start)
{
	add_conn(conn, (struct record) {
		.type = start ? RECORD_START : RECORD_END, .a = conn->domid, .b = id,
	}, NULL, 0, NULL, 0);
}

void record_event(const struct store_conn *conn, const void *msg, size_t len)
{
	add_conn(conn, (struct record) { .type = RECORD_EVENT, .a = conn->domid },
	    msg, len, NULL, 0);
}

void record_sent(const struct store_conn *conn, size_t bytes)
{
	add_conn(conn, (struct record) { .type = RECORD_SENT, .a = conn->domid, .b = bytes },
	    NULL, 0, NULL, 0);
}

void record_answer(const struct store_conn *conn)
{
	add_conn(conn, (struct record) { .type = RECORD_ANSWER, .a = conn->domid },
	    conn->last_request.data, conn->last_request.len,
	    conn->last_reply.data, conn->last_reply.len);
}

void record_answered(const struct store_conn *conn)
{
	add_conn(conn, (struct record) { .type = RECORD_ANSWERED, .a = conn->domid },
	    NULL, 0, NULL, 0);
}

static void flush(struct bytes *records, store_record_fn record, void *arg)
{
	struct frame f = { records->len, checksum(records->data, records->len) };
	struct bytes out = { 0 };

	if (!records->len)
		return;
	bytes_add(&out, &f, sizeof(f));
	bytes_add(&out, records->data, records->len);
	records->len = 0;
	record(arg, out.data, out.len);
	free(out.data);
}

void record_flush(struct store *s)
{
	if (!s->hold && s->record)
		flush(&s->records, s->record, s->record_arg);
}

#define DUMP_PIECE	(64 * 1024)

struct dump {
	struct bytes records;
	store_record_fn record;
	void *arg;
};

static void dump_flush(struct dump *d, size_t limit)
{
	if (d->records.len >= limit)
		flush(&d->records, d->record, d->arg);
}

static void dump_node(struct dump *d, const struct node *n, char *path)
{
	size_t len = strlen(path);

	put(&d->records, (struct record) { .type = RECORD_NODE }, path, len,
	    n->perms->data, n->perms->len);
	put(&d->records, (struct record) { .type = RECORD_VALUE }, path, len,
	    n->value->data, n->value->len);
	dump_flush(d, DUMP_PIECE);

	for (unsigned int i = 0; i < n->n_children; i++) {
		const struct node *child = n->children[i];

		path[len] = '/';
		memcpy(path + len + 1, child->name->data, child->name->len + 1);
		dump_node(d, child, path);
		path[len] = '\0';
	}
}

static void dump_conn(struct dump *d, const struct store_conn *conn)
{
	const struct bytes *e = &conn->events;

	put(&d->records, (struct record) { .type = RECORD_INTRODUCE, .a = conn->domid },
	    NULL, 0, NULL, 0);
	for (size_t i = 0; i < conn->n_watches; i++) {
		const struct watch *w = &conn->watches[i];

		put(&d->records, watch_record(conn, w), w->path, strlen(w->path),
		    w->token, strlen(w->token));
	}
	for (size_t i = 0; i < conn->n_transactions; i++)
		put(&d->records, (struct record) {
			.type = RECORD_START, .a = conn->domid,
			.b = transaction_id(conn->transactions[i]),
		}, NULL, 0, NULL, 0);
	for (size_t pos = 0; pos < e->len;) {
		struct xsd_sockmsg hdr;

		memcpy(&hdr, e->data + pos, sizeof(hdr));
		put(&d->records, (struct record) { .type = RECORD_EVENT, .a = conn->domid },
		    e->data + pos, sizeof(hdr) + hdr.len, NULL, 0);
		pos += sizeof(hdr) + hdr.len;
	}
	if (conn->last_request.len)
		put(&d->records, (struct record) { .type = RECORD_ANSWER, .a = conn->domid },
		    conn->last_request.data, conn->last_request.len,
		    conn->last_reply.data, conn->last_reply.len);
	dump_flush(d, DUMP_PIECE);
}

void store_dump(const struct store *s, store_record_fn record, void *arg)
{
	struct dump d = { .record = record, .arg = arg };
	char path[PATH_SIZE] = "";

	dump_node(&d, s->root, path);
	for (size_t i = 0; i < s->n_conns; i++)
		if (!s->conns[i]->transient)
			dump_conn(&d, s->conns[i]);
	dump_flush(&d, 1);
	free(d.records.data);
}

/* A record while it is being read; s1 and s2 have a NUL behind them. */
struct loaded {
	struct record r;
	char *s1;
	char *s2;
};

static bool good_path(const struct loaded *l, bool special)
{
	struct store_conn root = { .privileged = true };
	char path[PATH_SIZE];

	if (strlen(l->s1) != l->r.len1 || (l->s1[0] != '/' && !special))
		return false;
	return !path_resolve(&root, l->s1, special ? PATH_SPECIAL_OK : 0, path, NULL);
}

static bool good_message(const char *msg, size_t len)
{
	struct xsd_sockmsg hdr;

	if (len < sizeof(hdr) || len > STORE_MESSAGE_MAX)
		return false;
	memcpy(&hdr, msg, sizeof(hdr));
	return hdr.len == len - sizeof(hdr);
}

static bool load_edit(struct store *s, uint32_t actor, enum edit_type type, char *path,
		      const void *data, size_t len)
{
	struct edit e = { .type = type, .path = path, .blob = blob_new(data, len) };
	bool good = type != EDIT_PERMS || (len && len % sizeof(struct perm) == 0);
	struct version v = {
		.store = s,
		.root = s->root,
		.accounts = &s->accounts,
		.domid = actor,
		.privileged = actor == 0,
		.lax = true,
	};
	bool changed;

	if (good)
		good = !version_edit(&v, &e, &changed);
	s->root = v.root;
	blob_put(e.blob);
	return good;
}

static bool load_conn(struct store_conn *conn, const struct loaded *l)
{
	struct transaction *t;

	switch (l->r.type) {
	case RECORD_WATCH:
		if (!good_path(l, true) ||
		    (l->r.b && !(l->r.len1 > path_home_len(conn->domid))))
			return false;
		return !watch_add(conn, l->s1, l->s2, l->r.b, (int)l->r.c);
	case RECORD_UNWATCH:
		return !watch_remove(conn, l->s1, l->s2);
	case RECORD_RESET:
		conn_reset(conn);
		return true;
	case RECORD_START:
		if (!l->r.b || transaction_find(conn, l->r.b))
			return false;
		transaction_doom(transaction_start(conn, l->r.b));
		conn->next_transaction = l->r.b + 1;
		return true;
	case RECORD_END:
		t = transaction_find(conn, l->r.b);
		if (t)
			transaction_end(conn, t, false);
		return t;
	case RECORD_EVENT:
		if (!good_message(l->s1, l->r.len1))
			return false;
		event_queue_raw(conn, l->s1, l->r.len1);
		return true;
	case RECORD_SENT:
		event_drop(conn, l->r.b);
		return true;
	case RECORD_ANSWER:
		if (!good_message(l->s1, l->r.len1) || !good_message(l->s2, l->r.len2))
			return false;
		store_answered(conn);
		bytes_add(&conn->last_request, l->s1, l->r.len1);
		bytes_add(&conn->last_reply, l->s2, l->r.len2);
		return true;
	case RECORD_ANSWERED:
		store_answered(conn);
		return true;
	}
	return false;
}

static bool load_record(struct store *s, struct loaded *l)
{
	struct store_conn *conn;

	switch (l->r.type) {
	case RECORD_NODE:
		if (!l->r.len1)
			return load_edit(s, 0, EDIT_PERMS, "/", l->s2, l->r.len2);
		return good_path(l, false) && load_edit(s, 0, EDIT_MKDIR, l->s1, NULL, 0) &&
			load_edit(s, 0, EDIT_PERMS, l->s1, l->s2, l->r.len2);
	case RECORD_VALUE:
		if (!l->r.len1)
			return load_edit(s, 0, EDIT_WRITE, "/", l->s2, l->r.len2);
		return good_path(l, false) &&
			load_edit(s, 0, EDIT_WRITE, l->s1, l->s2, l->r.len2);
	case RECORD_EDIT:
		return good_path(l, false) &&
			load_edit(s, l->r.a, l->r.b, l->s1, l->s2, l->r.len2);
	case RECORD_INTRODUCE:
		conn_find_or_add(s, l->r.a, NULL);
		return true;
	}

	conn = store_find(s, l->r.a);
	if (!conn)
		return false;
	if (l->r.type == RECORD_RELEASE) {
		if (conn->privileged)
			return false;
		store_disown(s, conn->domid);
		conn_remove(conn);
		return true;
	}
	return load_conn(conn, l);
}

static bool load_frame(struct store *s, const char *data, size_t len)
{
	while (len) {
		struct loaded l;
		bool good;

		if (len < sizeof(l.r))
			return false;
		memcpy(&l.r, data, sizeof(l.r));
		data += sizeof(l.r);
		len -= sizeof(l.r);
		if (l.r.len1 > len || l.r.len2 > len - l.r.len1)
			return false;
		l.s1 = store_alloc(l.r.len1 + 1);
		l.s2 = store_alloc(l.r.len2 + 1);
		memcpy(l.s1, data, l.r.len1);
		memcpy(l.s2, data + l.r.len1, l.r.len2);
		l.s1[l.r.len1] = '\0';
		l.s2[l.r.len2] = '\0';
		data += l.r.len1 + l.r.len2;
		len -= l.r.len1 + l.r.len2;
		good = load_record(s, &l);
		free(l.s1);
		free(l.s2);
		if (!good)
			return false;
	}
	return true;
}

size_t store_load(struct store *s, const void *data, size_t len)
{
	size_t pos = 0;

	s->loading = true;
	while (len - pos >= sizeof(struct frame)) {
		const char *body = (const char *)data + pos + sizeof(struct frame);
		struct frame f;

		memcpy(&f, (const char *)data + pos, sizeof(f));
		if (f.len > len - pos - sizeof(f) || checksum(body, f.len) != f.sum)
			break;
		if (!load_frame(s, body, f.len))
			break;
		pos += sizeof(f) + f.len;
	}
	s->loading = false;
	return pos;
}
