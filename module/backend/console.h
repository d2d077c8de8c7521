/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the console backend: what its three faces (ring, descriptors, tty)
 * share.
 */
#ifndef LODGE_CONSOLE_H
#define LODGE_CONSOLE_H

#include <linux/kref.h>
#include <linux/spinlock.h>
#include <linux/tty.h>
#include <linux/tty_port.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "backend/backlog.h"

struct lodge_domain;
struct page;
struct xencons_interface;

/* Input that waits for room in the guest's ring, bytes; a power of two. */
#define LODGE_CONSOLE_INPUT	4096

struct lodge_console {
	/* one for the domain, one for each descriptor, one for each tty_struct */
	struct kref ref;

	/*
	 * Covers all up to @wait, and the order of what goes into the tty's
	 * buffer.  Interrupts off: write of a tty may come from anywhere.
	 * @domain: not NULL means that the domain and @port may be used.
	 */
	spinlock_t lock;
	struct lodge_domain *domain;	/* NULL once destroyed */
	u32 port;			/* does not change */
	struct page *page;		/* pinned; NULL before connect, and after destroy */
	struct xencons_interface *ring;	/* in @page */
	bool closing;			/* destroy has begun */
	struct lodge_backlog output;
	u32 in_head, in_tail;
	char input[LODGE_CONSOLE_INPUT];
	bool tty_open;
	u64 tty_pos;			/* in @output: what the tty has been given */

	wait_queue_head_t wait;		/* readers and writers of descriptors */

	struct tty_port tty_port;
	int tty_index;			/* -1: no tty */
	bool tty_registered;
	char tty_name[16];

	struct work_struct free_work;
};

/* backend/console.c */
void lodge_console_get(struct lodge_console *c);
void lodge_console_put(struct lodge_console *c);	/* any context but hard irq and NMI */

/*
 * Move what can be moved both ways between the ring and the host, tell the
 * guest and wake who waits.  At most a ring's worth each way.  Does not sleep;
 * not with locks of a tty or of this console held.
 */
void lodge_console_service(struct lodge_console *c);

/**
 * lodge_console_input - queue input for the guest
 * @c: the console
 * @src: kernel memory
 * @n: bytes there
 *
 * Wakes nobody, so that the tty's write may call it.
 * Context: any.
 * Return: bytes taken, 0 if the queue is full, -EPIPE when the domain is gone.
 */
ssize_t lodge_console_input(struct lodge_console *c, const void *src, size_t n);
unsigned int lodge_console_input_room(struct lodge_console *c);

/* Copy output from *@pos on and move it; *@end: there is no more to come. */
size_t lodge_console_output(struct lodge_console *c, u64 *pos, void *dst, size_t n, bool *end);

/* Events for a reader at @pos, as poll() has them. */
__poll_t lodge_console_events(struct lodge_console *c, u64 pos);

/* backend/console_tty.c */
int lodge_console_tty_init(void);
void lodge_console_tty_exit(void);
int lodge_console_tty_register(struct lodge_console *c);
void lodge_console_tty_unregister(struct lodge_console *c);	/* hangs up; may sleep */
/* The last reference goes. May sleep. */
void lodge_console_tty_release(struct lodge_console *c);
/* Give the tty, if open, up to @budget bytes it has not had. Does not sleep. */
void lodge_console_tty_feed(struct lodge_console *c, size_t budget);

/* backend/init.c: for what cannot be done where the need is seen; drained at unload. */
extern struct workqueue_struct *lodge_backend_wq;

#endif
