/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures as one sentence.
 *
 * Library functions that can fail take a struct lodge_err, fill it in with
 * lodge_fail() and return -1 or NULL.  The text is a sentence without a full
 * stop and a newline, ready to be shown after "lodge: ".  @code is the errno
 * behind it, where there is one, for callers that decide by it.
 */
#ifndef LODGE_COMMON_ERR_H
#define LODGE_COMMON_ERR_H

struct lodge_err {
	int code;
	char text[640];
};

#ifndef __printf
#define __printf(fmt, args) __attribute__((__format__(gnu_printf, fmt, args)))
#endif

#define LODGE_ERR_INIT { 0, "" }

/* Always -1, so that it can be returned.  @code may be 0; @err may be NULL. */
int __printf(3, 4) lodge_fail(struct lodge_err *err, int code, const char *fmt, ...);

/* Put words in front of a failure that is already described. */
int __printf(2, 3) lodge_fail_prefix(struct lodge_err *err, const char *fmt, ...);

#endif
