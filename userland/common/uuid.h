/* SPDX-License-Identifier: GPL-2.0-only */
/* UUIDs as text: 16 bytes printed left to right. */
#ifndef LODGE_COMMON_UUID_H
#define LODGE_COMMON_UUID_H

#include <stdint.h>

#define LODGE_UUID_TEXT	37

void lodge_uuid_format(const uint8_t uuid[16], char text[LODGE_UUID_TEXT]);

/* 0, or -1 if @text is not a UUID in the usual form. */
int lodge_uuid_parse(const char *text, uint8_t uuid[16]);

/* A random (version 4) UUID; -1 if the kernel has no randomness to give. */
int lodge_uuid_random(uint8_t uuid[16]);

#endif
