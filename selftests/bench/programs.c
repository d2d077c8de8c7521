// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debian's programs as processes, in their own root.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "programs.h"

void enter_debian(void)
{
	must(!mount("none", "/debian/tmp", "tmpfs", 0, NULL), "tmpfs");
	must(!mount("/dev", "/debian/dev", NULL, MS_BIND, NULL), "dev");
	must(!mount("none", "/debian/proc", "proc", 0, NULL), "proc");
	must(!chroot("/debian") && !chdir("/"), "chroot");
	setenv("PATH", "/usr/bin:/bin", 1);
}

pid_t start_program(uid_t uid, const char *output, char *const argv[])
{
	bool file = strcmp(output, "/dev/null");
	pid_t child;
	int fd;

	/* a new one, as the last may be another user's, or still be written to */
	if (file)
		unlink(output);
	child = fork();
	must(child >= 0, "fork");
	if (child)
		return child;
	fd = open(output, O_WRONLY | O_CREAT, 0644);
	if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && (!file || dup2(fd, STDERR_FILENO) >= 0) &&
	    (!uid || (!setgroups(0, NULL) && !setgid(uid) && !setuid(uid))))
		execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

int try_program(uid_t uid, const char *output, char *const argv[])
{
	pid_t child = start_program(uid, output, argv);
	int status;

	must(waitpid(child, &status, 0) == child, "a child");
	return status;
}

void run_program(uid_t uid, const char *output, char *const argv[])
{
	int status = try_program(uid, output, argv);
	char line[256];
	FILE *f;

	if (!status)
		return;
	f = fopen(output, "r");
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	fprintf(stderr, "%s: status %x\n", argv[0], status);
	exit(1);
}

/* What stands after the word in the first line that has it, if one has. */
static bool find(const char *path, const char *word, double *number)
{
	FILE *f = fopen(path, "r");
	char line[256], *at = NULL;

	must(f, path);
	while (!at && fgets(line, sizeof(line), f))
		at = strstr(line, word);
	fclose(f);
	if (at)
		*number = strtod(at + strlen(word), NULL);
	return at;
}

bool says(const char *path, const char *word)
{
	double number;

	return find(path, word, &number);
}

double number_after(const char *path, const char *word)
{
	double number;

	must(find(path, word, &number) && number > 0, word);
	return number;
}
