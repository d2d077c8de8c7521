// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events to whoever listens in the multicast group "events".
 */
#define pr_fmt(fmt) "lodge: " fmt

#include "control/control.h"
#include "debug/trace.h"
#include "domain/domain.h"

static int fill_event(struct sk_buff *skb, struct lodge_domain *d, enum lodge_event event)
{
	void *head = genlmsg_put(skb, 0, 0, &lodge_genl_family, 0, LODGE_CMD_DOMAIN_NTF);

	if (!head || nla_put_u32(skb, LODGE_A_EVENT, event) || lodge_info_fill(skb, d))
		return -EMSGSIZE;
	genlmsg_end(skb, head);
	return 0;
}

void lodge_control_event(struct lodge_domain *d, enum lodge_event event)
{
	struct sk_buff *skb;

	trace_lodge_domain_event(d->domid, event);
	if (!genl_has_listeners(&lodge_genl_family, &init_net, 0))
		return;

	skb = genlmsg_new(LODGE_INFO_SIZE, GFP_KERNEL);
	if (!skb || fill_event(skb, d, event)) {
		/* Listeners learn that they have missed something, as from a full socket. */
		WARN_ON_ONCE(skb);
		nlmsg_free(skb);
		genl_set_err(&lodge_genl_family, &init_net, 0, 0, -ENOBUFS);
		return;
	}
	genlmsg_multicast(&lodge_genl_family, skb, 0, 0, GFP_KERNEL);
}
