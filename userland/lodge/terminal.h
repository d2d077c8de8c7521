/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal on standard input, raw while a console is attached. */
#ifndef LODGE_LODGE_TERMINAL_H
#define LODGE_LODGE_TERMINAL_H

#include "common/err.h"

/*
 * Raw mode, until terminal_restore() or the end of the process, be it by a
 * signal.  Nothing happens if standard input is no terminal: then it is 0.
 */
int terminal_make_raw(struct lodge_err *err);
void terminal_restore(void);

#endif
