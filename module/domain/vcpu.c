// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vcpu's memory and its state before it has ever run; kicking it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/debugreg.h>
#include <asm/processor-flags.h>
#include <trace/events/ipi.h>	/* smp_send_reschedule() of 6.12 uses it */

#include "domain/domain.h"
#include "mm/access.h"

/* Value of DR6 after reset: the reserved bits. */
#define DR6_RESET	0xffff0ff0UL
#define DR7_RESET	0x400UL

/* No two vcpus ever have the same descriptor generation: CPUs keep copies by it. */
static atomic64_t generations;

static void set_defaults(struct lodge_vcpu *v)
{
	v->down = true;
	v->cpu = -1;
	v->kernel_mode = true;
	v->xcr0 = 1;	/* x87: the only value that needs no XSETBV */
	v->dr6 = DR6_RESET;
	v->dr7 = DR7_RESET;
	/*
	 * What a PV guest always finds set.  TSD, DE and OSXSAVE are its own to
	 * set (lodge_cr4_mask()).
	 */
	v->cr4 = X86_CR4_PAE | X86_CR4_MCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
	v->descriptor_generation = atomic64_add_return(1LL << 32, &generations);
}

struct lodge_vcpu *lodge_vcpu_create(struct lodge_domain *d, u32 id)
{
	struct lodge_vcpu *v = kzalloc(sizeof(*v), GFP_KERNEL_ACCOUNT);

	if (!v)
		return NULL;
	v->domain = d;
	v->id = id;
	mutex_init(&v->run_mutex);
	init_waitqueue_head(&v->wait);
	lodge_defer_init(v);
	set_defaults(v);

	v->gdt = kvcalloc(LODGE_GDT_ENTRIES, sizeof(*v->gdt), GFP_KERNEL_ACCOUNT);
	if (!v->gdt)
		goto free_vcpu;
	if (!fpu_alloc_guest_fpstate(&v->fpu))
		goto free_gdt;

	/* ABI 1.8: ids below 32 have a place in shared_info from the start. */
	BUILD_BUG_ON(ARRAY_SIZE(d->shared_info->vcpu_info) < LODGE_MAX_VCPUS);
	v->info = &d->shared_info->vcpu_info[id];
	lodge_time_vcpu_create(v);
	return v;

free_gdt:
	kvfree(v->gdt);
free_vcpu:
	kfree(v);
	return NULL;
}

void lodge_vcpu_release(struct lodge_vcpu *v)
{
	lodge_time_vcpu_destroy(v);
}

void lodge_vcpu_free(struct lodge_vcpu *v)
{
	/* Not earlier: whoever raises an event late still writes there. */
	lodge_frame_unpin(v->info_page);
	fpu_free_guest_fpstate(&v->fpu);
	kfree(v->fpu_image);
	kvfree(v->ldt);
	kvfree(v->gdt);
	mutex_destroy(&v->run_mutex);
	kfree(v);
}

void lodge_vcpu_kick(struct lodge_vcpu *v)
{
	int cpu;

	/*
	 * wq_has_sleeper() is a full barrier between what the caller changed and
	 * the reads here.  Its partners: prepare_to_wait() before the sleeper
	 * looks, and the barrier between in_guest = true and the last look
	 * before entry.
	 */
	if (wq_has_sleeper(&v->wait))
		wake_up(&v->wait);

	/*
	 * in_guest is only true with interrupts off on v->cpu.  If the vcpu has
	 * moved between the two reads it has looked again meanwhile, and the
	 * interrupt does no harm.
	 */
	if (!smp_load_acquire(&v->in_guest))
		return;
	preempt_disable();
	cpu = READ_ONCE(v->cpu);
	if (cpu >= 0 && cpu != smp_processor_id() && cpu_online(cpu))
		smp_send_reschedule(cpu);
	preempt_enable();
}
