/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's log: a bounded ring of text lines, oldest overwritten,
 * each "[seconds] d<id>: text".  `lodge dmesg` and read() on /dev/lodge show it.
 * Guests can write here, so none of it goes to the host's log by itself.
 */
#ifndef LODGE_LOG_H
#define LODGE_LOG_H

#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct lodge_domain;

/* Longest text of one line; what a guest writes beyond it starts another. */
#define LODGE_LOG_LINE	240

/* What a guest has written since its last newline, and how much it wrote lately. */
struct lodge_log_line {
	spinlock_t lock;	/* covers all fields; irq-safe, outside the ring's own lock */
	u16 len;
	char text[LODGE_LOG_LINE];
	unsigned long window;	/* jiffies at which the present window began */
	u32 lines;		/* written in it */
	u32 dropped;		/* since the last line that was kept */
};

int lodge_log_init(void);
void lodge_log_exit(void);

/**
 * lodge_log - a line of lodge's own
 * @d: the domain it is about, or NULL
 * @fmt: text, without a newline
 *
 * Also a pr_debug().
 * Context: any but NMI; not under a scheduler lock (it may wake readers).
 */
void __printf(2, 3) lodge_log(const struct lodge_domain *d, const char *fmt, ...);

void lodge_log_line_init(struct lodge_log_line *line);

/**
 * lodge_log_write - text of a guest (console_io)
 * @d: the domain
 * @text: a copy of it, any bytes: unprintable ones are replaced
 * @len: bytes at @text
 *
 * Lines beyond a rate that no boot reaches are dropped and counted.
 * Context: as lodge_log().
 */
void lodge_log_write(struct lodge_domain *d, const char *text, size_t len);

/* The guest writes no more: keep its unfinished line. */
void lodge_log_flush(struct lodge_domain *d);

/**
 * lodge_log_read - copy lines to user space
 * @pos: the reader's position, 0 for the oldest line kept; moved on
 * @buf: where to
 * @count: bytes there
 *
 * The caller serialises the users of @pos.
 * Context: process, may sleep.
 * Return: bytes copied, 0 at the end, -EFAULT, -ENOMEM.
 */
ssize_t lodge_log_read(u64 *pos, char __user *buf, size_t count);

/* poll() for a reader at @pos. */
__poll_t lodge_log_poll(u64 pos, struct file *file, poll_table *wait);

#endif
