// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flushes.  A vcpu's own CPU needs none: every entry loads CR3 and nothing the
 * hardware sees is global.  Another CPU flushes by leaving the guest, which an
 * IPI makes it do.
 */
#include <linux/sched.h>
#include <linux/smp.h>

#include "domain/domain.h"
#include "mm/shadow.h"

/* Orphans that are put out of use under one hold of the lock. */
#define ORPHAN_BATCH	16

static void leave_guest(void *unused)
{
	/* the interrupt itself is the work */
}

void lodge_tlb_flush(struct lodge_domain *d)
{
	lockdep_assert_irqs_enabled();
	/*
	 * Pairs with the barrier in the run loop between setting the CPU's bit
	 * and loading CR3: either we see the bit, or that CPU walks what we wrote.
	 */
	smp_mb();
	preempt_disable();
	smp_call_function_many(&d->mm.running, leave_guest, NULL, true);
	preempt_enable();
}

void lodge_mm_commit_of(struct lodge_vcpu *v)
{
	if (!v->light)
		lodge_mm_commit(v->domain);
}

bool lodge_tlb_pending(struct lodge_mm *m)
{
	lockdep_assert_held(&m->lock);
	if (!m->flush && !m->flushing)
		return false;
	smp_mb();	/* as in lodge_tlb_flush() */
	return !cpumask_empty(&m->running);
}

bool lodge_mm_settle_locked(struct lodge_mm *m)
{
	lockdep_assert_held(&m->lock);
	if (m->dying)
		return false;
	if (!m->flush && !m->flushing)
		return true;
	/* as in lodge_tlb_flush(): a CPU that is not seen here walks what we wrote */
	smp_mb();
	if (m->flushing || !list_empty(&m->orphans) || !list_empty(&m->zapped) ||
	    cpumask_weight(&m->running) > 1)
		return false;
	m->flush = false;
	return true;
}

bool lodge_mm_settle(struct lodge_vcpu *v)
{
	struct lodge_mm *m = &v->domain->mm;
	bool settled;

	if (READ_ONCE(m->dying))
		return false;
	if (!READ_ONCE(m->flush) && !READ_ONCE(m->flushing))
		return true;
	/* not to be waited for in a near exit, where the host's NMIs and #MCs have to wait */
	if (!spin_trylock(&m->lock))
		return false;
	settled = lodge_mm_settle_locked(m);
	spin_unlock(&m->lock);
	return settled;
}

void lodge_mm_commit(struct lodge_domain *d)
{
	struct lodge_mm *m = &d->mm;
	struct lodge_shadow *s, *n;
	LIST_HEAD(done);
	bool flush;

	lockdep_assert_not_held(&d->mm.lock);
	/* what another thread has taken over to flush is not flushed yet */
	if (!smp_load_acquire(&m->flush) && !READ_ONCE(m->flushing))
		return;
	spin_lock(&m->lock);
	while (!list_empty(&m->orphans)) {
		unsigned int batch = ORPHAN_BATCH;

		while (batch-- && !list_empty(&m->orphans)) {
			s = list_first_entry(&m->orphans, struct lodge_shadow, list);
			if (s->parents || s->roots)
				list_move(&s->list, &m->shadows);
			else
				lodge_shadow_zap(m, s);
		}
		cond_resched_lock(&m->lock);
	}
	flush = m->flush || m->flushing;
	if (flush)
		WRITE_ONCE(m->flushing, m->flushing + 1);
	/* whoever looks at both without the lock sees one of them: read in the other order */
	smp_store_release(&m->flush, false);
	list_for_each_entry_safe(s, n, &m->zapped, list)
		if (!s->roots)
			list_move(&s->list, &done);
	spin_unlock(&m->lock);

	if (flush) {
		lodge_tlb_flush(d);
		spin_lock(&m->lock);
		m->flushing--;
		spin_unlock(&m->lock);
	}
	if (!list_empty(&done))
		lodge_shadow_recycle(m, &done);
}
