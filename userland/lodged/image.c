// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "lodged/command.h"
#include "lodged/daemon.h"
#include "lodged/image.h"
#include "lodged/log.h"

/* For a predecessor that still has the image: tenths of a second. */
#define PATIENCE	50
#define HELPER_SECONDS	60
#define MAX_NBD		256

struct image {
	char *path;		/* to be opened: the target, or the block device made of it */
	char *target;
	char format[LODGE_FORMAT_SIZE];
	bool read_only;
	unsigned int tries;
	char helper[IMAGE_HELPER_SIZE];
	struct command *command;
	struct event *timer;
	image_helper_fn helper_fn;
	image_done_fn fn;
	void *arg;
	struct image *next;
};

static struct image *images;

static void release(struct image *i)
{
	struct image **p = &images;

	while (*p != i)
		p = &(*p)->next;
	*p = i->next;
	command_cancel(i->command);
	event_free(i->timer);
	free(i->path);
	free(i->target);
	free(i);
}

static void finish(struct image *i, int fd, const struct lodge_err *err)
{
	image_done_fn fn = i->fn;
	void *arg = i->arg;
	char helper[IMAGE_HELPER_SIZE];

	memcpy(helper, i->helper, sizeof(helper));
	if (err && *helper) {
		image_close(helper);
		*helper = '\0';
	}
	release(i);
	fn(arg, fd, helper, err);
}

static void again(struct image *i)
{
	static const struct timeval tenth = { .tv_usec = 100 * 1000 };

	event_add(i->timer, &tenth);
}

/*
 * As much for itself as the access asks for; -1 and errno EBUSY if it is not to be had.
 * O_EXCL keeps nobody out who opens a block device to read it.
 */
static int lock(int fd, bool read_only)
{
	if (!flock(fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	if (errno != EWOULDBLOCK)
		return 0;	/* a file system without locks */
	errno = EBUSY;
	return -1;
}

/* The descriptor, or -1 and errno. */
static int open_image(const struct image *i, struct lodge_err *err)
{
	int flags = O_CLOEXEC | O_NONBLOCK | (i->read_only ? O_RDONLY : O_RDWR);
	struct stat st;
	int fd;

	if (stat(i->path, &st))
		return lodge_fail(err, errno, "%s: %s", i->target, strerror(errno));
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return lodge_fail(err, EINVAL, "%s is neither a block device nor a file",
				  i->target);
	if (S_ISBLK(st.st_mode) && !i->read_only)
		flags |= O_EXCL;
	fd = open(i->path, flags | O_DIRECT);
	if (fd < 0 && errno == EINVAL)
		fd = open(i->path, flags);	/* a file system without direct I/O */
	if (fd < 0)
		return lodge_fail(err, errno, "%s: %s", i->target, strerror(errno));
	if (lock(fd, i->read_only) ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK)) {
		lodge_fail(err, errno, "%s: %s", i->target,
			   errno == EBUSY ? "is in use" : strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

/* qemu-nbd goes into the background before the kernel has the size. */
static bool has_size(int fd)
{
	uint64_t size = 0;

	return !ioctl(fd, BLKGETSIZE64, &size) && size;
}

static void try_open(struct image *i)
{
	struct lodge_err err = LODGE_ERR_INIT;
	int fd = open_image(i, &err);

	if (fd >= 0 && *i->helper && !has_size(fd)) {
		close(fd);
		fd = lodge_fail(&err, EBUSY, "%s: qemu-nbd does not serve it", i->target);
	}

	if (fd < 0 && err.code == EBUSY && i->tries++ < PATIENCE)
		again(i);
	else
		finish(i, fd, fd < 0 ? &err : NULL);
}

static void connected(void *arg, const struct lodge_err *err)
{
	struct image *i = arg;

	i->command = NULL;
	if (err)
		finish(i, -1, err);
	else
		try_open(i);
}

static bool is_reserved(const char *device)
{
	for (struct image *i = images; i; i = i->next)
		if (!strcmp(i->helper, device))
			return true;
	return false;
}

/* A /dev/nbdN that nobody uses. */
static bool find_nbd(char device[IMAGE_HELPER_SIZE])
{
	char path[64];

	for (int n = 0; n < MAX_NBD; n++) {
		snprintf(path, sizeof(path), "/sys/block/nbd%d", n);
		if (access(path, F_OK))
			return false;
		snprintf(path, sizeof(path), "/sys/block/nbd%d/pid", n);
		snprintf(device, IMAGE_HELPER_SIZE, "/dev/nbd%d", n);
		if (access(path, F_OK) && !is_reserved(device))
			return true;
	}
	return false;
}

static bool takes_direct(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		return errno != EINVAL;
	close(fd);
	return true;
}

static void start_helper(struct image *i)
{
	char connect[IMAGE_HELPER_SIZE + 16], format[LODGE_FORMAT_SIZE + 16], path[4096];
	char *const argv[] = { "qemu-nbd", "--fork", connect, path, format,
			       takes_direct(i->target) ? "--cache=none" : "--cache=writeback",
			       "--discard=unmap", i->read_only ? "--read-only" : "--fork", "--",
			       i->target, NULL };
	struct lodge_err err = LODGE_ERR_INIT;
	char device[IMAGE_HELPER_SIZE];

	if (!find_nbd(device)) {
		lodge_fail(&err, ENODEV,
			   "%s: there is no free /dev/nbd* for it (see modprobe nbd nbds_max=)",
			   i->target);
		finish(i, -1, &err);
		return;
	}
	snprintf(connect, sizeof(connect), "--connect=%s", device);
	snprintf(format, sizeof(format), "--format=%s", i->format);
	/* its own choice is a directory that need not exist */
	snprintf(path, sizeof(path), "--socket=%s/%s.sock", daemon_run_dir(),
		 device + strlen("/dev/"));
	free(i->path);
	i->path = strdup(device);
	memcpy(i->helper, device, sizeof(device));
	i->helper_fn(i->arg, device);
	i->command = i->path ? command_start(argv, NULL, HELPER_SECONDS, connected, i, &err) : NULL;
	if (!i->command)
		finish(i, -1, &err);
}

static void module_loaded(void *arg, const struct lodge_err *err)
{
	struct image *i = arg;

	/* it may be part of the kernel: the search will tell */
	(void)err;
	i->command = NULL;
	start_helper(i);
}

static bool in_path(const char *program)
{
	static const char *const dirs[] = { "/usr/bin", "/usr/local/bin", "/bin" };
	char path[128];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], program);
		if (!access(path, X_OK))
			return true;
	}
	return false;
}

static void prepare_helper(struct image *i)
{
	char *const argv[] = { "modprobe", "nbd", NULL };
	struct lodge_err err = LODGE_ERR_INIT;

	if (!in_path("qemu-nbd")) {
		lodge_fail(&err, ENOENT, "%s: format %s needs qemu-nbd, which is not installed",
			   i->target, i->format);
		finish(i, -1, &err);
		return;
	}
	if (access(i->target, i->read_only ? R_OK : R_OK | W_OK)) {
		lodge_fail(&err, errno, "%s: %s", i->target, strerror(errno));
		finish(i, -1, &err);
		return;
	}
	if (!access("/sys/block/nbd0", F_OK)) {
		start_helper(i);
		return;
	}
	i->command = command_start(argv, NULL, HELPER_SECONDS, module_loaded, i, &err);
	if (!i->command)
		finish(i, -1, &err);
}

static void begin(evutil_socket_t fd, short what, void *arg)
{
	struct image *i = arg;

	(void)fd;
	(void)what;
	if (strcmp(i->format, "raw") && !*i->helper)
		prepare_helper(i);
	else
		try_open(i);
}

struct image *image_open(const struct lodge_disk *disk, image_helper_fn helper,
			 image_done_fn fn, void *arg)
{
	struct image *i = calloc(1, sizeof(*i));

	if (!i)
		abort();
	i->path = strdup(disk->target);
	i->target = strdup(disk->target);
	if (!i->path || !i->target)
		abort();
	memcpy(i->format, disk->format, sizeof(i->format));
	i->read_only = disk->read_only;
	i->helper_fn = helper;
	i->fn = fn;
	i->arg = arg;
	i->next = images;
	images = i;
	i->timer = event_new(daemon_base, -1, 0, begin, i);
	event_active(i->timer, EV_TIMEOUT, 0);
	return i;
}

void image_cancel(struct image *i)
{
	char helper[IMAGE_HELPER_SIZE];

	if (!i)
		return;
	memcpy(helper, i->helper, sizeof(helper));
	release(i);
	if (*helper)
		image_close(helper);
}

static void disconnected(void *arg, const struct lodge_err *err)
{
	(void)arg;
	if (err)
		log_warning("%s", err->text);
}

void image_close(const char *helper)
{
	char device[IMAGE_HELPER_SIZE];
	char *const argv[] = { "qemu-nbd", "--disconnect", device, NULL };
	struct lodge_err err = LODGE_ERR_INIT;

	if (strncmp(helper, "/dev/nbd", 8) || strlen(helper) >= sizeof(device))
		return;
	strcpy(device, helper);
	if (!command_start(argv, NULL, HELPER_SECONDS, disconnected, NULL, &err))
		log_warning("%s", err.text);
}
