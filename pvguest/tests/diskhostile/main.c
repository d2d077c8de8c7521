// SPDX-License-Identifier: GPL-2.0-only
/*
 * diskhostile - a frontend that breaks every rule of blkif
 *
 * Proves: a bad request is answered with an error and costs nothing more; indexes that no ring can have end the
 * connection, and a new one works; requests that change while they are read, rings and grants taken away under the
 * backend, and noise on all of it harm nobody but us.
 *
 * The host checks between the parts, as "# host:" lines ask: that the device is broken, or that it is not.
 */
#include "front.h"

static struct front_disk disk;
static struct front_ring ring;
static void *page;
static u32 good_ref, ro_ref;

static void connect(bool persistent)
{
	front_ring_make(&ring, 1);
	front_connect(&disk, &ring, 1, persistent);
	err(front_io(&ring, BLKIF_OP_READ, 0, page, 0, 7), BLKIF_RSP_OKAY, "a page is read");
}

static blkif_request_t *read_of(u32 ref, unsigned int first, unsigned int last)
{
	blkif_request_t *req = front_slot(&ring);

	req->operation = BLKIF_OP_READ;
	req->id = ring.prod;
	req->nr_segments = 1;
	req->seg[0].gref = ref;
	req->seg[0].first_sect = first;
	req->seg[0].last_sect = last;
	return req;
}

static s16 submit(void)
{
	return front_submit(&ring, ring.prod);
}

static void segments(void)
{
	static const u8 counts[] = { 0, 12, 13, 127, 255 };
	static const u8 sectors[][2] = { { 1, 0 }, { 7, 0 }, { 0, 8 }, { 0, 255 }, { 8, 8 },
					 { 255, 255 }, { 255, 0 } };
	blkif_request_t *req;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		req = read_of(good_ref, 0, 7);
		req->nr_segments = counts[i];
		for (j = 1; j < 11; j++)
			req->seg[j] = req->seg[0];
		err(submit(), BLKIF_RSP_ERROR, "refused: %u segments", counts[i]);
	}
	for (i = 0; i < ARRAY_SIZE(sectors); i++) {
		read_of(good_ref, sectors[i][0], sectors[i][1]);
		err(submit(), BLKIF_RSP_ERROR, "refused: sectors %u to %u", sectors[i][0],
		    sectors[i][1]);
	}
	/* the last of several is bad */
	req = read_of(good_ref, 0, 7);
	req->nr_segments = 11;
	for (j = 1; j < 11; j++)
		req->seg[j] = req->seg[0];
	req->seg[10].last_sect = 8;
	err(submit(), BLKIF_RSP_ERROR, "refused: the eleventh segment");
}

static void operations(void)
{
	unsigned int op;

	sweep_begin();
	for (op = 0; op < 256; op++) {
		if (op == BLKIF_OP_READ || op == BLKIF_OP_WRITE || op == BLKIF_OP_WRITE_BARRIER ||
		    op == BLKIF_OP_FLUSH_DISKCACHE || op == BLKIF_OP_DISCARD ||
		    op == BLKIF_OP_INDIRECT)
			continue;
		read_of(good_ref, 0, 7)->operation = op;
		sweep_check(submit() < 0, "operation %u", op);
	}
	sweep_end("refused: operations that there are not");
}

static void indirect(void)
{
	static const u16 counts[] = { 0, 257, 512, 513, 4096, 65535 };
	static struct blkif_request_segment list[512] __page_aligned;
	u32 list_ref = grant_page(list, true);
	blkif_request_indirect_t *req;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (struct blkif_request_segment) { .gref = good_ref, .last_sect = 7 };
#define INDIRECT(op_, nr_, ref_, what) do {				\
		req = (void *)front_slot(&ring);			\
		req->operation = BLKIF_OP_INDIRECT;			\
		req->indirect_op = op_;					\
		req->nr_segments = nr_;					\
		req->id = ring.prod;					\
		req->indirect_grefs[0] = ref_;				\
		err(submit(), BLKIF_RSP_ERROR, "refused: " what);	\
	} while (0)
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		INDIRECT(BLKIF_OP_READ, counts[i], list_ref, "a number of indirect segments");
	INDIRECT(BLKIF_OP_INDIRECT, 12, list_ref, "indirect in indirect");
	INDIRECT(BLKIF_OP_DISCARD, 12, list_ref, "indirect discard");
	INDIRECT(BLKIF_OP_FLUSH_DISKCACHE, 12, list_ref, "indirect flush");
	INDIRECT(BLKIF_OP_READ, 12, 1000, "a list that is not granted");
	INDIRECT(BLKIF_OP_READ, 12, ~0U, "a list by no reference");
	list[11].gref = 1000;
	INDIRECT(BLKIF_OP_READ, 12, list_ref, "a page in the list that is not granted");
	list[11].gref = good_ref;
	list[11].last_sect = 9;
	INDIRECT(BLKIF_OP_READ, 12, list_ref, "a segment in the list past its page");
	/* the same page more often than a grant can have users */
	list[11].last_sect = 7;
	INDIRECT(BLKIF_OP_READ, 200, list_ref, "a page 200 times");
#undef INDIRECT
	ok(grant_end(list_ref), "the list is free");
}

static void grants(void)
{
	struct grant_entry_v1 *e = grant_entry(good_ref);
	struct grant_entry_v1 was = *e;

	read_of(1000, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: a page that is not granted");
	read_of(~0U, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: no reference");
	read_of(0x80000000, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: reference 2^31");
	read_of(ro_ref, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: read to a page granted read-only");

	e->domid = 1;
	read_of(good_ref, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: a page granted to another domain");
	e->domid = 0;
	e->frame = 0xfffffff;
	read_of(good_ref, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: a frame that there is not");
	e->frame = start_info->shared_info >> 12;
	read_of(good_ref, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: the frame of shared_info");
	e->frame = virt_to_mfn((void *)start_info->pt_base);
	read_of(good_ref, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: a frame that is a page table, to be written");
	e->frame = was.frame;
	e->flags = GTF_accept_transfer;
	read_of(good_ref, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: a grant of another type");
	e->flags = was.flags;
	read_of(good_ref, 0, 7);
	err(submit(), BLKIF_RSP_OKAY, "it works as it was");
	is(READ_ONCE(e->flags), GTF_permit_access, "and is free");
}

/* Requests whose fields change while they wait: a fixed sequence, raced with the backend. */
static void changing(void)
{
	blkif_response_t rsp;
	blkif_request_t *req;
	unsigned int i, j, answered = 0;

	for (i = 0; i < 300; i++) {
		req = read_of(good_ref, 0, 7);
		__atomic_store_n(&ring.shared->req_prod, ring.prod, __ATOMIC_SEQ_CST);
		evtchn_send(ring.port);
		for (j = 0; ring.cons == READ_ONCE(ring.shared->rsp_prod) && j < 100000; j++) {
			WRITE_ONCE(req->nr_segments, j * 7);
			WRITE_ONCE(req->seg[0].last_sect, j * 3);
			WRITE_ONCE(req->seg[0].gref, j & 1 ? good_ref : j);
			WRITE_ONCE(req->operation, j & 1 ? BLKIF_OP_READ : BLKIF_OP_INDIRECT);
			WRITE_ONCE(req->sector_number, (u64)j << (j & 63));
		}
		answered += front_response(&ring, &rsp);
	}
	is(answered, i, "requests that change are each answered");
	ok(front_silent(&ring), "once");
	err(front_io(&ring, BLKIF_OP_READ, 0, page, 0, 7), BLKIF_RSP_OKAY, "a page is read");
}

/* The backend's own indexes and events are the guest's to write, too. */
static void scribble(void)
{
	blkif_response_t rsp;
	u32 was = ring.shared->rsp_prod;

	WRITE_ONCE(ring.shared->rsp_prod, was + 1000);
	WRITE_ONCE(ring.shared->rsp_event, 0x80000000);
	WRITE_ONCE(ring.shared->req_event, 0xdeadbeef);
	read_of(good_ref, 0, 7);
	__atomic_store_n(&ring.shared->req_prod, ring.prod, __ATOMIC_SEQ_CST);
	evtchn_send(ring.port);
	while (READ_ONCE(ring.shared->rsp_prod) != was + 1)
		hc_sched_op(SCHEDOP_yield, NULL);
	ok(front_response(&ring, &rsp) && rsp.status == BLKIF_RSP_OKAY,
	   "a response, whatever its index was");
	err(front_io(&ring, BLKIF_OP_READ, 0, page, 0, 7), BLKIF_RSP_OKAY, "and the next");
}

/* Indexes that no ring can have: the connection ends, the next one works. */
static void break_by(u32 prod)
{
	__atomic_store_n(&ring.shared->req_prod, prod, __ATOMIC_SEQ_CST);
	evtchn_send(ring.port);
	printf("# host: broken %u\n", disk.id);
	ok(front_wait_bound(&ring, false), "index %u after %u: the connection ends", prod,
	   ring.prod);
	ok(front_ring_end(&ring), "its ring is ours again");
	connect(false);
}

static void indexes(void)
{
	break_by(ring.prod + 33);
	break_by(ring.prod + 0x80000000);
	break_by(ring.prod - 1);
	break_by(0x7fffffff);
}

/* All slots with noise, told of at once; then the ring's page is taken from under the backend. */
static void noise(void)
{
	unsigned int round, i, answered = 0;
	blkif_response_t rsp;

	for (round = 0; round < 64; round++) {
		for (i = 0; i < ring.size; i++) {
			blkif_request_t *req = front_slot(&ring);

			u64 *word = (u64 *)req;
			unsigned int w;

			for (w = 0; w < sizeof(*req) / 8; w++)
				word[w] = random_u64();
			/* half of it near enough to something sensible to get further */
			req->operation %= 8;
			if (random_below(2))
				req->nr_segments = 1 + random_below(11);
			if (random_below(2))
				req->sector_number = random_below(disk.sectors + 16);
			for (w = 0; w < 11 && random_below(8); w++) {
				req->seg[w].gref = random_below(2) ? good_ref : ro_ref;
				req->seg[w].first_sect = random_below(8);
				req->seg[w].last_sect = random_below(9);
			}
		}
		front_push(&ring);
		for (i = 0; i < ring.size; i++)
			answered += front_response(&ring, &rsp);
	}
	is(answered, 64 * ring.size, "noise is answered");
	err(front_io(&ring, BLKIF_OP_READ, 0, page, 0, 7), BLKIF_RSP_OKAY, "a page is read");
}

static void revoke_ring(void)
{
	struct grant_entry_v1 *e = grant_entry(ring.ref[0]);
	xen_pfn_t frame = virt_to_mfn(ring.shared);
	struct xen_memory_reservation r = {
		.nr_extents = 1, .domid = DOMID_SELF,
	};

	e->flags = 0;
	e->frame = 0;
	err(front_io(&ring, BLKIF_OP_READ, 0, page, 0, 7), BLKIF_RSP_OKAY,
	    "a page is read over a ring that is not granted any more");
	set_pte((u64)ring.shared, 0);
	set_xen_guest_handle(r.extent_start, &frame);
	is(hc_memory_op(XENMEM_decrease_reservation, &r), 1, "the ring's frame is given back");
	evtchn_send(ring.port);
	err(evtchn_close(ring.port), 0, "the port is closed");
	printf("# host: disconnect %u\n", disk.id);
	connect(false);
}

/* Grants that stay mapped: more than the backend keeps. */
static void persistent(void)
{
	unsigned int i, bad = 0, held = 0;
	u32 ref[1200];

	printf("# host: disconnect %u\n", disk.id);
	ok(front_wait_bound(&ring, false), "disconnected");
	ok(front_ring_end(&ring), "the ring is ours again");
	connect(true);
	for (i = 0; i < ARRAY_SIZE(ref); i++) {
		ref[i] = grant_page(page, false);
		read_of(ref[i], 0, 7);
		bad += submit() != BLKIF_RSP_OKAY;
	}
	for (i = 0; i < ARRAY_SIZE(ref); i++)
		held += !grant_end(ref[i]);
	is(bad, 0, "1200 grants of a page");
	ok(held > 32 && held < ARRAY_SIZE(ref), "%u of them are kept", held);
	read_of(ro_ref, 0, 7);
	err(submit(), BLKIF_RSP_ERROR, "refused: read to a page granted read-only");
}

void test_main(void)
{
	grants_init();
	page = page_alloc();
	good_ref = grant_page(page, false);
	ro_ref = grant_page(page, true);
	front_disk_find(&disk);
	connect(false);
	segments();
	operations();
	indirect();
	grants();
	changing();
	scribble();
	noise();
	if (!arg_is("front", "console"))
		return;
	indexes();
	revoke_ring();
	persistent();
}
