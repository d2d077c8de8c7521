// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O on block devices: one bio a request, over the guest's own pages.
 *
 * Sectors and lengths are multiples of the disk's sectors, so the block layer
 * splits as the disk needs it and bounces only what its DMA cannot reach.
 */
#include <linux/blkdev.h>

#include "backend/block.h"

static void end_io(struct bio *bio)
{
	struct lodge_block_request *req = bio->bi_private;
	int err = blk_status_to_errno(bio->bi_status);

	if (bio == &req->bio)
		bio_uninit(bio);
	else
		bio_put(bio);
	lodge_block_end(req, err);
}

static void start_discard(struct lodge_block_request *req)
{
	struct bio *bio = NULL;
	int err;

	err = __blkdev_issue_discard(req->queue->conn->block->bdev, req->sector, req->nr_sectors,
				     GFP_NOIO, &bio);
	if (!bio) {
		lodge_block_end(req, err);
		return;
	}
	/* the last of a chain; it ends when all have */
	bio->bi_private = req;
	bio->bi_end_io = end_io;
	if (err)
		bio_io_error(bio);
	else
		submit_bio(bio);
}

static blk_opf_t operation(const struct lodge_block_request *req)
{
	if (req->op == LODGE_BLOCK_READ)
		return REQ_OP_READ;
	/* as direct I/O does: somebody waits for it */
	return REQ_OP_WRITE | REQ_SYNC | REQ_IDLE | (req->preflush ? REQ_PREFLUSH : 0) |
	       (req->barrier ? REQ_FUA : 0);
}

void lodge_block_bio_start(struct lodge_block_request *req)
{
	struct bio *bio = &req->bio;

	if (req->op == LODGE_BLOCK_DISCARD) {
		start_discard(req);
		return;
	}
	bio_init(bio, req->queue->conn->block->bdev, req->vec, req->nr_segments, operation(req));
	bio->bi_private = req;
	bio->bi_end_io = end_io;
	if (req->op != LODGE_BLOCK_FLUSH) {
		bio->bi_iter.bi_sector = req->sector;
		bio->bi_iter.bi_size = lodge_block_bytes(req);
		bio->bi_vcnt = req->nr_segments;
	}
	submit_bio(bio);
}
