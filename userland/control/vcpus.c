// SPDX-License-Identifier: GPL-2.0-only
/* The vcpus of a domain, from the answer to a query. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/control.h"
#include "control/netlink.h"

struct vcpus {
	struct lodge_vcpu *list;
	size_t count;
};

static void add(struct vcpus *all, struct nlattr *nest)
{
	static struct nla_policy policy[LODGE_VCPU_A_MAX + 1] = {
		[LODGE_VCPU_A_ID]	= { .type = NLA_U32 },
		[LODGE_VCPU_A_STATE]	= { .type = NLA_U32 },
		[LODGE_VCPU_A_CPU]	= { .type = NLA_U32 },
		[LODGE_VCPU_A_CPU_TIME]	= { .type = NLA_U64 },
	};
	struct nlattr *tb[LODGE_VCPU_A_MAX + 1];

	if (all->count == LODGE_MAX_VCPUS ||
	    nla_parse_nested(tb, LODGE_VCPU_A_MAX, nest, policy) ||
	    !tb[LODGE_VCPU_A_ID] || !tb[LODGE_VCPU_A_STATE] || !tb[LODGE_VCPU_A_CPU_TIME])
		return;
	all->list[all->count++] = (struct lodge_vcpu) {
		.id = nla_get_u32(tb[LODGE_VCPU_A_ID]),
		.state = nla_get_u32(tb[LODGE_VCPU_A_STATE]),
		.cpu = tb[LODGE_VCPU_A_CPU] ? (int32_t)nla_get_u32(tb[LODGE_VCPU_A_CPU]) : -1,
		.cpu_time = nla_get_u64(tb[LODGE_VCPU_A_CPU_TIME]),
	};
}

static int on_domain(struct nl_msg *msg, void *arg)
{
	struct nlattr *a;
	int rest;

	nlmsg_for_each_attr(a, nlmsg_hdr(msg), GENL_HDRLEN, rest)
		if (nla_type(a) == LODGE_A_VCPU)
			add(arg, a);
	return NL_OK;
}

int lodge_control_vcpus(struct lodge_control *c, uint32_t domid, struct lodge_vcpu *list,
			size_t *count, struct lodge_err *err)
{
	struct lodge_nl *nl = lodge_control_nl(c);
	struct vcpus all = { .list = list };
	struct nl_msg *msg;
	char doing[64];

	msg = lodge_nl_request(nl, LODGE_CMD_DOMAIN_QUERY, NLM_F_ACK, err);
	if (!msg)
		return -1;
	if (nla_put_u32(msg, LODGE_A_DOMID, domid)) {
		nlmsg_free(msg);
		return lodge_fail(err, ENOMEM, "out of memory");
	}
	snprintf(doing, sizeof(doing), "list the vcpus of domain %u", domid);
	if (lodge_nl_transact(nl, msg, on_domain, &all, err, doing))
		return -1;
	*count = all.count;
	return 0;
}
