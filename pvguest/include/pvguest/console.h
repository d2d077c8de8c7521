/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Console: the ring of start_info, and console_io before it is there. With the
 * word `console_io` in extra= everything goes to both (bring-up of a hypervisor).
 */
#ifndef PVGUEST_CONSOLE_H
#define PVGUEST_CONSOLE_H

#include <pvguest/types.h>

void console_init(void);			/* needs start_info and the m2p */
void console_write(const char *s, size_t n);	/* waits until the ring took all of it */
void console_flush(void);			/* waits until the other side read all of it */
void console_raw(const char *s);		/* console_io only */

void __printf(1, 2) printf(const char *fmt, ...);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int __printf(3, 4) snprintf(char *buf, size_t size, const char *fmt, ...);

#endif
