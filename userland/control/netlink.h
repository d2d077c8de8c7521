/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this directory share: one socket and its failures. */
#ifndef LODGE_CONTROL_NETLINK_H
#define LODGE_CONTROL_NETLINK_H

#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "control/control.h"
#include "control/devices.h"

/*
 * struct lodge_nl - a socket and the answer it is collecting
 * @done: no more messages belong to the request in progress
 * @error: negative errno of the kernel's answer, or 0
 * @offset: of the attribute the kernel complained about, or 0
 * @text: the kernel's own words
 */
struct lodge_nl {
	struct nl_sock *sock;
	int family;
	bool done;
	int error;
	uint32_t offset;
	char text[256];
};

int lodge_nl_open(struct lodge_nl *nl, struct lodge_err *err);
void lodge_nl_close(struct lodge_nl *nl);

/* A message for @cmd, or NULL with @err set. */
struct nl_msg *lodge_nl_request(struct lodge_nl *nl, int cmd, int flags, struct lodge_err *err);

/*
 * Send @msg, which is freed, and wait for the end of the answer; @valid gets
 * each message of it.  @doing is for the sentence: "pause domain 3".
 */
int lodge_nl_transact(struct lodge_nl *nl, struct nl_msg *msg,
		      nl_recvmsg_msg_cb_t valid, void *arg,
		      struct lodge_err *err, const char *doing);

/* What is not there is 0, or empty. */
uint32_t lodge_nl_u32(struct nlattr **tb, int attr);
uint64_t lodge_nl_u64(struct nlattr **tb, int attr);
void lodge_nl_text(struct nlattr **tb, int attr, char *text, size_t size);

/* @msg, which is freed, has no room for an attribute: -1 and @err. */
int lodge_nl_no_room(struct nl_msg *msg, struct lodge_err *err);

/*
 * Send a request for a dump, as lodge_nl_transact(); @parse makes one of @size bytes of
 * each message or returns -1.  @list is sorted and the caller's to free, NULL if empty.
 */
int lodge_nl_list(struct lodge_nl *nl, struct nl_msg *msg, size_t size,
		  int (*parse)(struct nlattr **tb, void *one),
		  int (*compare)(const void *, const void *), void **list, size_t *count,
		  struct lodge_err *err, const char *doing);

/* The attributes of a domain; -1 if there is no DOMID. */
int lodge_nl_parse_domain(struct nlattr **tb, struct lodge_domain *d);
extern struct nla_policy lodge_nl_policy[LODGE_A_MAX + 1];
/* The same of a device; -1 if DOMID, DEVICE or what names it is missing. */
int lodge_nl_parse_device(struct nlattr **tb, struct lodge_dev *d);

struct lodge_nl *lodge_control_nl(struct lodge_control *c);

#endif
