// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain descriptor: the authority over one domain's memory and execution.
 * It holds a reference, so that a destroyed domain's structure stays until the
 * last descriptor is closed.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include <lodge/device.h>

#include "backend/backend.h"
#include "control/control.h"
#include "domain/domain.h"
#include "sched/sched.h"

static long ioc_info(struct lodge_domain *d, struct lodge_info __user *arg)
{
	struct lodge_info info = {
		.domid = d->domid,
		.max_vcpus = d->max_vcpus,
		.pages = READ_ONCE(d->mm.pages),
		.max_pages = d->mm.max_pages,
		.shared_info_gfn = d->shared_info_gfn,
		.console_port = lodge_console_port(d),
		.store_port = lodge_store_port(d),
		.state = READ_ONCE(d->state),
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long ioc_boot(struct lodge_domain *d, struct lodge_boot __user *arg)
{
	struct lodge_boot boot;

	if (copy_from_user(&boot, arg, sizeof(boot)))
		return -EFAULT;
	return lodge_domain_boot(d, &boot);
}

static long ioc_attach(struct lodge_domain *d, struct lodge_attach __user *arg)
{
	struct lodge_attach attach;

	if (copy_from_user(&attach, arg, sizeof(attach)))
		return -EFAULT;
	if (READ_ONCE(d->dying))
		return -ENODEV;
	return lodge_mm_attach(d, attach.hva, attach.size);
}

static long ioc_run(struct lodge_domain *d, struct lodge_run __user *arg)
{
	struct lodge_run run;
	int err;

	if (copy_from_user(&run, arg, sizeof(run)))
		return -EFAULT;
	if (run.vcpu >= d->max_vcpus)
		return -EINVAL;
	run.vcpu = array_index_nospec(run.vcpu, d->max_vcpus);
	/* partner: lodge_domain_boot() */
	if (smp_load_acquire(&d->state) == LODGE_DOMAIN_EMPTY && !READ_ONCE(d->dying))
		return -ENOEXEC;
	err = lodge_vcpu_run(d->vcpu[run.vcpu], &run.exit);
	/* Destroy takes the place of a runner for a moment to see that all are out. */
	if (err == -EBUSY && READ_ONCE(d->dying)) {
		run.exit = LODGE_RUN_DESTROYED;
		err = 0;
	}
	if (err)
		return err;
	return put_user(run.exit, &arg->exit);
}

static unsigned int new_fd_flags(const struct file *file)
{
	return O_CLOEXEC | (file->f_flags & O_NONBLOCK);
}

/* Those that make descriptors ask for the privilege again: a descriptor may have been handed on. */
static long ioc_open(struct lodge_domain *d, struct file *file, unsigned int cmd)
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (cmd == LODGE_IOC_CONSOLE)
		return lodge_console_open_fd(d, new_fd_flags(file));
	return lodge_store_open_fd(d, new_fd_flags(file));
}

static long domain_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct lodge_domain *d = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case LODGE_IOC_INFO:
		return ioc_info(d, user);
	case LODGE_IOC_BOOT:
		return ioc_boot(d, user);
	case LODGE_IOC_ATTACH:
		return ioc_attach(d, user);
	case LODGE_IOC_RUN:
		return ioc_run(d, user);
	case LODGE_IOC_CONSOLE:
	case LODGE_IOC_STORE:
		return ioc_open(d, file, cmd);
	}
	return -ENOTTY;
}

static int domain_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct lodge_domain *d = file->private_data;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (READ_ONCE(d->dying))
		return -ENODEV;
	return lodge_mm_mmap(d, vma);
}

static __poll_t domain_poll(struct file *file, poll_table *wait)
{
	struct lodge_domain *d = file->private_data;

	poll_wait(file, &d->wait, wait);
	return READ_ONCE(d->dying) ? EPOLLHUP : 0;
}

static int domain_release(struct inode *inode, struct file *file)
{
	lodge_domain_put(file->private_data);
	return 0;
}

static const struct file_operations domain_fops = {
	.owner = THIS_MODULE,
	.release = domain_release,
	.unlocked_ioctl = domain_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = domain_mmap,
	.poll = domain_poll,
	.llseek = noop_llseek,
};

int lodge_domain_open_fd(struct lodge_domain *d)
{
	int fd;

	lodge_domain_get(d);
	fd = anon_inode_getfd("lodge-domain", &domain_fops, d, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		lodge_domain_put(d);
	return fd;
}
