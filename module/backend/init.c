// SPDX-License-Identifier: GPL-2.0-only
/* What the backends need once: a workqueue and the tty driver. */
#include <linux/workqueue.h>

#include "backend/backend.h"
#include "backend/console.h"

struct workqueue_struct *lodge_backend_wq;

int lodge_backend_init(void)
{
	int ret;

	lodge_backend_wq = alloc_workqueue("lodge_backend", WQ_UNBOUND, 0);
	if (!lodge_backend_wq)
		return -ENOMEM;
	ret = lodge_console_tty_init();
	if (ret)
		destroy_workqueue(lodge_backend_wq);
	return ret;
}

void lodge_backend_exit(void)
{
	/*
	 * Descriptors, ttys and domains hold the module, so that nothing new
	 * can come; consoles whose last user went may still wait for their end.
	 */
	destroy_workqueue(lodge_backend_wq);
	lodge_console_tty_exit();
}
