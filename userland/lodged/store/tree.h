/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree itself: nodes that are shared between versions of the tree.
 *
 * A root is one version.  Taking another reference to it makes a snapshot;
 * from then on a change copies the nodes from the root down to the changed one
 * and leaves the snapshot as it was.  While nobody holds a snapshot, changes
 * are made in place.
 */
#ifndef LODGED_STORE_TREE_H
#define LODGED_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Immutable bytes, followed by a NUL that @len does not count. */
struct blob {
	unsigned int refs;
	uint32_t len;
	char data[];
};

#define PERM_READ	1u
#define PERM_WRITE	2u
#define PERM_OWNER	4u

struct perm {
	uint32_t domid;
	uint32_t access;
};

/*
 * @gen: changes with value or permissions
 * @child_gen: changes with the set of children
 * @perms: array of struct perm, never empty; the first one names the owner
 * @children: sorted by name
 */
struct node {
	unsigned int refs;
	unsigned int n_children;
	unsigned int room;
	uint64_t gen;
	uint64_t child_gen;
	struct blob *name;
	struct blob *value;
	struct blob *perms;
	struct node **children;
};

/* End the process without memory. */
void *store_alloc(size_t size);
void *store_realloc(void *p, size_t size);
char *store_strdup(const char *s);

struct blob *blob_new(const void *data, size_t len);
struct blob *blob_get(struct blob *b);
void blob_put(struct blob *b);

static inline const struct perm *node_perms(const struct node *n)
{
	return (const struct perm *)n->perms->data;
}

static inline unsigned int node_n_perms(const struct node *n)
{
	return n->perms->len / sizeof(struct perm);
}

static inline uint32_t node_owner(const struct node *n)
{
	return node_perms(n)->domid;
}

struct node *node_new(const char *name, size_t len, struct blob *perms, uint64_t gen);
struct node *node_get(struct node *n);
void node_put(struct node *n);

/* @path is absolute and well-formed.  NULL if there is no such node. */
struct node *tree_find(struct node *root, const char *path);
/* The deepest node on the way to @path that exists, @path itself included. */
struct node *tree_find_nearest(struct node *root, const char *path, size_t *len);

/* The node at @path, which must exist, not shared with any other version. */
struct node *tree_own(struct node **root, const char *path);
/* To nodes that are not shared. */
struct node *node_add_child(struct node *parent, const char *name, size_t len,
			    struct blob *perms, uint64_t gen);
void node_remove_child(struct node *parent, const char *name, uint64_t gen);
void node_set_value(struct node *n, struct blob *value, uint64_t gen);
void node_set_perms(struct node *n, struct blob *perms, uint64_t gen);

#endif
