// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the guest: packets out of the tx ring, into the host's stack.
 *
 * A packet is one or more slots, with extra slots after the first.  Every slot
 * is read once; the data is copied once, whole, before anything of the host looks
 * at it, so that nothing changes behind a filter and the guest has its pages back
 * at once.  To lend the pages instead would save a copy only when a packet is
 * forwarded: who receives it on this host makes the copy all the same.
 *
 * All slots are answered before the next packet is looked at, so that the answer
 * to a slot stands where the slot stood.
 */

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include "backend/net.h"
#include "domain/domain.h"
#include "event/event.h"

/* Packets up to this size are in one piece. */
#define LINEAR_SIZE	1536
/* Of larger ones so much: all headers that checksums and GSO need. */
#define HEADER_SIZE	256
/* The least a segment can carry; what is less would only make more of them. */
#define MIN_GSO_SIZE	8

struct packet {
	u32 size;
	u32 slots;		/* with data */
	u32 extras;
	u16 flags;		/* of the first slot */
	bool malformed;
	struct xen_netif_extra_info gso;	/* type 0: none */
	struct xen_netif_tx_request slot[LODGE_NET_SLOTS];
};

/* The answer to the slot just read; stays an error unless answer() says otherwise. */
static void answer_error(struct lodge_net_queue *q, u16 id)
{
	struct xen_netif_tx_response *rsp;

	rsp = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++);
	WRITE_ONCE(rsp->id, id);
	WRITE_ONCE(rsp->status, XEN_NETIF_RSP_ERROR);
}

static void answer_extra(struct lodge_net_queue *q)
{
	struct xen_netif_tx_response *rsp;

	rsp = RING_GET_RESPONSE(&q->tx, q->tx.rsp_prod_pvt++);
	WRITE_ONCE(rsp->status, XEN_NETIF_RSP_NULL);
}

/* The packet that was read last is good: its answers stand at the end. */
static void answer_okay(struct lodge_net_queue *q, const struct packet *p)
{
	RING_IDX first = q->tx.rsp_prod_pvt - p->slots - p->extras;
	u32 i;

	for (i = 0; i < p->slots + p->extras; i++)
		if (i == 0 || i > p->extras)
			WRITE_ONCE(RING_GET_RESPONSE(&q->tx, first + i)->status,
				   XEN_NETIF_RSP_OKAY);
}

/* The extra slots after the first. false: that is no packet, and the ring means nothing now. */
static bool read_extras(struct lodge_net_queue *q, struct packet *p, RING_IDX prod)
{
	union {
		struct xen_netif_tx_request request;
		struct xen_netif_extra_info extra;
	} slot;

	do {
		if (q->tx.req_cons == prod) {
			lodge_net_break(q, "a packet lacks its extra info");
			return false;
		}
		RING_COPY_REQUEST(&q->tx, q->tx.req_cons++, &slot.request);
		answer_extra(q);
		p->extras++;
		if (!slot.extra.type || slot.extra.type >= XEN_NETIF_EXTRA_TYPE_MAX) {
			lodge_net_break(q, "extra info of unknown type");
			return false;
		}
		if (slot.extra.type == XEN_NETIF_EXTRA_TYPE_GSO)
			p->gso = slot.extra;
	} while (slot.extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return true;
}

/* The slots of the packet that begins with @req, up to the index @prod. */
static bool read_packet(struct lodge_net_queue *q, struct packet *p,
			struct xen_netif_tx_request req, RING_IDX prod)
{
	u32 rest = req.size;

	p->size = req.size;
	p->flags = req.flags;
	p->slots = 0;
	p->extras = 0;
	p->gso.type = 0;
	p->malformed = req.size < ETH_HLEN;
	p->slot[p->slots++] = req;
	q->tx.req_cons++;
	answer_error(q, req.id);
	if ((req.flags & XEN_NETTXF_extra_info) && !read_extras(q, p, prod))
		return false;

	while (req.flags & XEN_NETTXF_more_data) {
		if (q->tx.req_cons == prod) {
			lodge_net_break(q, "a packet lacks its end");
			return false;
		}
		RING_COPY_REQUEST(&q->tx, q->tx.req_cons++, &req);
		answer_error(q, req.id);
		if (p->slots == LODGE_NET_SLOTS || req.size > rest) {
			p->malformed = true;
			continue;
		}
		p->slot[p->slots++] = req;
		rest -= req.size;
	}
	/* the first slot gives the size of all */
	p->slot[0].size = rest;
	return true;
}

/* A buffer for the packet, with its lengths set and nothing in it. */
static struct sk_buff *alloc_buffer(struct net_device *netdev, u32 size)
{
	struct sk_buff *skb;
	int err;

	if (size <= LINEAR_SIZE) {
		skb = __netdev_alloc_skb(netdev, size, GFP_KERNEL | __GFP_NOWARN);
		if (skb)
			__skb_put(skb, size);
		return skb;
	}
	skb = alloc_skb_with_frags(NET_SKB_PAD + HEADER_SIZE, size - HEADER_SIZE,
				   PAGE_ALLOC_COSTLY_ORDER, &err, GFP_KERNEL | __GFP_NOWARN);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	__skb_put(skb, HEADER_SIZE);
	skb->data_len = size - HEADER_SIZE;
	skb->len = size;
	skb->dev = netdev;
	return skb;
}

/* The next place in a buffer to copy to. */
struct place {
	struct sk_buff *skb;
	int frag;		/* -1: the linear part */
	u32 offset;
};

static void *room_at(const struct place *at, u32 *room)
{
	skb_frag_t *frag;

	if (at->frag < 0) {
		*room = skb_headlen(at->skb) - at->offset;
		return at->skb->data + at->offset;
	}
	frag = &skb_shinfo(at->skb)->frags[at->frag];
	*room = skb_frag_size(frag) - at->offset;
	return skb_frag_address(frag) + at->offset;
}

/* The lengths of slots and buffer are the same, so that there is a place for every byte. */
static u32 plan_copy(struct lodge_net_queue *q, const struct packet *p, struct sk_buff *skb)
{
	struct place at = { .skb = skb, .frag = -1 };
	struct lodge_grant_segment *s = q->segment;
	u32 i, done, room;

	for (i = 0; i < p->slots; i++) {
		const struct xen_netif_tx_request *slot = &p->slot[i];

		for (done = 0; done < slot->size; done += s->len, at.offset += s->len, s++) {
			s->host = room_at(&at, &room);
			if (!room) {
				at.frag++;
				at.offset = 0;
				s->host = room_at(&at, &room);
			}
			s->ref = slot->gref;
			s->offset = slot->offset + done;
			s->len = min_t(u32, room, slot->size - done);
		}
	}
	return s - q->segment;
}

static bool slots_ok(const struct packet *p)
{
	u32 i;

	if (p->malformed)
		return false;
	for (i = 0; i < p->slots; i++)
		if (p->slot[i].offset + p->slot[i].size > PAGE_SIZE)
			return false;
	return true;
}

/*
 * GSO, as far as the packet is what it says: the segments are made by counting on
 * it.  Checksum setup has found the transport header.
 */
static bool set_gso(struct sk_buff *skb, const struct xen_netif_extra_info *gso)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	u32 size = gso->u.gso.size, header;

	if (skb->csum_offset != offsetof(struct tcphdr, check) || size < MIN_GSO_SIZE)
		return false;
	if (gso->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV4 && skb->protocol == htons(ETH_P_IP))
		shinfo->gso_type = SKB_GSO_TCPV4;
	else if (gso->u.gso.type == XEN_NETIF_GSO_TYPE_TCPV6 && skb->protocol == htons(ETH_P_IPV6))
		shinfo->gso_type = SKB_GSO_TCPV6;
	else
		return false;

	header = skb_transport_offset(skb) + sizeof(struct tcphdr);
	if (!pskb_may_pull(skb, header))
		return false;
	header = skb_transport_offset(skb) + tcp_hdrlen(skb);
	if (tcp_hdrlen(skb) < sizeof(struct tcphdr) || !pskb_may_pull(skb, header))
		return false;
	if (tcp_hdr(skb)->cwr)
		shinfo->gso_type |= SKB_GSO_TCP_ECN;
	if (skb->len - header <= size) {
		/* one segment, which needs no cutting */
		shinfo->gso_type = 0;
		return true;
	}
	/* whoever cuts it looks at the headers again */
	shinfo->gso_type |= SKB_GSO_DODGY;
	shinfo->gso_size = size;
	shinfo->gso_segs = DIV_ROUND_UP(skb->len - header, size);
	return true;
}

static bool set_offload(struct sk_buff *skb, const struct packet *p)
{
	bool blank = p->flags & XEN_NETTXF_csum_blank;

	if (p->gso.type || blank) {
		/* segments get their sums when they are made, whatever this packet has */
		skb->ip_summed = CHECKSUM_PARTIAL;
		if (skb_checksum_setup(skb, !blank))
			return false;
		/* which takes the length of the IP header as it is */
		if (skb_transport_offset(skb) < (int)sizeof(struct iphdr))
			return false;
		return !p->gso.type || set_gso(skb, &p->gso);
	}
	if (p->flags & XEN_NETTXF_data_validated)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	return true;
}

/* The packet as the host sees it, or NULL. */
static struct sk_buff *make_packet(struct lodge_net_queue *q, const struct packet *p)
{
	struct net_device *netdev = q->net->netdev;
	struct sk_buff *skb;

	if (!slots_ok(p)) {
		q->count[LODGE_NET_TX_MALFORMED]++;
		return NULL;
	}
	skb = alloc_buffer(netdev, p->size);
	if (!skb) {
		q->count[LODGE_NET_TX_NO_MEMORY]++;
		return NULL;
	}
	if (!lodge_grant_host_copy(q->net->dev.domain, q->segment, plan_copy(q, p, skb), false)) {
		q->count[LODGE_NET_TX_BAD_GRANT]++;
		goto free;
	}
	skb->protocol = eth_type_trans(skb, netdev);
	skb_reset_network_header(skb);
	if (!set_offload(skb, p)) {
		q->count[LODGE_NET_TX_BAD_OFFLOAD]++;
		goto free;
	}
	skb_record_rx_queue(skb, q->index);
	q->count[LODGE_NET_TX_GSO] += skb_is_gso(skb);
	q->count[LODGE_NET_TX_PACKETS]++;
	q->count[LODGE_NET_TX_BYTES] += p->size;
	return skb;
free:
	kfree_skb(skb);
	return NULL;
}

/* One packet from the ring onto the list. false: there is none now. */
static bool take_packet(struct lodge_net_queue *q, struct list_head *list)
{
	RING_IDX prod = READ_ONCE(q->tx.sring->req_prod);
	struct xen_netif_tx_request req;
	struct sk_buff *skb;
	unsigned long wait;
	struct packet p;

	if (RING_REQUEST_PROD_OVERFLOW(&q->tx, prod)) {
		lodge_net_break(q, "impossible index of the tx ring");
		return false;
	}
	if (prod == q->tx.req_cons)
		return false;
	virt_rmb();	/* index before slots: pairs with the frontend's barrier before req_prod */
	RING_COPY_REQUEST(&q->tx, q->tx.req_cons, &req);
	if (!lodge_net_credit_take(&q->net->credit, req.size, &wait)) {
		q->tx_waits = true;
		q->tx_deadline = jiffies + wait;
		return false;
	}
	if (!read_packet(q, &p, req, prod))
		return false;
	skb = make_packet(q, &p);
	if (skb) {
		answer_okay(q, &p);
		list_add_tail(&skb->list, list);
	}
	return true;
}

static void push_answers(struct lodge_net_queue *q)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&q->tx, notify);
	if (notify)
		lodge_event_raise(q->net->dev.domain, q->tx_port);
}

void lodge_net_tx_run(struct lodge_net_queue *q)
{
	u64 limit = q->count[LODGE_NET_TX_BYTES] + LODGE_NET_BATCH_BYTES;
	LIST_HEAD(list);
	int more, n = 0;

	/* what a vif that is down leaves in the ring is taken when it is up */
	if (!netif_running(q->net->netdev))
		return;
	q->tx_waits = false;
	for (;;) {
		while (n < LODGE_NET_BATCH && q->count[LODGE_NET_TX_BYTES] < limit &&
		       take_packet(q, &list))
			n++;
		if (q->broken || q->tx_waits)
			break;
		if (n == LODGE_NET_BATCH || q->count[LODGE_NET_TX_BYTES] >= limit) {
			set_bit(LODGE_NET_WORK_TX, &q->work);
			break;
		}
		RING_FINAL_CHECK_FOR_REQUESTS(&q->tx, more);
		if (!more)
			break;
	}
	if (n)
		push_answers(q);
	if (list_empty(&list))
		return;
	local_bh_disable();
	netif_receive_skb_list(&list);
	local_bh_enable();
}
