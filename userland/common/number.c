// SPDX-License-Identifier: GPL-2.0-only
#include "common/number.h"

#include <errno.h>
#include <stdlib.h>

#include <lodge/limits.h>

int lodge_parse_domid(const char *text, uint32_t *domid, struct lodge_err *err)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || !value || value > LODGE_DOMID_MAX)
		return lodge_fail(err, EINVAL, "\"%.64s\" is not the id of a domain", text);
	*domid = value;
	return 0;
}
