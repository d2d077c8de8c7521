// SPDX-License-Identifier: GPL-2.0-only
/* Calls of control domains: a guest is told that it may not. */
#include <linux/errno.h>

#include "hypercall/hypercall.h"

LODGE_HC(platform_op)
{
	return -EPERM;
}

LODGE_HC(sysctl)
{
	return -EPERM;
}

LODGE_HC(domctl)
{
	return -EPERM;
}
