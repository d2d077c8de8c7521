// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measuring: memory warmed up, then each operation once for practice and once
 * for the record.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"

#define QUIET_NS 30000000
#define PIPES	40
#define PIPE_BYTES	(1UL << 20)
#define LEFT_FREE	(6UL << 20)	/* more than a kernel with 512 MiB keeps for itself */

void die(const char *what)
{
	perror(what);
	exit(1);
}

void must(bool good, const char *what)
{
	if (!good)
		die(what);
}

long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

char *map(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

static size_t free_bytes(void)
{
	struct sysinfo info;

	must(!sysinfo(&info), "sysinfo");
	return info.freeram * info.mem_unit;
}

/*
 * The host gives a domain a page at its first use: not what is to be measured.
 * The kernel keeps pages of its own apart from those of programs; a pipe's are such.
 */
static void warm_up(void)
{
	int pipes[PIPES][2], n = 0, i;
	size_t size = free_bytes(), at;
	char *p;

	must(size > PIPES * PIPE_BYTES, "free memory");
	size = (size - PIPES * PIPE_BYTES) / PAGE * PAGE;
	p = map(size);
	for (at = 0; at < size; at += PAGE)
		p[at] = 1;
	while (n < PIPES && free_bytes() > LEFT_FREE) {
		must(!pipe(pipes[n]), "pipe");
		must(fcntl(pipes[n][1], F_SETPIPE_SZ, PIPE_BYTES) > 0, "pipe");
		must(write(pipes[n++][1], p, PIPE_BYTES) == PIPE_BYTES, "pipe");
	}
	for (i = 0; i < n; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	munmap(p, size);
}

static void quiet(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = QUIET_NS }, NULL);
}

static void measure(const struct op *op)
{
	long t;

	/* once before, so that caches, tables and programs are there */
	op->fn(op->n < 2 ? 1 : 2);
	printf("op %s begin %ld\n", op->name, op->n);
	quiet();
	MARK(MARK_FORGET);
	t = op->fn(op->n);
	MARK(MARK_REPORT);
	quiet();
	printf("op %s end %.1f\n", op->name, (double)t / op->n);
	quiet();
}

void measure_all(const struct op *ops, size_t count, int argc, char **argv)
{
	size_t i;
	int w;

	setvbuf(stdout, NULL, _IOLBF, 0);
	warm_up();
	for (i = 0; i < count; i++) {
		for (w = 1; w < argc && strcmp(argv[w], ops[i].name); w++)
			;
		if (argc == 1 || w < argc)
			measure(&ops[i]);
	}
}
