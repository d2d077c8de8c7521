// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "common/file.h"
#include "common/uuid.h"
#include "lodged/daemon.h"
#include "lodged/keep.h"
#include "lodged/log.h"

#define PATH_LEN	4096
#define MAX_FILE	(1024 * 1024)

static const char *const phases[] = {
	[KEEP_BUILDING] = "building",
	[KEEP_UP] = "up",
	[KEEP_ENDED] = "ended",
};

static void domain_path(uint32_t domid, char path[PATH_LEN])
{
	snprintf(path, PATH_LEN, "%s/domains/%u.json", daemon_run_dir(), domid);
}

static void restart_path(const uint8_t uuid[16], char path[PATH_LEN])
{
	char text[LODGE_UUID_TEXT];

	lodge_uuid_format(uuid, text);
	snprintf(path, PATH_LEN, "%s/domains/restart-%s.json", daemon_run_dir(), text);
}

int keep_init(struct lodge_err *err)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/domains", daemon_run_dir());
	if (mkdir(path, 0700) && errno != EEXIST)
		return lodge_fail(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* The old file or the new one, never half of one. */
static void replace_file(const char *path, const char *text)
{
	char tmp[PATH_LEN + 8];
	bool good = false;
	int fd;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0) {
		good = !lodge_write_all(fd, text, strlen(text));
		close(fd);
	}
	if (!good || rename(tmp, path)) {
		log_error("%s: %m", path);
		unlink(tmp);
	}
}

static cJSON *read_json(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct lodge_err err = LODGE_ERR_INIT;
	cJSON *json = NULL;
	size_t len;
	char *text;

	if (fd < 0)
		return NULL;
	text = lodge_read_all(fd, path, MAX_FILE, &len, &err);
	close(fd);
	if (text)
		json = cJSON_Parse(text);
	if (!json)
		log_warning("%s: %s", path, text ? "not JSON" : err.text);
	free(text);
	return json;
}

static struct lodge_config *config_of(const cJSON *json, const char *path)
{
	char *text = cJSON_PrintUnformatted(cJSON_GetObjectItem(json, "config"));
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *config = NULL;

	if (text)
		config = lodge_config_from_json(text, &err);
	if (!config)
		log_warning("%s: %s", path, text ? err.text : "no config in it");
	cJSON_free(text);
	return config;
}

static void save(const char *path, const char *uuid, const char *phase,
		 const struct lodge_config *config)
{
	char *config_text = lodge_config_to_json(config);
	cJSON *json = cJSON_CreateObject();
	char *text;

	if (uuid)
		cJSON_AddStringToObject(json, "uuid", uuid);
	if (phase)
		cJSON_AddStringToObject(json, "phase", phase);
	if (config_text)
		cJSON_AddRawToObject(json, "config", config_text);
	text = cJSON_PrintUnformatted(json);
	if (config_text && text)
		replace_file(path, text);
	else
		log_error("%s: out of memory", path);
	cJSON_free(text);
	cJSON_Delete(json);
	free(config_text);
}

void keep_save(uint32_t domid, enum keep_phase phase, const struct lodge_config *config)
{
	char path[PATH_LEN];
	char uuid[LODGE_UUID_TEXT];

	domain_path(domid, path);
	lodge_uuid_format(config->uuid, uuid);
	save(path, uuid, phases[phase], config);
}

struct lodge_config *keep_load(uint32_t domid, const uint8_t uuid[16], enum keep_phase *phase)
{
	char path[PATH_LEN];
	uint8_t kept[16];
	const char *text;
	struct lodge_config *config = NULL;
	cJSON *json;

	domain_path(domid, path);
	json = read_json(path);
	text = cJSON_GetStringValue(cJSON_GetObjectItem(json, "uuid"));
	if (text && !lodge_uuid_parse(text, kept) && !memcmp(kept, uuid, sizeof(kept)))
		config = config_of(json, path);
	else if (json)
		log_debug("%s: is of another domain", path);

	*phase = KEEP_UP;
	text = cJSON_GetStringValue(cJSON_GetObjectItem(json, "phase"));
	for (unsigned int i = 0; text && i <= KEEP_ENDED; i++)
		if (!strcmp(text, phases[i]))
			*phase = i;
	cJSON_Delete(json);
	return config;
}

void keep_remove(uint32_t domid)
{
	char path[PATH_LEN];

	domain_path(domid, path);
	unlink(path);
}

void keep_restart_save(const struct lodge_config *config)
{
	char path[PATH_LEN];

	restart_path(config->uuid, path);
	save(path, NULL, NULL, config);
}

void keep_restart_remove(const uint8_t uuid[16])
{
	char path[PATH_LEN];

	restart_path(uuid, path);
	unlink(path);
}

void keep_restart_each(void (*fn)(struct lodge_config *config))
{
	char path[PATH_LEN];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/domains", daemon_run_dir());
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);
		struct lodge_config *config;
		cJSON *json;

		if (strncmp(entry->d_name, "restart-", 8) || len < 5 ||
		    strcmp(entry->d_name + len - 5, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/domains/%s", daemon_run_dir(), entry->d_name);
		json = read_json(path);
		config = json ? config_of(json, path) : NULL;
		cJSON_Delete(json);
		if (config)
			fn(config);
		else
			unlink(path);
	}
	if (dir)
		closedir(dir);
}
