// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lodged/command.h"
#include "lodged/daemon.h"
#include "lodged/process.h"

struct command {
	struct process *process;
	struct event *timer;
	int output;
	char name[64];
	bool late;
	command_done_fn fn;
	void *arg;
};

static void release(struct command *c)
{
	process_forget(c->process);
	if (c->timer)
		event_free(c->timer);
	if (c->output >= 0)
		close(c->output);
	free(c);
}

/* The last line of what it has written, for a sentence. */
static const char *last_line(struct command *c, char *text, size_t size)
{
	ssize_t n = read(c->output, text, size - 1);
	char *line;

	text[n > 0 ? n : 0] = '\0';
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

static void ended(void *arg, int status)
{
	struct command *c = arg;
	struct lodge_err err = LODGE_ERR_INIT;
	command_done_fn fn = c->fn;
	void *fn_arg = c->arg;
	char text[512], buf[32];
	const char *line = last_line(c, text, sizeof(text));

	c->process = NULL;
	if (c->late)
		lodge_fail(&err, ETIMEDOUT, "%s has not come to an end in time", c->name);
	else if (status && *line)
		lodge_fail(&err, ECHILD, "%s: %.256s", c->name, line);
	else if (status)
		lodge_fail(&err, ECHILD, "%s has failed (%s)", c->name,
			   process_status(status, buf));
	release(c);
	fn(fn_arg, err.text[0] ? &err : NULL);
}

static void kill_all(struct command *c)
{
	/* it leads a session, and so a group, of its own */
	kill(-process_pid(c->process), SIGKILL);
	process_kill(c->process);
}

static void late(evutil_socket_t fd, short what, void *arg)
{
	struct command *c = arg;

	(void)fd;
	(void)what;
	c->late = true;
	kill_all(c);
}

struct command *command_start(char *const *argv, char *const *env, unsigned int seconds,
			      command_done_fn fn, void *arg, struct lodge_err *err)
{
	struct command *c = calloc(1, sizeof(*c));
	struct timeval tv = { .tv_sec = seconds };
	const char *slash = strrchr(argv[0], '/');
	struct process_start how = { .argv = argv, .stdin_fd = -1, .env = env };
	int pipe[2];

	if (!c || pipe2(pipe, O_CLOEXEC | O_NONBLOCK)) {
		free(c);
		lodge_fail(err, errno, "%s cannot be started: %s", argv[0], strerror(errno));
		return NULL;
	}
	snprintf(c->name, sizeof(c->name), "%s", slash ? slash + 1 : argv[0]);
	c->fn = fn;
	c->arg = arg;
	c->output = pipe[0];
	how.stderr_fd = pipe[1];
	c->process = process_start(&how, ended, c, err);
	close(pipe[1]);
	if (!c->process) {
		release(c);
		return NULL;
	}
	c->timer = event_new(daemon_base, -1, 0, late, c);
	event_add(c->timer, &tv);
	return c;
}

void command_cancel(struct command *c)
{
	if (!c)
		return;
	kill_all(c);
	release(c);
}
