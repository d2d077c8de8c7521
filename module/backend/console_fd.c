// SPDX-License-Identifier: GPL-2.0-only
/*
 * Console descriptors (lodge/device.h): any number of readers, each with a
 * position of its own in what the domain wrote, and writers of input.  They
 * hold the console, not the domain.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "backend/backend.h"
#include "backend/console.h"
#include "domain/domain.h"

/* Bytes copied at once, by way of the stack: user memory may fault, the lock is a spinlock. */
#define CONSOLE_CHUNK	512

struct console_file {
	struct lodge_console *console;
	struct mutex lock;	/* covers pos, for threads that share the descriptor */
	u64 pos;
};

static bool console_readable(struct console_file *f)
{
	return lodge_console_events(f->console, READ_ONCE(f->pos)) & EPOLLIN;
}

/* One run of what is there: bytes copied, 0 if there is none, or -EFAULT. */
static ssize_t console_copy_out(struct console_file *f, char __user *buf, size_t count, bool *end)
{
	char chunk[CONSOLE_CHUNK];
	size_t done = 0;

	while (done < count) {
		u64 pos = f->pos;
		size_t n;

		n = lodge_console_output(f->console, &pos, chunk,
					 min_t(size_t, count - done, sizeof(chunk)), end);
		if (!n)
			break;
		if (copy_to_user(buf + done, chunk, n))
			return done ? done : -EFAULT;
		WRITE_ONCE(f->pos, pos);
		done += n;
	}
	return done;
}

static ssize_t console_read(struct file *file, char __user *buf, size_t count, loff_t *unused)
{
	struct console_file *f = file->private_data;
	bool end = false;
	ssize_t ret;

	if (!count)
		return 0;
	for (;;) {
		if (mutex_lock_interruptible(&f->lock))
			return -ERESTARTSYS;
		ret = console_copy_out(f, buf, count, &end);
		mutex_unlock(&f->lock);
		if (ret || end)
			return ret;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(f->console->wait, console_readable(f));
		if (ret)
			return ret;
	}
}

static bool console_writable(struct lodge_console *c)
{
	return lodge_console_events(c, 0) & (EPOLLOUT | EPOLLHUP);
}

static ssize_t console_write(struct file *file, const char __user *buf, size_t count,
			     loff_t *unused)
{
	struct console_file *f = file->private_data;
	struct lodge_console *c = f->console;
	char chunk[CONSOLE_CHUNK];
	size_t done = 0;
	ssize_t ret = 0;

	while (done < count) {
		size_t n = min_t(size_t, count - done, sizeof(chunk));

		if (copy_from_user(chunk, buf + done, n)) {
			ret = -EFAULT;
			break;
		}
		ret = lodge_console_input(c, chunk, n);
		if (ret < 0)
			break;
		done += ret;
		if (ret)
			continue;
		ret = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			break;
		ret = wait_event_interruptible(c->wait, console_writable(c));
		if (ret)
			break;
	}
	return done ? done : ret;
}

static __poll_t console_poll(struct file *file, poll_table *wait)
{
	struct console_file *f = file->private_data;

	poll_wait(file, &f->console->wait, wait);
	return lodge_console_events(f->console, READ_ONCE(f->pos));
}

static int console_fd_release(struct inode *inode, struct file *file)
{
	struct console_file *f = file->private_data;

	lodge_console_put(f->console);
	kfree(f);
	return 0;
}

static const struct file_operations console_fops = {
	.owner = THIS_MODULE,
	.read = console_read,
	.write = console_write,
	.poll = console_poll,
	.release = console_fd_release,
};

int lodge_console_open_fd(struct lodge_domain *d, unsigned int flags)
{
	struct console_file *f;
	struct file *file;
	int fd;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (!d->console)
		return -ENODEV;

	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	f->console = d->console;

	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0)
		goto free;
	file = anon_inode_getfile("lodge-console", &console_fops, f,
				  O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto free;
	}
	lodge_console_get(f->console);
	stream_open(NULL, file);	/* has no offset: pread() and lseek() are refused */
	fd_install(fd, file);
	return fd;

free:
	kfree(f);
	return fd;
}
