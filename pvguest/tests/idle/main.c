// SPDX-License-Identifier: GPL-2.0-only
/*
 * idle - a guest that waits for ever
 *
 * Never ends. It has no timer and blocks until an event comes, which is never: many of
 * them are what a hypervisor's own idle costs are measured with.
 *
 * Real Xen 4.17: uses no time.
 */
#include <pvguest/pvguest.h>

void test_main(void)
{
	hc_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	printf("ok 1 idle\n1..1\n");
	console_flush();
	for (;;)
		hc_sched_op(SCHEDOP_block, NULL);
}
