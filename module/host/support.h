/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_SUPPORT_H
#define LODGE_SUPPORT_H

/**
 * lodge_host_check - can lodge work on this host?
 *
 * If not, one sentence in the log says why and what to do.
 * Return: 0, -ENODEV (a CPU feature is missing), -EOPNOTSUPP (a mode lodge does not run in).
 */
int lodge_host_check(void);

#endif
