// SPDX-License-Identifier: GPL-2.0-only
#include "control/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int lodge_device_open(struct lodge_err *err)
{
	int fd = open(LODGE_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == EACCES || errno == EPERM)
		return lodge_fail(err, errno, "cannot open %s: you must be root", LODGE_DEVICE);
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		return lodge_fail(err, errno,
				  "cannot open %s: is the module lodge loaded?",
				  LODGE_DEVICE);
	return lodge_fail(err, errno, "cannot open %s: %s", LODGE_DEVICE, strerror(errno));
}

int lodge_device_open_domain(uint32_t domid, struct lodge_err *err)
{
	int device, fd, code;

	device = lodge_device_open(err);
	if (device < 0)
		return -1;
	fd = ioctl(device, LODGE_IOC_OPEN_DOMAIN, (unsigned long)domid);
	code = errno;
	close(device);
	if (fd >= 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		return fd;
	}
	if (code == ESRCH)
		return lodge_fail(err, code, "there is no domain %u", domid);
	return lodge_fail(err, code, "cannot open domain %u: %s", domid, strerror(code));
}

int lodge_device_info(int domain_fd, struct lodge_info *info, struct lodge_err *err)
{
	if (!ioctl(domain_fd, LODGE_IOC_INFO, info))
		return 0;
	return lodge_fail(err, errno, "cannot ask for the description of the domain: %s",
			  strerror(errno));
}

int lodge_device_console(int domain_fd, struct lodge_err *err)
{
	int fd = ioctl(domain_fd, LODGE_IOC_CONSOLE, 0);

	if (fd < 0)
		return lodge_fail(err, errno, "cannot open the console of the domain: %s",
				  strerror(errno));
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int lodge_device_store(int domain_fd, struct lodge_err *err)
{
	int fd = ioctl(domain_fd, LODGE_IOC_STORE, 0);

	if (fd < 0)
		return lodge_fail(err, errno, "cannot open the store ring of the domain: %s",
				  errno == EBUSY ? "another process has it" : strerror(errno));
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

void *lodge_device_map(int domain_fd, const struct lodge_info *info, struct lodge_err *err)
{
	void *p = mmap(NULL, info->max_pages << 12, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_NORESERVE, domain_fd, 0);

	if (p != MAP_FAILED)
		return p;
	lodge_fail(err, errno, "cannot map the memory of domain %u: %s",
		   info->domid, strerror(errno));
	return NULL;
}
