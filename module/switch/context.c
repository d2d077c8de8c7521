// SPDX-License-Identifier: GPL-2.0-only
/*
 * What surrounds the assembly: descriptors of the vcpu into this CPU's tables,
 * selectors and bases in and out, and the syscall MSRs.
 */
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <asm/desc.h>
#include <asm/fsgsbase.h>
#include <asm/msr.h>
#include <asm/segment.h>
#include <asm/special_insns.h>

#include "domain/vcpu.h"
#include "switch/msr.h"
#include "switch/switch.h"

/*
 * The hardware's GDT and LDT are this CPU's own copies, so that nothing has to
 * be mapped or flushed when another vcpu comes: a Linux guest has 16 entries.
 */
static void load_descriptors(struct lodge_switch_cpu *c, struct lodge_vcpu *v)
{
	/* first of all: what another vcpu changes meanwhile is copied again; partner: changed() */
	u64 generation = smp_load_acquire(&v->descriptor_generation);
	u32 n = v->gdt_entries;

	if (likely(c->generation == generation))
		return;
	memcpy(c->gdt, v->gdt, n * sizeof(*c->gdt));
	if (c->gdt_entries > n)
		memset(c->gdt + n, 0, (c->gdt_entries - n) * sizeof(*c->gdt));
	c->gdt_entries = n;

	n = v->ldt ? v->ldt_entries : 0;
	if (n)
		memcpy(c->ldt, v->ldt, n * sizeof(*c->ldt));
	if (c->ldt_entries > n)
		memset(c->ldt + n, 0, (c->ldt_entries - n) * sizeof(*c->ldt));
	c->ldt_entries = n;

	c->generation = generation;
}

/* The base in force: the host's before, the guest's after a trip. */
static u64 current_fs_base(const struct lodge_switch_cpu *c)
{
	u64 base;

	if (c->data->fsgsbase)
		return rdfsbase();
	rdmsrl(MSR_FS_BASE, base);
	return base;
}

void lodge_switch_load(struct lodge_vcpu *v)
{
	struct lodge_switch_cpu *c = this_cpu_ptr(&lodge_switch_cpu);
	struct lodge_switch_host *h = c->host;

	load_descriptors(c, v);
	h->fs_base = current_fs_base(c);
	h->gs_base = c->gs_base;
	/*
	 * The guest's own CR4 has FSGSBASE clear: then RDFSBASE and its kind are
	 * #UD, and programs cannot change bases behind their kernel's back.  The
	 * host needs the bit whenever its own exception handlers can run.
	 */
	c->data->host_cr4 = __read_cr4();
	c->data->guest_cr4 = c->data->fsgsbase && !(v->cr4 & X86_CR4_FSGSBASE) ?
			     c->data->host_cr4 & ~X86_CR4_FSGSBASE : 0;
	store_ldt(h->host_ldt);
	h->ldt = c->ldt_entries ? LODGE_SEL_LDT : 0;
	h->swap_ldt = h->ldt || h->host_ldt;
	h->live = 0;
	h->guest_ds = v->ds;
	h->guest_es = v->es;
	h->guest_fs = v->fs;
	h->guest_gs = v->gs;
	h->guest_fs_base = v->fs_base;
}

void lodge_switch_enter(struct lodge_vcpu *v, u64 root)
{
	struct lodge_switch_host *h = this_cpu_ptr(&lodge_switch_cpu)->host;
	void (*enter)(struct lodge_regs *regs, u64 root) = (void *)lodge_switch_entry();

	h->guest_gs_base = v->gs_base_active;
	enter(&v->regs, root);
	v->gs_base_active = h->guest_gs_base;
}

void lodge_switch_set_near(u64 exit, u64 store, u64 roots)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct lodge_switch_host *h = per_cpu_ptr(&lodge_switch_cpu, cpu)->host;

		h->near = exit;
		h->near_store = store;
		h->near_roots = roots;
	}
}

int lodge_switch_near_result(void)
{
	struct lodge_switch_cpu *c = this_cpu_ptr(&lodge_switch_cpu);
	int result = c->host->near_result - 1;

	c->host->near_result = 0;
	c->data->near_left = 0;
	return result;
}

static void set_host_fs_base(const struct lodge_switch_cpu *c)
{
	if (c->data->fsgsbase)
		wrfsbase(c->host->fs_base);
	else
		wrmsrl(MSR_FS_BASE, c->host->fs_base);
}

void lodge_switch_put(struct lodge_vcpu *v)
{
	struct lodge_switch_cpu *c = this_cpu_ptr(&lodge_switch_cpu);
	struct lodge_switch_host *h = c->host;
	void (*fill_rsb)(void) = (void *)lodge_switch_fill_rsb();

	if (h->fill_rsb)
		fill_rsb();
	/* a way in that was given up has loaded none of them, or not all */
	if (likely(h->live)) {
		savesegment(ds, v->ds);
		savesegment(es, v->es);
		savesegment(fs, v->fs);
		v->fs_base = current_fs_base(c);
	}
	v->gs = h->guest_gs;
	loadsegment(ds, 0);
	loadsegment(es, 0);
	loadsegment(fs, 0);
	set_host_fs_base(c);
	/* whatever is looked at between trips is not the CPU's */
	h->live = 0;
}
