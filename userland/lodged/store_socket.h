/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store for tools of the host: a unix socket with the protocol of
 * xen/io/xs_wire.h, where libxenstore looks for it.  Each connection is one of
 * domain 0, with watches and transactions of its own, which end with it.
 */
#ifndef LODGED_STORE_SOCKET_H
#define LODGED_STORE_SOCKET_H

/* libxenstore's; LODGED_STORE_SOCKET overrides it, empty: none */
#define STORE_SOCKET		"/run/xenstored/socket"
#define STORE_SOCKET_ENV	"LODGED_STORE_SOCKET"

/* lodged goes on without it if it cannot be had. */
void store_socket_init(void);
void store_socket_exit(void);
/* "" if there is none */
const char *store_socket_path(void);

#endif
