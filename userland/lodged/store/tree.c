// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "tree.h"

void *store_alloc(size_t size)
{
	return store_realloc(NULL, size);
}

void *store_realloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		abort();
	return p;
}

char *store_strdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(store_alloc(size), s, size);
}

struct blob *blob_new(const void *data, size_t len)
{
	struct blob *b = store_alloc(sizeof(*b) + len + 1);

	b->refs = 1;
	b->len = len;
	if (len)
		memcpy(b->data, data, len);
	b->data[len] = '\0';
	return b;
}

struct blob *blob_get(struct blob *b)
{
	b->refs++;
	return b;
}

void blob_put(struct blob *b)
{
	if (b && --b->refs == 0)
		free(b);
}

struct node *node_new(const char *name, size_t len, struct blob *perms, uint64_t gen)
{
	struct node *n = store_alloc(sizeof(*n));

	*n = (struct node) {
		.refs = 1,
		.gen = gen,
		.child_gen = gen,
		.name = blob_new(name, len),
		.value = blob_new(NULL, 0),
		.perms = blob_get(perms),
	};
	return n;
}

struct node *node_get(struct node *n)
{
	n->refs++;
	return n;
}

/* Recursion is bounded by the length of a path. */
void node_put(struct node *n)
{
	if (!n || --n->refs)
		return;
	for (unsigned int i = 0; i < n->n_children; i++)
		node_put(n->children[i]);
	free(n->children);
	blob_put(n->name);
	blob_put(n->value);
	blob_put(n->perms);
	free(n);
}

/* Replace *@slot by a copy that nobody else has, unless it is such a one. */
static struct node *own(struct node **slot)
{
	struct node *old = *slot;
	struct node *n;

	if (old->refs == 1)
		return old;

	n = store_alloc(sizeof(*n));
	*n = *old;
	n->refs = 1;
	blob_get(n->name);
	blob_get(n->value);
	blob_get(n->perms);
	n->room = n->n_children;
	n->children = NULL;
	if (n->room) {
		n->children = store_alloc(n->room * sizeof(*n->children));
		for (unsigned int i = 0; i < n->n_children; i++)
			n->children[i] = node_get(old->children[i]);
	}
	node_put(old);
	*slot = n;
	return n;
}

static int compare(const char *name, size_t len, const struct blob *b)
{
	size_t common = len < b->len ? len : b->len;
	int diff = memcmp(name, b->data, common);

	if (diff)
		return diff;
	return (len > b->len) - (len < b->len);
}

/* Where the child is, or else (*@found false) where it would go. */
static unsigned int child_index(const struct node *n, const char *name, size_t len, bool *found)
{
	unsigned int low = 0;
	unsigned int high = n->n_children;

	*found = false;
	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		int diff = compare(name, len, n->children[mid]->name);

		if (diff == 0) {
			*found = true;
			return mid;
		}
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* The next component of the path at *@pos: its length, 0 at the end. */
static size_t component(const char **pos)
{
	if (**pos == '/')
		(*pos)++;
	return strcspn(*pos, "/");
}

struct node *tree_find_nearest(struct node *root, const char *path, size_t *len)
{
	const char *pos = path;
	struct node *n = root;
	const char *end = path;
	size_t clen;

	while ((clen = component(&pos))) {
		bool found;
		unsigned int i = child_index(n, pos, clen, &found);

		if (!found)
			break;
		n = n->children[i];
		pos += clen;
		end = pos;
	}
	*len = end - path;
	return n;
}

struct node *tree_find(struct node *root, const char *path)
{
	size_t len;
	struct node *n = tree_find_nearest(root, path, &len);

	if (path[len] == '\0' || (path[len] == '/' && path[len + 1] == '\0'))
		return n;
	return NULL;
}

struct node *tree_own(struct node **root, const char *path)
{
	struct node *n = own(root);
	const char *pos = path;
	size_t clen;

	while ((clen = component(&pos))) {
		bool found;
		unsigned int i = child_index(n, pos, clen, &found);

		if (!found)
			abort();
		n = own(&n->children[i]);
		pos += clen;
	}
	return n;
}

struct node *node_add_child(struct node *parent, const char *name, size_t len,
			    struct blob *perms, uint64_t gen)
{
	bool found;
	unsigned int i = child_index(parent, name, len, &found);
	struct node *n;

	if (found)
		abort();
	if (parent->n_children == parent->room) {
		parent->room = parent->room ? parent->room * 2 : 4;
		parent->children = store_realloc(parent->children,
						 parent->room * sizeof(*parent->children));
	}
	n = node_new(name, len, perms, gen);
	memmove(parent->children + i + 1, parent->children + i,
		(parent->n_children - i) * sizeof(*parent->children));
	parent->children[i] = n;
	parent->n_children++;
	parent->child_gen = gen;
	return n;
}

void node_remove_child(struct node *parent, const char *name, uint64_t gen)
{
	bool found;
	unsigned int i = child_index(parent, name, strlen(name), &found);

	if (!found)
		abort();
	node_put(parent->children[i]);
	parent->n_children--;
	memmove(parent->children + i, parent->children + i + 1,
		(parent->n_children - i) * sizeof(*parent->children));
	parent->child_gen = gen;
}

void node_set_value(struct node *n, struct blob *value, uint64_t gen)
{
	blob_get(value);
	blob_put(n->value);
	n->value = value;
	n->gen = gen;
}

void node_set_perms(struct node *n, struct blob *perms, uint64_t gen)
{
	blob_get(perms);
	blob_put(n->perms);
	n->perms = perms;
	n->gen = gen;
}
