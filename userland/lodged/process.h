/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other processes: children, and those that an earlier lodged has left.
 *
 * They run in sessions of their own and outlive lodged.
 */
#ifndef LODGED_PROCESS_H
#define LODGED_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

struct process;

/* @status: of waitpid(), or -1 if it was no child of ours.  @p is gone afterwards. */
typedef void (*process_exit_fn)(void *arg, int status);

/**
 * struct process_start - how to start one
 * @argv: argv[0] is looked for beside lodged's own executable, then in PATH
 * @stdin_fd, @stderr_fd: -1: /dev/null
 * @env: "NAME=value" to have in the environment, ended by NULL; or NULL
 * @cgroup_procs: file to write its pid to, before it is executed; or NULL
 */
struct process_start {
	char *const *argv;
	int stdin_fd;
	int stderr_fd;
	const char *cgroup_procs;
	char *const *env;
};

struct process *process_start(const struct process_start *how, process_exit_fn fn, void *arg,
			      struct lodge_err *err);
/* NULL if there is no such process. */
struct process *process_adopt(pid_t pid, process_exit_fn fn, void *arg);
pid_t process_pid(const struct process *p);
void process_kill(struct process *p);
/* Look no longer; the process itself goes on. */
void process_forget(struct process *p);

/* "exit status 1", "signal 9" */
const char *process_status(int status, char buf[32]);

#endif
