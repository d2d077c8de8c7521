// SPDX-License-Identifier: GPL-2.0-only
/*
 * console_io: the emergency console, a guest's first sign of life.  Text goes
 * to the hypervisor's log (which filters it and limits its rate).
 *
 * The answers are those of a Xen built with CONFIG_VERBOSE_DEBUG: an ordinary
 * domain may write, and all else it asks is -EPERM, before any argument of it
 * is looked at.
 */
#include <linux/errno.h>
#include <linux/minmax.h>

#include <xen/interface/xen.h>

#include "debug/log.h"
#include "domain/vcpu.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"

/* Bytes of a write between two looks at whether the vcpu has to stop. */
#define CONSOLE_IO_CHUNK	128

LODGE_HC(console_io)
{
	char text[CONSOLE_IO_CHUNK];

	if ((u32)args->a[0] != CONSOLEIO_write)
		return -EPERM;

	/* the count is 32 bits wide */
	args->a[1] = (u32)args->a[1];
	while (args->a[1]) {
		size_t n = min_t(u64, args->a[1], sizeof(text));

		if (lodge_guest_read(v, text, args->a[2], n))
			return -EFAULT;
		lodge_log_write(v->domain, text, n);
		args->a[1] -= n;
		args->a[2] += n;
		if (args->a[1] && lodge_hc_preempt(v))
			return LODGE_HC_AGAIN;
	}
	return 0;
}
