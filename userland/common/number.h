/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_COMMON_NUMBER_H
#define LODGE_COMMON_NUMBER_H

#include <stdint.h>

#include "common/err.h"

/* A domain id as text; -1 with a sentence if it is none. */
int lodge_parse_domid(const char *text, uint32_t *domid, struct lodge_err *err);

#endif
