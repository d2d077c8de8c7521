/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/lodge: the bulk interface beside the netlink family.
 *
 * Opening it, and every ioctl that makes a new descriptor, needs CAP_SYS_ADMIN
 * in the initial user namespace.  A descriptor once made is the authority by
 * itself: whoever holds it may use it, with no other privilege.
 *
 * read() on /dev/lodge itself yields the hypervisor's log as text, from the
 * oldest line that is kept; at its end it returns 0, poll() reports when more
 * has come.  Each opener has its own position.
 *
 * Domain descriptor (LODGE_IOC_OPEN_DOMAIN)
 *	mmap(): the domain's memory; offset = frame number * 4096, MAP_SHARED
 *	only, up to max_pages * 4096.  All of it can be mapped before and after
 *	the boot image is loaded.  ioctls: LODGE_IOC_INFO, _BOOT, _ATTACH, _RUN,
 *	_CONSOLE, _STORE.  poll(): POLLHUP when the domain has been destroyed.
 *
 * Console descriptor (LODGE_IOC_CONSOLE)
 *	read(): what the domain wrote, from the oldest byte kept; each
 *	descriptor has its own position.  0 means the domain was destroyed and
 *	all was read.  write(): input.  poll(), O_NONBLOCK.
 *
 * Store descriptor (LODGE_IOC_STORE)
 *	The xenstore ring of the domain, as whole messages.  read() yields the
 *	oldest request that is not yet answered (struct xsd_sockmsg and its
 *	payload) and yields the same again until LODGE_IOC_STORE_REPLY consumes
 *	it: so a daemon can die at any point and its successor finds the
 *	request again.  One descriptor at a time (-EBUSY).  poll(): POLLIN when
 *	there is a request, POLLOUT when a reply can be queued, POLLHUP when
 *	the domain was destroyed or broke the protocol.
 */
#ifndef _UAPI_LODGE_DEVICE_H
#define _UAPI_LODGE_DEVICE_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define LODGE_DEVICE	"/dev/lodge"

#define LODGE_NO_GFN	(~0ULL)

/**
 * struct lodge_info - LODGE_IOC_INFO
 * @domid: id of the domain
 * @max_vcpus: vcpus it was created with
 * @pages: 4 KiB pages of RAM; frames 0..pages-1 exist when it is EMPTY
 * @max_pages: ceiling of @pages
 * @shared_info_gfn: frame number of shared_info, for start_info.shared_info
 * @console_port: event channel of the console ring, for start_info
 * @store_port: event channel of the xenstore ring, for start_info
 * @state: enum lodge_domain_state
 */
struct lodge_info {
	__u32 domid;
	__u32 max_vcpus;
	__u64 pages;
	__u64 max_pages;
	__u64 shared_info_gfn;
	__u32 console_port;
	__u32 store_port;
	__u32 state;
	__u32 pad;
};

/**
 * struct lodge_boot - LODGE_IOC_BOOT: the start of day of vcpu 0
 * @rip: entry point
 * @rsp: top of the boot stack
 * @rsi: address of start_info
 * @cr3_gfn: frame of the boot L4; it is marked as pinned
 * @console_gfn: frame of the console ring, or LODGE_NO_GFN
 * @store_gfn: frame of the xenstore ring, or LODGE_NO_GFN
 * @hypercall_gfn: frame to fill with hypercall stubs, or LODGE_NO_GFN
 * @reserved: must be zero
 *
 * Only in state EMPTY (else -EBUSY); moves the domain to READY.  -EINVAL if a
 * frame is not RAM, used twice, zero where zero means none, or an address is
 * not canonical.  The rings are taken from zeroed pages and never move.
 */
struct lodge_boot {
	__u64 rip;
	__u64 rsp;
	__u64 rsi;
	__u64 cr3_gfn;
	__u64 console_gfn;
	__u64 store_gfn;
	__u64 hypercall_gfn;
	__u64 reserved[5];
};

/**
 * struct lodge_attach - LODGE_IOC_ATTACH: this process runs the domain
 * @hva: where it has mapped the memory of the domain, whole, from frame 0
 * @size: bytes mapped there: max_pages * 4096
 *
 * -EBUSY if another process is attached.  Ends with the process's address
 * space.  Memory is charged to the cgroup of the process that first touches it.
 */
struct lodge_attach {
	__u64 hva;
	__u64 size;
};

/**
 * struct lodge_run - LODGE_IOC_RUN: execute a vcpu on this thread
 * @vcpu: which
 * @exit: enum lodge_run_exit, written on success
 *
 * Sleeps while the vcpu is blocked, down, or the domain paused.  -EINTR on a
 * signal (call again: the vcpu stands at an instruction boundary); -EPERM if
 * the caller's address space is not the attached one; -EBUSY if another thread
 * runs this vcpu; -EFAULT if the memory of the domain is no longer mapped;
 * -ENOEXEC in state EMPTY.
 */
struct lodge_run {
	__u32 vcpu;
	__u32 exit;
};

/**
 * enum lodge_run_exit - why LODGE_IOC_RUN returned
 * @LODGE_RUN_ENDED: the domain has shut down or crashed; the caller can end
 * @LODGE_RUN_DESTROYED: the domain was destroyed; the caller must end
 */
enum lodge_run_exit {
	LODGE_RUN_ENDED = 1,
	LODGE_RUN_DESTROYED,
};

/**
 * struct lodge_store_reply - LODGE_IOC_STORE_REPLY
 * @buf: address of whole messages to send to the guest, in order
 * @len: bytes at @buf, at most 64 KiB; may be 0
 * @flags: LODGE_STORE_CONSUME: the pending request has been dealt with
 *
 * Both happen or neither.  -EAGAIN if the queue towards the guest is full (wait
 * for POLLOUT); -EINVAL if @buf does not hold whole messages, or there is
 * nothing to consume; -EPIPE when the domain was destroyed.
 */
struct lodge_store_reply {
	__u64 buf;
	__u32 len;
	__u32 flags;
};

#define LODGE_STORE_CONSUME	1

#define LODGE_IOC_MAGIC		0xb5
/* on /dev/lodge: argument is the domain id, result a domain descriptor; -ESRCH if there is none */
#define LODGE_IOC_OPEN_DOMAIN	_IO(LODGE_IOC_MAGIC, 0)
/* on a domain descriptor */
#define LODGE_IOC_INFO		_IOR(LODGE_IOC_MAGIC, 1, struct lodge_info)
#define LODGE_IOC_BOOT		_IOW(LODGE_IOC_MAGIC, 2, struct lodge_boot)
#define LODGE_IOC_ATTACH	_IOW(LODGE_IOC_MAGIC, 3, struct lodge_attach)
#define LODGE_IOC_RUN		_IOWR(LODGE_IOC_MAGIC, 4, struct lodge_run)
/* result: a console descriptor, or a store descriptor */
#define LODGE_IOC_CONSOLE	_IO(LODGE_IOC_MAGIC, 5)
#define LODGE_IOC_STORE		_IO(LODGE_IOC_MAGIC, 6)
/* on a store descriptor */
#define LODGE_IOC_STORE_REPLY	_IOW(LODGE_IOC_MAGIC, 7, struct lodge_store_reply)

#endif
