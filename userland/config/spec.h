/* SPDX-License-Identifier: GPL-2.0-only */
/* What the specifications of disks and of network interfaces have in common. */
#ifndef LODGE_CONFIG_SPEC_H
#define LODGE_CONFIG_SPEC_H

#include <stdbool.h>

#include "common/err.h"

struct cJSON;

/*
 * The next part of a list that commas separate, without blanks around it; *@rest
 * moves on.  NULL at its end.  Writes to the text.
 */
char *lodge_spec_next(char **rest);
/* Splits "key = value" in place; false if there is no "=". */
bool lodge_spec_split(char *part, char **key, char **value);
/* Replaces *@to; -1 without memory. */
int lodge_spec_set(char **to, const char *value, struct lodge_err *err);
/* 1 if @text says yes, 0 if no, -1 if neither. */
int lodge_spec_bool(const char *text);
/* Copies at most @size - 1 bytes; -1 if that is not all. */
int lodge_spec_copy(char *to, size_t size, const char *from);

/* JSON: a member that is text, NULL if there is none or it is not. */
const char *lodge_spec_text(const struct cJSON *json, const char *key);
/* A member that is a whole number from 0 to @max; -1 and a sentence if it is not. */
int lodge_spec_number(const struct cJSON *json, const char *key, double max, double *value,
		      struct lodge_err *err);

#endif
