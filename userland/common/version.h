/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_COMMON_VERSION_H
#define LODGE_COMMON_VERSION_H

#define LODGE_VERSION	"0.1"

#endif
