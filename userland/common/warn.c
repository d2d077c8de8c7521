// SPDX-License-Identifier: GPL-2.0-only
#include "common/warn.h"

#include <errno.h>
#include <stdio.h>

int lodge_complain(const char *sentence)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, sentence);
	return 1;
}

void lodge_warn(void *arg, const char *sentence)
{
	(void)arg;
	fprintf(stderr, "%s: warning: %s\n", program_invocation_short_name, sentence);
}
