// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store descriptor (lodge/device.h): how the daemon serves a domain.  One
 * at a time; all state is the store's, so that the next finds what the last
 * left.
 */
#include <linux/anon_inodes.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <lodge/device.h>

#include "backend/backend.h"
#include "backend/store.h"
#include "domain/domain.h"

/* The pending request, whole or not at all; it stays. -EAGAIN if there is none. */
static ssize_t store_peek(struct lodge_store *s, char __user *buf, size_t count)
{
	ssize_t ret = 0;
	u32 fill;

	if (mutex_lock_interruptible(&s->io))
		return -ERESTARTSYS;
	/* who makes it not ready holds io, or writes no request any more (destroy, breach) */
	spin_lock_irq(&s->lock);
	fill = s->ready ? s->fill : 0;
	spin_unlock_irq(&s->lock);
	if (!fill)
		ret = -EAGAIN;
	else if (count < fill)
		ret = -EMSGSIZE;
	else if (copy_to_user(buf, s->request, fill))
		ret = -EFAULT;
	mutex_unlock(&s->io);
	return ret ? ret : fill;
}

static ssize_t store_read(struct file *file, char __user *buf, size_t count, loff_t *unused)
{
	struct lodge_store *s = file->private_data;
	ssize_t ret;

	for (;;) {
		ret = store_peek(s, buf, count);
		if (ret != -EAGAIN)
			return ret;
		if (lodge_store_events(s) & EPOLLHUP)
			return 0;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(s->wait,
					       lodge_store_events(s) & (EPOLLIN | EPOLLHUP));
		if (ret)
			return ret;
	}
}

static void store_drop_pieces(struct list_head *pieces)
{
	struct lodge_store_piece *piece, *next;

	list_for_each_entry_safe(piece, next, pieces, link)
		kfree(piece);
}

/* Copy @len bytes of user memory into pieces and see that they are whole messages. */
static int store_copy_in(struct list_head *pieces, const char __user *buf, u32 len)
{
	struct lodge_store_frame frame = {};
	struct lodge_store_piece *piece;

	while (len) {
		u32 n = min_t(u32, len, LODGE_STORE_PIECE_MAX);

		piece = kmalloc(struct_size(piece, data, n), GFP_KERNEL_ACCOUNT);
		if (!piece)
			return -ENOMEM;
		piece->len = n;
		piece->done = 0;
		list_add_tail(&piece->link, pieces);
		if (copy_from_user(piece->data, buf, n))
			return -EFAULT;
		if (!lodge_store_frame_feed(&frame, piece->data, n))
			return -EINVAL;
		buf += n;
		len -= n;
	}
	return lodge_store_frame_whole(&frame) ? 0 : -EINVAL;
}

static long store_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct lodge_store *s = file->private_data;
	struct lodge_store_reply reply;
	LIST_HEAD(pieces);
	long ret;

	if (cmd != LODGE_IOC_STORE_REPLY)
		return -ENOTTY;
	if (copy_from_user(&reply, (void __user *)arg, sizeof(reply)))
		return -EFAULT;
	if (reply.len > LODGE_STORE_REPLY_MAX || reply.flags & ~LODGE_STORE_CONSUME)
		return -EINVAL;

	ret = store_copy_in(&pieces, u64_to_user_ptr(reply.buf), reply.len);
	if (!ret) {
		ret = mutex_lock_interruptible(&s->io) ? -ERESTARTSYS : 0;
		if (!ret) {
			ret = lodge_store_reply(s, &pieces, reply.len,
						reply.flags & LODGE_STORE_CONSUME);
			mutex_unlock(&s->io);
		}
	}
	store_drop_pieces(&pieces);
	return ret;
}

static __poll_t store_poll(struct file *file, poll_table *wait)
{
	struct lodge_store *s = file->private_data;

	poll_wait(file, &s->wait, wait);
	return lodge_store_events(s);
}

static void store_close(struct lodge_store *s)
{
	spin_lock_irq(&s->lock);
	s->open = false;
	spin_unlock_irq(&s->lock);
	lodge_store_put(s);
}

static int store_fd_release(struct inode *inode, struct file *file)
{
	store_close(file->private_data);
	return 0;
}

static const struct file_operations store_fops = {
	.owner = THIS_MODULE,
	.read = store_read,
	.poll = store_poll,
	.unlocked_ioctl = store_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = store_fd_release,
};

int lodge_store_open_fd(struct lodge_domain *d, unsigned int flags)
{
	struct lodge_store *s = d->store;
	struct file *file;
	bool busy;
	int fd;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	if (!s)
		return -ENODEV;

	spin_lock_irq(&s->lock);
	busy = s->open;
	s->open = true;
	spin_unlock_irq(&s->lock);
	if (busy)
		return -EBUSY;
	lodge_store_get(s);

	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0)
		goto close;
	file = anon_inode_getfile("lodge-store", &store_fops, s, O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
		goto close;
	}
	stream_open(NULL, file);	/* has no offset: pread() and lseek() are refused */
	fd_install(fd, file);
	return fd;

close:
	store_close(s);
	return fd;
}
