// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lodged/log.h"

static enum log_level limit = LOG_INFO;
static bool journal;

void log_init(int verbosity)
{
	if (verbosity > 0)
		limit = LOG_DEBUG;
	else if (verbosity == -1)
		limit = LOG_WARNING;
	else if (verbosity < -1)
		limit = LOG_ERROR;
	journal = getenv("JOURNAL_STREAM");
}

bool log_enabled(enum log_level level)
{
	return level <= limit;
}

/* One write per line: lines of several writers do not mix. */
void log_line(enum log_level level, const char *fmt, ...)
{
	char line[2048];
	size_t len = 0;
	va_list ap;
	int n;

	if (!log_enabled(level))
		return;
	if (journal)
		len = snprintf(line, sizeof(line), "<%d>", level);
	else
		len = snprintf(line, sizeof(line), "lodged: ");
	va_start(ap, fmt);
	n = vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	va_end(ap);
	if (n > 0)
		len = len + n < sizeof(line) - 1 ? len + n : sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDERR_FILENO, line, len) < 0)
		return;	/* there is nobody to tell */
}
