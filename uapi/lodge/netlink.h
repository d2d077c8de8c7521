/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The control interface: generic netlink family "lodge", version 1.
 *
 * Who may use it: every command, dumps included, needs CAP_SYS_ADMIN in the
 * initial user namespace, and so does joining the multicast group "events".
 * The family exists in the initial network namespace only.
 *
 * Errors come back as a netlink error with an extended acknowledgement: one
 * sentence, and the offending attribute where there is one.  A command that
 * fails has changed nothing.
 *
 * LODGE_CMD_DOMAIN_CREATE (do)
 *	Make an empty, paused domain.
 *	in:  NAME (default "domain-<domid>"; -EEXIST if in use), UUID (default
 *	     random), MAX_VCPUS (default 1), MAX_PAGES (required: the ceiling
 *	     of memory), PAGES (default MAX_PAGES: what it starts with),
 *	     SHADOW_MAX (pages, default from MAX_PAGES)
 *	out: DOMID, and all that QUERY answers
 *	The domain has state EMPTY until a boot image is loaded through
 *	/dev/lodge (see lodge/device.h), then READY.
 *
 * LODGE_CMD_DOMAIN_DESTROY (do)
 *	in:  DOMID.  The name is free when the answer comes; the runner's ioctl
 *	returns; the last resources go when the last user of them lets go.
 *
 * LODGE_CMD_DOMAIN_PAUSE, LODGE_CMD_DOMAIN_UNPAUSE (do)
 *	in:  DOMID.  Both are idempotent.  When PAUSE answers no vcpu of the
 *	domain is executing.  UNPAUSE of an EMPTY domain is -ENOEXEC.
 *
 * LODGE_CMD_DOMAIN_QUERY (do with DOMID or NAME; dump)
 *	out: DOMID NAME UUID STATE PAUSED MAX_VCPUS PAGES MAX_PAGES RUNNER_PID
 *	     CPU_TIME CONSOLE_TTY SHUTDOWN_REASON CRASH_REASON SHADOW_PAGES
 *	     SHADOW_MAX (each only where it has a meaning)
 *
 * LODGE_CMD_DOMAIN_SET (do)
 *	in:  DOMID, and any of NAME (rename), SHADOW_MAX, SHUTDOWN_REASON (mark
 *	     as shut down from outside, as if its guest had asked for it)
 *
 * LODGE_CMD_DOMAIN_NTF (multicast, group "events")
 *	out: EVENT and what QUERY answers at that moment.
 */
#ifndef _UAPI_LODGE_NETLINK_H
#define _UAPI_LODGE_NETLINK_H

#define LODGE_GENL_NAME		"lodge"
#define LODGE_GENL_VERSION	1
#define LODGE_GENL_MCGRP_EVENTS	"events"

enum lodge_cmd {
	LODGE_CMD_UNSPEC,
	LODGE_CMD_DOMAIN_CREATE,
	LODGE_CMD_DOMAIN_DESTROY,
	LODGE_CMD_DOMAIN_PAUSE,
	LODGE_CMD_DOMAIN_UNPAUSE,
	LODGE_CMD_DOMAIN_QUERY,
	LODGE_CMD_DOMAIN_SET,
	LODGE_CMD_DOMAIN_NTF,
	__LODGE_CMD_MAX,
};

#define LODGE_CMD_MAX (__LODGE_CMD_MAX - 1)

enum lodge_attr {
	LODGE_A_UNSPEC,
	LODGE_A_PAD,
	LODGE_A_DOMID,			/* u32, 1..LODGE_DOMID_MAX */
	LODGE_A_NAME,			/* string, LODGE_NAME_SIZE */
	LODGE_A_UUID,			/* binary, 16 bytes, as printed left to right */
	LODGE_A_STATE,			/* u32, enum lodge_domain_state */
	LODGE_A_PAUSED,			/* flag */
	LODGE_A_MAX_VCPUS,		/* u32, 1..LODGE_MAX_VCPUS */
	LODGE_A_PAGES,			/* u64, 4 KiB pages of RAM now */
	LODGE_A_MAX_PAGES,		/* u64, 4 KiB pages of RAM at most */
	LODGE_A_RUNNER_PID,		/* u32, pid of the attached runner in the caller's pid namespace */
	LODGE_A_CPU_TIME,		/* u64, ns spent in the guest by all vcpus */
	LODGE_A_CONSOLE_TTY,		/* string, name under /dev */
	LODGE_A_SHUTDOWN_REASON,	/* u32, SHUTDOWN_* of xen/sched.h */
	LODGE_A_CRASH_REASON,		/* string, one sentence */
	LODGE_A_SHADOW_PAGES,		/* u64, shadow page tables now */
	LODGE_A_SHADOW_MAX,		/* u64, shadow page tables at most */
	LODGE_A_EVENT,			/* u32, enum lodge_event */
	__LODGE_A_MAX,
};

#define LODGE_A_MAX (__LODGE_A_MAX - 1)

/**
 * enum lodge_domain_state - where a domain is in its life
 * @LODGE_DOMAIN_EMPTY: created, nothing loaded
 * @LODGE_DOMAIN_READY: has a start of day; runs when unpaused and a runner is there
 * @LODGE_DOMAIN_SHUTDOWN: the guest ended by itself, see SHUTDOWN_REASON
 * @LODGE_DOMAIN_CRASHED: ended by lodge or by the guest's own crash, see CRASH_REASON
 */
enum lodge_domain_state {
	LODGE_DOMAIN_EMPTY = 1,
	LODGE_DOMAIN_READY,
	LODGE_DOMAIN_SHUTDOWN,
	LODGE_DOMAIN_CRASHED,
};

enum lodge_event {
	LODGE_EVENT_CREATED = 1,
	LODGE_EVENT_PAUSED,
	LODGE_EVENT_UNPAUSED,
	LODGE_EVENT_SHUTDOWN,		/* with SHUTDOWN_REASON */
	LODGE_EVENT_CRASHED,		/* with CRASH_REASON */
	LODGE_EVENT_DESTROYED,
	LODGE_EVENT_RENAMED,
	LODGE_EVENT_READY,		/* a start of day has been loaded */
	LODGE_EVENT_RUNNER,		/* a runner attached or went away, see RUNNER_PID */
};

#endif
