// SPDX-License-Identifier: GPL-2.0-only
#include "nl.h"

#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct nl_sock *sock;
static int family;
static struct answer answer;
static int done;
/* the request in flight, in which the offset of an attribute is looked up */
static struct nl_msg *asked;

static void die(const char *what, int rc)
{
	printf("Bail out! %s: %s\n", what, nl_geterror(rc));
	exit(1);
}

static struct nl_sock *open_socket(void)
{
	struct nl_sock *s = nl_socket_alloc();
	int on = 1, rc;

	rc = s ? genl_connect(s) : -NLE_NOMEM;
	if (rc)
		die("generic netlink socket", rc);
	nl_socket_disable_auto_ack(s);
	if (setsockopt(nl_socket_get_fd(s), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(nl_socket_get_fd(s), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		die("extended acknowledgements", -NLE_FAILURE);
	return s;
}

struct nl_sock *nl_requests(void)
{
	sock = open_socket();
	family = genl_ctrl_resolve(sock, LODGE_GENL_NAME);
	if (family < 0)
		die("family " LODGE_GENL_NAME, family);
	return sock;
}

static int any_sequence(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

struct nl_sock *nl_events(void)
{
	struct nl_sock *s = open_socket();
	int group = genl_ctrl_resolve_grp(s, LODGE_GENL_NAME, LODGE_GENL_MCGRP_EVENTS);
	int rc = group < 0 ? group : nl_socket_add_membership(s, group);

	if (rc)
		die("group " LODGE_GENL_MCGRP_EVENTS, rc);
	nl_socket_modify_cb(s, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, any_sequence, NULL);
	return s;
}

struct nl_msg *nl_request(int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, NLM_F_REQUEST | flags,
				 cmd, LODGE_GENL_VERSION))
		die("message", -NLE_NOMEM);
	return msg;
}

static int attr_at(struct nl_msg *msg, uint32_t offset)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *a;
	int rest;

	nlmsg_for_each_attr(a, h, GENL_HDRLEN, rest)
		if ((char *)a - (char *)h == offset)
			return nla_type(a);
	return -1;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct nlmsghdr *h = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { 0 };

	(void)from;
	(void)arg;
	answer.error = e->error;
	done = 1;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || !(h->nlmsg_flags & NLM_F_CAPPED) ||
	    nla_parse(tb, NLMSGERR_ATTR_MAX, (struct nlattr *)(e + 1),
		      h->nlmsg_len - NLMSG_HDRLEN - sizeof(*e), NULL))
		return NL_STOP;
	if (tb[NLMSGERR_ATTR_MSG])
		nla_strlcpy(answer.text, tb[NLMSGERR_ATTR_MSG], sizeof(answer.text));
	if (tb[NLMSGERR_ATTR_OFFS])
		answer.attr = attr_at(asked, nla_get_u32(tb[NLMSGERR_ATTR_OFFS]));
	if (tb[NLMSGERR_ATTR_MISS_TYPE])
		answer.missing = nla_get_u32(tb[NLMSGERR_ATTR_MISS_TYPE]);
	return NL_STOP;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	int error = 0;

	(void)arg;
	if (h->nlmsg_type == NLMSG_DONE && nlmsg_datalen(h) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(h), sizeof(error));
	if (error < 0)
		answer.error = error;
	done = 1;
	return NL_STOP;
}

static int on_domain(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);

	(void)arg;
	answer.count++;
	if (h->nlmsg_len > sizeof(answer.data))
		die("an answer is too long", -NLE_NOMEM);
	memcpy(answer.data, h, h->nlmsg_len);
	genlmsg_parse((struct nlmsghdr *)answer.data, 0, answer.a, LODGE_A_MAX, NULL);
	return NL_OK;
}

const struct answer *nl_ask(struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc;

	memset(&answer, 0, sizeof(answer));
	done = 0;
	asked = msg;
	if (!(nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP))
		nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK;
	rc = nl_send_auto(sock, msg);
	if (rc < 0)
		die("send", rc);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, NULL);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, NULL);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, NULL);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_domain, NULL);
	while (!done) {
		rc = nl_recvmsgs(sock, cb);
		if (rc < 0 && !done)
			die("receive", rc);
	}
	nl_cb_put(cb);
	nlmsg_free(msg);
	return &answer;
}

int nl_has_event(struct nl_sock *events)
{
	struct pollfd p = { .fd = nl_socket_get_fd(events), .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

struct nlattr **nl_next_event(struct nl_sock *events)
{
	static struct nlattr *a[LODGE_A_MAX + 1];
	static unsigned char *data;
	struct pollfd p = { .fd = nl_socket_get_fd(events), .events = POLLIN };
	struct sockaddr_nl from;

	free(data);
	data = NULL;
	if (poll(&p, 1, 60000) <= 0 || nl_recv(events, &from, &data, NULL) <= 0)
		return NULL;
	if (genlmsg_parse((struct nlmsghdr *)data, 0, a, LODGE_A_MAX, NULL))
		return NULL;
	return a;
}
