// SPDX-License-Identifier: GPL-2.0-only
/*
 * nmi_storm: every CPU sends NMIs to the next one, as fast as they are taken.
 *
 * For tests only.  One is sent when the one before has been taken, so that none
 * may be merged: in the end as many must have been taken as were sent.  NMIs
 * that others send are taken too, and counted apart.  debugfs nmi_storm shows
 * the counts.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/nmi.h>

/* Odd, so that it drifts over everything periodic; a third of it is random. */
static unsigned int period_ns = 60013;
module_param(period_ns, uint, 0444);

struct storm {
	struct hrtimer timer;
	unsigned int to;
	int under_way;			/* to this CPU, not taken yet */
	unsigned long sent, taken, foreign;
};

static DEFINE_PER_CPU(struct storm, storm);
static struct dentry *file;
static bool ending;

static int take(unsigned int type, struct pt_regs *regs)
{
	if (!xchg(this_cpu_ptr(&storm.under_way), 0))
		return NMI_DONE;
	this_cpu_inc(storm.taken);
	return NMI_HANDLED;
}

static int take_foreign(unsigned int type, struct pt_regs *regs)
{
	this_cpu_inc(storm.foreign);
	return NMI_HANDLED;
}

static enum hrtimer_restart send(struct hrtimer *timer)
{
	struct storm *s = container_of(timer, struct storm, timer);

	if (READ_ONCE(ending))
		return HRTIMER_NORESTART;
	if (!xchg(per_cpu_ptr(&storm.under_way, s->to), 1)) {
		s->sent++;
		apic->send_IPI(s->to, NMI_VECTOR);
	}
	hrtimer_forward_now(timer, ns_to_ktime(period_ns + get_random_u32() % (period_ns / 2)));
	return HRTIMER_RESTART;
}

static void start(void *unused)
{
	struct storm *s = this_cpu_ptr(&storm);
	unsigned int next = cpumask_next(smp_processor_id(), cpu_online_mask);

	s->to = next < nr_cpu_ids ? next : cpumask_first(cpu_online_mask);
	hrtimer_init(&s->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	s->timer.function = send;
	hrtimer_start(&s->timer, ns_to_ktime(period_ns), HRTIMER_MODE_REL_PINNED_HARD);
}

static int counts_show(struct seq_file *m, void *unused)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		const struct storm *s = per_cpu_ptr(&storm, cpu);

		seq_printf(m, "cpu %u sent %lu taken %lu foreign %lu\n", cpu, READ_ONCE(s->sent),
			   READ_ONCE(s->taken), READ_ONCE(s->foreign));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

static int __init storm_init(void)
{
	int ret = register_nmi_handler(NMI_LOCAL, take, 0, "nmi_storm");

	if (ret)
		return ret;
	ret = register_nmi_handler(NMI_UNKNOWN, take_foreign, 0, "nmi_storm_foreign");
	if (ret) {
		unregister_nmi_handler(NMI_LOCAL, "nmi_storm");
		return ret;
	}
	file = debugfs_create_file("nmi_storm", 0400, NULL, NULL, &counts_fops);
	/* CPUs must not come and go while it blows */
	cpus_read_lock();
	on_each_cpu(start, NULL, 1);
	cpus_read_unlock();
	return 0;
}

static void __exit storm_exit(void)
{
	unsigned long sent = 0, taken = 0, foreign = 0;
	unsigned int cpu, patience = 500;

	WRITE_ONCE(ending, true);
	for_each_online_cpu(cpu)
		hrtimer_cancel(&per_cpu_ptr(&storm, cpu)->timer);
	for_each_online_cpu(cpu)
		while (READ_ONCE(per_cpu_ptr(&storm, cpu)->under_way) && --patience)
			msleep(20);
	unregister_nmi_handler(NMI_UNKNOWN, "nmi_storm_foreign");
	unregister_nmi_handler(NMI_LOCAL, "nmi_storm");
	debugfs_remove(file);
	for_each_online_cpu(cpu) {
		const struct storm *s = per_cpu_ptr(&storm, cpu);

		sent += s->sent;
		taken += s->taken;
		foreign += s->foreign;
	}
	pr_info("nmi_storm: sent %lu, taken %lu, foreign %lu\n", sent, taken, foreign);
}

module_init(storm_init);
module_exit(storm_exit);

MODULE_DESCRIPTION("NMIs in numbers, for tests");
MODULE_LICENSE("GPL");
