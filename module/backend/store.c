// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store of a domain: the ring that start_info names, as whole messages for
 * a daemon that may come and go (xen/interface/io/xs_wire.h).
 *
 * The guest's request is put together here and stays until it is answered; what
 * goes to the guest waits here until the ring has room.  So nothing is lost
 * with a daemon, and no message is ever half in one.
 *
 * Linux notifies only when its write found the ring empty, or its read found it
 * full.  So whoever stops moving bytes has, after its last store to an index,
 * looked at the guest's index again and found the ring empty or full, or leaves
 * it to the work item.
 *
 * As xenstored does, lodge reads both indexes of a direction from the page each
 * time and answers a breach of the protocol with a code in the page and silence.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <xen/interface/io/xs_wire.h>

#include "backend/backend.h"
#include "backend/console.h"
#include "backend/ring.h"
#include "backend/store.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "event/event.h"
#include "mm/access.h"

/* Looks at the ring in one run, each way, with interrupts off: then the work item goes on. */
#define STORE_LOOKS	4

static_assert(sizeof(struct xsd_sockmsg) == LODGE_STORE_HEADER);
static_assert(offsetof(struct xsd_sockmsg, len) == LODGE_STORE_HEADER_LEN);
static_assert(XENSTORE_PAYLOAD_MAX == LODGE_STORE_PAYLOAD);

static void store_drop_queue(struct lodge_store *s)
{
	struct lodge_store_piece *piece, *next;

	list_for_each_entry_safe(piece, next, &s->queue, link)
		kfree(piece);
	INIT_LIST_HEAD(&s->queue);
	s->queued = 0;
}

/* A breach of the protocol: say so in the page, serve this guest's store no more. */
static void store_break(struct lodge_store *s, u32 error, const char *what)
{
	lockdep_assert_held(&s->lock);
	s->broken = true;
	s->ready = false;
	s->fill = 0;
	store_drop_queue(s);
	WRITE_ONCE(s->ring->error, error);
	if (s->domain)
		lodge_log(s->domain, "store: %s, not served any more", what);
	pr_notice_ratelimited("d%u: store: %s, not served any more\n",
			      s->domain ? s->domain->domid : 0, what);
}

/* Bytes that @request needs before it is whole, or before its length is known. */
static u32 store_missing(struct lodge_store *s)
{
	const struct xsd_sockmsg *header = (const void *)s->request;

	if (s->fill < sizeof(*header))
		return sizeof(*header) - s->fill;
	return sizeof(*header) + header->len - s->fill;
}

/* From the guest's ring towards a whole request. true: there may be more to do. */
static bool store_take(struct lodge_store *s, bool *moved)
{
	const struct xsd_sockmsg *header = (const void *)s->request;
	struct xenstore_domain_interface *ring = s->ring;
	u32 cons, prod, used, n;
	int look;

	for (look = 0; look < STORE_LOOKS; look++) {
		if (s->ready || s->broken)
			return false;

		cons = READ_ONCE(ring->req_cons);
		/* pairs with the guest's barrier between the bytes and req_prod */
		prod = smp_load_acquire(&ring->req_prod);
		if (!lodge_ring_used(prod, cons, sizeof(ring->req), &used)) {
			store_break(s, XENSTORE_ERROR_RINGIDX, "impossible request indexes");
			return false;
		}
		if (!used)
			return false;

		n = min(used, store_missing(s));
		lodge_ring_read(s->request + s->fill, ring->req, sizeof(ring->req), cons, n);
		s->fill += n;
		*moved = true;

		/* bytes before index: pairs with the guest's barrier before it writes new ones */
		smp_store_release(&ring->req_cons, cons + n);
		/* index before the next look: pairs with the guest's before it reads req_cons */
		smp_mb();

		if (s->fill >= sizeof(*header) && header->len > XENSTORE_PAYLOAD_MAX)
			store_break(s, XENSTORE_ERROR_PROTO, "request is too long");
		else if (s->fill >= sizeof(*header) && !store_missing(s))
			s->ready = true;
	}
	return true;
}

/* From the queue into the guest's ring. true: there may be more to do. */
static bool store_give(struct lodge_store *s, bool *moved)
{
	struct xenstore_domain_interface *ring = s->ring;
	u32 cons, prod, used, room, n;
	int look;

	for (look = 0; look < STORE_LOOKS; look++) {
		if (list_empty(&s->queue))
			return false;

		prod = READ_ONCE(ring->rsp_prod);
		/* pairs with the guest's barrier between reading bytes and rsp_cons */
		cons = smp_load_acquire(&ring->rsp_cons);
		if (!lodge_ring_used(prod, cons, sizeof(ring->rsp), &used)) {
			store_break(s, XENSTORE_ERROR_RINGIDX, "impossible reply indexes");
			return false;
		}
		room = sizeof(ring->rsp) - used;
		if (!room)
			return false;

		while (room && !list_empty(&s->queue)) {
			struct lodge_store_piece *piece;

			piece = list_first_entry(&s->queue, struct lodge_store_piece, link);
			n = min(room, piece->len - piece->done);
			lodge_ring_write(ring->rsp, sizeof(ring->rsp), prod,
					 piece->data + piece->done, n);
			prod += n;
			room -= n;
			s->queued -= n;
			piece->done += n;
			if (piece->done == piece->len) {
				list_del(&piece->link);
				kfree(piece);
			}
		}
		*moved = true;

		/* bytes before index: pairs with the guest's barrier after it read rsp_prod */
		smp_store_release(&ring->rsp_prod, prod);
		/* index before the next look: pairs with the guest's before it reads rsp_prod */
		smp_mb();
	}
	return true;
}

static __poll_t store_events(const struct lodge_store *s)
{
	__poll_t events = 0;

	if (!s->domain || s->broken)
		return EPOLLHUP;
	if (s->ready)
		events |= EPOLLIN | EPOLLRDNORM;
	if (s->queued <= LODGE_STORE_QUEUE_MAX - LODGE_STORE_REPLY_MAX)
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

/* Move what can be moved and tell the guest. Returns whom to wake, in terms of poll(). */
static __poll_t store_service(struct lodge_store *s)
{
	__poll_t before = store_events(s);
	bool moved = false, more = false;

	lockdep_assert_held(&s->lock);
	if (!s->ring || s->broken)
		return 0;
	more |= store_take(s, &moved);
	more |= store_give(s, &moved);
	if ((moved || s->broken) && s->domain)
		lodge_event_raise(s->domain, s->port);
	if (more && !s->closing)
		queue_work(lodge_backend_wq, &s->work);
	return store_events(s) & ~before;
}

static void store_run(struct lodge_store *s)
{
	unsigned long flags;
	__poll_t news;

	spin_lock_irqsave(&s->lock, flags);
	news = store_service(s);
	spin_unlock_irqrestore(&s->lock, flags);
	if (news)
		wake_up_interruptible_poll(&s->wait, news);
}

static void store_notify(struct lodge_vcpu *v, void *data)
{
	store_run(data);
}

static void store_work(struct work_struct *work)
{
	store_run(container_of(work, struct lodge_store, work));
}

__poll_t lodge_store_events(struct lodge_store *s)
{
	unsigned long flags;
	__poll_t events;

	spin_lock_irqsave(&s->lock, flags);
	events = store_events(s);
	spin_unlock_irqrestore(&s->lock, flags);
	return events;
}

int lodge_store_reply(struct lodge_store *s, struct list_head *pieces, u32 len, bool consume)
{
	unsigned long flags;
	__poll_t news = 0;
	int ret = 0;

	lockdep_assert_held(&s->io);
	spin_lock_irqsave(&s->lock, flags);
	if (!s->domain || s->broken) {
		ret = -EPIPE;
	} else if (consume && !s->ready) {
		ret = -EINVAL;
	} else if (len > LODGE_STORE_QUEUE_MAX - s->queued) {
		ret = -EAGAIN;
	} else {
		list_splice_tail_init(pieces, &s->queue);
		s->queued += len;
		if (consume) {
			s->ready = false;
			s->fill = 0;
		}
		news = store_service(s);
	}
	spin_unlock_irqrestore(&s->lock, flags);
	if (news)
		wake_up_interruptible_poll(&s->wait, news);
	return ret;
}

static void store_release(struct kref *ref)
{
	struct lodge_store *s = container_of(ref, struct lodge_store, ref);

	/* the work ended with destroy: it is not queued when closing */
	store_drop_queue(s);
	kfree(s);
}

void lodge_store_get(struct lodge_store *s)
{
	kref_get(&s->ref);
}

void lodge_store_put(struct lodge_store *s)
{
	kref_put(&s->ref, store_release);
}

int lodge_store_create(struct lodge_domain *d)
{
	struct lodge_store *s;
	int ret;

	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	kref_init(&s->ref);
	spin_lock_init(&s->lock);
	INIT_LIST_HEAD(&s->queue);
	init_waitqueue_head(&s->wait);
	INIT_WORK(&s->work, store_work);
	mutex_init(&s->io);

	ret = lodge_event_bind_host(d, store_notify, s);
	if (ret < 0) {
		lodge_store_put(s);
		return ret;
	}
	s->port = ret;
	s->domain = d;
	d->store = s;
	return 0;
}

int lodge_store_connect(struct lodge_domain *d, u64 gfn)
{
	struct lodge_store *s = d->store;
	struct page *page;
	int ret = 0;

	page = lodge_frame_pin(d, gfn);
	if (IS_ERR(page))
		return PTR_ERR(page);

	spin_lock_irq(&s->lock);
	if (s->closing) {
		ret = -EPIPE;
	} else if (s->page) {
		ret = -EBUSY;
	} else {
		s->page = page;
		s->ring = page_address(page);
		WRITE_ONCE(s->ring->server_features, XENSTORE_SERVER_FEATURE_ERROR);
		WRITE_ONCE(s->ring->connection, XENSTORE_CONNECTED);
		WRITE_ONCE(s->ring->error, XENSTORE_ERROR_NONE);
	}
	spin_unlock_irq(&s->lock);

	if (ret)
		lodge_frame_unpin(page);
	else
		store_run(s);	/* a daemon may have queued something already */
	return ret;
}

void lodge_store_disconnect(struct lodge_domain *d)
{
	struct lodge_store *s = d->store;
	struct page *page;

	if (!s)
		return;
	spin_lock_irq(&s->lock);
	page = s->page;
	s->page = NULL;
	s->ring = NULL;
	spin_unlock_irq(&s->lock);
	lodge_frame_unpin(page);
}

u32 lodge_store_port(struct lodge_domain *d)
{
	return d->store ? d->store->port : 0;
}

void lodge_store_destroy(struct lodge_domain *d)
{
	struct lodge_store *s = d->store;
	bool again;

	if (!s)
		return;
	spin_lock_irq(&s->lock);
	again = s->closing;
	s->closing = true;
	spin_unlock_irq(&s->lock);
	if (again)
		return;

	/* no notify, then no work, then no domain: a descriptor looks under the lock */
	lodge_event_unbind_host(d, s->port);
	cancel_work_sync(&s->work);
	lodge_store_disconnect(d);
	spin_lock_irq(&s->lock);
	s->domain = NULL;
	s->ready = false;
	store_drop_queue(s);
	spin_unlock_irq(&s->lock);
	wake_up_poll(&s->wait, EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
}

void lodge_store_free(struct lodge_domain *d)
{
	if (d->store)
		lodge_store_put(d->store);
	d->store = NULL;
}
