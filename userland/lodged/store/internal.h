/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the store know of each other.
 *
 *	message.c	the protocol: parses requests, makes replies
 *	transaction.c	versions of the tree that are not everybody's yet
 *	edit.c		the four ways to change the tree, and who may
 *	watch.c		watches and the events they fire
 *	record.c	what is needed to make the same store again
 *	path.c, tree.c	below all of them
 */
#ifndef LODGED_STORE_INTERNAL_H
#define LODGED_STORE_INTERNAL_H

#include "store.h"
#include "tree.h"

/* A path in its absolute form, with its NUL. */
#define PATH_SIZE	(XENSTORE_ABS_PATH_MAX + 1)

/* Nodes that each domain owns: of the store, or what a transaction changes. */
struct accounts {
	struct account {
		uint32_t domid;
		int64_t nodes;
	} *v;
	size_t n;
};

int64_t account_get(const struct accounts *a, uint32_t domid);
void account_add(struct accounts *a, uint32_t domid, int64_t delta);

struct bytes {
	char *data;
	size_t len;
	size_t room;
};

void bytes_add(struct bytes *b, const void *data, size_t len);

struct watch {
	char *path;
	char *token;
	bool relative;
	int depth;	/* levels below @path that fire; -1: all */
};

struct transaction;

struct store_conn {
	struct store *store;
	uint32_t domid;
	bool privileged;
	bool transient;	/* by store_connect() */
	void *user;
	struct watch *watches;
	size_t n_watches;
	struct transaction **transactions;
	size_t n_transactions;
	uint32_t next_transaction;
	struct bytes events;
	bool dropped_events;
	/* the last request that had an effect, and its reply; NULL: none */
	struct bytes last_request;
	struct bytes last_reply;
};

struct store {
	struct node *root;
	struct accounts accounts;
	uint64_t gen;
	struct store_conn **conns;	/* ascending by domid, but for transient ones */
	size_t n_conns;
	struct blob *special_perms;
	struct bytes records;
	unsigned int hold;
	bool loading;
	store_record_fn record;
	void *record_arg;
	void (*notify)(void *arg, struct store_conn *conn);
	void *notify_arg;
};

/* path.c */

#define PATH_SPECIAL_OK	1

/*
 * Absolute form of @path, which @conn sent, in @buf; 0 or -EINVAL.
 * @relative may be NULL.
 */
int path_resolve(const struct store_conn *conn, const char *path, unsigned int flags,
		 char buf[PATH_SIZE], bool *relative);
/* Bytes of @path that name its parent (1 for "/"). */
size_t path_parent_len(const char *path);
void path_parent(const char *path, char buf[PATH_SIZE]);
bool path_is_special(const char *path);
/* Is @path equal to @above or below it?  Then *@depth says how far. */
bool path_below(const char *path, const char *above, int *depth);
/* Bytes of "/local/domain/<domid>/". */
size_t path_home_len(uint32_t domid);

/* edit.c */

enum edit_type {
	EDIT_WRITE = 1,
	EDIT_MKDIR,
	EDIT_REMOVE,
	EDIT_PERMS,
};

struct edit {
	enum edit_type type;
	char *path;
	struct blob *blob;	/* value or permissions, or NULL */
};

struct fired;

/*
 * struct version - the tree that an actor looks at
 * @root: its own reference
 * @delta: what differs from the store's accounts, or NULL if they are meant
 * @domid, @privileged: who looks
 * @lax: nothing is refused for want of rights or quota
 * @fired: where events go; NULL: there are none yet, or no more
 */
struct version {
	struct store *store;
	struct node *root;
	struct accounts *accounts;
	struct accounts *delta;
	uint32_t domid;
	bool privileged;
	bool lax;
	struct fired *fired;
};

unsigned int version_rights(const struct version *v, const struct node *n);
/* NULL and *@error if it is not there or lacks one of the rights @want. */
struct node *version_node(const struct version *v, const char *path, unsigned int want,
			  int *error);
/*
 * 0 or a negative errno, in which case nothing has changed.  *@changed, which is only
 * ever set, tells whether there was anything to do.
 */
int version_edit(struct version *v, const struct edit *e, bool *changed);

/* Permissions in their wire form, @len bytes of strings; NULL and *@error. */
struct blob *perms_parse(const char *text, size_t len, int *error);
size_t perm_format(const struct perm *p, char buf[16]);

/* watch.c */

/* Events that wait until the change that fires them is certain. */
struct fired {
	struct fired_event {
		struct store_conn *conn;
		char *path;
		const struct watch *watch;
	} *v;
	size_t n;
};

/*
 * @path changed in @v.  @node: it, as long as it is there.  @exact: only for
 * watches of this very path (below something that is removed).  @old_perms:
 * who may see what it was, or NULL.
 */
void watch_fire(struct version *v, const char *path, const struct node *node,
		const struct node *parent, bool exact, const struct blob *old_perms);
void watch_fire_special(struct store *s, const char *name);
void fired_deliver(struct fired *f);
void fired_drop(struct fired *f);

int watch_add(struct store_conn *conn, const char *path, const char *token,
	      bool relative, int depth);
int watch_remove(struct store_conn *conn, const char *path, const char *token);
void watch_remove_all(struct store_conn *conn);
/* The path as its owner wrote it. */
const char *watch_path(const struct store_conn *conn, const struct watch *w, const char *path);
void event_queue(struct store_conn *conn, const char *path, const char *token);
void event_queue_raw(struct store_conn *conn, const void *msg, size_t len);
void event_drop(struct store_conn *conn, size_t bytes);

/* transaction.c */

struct transaction *transaction_find(struct store_conn *conn, uint32_t id);
/* @id 0: the next free one */
struct transaction *transaction_start(struct store_conn *conn, uint32_t id);
uint32_t transaction_id(const struct transaction *t);
/* Its end is to be EAGAIN, whatever happens. */
void transaction_doom(struct transaction *t);
/* Frees it; 0 or a negative errno. */
int transaction_end(struct store_conn *conn, struct transaction *t, bool commit);
void transaction_end_all(struct store_conn *conn);

/* Through which part of the tree a request of this transaction looks. */
void transaction_version(struct transaction *t, struct version *v);
void transaction_done(struct transaction *t, struct version *v);

#define LOOKED_NODE	1u	/* existence, value, permissions */
#define LOOKED_CHILDREN	2u	/* names of its children */
#define LOOKED_TREE	4u	/* everything below */

/* 0 or -ENOSPC.  The commit will need what was seen there to be the same. */
int transaction_look(struct transaction *t, const char *path, unsigned int what);
int transaction_edit(struct transaction *t, struct version *v, const struct edit *e);

/* store.c */

void conn_reset(struct store_conn *conn);
struct store_conn *conn_find_or_add(struct store *s, uint32_t domid, bool *added);
void conn_remove(struct store_conn *conn);
/* The version that everybody sees, for @conn. */
void global_version(struct store *s, const struct store_conn *conn, struct version *v,
		    struct fired *fired);
/* One change of it, with its events and its record. */
int global_edit(struct store *s, const struct store_conn *conn, const struct edit *e);
void store_disown(struct store *s, uint32_t domid);

/* record.c; each is silent while the store is being loaded, and about transient connections */

void record_edit(struct store *s, uint32_t domid, const struct edit *e);
void record_introduce(struct store *s, uint32_t domid);
void record_release(struct store *s, uint32_t domid);
void record_watch(const struct store_conn *conn, const struct watch *w);
void record_unwatch(const struct store_conn *conn, const char *path, const char *token);
void record_reset(const struct store_conn *conn);
void record_transaction(const struct store_conn *conn, uint32_t id, bool start);
void record_event(const struct store_conn *conn, const void *msg, size_t len);
void record_sent(const struct store_conn *conn, size_t bytes);
void record_answer(const struct store_conn *conn);
void record_answered(const struct store_conn *conn);
/* Hand out what has gathered, unless store_begin() holds it back. */
void record_flush(struct store *s);

#endif
