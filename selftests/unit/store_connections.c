// SPDX-License-Identifier: GPL-2.0-only
/* Tools of the host: connections of domain 0 that end with the daemon. */
#include "store_harness.h"

static struct store *s;
static struct journal journal;
static struct store_conn *notified;

static void on_notify(void *arg, struct store_conn *conn)
{
	(void)arg;
	notified = conn;
}

static void separate(void)
{
	int one, two;
	struct store_conn *x = store_connect(s, &one), *y = store_connect(s, &two);
	struct store_conn *zero = store_find(s, 0);

	check(zero != x && zero != y && x != y, "connections are found apart");
	check(store_conn_user(x) == &one && store_conn_user(y) == &two && !store_conn_user(zero),
	      "each has its user");
	expect(send(x, XS_WATCH, 0, "/a|x|"), "OK|", "a watch");
	expect(send(y, XS_WATCH, 0, "/a|x|"), "OK|", "the same one on another connection");
	expect(send(y, XS_WATCH, 0, "/a|x|"), "EEXIST|", "and again");
	expect(events(x), "/a|x| ", "fires at once");
	expect(events(y), "/a|x| ", "for both");
	expect(send(x, XS_UNWATCH, 0, "/a|x|"), "OK|", "taken back");
	expect(send(y, XS_WRITE, 0, "/a/b|1"), "OK|", "a change");
	expect(events(x), "", "without the watch nothing is heard");
	expect(events(y), "/a/b|x| ", "with it, one's own change is");
	expect(send(x, XS_WRITE, 0, "rel|1"), "OK|", "relative paths");
	expect(send(y, XS_READ, 0, "/local/domain/0/rel|"), "1", "are those of domain 0");
	store_disconnect(x);
	store_disconnect(y);
}

static void transactions(void)
{
	struct store_conn *x = store_connect(s, NULL), *y = store_connect(s, NULL);

	expect(send(x, XS_TRANSACTION_START, 0, "|"), "1|", "a transaction");
	expect(send(y, XS_TRANSACTION_START, 0, "|"), "1|", "one of another connection");
	send(x, XS_WRITE, 1, "/t|x");
	send(y, XS_WRITE, 1, "/t|y");
	expect(send(y, XS_TRANSACTION_END, 1, "T|"), "OK|", "the first to end wins");
	expect(send(x, XS_TRANSACTION_END, 1, "T|"), "EAGAIN|", "the other has to repeat");
	expect(send(x, XS_READ, 0, "/t|"), "y", "what was written");
	for (int i = 0; i < 2 * STORE_QUOTA_TRANSACTIONS; i++)
		send(x, XS_TRANSACTION_START, 0, "|");
	check(reply_hdr.type != XS_ERROR, "no quota");
	store_disconnect(x);
	store_disconnect(y);
}

static void quotas(void)
{
	struct store_conn *x = store_connect(s, NULL), *y = store_connect(s, NULL);
	char text[128];
	bool good = true;

	for (int i = 0; i < 2 * STORE_QUOTA_WATCHES; i++) {
		snprintf(text, sizeof(text), "/w|%d|", i);
		good = good && !strcmp(send(x, XS_WATCH, 0, text), "OK|");
	}
	check(good, "watches have no quota");
	events(x);
	check(!store_lost_events(x), "none was lost");
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "/w/%d|", i);
		send(y, XS_WRITE, 0, text);
	}
	check(store_lost_events(x), "who does not read is found out");
	check(!store_lost_events(y), "and nobody else");
	store_disconnect(x);
	store_disconnect(y);
}

static void own_watches(void)
{
	struct store_conn *x = store_connect(s, NULL);

	send(store_find(s, 1), XS_WRITE, 0, "data/fe/state|1");
	store_set_notify(s, on_notify, NULL);
	check(!store_watch(x, "/local/domain/1/data/fe/state", "t", 0), "a watch of our own");
	check(notified == x, "tells of its first event");
	expect(events(x), "/local/domain/1/data/fe/state|t| ", "which is its registration");
	send(store_find(s, 1), XS_WRITE, 0, "data/fe/state/deeper|1");
	expect(events(x), "", "depth 0 hears of nothing below");
	send(store_find(s, 1), XS_WRITE, 0, "data/fe/state|2");
	send(store_find(s, 1), XS_WRITE, 0, "data/fe/state|3");
	expect(events(x), "/local/domain/1/data/fe/state|t| ", "many changes are one event");
	send(store_find(s, 1), XS_RM, 0, "data/fe|");
	expect(events(x), "/local/domain/1/data/fe/state|t| ", "a frontend that vanishes");
	check(!store_unwatch(x, "/local/domain/1/data/fe/state", "t"), "is taken back");
	check(store_unwatch(x, "/local/domain/1/data/fe/state", "t") == -ENOENT, "only once");
	check(store_watch(x, "no good", "t", 0) == -EINVAL, "a bad path");
	store_set_notify(s, NULL, NULL);
	store_disconnect(x);
}

static void children(void)
{
	store_write(s, "/c/b", "", 0);
	store_write(s, "/c/a", "", 0);
	check(!strcmp(store_child(s, "/c", 0), "a") && !strcmp(store_child(s, "/c", 1), "b") &&
	      !store_child(s, "/c", 2) && !store_child(s, "/none", 0), "children by number");
}

/* After a restart what they changed is there, they are not. */
static void restart(void)
{
	struct store_conn *x = store_connect(s, NULL), *guest = store_find(s, 1);
	struct journal a = { 0 }, b = { 0 };
	struct store *n;

	send(x, XS_WATCH, 0, "/r|x|");
	send(x, XS_TRANSACTION_START, 0, "|");
	send(x, XS_WRITE, 1, "/r/in|1");
	send(x, XS_TRANSACTION_END, 1, "T|");
	send(x, XS_WRITE, 0, "/r/out|1");
	send_id(guest, XS_WRITE, 0, 5, "data/r|1");

	n = store_new(5000, NULL, NULL);
	check(store_load(n, journal.data, journal.len) == journal.len, "the journal is good");
	store_dump(s, journal_record, &a);
	store_dump(n, journal_record, &b);
	check(a.len == b.len && !memcmp(a.data, b.data, a.len), "the same store comes back");
	check(store_read(n, "/r/in", NULL) && store_read(n, "/r/out", NULL), "with their changes");
	check(!store_audit(n) && !store_audit(s), "audit");
	free(a.data);
	free(b.data);
	store_free(n);
}

int main(void)
{
	s = store_new(1000, journal_record, &journal);
	add_domain(s, 1);
	separate();
	transactions();
	quotas();
	own_watches();
	children();
	restart();
	store_free(s);
	free(journal.data);
	return tap_end();
}
