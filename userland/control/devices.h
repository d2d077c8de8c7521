/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The DEVICE_* commands of the control family as functions: the host's ends of
 * split drivers.  As in control.h: 0 or -1, a sentence, and the errno in err->code
 * (ENODEV: the domain has no such device, EEXIST: it has one, EBUSY: connected).
 */
#ifndef LODGE_CONTROL_DEVICES_H
#define LODGE_CONTROL_DEVICES_H

#include <net/if.h>

#include "control/control.h"

/* Which device. */
struct lodge_dev_id {
	uint32_t domid;
	uint32_t type;		/* enum lodge_device_type */
	uint32_t id;
};

/**
 * struct lodge_dev - what the kernel tells about a device
 * @reason: why it is broken, "" if it is not
 * @in_bytes: to the guest; out: from it
 */
struct lodge_dev {
	struct lodge_dev_id id;
	uint32_t state;		/* enum lodge_device_state */
	char reason[LODGE_REASON_SIZE];
	uint32_t features;
	uint32_t max_queues;
	uint32_t max_ring_order;

	uint64_t sectors;	/* of 512 bytes */
	uint32_t sector_size;
	uint32_t physical_sector_size;
	uint32_t discard_granularity;
	uint32_t discard_alignment;
	bool read_only, flush, discard;

	char ifname[IFNAMSIZ];
	uint32_t ifindex;
	uint8_t mac[6];
	uint64_t rate;		/* bytes per second, 0: no limit */
	uint32_t rate_us;

	uint64_t in_bytes, out_bytes;
	uint64_t in_requests, out_requests;
	uint64_t errors;
	uint64_t in_flight;
};

/**
 * struct lodge_frontend - what a frontend has published
 * @rx_port: 0: the same as @port
 */
struct lodge_frontend {
	uint32_t features;
	uint32_t nr_queues;
	struct lodge_frontend_queue {
		uint32_t nr_refs, nr_rx_refs;
		uint32_t ref[LODGE_MAX_RING_PAGES];
		uint32_t rx_ref[LODGE_MAX_RING_PAGES];
		uint32_t port, rx_port;
	} queue[LODGE_MAX_QUEUES];
};

/* @fd is the caller's to close: the kernel keeps the file by itself. */
int lodge_dev_add_block(struct lodge_control *c, uint32_t domid, uint32_t id, int fd,
			bool read_only, struct lodge_dev *made, struct lodge_err *err);
/* @ifname "": the default; @rate 0: no limit; @rate_us 0: the default */
int lodge_dev_add_net(struct lodge_control *c, uint32_t domid, uint32_t id, const char *ifname,
		      const uint8_t mac[6], uint64_t rate, uint32_t rate_us,
		      struct lodge_dev *made, struct lodge_err *err);
int lodge_dev_remove(struct lodge_control *c, const struct lodge_dev_id *id,
		     struct lodge_err *err);
int lodge_dev_connect(struct lodge_control *c, const struct lodge_dev_id *id,
		      const struct lodge_frontend *fe, struct lodge_err *err);
int lodge_dev_disconnect(struct lodge_control *c, const struct lodge_dev_id *id,
			 struct lodge_err *err);
/* Have the kernel look at the size of a block device again. */
int lodge_dev_resized(struct lodge_control *c, const struct lodge_dev_id *id,
		      struct lodge_err *err);
int lodge_dev_set_rate(struct lodge_control *c, const struct lodge_dev_id *id, uint64_t rate,
		       uint32_t rate_us, struct lodge_err *err);
int lodge_dev_query(struct lodge_control *c, const struct lodge_dev_id *id,
		    struct lodge_dev *dev, struct lodge_err *err);
/* Those of a domain, or of all if @domid is 0, in order of domain, type and id; free() the list. */
int lodge_dev_list(struct lodge_control *c, uint32_t domid, struct lodge_dev **list,
		   size_t *count, struct lodge_err *err);

/* "vbd", "vif": the words of the store; never NULL. */
const char *lodge_dev_type_name(uint32_t type);
/* 0 if it is none */
uint32_t lodge_dev_type(const char *name);
const char *lodge_dev_state_name(uint32_t state);
const char *lodge_dev_event_name(uint32_t event);

typedef void (*lodge_dev_event_fn)(void *arg, enum lodge_device_event event,
				   const struct lodge_dev *dev);

/* Events about devices come through the subscription @e, too, with its argument. */
void lodge_events_on_device(struct lodge_events *e, lodge_dev_event_fn fn);

#endif
