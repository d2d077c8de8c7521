/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A network frontend with as much hostility as its test wants: rings by hand, and
 * the console for the handshake.  Lines that begin with "net:" are for the harness
 * that has connected itself to the console (selftests/io/net_guest.py), which
 * answers each with a newline when it has done what it says.
 */
#ifndef PVGUEST_FRONT_NET_H
#define PVGUEST_FRONT_NET_H

#include "front.h"

#include <xen/io/netif.h>

#define NET_SLOTS	256	/* of a ring of one page */
#define NET_QUEUES	8

/* As the store's words say, in this order from bit 0: lodge/netlink.h has the same. */
#define NET_F_SG		BIT(0)
#define NET_F_GSO_TCPV4		BIT(1)
#define NET_F_GSO_TCPV6		BIT(2)
#define NET_F_NO_CSUM		BIT(3)
#define NET_F_IPV6_CSUM		BIT(4)
#define NET_F_XDP_HEADROOM	BIT(5)
#define NET_F_ALL		(NET_F_SG | NET_F_GSO_TCPV4 | NET_F_GSO_TCPV6 | NET_F_IPV6_CSUM)

struct net_queue {
	struct netif_tx_sring *tx;
	struct netif_rx_sring *rx;
	u32 tx_ref, rx_ref;
	unsigned int tx_port, rx_port;
	u32 tx_prod, tx_cons;	/* requests made, responses seen */
	u32 rx_prod, rx_cons;
	u16 rx_id[NET_SLOTS];	/* what was posted where: extra info has no id */
};

/* Rings and ports, one of them or two; the pages are made once for each @q. */
void net_queue_make(struct net_queue *q, bool split);
/* Take them back; false if the backend has not let go of them. */
bool net_queue_end(struct net_queue *q);

/* Have the harness connect the backend to these. */
void net_connect(const struct net_queue *q, unsigned int nr, u64 features);
/* The same, but the harness must find that it is refused. */
void net_refused(const struct net_queue *q, unsigned int nr);
/* Have it see that the device is, or will be, broken for a reason that contains @why. */
void net_broken(const char *why);
void net_disconnect(void);
/* Have it do something of its own. */
void __printf(1, 2) net_say(const char *fmt, ...);
/* Is the backend still there? */
bool net_bound(const struct net_queue *q);

/* The next slot; made known by net_tx_push(). */
struct netif_tx_request *net_tx_slot(struct net_queue *q);
struct netif_extra_info *net_tx_extra(struct net_queue *q);
void net_tx_push(struct net_queue *q);
/* The next response, within ten seconds. */
bool net_tx_response(struct net_queue *q, struct netif_tx_response *rsp);

void net_rx_post(struct net_queue *q, u16 id, u32 ref);
void net_rx_push(struct net_queue *q);
/* The next response if there is one. */
bool net_rx_response(struct net_queue *q, struct netif_rx_response *rsp);
/* The next response as extra info, which a packet has promised; *id is what was posted there. */
bool net_rx_extra(struct net_queue *q, struct netif_extra_info *extra, u16 *id);

#endif
