// SPDX-License-Identifier: GPL-2.0-only
/*
 * disk - a frontend that behaves, on a disk of at least 64 MiB
 *
 * Proves: what is written is read, by one segment, eleven, and indirect ones; at every offset in a page; over rings of
 * one page and more, several queues, grants that stay; flush, barrier and discard are answered; the end of the disk is;
 * a second frontend can follow the first; grants are free when a response is there.
 *
 * A word of the command line says which part: data (default), stall (requests that do not end: the host's disk
 * stands still), fail (each read and write is answered with an error), grow (the disk gets bigger), full (it has less
 * room than sectors), busy (I/O for ever),
 * bench (what a request takes).
 * Data is left on the disk for the host to judge: see pattern().
 */
#include "front.h"

#define LIST	64

static struct front_disk disk;
static void *buf[LIST];
static struct front_ring ring[8];
static unsigned int unit;		/* sectors of 512 bytes in one of the disk's */

static u64 pattern(u64 sector, unsigned int word)
{
	return sector << 8 | word | 0xd15c000000000000UL;
}

static void fill(void *p, u64 sector, unsigned int nr)
{
	u64 *w = p;
	unsigned int i;

	for (i = 0; i < nr * 64; i++)
		w[i] = pattern(sector + i / 64, i % 64);
}

static bool filled(const void *p, u64 sector, unsigned int nr)
{
	const u64 *w = p;
	unsigned int i;

	for (i = 0; i < nr * 64; i++)
		if (w[i] != pattern(sector + i / 64, i % 64)) {
			diag("sector %lu word %u is %lx", sector + i / 64, i % 64, w[i]);
			return false;
		}
	return true;
}

static void one_page(struct front_ring *r, u64 sector)
{
	unsigned int first, last;

	fill(buf[0], sector, 8);
	err(front_io(r, BLKIF_OP_WRITE, sector, buf[0], 0, 7), BLKIF_RSP_OKAY, "a page is written");
	memset(buf[1], 0, PAGE_SIZE);
	err(front_io(r, BLKIF_OP_READ, sector, buf[1], 0, 7), BLKIF_RSP_OKAY, "and read");
	ok(filled(buf[1], sector, 8), "the same");

	sweep_begin();
	for (first = 0; first < 8; first += unit)
		for (last = first + unit - 1; last < 8; last += unit) {
			memset(buf[1], 0xee, PAGE_SIZE);
			sweep_check(front_io(r, BLKIF_OP_READ, sector + first, buf[1], first,
					     last) == BLKIF_RSP_OKAY, "read of %u..%u", first, last);
			sweep_check(filled((u8 *)buf[1] + first * 512, sector + first,
					   last - first + 1), "data of %u..%u", first, last);
			sweep_check(!first || *(u8 *)buf[1] == 0xee, "beside %u..%u", first, last);
			sweep_check(last == 7 || ((u8 *)buf[1])[last * 512 + 512] == 0xee,
				    "behind %u..%u", first, last);
		}
	sweep_end("every part of a page is read, and nothing beside it");
}

static void indirect(struct front_ring *r, u64 sector, unsigned int nr)
{
	unsigned int i;
	bool good = true;

	for (i = 0; i < nr; i++)
		fill(buf[i], sector + i * 8, 8);
	err(front_indirect(r, BLKIF_OP_WRITE, sector, buf, nr), BLKIF_RSP_OKAY,
	    "%u pages are written by one request", nr);
	for (i = 0; i < nr; i++)
		memset(buf[i], 0, PAGE_SIZE);
	err(front_indirect(r, BLKIF_OP_READ, sector, buf, nr), BLKIF_RSP_OKAY, "and read");
	for (i = 0; i < nr; i++)
		good &= filled(buf[i], sector + i * 8, 8);
	ok(good, "the same");
}

/* The most segments there are: the same pages again and again, in both directions. */
static void many_segments(struct front_ring *r, u64 sector)
{
	void *page[256];
	unsigned int i;

	for (i = 0; i < 256; i++)
		page[i] = buf[i % LIST];
	fill(buf[0], sector, 8);
	err(front_indirect(r, BLKIF_OP_WRITE, sector, page, 256), BLKIF_RSP_OKAY,
	    "256 segments are written");
	memset(buf[1], 0, PAGE_SIZE);
	err(front_io(r, BLKIF_OP_READ, sector, buf[1], 0, 7), BLKIF_RSP_OKAY, "the first is read");
	ok(filled(buf[1], sector, 8), "the same");
	err(front_indirect(r, BLKIF_OP_READ, sector, page, 256), BLKIF_RSP_OKAY,
	    "256 segments are read");
}

/* As many requests as there are slots, told of once. */
static void full_ring(struct front_ring *r, u64 sector, bool persistent)
{
	u32 ref[LIST];
	unsigned int i, n = r->size < LIST ? r->size : LIST, good = 0, events = 0;
	blkif_response_t rsp;
	blkif_request_t *req;
	int round, op;

	for (i = 0; i < n; i++)
		ref[i] = grant_page(buf[i], false);
	sweep_begin();
	for (round = 0; round < 4; round++) {
		op = round % 2 ? BLKIF_OP_READ : BLKIF_OP_WRITE;
		for (i = 0; i < n; i++) {
			if (op == BLKIF_OP_WRITE)
				fill(buf[i], sector + i * 8, 8);
			else
				memset(buf[i], 0, PAGE_SIZE);
			req = front_slot(r);
			req->operation = op;
			req->id = i;
			req->nr_segments = 1;
			req->sector_number = sector + i * 8;
			req->seg[0].gref = ref[i];
			req->seg[0].last_sect = 7;
		}
		port_clear(r->port);
		front_push(r);
		for (i = 0; i < n && front_response(r, &rsp); i++) {
			good += rsp.status == BLKIF_RSP_OKAY && rsp.operation == op;
			events += port_pending(r->port);
			port_clear(r->port);
		}
		for (i = 0; i < n && op == BLKIF_OP_READ; i++)
			sweep_check(filled(buf[i], sector + i * 8, 8), "page %u", i);
	}
	sweep_end("%u requests at once keep their data", n);
	is(good, 4 * n, "each is answered");
	ok(events <= good, "by %u events", events);
	sweep_begin();
	for (i = 0; i < n; i++)
		sweep_check(grant_end(ref[i]) != persistent, "grant %u", ref[i]);
	sweep_end(persistent ? "their grants stay in use" : "their grants are free");
}

static void end_of_disk(struct front_ring *r)
{
	u64 last = disk.sectors - 8;

	err(front_io(r, BLKIF_OP_READ, last, buf[0], 0, 7), BLKIF_RSP_OKAY, "the last page is read");
	err(front_io(r, BLKIF_OP_READ, last + unit, buf[0], 0, 7), BLKIF_RSP_ERROR,
	    "refused: a part past the end");
	err(front_io(r, BLKIF_OP_READ, disk.sectors, buf[0], 0, 7), BLKIF_RSP_ERROR,
	    "refused: past the end");
	err(front_io(r, BLKIF_OP_READ, ~0UL - 7, buf[0], 0, 7), BLKIF_RSP_ERROR,
	    "refused: a sector number that overflows");
	err2(front_discard(r, 0, 8, ~0UL - 7), BLKIF_RSP_ERROR, BLKIF_RSP_EOPNOTSUPP,
	     "refused: a discard that overflows");
}

static void others(struct front_ring *r, u64 sector)
{
	s16 status;

	err(front_io(r, BLKIF_OP_FLUSH_DISKCACHE, 0, NULL, 0, 0), BLKIF_RSP_OKAY, "flush");
	fill(buf[0], sector, 8);
	err(front_io(r, BLKIF_OP_FLUSH_DISKCACHE, sector, buf[0], 0, 7), BLKIF_RSP_OKAY,
	    "flush with data");
	err(front_io(r, BLKIF_OP_READ, sector, buf[1], 0, 7), BLKIF_RSP_OKAY, "which is read");
	ok(filled(buf[1], sector, 8), "the same");
	fill(buf[0], sector + 8, 8);
	err(front_io(r, BLKIF_OP_WRITE_BARRIER, sector + 8, buf[0], 0, 7), BLKIF_RSP_OKAY,
	    "barrier with data");
	err(front_io(r, BLKIF_OP_READ, sector + 8, buf[1], 0, 7), BLKIF_RSP_OKAY, "which is read");
	ok(filled(buf[1], sector + 8, 8), "the same");
	err(front_io(r, BLKIF_OP_WRITE_BARRIER, 0, NULL, 0, 0), BLKIF_RSP_OKAY, "barrier alone");
	status = front_discard(r, 0, 32768, 8192);
	err2(status, BLKIF_RSP_OKAY, BLKIF_RSP_EOPNOTSUPP, "discard");
	err(front_discard(r, BLKIF_DISCARD_SECURE, 32768, 8), BLKIF_RSP_EOPNOTSUPP,
	    "refused: secure discard");
}

/* Writes, a barrier and writes in one go: the barrier is answered after those before it. */
static void barrier_order(struct front_ring *r, u64 sector)
{
	unsigned int i, n = min(r->size, 16U), at = ~0U, before = 0;
	blkif_response_t rsp;
	blkif_request_t *req;
	u32 ref[16];

	for (i = 0; i < n; i++) {
		fill(buf[i], sector + i * 8, 8);
		ref[i] = grant_page(buf[i], true);
		req = front_slot(r);
		req->operation = i == n / 2 ? BLKIF_OP_WRITE_BARRIER : BLKIF_OP_WRITE;
		req->id = i;
		req->nr_segments = 1;
		req->sector_number = sector + i * 8;
		req->seg[0].gref = ref[i];
		req->seg[0].last_sect = 7;
	}
	front_push(r);
	for (i = 0; i < n && front_response(r, &rsp); i++) {
		if (rsp.id == n / 2)
			at = i;
		else if (rsp.id < n / 2)
			before = i;
		else
			ok(at != ~0U || i > n / 2, "response %u is to a later request", i);
	}
	is(i, n, "all are answered");
	ok(at == n / 2 && before < at, "the barrier is number %u, the last before it %u", at, before);
	while (n--)
		grant_end(ref[n]);
}

static void read_only(struct front_ring *r)
{
	err(front_io(r, BLKIF_OP_READ, 0, buf[0], 0, 7), BLKIF_RSP_OKAY, "a page is read");
	err(front_io(r, BLKIF_OP_WRITE, 0, buf[0], 0, 7), BLKIF_RSP_ERROR, "refused: write");
	err(front_io(r, BLKIF_OP_WRITE_BARRIER, 0, buf[0], 0, 7), BLKIF_RSP_ERROR,
	    "refused: barrier");
	err(front_indirect(r, BLKIF_OP_WRITE, 0, buf, 16), BLKIF_RSP_ERROR,
	    "refused: indirect write");
	ok(front_discard(r, 0, 0, 8) != BLKIF_RSP_OKAY, "refused: discard");
	err(front_io(r, BLKIF_OP_FLUSH_DISKCACHE, 0, NULL, 0, 0), BLKIF_RSP_OKAY, "flush");
}

static void disconnect(unsigned int nr)
{
	unsigned int i;

	printf("# host: disconnect %u\n", disk.id);
	for (i = 0; i < nr; i++) {
		ok(front_wait_bound(&ring[i], false), "the backend unbinds");
		ok(front_ring_end(&ring[i]), "and lets go of the ring");
	}
}

static void connect(unsigned int nr, unsigned int pages, bool persistent)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		front_ring_make(&ring[i], pages);
	front_connect(&disk, ring, nr, persistent);
	diag("connected: %u queues of %u, persistent %u", nr, ring[0].size, persistent);
}

static void data(void)
{
	unsigned int i;

	connect(1, 1, false);
	if (disk.read_only) {
		read_only(&ring[0]);
		return;
	}
	one_page(&ring[0], 0);
	indirect(&ring[0], 64, 12);
	indirect(&ring[0], 256, LIST);
	many_segments(&ring[0], 16384);
	full_ring(&ring[0], 1024, false);
	others(&ring[0], 2048);
	barrier_order(&ring[0], 2560);
	end_of_disk(&ring[0]);
	if (!arg_is("front", "console"))
		return;
	disconnect(1);

	connect(1, 16, true);
	is(ring[0].size, 512, "16 pages have 512 slots");
	full_ring(&ring[0], 4096, true);
	full_ring(&ring[0], 4096, true);
	disconnect(1);

	connect(4, 2, false);
	for (i = 0; i < 4; i++)
		full_ring(&ring[i], 5120 + i * 512, false);
	/* and we end while connected */
}

/* Requests on a disk that stands still: the host destroys us, or lets it go on. */
static void stall(void)
{
	unsigned int i;
	blkif_request_t *req;
	blkif_response_t rsp;

	connect(1, 1, arg_flag("persistent"));
	err(front_io(&ring[0], BLKIF_OP_WRITE, 0, buf[0], 0, 7), BLKIF_RSP_OKAY, "it works");
	printf("# host: disconnect %u\n# host: stall\n", disk.id);
	front_wait_bound(&ring[0], false);
	connect(1, 1, arg_flag("persistent"));
	for (i = 0; i < 32; i++) {
		req = front_slot(&ring[0]);
		req->operation = i == 20 ? BLKIF_OP_FLUSH_DISKCACHE :
				 i % 2 ? BLKIF_OP_WRITE : BLKIF_OP_READ;
		req->id = i;
		if (i == 20)
			continue;
		req->nr_segments = 1;
		req->sector_number = i * 8;
		req->seg[0].gref = grant_page(buf[i], false);
		req->seg[0].last_sect = 7;
	}
	front_push(&ring[0]);
	ok(front_silent(&ring[0]), "nothing is answered");
	printf("# host: stalled\n");
	for (i = 0; i < 32; i++) {
		while (!front_response(&ring[0], &rsp))
			;
		ok(rsp.status == BLKIF_RSP_OKAY, "request %lu is answered", rsp.id);
	}
}

static void fail(void)
{
	connect(1, 1, false);
	err(front_io(&ring[0], BLKIF_OP_READ, 0, buf[0], 0, 7), BLKIF_RSP_ERROR, "read fails");
	err(front_io(&ring[0], BLKIF_OP_WRITE, 0, buf[0], 0, 7), BLKIF_RSP_ERROR, "write fails");
	err(front_indirect(&ring[0], BLKIF_OP_WRITE, 0, buf, 20), BLKIF_RSP_ERROR,
	    "indirect write fails");
	err(front_io(&ring[0], BLKIF_OP_READ, 8, buf[0], 0, 7), BLKIF_RSP_ERROR, "and so on");
}

/* More than the host has room for: an error, and what was written before is there. */
static void full(void)
{
	s16 status = BLKIF_RSP_OKAY;
	u64 sector;
	unsigned int i;

	connect(1, 1, false);
	for (sector = 0; sector + LIST * 8 <= disk.sectors && status == BLKIF_RSP_OKAY;
	     sector += LIST * 8) {
		for (i = 0; i < LIST; i++)
			fill(buf[i], sector + i * 8, 8);
		status = front_indirect(&ring[0], BLKIF_OP_WRITE, sector, buf, LIST);
	}
	err(status, BLKIF_RSP_ERROR, "the host's room ends before the disk does");
	err(front_io(&ring[0], BLKIF_OP_READ, 0, buf[0], 0, 7), BLKIF_RSP_OKAY, "a page is read");
	ok(filled(buf[0], 0, 8), "the same");
}

static void grow(void)
{
	u64 end = now() + 30 * SEC;

	connect(1, 1, false);
	err(front_io(&ring[0], BLKIF_OP_READ, disk.sectors, buf[0], 0, 7), BLKIF_RSP_ERROR,
	    "refused: past the end");
	printf("# host: grow\n");
	while (front_io(&ring[0], BLKIF_OP_READ, disk.sectors, buf[0], 0, 7) != BLKIF_RSP_OKAY &&
	       now() < end)
		;
	fill(buf[0], disk.sectors, 8);
	err(front_io(&ring[0], BLKIF_OP_WRITE, disk.sectors, buf[0], 0, 7), BLKIF_RSP_OKAY,
	    "what was past the end can be written");
}

/* Writes for ever, for those who end us meanwhile. */
static void busy(void)
{
	bool persistent = arg_flag("persistent");
	u64 sector = 0;

	connect(1, 1, persistent);
	printf("# host: busy\n");
	for (;;) {
		full_ring(&ring[0], sector % 8192, persistent);
		sector += 512;
	}
}

/* Nanoseconds a request of @nr pages takes, @depth of them at a time. */
static void bench(const char *name, u8 op, unsigned int nr, unsigned int depth)
{
	struct front_ring *r = &ring[0];
	unsigned int i, j, made = 0, ended = 0, total = 20 * depth + 200;
	u32 ref[LIST];
	blkif_request_t *req;
	blkif_response_t rsp;
	u64 begin;

	for (i = 0; i < LIST; i++)
		ref[i] = grant_page(buf[i], false);
	for (begin = 0; ended < total; ended++) {
		if (ended == 50)
			begin = now();
		for (i = 0; made < total && made - ended < depth; made++) {
			req = front_slot(r);
			req->operation = op;
			req->nr_segments = nr;
			req->sector_number = made % 256 * 88;
			for (j = 0; j < nr; j++) {
				req->seg[j].gref = ref[(made + j) % LIST];
				req->seg[j].last_sect = 7;
			}
			i++;
		}
		if (i)
			front_push(r);
		/* sleeps as a guest would */
		while (r->cons == READ_ONCE(r->shared->rsp_prod)) {
			struct sched_poll poll = { .nr_ports = 1 };
			evtchn_port_t port = r->port;

			set_xen_guest_handle(poll.ports, &port);
			hc_sched_op(SCHEDOP_poll, &poll);
			port_clear(r->port);
		}
		front_response(r, &rsp);
	}
	printf("bench: %s-%uk-q%u %lu\n", name, nr * 4, depth, (now() - begin) / (total - 50));
	for (i = 0; i < LIST; i++)
		grant_end(ref[i]);
}

static void benches(void)
{
	bool persistent = arg_flag("persistent");

	connect(1, 1, persistent);
	bench("read", BLKIF_OP_READ, 1, 1);
	bench("read", BLKIF_OP_READ, 1, 16);
	bench("write", BLKIF_OP_WRITE, 1, 1);
	bench("read", BLKIF_OP_READ, 11, 1);
	bench("read", BLKIF_OP_READ, 11, 4);
}

void test_main(void)
{
	unsigned int i;

	grants_init();
	for (i = 0; i < LIST; i++)
		buf[i] = page_alloc();
	front_disk_find(&disk);
	diag("vbd %u: %lu sectors, of %u bytes%s", disk.id, disk.sectors, disk.sector_size,
	     disk.read_only ? ", read-only" : "");
	unit = disk.sector_size / 512;
	if (arg_flag("stall"))
		stall();
	else if (arg_flag("fail"))
		fail();
	else if (arg_flag("grow"))
		grow();
	else if (arg_flag("full"))
		full();
	else if (arg_flag("busy"))
		busy();
	else if (arg_flag("bench"))
		benches();
	else
		data();
}
