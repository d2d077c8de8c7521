/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Ceilings on which the module and its users agree.
 */
#ifndef _UAPI_LODGE_LIMITS_H
#define _UAPI_LODGE_LIMITS_H

/* Domain names: bytes with the terminating NUL; the characters are [A-Za-z0-9_.+:@-]. */
#define LODGE_NAME_SIZE		64
/* Text that says why a domain ended: bytes with the terminating NUL. */
#define LODGE_REASON_SIZE	128
#define LODGE_UUID_SIZE		16

/* Ids of domains: 1..LODGE_DOMID_MAX, given out upwards, reused only after a wrap. */
#define LODGE_DOMID_MAX		32751

/* vcpus a domain may be created with. */
#define LODGE_MAX_VCPUS		32

/* Memory of a domain in pages of 4 KiB: 1 MiB to 256 GiB. */
#define LODGE_MIN_PAGES		256ULL
#define LODGE_MAX_PAGES		(1ULL << 26)

/*
 * Frame numbers from here up name pages that are not RAM of the domain
 * (shared_info, grant table, foreign mappings).  No guest frame of RAM
 * can have such a number.
 */
#define LODGE_SPECIAL_GFN	0x8000000ULL

/* Devices of one domain; queues of one device; pages of one ring. */
#define LODGE_MAX_DEVICES	256
#define LODGE_MAX_QUEUES	8
#define LODGE_MAX_RING_PAGES	16
/* Segments of one request to a block device: feature-max-indirect-segments. */
#define LODGE_BLOCK_SEGMENTS	256

/* Console output that is kept for those who attach later, bytes. */
#define LODGE_CONSOLE_BACKLOG	(64 * 1024)

#endif
