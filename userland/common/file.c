// SPDX-License-Identifier: GPL-2.0-only
#include "common/file.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void *lodge_read_all(int fd, const char *name, size_t max, size_t *len, struct lodge_err *err)
{
	size_t size = 16384, got = 0;
	struct stat st;
	char *buf, *bigger;
	ssize_t n;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
		if ((unsigned long long)st.st_size > max)
			goto too_big;
		size = st.st_size + 1;
	}
	buf = malloc(size + 1);
	if (!buf)
		goto no_memory;
	for (;;) {
		n = read(fd, buf + got, size - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			lodge_fail(err, errno, "cannot read %s: %s", name, strerror(errno));
			free(buf);
			return NULL;
		}
		if (!n)
			break;
		got += n;
		if (got > max) {
			free(buf);
			goto too_big;
		}
		if (got < size)
			continue;
		size *= 2;
		bigger = realloc(buf, size + 1);
		if (!bigger) {
			free(buf);
			goto no_memory;
		}
		buf = bigger;
	}
	buf[got] = '\0';
	*len = got;
	return buf;

too_big:
	lodge_fail(err, EFBIG, "%s is larger than %zu bytes", name, max);
	return NULL;
no_memory:
	lodge_fail(err, ENOMEM, "out of memory while reading %s", name);
	return NULL;
}

int lodge_write_all(int fd, const void *buf, size_t len)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	const char *p = buf;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		/* a terminal or pipe that somebody else has made non-blocking */
		if (n < 0 && errno == EAGAIN && poll(&room, 1, -1) >= 0)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}
