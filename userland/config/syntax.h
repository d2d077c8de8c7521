/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The syntax of xl.cfg, without its meaning: settings in the order in which
 * they came, each with its place.
 *
 *	file:	{ [ key ("=" | "+=") value ] (newline | ";") }
 *	value:	string | number | "[" [ value { "," value } [","] ] "]"
 *
 * Comments run from "#" to the end of the line.  Newlines are allowed between
 * the parts of a list only.  Strings are in single or double quotes, end on
 * their line, and know C's escapes.
 */
#ifndef LODGE_CONFIG_SYNTAX_H
#define LODGE_CONFIG_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct lodge_value {
	bool is_list;
	char *string;			/* if it is no list */
	struct lodge_value *items;	/* if it is one */
	size_t count;
};

/* @place is "file:line", or names the argument it came from. */
struct lodge_setting {
	struct lodge_setting *next;
	char *key;
	char *place;
	struct lodge_value value;
};

struct lodge_syntax {
	struct lodge_setting *first, **last;
};

void lodge_syntax_init(struct lodge_syntax *s);
void lodge_syntax_free(struct lodge_syntax *s);

/* Add the settings of a file. */
int lodge_syntax_file(struct lodge_syntax *s, const char *text, size_t len, const char *file,
		      struct lodge_err *err);

/*
 * Add "key=value" from a command line.  A value that does not begin as a
 * string or list is taken as it is, so that the shell's quotes suffice.
 */
int lodge_syntax_argument(struct lodge_syntax *s, const char *text, struct lodge_err *err);

/* What @key finally is, or NULL. */
const struct lodge_setting *lodge_syntax_find(const struct lodge_syntax *s, const char *key);

#endif
