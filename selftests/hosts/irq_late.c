// SPDX-License-Identifier: GPL-2.0-only
/*
 * irq_late: how late interrupts come, which is how long they were off.
 *
 * For tests only.  A timer on each CPU goes off at random moments; debugfs
 * irq_late shows by how many nanoseconds it was late at worst, and where that was:
 * "lodge" where lodge had them off, in the thread of a vcpu, "host" where the kernel
 * had for that thread (an allocation of pages can take 100,000 instructions),
 * "others" in other threads.  On an emulator that counts instructions a
 * nanosecond is one.  A stretch longer than the period is met for certain, a
 * shorter one if it comes often.  "reset" written to the file begins anew; a
 * number makes the writer keep interrupts off for so long.
 */
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/hrtimer.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <asm/irq_regs.h>

/* At least half of it between two, at most as much. */
static unsigned int period_ns = 20000;
module_param(period_ns, uint, 0444);

#define LONGEST_SPIN	NSEC_PER_MSEC
#define DEPTH		32

struct worst {
	unsigned long samples, ns;
	unsigned long stack[DEPTH];
	unsigned int depth;
	char comm[TASK_COMM_LEN];
};

enum { LODGE, HOST, OTHERS, NR_WORST };

struct late {
	struct hrtimer timer;
	struct worst worst[NR_WORST];
};

static DEFINE_PER_CPU(struct late, late);
static struct dentry *file;
static bool ending;

static bool of_a_vcpu(const struct task_struct *task)
{
	return !strncmp(task->comm, "vcpu", 4);
}

static bool named(unsigned long address, const char *what)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%pS", (void *)address);
	return strstr(name, what);
}

/* Whose code was it that interrupts came back in, or its caller if that was an unlock? */
static bool of_lodge(const unsigned long *stack, unsigned int depth)
{
	struct pt_regs *regs = get_irq_regs();
	unsigned int i;

	for (i = 0; i < depth && regs; i++)
		if (stack[i] == instruction_pointer(regs))
			break;
	while (i < depth && named(stack[i], "_raw_spin_unlock"))
		i++;
	return i < depth && named(stack[i], "[lodge]");
}

static enum hrtimer_restart sample(struct hrtimer *timer)
{
	struct late *l = container_of(timer, struct late, timer);
	unsigned long stack[DEPTH];
	struct worst *w;
	unsigned int depth;
	s64 ns = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(timer)));

	if (READ_ONCE(ending))
		return HRTIMER_NORESTART;
	w = &l->worst[of_a_vcpu(current) ? LODGE : OTHERS];
	w->samples++;
	if (ns > 0 && ns > w->ns) {
		depth = stack_trace_save(stack, DEPTH, 0);
		if (w == &l->worst[LODGE] && !of_lodge(stack, depth))
			w = &l->worst[HOST];
	}
	if (ns > 0 && ns > w->ns) {
		w->ns = ns;
		memcpy(w->stack, stack, depth * sizeof(stack[0]));
		w->depth = depth;
		strscpy(w->comm, current->comm, sizeof(w->comm));
	}
	hrtimer_forward_now(timer, ns_to_ktime(period_ns / 2 + get_random_u32() % (period_ns / 2)));
	return HRTIMER_RESTART;
}

static void start(void *unused)
{
	struct late *l = this_cpu_ptr(&late);

	hrtimer_init(&l->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	l->timer.function = sample;
	hrtimer_start(&l->timer, ns_to_ktime(period_ns), HRTIMER_MODE_REL_PINNED_HARD);
}

static void reset(void *unused)
{
	memset(this_cpu_ptr(&late.worst), 0, sizeof(late.worst));
}

static int late_show(struct seq_file *m, void *unused)
{
	static const char * const who[NR_WORST] = { "lodge", "host", "others" };
	unsigned int cpu, i, j;

	for_each_online_cpu(cpu) {
		for (i = 0; i < NR_WORST; i++) {
			const struct worst *w = &per_cpu_ptr(&late, cpu)->worst[i];

			seq_printf(m, "%s samples %lu late %lu of %s at", who[i],
				   READ_ONCE(w->samples), READ_ONCE(w->ns),
				   *w->comm ? w->comm : "-");
			for (j = 0; j < READ_ONCE(w->depth); j++)
				seq_printf(m, " %pS", (void *)w->stack[j]);
			seq_putc(m, '\n');
		}
	}
	return 0;
}

static int late_open(struct inode *inode, struct file *f)
{
	return single_open(f, late_show, NULL);
}

static void spin(u64 ns)
{
	unsigned long flags;
	u64 end;

	local_irq_save(flags);
	end = ktime_get_ns() + ns;
	while (ktime_get_ns() < end)
		cpu_relax();
	local_irq_restore(flags);
}

static ssize_t late_write(struct file *f, const char __user *from, size_t n, loff_t *pos)
{
	u64 ns;

	if (!kstrtou64_from_user(from, n, 0, &ns) && ns <= LONGEST_SPIN)
		spin(ns);
	else
		on_each_cpu(reset, NULL, 1);
	return n;
}

static const struct file_operations late_fops = {
	.owner = THIS_MODULE,
	.open = late_open,
	.read = seq_read,
	.write = late_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init late_init(void)
{
	file = debugfs_create_file("irq_late", 0600, NULL, NULL, &late_fops);
	/* CPUs must not come and go meanwhile */
	cpus_read_lock();
	on_each_cpu(start, NULL, 1);
	cpus_read_unlock();
	return 0;
}

static void __exit late_exit(void)
{
	unsigned int cpu;

	debugfs_remove(file);
	WRITE_ONCE(ending, true);
	for_each_online_cpu(cpu)
		hrtimer_cancel(&per_cpu_ptr(&late, cpu)->timer);
}

module_init(late_init);
module_exit(late_exit);

MODULE_DESCRIPTION("Lateness of interrupts, for tests");
MODULE_LICENSE("GPL");
