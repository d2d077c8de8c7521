// SPDX-License-Identifier: GPL-2.0-only
/*
 * ops: what common operations of Linux cost, in nanoseconds of its own clock.
 * Runs as a domain and on the bare machine; in an emulator that counts
 * instructions a nanosecond is one.
 *
 * Words on the command line choose operations.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "measure.h"

#define AROUND	16		/* pages of a file that one fault brings */
#define RING	8		/* processes */
#define TIMER_NS	200000

static char *page;		/* touched, writable */
static int zero_fd, null_fd;
static volatile int caught;

static long op_null(long n)
{
	return EACH(n, syscall(SYS_getppid));
}

static long op_read(long n)
{
	char c;

	return EACH(n, must(read(zero_fd, &c, 1) == 1, "read"));
}

static long op_write(long n)
{
	return EACH(n, must(write(null_fd, "", 1) == 1, "write"));
}

static long op_stat(long n)
{
	struct stat s;

	return EACH(n, must(!stat("/proc/self", &s), "stat"));
}

static long op_open(long n)
{
	return EACH(n, close(open("/dev/null", O_RDONLY)));
}

static long op_yield(long n)
{
	return EACH(n, sched_yield());
}

static void on_signal(int sig)
{
	(void)sig;
	caught++;
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *c = context;

	(void)sig;
	(void)info;
	c->uc_mcontext.gregs[REG_RIP] += 3;	/* movb $0, (%rax) */
}

static long op_sigaction(long n)
{
	struct sigaction a = { .sa_handler = on_signal };

	return EACH(n, sigaction(SIGUSR2, &a, NULL));
}

static long op_clock(long n)
{
	struct timespec t;

	return EACH(n, clock_gettime(CLOCK_MONOTONIC, &t));
}

static long op_signal(long n)
{
	struct sigaction a = { .sa_handler = on_signal };
	pid_t self = getpid();

	sigaction(SIGUSR1, &a, NULL);
	return EACH(n, kill(self, SIGUSR1));
}

static long op_protection(long n)
{
	struct sigaction a = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	long t;

	sigaction(SIGSEGV, &a, NULL);
	mprotect(page, PAGE, PROT_READ);
	t = EACH(n, asm volatile("movb $0, (%0)" : : "a" (page) : "memory"));
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
	signal(SIGSEGV, SIG_DFL);
	return t;
}

static long op_fault(long n)
{
	char *p = map(n * PAGE);
	long t = EACH(n, p[i_ * PAGE] = 1);

	munmap(p, n * PAGE);
	return t;
}

/* Of a file that is in memory, mapped as a program is. */
static long op_file_fault(long n)
{
	int fd = memfd_create("file", 0);
	size_t size = n * AROUND * PAGE;
	char *p;
	long t;

	must(fd >= 0, "memfd_create");
	for (size_t at = 0; at < size; at += PAGE)
		must(pwrite(fd, page, PAGE, at) == (ssize_t)PAGE, "pwrite");
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	must(p != MAP_FAILED, "mmap");
	t = EACH(n, *(volatile char *)&p[i_ * AROUND * PAGE]);
	munmap(p, size);
	close(fd);
	return t;
}

/* The first write to a page that a parent has as well. */
static long op_cow_fault(long n)
{
	char *p = map(n * PAGE);
	int back[2];
	pid_t child;
	long t;

	for (long i = 0; i < n; i++)
		p[i * PAGE] = 1;
	must(!pipe(back), "pipe");
	child = fork();
	if (!child) {
		t = EACH(n, p[i_ * PAGE] = 2);
		_exit(write(back[1], &t, sizeof(t)) != sizeof(t));
	}
	must(read(back[0], &t, sizeof(t)) == sizeof(t), "child");
	waitpid(child, NULL, 0);
	close(back[0]);
	close(back[1]);
	munmap(p, n * PAGE);
	return t;
}

static long op_mprotect(long n)
{
	return EACH(n, mprotect(page, PAGE, PROT_READ);
		    mprotect(page, PAGE, PROT_READ | PROT_WRITE));
}

static void map_once(size_t size)
{
	char *p = map(size);

	for (size_t at = 0; at < size; at += PAGE)
		p[at] = 1;
	munmap(p, size);
}

static long map_touch(long n, size_t size)
{
	return EACH(n, map_once(size));
}

static long op_map64k(long n)
{
	return map_touch(n, 64 << 10);
}

static long op_map1m(long n)
{
	return map_touch(n, 1 << 20);
}

static void *thread(void *arg)
{
	return arg;
}

static long op_thread(long n)
{
	pthread_t id;

	return EACH(n, must(!pthread_create(&id, NULL, thread, NULL), "pthread_create");
		    pthread_join(id, NULL));
}

/* @argv NULL: the child ends at once */
static void fork_once(char *const argv[])
{
	pid_t child = fork();

	if (!child) {
		if (argv)
			execv(argv[0], argv);
		_exit(argv ? 1 : 0);
	}
	waitpid(child, NULL, 0);
}

static long op_fork(long n)
{
	return EACH(n, fork_once(NULL));
}

static long run(long n, char *const argv[])
{
	return EACH(n, fork_once(argv));
}

static long op_exec(long n)
{
	return run(n, (char *[]){ "/proc/self/exe", "-", NULL });
}

static long op_shell(long n)
{
	return run(n, (char *[]){ "/bin/sh", "-c", ":", NULL });
}

/* A byte there and back between two processes. */
static long round_trips(long n, int in, int out, int far_in, int far_out)
{
	pid_t child = fork();
	char c = 0;
	long t;

	if (!child) {
		while (read(far_in, &c, 1) == 1 && c != 1)
			if (write(far_out, &c, 1) != 1)
				break;
		_exit(0);
	}
	t = EACH(n, must(write(out, &c, 1) == 1 && read(in, &c, 1) == 1, "round trip"));
	c = 1;
	if (write(out, &c, 1) != 1)
		die("write");
	waitpid(child, NULL, 0);
	return t;
}

static long op_pipe(long n)
{
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		die("pipe");
	return round_trips(n, back[0], there[1], there[0], back[1]);
}

static long op_unix(long n)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		die("socketpair");
	return round_trips(n, s[0], s[0], s[1], s[1]);
}

static long op_tcp(long n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int l = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0), far, on = 1;
	socklen_t len = sizeof(a);

	if (ioctl(s, SIOCSIFFLAGS, &lo) || bind(l, (void *)&a, len) || listen(l, 1) ||
	    getsockname(l, (void *)&a, &len) || connect(s, (void *)&a, len))
		die("loopback");
	far = accept(l, NULL, NULL);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(far, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return round_trips(n, s, s, far, far);
}

/* What a byte through a pipe costs without a switch. */
static long pipe_alone(long n)
{
	int p[2];
	char c = 0;
	long t;

	must(!pipe(p), "pipe");
	t = EACH(n, must(write(p[1], &c, 1) == 1 && read(p[0], &c, 1) == 1, "pipe"));
	close(p[0]);
	close(p[1]);
	return t;
}

/* Half a round trip, less the pipe. */
static long op_switch(long n)
{
	long t = op_pipe(n) / 2;

	return t - pipe_alone(n);
}

/* A byte round a ring of processes, of which each wakes the next, less the pipes. */
static long op_ring(long n)
{
	int pipes[RING][2], i;
	char c = 0;
	long t;

	for (i = 0; i < RING; i++)
		must(!pipe(pipes[i]), "pipe");
	for (i = 1; i < RING; i++)
		if (!fork()) {
			do {
				if (read(pipes[i - 1][0], &c, 1) != 1 ||
				    write(pipes[i][1], &c, 1) != 1)
					_exit(1);
			} while (c != 1);
			_exit(0);
		}
	t = EACH(n, must(write(pipes[0][1], &c, 1) == 1 &&
			 read(pipes[RING - 1][0], &c, 1) == 1, "ring"));
	c = 1;
	must(write(pipes[0][1], &c, 1) == 1, "ring");
	for (i = 1; i < RING; i++)
		wait(NULL);
	for (i = 0; i < RING; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	return t / RING - pipe_alone(n);
}

/* Nanoseconds by which who slept until a time wakes later than that. */
static long late(void)
{
	long at = now() + TIMER_NS;
	struct timespec t = { .tv_sec = at / 1000000000L, .tv_nsec = at % 1000000000L };

	must(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), "clock_nanosleep");
	return now() - at;
}

static long op_timer(long n)
{
	long sum = 0;

	prctl(PR_SET_TIMERSLACK, 1);
	(void)EACH(n, sum += late());
	prctl(PR_SET_TIMERSLACK, 0);
	return sum;
}

/* Runs the caller on one of the processors there are. */
static void on_cpu(int which)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(which % sysconf(_SC_NPROCESSORS_ONLN), &set);
	must(!sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

static int turn;		/* of which of two threads it is; a futex */

static void take_turn(int self)
{
	int seen;

	while ((seen = __atomic_load_n(&turn, __ATOMIC_ACQUIRE)) != self)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void give_turn(int to)
{
	__atomic_store_n(&turn, to, __ATOMIC_RELEASE);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *futex_partner(void *arg)
{
	on_cpu(1);
	for (long n = *(long *)arg; n--;) {
		take_turn(1);
		give_turn(0);
	}
	return NULL;
}

/* A round trip between two threads, on two processors where there are two. */
static long op_futex(long n)
{
	cpu_set_t before;
	pthread_t id;
	long t;

	must(!sched_getaffinity(0, sizeof(before), &before), "sched_getaffinity");
	on_cpu(0);
	must(!pthread_create(&id, NULL, futex_partner, &n), "pthread_create");
	t = EACH(n, give_turn(1); take_turn(0));
	pthread_join(id, NULL);
	must(!sched_setaffinity(0, sizeof(before), &before), "sched_setaffinity");
	return t;
}

static void go_and_wait(int go, int children)
{
	char words[children];

	memset(words, 0, children);
	must(write(go, words, children) == children, "go");
	while (children--)
		wait(NULL);
}

/* Every processor maps, touches and unmaps; the time until all have. */
static long op_map_all(long n)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN), go[2], i;
	long t;
	char c;

	must(!pipe(go), "pipe");
	for (i = 0; i < cpus; i++)
		if (!fork()) {
			on_cpu(i);
			must(read(go[0], &c, 1) == 1, "go");
			for (long k = 0; k < n; k++)
				map_once(1 << 20);
			_exit(0);
		}
	t = TIMED(go_and_wait(go[1], cpus));
	close(go[0]);
	close(go[1]);
	return t;
}

static const struct op ops[] = {
	{ "null", op_null, 2000 },
	{ "read", op_read, 2000 },
	{ "write", op_write, 2000 },
	{ "stat", op_stat, 500 },
	{ "open-close", op_open, 500 },
	{ "yield", op_yield, 1000 },
	{ "clock_gettime", op_clock, 2000 },
	{ "sigaction", op_sigaction, 1000 },
	{ "signal", op_signal, 500 },
	{ "protection-fault", op_protection, 500 },
	{ "page-fault", op_fault, 1000 },
	{ "file-fault", op_file_fault, 200 },
	{ "cow-fault", op_cow_fault, 1000 },
	{ "mprotect-pair", op_mprotect, 500 },
	{ "map-touch-64K", op_map64k, 50 },
	{ "map-touch-1M", op_map1m, 5 },
	{ "map-1M-all-cpus", op_map_all, 10 },
	{ "thread", op_thread, 100 },
	{ "fork-exit", op_fork, 50 },
	{ "fork-exec", op_exec, 30 },
	{ "sh-c", op_shell, 20 },
	{ "pipe", op_pipe, 500 },
	{ "unix", op_unix, 500 },
	{ "tcp", op_tcp, 300 },
	{ "switch-2p", op_switch, 500 },
	{ "switch-8p", op_ring, 200 },
	{ "futex", op_futex, 500 },
	{ "timer", op_timer, 200 },
};

int main(int argc, char **argv)
{
	/* what fork-exec executes */
	if (argc == 2 && !strcmp(argv[1], "-"))
		return 0;
	zero_fd = open("/dev/zero", O_RDONLY);
	null_fd = open("/dev/null", O_WRONLY);
	page = map(PAGE);
	page[0] = 1;
	measure_all(ops, ARRAY_SIZE(ops), argc, argv);
	return 0;
}
