// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "lodged/store_socket.h"
#include "lodged/vif.h"

#define SCRIPT_DIR	"/etc/xen/scripts"
#define SCRIPT_SECONDS	10	/* libxl's */

static int add_to_bridge(int s, const char *ifname, const char *bridge, struct lodge_err *err)
{
	struct ifreq ifr = { .ifr_ifindex = if_nametoindex(ifname) };

	if (!if_nametoindex(bridge))
		return lodge_fail(err, ENODEV, "there is no bridge %s", bridge);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", bridge);
	if (!ioctl(s, SIOCBRADDIF, &ifr))
		return 0;
	return lodge_fail(err, errno, "%s cannot be added to the bridge %s: %s", ifname, bridge,
			  errno == EOPNOTSUPP ? "that is no bridge" : strerror(errno));
}

static int set_up(int s, const char *ifname, struct lodge_err *err)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	if (!ioctl(s, SIOCGIFFLAGS, &ifr)) {
		ifr.ifr_flags |= IFF_UP;
		if (!ioctl(s, SIOCSIFFLAGS, &ifr))
			return 0;
	}
	return lodge_fail(err, errno, "%s cannot be set up: %s", ifname, strerror(errno));
}

int vif_join(const char *ifname, const char *bridge, struct lodge_err *err)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	if (s < 0)
		return lodge_fail(err, errno, "%s cannot be set up: %s", ifname, strerror(errno));
	ret = bridge ? add_to_bridge(s, ifname, bridge, err) : 0;
	if (!ret)
		ret = set_up(s, ifname, err);
	close(s);
	return ret;
}

struct command *vif_script(const char *script, const char *action, const char *ifname,
			   unsigned int domid, unsigned int id, command_done_fn fn, void *arg,
			   struct lodge_err *err)
{
	char path[4096], verb[16], env_script[4112], env_path[64], env_vif[32], env_socket[256];
	char *const argv[] = { path, verb, "type_if=vif", NULL };
	char *const env[] = { env_script, env_path, env_vif, "XENBUS_TYPE=vif",
			      "XENBUS_BASE_PATH=backend", env_socket, NULL };

	snprintf(path, sizeof(path), "%s%s%s", *script == '/' ? "" : SCRIPT_DIR,
		 *script == '/' ? "" : "/", script);
	if (access(path, X_OK)) {
		lodge_fail(err, errno, "script %s: %s", path, strerror(errno));
		return NULL;
	}
	snprintf(verb, sizeof(verb), "%s", action);
	snprintf(env_script, sizeof(env_script), "script=%s", path);
	snprintf(env_path, sizeof(env_path), "XENBUS_PATH=backend/vif/%u/%u", domid, id);
	snprintf(env_vif, sizeof(env_vif), "vif=%s", ifname);
	/* what xenstore-write and its like in the script connect to */
	snprintf(env_socket, sizeof(env_socket), "XENSTORED_PATH=%s", store_socket_path());
	return command_start(argv, env, SCRIPT_SECONDS, fn, arg, err);
}
