// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's log: lodge's own lines and those of guests, and its readers.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/sched/clock.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#include "debug/log_ring.h"
#include "domain/domain.h"

#define RING_SIZE	(256 * 1024)

/* A guest may write this many lines in a window; an earlyprintk boot is about 500. */
#define WINDOW		(10 * HZ)
#define WINDOW_LINES	2000

static DEFINE_SPINLOCK(ring_lock);	/* covers the ring; irq-safe, innermost */
static struct lodge_log_ring ring = { .size = RING_SIZE };
static DECLARE_WAIT_QUEUE_HEAD(readers);

/* One line, without its newline, from anywhere but NMI. */
static void add_line(const struct lodge_domain *d, const char *text)
{
	char line[LODGE_LOG_LINE + 48];
	u64 ns = local_clock();
	unsigned long flags;
	size_t len;
	u32 us = do_div(ns, NSEC_PER_SEC) / NSEC_PER_USEC;

	if (d)
		len = scnprintf(line, sizeof(line), "[%5llu.%06u] d%u: %s\n", ns, us, d->domid,
				text);
	else
		len = scnprintf(line, sizeof(line), "[%5llu.%06u] %s\n", ns, us, text);
	line[len - 1] = '\n';

	spin_lock_irqsave(&ring_lock, flags);
	lodge_log_ring_add(&ring, line, len);
	spin_unlock_irqrestore(&ring_lock, flags);

	if (wq_has_sleeper(&readers))
		wake_up_interruptible(&readers);
}

void lodge_log(const struct lodge_domain *d, const char *fmt, ...)
{
	char text[LODGE_LOG_LINE];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	add_line(d, text);
	if (d)
		pr_debug("d%u: %s\n", d->domid, text);
	else
		pr_debug("%s\n", text);
}

void lodge_log_line_init(struct lodge_log_line *line)
{
	spin_lock_init(&line->lock);
	line->window = jiffies;
}

static bool line_allowed(struct lodge_log_line *line)
{
	if (time_after(jiffies, line->window + WINDOW)) {
		line->window = jiffies;
		line->lines = 0;
	}
	if (line->lines >= WINDOW_LINES) {
		line->dropped++;
		return false;
	}
	line->lines++;
	return true;
}

static void end_line(struct lodge_domain *d)
{
	struct lodge_log_line *line = &d->log_line;

	lockdep_assert_held(&line->lock);
	if (line_allowed(line)) {
		if (line->dropped)
			lodge_log(d, "%u lines of the guest were dropped", line->dropped);
		line->dropped = 0;
		line->text[line->len] = '\0';
		add_line(d, line->text);
	}
	line->len = 0;
}

void lodge_log_write(struct lodge_domain *d, const char *text, size_t len)
{
	struct lodge_log_line *line = &d->log_line;
	unsigned long flags;
	size_t i;

	spin_lock_irqsave(&line->lock, flags);
	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\n') {
			end_line(d);
			continue;
		}
		if (c == '\r' || c == '\0')
			continue;
		line->text[line->len++] = c == '\t' || (isascii(c) && isprint(c)) ? c : '?';
		if (line->len == sizeof(line->text) - 1)
			end_line(d);
	}
	spin_unlock_irqrestore(&line->lock, flags);
}

void lodge_log_flush(struct lodge_domain *d)
{
	struct lodge_log_line *line = &d->log_line;
	unsigned long flags;

	spin_lock_irqsave(&line->lock, flags);
	if (line->len)
		end_line(d);
	spin_unlock_irqrestore(&line->lock, flags);
}

ssize_t lodge_log_read(u64 *pos, char __user *buf, size_t count)
{
	size_t n, done = 0;
	ssize_t err = 0;
	u64 before;
	char *page;

	/* The ring's lock is not held while user memory may fault: by way of a page. */
	page = (char *)__get_free_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	while (done < count) {
		before = *pos;
		spin_lock_irq(&ring_lock);
		n = lodge_log_ring_get(&ring, pos, page, min_t(size_t, count - done, PAGE_SIZE));
		spin_unlock_irq(&ring_lock);
		if (!n)
			break;
		if (copy_to_user(buf + done, page, n)) {
			*pos = before;
			err = -EFAULT;
			break;
		}
		done += n;
		cond_resched();
	}
	free_page((unsigned long)page);
	return done ? done : err;
}

__poll_t lodge_log_poll(u64 pos, struct file *file, poll_table *wait)
{
	poll_wait(file, &readers, wait);
	return READ_ONCE(ring.end) > pos ? EPOLLIN | EPOLLRDNORM : 0;
}

int lodge_log_init(void)
{
	ring.buf = vmalloc(RING_SIZE);
	return ring.buf ? 0 : -ENOMEM;
}

void lodge_log_exit(void)
{
	vfree(ring.buf);
}
