/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of all domains: the backends' side of xenbus.
 *
 * A device is in the module, in the store, and in the table here.  The table can be
 * made again from the other two at any time, since the order of things is: module,
 * store, answer; and for its end: store, module, store.
 *
 *	device.c	the table; the handshake with the frontend
 *	device_add.c	how a device comes to be
 *	device_end.c	how it ends
 */
#ifndef LODGED_DEVICE_H
#define LODGED_DEVICE_H

#include <cjson/cJSON.h>

#include "config/devices.h"
#include "control/devices.h"
#include "lodged/command.h"
#include "lodged/image.h"
#include "lodged/xenbus.h"

/* A frontend has so long to close what the host takes away. */
#define DEVICE_CLOSE_SECONDS	10

enum device_phase {
	DEVICE_OPENING,		/* its image is being opened; the module does not have it */
	DEVICE_SETTING_UP,	/* a script is at work; the frontend has to wait */
	DEVICE_UP,		/* xenbus decides */
	DEVICE_ENDING,		/* the module does not have it any more; a script is at work */
};

/* Once for each request, when it is over; @err NULL: it has succeeded. */
typedef void (*device_done_fn)(void *arg, const struct lodge_dev_id *id,
			       const struct lodge_err *err);

struct device_waiter {
	device_done_fn fn;
	void *arg;
};

/**
 * struct device - one of them
 * @bus: valid in phase UP
 * @disk: while its image is being opened
 * @helper: what image_close() is to be called with in the end
 * @forced: whoever wants it removed does not wait for the frontend
 * @adder, @remover: who wait for that
 * @failure: why it is being taken away before it ever was, or ""
 */
struct device {
	struct device *next;
	struct lodge_dev_id id;
	enum device_phase phase;
	struct xenbus bus;
	struct lodge_disk disk;
	struct image *image;
	struct command *script;
	struct event *timer;
	char helper[IMAGE_HELPER_SIZE];
	bool forced;
	struct device_waiter adder;
	struct device_waiter remover;
	struct lodge_err failure;
};

/* device.c */
void device_init(void);
void device_exit(void);
struct device *device_find(const struct lodge_dev_id *id);
/* With nothing but its id, in the table. */
struct device *device_new(const struct lodge_dev_id *id, enum device_phase phase);
void device_free(struct device *dev);
/* Those of a domain, after @dev (NULL: from the first on). */
struct device *device_next(uint32_t domid, const struct device *dev);
/* From the event loop, if it is there then. */
void device_later(const struct device *dev, void (*fn)(struct device *dev));
/* Its directories are there: begin to deal with its frontend. */
void device_start(struct device *dev);
/* The same after a restart, with what the store says. */
void device_go_on(struct device *dev, const struct lodge_dev *info);
enum xenbus_state device_frontend_state(const struct device *dev);
/* Do what xenbus.h says. */
void device_perform(struct device *dev, unsigned int todo);
void device_on_event(enum lodge_device_event event, const struct lodge_dev *info);
/* The module has just these devices: deal with those that it does not have. */
void device_sync_gone(const struct lodge_dev *list, size_t count);
/* The module has this one. */
void device_sync(const struct lodge_dev *info);
/* It had, a moment ago. */
void device_gone(const struct lodge_dev_id *id);
/* What the store knows of the devices of a domain, as a JSON array. */
cJSON *device_list(uint32_t domid);
int device_resize(const struct lodge_dev_id *id, struct lodge_err *err);

/*
 * device_add.c: @fn is called later, once.  -1 and @err if it is refused at once.  What
 * is added goes into no configuration: that is the caller's.
 */
int device_add_disk(uint32_t domid, const struct lodge_disk *disk, device_done_fn fn, void *arg,
		    struct lodge_err *err);
int device_add_vif(uint32_t domid, const struct lodge_vif *vif, device_done_fn fn, void *arg,
		   struct lodge_err *err);
/* One that the module has and others have made. */
void device_adopt(const struct lodge_dev *info);
/* Its script has not come to an end in an earlier life of lodged. */
void device_set_up_again(struct device *dev);

/* device_end.c */
/* Ask the frontend to let go, or with @force do not.  As device_add_disk(). */
int device_remove(const struct lodge_dev_id *id, bool force, device_done_fn fn, void *arg,
		  struct lodge_err *err);
/* Have the module remove it, and then the rest. */
void device_end(struct device *dev);
/* The module does not have it any more. */
void device_vanished(struct device *dev);
/* A domain and all of its devices are gone from the module. */
void device_domain_gone(uint32_t domid);

#endif
