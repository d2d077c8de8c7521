/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and vcpus: what a guest is.
 *
 * A domain owns memory (mm/), vcpus, event ports (event/), grants (grant/),
 * a clock (time/) and the two ring backends (backend/).  It is made by the
 * control family, outlives the daemon, and ends in two steps: destroy takes
 * its name and stops its vcpus at once; the structure goes with the last
 * reference.
 */
#ifndef LODGE_DOMAIN_H
#define LODGE_DOMAIN_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/wait.h>

#include <xen/interface/xen.h>

#include <lodge/limits.h>
#include <lodge/netlink.h>

#include "domain/vcpu.h"
#include "event/event.h"
#include "grant/grant.h"
#include "mm/mm.h"
#include "time/time.h"

struct lodge_console;
struct lodge_store;

/**
 * struct lodge_create - what a new domain is made of
 * @name: unique, checked characters, NUL-terminated; empty: "domain-<domid>"
 * @uuid: identity that outlives a reboot of the domain
 * @max_vcpus: 1..LODGE_MAX_VCPUS
 * @pages: 4 KiB pages of RAM at start
 * @max_pages: ceiling of RAM
 * @shadow_max: ceiling of shadow pages, 0 for a default made from @max_pages
 */
struct lodge_create {
	char name[LODGE_NAME_SIZE];
	uuid_t uuid;
	u32 max_vcpus;
	u64 pages;
	u64 max_pages;
	u64 shadow_max;
};

struct lodge_domain {
	struct kref ref;
	domid_t domid;
	u32 max_vcpus;
	uuid_t uuid;
	/* link in the list of live domains; name: both under the list's mutex */
	struct list_head link;
	char name[LODGE_NAME_SIZE];

	/*
	 * Life cycle.  @lock is a spinlock (taken with interrupts on) and
	 * covers the fields below; @state, @dying and @pause_count are also
	 * read without it by the run loop, which is kicked after each change.
	 */
	spinlock_t lock;
	enum lodge_domain_state state;
	bool dying;
	int pause_count;		/* >0: no vcpu executes */
	bool user_paused;		/* one of @pause_count is the user's */
	u32 shutdown_reason;
	char crash_reason[LODGE_REASON_SIZE];
	struct work_struct end_work;	/* tells user space of the end */

	/* woken when the domain dies, pauses or runs again */
	wait_queue_head_t wait;

	struct lodge_vcpu *vcpu[LODGE_MAX_VCPUS];

	/* the shared_info page: lodge's own, mapped by the guest */
	struct page *shared_info_page;
	struct shared_info *shared_info;

	unsigned long vm_assist;	/* bit per VMASST_TYPE_* */

	struct lodge_mm mm;
	struct lodge_event_table event;
	struct lodge_grant_table grant;
	struct lodge_clock clock;
	struct lodge_console *console;
	struct lodge_store *store;

	struct dentry *debugfs;
};

/* module/domain/domain.c */

/**
 * lodge_domain_create - make an empty, paused domain and list it
 * @args: what it is made of, already bounded
 * @err: where to put a constant sentence on failure, may be NULL
 *
 * Context: process, may sleep.
 * Return: the domain with a reference for the caller, or ERR_PTR: -EEXIST (name),
 * -ENOMEM, -ENOSPC (no domain id free).
 */
struct lodge_domain *lodge_domain_create(const struct lodge_create *args, const char **err);

/**
 * lodge_domain_destroy - end a domain: unlist it, stop its vcpus, release the ring backends
 * @d: the domain; the caller keeps its own reference
 *
 * Idempotent.  On return no vcpu executes and the name is free.
 * Context: process, may sleep.
 */
void lodge_domain_destroy(struct lodge_domain *d);

struct lodge_domain *lodge_domain_find(u32 domid);		/* takes a reference, NULL if none */
struct lodge_domain *lodge_domain_find_name(const char *name);	/* the same */
/* Next listed domain with an id >= @domid, with a reference; NULL at the end. */
struct lodge_domain *lodge_domain_next(u32 domid);
int lodge_domain_rename(struct lodge_domain *d, const char *name);	/* -EEXIST */
void lodge_domain_get(struct lodge_domain *d);
void lodge_domain_put(struct lodge_domain *d);	/* any context but hard irq and NMI */

/* module/domain/pause.c */
void lodge_domain_pause(struct lodge_domain *d);	/* counted; may sleep; on return no vcpu executes */
void lodge_domain_unpause(struct lodge_domain *d);	/* counted; may sleep */
/* The user's pause, idempotent. -ENOEXEC: unpause of an EMPTY domain. May sleep. */
int lodge_domain_user_pause(struct lodge_domain *d, bool pause);
/* Kick every vcpu out of the guest and out of its sleep. Any context. */
void lodge_domain_kick(struct lodge_domain *d);

/* module/domain/crash.c */

/**
 * lodge_domain_crash - a broken guest: keep the first reason, stop its vcpus, tell user space
 * @d: the domain
 * @fmt: one sentence without a newline
 *
 * Context: any but hard irq and NMI. Does not sleep.
 */
void __printf(2, 3) lodge_domain_crash(struct lodge_domain *d, const char *fmt, ...);
/* The guest asked for its end, or the host did on its behalf: reason is SHUTDOWN_*. Same contexts. */
void lodge_domain_shutdown(struct lodge_domain *d, u32 reason);

static inline bool lodge_domain_ended(const struct lodge_domain *d)
{
	return READ_ONCE(d->dying) || READ_ONCE(d->state) >= LODGE_DOMAIN_SHUTDOWN;
}

#endif
