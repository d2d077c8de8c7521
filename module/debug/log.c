// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's log.  Positions count bytes since the module was loaded;
 * the ring holds those from `oldest`, always the first byte of a line, up to
 * `end`, always just after a newline.
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

#include "domain/domain.h"

#define RING_SIZE	(256 * 1024)

/* A guest may write this many lines in a window; an earlyprintk boot is about 500. */
#define WINDOW		(10 * HZ)
#define WINDOW_LINES	2000

static DEFINE_SPINLOCK(ring_lock);	/* covers the next three; irq-safe, innermost */
static char *ring;
static u64 oldest, end;
static DECLARE_WAIT_QUEUE_HEAD(readers);

static void ring_put(const char *text, size_t len)
{
	size_t at = end % RING_SIZE, first = min_t(size_t, len, RING_SIZE - at);

	memcpy(ring + at, text, first);
	memcpy(ring, text + first, len - first);
	end += len;
}

static void ring_make_room(size_t len)
{
	if (end - oldest + len <= RING_SIZE)
		return;
	oldest = end + len - RING_SIZE;
	/* `end` follows a newline, so this stops there at the latest. */
	while (oldest < end && ring[(oldest - 1) % RING_SIZE] != '\n')
		oldest++;
}

/* One line, without its newline, from anywhere but NMI. */
static void add_line(const struct lodge_domain *d, const char *text)
{
	char line[LODGE_LOG_LINE + 48];
	u64 ns = local_clock();
	unsigned long flags;
	size_t len;
	u32 us = do_div(ns, NSEC_PER_SEC) / NSEC_PER_USEC;

	if (d)
		len = scnprintf(line, sizeof(line), "[%5llu.%06u] d%u: %s\n", ns, us, d->domid, text);
	else
		len = scnprintf(line, sizeof(line), "[%5llu.%06u] %s\n", ns, us, text);
	line[len - 1] = '\n';

	spin_lock_irqsave(&ring_lock, flags);
	ring_make_room(len);
	ring_put(line, len);
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

static size_t ring_get(u64 *pos, char *buf, size_t count)
{
	size_t at, first;

	spin_lock_irq(&ring_lock);
	/* Lines it had not read were overwritten: go on with the oldest whole one. */
	if (*pos < oldest)
		*pos = oldest;
	count = min_t(u64, count, end - *pos);
	at = *pos % RING_SIZE;
	first = min_t(size_t, count, RING_SIZE - at);
	memcpy(buf, ring + at, first);
	memcpy(buf + first, ring, count - first);
	*pos += count;
	spin_unlock_irq(&ring_lock);
	return count;
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
		n = ring_get(pos, page, min_t(size_t, count - done, PAGE_SIZE));
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
	return READ_ONCE(end) > pos ? EPOLLIN | EPOLLRDNORM : 0;
}

int lodge_log_init(void)
{
	ring = vmalloc(RING_SIZE);
	return ring ? 0 : -ENOMEM;
}

void lodge_log_exit(void)
{
	vfree(ring);
}
