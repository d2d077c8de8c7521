// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queues of a net device while a frontend is connected: rings, ports and the
 * thread that serves them.
 */

#include <linux/kthread.h>
#include <linux/mm.h>

#include "backend/net.h"
#include "domain/domain.h"
#include "event/event.h"

void lodge_net_break(struct lodge_net_queue *q, const char *what)
{
	q->broken = true;
	lodge_device_break(&q->net->dev, "%s", what);
}

/* Called by the guest's thread. */
static void notify_tx(void *data)
{
	lodge_net_kick(data, LODGE_NET_WORK_TX);
}

static void notify_rx(void *data)
{
	lodge_net_kick(data, LODGE_NET_WORK_RX);
}

/* Of a port for both. */
static void notify(void *data)
{
	struct lodge_net_queue *q = data;

	set_bit(LODGE_NET_WORK_RX, &q->work);
	smp_mb__after_atomic();	/* a kick that does nothing has a wake-up on its way */
	set_bit(LODGE_NET_WORK_TX, &q->work);
	wake_up_process(q->thread);
}

/* Until there is work, or it is time. */
static void wait_for_work(struct lodge_net_queue *q)
{
	long left = q->broken ? MAX_SCHEDULE_TIMEOUT : lodge_net_rx_patience(q);

	if (q->tx_waits)
		left = clamp_t(long, q->tx_deadline - jiffies, 1, left);
	/* partner: the barrier of whoever sets a bit and then wakes */
	set_current_state(TASK_IDLE);
	if ((q->broken || !READ_ONCE(q->work)) && !kthread_should_stop())
		left = schedule_timeout(left);
	__set_current_state(TASK_RUNNING);
	if (!left) {
		set_bit(LODGE_NET_WORK_RX, &q->work);
		set_bit(LODGE_NET_WORK_TX, &q->work);
	}
}

static int net_thread(void *data)
{
	struct lodge_net_queue *q = data;

	while (!kthread_should_stop()) {
		wait_for_work(q);
		if (!q->broken && test_and_clear_bit(LODGE_NET_WORK_TX, &q->work))
			lodge_net_tx_run(q);
		/* answers to what went out just now are there often enough */
		if (!q->broken && test_and_clear_bit(LODGE_NET_WORK_RX, &q->work))
			lodge_net_rx_run(q);
		cond_resched();
	}
	return 0;
}

static int map_ring(struct lodge_net *net, u32 ref, void **ring, const char **err)
{
	struct page *page;

	if (lodge_grant_host_map(net->dev.domain, ref, true, &page) != GNTST_okay) {
		*err = "a ring is not granted";
		return -EINVAL;
	}
	*ring = page_address(page);
	return 0;
}

/*
 * A ring goes on where its answers ended, so that the same frontend can be
 * connected again: all that was taken has been answered.
 */
static int attach_rings(struct lodge_net_queue *q, const struct lodge_frontend_queue *fq,
			const char **err)
{
	struct xen_netif_tx_sring *tx;
	struct xen_netif_rx_sring *rx;
	int ret;

	ret = map_ring(q->net, fq->ref[0], (void **)&tx, err);
	if (ret)
		return ret;
	q->tx_mapped = true;
	q->tx_ref = fq->ref[0];
	ret = map_ring(q->net, fq->rx_ref[0], (void **)&rx, err);
	if (ret)
		return ret;
	q->rx_mapped = true;
	q->rx_ref = fq->rx_ref[0];

	BACK_RING_ATTACH(&q->tx, tx, READ_ONCE(tx->rsp_prod), PAGE_SIZE);
	BACK_RING_ATTACH(&q->rx, rx, READ_ONCE(rx->rsp_prod), PAGE_SIZE);
	if (RING_REQUEST_PROD_OVERFLOW(&q->tx, READ_ONCE(tx->req_prod)) ||
	    RING_REQUEST_PROD_OVERFLOW(&q->rx, READ_ONCE(rx->req_prod))) {
		*err = "a ring has impossible indexes";
		return -EINVAL;
	}
	return 0;
}

static int bind_port(struct lodge_net_queue *q, u32 port, lodge_port_notify fn, const char **err)
{
	int ret = lodge_event_bind_offered(q->net->dev.domain, port, fn, q);

	if (ret)
		*err = "a port is not offered to domain 0";
	return ret;
}

static int bind_ports(struct lodge_net_queue *q, const struct lodge_frontend_queue *fq,
		      const char **err)
{
	u32 rx_port = fq->rx_port ?: fq->port;
	int ret;

	ret = bind_port(q, fq->port, rx_port == fq->port ? notify : notify_tx, err);
	if (ret)
		return ret;
	q->tx_port = fq->port;
	if (rx_port != fq->port) {
		ret = bind_port(q, rx_port, notify_rx, err);
		if (ret)
			return ret;
	}
	q->rx_port = rx_port;
	return 0;
}

static int queue_connect(struct lodge_net *net, u32 index, const struct lodge_frontend_queue *fq,
			 const char **err)
{
	struct lodge_net_queue *q = &net->queue[index];
	int ret;

	if (fq->nr_refs != 1 || fq->nr_rx_refs != 1) {
		*err = "a ring has one page";
		return -EINVAL;
	}
	q->work = 0;
	q->broken = false;
	q->tx_waits = false;
	q->rx_stalled = false;
	ret = attach_rings(q, fq, err);
	if (ret)
		return ret;
	/* before the ports, which wake it */
	q->thread = kthread_create(net_thread, q, "vif%u.%u-q%u", net->dev.domain->domid,
				   net->dev.id, index);
	if (IS_ERR(q->thread)) {
		ret = PTR_ERR(q->thread);
		q->thread = NULL;
		return ret;
	}
	return bind_ports(q, fq, err);
}

/* Also of a queue whose connect failed half-way. */
static void queue_unbind(struct lodge_net_queue *q)
{
	struct lodge_domain *d = q->net->dev.domain;

	if (q->rx_port && q->rx_port != q->tx_port)
		lodge_event_unbind_host(d, q->rx_port);
	if (q->tx_port)
		lodge_event_unbind_host(d, q->tx_port);
	q->tx_port = 0;
	q->rx_port = 0;
}

static void queue_release(struct lodge_net_queue *q)
{
	struct lodge_domain *d = q->net->dev.domain;

	/* nobody wakes it any more, and it ends after what it is at */
	if (q->thread)
		kthread_stop(q->thread);
	q->thread = NULL;
	lodge_net_rx_purge(q);
	if (q->tx_mapped)
		lodge_grant_host_unmap(d, q->tx_ref, true);
	if (q->rx_mapped)
		lodge_grant_host_unmap(d, q->rx_ref, true);
	q->tx_mapped = false;
	q->rx_mapped = false;
}

static void queues_release(struct lodge_net *net, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		queue_unbind(&net->queue[i]);
	for (i = 0; i < nr; i++)
		queue_release(&net->queue[i]);
}

int lodge_net_queues_connect(struct lodge_net *net, const struct lodge_frontend *fe,
			     const char **err)
{
	u32 i;
	int ret;

	if (fe->nr_queues > net->max_queues) {
		*err = "there are more queues than were offered";
		return -EINVAL;
	}
	for (i = 0; i < fe->nr_queues; i++) {
		ret = queue_connect(net, i, &fe->queue[i], err);
		if (ret) {
			queues_release(net, i + 1);
			return ret;
		}
	}
	return 0;
}

void lodge_net_queues_disconnect(struct lodge_net *net)
{
	queues_release(net, net->nr_queues);
}
