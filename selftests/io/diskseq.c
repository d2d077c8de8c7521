// SPDX-License-Identifier: GPL-2.0-only
/*
 * diskseq write DEV SEED WORKER WORKERS
 *	writes random blocks of its share of the disk, one after the other, for ever;
 *	flushes now and then, and says "flushed DEV WORKER N" when the first N writes
 *	are promised to be there.
 * diskseq check DEV SEED WORKER WORKERS N
 *	are they?  Each block has the last of these writes to it, or a later one.
 *
 * Where the N-th write goes and what it writes follows from SEED, so that what an
 * earlier run has left never passes for this one's.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK	4096
#define SECTOR	512
#define WORDS	(SECTOR / sizeof(uint64_t))

static uint64_t seed, worker, workers, blocks;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* splitmix64's way of mixing: any bijection that spreads does */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* of the blocks that are this worker's, counted from 0 */
static uint64_t place(uint64_t n)
{
	return mix(seed ^ mix(n)) % (blocks / workers);
}

static uint64_t block_of(uint64_t n)
{
	return place(n) * workers + worker;
}

static void fill(uint64_t *sector, uint64_t n, uint64_t nr)
{
	size_t i;

	sector[0] = seed;
	sector[1] = n;
	for (i = 2; i < WORDS; i++)
		sector[i] = mix(seed + n * 8 + nr + (i << 48));
}

static void write_all(int fd, const char *name)
{
	char *data = aligned_alloc(BLOCK, BLOCK);
	char line[128];
	uint64_t n;
	size_t i;

	for (n = 1; ; n++) {
		for (i = 0; i < BLOCK / SECTOR; i++)
			fill((uint64_t *)(data + i * SECTOR), n, i);
		if (pwrite(fd, data, BLOCK, block_of(n) * BLOCK) != BLOCK)
			die("write");
		if (mix(n) % 16)
			continue;
		if (fdatasync(fd))
			die("flush");
		snprintf(line, sizeof(line), "flushed %s %lu %lu\n", name, worker, n);
		if (write(1, line, strlen(line)) < 0)
			die("console");
	}
}

/* Is it what some write since the @least-th has put into this block? */
static int good(const uint64_t *sector, uint64_t least, uint64_t block, uint64_t nr)
{
	uint64_t wanted[WORDS];

	if (sector[0] != seed || sector[1] < least || block_of(sector[1]) != block)
		return 0;
	fill(wanted, sector[1], nr);
	return !memcmp(wanted, sector, SECTOR);
}

static int check(int fd, uint64_t last)
{
	uint64_t *least = calloc(blocks / workers, sizeof(*least));
	char *data = aligned_alloc(BLOCK, BLOCK);
	uint64_t n, p, block, i, bad = 0, seen = 0;

	for (n = 1; n <= last; n++)
		least[place(n)] = n;
	for (p = 0; p < blocks / workers; p++) {
		if (!least[p])
			continue;
		block = p * workers + worker;
		if (pread(fd, data, BLOCK, block * BLOCK) != BLOCK)
			die("read");
		seen++;
		for (i = 0; i < BLOCK / SECTOR; i++) {
			const uint64_t *sector = (uint64_t *)(data + i * SECTOR);

			if (good(sector, least[p], block, i))
				continue;
			if (bad++)
				continue;
			printf("block %lu sector %lu: write %lu of seed %lx, not %lu or later\n",
			       block, i, sector[1], sector[0], least[p]);
		}
	}
	printf("%lu blocks, %lu bad sectors\n", seen, bad);
	return bad || !seen;
}

int main(int argc, char **argv)
{
	int writes = argc == 6 && !strcmp(argv[1], "write"), fd;

	if (!writes && (argc != 7 || strcmp(argv[1], "check"))) {
		fprintf(stderr, "usage: see its source\n");
		return 2;
	}
	fd = open(argv[2], (writes ? O_RDWR : O_RDONLY) | O_DIRECT);
	if (fd < 0)
		die(argv[2]);
	seed = mix(strtoull(argv[3], NULL, 0));
	worker = strtoull(argv[4], NULL, 0);
	workers = strtoull(argv[5], NULL, 0);
	blocks = lseek(fd, 0, SEEK_END) / BLOCK;
	if (!workers || worker >= workers || blocks < workers)
		die("share");
	if (writes)
		write_all(fd, argv[2]);
	return check(fd, strtoull(argv[6], NULL, 0));
}
