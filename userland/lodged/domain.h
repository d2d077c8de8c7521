/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains as lodged sees them, all of them, those made by others included.
 *
 *	domain.c	the table; what the module reports; what follows from it
 *	create.c	a new one: BUILDING, EQUIPPING, ATTACHING, UP
 *	hotplug.c	devices that come and go while it runs
 *	runner.c	the process that runs it
 *	sched.c		how many of its vcpus, where, and how much of the CPUs they get
 *	destroy.c	its end: GOING, until nothing of it is left
 */
#ifndef LODGED_DOMAIN_H
#define LODGED_DOMAIN_H

#include <time.h>

#include "config/config.h"
#include "control/control.h"
#include "lodged/process.h"
#include "lodged/ring.h"

/* A runner that ends is started again so often in that time. */
#define RUNNER_STARTS	5
#define RUNNER_PERIOD	60

enum domain_phase {
	DOMAIN_BUILDING,	/* lodge-build is at work */
	DOMAIN_EQUIPPING,	/* its devices are being made */
	DOMAIN_ATTACHING,	/* lodge-run has been started for the first time */
	DOMAIN_UP,
	DOMAIN_GOING,
};

/* Once for each request, when it is over; @err NULL: it has succeeded. */
typedef void (*domain_done_fn)(void *arg, uint32_t domid, const struct lodge_err *err);

struct domain_waiter {
	domain_done_fn fn;
	void *arg;
	bool creator;	/* is told of the failure, too */
	struct domain_waiter *next;
};

/**
 * struct domain - one of them
 * @config: NULL if it was made by others
 * @ended: what was to be done at its end is done, or there was nothing to do
 * @runner: the process that is attached, or was started to be
 * @build: lodge-build while it runs
 * @devices: so many are still being made
 * @creator: who waits for its creation
 * @failure: why the creation failed
 * @gone: the module does not have it any more
 * @restart: to be made anew from @config when it is gone
 * @waiters: who wait for it to be gone
 */
struct domain {
	struct domain *next;
	uint32_t domid;
	char name[LODGE_NAME_SIZE];
	uint8_t uuid[LODGE_UUID_SIZE];
	enum domain_phase phase;
	struct lodge_config *config;
	bool ended;
	struct ring *ring;

	struct process *runner;
	time_t runner_starts[RUNNER_STARTS];

	struct process *build;
	int build_stderr;
	size_t devices;
	bool paused;
	struct domain_waiter creator;
	struct lodge_err failure;

	bool gone;
	bool restart;
	struct domain_waiter *waiters;
	struct event *timer;
	unsigned int ticks;
};

/* domain.c */
int domain_init(struct lodge_err *err);
void domain_exit(void);
struct domain *domain_find(uint32_t domid);
/* Asks the module if it is not yet known. */
struct domain *domain_get(uint32_t domid, struct lodge_err *err);
/* With its nodes in the store. */
struct domain *domain_add(const struct lodge_domain *info, struct lodge_config *config,
			  enum domain_phase phase);
void domain_remove(struct domain *d);
/* A start of day has been loaded: serve its store. */
void domain_serve(struct domain *d, const struct lodge_domain *info);
void domain_ended(struct domain *d, const struct lodge_domain *info);
int domain_shutdown(uint32_t domid, const char *how, struct lodge_err *err);
int domain_rename(uint32_t domid, const char *name, struct lodge_err *err);

/*
 * create.c: takes @config in any case.  0, and @fn will be called later, or -1.
 * @arg of a request that nobody waits for any more: domain_create_abandon().
 */
int domain_create(struct lodge_config *config, bool paused, domain_done_fn fn, void *arg,
		  struct lodge_err *err);
/* True if @fn will not be called any more. */
bool domain_create_abandon(const void *arg);
/* The runner @pid is attached. */
void domain_attached(struct domain *d, pid_t pid);
/* For the kept config of one that was to be restarted. */
void domain_recreate(struct lodge_config *config);
void domain_create_failed(struct domain *d);

/*
 * hotplug.c: @disk, @vif and their contents are taken in any case.  0, and @fn will be
 * called later, or -1.  With the domain's configuration, so that they are there again
 * after a restart.
 */
typedef void (*hotplug_done_fn)(void *arg, uint32_t id, const struct lodge_err *err);
int hotplug_attach_disk(uint32_t domid, struct lodge_disk *disk, hotplug_done_fn fn, void *arg,
			struct lodge_err *err);
int hotplug_attach_vif(uint32_t domid, struct lodge_vif *vif, hotplug_done_fn fn, void *arg,
		       struct lodge_err *err);
int hotplug_detach(uint32_t domid, uint32_t type, uint32_t id, bool force, hotplug_done_fn fn,
		   void *arg, struct lodge_err *err);

/* runner.c */
int runner_start(struct domain *d, struct lodge_err *err);
/* Adopt the one that the module knows, start one where one is missing. */
void runner_check(struct domain *d, const struct lodge_domain *info);

/* sched.c: each is kept in the domain's configuration as well. */
int sched_set_vcpus(uint32_t domid, unsigned int count, struct lodge_err *err);
/* @vcpu -1: all of them; @cpus as in common/cpus.h. */
int sched_pin(uint32_t domid, int vcpu, const char *cpus, struct lodge_err *err);
/* As its cgroup has them, once changed where it is not negative. */
int sched_params(uint32_t domid, int *weight, int *cap, struct lodge_err *err);
/* What the configuration says of weight and cap, before the runner starts. */
void sched_apply(const struct domain *d);

/* destroy.c */
int domain_destroy(uint32_t domid, domain_done_fn fn, void *arg, struct lodge_err *err);
/* @d->gone tells whether the module has to be asked.  -1: it refused. */
int domain_teardown(struct domain *d, struct lodge_err *err);
/* One of the processes that teardown waits for has ended. */
void domain_teardown_step(struct domain *d);

#endif
