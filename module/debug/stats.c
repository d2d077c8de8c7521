// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs files that show what a domain does: counters, hypercalls, state.
 * Vcpus write their counters without a lock; a reader sees values that are a
 * moment old.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "debug/debug.h"
#include "domain/domain.h"

static struct dentry *root;

static const char * const hypercall_name[] = {
	[__HYPERVISOR_set_trap_table] = "set_trap_table",
	[__HYPERVISOR_mmu_update] = "mmu_update",
	[__HYPERVISOR_set_gdt] = "set_gdt",
	[__HYPERVISOR_stack_switch] = "stack_switch",
	[__HYPERVISOR_set_callbacks] = "set_callbacks",
	[__HYPERVISOR_fpu_taskswitch] = "fpu_taskswitch",
	[__HYPERVISOR_sched_op_compat] = "sched_op_compat",
	[__HYPERVISOR_platform_op] = "platform_op",
	[__HYPERVISOR_set_debugreg] = "set_debugreg",
	[__HYPERVISOR_get_debugreg] = "get_debugreg",
	[__HYPERVISOR_update_descriptor] = "update_descriptor",
	[__HYPERVISOR_memory_op] = "memory_op",
	[__HYPERVISOR_multicall] = "multicall",
	[__HYPERVISOR_update_va_mapping] = "update_va_mapping",
	[__HYPERVISOR_set_timer_op] = "set_timer_op",
	[__HYPERVISOR_event_channel_op_compat] = "event_channel_op_compat",
	[__HYPERVISOR_xen_version] = "xen_version",
	[__HYPERVISOR_console_io] = "console_io",
	[__HYPERVISOR_physdev_op_compat] = "physdev_op_compat",
	[__HYPERVISOR_grant_table_op] = "grant_table_op",
	[__HYPERVISOR_vm_assist] = "vm_assist",
	[__HYPERVISOR_update_va_mapping_otherdomain] = "update_va_mapping_otherdomain",
	[__HYPERVISOR_iret] = "iret",
	[__HYPERVISOR_vcpu_op] = "vcpu_op",
	[__HYPERVISOR_set_segment_base] = "set_segment_base",
	[__HYPERVISOR_mmuext_op] = "mmuext_op",
	[__HYPERVISOR_nmi_op] = "nmi_op",
	[__HYPERVISOR_sched_op] = "sched_op",
	[__HYPERVISOR_callback_op] = "callback_op",
	[__HYPERVISOR_event_channel_op] = "event_channel_op",
	[__HYPERVISOR_physdev_op] = "physdev_op",
	[__HYPERVISOR_sysctl] = "sysctl",
	[__HYPERVISOR_domctl] = "domctl",
	[__HYPERVISOR_xenpmu_op] = "xenpmu_op",
};

/* The same counter of all vcpus on one line, and what it means. */
static void show_row(struct seq_file *m, const struct lodge_domain *d, const char *name,
		     size_t offset, const char *text)
{
	u32 i;

	seq_printf(m, "%-20s", name);
	for (i = 0; i < d->max_vcpus; i++) {
		const void *counters = &d->vcpu[i]->counters;

		seq_printf(m, " %12llu", READ_ONCE(*(const u64 *)(counters + offset)));
	}
	if (text)
		seq_printf(m, "  # %s", text);
	seq_putc(m, '\n');
}

static int counters_show(struct seq_file *m, void *unused)
{
	const struct lodge_domain *d = m->private;

#define SHOW_COUNTER(name, text) \
	show_row(m, d, #name, offsetof(struct lodge_vcpu_counters, name), text);
	LODGE_COUNTERS(SHOW_COUNTER)
#undef SHOW_COUNTER
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static bool any_calls(const struct lodge_domain *d, int nr)
{
	u32 i;

	for (i = 0; i < d->max_vcpus; i++)
		if (READ_ONCE(d->vcpu[i]->counters.hypercall[nr]))
			return true;
	return false;
}

static int hypercalls_show(struct seq_file *m, void *unused)
{
	const struct lodge_domain *d = m->private;
	const char *name;
	char number[16];
	int nr;

	for (nr = 0; nr < ARRAY_SIZE(d->vcpu[0]->counters.hypercall); nr++) {
		if (!any_calls(d, nr))
			continue;
		name = nr < ARRAY_SIZE(hypercall_name) ? hypercall_name[nr] : NULL;
		snprintf(number, sizeof(number), "%d", nr);
		show_row(m, d, name ?: number, offsetof(struct lodge_vcpu_counters, hypercall[nr]),
			 NULL);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(hypercalls);

static void show_vcpu(struct seq_file *m, const struct lodge_vcpu *v)
{
	const struct vcpu_info *info = v->info;

	seq_printf(m, "vcpu %u:%s%s%s%s%s%s cpu %d ns %llu", v->id,
		   v->initialised ? "" : " uninitialised", READ_ONCE(v->down) ? " down" : "",
		   READ_ONCE(v->running) ? " running" : "",
		   READ_ONCE(v->in_guest) ? " in-guest" : "",
		   READ_ONCE(v->blocked) ? " blocked" : "", READ_ONCE(v->polling) ? " polling" : "",
		   READ_ONCE(v->cpu), READ_ONCE(v->guest_ns));
	seq_printf(m, " %s rip %llx cs %llx rsp %llx cr3 %llx %llx",
		   v->kernel_mode ? "kernel" : "user", READ_ONCE(v->regs.rip),
		   READ_ONCE(v->regs.cs), READ_ONCE(v->regs.rsp), READ_ONCE(v->cr3_kernel),
		   READ_ONCE(v->cr3_user));
	seq_printf(m, " upcall pending %u mask %u selector %lx\n",
		   READ_ONCE(info->evtchn_upcall_pending), READ_ONCE(info->evtchn_upcall_mask),
		   READ_ONCE(info->evtchn_pending_sel));
}

static int state_show(struct seq_file *m, void *unused)
{
	static const char * const state[] = {
		[LODGE_DOMAIN_EMPTY] = "empty",
		[LODGE_DOMAIN_READY] = "ready",
		[LODGE_DOMAIN_SHUTDOWN] = "shutdown",
		[LODGE_DOMAIN_CRASHED] = "crashed",
	};
	struct lodge_domain *d = m->private;
	u32 i;

	spin_lock_irq(&d->lock);
	seq_printf(m, "name %s\nuuid %pU\nstate %s\npause_count %d\n", d->name, &d->uuid,
		   state[d->state], d->pause_count);
	if (d->state == LODGE_DOMAIN_SHUTDOWN)
		seq_printf(m, "shutdown_reason %u\n", d->shutdown_reason);
	if (d->state == LODGE_DOMAIN_CRASHED)
		seq_printf(m, "crash_reason %s\n", d->crash_reason);
	spin_unlock_irq(&d->lock);
	seq_printf(m, "references %u\nvm_assist %lx\n", kref_read(&d->ref), d->vm_assist);
	for (i = 0; i < d->max_vcpus; i++)
		show_vcpu(m, d->vcpu[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

void lodge_debug_add_domain(struct lodge_domain *d)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", d->domid);
	d->debugfs = debugfs_create_dir(name, root);
}

void lodge_debug_add_files(struct lodge_domain *d)
{
	debugfs_create_file("counters", 0400, d->debugfs, d, &counters_fops);
	debugfs_create_file("hypercalls", 0400, d->debugfs, d, &hypercalls_fops);
	debugfs_create_file("state", 0400, d->debugfs, d, &state_fops);
}

void lodge_debug_remove_domain(struct lodge_domain *d)
{
	debugfs_remove(d->debugfs);
}

void lodge_debug_init(void)
{
	root = debugfs_create_dir("lodge", NULL);
}

void lodge_debug_exit(void)
{
	debugfs_remove(root);
}
