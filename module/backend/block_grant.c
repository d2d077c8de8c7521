// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's pages a request works on.
 *
 * Mapped when it begins, let go of when it has ended; or, with a frontend that
 * uses the same grants over and over, kept mapped until the connection ends, up
 * to a number.  Those are mapped writable whatever the request is, as the next
 * one may be another; one that cannot be is mapped for its request only.
 */
#include <linux/mm.h>

#include "backend/block.h"
#include "domain/domain.h"
#include "grant/grant.h"

static struct lodge_domain *domain_of(const struct lodge_block_queue *q)
{
	return q->conn->block->dev.domain;
}

/* The page of a grant that stays mapped, NULL if it does not. */
static struct page *persistent(struct lodge_block_queue *q, u32 ref)
{
	struct page *page = xa_load(&q->persistent, ref);

	if (page || q->nr_persistent == LODGE_BLOCK_PERSISTENT)
		return page;
	if (lodge_grant_host_map(domain_of(q), ref, true, &page))
		return NULL;
	if (xa_is_err(xa_store(&q->persistent, ref, page, GFP_NOIO | __GFP_ACCOUNT))) {
		lodge_grant_host_unmap(domain_of(q), ref, true);
		return NULL;
	}
	q->nr_persistent++;
	return page;
}

/* Those that do not stay mapped; into held[] and their places in scratch->page. */
static int map_rest(struct lodge_block_request *req, u32 nr, bool write)
{
	struct lodge_block_scratch *scratch = req->queue->scratch;
	u32 i;

	for (i = 0; i < nr; i++) {
		if (scratch->page[i])
			continue;
		if (lodge_grant_host_map(domain_of(req->queue), scratch->ref[i], write,
					 &scratch->page[i])) {
			lodge_block_unmap(req);
			return -EACCES;
		}
		req->held[req->nr_held++] = scratch->ref[i];
	}
	return 0;
}

int lodge_block_map(struct lodge_block_request *req, u32 nr, bool write)
{
	struct lodge_block_queue *q = req->queue;
	struct lodge_block_scratch *scratch = q->scratch;
	u32 i;

	if (q->conn->persistent) {
		for (i = 0; i < nr; i++)
			scratch->page[i] = persistent(q, scratch->ref[i]);
		return map_rest(req, nr, write);
	}
	if (lodge_grant_host_map_all(domain_of(q), scratch->ref, nr, write, scratch->page))
		return -EACCES;
	memcpy(req->held, scratch->ref, nr * sizeof(*req->held));
	req->nr_held = nr;
	return 0;
}

void lodge_block_unmap(struct lodge_block_request *req)
{
	lodge_grant_host_unmap_all(domain_of(req->queue), req->held, req->nr_held,
				   req->op == LODGE_BLOCK_READ);
	req->nr_held = 0;
}

int lodge_block_copy(struct lodge_block_queue *q, u32 ref, void *dst, size_t len)
{
	struct page *page = NULL;

	if (q->conn->persistent)
		page = persistent(q, ref);
	if (page) {
		memcpy(dst, page_address(page), len);
		barrier();
		return 0;
	}
	if (lodge_grant_host_map(domain_of(q), ref, false, &page))
		return -EACCES;
	memcpy(dst, page_address(page), len);
	lodge_grant_host_unmap(domain_of(q), ref, false);
	return 0;
}

void lodge_block_forget(struct lodge_block_queue *q)
{
	struct page *page;
	unsigned long ref;

	xa_for_each(&q->persistent, ref, page) {
		lodge_grant_host_unmap(domain_of(q), ref, true);
		cond_resched();
	}
}
