// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device described in netlink attributes, and the events about it.
 */
#include "backend/device.h"
#include "control/control.h"
#include "domain/domain.h"

static int put_u64(struct sk_buff *skb, enum lodge_device_attr attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, LODGE_DEVICE_A_PAD);
}

static int put_flag(struct sk_buff *skb, enum lodge_device_attr attr, bool value)
{
	return value ? nla_put_flag(skb, attr) : 0;
}

static int fill_block(struct sk_buff *skb, const struct lodge_device_info *info)
{
	return put_u64(skb, LODGE_DEVICE_A_SECTORS, info->block.sectors) ||
	       nla_put_u32(skb, LODGE_DEVICE_A_SECTOR_SIZE, info->block.sector_size) ||
	       nla_put_u32(skb, LODGE_DEVICE_A_PHYSICAL_SECTOR_SIZE,
			   info->block.physical_sector_size) ||
	       put_flag(skb, LODGE_DEVICE_A_READ_ONLY, info->block.read_only) ||
	       put_flag(skb, LODGE_DEVICE_A_FLUSH, info->block.flush) ||
	       put_flag(skb, LODGE_DEVICE_A_DISCARD, info->block.discard) ||
	       nla_put_u32(skb, LODGE_DEVICE_A_DISCARD_GRANULARITY,
			   info->block.discard_granularity) ||
	       nla_put_u32(skb, LODGE_DEVICE_A_DISCARD_ALIGNMENT,
			   info->block.discard_alignment);
}

static int fill_net(struct sk_buff *skb, const struct lodge_device_info *info)
{
	return nla_put_string(skb, LODGE_DEVICE_A_IFNAME, info->net.ifname) ||
	       nla_put_u32(skb, LODGE_DEVICE_A_IFINDEX, info->net.ifindex) ||
	       nla_put(skb, LODGE_DEVICE_A_MAC, ETH_ALEN, info->net.mac) ||
	       put_u64(skb, LODGE_DEVICE_A_RATE, info->net.rate) ||
	       nla_put_u32(skb, LODGE_DEVICE_A_RATE_INTERVAL, info->net.rate_us);
}

static int fill_counters(struct sk_buff *skb, const struct lodge_device_info *info)
{
	return put_u64(skb, LODGE_DEVICE_A_IN_BYTES, info->in_bytes) ||
	       put_u64(skb, LODGE_DEVICE_A_OUT_BYTES, info->out_bytes) ||
	       put_u64(skb, LODGE_DEVICE_A_IN_REQUESTS, info->in_requests) ||
	       put_u64(skb, LODGE_DEVICE_A_OUT_REQUESTS, info->out_requests) ||
	       put_u64(skb, LODGE_DEVICE_A_ERRORS, info->errors) ||
	       put_u64(skb, LODGE_DEVICE_A_IN_FLIGHT, info->in_flight);
}

int lodge_device_fill(struct sk_buff *skb, struct lodge_device *dev)
{
	char reason[LODGE_REASON_SIZE];
	struct lodge_device_info info;
	enum lodge_device_state state;
	struct nlattr *nest;

	lodge_device_describe(dev, &info, &state, reason);
	if (nla_put_u32(skb, LODGE_A_DOMID, dev->domain->domid))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, LODGE_A_DEVICE);
	if (!nest ||
	    nla_put_u32(skb, LODGE_DEVICE_A_TYPE, dev->type) ||
	    nla_put_u32(skb, LODGE_DEVICE_A_ID, dev->id) ||
	    nla_put_u32(skb, LODGE_DEVICE_A_STATE, state) ||
	    (reason[0] && nla_put_string(skb, LODGE_DEVICE_A_REASON, reason)) ||
	    nla_put_u32(skb, LODGE_DEVICE_A_FEATURES, info.features) ||
	    nla_put_u32(skb, LODGE_DEVICE_A_MAX_QUEUES, info.max_queues) ||
	    nla_put_u32(skb, LODGE_DEVICE_A_MAX_RING_ORDER, info.max_ring_order) ||
	    fill_counters(skb, &info) ||
	    (dev->type == LODGE_DEVICE_BLOCK && fill_block(skb, &info)) ||
	    (dev->type == LODGE_DEVICE_NET && fill_net(skb, &info)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_event(struct sk_buff *skb, struct lodge_device *dev,
		      enum lodge_device_event event)
{
	void *head = genlmsg_put(skb, 0, 0, &lodge_genl_family, 0, LODGE_CMD_DEVICE_NTF);

	if (!head || nla_put_u32(skb, LODGE_A_DEVICE_EVENT, event) || lodge_device_fill(skb, dev))
		return -EMSGSIZE;
	genlmsg_end(skb, head);
	return 0;
}

void lodge_control_device_event(struct lodge_device *dev, enum lodge_device_event event)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&lodge_genl_family, &init_net, 0))
		return;

	skb = genlmsg_new(LODGE_INFO_SIZE, GFP_KERNEL);
	if (!skb || fill_event(skb, dev, event)) {
		/* Listeners learn that they have missed something, as from a full socket. */
		WARN_ON_ONCE(skb);
		nlmsg_free(skb);
		genl_set_err(&lodge_genl_family, &init_net, 0, 0, -ENOBUFS);
		return;
	}
	genlmsg_multicast(&lodge_genl_family, skb, 0, 0, GFP_KERNEL);
}
