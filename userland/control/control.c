// SPDX-License-Identifier: GPL-2.0-only
/* The commands: attributes in, struct lodge_domain out. */
#include "control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/netlink.h"

struct lodge_control {
	struct lodge_nl nl;
};

struct nla_policy lodge_nl_policy[LODGE_A_MAX + 1] = {
	[LODGE_A_DOMID]			= { .type = NLA_U32 },
	[LODGE_A_NAME]			= { .type = NLA_STRING },
	[LODGE_A_UUID]			= { .type = NLA_UNSPEC, .minlen = LODGE_UUID_SIZE },
	[LODGE_A_STATE]			= { .type = NLA_U32 },
	[LODGE_A_PAUSED]		= { .type = NLA_FLAG },
	[LODGE_A_MAX_VCPUS]		= { .type = NLA_U32 },
	[LODGE_A_PAGES]			= { .type = NLA_U64 },
	[LODGE_A_MAX_PAGES]		= { .type = NLA_U64 },
	[LODGE_A_RUNNER_PID]		= { .type = NLA_U32 },
	[LODGE_A_CPU_TIME]		= { .type = NLA_U64 },
	[LODGE_A_CONSOLE_TTY]		= { .type = NLA_STRING },
	[LODGE_A_SHUTDOWN_REASON]	= { .type = NLA_U32 },
	[LODGE_A_CRASH_REASON]		= { .type = NLA_STRING },
	[LODGE_A_SHADOW_PAGES]		= { .type = NLA_U64 },
	[LODGE_A_SHADOW_MAX]		= { .type = NLA_U64 },
	[LODGE_A_EVENT]			= { .type = NLA_U32 },
	[LODGE_A_DEVICE]		= { .type = NLA_NESTED },
	[LODGE_A_DEVICE_EVENT]		= { .type = NLA_U32 },
	[LODGE_A_ONLINE_VCPUS]		= { .type = NLA_U32 },
	[LODGE_A_ACTIVE_VCPUS]		= { .type = NLA_U32 },
	[LODGE_A_VCPU]			= { .type = NLA_NESTED },
};

int lodge_nl_parse_domain(struct nlattr **tb, struct lodge_domain *d)
{
	memset(d, 0, sizeof(*d));
	if (!tb[LODGE_A_DOMID])
		return -1;
	d->domid = lodge_nl_u32(tb, LODGE_A_DOMID);
	lodge_nl_text(tb, LODGE_A_NAME, d->name, sizeof(d->name));
	if (tb[LODGE_A_UUID])
		memcpy(d->uuid, nla_data(tb[LODGE_A_UUID]), sizeof(d->uuid));
	d->state = lodge_nl_u32(tb, LODGE_A_STATE);
	d->paused = tb[LODGE_A_PAUSED];
	d->max_vcpus = lodge_nl_u32(tb, LODGE_A_MAX_VCPUS);
	d->pages = lodge_nl_u64(tb, LODGE_A_PAGES);
	d->max_pages = lodge_nl_u64(tb, LODGE_A_MAX_PAGES);
	d->runner_pid = lodge_nl_u32(tb, LODGE_A_RUNNER_PID);
	d->cpu_time = lodge_nl_u64(tb, LODGE_A_CPU_TIME);
	lodge_nl_text(tb, LODGE_A_CONSOLE_TTY, d->console_tty, sizeof(d->console_tty));
	d->shutdown_reason = tb[LODGE_A_SHUTDOWN_REASON] ?
		(int32_t)nla_get_u32(tb[LODGE_A_SHUTDOWN_REASON]) : -1;
	lodge_nl_text(tb, LODGE_A_CRASH_REASON, d->crash_reason, sizeof(d->crash_reason));
	d->shadow_pages = lodge_nl_u64(tb, LODGE_A_SHADOW_PAGES);
	d->shadow_max = lodge_nl_u64(tb, LODGE_A_SHADOW_MAX);
	d->online_vcpus = lodge_nl_u32(tb, LODGE_A_ONLINE_VCPUS);
	d->active_vcpus = lodge_nl_u32(tb, LODGE_A_ACTIVE_VCPUS);
	return 0;
}

struct lodge_nl *lodge_control_nl(struct lodge_control *c)
{
	return &c->nl;
}

struct lodge_control *lodge_control_open(struct lodge_err *err)
{
	struct lodge_control *c = calloc(1, sizeof(*c));

	if (!c) {
		lodge_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	if (lodge_nl_open(&c->nl, err)) {
		free(c);
		return NULL;
	}
	return c;
}

void lodge_control_close(struct lodge_control *c)
{
	if (!c)
		return;
	lodge_nl_close(&c->nl);
	free(c);
}

/* The answer of one domain. */
struct one {
	struct lodge_domain *d;
	bool got;
};

static int on_domain(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[LODGE_A_MAX + 1];
	struct one *one = arg;

	if (!genlmsg_parse(nlmsg_hdr(msg), 0, tb, LODGE_A_MAX, lodge_nl_policy) &&
	    !lodge_nl_parse_domain(tb, one->d))
		one->got = true;
	return NL_OK;
}

static int transact_one(struct lodge_control *c, struct nl_msg *msg, struct lodge_domain *d,
			struct lodge_err *err, const char *doing)
{
	struct one one = { .d = d };

	if (lodge_nl_transact(&c->nl, msg, on_domain, &one, err, doing))
		return -1;
	if (!one.got)
		return lodge_fail(err, EPROTO, "cannot %s: the kernel's answer makes no sense",
				  doing);
	return 0;
}

int lodge_control_create(struct lodge_control *c, const struct lodge_create *what,
			 struct lodge_domain *made, struct lodge_err *err)
{
	char doing[LODGE_NAME_SIZE + 32];
	struct nl_msg *msg;

	msg = lodge_nl_request(&c->nl, LODGE_CMD_DOMAIN_CREATE, NLM_F_ACK, err);
	if (!msg)
		return -1;
	if ((what->name && nla_put_string(msg, LODGE_A_NAME, what->name)) ||
	    (what->uuid && nla_put(msg, LODGE_A_UUID, LODGE_UUID_SIZE, what->uuid)) ||
	    (what->max_vcpus && nla_put_u32(msg, LODGE_A_MAX_VCPUS, what->max_vcpus)) ||
	    (what->pages && nla_put_u64(msg, LODGE_A_PAGES, what->pages)) ||
	    nla_put_u64(msg, LODGE_A_MAX_PAGES, what->max_pages) ||
	    (what->shadow_max && nla_put_u64(msg, LODGE_A_SHADOW_MAX, what->shadow_max)))
		return lodge_nl_no_room(msg, err);
	if (what->name)
		snprintf(doing, sizeof(doing), "create domain %s", what->name);
	else
		snprintf(doing, sizeof(doing), "create a domain");
	return transact_one(c, msg, made, err, doing);
}

/* A command that takes a domain, @attr = @text if attr is not 0, and answers nothing. */
static int simple(struct lodge_control *c, int cmd, const char *verb, uint32_t domid,
		  int attr, const void *data, int len, struct lodge_err *err)
{
	struct nl_msg *msg;
	char doing[64];

	msg = lodge_nl_request(&c->nl, cmd, NLM_F_ACK, err);
	if (!msg)
		return -1;
	if (nla_put_u32(msg, LODGE_A_DOMID, domid) || (attr && nla_put(msg, attr, len, data)))
		return lodge_nl_no_room(msg, err);
	snprintf(doing, sizeof(doing), "%s domain %u", verb, domid);
	return lodge_nl_transact(&c->nl, msg, NULL, NULL, err, doing);
}

int lodge_control_destroy(struct lodge_control *c, uint32_t domid, struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DOMAIN_DESTROY, "destroy", domid, 0, NULL, 0, err);
}

int lodge_control_pause(struct lodge_control *c, uint32_t domid, struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DOMAIN_PAUSE, "pause", domid, 0, NULL, 0, err);
}

int lodge_control_unpause(struct lodge_control *c, uint32_t domid, struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DOMAIN_UNPAUSE, "unpause", domid, 0, NULL, 0, err);
}

int lodge_control_rename(struct lodge_control *c, uint32_t domid, const char *name,
			 struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DOMAIN_SET, "rename", domid,
		      LODGE_A_NAME, name, strlen(name) + 1, err);
}

int lodge_control_set_shutdown(struct lodge_control *c, uint32_t domid, uint32_t reason,
			       struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DOMAIN_SET, "shut down", domid,
		      LODGE_A_SHUTDOWN_REASON, &reason, sizeof(reason), err);
}

int lodge_control_set_shadow_max(struct lodge_control *c, uint32_t domid, uint64_t pages,
				 struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DOMAIN_SET, "set the shadow memory of", domid,
		      LODGE_A_SHADOW_MAX, &pages, sizeof(pages), err);
}

int lodge_control_query(struct lodge_control *c, uint32_t domid,
			struct lodge_domain *d, struct lodge_err *err)
{
	struct nl_msg *msg;
	char doing[64];

	msg = lodge_nl_request(&c->nl, LODGE_CMD_DOMAIN_QUERY, NLM_F_ACK, err);
	if (!msg)
		return -1;
	if (nla_put_u32(msg, LODGE_A_DOMID, domid))
		return lodge_nl_no_room(msg, err);
	snprintf(doing, sizeof(doing), "query domain %u", domid);
	if (!transact_one(c, msg, d, err, doing))
		return 0;
	if (err && err->code == ESRCH)
		lodge_fail(err, ESRCH, "there is no domain %u", domid);
	return -1;
}

int lodge_control_query_name(struct lodge_control *c, const char *name,
			     struct lodge_domain *d, struct lodge_err *err)
{
	struct nl_msg *msg;

	if (!name[0] || strlen(name) >= LODGE_NAME_SIZE)
		return lodge_fail(err, ESRCH, "there is no domain \"%.64s\"", name);
	msg = lodge_nl_request(&c->nl, LODGE_CMD_DOMAIN_QUERY, NLM_F_ACK, err);
	if (!msg)
		return -1;
	if (nla_put_string(msg, LODGE_A_NAME, name))
		return lodge_nl_no_room(msg, err);
	if (!transact_one(c, msg, d, err, "query a domain"))
		return 0;
	if (err && err->code == ESRCH)
		lodge_fail(err, ESRCH, "there is no domain \"%s\"", name);
	return -1;
}

int lodge_control_find(struct lodge_control *c, const char *text,
		       struct lodge_domain *d, struct lodge_err *err)
{
	struct lodge_err first = LODGE_ERR_INIT;
	unsigned long id;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return lodge_control_query_name(c, text, d, err);
	errno = 0;
	id = strtoul(text, &end, 10);
	if (*end || errno || id > LODGE_DOMID_MAX || !id)
		return lodge_control_query_name(c, text, d, err);
	if (!lodge_control_query(c, id, d, &first))
		return 0;
	/* a name may consist of digits */
	if (first.code == ESRCH && !lodge_control_query_name(c, text, d, err))
		return 0;
	if (err)
		*err = first;
	return -1;
}

static int by_domid(const void *a, const void *b)
{
	const struct lodge_domain *x = a, *y = b;

	return x->domid < y->domid ? -1 : x->domid > y->domid;
}

static int parse(struct nlattr **tb, void *one)
{
	return lodge_nl_parse_domain(tb, one);
}

int lodge_control_list(struct lodge_control *c, struct lodge_domain **list,
		       size_t *count, struct lodge_err *err)
{
	struct nl_msg *msg = lodge_nl_request(&c->nl, LODGE_CMD_DOMAIN_QUERY, NLM_F_DUMP, err);
	void *found;

	if (!msg || lodge_nl_list(&c->nl, msg, sizeof(**list), parse, by_domid, &found, count, err,
				  "list the domains"))
		return -1;
	*list = found;
	return 0;
}
