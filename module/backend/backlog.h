/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last bytes of an endless stream, for any number of readers.  A position
 * counts bytes from the beginning of the stream; a reader whose position has
 * been overwritten is moved to the oldest byte kept.  No locking here.  Pure:
 * also compiled into the unit tests.
 */
#ifndef LODGE_BACKLOG_H
#define LODGE_BACKLOG_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stddef.h>
#include <string.h>
#endif

struct lodge_backlog {
	char *buf;
	size_t size;	/* power of two */
	__u64 head;	/* position after the newest byte */
};

static inline __u64 lodge_backlog_oldest(const struct lodge_backlog *b)
{
	return b->head > b->size ? b->head - b->size : 0;
}

static inline void lodge_backlog_append(struct lodge_backlog *b, const char *src, size_t n)
{
	size_t offset, first;

	if (n > b->size) {
		b->head += n - b->size;
		src += n - b->size;
		n = b->size;
	}
	offset = b->head & (b->size - 1);
	first = n < b->size - offset ? n : b->size - offset;
	memcpy(b->buf + offset, src, first);
	memcpy(b->buf, src + first, n - first);
	b->head += n;
}

/*
 * The longest run of bytes from *@pos on that lies in one piece: its place and,
 * in *@n, its length (0 at the head).  *@pos is moved to the oldest byte kept
 * if it fell behind, and not moved over the run.
 */
static inline const char *lodge_backlog_span(const struct lodge_backlog *b, __u64 *pos, size_t *n)
{
	__u64 oldest = lodge_backlog_oldest(b);
	size_t offset, left;

	if (*pos < oldest)
		*pos = oldest;
	offset = *pos & (b->size - 1);
	left = b->head > *pos ? b->head - *pos : 0;
	*n = left < b->size - offset ? left : b->size - offset;
	return b->buf + offset;
}

/* Copy up to @n bytes from *@pos on and move it over them. */
static inline size_t lodge_backlog_read(const struct lodge_backlog *b, __u64 *pos,
					char *dst, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t span;
		const char *src = lodge_backlog_span(b, pos, &span);

		if (!span)
			break;
		if (span > n - done)
			span = n - done;
		memcpy(dst + done, src, span);
		*pos += span;
		done += span;
	}
	return done;
}

#endif
