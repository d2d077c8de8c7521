// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* "/local/domain/<digits>/" at the start, or 0 */
static size_t any_home_len(const char *path)
{
	static const char prefix[] = "/local/domain/";
	size_t len = sizeof(prefix) - 1;
	size_t digits;

	if (strncmp(path, prefix, len))
		return 0;
	digits = strspn(path + len, "0123456789");
	if (!digits || digits > 5 || path[len + digits] != '/')
		return 0;
	return len + digits + 1;
}

size_t path_home_len(uint32_t domid)
{
	return snprintf(NULL, 0, "/local/domain/%u/", domid);
}

bool path_is_special(const char *path)
{
	return path[0] == '@';
}

int path_resolve(const struct store_conn *conn, const char *path, unsigned int flags,
		 char buf[PATH_SIZE], bool *relative)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@";
	bool is_relative = path[0] != '/' && path[0] != '@';
	size_t home = 0;
	size_t len = strlen(path);

	if (path[strspn(path, allowed)])
		return -EINVAL;
	if (path[0] == '@' && !(flags & PATH_SPECIAL_OK))
		return -EINVAL;
	if (is_relative)
		home = path_home_len(conn->domid);
	if (len + home >= PATH_SIZE)
		return -EINVAL;

	if (is_relative)
		snprintf(buf, PATH_SIZE, "/local/domain/%u/", conn->domid);
	memcpy(buf + home, path, len + 1);
	len += home;

	if (len > 1 && buf[len - 1] == '/')
		return -EINVAL;
	if (strstr(buf, "//"))
		return -EINVAL;
	if (!conn->privileged && len - any_home_len(buf) > XENSTORE_REL_PATH_MAX)
		return -EINVAL;
	if (relative)
		*relative = is_relative;
	return 0;
}

size_t path_parent_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash || slash == path ? 1 : slash - path;
}

void path_parent(const char *path, char buf[PATH_SIZE])
{
	size_t len = path_parent_len(path);

	memmove(buf, path, len);	/* they may be the same */
	buf[len] = '\0';
	if (len == 1)
		buf[0] = '/';
}

bool path_below(const char *path, const char *above, int *depth)
{
	size_t len = strlen(above);
	int levels = 0;

	if (path_is_special(path) != path_is_special(above))
		return false;
	if (!strcmp(above, "/"))
		len = 0;
	if (strncmp(path, above, len))
		return false;
	if (path[len] != '/' && path[len] != '\0')
		return false;
	for (const char *p = path + len; *p; p++)
		levels += *p == '/' && p[1];
	*depth = levels;
	return true;
}
