/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks and network interfaces in the two syntaxes of xl:
 * xl-disk-configuration(5) and xl-network-configuration(5).
 *
 * What lodge cannot do is refused with a sentence; keys that change nothing for a
 * PV domain are accepted and ignored.
 */
#ifndef LODGE_CONFIG_DEVICES_H
#define LODGE_CONFIG_DEVICES_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define LODGE_VDEV_SIZE		16
#define LODGE_FORMAT_SIZE	16
#define LODGE_MAC_TEXT		18

struct cJSON;

/**
 * struct lodge_disk - one of disk = [...]
 * @target: absolute path of a block device or a file
 * @format: "raw", or what qemu-nbd calls it
 * @vdev: as it was written; says what the guest calls it
 * @id: number of that, the id of the device
 */
struct lodge_disk {
	char *target;
	char format[LODGE_FORMAT_SIZE];
	char vdev[LODGE_VDEV_SIZE];
	uint32_t id;
	bool read_only;
	bool no_discard;
};

/**
 * struct lodge_vif - one of vif = [...]
 * @id: position, or given as devid
 * @has_mac: one was given; else lodge_vif_finish() makes one
 * @bridge, @ip, @script: NULL if not given
 * @ifname: "" for vif<domid>.<id>
 * @rate: bytes per second from the guest, 0: no limit
 */
struct lodge_vif {
	uint32_t id;
	bool has_id;
	bool has_mac;
	uint8_t mac[6];
	char *bridge;
	char *ip;
	char *script;
	char ifname[IFNAMSIZ];
	uint64_t rate;
	uint32_t rate_us;
};

/*
 * "xvda1", "hda", "sdb", "d2p3", "51712": the number of the device, xen-vbd-interface(7).
 * -1 if it is none.
 */
int lodge_vdev_parse(const char *text, uint32_t *id);
/* The usual name of a number; for lists and logs. */
void lodge_vdev_format(uint32_t id, char text[LODGE_VDEV_SIZE]);

/* -1 and a sentence; @disk is to be released only after success. */
int lodge_disk_parse(const char *spec, struct lodge_disk *disk, struct lodge_err *err);
void lodge_disk_release(struct lodge_disk *disk);
int lodge_disk_check(const struct lodge_disk *disk, struct lodge_err *err);
struct cJSON *lodge_disk_to_json(const struct lodge_disk *disk);
int lodge_disk_from_json(const struct cJSON *json, struct lodge_disk *disk,
			 struct lodge_err *err);

int lodge_vif_parse(const char *spec, struct lodge_vif *vif, struct lodge_err *err);
void lodge_vif_release(struct lodge_vif *vif);
int lodge_vif_check(const struct lodge_vif *vif, struct lodge_err *err);
/* Fill in what depends on the domain: a MAC that is always the same for uuid and id. */
void lodge_vif_finish(struct lodge_vif *vif, const uint8_t uuid[16]);
struct cJSON *lodge_vif_to_json(const struct lodge_vif *vif);
int lodge_vif_from_json(const struct cJSON *json, struct lodge_vif *vif, struct lodge_err *err);

int lodge_mac_parse(const char *text, uint8_t mac[6]);
void lodge_mac_format(const uint8_t mac[6], char text[LODGE_MAC_TEXT]);
/* "10Mb/s", "250KB/s@20ms" */
int lodge_rate_parse(const char *text, uint64_t *rate, uint32_t *interval_us);

#endif
