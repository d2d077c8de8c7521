// SPDX-License-Identifier: GPL-2.0-only
/*
 * nethostile - a network frontend that breaks the protocol in every way it knows
 *
 * Proves: what is wrong with a packet costs that packet (an error in its response),
 * and the next one passes; what leaves the ring without meaning costs the device,
 * which says why and serves a new connection.  The harness (selftests/io/net-hostile)
 * looks at the host meanwhile.
 *
 * extra: rounds=N of nonsense, seed=N.
 *
 * Real Xen: needs a toolstack that does what the harness does; its backend disables
 * the device in some of the cases that cost a packet here.
 */
#include "net.h"

#define TYPE	0x88b5
#define RX	64	/* buffers posted */

static struct net_queue queue[2];
static struct net_queue *const q = queue;
static u8 *page[20];		/* tx data */
static u32 ref[20];
static u8 *rx_page;
static u32 rx_ref;

static void ethernet(u8 *p, u16 type)
{
	memset(p, 0xff, 12);
	p[12] = type >> 8;
	p[13] = type;
}

/* A TCP segment over IPv4, header lengths in words. */
static void tcp4(u8 *p, unsigned int len, u8 ihl, u8 proto, u8 doff)
{
	memset(p, 0, PAGE_SIZE);
	ethernet(p, 0x0800);
	p[14] = 0x40 | ihl;
	p[16] = (len - 14) >> 8;
	p[17] = len - 14;
	p[22] = 64;
	p[23] = proto;
	p[26] = 10;
	p[30] = 10;
	p[14 + ihl * 4 + 12] = doff << 4;
}

static void connect(void)
{
	static bool made;
	unsigned int i;

	if (made) {
		net_disconnect();
		if (!net_queue_end(q))
			ok(false, "the rings are let go of");
	}
	made = true;
	net_queue_make(q, false);
	for (i = 0; i < RX; i++)
		net_rx_post(q, i, rx_ref);
	net_rx_push(q);
	net_connect(q, 1, NET_F_ALL);
}

static struct netif_tx_request *slot(unsigned int n, u16 size, u16 flags)
{
	struct netif_tx_request *req = net_tx_slot(q);

	req->gref = ref[n];
	req->size = size;
	req->flags = flags;
	req->id = n;
	return req;
}

/* All responses to what was pushed: have they this status? */
static bool answered(s16 want, const char *what)
{
	struct netif_tx_response rsp;
	bool good = true;

	while (q->tx_cons != q->tx_prod) {
		if (!net_tx_response(q, &rsp))
			return ok(false, "%s: a response", what);
		good &= rsp.status == want || rsp.status == NETIF_RSP_NULL;
	}
	return ok(good, "%s: %s", what, want ? "refused" : "taken");
}

static void pass(const char *after)
{
	ethernet(page[0], TYPE);
	slot(0, 60, 0);
	net_tx_push(q);
	answered(NETIF_RSP_OKAY, after);
}

static void refused(const char *what)
{
	net_tx_push(q);
	answered(NETIF_RSP_ERROR, what);
}

static void sizes(void)
{
	unsigned int i;

	ethernet(page[0], TYPE);
	slot(0, 13, 0);
	refused("a packet of 13 bytes");
	slot(0, 0, 0);
	refused("a packet of no bytes");
	slot(0, 200, 0)->offset = 4000;
	refused("data beyond its page");
	slot(0, 60, 0)->offset = 65535;
	refused("data far beyond its page");
	slot(0, 65535, 0);
	refused("65535 bytes in one slot");
	slot(0, 60, NETTXF_more_data);
	slot(1, 61, 0);
	refused("slots with more than the packet");
	slot(0, 65535, NETTXF_more_data);
	for (i = 1; i < 4; i++)
		slot(i, 60, i < 3 ? NETTXF_more_data : 0);
	refused("slots with less than the packet");
	slot(0, 4096, NETTXF_more_data);
	for (i = 1; i < 19; i++)
		slot(i, 10, i < 18 ? NETTXF_more_data : 0);
	refused("19 slots");
	slot(0, 4096, NETTXF_more_data);
	for (i = 1; i < 250; i++)
		slot(i % 20, 1, i < 249 ? NETTXF_more_data : 0);
	refused("250 slots");
	slot(0, 60, NETTXF_more_data);
	slot(1, 0, NETTXF_more_data);
	slot(2, 0, 0);
	net_tx_push(q);
	answered(NETIF_RSP_OKAY, "slots of no bytes");
	pass("after wrong sizes");
}

static void grants(void)
{
	static u8 gone[PAGE_SIZE] __page_aligned;
	struct grant_entry_v1 *e = grant_entry(ref[0]);
	struct grant_entry_v1 was = *e;
	struct xen_memory_reservation out = { .nr_extents = 1, .domid = DOMID_SELF };
	xen_pfn_t frame = virt_to_mfn(gone);
	u32 r;

	slot(0, 60, 0)->gref = ~0U;
	refused("a grant beyond the table");
	slot(0, 60, 0)->gref = 2000;
	refused("no grant");
	slot(0, 60, NETTXF_more_data)->size = 120;
	slot(1, 60, 0)->gref = 2000;
	refused("no grant in the second slot");
	e->domid = 7;
	slot(0, 60, 0);
	refused("a grant to another domain");
	e->domid = 0;
	e->frame = ~0U;
	slot(0, 60, 0);
	refused("a grant of no frame");
	e->frame = start_info->shared_info >> 12;
	slot(0, 60, 0);
	refused("a grant of a frame of the hypervisor's");
	*e = was;

	r = grant_page(gone, true);
	set_xen_guest_handle(out.extent_start, &frame);
	set_pte((u64)gone, 0);
	if (is(hc_memory_op(XENMEM_decrease_reservation, &out), 1, "a page is given away")) {
		slot(0, 60, 0)->gref = r;
		refused("a grant of a page that is gone");
	}
	is(e->flags, was.flags, "flags of a grant are as they were");
	pass("after wrong grants");
}

static void send_gso(u8 type, u16 size, u16 flags)
{
	struct netif_extra_info *extra;

	slot(0, 1000, NETTXF_extra_info | flags);
	extra = net_tx_extra(q);
	extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
	extra->u.gso.type = type;
	extra->u.gso.size = size;
}

static void offloads(void)
{
	const u16 blank = NETTXF_csum_blank | NETTXF_data_validated;
	unsigned int doff;

	tcp4(page[0], 1000, 5, 6, 5);
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 0, blank);
	refused("GSO of size 0");
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1, blank);
	refused("GSO of size 1");
	send_gso(XEN_NETIF_GSO_TYPE_TCPV6, 100, blank);
	refused("GSO of TCP over IPv6 on IPv4");
	send_gso(77, 100, blank);
	refused("GSO of unknown type");
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 65535, blank);
	net_tx_push(q);
	answered(NETIF_RSP_OKAY, "GSO of size 65535: one segment");
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 100, 0);
	net_tx_push(q);
	answered(NETIF_RSP_OKAY, "GSO without a blank checksum");
	sweep_begin();
	for (doff = 0; doff < 5; doff++) {
		tcp4(page[0], 1000, 5, 6, doff);
		send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 100, blank);
		net_tx_push(q);
		while (q->tx_cons != q->tx_prod) {
			struct netif_tx_response rsp;

			sweep_check(net_tx_response(q, &rsp) && rsp.status != NETIF_RSP_OKAY,
				    "TCP header of %u words", doff);
		}
	}
	sweep_end("GSO with a TCP header too short: refused");
	tcp4(page[0], 1000, 5, 17, 5);
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 100, blank);
	refused("GSO of UDP");
	tcp4(page[0], 1000, 4, 6, 5);
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 100, blank);
	refused("GSO with an IP header too short");
	ethernet(page[0], TYPE);
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 100, blank);
	refused("GSO of something else");
	slot(0, 1000, blank);
	refused("a blank checksum in something else");
	tcp4(page[0], 1000, 5, 6, 5);
	page[0][20] = 0x20;
	slot(0, 1000, blank);
	refused("a blank checksum in a fragment");
	tcp4(page[0], 1000, 15, 6, 5);
	slot(0, 40, blank);
	refused("a blank checksum beyond the packet");
	tcp4(page[0], 1000, 5, 6, 15);
	send_gso(XEN_NETIF_GSO_TYPE_TCPV4, 100, blank);
	q->tx->ring[(q->tx_prod - 2) % NET_SLOTS].req.size = 54;
	refused("GSO without payload, header beyond the packet");
	pass("after wrong offloads");
}

/* Packets of the host's into these buffers: are all responses errors? */
static void receive(const char *what, u32 bad)
{
	struct netif_rx_response rsp;
	u64 end = now() + 20 * SEC;
	unsigned int n = 0;
	bool good = true;

	net_disconnect();
	if (!net_queue_end(q))
		ok(false, "the rings are let go of");
	net_queue_make(q, false);
	for (n = 0; n < RX; n++)
		net_rx_post(q, n, bad);
	net_rx_push(q);
	net_connect(q, 1, NET_F_ALL);
	net_say("send 3");
	for (n = 0; n < 3 && now() < end; hc_sched_op(SCHEDOP_yield, NULL)) {
		if (net_rx_response(q, &rsp)) {
			n++;
			good &= rsp.status == NETIF_RSP_ERROR;
		}
	}
	ok(n == 3 && good, "received into %s: errors (%u)", what, n);
}

static void buffers(void)
{
	u64 *table = walk(kernel_l4, image_base, 1), was;

	receive("no grant", 2000);
	receive("a grant beyond the table", ~0U);
	receive("a read-only grant", ref[0]);
	table = (u64 *)((u64)table & PAGE_MASK);
	was = table[3];
	receive("a page table", grant_page(table, false));
	is(table[3], was, "the page table is as it was");
	connect();
	pass("after wrong buffers");
}

static void broken(const char *why)
{
	net_tx_push(q);
	net_broken(why);
	connect();
	pass(why);
}

static void jump(s64 by)
{
	q->tx_prod += by;
	WRITE_ONCE(q->tx->req_prod, q->tx_prod);
	evtchn_send(q->tx_port);
	net_broken("impossible index of the tx ring");
	connect();
}

static void rings(void)
{
	struct netif_extra_info *extra;
	unsigned int i;

	jump(257);
	jump(-1);
	jump(0x80000000);
	pass("after index jumps");

	slot(0, 60, NETTXF_more_data);
	broken("a packet lacks its end");
	slot(0, 60, NETTXF_extra_info);
	broken("a packet lacks its extra info");
	slot(0, 60, NETTXF_extra_info);
	for (i = 0; i < 255; i++) {
		extra = net_tx_extra(q);
		extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
		extra->flags = XEN_NETIF_EXTRA_FLAG_MORE;
	}
	broken("a packet lacks its extra info");
	slot(0, 60, NETTXF_extra_info);
	net_tx_extra(q)->type = 0;
	broken("extra info of unknown type");
	slot(0, 60, NETTXF_extra_info);
	net_tx_extra(q)->type = 200;
	broken("extra info of unknown type");

	WRITE_ONCE(q->rx->req_prod, q->rx_prod + 300);
	net_say("send 1");
	net_broken("impossible index of the rx ring");
	connect();

	/* the grants of the rings go from the table under the backend */
	grant_entry(q->tx_ref)->flags = 0;
	grant_entry(q->rx_ref)->flags = 0;
	pass("with the rings' grants taken away");
	connect();
	pass("and after that");
}

static void connections(void)
{
	struct net_queue bad;

	net_disconnect();
	if (!net_queue_end(q))
		ok(false, "the rings are let go of");
	net_queue_make(q, false);
	bad = *q;
	bad.tx_ref = 2001;
	net_refused(&bad, 1);
	bad = *q;
	bad.rx_ref = ~0U;
	net_refused(&bad, 1);
	bad = *q;
	bad.tx_port = 0;
	net_refused(&bad, 1);
	bad.tx_port = 4095;
	net_refused(&bad, 1);
	bad.tx_port = ~0U;
	net_refused(&bad, 1);
	bad.tx_port = start_info->console.domU.evtchn;
	net_refused(&bad, 1);
	queue[1] = *q;
	net_refused(queue, 2);
	q->tx->req_prod = 1000;
	net_refused(q, 1);
	q->tx->req_prod = 0;
	net_connect(q, 1, 0);
	pass("after connections that were refused");
	connect();
}

/* A slot changes as long as it is not answered, while another CPU reads it. */
static void races(unsigned int rounds)
{
	struct netif_tx_response rsp;
	unsigned int i, reconnects = 0;

	ethernet(page[0], TYPE);
	for (i = 0; i < rounds; i++) {
		struct netif_tx_request *req = slot(0, 60, 0);
		u64 end = now() + 10 * SEC;

		barrier();
		WRITE_ONCE(q->tx->req_prod, q->tx_prod);
		evtchn_send(q->tx_port);
		while (READ_ONCE(q->tx->rsp_prod) != q->tx_prod && now() < end && net_bound(q)) {
			WRITE_ONCE(req->size, random_u64());
			WRITE_ONCE(req->offset, random_u64());
			WRITE_ONCE(req->flags, random_u64() & 7);
			WRITE_ONCE(req->gref, random_u64());
		}
		if (!net_bound(q)) {
			connect();
			reconnects++;
		} else if (!net_tx_response(q, &rsp)) {
			ok(false, "a response in round %u", i);
			return;
		}
	}
	ok(true, "%u slots that change while they are read, %u connections", rounds, reconnects);
	connect();
	pass("after that");
}

static void nonsense(unsigned int rounds)
{
	unsigned int i, n, reconnects = 0;

	for (i = 0; i < rounds; i++) {
		n = 1 + random_u64() % 20;
		while (n--) {
			struct netif_tx_request *req = slot(random_u64() % 20, random_u64() % 200, 0);

			/* ends of packets often enough */
			req->flags = random_u64() % 16 & ~(random_u64() % 4 ? NETTXF_more_data : 0);
			if (!(random_u64() % 8))
				req->size = random_u64();
			if (!(random_u64() % 8))
				req->offset = random_u64();
			if (!(random_u64() % 8))
				req->gref = random_u64();
			if (req->flags & NETTXF_extra_info) {
				struct netif_extra_info *extra = net_tx_extra(q);

				extra->type = random_u64() % 8 ? 1 : random_u64();
				extra->flags = random_u64() % 8 ? 0 : random_u64();
				extra->u.gso.type = random_u64() % 4;
				extra->u.gso.size = random_u64() >> random_u64() % 64;
			}
		}
		net_tx_push(q);
		while (q->tx_cons != q->tx_prod && net_bound(q)) {
			struct netif_tx_response rsp;

			if (READ_ONCE(q->tx->rsp_prod) != q->tx_cons)
				net_tx_response(q, &rsp);
			else
				hc_sched_op(SCHEDOP_yield, NULL);
		}
		if (!net_bound(q)) {
			connect();
			reconnects++;
		}
	}
	ok(true, "%u rounds of nonsense, %u connections", rounds, reconnects);
	connect();
	pass("after nonsense");
}

void test_main(void)
{
	unsigned int i;

	grants_init();
	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = page_alloc();
		ref[i] = grant_page(page[i], true);
	}
	rx_page = page_alloc();
	rx_ref = grant_page(rx_page, false);
	connect();
	pass("to begin with");
	sizes();
	grants();
	offloads();
	buffers();
	rings();
	connections();
	races(arg_u64("rounds", 100));
	nonsense(arg_u64("rounds", 100));
}
