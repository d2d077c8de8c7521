// SPDX-License-Identifier: GPL-2.0-only
/*
 * A block frontend: rings by hand, since the index macros of the ABI's header
 * are for frontends that behave.
 */
#include "front.h"

#define PATIENCE	(10 * SEC)

static u8 *memory(unsigned int pages)
{
	static u8 pool[128][PAGE_SIZE] __page_aligned;
	static unsigned int used;
	u8 *p = pool[used];

	/* a ring is contiguous to us, which single pages of the pool need not be */
	if (used + pages > ARRAY_SIZE(pool))
		bail_out("no memory for rings is left");
	used += pages;
	return p;
}

void front_ring_make(struct front_ring *r, unsigned int pages)
{
	unsigned int i;
	long port;

	memset(r, 0, sizeof(*r));
	r->shared = (struct blkif_sring *)memory(pages);
	r->shared->req_event = 1;
	r->shared->rsp_event = 1;
	r->pages = pages;
	r->size = 1;
	while (r->size * 2 * sizeof(union blkif_sring_entry) <=
	       pages * PAGE_SIZE - offsetof(struct blkif_sring, ring))
		r->size *= 2;
	for (i = 0; i < pages; i++)
		r->ref[i] = grant_page((u8 *)r->shared + i * PAGE_SIZE, false);
	port = alloc_unbound(0);
	if (port < 0)
		bail_out("alloc_unbound: %ld", port);
	r->port = port;
	port_mask(r->port);
}

bool front_ring_end(struct front_ring *r)
{
	u64 end = now() + PATIENCE;
	unsigned int i;

	for (i = 0; i < r->pages; i++)
		while (!grant_end(r->ref[i])) {
			if (now() > end)
				return false;
			hc_sched_op(SCHEDOP_yield, NULL);
		}
	return !evtchn_close(r->port);
}

bool front_bound(const struct front_ring *r)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = r->port };

	return !hc_event_channel_op(EVTCHNOP_status, &s) && s.status == EVTCHNSTAT_interdomain;
}

bool front_wait_bound(const struct front_ring *r, bool bound)
{
	u64 end = now() + 60 * SEC;

	while (front_bound(r) != bound) {
		if (now() > end)
			return false;
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	return true;
}

static u64 store_number(const char *path, const char *name, u64 fallback)
{
	const char *s = store_read("%s/%s", path, name);

	return s ? strtou64(s, NULL) : fallback;
}

void front_disk_find(struct front_disk *d)
{
	char backend[128];
	const char *s;

	if (arg_is("front", "console")) {
		d->id = arg_u64("id", 51712);
		d->sectors = arg_u64("sectors", 0);
		d->sector_size = arg_u64("size", 512);
		d->read_only = arg_flag("ro");
		return;
	}
	s = store_list("device/vbd");
	if (!s || !*s)
		bail_out("there is no device/vbd in the store");
	d->id = strtou64(s, NULL);
	s = store_read("device/vbd/%u/backend", d->id);
	if (!s)
		bail_out("vbd %u has no backend", d->id);
	snprintf(backend, sizeof(backend), "%s", s);
	while (store_number(backend, "state", 0) != XenbusStateInitWait)
		hc_sched_op(SCHEDOP_yield, NULL);
	d->sectors = store_number(backend, "sectors", 0);
	d->sector_size = store_number(backend, "sector-size", 512);
	d->read_only = store_number(backend, "info", 0) & VDISK_READONLY;
}

static void by_console(const struct front_disk *d, const struct front_ring *r, unsigned int nr,
		       bool persistent)
{
	unsigned int i, j;

	printf("# front: vbd %u persistent=%u", d->id, persistent);
	for (i = 0; i < nr; i++) {
		printf(" port=%u refs=", r[i].port);
		for (j = 0; j < r[i].pages; j++)
			printf("%s%u", j ? "," : "", r[i].ref[j]);
	}
	printf("\n");
}

static void publish(const struct front_disk *d, const char *queue, const char *name, u64 value)
{
	char path[96], text[24];

	snprintf(path, sizeof(path), "device/vbd/%u/%s%s", d->id, queue, name);
	snprintf(text, sizeof(text), "%lu", value);
	if (!store_write(path, text))
		bail_out("writing %s", path);
}

static void by_store(const struct front_disk *d, const struct front_ring *r, unsigned int nr,
		     bool persistent)
{
	char queue[24] = "", name[24], protocol[64];
	unsigned int i, j, order = 0;

	while (1U << order < r[0].pages)
		order++;
	if (order)
		publish(d, "", "ring-page-order", order);
	if (nr > 1)
		publish(d, "", "multi-queue-num-queues", nr);
	for (i = 0; i < nr; i++) {
		if (nr > 1)
			snprintf(queue, sizeof(queue), "queue-%u/", i);
		for (j = 0; j < r[i].pages; j++) {
			snprintf(name, sizeof(name), "ring-ref%u", j);
			publish(d, queue, order ? name : "ring-ref", r[i].ref[j]);
		}
		publish(d, queue, "event-channel", r[i].port);
	}
	publish(d, "", "feature-persistent", persistent);
	snprintf(protocol, sizeof(protocol), "device/vbd/%u/protocol", d->id);
	store_write(protocol, "x86_64-abi");
	publish(d, "", "state", XenbusStateInitialised);
}

void front_connect(const struct front_disk *d, struct front_ring *r, unsigned int nr,
		   bool persistent)
{
	unsigned int i;

	if (arg_is("front", "console"))
		by_console(d, r, nr, persistent);
	else
		by_store(d, r, nr, persistent);
	for (i = 0; i < nr; i++) {
		r[i].persistent = persistent;
		if (!front_wait_bound(&r[i], true))
			bail_out("nobody binds port %u", r[i].port);
	}
	if (!arg_is("front", "console"))
		publish(d, "", "state", XenbusStateConnected);
}

blkif_request_t *front_slot(struct front_ring *r)
{
	blkif_request_t *req = &r->shared->ring[r->prod++ & (r->size - 1)].req;

	memset(req, 0, sizeof(*req));
	return req;
}

void front_push(struct front_ring *r)
{
	u32 old = r->shared->req_prod;

	__atomic_store_n(&r->shared->req_prod, r->prod, __ATOMIC_SEQ_CST);
	if (r->prod - READ_ONCE(r->shared->req_event) < r->prod - old)
		evtchn_send(r->port);
}

static bool response(struct front_ring *r, blkif_response_t *rsp, u64 patience)
{
	u64 end = now() + patience;

	while (__atomic_load_n(&r->shared->rsp_prod, __ATOMIC_SEQ_CST) == r->cons) {
		if (now() > end)
			return false;
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	*rsp = r->shared->ring[r->cons++ & (r->size - 1)].rsp;
	r->shared->rsp_event = r->cons + 1;
	return true;
}

bool front_response(struct front_ring *r, blkif_response_t *rsp)
{
	return response(r, rsp, PATIENCE);
}

bool front_silent(struct front_ring *r)
{
	blkif_response_t rsp;

	if (!response(r, &rsp, SEC / 2))
		return true;
	diag("a response to %lu, operation %u: %d", rsp.id, rsp.operation, rsp.status);
	return false;
}

s16 front_submit(struct front_ring *r, u64 id)
{
	blkif_response_t rsp;

	front_push(r);
	if (!front_response(r, &rsp)) {
		diag("no response");
		return FRONT_NOTHING;
	}
	if (rsp.id != id) {
		diag("a response to request %lu, not to %lu", rsp.id, id);
		return FRONT_NOTHING;
	}
	return rsp.status;
}

static void end_all(const struct front_ring *r, const u32 *ref, unsigned int nr)
{
	while (nr--)
		if (!grant_end(ref[nr]) && !r->persistent)
			ok(false, "grant %u is free after the response", ref[nr]);
}

s16 front_io(struct front_ring *r, u8 op, u64 sector, void *page, unsigned int first,
	     unsigned int last)
{
	blkif_request_t *req = front_slot(r);
	s16 status;
	u32 ref;

	req->operation = op;
	req->id = r->prod;
	req->sector_number = sector;
	if (!page)
		return front_submit(r, r->prod);
	ref = grant_page(page, op != BLKIF_OP_READ);
	req->nr_segments = 1;
	req->seg[0].gref = ref;
	req->seg[0].first_sect = first;
	req->seg[0].last_sect = last;
	status = front_submit(r, r->prod);
	end_all(r, &ref, 1);
	return status;
}

s16 front_indirect(struct front_ring *r, u8 op, u64 sector, void *const *page, unsigned int nr)
{
	static struct blkif_request_segment list[PAGE_SIZE / sizeof(struct blkif_request_segment)]
		__page_aligned;
	blkif_request_indirect_t *req = (void *)front_slot(r);
	u32 ref[ARRAY_SIZE(list)], list_ref;
	unsigned int i;
	s16 status;

	for (i = 0; i < nr; i++) {
		ref[i] = grant_page(page[i], op != BLKIF_OP_READ);
		list[i].gref = ref[i];
		list[i].first_sect = 0;
		list[i].last_sect = 7;
	}
	list_ref = grant_page(list, true);
	req->operation = BLKIF_OP_INDIRECT;
	req->indirect_op = op;
	req->nr_segments = nr;
	req->id = r->prod;
	req->sector_number = sector;
	req->indirect_grefs[0] = list_ref;
	status = front_submit(r, r->prod);
	end_all(r, ref, nr);
	end_all(r, &list_ref, 1);
	return status;
}

s16 front_discard(struct front_ring *r, u8 flag, u64 sector, u64 nr)
{
	blkif_request_discard_t *req = (void *)front_slot(r);

	req->operation = BLKIF_OP_DISCARD;
	req->flag = flag;
	req->id = r->prod;
	req->sector_number = sector;
	req->nr_sectors = nr;
	return front_submit(r, r->prod);
}
