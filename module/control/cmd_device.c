// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink commands about devices.  What DEVICE holds becomes a struct that
 * backend/ takes; nothing is changed before all of it has been read.
 */
#include <linux/file.h>
#include <linux/fs.h>

#include "backend/device.h"
#include "control/control.h"
#include "domain/domain.h"
#include "host/compat.h"

#define FEATURES	0xff	/* LODGE_BLOCK_F_* and LODGE_NET_F_* */

static const struct nla_policy queue_policy[LODGE_QUEUE_A_MAX + 1] = {
	[LODGE_QUEUE_A_RING_REFS]	= { .type = NLA_BINARY, .len = 4 * LODGE_MAX_RING_PAGES },
	[LODGE_QUEUE_A_PORT]		= { .type = NLA_U32 },
	[LODGE_QUEUE_A_RX_RING_REFS]	= { .type = NLA_BINARY, .len = 4 * LODGE_MAX_RING_PAGES },
	[LODGE_QUEUE_A_RX_PORT]		= { .type = NLA_U32 },
};

static struct netlink_range_validation interval_range = {
	.min = 1,
	.max = 10 * USEC_PER_SEC,
};

const struct nla_policy lodge_device_policy[LODGE_DEVICE_A_MAX + 1] = {
	[LODGE_DEVICE_A_TYPE]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_ID]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_FEATURES]	= NLA_POLICY_MAX(NLA_U32, FEATURES),
	[LODGE_DEVICE_A_QUEUE]		= NLA_POLICY_NESTED(queue_policy),
	[LODGE_DEVICE_A_FD]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_READ_ONLY]	= { .type = NLA_FLAG },
	[LODGE_DEVICE_A_RESIZED]	= { .type = NLA_FLAG },
	[LODGE_DEVICE_A_IFNAME]		= { .type = NLA_STRING, .len = IFNAMSIZ - 1 },
	[LODGE_DEVICE_A_MAC]		= NLA_POLICY_EXACT_LEN(ETH_ALEN),
	[LODGE_DEVICE_A_RATE]		= { .type = NLA_U64 },
	[LODGE_DEVICE_A_RATE_INTERVAL]	= NLA_POLICY_FULL_RANGE(NLA_U32, &interval_range),
};

/* What DEVICE holds; NULL entries for what it does not. */
static int parse(struct genl_info *info, struct nlattr **a)
{
	struct nlattr *device = info->attrs[LODGE_A_DEVICE];
	int err;

	if (!device)
		return lodge_cmd_missing(info, LODGE_A_DEVICE, "DEVICE is missing");
	/* checked against the policy already, as part of the message */
	err = nla_parse_nested(a, LODGE_DEVICE_A_MAX, device, lodge_device_policy, info->extack);
	if (err)
		return err;
	if (!a[LODGE_DEVICE_A_TYPE] || !a[LODGE_DEVICE_A_ID]) {
		NL_SET_ERR_MSG_ATTR(info->extack, device, "DEVICE lacks TYPE or ID");
		return -EINVAL;
	}
	return 0;
}

/* The device a command is about, with a reference, and what else DEVICE holds. */
static struct lodge_device *begin(struct sk_buff *skb, struct genl_info *info, struct nlattr **a)
{
	struct lodge_domain *d = lodge_cmd_begin(skb, info);
	struct lodge_device *dev;
	int err;

	if (IS_ERR(d))
		return ERR_CAST(d);
	err = parse(info, a);
	if (err) {
		lodge_domain_put(d);
		return ERR_PTR(err);
	}
	dev = lodge_device_find(d, nla_get_u32(a[LODGE_DEVICE_A_TYPE]),
				nla_get_u32(a[LODGE_DEVICE_A_ID]));
	lodge_domain_put(d);
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[LODGE_A_DEVICE],
				    "the domain has no such device");
		return ERR_PTR(-ENODEV);
	}
	return dev;
}

/* config->block.file has a reference on success. */
static int get_config(struct genl_info *info, struct nlattr **a,
		      struct lodge_device_config *config)
{
	memset(config, 0, sizeof(*config));
	config->type = nla_get_u32(a[LODGE_DEVICE_A_TYPE]);
	config->id = nla_get_u32(a[LODGE_DEVICE_A_ID]);
	config->block.read_only = nla_get_flag(a[LODGE_DEVICE_A_READ_ONLY]);
	config->block.resized = nla_get_flag(a[LODGE_DEVICE_A_RESIZED]);
	if (a[LODGE_DEVICE_A_IFNAME])
		nla_strscpy(config->net.ifname, a[LODGE_DEVICE_A_IFNAME], IFNAMSIZ);
	if (a[LODGE_DEVICE_A_MAC])
		memcpy(config->net.mac, nla_data(a[LODGE_DEVICE_A_MAC]), ETH_ALEN);
	if (a[LODGE_DEVICE_A_RATE]) {
		config->net.has_rate = true;
		config->net.rate = nla_get_u64(a[LODGE_DEVICE_A_RATE]);
	}
	if (a[LODGE_DEVICE_A_RATE_INTERVAL])
		config->net.rate_us = nla_get_u32(a[LODGE_DEVICE_A_RATE_INTERVAL]);
	if (a[LODGE_DEVICE_A_FD]) {
		config->block.file = fget(nla_get_u32(a[LODGE_DEVICE_A_FD]));
		if (!config->block.file) {
			NL_SET_ERR_MSG_ATTR(info->extack, a[LODGE_DEVICE_A_FD],
					    "FD is no descriptor of the caller's");
			return -EBADF;
		}
	}
	return 0;
}

static void put_config(struct lodge_device_config *config)
{
	if (config->block.file)
		fput(config->block.file);
}

static int get_refs(struct genl_info *info, struct nlattr *attr, u32 *refs, u32 *nr)
{
	if (!attr)
		return 0;
	if (!nla_len(attr) || nla_len(attr) % sizeof(u32)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "grant references have 4 bytes each");
		return -EINVAL;
	}
	memcpy(refs, nla_data(attr), nla_len(attr));
	*nr = nla_len(attr) / sizeof(u32);
	return 0;
}

static int get_queue(struct genl_info *info, struct nlattr *attr, struct lodge_frontend_queue *q)
{
	struct nlattr *a[LODGE_QUEUE_A_MAX + 1];
	int err = nla_parse_nested(a, LODGE_QUEUE_A_MAX, attr, queue_policy, info->extack);

	if (!err)
		err = get_refs(info, a[LODGE_QUEUE_A_RING_REFS], q->ref, &q->nr_refs);
	if (!err)
		err = get_refs(info, a[LODGE_QUEUE_A_RX_RING_REFS], q->rx_ref, &q->nr_rx_refs);
	if (err)
		return err;
	if (!q->nr_refs || !a[LODGE_QUEUE_A_PORT]) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "QUEUE lacks RING_REFS or PORT");
		return -EINVAL;
	}
	q->port = nla_get_u32(a[LODGE_QUEUE_A_PORT]);
	if (a[LODGE_QUEUE_A_RX_PORT])
		q->rx_port = nla_get_u32(a[LODGE_QUEUE_A_RX_PORT]);
	return 0;
}

static int get_frontend(struct genl_info *info, struct nlattr **a, struct lodge_frontend *fe)
{
	struct nlattr *attr;
	int rem, err;

	if (a[LODGE_DEVICE_A_FEATURES])
		fe->features = nla_get_u32(a[LODGE_DEVICE_A_FEATURES]);
	nla_for_each_nested(attr, info->attrs[LODGE_A_DEVICE], rem) {
		if (nla_type(attr) != LODGE_DEVICE_A_QUEUE)
			continue;
		if (fe->nr_queues == LODGE_MAX_QUEUES) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr, "there are too many QUEUEs");
			return -EINVAL;
		}
		err = get_queue(info, attr, &fe->queue[fe->nr_queues]);
		if (err)
			return err;
		fe->nr_queues++;
	}
	if (!fe->nr_queues) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[LODGE_A_DEVICE],
				    "DEVICE lacks QUEUE");
		return -EINVAL;
	}
	return 0;
}

static int reply(struct genl_info *info, struct lodge_device *dev, u8 cmd)
{
	struct sk_buff *skb = genlmsg_new(LODGE_INFO_SIZE, GFP_KERNEL);
	void *head;

	if (!skb)
		return -ENOMEM;
	head = genlmsg_put_reply(skb, info, &lodge_genl_family, 0, cmd);
	if (!head || lodge_device_fill(skb, dev)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

int lodge_cmd_device_add(struct sk_buff *skb, struct genl_info *info)
{
	struct lodge_domain *d = lodge_cmd_begin(skb, info);
	struct nlattr *a[LODGE_DEVICE_A_MAX + 1];
	struct lodge_device_config config;
	struct lodge_device *dev;
	const char *text = NULL;
	int err;

	if (IS_ERR(d))
		return PTR_ERR(d);
	err = parse(info, a);
	if (!err)
		err = get_config(info, a, &config);
	if (err)
		goto put;
	err = lodge_device_add(d, &config, &dev, &text);
	put_config(&config);
	lodge_cmd_say(info, text);
	if (err)
		goto put;
	err = reply(info, dev, LODGE_CMD_DEVICE_ADD);
	if (err)
		lodge_device_remove(dev);
	lodge_device_put(dev);
put:
	lodge_domain_put(d);
	return err;
}

int lodge_cmd_device_remove(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a[LODGE_DEVICE_A_MAX + 1];
	struct lodge_device *dev = begin(skb, info, a);
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = lodge_device_remove(dev);
	lodge_device_put(dev);
	return err;
}

int lodge_cmd_device_connect(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a[LODGE_DEVICE_A_MAX + 1];
	struct lodge_device *dev = begin(skb, info, a);
	struct lodge_frontend *fe;
	const char *text = NULL;
	int err = -ENOMEM;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	fe = kzalloc(sizeof(*fe), GFP_KERNEL);
	if (fe)
		err = get_frontend(info, a, fe);
	if (!err)
		err = lodge_device_connect(dev, fe, &text);
	lodge_cmd_say(info, text);
	kfree(fe);
	lodge_device_put(dev);
	return err;
}

int lodge_cmd_device_disconnect(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a[LODGE_DEVICE_A_MAX + 1];
	struct lodge_device *dev = begin(skb, info, a);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	lodge_device_disconnect(dev);
	lodge_device_put(dev);
	return 0;
}

int lodge_cmd_device_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a[LODGE_DEVICE_A_MAX + 1];
	struct lodge_device *dev = begin(skb, info, a);
	struct lodge_device_config config;
	const char *text = NULL;
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = get_config(info, a, &config);
	if (!err) {
		err = lodge_device_set(dev, &config, &text);
		put_config(&config);
	}
	lodge_cmd_say(info, text);
	lodge_device_put(dev);
	return err;
}

int lodge_cmd_device_query(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *a[LODGE_DEVICE_A_MAX + 1];
	struct lodge_device *dev = begin(skb, info, a);
	int err;

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = reply(info, dev, LODGE_CMD_DEVICE_QUERY);
	lodge_device_put(dev);
	return err;
}

/* cb->args: id of the domain, place in its list, whether there is only that one. */
int lodge_cmd_device_query_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = lodge_dump_attrs(cb);

	if (!lodge_cmd_allowed(cb->skb, cb->extack))
		return -EPERM;
	if (attrs[LODGE_A_DEVICE]) {
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[LODGE_A_DEVICE],
				    "a dump takes no DEVICE");
		return -EINVAL;
	}
	cb->args[0] = attrs[LODGE_A_DOMID] ? nla_get_u32(attrs[LODGE_A_DOMID]) : 1;
	cb->args[1] = 0;
	cb->args[2] = !!attrs[LODGE_A_DOMID];
	return 0;
}

/* Devices of one domain from cb->args[1] on; false if there was no room for all. */
static bool dump_domain(struct sk_buff *skb, struct netlink_callback *cb, struct lodge_domain *d)
{
	struct lodge_device *dev;
	void *head;
	bool room = true;

	while (room && (dev = lodge_device_nth(d, cb->args[1]))) {
		head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &lodge_genl_family, NLM_F_MULTI, LODGE_CMD_DEVICE_QUERY);
		if (head && !lodge_device_fill(skb, dev)) {
			genlmsg_end(skb, head);
			cb->args[1]++;
		} else {
			genlmsg_cancel(skb, head);
			room = false;
		}
		lodge_device_put(dev);
	}
	return room;
}

int lodge_cmd_device_query_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct lodge_domain *d;
	bool room = true;

	while (room && (d = lodge_domain_next(cb->args[0]))) {
		if (d->domid != cb->args[0]) {
			if (cb->args[2]) {
				lodge_domain_put(d);
				break;
			}
			cb->args[0] = d->domid;
			cb->args[1] = 0;
		}
		room = dump_domain(skb, cb, d);
		if (room) {
			cb->args[0]++;
			cb->args[1] = 0;
		}
		lodge_domain_put(d);
		if (cb->args[2] && room)
			cb->args[0] = LODGE_DOMID_MAX + 1;
	}
	return skb->len;
}
