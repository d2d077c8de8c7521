// SPDX-License-Identifier: GPL-2.0-only
/*
 * netecho - a network frontend that sends everything back
 *
 * Proves nothing by itself: the harness at the other end (selftests/io/net) does.
 * A packet goes back slot by slot as it came, with the same checksum flags and
 * GSO information, and sender and receiver exchanged in its headers: Ethernet,
 * IPv4 or IPv6, TCP or UDP ports.  No checksum changes by that.  A TCP connection
 * to us therefore opens from both ends at once and receives what it sends.  An ICMP
 * echo request becomes a reply.
 *
 * extra: queues=N, split, features=BITS; a packet with the Ethernet type 0x88b5
 * ends it.
 *
 * Real Xen: needs a toolstack that does what the harness does.
 */
#include "net.h"

#define BUFFERS		250	/* of a queue: fewer than slots, as extra info takes some */
#define TYPE_STOP	0x88b5

struct buffer {
	u8 *page;
	u32 rx_ref, tx_ref;
};

static struct net_queue queue[NET_QUEUES];
static struct buffer buffer[NET_QUEUES][BUFFERS];
static u64 packets, slots, errors, stop;

static void exchange(u8 *a, u8 *b, unsigned int n)
{
	while (n--) {
		u8 t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

static u16 be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/* A request becomes the reply, and its checksum follows. */
static void answer_ping(u8 *icmp)
{
	unsigned int sum = (icmp[2] << 8 | icmp[3]) + 0x0800;

	if (icmp[0] != 8)
		return;
	icmp[0] = 0;
	sum = (sum & 0xffff) + (sum >> 16);
	icmp[2] = sum >> 8;
	icmp[3] = sum;
}

/* All headers are in the first slot. */
static void turn_round(u8 *p, unsigned int len)
{
	unsigned int at, proto;

	if (len < 14)
		return;
	exchange(p, p + 6, 6);
	if (be16(p + 12) == 0x0800 && len >= 34) {
		exchange(p + 26, p + 30, 4);
		at = 14 + (p[14] & 15) * 4;
		proto = p[23];
	} else if (be16(p + 12) == 0x86dd && len >= 54) {
		exchange(p + 22, p + 38, 16);
		at = 54;
		proto = p[20];
	} else {
		stop += be16(p + 12) == TYPE_STOP;
		return;
	}
	if (proto == 1 && len >= at + 4)
		answer_ping(p + at);
	else if ((proto == 6 || proto == 17) && len >= at + 4)
		exchange(p + at, p + at + 2, 2);
}

static void post(struct net_queue *q, struct buffer *b, u16 id)
{
	net_rx_post(q, id, b[id].rx_ref);
}

/* What the packet's extra slots say of GSO; their buffers are posted again. */
static struct netif_extra_info take_extras(struct net_queue *q, struct buffer *b)
{
	struct netif_extra_info extra, gso = { .type = 0 };
	u16 id;

	do {
		if (!net_rx_extra(q, &extra, &id))
			bail_out("extra info is missing");
		post(q, b, id);
		if (extra.type == XEN_NETIF_EXTRA_TYPE_GSO) {
			gso = extra;
			gso.flags = 0;
		}
	} while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return gso;
}

/* One packet goes back; @rsp is its first response. */
static void send_back(struct net_queue *q, struct buffer *b, struct netif_rx_response rsp)
{
	struct netif_tx_request *first = NULL, *req;
	struct netif_extra_info gso;
	unsigned int size = 0;
	bool more;

	packets++;
	for (;;) {
		if (rsp.status < 0)
			bail_out("status %d in slot %u", rsp.status, rsp.id);
		more = rsp.flags & NETRXF_more_data;
		slots++;
		size += rsp.status;
		req = net_tx_slot(q);
		req->gref = b[rsp.id].tx_ref;
		req->offset = rsp.offset;
		req->size = rsp.status;
		req->id = rsp.id;
		req->flags = more ? NETTXF_more_data : 0;
		if (!first) {
			first = req;
			if (rsp.flags & NETRXF_csum_blank)
				req->flags |= NETTXF_csum_blank;
			if (rsp.flags & NETRXF_data_validated)
				req->flags |= NETTXF_data_validated;
			turn_round(b[rsp.id].page + rsp.offset, rsp.status);
		}
		if (rsp.flags & NETRXF_extra_info) {
			gso = take_extras(q, b);
			if (gso.type) {
				req->flags |= NETTXF_extra_info;
				*net_tx_extra(q) = gso;
			}
		}
		if (!more)
			break;
		if (!net_rx_response(q, &rsp))
			bail_out("a packet without its end");
	}
	first->size = size;
}

/* Buffers whose data the backend has are free to receive again. */
static void take_back(struct net_queue *q, struct buffer *b)
{
	struct netif_tx_response rsp;

	while (READ_ONCE(q->tx->rsp_prod) != q->tx_cons) {
		net_tx_response(q, &rsp);
		if (rsp.status == NETIF_RSP_NULL)
			continue;
		errors += rsp.status != NETIF_RSP_OKAY;
		post(q, b, rsp.id);
	}
}

static bool serve(struct net_queue *q, struct buffer *b)
{
	u32 tx = q->tx_prod, rx = q->rx_prod;
	struct netif_rx_response rsp;

	while (net_rx_response(q, &rsp))
		send_back(q, b, rsp);
	if (q->tx_prod != tx)
		net_tx_push(q);
	take_back(q, b);
	if (q->rx_prod != rx)
		net_rx_push(q);
	return q->tx_prod != tx || q->rx_prod != rx;
}

/* Ask to be told of what comes next; false if it is there. */
static bool idle(struct net_queue *q)
{
	port_clear(q->tx_port);
	port_clear(q->rx_port);
	WRITE_ONCE(q->tx->rsp_event, q->tx_cons + 1);
	WRITE_ONCE(q->rx->rsp_event, q->rx_cons + 1);
	__sync_synchronize();
	return READ_ONCE(q->tx->rsp_prod) == q->tx_cons && READ_ONCE(q->rx->rsp_prod) == q->rx_cons;
}

static void wait(unsigned int nr)
{
	evtchn_port_t port[2 * NET_QUEUES];
	struct sched_poll poll = { .nr_ports = 2 * nr, .timeout = now() + SEC };
	bool quiet = true;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		port[2 * i] = queue[i].tx_port;
		port[2 * i + 1] = queue[i].rx_port;
		quiet &= idle(&queue[i]);
	}
	if (!quiet)
		return;
	set_xen_guest_handle(poll.ports, port);
	hc_sched_op(SCHEDOP_poll, &poll);
}

void test_main(void)
{
	unsigned int nr = arg_u64("queues", 1), i, id;
	bool busy;

	if (!nr || nr > NET_QUEUES)
		bail_out("queues=%u", nr);
	grants_init();
	for (i = 0; i < nr; i++) {
		net_queue_make(&queue[i], arg_flag("split"));
		for (id = 0; id < BUFFERS; id++) {
			struct buffer *b = &buffer[i][id];

			b->page = page_alloc();
			b->rx_ref = grant_page(b->page, false);
			b->tx_ref = grant_page(b->page, true);
			post(&queue[i], buffer[i], id);
		}
		net_rx_push(&queue[i]);
	}
	net_connect(queue, nr, arg_u64("features", NET_F_ALL));
	do {
		busy = false;
		for (i = 0; i < nr; i++)
			busy |= serve(&queue[i], buffer[i]);
		if (!busy)
			wait(nr);
	} while (!stop);
	diag("%lu packets in %lu slots", packets, slots);
	ok(packets > 0, "packets came");
	is(errors, 0, "all were taken");
}
