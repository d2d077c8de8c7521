// SPDX-License-Identifier: GPL-2.0-only
/* A network interface: key=value, separated by commas. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "config/devices.h"
#include "config/spec.h"

/* Xen's own range of addresses */
static const uint8_t oui[3] = { 0x00, 0x16, 0x3e };

#define DEFAULT_INTERVAL	50000	/* us: xl's */
#define MAX_INTERVAL		10000000
#define MAX_RATE		(1ull << 50)
#define MAX_ID			255

int lodge_mac_parse(const char *text, uint8_t mac[6])
{
	static const char digits[] = "0123456789abcdefABCDEF";

	for (int i = 0; i < 6; i++, text += 3) {
		if (strspn(text, digits) != 2 || text[2] != (i < 5 ? ':' : '\0'))
			return -1;
		mac[i] = strtoul(text, NULL, 16);
	}
	return 0;
}

void lodge_mac_format(const uint8_t mac[6], char text[LODGE_MAC_TEXT])
{
	snprintf(text, LODGE_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

/* "20ms": microseconds */
static int parse_interval(const char *text, uint32_t *us)
{
	static const struct {
		const char *unit;
		uint32_t us;
	} units[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 } };
	size_t digits = strspn(text, "0123456789");
	unsigned long n;

	if (!digits || digits > 8)
		return -1;
	n = strtoul(text, NULL, 10);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(text + digits, units[i].unit))
			continue;
		if (!n || n > MAX_INTERVAL / units[i].us)
			return -1;
		*us = n * units[i].us;
		return 0;
	}
	return -1;
}

int lodge_rate_parse(const char *text, uint64_t *rate, uint32_t *interval_us)
{
	static const struct {
		char letter;
		uint64_t factor;
	} scales[] = { { 'G', 1000000000 }, { 'M', 1000000 }, { 'K', 1000 } };
	const char *p = text + strspn(text, "0123456789");
	uint64_t factor = 1, n;
	bool bits;

	if (p == text || p - text > 12)
		return -1;
	n = strtoull(text, NULL, 10);
	for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
		if (*p != scales[i].letter)
			continue;
		factor = scales[i].factor;
		p++;
		break;
	}
	if (*p != 'b' && *p != 'B')
		return -1;
	bits = *p++ == 'b';
	if (strncmp(p, "/s", 2))
		return -1;
	p += 2;
	*interval_us = DEFAULT_INTERVAL;
	if (*p && (*p != '@' || parse_interval(p + 1, interval_us)))
		return -1;
	if (!n || n > MAX_RATE / factor)
		return -1;
	n *= factor;
	*rate = bits ? n / 8 : n;
	return *rate ? 0 : -1;
}

static int refuse_value(const char *key, const char *value, struct lodge_err *err)
{
	return lodge_fail(err, EINVAL, "\"%.64s\" is not a value for %s", value, key);
}

static int set_mac(struct lodge_vif *vif, const char *value, struct lodge_err *err)
{
	if (lodge_mac_parse(value, vif->mac))
		return lodge_fail(err, EINVAL, "\"%.64s\" is not a MAC address", value);
	if (vif->mac[0] & 1)
		return lodge_fail(err, EINVAL, "the MAC address %s is a multicast address", value);
	vif->has_mac = true;
	return 0;
}

static bool good_ifname(const char *name)
{
	return *name && strlen(name) < IFNAMSIZ && strcmp(name, ".") && strcmp(name, "..") &&
		!strpbrk(name, "/: \t\n%");
}

static int set_id(struct lodge_vif *vif, const char *value, struct lodge_err *err)
{
	size_t digits = strspn(value, "0123456789");

	if (!digits || digits > 3 || value[digits] || strtoul(value, NULL, 10) > MAX_ID)
		return refuse_value("devid", value, err);
	vif->id = strtoul(value, NULL, 10);
	vif->has_id = true;
	return 0;
}

static int set_key(struct lodge_vif *vif, const char *key, const char *value,
		   struct lodge_err *err)
{
	static const char *const ignored[] = { "model", "accel", "trusted", "netdev" };
	static const char *const refused[] = { "gatewaydev", "forwarddev", "mtu" };

	if (!strcmp(key, "mac"))
		return set_mac(vif, value, err);
	if (!strcmp(key, "bridge"))
		return good_ifname(value) ? lodge_spec_set(&vif->bridge, value, err) :
			refuse_value(key, value, err);
	if (!strcmp(key, "ip"))
		return lodge_spec_set(&vif->ip, value, err);
	if (!strcmp(key, "script"))
		return lodge_spec_set(&vif->script, value, err);
	if (!strcmp(key, "vifname")) {
		if (!good_ifname(value))
			return refuse_value(key, value, err);
		return lodge_spec_copy(vif->ifname, sizeof(vif->ifname), value);
	}
	if (!strcmp(key, "rate"))
		return !lodge_rate_parse(value, &vif->rate, &vif->rate_us) ? 0 :
			lodge_fail(err, EINVAL,
				   "\"%.64s\" is not a rate such as 10Mb/s or 250KB/s@20ms", value);
	if (!strcmp(key, "type"))
		return !strcmp(value, "vif") ? 0 :
			lodge_fail(err, EINVAL, "interfaces of type \"%.64s\" are not supported, only vif",
				   value);
	if (!strcmp(key, "backend"))
		return !strcmp(value, "0") || !strcmp(value, "Domain-0") ? 0 :
			lodge_fail(err, EINVAL, "backends in other domains are not supported");
	if (!strcmp(key, "devid"))
		return set_id(vif, value, err);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (!strcmp(key, ignored[i]))
			return 0;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (!strcmp(key, refused[i]))
			return lodge_fail(err, EINVAL, "%s of a network interface is not supported",
					  key);
	return lodge_fail(err, EINVAL, "a network interface has no key \"%.64s\"", key);
}

int lodge_vif_parse(const char *spec, struct lodge_vif *vif, struct lodge_err *err)
{
	char *text = strdup(spec), *rest = text, *part, *key, *value;
	int ret = 0;

	memset(vif, 0, sizeof(*vif));
	if (!text)
		return lodge_fail(err, ENOMEM, "out of memory");
	while (!ret && (part = lodge_spec_next(&rest))) {
		if (!*part)
			continue;
		if (lodge_spec_split(part, &key, &value))
			ret = set_key(vif, key, value, err);
		else
			ret = lodge_fail(err, EINVAL, "\"%.64s\" is not key=value", part);
	}
	free(text);
	if (ret)
		lodge_vif_release(vif);
	return ret;
}

void lodge_vif_release(struct lodge_vif *vif)
{
	free(vif->bridge);
	free(vif->ip);
	free(vif->script);
	vif->bridge = NULL;
	vif->ip = NULL;
	vif->script = NULL;
}

/* FNV-1a of what the address is to depend on. */
void lodge_vif_finish(struct lodge_vif *vif, const uint8_t uuid[16])
{
	uint64_t hash = 14695981039346656037ull;

	if (vif->has_mac)
		return;
	for (int i = 0; i < 20; i++) {
		hash ^= i < 16 ? uuid[i] : (uint8_t)(vif->id >> (8 * (i - 16)));
		hash *= 1099511628211ull;
	}
	hash ^= hash >> 32;
	memcpy(vif->mac, oui, sizeof(oui));
	vif->mac[3] = hash >> 16 & 0x7f;	/* as xl does: the upper half is for others */
	vif->mac[4] = hash >> 8;
	vif->mac[5] = hash;
	vif->has_mac = true;
}

int lodge_vif_check(const struct lodge_vif *vif, struct lodge_err *err)
{
	if (vif->id > MAX_ID)
		return lodge_fail(err, EINVAL, "the number of a network interface is too big");
	if ((vif->bridge && !good_ifname(vif->bridge)) ||
	    (vif->ifname[0] && !good_ifname(vif->ifname)))
		return lodge_fail(err, EINVAL, "network interface %u has a bad name", vif->id);
	if (vif->rate > MAX_RATE || vif->rate_us > MAX_INTERVAL)
		return lodge_fail(err, EINVAL, "network interface %u has a bad rate", vif->id);
	return 0;
}

cJSON *lodge_vif_to_json(const struct lodge_vif *vif)
{
	cJSON *o = cJSON_CreateObject();
	char mac[LODGE_MAC_TEXT];
	bool good = o;

	lodge_mac_format(vif->mac, mac);
	if (vif->has_id)
		good = good && cJSON_AddNumberToObject(o, "id", vif->id);
	if (vif->has_mac)
		good = good && cJSON_AddStringToObject(o, "mac", mac);
	if (vif->bridge)
		good = good && cJSON_AddStringToObject(o, "bridge", vif->bridge);
	if (vif->ip)
		good = good && cJSON_AddStringToObject(o, "ip", vif->ip);
	if (vif->script)
		good = good && cJSON_AddStringToObject(o, "script", vif->script);
	if (vif->ifname[0])
		good = good && cJSON_AddStringToObject(o, "vifname", vif->ifname);
	if (vif->rate)
		good = good && cJSON_AddNumberToObject(o, "rate", vif->rate) &&
			cJSON_AddNumberToObject(o, "rate_us", vif->rate_us);
	if (good)
		return o;
	cJSON_Delete(o);
	return NULL;
}

int lodge_vif_from_json(const cJSON *json, struct lodge_vif *vif, struct lodge_err *err)
{
	const char *mac = lodge_spec_text(json, "mac");
	const char *ifname = lodge_spec_text(json, "vifname");
	const char *bridge = lodge_spec_text(json, "bridge");
	const char *ip = lodge_spec_text(json, "ip");
	const char *script = lodge_spec_text(json, "script");
	double id = 0, rate = 0, rate_us = 0;

	memset(vif, 0, sizeof(*vif));
	if (!cJSON_IsObject(json))
		return lodge_fail(err, EINVAL, "a network interface is not a JSON object");
	if (mac && set_mac(vif, mac, err))
		return -1;
	if (ifname && lodge_spec_copy(vif->ifname, sizeof(vif->ifname), ifname))
		return refuse_value("vifname", ifname, err);
	vif->has_id = cJSON_HasObjectItem(json, "id");
	if (vif->has_id && lodge_spec_number(json, "id", MAX_ID, &id, err))
		return -1;
	if (cJSON_HasObjectItem(json, "rate") &&
	    (lodge_spec_number(json, "rate", MAX_RATE, &rate, err) ||
	     lodge_spec_number(json, "rate_us", MAX_INTERVAL, &rate_us, err)))
		return -1;
	vif->id = id;
	vif->rate = rate;
	vif->rate_us = rate_us;
	if ((bridge && lodge_spec_set(&vif->bridge, bridge, err)) ||
	    (ip && lodge_spec_set(&vif->ip, ip, err)) ||
	    (script && lodge_spec_set(&vif->script, script, err)) ||
	    lodge_vif_check(vif, err)) {
		lodge_vif_release(vif);
		return -1;
	}
	return 0;
}
