// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console of a domain: the ring that start_info names (no xenbus
 * handshake), xen/interface/io/console.h.
 *
 * The ring is emptied by the thread of the guest that notifies, whether or not
 * anyone listens: a flood costs its own domain's time and nobody else's.  What
 * was written lies in a bounded backlog, from which descriptors and the tty
 * read at their own pace.
 *
 * All four indexes lie in guest memory.  As xenconsoled does, lodge keeps no
 * copies: a guest that resets or garbles them harms its console only, because
 * each is read once, and a state no ring can be in moves nothing.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <xen/interface/io/console.h>

#include "backend/backend.h"
#include "backend/console.h"
#include "backend/ring.h"
#include "domain/domain.h"
#include "event/event.h"
#include "mm/access.h"

/* The tty is given this much per notification: more than one ring, so that it catches up. */
#define CONSOLE_TTY_BUDGET	(2 * sizeof_field(struct xencons_interface, out))

/* From the guest's ring into the backlog; at most what the ring holds now. */
static bool console_take(struct lodge_console *c)
{
	struct xencons_interface *ring = c->ring;
	u32 cons, prod, used, offset, first;

	lockdep_assert_held(&c->lock);
	if (!ring)
		return false;

	cons = READ_ONCE(ring->out_cons);
	/* pairs with the guest's barrier between the bytes and out_prod */
	prod = smp_load_acquire(&ring->out_prod);
	if (!lodge_ring_used(prod, cons, sizeof(ring->out), &used) || !used)
		return false;

	offset = MASK_XENCONS_IDX(cons, ring->out);
	first = min_t(u32, used, sizeof(ring->out) - offset);
	lodge_backlog_append(&c->output, ring->out + offset, first);
	lodge_backlog_append(&c->output, ring->out, used - first);

	/* the bytes have been read: pairs with the guest's barrier before it writes new ones */
	smp_store_release(&ring->out_cons, prod);
	return true;
}

/* From the input queue into the guest's ring. */
static bool console_give(struct lodge_console *c)
{
	struct xencons_interface *ring = c->ring;
	u32 cons, prod, used, n, offset, first;

	lockdep_assert_held(&c->lock);
	if (!ring || c->in_head == c->in_tail)
		return false;

	prod = READ_ONCE(ring->in_prod);
	/* pairs with the guest's barrier between reading bytes and in_cons */
	cons = smp_load_acquire(&ring->in_cons);
	if (!lodge_ring_used(prod, cons, sizeof(ring->in), &used))
		return false;
	n = min_t(u32, c->in_head - c->in_tail, sizeof(ring->in) - used);
	if (!n)
		return false;

	offset = c->in_tail & (LODGE_CONSOLE_INPUT - 1);
	first = min_t(u32, n, LODGE_CONSOLE_INPUT - offset);
	lodge_ring_write(ring->in, sizeof(ring->in), prod, c->input + offset, first);
	lodge_ring_write(ring->in, sizeof(ring->in), prod + first, c->input, n - first);
	c->in_tail += n;

	/* the bytes are there: pairs with the guest's barrier after it read in_prod */
	smp_store_release(&ring->in_prod, prod + n);
	return true;
}

void lodge_console_service(struct lodge_console *c)
{
	unsigned long flags;
	bool taken, given;

	spin_lock_irqsave(&c->lock, flags);
	taken = console_take(c);
	given = console_give(c);
	if ((taken || given) && c->domain)
		lodge_event_raise(c->domain, c->port);
	spin_unlock_irqrestore(&c->lock, flags);

	if (taken) {
		lodge_console_tty_feed(c, CONSOLE_TTY_BUDGET);
		wake_up_interruptible_poll(&c->wait, EPOLLIN | EPOLLRDNORM);
	}
	if (given) {
		wake_up_interruptible_poll(&c->wait, EPOLLOUT | EPOLLWRNORM);
		tty_port_tty_wakeup(&c->tty_port);
	}
}

static void console_notify(struct lodge_vcpu *v, void *data)
{
	lodge_console_service(data);
}

ssize_t lodge_console_input(struct lodge_console *c, const void *src, size_t n)
{
	unsigned long flags;
	ssize_t ret = -EPIPE;

	spin_lock_irqsave(&c->lock, flags);
	if (c->domain) {
		n = min_t(size_t, n, LODGE_CONSOLE_INPUT - (c->in_head - c->in_tail));
		lodge_ring_write(c->input, LODGE_CONSOLE_INPUT, c->in_head, src, n);
		c->in_head += n;
		if (console_give(c))
			lodge_event_raise(c->domain, c->port);
		ret = n;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return ret;
}

unsigned int lodge_console_input_room(struct lodge_console *c)
{
	unsigned long flags;
	unsigned int room;

	spin_lock_irqsave(&c->lock, flags);
	room = LODGE_CONSOLE_INPUT - (c->in_head - c->in_tail);
	spin_unlock_irqrestore(&c->lock, flags);
	return room;
}

size_t lodge_console_output(struct lodge_console *c, u64 *pos, void *dst, size_t n, bool *end)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	n = lodge_backlog_read(&c->output, pos, dst, n);
	*end = !c->domain && *pos == c->output.head;
	spin_unlock_irqrestore(&c->lock, flags);
	return n;
}

__poll_t lodge_console_events(struct lodge_console *c, u64 pos)
{
	unsigned long flags;
	__poll_t events = 0;

	spin_lock_irqsave(&c->lock, flags);
	if (pos < c->output.head)
		events |= EPOLLIN | EPOLLRDNORM;
	if (!c->domain)
		events |= EPOLLIN | EPOLLRDNORM | EPOLLHUP;
	else if (c->in_head - c->in_tail < LODGE_CONSOLE_INPUT)
		events |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock_irqrestore(&c->lock, flags);
	return events;
}

static void console_free_work(struct work_struct *work)
{
	struct lodge_console *c = container_of(work, struct lodge_console, free_work);

	lodge_console_tty_release(c);
	kvfree(c->output.buf);
	kfree(c);
}

static void console_release(struct kref *ref)
{
	struct lodge_console *c = container_of(ref, struct lodge_console, ref);

	/* the end of a tty port sleeps, the last user of a domain must not */
	queue_work(lodge_backend_wq, &c->free_work);
}

void lodge_console_get(struct lodge_console *c)
{
	kref_get(&c->ref);
}

void lodge_console_put(struct lodge_console *c)
{
	kref_put(&c->ref, console_release);
}

int lodge_console_create(struct lodge_domain *d)
{
	struct lodge_console *c;
	int ret;

	BUILD_BUG_ON_NOT_POWER_OF_2(LODGE_CONSOLE_INPUT);
	BUILD_BUG_ON_NOT_POWER_OF_2(LODGE_CONSOLE_BACKLOG);

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return -ENOMEM;
	c->output.size = LODGE_CONSOLE_BACKLOG;
	c->output.buf = kvmalloc(c->output.size, GFP_KERNEL_ACCOUNT);
	if (!c->output.buf) {
		kfree(c);
		return -ENOMEM;
	}
	kref_init(&c->ref);
	spin_lock_init(&c->lock);
	init_waitqueue_head(&c->wait);
	INIT_WORK(&c->free_work, console_free_work);
	c->tty_index = -1;

	ret = lodge_event_bind_host(d, console_notify, c);
	if (ret < 0) {
		tty_port_init(&c->tty_port);
		lodge_console_put(c);
		return ret;
	}
	c->port = ret;
	c->domain = d;

	ret = lodge_console_tty_register(c);
	if (ret) {
		lodge_event_unbind_host(d, c->port);
		c->domain = NULL;
		lodge_console_put(c);
		return ret;
	}
	d->console = c;
	return 0;
}

int lodge_console_connect(struct lodge_domain *d, u64 gfn)
{
	struct lodge_console *c = d->console;
	struct page *page;
	int ret = 0;

	page = lodge_frame_pin(d, gfn);
	if (IS_ERR(page))
		return PTR_ERR(page);

	spin_lock_irq(&c->lock);
	if (c->closing) {
		ret = -EPIPE;
	} else if (c->page) {
		ret = -EBUSY;
	} else {
		c->page = page;
		c->ring = page_address(page);
	}
	spin_unlock_irq(&c->lock);

	if (ret)
		lodge_frame_unpin(page);
	else
		lodge_console_service(c);
	return ret;
}

void lodge_console_disconnect(struct lodge_domain *d)
{
	struct lodge_console *c = d->console;
	struct page *page;

	if (!c)
		return;
	spin_lock_irq(&c->lock);
	page = c->page;
	c->page = NULL;
	c->ring = NULL;
	spin_unlock_irq(&c->lock);
	lodge_frame_unpin(page);
}

u32 lodge_console_port(struct lodge_domain *d)
{
	return d->console ? d->console->port : 0;
}

const char *lodge_console_tty_name(struct lodge_domain *d)
{
	return d->console && d->console->tty_index >= 0 ? d->console->tty_name : NULL;
}

void lodge_console_flush(struct lodge_domain *d)
{
	if (d->console)
		lodge_console_service(d->console);
}

void lodge_console_destroy(struct lodge_domain *d)
{
	struct lodge_console *c = d->console;
	bool again;

	if (!c)
		return;
	spin_lock_irq(&c->lock);
	again = c->closing;
	c->closing = true;
	spin_unlock_irq(&c->lock);
	if (again)
		return;

	/*
	 * The guest's way in goes first, then what it left is taken, then the
	 * domain: whoever has a descriptor or the tty looks at c->domain under
	 * the lock before it touches either.
	 */
	lodge_event_unbind_host(d, c->port);
	lodge_console_flush(d);
	lodge_console_disconnect(d);
	spin_lock_irq(&c->lock);
	c->domain = NULL;
	spin_unlock_irq(&c->lock);

	wake_up_poll(&c->wait, EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
	lodge_console_tty_unregister(c);
}

void lodge_console_free(struct lodge_domain *d)
{
	if (d->console)
		lodge_console_put(d->console);
	d->console = NULL;
}
