// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/lodge: the log, and domain descriptors for those who may have them.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include <lodge/device.h>
#include <lodge/limits.h>

#include "control/control.h"
#include "debug/log.h"
#include "domain/domain.h"

struct reader {
	struct mutex lock;	/* covers pos */
	u64 pos;
};

static int device_open(struct inode *inode, struct file *file)
{
	struct reader *r;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	file->private_data = r;
	return stream_open(inode, file);
}

static int device_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t device_read(struct file *file, char __user *buf, size_t count, loff_t *unused)
{
	struct reader *r = file->private_data;
	ssize_t n;

	if (mutex_lock_interruptible(&r->lock))
		return -EINTR;
	n = lodge_log_read(&r->pos, buf, count);
	mutex_unlock(&r->lock);
	return n;
}

static __poll_t device_poll(struct file *file, poll_table *wait)
{
	struct reader *r = file->private_data;

	return lodge_log_poll(READ_ONCE(r->pos), file, wait);
}

static long open_domain(unsigned long domid)
{
	struct lodge_domain *d;
	long fd;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!domid || domid > LODGE_DOMID_MAX)
		return -ESRCH;
	d = lodge_domain_find(domid);
	if (!d)
		return -ESRCH;
	fd = lodge_domain_open_fd(d);
	lodge_domain_put(d);
	return fd;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return cmd == LODGE_IOC_OPEN_DOMAIN ? open_domain(arg) : -ENOTTY;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read = device_read,
	.poll = device_poll,
	.unlocked_ioctl = device_ioctl,
	/* The argument is a number: no pointer to convert. */
	.compat_ioctl = device_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "lodge",
	.fops = &device_fops,
	.mode = 0600,
};

int lodge_device_init(void)
{
	return misc_register(&device);
}

void lodge_device_exit(void)
{
	misc_deregister(&device);
}
