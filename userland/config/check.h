/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks that a configuration must pass, whether it came as text or JSON. */
#ifndef LODGE_CONFIG_CHECK_H
#define LODGE_CONFIG_CHECK_H

#include "config/config.h"

/* One with every default that does not depend on other keys. */
struct lodge_config *lodge_config_new(struct lodge_err *err);

int lodge_check_name(const char *name, struct lodge_err *err);
int lodge_check_action(const char *text, enum lodge_action *action);
int lodge_config_check(const struct lodge_config *config, struct lodge_err *err);

#endif
