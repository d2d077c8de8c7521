// SPDX-License-Identifier: GPL-2.0-only
#include "lodge/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/macros.h"

static struct termios cooked, raw;
static volatile sig_atomic_t is_raw;

void terminal_restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
}

/* Installed with SA_RESETHAND: the second time the signal does its work. */
static void on_deadly_signal(int sig)
{
	if (is_raw) {
		is_raw = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	}
	raise(sig);
}

/* After a stop the shell has put back its own settings. */
static void on_continue(int sig)
{
	int saved = errno;

	(void)sig;
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	errno = saved;
}

int terminal_make_raw(struct lodge_err *err)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGABRT };
	struct sigaction die = { .sa_handler = on_deadly_signal, .sa_flags = SA_RESETHAND };
	struct sigaction cont = { .sa_handler = on_continue, .sa_flags = SA_RESTART };
	size_t i;

	if (!isatty(STDIN_FILENO))
		return 0;
	if (tcgetattr(STDIN_FILENO, &cooked))
		return lodge_fail(err, errno, "cannot read the settings of the terminal: %s",
				  strerror(errno));
	raw = cooked;
	cfmakeraw(&raw);
	for (i = 0; i < ARRAY_SIZE(deadly); i++)
		sigaction(deadly[i], &die, NULL);
	sigaction(SIGCONT, &cont, NULL);
	atexit(terminal_restore);
	is_raw = 1;
	if (!tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return 0;
	is_raw = 0;
	return lodge_fail(err, errno, "cannot change the settings of the terminal: %s",
			  strerror(errno));
}
