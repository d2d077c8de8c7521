/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences to standard error, behind the name of the program. */
#ifndef LODGE_COMMON_WARN_H
#define LODGE_COMMON_WARN_H

#include "common/err.h"

/* "PROGRAM: SENTENCE" and a newline; always 1, to be returned from main(). */
int lodge_complain(const char *sentence);

/* The same for "PROGRAM: warning: ..."; a lodge_warn_fn. */
void lodge_warn(void *arg, const char *sentence);

#endif
