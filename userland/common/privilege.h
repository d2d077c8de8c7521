/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_COMMON_PRIVILEGE_H
#define LODGE_COMMON_PRIVILEGE_H

#include "common/err.h"

/*
 * Give up every capability for good, the chance to gain any by execve()
 * included, and forbid core dumps.  For programs that go on with descriptors.
 */
int lodge_drop_privileges(struct lodge_err *err);

/*
 * Become nobody, if that is possible: what belongs to root is out of reach then
 * as well.  Comes before lodge_drop_privileges().
 */
int lodge_become_nobody(struct lodge_err *err);

#endif
