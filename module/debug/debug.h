/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs: lodge/<domid>/...  A domain's directory is d->debugfs; subsystems
 * may add files of their own to it when they are created.
 */
#ifndef LODGE_DEBUG_H
#define LODGE_DEBUG_H

struct lodge_domain;

void lodge_debug_init(void);
void lodge_debug_exit(void);

/* Context: process, may sleep. No failure: a kernel without debugfs has no such files. */
void lodge_debug_add_domain(struct lodge_domain *d);	/* the directory, before any part is made */
void lodge_debug_add_files(struct lodge_domain *d);	/* the files, once all parts are */
/* On return no file operation of its files is under way. */
void lodge_debug_remove_domain(struct lodge_domain *d);

#endif
