/* SPDX-License-Identifier: GPL-2.0-only */
/* The socket of common/protocol.h. */
#ifndef LODGED_SERVER_H
#define LODGED_SERVER_H

#include "common/err.h"

int server_init(struct lodge_err *err);
void server_exit(void);

#endif
