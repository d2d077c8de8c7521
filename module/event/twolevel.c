// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 2-level event ABI: which bits make an event.
 *
 * Owns nothing; works on shared_info and vcpu_info, which the guest writes at
 * the same time.  All bit operations are therefore atomic, and whatever is read
 * is believed for the guest's own events only: a guest that scribbles here
 * loses or repeats its own upcalls.
 */

#include <linux/bitops.h>

#include "domain/domain.h"
#include "event/port.h"

/*
 * Bits of an xen_ulong_t array are numbered as in an array of unsigned long on
 * x86-64.
 */
static unsigned long *pending_bits(const struct lodge_domain *d)
{
	BUILD_BUG_ON(sizeof(xen_ulong_t) != sizeof(unsigned long));
	return (unsigned long *)d->shared_info->evtchn_pending;
}

static unsigned long *mask_bits(const struct lodge_domain *d)
{
	return (unsigned long *)d->shared_info->evtchn_mask;
}

static bool end_poll(struct lodge_vcpu *v)
{
	if (!test_and_clear_bit(v->id, &v->domain->event.pollers))
		return false;
	WRITE_ONCE(v->polling, false);
	return true;
}

static void mark_upcall(struct lodge_vcpu *v, u32 port)
{
	struct vcpu_info *info = READ_ONCE(v->info);
	unsigned long *sel = (unsigned long *)&info->evtchn_pending_sel;

	if (test_and_set_bit(port / BITS_PER_LONG, sel))
		return;
	/*
	 * A byte exchange: the mask next to it is the guest's.  Pairs with the
	 * guest's own exchange of pending_sel after it clears this byte.
	 */
	if (xchg(&info->evtchn_upcall_pending, 1))
		return;
	/* an event of its own ends a poll, even while upcalls are masked */
	end_poll(v);
	lodge_vcpu_kick(v);
}

/*
 * A poll waits for pending bits, masked or not.  The port's bit is set before
 * this looks for pollers (test_and_set_bit is a full barrier); lodge_event_poll()
 * shows itself before it looks at pending bits.  So one of the two sees the
 * other.
 */
static void wake_pollers(struct lodge_domain *d, u32 port)
{
	unsigned long pollers = READ_ONCE(d->event.pollers);
	unsigned int i;

	if (likely(!pollers))
		return;
	for_each_set_bit(i, &pollers, LODGE_MAX_VCPUS) {
		u32 only = READ_ONCE(d->event.poll[i].port);

		if ((!only || only == port) && end_poll(d->vcpu[i]))
			lodge_vcpu_kick(d->vcpu[i]);
	}
}

void lodge_2l_raise(struct lodge_domain *d, u32 port, u32 vcpu)
{
	struct lodge_vcpu *v = d->vcpu[vcpu];

	if (test_and_set_bit(port, pending_bits(d)))
		return;
	if (v && !test_bit(port, mask_bits(d)))
		mark_upcall(v, port);
	wake_pollers(d, port);
}

bool lodge_2l_is_pending(const struct lodge_domain *d, u32 port)
{
	return test_bit(port, pending_bits(d));
}

void lodge_2l_clear_pending(struct lodge_domain *d, u32 port)
{
	clear_bit(port, pending_bits(d));
}

void lodge_2l_unmask(struct lodge_domain *d, u32 port, u32 vcpu)
{
	struct lodge_vcpu *v = d->vcpu[vcpu];

	if (test_and_clear_bit(port, mask_bits(d)) && v && test_bit(port, pending_bits(d)))
		mark_upcall(v, port);
}

bool lodge_event_deliverable(const struct lodge_vcpu *v)
{
	const struct vcpu_info *info = READ_ONCE(v->info);

	return READ_ONCE(info->evtchn_upcall_pending) && !READ_ONCE(info->evtchn_upcall_mask);
}

/*
 * An event raised while the pointer changed may have left its selector bit in
 * the old place.  Its pending bit was set before that, so selecting every word
 * and asking for an upcall lets the guest find it; a spurious upcall is allowed
 * at any time.
 */
void lodge_event_vcpu_info_moved(struct lodge_vcpu *v)
{
	struct vcpu_info *info = READ_ONCE(v->info);

	smp_mb();	/* the new pointer is visible before the bits; see mark_upcall() */
	WRITE_ONCE(*(unsigned long *)&info->evtchn_pending_sel, ~0UL);
	xchg(&info->evtchn_upcall_pending, 1);
	end_poll(v);
	lodge_vcpu_kick(v);
}
