// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console ring. Its page is inside the boot mapping; the other side is told
 * by the event channel of start_info. A full ring is waited for with yields, so
 * output is never lost and a test may write as much as it likes. A guest that has
 * ruined its ring or lost its port (tests/fuzz may) would wait for ever: it ends.
 */
#include <pvguest/pvguest.h>
#include <xen/io/console.h>

static struct xencons_interface *ring;
static evtchn_port_t port;
static bool both;

void console_raw(const char *s)
{
	hc_console_io(CONSOLEIO_write, strlen(s), s);
}

void console_init(void)
{
	both = arg_flag("console_io");
	if (!start_info->console.domU.mfn || !start_info->console.domU.evtchn)
		return;
	ring = mfn_to_virt(start_info->console.domU.mfn);
	port = start_info->console.domU.evtchn;
}

static void notify(void)
{
	struct evtchn_send send = { .port = port };

	if (!hc_event_channel_op(EVTCHNOP_send, &send))
		return;
	console_raw("console: its port is gone\n");
	shutdown(SHUTDOWN_crash);
}

static void ring_put(char c)
{
	XENCONS_RING_IDX prod = ring->out_prod, used;

	while ((used = prod - READ_ONCE(ring->out_cons)) >= sizeof(ring->out)) {
		if (used > sizeof(ring->out)) {
			console_raw("console: its ring is ruined\n");
			shutdown(SHUTDOWN_crash);
		}
		notify();
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	ring->out[MASK_XENCONS_IDX(prod, ring->out)] = c;
	barrier();			/* x86 keeps stores in order: the byte before the index */
	WRITE_ONCE(ring->out_prod, prod + 1);
}

void console_write(const char *s, size_t n)
{
	size_t i;

	if (both || !ring)
		hc_console_io(CONSOLEIO_write, n, s);
	if (!ring)
		return;
	for (i = 0; i < n; i++) {
		if (s[i] == '\n')
			ring_put('\r');
		ring_put(s[i]);
	}
	notify();
}

void console_flush(void)
{
	unsigned long spins = 0;

	/* bounded: a hypervisor without a console reader must not hang the test */
	while (ring && READ_ONCE(ring->out_cons) != ring->out_prod && spins++ < 2000000)
		hc_sched_op(SCHEDOP_yield, NULL);
}
