// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "common/protocol.h"
#include "config/devices.h"
#include "lodge/client.h"
#include "lodge/devices.h"

static void add_block(cJSON *o, const struct lodge_dev *dev)
{
	char vdev[LODGE_VDEV_SIZE];

	lodge_vdev_format(dev->id.id, vdev);
	cJSON_AddStringToObject(o, "vdev", vdev);
	cJSON_AddBoolToObject(o, "read_only", dev->read_only);
	cJSON_AddNumberToObject(o, "size", dev->sectors * 512.0);
	cJSON_AddNumberToObject(o, "sector_size", dev->sector_size);
}

static void add_net(cJSON *o, const struct lodge_dev *dev)
{
	char mac[LODGE_MAC_TEXT];

	lodge_mac_format(dev->mac, mac);
	cJSON_AddStringToObject(o, "mac", mac);
	cJSON_AddStringToObject(o, "ifname", dev->ifname);
	if (dev->rate) {
		cJSON_AddNumberToObject(o, "rate", dev->rate);
		cJSON_AddNumberToObject(o, "rate_us", dev->rate_us);
	}
}

cJSON *device_to_json(const struct lodge_dev *dev)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "type", lodge_dev_type_name(dev->id.type));
	cJSON_AddNumberToObject(o, "id", dev->id.id);
	cJSON_AddStringToObject(o, "state", lodge_dev_state_name(dev->state));
	if (dev->reason[0])
		cJSON_AddStringToObject(o, "reason", dev->reason);
	if (dev->id.type == LODGE_DEVICE_BLOCK)
		add_block(o, dev);
	else
		add_net(o, dev);
	cJSON_AddNumberToObject(o, "in_bytes", dev->in_bytes);
	cJSON_AddNumberToObject(o, "out_bytes", dev->out_bytes);
	cJSON_AddNumberToObject(o, "in_requests", dev->in_requests);
	cJSON_AddNumberToObject(o, "out_requests", dev->out_requests);
	cJSON_AddNumberToObject(o, "errors", dev->errors);
	cJSON_AddNumberToObject(o, "in_flight", dev->in_flight);
	return o;
}

/* NULL if lodged does not say; that is no failure. */
static cJSON *ask_lodged(uint32_t domid)
{
	struct lodge_err ignored = LODGE_ERR_INIT;
	cJSON *request = cJSON_CreateObject();

	cJSON_AddStringToObject(request, "cmd", LODGED_CMD_DEVICES);
	cJSON_AddNumberToObject(request, "domid", domid);
	return client_ask(request, &ignored);
}

static bool is_same(const cJSON *a, const cJSON *b)
{
	return cJSON_Compare(cJSON_GetObjectItem(a, "type"), cJSON_GetObjectItem(b, "type"), true) &&
		cJSON_Compare(cJSON_GetObjectItem(a, "id"), cJSON_GetObjectItem(b, "id"), true);
}

/* Adds to @o what only lodged knows of the same device. */
static void merge(cJSON *o, const cJSON *known)
{
	const cJSON *entry, *item;

	cJSON_ArrayForEach(entry, known) {
		if (!is_same(o, entry))
			continue;
		cJSON_ArrayForEach(item, entry)
			if (!cJSON_HasObjectItem(o, item->string))
				cJSON_AddItemToObject(o, item->string, cJSON_Duplicate(item, true));
	}
}

cJSON *devices_to_json(struct lodge_control *c, uint32_t domid, uint32_t type,
		       struct lodge_err *err)
{
	struct lodge_dev *list = NULL;
	size_t count = 0;
	cJSON *array, *answer;

	if (lodge_dev_list(c, domid, &list, &count, err))
		return NULL;
	array = cJSON_CreateArray();
	answer = count ? ask_lodged(domid) : NULL;
	for (size_t i = 0; i < count; i++) {
		cJSON *o;

		if (type && list[i].id.type != type)
			continue;
		o = device_to_json(&list[i]);
		merge(o, cJSON_GetObjectItem(answer, "devices"));
		cJSON_AddItemToArray(array, o);
	}
	cJSON_Delete(answer);
	free(list);
	return array;
}
