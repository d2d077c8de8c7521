/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_LODGE_CONSOLE_H
#define LODGE_LODGE_CONSOLE_H

#include "lodge/watch.h"

enum console_end {
	CONSOLE_FAILED = -1,
	CONSOLE_DETACHED,	/* the user left */
	CONSOLE_OVER,		/* the domain has ended, all of its output is out */
};

/* A console descriptor of the domain. */
int console_open(uint32_t domid, struct lodge_err *err);

/* Tell a user at a terminal how to leave. */
void console_hint(const char *name);

/*
 * Join standard input and output to a console.  With @until WATCH_GONE it
 * goes on until the domain is gone, otherwise until it has ended.
 */
enum console_end console_attach(int fd, struct watch *w, enum watch_until until,
				struct lodge_err *err);

#endif
