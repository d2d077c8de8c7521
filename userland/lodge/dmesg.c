// SPDX-License-Identifier: GPL-2.0-only
/* dmesg: the log of the hypervisor, with what guests say by console_io. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/warn.h"
#include "control/device.h"
#include "lodge/verbs.h"

int verb_dmesg(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	char buf[16384];
	ssize_t n;
	int fd;

	if (argc != 1)
		return usage_of(argv[0]);
	fd = lodge_device_open(&err);
	if (fd < 0)
		return lodge_complain(err.text);
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && lodge_write_all(STDOUT_FILENO, buf, n))
			break;
	if (n < 0)
		lodge_fail(&err, errno, "cannot read the log: %s", strerror(errno));
	else if (n > 0)
		lodge_fail(&err, errno, "cannot write to standard output: %s", strerror(errno));
	close(fd);
	return n ? lodge_complain(err.text) : 0;
}
