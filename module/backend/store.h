/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the store backend: what the ring and the descriptor share. */
#ifndef LODGE_STORE_H
#define LODGE_STORE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "backend/store_frame.h"

struct lodge_domain;
struct page;
struct xenstore_domain_interface;

/* One LODGE_IOC_STORE_REPLY carries at most this much. */
#define LODGE_STORE_REPLY_MAX	(64 * 1024)
/* Replies that wait for room in the guest's ring: POLLOUT while one more of the largest fits. */
#define LODGE_STORE_QUEUE_MAX	(2 * LODGE_STORE_REPLY_MAX)

/* A piece of what goes to the guest; freed where it was used up, so never vmalloc'd. */
struct lodge_store_piece {
	struct list_head link;
	u32 len;
	u32 done;	/* bytes that the ring has */
	char data[];
};

#define LODGE_STORE_PIECE_MAX	(PAGE_SIZE - sizeof(struct lodge_store_piece))

struct lodge_store {
	/* one for the domain, one for the descriptor */
	struct kref ref;

	/*
	 * Covers all up to @wait.  Interrupts off, as with the console.
	 * @request[0..fill) does not change while @ready.
	 */
	spinlock_t lock;
	struct lodge_domain *domain;	/* NULL once destroyed */
	u32 port;			/* does not change */
	struct page *page;		/* pinned; NULL before connect, and after destroy */
	struct xenstore_domain_interface *ring;	/* in @page */
	bool closing;			/* destroy has begun */
	bool broken;			/* the guest broke the protocol: not served any more */
	bool open;			/* there is a descriptor */
	bool ready;			/* @request is whole and not yet answered */
	u32 fill;
	struct list_head queue;		/* of lodge_store_piece */
	u32 queued;			/* bytes in @queue */

	wait_queue_head_t wait;
	struct work_struct work;	/* carries on when a run was cut short */

	struct mutex io;		/* outside @lock: those who look at or consume @request */
	char request[LODGE_STORE_HEADER + LODGE_STORE_PAYLOAD] __aligned(8);
};

/* backend/store.c */
void lodge_store_get(struct lodge_store *s);
void lodge_store_put(struct lodge_store *s);	/* any context but hard irq and NMI */

/* Events as poll() has them. */
__poll_t lodge_store_events(struct lodge_store *s);

/**
 * lodge_store_reply - queue for the guest and consume the request, or neither
 * @s: the store; @s->io is held
 * @pieces: whole messages; emptied on success
 * @len: bytes in @pieces
 * @consume: the pending request has been dealt with
 *
 * Return: 0, -EPIPE, -EINVAL, -EAGAIN as lodge/device.h says.
 */
int lodge_store_reply(struct lodge_store *s, struct list_head *pieces, u32 len, bool consume);

#endif
