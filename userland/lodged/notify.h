/* SPDX-License-Identifier: GPL-2.0-only */
/* sd_notify(3), without its library: "READY=1" and the like to NOTIFY_SOCKET. */
#ifndef LODGED_NOTIFY_H
#define LODGED_NOTIFY_H

void notify_send(const char *state);

#endif
