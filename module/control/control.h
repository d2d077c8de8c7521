/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two doors user space comes in by: the netlink family and /dev/lodge.
 */
#ifndef LODGE_CONTROL_H
#define LODGE_CONTROL_H

#include <net/genetlink.h>

#include <lodge/netlink.h>

struct lodge_device;
struct lodge_domain;

int lodge_control_init(void);
void lodge_control_exit(void);

/* The rest is private to control/. */

extern struct genl_family lodge_genl_family;

/* Room for an answer about one domain. */
#define LODGE_INFO_SIZE		1024
/* And about its vcpus. */
#define LODGE_VCPUS_INFO_SIZE	(LODGE_MAX_VCPUS * 64)

/**
 * lodge_info_fill - all that QUERY answers about a domain
 * @skb: message with its header in place
 * @d: the domain
 *
 * Context: process, may sleep; pids are those of the caller's namespace.
 * Return: 0 or -EMSGSIZE.
 */
int lodge_info_fill(struct sk_buff *skb, struct lodge_domain *d);
int lodge_info_fill_vcpus(struct sk_buff *skb, struct lodge_domain *d);	/* the same of each vcpu */

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

/* control/cmd_device.c, see lodge/netlink.h for what they do */
int lodge_cmd_device_add(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_device_remove(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_device_connect(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_device_disconnect(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_device_set(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_device_query(struct sk_buff *skb, struct genl_info *info);
int lodge_cmd_device_query_start(struct netlink_callback *cb);
int lodge_cmd_device_query_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* What a DEVICE attribute may hold. */
extern const struct nla_policy lodge_device_policy[LODGE_DEVICE_A_MAX + 1];

/**
 * lodge_device_fill - all that DEVICE_QUERY answers about a device
 * @skb: message with its header in place
 * @dev: the device
 *
 * Context: process, may sleep.
 * Return: 0 or -EMSGSIZE.
 */
int lodge_device_fill(struct sk_buff *skb, struct lodge_device *dev);

/* The hook of backend/: multicast an event. Loses it if memory is short. */
void lodge_control_device_event(struct lodge_device *dev, enum lodge_device_event event);

/* control/cmd_domain.c: what every command begins with. */
bool lodge_cmd_allowed(const struct sk_buff *skb, struct netlink_ext_ack *extack);
struct lodge_domain *lodge_cmd_begin(struct sk_buff *skb, struct genl_info *info);
/* Not NL_SET_ERR_MSG(), which takes literals only: @text is constant, or NULL. */
void lodge_cmd_say(struct genl_info *info, const char *text);
/* -EINVAL, for want of @attr; @text is constant. */
int lodge_cmd_missing(struct genl_info *info, enum lodge_attr attr, const char *text);

/* control/device.c */
int lodge_device_init(void);
void lodge_device_exit(void);

/* control/domain_fd.c: a new descriptor of a domain, or a negative errno. */
int lodge_domain_open_fd(struct lodge_domain *d);

#endif
