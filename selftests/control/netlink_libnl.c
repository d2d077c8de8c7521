// SPDX-License-Identifier: GPL-2.0-only
/*
 * netlink_libnl GUEST SPINNER CRASHER: everything that the family "lodge" does
 * and refuses, by libnl, with lodge-build and lodge-run and no lodged.  Its
 * arguments are configurations: of a guest that powers off, of one that goes on
 * for ever, and of one that crashes.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nl.h"
#include "tap.h"

#define PAGES	8192ull		/* 32 MiB */

static struct nl_sock *events;

static const char *str(struct nlattr *a)
{
	return a ? nla_get_string(a) : "(none)";
}

static uint32_t u32(struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

static uint64_t u64(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

static __attribute__((format(printf, 2, 3))) bool point(bool good, const char *fmt, ...)
{
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	return tap_ok(good, name);
}

static int domains(void)
{
	return nl_ask(nl_request(LODGE_CMD_DOMAIN_QUERY, NLM_F_DUMP))->count;
}

/*
 * The request must fail with this errno and sentence ("": none), complain of @attr or miss
 * @missing, and leave no domain and no event.
 */
static void refused(const char *what, struct nl_msg *msg, int error, const char *text, int attr,
		    int missing)
{
	const int before = domains();
	struct answer a = *nl_ask(msg);
	const int after = domains();
	bool good = a.error == -error && strstr(a.text, text) && (text[0] || !a.text[0]) &&
		    a.attr == attr && a.missing == missing && !a.count && after == before &&
		    !nl_has_event(events);

	if (!point(good, "refused: %s", what))
		printf("# got %d \"%s\" attribute %d missing %d, %d answers, %d domains, before %d\n",
		       a.error, a.text, a.attr, a.missing, a.count, after, before);
}

static struct nl_msg *of_domain(int cmd, uint32_t domid)
{
	struct nl_msg *msg = nl_request(cmd, 0);

	nla_put_u32(msg, LODGE_A_DOMID, domid);
	return msg;
}

static struct nl_msg *create(uint64_t pages)
{
	struct nl_msg *msg = nl_request(LODGE_CMD_DOMAIN_CREATE, 0);

	nla_put_u64(msg, LODGE_A_MAX_PAGES, pages);
	return msg;
}

static struct nl_msg *with_u32(struct nl_msg *msg, int attr, uint32_t v)
{
	nla_put_u32(msg, attr, v);
	return msg;
}

static struct nl_msg *with_u64(struct nl_msg *msg, int attr, uint64_t v)
{
	nla_put_u64(msg, attr, v);
	return msg;
}

static struct nl_msg *with(struct nl_msg *msg, int attr, const void *data, int len)
{
	nla_put(msg, attr, len, data);
	return msg;
}

static struct nl_msg *named(struct nl_msg *msg, const char *name)
{
	nla_put_string(msg, LODGE_A_NAME, name);
	return msg;
}

static void create_refused(void)
{
	static const char hidden[] = "a\0b";
	static const struct {
		const char *name, *text;
		int error;
	} bad[] = {
		{ "", "a name has 1 to 63 characters", EINVAL },
		{ "a b", "letters, digits and _.+:@-", EINVAL },
		{ "a/b", "letters, digits and _.+:@-", EINVAL },
		{ "\xc3\xa4", "letters, digits and _.+:@-", EINVAL },
		{ "123456789-123456789-123456789-123456789-123456789-123456789-1234",
		  "Attribute failed policy validation", ERANGE },
	};
	char uuid[20] = { 0 };
	char what[96];

	refused("create without MAX_PAGES", nl_request(LODGE_CMD_DOMAIN_CREATE, 0), EINVAL,
		"MAX_PAGES is missing", 0, LODGE_A_MAX_PAGES);
	refused("MAX_PAGES of 0", create(0), ERANGE, "integer out of range", LODGE_A_MAX_PAGES, 0);
	refused("MAX_PAGES below 1 MiB", create(LODGE_MIN_PAGES - 1), ERANGE,
		"integer out of range", LODGE_A_MAX_PAGES, 0);
	refused("MAX_PAGES above 256 GiB", create(LODGE_MAX_PAGES + 1), ERANGE,
		"integer out of range", LODGE_A_MAX_PAGES, 0);
	refused("MAX_PAGES of 2^64 - 1", create(~0ull), ERANGE, "integer out of range",
		LODGE_A_MAX_PAGES, 0);
	refused("MAX_PAGES of 4 bytes",
		with_u32(nl_request(LODGE_CMD_DOMAIN_CREATE, 0), LODGE_A_MAX_PAGES, PAGES), EINVAL,
		"invalid attribute length", LODGE_A_MAX_PAGES, 0);
	refused("PAGES below 1 MiB", with_u64(create(PAGES), LODGE_A_PAGES, 255), ERANGE,
		"integer out of range", LODGE_A_PAGES, 0);
	refused("PAGES above MAX_PAGES", with_u64(create(PAGES), LODGE_A_PAGES, PAGES + 1), EINVAL,
		"PAGES is above MAX_PAGES", LODGE_A_PAGES, 0);
	refused("MAX_VCPUS of 0", with_u32(create(PAGES), LODGE_A_MAX_VCPUS, 0), ERANGE,
		"integer out of range", LODGE_A_MAX_VCPUS, 0);
	refused("MAX_VCPUS above 32",
		with_u32(create(PAGES), LODGE_A_MAX_VCPUS, LODGE_MAX_VCPUS + 1), ERANGE,
		"integer out of range", LODGE_A_MAX_VCPUS, 0);
	refused("SHADOW_MAX of 63", with_u64(create(PAGES), LODGE_A_SHADOW_MAX, 63), ERANGE,
		"integer out of range", LODGE_A_SHADOW_MAX, 0);
	refused("SHADOW_MAX of 2^20 + 1",
		with_u64(create(PAGES), LODGE_A_SHADOW_MAX, (1 << 20) + 1), ERANGE,
		"integer out of range", LODGE_A_SHADOW_MAX, 0);
	refused("UUID of 15 bytes", with(create(PAGES), LODGE_A_UUID, uuid, 15), ERANGE,
		"binary attribute size out of range", LODGE_A_UUID, 0);
	refused("UUID of 17 bytes", with(create(PAGES), LODGE_A_UUID, uuid, 17), ERANGE,
		"binary attribute size out of range", LODGE_A_UUID, 0);
	refused("a DOMID of one's own", with_u32(create(PAGES), LODGE_A_DOMID, 77), EINVAL,
		"Unsupported attribute", LODGE_A_DOMID, 0);
	refused("an attribute that does not exist",
		with_u32(create(PAGES), LODGE_A_MAX + 1, 1), EINVAL, "Unknown attribute type",
		LODGE_A_MAX + 1, 0);
	refused("a name in use", named(create(PAGES), "taken"), EEXIST,
		"a domain of this name exists", LODGE_A_NAME, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(what, sizeof(what), "create with the name \"%.20s\"", bad[i].name);
		refused(what, named(create(PAGES), bad[i].name), bad[i].error, bad[i].text,
			LODGE_A_NAME, 0);
	}
	refused("create with a name that hides something",
		with(create(PAGES), LODGE_A_NAME, hidden, sizeof(hidden)), EINVAL,
		"a name has 1 to 63 characters", LODGE_A_NAME, 0);
}

/* What it would take to keep books of it is more than the machine has left. */
static void too_large(void)
{
	uint32_t made[64];
	struct answer a;
	int n = 0;

	do {
		a = *nl_ask(create(LODGE_MAX_PAGES));
		if (!a.error)
			made[n++] = u32(a.a[LODGE_A_DOMID]);
	} while (!a.error && n < 64);
	if (!point(a.error == -ENOMEM && strstr(a.text, "not enough memory"),
		   "refused: more books than there is memory for, after %d of 256 GiB", n))
		printf("# got %d \"%s\"\n", a.error, a.text);
	while (n--)
		nl_ask(of_domain(LODGE_CMD_DOMAIN_DESTROY, made[n]));
	while (nl_has_event(events))
		nl_next_event(events);
}

static void commands_refused(void)
{
	static const struct {
		int cmd;
		const char *name;
	} all[] = {
		{ LODGE_CMD_DOMAIN_DESTROY, "destroy" },
		{ LODGE_CMD_DOMAIN_PAUSE, "pause" },
		{ LODGE_CMD_DOMAIN_UNPAUSE, "unpause" },
		{ LODGE_CMD_DOMAIN_QUERY, "query" },
		{ LODGE_CMD_DOMAIN_SET, "set" },
	};
	struct answer a;
	char what[96];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		snprintf(what, sizeof(what), "%s without DOMID", all[i].name);
		refused(what, nl_request(all[i].cmd, 0), EINVAL, "DOMID is missing", 0,
			LODGE_A_DOMID);
		snprintf(what, sizeof(what), "%s an unknown domain", all[i].name);
		refused(what, of_domain(all[i].cmd, LODGE_DOMID_MAX), ESRCH,
			"no domain has this id", LODGE_A_DOMID, 0);
		snprintf(what, sizeof(what), "%s domain 0", all[i].name);
		refused(what, of_domain(all[i].cmd, 0), ERANGE, "integer out of range",
			LODGE_A_DOMID, 0);
		snprintf(what, sizeof(what), "%s domain 32752", all[i].name);
		refused(what, of_domain(all[i].cmd, LODGE_DOMID_MAX + 1), ERANGE,
			"integer out of range", LODGE_A_DOMID, 0);
	}
	refused("query an unknown name", named(nl_request(LODGE_CMD_DOMAIN_QUERY, 0), "nobody"),
		ESRCH, "no domain has this name", LODGE_A_NAME, 0);
	refused("query a name that cannot be",
		named(nl_request(LODGE_CMD_DOMAIN_QUERY, 0), "no body"), EINVAL,
		"letters, digits and _.+:@-", LODGE_A_NAME, 0);
	refused("query id and name", named(of_domain(LODGE_CMD_DOMAIN_QUERY, 1), "taken"), EINVAL,
		"give DOMID or NAME, not both", LODGE_A_NAME, 0);
	refused("pause with a name", named(nl_request(LODGE_CMD_DOMAIN_PAUSE, 0), "taken"), EINVAL,
		"Unsupported attribute", LODGE_A_NAME, 0);
	refused("a command that does not exist", nl_request(LODGE_CMD_MAX + 1, 0), EOPNOTSUPP, "",
		0, 0);
	refused("sending an event", nl_request(LODGE_CMD_DOMAIN_NTF, 0), EOPNOTSUPP, "", 0, 0);
	refused("dump by create", nl_request(LODGE_CMD_DOMAIN_CREATE, NLM_F_DUMP), EOPNOTSUPP, "",
		0, 0);
	/* Linux 6.1 takes no sentence from the start of a dump */
	a = *nl_ask(with_u32(nl_request(LODGE_CMD_DOMAIN_QUERY, NLM_F_DUMP), LODGE_A_DOMID, 1));
	point(a.error == -EINVAL && !a.count &&
	      (!a.text[0] || strstr(a.text, "a dump takes no attributes")),
	      "refused: dump with an attribute");
}

static void set_refused(uint32_t domid, const char *name)
{
	struct answer a;

	refused("unpause an empty domain", of_domain(LODGE_CMD_DOMAIN_UNPAUSE, domid), ENOEXEC,
		"nothing to run", 0, 0);
	refused("set a shadow ceiling",
		with_u64(of_domain(LODGE_CMD_DOMAIN_SET, domid), LODGE_A_SHADOW_MAX, 1000),
		EOPNOTSUPP, "cannot be changed yet", LODGE_A_SHADOW_MAX, 0);
	refused("rename to a name in use", named(of_domain(LODGE_CMD_DOMAIN_SET, domid), "taken"),
		EEXIST, "a domain of this name exists", LODGE_A_NAME, 0);
	refused("rename to nothing", named(of_domain(LODGE_CMD_DOMAIN_SET, domid), ""), EINVAL,
		"a name has 1 to 63 characters", LODGE_A_NAME, 0);
	refused("rename and a ceiling that cannot be",
		with_u64(named(of_domain(LODGE_CMD_DOMAIN_SET, domid), "half"), LODGE_A_SHADOW_MAX,
			 1), ERANGE, "integer out of range", LODGE_A_SHADOW_MAX, 0);
	refused("rename and a reason of 6",
		with_u32(named(of_domain(LODGE_CMD_DOMAIN_SET, domid), "half"),
			 LODGE_A_SHUTDOWN_REASON, 6), ERANGE, "integer out of range",
		LODGE_A_SHUTDOWN_REASON, 0);
	refused("rename and suspend",
		with_u32(named(of_domain(LODGE_CMD_DOMAIN_SET, domid), "half"),
			 LODGE_A_SHUTDOWN_REASON, 2), EINVAL, "only the guest itself can suspend",
		LODGE_A_SHUTDOWN_REASON, 0);
	refused("set the number of pages",
		with_u64(of_domain(LODGE_CMD_DOMAIN_SET, domid), LODGE_A_PAGES, PAGES), EINVAL,
		"Unsupported attribute", LODGE_A_PAGES, 0);
	a = *nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid));
	point(!a.error && !strcmp(str(a.a[LODGE_A_NAME]), name) &&
	      u32(a.a[LODGE_A_STATE]) == LODGE_DOMAIN_EMPTY && a.a[LODGE_A_PAUSED],
	      "what was refused has changed nothing");
}

/* The next event must be this one, of this domain. */
static struct nlattr **event(enum lodge_event wanted, uint32_t domid, const char *what)
{
	static struct nlattr *none[LODGE_A_MAX + 1];
	struct nlattr **a = nl_next_event(events);

	if (!point(a && u32(a[LODGE_A_EVENT]) == wanted && u32(a[LODGE_A_DOMID]) == domid,
		   "event: %s", what))
		printf("# got event %u of domain %u\n", a ? u32(a[LODGE_A_EVENT]) : 0,
		       a ? u32(a[LODGE_A_DOMID]) : 0);
	return a ? a : none;
}

static bool done(struct nl_msg *msg)
{
	struct answer a = *nl_ask(msg);

	if (a.error)
		printf("# error %d: %s\n", a.error, a.text);
	return !a.error;
}

static int run(const char *program, uint32_t domid, const char *config)
{
	char id[16];
	int pid;

	snprintf(id, sizeof(id), "%u", domid);
	pid = fork();
	if (!pid) {
		execlp(program, program, id, config, NULL);
		_exit(127);
	}
	return pid;
}

static int ended(int pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static uint32_t make(const char *name, uint64_t pages)
{
	static const unsigned char uuid[LODGE_UUID_SIZE] = { 1, 2, 3, [15] = 16 };
	struct nl_msg *msg = named(with_u64(create(PAGES), LODGE_A_PAGES, pages), name);
	const struct answer *a;

	with_u32(with_u64(msg, LODGE_A_SHADOW_MAX, 600), LODGE_A_MAX_VCPUS, 1);
	a = nl_ask(with(msg, LODGE_A_UUID, uuid, sizeof(uuid)));
	if (!point(!a->error && a->count == 1 && u32(a->a[LODGE_A_DOMID]) &&
		   !strcmp(str(a->a[LODGE_A_NAME]), name) &&
		   u32(a->a[LODGE_A_STATE]) == LODGE_DOMAIN_EMPTY && a->a[LODGE_A_PAUSED] &&
		   u32(a->a[LODGE_A_MAX_VCPUS]) == 1 && u64(a->a[LODGE_A_PAGES]) == pages &&
		   u64(a->a[LODGE_A_MAX_PAGES]) == PAGES &&
		   u64(a->a[LODGE_A_SHADOW_MAX]) == 600 && !a->a[LODGE_A_RUNNER_PID] &&
		   !a->a[LODGE_A_SHUTDOWN_REASON] && !a->a[LODGE_A_CRASH_REASON] &&
		   a->a[LODGE_A_UUID] && nla_len(a->a[LODGE_A_UUID]) == LODGE_UUID_SIZE &&
		   !memcmp(nla_data(a->a[LODGE_A_UUID]), uuid, sizeof(uuid)),
		   "create %s: the answer says all", name))
		printf("# error %d: %s\n", a->error, a->text);
	return u32(a->a[LODGE_A_DOMID]);
}

/* The end of a runner and the end of its domain are told in either order. */
static void events_of_end(uint32_t domid, enum lodge_event wanted, int runner, uint32_t reason)
{
	bool end = false, gone = false;
	struct nlattr **a;

	for (int i = 0; i < 2; i++) {
		a = nl_next_event(events);
		if (!a || u32(a[LODGE_A_DOMID]) != domid)
			break;
		if (u32(a[LODGE_A_EVENT]) == LODGE_EVENT_RUNNER)
			gone = !a[LODGE_A_RUNNER_PID];
		if (u32(a[LODGE_A_EVENT]) != wanted)
			continue;
		if (wanted == LODGE_EVENT_SHUTDOWN)
			end = a[LODGE_A_SHUTDOWN_REASON] &&
			      u32(a[LODGE_A_SHUTDOWN_REASON]) == reason;
		else
			end = a[LODGE_A_CRASH_REASON] && str(a[LODGE_A_CRASH_REASON])[0];
		if (a[LODGE_A_CRASH_REASON])
			printf("# crash reason: %s\n", str(a[LODGE_A_CRASH_REASON]));
	}
	point(end, "event: the end, with its reason");
	point(ended(runner) == 0, "lodge-run ends well");
	point(gone, "event: no runner any more");
}

static void life(const char *config)
{
	uint32_t domid = make("libnl", PAGES / 2);
	struct answer a;
	int runner, i;

	event(LODGE_EVENT_CREATED, domid, "created");
	set_refused(domid, "libnl");
	point(ended(run("lodge-run", domid, NULL)) == 1, "lodge-run refuses an empty domain");
	for (i = 0; i < 2; i++)
		point(done(of_domain(LODGE_CMD_DOMAIN_PAUSE, domid)), "pause, paused already");
	point(!nl_has_event(events), "which is no event");
	point(done(named(of_domain(LODGE_CMD_DOMAIN_SET, domid), "libnl-2")), "rename");
	point(!strcmp(str(event(LODGE_EVENT_RENAMED, domid, "renamed")[LODGE_A_NAME]), "libnl-2"),
	      "with the new name");
	point(done(named(of_domain(LODGE_CMD_DOMAIN_SET, domid), "libnl-2")),
	      "rename to what it is called");
	point(done(of_domain(LODGE_CMD_DOMAIN_SET, domid)), "set nothing");
	a = *nl_ask(named(nl_request(LODGE_CMD_DOMAIN_QUERY, 0), "libnl-2"));
	point(u32(a.a[LODGE_A_DOMID]) == domid, "found by its new name");
	point(nl_ask(named(nl_request(LODGE_CMD_DOMAIN_QUERY, 0), "libnl"))->error == -ESRCH,
	      "and not by the old one");

	point(ended(run("lodge-build", domid, config)) == 0, "lodge-build");
	event(LODGE_EVENT_READY, domid, "ready");
	point(ended(run("lodge-build", domid, config)) == 1, "lodge-build, a second time");
	runner = run("lodge-run", domid, NULL);
	point(u32(event(LODGE_EVENT_RUNNER, domid, "runner")[LODGE_A_RUNNER_PID]) ==
	      (uint32_t)runner, "which is lodge-run");
	point(ended(run("lodge-run", domid, NULL)) == 1, "there is one runner only");
	a = *nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid));
	point(u32(a.a[LODGE_A_STATE]) == LODGE_DOMAIN_READY && a.a[LODGE_A_PAUSED] &&
	      !u64(a.a[LODGE_A_CPU_TIME]), "ready and paused, and has not run");
	point(domains() == 2, "a dump lists it and the other one");
	point(!nl_has_event(events), "no event without a change");

	point(done(of_domain(LODGE_CMD_DOMAIN_UNPAUSE, domid)), "unpause");
	event(LODGE_EVENT_UNPAUSED, domid, "unpaused");
	events_of_end(domid, LODGE_EVENT_SHUTDOWN, runner, 0);
	point(done(of_domain(LODGE_CMD_DOMAIN_UNPAUSE, domid)), "unpause, not paused");
	a = *nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid));
	point(u32(a.a[LODGE_A_STATE]) == LODGE_DOMAIN_SHUTDOWN && a.a[LODGE_A_SHUTDOWN_REASON] &&
	      !u32(a.a[LODGE_A_SHUTDOWN_REASON]) && u64(a.a[LODGE_A_CPU_TIME]) &&
	      !a.a[LODGE_A_RUNNER_PID], "kept with its reason until it is destroyed");
	point(done(of_domain(LODGE_CMD_DOMAIN_DESTROY, domid)), "destroy");
	event(LODGE_EVENT_DESTROYED, domid, "destroyed");
	point(nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid))->error == -ESRCH, "gone");
}

static void pause_and_shutdown(const char *config)
{
	uint32_t domid = make("libnl", PAGES);
	struct answer a;
	uint64_t before;
	int runner;

	event(LODGE_EVENT_CREATED, domid, "created");
	point(ended(run("lodge-build", domid, config)) == 0, "lodge-build");
	event(LODGE_EVENT_READY, domid, "ready");
	runner = run("lodge-run", domid, NULL);
	event(LODGE_EVENT_RUNNER, domid, "runner");
	point(done(of_domain(LODGE_CMD_DOMAIN_UNPAUSE, domid)), "unpause");
	event(LODGE_EVENT_UNPAUSED, domid, "unpaused");
	do {
		a = *nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid));
	} while (!a.error && !u64(a.a[LODGE_A_CPU_TIME]));
	point(done(of_domain(LODGE_CMD_DOMAIN_PAUSE, domid)), "pause what runs");
	event(LODGE_EVENT_PAUSED, domid, "paused");
	before = u64(nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid))->a[LODGE_A_CPU_TIME]);
	usleep(200000);
	point(before == u64(nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid))->a[LODGE_A_CPU_TIME]),
	      "it does not run while it is paused");
	point(done(with_u32(of_domain(LODGE_CMD_DOMAIN_SET, domid), LODGE_A_SHUTDOWN_REASON, 1)),
	      "set a shutdown reason");
	events_of_end(domid, LODGE_EVENT_SHUTDOWN, runner, 1);
	point(done(of_domain(LODGE_CMD_DOMAIN_DESTROY, domid)), "destroy");
	event(LODGE_EVENT_DESTROYED, domid, "destroyed");
}

static void crash(const char *config)
{
	uint32_t domid = make("libnl", PAGES);
	struct answer a;
	int runner;

	event(LODGE_EVENT_CREATED, domid, "created");
	point(ended(run("lodge-build", domid, config)) == 0, "lodge-build");
	event(LODGE_EVENT_READY, domid, "ready");
	runner = run("lodge-run", domid, NULL);
	event(LODGE_EVENT_RUNNER, domid, "runner");
	point(done(of_domain(LODGE_CMD_DOMAIN_UNPAUSE, domid)), "unpause");
	event(LODGE_EVENT_UNPAUSED, domid, "unpaused");
	events_of_end(domid, LODGE_EVENT_CRASHED, runner, 0);
	a = *nl_ask(of_domain(LODGE_CMD_DOMAIN_QUERY, domid));
	point(u32(a.a[LODGE_A_STATE]) == LODGE_DOMAIN_CRASHED && a.a[LODGE_A_CRASH_REASON],
	      "crashed, with its reason");
	point(done(of_domain(LODGE_CMD_DOMAIN_DESTROY, domid)), "destroy");
	event(LODGE_EVENT_DESTROYED, domid, "destroyed");
}

int main(int argc, char **argv)
{
	const struct answer *a;
	uint32_t other;

	if (argc != 4)
		return 1;
	printf("TAP version 13\n");
	nl_requests();
	events = nl_events();
	point(domains() == 0, "no domain at first");
	a = nl_ask(named(create(LODGE_MIN_PAGES), "taken"));
	other = u32(a->a[LODGE_A_DOMID]);
	point(!a->error && other, "create with defaults");
	event(LODGE_EVENT_CREATED, other, "created");
	create_refused();
	too_large();
	commands_refused();
	life(argv[1]);
	pause_and_shutdown(argv[2]);
	crash(argv[3]);
	point(done(of_domain(LODGE_CMD_DOMAIN_DESTROY, other)), "destroy the other one");
	event(LODGE_EVENT_DESTROYED, other, "destroyed");
	point(domains() == 0, "no domain at last");
	return tap_done();
}
