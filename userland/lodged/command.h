/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that is to do one thing and end, in bounded time: helpers of the host
 * and hotplug scripts.
 */
#ifndef LODGED_COMMAND_H
#define LODGED_COMMAND_H

#include "common/err.h"

struct command;

/* @err NULL: it has succeeded.  Else a sentence with the last line that it wrote. */
typedef void (*command_done_fn)(void *arg, const struct lodge_err *err);

/*
 * Start argv[0]; @env as in process.h.  It and what it has started are killed after
 * @seconds.  NULL and @err if it cannot be started.
 */
struct command *command_start(char *const *argv, char *const *env, unsigned int seconds,
			      command_done_fn fn, void *arg, struct lodge_err *err);
/* Kill it; @fn is not called. */
void command_cancel(struct command *c);

#endif
