/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ring backends every domain has: its console and its pipe to the
 * store daemon.  Both are made with the domain, are given their ring page by
 * the start of day, and outlive the domain for as long as somebody holds a
 * descriptor or the tty open.
 */
#ifndef LODGE_BACKEND_H
#define LODGE_BACKEND_H

#include <linux/types.h>

struct lodge_domain;

/* backend/init.c: the tty driver; once per load of the module. */
int lodge_backend_init(void);
void lodge_backend_exit(void);

/* backend/console.c */

/**
 * lodge_console_create - the console of a new domain: its port and its tty
 * @d: the domain; events exist already.  Sets @d->console.
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, -ENOSPC (no port), or what the tty layer answers.
 */
int lodge_console_create(struct lodge_domain *d);

/**
 * lodge_console_connect - give the console its ring page
 * @d: the domain
 * @gfn: frame of RAM that holds struct xencons_interface
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL (not RAM), -EBUSY (it has one), -EPIPE (destroyed).
 */
int lodge_console_connect(struct lodge_domain *d, u64 gfn);

/* Undo connect: nobody has seen the ring yet. Also harmless before it. Process, may sleep. */
void lodge_console_disconnect(struct lodge_domain *d);

/* Event port of the console, for start_info; fixed from create to destroy. */
u32 lodge_console_port(struct lodge_domain *d);

/* Name under /dev; lives as long as the domain's structure. NULL if it has no tty. */
const char *lodge_console_tty_name(struct lodge_domain *d);

/* Take over what the guest has left in its ring. Any context but hard irq and NMI. */
void lodge_console_flush(struct lodge_domain *d);

/**
 * lodge_console_destroy - the host side goes: ring, port and tty; readers find the end
 * @d: the domain; no vcpu of it executes
 *
 * What the ring still held is taken over first.  Idempotent, also after a
 * create that failed.  @d->console stays for those who only look until
 * lodge_console_free().
 * Context: process, may sleep.
 */
void lodge_console_destroy(struct lodge_domain *d);

/* The domain's structure goes. After destroy. Any context but hard irq and NMI. */
void lodge_console_free(struct lodge_domain *d);

/* backend/console_fd.c: a descriptor as lodge/device.h says; flags: O_NONBLOCK, O_CLOEXEC. */
int lodge_console_open_fd(struct lodge_domain *d, unsigned int flags);

/* backend/store.c: the same of the store, with the same meanings. */
int lodge_store_create(struct lodge_domain *d);
int lodge_store_connect(struct lodge_domain *d, u64 gfn);
void lodge_store_disconnect(struct lodge_domain *d);
u32 lodge_store_port(struct lodge_domain *d);
void lodge_store_destroy(struct lodge_domain *d);
void lodge_store_free(struct lodge_domain *d);

/* backend/store_fd.c: -EBUSY while another descriptor of this store is open. */
int lodge_store_open_fd(struct lodge_domain *d, unsigned int flags);

#endif
