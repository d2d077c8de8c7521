// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lodged/journal.h"
#include "lodged/log.h"

/* Rewritten when it has grown to this many times what was needed at first. */
#define GROWTH		4
#define MIN_SIZE	(1024 * 1024)

static char *journal_path;
static struct store *journal_store;
static int fd = -1;
static off_t size;
static off_t size_at_first;
static bool failed;

static bool write_all(int to, const void *data, size_t len)
{
	while (len) {
		ssize_t n = write(to, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = (const char *)data + n;
		len -= n;
	}
	return true;
}

struct copy {
	int fd;
	off_t size;
	bool good;
};

static void copy_record(void *arg, const void *data, size_t len)
{
	struct copy *c = arg;

	c->good = c->good && write_all(c->fd, data, len);
	c->size += len;
}

/* Replace the file by one that holds just the present. */
static bool rewrite(void)
{
	char *path = NULL;
	struct copy c = { .good = true };

	if (asprintf(&path, "%s.new", journal_path) < 0)
		return false;
	c.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (c.fd < 0) {
		free(path);
		return false;
	}
	store_dump(journal_store, copy_record, &c);
	if (!c.good || rename(path, journal_path)) {
		unlink(path);
		close(c.fd);
		free(path);
		return false;
	}
	free(path);
	if (fd >= 0)
		close(fd);
	fd = c.fd;
	size = c.size;
	size_at_first = c.size;
	return true;
}

/*
 * Serving guests matters more than being able to restart: failures are logged
 * once, and each later record tries to write all of the store anew.
 */
static void append(void *arg, const void *data, size_t len)
{
	bool good;

	(void)arg;
	if (fd < 0)
		return;
	if (failed || (size > MIN_SIZE && size > size_at_first * GROWTH)) {
		/* The store has the change already, so this writes it. */
		good = rewrite();
	} else {
		good = write_all(fd, data, len);
		if (good)
			size += len;
		else if (ftruncate(fd, size))
			log_debug("%s: cannot be cut: %m", journal_path);
	}
	if (!good && !failed)
		log_error("%s: %m; a restart of lodged would lose the store", journal_path);
	else if (good && failed)
		log_info("%s: is being written again", journal_path);
	failed = !good;
}

static char *read_file(const char *path, size_t *len)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	*len = 0;
	if (from < 0 || fstat(from, &st)) {
		if (from >= 0)
			close(from);
		return NULL;
	}
	data = malloc(st.st_size + 1);
	while (data && *len < (size_t)st.st_size) {
		ssize_t n = read(from, data + *len, st.st_size - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		*len += n;
	}
	close(from);
	return data;
}

struct store *journal_open(const char *path, struct lodge_err *err)
{
	struct timespec now;
	size_t len, good;
	char *data;

	clock_gettime(CLOCK_REALTIME, &now);
	journal_path = strdup(path);
	journal_store = store_new(now.tv_sec * 1000000ull + now.tv_nsec / 1000, append, NULL);
	data = read_file(path, &len);
	if (data) {
		good = store_load(journal_store, data, len);
		if (good < len)
			log_warning("%s: %zu bytes at its end are damaged or incomplete",
				    path, len - good);
	}
	free(data);
	if (!journal_path || !rewrite()) {
		lodge_fail(err, errno, "%s cannot be written: %s", path, strerror(errno));
		store_free(journal_store);
		return NULL;
	}
	return journal_store;
}

void journal_close(struct store *s)
{
	close(fd);
	fd = -1;
	store_free(s);
	free(journal_path);
}
