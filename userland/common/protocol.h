/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lodge and lodged say to each other.
 *
 * A stream socket at LODGED_SOCKET, owned by root and mode 0600.  The client
 * sends one request, a JSON object on one line; lodged answers with one
 * object on one line.  A connection may carry several requests, one after the
 * other.  A line longer than LODGED_MAX_LINE ends the connection.
 *
 *	{"cmd": VERB, ...}	-> {"ok": true, ...}
 *				or {"ok": false, "error": SENTENCE, "errno": N}
 *
 * "errno" is optional.  A request that failed has left nothing half-done.
 *
 *	create	 {config: OBJECT, paused: BOOL}	-> {domid: N}
 *		 config is what lodge_config_to_json() makes, with absolute
 *		 paths; lodged keeps it for restarts.  When the answer comes,
 *		 the image is loaded and the runner attached; unless paused,
 *		 the domain has been unpaused.
 *	destroy	 {domid: N}			-> {}
 *		 When the answer comes, name, memory and runner are gone.
 *	shutdown {domid: N}			-> {}
 *	reboot	 {domid: N}			-> {}
 *		 The guest has been asked through control/shutdown.  Waiting
 *		 for what it makes of that is the client's, by netlink events.
 *	rename	 {domid: N, name: TEXT}		-> {}
 *	attach	 {domid: N, disk: OBJECT}	-> {id: N}
 *	attach	 {domid: N, vif: OBJECT}	-> {id: N}
 *		 As in the lists "disks" and "vifs" of a config.  When the answer
 *		 comes the guest can find it.  A vif without mac or id gets one.
 *	detach	 {domid: N, type: TEXT, id: N, force: BOOL} -> {id: N}
 *		 type is "vbd" or "vif".  The guest is asked and has 10 s, or
 *		 is not asked with force.  When the answer comes it is gone.
 *	resize	 {domid: N, type: TEXT, id: N}	-> {}
 *		 The size of the disk is looked at again.
 *	devices	 {domid: N}			-> {devices: ARRAY}
 *		 What the store knows of them, for lists.
 *	vcpus	 {domid: N, count: N}		-> {}
 *		 The guest has been asked to have so many up.
 *	pin	 {domid: N, vcpu: N, cpus: TEXT}-> {}
 *		 Without vcpu: all of them.
 *	sched	 {domid: N, weight: N, cap: N}	-> {weight: N, cap: N}
 *		 What is not given stays as it is.
 *	version	 {}				-> {version: TEXT, pid: N}
 */
#ifndef LODGE_COMMON_PROTOCOL_H
#define LODGE_COMMON_PROTOCOL_H

#define LODGE_RUN_DIR		"/run/lodge"
#define LODGED_SOCKET		LODGE_RUN_DIR "/lodged.sock"
/* overrides LODGED_SOCKET, for both sides */
#define LODGED_SOCKET_ENV	"LODGED_SOCKET"
#define LODGED_MAX_LINE		(256 * 1024)

#define LODGED_CMD_CREATE	"create"
#define LODGED_CMD_DESTROY	"destroy"
#define LODGED_CMD_SHUTDOWN	"shutdown"
#define LODGED_CMD_REBOOT	"reboot"
#define LODGED_CMD_RENAME	"rename"
#define LODGED_CMD_ATTACH	"attach"
#define LODGED_CMD_DETACH	"detach"
#define LODGED_CMD_RESIZE	"resize"
#define LODGED_CMD_DEVICES	"devices"
#define LODGED_CMD_VCPUS	"vcpus"
#define LODGED_CMD_PIN		"pin"
#define LODGED_CMD_SCHED	"sched"
#define LODGED_CMD_VERSION	"version"

#endif
