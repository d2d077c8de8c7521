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
 *	     SHADOW_MAX ONLINE_VCPUS ACTIVE_VCPUS (each only where it has a
 *	     meaning), VCPU { ID STATE CPU CPU_TIME } for each
 *
 * LODGE_CMD_DOMAIN_SET (do)
 *	in:  DOMID, and any of NAME (rename), SHUTDOWN_REASON (mark as shut down
 *	     from outside, as if its guest had asked for it; -EINVAL for suspend).
 *	SHADOW_MAX is -EOPNOTSUPP: it cannot be changed.
 *
 * LODGE_CMD_DOMAIN_NTF (multicast, group "events")
 *	out: EVENT and what QUERY answers at that moment, but for VCPU.
 *
 * Devices.  A device is the host's end (backend) of a split driver.  It is named
 * by DOMID and, nested in DEVICE (enum lodge_device_attr), TYPE and ID.  The
 * handshake with the guest's end (frontend) through the store is user space's:
 * the module is told its outcome.
 *
 * LODGE_CMD_DEVICE_ADD (do)
 *	Make a device without a frontend.
 *	in:  DOMID, DEVICE { TYPE, ID, and
 *	     block: FD (required: descriptor of the caller's, of a block device or
 *	     a regular file, opened for reading, and for writing unless
 *	     READ_ONLY; the module keeps it), READ_ONLY
 *	     net: IFNAME (default vif<domid>.<id>), MAC (of the guest's end, default
 *	     random in 00:16:3e; the host's end is fe:ff:ff:ff:ff:ff), RATE,
 *	     RATE_INTERVAL (default 50000) }
 *	out: what QUERY answers
 *	-EEXIST if there is one, -EOPNOTSUPP if the type is not known, -ENOSPC if
 *	the domain has LODGE_MAX_DEVICES.  All other commands about a device are
 *	-ENODEV if there is none.
 *
 * LODGE_CMD_DEVICE_REMOVE (do)
 *	in:  DOMID, DEVICE { TYPE, ID }.  Disconnects first.  The device is gone
 *	when the answer comes; what is under way on its behalf in the host may
 *	end later, and holds the module until then.
 *
 * LODGE_CMD_DEVICE_CONNECT (do)
 *	The frontend has published its rings.
 *	in:  DOMID, DEVICE { TYPE, ID, FEATURES (LODGE_BLOCK_F_*, LODGE_NET_F_*:
 *	     what the frontend asked for), QUEUE, one for each:
 *	     { RING_REFS, PORT and, net only, RX_RING_REFS, RX_PORT } }
 *	-EBUSY if it is connected; -EINVAL if the rings or ports are not what
 *	they should be.  Nothing is kept after a failure.
 *
 * LODGE_CMD_DEVICE_DISCONNECT (do)
 *	in:  DOMID, DEVICE { TYPE, ID }.  Idempotent.  When the answer comes no
 *	request is taken from the rings any more, whatever the guest does, and a
 *	new frontend can connect; requests that were taken end on their own.
 *
 * LODGE_CMD_DEVICE_SET (do)
 *	in:  DOMID, DEVICE { TYPE, ID, and
 *	     block: RESIZED (look at the size again)
 *	     net: RATE, and RATE_INTERVAL with it }
 *	-EINVAL if there is nothing to change.
 *
 * LODGE_CMD_DEVICE_QUERY (do with DOMID and DEVICE { TYPE, ID }; dump, of all or
 * of DOMID)
 *	out: DOMID, DEVICE { TYPE ID STATE REASON, counters, and of block: SECTORS
 *	     SECTOR_SIZE PHYSICAL_SECTOR_SIZE FLUSH DISCARD DISCARD_GRANULARITY
 *	     DISCARD_ALIGNMENT READ_ONLY; of net: IFNAME IFINDEX MAC RATE
 *	     RATE_INTERVAL; MAX_QUEUES, MAX_RING_ORDER, FEATURES that it offers }
 *
 * LODGE_CMD_DEVICE_NTF (multicast, group "events")
 *	out: DEVICE_EVENT and what QUERY answers at that moment.
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
	LODGE_CMD_DEVICE_ADD,
	LODGE_CMD_DEVICE_REMOVE,
	LODGE_CMD_DEVICE_CONNECT,
	LODGE_CMD_DEVICE_DISCONNECT,
	LODGE_CMD_DEVICE_SET,
	LODGE_CMD_DEVICE_QUERY,
	LODGE_CMD_DEVICE_NTF,
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
	LODGE_A_DEVICE,			/* nested, enum lodge_device_attr */
	LODGE_A_DEVICE_EVENT,		/* u32, enum lodge_device_event */
	LODGE_A_ONLINE_VCPUS,		/* u32, vcpus that the guest has brought up */
	LODGE_A_ACTIVE_VCPUS,		/* u32, of these, those that execute or could */
	LODGE_A_VCPU,			/* nested, enum lodge_vcpu_attr; as often as needed */
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

/* What VCPU holds. */
enum lodge_vcpu_attr {
	LODGE_VCPU_A_UNSPEC,
	LODGE_VCPU_A_PAD,
	LODGE_VCPU_A_ID,		/* u32 */
	LODGE_VCPU_A_STATE,		/* u32, enum lodge_vcpu_state */
	LODGE_VCPU_A_CPU,		/* u32, host CPU it is or was on; absent if it never was */
	LODGE_VCPU_A_CPU_TIME,		/* u64, ns spent in the guest */
	__LODGE_VCPU_A_MAX,
};

#define LODGE_VCPU_A_MAX (__LODGE_VCPU_A_MAX - 1)

/**
 * enum lodge_vcpu_state - what a vcpu is doing
 * @LODGE_VCPU_OFFLINE: the guest has not brought it up, or has taken it down
 * @LODGE_VCPU_BLOCKED: waits for an event
 * @LODGE_VCPU_RUNNABLE: could execute, and waits for a CPU, a runner, or the end of a pause
 * @LODGE_VCPU_RUNNING: is on a CPU
 */
enum lodge_vcpu_state {
	LODGE_VCPU_OFFLINE = 1,
	LODGE_VCPU_BLOCKED,
	LODGE_VCPU_RUNNABLE,
	LODGE_VCPU_RUNNING,
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

/* What DEVICE holds. */
enum lodge_device_attr {
	LODGE_DEVICE_A_UNSPEC,
	LODGE_DEVICE_A_PAD,
	LODGE_DEVICE_A_TYPE,		/* u32, enum lodge_device_type */
	LODGE_DEVICE_A_ID,		/* u32; block: the guest's device number, net: from 0 */
	LODGE_DEVICE_A_STATE,		/* u32, enum lodge_device_state */
	LODGE_DEVICE_A_REASON,		/* string, one sentence: why it is BROKEN */
	LODGE_DEVICE_A_FEATURES,	/* u32, bits LODGE_BLOCK_F_* or LODGE_NET_F_* */
	LODGE_DEVICE_A_MAX_QUEUES,	/* u32 */
	LODGE_DEVICE_A_MAX_RING_ORDER,	/* u32, pages of one ring as a power of two */
	LODGE_DEVICE_A_QUEUE,		/* nested, enum lodge_queue_attr; as often as needed */

	/* block */
	LODGE_DEVICE_A_FD,		/* u32, descriptor of the caller's */
	LODGE_DEVICE_A_READ_ONLY,	/* flag */
	LODGE_DEVICE_A_RESIZED,		/* flag */
	LODGE_DEVICE_A_SECTORS,		/* u64, of 512 bytes */
	LODGE_DEVICE_A_SECTOR_SIZE,	/* u32, bytes */
	LODGE_DEVICE_A_PHYSICAL_SECTOR_SIZE, /* u32, bytes */
	LODGE_DEVICE_A_FLUSH,		/* flag: there is a cache to flush */
	LODGE_DEVICE_A_DISCARD,		/* flag */
	LODGE_DEVICE_A_DISCARD_GRANULARITY, /* u32, bytes */
	LODGE_DEVICE_A_DISCARD_ALIGNMENT, /* u32, bytes */

	/* net */
	LODGE_DEVICE_A_IFNAME,		/* string, IFNAMSIZ */
	LODGE_DEVICE_A_IFINDEX,		/* u32, in the namespace it was made in */
	LODGE_DEVICE_A_MAC,		/* binary, 6 bytes */
	LODGE_DEVICE_A_RATE,		/* u64, bytes per second from the guest, 0: no limit */
	LODGE_DEVICE_A_RATE_INTERVAL,	/* u32, microseconds in which it is averaged */

	/* counters since the device was made, u64; in: to the guest, out: from it */
	LODGE_DEVICE_A_IN_BYTES,
	LODGE_DEVICE_A_OUT_BYTES,
	LODGE_DEVICE_A_IN_REQUESTS,	/* net: packets */
	LODGE_DEVICE_A_OUT_REQUESTS,
	LODGE_DEVICE_A_ERRORS,
	LODGE_DEVICE_A_IN_FLIGHT,	/* requests taken and not yet answered */
	__LODGE_DEVICE_A_MAX,
};

#define LODGE_DEVICE_A_MAX (__LODGE_DEVICE_A_MAX - 1)

/* What QUEUE holds. */
enum lodge_queue_attr {
	LODGE_QUEUE_A_UNSPEC,
	LODGE_QUEUE_A_RING_REFS,	/* binary, u32 grant references in order; net: of tx */
	LODGE_QUEUE_A_PORT,		/* u32, event channel; net: of tx, or of both */
	LODGE_QUEUE_A_RX_RING_REFS,	/* binary */
	LODGE_QUEUE_A_RX_PORT,		/* u32; default PORT */
	__LODGE_QUEUE_A_MAX,
};

#define LODGE_QUEUE_A_MAX (__LODGE_QUEUE_A_MAX - 1)

enum lodge_device_type {
	LODGE_DEVICE_BLOCK = 1,
	LODGE_DEVICE_NET,
};

/**
 * enum lodge_device_state - what a device is doing
 * @LODGE_DEVICE_CLOSED: has no frontend
 * @LODGE_DEVICE_CONNECTED: serves one
 * @LODGE_DEVICE_BROKEN: its frontend broke the protocol, see REASON; as CLOSED otherwise
 */
enum lodge_device_state {
	LODGE_DEVICE_CLOSED = 1,
	LODGE_DEVICE_CONNECTED,
	LODGE_DEVICE_BROKEN,
};

enum lodge_device_event {
	LODGE_DEVICE_EVENT_ADDED = 1,
	LODGE_DEVICE_EVENT_CONNECTED,
	LODGE_DEVICE_EVENT_DISCONNECTED,
	LODGE_DEVICE_EVENT_BROKEN,	/* with REASON */
	LODGE_DEVICE_EVENT_RESIZED,
	LODGE_DEVICE_EVENT_REMOVED,
	LODGE_DEVICE_EVENT_ERROR,	/* block: the host's device failed for the first time */
};

/* FEATURES of a frontend, and those that a device offers */
#define LODGE_BLOCK_F_PERSISTENT	(1 << 0)	/* feature-persistent */

#define LODGE_NET_F_SG			(1 << 0)	/* feature-sg */
#define LODGE_NET_F_GSO_TCPV4		(1 << 1)	/* feature-gso-tcpv4 */
#define LODGE_NET_F_GSO_TCPV6		(1 << 2)	/* feature-gso-tcpv6 */
#define LODGE_NET_F_NO_CSUM		(1 << 3)	/* feature-no-csum-offload */
#define LODGE_NET_F_IPV6_CSUM		(1 << 4)	/* feature-ipv6-csum-offload */
#define LODGE_NET_F_XDP_HEADROOM	(1 << 5)	/* xdp-headroom is not 0 */

#endif
