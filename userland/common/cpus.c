// SPDX-License-Identifier: GPL-2.0-only
#include "common/cpus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int bad(const char *text, struct lodge_err *err)
{
	return lodge_fail(err, EINVAL, "\"%.64s\" is not a set of CPUs such as 0-3,8,^2 or all",
			  text);
}

static void fill(cpu_set_t *cpus, unsigned long first, unsigned long last, bool in)
{
	for (; first <= last; first++) {
		if (in)
			CPU_SET(first, cpus);
		else
			CPU_CLR(first, cpus);
	}
}

/* A number at *p, which moves behind it; ULONG_MAX if there is none. */
static unsigned long number(const char **p)
{
	unsigned long value;
	char *end;

	if (**p < '0' || **p > '9')
		return -1UL;
	value = strtoul(*p, &end, 10);
	*p = end;
	return value;
}

int lodge_cpus_parse(const char *text, cpu_set_t *cpus, struct lodge_err *err)
{
	unsigned long first, last;
	const char *p = text;
	bool in;

	CPU_ZERO(cpus);
	do {
		p += strspn(p, " \t");
		in = *p != '^';
		p += !in;
		if (!strncmp(p, "all", 3)) {
			first = 0;
			last = CPU_SETSIZE - 1;
			p += 3;
		} else {
			first = number(&p);
			last = first;
			if (*p == '-') {
				p++;
				last = number(&p);
			}
			if (last >= CPU_SETSIZE || first > last)
				return bad(text, err);
		}
		fill(cpus, first, last, in);
		p += strspn(p, " \t");
	} while (*p++ == ',');
	return p[-1] || !CPU_COUNT(cpus) ? bad(text, err) : 0;
}

void lodge_cpus_format(const cpu_set_t *cpus, size_t count, char text[LODGE_CPUS_TEXT])
{
	size_t i, end, len = 0;

	for (i = 0; i < count && CPU_ISSET(i, cpus); i++)
		;
	if (i == count) {
		strcpy(text, "all");
		return;
	}
	text[0] = '\0';
	for (i = 0; i < CPU_SETSIZE; i = end + 1) {
		for (end = i; end < CPU_SETSIZE && CPU_ISSET(end, cpus); end++)
			;
		if (end == i)
			continue;
		len += sprintf(text + len, "%s%zu", len ? "," : "", i);
		if (end - i > 1)
			len += sprintf(text + len, "-%zu", end - 1);
	}
}
