/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP, and a store with its records kept in memory. */
#ifndef STORE_HARNESS_H
#define STORE_HARNESS_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lodged/store/store.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#ifndef __printf
#define __printf(a, b) __attribute__((__format__(gnu_printf, a, b)))
#endif

static unsigned int tap_count;
static unsigned int tap_failed;

static inline void __printf(2, 3) check(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	tap_failed += !good;
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed != 0;
}

struct journal {
	char *data;
	size_t len;
};

static inline void journal_record(void *arg, const void *data, size_t len)
{
	struct journal *j = arg;

	j->data = realloc(j->data, j->len + len);
	memcpy(j->data + j->len, data, len);
	j->len += len;
}

/* A message in text: '|' stands for NUL.  The reply comes back the same way. */
static char reply_text[2 * STORE_MESSAGE_MAX];
static char reply_raw[STORE_MESSAGE_MAX];
static struct xsd_sockmsg reply_hdr;
static uint32_t next_req_id = 1;

static inline const char *as_text(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		reply_text[i] = data[i] ? data[i] : '|';
	reply_text[len] = '\0';
	return reply_text;
}

static inline const char *send_id(struct store_conn *conn, uint32_t type, uint32_t tx,
				  uint32_t req_id, const char *text)
{
	struct xsd_sockmsg hdr = { type, req_id, tx, strlen(text) };
	char payload[XENSTORE_PAYLOAD_MAX];
	size_t len;

	for (size_t i = 0; i < hdr.len; i++)
		payload[i] = text[i] == '|' ? '\0' : text[i];
	len = store_message(conn, &hdr, payload, reply_raw);
	memcpy(&reply_hdr, reply_raw, sizeof(reply_hdr));
	if (len != sizeof(reply_hdr) + reply_hdr.len || reply_hdr.req_id != req_id ||
	    reply_hdr.tx_id != tx || (reply_hdr.type != type && reply_hdr.type != XS_ERROR))
		return "(malformed reply)";
	return as_text(reply_raw + sizeof(reply_hdr), reply_hdr.len);
}

static inline const char *send(struct store_conn *conn, uint32_t type, uint32_t tx,
			       const char *text)
{
	const char *r = send_id(conn, type, tx, next_req_id++, text);

	store_answered(conn);
	return r;
}

/* All events of @conn in order: "path|token| path|token| "; they are consumed. */
static inline const char *events(struct store_conn *conn)
{
	static char text[STORE_QUOTA_EVENTS + 65536];
	size_t used = 0;

	while (store_has_events(conn)) {
		char msg[STORE_MESSAGE_MAX];
		struct xsd_sockmsg hdr;
		size_t len = store_events(conn, msg, sizeof(msg));

		for (size_t pos = 0; pos < len; pos += sizeof(hdr) + hdr.len) {
			memcpy(&hdr, msg + pos, sizeof(hdr));
			if (hdr.type != XS_WATCH_EVENT || hdr.req_id || hdr.tx_id)
				return "(malformed event)";
			for (size_t i = 0; i < hdr.len; i++)
				text[used++] = msg[pos + sizeof(hdr) + i] ? : '|';
			text[used++] = ' ';
		}
		store_sent(conn, len);
	}
	text[used] = '\0';
	return text;
}

static inline void expect(const char *got, const char *want, const char *what)
{
	bool same = !strcmp(got, want);

	check(same, "%s", what);
	if (!same)
		printf("# got \"%s\", wanted \"%s\"\n", got, want);
}

/* The nodes that every domain has, as the tool stack makes them. */
static inline struct store_conn *add_domain(struct store *s, unsigned int domid)
{
	char path[128], perms[32], value[16];
	static const char *const dirs[] = { "cpu", "memory", "device", "control" };

	snprintf(perms, sizeof(perms), "n0 r%u", domid);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	store_write(s, path, "", 0);
	store_set_perms(s, path, perms);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, dirs[i]);
		store_write(s, path, "", 0);
		store_set_perms(s, path, perms);
	}
	snprintf(perms, sizeof(perms), "n%u", domid);
	snprintf(path, sizeof(path), "/local/domain/%u/data", domid);
	store_write(s, path, "", 0);
	store_set_perms(s, path, perms);
	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
	store_write(s, path, "", 0);
	store_set_perms(s, path, perms);
	snprintf(path, sizeof(path), "/local/domain/%u/domid", domid);
	snprintf(value, sizeof(value), "%u", domid);
	store_write(s, path, value, strlen(value));
	return store_introduce(s, domid);
}

#endif
