// SPDX-License-Identifier: GPL-2.0-only
/*
 * To the guest: packets of the host's stack, into buffers that the frontend has
 * posted in the rx ring.
 *
 * A packet waits in the queue's backlog until there are buffers for all of it.
 * Byte queue limits, which count a packet until it has been copied, stop the
 * host's queue long before the backlog is full.  A guest that posts no buffers
 * loses what has waited LODGE_NET_PATIENCE, and the vif its carrier meanwhile.
 */

#include <linux/etherdevice.h>
#include <linux/jiffies.h>

#include "backend/net.h"
#include "domain/domain.h"
#include "event/event.h"

/* The index of a ring that moves while we look: then it is looked at again later. */
#define LOOKS	4

static u32 headroom(const struct lodge_net *net)
{
	return net->features & LODGE_NET_F_XDP_HEADROOM ? LODGE_NET_XDP_HEADROOM : 0;
}

static u32 data_slots(const struct lodge_net *net, u32 len)
{
	return DIV_ROUND_UP(headroom(net) + len, PAGE_SIZE);
}

static u32 all_slots(const struct lodge_net *net, const struct sk_buff *skb)
{
	return data_slots(net, skb->len) + skb_is_gso(skb) + !!headroom(net);
}

static u32 most_slots(const struct lodge_net *net)
{
	return net->features & LODGE_NET_F_SG ? LODGE_NET_SLOTS : 1;
}

/* Features may have changed since the stack looked at them. */
static bool can_send(struct lodge_net *net, struct sk_buff *skb)
{
	if (skb->len < ETH_HLEN || data_slots(net, skb->len) > most_slots(net))
		return false;
	if (skb_is_gso(skb)) {
		if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4)
			return net->features & LODGE_NET_F_GSO_TCPV4;
		if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6)
			return net->features & LODGE_NET_F_GSO_TCPV6;
		return false;
	}
	return true;
}

netdev_tx_t lodge_net_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	u32 index = skb_get_queue_mapping(skb), len = skb->len;
	struct lodge_net *net = netdev_priv(netdev);
	struct lodge_net_queue *q;

	if (!READ_ONCE(net->connected) || index >= net->nr_queues || !can_send(net, skb))
		goto drop;
	/* it may wait: pages that are lent to it must be its own; and no list of fragments */
	if (skb_orphan_frags(skb, GFP_ATOMIC) ||
	    (skb_has_frag_list(skb) && skb_linearize(skb)))
		goto drop;

	q = &net->queue[index];
	skb_tx_timestamp(skb);
	lodge_net_cb(skb)->deadline = jiffies + LODGE_NET_PATIENCE;
	netdev_tx_sent_queue(netdev_get_tx_queue(netdev, index), len);
	skb_queue_tail(&q->backlog, skb);
	/* looked at again by the thread, after it has taken some */
	if (skb_queue_len(&q->backlog) >= LODGE_NET_BACKLOG)
		netif_tx_stop_queue(netdev_get_tx_queue(netdev, index));
	lodge_net_kick(q, LODGE_NET_WORK_RX);
	return NETDEV_TX_OK;
drop:
	atomic64_inc(&net->rx_dropped);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

/* Are there @need buffers?  If not the frontend is to tell when there are more. */
static bool have_slots(struct lodge_net_queue *q, u32 need)
{
	RING_IDX prod;
	int look;

	for (look = 0; look < LOOKS; look++) {
		prod = READ_ONCE(q->rx.sring->req_prod);
		if (RING_REQUEST_PROD_OVERFLOW(&q->rx, prod)) {
			lodge_net_break(q, "impossible index of the rx ring");
			return false;
		}
		if (prod - q->rx.req_cons >= need) {
			/* index before slots: pairs with the frontend's before req_prod */
			virt_rmb();
			return true;
		}
		WRITE_ONCE(q->rx.sring->req_event, prod + 1);
		/* event before the next look: pairs with the frontend's after req_prod */
		virt_mb();
		if (READ_ONCE(q->rx.sring->req_prod) == prod)
			return false;
	}
	set_bit(LODGE_NET_WORK_RX, &q->work);
	return false;
}

/* A packet on its way into slots. */
struct source {
	struct sk_buff *skb;
	int frag;		/* -1: the linear part */
	u32 offset;
	u32 left;		/* bytes of the packet */
};

static void *bytes_at(struct source *from, u32 *n)
{
	skb_frag_t *frag;

	for (;;) {
		if (from->frag < 0) {
			*n = skb_headlen(from->skb) - from->offset;
			if (*n)
				return from->skb->data + from->offset;
		} else {
			frag = &skb_shinfo(from->skb)->frags[from->frag];
			*n = skb_frag_size(frag) - from->offset;
			if (*n)
				return skb_frag_address(frag) + from->offset;
		}
		from->frag++;
		from->offset = 0;
	}
}

static struct xen_netif_rx_response *next_response(struct lodge_net_queue *q,
						   struct xen_netif_rx_request *req)
{
	RING_COPY_REQUEST(&q->rx, q->rx.req_cons++, req);
	return RING_GET_RESPONSE(&q->rx, q->rx.rsp_prod_pvt++);
}

static u16 first_flags(const struct lodge_net *net, const struct sk_buff *skb)
{
	u16 flags = 0;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		flags |= XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		flags |= XEN_NETRXF_data_validated;
	if (skb_is_gso(skb) || headroom(net))
		flags |= XEN_NETRXF_extra_info;
	return flags;
}

/* Written over the slot that the extra info takes: its buffer goes back unused. */
static void put_extra(struct lodge_net_queue *q, const struct xen_netif_extra_info *extra)
{
	struct xen_netif_rx_request req;

	memcpy(next_response(q, &req), extra, sizeof(*extra));
}

static void put_extras(struct lodge_net_queue *q, const struct sk_buff *skb)
{
	struct xen_netif_extra_info extra = { };
	u32 room = headroom(q->net);

	if (skb_is_gso(skb)) {
		extra.type = XEN_NETIF_EXTRA_TYPE_GSO;
		extra.flags = room ? XEN_NETIF_EXTRA_FLAG_MORE : 0;
		extra.u.gso.size = skb_shinfo(skb)->gso_size;
		extra.u.gso.type = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4 ?
				   XEN_NETIF_GSO_TYPE_TCPV4 : XEN_NETIF_GSO_TYPE_TCPV6;
		put_extra(q, &extra);
	}
	if (room) {
		memset(&extra, 0, sizeof(extra));
		extra.type = XEN_NETIF_EXTRA_TYPE_XDP;
		extra.u.xdp.headroom = room;
		put_extra(q, &extra);
	}
}

/* What goes into one slot; the number of pieces. */
static u32 plan_slot(struct lodge_grant_segment *s, struct source *from, u32 ref, u32 offset,
		     u32 *len)
{
	u32 n, room = min_t(u32, PAGE_SIZE - offset, from->left), i;

	*len = room;
	for (i = 0; room; i++) {
		s[i].host = bytes_at(from, &n);
		s[i].ref = ref;
		s[i].offset = offset;
		s[i].len = min(n, room);
		from->offset += s[i].len;
		from->left -= s[i].len;
		offset += s[i].len;
		room -= s[i].len;
	}
	return i;
}

/*
 * There are slots for all of it.  The answers go where the slots were, which are
 * read before; what the copy says of a slot goes in last.
 */
static void give_packet(struct lodge_net_queue *q, struct sk_buff *skb)
{
	struct source from = { .skb = skb, .frag = -1, .left = skb->len };
	struct {
		struct xen_netif_rx_response *rsp;
		u32 segment;		/* the first of its pieces */
		u32 len;
	} slot[LODGE_NET_SLOTS];
	u32 offset = headroom(q->net), segments = 0, n = 0, i;
	u16 flags = first_flags(q->net, skb);
	struct xen_netif_rx_request req;

	do {
		slot[n].rsp = next_response(q, &req);
		slot[n].segment = segments;
		segments += plan_slot(&q->segment[segments], &from, req.gref, offset,
				      &slot[n].len);
		WRITE_ONCE(slot[n].rsp->id, req.id);
		WRITE_ONCE(slot[n].rsp->offset, offset);
		WRITE_ONCE(slot[n].rsp->flags, flags | (from.left ? XEN_NETRXF_more_data : 0));
		if (!n)
			put_extras(q, skb);
		n++;
		offset = 0;
		flags = 0;
	} while (from.left);

	if (!lodge_grant_host_copy(q->net->dev.domain, q->segment, segments, true))
		q->count[LODGE_NET_RX_BAD_GRANT]++;
	for (i = 0; i < n; i++)
		WRITE_ONCE(slot[i].rsp->status,
			   q->segment[slot[i].segment].status == GNTST_okay ?
			   (s16)slot[i].len : XEN_NETIF_RSP_ERROR);
	q->count[LODGE_NET_RX_GSO] += skb_is_gso(skb);
	q->count[LODGE_NET_RX_PACKETS]++;
	q->count[LODGE_NET_RX_BYTES] += skb->len;
}

/* Packets that are done with, and what the byte queue limits counted of them. */
struct done {
	struct sk_buff_head skbs;
	u32 bytes;
};

static void finish(struct lodge_net_queue *q, struct done *done, bool consumed)
{
	struct net_device *netdev = q->net->netdev;
	struct netdev_queue *txq = netdev_get_tx_queue(netdev, q->index);
	u32 n = skb_queue_len(&done->skbs);
	struct sk_buff *skb;

	if (!n)
		return;
	/* what this lets go on runs when bottom halves do, here */
	local_bh_disable();
	while ((skb = __skb_dequeue(&done->skbs))) {
		if (consumed)
			consume_skb(skb);
		else
			kfree_skb(skb);
	}
	netdev_tx_completed_queue(txq, n, done->bytes);
	if (netif_tx_queue_stopped(txq) && READ_ONCE(q->net->connected) &&
	    skb_queue_len(&q->backlog) < LODGE_NET_BACKLOG / 2)
		netif_tx_wake_queue(txq);
	local_bh_enable();
}

static void take(struct lodge_net_queue *q, struct done *done)
{
	struct sk_buff *skb = skb_dequeue(&q->backlog);

	done->bytes += skb->len;
	__skb_queue_tail(&done->skbs, skb);
}

/* No buffers: what has waited too long goes, and then the carrier. */
static void run_out(struct lodge_net_queue *q)
{
	struct done done = { };
	struct sk_buff *skb;

	__skb_queue_head_init(&done.skbs);
	while ((skb = skb_peek(&q->backlog)) &&
	       time_after_eq(jiffies, lodge_net_cb(skb)->deadline)) {
		take(q, &done);
		q->count[LODGE_NET_RX_STALE]++;
	}
	if (skb_queue_empty(&done.skbs))
		return;
	if (!q->rx_stalled) {
		q->rx_stalled = true;
		q->count[LODGE_NET_RX_STALLS]++;
		if (atomic_inc_return(&q->net->stalled) == 1)
			netif_carrier_off(q->net->netdev);
	}
	finish(q, &done, false);
}

/* A frontend that posts buffers again posts as many as any packet needs, with extra info. */
static void try_to_recover(struct lodge_net_queue *q)
{
	if (!have_slots(q, most_slots(q->net) + 2))
		return;
	q->rx_stalled = false;
	if (atomic_dec_and_test(&q->net->stalled))
		netif_carrier_on(q->net->netdev);
}

void lodge_net_rx_run(struct lodge_net_queue *q)
{
	struct done done = { };
	struct sk_buff *skb;
	int notify;

	__skb_queue_head_init(&done.skbs);
	if (q->rx_stalled)
		try_to_recover(q);
	/* only this thread takes packets out, so that the first stays where it is */
	while (skb_queue_len(&done.skbs) < LODGE_NET_BATCH && (skb = skb_peek(&q->backlog))) {
		if (!have_slots(q, all_slots(q->net, skb)))
			break;
		give_packet(q, skb);
		take(q, &done);
	}
	if (!skb_queue_empty(&done.skbs)) {
		RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->rx, notify);
		if (notify)
			lodge_event_raise(q->net->dev.domain, q->rx_port);
	}
	if (skb_queue_len(&done.skbs) == LODGE_NET_BATCH)
		set_bit(LODGE_NET_WORK_RX, &q->work);
	else
		run_out(q);
	finish(q, &done, true);
}

long lodge_net_rx_patience(struct lodge_net_queue *q)
{
	struct sk_buff *skb = skb_peek(&q->backlog);
	long left;

	if (!skb)
		return MAX_SCHEDULE_TIMEOUT;
	left = lodge_net_cb(skb)->deadline - jiffies;
	return max(left, 1L);
}

void lodge_net_rx_purge(struct lodge_net_queue *q)
{
	atomic64_add(skb_queue_len(&q->backlog), &q->net->rx_dropped);
	skb_queue_purge(&q->backlog);
	netdev_tx_reset_queue(netdev_get_tx_queue(q->net->netdev, q->index));
}
