// SPDX-License-Identifier: GPL-2.0-only
/*
 * ends - a guest that ends in the way it is told
 *
 * reason=N in extra= is the reason it gives to SCHEDOP_shutdown; "fault" makes it jump to nowhere
 * without a trap table. input: it waits until a line came on its console, and writes it back
 * first. What it writes to its console beforehand is lines=N numbered lines.
 *
 * Proves: nothing by itself. Tests of the toolstack watch how it ends.
 */
#include <pvguest/pvguest.h>
#include <xen/io/console.h>

/* one byte of the console's input, or -1 */
static int input(void)
{
	struct xencons_interface *ring = mfn_to_virt(start_info->console.domU.mfn);
	u32 cons = ring->in_cons;
	int c;

	if (cons == READ_ONCE(ring->in_prod))
		return -1;
	barrier();
	c = ring->in[cons & (sizeof(ring->in) - 1)];
	barrier();
	WRITE_ONCE(ring->in_cons, cons + 1);
	evtchn_send(start_info->console.domU.evtchn);
	return c;
}

static void echo_line(void)
{
	char line[128];
	unsigned int n = 0;
	int c;

	for (;;) {
		c = input();
		if (c == '\n' || c == '\r')
			break;
		if (c >= 0 && n < sizeof(line) - 1)
			line[n++] = c;
		else if (c < 0)
			hc_sched_op(SCHEDOP_yield, NULL);
	}
	line[n] = 0;
	printf("# said: %s\n", line);
}

void test_main(void)
{
	u64 lines = arg_u64("lines", 0), i;

	for (i = 1; i <= lines; i++)
		printf("# line %lu of %lu\n", i, lines);
	printf("ok 1 ends\n1..1\n");
	if (arg_flag("input"))
		echo_line();
	console_flush();
	if (arg_flag("fault")) {
		hc_set_trap_table(NULL);
		asm volatile("ud2");
	}
	shutdown(arg_u64("reason", SHUTDOWN_poweroff));
}
