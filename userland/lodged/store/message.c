// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocol: requests are parsed here, and only here.  Errnos and their
 * precedence are xenstored's.  What differs from it:
 *  - DIRECTORY lists children in order of their names;
 *  - the list of a node's children does not count towards the node's size;
 *  - WATCH takes an optional third string, the depth;
 *  - a transaction conflicts over what it looked at, names of children
 *    only where it listed them;
 *  - permissions of the special paths cannot be changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct request {
	struct store_conn *conn;
	struct transaction *transaction;
	const char *data;
	size_t len;
	char *out;	/* room for XENSTORE_PAYLOAD_MAX */
	size_t out_len;
};

static void reply(struct request *r, const void *data, size_t len)
{
	memcpy(r->out, data, len);
	r->out_len = len;
}

static int reply_string(struct request *r, const char *text)
{
	reply(r, text, strlen(text) + 1);
	return 0;
}

static int ok(struct request *r)
{
	return reply_string(r, "OK");
}

/* The payload, if it is exactly one string. */
static const char *one_string(const struct request *r)
{
	if (!r->len || strnlen(r->data, r->len) != r->len - 1)
		return NULL;
	return r->data;
}

static unsigned int count_strings(const struct request *r)
{
	unsigned int n = 0;

	for (size_t i = 0; i < r->len; i++)
		n += !r->data[i];
	return n;
}

static const char *next_string(const char *s)
{
	return s + strlen(s) + 1;
}

static void look_from(struct request *r, struct version *v)
{
	global_version(r->conn->store, r->conn, v, NULL);
	if (r->transaction)
		transaction_version(r->transaction, v);
}

static void look_away(struct request *r, struct version *v)
{
	if (r->transaction)
		transaction_done(r->transaction, v);
}

/* The node at @text if it may be read; valid until the next change. */
static struct node *readable(struct request *r, const char *text, unsigned int what, int *error)
{
	char path[PATH_SIZE];
	struct version v;
	struct node *n;

	*error = text ? path_resolve(r->conn, text, 0, path, NULL) : -EINVAL;
	if (*error)
		return NULL;
	if (r->transaction) {
		*error = transaction_look(r->transaction, path, what);
		if (*error) {
			transaction_doom(r->transaction);
			return NULL;
		}
	}
	look_from(r, &v);
	n = version_node(&v, path, PERM_READ, error);
	look_away(r, &v);
	return n;
}

static int do_read(struct request *r)
{
	int error;
	struct node *n = readable(r, one_string(r), LOOKED_NODE, &error);

	if (!n)
		return error;
	if (n->value->len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	reply(r, n->value->data, n->value->len);
	return 0;
}

static int do_directory(struct request *r)
{
	int error;
	struct node *n = readable(r, one_string(r), LOOKED_NODE | LOOKED_CHILDREN, &error);
	size_t len = 0;

	if (!n)
		return error;
	for (unsigned int i = 0; i < n->n_children; i++)
		len += n->children[i]->name->len + 1;
	if (len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	r->out_len = 0;
	for (unsigned int i = 0; i < n->n_children; i++) {
		const struct blob *name = n->children[i]->name;

		memcpy(r->out + r->out_len, name->data, name->len + 1);
		r->out_len += name->len + 1;
	}
	return 0;
}

/* Names from an offset into the whole list on; an empty one ends the last part. */
static int do_directory_part(struct request *r)
{
	unsigned long offset, pos = 0;
	const char *number;
	unsigned int i;
	struct node *n;
	int error;

	if (count_strings(r) != 2)
		return -EINVAL;
	n = readable(r, r->data, LOOKED_NODE | LOOKED_CHILDREN, &error);
	if (!n)
		return error;
	number = next_string(r->data);
	offset = strtoul(number, NULL, 10);

	r->out_len = snprintf(r->out, XENSTORE_PAYLOAD_MAX, "%llu",
			      (unsigned long long)n->child_gen) + 1;
	for (i = 0; i < n->n_children; i++) {
		const struct blob *name = n->children[i]->name;
		size_t size = name->len + 1;
		size_t skip;

		if (pos + size <= offset) {
			pos += size;
			continue;
		}
		/* an offset into the middle of a name yields the rest of it */
		skip = offset > pos ? offset - pos : 0;
		pos += size;
		if (r->out_len + size - skip > XENSTORE_PAYLOAD_MAX - 1)
			return 0;
		memcpy(r->out + r->out_len, name->data + skip, size - skip);
		r->out_len += size - skip;
	}
	r->out[r->out_len++] = '\0';
	return 0;
}

static int do_get_perms(struct request *r)
{
	const char *text = one_string(r);
	struct node *n;
	int error;

	if (text && path_is_special(text)) {
		if (!r->conn->privileged)
			return -EACCES;
		return reply_string(r, "n0");
	}
	n = readable(r, text, LOOKED_NODE, &error);
	if (!n)
		return error;
	for (unsigned int i = 0; i < node_n_perms(n); i++) {
		char buf[16];
		size_t size = perm_format(&node_perms(n)[i], buf);

		if (r->out_len + size > XENSTORE_PAYLOAD_MAX)
			return -E2BIG;
		memcpy(r->out + r->out_len, buf, size);
		r->out_len += size;
	}
	return 0;
}

static int change(struct request *r, enum edit_type type, const char *text, struct blob *blob)
{
	char path[PATH_SIZE];
	struct edit e = { .type = type, .path = path, .blob = blob };
	int error = path_resolve(r->conn, text, 0, path, NULL);

	if (error)
		return error;
	if (r->transaction) {
		struct version v;

		look_from(r, &v);
		error = transaction_edit(r->transaction, &v, &e);
		look_away(r, &v);
	} else {
		error = global_edit(r->conn->store, r->conn, &e);
	}
	return error ? error : ok(r);
}

static int do_write(struct request *r)
{
	size_t path_size = strnlen(r->data, r->len) + 1;
	struct blob *value;
	int error;

	if (path_size > r->len)
		return -EINVAL;
	value = blob_new(r->data + path_size, r->len - path_size);
	error = change(r, EDIT_WRITE, r->data, value);
	blob_put(value);
	return error;
}

static int do_mkdir(struct request *r)
{
	const char *text = one_string(r);

	return text ? change(r, EDIT_MKDIR, text, NULL) : -EINVAL;
}

static int do_rm(struct request *r)
{
	const char *text = one_string(r);

	return text ? change(r, EDIT_REMOVE, text, NULL) : -EINVAL;
}

static int do_set_perms(struct request *r)
{
	size_t path_size = strnlen(r->data, r->len) + 1;
	unsigned int strings = count_strings(r);
	struct blob *perms;
	int error;

	if (strings < 2)
		return -EINVAL;
	if (!r->conn->privileged && strings - 1 > STORE_QUOTA_PERMS)
		return -ENOSPC;
	while (r->data[r->len - 1])
		r->len--;	/* what follows the last NUL is reserved */
	perms = perms_parse(r->data + path_size, r->len - path_size, &error);
	if (!perms)
		return error;
	if (path_is_special(r->data))
		error = -EACCES;
	else
		error = change(r, EDIT_PERMS, r->data, perms);
	blob_put(perms);
	return error;
}

static int do_watch(struct request *r)
{
	unsigned int strings = count_strings(r);
	char path[PATH_SIZE];
	const char *token;
	int depth = -1;
	bool relative;
	int error;

	if (strings != 2 && strings != 3)
		return -EINVAL;
	error = path_resolve(r->conn, r->data, PATH_SPECIAL_OK, path, &relative);
	if (error)
		return error;
	token = next_string(r->data);
	if (strings == 3 && *next_string(token)) {
		const char *number = next_string(token);
		size_t digits = strspn(number, "0123456789");

		if (number[digits] || digits > 4)
			return -EINVAL;
		depth = atoi(number);
	}
	error = watch_add(r->conn, path, token, relative, depth);
	if (error)
		return error;
	/* It fires once at once: no change can be missed between looking and watching. */
	event_queue(r->conn, relative ? path + path_home_len(r->conn->domid) : path, token);
	return ok(r);
}

static int do_unwatch(struct request *r)
{
	char path[PATH_SIZE];
	int error;

	if (count_strings(r) != 2)
		return -EINVAL;
	error = path_resolve(r->conn, r->data, PATH_SPECIAL_OK, path, NULL);
	if (!error)
		error = watch_remove(r->conn, path, next_string(r->data));
	return error ? error : ok(r);
}

static int do_reset_watches(struct request *r)
{
	record_reset(r->conn);
	conn_reset(r->conn);
	return ok(r);
}

static int do_transaction_start(struct request *r)
{
	char text[16];

	if (r->transaction)
		return -EBUSY;
	if (!r->conn->privileged && r->conn->n_transactions >= STORE_QUOTA_TRANSACTIONS)
		return -ENOSPC;
	snprintf(text, sizeof(text), "%u", transaction_id(transaction_start(r->conn, 0)));
	return reply_string(r, text);
}

static int do_transaction_end(struct request *r)
{
	const char *text = one_string(r);
	int error;

	if (!text || (strcmp(text, "T") && strcmp(text, "F")))
		return -EINVAL;
	if (!r->transaction)
		return -ENOENT;
	error = transaction_end(r->conn, r->transaction, *text == 'T');
	return error ? error : ok(r);
}

static int do_get_domain_path(struct request *r)
{
	const char *text = one_string(r);
	char path[64];

	if (!text)
		return -EINVAL;
	snprintf(path, sizeof(path), "/local/domain/%u", (unsigned int)strtoul(text, NULL, 10));
	return reply_string(r, path);
}

static int do_is_domain_introduced(struct request *r)
{
	const char *text = one_string(r);

	if (!text)
		return -EINVAL;
	return reply_string(r, store_find(r->conn->store, strtoul(text, NULL, 10)) ? "T" : "F");
}

/* Domains are introduced by lodged, not by message. */
static int do_nothing(struct request *r)
{
	(void)r;
	return -ENOSYS;
}

#define ANY_ID		1	/* the transaction id is ignored */
#define PRIVILEGED	2

static const struct {
	int (*fn)(struct request *r);
	unsigned int flags;
} messages[XS_TYPE_COUNT] = {
	[XS_CONTROL]		  = { do_nothing,		PRIVILEGED },
	[XS_DIRECTORY]		  = { do_directory,		0 },
	[XS_READ]		  = { do_read,			0 },
	[XS_GET_PERMS]		  = { do_get_perms,		0 },
	[XS_WATCH]		  = { do_watch,			ANY_ID },
	[XS_UNWATCH]		  = { do_unwatch,		ANY_ID },
	[XS_TRANSACTION_START]	  = { do_transaction_start,	0 },
	[XS_TRANSACTION_END]	  = { do_transaction_end,	0 },
	[XS_INTRODUCE]		  = { do_nothing,		PRIVILEGED },
	[XS_RELEASE]		  = { do_nothing,		PRIVILEGED },
	[XS_GET_DOMAIN_PATH]	  = { do_get_domain_path,	0 },
	[XS_WRITE]		  = { do_write,			0 },
	[XS_MKDIR]		  = { do_mkdir,			0 },
	[XS_RM]			  = { do_rm,			0 },
	[XS_SET_PERMS]		  = { do_set_perms,		0 },
	[XS_IS_DOMAIN_INTRODUCED] = { do_is_domain_introduced,	PRIVILEGED },
	[XS_RESUME]		  = { do_nothing,		PRIVILEGED },
	[XS_SET_TARGET]		  = { do_nothing,		PRIVILEGED },
	[XS_RESET_WATCHES]	  = { do_reset_watches,		0 },
	[XS_DIRECTORY_PART]	  = { do_directory_part,	0 },
};

static int dispatch(struct request *r, const struct xsd_sockmsg *msg)
{
	unsigned int flags;

	if (msg->len > XENSTORE_PAYLOAD_MAX)
		return -EINVAL;
	if (msg->type >= XS_TYPE_COUNT || !messages[msg->type].fn)
		return -ENOSYS;
	flags = messages[msg->type].flags;
	if ((flags & PRIVILEGED) && !r->conn->privileged)
		return -EACCES;
	if (msg->tx_id && !(flags & ANY_ID)) {
		r->transaction = transaction_find(r->conn, msg->tx_id);
		if (!r->transaction)
			return -ENOENT;
	}
	return messages[msg->type].fn(r);
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *error_name(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(xsd_errors); i++)
		if (xsd_errors[i].errnum == -error)
			return xsd_errors[i].errstring;
	return "EINVAL";
}

static bool is_repeated(const struct store_conn *conn, const struct xsd_sockmsg *msg,
			const void *payload)
{
	const struct bytes *last = &conn->last_request;

	return last->len == sizeof(*msg) + msg->len && !memcmp(last->data, msg, sizeof(*msg)) &&
		!memcmp(last->data + sizeof(*msg), payload, msg->len);
}

size_t store_message(struct store_conn *conn, const struct xsd_sockmsg *msg,
		     const void *payload, void *out)
{
	struct store *s = conn->store;
	struct xsd_sockmsg hdr = *msg;
	struct request r = {
		.conn = conn,
		.data = payload,
		.len = msg->len,
		.out = (char *)out + sizeof(hdr),
	};
	bool quiet = !s->records.len;
	int error;

	if (conn->last_request.len) {
		if (is_repeated(conn, msg, payload)) {
			memcpy(out, conn->last_reply.data, conn->last_reply.len);
			return conn->last_reply.len;
		}
		/* There is a next one, so that one has been answered. */
		store_answered(conn);
	}

	error = dispatch(&r, msg);
	if (error) {
		hdr.type = XS_ERROR;
		reply_string(&r, error_name(error));
	}
	hdr.len = r.out_len;
	memcpy(out, &hdr, sizeof(hdr));

	/* Without an effect there is no harm in doing it again; a transient one does not. */
	if ((!quiet || s->records.len) && !r.conn->transient) {
		bytes_add(&conn->last_request, msg, sizeof(*msg));
		bytes_add(&conn->last_request, payload, msg->len);
		bytes_add(&conn->last_reply, out, sizeof(hdr) + hdr.len);
		record_answer(conn);
	}
	record_flush(s);
	return sizeof(hdr) + hdr.len;
}

void store_answered(struct store_conn *conn)
{
	if (!conn->last_request.len)
		return;
	record_answered(conn);
	free(conn->last_request.data);
	free(conn->last_reply.data);
	conn->last_request = (struct bytes) { 0 };
	conn->last_reply = (struct bytes) { 0 };
	record_flush(conn->store);
}
