// SPDX-License-Identifier: GPL-2.0-only
/*
 * lodge-run: the process in which a domain lives.
 *
 * It maps the memory, has one thread per vcpu that sits in LODGE_IOC_RUN, and
 * does nothing else: no signal handler, no privilege, no state.  A signal
 * makes the ioctl return with the vcpu at an instruction boundary, and the
 * loop calls it again: so SIGSTOP and SIGCONT, or a debugger, do what they do
 * to any process.  Whenever this process dies the domain merely stops.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/cpus.h"
#include "common/number.h"
#include "common/privilege.h"
#include "common/version.h"
#include "common/warn.h"
#include "control/control.h"
#include "control/device.h"

static const char usage[] =
	"usage: lodge-run [-c VCPU:CPUS]... DOMID\n"
	"Runs the vcpus of a domain, until it has ended.\n";

struct vcpu {
	int domain_fd;
	unsigned int id;
};

/* Where vcpus may run, as the command line says; NULL: anywhere. */
static const char *pinned[LODGE_MAX_VCPUS];

/* A thread that cannot have the CPUs it should have runs all the same. */
static void pin(unsigned int id)
{
	struct lodge_err err = LODGE_ERR_INIT;
	cpu_set_t cpus;
	char text[96];

	if (!pinned[id] || lodge_cpus_parse(pinned[id], &cpus, &err) ||
	    !sched_setaffinity(0, sizeof(cpus), &cpus))
		return;
	snprintf(text, sizeof(text), "cannot pin vcpu %u to %.32s: %s", id, pinned[id],
		 strerror(errno));
	lodge_complain(text);
}

/* VCPU:CPUS */
static int parse_pin(char *text, struct lodge_err *err)
{
	unsigned long id;
	cpu_set_t unused;
	char *end;

	id = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != ':' || id >= LODGE_MAX_VCPUS)
		return lodge_fail(err, EINVAL, "\"%.64s\" is not VCPU:CPUS", text);
	pinned[id] = end + 1;
	return lodge_cpus_parse(pinned[id], &unused, err);
}

/* The first to end ends all: vcpus of a domain end together. */
static void *run_vcpu(void *arg)
{
	const struct vcpu *v = arg;
	struct lodge_run run = { .vcpu = v->id };
	char text[96];

	pin(v->id);
	while (ioctl(v->domain_fd, LODGE_IOC_RUN, &run)) {
		if (errno == EINTR || errno == EAGAIN)
			continue;
		if (errno == ENOEXEC)
			snprintf(text, sizeof(text), "nothing has been loaded into the domain");
		else
			snprintf(text, sizeof(text), "cannot run vcpu %u: %s", v->id,
				 errno == EBUSY ? "another process runs it" : strerror(errno));
		_exit(lodge_complain(text));
	}
	_exit(0);
}

static int start_vcpus(int fd, unsigned int count, struct lodge_err *err)
{
	struct vcpu *vcpus = calloc(count, sizeof(*vcpus));
	char name[16];
	pthread_t thread;
	unsigned int i;
	int rc;

	if (!vcpus)
		return lodge_fail(err, ENOMEM, "out of memory");
	for (i = 0; i < count; i++) {
		vcpus[i].domain_fd = fd;
		vcpus[i].id = i;
		rc = pthread_create(&thread, NULL, run_vcpu, &vcpus[i]);
		if (rc)
			return lodge_fail(err, rc, "cannot start a thread: %s", strerror(rc));
		snprintf(name, sizeof(name), "vcpu%u", i);
		pthread_setname_np(thread, name);
	}
	return 0;
}

/* The name is for ps only, and a script may have made the domain without one. */
static void name_process(uint32_t domid)
{
	struct lodge_control *c = lodge_control_open(NULL);
	struct lodge_domain d;
	char name[LODGE_NAME_SIZE + 8];

	if (c && !lodge_control_query(c, domid, &d, NULL))
		snprintf(name, sizeof(name), "lodge:%s", d.name);
	else
		snprintf(name, sizeof(name), "lodge:%u", domid);
	prctl(PR_SET_NAME, name);
	lodge_control_close(c);
}

static int attach_memory(int fd, const struct lodge_info *info, struct lodge_err *err)
{
	struct lodge_attach a = { .size = info->max_pages << 12 };
	void *memory = lodge_device_map(fd, info, err);

	if (!memory)
		return -1;
	madvise(memory, a.size, MADV_DONTDUMP);
	madvise(memory, a.size, MADV_DONTFORK);
	madvise(memory, a.size, MADV_HUGEPAGE);
	a.hva = (uintptr_t)memory;
	if (!ioctl(fd, LODGE_IOC_ATTACH, &a))
		return 0;
	if (errno == EBUSY)
		return lodge_fail(err, errno, "domain %u has another runner already", info->domid);
	return lodge_fail(err, errno, "cannot attach to domain %u: %s", info->domid,
			  strerror(errno));
}

static int run(uint32_t domid, struct lodge_err *err)
{
	struct lodge_info info;
	sigset_t ends;
	int fd, sig;

	fd = lodge_device_open_domain(domid, err);
	if (fd < 0 || lodge_device_info(fd, &info, err))
		return -1;
	if (info.state == LODGE_DOMAIN_EMPTY)
		return lodge_fail(err, ENOEXEC, "nothing has been loaded into domain %u", domid);
	name_process(domid);
	if (attach_memory(fd, &info, err) || lodge_drop_privileges(err))
		return -1;

	/* waited for here, so that they end the process in order */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	if (start_vcpus(fd, info.max_vcpus, err))
		return -1;
	while (sigwait(&ends, &sig))
		;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	struct lodge_err err = LODGE_ERR_INIT;
	uint32_t domid;
	int c;

	while ((c = getopt_long(argc, argv, "+c:h", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (parse_pin(optarg, &err))
				return lodge_complain(err.text);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("lodge-run " LODGE_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return 2;
	}
	if (lodge_parse_domid(argv[optind], &domid, &err) || run(domid, &err))
		return lodge_complain(err.text);
	return 0;
}
