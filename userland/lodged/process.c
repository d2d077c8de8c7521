// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lodged/daemon.h"
#include "lodged/log.h"
#include "lodged/process.h"

struct process {
	pid_t pid;
	int pidfd;
	bool child;
	struct event *event;
	process_exit_fn fn;
	void *arg;
};

static void ended(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;
	process_exit_fn fn = p->fn;
	void *fn_arg = p->arg;
	int status = -1;

	(void)fd;
	(void)what;
	if (p->child && waitpid(p->pid, &status, WNOHANG) == 0)
		return;
	process_forget(p);
	fn(fn_arg, status);
}

static struct process *watch(pid_t pid, bool child, process_exit_fn fn, void *arg)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	*p = (struct process) { .pid = pid, .child = child, .fn = fn, .arg = arg };
	p->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (p->pidfd < 0) {
		free(p);
		return NULL;
	}
	p->event = event_new(daemon_base, p->pidfd, EV_READ | EV_PERSIST, ended, p);
	event_add(p->event, NULL);
	return p;
}

/* Beside our own executable, or the bare name for PATH. */
static const char *find_program(const char *name, char buf[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", buf, PATH_MAX - 1);
	char *slash;

	if (len > 0) {
		buf[len] = '\0';
		slash = strrchr(buf, '/');
		if (slash && slash + 1 - buf + strlen(name) < PATH_MAX) {
			strcpy(slash + 1, name);
			if (!access(buf, X_OK))
				return buf;
		}
	}
	return name;
}

static void child(const struct process_start *how, const char *program, int null)
{
	int cgroup;
	sigset_t none;

	setsid();
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);

	/* In time for all that it will touch to be charged there. */
	if (how->cgroup_procs) {
		cgroup = open(how->cgroup_procs, O_WRONLY | O_CLOEXEC);
		if (cgroup >= 0 && write(cgroup, "0", 1) < 0)
			close(cgroup);
	}
	for (char *const *e = how->env; e && *e; e++)
		putenv(*e);
	dup2(how->stdin_fd >= 0 ? how->stdin_fd : null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(how->stderr_fd >= 0 ? how->stderr_fd : null, STDERR_FILENO);
	execvp(program, how->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

struct process *process_start(const struct process_start *how, process_exit_fn fn, void *arg,
			      struct lodge_err *err)
{
	char buf[PATH_MAX];
	const char *program = find_program(how->argv[0], buf);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct process *p = NULL;
	pid_t pid;

	if (null < 0) {
		lodge_fail(err, errno, "/dev/null: %s", strerror(errno));
		return NULL;
	}
	pid = fork();
	if (pid == 0)
		child(how, program, null);
	if (pid > 0)
		p = watch(pid, true, fn, arg);
	if (!p) {
		lodge_fail(err, errno, "%s cannot be started: %s", program, strerror(errno));
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
	}
	close(null);
	return p;
}

struct process *process_adopt(pid_t pid, process_exit_fn fn, void *arg)
{
	return watch(pid, false, fn, arg);
}

pid_t process_pid(const struct process *p)
{
	return p->pid;
}

void process_kill(struct process *p)
{
	if (syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0))
		log_debug("process %d cannot be killed: %m", p->pid);
}

void process_forget(struct process *p)
{
	if (!p)
		return;
	event_free(p->event);
	close(p->pidfd);
	free(p);
}

const char *process_status(int status, char buf[32])
{
	if (status < 0)
		return "no status";
	if (WIFSIGNALED(status))
		snprintf(buf, 32, "signal %d", WTERMSIG(status));
	else
		snprintf(buf, 32, "exit status %d", WEXITSTATUS(status));
	return buf;
}
