/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control family as functions; see lodge/netlink.h for what they mean.
 *
 * Calls block until the kernel has answered.  All return 0 or -1 with a
 * sentence in @err, which contains the kernel's own words where it sent some,
 * and the errno in err->code (ESRCH: no such domain, EEXIST: name in use).
 * Not to be used by two threads at once; any number of connections is fine.
 */
#ifndef LODGE_CONTROL_CONTROL_H
#define LODGE_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lodge/limits.h>
#include <lodge/netlink.h>

#include "common/err.h"

struct lodge_control;

/**
 * struct lodge_domain - what the kernel tells about a domain
 * @runner_pid: 0 if no runner is attached
 * @shutdown_reason: SHUTDOWN_* of xen/sched.h, or -1
 * @crash_reason: "" if there is none
 * @console_tty: "" if there is none
 * @online_vcpus: that the guest has brought up
 * @active_vcpus: of these, that execute or could
 */
struct lodge_domain {
	uint32_t domid;
	char name[LODGE_NAME_SIZE];
	uint8_t uuid[LODGE_UUID_SIZE];
	uint32_t state;
	bool paused;
	uint32_t max_vcpus;
	uint64_t pages;
	uint64_t max_pages;
	uint32_t runner_pid;
	uint64_t cpu_time;
	char console_tty[64];
	int32_t shutdown_reason;
	char crash_reason[LODGE_REASON_SIZE];
	uint64_t shadow_pages;
	uint64_t shadow_max;
	uint32_t online_vcpus;
	uint32_t active_vcpus;
};

/**
 * struct lodge_vcpu - what the kernel tells about a vcpu
 * @state: enum lodge_vcpu_state
 * @cpu: of the host, where it is or was; -1 if it never was on one
 * @cpu_time: ns
 */
struct lodge_vcpu {
	uint32_t id;
	uint32_t state;
	int32_t cpu;
	uint64_t cpu_time;
};

/**
 * struct lodge_create - what a new domain is to be
 * @name: NULL for the kernel's default
 * @uuid: NULL for a random one
 * @max_vcpus: 0 for the default
 * @pages: 0 for @max_pages
 * @shadow_max: 0 for the default
 */
struct lodge_create {
	const char *name;
	const uint8_t *uuid;
	uint32_t max_vcpus;
	uint64_t pages;
	uint64_t max_pages;
	uint64_t shadow_max;
};

struct lodge_control *lodge_control_open(struct lodge_err *err);
void lodge_control_close(struct lodge_control *c);

int lodge_control_create(struct lodge_control *c, const struct lodge_create *what,
			 struct lodge_domain *made, struct lodge_err *err);
int lodge_control_destroy(struct lodge_control *c, uint32_t domid, struct lodge_err *err);
int lodge_control_pause(struct lodge_control *c, uint32_t domid, struct lodge_err *err);
int lodge_control_unpause(struct lodge_control *c, uint32_t domid, struct lodge_err *err);

int lodge_control_query(struct lodge_control *c, uint32_t domid,
			struct lodge_domain *d, struct lodge_err *err);
int lodge_control_query_name(struct lodge_control *c, const char *name,
			     struct lodge_domain *d, struct lodge_err *err);
/* @text is an id, or else a name. */
int lodge_control_find(struct lodge_control *c, const char *text,
		       struct lodge_domain *d, struct lodge_err *err);
/* All vcpus of a domain, at most LODGE_MAX_VCPUS. */
int lodge_control_vcpus(struct lodge_control *c, uint32_t domid, struct lodge_vcpu *list,
			size_t *count, struct lodge_err *err);
/* All domains by ascending id; free() the list. */
int lodge_control_list(struct lodge_control *c, struct lodge_domain **list,
		       size_t *count, struct lodge_err *err);

int lodge_control_rename(struct lodge_control *c, uint32_t domid, const char *name,
			 struct lodge_err *err);
/* As if the guest had asked for it. */
int lodge_control_set_shutdown(struct lodge_control *c, uint32_t domid, uint32_t reason,
			       struct lodge_err *err);
int lodge_control_set_shadow_max(struct lodge_control *c, uint32_t domid, uint64_t pages,
				 struct lodge_err *err);

/* Words for lists and logs; never NULL. */
const char *lodge_state_name(uint32_t state);
const char *lodge_vcpu_state_name(uint32_t state);
const char *lodge_event_name(uint32_t event);
const char *lodge_shutdown_reason_name(int32_t reason);

/*
 * Events.  Subscribe first, then list, so that nothing falls between; poll
 * the descriptor for reading and call lodge_events_dispatch(), which delivers
 * what has come and does not block.  When it fails with ENOBUFS, events were
 * lost: the subscription goes on, list again.
 */
struct lodge_events;

typedef void (*lodge_event_fn)(void *arg, enum lodge_event event,
			       const struct lodge_domain *d);

struct lodge_events *lodge_events_open(lodge_event_fn fn, void *arg, struct lodge_err *err);
int lodge_events_fd(const struct lodge_events *e);
int lodge_events_dispatch(struct lodge_events *e, struct lodge_err *err);
void lodge_events_close(struct lodge_events *e);

#endif
