/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests to lodged; see common/protocol.h. */
#ifndef LODGE_LODGE_CLIENT_H
#define LODGE_LODGE_CLIENT_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "common/err.h"

/*
 * Send @request, which is freed, and wait for the answer, to be freed with
 * cJSON_Delete(); NULL on failure.  err->code is ENOTCONN if there is no lodged.
 */
struct cJSON *client_ask(struct cJSON *request, struct lodge_err *err);

/* A verb that concerns one domain and answers nothing; extra may be NULL. */
int client_command(const char *verb, uint32_t domid, const char *key, const char *value,
		   struct lodge_err *err);

#endif
