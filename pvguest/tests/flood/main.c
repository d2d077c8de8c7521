// SPDX-License-Identifier: GPL-2.0-only
/*
 * flood - much output on the console, and nonsense in its ring
 *
 * Proves: a megabyte arrives whole (the harness may count the lines), console_io in a loop is
 * bounded, indexes that make no sense do not harm the other side.
 *
 * Real Xen 4.17: xenconsoled keeps what it is told to keep; nothing breaks.
 */
#include <pvguest/pvguest.h>
#include <xen/io/console.h>

void test_main(void)
{
	struct xencons_interface *ring = mfn_to_virt(start_info->console.domU.mfn);
	unsigned int i, lines = arg_u64("lines", 4000);
	static char big[8192];
	u32 prod;

	for (i = 0; i < lines; i++)
		printf("# flood %6u ..........................................................\n", i);
	ok(true, "%u lines written", lines);
	memset(big, 'x', sizeof(big));
	for (i = 0; i < 200; i++)
		hc_console_io(CONSOLEIO_write, sizeof(big), big);
	ok(true, "console_io flood");
	hc_console_io(CONSOLEIO_write, -1UL, big);
	ok(true, "console_io with a count of all ones");
	console_flush();
	if (!arg_flag("nonsense"))
		return;
	/* a backend that gives up is silent from here on: that we power off says that we live */
	printf("1..3\n");
	console_flush();
	prod = ring->out_prod;
	for (i = 0; i < 100; i++) {
		WRITE_ONCE(ring->out_prod, prod + 0x80000000 + i);
		WRITE_ONCE(ring->in_cons, ring->in_prod + 12345);
		evtchn_send(start_info->console.domU.evtchn);
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	delay_until(now() + 100 * MS);
	shutdown(SHUTDOWN_poweroff);
}
