// SPDX-License-Identifier: GPL-2.0-only
/*
 * lodge-build: kernel and ramdisk into an empty domain.
 *
 * What needs rights comes first: the domain and the files are opened, then
 * all privileges are given up, and only then is the image looked at.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "builder/builder.h"
#include "common/number.h"
#include "common/privilege.h"
#include "common/version.h"
#include "common/warn.h"
#include "control/device.h"

static const char usage[] =
	"usage: lodge-build DOMID CONFIG [key=value...]\n"
	"Loads the kernel that CONFIG names into an empty domain (\"-\": standard input).\n";

static int build(const char *domid_text, const char *path, char **args, int n_args)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_build_files files;
	struct lodge_config *config;
	uint32_t domid;
	int fd, rc;

	if (lodge_parse_domid(domid_text, &domid, &err))
		return lodge_complain(err.text);
	config = lodge_config_load(path, args, n_args, lodge_warn, NULL, &err);
	if (!config)
		return lodge_complain(err.text);
	fd = lodge_device_open_domain(domid, &err);
	if (fd < 0 || lodge_build_open(config, &files, &err) || lodge_become_nobody(&err) ||
	    lodge_drop_privileges(&err)) {
		lodge_config_free(config);
		return lodge_complain(err.text);
	}
	rc = lodge_build_load(fd, config, &files, &err);
	lodge_build_close(&files);
	lodge_config_free(config);
	close(fd);
	return rc ? lodge_complain(err.text) : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("lodge-build " LODGE_VERSION);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (argc - optind < 2) {
		fputs(usage, stderr);
		return 2;
	}
	return build(argv[optind], argv[optind + 1], argv + optind + 2, argc - optind - 2);
}
