/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the net backend: a host network device (vif) whose other end is the
 * shared rings of a guest's frontend (xen/interface/io/netif.h).
 *
 * Names are the frontend's, as in the ABI: tx is from the guest, rx is to it.
 * The host's statistics of the vif have it the other way round.
 *
 * All that touches guest memory, in both directions, is done in process context:
 * grants are looked up under a mutex, and pages may have to be swapped in.
 * Everybody else only leaves a bit in queue.work and sees to it that it is looked
 * at: by the thread of the vcpu that has just sent, or that sleeps and is about to
 * be told anyway, which spares two switches; or by a thread that the queue has for
 * what these leave, for time limits and while the guest is busy.
 */
#ifndef LODGE_NET_H
#define LODGE_NET_H

#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>

#include <xen/interface/io/netif.h>

#include "backend/device.h"
#include "domain/defer.h"
#include "grant/grant.h"

/* Slots of data that a packet has at most, in either direction. */
#define LODGE_NET_SLOTS		XEN_NETIF_NR_SLOTS_MIN
/* Pieces to copy: a slot that crosses from one buffer of the host's to the next is two. */
#define LODGE_NET_SEGMENTS	(2 * LODGE_NET_SLOTS + MAX_SKB_FRAGS + 1)
/* Packets a queue handles in one direction before it looks at the other. */
#define LODGE_NET_BATCH		64
#define LODGE_NET_BATCH_BYTES	(256 * 1024)
/* Packets that wait for the guest's buffers; usually the byte queue limits are reached before. */
#define LODGE_NET_BACKLOG	512
/* A packet that has waited this long is dropped, and the carrier goes until there are buffers. */
#define LODGE_NET_PATIENCE	(5 * HZ)
/* In front of the first byte of a packet, if the frontend runs XDP (XDP_PACKET_HEADROOM). */
#define LODGE_NET_XDP_HEADROOM	256

/* All that a frontend can ask for is understood. */
#define LODGE_NET_FEATURES	(LODGE_NET_F_SG | LODGE_NET_F_GSO_TCPV4 | LODGE_NET_F_GSO_TCPV6 | \
				 LODGE_NET_F_NO_CSUM | LODGE_NET_F_IPV6_CSUM | \
				 LODGE_NET_F_XDP_HEADROOM)

/* Names of these are in net_ethtool.c. */
enum lodge_net_counter {
	LODGE_NET_TX_PACKETS,
	LODGE_NET_TX_BYTES,
	LODGE_NET_TX_GSO,
	LODGE_NET_TX_MALFORMED,		/* slots or lengths that make no packet */
	LODGE_NET_TX_BAD_OFFLOAD,	/* checksum or GSO that does not fit the packet */
	LODGE_NET_TX_BAD_GRANT,
	LODGE_NET_TX_NO_MEMORY,
	LODGE_NET_RX_PACKETS,
	LODGE_NET_RX_BYTES,
	LODGE_NET_RX_GSO,
	LODGE_NET_RX_BAD_GRANT,
	LODGE_NET_RX_STALE,		/* waited too long for buffers */
	LODGE_NET_RX_STALLS,		/* times the carrier went for it */
	LODGE_NET_NR_COUNTERS,
};

/* What there is to do, bits of queue.work. */
enum lodge_net_work {
	LODGE_NET_WORK_TX,
	LODGE_NET_WORK_RX,
	LODGE_NET_WORK_DEFERRED,	/* a vcpu's thread is about to do it */
};

#define LODGE_NET_WORK_DUE	(BIT(LODGE_NET_WORK_TX) | BIT(LODGE_NET_WORK_RX))

struct lodge_net;

/* What is not said otherwise is used under @run only, the rings and counters among it. */
struct lodge_net_queue {
	struct lodge_net *net;
	u32 index;
	struct task_struct *thread;	/* from connect to disconnect */
	unsigned long work;		/* atomic bits */
	struct mutex run;
	struct task_struct *runner;	/* who holds @run, and looks at @work before it lets go */
	struct lodge_defer defer;	/* of who set LODGE_NET_WORK_DEFERRED; with a reference */
	bool connected;			/* set and cleared under @run */
	bool broken;			/* the frontend broke the protocol: nothing more is done */

	u32 tx_port, rx_port;		/* may be the same */
	bool tx_mapped, rx_mapped;
	u32 tx_ref, rx_ref;
	struct xen_netif_tx_back_ring tx;
	struct xen_netif_rx_back_ring rx;
	bool tx_waits;			/* for credit, until @tx_deadline */
	unsigned long tx_deadline;
	bool rx_stalled;

	struct sk_buff_head backlog;	/* its own lock */

	u64 count[LODGE_NET_NR_COUNTERS];
	struct lodge_grant_segment segment[LODGE_NET_SEGMENTS];
};

/* How much the guest may send; all under @lock, but for a glance at @rate. */
struct lodge_net_credit {
	spinlock_t lock;
	u64 rate;			/* bytes a second, 0: no limit */
	u32 interval_us;
	u64 left;			/* bytes */
	u64 since;			/* ns: when it was last added to */
};

/* The private part of the net_device. */
struct lodge_net {
	struct lodge_device dev;
	struct net_device *netdev;
	u8 mac[ETH_ALEN];		/* of the guest's end */
	struct lodge_net_credit credit;

	/* change under rtnl, while no thread runs and nothing is queued */
	bool connected;
	u32 features;			/* of the frontend */
	u32 nr_queues;
	u32 max_queues;

	atomic_t stalled;		/* queues that are */
	atomic64_t rx_dropped;		/* before they came to a queue */
	struct lodge_net_queue queue[LODGE_MAX_QUEUES];
};

/* Kept in skb->cb of a packet on its way to the guest. */
struct lodge_net_cb {
	unsigned long deadline;
};

static inline struct lodge_net_cb *lodge_net_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct lodge_net_cb) > sizeof(skb->cb));
	return (struct lodge_net_cb *)skb->cb;
}

extern const struct lodge_device_ops lodge_net_ops;
extern const struct ethtool_ops lodge_net_ethtool_ops;

u64 lodge_net_count(const struct lodge_net *net, enum lodge_net_counter counter);

/* backend/net_queue.c */

void lodge_net_queue_init(struct lodge_net_queue *q);
/* All of a frontend's queues, or none; *err as struct lodge_device_ops. Process, may sleep. */
int lodge_net_queues_connect(struct lodge_net *net, const struct lodge_frontend *fe,
			     const char **err);
/* Nothing is queued any more. No thread runs and nothing of the guest's is held afterwards. */
void lodge_net_queues_disconnect(struct lodge_net *net);

/* Leave work for who serves the queue. Any context but NMI, while the queue is connected. */
void lodge_net_kick(struct lodge_net_queue *q, enum lodge_net_work work);

void lodge_net_break(struct lodge_net_queue *q, const char *what);

/* backend/net_tx.c: take packets from the guest and give them to the host. */
void lodge_net_tx_run(struct lodge_net_queue *q);

/* backend/net_rx.c */
netdev_tx_t lodge_net_xmit(struct sk_buff *skb, struct net_device *netdev);
/* Copy what waits into the guest's buffers. */
void lodge_net_rx_run(struct lodge_net_queue *q);
/* jiffies until something has waited too long, MAX_SCHEDULE_TIMEOUT if nothing waits. */
long lodge_net_rx_patience(struct lodge_net_queue *q);
/* Drop all that waits. */
void lodge_net_rx_purge(struct lodge_net_queue *q);

/* backend/net_credit.c */
void lodge_net_credit_init(struct lodge_net_credit *credit);
void lodge_net_credit_set(struct lodge_net_credit *credit, u64 rate, u32 interval_us);
/* May a packet of @bytes be taken now?  If not *wait says in how many jiffies to ask again. */
bool lodge_net_credit_take(struct lodge_net_credit *credit, u32 bytes, unsigned long *wait);

#endif
