// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order in which lodge starts, and in which it ends.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/init.h>
#include <linux/module.h>

#include "backend/backend.h"
#include "control/control.h"
#include "debug/debug.h"
#include "debug/log.h"
#include "domain/domain.h"
#include "host/support.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "switch/switch.h"
#include "time/time.h"

static int __init lodge_init(void)
{
	int err;

	err = lodge_host_check();
	if (err)
		return err;
	err = lodge_log_init();
	if (err)
		return err;
	lodge_debug_init();
	err = lodge_switch_init();
	if (err)
		goto exit_debug;
	err = lodge_mm_init();
	if (err)
		goto exit_switch;
	err = lodge_sched_init();
	if (err)
		goto exit_mm;
	err = lodge_time_init();
	if (err)
		goto exit_sched;
	err = lodge_domain_init();
	if (err)
		goto exit_time;
	err = lodge_backend_init();
	if (err)
		goto exit_domain;
	/* Last: from here on user space can reach us. */
	err = lodge_control_init();
	if (err)
		goto exit_backend;
	pr_info("loaded\n");
	return 0;

exit_backend:
	lodge_backend_exit();
exit_domain:
	lodge_domain_exit();
exit_time:
	lodge_time_exit();
exit_sched:
	lodge_sched_exit();
exit_mm:
	lodge_mm_exit();
exit_switch:
	lodge_switch_exit();
exit_debug:
	lodge_debug_exit();
	lodge_log_exit();
	return err;
}

/* Domains and descriptors hold the module: none is left here. */
static void __exit lodge_exit(void)
{
	lodge_control_exit();
	lodge_backend_exit();
	lodge_domain_exit();
	lodge_time_exit();
	lodge_sched_exit();
	lodge_mm_exit();
	lodge_switch_exit();
	lodge_debug_exit();
	lodge_log_exit();
	pr_info("unloaded\n");
}

module_init(lodge_init);
module_exit(lodge_exit);

MODULE_DESCRIPTION("Hypervisor for Xen PV domains in a loadable module");
MODULE_LICENSE("GPL");
