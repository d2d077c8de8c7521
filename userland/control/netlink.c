// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket.  libnl does not hand out extended acknowledgements, so the error
 * callback takes them from behind the error message itself.
 */
#include "control/netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/macros.h"

static void take_ext_ack(struct lodge_nl *nl, const struct nlmsghdr *h, const struct nlmsgerr *e)
{
	size_t skip = sizeof(*e), len = h->nlmsg_len - NLMSG_HDRLEN;
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];

	nl->text[0] = '\0';
	nl->offset = 0;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED)) {
		if (e->msg.nlmsg_len < sizeof(e->msg) || e->msg.nlmsg_len > len)
			return;
		skip += NLMSG_ALIGN(e->msg.nlmsg_len - sizeof(e->msg));
	}
	if (skip >= len)
		return;
	if (nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)((char *)e + skip), len - skip, NULL))
		return;
	if (tb[NLMSGERR_ATTR_MSG])
		nla_strlcpy(nl->text, tb[NLMSGERR_ATTR_MSG], sizeof(nl->text));
	if (tb[NLMSGERR_ATTR_OFFS] && nla_len(tb[NLMSGERR_ATTR_OFFS]) >= 4)
		nl->offset = nla_get_u32(tb[NLMSGERR_ATTR_OFFS]);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct lodge_nl *nl = arg;

	(void)from;
	take_ext_ack(nl, (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN), e);
	nl->error = e->error;
	nl->done = true;
	return NL_STOP;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct lodge_nl *nl = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	int error;

	/* a dump that failed midway ends with its error in the payload */
	if (h->nlmsg_type == NLMSG_DONE && nlmsg_datalen(h) >= (int)sizeof(error)) {
		memcpy(&error, nlmsg_data(h), sizeof(error));
		if (error < 0)
			nl->error = error;
	}
	nl->done = true;
	return NL_STOP;
}

static int no_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

int lodge_nl_open(struct lodge_nl *nl, struct lodge_err *err)
{
	int on = 1, rc;

	memset(nl, 0, sizeof(*nl));
	nl->sock = nl_socket_alloc();
	if (!nl->sock)
		return lodge_fail(err, ENOMEM, "out of memory");
	rc = genl_connect(nl->sock);
	if (rc < 0) {
		lodge_fail(err, EIO, "cannot open a generic netlink socket: %s", nl_geterror(rc));
		goto fail;
	}
	nl_socket_disable_auto_ack(nl->sock);
	/* without these the kernel's sentence is missing, and nothing else */
	setsockopt(nl_socket_get_fd(nl->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(nl->sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));

	nl->family = genl_ctrl_resolve(nl->sock, LODGE_GENL_NAME);
	if (nl->family < 0) {
		lodge_fail(err, ENOENT,
			   "the kernel has no netlink family \"%s\": is the module lodge loaded?",
			   LODGE_GENL_NAME);
		goto fail;
	}
	return 0;
fail:
	lodge_nl_close(nl);
	return -1;
}

void lodge_nl_close(struct lodge_nl *nl)
{
	nl_socket_free(nl->sock);
	nl->sock = NULL;
}

struct nl_msg *lodge_nl_request(struct lodge_nl *nl, int cmd, int flags, struct lodge_err *err)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0,
				 NLM_F_REQUEST | flags, cmd, LODGE_GENL_VERSION)) {
		nlmsg_free(msg);
		lodge_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	return msg;
}

/* What the kernel calls the attribute at @offset of the message, or "". */
static const char *attribute_at(struct nl_msg *msg, uint32_t offset)
{
	static const char *const names[] = {
		[LODGE_A_DOMID]			= "domid: ",
		[LODGE_A_NAME]			= "name: ",
		[LODGE_A_UUID]			= "uuid: ",
		[LODGE_A_MAX_VCPUS]		= "max_vcpus: ",
		[LODGE_A_PAGES]			= "pages: ",
		[LODGE_A_MAX_PAGES]		= "max_pages: ",
		[LODGE_A_SHADOW_MAX]		= "shadow_max: ",
		[LODGE_A_SHUTDOWN_REASON]	= "shutdown_reason: ",
	};
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *a;
	int rest;

	nlmsg_for_each_attr(a, h, GENL_HDRLEN, rest)
		if ((char *)a - (char *)h == offset && nla_type(a) < (int)ARRAY_SIZE(names) &&
		    names[nla_type(a)])
			return names[nla_type(a)];
	return "";
}

static int explain(struct lodge_nl *nl, struct nl_msg *msg, struct lodge_err *err,
		   const char *doing)
{
	int code = -nl->error;

	if (code == EPERM && !nl->text[0])
		return lodge_fail(err, code, "cannot %s: you must be root", doing);
	/* a value out of bounds is met by general code, which does not say of what */
	if (nl->text[0])
		return lodge_fail(err, code, "cannot %s: %s%s", doing,
				  code == ERANGE ? attribute_at(msg, nl->offset) : "", nl->text);
	if (code == ESRCH)
		return lodge_fail(err, code, "cannot %s: there is no such domain", doing);
	return lodge_fail(err, code, "cannot %s: %s", doing, strerror(code));
}

int lodge_nl_transact(struct lodge_nl *nl, struct nl_msg *msg,
		      nl_recvmsg_msg_cb_t valid, void *arg,
		      struct lodge_err *err, const char *doing)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc = -1;

	nl->done = false;
	nl->error = 0;
	nl->text[0] = '\0';

	if (!cb) {
		lodge_fail(err, ENOMEM, "out of memory");
		goto out;
	}
	rc = nl_send_auto(nl->sock, msg);
	if (rc < 0) {
		rc = lodge_fail(err, EIO, "cannot %s: %s", doing, nl_geterror(rc));
		goto out;
	}
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, nl);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, nl);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, nl);
	if (valid)
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, valid, arg);
	while (!nl->done) {
		rc = nl_recvmsgs(nl->sock, cb);
		if (rc < 0 && !nl->done) {
			rc = lodge_fail(err, EIO, "cannot %s: %s", doing, nl_geterror(rc));
			goto out;
		}
	}
	rc = nl->error ? explain(nl, msg, err, doing) : 0;
out:
	nl_cb_put(cb);
	nlmsg_free(msg);
	return rc;
}

/* events */

struct lodge_events {
	struct lodge_nl nl;
	struct nl_cb *cb;
	lodge_event_fn fn;
	lodge_dev_event_fn device_fn;
	void *arg;
};

static int on_device_event(struct lodge_events *e, struct nlattr **tb)
{
	struct lodge_dev dev;

	if (!e->device_fn || !tb[LODGE_A_DEVICE_EVENT] || lodge_nl_parse_device(tb, &dev))
		return NL_SKIP;
	e->device_fn(e->arg, nla_get_u32(tb[LODGE_A_DEVICE_EVENT]), &dev);
	return NL_OK;
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *g = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *tb[LODGE_A_MAX + 1];
	struct lodge_events *e = arg;
	struct lodge_domain d;

	if (nlmsg_hdr(msg)->nlmsg_type != e->nl.family)
		return NL_SKIP;
	if (genlmsg_parse(nlmsg_hdr(msg), 0, tb, LODGE_A_MAX, lodge_nl_policy))
		return NL_SKIP;
	if (g->cmd == LODGE_CMD_DEVICE_NTF)
		return on_device_event(e, tb);
	if (g->cmd != LODGE_CMD_DOMAIN_NTF)
		return NL_SKIP;
	if (!tb[LODGE_A_EVENT] || lodge_nl_parse_domain(tb, &d))
		return NL_SKIP;
	e->fn(e->arg, nla_get_u32(tb[LODGE_A_EVENT]), &d);
	return NL_OK;
}

struct lodge_events *lodge_events_open(lodge_event_fn fn, void *arg, struct lodge_err *err)
{
	struct lodge_events *e = calloc(1, sizeof(*e));
	int group, rc;

	if (!e) {
		lodge_fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	e->fn = fn;
	e->arg = arg;
	if (lodge_nl_open(&e->nl, err)) {
		free(e);
		return NULL;
	}
	group = genl_ctrl_resolve_grp(e->nl.sock, LODGE_GENL_NAME, LODGE_GENL_MCGRP_EVENTS);
	if (group < 0) {
		lodge_fail(err, ENOENT, "netlink family \"%s\" has no group \"%s\"",
			   LODGE_GENL_NAME, LODGE_GENL_MCGRP_EVENTS);
		goto fail;
	}
	rc = nl_socket_add_membership(e->nl.sock, group);
	if (rc < 0) {
		lodge_fail(err, rc == -NLE_PERM ? EPERM : EIO,
			   "cannot subscribe to the events of lodge: %s",
			   rc == -NLE_PERM ? "you must be root" : nl_geterror(rc));
		goto fail;
	}
	e->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!e->cb) {
		lodge_fail(err, ENOMEM, "out of memory");
		goto fail;
	}
	nl_cb_set(e->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_sequence, NULL);
	nl_cb_set(e->cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, e);
	nl_socket_set_buffer_size(e->nl.sock, 1 << 20, 0);
	nl_socket_set_nonblocking(e->nl.sock);
	return e;
fail:
	lodge_nl_close(&e->nl);
	free(e);
	return NULL;
}

void lodge_events_on_device(struct lodge_events *e, lodge_dev_event_fn fn)
{
	e->device_fn = fn;
}

int lodge_events_fd(const struct lodge_events *e)
{
	return nl_socket_get_fd(e->nl.sock);
}

int lodge_events_dispatch(struct lodge_events *e, struct lodge_err *err)
{
	int rc;

	do {
		errno = 0;
		rc = nl_recvmsgs_report(e->nl.sock, e->cb);
	} while (rc > 0);
	if (!rc || rc == -NLE_AGAIN)
		return 0;
	/* libnl calls ENOBUFS out of memory */
	if (rc == -NLE_NOMEM || errno == ENOBUFS)
		return lodge_fail(err, ENOBUFS, "events of lodge were lost");
	return lodge_fail(err, EIO, "cannot receive the events of lodge: %s", nl_geterror(rc));
}

void lodge_events_close(struct lodge_events *e)
{
	if (!e)
		return;
	nl_cb_put(e->cb);
	lodge_nl_close(&e->nl);
	free(e);
}

uint32_t lodge_nl_u32(struct nlattr **tb, int attr)
{
	return tb[attr] ? nla_get_u32(tb[attr]) : 0;
}

uint64_t lodge_nl_u64(struct nlattr **tb, int attr)
{
	return tb[attr] ? nla_get_u64(tb[attr]) : 0;
}

void lodge_nl_text(struct nlattr **tb, int attr, char *text, size_t size)
{
	text[0] = '\0';
	if (tb[attr])
		nla_strlcpy(text, tb[attr], size);
}

int lodge_nl_no_room(struct nl_msg *msg, struct lodge_err *err)
{
	nlmsg_free(msg);
	return lodge_fail(err, ENOMEM, "out of memory");
}

struct many {
	char *list;
	size_t count, room, size;
	int (*parse)(struct nlattr **tb, void *one);
	bool no_memory;
};

static int on_listed(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[LODGE_A_MAX + 1];
	struct many *many = arg;
	char *bigger;

	if (many->count == many->room) {
		many->room = many->room ? many->room * 2 : 16;
		bigger = reallocarray(many->list, many->room, many->size);
		if (!bigger) {
			many->room = many->count;
			many->no_memory = true;
			return NL_OK;
		}
		many->list = bigger;
	}
	if (!genlmsg_parse(nlmsg_hdr(msg), 0, tb, LODGE_A_MAX, lodge_nl_policy) &&
	    !many->parse(tb, many->list + many->count * many->size))
		many->count++;
	return NL_OK;
}

int lodge_nl_list(struct lodge_nl *nl, struct nl_msg *msg, size_t size,
		  int (*parse)(struct nlattr **tb, void *one),
		  int (*compare)(const void *, const void *), void **list, size_t *count,
		  struct lodge_err *err, const char *doing)
{
	struct many many = { .size = size, .parse = parse };

	if (lodge_nl_transact(nl, msg, on_listed, &many, err, doing)) {
		free(many.list);
		return -1;
	}
	if (many.no_memory) {
		free(many.list);
		return lodge_fail(err, ENOMEM, "out of memory");
	}
	if (many.count)
		qsort(many.list, many.count, size, compare);
	*list = many.list;
	*count = many.count;
	return 0;
}
