// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm_loop SECONDS: makes, runs and drops virtual machines for so long, each with
 * code in real mode that spins and halts, and prints how many.  Between them and
 * beside them the MSRs of system calls are read on every CPU that may be used,
 * and must be what they were before; exit status 1 if not, 2 if KVM does not
 * work here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MEMORY		0x2000
#define HALTS		10		/* of one virtual machine */

static const struct {
	uint32_t number;
	const char *name;
} msrs[] = {
	{ 0xc0000081, "STAR" },
	{ 0xc0000082, "LSTAR" },
	{ 0xc0000083, "CSTAR" },
	{ 0xc0000084, "SFMASK" },
	{ 0xc0000103, "TSC_AUX" },
	{ 0x174, "SYSENTER_CS" },
	{ 0x175, "SYSENTER_ESP" },
	{ 0x176, "SYSENTER_EIP" },
};

struct cpu {
	pthread_t thread;
	int number;
	uint64_t before[ARRAY_SIZE(msrs)];
	int have[ARRAY_SIZE(msrs)];
	unsigned long reads, machines, wrong;
	int fd;
};

static volatile int go_on = 1;

static void die(const char *what)
{
	fprintf(stderr, "kvm_loop: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int read_msr(const struct cpu *c, unsigned int i, uint64_t *value)
{
	return pread(c->fd, value, sizeof(*value), msrs[i].number) == sizeof(*value);
}

/*
 * By a thread on that CPU: those of another are what whoever runs there wants.
 * KVM restores them when a thread returns to user mode.  If this one was put
 * off its CPU in the middle of the read, it may have seen KVM's: what counts is
 * what stays.
 */
static void compare_msrs(struct cpu *c)
{
	uint64_t now;
	unsigned int i;
	int tries;

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		if (!c->have[i])
			continue;
		for (tries = 0; tries < 5; tries++) {
			if (!read_msr(c, i, &now))
				die(msrs[i].name);
			c->reads++;
			if (now == c->before[i])
				break;
		}
		if (tries < 5)
			continue;
		c->wrong++;
		fprintf(stderr, "cpu %d: %s is %#llx, was %#llx\n", c->number, msrs[i].name,
			(unsigned long long)now, (unsigned long long)c->before[i]);
	}
}

static int checked(int ret, const char *what)
{
	if (ret < 0)
		die(what);
	return ret;
}

/* The same registers of the guest, with values that nobody else has. */
static void set_guest_msrs(int vcpu)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[ARRAY_SIZE(msrs)];
	} set = { .head.nmsrs = ARRAY_SIZE(msrs) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		set.entry[i].index = msrs[i].number;
		set.entry[i].data = 0x1230 + i;
	}
	if (checked(ioctl(vcpu, KVM_SET_MSRS, &set), "KVM_SET_MSRS") != (int)ARRAY_SIZE(msrs)) {
		fprintf(stderr, "kvm_loop: not all MSRs could be set\n");
		exit(2);
	}
}

static void one_machine(int kvm)
{
	/* a loop of 2000 rounds, hlt, and again */
	static const uint8_t code[] = { 0xb9, 0xd0, 0x07, 0xe2, 0xfe, 0xf4, 0xeb, 0xf8 };
	int vm = checked(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	int size = checked(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	uint8_t *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = 0x1000,
		.memory_size = MEMORY,
		.userspace_addr = (uintptr_t)memory,
	};
	struct kvm_regs regs = { .rip = 0x1000, .rflags = 2 };
	struct kvm_sregs sregs;
	struct kvm_run *run;
	int vcpu, i;

	if (memory == MAP_FAILED)
		die("mmap");
	memcpy(memory, code, sizeof(code));
	checked(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	vcpu = checked(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		die("mmap of the vcpu");
	checked(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	checked(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	checked(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	set_guest_msrs(vcpu);
	for (i = 0; i < HALTS; i++) {
		checked(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
		if (run->exit_reason != KVM_EXIT_HLT) {
			fprintf(stderr, "kvm_loop: exit reason %u\n", run->exit_reason);
			exit(2);
		}
	}
	munmap(run, size);
	close(vcpu);
	close(vm);
	munmap(memory, MEMORY);
}

static void *run_cpu(void *arg)
{
	struct cpu *c = arg;
	int kvm = checked(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(c->number, &set);
	checked(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	while (go_on) {
		one_machine(kvm);
		c->machines++;
		compare_msrs(c);
	}
	close(kvm);
	return NULL;
}

static void open_cpu(struct cpu *c, int number)
{
	char path[32];
	unsigned int i;

	c->number = number;
	snprintf(path, sizeof(path), "/dev/cpu/%d/msr", number);
	c->fd = checked(open(path, O_RDONLY | O_CLOEXEC), path);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		c->have[i] = read_msr(c, i, &c->before[i]);
}

int main(int argc, char **argv)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	struct cpu *cpus = calloc(count, sizeof(*cpus));
	unsigned long machines = 0, reads = 0, wrong = 0;
	long i;

	if (argc != 2 || !cpus) {
		fprintf(stderr, "usage: kvm_loop SECONDS\n");
		return 2;
	}
	for (i = 0; i < count; i++)
		open_cpu(&cpus[i], i);
	/* whoever starts this reads the line, and starts domains only then */
	printf("ready\n");
	fflush(stdout);
	getchar();
	for (i = 0; i < count; i++)
		if (pthread_create(&cpus[i].thread, NULL, run_cpu, &cpus[i]))
			die("pthread_create");
	sleep(atoi(argv[1]));
	go_on = 0;
	for (i = 0; i < count; i++) {
		pthread_join(cpus[i].thread, NULL);
		machines += cpus[i].machines;
		reads += cpus[i].reads;
		wrong += cpus[i].wrong;
	}
	printf("machines %lu reads %lu wrong %lu\n", machines, reads, wrong);
	return wrong ? 1 : 0;
}
