// SPDX-License-Identifier: GPL-2.0-only
/*
 * errno - the exact answer to each wrong argument
 *
 * Proves: where Xen 4.17 gives one particular errno, or counts what it did
 * before, the answer is that one: page tables and page types (mm.c), pins
 * (pin.c), whose memory it is (domain.c), and everything else (misc.c).
 *
 * Real Xen 4.17: as written.
 */
#include "errno.h"

domid_t self;

static domid_t own_domid(void)
{
	struct evtchn_status s = { .dom = DOMID_SELF };

	s.port = alloc_unbound(DOMID_SELF);
	hc_event_channel_op(EVTCHNOP_status, &s);
	return s.u.unbound.dom;
}

void test_main(void)
{
	self = own_domid();
	check_entries();
	check_pins();
	check_domains();
	check_lists();
	check_misc();
	check_memory();
}
