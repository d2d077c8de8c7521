/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices: what block and net backends have in common.
 *
 * A device is made by the toolstack, lives until it removes it or the domain is
 * destroyed, and meanwhile serves one frontend after the other.  What a type
 * does is in its operations; device.c keeps the list and the order of calls.
 *
 *	create -> [connect -> disconnect]... -> remove ... free
 *
 * Requests that were taken from a frontend may take as long as the host's disk
 * pleases.  So nothing waits for them: each holds what it needs by a reference
 * (pages of grants by the connection, the connection by the device, the device
 * by device.ref, the domain by the device), and disconnect, remove and destroy
 * of the domain only see to it that no new ones are taken.
 */
#ifndef LODGE_BACKEND_DEVICE_H
#define LODGE_BACKEND_DEVICE_H

#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <lodge/limits.h>
#include <lodge/netlink.h>

struct file;
struct lodge_device;
struct lodge_domain;

/* Part of a domain. */
struct lodge_devices {
	/*
	 * Covers the list and the state of devices; held over every operation of
	 * theirs but free, so that these come one at a time.  Never taken by a
	 * vcpu's thread.
	 */
	struct mutex lock;
	struct list_head list;		/* in the order they were added */
	u32 count;
	bool dying;			/* destroyed: nothing is added any more */
};

/* What a device is to be, or what of it is to change: copied and bounded by the caller. */
struct lodge_device_config {
	enum lodge_device_type type;
	u32 id;
	struct {
		struct file *file;	/* with a reference of the caller's; NULL: none was given */
		bool read_only;
		bool resized;
	} block;
	struct {
		char ifname[IFNAMSIZ];	/* empty: the default */
		u8 mac[ETH_ALEN];
		bool has_rate;
		u64 rate;		/* bytes a second, 0: no limit */
		u32 rate_us;		/* 0: the default */
	} net;
};

struct lodge_frontend_queue {
	u32 nr_refs, nr_rx_refs;
	u32 ref[LODGE_MAX_RING_PAGES];
	u32 rx_ref[LODGE_MAX_RING_PAGES];
	u32 port, rx_port;		/* @rx_port 0: the same */
};

/* What a frontend has published; numbers are the guest's and unchecked. */
struct lodge_frontend {
	u32 features;
	u32 nr_queues;
	struct lodge_frontend_queue queue[LODGE_MAX_QUEUES];
};

/* What is told about a device; zero where it has no meaning. */
struct lodge_device_info {
	u32 features;
	u32 max_queues;
	u32 max_ring_order;
	struct {
		u64 sectors;
		u32 sector_size, physical_sector_size;
		u32 discard_granularity, discard_alignment;
		bool read_only, flush, discard;
	} block;
	struct {
		char ifname[IFNAMSIZ];
		u32 ifindex;
		u8 mac[ETH_ALEN];
		u64 rate;
		u32 rate_us;
	} net;
	u64 in_bytes, out_bytes, in_requests, out_requests, errors, in_flight;
};

/**
 * struct lodge_device_ops - a type of device
 * @name: for logs
 * @prepare: what may take as long as the host's disk pleases, before @create and
 *	without a lock; may be NULL.  0 or an errno, with a constant sentence in *err.
 * @create: a new one of that type, with nothing set but what is the type's own.
 *	ERR_PTR on failure, with a constant sentence in *err.
 * @connect: start to serve a frontend.  0 or an errno, with a constant sentence in *err.
 * @disconnect: stop it, as the comment of this file says; the frontend's ports
 *	are unbound and its rings let go of once the last request has ended.
 *	Called only after a successful @connect.
 * @set: change it.  0 or an errno, with a constant sentence in *err.
 * @describe: fill in what is known
 * @remove: no more use of host resources but by requests under way; disconnected
 * @free: with the last reference; process context
 *
 * All may sleep.  All but @free and @describe are called under devices.lock;
 * @describe comes at any time before @free.
 */
struct lodge_device_ops {
	const char *name;
	int (*prepare)(const struct lodge_device_config *config, const char **err);
	struct lodge_device *(*create)(struct lodge_domain *d,
				       const struct lodge_device_config *config,
				       const char **err);
	int (*connect)(struct lodge_device *dev, const struct lodge_frontend *fe,
		       const char **err);
	void (*disconnect)(struct lodge_device *dev);
	int (*set)(struct lodge_device *dev, const struct lodge_device_config *config,
		   const char **err);
	void (*describe)(struct lodge_device *dev, struct lodge_device_info *info);
	void (*remove)(struct lodge_device *dev);
	void (*free)(struct lodge_device *dev);
};

/* First member, or embedded, in what a type allocates. */
struct lodge_device {
	struct kref ref;		/* the list's; one for each connection, request, lookup */
	struct list_head link;
	struct lodge_domain *domain;	/* with a reference, until free */
	const struct lodge_device_ops *ops;
	enum lodge_device_type type;
	u32 id;
	enum lodge_device_state state;
	bool removed;
	unsigned long breaking;		/* bit 0: a reason has been given */
	char reason[LODGE_REASON_SIZE];
	struct work_struct break_work;
	struct work_struct free_work;
};

/* Parts of a domain's life, see domain.c. */
int lodge_devices_create(struct lodge_domain *d);
void lodge_devices_destroy(struct lodge_domain *d);

/*
 * The toolstack's requests, see lodge/netlink.h for errors; *err is a constant
 * sentence or untouched.  Process context, may sleep.
 */
int lodge_device_add(struct lodge_domain *d, const struct lodge_device_config *config,
		     struct lodge_device **added, const char **err);	/* with a reference */
int lodge_device_remove(struct lodge_device *dev);
int lodge_device_connect(struct lodge_device *dev, const struct lodge_frontend *fe,
			 const char **err);
void lodge_device_disconnect(struct lodge_device *dev);
int lodge_device_set(struct lodge_device *dev, const struct lodge_device_config *config,
		     const char **err);
/* Copies of state and reason (LODGE_REASON_SIZE) go with the description. */
void lodge_device_describe(struct lodge_device *dev, struct lodge_device_info *info,
			   enum lodge_device_state *state, char *reason);

/* With a reference, or NULL. */
struct lodge_device *lodge_device_find(struct lodge_domain *d, u32 type, u32 id);
/* The @n-th in the list, with a reference, or NULL. */
struct lodge_device *lodge_device_nth(struct lodge_domain *d, u32 n);

void lodge_device_get(struct lodge_device *dev);
/* Any context. */
void lodge_device_put(struct lodge_device *dev);

/**
 * lodge_device_break - the frontend broke the protocol: keep the first reason, disconnect soon
 * @dev: the device, connected
 * @fmt: one sentence without a newline
 *
 * Context: any but NMI.  One line goes to the host's log, an event to user space.
 */
void __printf(2, 3) lodge_device_break(struct lodge_device *dev, const char *fmt, ...);

typedef void (*lodge_device_hook)(struct lodge_device *dev, enum lodge_device_event event);

/* Who is told of events, in process context; set while there is no device. */
void lodge_device_set_hook(lodge_device_hook hook);

/* Tell user space of something that happened to it. Process context, may sleep. */
void lodge_device_event(struct lodge_device *dev, enum lodge_device_event event);

#endif
