// SPDX-License-Identifier: GPL-2.0-only
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config/spec.h"

static char *strip(char *text)
{
	size_t len;

	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		text[--len] = '\0';
	return text;
}

char *lodge_spec_next(char **rest)
{
	char *part = *rest, *comma;

	if (!part)
		return NULL;
	comma = strchr(part, ',');
	*rest = comma ? comma + 1 : NULL;
	if (comma)
		*comma = '\0';
	return strip(part);
}

bool lodge_spec_split(char *part, char **key, char **value)
{
	char *equals = strchr(part, '=');

	if (!equals)
		return false;
	*equals = '\0';
	*key = strip(part);
	*value = strip(equals + 1);
	return true;
}

int lodge_spec_set(char **to, const char *value, struct lodge_err *err)
{
	char *copy = strdup(value);

	if (!copy)
		return lodge_fail(err, ENOMEM, "out of memory");
	free(*to);
	*to = copy;
	return 0;
}

int lodge_spec_bool(const char *text)
{
	static const char *const words[2][4] = {
		{ "0", "no", "false", "off" }, { "1", "yes", "true", "on" },
	};

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 4; j++)
			if (!strcmp(text, words[i][j]))
				return i;
	return -1;
}

int lodge_spec_copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size)
		return -1;
	memcpy(to, from, len + 1);
	return 0;
}

const char *lodge_spec_text(const struct cJSON *json, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
}

int lodge_spec_number(const struct cJSON *json, const char *key, double max, double *value,
		      struct lodge_err *err)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > max ||
	    item->valuedouble != trunc(item->valuedouble))
		return lodge_fail(err, EINVAL, "%s is not a number from 0 to %.0f", key, max);
	*value = item->valuedouble;
	return 0;
}
