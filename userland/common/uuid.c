// SPDX-License-Identifier: GPL-2.0-only
#include "common/uuid.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* bytes before which the text has a dash */
static int dash_before(int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

void lodge_uuid_format(const uint8_t uuid[16], char text[LODGE_UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	int i;

	for (i = 0; i < 16; i++) {
		if (dash_before(i))
			*text++ = '-';
		*text++ = digits[uuid[i] >> 4];
		*text++ = digits[uuid[i] & 15];
	}
	*text = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int lodge_uuid_parse(const char *text, uint8_t uuid[16])
{
	int i, high, low;

	if (strlen(text) != LODGE_UUID_TEXT - 1)
		return -1;
	for (i = 0; i < 16; i++) {
		if (dash_before(i) && *text++ != '-')
			return -1;
		high = digit(*text++);
		low = digit(*text++);
		if (high < 0 || low < 0)
			return -1;
		uuid[i] = high << 4 | low;
	}
	return 0;
}

int lodge_uuid_random(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		return -1;
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return 0;
}
