// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of virtual block devices and their numbers, as in Xen's
 * xen-vbd-interface(7): major << 8 | minor for what Linux once had, and an
 * extended form with 20 bits of disk for the rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/devices.h"

#define EXTENDED	(1u << 28)
#define XVD_MAJOR	202u
#define SD_MAJOR	8u
#define HD_MAJOR	3u
#define HD2_MAJOR	22u

/* libxl's limit for partitions of the extended form, and ours for disks: "xvdzz" */
#define MAX_PARTITION	255u
#define MAX_DISK	(26u + 26u * 26u - 1)

static int xvd_number(unsigned int disk, unsigned int partition, uint32_t *id)
{
	if (disk > MAX_DISK || partition > MAX_PARTITION)
		return -1;
	if (disk < 16 && partition < 16)
		*id = XVD_MAJOR << 8 | disk << 4 | partition;
	else
		*id = EXTENDED | disk << 8 | partition;
	return 0;
}

static int sd_number(unsigned int disk, unsigned int partition, uint32_t *id)
{
	if (disk > 15 || partition > 15)
		return -1;
	*id = SD_MAJOR << 8 | disk << 4 | partition;
	return 0;
}

static int hd_number(unsigned int disk, unsigned int partition, uint32_t *id)
{
	if (disk > 3 || partition > 63)
		return -1;
	*id = (disk < 2 ? HD_MAJOR : HD2_MAJOR) << 8 | (disk & 1) << 6 | partition;
	return 0;
}

/* A decimal number of a few digits and no more; NULL if it is none. */
static const char *get_number(const char *text, unsigned int *number)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 5 || (digits > 1 && *text == '0'))
		return NULL;
	*number = strtoul(text, NULL, 10);
	return text + digits;
}

/* "b", "b1", "aa12" */
static int get_letters(const char *text, unsigned int *disk, unsigned int *partition)
{
	unsigned int n = 0, letters = 0;

	for (; *text >= 'a' && *text <= 'z' && letters < 3; letters++)
		n = n * 26 + (*text++ - 'a' + 1);
	if (!letters || letters > 2)
		return -1;
	*disk = n - 1;
	*partition = 0;
	if (*text) {
		text = get_number(text, partition);
		if (!text || *text || !*partition)
			return -1;
	}
	return 0;
}

static int is_plain_number(const char *text, uint32_t *id)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	value = strtoull(text, &end, 0);
	if (*end || value > UINT32_MAX >> 1)
		return -1;
	*id = value;
	return 1;
}

int lodge_vdev_parse(const char *text, uint32_t *id)
{
	static const struct {
		const char *prefix;
		int (*number)(unsigned int disk, unsigned int partition, uint32_t *id);
	} kinds[] = {
		{ "xvd", xvd_number }, { "sd", sd_number }, { "hd", hd_number },
	};
	unsigned int disk, partition = 0;
	int plain = is_plain_number(text, id);

	if (plain)
		return plain < 0 ? -1 : 0;
	if (text[0] == 'd') {
		text = get_number(text + 1, &disk);
		if (text && *text == 'p')
			text = get_number(text + 1, &partition);
		return text && !*text ? xvd_number(disk, partition, id) : -1;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (!strncmp(text, kinds[i].prefix, len))
			return get_letters(text + len, &disk, &partition) ? -1 :
				kinds[i].number(disk, partition, id);
	}
	return -1;
}

static void format(char text[LODGE_VDEV_SIZE], const char *prefix, unsigned int disk,
		   unsigned int partition)
{
	char letters[3] = "", number[12] = "";

	if (disk < 26)
		letters[0] = 'a' + disk;
	else
		snprintf(letters, sizeof(letters), "%c%c", 'a' + (disk / 26 - 1) % 26,
			 'a' + disk % 26);
	if (partition)
		snprintf(number, sizeof(number), "%u", partition);
	snprintf(text, LODGE_VDEV_SIZE, "%s%s%s", prefix, letters, number);
}

void lodge_vdev_format(uint32_t id, char text[LODGE_VDEV_SIZE])
{
	unsigned int minor = id & 0xff;

	if ((id & EXTENDED) && id >> 8 <= (EXTENDED >> 8 | MAX_DISK))
		format(text, "xvd", (id & ~EXTENDED) >> 8, minor);
	else if (id >> 8 == XVD_MAJOR)
		format(text, "xvd", minor >> 4, minor & 15);
	else if (id >> 8 == SD_MAJOR)
		format(text, "sd", minor >> 4, minor & 15);
	else if ((id >> 8 == HD_MAJOR || id >> 8 == HD2_MAJOR) && minor < 128)
		format(text, "hd", (minor >> 6) + (id >> 8 == HD2_MAJOR ? 2 : 0), minor & 63);
	else
		snprintf(text, LODGE_VDEV_SIZE, "%u", id);
}
