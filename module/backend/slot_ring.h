/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic of rings of request and response slots (xen/interface/io/ring.h)
 * from the backend's side.  All indexes run freely and wrap.  The frontend can
 * write anything into the shared ones: the caller reads each once, and its own
 * copies of what it has consumed and answered are the truth.  Pure: also
 * compiled into the unit tests.
 */
#ifndef LODGE_SLOT_RING_H
#define LODGE_SLOT_RING_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#endif

/*
 * Requests that wait in a ring of @size slots, of which those from @rsp to
 * @cons are taken and not yet answered; @prod is the frontend's.  false: it has
 * run backwards, or into what is not answered.
 */
static inline bool lodge_slot_ring_waiting(unsigned int prod, unsigned int cons, unsigned int rsp,
					   unsigned int size, unsigned int *waiting)
{
	*waiting = prod - cons;
	return *waiting <= size - (cons - rsp);
}

/* Responses went from index @old to @new: has the frontend asked to be told of one of them? */
static inline bool lodge_slot_ring_notify(unsigned int old, unsigned int new, unsigned int event)
{
	return new - event < new - old;
}

#endif
