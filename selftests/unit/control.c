// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pure parts of module/control and module/debug: names of domains, and the
 * ring under the log against a naive twin that keeps every line.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/name.h"
#include "debug/log_ring.h"

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))

static unsigned int tests, failures;

static void report(bool good, const char *name)
{
	printf("%sok %u %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

/* The same sequence in every run. */
static unsigned int rnd(unsigned int below)
{
	static __u64 state = 1;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

static bool test_name_length(void)
{
	char longest[LODGE_NAME_SIZE + 1] = { 0 };

	memset(longest, 'a', LODGE_NAME_SIZE - 1);
	if (lodge_name_len(longest, LODGE_NAME_SIZE - 1) != LODGE_NAME_SIZE - 1 ||
	    lodge_name_len(longest, LODGE_NAME_SIZE) != LODGE_NAME_SIZE - 1)
		return false;
	longest[LODGE_NAME_SIZE - 1] = 'a';
	return !lodge_name_len(longest, LODGE_NAME_SIZE) && !lodge_name_len("", 0) &&
	       !lodge_name_len("", 1) && !lodge_name_len("a\0b", 3) && !lodge_name_len("a\0", 3) &&
	       lodge_name_len("a", 1) == 1 && lodge_name_len("a", 2) == 1;
}

static bool test_name_characters(void)
{
	static const char good[] = "azAZ09_.+:@-";
	int c;

	for (c = 0; c < 256; c++) {
		char ch = c;
		bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9');

		if (lodge_name_char_ok(ch) != (alnum || (c && strchr(good, c))))
			return false;
	}
	return lodge_name_ok(good, strlen(good)) && !lodge_name_ok("a b", 3) &&
	       !lodge_name_ok("a/b", 3) && !lodge_name_ok("a\nb", 3);
}

#define SIZE	64
#define TOTAL	(1024 * 1024)

/* Everything ever written; the ring is what may be read of it. */
static char all[TOTAL + SIZE];

static bool check_ring(const struct lodge_log_ring *r, __u64 end)
{
	if (r->end != end || r->end - r->oldest > SIZE)
		return false;
	if (r->oldest && all[r->oldest - 1] != '\n')
		return false;
	/* No line that would still fit was given up. */
	if (r->oldest) {
		__u64 before = r->oldest - 1;

		while (before && all[before - 1] != '\n')
			before--;
		if (end - before <= SIZE)
			return false;
	}
	return true;
}

static bool test_ring(void)
{
	char buf[SIZE] = { 0 }, got[SIZE];
	struct lodge_log_ring r = { .buf = buf, .size = SIZE };
	__u64 end = 0, pos = 0, from;
	size_t len, n, i;

	while (end < TOTAL) {
		len = 1 + rnd(rnd(8) ? 12 : SIZE);
		for (i = 0; i < len - 1; i++)
			all[end + i] = 'a' + rnd(26);
		all[end + len - 1] = '\n';
		lodge_log_ring_add(&r, all + end, len);
		end += len;
		if (!check_ring(&r, end))
			return false;
		if (rnd(3))
			continue;
		from = pos < r.oldest ? r.oldest : pos;
		n = lodge_log_ring_get(&r, &pos, got, rnd(SIZE + 1));
		if (pos != from + n || memcmp(got, all + from, n))
			return false;
	}
	while (lodge_log_ring_get(&r, &pos, got, SIZE))
		;
	return pos == end;
}

int main(void)
{
	printf("TAP version 13\n1..3\n");
	report(test_name_length(), "name: length, NULs");
	report(test_name_characters(), "name: characters");
	report(test_ring(), "log ring: whole lines, the newest, in order");
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
