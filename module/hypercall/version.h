/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LODGE_VERSION_H
#define LODGE_VERSION_H

/* The Xen that lodge answers as: 4.17. */
#define LODGE_XEN_VERSION	(4 << 16 | 17)

#endif
