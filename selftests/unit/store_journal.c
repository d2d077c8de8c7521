// SPDX-License-Identifier: GPL-2.0-only
/* What the store's records are for: killed at any point, it is the same again. */
#include "store_harness.h"

static struct store *s;
static struct journal journal;

static struct journal dump(const struct store *store)
{
	struct journal j = { 0 };

	store_dump(store, journal_record, &j);
	return j;
}

static bool same(const struct store *x, const struct store *y)
{
	struct journal a = dump(x), b = dump(y);
	bool equal = a.len == b.len && !memcmp(a.data, b.data, a.len);

	free(a.data);
	free(b.data);
	return equal;
}

static struct store *reload(const struct journal *j, size_t len, size_t *good)
{
	struct store *n = store_new(2000, NULL, NULL);

	*good = store_load(n, j->data, len);
	return n;
}

/* Kill and start again, as the daemon does: the new journal is a dump. */
static void restart(void)
{
	size_t good;
	struct store *n = store_new(3000, journal_record, &journal);

	good = store_load(n, journal.data, journal.len);
	check(good == journal.len, "all of the journal is good");
	check(same(s, n), "the same store comes back");
	check(!store_audit(n), "audit");
	store_free(s);
	s = n;
	journal.len = 0;
	store_dump(s, journal_record, &journal);
}

int main(void)
{
	struct store_conn *a, *b;
	struct journal copy;
	struct store *n;
	size_t good, frames = 0, last = 0;
	bool fine = true;

	s = store_new(1000, journal_record, &journal);
	a = add_domain(s, 1);
	b = add_domain(s, 2);
	send(a, XS_WATCH, 0, "data|tok|");
	send(a, XS_WATCH, 0, "/local/domain/1/control|tok2|");
	send(a, XS_WATCH, 0, "data|deep|3|");
	send(b, XS_WATCH, 0, "@releaseDomain|x|");
	send(a, XS_WRITE, 0, "data/x|1");
	send(a, XS_SET_PERMS, 0, "data/x|r1|b2|");
	send(b, XS_MKDIR, 0, "/local/domain/1/data/x/y/z|");
	send(a, XS_UNWATCH, 0, "/local/domain/1/control|tok2|");
	restart();

	a = store_find(s, 1);
	b = store_find(s, 2);
	check(a && b && store_next_domid(s, 0) == 1 && store_next_domid(s, 1) == 2 &&
	      store_next_domid(s, 2) == 0, "connections are back");
	expect(events(a),
	       "data|tok| /local/domain/1/control|tok2| data|deep| data/x|tok| data/x|deep| data/x/y/z|tok| data/x/y/z|deep| ",
	       "events are not lost");
	expect(send(a, XS_GET_PERMS, 0, "data/x/y/z|"), "r2|b2|", "owners and permissions are back");
	send(a, XS_WRITE, 0, "data/x|2");
	expect(events(a), "data/x|tok| data/x|deep| ", "watches fire");
	restart();

	a = store_find(s, 1);
	expect(events(a), "", "what was sent is not sent again");
	expect(send(a, XS_TRANSACTION_START, 0, "|"), "1|", "a transaction");
	send(a, XS_WRITE, 1, "data/t|1");
	restart();
	a = store_find(s, 1);
	expect(send(a, XS_READ, 1, "data/x|"), "2", "is still known");
	expect(send(a, XS_WRITE, 1, "data/t|1"), "OK|", "goes on");
	expect(send(a, XS_TRANSACTION_END, 1, "T|"), "EAGAIN|", "and must be repeated");
	expect(send(a, XS_TRANSACTION_START, 0, "|"), "2|", "the next one");
	send(a, XS_WRITE, 2, "data/t|1");
	expect(send(a, XS_TRANSACTION_END, 2, "T|"), "OK|", "commits");
	events(a);

	/* processed, and killed before the reply was sent */
	expect(send_id(a, XS_TRANSACTION_START, 0, 77, "|"), "3|", "a request");
	restart();
	a = store_find(s, 1);
	expect(send_id(a, XS_TRANSACTION_START, 0, 77, "|"), "3|", "read again, gets its reply");
	restart();
	a = store_find(s, 1);
	expect(send_id(a, XS_TRANSACTION_START, 0, 77, "|"), "3|", "again and again");
	store_answered(a);
	restart();
	a = store_find(s, 1);
	expect(send_id(a, XS_TRANSACTION_START, 0, 77, "|"), "4|", "until it was sent");
	store_answered(a);
	send_id(a, XS_WATCH, 0, 78, "data|again|");
	restart();
	a = store_find(s, 1);
	expect(send_id(a, XS_WATCH, 0, 78, "data|again|"), "OK|", "a WATCH is no EEXIST");
	expect(events(a), "data|again| ", "and its event is there");
	send_id(a, XS_WRITE, 0, 79, "data/t|2");
	restart();
	a = store_find(s, 1);
	expect(send_id(a, XS_READ, 0, 80, "data/t|"), "2", "another request means it was answered");
	expect(send_id(a, XS_WRITE, 0, 79, "data/t|3"), "OK|", "so this one is new");
	store_answered(a);
	events(a);

	store_begin(s);
	good = journal.len;
	store_write(s, "/tool/x", "1", 1);
	store_write(s, "/tool/y", "1", 1);
	check(journal.len == good, "held back between begin and end");
	store_end(s);
	check(journal.len > good, "then written");
	restart();

	send(store_find(s, 2), XS_WRITE, 0, "data/mine|1");
	store_release(store_find(s, 2));
	check(!store_find(s, 2), "released");
	restart();
	check(!store_find(s, 2), "stays released");
	a = store_find(s, 1);
	send(a, XS_RESET_WATCHES, 0, "|");
	restart();
	a = store_find(s, 1);
	send(a, XS_WRITE, 0, "data/t|5");
	expect(events(a), "", "RESET_WATCHES lasts");

	/* torn at every byte: the frames before it are good, no more and no less */
	for (size_t len = 0; len <= journal.len; len++) {
		n = reload(&journal, len, &good);
		fine &= good <= len && good >= last && !store_audit(n);
		frames += good > last;
		last = good;
		store_free(n);
	}
	check(fine && last == journal.len, "torn at every byte: %zu frames", frames);

	/* damaged at every byte: never accepted, never harmful */
	fine = true;
	copy = (struct journal) { malloc(journal.len), journal.len };
	for (size_t i = 0; i < journal.len; i++) {
		memcpy(copy.data, journal.data, journal.len);
		copy.data[i] ^= 0x40;
		n = reload(&copy, copy.len, &good);
		fine &= good <= i && !store_audit(n);
		store_free(n);
	}
	check(fine, "damaged at every byte");
	free(copy.data);

	store_free(s);
	free(journal.data);
	return tap_end();
}
