// SPDX-License-Identifier: GPL-2.0-only
/* The commands about devices: attributes in, struct lodge_dev out. */
#include "control/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "control/netlink.h"

static struct nla_policy policy[LODGE_DEVICE_A_MAX + 1] = {
	[LODGE_DEVICE_A_TYPE]			= { .type = NLA_U32 },
	[LODGE_DEVICE_A_ID]			= { .type = NLA_U32 },
	[LODGE_DEVICE_A_STATE]			= { .type = NLA_U32 },
	[LODGE_DEVICE_A_REASON]			= { .type = NLA_STRING },
	[LODGE_DEVICE_A_FEATURES]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_MAX_QUEUES]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_MAX_RING_ORDER]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_READ_ONLY]		= { .type = NLA_FLAG },
	[LODGE_DEVICE_A_SECTORS]		= { .type = NLA_U64 },
	[LODGE_DEVICE_A_SECTOR_SIZE]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_PHYSICAL_SECTOR_SIZE]	= { .type = NLA_U32 },
	[LODGE_DEVICE_A_FLUSH]			= { .type = NLA_FLAG },
	[LODGE_DEVICE_A_DISCARD]		= { .type = NLA_FLAG },
	[LODGE_DEVICE_A_DISCARD_GRANULARITY]	= { .type = NLA_U32 },
	[LODGE_DEVICE_A_DISCARD_ALIGNMENT]	= { .type = NLA_U32 },
	[LODGE_DEVICE_A_IFNAME]			= { .type = NLA_STRING },
	[LODGE_DEVICE_A_IFINDEX]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_MAC]			= { .type = NLA_UNSPEC, .minlen = 6 },
	[LODGE_DEVICE_A_RATE]			= { .type = NLA_U64 },
	[LODGE_DEVICE_A_RATE_INTERVAL]		= { .type = NLA_U32 },
	[LODGE_DEVICE_A_IN_BYTES]		= { .type = NLA_U64 },
	[LODGE_DEVICE_A_OUT_BYTES]		= { .type = NLA_U64 },
	[LODGE_DEVICE_A_IN_REQUESTS]		= { .type = NLA_U64 },
	[LODGE_DEVICE_A_OUT_REQUESTS]		= { .type = NLA_U64 },
	[LODGE_DEVICE_A_ERRORS]			= { .type = NLA_U64 },
	[LODGE_DEVICE_A_IN_FLIGHT]		= { .type = NLA_U64 },
};

int lodge_nl_parse_device(struct nlattr **domain, struct lodge_dev *d)
{
	struct nlattr *tb[LODGE_DEVICE_A_MAX + 1];

	memset(d, 0, sizeof(*d));
	if (!domain[LODGE_A_DOMID] || !domain[LODGE_A_DEVICE] ||
	    nla_parse_nested(tb, LODGE_DEVICE_A_MAX, domain[LODGE_A_DEVICE], policy) ||
	    !tb[LODGE_DEVICE_A_TYPE] || !tb[LODGE_DEVICE_A_ID])
		return -1;
	d->id.domid = nla_get_u32(domain[LODGE_A_DOMID]);
	d->id.type = lodge_nl_u32(tb, LODGE_DEVICE_A_TYPE);
	d->id.id = lodge_nl_u32(tb, LODGE_DEVICE_A_ID);
	d->state = lodge_nl_u32(tb, LODGE_DEVICE_A_STATE);
	lodge_nl_text(tb, LODGE_DEVICE_A_REASON, d->reason, sizeof(d->reason));
	d->features = lodge_nl_u32(tb, LODGE_DEVICE_A_FEATURES);
	d->max_queues = lodge_nl_u32(tb, LODGE_DEVICE_A_MAX_QUEUES);
	d->max_ring_order = lodge_nl_u32(tb, LODGE_DEVICE_A_MAX_RING_ORDER);
	d->sectors = lodge_nl_u64(tb, LODGE_DEVICE_A_SECTORS);
	d->sector_size = lodge_nl_u32(tb, LODGE_DEVICE_A_SECTOR_SIZE);
	d->physical_sector_size = lodge_nl_u32(tb, LODGE_DEVICE_A_PHYSICAL_SECTOR_SIZE);
	d->discard_granularity = lodge_nl_u32(tb, LODGE_DEVICE_A_DISCARD_GRANULARITY);
	d->discard_alignment = lodge_nl_u32(tb, LODGE_DEVICE_A_DISCARD_ALIGNMENT);
	d->read_only = tb[LODGE_DEVICE_A_READ_ONLY];
	d->flush = tb[LODGE_DEVICE_A_FLUSH];
	d->discard = tb[LODGE_DEVICE_A_DISCARD];
	lodge_nl_text(tb, LODGE_DEVICE_A_IFNAME, d->ifname, sizeof(d->ifname));
	d->ifindex = lodge_nl_u32(tb, LODGE_DEVICE_A_IFINDEX);
	if (tb[LODGE_DEVICE_A_MAC])
		memcpy(d->mac, nla_data(tb[LODGE_DEVICE_A_MAC]), sizeof(d->mac));
	d->rate = lodge_nl_u64(tb, LODGE_DEVICE_A_RATE);
	d->rate_us = lodge_nl_u32(tb, LODGE_DEVICE_A_RATE_INTERVAL);
	d->in_bytes = lodge_nl_u64(tb, LODGE_DEVICE_A_IN_BYTES);
	d->out_bytes = lodge_nl_u64(tb, LODGE_DEVICE_A_OUT_BYTES);
	d->in_requests = lodge_nl_u64(tb, LODGE_DEVICE_A_IN_REQUESTS);
	d->out_requests = lodge_nl_u64(tb, LODGE_DEVICE_A_OUT_REQUESTS);
	d->errors = lodge_nl_u64(tb, LODGE_DEVICE_A_ERRORS);
	d->in_flight = lodge_nl_u64(tb, LODGE_DEVICE_A_IN_FLIGHT);
	return 0;
}

/* A request with DEVICE begun in it; NULL and *@err without memory. */
static struct nl_msg *begin(struct lodge_control *c, int cmd, const struct lodge_dev_id *id,
			    struct nlattr **nest, struct lodge_err *err)
{
	struct nl_msg *msg = lodge_nl_request(lodge_control_nl(c), cmd, NLM_F_ACK, err);

	if (!msg)
		return NULL;
	if (!nla_put_u32(msg, LODGE_A_DOMID, id->domid)) {
		*nest = nla_nest_start(msg, LODGE_A_DEVICE);
		if (*nest && !nla_put_u32(msg, LODGE_DEVICE_A_TYPE, id->type) &&
		    !nla_put_u32(msg, LODGE_DEVICE_A_ID, id->id))
			return msg;
	}
	nlmsg_free(msg);
	lodge_fail(err, ENOMEM, "out of memory");
	return NULL;
}

struct one {
	struct lodge_dev *dev;
	bool got;
};

static int on_device(struct nl_msg *msg, void *arg)
{
	struct nlattr *tb[LODGE_A_MAX + 1];
	struct one *one = arg;

	if (!genlmsg_parse(nlmsg_hdr(msg), 0, tb, LODGE_A_MAX, lodge_nl_policy) &&
	    !lodge_nl_parse_device(tb, one->dev))
		one->got = true;
	return NL_OK;
}

/* Ends DEVICE and sends; @dev NULL: no answer is wanted. */
static int finish(struct lodge_control *c, struct nl_msg *msg, struct nlattr *nest,
		  const char *verb, const struct lodge_dev_id *id, struct lodge_dev *dev,
		  struct lodge_err *err)
{
	struct one one = { .dev = dev };
	char doing[96];

	nla_nest_end(msg, nest);
	snprintf(doing, sizeof(doing), "%s %s %u of domain %u", verb,
		 lodge_dev_type_name(id->type), id->id, id->domid);
	if (lodge_nl_transact(lodge_control_nl(c), msg, dev ? on_device : NULL, &one, err, doing))
		return -1;
	if (dev && !one.got)
		return lodge_fail(err, EPROTO, "cannot %s: the kernel's answer makes no sense",
				  doing);
	return 0;
}

static int simple(struct lodge_control *c, int cmd, const char *verb,
		  const struct lodge_dev_id *id, struct lodge_dev *dev, struct lodge_err *err)
{
	struct nlattr *nest;
	struct nl_msg *msg = begin(c, cmd, id, &nest, err);

	return msg ? finish(c, msg, nest, verb, id, dev, err) : -1;
}

int lodge_dev_add_block(struct lodge_control *c, uint32_t domid, uint32_t id, int fd,
			bool read_only, struct lodge_dev *made, struct lodge_err *err)
{
	const struct lodge_dev_id which = { domid, LODGE_DEVICE_BLOCK, id };
	struct nlattr *nest;
	struct nl_msg *msg = begin(c, LODGE_CMD_DEVICE_ADD, &which, &nest, err);

	if (!msg)
		return -1;
	if (nla_put_u32(msg, LODGE_DEVICE_A_FD, fd) ||
	    (read_only && nla_put_flag(msg, LODGE_DEVICE_A_READ_ONLY)))
		return lodge_nl_no_room(msg, err);
	return finish(c, msg, nest, "add", &which, made, err);
}

static int put_rate(struct nl_msg *msg, uint64_t rate, uint32_t rate_us)
{
	return nla_put_u64(msg, LODGE_DEVICE_A_RATE, rate) ||
	       (rate_us && nla_put_u32(msg, LODGE_DEVICE_A_RATE_INTERVAL, rate_us));
}

int lodge_dev_add_net(struct lodge_control *c, uint32_t domid, uint32_t id, const char *ifname,
		      const uint8_t mac[6], uint64_t rate, uint32_t rate_us,
		      struct lodge_dev *made, struct lodge_err *err)
{
	const struct lodge_dev_id which = { domid, LODGE_DEVICE_NET, id };
	struct nlattr *nest;
	struct nl_msg *msg = begin(c, LODGE_CMD_DEVICE_ADD, &which, &nest, err);

	if (!msg)
		return -1;
	if ((*ifname && nla_put_string(msg, LODGE_DEVICE_A_IFNAME, ifname)) ||
	    nla_put(msg, LODGE_DEVICE_A_MAC, 6, mac) ||
	    (rate && put_rate(msg, rate, rate_us)))
		return lodge_nl_no_room(msg, err);
	return finish(c, msg, nest, "add", &which, made, err);
}

int lodge_dev_remove(struct lodge_control *c, const struct lodge_dev_id *id,
		     struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DEVICE_REMOVE, "remove", id, NULL, err);
}

static int put_queue(struct nl_msg *msg, const struct lodge_frontend_queue *q)
{
	struct nlattr *nest = nla_nest_start(msg, LODGE_DEVICE_A_QUEUE);

	if (!nest || nla_put(msg, LODGE_QUEUE_A_RING_REFS, q->nr_refs * sizeof(*q->ref), q->ref) ||
	    nla_put_u32(msg, LODGE_QUEUE_A_PORT, q->port) ||
	    (q->nr_rx_refs && nla_put(msg, LODGE_QUEUE_A_RX_RING_REFS,
				      q->nr_rx_refs * sizeof(*q->rx_ref), q->rx_ref)) ||
	    (q->rx_port && nla_put_u32(msg, LODGE_QUEUE_A_RX_PORT, q->rx_port)))
		return -1;
	nla_nest_end(msg, nest);
	return 0;
}

int lodge_dev_connect(struct lodge_control *c, const struct lodge_dev_id *id,
		      const struct lodge_frontend *fe, struct lodge_err *err)
{
	struct nlattr *nest;
	struct nl_msg *msg = begin(c, LODGE_CMD_DEVICE_CONNECT, id, &nest, err);

	if (!msg)
		return -1;
	if (nla_put_u32(msg, LODGE_DEVICE_A_FEATURES, fe->features))
		return lodge_nl_no_room(msg, err);
	for (uint32_t i = 0; i < fe->nr_queues; i++)
		if (put_queue(msg, &fe->queue[i]))
			return lodge_nl_no_room(msg, err);
	return finish(c, msg, nest, "connect", id, NULL, err);
}

int lodge_dev_disconnect(struct lodge_control *c, const struct lodge_dev_id *id,
			 struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DEVICE_DISCONNECT, "disconnect", id, NULL, err);
}

int lodge_dev_resized(struct lodge_control *c, const struct lodge_dev_id *id,
		      struct lodge_err *err)
{
	struct nlattr *nest;
	struct nl_msg *msg = begin(c, LODGE_CMD_DEVICE_SET, id, &nest, err);

	if (!msg)
		return -1;
	if (nla_put_flag(msg, LODGE_DEVICE_A_RESIZED))
		return lodge_nl_no_room(msg, err);
	return finish(c, msg, nest, "resize", id, NULL, err);
}

int lodge_dev_set_rate(struct lodge_control *c, const struct lodge_dev_id *id, uint64_t rate,
		       uint32_t rate_us, struct lodge_err *err)
{
	struct nlattr *nest;
	struct nl_msg *msg = begin(c, LODGE_CMD_DEVICE_SET, id, &nest, err);

	if (!msg)
		return -1;
	if (put_rate(msg, rate, rate_us))
		return lodge_nl_no_room(msg, err);
	return finish(c, msg, nest, "set the rate of", id, NULL, err);
}

int lodge_dev_query(struct lodge_control *c, const struct lodge_dev_id *id,
		    struct lodge_dev *dev, struct lodge_err *err)
{
	return simple(c, LODGE_CMD_DEVICE_QUERY, "query", id, dev, err);
}

static int by_id(const void *a, const void *b)
{
	const struct lodge_dev_id *x = &((const struct lodge_dev *)a)->id;
	const struct lodge_dev_id *y = &((const struct lodge_dev *)b)->id;

	if (x->domid != y->domid)
		return x->domid < y->domid ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int parse(struct nlattr **tb, void *one)
{
	return lodge_nl_parse_device(tb, one);
}

int lodge_dev_list(struct lodge_control *c, uint32_t domid, struct lodge_dev **list,
		   size_t *count, struct lodge_err *err)
{
	struct lodge_nl *nl = lodge_control_nl(c);
	struct nl_msg *msg = lodge_nl_request(nl, LODGE_CMD_DEVICE_QUERY, NLM_F_DUMP, err);
	void *found;

	if (!msg)
		return -1;
	if (domid && nla_put_u32(msg, LODGE_A_DOMID, domid))
		return lodge_nl_no_room(msg, err);
	if (lodge_nl_list(nl, msg, sizeof(**list), parse, by_id, &found, count, err,
			  "list the devices"))
		return -1;
	*list = found;
	return 0;
}
