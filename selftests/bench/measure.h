/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ./ops, ./workloads and ./servers share: operations that are timed by the clock of the
 * machine they run on, be it a domain or the bare machine.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE	4096UL

/* @fn does it n times and says how many nanoseconds that took */
struct op {
	const char *name;
	long (*fn)(long n);
	long n;
};

/*
 * Instructions that do nothing but are known to ./count.c, by their displacement:
 * count between BEGIN and END; forget what was counted; say it.
 */
#define MARK_BEGIN	0x6c6f6401
#define MARK_END	0x6c6f6402
#define MARK_FORGET	0x6c6f6403
#define MARK_REPORT	0x6c6f6404
#define MARK(what)	asm volatile(".byte 0x0f, 0x1f, 0x80; .long %c0" : : "i" (what) : "memory")

#define TIMED(code) ({ \
	long t_ = now(); \
	MARK(MARK_BEGIN); \
	code; \
	MARK(MARK_END); \
	now() - t_; \
})
#define EACH(n, code) TIMED(for (long i_ = 0; i_ < (n); i_++) do { code; } while (0))

void die(const char *what);
void must(bool good, const char *what);
long now(void);

/* private memory in pages of 4 KiB, not touched */
char *map(size_t size);

/*
 * Measures those that the words of the command line name, or all: prints "op NAME
 * begin N" and "op NAME end NS", NS for one of N, and is quiet for a moment before
 * and after, so that who watches from outside can read counters at these lines.
 */
void measure_all(const struct op *ops, size_t count, int argc, char **argv);

#endif
