/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: a tree of small values with owners, permissions, watches and
 * transactions, spoken to by messages of xen/io/xs_wire.h.
 *
 * Plain C without descriptors, sockets or time: messages in, messages out,
 * and a stream of records from which store_load() makes the same store again.
 * Records are handed out before the call that caused them returns, so a caller
 * that keeps them before it sends anything loses nothing that a guest has been
 * told.  Running out of memory ends the process: whoever starts it again has
 * the records.
 *
 * What comes back after store_load(): tree, connections, watches, events that
 * were not yet sent, the last reply if it was not known to have been sent, and
 * open transactions, but these as if another writer had got in between (their
 * end yields EAGAIN, which every client must be ready for).
 */
#ifndef LODGED_STORE_STORE_H
#define LODGED_STORE_STORE_H

#include <errno.h>	/* before xs_wire.h, which has a table only then */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

struct store;
struct store_conn;

/* Per unprivileged domain; xenstored's defaults where it has the same one. */
#define STORE_QUOTA_NODES		1000	/* nodes owned */
#define STORE_QUOTA_NODE_SIZE		2048	/* value and permissions of one */
#define STORE_QUOTA_PERMS		5	/* entries in permissions of one */
#define STORE_QUOTA_WATCHES		128
#define STORE_QUOTA_TRANSACTIONS	10
#define STORE_QUOTA_TRANSACTION_NODES	1024	/* paths looked at in one */
#define STORE_QUOTA_TRANSACTION_BYTES	(256 * 1024)	/* written in one */
#define STORE_QUOTA_EVENTS		(256 * 1024)	/* bytes not yet sent */

/* Of a connection by store_connect(): bytes not yet sent. */
#define STORE_TRANSIENT_EVENTS		(1024 * 1024)

#define STORE_MESSAGE_MAX	(sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

/* Keep @len bytes behind all earlier ones, whole or not at all. */
typedef void (*store_record_fn)(void *arg, const void *data, size_t len);

/*
 * @seed: where generation counts start, never lower than those of an earlier
 * store with the same clients (a clock in microseconds will do).
 * @record may be NULL.
 */
struct store *store_new(uint64_t seed, store_record_fn record, void *arg);
void store_free(struct store *s);

/*
 * Into a fresh store, without calling its record function.  Returns the
 * number of bytes that were good: what follows is torn or damaged.
 */
size_t store_load(struct store *s, const void *data, size_t len);

/* All of the store as records, in pieces: the start of a new journal. */
void store_dump(const struct store *s, store_record_fn record, void *arg);

/*
 * The connection of a domain.  Fires @introduceDomain.  Releasing it ends its
 * watches and transactions, turns over to domain 0 what the domain owns and
 * fires @releaseDomain.  Domain 0 is privileged; one connection of it exists
 * from the start.
 */
struct store_conn *store_introduce(struct store *s, uint32_t domid);
struct store_conn *store_find(struct store *s, uint32_t domid);
void store_release(struct store_conn *conn);
uint32_t store_conn_domid(const struct store_conn *conn);
/* Connected domains other than 0, ascending from above @after; 0 at the end. */
uint32_t store_next_domid(const struct store *s, uint32_t after);

/*
 * One more connection of domain 0, with watches and transactions of its own, for
 * as long as this process lives: nothing is recorded of it but what it changes
 * in the tree.  store_find() does not find it.  @user is the caller's.
 */
struct store_conn *store_connect(struct store *s, void *user);
void store_disconnect(struct store_conn *conn);
/* Of a connection by store_connect(); NULL for others. */
void *store_conn_user(const struct store_conn *conn);
/* Watch @path, which is absolute, as the message does.  0 or a negative errno. */
int store_watch(struct store_conn *conn, const char *path, const char *token, int depth);
int store_unwatch(struct store_conn *conn, const char *path, const char *token);

/*
 * Deal with one message.  The reply is written to @reply, which has room for
 * STORE_MESSAGE_MAX bytes, and its size returned, header included; never 0.
 * Events that it causes are queued on the connections they are for.  A message
 * equal to the one before it gets the same reply again without any effect,
 * unless store_answered() was called between the two.
 */
size_t store_message(struct store_conn *conn, const struct xsd_sockmsg *msg,
		     const void *payload, void *reply);
/* The reply to the last message was sent. */
void store_answered(struct store_conn *conn);

/*
 * Whole events, oldest first, as many as @size bytes hold: returns how many
 * bytes that is; they stay queued until store_sent() says so.
 */
bool store_has_events(const struct store_conn *conn);
size_t store_events(const struct store_conn *conn, void *buf, size_t size);
void store_sent(struct store_conn *conn, size_t bytes);
/* Some had no room. */
bool store_lost_events(const struct store_conn *conn);

/* Called with a connection that has events now and had none before. */
void store_set_notify(struct store *s, void (*fn)(void *arg, struct store_conn *conn),
		      void *arg);

/*
 * For the tool stack, with all rights and no quota.  0 or a negative errno.
 * @value need not end with NUL.  store_set_perms() takes "n0" or "n0 r3".
 * Between store_begin() and store_end() records are held back, so that all of
 * a change survives or none of it.
 */
int store_write(struct store *s, const char *path, const void *value, size_t len);
int store_mkdir(struct store *s, const char *path);
int store_remove(struct store *s, const char *path);
int store_set_perms(struct store *s, const char *path, const char *perms);
void store_begin(struct store *s);
void store_end(struct store *s);

/* NULL if there is none.  Valid until the next change; NUL-terminated too. */
const char *store_read(const struct store *s, const char *path, size_t *len);

/* The name of the @n-th child in order of names, or NULL. Valid until the next change. */
const char *store_child(const struct store *s, const char *path, size_t n);

/* For tests: recounts what is counted; 0 if all is as it should be. */
int store_audit(const struct store *s);

#endif
