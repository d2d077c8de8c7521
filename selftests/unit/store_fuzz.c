// SPDX-License-Identifier: GPL-2.0-only
/*
 * Anything a client can send, restarts in between.
 *
 * Built with -DSTORE_LIBFUZZER it is a libFuzzer target; else it runs the files of
 * store_corpus/ and a fixed sequence of random inputs, as many as its argument
 * says, and reports in TAP.  Each input is a program: pick a connection, send a
 * message made from a small vocabulary or of raw bytes, fetch events, kill the store
 * and load it again.
 */
#include <dirent.h>

#include "store_harness.h"

#define DOMAINS	3
#define TOOLS	2

struct input {
	const uint8_t *data;
	size_t len;
};

static unsigned int take(struct input *in)
{
	if (!in->len)
		return 0;
	in->len--;
	return *in->data++;
}

static struct store *s;
static struct journal journal;
static struct store_conn *tools[TOOLS];

/* Of a domain, of domain 0, or of a tool; NULL: it is not there. */
static struct store_conn *pick(unsigned int n)
{
	n %= DOMAINS + 1 + TOOLS;
	return n > DOMAINS ? tools[n - DOMAINS - 1] : store_find(s, n);
}

static void connect_tools(void)
{
	for (unsigned int i = 0; i < TOOLS; i++)
		tools[i] = store_connect(s, NULL);
}

static size_t make_payload(struct input *in, char *p)
{
	static const char *const words[] = {
		"data", "data/a", "data/b", "data/a/b", "data/a/b/c", "data/c", "device", "domid",
		"/local/domain/1/data", "/local/domain/2/data", "/local/domain/2/data/a", "/",
		"/local/domain", "@releaseDomain", "@introduceDomain", "T", "F", "1", "2", "3",
		"tok", "n1", "b2", "r3", "n2", "w1", "", "0", "4096", "//", "data/", "x y",
	};
	unsigned int kind = take(in);
	size_t len = 0;

	if (kind < 16) {
		size_t want = take(in) | (take(in) & 15) << 8;

		while (len < want)
			p[len++] = take(in);
		return len;
	}
	for (unsigned int i = kind % 5; i; i--) {
		const char *w = words[take(in) % ARRAY_SIZE(words)];

		len = stpcpy(p + len, w) - p;
		if (kind < 250)
			p[len++] = '\0';
	}
	if (kind & 64) {
		size_t fill = take(in) * 8;

		memset(p + len, 'v', fill);
		len += fill;
	}
	return len;
}

static void require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "store_fuzz: %s\n", what);
	abort();
}

static void message(struct input *in)
{
	struct store_conn *conn = pick(take(in));
	char payload[XENSTORE_PAYLOAD_MAX + 4096];
	struct xsd_sockmsg msg, got;
	unsigned int how = take(in);
	size_t len;

	if (!conn)
		return;
	msg.type = take(in) % (XS_TYPE_COUNT + 1);
	msg.req_id = how >> 4;
	msg.tx_id = how & 1 ? (how >> 1) & 7 : 0;
	msg.len = make_payload(in, payload);
	len = store_message(conn, &msg, payload, reply_raw);
	memcpy(&got, reply_raw, sizeof(got));
	require(len == sizeof(got) + got.len && len <= STORE_MESSAGE_MAX, "size of a reply");
	require(got.type == msg.type || got.type == XS_ERROR, "type of a reply");
	require(got.req_id == msg.req_id && got.tx_id == msg.tx_id, "ids of a reply");
	if (take(in) & 3)
		store_answered(conn);
}

static void restart(void)
{
	struct store *n = store_new(5000, journal_record, &journal);
	struct journal a = { 0 }, b = { 0 };

	require(store_load(n, journal.data, journal.len) == journal.len, "journal refused");
	store_dump(s, journal_record, &a);
	store_dump(n, journal_record, &b);
	require(a.len == b.len && !memcmp(a.data, b.data, a.len), "not the same when loaded again");
	store_free(s);
	free(journal.data);
	free(b.data);
	journal = a;
	s = n;
	connect_tools();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	journal = (struct journal) { 0 };
	s = store_new(1, journal_record, &journal);
	for (unsigned int i = 1; i <= DOMAINS; i++)
		add_domain(s, i);
	connect_tools();

	while (in.len) {
		unsigned int op = take(&in);
		unsigned int domid = op % DOMAINS + 1;
		struct store_conn *conn = store_find(s, domid);

		if (op < 220) {
			message(&in);
		} else if (op < 225) {
			store_disconnect(tools[op % TOOLS]);
			tools[op % TOOLS] = store_connect(s, NULL);
		} else if (op < 235 && conn) {
			char buf[STORE_MESSAGE_MAX];

			store_sent(conn, store_events(conn, buf, sizeof(buf)));
		} else if (op < 240 && conn) {
			store_write(s, "/local/domain/1/data/a", "t", 1);
		} else if (op < 245) {
			restart();
		} else if (op < 247 && conn) {
			store_release(conn);
		} else if (!conn) {
			add_domain(s, domid);
		}
		require(!store_audit(s), "audit");
	}
	restart();
	require(!store_audit(s), "audit");
	store_free(s);
	free(journal.data);
	return 0;
}

#ifndef STORE_LIBFUZZER
static uint8_t data[4096];

/* What a fuzzer has found worth keeping. */
static unsigned int run_corpus(const char *dir)
{
	struct dirent *entry;
	unsigned int count = 0;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d))) {
		char path[512];
		size_t size;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		f = *entry->d_name == '.' ? NULL : fopen(path, "re");
		if (!f)
			continue;
		size = fread(data, 1, sizeof(data), f);
		fclose(f);
		LLVMFuzzerTestOneInput(data, size);
		count++;
	}
	if (d)
		closedir(d);
	return count;
}

int main(int argc, char **argv)
{
	unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000;
	uint64_t x = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15ull;
	unsigned int files = run_corpus("store_corpus");

	check(files, "%u programs of the corpus", files);
	for (unsigned long run = 0; run < runs; run++) {
		size_t size = run % sizeof(data);

		for (size_t i = 0; i < size; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			data[i] = x >> 24;
		}
		LLVMFuzzerTestOneInput(data, size);
	}
	check(true, "%lu random programs", runs);
	return tap_end();
}
#endif
