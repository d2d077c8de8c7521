// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files in, a domain that is READY out.  All that can be wrong with an image
 * is found before the first byte is written.
 */
#include "builder/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lodge/device.h>
#include <lodge/netlink.h>

#include "builder/fill.h"
#include "builder/image.h"
#include "builder/layout.h"
#include "common/file.h"

#define MAX_KERNEL_FILE	(512 << 20)

static int open_file(const char *what, const char *path, struct lodge_err *err)
{
	struct stat st;
	int fd;

	/* a FIFO would block for ever */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return lodge_fail(err, errno, "cannot open the %s %s: %s", what, path,
				  strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return lodge_fail(err, EINVAL, "the %s %s is not a regular file", what, path);
	}
	return fd;
}

int lodge_build_open(const struct lodge_config *config, struct lodge_build_files *files,
		     struct lodge_err *err)
{
	files->ramdisk = -1;
	files->kernel = open_file("kernel", config->kernel, err);
	if (files->kernel < 0)
		return -1;
	if (config->ramdisk) {
		files->ramdisk = open_file("ramdisk", config->ramdisk, err);
		if (files->ramdisk < 0) {
			close(files->kernel);
			return -1;
		}
	}
	return 0;
}

void lodge_build_close(struct lodge_build_files *files)
{
	close(files->kernel);
	if (files->ramdisk >= 0)
		close(files->ramdisk);
}

static int parse_kernel(struct lodge_image *image, int fd, const char *path,
			struct lodge_err *err)
{
	uint8_t *file;
	size_t len;
	int rc;

	file = lodge_read_all(fd, path, MAX_KERNEL_FILE, &len, err);
	if (!file)
		return -1;
	rc = lodge_image_parse(image, file, len, err);
	free(file);
	if (rc)
		lodge_fail_prefix(err, "cannot load the kernel %s: ", path);
	return rc;
}

static int ramdisk_size(int fd, uint64_t *size, struct lodge_err *err)
{
	struct stat st;

	*size = 0;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st))
		return lodge_fail(err, errno, "cannot read the ramdisk: %s", strerror(errno));
	*size = st.st_size;
	return 0;
}

/* Straight into the domain. */
static int read_ramdisk(int fd, uint8_t *to, uint64_t len, const char *path,
			struct lodge_err *err)
{
	uint64_t at = 0;
	ssize_t n;

	while (at < len) {
		n = pread(fd, to + at, len - at > 1 << 30 ? 1 << 30 : len - at, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lodge_fail(err, errno, "cannot read the ramdisk %s: %s", path,
					  strerror(errno));
		if (!n)
			return lodge_fail(err, EIO, "the ramdisk %s became shorter while it was read",
					  path);
		at += n;
	}
	/* the rest of the last page, if an earlier try has left something there */
	if (len % LODGE_PAGE_SIZE)
		memset(to + len, 0, LODGE_PAGE_SIZE - len % LODGE_PAGE_SIZE);
	return 0;
}

static int boot(int domain_fd, const struct lodge_layout *l, const struct lodge_image *image,
		struct lodge_err *err)
{
	struct lodge_boot b = {
		.rip = image->entry,
		.rsp = lodge_layout_va(l, l->stack + 1),
		.rsi = lodge_layout_va(l, l->start_info),
		.cr3_gfn = l->l4,
		.console_gfn = l->console,
		.store_gfn = l->store,
		.hypercall_gfn = LODGE_NO_GFN,
	};

	if (image->hypercall_phys != LODGE_NO_ADDRESS)
		b.hypercall_gfn = image->hypercall_phys >> LODGE_PAGE_SHIFT;
	if (!ioctl(domain_fd, LODGE_IOC_BOOT, &b))
		return 0;
	if (errno == EBUSY)
		return lodge_fail(err, errno, "the domain has been loaded already");
	return lodge_fail(err, errno, "the start of day was refused: %s", strerror(errno));
}

static int load_image(int domain_fd, const struct lodge_info *info, const struct lodge_config *config,
		const struct lodge_build_files *files, const struct lodge_image *image,
		struct lodge_err *err)
{
	const size_t size = info->max_pages << LODGE_PAGE_SHIFT;
	struct lodge_start start = {
		.shared_info_gfn = info->shared_info_gfn,
		.store_port = info->store_port,
		.console_port = info->console_port,
		.cmdline = config->cmdline,
	};
	struct lodge_memory m;
	struct lodge_layout l;
	uint64_t initrd_len;
	int rc = -1;

	if (ramdisk_size(files->ramdisk, &initrd_len, err) ||
	    lodge_layout_plan(&l, image, initrd_len, info->pages, err)) {
		lodge_fail_prefix(err, "cannot load the kernel %s: ", config->kernel);
		return -1;
	}
	m.base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		      domain_fd, 0);
	if (m.base == MAP_FAILED)
		return lodge_fail(err, errno, "cannot map the memory of the domain: %s",
				  strerror(errno));
	/* an earlier try may have left something behind */
	m.blank = !madvise(m.base, size, MADV_REMOVE);
	if (!read_ramdisk(files->ramdisk, m.base + (l.initrd.first << LODGE_PAGE_SHIFT),
			  initrd_len, config->ramdisk ? config->ramdisk : "", err)) {
		lodge_fill(&m, &l, image, &start);
		rc = boot(domain_fd, &l, image, err);
	}
	munmap(m.base, size);
	return rc;
}

int lodge_build_load(int domain_fd, const struct lodge_config *config,
		     const struct lodge_build_files *files, struct lodge_err *err)
{
	struct lodge_image image;
	struct lodge_info info;
	int rc;

	if (ioctl(domain_fd, LODGE_IOC_INFO, &info))
		return lodge_fail(err, errno, "cannot ask for the description of the domain: %s",
				  strerror(errno));
	if (info.state != LODGE_DOMAIN_EMPTY)
		return lodge_fail(err, EBUSY, "domain %u has been loaded already", info.domid);
	if (parse_kernel(&image, files->kernel, config->kernel, err))
		return -1;
	rc = load_image(domain_fd, &info, config, files, &image, err);
	lodge_image_free(&image);
	return rc;
}

int lodge_build(int domain_fd, const struct lodge_config *config, struct lodge_err *err)
{
	struct lodge_build_files files;
	int rc;

	if (lodge_build_open(config, &files, err))
		return -1;
	rc = lodge_build_load(domain_fd, config, &files, err);
	lodge_build_close(&files);
	return rc;
}
