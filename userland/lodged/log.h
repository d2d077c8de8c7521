/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's log: lines on standard error, with the priorities of
 * sd-daemon(3) in front when that is the journal.
 */
#ifndef LODGED_LOG_H
#define LODGED_LOG_H

#include <stdbool.h>

#include "common/err.h"

enum log_level {
	LOG_ERROR = 3,
	LOG_WARNING = 4,
	LOG_INFO = 6,
	LOG_DEBUG = 7,
};

/* @verbosity: 0 for the default, +1 for debug, -1 and -2 for less. */
void log_init(int verbosity);
bool log_enabled(enum log_level level);
void __printf(2, 3) log_line(enum log_level level, const char *fmt, ...);

#define log_error(...)	log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	log_line(LOG_DEBUG, __VA_ARGS__)

#endif
