// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests off the ring, answers onto it.
 *
 * One work for each queue, woken by its port: it lets go of what has ended,
 * answers that, then takes what is new, a ring's worth at most before others
 * have their turn.  A request that holds no grants is answered where it ends,
 * be that an interrupt.
 *
 * The ring's indexes are the frontend's to write at any time.  What has been
 * taken and answered is known from our own; each of its own is read once, and
 * one that cannot be breaks the device.  A slot is copied once, then judged.
 */
#include <linux/blkdev.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "backend/block.h"
#include "backend/slot_ring.h"
#include "domain/domain.h"
#include "event/event.h"

u32 lodge_block_ring_size(u32 pages)
{
	return rounddown_pow_of_two((pages * PAGE_SIZE - offsetof(struct blkif_sring, ring)) /
				    sizeof(((struct blkif_sring *)NULL)->ring[0]));
}

static u32 in_flight(const struct lodge_block_queue *q)
{
	return q->req_cons - q->rsp_prod;
}

/* What the frontend says of its producer index; under the lock. */
static bool read_prod(struct lodge_block_queue *q)
{
	lockdep_assert_held(&q->lock);
	/* pairs with the frontend's barrier between requests and index */
	u32 prod = smp_load_acquire(&q->ring->req_prod);
	u32 waiting;

	if (!lodge_slot_ring_waiting(prod, q->req_cons, q->rsp_prod, q->size, &waiting)) {
		q->broken = true;
		lodge_device_break(&q->conn->block->dev,
				   "request index %u with %u taken and %u answered", prod,
				   q->req_cons, q->rsp_prod);
		return false;
	}
	q->req_prod = prod;
	return waiting;
}

/* Is there a request to take?  If not, the next one will be told.  Under the lock. */
static bool waiting(struct lodge_block_queue *q)
{
	lockdep_assert_held(&q->lock);
	if (q->closing || q->broken || q->fence)
		return false;
	if (q->req_cons != q->req_prod || read_prod(q))
		return true;
	if (q->broken)
		return false;
	WRITE_ONCE(q->ring->req_event, q->req_cons + 1);
	/* the frontend moves its index and then looks at req_event: one of us sees the other */
	smp_mb();
	return read_prod(q);
}

/* The next request, copied to scratch, with a reference to the connection; or NULL. */
static struct lodge_block_request *take(struct lodge_block_queue *q)
{
	struct lodge_block_request *req = NULL;
	struct llist_node *node;

	spin_lock_irq(&q->lock);
	if (waiting(q)) {
		memcpy(&q->scratch->request,
		       &q->ring->ring[q->req_cons & (q->size - 1)].req,
		       sizeof(q->scratch->request));
		/* what follows uses the copy, whatever the compiler thinks of the ring */
		barrier();
		q->req_cons++;
		/* there are as many as slots */
		node = llist_del_first(&q->free);
		req = llist_entry(node, struct lodge_block_request, link);
		kref_get(&q->conn->ref);
	}
	spin_unlock_irq(&q->lock);
	return req;
}

/* Under the lock: the answer's slot. Published by push(). */
static void answer(struct lodge_block_queue *q, const struct lodge_block_request *req)
{
	struct blkif_response *rsp;

	lockdep_assert_held(&q->lock);
	if (q->closing) {
		q->rsp_prod++;
		return;
	}
	rsp = &q->ring->ring[q->rsp_prod++ & (q->size - 1)].rsp;
	WRITE_ONCE(rsp->id, req->id);
	WRITE_ONCE(rsp->operation, req->operation);
	WRITE_ONCE(rsp->status, req->status);
}

/* Under the lock. Is the frontend to be told? */
static bool push(struct lodge_block_queue *q)
{
	u32 old = q->rsp_pushed;

	lockdep_assert_held(&q->lock);
	if (q->closing || q->rsp_prod == old)
		return false;
	q->rsp_pushed = q->rsp_prod;
	/* pairs with the frontend's barrier between index and answers */
	smp_store_release(&q->ring->rsp_prod, q->rsp_prod);
	/* the frontend sets rsp_event and then looks at the index */
	smp_mb();
	return lodge_slot_ring_notify(old, q->rsp_prod, READ_ONCE(q->ring->rsp_event));
}

/* Under the lock: the request can be used again; true if a barrier waits for its turn. */
static bool recycle(struct lodge_block_queue *q, struct lodge_block_request *req)
{
	bool kick = false;

	lockdep_assert_held(&q->lock);
	if (q->fence == req) {
		q->fence = NULL;
		kick = true;
	} else if (q->fence && !q->fence_started && in_flight(q) == 1) {
		kick = true;
	}
	if (req->vec != req->few_vec)
		kfree(req->vec);
	llist_add(&req->link, &q->free);
	return kick;
}

static void count(struct lodge_block *block, const struct lodge_block_request *req)
{
	if (req->status != BLKIF_RSP_OKAY) {
		atomic64_inc(&block->errors);
	} else if (req->op == LODGE_BLOCK_READ) {
		atomic64_inc(&block->in_requests);
		atomic64_add(lodge_block_bytes(req), &block->in_bytes);
	} else {
		atomic64_inc(&block->out_requests);
		if (req->op == LODGE_BLOCK_WRITE)
			atomic64_add(lodge_block_bytes(req), &block->out_bytes);
	}
	atomic_dec(&block->in_flight);
}

/* Answer a list of requests that hold no grants, and tell the frontend once. Any context. */
static void finish(struct lodge_block_queue *q, struct llist_node *list)
{
	struct lodge_block_conn *conn = q->conn;
	struct lodge_block_request *req, *next;
	bool tell, kick = false;
	unsigned long flags;
	u32 n = 0;

	spin_lock_irqsave(&q->lock, flags);
	llist_for_each_entry_safe(req, next, list, link) {
		count(conn->block, req);
		answer(q, req);
		kick |= recycle(q, req);
		n++;
	}
	tell = push(q);
	spin_unlock_irqrestore(&q->lock, flags);

	if (tell)
		lodge_event_raise(conn->block->dev.domain, q->port);
	if (kick)
		queue_work(conn->block->wq, &q->work);
	while (n--)
		lodge_block_conn_put(conn);
}

/* The answer is known; grants are let go of where that can be done. */
static void settle(struct lodge_block_request *req)
{
	struct lodge_block_queue *q = req->queue;

	if (!req->nr_held) {
		req->link.next = NULL;
		finish(q, &req->link);
		return;
	}
	/* once it is in the list its reference is the work's: free_conn() waits for readers */
	rcu_read_lock();
	/* a disk that is quick ends it in the work itself, which looks at the list again */
	if (llist_add(&req->link, &q->done) && READ_ONCE(q->worker) != current)
		queue_work(q->conn->block->wq, &q->work);
	rcu_read_unlock();
}

void lodge_block_end(struct lodge_block_request *req, int err)
{
	if (!err) {
		req->status = BLKIF_RSP_OKAY;
	} else if (err == -EOPNOTSUPP && (req->barrier || req->op == LODGE_BLOCK_DISCARD)) {
		req->status = BLKIF_RSP_EOPNOTSUPP;
	} else {
		req->status = BLKIF_RSP_ERROR;
		lodge_block_failed(req->queue->conn->block, err);
	}
	settle(req);
}

static void finish_done(struct lodge_block_queue *q)
{
	struct llist_node *list = llist_del_all(&q->done);
	struct lodge_block_request *req;

	if (!list)
		return;
	list = llist_reverse_order(list);
	llist_for_each_entry(req, list, link)
		lodge_block_unmap(req);
	finish(q, list);
}

static void start(struct lodge_block_request *req)
{
	if (req->queue->conn->block->bdev)
		lodge_block_bio_start(req);
	else
		lodge_block_file_start(req);
}

/* A barrier waits until it is alone; false: it does. */
static bool fence(struct lodge_block_request *req)
{
	struct lodge_block_queue *q = req->queue;
	bool alone;

	spin_lock_irq(&q->lock);
	alone = in_flight(q) == 1;
	q->fence = req;
	q->fence_started = alone;
	spin_unlock_irq(&q->lock);
	return alone;
}

/* The barrier that waits, if its turn has come: all before it have ended. */
static void start_fenced(struct lodge_block_queue *q)
{
	struct lodge_block_request *req = NULL;
	bool closing;

	spin_lock_irq(&q->lock);
	if (q->fence && !q->fence_started && in_flight(q) == 1) {
		req = q->fence;
		q->fence_started = true;
	}
	closing = q->closing;
	spin_unlock_irq(&q->lock);
	if (!req)
		return;
	if (closing) {
		req->status = BLKIF_RSP_ERROR;
		settle(req);
	} else {
		start(req);
	}
}

static void begin(struct lodge_block_request *req)
{
	atomic_inc(&req->queue->conn->block->in_flight);
	req->status = lodge_block_request_read(req);
	if (req->status != BLKIF_RSP_OKAY)
		settle(req);
	else if (!req->barrier || fence(req))
		start(req);
}

void lodge_block_ring_work(struct work_struct *work)
{
	struct lodge_block_queue *q = container_of(work, struct lodge_block_queue, work);
	struct lodge_block_request *req = NULL;
	u32 budget = q->size;
	struct mem_cgroup *old;
	struct blk_plug plug;

	WRITE_ONCE(q->worker, current);
	finish_done(q);
	old = lodge_block_charge(q->conn);
	blk_start_plug(&plug);
	start_fenced(q);
	while (budget-- && (req = take(q)))
		begin(req);
	blk_finish_plug(&plug);
	lodge_block_uncharge(old);
	/* after this, interrupts of this thread ask for the work, too */
	WRITE_ONCE(q->worker, NULL);
	barrier();
	finish_done(q);
	if (req)
		queue_work(q->conn->block->wq, &q->work);
}
