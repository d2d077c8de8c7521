/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The family "lodge" by libnl alone: requests with any attributes, answers with
 * all that the kernel says about a failure.
 */
#ifndef LODGE_CONTROL_NL_H
#define LODGE_CONTROL_NL_H

#include <stdint.h>

#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <lodge/limits.h>
#include <lodge/netlink.h>

/*
 * struct answer - what came back for one request
 * @error: negative errno, or 0
 * @text: the kernel's sentence, or ""
 * @attr: the attribute it complains about, or 0
 * @missing: the attribute it misses, or 0
 * @count: messages with a domain in them
 * @a: attributes of the last of them, within @data
 */
struct answer {
	int error;
	char text[256];
	int attr;
	int missing;
	int count;
	struct nlattr *a[LODGE_A_MAX + 1];
	char data[4096];
};

/* A socket for requests, and one that has joined the group. Both end the program on failure. */
struct nl_sock *nl_requests(void);
struct nl_sock *nl_events(void);

/* A request; attributes are added with nla_put_*(). */
struct nl_msg *nl_request(int cmd, int flags);

/* Send, free, and collect the answer, valid until the next call. */
const struct answer *nl_ask(struct nl_msg *msg);

/* The attributes of the next event, or NULL if none came within 60 seconds. */
struct nlattr **nl_next_event(struct nl_sock *events);

/* Is an event waiting? */
int nl_has_event(struct nl_sock *events);

#endif
