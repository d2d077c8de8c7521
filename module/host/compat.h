/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the host kernels.  The sources are written for the newer
 * one; what the older lacks, or has in another shape, is made good here and
 * nowhere else.
 */
#ifndef LODGE_COMPAT_H
#define LODGE_COMPAT_H

#include <linux/types.h>
#include <linux/version.h>

/* write of struct tty_operations */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define lodge_tty_written	ssize_t
#define lodge_tty_count		size_t
#else
#define lodge_tty_written	int
#define lodge_tty_count		int
#endif

/* what a dump was asked with; the includer has net/genetlink.h */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define lodge_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#else
#define lodge_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

/*
 * vfs_iocb_iter_write() takes write access to the file system, which the
 * completion gives back, since 6.8; before it was the caller's to take, and to
 * give back if nothing was queued.  The includer has linux/fs.h.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define lodge_iocb_write(iocb, iter)	vfs_iocb_iter_write((iocb)->ki_filp, iocb, iter)
#else
#define lodge_iocb_write(iocb, iter) ({						\
	ssize_t lodge_written;							\
										\
	kiocb_start_write(iocb);						\
	lodge_written = vfs_iocb_iter_write((iocb)->ki_filp, iocb, iter);	\
	if (lodge_written != -EIOCBQUEUED)					\
		kiocb_end_write(iocb);						\
	lodge_written;								\
})
#endif

#endif
