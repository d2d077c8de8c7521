// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection of a frontend: its rings and ports, from connect to disconnect,
 * and what its requests need, until the last of them has ended.
 */
#include <linux/blk-cgroup.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "backend/block.h"
#include "backend/console.h"
#include "debug/log.h"
#include "domain/domain.h"

static struct lodge_domain *domain_of(const struct lodge_block_conn *conn)
{
	return conn->block->dev.domain;
}

static void unmap_ring(struct lodge_block_queue *q)
{
	u32 i;

	for (i = 0; i < q->nr_pages; i++)
		lodge_grant_host_unmap(domain_of(q->conn), q->ref[i], true);
	q->nr_pages = 0;
}

static int map_ring(struct lodge_block_queue *q, const struct lodge_frontend_queue *fe,
		    const char **err)
{
	u32 i;

	if (!is_power_of_2(fe->nr_refs) || fe->nr_refs > LODGE_MAX_RING_PAGES) {
		*err = "a ring has a number of pages that is none of 1, 2, 4, 8, 16";
		return -EINVAL;
	}
	for (i = 0; i < fe->nr_refs; i++) {
		q->ref[i] = fe->ref[i];
		if (lodge_grant_host_map(domain_of(q->conn), q->ref[i], true, &q->page[i])) {
			*err = "a page of a ring is not granted to domain 0";
			return -EINVAL;
		}
		q->nr_pages++;
	}
	q->ring = vmap(q->page, q->nr_pages, VM_MAP, PAGE_KERNEL);
	return q->ring ? 0 : -ENOMEM;
}

static int alloc_queue(struct lodge_block_queue *q)
{
	u32 i;

	q->scratch = kvmalloc(sizeof(*q->scratch), GFP_KERNEL_ACCOUNT);
	q->request = kvcalloc(q->size, sizeof(*q->request), GFP_KERNEL_ACCOUNT);
	if (!q->scratch || !q->request)
		return -ENOMEM;
	for (i = 0; i < q->size; i++) {
		q->request[i].queue = q;
		llist_add(&q->request[i].link, &q->free);
	}
	return 0;
}

/* The guest has sent on the queue's port. */
static void notify(struct lodge_vcpu *v, void *data)
{
	struct lodge_block_queue *q = data;

	queue_work(q->conn->block->wq, &q->work);
}

static int begin_queue(struct lodge_block_queue *q, const struct lodge_frontend_queue *fe,
		       const char **err)
{
	int ret = map_ring(q, fe, err);

	if (!ret) {
		q->size = lodge_block_ring_size(q->nr_pages);
		ret = alloc_queue(q);
	}
	if (ret)
		return ret;

	/* as left by whoever had it before; a new ring begins at 0 */
	q->rsp_prod = READ_ONCE(q->ring->rsp_prod);
	q->rsp_pushed = q->rsp_prod;
	q->req_cons = q->rsp_prod;
	q->req_prod = q->rsp_prod;

	ret = lodge_event_bind_offered(domain_of(q->conn), fe->port, notify, q);
	if (ret) {
		*err = "a port is not one that the guest has offered to domain 0";
		return ret;
	}
	q->port = fe->port;
	q->bound = true;
	return 0;
}

/*
 * The guest's ways in end here: nobody looks at the ring after @closing was set
 * under the lock, and no notification comes once the port is unbound.  A work
 * that runs now ends soon, or when the disk lets it, and takes nothing more.
 */
static void end_queue(struct lodge_block_queue *q)
{
	struct blkif_sring *ring;

	spin_lock_irq(&q->lock);
	q->closing = true;
	ring = q->ring;
	q->ring = NULL;
	spin_unlock_irq(&q->lock);

	if (q->bound)
		lodge_event_unbind_host(domain_of(q->conn), q->port);
	vunmap(ring);
	unmap_ring(q);
}

static void free_queue(struct lodge_block_queue *q)
{
	/* no request is left, so neither of them waits for a disk */
	cancel_work_sync(&q->work);
	cancel_work_sync(&q->slow_work);
	lodge_block_forget(q);
	xa_destroy(&q->persistent);
	kvfree(q->scratch);
	kvfree(q->request);
}

static void free_conn(struct lodge_block_conn *conn)
{
	struct lodge_block *block = conn->block;
	u32 i;

	/* whoever handed the last request over may still be about to wake its work */
	synchronize_rcu();
	for (i = 0; i < conn->nr_queues; i++)
		free_queue(&conn->queue[i]);
	fput(conn->file);
	mem_cgroup_put(conn->memcg);
	if (conn->blkcg)
		css_put(conn->blkcg);
	kfree(conn);
	lodge_device_put(&block->dev);
}

static void free_work(struct work_struct *work)
{
	free_conn(container_of(work, struct lodge_block_conn, free_work));
}

static void last_put(struct kref *ref)
{
	struct lodge_block_conn *conn = container_of(ref, struct lodge_block_conn, ref);

	queue_work(lodge_backend_wq, &conn->free_work);
}

void lodge_block_conn_put(struct lodge_block_conn *conn)
{
	kref_put(&conn->ref, last_put);
}

static void last_put_here(struct kref *ref)
{
	free_conn(container_of(ref, struct lodge_block_conn, ref));
}

/* In process context and not in a work of its own; then the guest's grants end before this does. */
static void put_here(struct lodge_block_conn *conn)
{
	kref_put(&conn->ref, last_put_here);
}

/* The cgroups of the runner, or of whoever asks if there is none. */
static void find_cgroups(struct lodge_block_conn *conn)
{
	struct lodge_mm *mm = &domain_of(conn)->mm;
	struct task_struct *task;

	mutex_lock(&mm->attach_mutex);
	conn->memcg = get_mem_cgroup_from_mm(mm->mm);
	task = get_pid_task(mm->runner, PIDTYPE_PID);
	mutex_unlock(&mm->attach_mutex);
	if (task) {
		conn->blkcg = task_get_css(task, io_cgrp_id);
		put_task_struct(task);
	}
}

struct mem_cgroup *lodge_block_charge(struct lodge_block_conn *conn)
{
	if (conn->blkcg)
		kthread_associate_blkcg(conn->blkcg);
	return set_active_memcg(conn->memcg);
}

void lodge_block_uncharge(struct mem_cgroup *old)
{
	set_active_memcg(old);
	kthread_associate_blkcg(NULL);
}

static struct lodge_block_conn *alloc_conn(struct lodge_block *block, u32 nr_queues)
{
	struct lodge_block_conn *conn;
	u32 i;

	conn = kzalloc(struct_size(conn, queue, nr_queues), GFP_KERNEL_ACCOUNT);
	if (!conn)
		return NULL;
	kref_init(&conn->ref);
	INIT_WORK(&conn->free_work, free_work);
	lodge_device_get(&block->dev);
	conn->block = block;
	conn->file = get_file(block->file);
	conn->nr_queues = nr_queues;
	for (i = 0; i < nr_queues; i++) {
		struct lodge_block_queue *q = &conn->queue[i];

		q->conn = conn;
		spin_lock_init(&q->lock);
		init_llist_head(&q->free);
		init_llist_head(&q->done);
		init_llist_head(&q->slow);
		xa_init(&q->persistent);
		INIT_WORK(&q->work, lodge_block_ring_work);
		INIT_WORK(&q->slow_work, lodge_block_slow_work);
	}
	find_cgroups(conn);
	return conn;
}

int lodge_block_connect(struct lodge_device *dev, const struct lodge_frontend *fe,
			const char **err)
{
	struct lodge_block *block = container_of(dev, struct lodge_block, dev);
	struct lodge_block_conn *conn = alloc_conn(block, fe->nr_queues);
	struct mem_cgroup *old;
	int ret = 0;
	u32 i;

	if (!conn)
		return -ENOMEM;
	conn->persistent = fe->features & LODGE_BLOCK_F_PERSISTENT;
	old = lodge_block_charge(conn);
	for (i = 0; i < conn->nr_queues && !ret; i++)
		ret = begin_queue(&conn->queue[i], &fe->queue[i], err);
	lodge_block_uncharge(old);
	if (ret)
		goto end;
	block->conn = conn;
	lodge_log(dev->domain, "block %u: connected, %u queues of %u%s", dev->id, conn->nr_queues,
		  conn->queue[0].size, conn->persistent ? ", persistent grants" : "");
	/* requests may wait already */
	for (i = 0; i < conn->nr_queues; i++)
		notify(NULL, &conn->queue[i]);
	return 0;
end:
	for (i = 0; i < conn->nr_queues; i++)
		end_queue(&conn->queue[i]);
	put_here(conn);
	return ret;
}

void lodge_block_disconnect(struct lodge_device *dev)
{
	struct lodge_block *block = container_of(dev, struct lodge_block, dev);
	struct lodge_block_conn *conn = block->conn;
	u32 i;

	block->conn = NULL;
	for (i = 0; i < conn->nr_queues; i++)
		end_queue(&conn->queue[i]);
	put_here(conn);
}
