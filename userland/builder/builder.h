/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading a kernel into an empty domain.
 *
 * Takes 1-2 seconds of CPU time for a compressed kernel and reads an image
 * that may be hostile, so a daemon does well to run the program lodge-build,
 * which has given up all privileges by then, and not to call this itself.
 * lodge-build reads a configuration as JSON (lodge_config_to_json()) too, from
 * standard input if CONFIG is "-", and on failure exits with status 1 and
 * writes the sentence to standard error.
 */
#ifndef LODGE_BUILDER_BUILDER_H
#define LODGE_BUILDER_BUILDER_H

#include "common/err.h"
#include "config/config.h"

/*
 * Kernel and initrd of @config into the domain behind @domain_fd, and its
 * start of day: afterwards the domain is READY.  A failure leaves it EMPTY.
 */
int lodge_build(int domain_fd, const struct lodge_config *config, struct lodge_err *err);

/*
 * The same in two steps: opening the files needs the rights of the caller,
 * the rest only the descriptors.
 */
struct lodge_build_files {
	int kernel;
	int ramdisk;	/* -1: none */
};

int lodge_build_open(const struct lodge_config *config, struct lodge_build_files *files,
		     struct lodge_err *err);
int lodge_build_load(int domain_fd, const struct lodge_config *config,
		     const struct lodge_build_files *files, struct lodge_err *err);
void lodge_build_close(struct lodge_build_files *files);

#endif
