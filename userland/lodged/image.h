/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what a configuration says of a disk to a descriptor for the module.
 *
 * Block devices and raw files are opened.  Other formats are read by qemu-nbd, which
 * makes a block device of them and lives as long as the disk is attached.  Who
 * writes has the image for itself, those who only read share it: by O_EXCL on block
 * devices, by flock() on files, whose lock goes with the file that the module keeps.
 */
#ifndef LODGED_IMAGE_H
#define LODGED_IMAGE_H

#include "config/devices.h"

#define IMAGE_HELPER_SIZE 32

struct image;

/*
 * @fd is the receiver's to close, -1 with @err.  @helper: what image_close() needs
 * when the disk has been detached, "" if it needs nothing.
 */
typedef void (*image_done_fn)(void *arg, int fd, const char *helper,
			      const struct lodge_err *err);

/* Called with a helper before it exists, so that it can be remembered. */
typedef void (*image_helper_fn)(void *arg, const char *helper);

/* @fn is always called, and never before this returns. */
struct image *image_open(const struct lodge_disk *disk, image_helper_fn helper,
			 image_done_fn fn, void *arg);
/* @fn is not called any more. */
void image_cancel(struct image *i);
void image_close(const char *helper);

#endif
