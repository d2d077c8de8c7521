// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk:
 *
 *	[prefix:]target [, format [, vdev [, access]]] [, key=value ...]
 *
 * with any of the positions empty.  A prefix (phy: file: raw: qcow2: ...) takes
 * the place of the format; target= takes all that follows it, commas included.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#include "common/macros.h"
#include "config/devices.h"
#include "config/spec.h"

struct reading {
	struct lodge_disk *disk;
	bool prefixed;
	bool has_access;
	bool cdrom;
	struct lodge_err *err;
};

/* xl's name, and qemu-nbd's; NULL: neither can be had. */
static const struct {
	const char *name;
	const char *qemu;
} formats[] = {
	{ "raw", "raw" }, { "qcow2", "qcow2" }, { "qcow", "qcow" }, { "qed", "qed" },
	{ "vhd", "vpc" }, { "vpc", "vpc" }, { "vhdx", "vhdx" }, { "vmdk", "vmdk" },
	{ "vdi", "vdi" },
};

static int set_format(struct reading *r, const char *text)
{
	if (!strcmp(text, "empty")) {
		r->cdrom = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(text, formats[i].name))
			return lodge_spec_copy(r->disk->format, sizeof(r->disk->format),
					       formats[i].qemu);
	return lodge_fail(r->err, EINVAL,
			  "there is no disk format \"%.64s\", only raw, qcow2, qcow, qed, vhd, vhdx, vmdk and vdi",
			  text);
}

static int set_vdev(struct reading *r, char *text)
{
	char *colon = strchr(text, ':');

	if (colon) {
		*colon = '\0';
		if (!strcmp(colon + 1, "cdrom"))
			r->cdrom = true;
		else if (strcmp(colon + 1, "disk"))
			return lodge_fail(r->err, EINVAL, "\":%.64s\" behind a vdev means nothing",
					  colon + 1);
	}
	if (lodge_vdev_parse(text, &r->disk->id) ||
	    lodge_spec_copy(r->disk->vdev, sizeof(r->disk->vdev), text))
		return lodge_fail(r->err, EINVAL,
				  "\"%.64s\" is no virtual device such as xvda, xvdb1, sda or hda",
				  text);
	return 0;
}

static int set_access(struct reading *r, const char *text)
{
	r->has_access = true;
	if (!strcmp(text, "r") || !strcmp(text, "ro"))
		r->disk->read_only = true;
	else if (!strcmp(text, "w") || !strcmp(text, "rw"))
		r->disk->read_only = false;
	else
		return lodge_fail(r->err, EINVAL, "access \"%.64s\" is none of r, ro, w and rw",
				  text);
	return 0;
}

/* Takes off the old prefixes, of which there may be several (tap:aio:). */
static int set_target(struct reading *r, const char *text)
{
	static const struct {
		const char *prefix, *format;
	} known[] = {
		{ "phy:", "raw" }, { "file:", "raw" }, { "raw:", "raw" }, { "aio:", "raw" },
		{ "qcow2:", "qcow2" }, { "qcow:", "qcow" }, { "vhd:", "vhd" },
		{ "tap:", NULL }, { "tap2:", NULL },
	};
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < ARRAY_SIZE(known) && !again; i++) {
			size_t len = strlen(known[i].prefix);

			if (strncmp(text, known[i].prefix, len))
				continue;
			text += len;
			r->prefixed = true;
			if (known[i].format && set_format(r, known[i].format))
				return -1;
			again = true;
		}
	}
	/* xl's "script:what it needs" */
	if (text[0] != '/' && strchr(text, ':'))
		return lodge_fail(r->err, EINVAL,
				  "block scripts are not supported: attach the disk on the host and name the device (\"%.64s\")",
				  text);
	return lodge_spec_set(&r->disk->target, text, r->err);
}

static int set_key(struct reading *r, const char *key, char *value)
{
	struct lodge_err *err = r->err;

	if (!strcmp(key, "format"))
		return set_format(r, value);
	if (!strcmp(key, "vdev"))
		return set_vdev(r, value);
	if (!strcmp(key, "access"))
		return set_access(r, value);
	if (!strcmp(key, "devtype")) {
		r->cdrom = !strcmp(value, "cdrom");
		return r->cdrom || !strcmp(value, "disk") ? 0 :
			lodge_fail(err, EINVAL, "there is no devtype \"%.64s\"", value);
	}
	if (!strcmp(key, "backend"))
		return !strcmp(value, "0") || !strcmp(value, "Domain-0") ? 0 :
			lodge_fail(err, EINVAL, "backends in other domains are not supported");
	if (!strcmp(key, "script"))
		return !*value ? 0 :
			lodge_fail(err, EINVAL, "block scripts are not supported: attach the disk on the host and name the device");
	if (!strcmp(key, "specification"))
		return !strcmp(value, "xen") ? 0 :
			lodge_fail(err, EINVAL, "specification \"%.64s\" is not supported, only xen",
				   value);
	/* what serves the disk is not a choice here */
	if (!strcmp(key, "backendtype") || !strcmp(key, "removable") || !strcmp(key, "trusted"))
		return 0;
	return lodge_fail(err, EINVAL, "a disk has no key \"%.64s\"", key);
}

/* True if @word was one of those that stand for themselves. */
static bool is_flag(struct reading *r, const char *word)
{
	if (!strcmp(word, "cdrom"))
		r->cdrom = true;
	else if (!strcmp(word, "no-discard"))
		r->disk->no_discard = true;
	else if (!strcmp(word, "discard"))
		r->disk->no_discard = false;
	/* direct I/O is safe here, and nothing differs for a PV domain */
	else if (strcmp(word, "disk") && strcmp(word, "direct-io-safe") &&
		 strcmp(word, "removable"))
		return false;
	return true;
}

static int set_position(struct reading *r, unsigned int position, char *part)
{
	/* the prefix was the format already */
	if (r->prefixed && position >= 1)
		position++;
	switch (position) {
	case 0:
		return *part ? set_target(r, part) : 0;
	case 1:
		return *part ? set_format(r, part) : 0;
	case 2:
		return *part ? set_vdev(r, part) : 0;
	case 3:
		return *part ? set_access(r, part) : 0;
	default:
		return lodge_fail(r->err, EINVAL, "\"%.64s\" is one part too many", part);
	}
}

/* Is @rest a key=value with the key "target"?  Then *@value is all behind it. */
static bool is_target(const char *rest, const char **value)
{
	rest += strspn(rest, " \t\n");
	if (strncmp(rest, "target", 6))
		return false;
	rest += 6;
	rest += strspn(rest, " \t");
	if (*rest != '=')
		return false;
	*value = rest + 1 + strspn(rest + 1, " \t");
	return true;
}

static int read_parts(struct reading *r, char *text)
{
	unsigned int position = 0;
	bool keys = false;
	char *rest = text, *part, *key, *value;
	const char *target;

	while (rest) {
		if (is_target(rest, &target))
			return set_target(r, target);
		part = lodge_spec_next(&rest);
		/* a path may contain "=" where it cannot be a key */
		if (part[0] != '/' && lodge_spec_split(part, &key, &value)) {
			keys = true;
			if (set_key(r, key, value))
				return -1;
		} else if (position && is_flag(r, part)) {
			keys = true;
		} else if (keys && *part) {
			return lodge_fail(r->err, EINVAL, "\"%.64s\" is out of place behind a key",
					  part);
		} else if (!keys && set_position(r, position++, part)) {
			return -1;
		}
	}
	return 0;
}

static int make_absolute(char **path, struct lodge_err *err)
{
	char *cwd, *full = NULL;

	if ((*path)[0] == '/')
		return 0;
	cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(&full, "%s/%s", cwd, *path) < 0)
		full = NULL;
	free(cwd);
	if (!full)
		return lodge_fail(err, ENOMEM, "%s: there is no current directory", *path);
	free(*path);
	*path = full;
	return 0;
}

int lodge_disk_parse(const char *spec, struct lodge_disk *disk, struct lodge_err *err)
{
	struct reading r = { .disk = disk, .err = err };
	char *text = strdup(spec);
	int ret = -1;

	memset(disk, 0, sizeof(*disk));
	lodge_spec_copy(disk->format, sizeof(disk->format), "raw");
	if (!text)
		return lodge_fail(err, ENOMEM, "out of memory");
	if (read_parts(&r, text))
		goto out;
	if (r.cdrom)
		lodge_fail(err, EINVAL,
			   "CD-ROMs are not supported: give the image to the domain as a read-only disk");
	else if (!disk->target)
		lodge_fail(err, EINVAL, "the disk has no target");
	else if (!disk->vdev[0])
		lodge_fail(err, EINVAL, "the disk %s has no vdev, such as xvda", disk->target);
	else
		ret = make_absolute(&disk->target, err);
out:
	if (ret)
		lodge_disk_release(disk);
	free(text);
	return ret;
}

void lodge_disk_release(struct lodge_disk *disk)
{
	free(disk->target);
	disk->target = NULL;
}

int lodge_disk_check(const struct lodge_disk *disk, struct lodge_err *err)
{
	uint32_t id;

	if (!disk->target || disk->target[0] != '/')
		return lodge_fail(err, EINVAL, "the target of a disk is not an absolute path");
	if (lodge_vdev_parse(disk->vdev, &id) || id != disk->id)
		return lodge_fail(err, EINVAL, "the vdev of disk %s makes no sense", disk->target);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(disk->format, formats[i].qemu))
			return 0;
	return lodge_fail(err, EINVAL, "the format of disk %s is unknown", disk->target);
}

cJSON *lodge_disk_to_json(const struct lodge_disk *disk)
{
	cJSON *o = cJSON_CreateObject();

	if (cJSON_AddStringToObject(o, "target", disk->target) &&
	    cJSON_AddStringToObject(o, "format", disk->format) &&
	    cJSON_AddStringToObject(o, "vdev", disk->vdev) &&
	    cJSON_AddBoolToObject(o, "read_only", disk->read_only) &&
	    cJSON_AddBoolToObject(o, "no_discard", disk->no_discard))
		return o;
	cJSON_Delete(o);
	return NULL;
}

int lodge_disk_from_json(const cJSON *json, struct lodge_disk *disk, struct lodge_err *err)
{
	const char *target = lodge_spec_text(json, "target");
	const char *format = lodge_spec_text(json, "format");
	const char *vdev = lodge_spec_text(json, "vdev");

	memset(disk, 0, sizeof(*disk));
	if (!target || !format || !vdev ||
	    lodge_spec_copy(disk->format, sizeof(disk->format), format) ||
	    lodge_spec_copy(disk->vdev, sizeof(disk->vdev), vdev) ||
	    lodge_vdev_parse(vdev, &disk->id))
		return lodge_fail(err, EINVAL, "a disk lacks target, format or vdev");
	if (lodge_spec_set(&disk->target, target, err))
		return -1;
	disk->read_only = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "read_only"));
	disk->no_discard = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "no_discard"));
	if (!lodge_disk_check(disk, err))
		return 0;
	lodge_disk_release(disk);
	return -1;
}
