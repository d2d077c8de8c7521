/* SPDX-License-Identifier: GPL-2.0-only */
/* Event channels: two-level bitmaps in shared_info, one callback. */
#ifndef PVGUEST_EVENTS_H
#define PVGUEST_EVENTS_H

#include <pvguest/types.h>

extern unsigned long upcalls;			/* times the callback ran */
extern void (*event_handler)(unsigned int port);	/* each delivered port, cleared before */
extern unsigned long event_count[4096];

void events_init(void);				/* map shared_info, register callbacks */
static inline struct vcpu_info *vcpu0(void)
{
	extern struct shared_info *shared_info;

	return &shared_info->vcpu_info[0];
}

void events_on(void);				/* clear the mask; take what is pending */
void events_off(void);
bool port_pending(unsigned int port);
void port_clear(unsigned int port);
void port_mask(unsigned int port);
void port_unmask(unsigned int port);		/* bitmap and the EVTCHNOP_unmask call */
void event_run(struct regs *r);

/* small wrappers; negative errno on failure */
long bind_virq(unsigned int virq);
long alloc_unbound(domid_t remote);
long bind_interdomain(domid_t remote, unsigned int port);
long bind_ipi(unsigned int vcpu);
long evtchn_send(unsigned int port);
long evtchn_close(unsigned int port);

#endif
