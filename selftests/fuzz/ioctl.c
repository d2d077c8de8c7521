// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl SEED SECONDS DOMID...: system calls with random arguments on /dev/lodge
 * and on descriptors of these domains, some of which have no runner, so that
 * attaching to them and running them succeeds.  Several processes one after the
 * other and at once; each prints its seed if it dies of anything unexpected.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <lodge/device.h>
#include <lodge/limits.h>

#define PROCESSES	3
#define ROUNDS		600
#define MAX_FDS		24
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static uint64_t state;
static unsigned int domids[8], n_domids;
static int fds[MAX_FDS];
static unsigned int n_fds;
static uint64_t *page;		/* the last before a hole */
static void *memory;		/* of a domain, whole, or NULL */
static uint64_t memory_size;
static int memory_fd;
static struct { unsigned long good[16], bad[16]; } *counts;

static uint64_t rnd(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static uint64_t below(uint64_t n)
{
	return rnd() % n;
}

static uint64_t number(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 255, 256, 4095, 4096, 8191, 8192, 1 << 20, LODGE_SPECIAL_GFN, 1ull << 31,
		1ull << 32, 1ull << 47, 0x00007ffffffff000, 0xffff800000000000,
		0xffff808000000000, 0xffff888000000000, 0xffffffff80000000, ~0ull, LODGE_NO_GFN,
	};

	switch (below(6)) {
	case 0:
		return below(40);
	case 1:
		return below(8192);
	case 2:
		return (uintptr_t)memory + (below(3) ? 0 : below(memory_size + 1));
	case 3:
		return memory_size;
	case 4:
		return edges[below(ARRAY_SIZE(edges))];
	default:
		return rnd();
	}
}

/* Something an ioctl may take for an address. */
static unsigned long argument(void)
{
	switch (below(8)) {
	case 0:
		return number();
	case 1:		/* runs into the hole */
		return (uintptr_t)page + 4096 - below(128);
	case 2:		/* kernel addresses */
		return 0xffff888000000000 + below(1ull << 32);
	default:
		for (int i = 0; i < 16; i++)
			page[i] = number();
		return (uintptr_t)page;
	}
}

static void keep(int fd)
{
	if (fd < 0)
		return;
	if (n_fds < MAX_FDS) {
		fds[n_fds++] = fd;
		return;
	}
	/* never the device, which is the first */
	close(fds[1 + below(MAX_FDS - 1)]);
	for (unsigned int i = 1; i < MAX_FDS; i++)
		if (fcntl(fds[i], F_GETFD) < 0)
			fds[i] = fd;
}

static int open_domain(void)
{
	return ioctl(fds[0], LODGE_IOC_OPEN_DOMAIN, (unsigned long)domids[below(n_domids)]);
}

static void count(unsigned int nr, long rc)
{
	if (rc < 0)
		__atomic_add_fetch(&counts->bad[nr & 15], 1, __ATOMIC_RELAXED);
	else
		__atomic_add_fetch(&counts->good[nr & 15], 1, __ATOMIC_RELAXED);
}

static void any_ioctl(int fd)
{
	static const unsigned int cmds[] = {
		LODGE_IOC_OPEN_DOMAIN, LODGE_IOC_INFO, LODGE_IOC_BOOT, LODGE_IOC_ATTACH,
		LODGE_IOC_RUN, LODGE_IOC_RUN, LODGE_IOC_CONSOLE, LODGE_IOC_STORE,
		LODGE_IOC_STORE_REPLY,
	};
	unsigned int cmd = cmds[below(ARRAY_SIZE(cmds))];
	unsigned long arg = argument();
	int rc;

	if (cmd == LODGE_IOC_OPEN_DOMAIN && below(4))
		arg = domids[below(n_domids)];
	if (cmd == LODGE_IOC_RUN && below(4))
		page[0] = below(3) ? 0 : below(40), arg = (uintptr_t)page;
	if (!below(8))
		cmd ^= 1u << below(32);
	rc = ioctl(fd, cmd, arg);
	count(_IOC_NR(cmd), rc);
	if (rc > 2 && (cmd == LODGE_IOC_OPEN_DOMAIN || cmd == LODGE_IOC_CONSOLE ||
		       cmd == LODGE_IOC_STORE))
		keep(rc);
}

/* What a runner does, as it should be done. */
static void attach(void)
{
	struct lodge_attach a;
	struct lodge_info info;
	int fd = open_domain();
	void *p;

	if (fd < 0)
		return;
	keep(fd);
	if (memory || ioctl(fd, LODGE_IOC_INFO, &info))
		return;
	p = mmap(NULL, info.max_pages << 12, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		 fd, 0);
	if (p == MAP_FAILED)
		return;
	memory = p;
	memory_size = info.max_pages << 12;
	memory_fd = fd;
	a = (struct lodge_attach) { .hva = (uintptr_t)p, .size = memory_size };
	count(LODGE_IOC_ATTACH & 15, ioctl(fd, LODGE_IOC_ATTACH, &a));
}

/* The ground goes from under a domain that runs. */
static void mangle(void)
{
	uint64_t at, len;

	if (!memory)
		return;
	at = below(memory_size >> 12) << 12;
	len = (1 + below(64)) << 12;
	if (at + len > memory_size)
		len = memory_size - at;
	switch (below(6)) {
	case 0:
		madvise(memory + at, len, MADV_DONTNEED);
		break;
	case 1:
		mprotect(memory + at, len, below(2) ? PROT_READ : PROT_NONE);
		break;
	case 2:
		mprotect(memory + at, len, PROT_READ | PROT_WRITE);
		break;
	case 3:
		madvise(memory + at, len, MADV_PAGEOUT);
		break;
	case 4:
		if (!below(16))
			munmap(memory + at, len);
		break;
	default:
		if (!below(16))
			mmap(memory + at, len, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
}

static void any_mmap(int fd)
{
	uint64_t len = below(4) ? (1 + below(64)) << 12 : number();
	uint64_t off = below(2) ? below(8192) << 12 : number();
	char *p = mmap(NULL, len, below(2) ? PROT_READ : PROT_READ | PROT_WRITE,
		       below(4) ? MAP_SHARED : MAP_PRIVATE, fd, off);

	if (p == MAP_FAILED)
		return;
	mincore(p, 4096, (unsigned char *)page);
	munmap(p, len);
}

static void round_(void)
{
	int fd = fds[below(n_fds)];
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	static char buf[8192];

	switch (below(12)) {
	case 0:
		/* may block: the timer ends it */
		if (read(fd, below(4) ? (void *)buf : (void *)argument(), below(sizeof(buf))) < 0)
			break;
		break;
	case 1:
		if (write(fd, below(4) ? (void *)buf : (void *)argument(), below(64)) < 0)
			break;
		break;
	case 2:
		poll(&p, 1, 0);
		break;
	case 3:
		any_mmap(fd);
		break;
	case 4:
		attach();
		break;
	case 5:
	case 6:
		mangle();
		break;
	case 7:
		if (n_fds > 2 && !below(4)) {
			close(fd == fds[0] ? fds[n_fds - 1] : fd);
			if (fd != fds[0])
				for (unsigned int i = 1; i < n_fds; i++)
					if (fds[i] == fd)
						fds[i] = fds[n_fds - 1];
			n_fds--;
		} else {
			keep(open_domain());
		}
		break;
	case 8:
		if (memory)	/* by the one that has attached, mostly */
			count(LODGE_IOC_RUN & 15,
			      ioctl(memory_fd, LODGE_IOC_RUN, &(struct lodge_run) { 0 }));
		break;
	default:
		any_ioctl(fd);
	}
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A thread that runs a vcpu while the other takes its memory away. */
static void *runner(void *arg)
{
	struct lodge_run run = { 0 };

	while (!ioctl((int)(intptr_t)arg, LODGE_IOC_RUN, &run) || errno == EINTR)
		if (run.exit)
			break;
	return NULL;
}

static void child(uint64_t seed)
{
	const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	struct sigaction sa = { .sa_handler = on_alarm };
	const struct rlimit no_core = { 0, 0 };
	pthread_t thread;

	state = seed * 0x9e3779b97f4a7c15 + 1;
	setrlimit(RLIMIT_CORE, &no_core);
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 512, 4096);
	fds[n_fds++] = open(LODGE_DEVICE, O_RDWR | (below(2) ? O_NONBLOCK : 0));
	if (fds[0] < 0)
		_exit(2);
	keep(open_domain());
	/* without SA_RESTART: what blocks comes back */
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	if (!below(2)) {
		attach();
		if (memory)
			pthread_create(&thread, NULL, runner, (void *)(intptr_t)memory_fd);
	}
	for (int i = 0; i < ROUNDS; i++)
		round_();
	_exit(0);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	time_t end = time(NULL) + (argc > 2 ? atoi(argv[2]) : 10);
	unsigned int running = 0, started = 0, failed = 0;
	int status;

	for (int i = 3; i < argc && n_domids < ARRAY_SIZE(domids); i++)
		domids[n_domids++] = atoi(argv[i]);
	if (!n_domids)
		return 2;
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	while (running || time(NULL) < end) {
		if (running < PROCESSES && time(NULL) < end) {
			if (!fork())
				child(seed + started);
			started++;
			running++;
			continue;
		}
		if (wait(&status) < 0)
			break;
		running--;
		if (WIFEXITED(status) && !WEXITSTATUS(status))
			continue;
		printf("# a child of seed %llu..%llu ended with status %#x\n",
		       (unsigned long long)seed, (unsigned long long)seed + started - 1, status);
		failed++;
	}
	for (int i = 0; i < 8; i++)
		printf("# ioctl %d: %lu times good, %lu times refused\n", i, counts->good[i],
		       counts->bad[i]);
	printf("# %u processes from seed %llu on, %u failed\n", started,
	       (unsigned long long)seed, failed);
	/* each of them but a reply to the store has worked at least once */
	for (int i = 0; i < 7; i++)
		if (i != (LODGE_IOC_BOOT & 15) && !counts->good[i] && i != (LODGE_IOC_STORE & 15))
			failed++;
	return failed ? 1 : 0;
}
