/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_COMMON_MACROS_H
#define LODGE_COMMON_MACROS_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif
