// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int64_t account_get(const struct accounts *a, uint32_t domid)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].domid == domid)
			return a->v[i].nodes;
	return 0;
}

void account_add(struct accounts *a, uint32_t domid, int64_t delta)
{
	for (size_t i = 0; i < a->n; i++) {
		if (a->v[i].domid != domid)
			continue;
		a->v[i].nodes += delta;
		if (!a->v[i].nodes)
			a->v[i] = a->v[--a->n];
		return;
	}
	if (!delta)
		return;
	a->v = store_realloc(a->v, (a->n + 1) * sizeof(*a->v));
	a->v[a->n++] = (struct account) { domid, delta };
}

static void count(struct version *v, uint32_t domid, int64_t delta)
{
	account_add(v->delta ? v->delta : v->accounts, domid, delta);
}

static int64_t owned(const struct version *v, uint32_t domid)
{
	int64_t nodes = account_get(v->accounts, domid);

	return v->delta ? nodes + account_get(v->delta, domid) : nodes;
}

static bool limited(const struct version *v)
{
	return !v->lax && !v->privileged;
}

size_t perm_format(const struct perm *p, char buf[16])
{
	return snprintf(buf, 16, "%c%u", "nrwb"[p->access & 3], p->domid) + 1;
}

struct blob *perms_parse(const char *text, size_t len, int *error)
{
	struct bytes perms = { 0 };
	struct blob *blob = NULL;

	*error = -EINVAL;
	while (len) {
		struct perm p = { 0, 0 };
		size_t size = strnlen(text, len);
		size_t digits;

		if (size == len)
			goto out;
		switch (text[0]) {
		case 'r':
			p.access = PERM_READ;
			break;
		case 'w':
			p.access = PERM_WRITE;
			break;
		case 'b':
			p.access = PERM_READ | PERM_WRITE;
			break;
		case 'n':
			break;
		default:
			goto out;
		}
		digits = strspn(text + 1, "0123456789");
		if (!digits || digits > 5 || text[1 + digits])
			goto out;
		p.domid = strtoul(text + 1, NULL, 10);
		bytes_add(&perms, &p, sizeof(p));
		text += size + 1;
		len -= size + 1;
	}
	if (perms.len) {
		blob = blob_new(perms.data, perms.len);
		*error = 0;
	}
out:
	free(perms.data);
	return blob;
}

unsigned int version_rights(const struct version *v, const struct node *n)
{
	const struct perm *p = node_perms(n);

	if (v->privileged || v->lax || p[0].domid == v->domid)
		return PERM_READ | PERM_WRITE | PERM_OWNER;
	for (unsigned int i = 1; i < node_n_perms(n); i++)
		if (p[i].domid == v->domid)
			return p[i].access;
	return p[0].access;
}

struct node *version_node(const struct version *v, const char *path, unsigned int want,
			  int *error)
{
	struct node *n = tree_find(v->root, path);
	char above[PATH_SIZE];
	size_t len;

	if (n && (version_rights(v, n) & want) == want)
		return n;
	*error = n ? -EACCES : -ENOENT;
	/* Whoever may not look into the parent is not told what is missing. */
	path_parent(path, above);
	if (!(version_rights(v, tree_find_nearest(v->root, above, &len)) & want))
		*error = -EACCES;
	return NULL;
}

static size_t node_size(size_t perms_len, size_t value_len)
{
	/* as xenstored counts: its node header is 24 bytes, an entry 8 */
	return 24 + perms_len + value_len;
}

static unsigned int components(const char *path)
{
	unsigned int n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1] != '\0';
	return n;
}

static int create(struct version *v, const char *path, struct blob *value)
{
	size_t len;
	struct node *near = tree_find_nearest(v->root, path, &len);
	const char *pos = path + len;
	struct blob *perms;
	struct node *n;
	char above[PATH_SIZE];

	if (limited(v)) {
		if (owned(v, v->domid) + components(pos) > STORE_QUOTA_NODES)
			return -ENOSPC;
		if (node_size(near->perms->len, value ? value->len : 0) > STORE_QUOTA_NODE_SIZE)
			return -ENOSPC;
	}

	/* Permissions are inherited; the unprivileged own what they make. */
	perms = blob_new(near->perms->data, near->perms->len);
	if (!v->privileged)
		((struct perm *)perms->data)->domid = v->domid;

	memcpy(above, path, len);
	above[len] = '\0';
	n = tree_own(&v->root, len ? above : "/");
	while (*pos) {
		size_t clen;

		pos++;
		clen = strcspn(pos, "/");
		n = node_add_child(n, pos, clen, perms, ++v->store->gen);
		count(v, node_owner(n), 1);
		pos += clen;
	}
	blob_put(perms);
	if (value)
		node_set_value(n, value, ++v->store->gen);
	return 0;
}

static struct node *parent_of(const struct version *v, const char *path)
{
	char above[PATH_SIZE];

	path_parent(path, above);
	return tree_find(v->root, above);
}

static void fire(struct version *v, const char *path, const struct blob *old_perms)
{
	if (v->fired)
		watch_fire(v, path, tree_find(v->root, path), parent_of(v, path), false,
			   old_perms);
}

static int edit_write(struct version *v, const struct edit *e, bool *changed)
{
	int error;
	struct node *n = version_node(v, e->path, PERM_WRITE, &error);

	if (n) {
		if (limited(v) && node_size(n->perms->len, e->blob->len) > STORE_QUOTA_NODE_SIZE)
			return -ENOSPC;
		node_set_value(tree_own(&v->root, e->path), e->blob, ++v->store->gen);
	} else {
		if (error == -ENOENT)
			error = create(v, e->path, e->blob);
		if (error)
			return error;
	}
	*changed = true;
	fire(v, e->path, NULL);
	return 0;
}

static int edit_mkdir(struct version *v, const struct edit *e, bool *changed)
{
	int error;

	if (version_node(v, e->path, PERM_WRITE, &error))
		return 0;
	if (error == -ENOENT)
		error = create(v, e->path, NULL);
	if (error)
		return error;
	*changed = true;
	fire(v, e->path, NULL);
	return 0;
}

/* Events of a subtree that is about to go, and its owners' accounts. */
static void forsake(struct version *v, char *path, const struct node *n,
		    const struct node *parent, bool exact)
{
	size_t len = strlen(path);

	for (unsigned int i = 0; i < n->n_children; i++) {
		const struct node *child = n->children[i];

		if (len + 1 + child->name->len >= PATH_SIZE)
			abort();
		path[len] = '/';
		memcpy(path + len + 1, child->name->data, child->name->len + 1);
		forsake(v, path, child, n, true);
		path[len] = '\0';
	}
	count(v, node_owner(n), -1);
	if (v->fired)
		watch_fire(v, path, n, parent, exact, NULL);
}

static int edit_remove(struct version *v, const struct edit *e, bool *changed)
{
	char path[PATH_SIZE];
	struct node *n;
	int error;

	n = version_node(v, e->path, PERM_WRITE, &error);
	if (!n) {
		if (error == -ENOENT && parent_of(v, e->path))
			return 0;
		return error;
	}
	if (!strcmp(e->path, "/"))
		return -EINVAL;

	strcpy(path, e->path);
	forsake(v, path, n, parent_of(v, path), false);
	path_parent(e->path, path);
	node_remove_child(tree_own(&v->root, path), strrchr(e->path, '/') + 1, ++v->store->gen);
	*changed = true;
	return 0;
}

static int edit_perms(struct version *v, const struct edit *e, bool *changed)
{
	int error;
	struct node *n;
	uint32_t owner = ((const struct perm *)e->blob->data)->domid;
	struct blob *old;

	if (limited(v) && e->blob->len > STORE_QUOTA_PERMS * sizeof(struct perm))
		return -ENOSPC;
	n = version_node(v, e->path, PERM_WRITE | PERM_OWNER, &error);
	if (!n)
		return error;
	if (limited(v)) {
		if (owner != node_owner(n))
			return -EPERM;
		if (node_size(e->blob->len, n->value->len) > STORE_QUOTA_NODE_SIZE)
			return -ENOSPC;
	}
	n = tree_own(&v->root, e->path);
	old = blob_get(n->perms);
	count(v, node_owner(n), -1);
	node_set_perms(n, e->blob, ++v->store->gen);
	count(v, owner, 1);
	*changed = true;
	fire(v, e->path, old);
	blob_put(old);
	return 0;
}

int version_edit(struct version *v, const struct edit *e, bool *changed)
{
	switch (e->type) {
	case EDIT_WRITE:
		return edit_write(v, e, changed);
	case EDIT_MKDIR:
		return edit_mkdir(v, e, changed);
	case EDIT_REMOVE:
		return edit_remove(v, e, changed);
	case EDIT_PERMS:
		return edit_perms(v, e, changed);
	}
	return -EINVAL;
}
