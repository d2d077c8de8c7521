// SPDX-License-Identifier: GPL-2.0-only
/*
 * agent: first process of a test host once its root file system is mounted.
 *
 * Runs "enter /run/vm/cmd" with its output going to virtio ports,
 * one for standard output and one for standard error, sends the kernel's log
 * down a third as it appears, and at the end one line "exit STATUS" down a
 * fourth.  ./vm is the other end.
 *
 * The command writes to pipes and not to the ports themselves: a port can only
 * be opened once, and commands do open /dev/stdout.  A port takes what it is
 * given before write() returns, so that when the status line arrives all output
 * has arrived.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENTER	"/lodge/selftests/qemu/enter"

enum { OUT, ERR, LOG, CHILD, SOURCES };

static void die(const char *what)
{
	FILE *kmsg = fopen("/dev/kmsg", "w");

	if (kmsg) {
		fprintf(kmsg, "agent: %s: %s\n", what, strerror(errno));
		fclose(kmsg);
	}
	reboot(RB_POWER_OFF);
	_exit(1);
}

static int first_line_is(const char *path, const char *line)
{
	char buf[64] = "";
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	if (fgets(buf, sizeof(buf), f))
		buf[strcspn(buf, "\n")] = 0;
	fclose(f);
	return !strcmp(buf, line);
}

/* Ports have names only in sysfs unless udev runs. */
static int open_port(const char *name)
{
	const char *dir = "/sys/class/virtio-ports";
	char path[512];
	struct dirent *d;
	DIR *ports = opendir(dir);
	int fd = -1;

	if (!ports)
		die(dir);
	while (fd < 0 && (d = readdir(ports))) {
		snprintf(path, sizeof(path), "%s/%s/name", dir, d->d_name);
		if (!first_line_is(path, name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", d->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	closedir(ports);
	if (fd < 0)
		die(name);
	return fd;
}

static void write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			die("port");
		if (n > 0) {
			buf += n;
			len -= n;
		}
	}
}

/*
 * Moves what @from has now and no more, as something in the background may
 * write for ever.  Returns 0 once it is at its end.
 */
static int relay(int from, int to)
{
	char buf[65536];
	int left;
	ssize_t n;

	if (ioctl(from, FIONREAD, &left))
		die("pipe");
	do {
		n = read(from, buf, sizeof(buf));
		if (n > 0)
			write_all(to, buf, n);
		left -= n;
	} while (n > 0 && left > 0);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/*
 * A read yields one record; -EPIPE says that some were overwritten.  Bounded,
 * so that a kernel that never stops talking does not keep us here.
 */
static void relay_log(int kmsg, int to)
{
	int records = 20000;
	char buf[8192];
	ssize_t n;

	while (records--) {
		n = read(kmsg, buf, sizeof(buf));
		if (n > 0)
			write_all(to, buf, n);
		else if (errno != EPIPE && errno != EINTR)
			return;
	}
}

static pid_t spawn(int out, int err)
{
	char *const argv[] = { ENTER, "/run/vm/cmd", NULL };
	char *const envp[] = { PATH, "HOME=/root", "USER=root", "SHELL=/bin/bash",
			       "LANG=C.UTF-8", NULL };
	pid_t pid = fork();
	sigset_t none;
	int null;

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(127);
	close(null);
	if (chdir("/root"))
		_exit(127);
	execve(argv[0], argv, envp);
	_exit(127);
}

/* As the first process we inherit orphans. */
static int reap(pid_t pid, int *status)
{
	int wstatus, found = 0;
	pid_t who;

	while ((who = waitpid(-1, &wstatus, WNOHANG)) > 0) {
		if (who != pid)
			continue;
		found = 1;
		*status = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) :
					       128 + WTERMSIG(wstatus);
	}
	return found;
}

static int make_pipe(int *write_end)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) || fcntl(p[0], F_SETFL, O_NONBLOCK))
		die("pipe");
	*write_end = p[1];
	return p[0];
}

int main(void)
{
	struct pollfd from[SOURCES] = { { 0 } };
	int port[CHILD], control, out, err, status = 0, done = 0, i;
	struct signalfd_siginfo si;
	char line[32];
	sigset_t chld;
	pid_t pid;

	/* The kernel gives its first process no descriptors it can rely on. */
	while ((i = open("/dev/null", O_RDWR)) >= 0 && i <= 2)
		;
	close(i);
	umask(022);

	port[OUT] = open_port("stdout");
	port[ERR] = open_port("stderr");
	port[LOG] = open_port("log");
	control = open_port("control");

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);

	from[CHILD].fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	from[LOG].fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (from[CHILD].fd < 0 || from[LOG].fd < 0)
		die("descriptors");
	from[OUT].fd = make_pipe(&out);
	from[ERR].fd = make_pipe(&err);

	pid = spawn(out, err);
	close(out);
	close(err);
	for (i = 0; i < SOURCES; i++)
		from[i].events = POLLIN;

	while (!done) {
		if (poll(from, SOURCES, -1) < 0 && errno != EINTR)
			die("poll");
		/*
		 * Judge the child first and move output second: what a child
		 * that has ended wrote is in the pipes by then.
		 */
		if (from[CHILD].revents) {
			while (read(from[CHILD].fd, &si, sizeof(si)) > 0)
				;
			done = reap(pid, &status);
		}
		relay_log(from[LOG].fd, port[LOG]);
		for (i = OUT; i <= ERR; i++)
			if (from[i].fd >= 0 && !relay(from[i].fd, port[i]))
				from[i].fd = -1;
	}

	/* What ran in the background may have left something in the log. */
	relay_log(from[LOG].fd, port[LOG]);
	snprintf(line, sizeof(line), "exit %d\n", status);
	write_all(control, line, strlen(line));
	reboot(RB_POWER_OFF);
	die("power off");
}
