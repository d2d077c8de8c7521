// SPDX-License-Identifier: GPL-2.0-only
/*
 * A transaction works on a snapshot of the tree.  It keeps the list of its
 * changes and of the paths it has looked at.  Its end compares these paths in
 * the snapshot with the tree of that moment; if none differs, the changes are
 * made again, there, on a copy that replaces the tree only if all succeed.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct looked {
	char *path;
	unsigned int what;
};

struct transaction {
	uint32_t id;
	bool doomed;
	struct node *base;
	struct node *root;
	struct accounts delta;
	struct looked *looked;
	size_t n_looked;
	struct edit *edits;
	size_t n_edits;
	size_t bytes;
};

struct transaction *transaction_find(struct store_conn *conn, uint32_t id)
{
	for (size_t i = 0; i < conn->n_transactions; i++)
		if (conn->transactions[i]->id == id)
			return conn->transactions[i];
	return NULL;
}

struct transaction *transaction_start(struct store_conn *conn, uint32_t id)
{
	struct transaction *t = store_alloc(sizeof(*t));

	while (!id) {
		id = conn->next_transaction++;
		if (transaction_find(conn, id))
			id = 0;
	}
	*t = (struct transaction) {
		.id = id,
		.base = node_get(conn->store->root),
		.root = node_get(conn->store->root),
	};
	conn->transactions = store_realloc(conn->transactions, (conn->n_transactions + 1) *
					   sizeof(*conn->transactions));
	conn->transactions[conn->n_transactions++] = t;
	record_transaction(conn, id, true);
	return t;
}

uint32_t transaction_id(const struct transaction *t)
{
	return t->id;
}

void transaction_doom(struct transaction *t)
{
	t->doomed = true;
}

static void release(struct store_conn *conn, struct transaction *t)
{
	for (size_t i = 0; i < conn->n_transactions; i++) {
		if (conn->transactions[i] != t)
			continue;
		conn->transactions[i] = conn->transactions[--conn->n_transactions];
		break;
	}
	if (!conn->n_transactions) {
		free(conn->transactions);
		conn->transactions = NULL;
	}
	node_put(t->base);
	node_put(t->root);
	free(t->delta.v);
	for (size_t i = 0; i < t->n_looked; i++)
		free(t->looked[i].path);
	free(t->looked);
	for (size_t i = 0; i < t->n_edits; i++) {
		free(t->edits[i].path);
		blob_put(t->edits[i].blob);
	}
	free(t->edits);
	free(t);
}

void transaction_end_all(struct store_conn *conn)
{
	while (conn->n_transactions)
		release(conn, conn->transactions[0]);
}

void transaction_version(struct transaction *t, struct version *v)
{
	v->root = t->root;
	t->root = NULL;
	v->delta = &t->delta;
	v->fired = NULL;
}

void transaction_done(struct transaction *t, struct version *v)
{
	t->root = v->root;
}

int transaction_look(struct transaction *t, const char *path, unsigned int what)
{
	for (size_t i = 0; i < t->n_looked; i++) {
		if (strcmp(t->looked[i].path, path))
			continue;
		t->looked[i].what |= what;
		return 0;
	}
	if (t->n_looked >= STORE_QUOTA_TRANSACTION_NODES)
		return -ENOSPC;
	t->looked = store_realloc(t->looked, (t->n_looked + 1) * sizeof(*t->looked));
	t->looked[t->n_looked++] = (struct looked) { store_strdup(path), what };
	return 0;
}

/* All that the outcome of @e depends on. */
static int look_for_edit(struct transaction *t, const struct version *v, const struct edit *e)
{
	char path[PATH_SIZE];
	int error;

	if (tree_find(v->root, e->path))
		return transaction_look(t, e->path,
					e->type == EDIT_REMOVE ? LOOKED_TREE : LOOKED_NODE);

	/* It is missing: so are some above it, and the first that is not gives rights. */
	strcpy(path, e->path);
	for (;;) {
		error = transaction_look(t, path, LOOKED_NODE);
		if (error || tree_find(v->root, path))
			return error;
		path_parent(path, path);
	}
}

int transaction_edit(struct transaction *t, struct version *v, const struct edit *e)
{
	size_t size = strlen(e->path) + (e->blob ? e->blob->len : 0);
	bool changed = false;
	int error;

	/* Half of a transaction is worse than none: once refused, it cannot commit. */
	if (!v->privileged && t->bytes + size > STORE_QUOTA_TRANSACTION_BYTES) {
		t->doomed = true;
		return -ENOSPC;
	}
	error = look_for_edit(t, v, e);
	if (error) {
		t->doomed = true;
		return error;
	}
	error = version_edit(v, e, &changed);
	if (error || !changed)
		return error;
	t->edits = store_realloc(t->edits, (t->n_edits + 1) * sizeof(*t->edits));
	t->edits[t->n_edits++] = (struct edit) {
		.type = e->type,
		.path = store_strdup(e->path),
		.blob = e->blob ? blob_get(e->blob) : NULL,
	};
	t->bytes += size;
	return 0;
}

static bool conflict(const struct transaction *t, struct node *now)
{
	for (size_t i = 0; i < t->n_looked; i++) {
		const struct looked *l = &t->looked[i];
		const struct node *a = tree_find(t->base, l->path);
		const struct node *b = tree_find(now, l->path);

		/* The snapshot shares what has not changed. */
		if (a == b)
			continue;
		if (!a || !b || (l->what & LOOKED_TREE))
			return true;
		if ((l->what & LOOKED_NODE) && a->gen != b->gen)
			return true;
		if ((l->what & LOOKED_CHILDREN) && a->child_gen != b->child_gen)
			return true;
	}
	return false;
}

static int commit(struct store_conn *conn, struct transaction *t)
{
	struct store *s = conn->store;
	struct accounts delta = { 0 };
	struct fired fired = { 0 };
	struct version v;
	bool changed;
	int error = 0;

	if (t->doomed || conflict(t, s->root))
		return -EAGAIN;

	global_version(s, conn, &v, &fired);
	v.root = node_get(s->root);
	v.delta = &delta;
	for (size_t i = 0; i < t->n_edits && !error; i++)
		error = version_edit(&v, &t->edits[i], &changed);
	if (error) {
		fired_drop(&fired);
		node_put(v.root);
		free(delta.v);
		return error;
	}

	for (size_t i = 0; i < t->n_edits; i++)
		record_edit(s, conn->domid, &t->edits[i]);
	node_put(s->root);
	s->root = v.root;
	for (size_t i = 0; i < delta.n; i++)
		account_add(&s->accounts, delta.v[i].domid, delta.v[i].nodes);
	free(delta.v);
	fired_deliver(&fired);
	return 0;
}

int transaction_end(struct store_conn *conn, struct transaction *t, bool wanted)
{
	int error = wanted ? commit(conn, t) : 0;

	record_transaction(conn, t->id, false);
	release(conn, t);
	return error;
}
