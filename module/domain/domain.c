// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of domains: made, found, destroyed, freed.
 *
 * A domain is reachable as long as it is listed, and the list holds a
 * reference.  Destroy unlists it, waits until no thread runs it, and takes
 * away what reaches beyond the domain; memory that stale references may still
 * look at goes with the last of them.  Its id stays taken until then, so that
 * a tty or a debugfs directory named by it cannot meet a namesake.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "backend/backend.h"
#include "debug/debug.h"
#include "domain/domain.h"
#include "mm/audit.h"

/* Live domains by id; an id without an entry is reserved: not yet or no more listed. */
static DEFINE_XARRAY_ALLOC1(domains);
static u32 next_domid;
/* Covers listing and the uniqueness of names. */
static DEFINE_MUTEX(names_lock);

/* A queue of our own, since unload must wait for works that have already let go of the module. */
static struct workqueue_struct *domain_wq;

static lodge_event_hook event_hook;

void lodge_domain_set_hook(lodge_event_hook hook)
{
	event_hook = hook;
}

static void tell(struct lodge_domain *d, enum lodge_event event)
{
	lockdep_assert_held(&d->events);
	if (event_hook && !d->told_end)
		event_hook(d, event);
	d->told_end |= event == LODGE_EVENT_DESTROYED;
}

void lodge_event_send(struct lodge_domain *d, enum lodge_event event)
{
	/* The runner, for one, lets go of a destroyed domain later. */
	if (event != LODGE_EVENT_DESTROYED && READ_ONCE(d->dying))
		return;
	mutex_lock(&d->events);
	tell(d, event);
	mutex_unlock(&d->events);
}

static void vcpus_release(struct lodge_domain *d)
{
	u32 i;

	for (i = 0; i < d->max_vcpus; i++)
		lodge_vcpu_release(d->vcpu[i]);
}

static void vcpus_free(struct lodge_domain *d)
{
	u32 i;

	for (i = 0; i < d->max_vcpus; i++)
		lodge_vcpu_free(d->vcpu[i]);
}

static int vcpus_create(struct lodge_domain *d)
{
	u32 i;

	for (i = 0; i < d->max_vcpus; i++) {
		d->vcpu[i] = lodge_vcpu_create(d, i);
		if (!d->vcpu[i])
			goto free;
	}
	return 0;
free:
	while (i--) {
		lodge_vcpu_release(d->vcpu[i]);
		lodge_vcpu_free(d->vcpu[i]);
	}
	return -ENOMEM;
}

/*
 * What a domain consists of, in the order it is made.
 * create: all or nothing.
 * release: at destroy, in reverse order; no thread is inside the run loop.
 * Whoever found the domain before it was unlisted may still hold a reference,
 * so what release frees must be looked up under the part's own lock.
 * free: with the last reference, in reverse order.
 */
static const struct {
	int (*create)(struct lodge_domain *d);
	void (*release)(struct lodge_domain *d);
	void (*free)(struct lodge_domain *d);
} parts[] = {
	/* memory is made with the amounts asked for, see lodge_domain_create() */
	{ NULL,				lodge_mm_release,		lodge_mm_destroy },
	{ lodge_shared_info_create,	lodge_shared_info_release,	lodge_shared_info_free },
	{ lodge_time_create,		lodge_time_destroy,		NULL },
	{ vcpus_create,			NULL,				vcpus_free },
	{ lodge_event_create,		lodge_event_destroy,		NULL },
	/* the vcpus' timers raise events, so they end before events do */
	{ NULL,				vcpus_release,			NULL },
	{ lodge_grant_create,		lodge_grant_destroy,		NULL },
	{ lodge_console_create,		lodge_console_destroy,		lodge_console_free },
	{ lodge_store_create,		lodge_store_destroy,		lodge_store_free },
	/* a device that has requests under way holds the domain until they end */
	{ lodge_devices_create,		lodge_devices_destroy,		NULL },
	/* a file, which goes before all parts do */
	{ lodge_audit_create,		NULL,				NULL },
};

static void release_parts(struct lodge_domain *d, int n)
{
	while (n--)
		if (parts[n].release)
			parts[n].release(d);
}

static void free_parts(struct lodge_domain *d, int n)
{
	while (n--)
		if (parts[n].free)
			parts[n].free(d);
}

static void free_work(struct work_struct *work)
{
	struct lodge_domain *d = container_of(work, struct lodge_domain, free_work);

	free_parts(d, ARRAY_SIZE(parts));
	xa_erase(&domains, d->domid);
	mutex_destroy(&d->events);
	mutex_destroy(&d->life);
	kvfree(d);
	module_put(THIS_MODULE);
}

static void last_put(struct kref *ref)
{
	struct lodge_domain *d = container_of(ref, struct lodge_domain, ref);

	queue_work(domain_wq, &d->free_work);
}

void lodge_domain_get(struct lodge_domain *d)
{
	kref_get(&d->ref);
}

void lodge_domain_put(struct lodge_domain *d)
{
	kref_put(&d->ref, last_put);
}

static struct lodge_domain *find_from(u32 domid, u32 last)
{
	unsigned long index = domid;
	struct lodge_domain *d;

	/* The list's own reference cannot go while the lock keeps it listed. */
	xa_lock(&domains);
	d = xa_find(&domains, &index, last, XA_PRESENT);
	if (d)
		kref_get(&d->ref);
	xa_unlock(&domains);
	return d;
}

struct lodge_domain *lodge_domain_find(u32 domid)
{
	return find_from(domid, domid);
}

struct lodge_domain *lodge_domain_next(u32 domid)
{
	return find_from(domid, LODGE_DOMID_MAX);
}

static struct lodge_domain *find_name_locked(const char *name)
{
	struct lodge_domain *d;
	unsigned long index;

	lockdep_assert_held(&names_lock);
	xa_for_each(&domains, index, d)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

struct lodge_domain *lodge_domain_find_name(const char *name)
{
	struct lodge_domain *d;

	mutex_lock(&names_lock);
	d = find_name_locked(name);
	if (d)
		lodge_domain_get(d);
	mutex_unlock(&names_lock);
	return d;
}

static void set_name_locked(struct lodge_domain *d, const char *name)
{
	unsigned long flags;

	lockdep_assert_held(&names_lock);
	spin_lock_irqsave(&d->lock, flags);
	strscpy(d->name, name, sizeof(d->name));
	spin_unlock_irqrestore(&d->lock, flags);
}

int lodge_domain_rename(struct lodge_domain *d, const char *name)
{
	struct lodge_domain *other;
	int err = 0;

	mutex_lock(&names_lock);
	other = find_name_locked(name);
	if (READ_ONCE(d->dying))
		err = -ESRCH;
	else if (other && other != d)
		err = -EEXIST;
	else
		set_name_locked(d, name);
	mutex_unlock(&names_lock);
	if (!err && other != d)
		lodge_event_send(d, LODGE_EVENT_RENAMED);
	return err;
}

static int list_domain(struct lodge_domain *d, const char *name)
{
	int err = 0;

	mutex_lock(&names_lock);
	if (find_name_locked(name)) {
		err = -EEXIST;
	} else {
		set_name_locked(d, name);
		/* The id was reserved: there is a place, nothing is allocated. */
		err = xa_err(xa_store(&domains, d->domid, d, GFP_KERNEL));
	}
	mutex_unlock(&names_lock);
	return err;
}

static void end_work(struct work_struct *work);

static struct lodge_domain *alloc_domain(const struct lodge_create *args)
{
	struct lodge_domain *d = kvzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);

	if (!d)
		return NULL;
	kref_init(&d->ref);
	d->max_vcpus = args->max_vcpus;
	d->uuid = args->uuid;
	mutex_init(&d->life);
	mutex_init(&d->events);
	mutex_init(&d->vcpus);
	spin_lock_init(&d->lock);
	init_waitqueue_head(&d->wait);
	INIT_WORK(&d->free_work, free_work);
	INIT_WORK(&d->end_work, end_work);
	lodge_log_line_init(&d->log_line);
	d->state = LODGE_DOMAIN_EMPTY;
	d->pause_count = 1;
	d->user_paused = true;
	return d;
}

struct lodge_domain *lodge_domain_create(const struct lodge_create *args, const char **err_text)
{
	const char *unused, **text = err_text ? err_text : &unused;
	char name[LODGE_NAME_SIZE];
	struct lodge_domain *d;
	int n = 0, err;
	u32 domid;

	/* A domain keeps the module, from here to the end of free_work(). */
	if (!try_module_get(THIS_MODULE))
		return ERR_PTR(-ENODEV);

	*text = "not enough memory for the domain";
	d = alloc_domain(args);
	if (!d) {
		err = -ENOMEM;
		goto put_module;
	}

	err = xa_alloc_cyclic(&domains, &domid, NULL, XA_LIMIT(1, LODGE_DOMID_MAX), &next_domid,
			      GFP_KERNEL);
	if (err < 0) {
		if (err == -EBUSY) {
			*text = "all domain ids are in use";
			err = -ENOSPC;
		}
		goto free_domain;
	}
	d->domid = domid;
	if (args->name[0])
		strscpy(name, args->name, sizeof(name));
	else
		snprintf(name, sizeof(name), "domain-%u", domid);

	lodge_debug_add_domain(d);
	err = lodge_mm_create(d, args->pages, args->max_pages, args->shadow_max);
	if (err)
		goto undo_parts;
	for (n = 1; n < ARRAY_SIZE(parts); n++) {
		err = parts[n].create ? parts[n].create(d) : 0;
		if (err)
			goto undo_parts;
	}
	*text = NULL;

	lodge_debug_add_files(d);

	/* One reference for the list, one for the caller: it can be found at once. */
	lodge_domain_get(d);
	/* Whatever is done to it from there on is told after this. */
	mutex_lock(&d->events);
	err = list_domain(d, name);
	if (!err)
		tell(d, LODGE_EVENT_CREATED);
	mutex_unlock(&d->events);
	if (err) {
		if (err == -EEXIST)
			*text = "a domain of this name exists";
		goto undo_parts;
	}
	lodge_log(d, "created: %s, %u vcpus, %llu pages", name, d->max_vcpus, args->pages);
	return d;

undo_parts:
	if (err != -ENOMEM && err != -EEXIST)
		*text = "a part of the domain could not be made";
	/* Nobody else has seen it: released and freed in one go. */
	WRITE_ONCE(d->dying, true);
	lodge_debug_remove_domain(d);
	release_parts(d, n);
	free_parts(d, n);
	xa_erase(&domains, d->domid);
free_domain:
	kvfree(d);
put_module:
	module_put(THIS_MODULE);
	return ERR_PTR(err);
}

/* User space learns of the end here, once the guest writes no more. */
static void end_work(struct work_struct *work)
{
	struct lodge_domain *d = container_of(work, struct lodge_domain, end_work);

	lodge_domain_wait_stopped(d);
	mutex_lock(&d->life);
	if (!d->dying) {
		lodge_console_flush(d);
		lodge_log_flush(d);
		lodge_event_send(d, d->state == LODGE_DOMAIN_CRASHED ?
				       LODGE_EVENT_CRASHED : LODGE_EVENT_SHUTDOWN);
	}
	mutex_unlock(&d->life);
	lodge_domain_put(d);
}

void lodge_domain_destroy(struct lodge_domain *d)
{
	unsigned long flags;
	u32 i;

	mutex_lock(&d->life);
	if (d->dying) {
		mutex_unlock(&d->life);
		return;
	}

	mutex_lock(&names_lock);
	spin_lock_irqsave(&d->lock, flags);
	WRITE_ONCE(d->dying, true);
	spin_unlock_irqrestore(&d->lock, flags);
	/* From an allocating array NULL frees no id: free_work() does. */
	xa_store(&domains, d->domid, NULL, GFP_KERNEL);
	mutex_unlock(&names_lock);

	/*
	 * Who may still be at work?  A thread in lodge_vcpu_run(): it looks at
	 * dying before each entry and each sleep, is kicked here, and gives the
	 * mutex back when it is out; later ones see dying first.  end_work: waits
	 * for life, then sees dying.  Other domains, descriptors and backends: by
	 * references, see parts[].  Timers: ended with their vcpu.
	 */
	lodge_domain_kick(d);
	wake_up_all(&d->wait);
	for (i = 0; i < d->max_vcpus; i++) {
		mutex_lock(&d->vcpu[i]->run_mutex);
		mutex_unlock(&d->vcpu[i]->run_mutex);
	}

	lodge_debug_remove_domain(d);
	release_parts(d, ARRAY_SIZE(parts));
	lodge_log_flush(d);
	lodge_log(d, "destroyed");
	lodge_event_send(d, LODGE_EVENT_DESTROYED);
	mutex_unlock(&d->life);

	lodge_domain_put(d);	/* the list's */
}

void lodge_domain_queue_end(struct lodge_domain *d)
{
	queue_work(domain_wq, &d->end_work);
}

int lodge_domain_init(void)
{
	domain_wq = alloc_workqueue("lodge", WQ_UNBOUND, 0);
	return domain_wq ? 0 : -ENOMEM;
}

void lodge_domain_exit(void)
{
	/*
	 * No domain is left, or the module could not go.  What may still run is
	 * the tail of a work that has let go of the last one.
	 */
	destroy_workqueue(domain_wq);
	WARN_ON_ONCE(!xa_empty(&domains));
	xa_destroy(&domains);
}
