// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "lodge": what each command takes.  The manual is
 * the head comment of lodge/netlink.h.
 */
#define pr_fmt(fmt) "lodge: " fmt

#include <linux/module.h>

#include <xen/interface/sched.h>

#include <lodge/limits.h>

#include "backend/device.h"
#include "control/control.h"
#include "domain/event_hook.h"

static struct netlink_range_validation pages_range = {
	.min = LODGE_MIN_PAGES,
	.max = LODGE_MAX_PAGES,
};

/* Shadow pages: enough for a small guest to make progress, at most 4 GiB of them. */
static struct netlink_range_validation shadow_range = {
	.min = 64,
	.max = 1 << 20,
};

#define DOMID_POLICY	NLA_POLICY_RANGE(NLA_U32, 1, LODGE_DOMID_MAX)
#define NAME_POLICY	{ .type = NLA_STRING, .len = LODGE_NAME_SIZE - 1 }

static const struct nla_policy create_policy[LODGE_A_MAX + 1] = {
	[LODGE_A_NAME]		= NAME_POLICY,
	[LODGE_A_UUID]		= NLA_POLICY_EXACT_LEN(LODGE_UUID_SIZE),
	[LODGE_A_MAX_VCPUS]	= NLA_POLICY_RANGE(NLA_U32, 1, LODGE_MAX_VCPUS),
	[LODGE_A_PAGES]		= NLA_POLICY_FULL_RANGE(NLA_U64, &pages_range),
	[LODGE_A_MAX_PAGES]	= NLA_POLICY_FULL_RANGE(NLA_U64, &pages_range),
	[LODGE_A_SHADOW_MAX]	= NLA_POLICY_FULL_RANGE(NLA_U64, &shadow_range),
};

static const struct nla_policy domid_policy[LODGE_A_MAX + 1] = {
	[LODGE_A_DOMID]		= DOMID_POLICY,
};

static const struct nla_policy query_policy[LODGE_A_MAX + 1] = {
	[LODGE_A_DOMID]		= DOMID_POLICY,
	[LODGE_A_NAME]		= NAME_POLICY,
};

static const struct nla_policy set_policy[LODGE_A_MAX + 1] = {
	[LODGE_A_DOMID]		= DOMID_POLICY,
	[LODGE_A_NAME]		= NAME_POLICY,
	[LODGE_A_SHADOW_MAX]	= NLA_POLICY_FULL_RANGE(NLA_U64, &shadow_range),
	[LODGE_A_SHUTDOWN_REASON] = NLA_POLICY_MAX(NLA_U32, SHUTDOWN_MAX),
};

#define DEVICE_POLICY	NLA_POLICY_NESTED(lodge_device_policy)

static const struct nla_policy device_policy[LODGE_A_MAX + 1] = {
	[LODGE_A_DOMID]		= DOMID_POLICY,
	[LODGE_A_DEVICE]	= DEVICE_POLICY,
};

/* GENL_ADMIN_PERM would ask for CAP_NET_ADMIN: each command asks for its own. */
#define CMD(c, p, f) {			\
	.cmd = LODGE_CMD_##c,		\
	.policy = p,			\
	.maxattr = LODGE_A_MAX,		\
	.doit = f,			\
}

static const struct genl_ops ops[] = {
	CMD(DOMAIN_CREATE, create_policy, lodge_cmd_create),
	CMD(DOMAIN_DESTROY, domid_policy, lodge_cmd_destroy),
	CMD(DOMAIN_PAUSE, domid_policy, lodge_cmd_pause),
	CMD(DOMAIN_UNPAUSE, domid_policy, lodge_cmd_unpause),
	CMD(DOMAIN_SET, set_policy, lodge_cmd_set),
	{
		.cmd = LODGE_CMD_DOMAIN_QUERY,
		.policy = query_policy,
		.maxattr = LODGE_A_MAX,
		.doit = lodge_cmd_query,
		.start = lodge_cmd_query_start,
		.dumpit = lodge_cmd_query_dump,
	},
	CMD(DEVICE_ADD, device_policy, lodge_cmd_device_add),
	CMD(DEVICE_REMOVE, device_policy, lodge_cmd_device_remove),
	CMD(DEVICE_CONNECT, device_policy, lodge_cmd_device_connect),
	CMD(DEVICE_DISCONNECT, device_policy, lodge_cmd_device_disconnect),
	CMD(DEVICE_SET, device_policy, lodge_cmd_device_set),
	{
		.cmd = LODGE_CMD_DEVICE_QUERY,
		.policy = device_policy,
		.maxattr = LODGE_A_MAX,
		.doit = lodge_cmd_device_query,
		.start = lodge_cmd_device_query_start,
		.dumpit = lodge_cmd_device_query_dump,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = LODGE_GENL_MCGRP_EVENTS, .flags = GENL_MCAST_CAP_SYS_ADMIN },
};

struct genl_family lodge_genl_family __ro_after_init = {
	.name = LODGE_GENL_NAME,
	.version = LODGE_GENL_VERSION,
	.maxattr = LODGE_A_MAX,
	.module = THIS_MODULE,
	/* A pause or destroy may wait for a vcpu: others go on meanwhile. */
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static void unregister_family(void)
{
	lodge_device_set_hook(NULL);
	lodge_domain_set_hook(NULL);
	genl_unregister_family(&lodge_genl_family);
}

int lodge_control_init(void)
{
	int err = genl_register_family(&lodge_genl_family);

	if (err) {
		pr_err("cannot register the netlink family: error %d\n", err);
		return err;
	}
	lodge_domain_set_hook(lodge_control_event);
	lodge_device_set_hook(lodge_control_device_event);

	err = lodge_device_init();
	if (err) {
		pr_err("cannot register /dev/lodge: error %d\n", err);
		unregister_family();
	}
	return err;
}

void lodge_control_exit(void)
{
	lodge_device_exit();
	unregister_family();
}
