// SPDX-License-Identifier: GPL-2.0-only
/* A network frontend: rings, and the handshake on the console. */
#include "net.h"

#include <xen/io/console.h>

#define PATIENCE	(10 * SEC)

static unsigned int offer(void)
{
	long port = alloc_unbound(0);

	if (port < 0)
		bail_out("alloc_unbound: %ld", port);
	port_mask(port);
	port_clear(port);
	return port;
}

void net_queue_make(struct net_queue *q, bool split)
{
	if (!q->tx) {
		q->tx = page_alloc();
		q->rx = page_alloc();
	}
	memset(q->tx, 0, PAGE_SIZE);
	memset(q->rx, 0, PAGE_SIZE);
	q->tx->req_event = 1;
	q->tx->rsp_event = 1;
	q->rx->req_event = 1;
	q->rx->rsp_event = 1;
	q->tx_ref = grant_page(q->tx, false);
	q->rx_ref = grant_page(q->rx, false);
	q->tx_port = offer();
	q->rx_port = split ? offer() : q->tx_port;
	q->tx_prod = 0;
	q->tx_cons = 0;
	q->rx_prod = 0;
	q->rx_cons = 0;
}

static bool end_grant(u32 ref)
{
	u64 end = now() + PATIENCE;

	while (!grant_end(ref)) {
		if (now() > end)
			return false;
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	return true;
}

bool net_queue_end(struct net_queue *q)
{
	bool good = end_grant(q->tx_ref) && end_grant(q->rx_ref);

	good &= !evtchn_close(q->tx_port);
	if (q->rx_port != q->tx_port)
		good &= !evtchn_close(q->rx_port);
	return good;
}

/* The harness answers each line with a byte of input, when it has done what it says. */
static void wait_answer(void)
{
	struct xencons_interface *ring = mfn_to_virt(start_info->console.domU.mfn);
	u64 end = now() + 100 * SEC;

	console_flush();
	while (READ_ONCE(ring->in_prod) == ring->in_cons) {
		if (now() > end)
			bail_out("the harness does not answer");
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	ring->in_cons++;
}

static void say_queues(const char *verb, const struct net_queue *q, unsigned int nr, u64 features)
{
	unsigned int i;

	printf("net: %s %lu", verb, features);
	for (i = 0; i < nr; i++)
		printf(" %u,%u,%u,%u", q[i].tx_ref, q[i].rx_ref, q[i].tx_port, q[i].rx_port);
	printf("\n");
	wait_answer();
}

void net_connect(const struct net_queue *q, unsigned int nr, u64 features)
{
	say_queues("connect", q, nr, features);
}

void net_refused(const struct net_queue *q, unsigned int nr)
{
	say_queues("refused", q, nr, 0);
}

void net_say(const char *fmt, ...)
{
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printf("net: %s\n", text);
	wait_answer();
}

void net_broken(const char *why)
{
	net_say("broken %s", why);
}

void net_disconnect(void)
{
	net_say("disconnect");
}

bool net_bound(const struct net_queue *q)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = q->tx_port };

	return !hc_event_channel_op(EVTCHNOP_status, &status) &&
	       status.status == EVTCHNSTAT_interdomain;
}

struct netif_tx_request *net_tx_slot(struct net_queue *q)
{
	struct netif_tx_request *req = &q->tx->ring[q->tx_prod++ % NET_SLOTS].req;

	memset(req, 0, sizeof(*req));
	return req;
}

struct netif_extra_info *net_tx_extra(struct net_queue *q)
{
	return (struct netif_extra_info *)net_tx_slot(q);
}

void net_tx_push(struct net_queue *q)
{
	u32 old = q->tx->req_prod;

	barrier();	/* slots before the index */
	WRITE_ONCE(q->tx->req_prod, q->tx_prod);
	__sync_synchronize();	/* before the backend's wish is looked at */
	if (q->tx_prod - READ_ONCE(q->tx->req_event) < q->tx_prod - old)
		evtchn_send(q->tx_port);
}

bool net_tx_response(struct net_queue *q, struct netif_tx_response *rsp)
{
	u64 end = now() + PATIENCE;

	while (READ_ONCE(q->tx->rsp_prod) == q->tx_cons) {
		if (now() > end)
			return false;
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	barrier();
	*rsp = q->tx->ring[q->tx_cons++ % NET_SLOTS].rsp;
	return true;
}

void net_rx_post(struct net_queue *q, u16 id, u32 ref)
{
	struct netif_rx_request *req = &q->rx->ring[q->rx_prod % NET_SLOTS].req;

	q->rx_id[q->rx_prod++ % NET_SLOTS] = id;
	req->id = id;
	req->gref = ref;
}

void net_rx_push(struct net_queue *q)
{
	u32 old = q->rx->req_prod;

	barrier();	/* slots before the index */
	WRITE_ONCE(q->rx->req_prod, q->rx_prod);
	__sync_synchronize();	/* before the backend's wish is looked at */
	if (q->rx_prod - READ_ONCE(q->rx->req_event) < q->rx_prod - old)
		evtchn_send(q->rx_port);
}

bool net_rx_response(struct net_queue *q, struct netif_rx_response *rsp)
{
	if (READ_ONCE(q->rx->rsp_prod) == q->rx_cons)
		return false;
	barrier();
	*rsp = q->rx->ring[q->rx_cons++ % NET_SLOTS].rsp;
	return true;
}

bool net_rx_extra(struct net_queue *q, struct netif_extra_info *extra, u16 *id)
{
	struct netif_rx_response rsp;

	*id = q->rx_id[q->rx_cons % NET_SLOTS];
	if (!net_rx_response(q, &rsp))
		return false;
	memcpy(extra, &rsp, sizeof(rsp));
	return true;
}
