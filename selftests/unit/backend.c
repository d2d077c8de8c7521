// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pure parts of the console and store backends: ring arithmetic, the
 * backlog, and the framing of store messages, each against a naive twin.
 */
#include <stdio.h>
#include <stdlib.h>

#include "backend/backlog.h"
#include "backend/ring.h"
#include "backend/slot_ring.h"
#include "backend/store_frame.h"

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

static unsigned int tests, failures;

static void report(bool good, const char *name)
{
	printf("%sok %u %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

/* The same sequence in every run. */
static __u32 rnd(__u32 below)
{
	static __u64 state = 1;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static bool test_ring_indexes(void)
{
	static const struct {
		unsigned int prod, cons, used;
		bool possible;
	} cases[] = {
		{ 0, 0, 0, true },
		{ 1024, 0, 1024, true },
		{ 1025, 0, 1025, false },
		{ 0, 1, ~0U, false },
		{ 5, 0xfffffffb, 10, true },		/* wraps */
		{ 0x400, 0, 0x400, true },
		{ 0x80000000, 0, 0x80000000, false },
	};
	unsigned int used;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (lodge_ring_used(cases[i].prod, cases[i].cons, 1024, &used) !=
		    cases[i].possible || used != cases[i].used)
			return false;
	return true;
}

/* All states of a ring of 8 slots, near a wrap, and all producer indexes around it. */
static bool test_slot_ring(void)
{
	const unsigned int size = 8;
	unsigned int start, in_flight, step, waiting;

	for (start = -40U; start != 40; start++)
		for (in_flight = 0; in_flight <= size; in_flight++)
			for (step = -20U; step != 20; step++) {
				/* step requests more than are taken; only so many slots are free */
				bool possible = step <= size - in_flight;
				unsigned int cons = start + in_flight;

				if (lodge_slot_ring_waiting(cons + step, cons, start, size,
							    &waiting) != possible)
					return false;
				if (possible && waiting != step)
					return false;
			}
	return true;
}

/* Told if and only if the index that was asked for is passed. */
static bool test_slot_ring_notify(void)
{
	unsigned int old, n, event, i;

	for (old = -20U; old != 20; old++)
		for (n = 1; n <= 8; n++)
			for (event = old - 10; event != old + 20; event++) {
				bool passed = false;

				for (i = 1; i <= n; i++)
					passed |= old + i == event;
				if (lodge_slot_ring_notify(old, old + n, event) != passed)
					return false;
			}
	return true;
}

/* Any index and any length: what is written is read, and nothing beside it is touched. */
static bool test_ring_copies(void)
{
	struct {
		char before[64], ring[1024], after[64];
	} m, copy;
	char data[1024], back[1024];
	unsigned int i, round;

	for (round = 0; round < 20000; round++) {
		unsigned int at = rnd(2) ? rnd(4096) : 0u - rnd(2048);
		unsigned int n = rnd(1025);

		for (i = 0; i < sizeof(data); i++)
			data[i] = rnd(256);
		memset(&m, round, sizeof(m));
		copy = m;
		for (i = 0; i < n; i++)
			copy.ring[(at + i) % 1024] = data[i];
		lodge_ring_write(m.ring, sizeof(m.ring), at, data, n);
		if (memcmp(&m, &copy, sizeof(m)))
			return false;

		memset(back, 0x55, sizeof(back));
		lodge_ring_read(back, m.ring, sizeof(m.ring), at, n);
		if (memcmp(back, data, n) || (n < sizeof(back) && back[n] != 0x55))
			return false;
	}
	return true;
}

#define STREAM	100000
#define KEPT	256

/* Readers of all speeds against the whole stream, kept in full. */
static bool test_backlog(void)
{
	static char stream[STREAM], kept[KEPT];
	struct lodge_backlog b = { .buf = kept, .size = KEPT };
	__u64 pos[4] = { 0 };
	char got[2 * KEPT];
	size_t i, n;

	for (i = 0; i < STREAM; i++)
		stream[i] = rnd(256);
	while (b.head < STREAM) {
		n = rnd(4) ? rnd(40) : rnd(3 * KEPT);
		if (n > STREAM - b.head)
			n = STREAM - b.head;
		lodge_backlog_append(&b, stream + b.head, n);

		for (i = 0; i < 4; i++) {
			__u64 from = pos[i], oldest = lodge_backlog_oldest(&b);
			size_t want = rnd((i + 1) * 30);

			if (from < oldest)
				from = oldest;
			n = lodge_backlog_read(&b, &pos[i], got, want);
			if (n != (want < b.head - from ? want : b.head - from))
				return false;
			if (!want)
				continue;
			if (pos[i] != from + n || memcmp(got, stream + from, n))
				return false;
		}
	}
	return b.head == STREAM && lodge_backlog_oldest(&b) == STREAM - KEPT;
}

static bool test_backlog_span(void)
{
	char kept[16];
	struct lodge_backlog b = { .buf = kept, .size = sizeof(kept) };
	__u64 pos = 0;
	size_t n;

	lodge_backlog_span(&b, &pos, &n);
	if (n)
		return false;
	lodge_backlog_append(&b, "0123456789abcdefXYZ", 19);
	/* 3 was the oldest kept; it lies at its place, up to the end of the buffer */
	if (lodge_backlog_span(&b, &pos, &n) != kept + 3 || pos != 3 || n != 13)
		return false;
	pos += n;
	return lodge_backlog_span(&b, &pos, &n) == kept && n == 3 && !memcmp(kept, "XYZ", 3);
}

static size_t message(char *dst, __u32 len)
{
	__u32 header[4] = { 2, 7, 0, len };

	memcpy(dst, header, sizeof(header));
	memset(dst + sizeof(header), 'x', len <= LODGE_STORE_PAYLOAD ? len : 0);
	return sizeof(header) + len;
}

/* Whole messages are whole however they are cut, and every shorter prefix is not. */
static bool test_frames(void)
{
	static const __u32 lens[] = { 0, 5, 0, 0, 4096, 1, 0 };
	static char buf[8192];
	bool whole_at[8192] = { [0] = true };
	size_t total = 0, at, i, round;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		total += message(buf + total, lens[i]);
		whole_at[total] = true;
	}
	for (round = 0; round < 3000; round++) {
		struct lodge_store_frame f = { 0 };

		for (at = 0; at < total;) {
			size_t n = round ? 1 + rnd(rnd(2) ? 20 : 900) : 1;

			if (n > total - at)
				n = total - at;
			if (!lodge_store_frame_feed(&f, buf + at, n))
				return false;
			at += n;
			if (lodge_store_frame_whole(&f) != whole_at[at])
				return false;
		}
	}
	return true;
}

static bool test_frame_too_long(void)
{
	static const __u32 lens[] = { 4097, 0x7fffffff, 0x80000000, 0xffffffff };
	char buf[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct lodge_store_frame f = { 0 };

		message(buf, 3);
		message(buf + 19, lens[i]);
		if (!lodge_store_frame_feed(&f, buf, 19 + 15))
			return false;
		if (lodge_store_frame_feed(&f, buf + 19 + 15, 1))
			return false;
	}
	return true;
}

int main(void)
{
	printf("TAP version 13\n1..8\n");
	report(test_ring_indexes(), "ring: impossible indexes are told from possible ones");
	report(test_ring_copies(), "ring: copies wrap and stay inside");
	report(test_slot_ring(), "slot ring: requests that wait, in every state");
	report(test_slot_ring_notify(), "slot ring: who asked for an index is told when it is passed");
	report(test_backlog(), "backlog: slow readers get the oldest kept, fast ones all");
	report(test_backlog_span(), "backlog: spans end where the buffer wraps");
	report(test_frames(), "store: messages are found however the stream is cut");
	report(test_frame_too_long(), "store: a payload beyond the protocol's limit is refused");
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
