/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Following one domain to its end, by the kernel's events and the exit of its
 * runner: works whether or not lodged is there.
 */
#ifndef LODGE_LODGE_WATCH_H
#define LODGE_LODGE_WATCH_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/control.h"

/**
 * struct watch - a domain
 * @runner: the process, as long as it lives
 * @domain: as last seen
 * @ended: it has shut down or crashed
 * @destroyed: it is no more
 */
struct watch {
	struct lodge_control *control;
	struct lodge_events *events;
	int runner;			/* pidfd or -1 */
	uint32_t runner_pid;		/* of that */
	struct lodge_domain domain;
	bool ended;
	bool destroyed;
};

enum watch_until { WATCH_ENDED, WATCH_GONE };

/* Begin to follow @domid, which exists. */
int watch_open(struct watch *w, uint32_t domid, struct lodge_err *err);
void watch_close(struct watch *w);

/* For poll(): two entries, to be handed to watch_serve() afterwards. */
#define WATCH_FDS 2
void watch_prepare(const struct watch *w, struct pollfd fds[WATCH_FDS]);
int watch_serve(struct watch *w, const struct pollfd fds[WATCH_FDS], struct lodge_err *err);

/* Name, memory and runner are gone. */
bool watch_is_gone(const struct watch *w);

/* 1 when it is so, 0 when the time is over (ms, -1: never), -1 on failure. */
int watch_wait(struct watch *w, enum watch_until until, int timeout, struct lodge_err *err);

/* 0 if the domain ended by itself and well, else -1 and a sentence. */
int watch_judge(const struct watch *w, struct lodge_err *err);

#endif
