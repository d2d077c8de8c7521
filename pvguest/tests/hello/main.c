// SPDX-License-Identifier: GPL-2.0-only
/*
 * hello - the first sign of life
 *
 * Proves: the image is loaded and entered, raw hypercalls work, console_io and
 * the console ring carry text, shutdown ends the domain.
 *
 * Real Xen: console_io from an unprivileged domain is -EPERM in release builds and
 * accepted in debug builds; both are right.
 */
#include <pvguest/pvguest.h>

void test_main(void)
{
	static const char text[] = "pvguest: hello by console_io\n";
	long rc = hc_console_io(CONSOLEIO_write, sizeof(text) - 1, text);

	printf("# hello from pvguest, command line \"%s\"\n", (const char *)start_info->cmd_line);
	printf("# %s, %lu pages, flags %x\n", start_info->magic, start_info->nr_pages,
	       start_info->flags);
	ok(rc >= 0 || rc == -XEN_EPERM, "console_io write: %ld", rc);
	ok(hc_xen_version(XENVER_version, NULL) > 0x40000, "xen_version");
	ok(hypercall(63, 0, 0, 0, 0, 0) == -XEN_ENOSYS, "a hypercall that does not exist");
}
