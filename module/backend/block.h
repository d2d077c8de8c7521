/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to the block backend (xen/interface/io/blkif.h): a disk of the
 * guest's over a block device or a regular file of the host's.
 *
 *	block.c		the device: what it is made of, its numbers
 *	block_conn.c	a connection: rings, ports, and the end of both
 *	block_ring.c	requests off the ring, answers onto it
 *	block_request.c	what a request asks for, and whether it may
 *	block_grant.c	the guest's pages
 *	block_bio.c	I/O on block devices
 *	block_file.c	I/O on regular files
 *
 * References go one way: a request holds its connection, that the device and
 * the file, that the domain.  Nobody waits for a request.
 */
#ifndef LODGE_BLOCK_H
#define LODGE_BLOCK_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <xen/interface/io/blkif.h>

#include "backend/device.h"

#define LODGE_SECTOR_SHIFT	9	/* the ABI's sectors, whatever the disk has */
#define LODGE_SECTORS_PER_PAGE	(PAGE_SIZE >> LODGE_SECTOR_SHIFT)

/* Pages of a queue that stay mapped; as many as a Linux frontend has for a ring of one page. */
#define LODGE_BLOCK_PERSISTENT	1056

struct cgroup_subsys_state;
struct lodge_block_conn;
struct lodge_block_queue;
struct mem_cgroup;

struct lodge_block {
	struct lodge_device dev;
	struct file *file;		/* NULL once removed; connections have their own */
	struct block_device *bdev;	/* NULL: a regular file */
	bool read_only;
	bool direct;			/* the file takes direct I/O */
	u32 sector_size, physical_size;	/* bytes */
	u32 direct_mask;		/* sectors of direct I/O on the file begin where these are 0 */
	u32 discard_granularity, discard_alignment;
	bool flush;
	bool discard;
	u64 sectors;			/* changed by resize: read once for each request */

	/*
	 * Works of this device's alone: they may be held up by its disk, and must
	 * not take the place of others'.
	 */
	struct workqueue_struct *wq;
	struct lodge_block_conn *conn;	/* under devices.lock */

	atomic64_t in_bytes, out_bytes, in_requests, out_requests, errors;
	atomic_t in_flight;
	unsigned long failed;		/* bit 0: the host's disk did, and it has been told */
	struct work_struct failed_work;
};

enum lodge_block_op {
	LODGE_BLOCK_READ,
	LODGE_BLOCK_WRITE,
	LODGE_BLOCK_FLUSH,
	LODGE_BLOCK_DISCARD,
};

/* A request that has been taken off the ring. */
struct lodge_block_request {
	struct lodge_block_queue *queue;
	struct llist_node link;		/* in queue->free, ->done or ->slow */
	u64 id;				/* the guest's, echoed */
	u8 operation;			/* the guest's, echoed */
	s16 status;			/* BLKIF_RSP_* */
	enum lodge_block_op op;
	bool preflush;			/* flush before it */
	bool barrier;			/* alone in its queue, and on the disk when answered */
	bool buffered;			/* direct I/O has refused it */
	u64 sector, nr_sectors;

	u32 nr_segments;
	u32 nr_held;			/* grants to be unmapped, in held[] */
	struct bio_vec *vec;		/* few_vec, or one allocation with held */
	u32 *held;
	struct bio_vec few_vec[BLKIF_MAX_SEGMENTS_PER_REQUEST];
	u32 few_held[BLKIF_MAX_SEGMENTS_PER_REQUEST];

	union {
		struct bio bio;
		struct kiocb iocb;
	};
};

/* What a queue's work needs for one request at a time. */
struct lodge_block_scratch {
	struct blkif_request request;
	struct blkif_request_segment segment[LODGE_BLOCK_SEGMENTS];
	u32 ref[LODGE_BLOCK_SEGMENTS];
	struct page *page[LODGE_BLOCK_SEGMENTS];
};

struct lodge_block_queue {
	struct lodge_block_conn *conn;

	/* the ring's pages: connect and disconnect only */
	u32 nr_pages;
	u32 ref[LODGE_MAX_RING_PAGES];
	struct page *page[LODGE_MAX_RING_PAGES];
	u32 port;
	bool bound;

	/*
	 * Covers the ring and what is known of it; irq-safe.  Nothing is taken
	 * inside it.
	 */
	spinlock_t lock;
	bool closing;			/* the ring is not touched any more */
	bool broken;
	struct blkif_sring *ring;
	u32 size;			/* slots */
	u32 req_prod;			/* the frontend's, as last seen and found good */
	u32 req_cons, rsp_prod;		/* ours: between them, what is in flight */
	u32 rsp_pushed;			/* as published */
	struct lodge_block_request *fence;	/* a barrier: nothing is taken until it ends */
	bool fence_started;
	struct llist_head free;

	/* takes requests, lets go of grants and answers; the only user of scratch and persistent */
	struct work_struct work;
	struct task_struct *worker;	/* who runs it, before its last look at @done */
	struct llist_head done;		/* ended, with grants to let go of */
	struct lodge_block_scratch *scratch;
	struct xarray persistent;	/* by reference: pages that stay mapped, writable */
	u32 nr_persistent;

	/* what blocks: on files only */
	struct work_struct slow_work;
	struct llist_head slow;

	struct lodge_block_request *request;	/* size of them */
};

struct lodge_block_conn {
	struct kref ref;		/* the device's; one for each request */
	struct lodge_block *block;	/* with a reference */
	struct file *file;
	bool persistent;
	struct mem_cgroup *memcg;	/* the domain's, charged for what requests need */
	struct cgroup_subsys_state *blkcg;	/* the same for I/O */
	struct work_struct free_work;
	u32 nr_queues;
	struct lodge_block_queue queue[];
};

extern const struct lodge_device_ops lodge_block_ops;

/* block_conn.c: see struct lodge_device_ops */
int lodge_block_connect(struct lodge_device *dev, const struct lodge_frontend *fe,
			const char **err);
void lodge_block_disconnect(struct lodge_device *dev);
void lodge_block_conn_put(struct lodge_block_conn *conn);	/* any context */
/* Whose memory and (in a work) I/O it is, from here to there. */
struct mem_cgroup *lodge_block_charge(struct lodge_block_conn *conn);
void lodge_block_uncharge(struct mem_cgroup *old);

/* block_ring.c */

/* Bytes of a ring of @pages that are slots: their number. */
u32 lodge_block_ring_size(u32 pages);
/* The works of a queue. */
void lodge_block_ring_work(struct work_struct *work);
/*
 * The host has done it, or has not: 0 or an errno.  Any context, hard interrupt
 * included.  The request is gone.
 */
void lodge_block_end(struct lodge_block_request *req, int err);

/*
 * block_request.c: make a request of what was copied to queue->scratch.
 * BLKIF_RSP_OKAY, or what to answer.  Work of the queue; nothing is held on failure.
 */
s16 lodge_block_request_read(struct lodge_block_request *req);

/*
 * block_grant.c.  All in the work of the queue, or when nothing uses it any more.
 */

/* The pages of scratch->ref, into scratch->page; 0 or -EACCES, with nothing held. */
int lodge_block_map(struct lodge_block_request *req, u32 nr, bool write);
void lodge_block_unmap(struct lodge_block_request *req);
/* Copy of a page's first @len bytes; 0 or -EACCES. */
int lodge_block_copy(struct lodge_block_queue *q, u32 ref, void *dst, size_t len);
void lodge_block_forget(struct lodge_block_queue *q);

/* Start it; lodge_block_end() follows, perhaps before this returns. Process context, may sleep. */
void lodge_block_bio_start(struct lodge_block_request *req);	/* block_bio.c */
void lodge_block_file_start(struct lodge_block_request *req);	/* block_file.c */
void lodge_block_slow_work(struct work_struct *work);		/* block_file.c */

/* block.c: the host's disk has failed; the first time it is told to user space. Any context. */
void lodge_block_failed(struct lodge_block *block, int err);

static inline u32 lodge_block_bytes(const struct lodge_block_request *req)
{
	return req->nr_sectors << LODGE_SECTOR_SHIFT;
}

#endif
