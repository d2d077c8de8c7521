// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a request asks for, and whether it may.
 *
 * Everything here is judged on copies: of the slot, and of the page of segments
 * that an indirect request names.
 */
#include <linux/slab.h>

#include "backend/block.h"

/* Operation and segments, into scratch->segment: 0, or what to answer. */
static s16 read_direct(struct lodge_block_request *req, const struct blkif_request *r)
{
	struct lodge_block_queue *q = req->queue;

	req->nr_segments = r->u.rw.nr_segments;
	req->sector = r->u.rw.sector_number;
	if (req->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return BLKIF_RSP_ERROR;
	memcpy(q->scratch->segment, r->u.rw.seg, req->nr_segments * sizeof(r->u.rw.seg[0]));
	return BLKIF_RSP_OKAY;
}

static s16 read_indirect(struct lodge_block_request *req, const struct blkif_request *r)
{
	struct lodge_block_queue *q = req->queue;

	BUILD_BUG_ON(sizeof(q->scratch->segment) > PAGE_SIZE);	/* one page of them */
	/* the answer names what was asked for indirectly */
	req->operation = r->u.indirect.indirect_op;
	req->nr_segments = r->u.indirect.nr_segments;
	req->sector = r->u.indirect.sector_number;
	if (req->operation != BLKIF_OP_READ && req->operation != BLKIF_OP_WRITE)
		return BLKIF_RSP_ERROR;
	if (req->nr_segments > LODGE_BLOCK_SEGMENTS)
		return BLKIF_RSP_ERROR;
	if (lodge_block_copy(q, r->u.indirect.indirect_grefs[0], q->scratch->segment,
			     req->nr_segments * sizeof(q->scratch->segment[0])))
		return BLKIF_RSP_ERROR;
	return BLKIF_RSP_OKAY;
}

static s16 read_discard(struct lodge_block_request *req, const struct blkif_request *r)
{
	const struct lodge_block *block = req->queue->conn->block;

	req->op = LODGE_BLOCK_DISCARD;
	req->sector = r->u.discard.sector_number;
	req->nr_sectors = r->u.discard.nr_sectors;
	if ((r->u.discard.flag & BLKIF_DISCARD_SECURE) || !block->discard)
		return BLKIF_RSP_EOPNOTSUPP;
	return BLKIF_RSP_OKAY;
}

static s16 read_operation(struct lodge_block_request *req, const struct blkif_request *r)
{
	switch (r->operation) {
	case BLKIF_OP_READ:
		req->op = LODGE_BLOCK_READ;
		return read_direct(req, r);
	case BLKIF_OP_WRITE:
		req->op = LODGE_BLOCK_WRITE;
		return read_direct(req, r);
	case BLKIF_OP_WRITE_BARRIER:
		req->barrier = true;
		fallthrough;
	case BLKIF_OP_FLUSH_DISKCACHE:
		/* with data it is a write after a flush */
		req->preflush = true;
		req->op = r->u.rw.nr_segments ? LODGE_BLOCK_WRITE : LODGE_BLOCK_FLUSH;
		return read_direct(req, r);
	case BLKIF_OP_INDIRECT:
		req->op = r->u.indirect.indirect_op == BLKIF_OP_READ ? LODGE_BLOCK_READ :
								       LODGE_BLOCK_WRITE;
		return read_indirect(req, r);
	case BLKIF_OP_DISCARD:
		return read_discard(req, r);
	default:
		return BLKIF_RSP_EOPNOTSUPP;
	}
}

/* Segments are whole sectors of the disk, in order, within a page each. */
static bool check_segments(struct lodge_block_request *req)
{
	const struct blkif_request_segment *s = req->queue->scratch->segment;
	u32 mask = (req->queue->conn->block->sector_size >> LODGE_SECTOR_SHIFT) - 1;
	u32 i, n;

	for (i = 0; i < req->nr_segments; i++, s++) {
		if (s->first_sect > s->last_sect || s->last_sect >= LODGE_SECTORS_PER_PAGE)
			return false;
		n = s->last_sect - s->first_sect + 1;
		if ((s->first_sect & mask) || (n & mask))
			return false;
		req->nr_sectors += n;
	}
	return req->nr_sectors;
}

static bool check_range(const struct lodge_block_request *req)
{
	const struct lodge_block *block = req->queue->conn->block;
	u32 mask = (block->sector_size >> LODGE_SECTOR_SHIFT) - 1;
	u64 sectors = READ_ONCE(block->sectors);

	if (req->sector > sectors || req->nr_sectors > sectors - req->sector)
		return false;
	return !((req->sector | req->nr_sectors) & mask);
}

static int alloc_segments(struct lodge_block_request *req)
{
	if (req->nr_segments <= BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return 0;
	req->vec = kmalloc_array(req->nr_segments, sizeof(*req->vec) + sizeof(*req->held),
				 GFP_NOIO | __GFP_ACCOUNT);
	if (!req->vec) {
		req->vec = req->few_vec;
		return -ENOMEM;
	}
	req->held = (u32 *)(req->vec + req->nr_segments);
	return 0;
}

/* The pages, and what of them is meant. */
static int map_segments(struct lodge_block_request *req)
{
	struct lodge_block_scratch *scratch = req->queue->scratch;
	const struct blkif_request_segment *s = scratch->segment;
	u32 i;

	for (i = 0; i < req->nr_segments; i++)
		scratch->ref[i] = s[i].gref;
	if (alloc_segments(req) ||
	    lodge_block_map(req, req->nr_segments, req->op == LODGE_BLOCK_READ))
		return -EACCES;
	for (i = 0; i < req->nr_segments; i++)
		bvec_set_page(&req->vec[i], scratch->page[i],
			      (s[i].last_sect - s[i].first_sect + 1) << LODGE_SECTOR_SHIFT,
			      s[i].first_sect << LODGE_SECTOR_SHIFT);
	return 0;
}

s16 lodge_block_request_read(struct lodge_block_request *req)
{
	const struct lodge_block *block = req->queue->conn->block;
	const struct blkif_request *r = &req->queue->scratch->request;
	s16 status;

	/* the same place in all kinds of request */
	req->id = r->u.other.id;
	req->operation = r->operation;
	req->preflush = false;
	req->barrier = false;
	req->buffered = false;
	req->nr_sectors = 0;
	req->nr_segments = 0;
	req->nr_held = 0;
	req->vec = req->few_vec;
	req->held = req->few_held;
	status = read_operation(req, r);
	if (status != BLKIF_RSP_OKAY || req->op == LODGE_BLOCK_FLUSH)
		return status;

	if (block->read_only && req->op != LODGE_BLOCK_READ)
		return BLKIF_RSP_ERROR;
	if (req->op != LODGE_BLOCK_DISCARD && !check_segments(req))
		return BLKIF_RSP_ERROR;
	if (!req->nr_sectors || !check_range(req))
		return BLKIF_RSP_ERROR;
	if (req->op != LODGE_BLOCK_DISCARD && map_segments(req))
		return BLKIF_RSP_ERROR;
	return BLKIF_RSP_OKAY;
}
