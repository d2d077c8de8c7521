// SPDX-License-Identifier: GPL-2.0-only
/* block-*, network-*: devices of a domain that runs. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol.h"
#include "common/warn.h"
#include "config/devices.h"
#include "lodge/client.h"
#include "lodge/devices.h"
#include "lodge/verbs.h"

/* A connection and the domain that is named; complains itself. */
static struct lodge_control *open_domain(const char *name, struct lodge_domain *d)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c = lodge_control_open(&err);

	if (c && !lodge_control_find(c, name, d, &err))
		return c;
	lodge_control_close(c);
	lodge_complain(err.text);
	return NULL;
}

/* The words of a specification, as xl takes them; NULL without memory. */
static char *join(char **words, int count)
{
	size_t len = 1;
	char *text, *end;

	for (int i = 0; i < count; i++)
		len += strlen(words[i]) + 1;
	text = malloc(len);
	if (!text)
		return NULL;
	end = text;
	*end = '\0';
	for (int i = 0; i < count; i++)
		end = stpcpy(stpcpy(end, i ? "," : ""), words[i]);
	return text;
}

/* Takes @request. */
static int attach(const char *domain, const char *key, cJSON *spec)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_domain d;
	struct lodge_control *c = open_domain(domain, &d);
	cJSON *request, *answer;

	if (!c) {
		cJSON_Delete(spec);
		return 1;
	}
	lodge_control_close(c);
	request = cJSON_CreateObject();
	cJSON_AddStringToObject(request, "cmd", LODGED_CMD_ATTACH);
	cJSON_AddNumberToObject(request, "domid", d.domid);
	cJSON_AddItemToObject(request, key, spec);
	answer = client_ask(request, &err);
	if (!answer)
		return lodge_complain(err.text);
	cJSON_Delete(answer);
	return 0;
}

int verb_block_attach(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_disk disk;
	cJSON *spec;
	char *text;
	int rc;

	if (argc < 3)
		return usage_of(argv[0]);
	text = join(argv + 2, argc - 2);
	rc = text ? lodge_disk_parse(text, &disk, &err) : lodge_fail(&err, ENOMEM, "out of memory");
	free(text);
	if (rc)
		return lodge_complain(err.text);
	spec = lodge_disk_to_json(&disk);
	lodge_disk_release(&disk);
	return attach(argv[1], "disk", spec);
}

int verb_network_attach(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_vif vif;
	cJSON *spec;
	char *text;
	int rc;

	if (argc < 2)
		return usage_of(argv[0]);
	text = join(argv + 2, argc - 2);
	rc = text ? lodge_vif_parse(text, &vif, &err) : lodge_fail(&err, ENOMEM, "out of memory");
	free(text);
	if (rc)
		return lodge_complain(err.text);
	spec = lodge_vif_to_json(&vif);
	lodge_vif_release(&vif);
	return attach(argv[1], "vif", spec);
}

/* Is @text the number, or one of the other names, of this device? */
static bool is_called(const cJSON *dev, const char *text)
{
	static const char *const names[] = { "vdev", "mac", "ifname" };
	const cJSON *id = cJSON_GetObjectItem(dev, "id");
	char number[16];
	uint32_t vdev;

	snprintf(number, sizeof(number), "%.0f", cJSON_GetNumberValue(id));
	if (!strcmp(number, text))
		return true;
	if (cJSON_HasObjectItem(dev, "vdev") && !lodge_vdev_parse(text, &vdev) &&
	    vdev == cJSON_GetNumberValue(id))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(dev, names[i]));

		if (name && !strcasecmp(name, text))
			return true;
	}
	return false;
}

/* A command about the device of @type that @text names; @force NULL: without that. */
static int command(const char *verb, const char *domain, const char *text, uint32_t type,
		   const bool *force)
{
	struct lodge_err err = LODGE_ERR_INIT;
	cJSON *list, *dev, *request, *answer = NULL;
	struct lodge_domain d;
	struct lodge_control *c = open_domain(domain, &d);

	if (!c)
		return 1;
	list = devices_to_json(c, d.domid, type, &err);
	lodge_control_close(c);
	if (!list)
		return lodge_complain(err.text);
	cJSON_ArrayForEach(dev, list)
		if (is_called(dev, text))
			break;
	if (dev) {
		request = cJSON_CreateObject();
		cJSON_AddStringToObject(request, "cmd", verb);
		cJSON_AddNumberToObject(request, "domid", d.domid);
		cJSON_AddStringToObject(request, "type", lodge_dev_type_name(type));
		cJSON_AddNumberToObject(request, "id",
					cJSON_GetNumberValue(cJSON_GetObjectItem(dev, "id")));
		if (force)
			cJSON_AddBoolToObject(request, "force", *force);
		answer = client_ask(request, &err);
	} else {
		lodge_fail(&err, ENODEV, "domain %s has no %s \"%.64s\"", d.name,
			   type == LODGE_DEVICE_BLOCK ? "disk" : "network interface", text);
	}
	cJSON_Delete(list);
	if (!answer)
		return lodge_complain(err.text);
	cJSON_Delete(answer);
	return 0;
}

static int detach(int argc, char **argv, uint32_t type)
{
	static const struct option options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ 0 }
	};
	bool force = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "f", options, NULL)) != -1) {
		if (c != 'f')
			return usage_of(argv[0]);
		force = true;
	}
	if (argc - optind != 2)
		return usage_of(argv[0]);
	return command(LODGED_CMD_DETACH, argv[optind], argv[optind + 1], type, &force);
}

int verb_block_detach(int argc, char **argv)
{
	return detach(argc, argv, LODGE_DEVICE_BLOCK);
}

int verb_network_detach(int argc, char **argv)
{
	return detach(argc, argv, LODGE_DEVICE_NET);
}

int verb_block_resize(int argc, char **argv)
{
	if (argc != 3)
		return usage_of(argv[0]);
	return command(LODGED_CMD_RESIZE, argv[1], argv[2], LODGE_DEVICE_BLOCK, NULL);
}

static const char *text_of(const cJSON *dev, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(dev, key));

	return text ? text : "-";
}

static double number_of(const cJSON *dev, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(dev, key);

	return item ? cJSON_GetNumberValue(item) : 0;
}

static void print_disk(const cJSON *dev)
{
	printf("%-8s %-9s %-4s %10.0f %8s %s\n", text_of(dev, "vdev"), text_of(dev, "state"),
	       cJSON_IsTrue(cJSON_GetObjectItem(dev, "read_only")) ? "r" : "w",
	       number_of(dev, "size") / 1048576, text_of(dev, "format"), text_of(dev, "target"));
}

static void print_vif(const cJSON *dev)
{
	printf("%-3.0f %-9s %-17s %-15s %s\n", number_of(dev, "id"), text_of(dev, "state"),
	       text_of(dev, "mac"), text_of(dev, "ifname"), text_of(dev, "bridge"));
}

static int list(int argc, char **argv, uint32_t type)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'l' },
		{ 0 }
	};
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_control *c;
	struct lodge_domain d;
	cJSON *array, *dev;
	bool json = false;
	char *text;
	int opt;

	optind = 1;
	while ((opt = getopt_long(argc, argv, "l", options, NULL)) != -1) {
		if (opt != 'l')
			return usage_of(argv[0]);
		json = true;
	}
	if (argc - optind != 1)
		return usage_of(argv[0]);
	c = open_domain(argv[optind], &d);
	if (!c)
		return 1;
	array = devices_to_json(c, d.domid, type, &err);
	lodge_control_close(c);
	if (!array)
		return lodge_complain(err.text);
	if (json) {
		text = cJSON_Print(array);
		puts(text ? text : "");
		cJSON_free(text);
	} else if (type == LODGE_DEVICE_BLOCK) {
		printf("%-8s %-9s %-4s %10s %8s %s\n", "Vdev", "State", "Mode", "Size(MiB)",
		       "Format", "Target");
		cJSON_ArrayForEach(dev, array)
			print_disk(dev);
	} else {
		printf("%-3s %-9s %-17s %-15s %s\n", "Idx", "State", "Mac", "Interface", "Bridge");
		cJSON_ArrayForEach(dev, array)
			print_vif(dev);
	}
	cJSON_Delete(array);
	return 0;
}

int verb_block_list(int argc, char **argv)
{
	return list(argc, argv, LODGE_DEVICE_BLOCK);
}

int verb_network_list(int argc, char **argv)
{
	return list(argc, argv, LODGE_DEVICE_NET);
}
