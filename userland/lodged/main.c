// SPDX-License-Identifier: GPL-2.0-only
/*
 * lodged: keeps the store, makes domains and acts when they end.
 *
 * It may die and be started again at any time: domains and their runners do
 * not depend on it, and all that it knows is in /run/lodge or in the module.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/protocol.h"
#include "common/version.h"
#include "lodged/cgroup.h"
#include "lodged/daemon.h"
#include "lodged/domain.h"
#include "lodged/journal.h"
#include "lodged/log.h"
#include "lodged/nodes.h"
#include "lodged/notify.h"
#include "lodged/server.h"
#include "lodged/store_socket.h"

struct event_base *daemon_base;
struct store *daemon_store;

const char *daemon_run_dir(void)
{
	const char *dir = getenv("LODGED_RUN_DIR");

	return dir && *dir ? dir : LODGE_RUN_DIR;
}

/* One lodged at a time; the lock ends with the process. */
static int lock_run_dir(struct lodge_err *err)
{
	char path[4096];
	int fd;

	if (mkdir(daemon_run_dir(), 0700) && errno != EEXIST)
		return lodge_fail(err, errno, "%s: %s", daemon_run_dir(), strerror(errno));
	snprintf(path, sizeof(path), "%s/lodged.lock", daemon_run_dir());
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return lodge_fail(err, errno, "%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		return lodge_fail(err, errno, "lodged is running already (%s is locked)", path);
	return 0;
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	notify_send("STOPPING=1");
	event_base_loopbreak(daemon_base);
}

static int serve(struct lodge_err *err)
{
	static const int signals[] = { SIGTERM, SIGINT };
	struct event *events[2];
	char path[4096];
	int ret = -1;

	if (lock_run_dir(err))
		return -1;
	daemon_base = event_base_new();
	if (!daemon_base)
		return lodge_fail(err, errno, "no event loop: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/store", daemon_run_dir());
	daemon_store = journal_open(path, err);
	if (!daemon_store)
		goto base;
	nodes_init();
	cgroup_init();
	for (size_t i = 0; i < 2; i++) {
		events[i] = evsignal_new(daemon_base, signals[i], on_signal, NULL);
		event_add(events[i], NULL);
	}
	/* scripts of devices need it */
	store_socket_init();
	if (domain_init(err) || server_init(err))
		goto exit;

	log_info("version %s is ready", LODGE_VERSION);
	notify_send("READY=1");
	ret = event_base_dispatch(daemon_base) < 0 ? lodge_fail(err, 0, "event loop failed") : 0;
	log_info("ends; domains go on");
exit:
	server_exit();
	store_socket_exit();
	domain_exit();
	for (size_t i = 0; i < 2; i++)
		event_free(events[i]);
	journal_close(daemon_store);
base:
	event_base_free(daemon_base);
	return ret;
}

static const char help[] =
	"usage: lodged [-v] [-q] [-V] [-h]\n"
	"  -v  log what happens in detail\n"
	"  -q  log warnings and errors only; twice: errors only\n"
	"  -V  print the version\n";

int main(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	int verbosity = 0;
	int opt;

	while ((opt = getopt(argc, argv, "vqVh")) != -1) {
		switch (opt) {
		case 'v':
			verbosity = 1;
			break;
		case 'q':
			verbosity--;
			break;
		case 'V':
			puts("lodged " LODGE_VERSION);
			return 0;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			fputs(help, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fputs(help, stderr);
		return 2;
	}
	log_init(verbosity);
	signal(SIGPIPE, SIG_IGN);
	if (serve(&err)) {
		log_error("%s", err.text);
		return 1;
	}
	return 0;
}
