// SPDX-License-Identifier: GPL-2.0-only
/*
 * wait-ready PROGRAM [ARGUMENT...]: start a daemon as systemd would and return
 * once it reports READY=1 by sd_notify, leaving it in a session of its own.
 * Fails if it ends before that.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* An abstract name needs no file; the first byte is written as @. */
static int notify_socket(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int len;

	if (fd < 0)
		die("socket");
	len = snprintf(addr.sun_path, sizeof(addr.sun_path),
		       "@lodge-wait-ready-%d", getpid());
	setenv("NOTIFY_SOCKET", addr.sun_path, 1);
	addr.sun_path[0] = 0;
	if (bind(fd, (struct sockaddr *)&addr,
		 offsetof(struct sockaddr_un, sun_path) + len))
		die("bind");
	return fd;
}

static int says_ready(int fd)
{
	char buf[4096];
	ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	if (n < 0)
		return 0;
	buf[n] = 0;
	return !strncmp(buf, "READY=1", 7) || strstr(buf, "\nREADY=1");
}

int main(int argc, char **argv)
{
	struct pollfd from[2] = { { .events = POLLIN }, { .events = POLLIN } };
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: wait-ready PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	from[0].fd = notify_socket();
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		setsid();
		execvp(argv[1], argv + 1);
		die(argv[1]);
	}
	from[1].fd = syscall(SYS_pidfd_open, pid, 0);
	if (from[1].fd < 0)
		die("pidfd_open");
	for (;;) {
		if (poll(from, 2, -1) < 0)
			die("poll");
		if (from[0].revents && says_ready(from[0].fd))
			return 0;
		if (from[1].revents) {
			fprintf(stderr, "%s ended before it was ready\n",
				argv[1]);
			return 1;
		}
	}
}
