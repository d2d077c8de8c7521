// SPDX-License-Identifier: GPL-2.0-only
/* From registers to handlers and back (ABI 1.7). */
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "debug/trace.h"
#include "domain/domain.h"
#include "hypercall/dispatch.h"
#include "hypercall/hypercall.h"
#include "hypercall/table.h"

#define SYSCALL_SIZE	2

#define TABLE_ENTRY(nr, name) [nr] = lodge_hc_##name,
static const lodge_hc_fn table[64] = {
	LODGE_HYPERCALLS(TABLE_ENTRY)
};

bool lodge_hc_preempt(const struct lodge_vcpu *v)
{
	return need_resched() || signal_pending(current) || lodge_domain_ended(v->domain) ||
	       READ_ONCE(v->domain->pause_count);
}

long lodge_hypercall_one(struct lodge_vcpu *v, unsigned long nr, struct lodge_hc_args *args)
{
	lodge_hc_fn fn;

	if (nr >= ARRAY_SIZE(table))
		return -ENOSYS;
	nr = array_index_nospec(nr, ARRAY_SIZE(table));
	v->counters.hypercall[nr]++;
	fn = table[nr];
	return fn ? fn(v, args) : -ENOSYS;
}

void lodge_hypercall(struct lodge_vcpu *v)
{
	struct lodge_regs *r = &v->regs;
	unsigned long nr = r->rax;
	struct lodge_hc_args args = {
		.a = { r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 },
	};
	long ret;

	trace_lodge_hypercall(v, nr, args.a[0], args.a[1], args.a[2], args.a[3]);
	ret = lodge_hypercall_one(v, nr, &args);
	trace_lodge_hypercall_done(v, nr, ret);
	if (ret == LODGE_HC_NO_RESULT)
		return;
	if (unlikely(ret == -EFAULT) && fatal_signal_pending(current)) {
		/* perhaps for want of memory, which the next thread will get: made again from its begin */
		r->rip -= SYSCALL_SIZE;
		return;
	}
	if (ret == LODGE_HC_AGAIN) {
		/* the progress is in the arguments; the instruction runs again */
		r->rip -= SYSCALL_SIZE;
		r->rdi = args.a[0];
		r->rsi = args.a[1];
		r->rdx = args.a[2];
		r->r10 = args.a[3];
		r->r8 = args.a[4];
		return;
	}
	r->rax = ret;
}
