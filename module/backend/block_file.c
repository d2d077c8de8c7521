// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O on regular files: direct and asynchronous, over the guest's own pages.
 *
 * What can only be done by waiting (flush, discard), and what direct I/O cannot
 * do (its file system has none, or wants more alignment than the guest's sectors
 * have), goes to a work of the queue that does one after the other.
 */
#include <linux/types.h>
#include <linux/falloc.h>
#include <linux/ioprio.h>
#include <linux/uio.h>

#include "backend/block.h"
#include "host/compat.h"

static void slow(struct lodge_block_request *req)
{
	struct lodge_block_queue *q = req->queue;

	/* as in settle() of block_ring.c: from here on its reference is the work's */
	rcu_read_lock();
	if (llist_add(&req->link, &q->slow))
		queue_work(q->conn->block->wq, &q->slow_work);
	rcu_read_unlock();
}

static void done(struct lodge_block_request *req, long ret)
{
	if (ret >= 0)
		ret = ret == lodge_block_bytes(req) ? 0 : -EIO;	/* the file has become shorter */
	lodge_block_end(req, ret);
}

static void rw_complete(struct kiocb *iocb, long ret)
{
	struct lodge_block_request *req = container_of(iocb, struct lodge_block_request, iocb);

	if (req->op == LODGE_BLOCK_WRITE)
		kiocb_end_write(iocb);
	done(req, ret);
}

static void rw(struct lodge_block_request *req, int flags)
{
	struct file *file = req->queue->conn->file;
	bool write = req->op == LODGE_BLOCK_WRITE;
	struct iov_iter iter;
	ssize_t ret;

	iov_iter_bvec(&iter, write ? WRITE : READ, req->vec, req->nr_segments,
		      lodge_block_bytes(req));
	req->iocb = (struct kiocb) {
		.ki_filp = file,
		.ki_pos = req->sector << LODGE_SECTOR_SHIFT,
		.ki_complete = rw_complete,
		.ki_flags = flags | (req->barrier ? IOCB_DSYNC : 0),
		.ki_ioprio = get_current_ioprio(),
	};
	if (write)
		ret = lodge_iocb_write(&req->iocb, &iter);
	else
		ret = vfs_iocb_iter_read(file, &req->iocb, &iter);
	if (ret == -EIOCBQUEUED)
		return;
	if (ret == -EINVAL && (flags & IOCB_DIRECT)) {
		req->buffered = true;
		slow(req);
		return;
	}
	done(req, ret);
}

void lodge_block_file_start(struct lodge_block_request *req)
{
	const struct lodge_block *block = req->queue->conn->block;
	bool is_rw = req->op == LODGE_BLOCK_READ || req->op == LODGE_BLOCK_WRITE;

	req->buffered = !block->direct || ((req->sector | req->nr_sectors) & block->direct_mask);
	if (is_rw && !req->buffered && !req->preflush)
		rw(req, IOCB_DIRECT);
	else
		slow(req);
}

static void discard(struct lodge_block_request *req)
{
	lodge_block_end(req, vfs_fallocate(req->queue->conn->file,
					   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					   req->sector << LODGE_SECTOR_SHIFT,
					   req->nr_sectors << LODGE_SECTOR_SHIFT));
}

void lodge_block_slow_work(struct work_struct *work)
{
	struct lodge_block_queue *q = container_of(work, struct lodge_block_queue, slow_work);
	struct llist_node *list = llist_reverse_order(llist_del_all(&q->slow));
	struct lodge_block_request *req, *next;
	bool flushed = false;
	int err = 0;
	struct mem_cgroup *old = lodge_block_charge(q->conn);

	llist_for_each_entry_safe(req, next, list, link) {
		/* one for all in the list: each covers what had ended when it was asked for */
		if ((req->preflush || req->op == LODGE_BLOCK_FLUSH) && !flushed) {
			err = vfs_fsync_range(q->conn->file, 0, LLONG_MAX, 1);
			flushed = true;
		}
		if (req->op == LODGE_BLOCK_FLUSH || (req->preflush && err))
			lodge_block_end(req, err);
		else if (req->op == LODGE_BLOCK_DISCARD)
			discard(req);
		else
			rw(req, req->buffered ? 0 : IOCB_DIRECT);
	}
	lodge_block_uncharge(old);
}
