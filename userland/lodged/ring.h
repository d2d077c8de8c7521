/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's end of a domain's ring.
 *
 * A request is read, dealt with and consumed together with the sending of its
 * reply, which the store has recorded before: killed in between, the request is
 * read again and yields the same reply.  A domain that does not take its replies
 * has no further request dealt with.
 */
#ifndef LODGED_RING_H
#define LODGED_RING_H

#include <stdint.h>

struct ring;

/*
 * Serve @fd (LODGE_IOC_STORE), which belongs to the ring from then on, as the
 * connection @domid, which must have been introduced.
 */
struct ring *ring_open(uint32_t domid, int fd);
void ring_close(struct ring *r);
/* The store has events for this ring. */
void ring_kick(struct ring *r);

#endif
