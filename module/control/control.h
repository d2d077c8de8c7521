/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two doors user space comes in by: the netlink family and /dev/lodge.
 */
#ifndef LODGE_CONTROL_H
#define LODGE_CONTROL_H

#include <net/genetlink.h>

#include <lodge/netlink.h>

struct lodge_domain;

int lodge_control_init(void);
void lodge_control_exit(void);

/* The rest is private to control/. */

extern struct genl_family lodge_genl_family;

/* Room for an answer about one domain. */
#define LODGE_INFO_SIZE		1024

/**
 * lodge_info_fill - all that QUERY answers about a domain
 * @skb: message with its header in place
 * @d: the domain
 *
 * Context: process, may sleep; pids are those of the caller's namespace.
 * Return: 0 or -EMSGSIZE.
 */
int lodge_info_fill(struct sk_buff *skb, struct lodge_domain *d);

/* The hook of domain/: multicast an event. Loses it if memory is short. */
void lodge_control_event(struct lodge_domain *d, enum lodge_event event);

/* control/cmd_domain.c, see lodge/netlink.h for what they do */
int lodge_cmd_create(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_destroy(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_pause(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_unpause(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_query(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_set(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_query_start(struct netlink_callback *cb);
int lodge_cmd_query_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* control/device.c */
int lodge_device_init(void);
void lodge_device_exit(void);

/* control/domain_fd.c: a new descriptor of a domain, or a negative errno. */
int lodge_domain_open_fd(struct lodge_domain *d);

#endif
