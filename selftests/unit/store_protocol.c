// SPDX-License-Identifier: GPL-2.0-only
/* The store's protocol: what each request answers, fires and forbids. */
#include "store_harness.h"

static struct store *s;
static struct store_conn *tools, *a, *b;
static struct journal journal;

static void fresh(void)
{
	store_free(s);
	free(journal.data);
	journal = (struct journal) { 0 };
	s = store_new(1000, journal_record, &journal);
	tools = store_find(s, 0);
	a = add_domain(s, 1);
	b = add_domain(s, 2);
}

static void basics(void)
{
	fresh();
	expect(send(a, XS_READ, 0, "domid|"), "1", "READ of a relative path");
	expect(send(a, XS_READ, 0, "/local/domain/1/domid|"), "1", "READ of an absolute path");
	expect(send(a, XS_READ, 0, "data/none|"), "ENOENT|", "READ of what is not there");
	check(reply_hdr.type == XS_ERROR, "an error has type ERROR");
	expect(send(a, XS_WRITE, 0, "data/x/y|val|ue"), "OK|", "WRITE makes parents");
	expect(send(a, XS_READ, 0, "data/x/y|"), "val|ue", "values are binary");
	expect(send(a, XS_READ, 0, "data/x|"), "", "parents are empty");
	expect(send(a, XS_WRITE, 0, "data/x/y|"), "OK|", "WRITE of nothing");
	expect(send(a, XS_READ, 0, "data/x/y|"), "", "an empty value");
	expect(send(a, XS_MKDIR, 0, "data/d|"), "OK|", "MKDIR");
	expect(send(a, XS_WRITE, 0, "data/d|v"), "OK|", "a directory may have a value");
	expect(send(a, XS_MKDIR, 0, "data/d|"), "OK|", "MKDIR of what exists");
	expect(send(a, XS_READ, 0, "data/d|"), "v", "MKDIR changes no value");
	expect(send(a, XS_DIRECTORY, 0, "data|"), "d|x|", "DIRECTORY");
	expect(send(a, XS_DIRECTORY, 0, "data/d|"), "", "DIRECTORY without children");
	expect(send(a, XS_RM, 0, "data/x|"), "OK|", "RM of a tree");
	expect(send(a, XS_READ, 0, "data/x/y|"), "ENOENT|", "all of it is gone");
	expect(send(a, XS_RM, 0, "data/x|"), "OK|", "RM of nothing, parent exists");
	expect(send(a, XS_RM, 0, "data/x/y|"), "ENOENT|", "RM of nothing, parent missing");
	expect(send(tools, XS_RM, 0, "/|"), "EINVAL|", "RM of the root");
	expect(send(a, XS_GET_DOMAIN_PATH, 0, "7|"), "/local/domain/7|", "GET_DOMAIN_PATH");
	expect(send(tools, XS_IS_DOMAIN_INTRODUCED, 0, "1|"), "T|", "IS_DOMAIN_INTRODUCED");
	expect(send(tools, XS_IS_DOMAIN_INTRODUCED, 0, "9|"), "F|", "of another");
	expect(send(tools, XS_DIRECTORY, 0, "/local/domain|"), "1|2|", "tools see domains");
	expect(send(tools, XS_DIRECTORY, 0, "/|"), "local|", "DIRECTORY of the root");
	check(!store_audit(s), "audit");
}

static void malformed(void)
{
	static const struct {
		uint32_t type;
		const char *payload, *what;
	} bad[] = {
		{ XS_READ, "", "READ without payload" },
		{ XS_READ, "domid", "READ without NUL" },
		{ XS_READ, "domid|x", "READ with something behind" },
		{ XS_READ, "domid||", "READ with two strings" },
		{ XS_READ, "|", "the empty path" },
		{ XS_READ, "/local//domain|", "a double slash" },
		{ XS_READ, "/local/|", "a slash at the end" },
		{ XS_READ, "do mid|", "a blank" },
		{ XS_READ, "d.x|", "a dot" },
		{ XS_READ, "@releaseDomain|", "READ of a special path" },
		{ XS_DIRECTORY, "", "DIRECTORY without payload" },
		{ XS_DIRECTORY_PART, "data|", "DIRECTORY_PART without offset" },
		{ XS_GET_PERMS, "", "GET_PERMS without payload" },
		{ XS_SET_PERMS, "data|", "SET_PERMS without permissions" },
		{ XS_SET_PERMS, "data|x1|", "SET_PERMS with a bad letter" },
		{ XS_SET_PERMS, "data|r|", "SET_PERMS without an id" },
		{ XS_SET_PERMS, "data|r1x|", "SET_PERMS with a bad id" },
		{ XS_SET_PERMS, "data||", "SET_PERMS with an empty one" },
		{ XS_WATCH, "data|", "WATCH without token" },
		{ XS_WATCH, "data|t|x|", "WATCH with a bad depth" },
		{ XS_WATCH, "data/|t|", "WATCH of a bad path" },
		{ XS_UNWATCH, "data|", "UNWATCH without token" },
		{ XS_WRITE, "", "WRITE without payload" },
		{ XS_WRITE, "data", "WRITE without NUL" },
		{ XS_MKDIR, "", "MKDIR without payload" },
		{ XS_RM, "", "RM without payload" },
		{ XS_TRANSACTION_END, "X|", "TRANSACTION_END with neither T nor F" },
		{ XS_TRANSACTION_END, "", "TRANSACTION_END without payload" },
		{ XS_GET_DOMAIN_PATH, "", "GET_DOMAIN_PATH without payload" },
	};
	static const uint32_t privileged[] = {
		XS_CONTROL, XS_INTRODUCE, XS_RELEASE, XS_RESUME, XS_SET_TARGET,
		XS_IS_DOMAIN_INTRODUCED,
	};
	char path[XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg hdr = { XS_READ, 5, 0, XENSTORE_PAYLOAD_MAX + 1 };

	fresh();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect(send(a, bad[i].type, 0, bad[i].payload), "EINVAL|", bad[i].what);
	for (size_t i = 0; i < ARRAY_SIZE(privileged); i++)
		expect(send(a, privileged[i], 0, "1|"), "EACCES|", "a privileged request");
	expect(send(a, XS_WATCH_EVENT, 0, "x|y|"), "ENOSYS|", "a WATCH_EVENT from a client");
	expect(send(a, XS_ERROR, 0, "x|"), "ENOSYS|", "an ERROR from a client");
	expect(send(a, 20, 0, ""), "ENOSYS|", "a type that was removed");
	expect(send(a, 4711, 0, ""), "ENOSYS|", "a type that never was");
	expect(send(a, XS_READ, 99, "domid|"), "ENOENT|", "an unknown transaction");
	expect(send(a, XS_TRANSACTION_END, 0, "T|"), "ENOENT|", "the end of none");

	store_message(a, &hdr, "", reply_raw);
	memcpy(&reply_hdr, reply_raw, sizeof(reply_hdr));
	check(reply_hdr.type == XS_ERROR && reply_hdr.req_id == 5, "a payload too long");

	memset(path, 'x', sizeof(path));
	memcpy(path, "data/", 5);
	strcpy(path + XENSTORE_REL_PATH_MAX, "|");
	expect(send(a, XS_READ, 0, path), "ENOENT|", "the longest path");
	strcpy(path + XENSTORE_REL_PATH_MAX, "x|");
	expect(send(a, XS_READ, 0, path), "EINVAL|", "a longer one");
	check(!store_audit(s), "audit");
}

static void permissions(void)
{
	fresh();
	expect(send(a, XS_WRITE, 0, "domid|9"), "EACCES|", "WRITE to what is read-only");
	expect(send(a, XS_WRITE, 0, "device/x|9"), "EACCES|", "WRITE below what is read-only");
	expect(send(a, XS_WRITE, 0, "new|9"), "EACCES|", "WRITE in the home directory");
	expect(send(a, XS_RM, 0, "device|"), "EACCES|", "RM of what is read-only");
	expect(send(a, XS_READ, 0, "/local/domain/2/domid|"), "EACCES|", "READ of another's");
	expect(send(a, XS_READ, 0, "/local/domain/2/none|"), "EACCES|", "not told what is missing");
	expect(send(a, XS_READ, 0, "/nothing|"), "EACCES|", "nor at the root");
	expect(send(a, XS_READ, 0, "/|"), "EACCES|", "READ of the root");
	expect(send(a, XS_DIRECTORY, 0, "/local/domain|"), "EACCES|", "DIRECTORY of all domains");
	expect(send(a, XS_READ, 0, "device/none|"), "ENOENT|", "told where one may read");
	expect(send(a, XS_GET_PERMS, 0, "device|"), "n0|r1|", "GET_PERMS");
	expect(send(a, XS_WRITE, 0, "data/x|9"), "OK|", "WRITE to what one owns");
	expect(send(a, XS_GET_PERMS, 0, "data/x|"), "n1|", "ownership of what one makes");
	expect(send(a, XS_SET_PERMS, 0, "data/x|n1|r2|"), "OK|", "SET_PERMS by the owner");
	expect(send(b, XS_READ, 0, "/local/domain/1/data/x|"), "9", "READ by leave");
	expect(send(b, XS_WRITE, 0, "/local/domain/1/data/x|8"), "EACCES|", "but no WRITE");
	expect(send(b, XS_SET_PERMS, 0, "/local/domain/1/data/x|n2|"), "EACCES|", "nor SET_PERMS");
	expect(send(a, XS_SET_PERMS, 0, "data/x|n1|b2|"), "OK|", "leave to write");
	expect(send(b, XS_WRITE, 0, "/local/domain/1/data/x|8"), "OK|", "WRITE by leave");
	expect(send(b, XS_SET_PERMS, 0, "/local/domain/1/data/x|n1|"), "EACCES|",
	       "to write is not to own");
	expect(send(b, XS_MKDIR, 0, "/local/domain/1/data/x/y|"), "OK|", "MKDIR by leave");
	expect(send(tools, XS_GET_PERMS, 0, "/local/domain/1/data/x/y|"), "n2|b2|",
	       "the maker owns it");
	expect(send(a, XS_SET_PERMS, 0, "data/x|n2|"), "EPERM|", "the owner stays the same");
	expect(send(a, XS_SET_PERMS, 0, "data/x|n1|r2|r3|r4|r5|"), "OK|", "five entries");
	expect(send(a, XS_SET_PERMS, 0, "data/x|n1|r2|r3|r4|r5|r6|"), "ENOSPC|", "six entries");
	expect(send(a, XS_SET_PERMS, 0, "data/none|n1|"), "ENOENT|", "SET_PERMS of nothing");
	expect(send(tools, XS_SET_PERMS, 0, "/local/domain/1/data/x|w1|n0|"), "OK|",
	       "tools may do all");
	expect(send(b, XS_READ, 0, "/local/domain/1/data/x|"), "EACCES|", "default: write only");
	expect(send(b, XS_WRITE, 0, "/local/domain/1/data/x|7"), "OK|", "so WRITE");
	expect(send(a, XS_GET_PERMS, 0, "@releaseDomain|"), "EACCES|", "a special path");
	expect(send(a, XS_SET_PERMS, 0, "@releaseDomain|n1|"), "EACCES|", "and to set it");
	expect(send(tools, XS_SET_PERMS, 0, "/local/domain/1/data/x|n2|"), "OK|", "give it away");
	check(!store_audit(s), "audit after a change of owners");
	store_release(b);
	expect(send(tools, XS_GET_PERMS, 0, "/local/domain/1/data/x|"), "n0|",
	       "who is gone owns nothing");
	expect(send(tools, XS_GET_PERMS, 0, "/local/domain/1/data/x/y|"), "n0|",
	       "and has no leave");
	check(!store_audit(s), "audit");
}

static void watches(void)
{
	fresh();
	expect(send(a, XS_WATCH, 0, "data|tok|"), "OK|", "WATCH");
	expect(events(a), "data|tok| ", "fires at once, relative as it was given");
	expect(send(a, XS_WATCH, 0, "data|tok|"), "EEXIST|", "the same WATCH again");
	expect(send(a, XS_WATCH, 0, "/local/domain/1/data|abs|"), "OK|", "WATCH, absolute");
	expect(events(a), "/local/domain/1/data|abs| ", "fires as it was given");
	send(a, XS_WRITE, 0, "data/x|1");
	expect(events(a), "data/x|tok| /local/domain/1/data/x|abs| ", "WRITE below");
	send(a, XS_WRITE, 0, "data|1");
	expect(events(a), "data|tok| /local/domain/1/data|abs| ", "WRITE of the node");
	expect(send(a, XS_UNWATCH, 0, "/local/domain/1/data|abs|"), "OK|", "UNWATCH");
	expect(send(a, XS_UNWATCH, 0, "/local/domain/1/data|abs|"), "ENOENT|", "again");
	expect(send(a, XS_UNWATCH, 0, "data|other|"), "ENOENT|", "UNWATCH, another token");
	send(a, XS_MKDIR, 0, "data/x|");
	expect(events(a), "", "MKDIR of what exists fires nothing");
	send(a, XS_MKDIR, 0, "data/d/e|");
	expect(events(a), "data/d/e|tok| ", "MKDIR");
	send(a, XS_SET_PERMS, 0, "data/x|n1|r2|");
	expect(events(a), "data/x|tok| ", "SET_PERMS");
	send(a, XS_RM, 0, "data/none|");
	expect(events(a), "", "RM of nothing");
	send(a, XS_WATCH, 0, "data/d/e|deep|");
	send(a, XS_WATCH, 0, "data/d/e/f|deeper|");
	events(a);
	send(a, XS_RM, 0, "data/d|");
	expect(events(a), "data/d/e|deep| data/d|tok| ",
	       "RM: a watch below hears of its own path, if it existed");
	send(a, XS_WRITE, 0, "data/x|1");
	send(a, XS_WRITE, 0, "data/x|2");
	send(a, XS_WRITE, 0, "data/y|2");
	expect(events(a), "data/x|tok| data/y|tok| ", "what waits already is not queued twice");
	store_write(s, "/local/domain/1/control/shutdown", "poweroff", 8);
	expect(events(a), "", "not watched");
	expect(send(a, XS_WATCH, 0, "control/shutdown|FFFFFFFF82BB0540|"), "OK|", "as Linux does");
	events(a);
	store_write(s, "/local/domain/1/control/shutdown", "poweroff", 8);
	expect(events(a), "control/shutdown|FFFFFFFF82BB0540| ", "the tool stack's writes fire");

	expect(send(b, XS_WATCH, 0, "/local/domain/1/data|spy|"), "OK|", "WATCH of another's");
	events(b);
	send(a, XS_WRITE, 0, "data/secret|1");
	expect(events(b), "", "does not fire for what one may not read");
	send(a, XS_SET_PERMS, 0, "data/secret|n1|r2|");
	expect(events(b), "/local/domain/1/data/secret|spy| ", "with leave it does");
	send(a, XS_SET_PERMS, 0, "data/secret|n1|");
	expect(events(b), "/local/domain/1/data/secret|spy| ", "the end of leave is told");
	send(a, XS_WRITE, 0, "data/secret|2");
	expect(events(b), "", "then no more");
	events(a);

	expect(send(a, XS_WATCH, 0, "data|d0|0|"), "OK|", "WATCH with a depth");
	expect(send(a, XS_WATCH, 0, "data|d1|1|"), "OK|", "WATCH with another");
	events(a);
	send(a, XS_WRITE, 0, "data/p/q|1");
	expect(events(a), "data/p/q|tok| ", "two levels below");
	send(a, XS_WRITE, 0, "data/p|1");
	expect(events(a), "data/p|tok| data/p|d1| ", "one level below");
	send(a, XS_WRITE, 0, "data|1");
	expect(events(a), "data|tok| data|d0| data|d1| ", "the node itself");

	expect(send(a, XS_WATCH, 0, "@introduceDomain|i|"), "OK|", "WATCH of a special path");
	expect(events(a), "@introduceDomain|i| ", "fires at once");
	send(tools, XS_WATCH, 0, "@introduceDomain|i|");
	send(tools, XS_WATCH, 0, "@releaseDomain|r|");
	send(tools, XS_WATCH, 0, "/|all|");
	events(tools);
	store_introduce(s, 3);
	store_introduce(s, 4);
	expect(events(tools), "@introduceDomain|i| @introduceDomain|i| ",
	       "each introduction is told to tools");
	expect(events(a), "", "not to domains");
	store_release(store_find(s, 4));
	expect(events(tools), "@releaseDomain|r| ", "and each release");
	send(a, XS_WRITE, 0, "data/x|1");
	expect(events(tools), "/local/domain/1/data/x|all| ", "a watch of the root");

	send(a, XS_TRANSACTION_START, 0, "|");
	send(a, XS_WRITE, 0, "data/x|5");
	expect(send(a, XS_RESET_WATCHES, 0, "|"), "OK|", "RESET_WATCHES");
	expect(events(a), "", "drops what is queued");
	expect(send(a, XS_READ, 1, "data/x|"), "ENOENT|", "and transactions");
	send(a, XS_WRITE, 0, "data/x|1");
	expect(events(a), "", "and watches");
	check(!store_audit(s), "audit");
}

static uint32_t begin(struct store_conn *conn)
{
	return strtoul(send(conn, XS_TRANSACTION_START, 0, "|"), NULL, 10);
}

static void transactions(void)
{
	uint32_t t, u;

	fresh();
	send(a, XS_WATCH, 0, "data|w|");
	events(a);

	t = begin(a);
	check(t, "TRANSACTION_START");
	expect(send(a, XS_WRITE, t, "data/x|1"), "OK|", "WRITE inside");
	expect(send(a, XS_READ, t, "data/x|"), "1", "is seen inside");
	expect(send(a, XS_READ, 0, "data/x|"), "ENOENT|", "and not outside");
	expect(events(a), "", "and fires nothing");
	expect(send(a, XS_TRANSACTION_START, t, "|"), "EBUSY|", "no transactions within");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "OK|", "commit");
	expect(send(a, XS_READ, 0, "data/x|"), "1", "is seen outside");
	expect(events(a), "data/x|w| ", "and fires");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "ENOENT|", "it is over");

	t = begin(a);
	send(a, XS_WRITE, t, "data/x|2");
	expect(send(a, XS_TRANSACTION_END, t, "F|"), "OK|", "abort");
	expect(send(a, XS_READ, 0, "data/x|"), "1", "leaves all as it was");
	expect(events(a), "", "and fires nothing");

	t = begin(a);
	send(a, XS_READ, t, "data/x|");
	send(a, XS_WRITE, t, "data/y|2");
	send(a, XS_WRITE, 0, "data/x|3");
	expect(send(a, XS_READ, t, "data/x|"), "1", "a transaction sees a snapshot");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "EAGAIN|", "what it read has changed");
	expect(send(a, XS_READ, 0, "data/y|"), "ENOENT|", "nothing of it remains");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "ENOENT|", "and it is over");

	t = begin(a);
	send(a, XS_READ, t, "data/x|");
	send(a, XS_WRITE, 0, "data/z|3");
	store_write(s, "/local/domain/1/memory/target", "1", 1);
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "OK|", "changes elsewhere do not matter");

	t = begin(a);
	send(a, XS_DIRECTORY, t, "data|");
	send(a, XS_WRITE, 0, "data/x|4");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "OK|", "nor of children that were listed");
	t = begin(a);
	send(a, XS_DIRECTORY, t, "data|");
	send(a, XS_WRITE, 0, "data/new|4");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "EAGAIN|", "but a new child does");

	t = begin(a);
	send(a, XS_READ, t, "data/none|");
	send(a, XS_WRITE, 0, "data/none|4");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "EAGAIN|", "what was missing is there");

	t = begin(a);
	send(a, XS_RM, t, "data/x|");
	expect(send(a, XS_READ, t, "data/x|"), "ENOENT|", "RM inside");
	send(a, XS_WRITE, 0, "data/x/below|4");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "EAGAIN|", "RM, and a change below");

	t = begin(a);
	send(a, XS_WRITE, t, "data/x|5");
	send(a, XS_RM, 0, "data|");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "EAGAIN|", "the tree has gone from under it");
	store_write(s, "/local/domain/1/data", "", 0);
	store_set_perms(s, "/local/domain/1/data", "n1");

	t = begin(a);
	u = begin(a);
	check(t != u, "two at a time");
	send(a, XS_WRITE, t, "data/t|1");
	send(a, XS_WRITE, u, "data/u|1");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "OK|", "the first");
	expect(send(a, XS_TRANSACTION_END, u, "T|"), "OK|", "the second, which met it nowhere");
	t = begin(a);
	u = begin(a);
	send(a, XS_WRITE, t, "data/t|1");
	send(a, XS_WRITE, u, "data/t|2");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "OK|", "the first of two with one node");
	expect(send(a, XS_TRANSACTION_END, u, "T|"), "EAGAIN|", "the second");

	events(a);
	t = begin(a);
	send(a, XS_WRITE, t, "data/m/n|1");
	send(a, XS_MKDIR, t, "data/m/o|");
	send(a, XS_SET_PERMS, t, "data/m|n1|r2|");
	send(a, XS_RM, t, "data/t|");
	send(a, XS_WRITE, t, "data/gone|1");
	send(a, XS_RM, t, "data/gone|");
	expect(send(a, XS_WRITE, t, "device/x|1"), "EACCES|", "rights hold inside");
	expect(send(a, XS_DIRECTORY, t, "data/m|"), "n|o|", "DIRECTORY inside");
	store_write(s, "/local/domain/1/memory/target", "2", 1);
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "OK|", "many changes, replayed");
	expect(send(a, XS_DIRECTORY, 0, "data/m|"), "n|o|", "are all there");
	expect(send(a, XS_GET_PERMS, 0, "data/m|"), "n1|r2|", "permissions too");
	expect(events(a), "data/m/n|w| data/m/o|w| data/m|w| data/t|w| data/gone|w| ",
	       "and fire in order");
	check(!store_audit(s), "audit");

	t = begin(a);
	expect(send(b, XS_READ, t, "domid|"), "ENOENT|", "transactions belong to a connection");
	expect(send(a, XS_WATCH, 12345, "data/m|k|"), "OK|", "WATCH ignores the id");
	check(!store_audit(s), "audit");
}

static void quotas(void)
{
	char text[XENSTORE_PAYLOAD_MAX];
	unsigned int n;
	uint32_t t;

	fresh();
	for (n = 0; n < 2 * STORE_QUOTA_NODES; n++) {
		snprintf(text, sizeof(text), "data/%u|x", n);
		if (strcmp(send(a, XS_WRITE, 0, text), "OK|"))
			break;
	}
	/* data and control/shutdown are the domain's, too */
	check(n == STORE_QUOTA_NODES - 2, "nodes: %u", n);
	expect(reply_text, "ENOSPC|", "one more");
	expect(send(a, XS_WRITE, 0, "data/0|y"), "OK|", "changes are still possible");
	t = begin(a);
	send(a, XS_RM, t, "data/0|");
	expect(send(a, XS_WRITE, t, "data/a|y"), "OK|", "one for another");
	expect(send(a, XS_WRITE, t, "data/b|y"), "ENOSPC|", "inside, one too many");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "OK|", "commit of the rest");
	check(!store_audit(s), "audit");
	t = begin(a);
	send(a, XS_RM, 0, "data/1|");
	expect(send(a, XS_WRITE, t, "data/c|y"), "OK|", "room as of now");
	send(a, XS_WRITE, 0, "data/1|y");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "ENOSPC|", "but not at the end");
	expect(send(a, XS_READ, 0, "data/c|"), "ENOENT|", "then nothing is done");
	store_write(s, "/local/domain/1/memory/extra", "1", 1);
	check(!store_audit(s), "the tool stack has no quota");

	fresh();
	memset(text, 'v', sizeof(text));
	memcpy(text, "data/v|", 7);
	text[STORE_QUOTA_NODE_SIZE - 32 + 7] = '\0';
	expect(send(a, XS_WRITE, 0, text), "OK|", "the biggest value");
	text[STORE_QUOTA_NODE_SIZE - 32 + 7] = 'v';
	text[STORE_QUOTA_NODE_SIZE - 31 + 7] = '\0';
	expect(send(a, XS_WRITE, 0, text), "ENOSPC|", "a bigger one, over it");
	text[5] = 'u';
	expect(send(a, XS_WRITE, 0, text), "ENOSPC|", "a bigger one, new");

	for (n = 0; n < 2 * STORE_QUOTA_WATCHES; n++) {
		snprintf(text, sizeof(text), "data|%u|", n);
		if (strcmp(send(a, XS_WATCH, 0, text), "OK|"))
			break;
	}
	check(n == STORE_QUOTA_WATCHES, "watches: %u", n);
	expect(reply_text, "E2BIG|", "one more");
	for (n = 0; n < 2 * STORE_QUOTA_TRANSACTIONS; n++)
		if (strspn(send(a, XS_TRANSACTION_START, 0, "|"), "0123456789") == 0)
			break;
	check(n == STORE_QUOTA_TRANSACTIONS, "transactions: %u", n);
	expect(reply_text, "ENOSPC|", "one more");

	fresh();
	t = begin(a);
	for (n = 0; n < 2 * STORE_QUOTA_TRANSACTION_NODES; n++) {
		snprintf(text, sizeof(text), "data/%u|", n);
		if (strcmp(send(a, XS_READ, t, text), "ENOENT|"))
			break;
	}
	check(n == STORE_QUOTA_TRANSACTION_NODES, "nodes of a transaction: %u", n);
	expect(reply_text, "ENOSPC|", "one more");
	expect(send(a, XS_TRANSACTION_END, t, "T|"), "EAGAIN|", "and it cannot commit");

	/* Another domain cannot make the store grow by events that nobody fetches. */
	fresh();
	for (n = 0; n < STORE_QUOTA_WATCHES; n++) {
		memset(text, 't', 3000);
		snprintf(text + 3000, 100, "%u|", n);
		memcpy(text, "data|", 5);
		send(a, XS_WATCH, 0, text);
	}
	for (n = 0; n < 50; n++) {
		snprintf(text, sizeof(text), "data/%u|", n);
		send(a, XS_WRITE, 0, text);
	}
	check(!store_audit(s), "queued events are bounded");
	check(strlen(events(a)) > STORE_QUOTA_EVENTS / 2, "and the first ones are there");
	send(a, XS_WRITE, 0, "data/0|");
	check(*events(a), "events go on after that");
}

static void big_directories(void)
{
	char text[128], all[65536] = "", *pos = all;
	static char names[65536];
	unsigned int n, parts = 0;
	size_t offset = 0, total = 0;
	char gen[32] = "";

	fresh();
	for (n = 0; n < 900; n++) {
		snprintf(text, sizeof(text), "data/name-%u|x", 1000 + n);
		send(a, XS_WRITE, 0, text);
		total += sprintf(names + total, "name-%u|", 1000 + n);
	}
	expect(send(a, XS_DIRECTORY, 0, "data|"), "E2BIG|", "DIRECTORY of very many");
	for (;;) {
		const char *r, *list;

		snprintf(text, sizeof(text), "data|%zu|", offset);
		r = send(a, XS_DIRECTORY_PART, 0, text);
		list = strchr(r, '|') + 1;
		if (!*gen)
			snprintf(gen, sizeof(gen), "%.*s", (int)(list - r), r);
		if (strncmp(r, gen, list - r) || ++parts > 100)
			break;
		pos = stpcpy(pos, list);
		offset += strlen(list);
		if (pos - all >= 2 && pos[-1] == '|' && pos[-2] == '|') {
			pos[-1] = '\0';
			break;
		}
	}
	check(!strcmp(all, names), "DIRECTORY_PART yields all of it, in %u parts", parts);
	check(parts > 2, "in parts");
	snprintf(text, sizeof(text), "data|%zu|", total);
	check(!strcmp(strchr(send(a, XS_DIRECTORY_PART, 0, text), '|'), "||"),
	      "an offset behind the end");
	send(a, XS_WRITE, 0, "data/another|x");
	check(strncmp(send(a, XS_DIRECTORY_PART, 0, "data|0|"), gen, strlen(gen)),
	      "the generation changes with the list");
}

static void repeats(void)
{
	uint32_t t;

	fresh();
	expect(send_id(a, XS_TRANSACTION_START, 0, 7, "|"), "1|", "a request");
	expect(send_id(a, XS_TRANSACTION_START, 0, 7, "|"), "1|", "read again before it is answered");
	store_answered(a);
	expect(send_id(a, XS_TRANSACTION_START, 0, 7, "|"), "2|", "the same one anew");
	send_id(a, XS_WRITE, 0, 8, "data/x|1");
	store_write(s, "/local/domain/1/data/x", "2", 1);
	expect(send_id(a, XS_WRITE, 0, 8, "data/x|1"), "OK|", "a WRITE read again");
	expect(send(a, XS_READ, 0, "data/x|"), "2", "is not done again");
	t = begin(a);
	send(a, XS_WRITE, t, "data/y|1");
	expect(send_id(a, XS_TRANSACTION_END, t, 9, "T|"), "OK|", "a commit");
	expect(send_id(a, XS_TRANSACTION_END, t, 9, "T|"), "OK|", "read again");
}

int main(void)
{
	basics();
	malformed();
	permissions();
	watches();
	transactions();
	quotas();
	big_directories();
	repeats();
	store_free(s);
	free(journal.data);
	return tap_end();
}
