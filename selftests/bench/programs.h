/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ./workloads and ./servers share: Debian's programs, of ../qemu/cache/workloads,
 * and what they say.
 */
#ifndef BENCH_PROGRAMS_H
#define BENCH_PROGRAMS_H

#include <stdbool.h>
#include <sys/types.h>

#define OUTPUT	"/tmp/output"

/* Changes to /debian, with an empty /tmp, and /dev and /proc of this machine. */
void enter_debian(void);

/*
 * Starts a program, found in PATH, as @uid; its output goes to a new file, or to
 * /dev/null.  To a file go its errors too, which are of no interest if it succeeds.
 */
pid_t start_program(uid_t uid, const char *output, char *const argv[]);

/* Runs one to its end; its wait status. */
int try_program(uid_t uid, const char *output, char *const argv[]);

/* Runs one that must succeed; says why it did not. */
void run_program(uid_t uid, const char *output, char *const argv[]);

#define RUN(...) run_program(0, "/dev/null", (char *[]){ __VA_ARGS__, NULL })

/* Whether a line of the file has the word. */
bool says(const char *path, const char *word);

/* The number after the first @word in the file; above 0. */
double number_after(const char *path, const char *word);

#endif
