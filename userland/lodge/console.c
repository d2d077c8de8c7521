// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console.  Output is written as it comes, unbuffered.  The end of
 * standard input means nothing, so that "lodge console x </dev/null" watches.
 */
#include "lodge/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "common/warn.h"
#include "control/device.h"
#include "lodge/terminal.h"
#include "lodge/verbs.h"

#define ESCAPE	0x1d	/* Ctrl-] */

/* A domain that ended may have output on its way still, ms. */
#define SETTLE		300
/* How long lodged may take to clear away a domain that ended, ms. */
#define PATIENCE	60000

struct joint {
	int fd;
	struct watch *w;
	enum watch_until until;
	bool tty;			/* standard input is one */
	bool input_open;
	bool output_open;		/* the console has more to say, some day */
	bool detached;
	char pending[256];		/* input the console has not taken yet */
	size_t pending_len;
	long long last_change;		/* when something came, or the domain ended */
	bool seen_end;
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

int console_open(uint32_t domid, struct lodge_err *err)
{
	int domain, fd;

	domain = lodge_device_open_domain(domid, err);
	if (domain < 0)
		return -1;
	fd = lodge_device_console(domain, err);
	close(domain);
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

static int take_output(struct joint *j, struct lodge_err *err)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(j->fd, buf, sizeof(buf))) > 0) {
		j->last_change = now_ms();
		if (lodge_write_all(STDOUT_FILENO, buf, n))
			return lodge_fail(err, errno, "cannot write to standard output: %s",
					  strerror(errno));
	}
	if (!n)
		j->output_open = false;
	else if (errno != EAGAIN && errno != EINTR)
		return lodge_fail(err, errno, "cannot read from the console: %s",
				  strerror(errno));
	return 0;
}

static void take_input(struct joint *j)
{
	ssize_t n = read(STDIN_FILENO, j->pending, sizeof(j->pending));
	char *escape;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		j->input_open = false;
		return;
	}
	j->pending_len = n;
	escape = j->tty ? memchr(j->pending, ESCAPE, n) : NULL;
	if (escape) {
		j->pending_len = escape - j->pending;
		j->detached = true;
	}
}

static void give_input(struct joint *j)
{
	ssize_t n = write(j->fd, j->pending, j->pending_len);

	/* a console that takes nothing any more belongs to a domain that ended */
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		j->pending_len = 0;
	if (n <= 0)
		return;
	j->pending_len -= n;
	memmove(j->pending, j->pending + n, j->pending_len);
}

static bool is_over(const struct joint *j)
{
	if (j->until == WATCH_GONE)
		return !j->output_open && watch_is_gone(j->w);
	return !j->output_open ||
	       (j->seen_end && now_ms() - j->last_change >= SETTLE);
}

static bool is_overdue(const struct joint *j)
{
	return j->seen_end && j->until == WATCH_GONE && now_ms() - j->last_change >= PATIENCE;
}

static int serve(struct joint *j, struct lodge_err *err)
{
	struct pollfd fds[WATCH_FDS + 2];
	struct pollfd *in = &fds[WATCH_FDS], *console = &fds[WATCH_FDS + 1];

	watch_prepare(j->w, fds);
	*in = (struct pollfd) { .fd = -1, .events = POLLIN };
	if (j->input_open && !j->pending_len && !j->detached)
		in->fd = STDIN_FILENO;
	*console = (struct pollfd) { .fd = j->output_open ? j->fd : -1, .events = POLLIN };
	if (j->pending_len)
		console->events |= POLLOUT;
	if (poll(fds, WATCH_FDS + 2, j->seen_end ? SETTLE : -1) < 0)
		return errno == EINTR ? 0 : lodge_fail(err, errno, "cannot wait: %s",
						       strerror(errno));
	if (watch_serve(j->w, fds, err))
		return -1;
	if (!j->seen_end && (j->w->ended || j->w->destroyed)) {
		j->seen_end = true;
		j->last_change = now_ms();
	}
	if (in->revents)
		take_input(j);
	if (j->pending_len && (console->revents || in->revents))
		give_input(j);
	if (console->revents && take_output(j, err))
		return -1;
	return 0;
}

enum console_end console_attach(int fd, struct watch *w, enum watch_until until,
				struct lodge_err *err)
{
	struct joint j = {
		.fd = fd, .w = w, .until = until, .input_open = true, .output_open = true,
		.seen_end = w->ended || w->destroyed, .last_change = now_ms(),
	};
	enum console_end end = CONSOLE_FAILED;

	j.tty = isatty(STDIN_FILENO);
	if (terminal_make_raw(err))
		return CONSOLE_FAILED;
	while (!is_over(&j) && !is_overdue(&j) && !(j.detached && !j.pending_len))
		if (serve(&j, err))
			goto out;
	if (is_over(&j))
		end = CONSOLE_OVER;
	else if (j.detached)
		end = CONSOLE_DETACHED;
	else
		lodge_fail(err, ETIMEDOUT, "domain %s has ended, but was not cleared away: is lodged running?",
			   w->domain.name);
out:
	terminal_restore();
	return end;
}

void console_hint(const char *name)
{
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "Console of domain %s, Ctrl-] detaches.\n", name);
}

int verb_console(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;
	struct lodge_domain d;
	enum console_end end;
	struct watch w;
	int fd, rc;

	if (argc != 2)
		return usage_of(argv[0]);
	c = lodge_control_open(&err);
	if (!c)
		return lodge_complain(err.text);
	rc = lodge_control_find(c, argv[1], &d, &err);
	lodge_control_close(c);
	if (rc)
		return lodge_complain(err.text);
	fd = console_open(d.domid, &err);
	if (fd < 0)
		return lodge_complain(err.text);
	if (watch_open(&w, d.domid, &err)) {
		close(fd);
		return lodge_complain(err.text);
	}
	console_hint(d.name);
	end = console_attach(fd, &w, WATCH_ENDED, &err);
	close(fd);
	watch_close(&w);
	return end == CONSOLE_FAILED ? lodge_complain(err.text) : 0;
}
