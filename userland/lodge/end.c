// SPDX-License-Identifier: GPL-2.0-only
/*
 * shutdown, reboot, destroy, rename: lodged does them, since it keeps the
 * configuration and the store.  Without it, destroy and rename work all the
 * same, by netlink.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "common/protocol.h"
#include "common/warn.h"
#include "lodge/client.h"
#include "lodge/verbs.h"
#include "lodge/watch.h"

/* How long a runner may take to end after its domain has, ms. */
#define PATIENCE	30000
/* How long lodged may take to clear a domain away, if it is going to, ms. */
#define SETTLE		2000

static int find_and_watch(const char *text, struct watch *w, struct lodge_err *err)
{
	struct lodge_control *c = lodge_control_open(err);
	struct lodge_domain d;
	int rc;

	if (!c)
		return -1;
	rc = lodge_control_find(c, text, &d, err);
	lodge_control_close(c);
	return rc ? -1 : watch_open(w, d.domid, err);
}

static int destroy(struct watch *w, struct lodge_err *err)
{
	const uint32_t domid = w->domain.domid;

	if (client_command(LODGED_CMD_DESTROY, domid, NULL, NULL, err)) {
		if (err->code != ENOTCONN)
			return -1;
		if (lodge_control_destroy(w->control, domid, err))
			return -1;
	}
	switch (watch_wait(w, WATCH_GONE, PATIENCE, err)) {
	case 1:
		return 0;
	case 0:
		return lodge_fail(err, ETIMEDOUT, "the runner of domain %s (pid %u) does not end",
				  w->domain.name, w->domain.runner_pid);
	default:
		return -1;
	}
}

int verb_destroy(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct watch w;
	int rc;

	if (argc != 2)
		return usage_of(argv[0]);
	if (find_and_watch(argv[1], &w, &err))
		return lodge_complain(err.text);
	rc = destroy(&w, &err);
	watch_close(&w);
	return rc ? lodge_complain(err.text) : 0;
}

int verb_rename(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;
	struct lodge_domain d;
	int rc;

	if (argc != 3)
		return usage_of(argv[0]);
	c = lodge_control_open(&err);
	if (!c)
		return lodge_complain(err.text);
	rc = lodge_control_find(c, argv[1], &d, &err);
	if (!rc) {
		rc = client_command(LODGED_CMD_RENAME, d.domid, "name", argv[2], &err);
		if (rc && err.code == ENOTCONN)
			rc = lodge_control_rename(c, d.domid, argv[2], &err);
	}
	lodge_control_close(c);
	return rc ? lodge_complain(err.text) : 0;
}

static int ask(const char *verb, const char *name, bool wait)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct watch w;
	int rc;

	if (find_and_watch(name, &w, &err))
		return lodge_complain(err.text);
	rc = client_command(verb, w.domain.domid, NULL, NULL, &err);
	if (!rc && wait) {
		rc = watch_wait(&w, WATCH_ENDED, -1, &err) < 0 ||
		     watch_wait(&w, WATCH_GONE, SETTLE, &err) < 0 ||
		     watch_judge(&w, &err);
	}
	watch_close(&w);
	return rc ? lodge_complain(err.text) : 0;
}

int verb_shutdown(int argc, char **argv)
{
	static const struct option options[] = {
		{ "wait", no_argument, NULL, 'w' },
		{ 0 }
	};
	bool wait = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "w", options, NULL)) != -1) {
		if (c != 'w')
			return usage_of(argv[0]);
		wait = true;
	}
	if (argc - optind != 1)
		return usage_of(argv[0]);
	return ask(LODGED_CMD_SHUTDOWN, argv[optind], wait);
}

int verb_reboot(int argc, char **argv)
{
	if (argc != 2)
		return usage_of(argv[0]);
	return ask(LODGED_CMD_REBOOT, argv[1], false);
}
