/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lodged remembers about the domains it made, in files that outlive it:
 *
 *	<run>/domains/<domid>.json	{uuid, phase, config}
 *	<run>/domains/restart-<uuid>.json {config}: to be made anew
 *
 * A domain made by others has none, and nothing is done about its end.
 */
#ifndef LODGED_KEEP_H
#define LODGED_KEEP_H

#include <stdint.h>

#include "config/config.h"

enum keep_phase {
	KEEP_BUILDING,	/* nobody has been told of it yet */
	KEEP_UP,
	KEEP_ENDED,	/* what was to be done at its end is done */
};

int keep_init(struct lodge_err *err);
void keep_save(uint32_t domid, enum keep_phase phase, const struct lodge_config *config);
/* NULL if there is none for a domain with this id and uuid. */
struct lodge_config *keep_load(uint32_t domid, const uint8_t uuid[16], enum keep_phase *phase);
void keep_remove(uint32_t domid);

void keep_restart_save(const struct lodge_config *config);
void keep_restart_remove(const uint8_t uuid[16]);
/* Each one that is there; @fn owns its config. */
void keep_restart_each(void (*fn)(struct lodge_config *config));

#endif
