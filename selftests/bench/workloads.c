// SPDX-License-Identifier: GPL-2.0-only
/*
 * workloads: how long common work of Linux takes.  Runs as a domain and on the bare
 * machine, with the programs of ../qemu/cache/workloads below /debian.  What they
 * work on is made here from a seed, and so the same everywhere.
 *
 * Words on the command line choose workloads.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "programs.h"

#define TEXT_BYTES	(375 << 10)
#define FOLDERS	16
#define FILES	40			/* in each folder */
#define SOURCES	2
#define FUNCTIONS	3		/* in each source */

/* hackbench's shape: in each group every sender writes to every receiver */
#define GROUPS	2
#define SENDERS	10
#define RECEIVERS	10
#define PROCESSES	(GROUPS * (SENDERS + RECEIVERS))
#define MESSAGES	12		/* from one to one */
#define MESSAGE	100

static uint64_t seed;

static unsigned int random_below(unsigned int bound)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (seed >> 33) % bound;
}

/* Words of which few are frequent, as in languages. */
static void put_words(FILE *f, long bytes)
{
	static const char letters[] = "etaoinshrdlucmfwypvbgk";
	long end = ftell(f) + bytes;

	while (ftell(f) < end) {
		unsigned int word = random_below(1 + random_below(4000));
		unsigned int i, hash = word * 2654435761U;

		for (i = 0; i < 2 + word % 7; i++, hash = hash * 69069 + 1)
			fputc(letters[(hash >> 16) % (sizeof(letters) - 1)], f);
		fputc(random_below(12) ? ' ' : '\n', f);
	}
}

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die(path);
	return f;
}

static void finish(FILE *f)
{
	must(!ferror(f) && !fclose(f), "writing a file");
}

static void make_text(void)
{
	FILE *f = create("/tmp/text");

	seed = 1;
	put_words(f, TEXT_BYTES);
	finish(f);
}

/* A tree as sources are: most files small, some not. */
static void make_tree(void)
{
	char path[64];
	int i, j;

	seed = 2;
	must(!mkdir("/tmp/tree", 0755), "mkdir");
	for (i = 0; i < FOLDERS; i++) {
		snprintf(path, sizeof(path), "/tmp/tree/folder-%d", i);
		must(!mkdir(path, 0755), path);
		for (j = 0; j < FILES; j++) {
			FILE *f;

			snprintf(path, sizeof(path), "/tmp/tree/folder-%d/file-%d.txt", i, j);
			f = create(path);
			put_words(f, random_below(1 + random_below(12 << 10)));
			finish(f);
		}
	}
}

static void make_sources(void)
{
	char path[64];
	int i, j;
	FILE *f;

	seed = 3;
	must(!mkdir("/tmp/project", 0755), "mkdir");
	for (i = 0; i < SOURCES; i++) {
		snprintf(path, sizeof(path), "/tmp/project/part%d.c", i);
		f = create(path);
		fputs("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\n", f);
		for (j = 0; j < FUNCTIONS; j++)
			fprintf(f, "int part%d_%d(int n)\n{\n\tchar text[%u];\n\tint i, sum = %u;\n\n"
				"\tfor (i = 0; i < n; i++)\n"
				"\t\tsum += snprintf(text, sizeof(text), \"%%d %%s\", i * %u, \"x\");\n"
				"\treturn strlen(text) > %u ? sum : abs(sum - %u);\n}\n\n",
				i, j, 32 + random_below(200), random_below(1000),
				1 + random_below(50), random_below(9), random_below(5000));
		finish(f);
	}
}

static long xz(long n)
{
	return EACH(n, RUN("xz", "-T1", "-c", "/tmp/text"));
}

static long shell(long n)
{
	return EACH(n, RUN("dash", "-c",
			   "i=0; while [ $i -lt 100 ]; do /bin/true; i=$((i + 1)); done"));
}

static long tar(long n)
{
	long t = 0;

	while (n--) {
		unlink("/tmp/tree.tar");
		t += TIMED(RUN("tar", "-cf", "/tmp/tree.tar", "-C", "/tmp", "tree"));
	}
	return t;
}

static long untar(long n)
{
	long t = 0;

	RUN("tar", "-cf", "/tmp/tree.tar", "-C", "/tmp", "tree");
	while (n--) {
		must(!mkdir("/tmp/out", 0755), "mkdir");
		t += TIMED(RUN("tar", "-xf", "/tmp/tree.tar", "-C", "/tmp/out"));
		RUN("rm", "-r", "/tmp/out");
	}
	return t;
}

static long gcc(long n)
{
	must(!chdir("/tmp/project"), "chdir");
	return EACH(n, RUN("gcc", "-O1", "-c", "part0.c", "part1.c"));
}

static void receive(int fd, int ready)
{
	char message[MESSAGE];
	size_t wanted = (size_t)SENDERS * MESSAGES * MESSAGE;

	must(write(ready, "", 1) == 1, "ready");
	while (wanted) {
		ssize_t got = read(fd, message, sizeof(message));

		must(got > 0, "receive");
		wanted -= got;
	}
}

static void send_all(const int *fds, int ready, int go)
{
	char message[MESSAGE] = "";
	int i, j;

	must(write(ready, "", 1) == 1, "ready");
	must(read(go, message, 1) == 1, "go");
	for (i = 0; i < MESSAGES; i++)
		for (j = 0; j < RECEIVERS; j++)
			must(write(fds[j], message, sizeof(message)) == sizeof(message), "send");
}

static void group(int ready, int go)
{
	int far[RECEIVERS], i;

	for (i = 0; i < RECEIVERS; i++) {
		int s[2];

		must(!socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
		far[i] = s[1];
		if (!fork()) {
			receive(s[0], ready);
			_exit(0);
		}
		close(s[0]);
	}
	for (i = 0; i < SENDERS; i++)
		if (!fork()) {
			send_all(far, ready, go);
			_exit(0);
		}
	for (i = 0; i < RECEIVERS; i++)
		close(far[i]);
}

static void go_and_wait(int go)
{
	char words[GROUPS * SENDERS] = "";
	int status, i;

	must(write(go, words, sizeof(words)) == sizeof(words), "go");
	for (i = 0; i < PROCESSES; i++)
		must(wait(&status) > 0 && !status, "a process");
}

/* Timed as hackbench does: from the word until all processes have ended. */
static long storm(long n)
{
	int ready[2], go[2], i;
	long t = 0;
	char c;

	while (n--) {
		must(!pipe(ready) && !pipe(go), "pipe");
		for (i = 0; i < GROUPS; i++)
			group(ready[1], go[0]);
		for (i = 0; i < PROCESSES; i++)
			must(read(ready[0], &c, 1) == 1, "ready");
		t += TIMED(go_and_wait(go[1]));
		close(ready[0]);
		close(ready[1]);
		close(go[0]);
		close(go[1]);
	}
	return t;
}

/* Nanoseconds for a megabyte, by dbench's own account of two seconds. */
static long dbench(long n)
{
	mkdir("/tmp/clients", 0755);
	TIMED(run_program(0, OUTPUT, (char *[]){
		"dbench", "-t", "2", "-D", "/tmp/clients",
		"-c", "/usr/share/dbench/client.txt", "2", NULL }));
	return n * 1e9 / number_after(OUTPUT, "Throughput ");
}

static const struct op workloads[] = {
	{ "xz", xz, 1 },
	{ "sh-100-commands", shell, 2 },
	{ "tar", tar, 3 },
	{ "untar", untar, 3 },
	{ "storm-2x20", storm, 3 },
	{ "gcc", gcc, 2 },
	{ "dbench-2", dbench, 1 },
};

int main(int argc, char **argv)
{
	enter_debian();
	make_text();
	make_tree();
	make_sources();
	measure_all(workloads, ARRAY_SIZE(workloads), argc, argv);
	return 0;
}
