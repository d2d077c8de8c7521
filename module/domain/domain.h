/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and vcpus: what a guest is.
 *
 * A domain owns memory (mm/), vcpus, event ports (event/), grants (grant/),
 * a clock (time/), the two ring backends and devices (backend/).  It is made by the
 * control family, outlives the daemon, and ends in two steps: destroy takes
 * its name and stops its vcpus at once; the structure goes with the last
 * reference.
 */
#ifndef LODGE_DOMAIN_H
#define LODGE_DOMAIN_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/uuid.h>
#include <linux/wait.h>

#include <xen/interface/xen.h>

#include <lodge/limits.h>
#include <lodge/netlink.h>

#include "backend/device.h"
#include "debug/log.h"
#include "domain/event_hook.h"
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
	/* changed under the mutex of domain.c and @lock: either is enough to read it */
	char name[LODGE_NAME_SIZE];

	/* one at a time: start of day, the user's pause, destroy.  Outermost lock */
	struct mutex life;
	struct mutex events;		/* orders what is told; covers told_end */
	bool told_end;			/* DESTROYED has been sent */
	struct work_struct free_work;	/* the last put: frees where sleeping is allowed */

	/*
	 * Life cycle.  @lock is irq-safe, nothing is taken inside it, and it
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

	/* woken when a vcpu stops executing, and when the domain ends or dies */
	wait_queue_head_t wait;

	struct lodge_vcpu *vcpu[LODGE_MAX_VCPUS];
	/* start of day, up and down of vcpus; held for short, by threads that run one */
	struct mutex vcpus;

	/* the shared_info page: lodge's own, mapped by the guest */
	struct page *shared_info_page;
	struct shared_info *shared_info;
	u64 shared_info_gfn;		/* its name in the guest */

	unsigned long vm_assist;	/* bit per VMASST_TYPE_* */

	struct lodge_mm mm;
	struct lodge_event_table event;
	struct lodge_grant_table grant;
	struct lodge_clock clock;
	struct lodge_console *console;
	struct lodge_store *store;
	struct lodge_devices devices;

	struct dentry *debugfs;		/* lodge/<domid>, from create to destroy */
	struct lodge_log_line log_line;	/* what it wrote by console_io, up to a newline */
};

/* module/domain/domain.c */

/* Once per load of the module; exit waits for the last resources of ended domains. */
int lodge_domain_init(void);
void lodge_domain_exit(void);

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
 * Idempotent.  On return no thread is inside lodge_vcpu_run() and the name is
 * free.  What happens at this stage and what with the last reference is written
 * in the table of parts in domain.c.
 * Context: process, may sleep; not a thread that runs a vcpu of @d.
 */
void lodge_domain_destroy(struct lodge_domain *d);

struct lodge_domain *lodge_domain_find(u32 domid);	/* takes a reference, NULL if none */
struct lodge_domain *lodge_domain_find_name(const char *name);	/* the same */
/* Next listed domain with an id >= @domid, with a reference; NULL at the end. */
struct lodge_domain *lodge_domain_next(u32 domid);
int lodge_domain_rename(struct lodge_domain *d, const char *name);	/* -EEXIST */
void lodge_domain_get(struct lodge_domain *d);
void lodge_domain_put(struct lodge_domain *d);	/* any context but hard irq and NMI */
/* For crash.c: run end_work, which puts a reference. */
void lodge_domain_queue_end(struct lodge_domain *d);

/* module/domain/pause.c */
/* Counted; may sleep; on return no vcpu executes. Not from a thread that runs one of its vcpus. */
void lodge_domain_pause(struct lodge_domain *d);
void lodge_domain_unpause(struct lodge_domain *d);	/* counted; may sleep */
/* The user's pause, idempotent. -ENOEXEC: unpause of an EMPTY domain. May sleep. */
int lodge_domain_user_pause(struct lodge_domain *d, bool pause);
/* Kick every vcpu out of the guest and out of its sleep. Any context. */
void lodge_domain_kick(struct lodge_domain *d);
/* Wait until no vcpu executes; something must keep them from starting again. May sleep. */
void lodge_domain_wait_stopped(struct lodge_domain *d);

/* module/domain/crash.c */

/**
 * lodge_domain_crash - a broken guest: keep the first reason, stop its vcpus, tell user space
 * @d: the domain
 * @fmt: one sentence without a newline
 *
 * Context: any but hard irq and NMI. Does not sleep.
 */
void __printf(2, 3) lodge_domain_crash(struct lodge_domain *d, const char *fmt, ...);
/* The guest asked for its end, or the host on its behalf: reason is SHUTDOWN_*. Same contexts. */
void lodge_domain_shutdown(struct lodge_domain *d, u32 reason);

/* module/domain/shared_info.c */
int lodge_shared_info_create(struct lodge_domain *d);
void lodge_shared_info_release(struct lodge_domain *d);	/* the guest's name of it goes */
void lodge_shared_info_free(struct lodge_domain *d);

/* module/domain/start.c */

struct lodge_boot;

/**
 * lodge_domain_boot - LODGE_IOC_BOOT: connect the rings, set up vcpu 0, EMPTY to READY
 * @d: the domain, whose memory holds the image
 * @boot: a copy of the caller's request, unchecked
 *
 * Context: process, may sleep.
 * Return: 0, -EBUSY (not EMPTY), -EINVAL, -ENOMEM.
 */
int lodge_domain_boot(struct lodge_domain *d, const struct lodge_boot *boot);

static inline bool lodge_domain_ended(const struct lodge_domain *d)
{
	return READ_ONCE(d->dying) || READ_ONCE(d->state) >= LODGE_DOMAIN_SHUTDOWN;
}

#endif
