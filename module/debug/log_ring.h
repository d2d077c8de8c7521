/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring of lines under the log.  Positions count bytes since it was made;
 * it holds those from `oldest`, always the first byte of a line, up to `end`,
 * always just after a newline.  Pure: also compiled into the unit tests.
 */
#ifndef LODGE_LOG_RING_H
#define LODGE_LOG_RING_H

#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

struct lodge_log_ring {
	char *buf;
	size_t size;
	__u64 oldest, end;
};

/* Add a line: @len bytes, the last one a newline, at most the size of the ring. */
static inline void lodge_log_ring_add(struct lodge_log_ring *r, const char *line, size_t len)
{
	size_t at = r->end % r->size;
	size_t first = len < r->size - at ? len : r->size - at;

	if (r->end - r->oldest + len > r->size) {
		r->oldest = r->end + len - r->size;
		/* `end` follows a newline, so this stops there at the latest */
		while (r->buf[(r->oldest - 1) % r->size] != '\n')
			r->oldest++;
	}
	memcpy(r->buf + at, line, first);
	memcpy(r->buf, line + first, len - first);
	r->end += len;
}

/*
 * Copy from *pos on and move it.  Where the lines there were overwritten, go
 * on with the oldest line kept.  Returns the bytes copied, 0 at the end.
 */
static inline size_t lodge_log_ring_get(const struct lodge_log_ring *r, __u64 *pos, char *dst,
					size_t len)
{
	size_t at, first;

	if (*pos < r->oldest)
		*pos = r->oldest;
	if (len > r->end - *pos)
		len = r->end - *pos;
	at = *pos % r->size;
	first = len < r->size - at ? len : r->size - at;
	memcpy(dst, r->buf + at, first);
	memcpy(dst + first, r->buf, len - first);
	*pos += len;
	return len;
}

#endif
