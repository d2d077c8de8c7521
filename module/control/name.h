/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which names a domain may have.  Pure: also compiled into the unit tests.
 */
#ifndef LODGE_NAME_H
#define LODGE_NAME_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

#include <lodge/limits.h>

static inline bool lodge_name_char_ok(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_.+:@-", c));
}

/* Length of a name in @size bytes that may end in a NUL; 0: it is none. */
static inline size_t lodge_name_len(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	/* a NUL before the last byte would hide what follows it */
	return len < LODGE_NAME_SIZE && size <= len + 1 ? len : 0;
}

static inline bool lodge_name_ok(const char *name, size_t len)
{
	while (len--)
		if (!lodge_name_char_ok(*name++))
			return false;
	return true;
}

#endif
