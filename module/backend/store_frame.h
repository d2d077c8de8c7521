/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where messages of the store protocol begin and end in a stream of bytes that
 * comes in pieces (struct xsd_sockmsg, then len bytes).  Pure: also compiled
 * into the unit tests.
 */
#ifndef LODGE_STORE_FRAME_H
#define LODGE_STORE_FRAME_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#endif

#define LODGE_STORE_HEADER	16	/* sizeof(struct xsd_sockmsg) */
#define LODGE_STORE_HEADER_LEN	12	/* offset of its len */
#define LODGE_STORE_PAYLOAD	4096	/* XENSTORE_PAYLOAD_MAX */

/* All zero: between two messages. */
struct lodge_store_frame {
	char header[LODGE_STORE_HEADER];
	unsigned int have;	/* bytes of @header that have come */
	unsigned int left;	/* bytes of payload still to come */
};

/* Follow @n more bytes. false: a message claims more payload than the protocol allows. */
static inline bool lodge_store_frame_feed(struct lodge_store_frame *f, const char *src, size_t n)
{
	while (n) {
		size_t want = f->have < LODGE_STORE_HEADER ? LODGE_STORE_HEADER - f->have : f->left;
		__u32 len;

		if (want > n)
			want = n;
		if (f->have < LODGE_STORE_HEADER) {
			memcpy(f->header + f->have, src, want);
			f->have += want;
			if (f->have == LODGE_STORE_HEADER) {
				memcpy(&len, f->header + LODGE_STORE_HEADER_LEN, sizeof(len));
				if (len > LODGE_STORE_PAYLOAD)
					return false;
				f->left = len;
			}
		} else {
			f->left -= want;
		}
		if (f->have == LODGE_STORE_HEADER && !f->left)
			f->have = 0;
		src += want;
		n -= want;
	}
	return true;
}

/* Did the last byte end a message? */
static inline bool lodge_store_frame_whole(const struct lodge_store_frame *f)
{
	return !f->have;
}

#endif
