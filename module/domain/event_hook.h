/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How news of a domain reaches control/, which nothing else may name.
 */
#ifndef LODGE_EVENT_HOOK_H
#define LODGE_EVENT_HOOK_H

#include <lodge/netlink.h>

struct lodge_domain;

typedef void (*lodge_event_hook)(struct lodge_domain *d, enum lodge_event event);

/**
 * lodge_domain_set_hook - who is told of events
 * @hook: called in process context, may sleep; NULL ends it
 *
 * Set while no domain exists, so that no call of the hook can be under way.
 */
void lodge_domain_set_hook(lodge_event_hook hook);

/*
 * Tell user space.  CREATED is the first that is heard of a domain, DESTROYED the last.
 * Context: process, may sleep.
 */
void lodge_event_send(struct lodge_domain *d, enum lodge_event event);

#endif
