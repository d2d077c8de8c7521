// SPDX-License-Identifier: GPL-2.0-only
/* From the first C line to the test and its end, and the command line. */
#include <pvguest/pvguest.h>

struct start_info *start_info;

static const char *cmdline(void)
{
	return (const char *)start_info->cmd_line;
}

/* the text after key= where key begins a word */
static const char *arg_find(const char *key)
{
	const char *s = cmdline();
	size_t n = strlen(key);

	while (*s) {
		while (*s == ' ')
			s++;
		if (!strncmp(s, key, n) && (s[n] == '=' || s[n] == ' ' || !s[n]))
			return s + n;
		while (*s && *s != ' ')
			s++;
	}
	return NULL;
}

u64 arg_u64(const char *key, u64 fallback)
{
	const char *s = arg_find(key);

	return s && *s == '=' ? strtou64(s + 1, NULL) : fallback;
}

bool arg_is(const char *key, const char *value)
{
	const char *s = arg_find(key);
	size_t n = strlen(value);

	return s && *s == '=' && !strncmp(s + 1, value, n) && (s[1 + n] == ' ' || !s[1 + n]);
}

bool arg_flag(const char *word)
{
	return arg_find(word);
}

void shutdown(unsigned int reason)
{
	struct sched_shutdown s = { .reason = reason };

	for (;;)
		hc_sched_op(SCHEDOP_shutdown, &s);
}

void __noreturn pvguest_main(struct start_info *si);
void pvguest_main(struct start_info *si)
{
	start_info = si;
	mm_init();
	console_init();
	printf("TAP version 13\n");
	traps_init();
	events_init();
	test_main();
	tap_finish();
}
