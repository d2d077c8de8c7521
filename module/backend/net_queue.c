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

/* What there is to do is done, all or some. */
static void serve(struct lodge_net_queue *q)
{
	lockdep_assert_held(&q->run);
	WRITE_ONCE(q->runner, current);
	if (!q->broken && test_and_clear_bit(LODGE_NET_WORK_TX, &q->work))
		lodge_net_tx_run(q);
	/* answers to what went out just now are there often enough */
	if (!q->broken && test_and_clear_bit(LODGE_NET_WORK_RX, &q->work))
		lodge_net_rx_run(q);
	WRITE_ONCE(q->runner, NULL);
	/* interrupts of this thread ask for it from here on; what they left before is seen */
	barrier();
}

/* By the thread of a vcpu: once; the rest, and what has a time limit, is the queue's thread's. */
static void serve_deferred(struct lodge_defer *defer)
{
	struct lodge_net_queue *q = container_of(defer, struct lodge_net_queue, defer);
	struct lodge_device *dev = &q->net->dev;

	clear_bit(LODGE_NET_WORK_DEFERRED, &q->work);
	mutex_lock(&q->run);
	if (q->connected) {
		serve(q);
		if ((q->work & LODGE_NET_WORK_DUE) || q->tx_waits ||
		    !skb_queue_empty(&q->backlog))
			wake_up_process(q->thread);
	}
	mutex_unlock(&q->run);
	lodge_device_put(dev);
}

/* Leave it to a vcpu; false: it is already. */
static bool take_defer(struct lodge_net_queue *q)
{
	if (test_and_set_bit(LODGE_NET_WORK_DEFERRED, &q->work))
		return false;
	lodge_device_get(&q->net->dev);
	return true;
}

static void drop_defer(struct lodge_net_queue *q)
{
	clear_bit(LODGE_NET_WORK_DEFERRED, &q->work);
	lodge_device_put(&q->net->dev);
}

/* The guest has sent: the thread of its vcpu is here. */
static void sent(struct lodge_net_queue *q, struct lodge_vcpu *v)
{
	/* while another is at it, that one goes on: this vcpu would only wait for it */
	if (READ_ONCE(q->runner))
		wake_up_process(q->thread);
	else if (take_defer(q))
		lodge_defer_own(v, &q->defer);
}

void lodge_net_kick(struct lodge_net_queue *q, enum lodge_net_work work)
{
	struct lodge_vcpu *v;

	/* a full barrier: who serves sees what there was before it, or the bit again */
	if (test_and_set_bit(work, &q->work) || READ_ONCE(q->runner) == current)
		return;
	v = lodge_event_target(q->net->dev.domain, q->rx_port);
	if (v && take_defer(q)) {
		if (lodge_defer_sleeping(v, &q->defer))
			return;
		drop_defer(q);
	}
	wake_up_process(q->thread);
}

static void notify_tx(struct lodge_vcpu *v, void *data)
{
	struct lodge_net_queue *q = data;

	set_bit(LODGE_NET_WORK_TX, &q->work);
	sent(q, v);
}

static void notify_rx(struct lodge_vcpu *v, void *data)
{
	struct lodge_net_queue *q = data;

	set_bit(LODGE_NET_WORK_RX, &q->work);
	sent(q, v);
}

/* Of a port for both. */
static void notify(struct lodge_vcpu *v, void *data)
{
	struct lodge_net_queue *q = data;

	set_bit(LODGE_NET_WORK_RX, &q->work);
	set_bit(LODGE_NET_WORK_TX, &q->work);
	sent(q, v);
}

/* Until there is work, or it is time. */
static void wait_for_work(struct lodge_net_queue *q)
{
	long left = q->broken ? MAX_SCHEDULE_TIMEOUT : lodge_net_rx_patience(q);

	if (q->tx_waits)
		left = clamp_t(long, q->tx_deadline - jiffies, 1, left);
	/* partner: the barrier of whoever sets a bit and then wakes */
	set_current_state(TASK_IDLE);
	if ((q->broken || !(READ_ONCE(q->work) & LODGE_NET_WORK_DUE)) && !kthread_should_stop())
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
		mutex_lock(&q->run);
		serve(q);
		mutex_unlock(&q->run);
		cond_resched();
	}
	return 0;
}

void lodge_net_queue_init(struct lodge_net_queue *q)
{
	mutex_init(&q->run);
	q->defer.fn = serve_deferred;
}

static void set_connected(struct lodge_net_queue *q, bool connected)
{
	mutex_lock(&q->run);
	q->connected = connected;
	mutex_unlock(&q->run);
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
	/* not what a vcpu has left of the last connection */
	clear_bit(LODGE_NET_WORK_TX, &q->work);
	clear_bit(LODGE_NET_WORK_RX, &q->work);
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
	set_connected(q, true);
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

	/* no vcpu serves it any more, nobody wakes the thread, and it ends after what it is at */
	set_connected(q, false);
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
