// SPDX-License-Identifier: GPL-2.0-only
/*
 * top: what domains and their devices use, by the difference between two looks at the
 * kernel's counters.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/warn.h"
#include "config/devices.h"
#include "control/devices.h"
#include "lodge/terminal.h"
#include "lodge/verbs.h"

#define DEFAULT_DELAY	3.0

struct look {
	double time;
	struct lodge_domain *domains;
	size_t n_domains;
	struct lodge_dev *devs;
	size_t n_devs;
};

struct wishes {
	bool batch;
	long rounds;	/* -1: until told to end */
	double delay;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void forget(struct look *l)
{
	free(l->domains);
	free(l->devs);
	*l = (struct look) { 0 };
}

static int look(struct lodge_control *c, struct look *l, struct lodge_err *err)
{
	*l = (struct look) { .time = now() };
	if (lodge_control_list(c, &l->domains, &l->n_domains, err) ||
	    lodge_dev_list(c, 0, &l->devs, &l->n_devs, err)) {
		forget(l);
		return -1;
	}
	return 0;
}

static const struct lodge_domain *same_domain(const struct look *l, const struct lodge_domain *d)
{
	for (size_t i = 0; i < l->n_domains; i++)
		if (l->domains[i].domid == d->domid)
			return &l->domains[i];
	return NULL;
}

static const struct lodge_dev *same_dev(const struct look *l, const struct lodge_dev *dev)
{
	for (size_t i = 0; i < l->n_devs; i++)
		if (!memcmp(&l->devs[i].id, &dev->id, sizeof(dev->id)))
			return &l->devs[i];
	return NULL;
}

/* A counter that begins anew has not gone backwards. */
static double rate(uint64_t is, uint64_t was, double seconds)
{
	return is >= was && seconds > 0 ? (is - was) / seconds : 0;
}

static const char *state_of(const struct lodge_domain *d)
{
	return d->state == LODGE_DOMAIN_READY && d->paused ? "paused" :
	       d->state == LODGE_DOMAIN_READY ? "runs" : lodge_state_name(d->state);
}

/* The end of a line, on a screen that may have had a longer one there. */
static const char *end_of_line(const struct wishes *wish)
{
	return wish->batch ? "\n" : "\033[K\r\n";
}

static void print_dev(const struct lodge_dev *dev, const struct lodge_dev *was, double seconds,
		      const char *end)
{
	static const struct lodge_dev zero;
	char name[LODGE_VDEV_SIZE];

	if (!was)
		was = &zero;
	if (dev->id.type == LODGE_DEVICE_BLOCK)
		lodge_vdev_format(dev->id.id, name);
	else
		snprintf(name, sizeof(name), "%.15s", dev->ifname);
	printf("%5s %-20s %-9s %10.1f %10.1f %9.0f %9.0f %6llu %6llu%s", "", name,
	       lodge_dev_state_name(dev->state),
	       rate(dev->in_bytes, was->in_bytes, seconds) / 1024,
	       rate(dev->out_bytes, was->out_bytes, seconds) / 1024,
	       rate(dev->in_requests, was->in_requests, seconds),
	       rate(dev->out_requests, was->out_requests, seconds),
	       (unsigned long long)dev->in_flight, (unsigned long long)dev->errors, end);
}

static void print_domain(const struct look *is, const struct look *was,
			 const struct lodge_domain *d, const char *end)
{
	const struct lodge_domain *before = same_domain(was, d);
	double seconds = is->time - was->time;

	printf("%5u %-20.20s %-9s %9.1f%% %9.1fs %8lluM%s", d->domid, d->name, state_of(d),
	       before ? rate(d->cpu_time, before->cpu_time, seconds) / 1e7 : 0.0,
	       d->cpu_time / 1e9, (unsigned long long)d->pages >> 8, end);
	for (size_t i = 0; i < is->n_devs; i++)
		if (is->devs[i].id.domid == d->domid)
			print_dev(&is->devs[i], same_dev(was, &is->devs[i]), seconds, end);
}

static void print(const struct look *is, const struct look *was, const struct wishes *wish)
{
	const char *end = end_of_line(wish);

	if (!wish->batch)
		printf("\033[H");
	printf("%5s %-20s %-9s %10s %10s %9s%s", "ID", "NAME", "STATE", "CPU", "TIME", "MEMORY",
	       end);
	printf("%5s %-20s %-9s %10s %10s %9s %9s %6s %6s%s", "", "DEVICE", "STATE", "IN KiB/s",
	       "OUT KiB/s", "IN req/s", "OUT req/s", "QUEUED", "ERRORS", end);
	for (size_t i = 0; i < is->n_domains; i++)
		print_domain(is, was, &is->domains[i], end);
	printf("%s", wish->batch ? "\n" : "\033[J");
	fflush(stdout);
}

/* False when the user has had enough. */
static bool rest(const struct wishes *wish)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	double end = now() + wish->delay;
	char key;

	for (;;) {
		double left = end - now();

		if (left <= 0)
			return true;
		if (poll(&in, wish->batch ? 0 : 1, left * 1000 + 1) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 3 || key == 4)
			return false;
		return true;
	}
}

static int watch(struct lodge_control *c, const struct wishes *wish, struct lodge_err *err)
{
	struct look was, is;
	long round = 0;

	/* two looks make the first figures: soon, for who looks at a screen */
	struct wishes first = { true, 0, wish->delay < 1 ? wish->delay : 1 };

	if (look(c, &was, err))
		return -1;
	rest(&first);
	for (;;) {
		if (look(c, &is, err)) {
			forget(&was);
			return -1;
		}
		print(&is, &was, wish);
		forget(&was);
		was = is;
		if (++round == wish->rounds || !rest(wish))
			break;
	}
	forget(&was);
	return 0;
}

static int parse_options(int argc, char **argv, struct wishes *wish)
{
	char *end;
	int c;

	optind = 1;
	while ((c = getopt(argc, argv, "bn:d:")) != -1) {
		switch (c) {
		case 'b':
			wish->batch = true;
			break;
		case 'n':
			wish->rounds = strtol(optarg, &end, 10);
			if (*end || wish->rounds < 1)
				return -1;
			break;
		case 'd':
			wish->delay = strtod(optarg, &end);
			if (*end || !(wish->delay >= 0.1) || wish->delay > 3600)
				return -1;
			break;
		default:
			return -1;
		}
	}
	return optind == argc ? 0 : -1;
}

int verb_top(int argc, char **argv)
{
	struct wishes wish = { .rounds = -1, .delay = DEFAULT_DELAY };
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;
	int rc;

	if (parse_options(argc, argv, &wish))
		return usage_of(argv[0]);
	if (!isatty(STDOUT_FILENO))
		wish.batch = true;
	c = lodge_control_open(&err);
	if (!c)
		return lodge_complain(err.text);
	if (!wish.batch) {
		terminal_make_raw(&err);
		printf("\033[2J");
	}
	rc = watch(c, &wish, &err);
	terminal_restore();
	lodge_control_close(c);
	return rc ? lodge_complain(err.text) : 0;
}
