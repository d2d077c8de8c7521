/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Byte rings with free-running indexes, as the console and the store have
 * them.  The other end owns one index and can write anything into both: the
 * caller reads each once and gives the values it read.  Pure: also compiled
 * into the unit tests.
 */
#ifndef LODGE_RING_H
#define LODGE_RING_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

/*
 * Bytes between @cons and @prod in a ring of @size (a power of two).
 * false: no ring can be in that state, so that its indexes mean nothing.
 */
static inline bool lodge_ring_used(unsigned int prod, unsigned int cons, unsigned int size,
				   unsigned int *used)
{
	*used = prod - cons;
	return *used <= size;
}

/* Copy @n <= @size bytes that begin at index @at; @at may be anything. */
static inline void lodge_ring_read(void *dst, const char *ring, unsigned int size,
				   unsigned int at, unsigned int n)
{
	unsigned int offset = at & (size - 1);
	unsigned int first = n < size - offset ? n : size - offset;

	memcpy(dst, ring + offset, first);
	memcpy((char *)dst + first, ring, n - first);
}

static inline void lodge_ring_write(char *ring, unsigned int size, unsigned int at,
				    const void *src, unsigned int n)
{
	unsigned int offset = at & (size - 1);
	unsigned int first = n < size - offset ? n : size - offset;

	memcpy(ring + offset, src, first);
	memcpy(ring, (const char *)src + first, n - first);
}

#endif
