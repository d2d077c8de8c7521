/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_COMMON_FILE_H
#define LODGE_COMMON_FILE_H

#include <stddef.h>

#include "common/err.h"

/*
 * All of what a descriptor yields, at most @max bytes, followed by a NUL that
 * @len does not count.  @name is for the message.
 */
void *lodge_read_all(int fd, const char *name, size_t max, size_t *len, struct lodge_err *err);

/* write() until all is written; 0, or -1 with errno set. */
int lodge_write_all(int fd, const void *buf, size_t len);

#endif
