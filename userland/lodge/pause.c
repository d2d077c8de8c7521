// SPDX-License-Identifier: GPL-2.0-only
/* pause, unpause: the kernel does it, lodged need not know. */
#include "common/warn.h"
#include "control/control.h"
#include "lodge/verbs.h"

static int command(int argc, char **argv,
		   int (*run)(struct lodge_control *c, uint32_t domid, struct lodge_err *err))
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;
	struct lodge_domain d;
	int rc;

	if (argc != 2)
		return usage_of(argv[0]);
	c = lodge_control_open(&err);
	if (!c)
		return lodge_complain(err.text);
	rc = lodge_control_find(c, argv[1], &d, &err) || run(c, d.domid, &err);
	lodge_control_close(c);
	return rc ? lodge_complain(err.text) : 0;
}

int verb_pause(int argc, char **argv)
{
	return command(argc, argv, lodge_control_pause);
}

int verb_unpause(int argc, char **argv)
{
	return command(argc, argv, lodge_control_unpause);
}
