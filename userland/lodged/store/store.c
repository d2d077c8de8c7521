// SPDX-License-Identifier: GPL-2.0-only
/* Stores and connections; the tool stack's own way in. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (b->len + len > b->room) {
		b->room = (b->len + len) * 2;
		b->data = store_realloc(b->data, b->room);
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

struct store *store_new(uint64_t seed, store_record_fn record, void *arg)
{
	struct store *s = store_alloc(sizeof(*s));
	struct perm root = { 0, 0 };
	struct blob *perms = blob_new(&root, sizeof(root));

	*s = (struct store) {
		.root = node_new("", 0, perms, seed),
		.gen = seed,
		.record = record,
		.record_arg = arg,
	};
	blob_put(perms);
	account_add(&s->accounts, 0, 1);
	conn_find_or_add(s, 0, NULL);
	return s;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	while (s->n_conns)
		conn_remove(s->conns[s->n_conns - 1]);
	free(s->conns);
	node_put(s->root);
	free(s->accounts.v);
	free(s->records.data);
	free(s);
}

void store_set_notify(struct store *s, void (*fn)(void *arg, struct store_conn *conn), void *arg)
{
	s->notify = fn;
	s->notify_arg = arg;
}

struct store_conn *store_find(struct store *s, uint32_t domid)
{
	for (size_t i = 0; i < s->n_conns; i++)
		if (s->conns[i]->domid == domid && !s->conns[i]->transient)
			return s->conns[i];
	return NULL;
}

uint32_t store_next_domid(const struct store *s, uint32_t after)
{
	for (size_t i = 0; i < s->n_conns; i++)
		if (s->conns[i]->domid > after && !s->conns[i]->transient)
			return s->conns[i]->domid;
	return 0;
}

uint32_t store_conn_domid(const struct store_conn *conn)
{
	return conn->domid;
}

static struct store_conn *conn_insert(struct store *s, size_t at, uint32_t domid)
{
	struct store_conn *conn = store_alloc(sizeof(*conn));

	*conn = (struct store_conn) {
		.store = s,
		.domid = domid,
		.privileged = domid == 0,
		.next_transaction = 1,
	};
	s->conns = store_realloc(s->conns, (s->n_conns + 1) * sizeof(*s->conns));
	memmove(s->conns + at + 1, s->conns + at, (s->n_conns - at) * sizeof(*s->conns));
	s->conns[at] = conn;
	s->n_conns++;
	return conn;
}

struct store_conn *conn_find_or_add(struct store *s, uint32_t domid, bool *added)
{
	struct store_conn *conn = store_find(s, domid);
	size_t i = 0;

	if (added)
		*added = !conn;
	if (conn)
		return conn;

	while (i < s->n_conns && s->conns[i]->domid < domid && !s->conns[i]->transient)
		i++;
	return conn_insert(s, i, domid);
}

struct store_conn *store_connect(struct store *s, void *user)
{
	struct store_conn *conn = conn_insert(s, s->n_conns, 0);

	conn->transient = true;
	conn->user = user;
	return conn;
}

void store_disconnect(struct store_conn *conn)
{
	conn_remove(conn);
}

void *store_conn_user(const struct store_conn *conn)
{
	return conn->user;
}

int store_watch(struct store_conn *conn, const char *path, const char *token, int depth)
{
	char buf[PATH_SIZE];
	int error = path_resolve(conn, path, PATH_SPECIAL_OK, buf, NULL);

	if (!error)
		error = watch_add(conn, buf, token, false, depth);
	if (!error)
		event_queue(conn, buf, token);
	record_flush(conn->store);
	return error;
}

int store_unwatch(struct store_conn *conn, const char *path, const char *token)
{
	int error = watch_remove(conn, path, token);

	record_flush(conn->store);
	return error;
}

void conn_reset(struct store_conn *conn)
{
	watch_remove_all(conn);
	transaction_end_all(conn);
	event_drop(conn, conn->events.len);
}

void conn_remove(struct store_conn *conn)
{
	struct store *s = conn->store;
	size_t i = 0;

	conn_reset(conn);
	free(conn->last_request.data);
	free(conn->last_reply.data);
	while (s->conns[i] != conn)
		i++;
	s->n_conns--;
	memmove(s->conns + i, s->conns + i + 1, (s->n_conns - i) * sizeof(*s->conns));
	free(conn);
}

struct store_conn *store_introduce(struct store *s, uint32_t domid)
{
	bool added;
	struct store_conn *conn = conn_find_or_add(s, domid, &added);

	if (added) {
		record_introduce(s, domid);
		watch_fire_special(s, "@introduceDomain");
		record_flush(s);
	}
	return conn;
}

/* Permissions without @domid: what it owned is domain 0's; NULL if it was not in them. */
static struct blob *perms_without(const struct node *n, uint32_t domid)
{
	const struct perm *p = node_perms(n);
	struct bytes kept = { 0 };
	struct blob *blob = NULL;

	for (unsigned int i = 0; i < node_n_perms(n); i++) {
		struct perm q = p[i];

		if (q.domid == domid && i)
			continue;
		if (q.domid == domid)
			q.domid = 0;
		bytes_add(&kept, &q, sizeof(q));
	}
	if (kept.len != n->perms->len || memcmp(kept.data, p, kept.len))
		blob = blob_new(kept.data, kept.len);
	free(kept.data);
	return blob;
}

static void disown(struct store *s, uint32_t domid, char *path, const struct node *at)
{
	size_t len = strlen(path);
	unsigned int n = at->n_children;
	struct blob *perms = perms_without(at, domid);

	if (perms) {
		if (node_owner(at) == domid) {
			account_add(&s->accounts, domid, -1);
			account_add(&s->accounts, 0, 1);
		}
		node_set_perms(tree_own(&s->root, len ? path : "/"), perms, ++s->gen);
		blob_put(perms);
	}
	for (unsigned int i = 0; i < n; i++) {
		/* again from the root: owning may have replaced the parent */
		const struct node *child = tree_find(s->root, len ? path : "/")->children[i];

		if (len + 1 + child->name->len >= PATH_SIZE)
			abort();
		path[len] = '/';
		memcpy(path + len + 1, child->name->data, child->name->len + 1);
		disown(s, domid, path, child);
		path[len] = '\0';
	}
}

/* Its id may be another's one day. */
void store_disown(struct store *s, uint32_t domid)
{
	char path[PATH_SIZE] = "";

	if (domid)
		disown(s, domid, path, s->root);
}

void store_release(struct store_conn *conn)
{
	struct store *s = conn->store;

	record_release(s, conn->domid);
	store_disown(s, conn->domid);
	conn_remove(conn);
	watch_fire_special(s, "@releaseDomain");
	record_flush(s);
}

void global_version(struct store *s, const struct store_conn *conn, struct version *v,
		    struct fired *fired)
{
	*v = (struct version) {
		.store = s,
		.root = s->root,
		.accounts = &s->accounts,
		.domid = conn->domid,
		.privileged = conn->privileged,
		.fired = fired,
	};
}

int global_edit(struct store *s, const struct store_conn *conn, const struct edit *e)
{
	struct fired fired = { 0 };
	bool changed = false;
	struct version v;
	int error;

	global_version(s, conn, &v, &fired);
	error = version_edit(&v, e, &changed);
	s->root = v.root;
	if (changed)
		record_edit(s, conn->domid, e);
	fired_deliver(&fired);
	return error;
}

static int local_edit(struct store *s, enum edit_type type, const char *text, struct blob *blob)
{
	struct store_conn *conn = store_find(s, 0);
	char path[PATH_SIZE];
	struct edit e = { .type = type, .path = path, .blob = blob };
	int error = path_resolve(conn, text, 0, path, NULL);

	if (!error)
		error = global_edit(s, conn, &e);
	blob_put(blob);
	record_flush(s);
	return error;
}

int store_write(struct store *s, const char *path, const void *value, size_t len)
{
	if (len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	return local_edit(s, EDIT_WRITE, path, blob_new(value, len));
}

int store_mkdir(struct store *s, const char *path)
{
	return local_edit(s, EDIT_MKDIR, path, NULL);
}

int store_remove(struct store *s, const char *path)
{
	return local_edit(s, EDIT_REMOVE, path, NULL);
}

int store_set_perms(struct store *s, const char *path, const char *perms)
{
	char *strings = store_strdup(perms);
	size_t len = strlen(strings) + 1;
	struct blob *blob;
	int error;

	for (char *p = strings; *p; p++)
		if (*p == ' ')
			*p = '\0';
	blob = perms_parse(strings, len, &error);
	free(strings);
	return blob ? local_edit(s, EDIT_PERMS, path, blob) : error;
}

void store_begin(struct store *s)
{
	s->hold++;
}

void store_end(struct store *s)
{
	s->hold--;
	record_flush(s);
}

const char *store_read(const struct store *s, const char *path, size_t *len)
{
	const struct node *n = tree_find(s->root, path);

	if (!n)
		return NULL;
	if (len)
		*len = n->value->len;
	return n->value->data;
}

const char *store_child(const struct store *s, const char *path, size_t n)
{
	const struct node *node = tree_find(s->root, path);

	return node && n < node->n_children ? node->children[n]->name->data : NULL;
}

static int audit_node(const struct node *n, struct accounts *a, unsigned int depth)
{
	if (!n->refs || n->perms->len < sizeof(struct perm) || depth > PATH_SIZE / 2)
		return -1;
	account_add(a, node_owner(n), 1);
	for (unsigned int i = 0; i < n->n_children; i++) {
		if (i && strcmp(n->children[i - 1]->name->data, n->children[i]->name->data) >= 0)
			return -1;
		if (audit_node(n->children[i], a, depth + 1))
			return -1;
	}
	return 0;
}

int store_audit(const struct store *s)
{
	struct accounts a = { 0 };
	int bad = audit_node(s->root, &a, 0);

	if (a.n != s->accounts.n)
		bad = -1;
	for (size_t i = 0; i < a.n; i++)
		if (account_get(&s->accounts, a.v[i].domid) != a.v[i].nodes)
			bad = -1;
	for (size_t i = 0; i < s->n_conns; i++) {
		const struct store_conn *conn = s->conns[i];

		if (conn->privileged)
			continue;
		if (conn->n_watches > STORE_QUOTA_WATCHES ||
		    conn->n_transactions > STORE_QUOTA_TRANSACTIONS ||
		    conn->events.len > STORE_QUOTA_EVENTS)
			bad = -1;
	}
	free(a.v);
	return bad;
}
