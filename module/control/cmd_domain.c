// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink commands.  Attributes have passed the policies of netlink.c; each
 * handler checks who asks, then what the policies cannot say, and only then
 * changes something.
 */
#include <linux/uuid.h>

#include <xen/interface/sched.h>

#include "control/control.h"
#include "control/name.h"
#include "domain/domain.h"

bool lodge_cmd_allowed(const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return true;
	NL_SET_ERR_MSG(extack, "CAP_SYS_ADMIN in the initial user namespace is needed");
	return false;
}

void lodge_cmd_say(struct genl_info *info, const char *text)
{
	if (text && info->extack)
		info->extack->_msg = text;
}

int lodge_cmd_missing(struct genl_info *info, enum lodge_attr attr, const char *text)
{
	lodge_cmd_say(info, text);
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, attr);
	return -EINVAL;
}

/* The domain DOMID names, with a reference, or ERR_PTR. */
static struct lodge_domain *get_domain(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[LODGE_A_DOMID];
	struct lodge_domain *d;

	if (!attr)
		return ERR_PTR(lodge_cmd_missing(info, LODGE_A_DOMID, "DOMID is missing"));
	d = lodge_domain_find(nla_get_u32(attr));
	if (!d) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "no domain has this id");
		return ERR_PTR(-ESRCH);
	}
	return d;
}

struct lodge_domain *lodge_cmd_begin(struct sk_buff *skb, struct genl_info *info)
{
	if (!lodge_cmd_allowed(skb, info->extack))
		return ERR_PTR(-EPERM);
	return get_domain(info);
}

static int get_name(struct genl_info *info, char name[LODGE_NAME_SIZE])
{
	struct nlattr *attr = info->attrs[LODGE_A_NAME];
	size_t len = lodge_name_len(nla_data(attr), nla_len(attr));

	if (!len) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "a name has 1 to 63 characters");
		return -EINVAL;
	}
	if (!lodge_name_ok(nla_data(attr), len)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "a name consists of letters, digits and _.+:@- only");
		return -EINVAL;
	}
	memset(name, 0, LODGE_NAME_SIZE);
	memcpy(name, nla_data(attr), len);
	return 0;
}

static struct sk_buff *new_reply(struct genl_info *info, u8 cmd, void **head)
{
	struct sk_buff *skb = genlmsg_new(LODGE_INFO_SIZE + LODGE_VCPUS_INFO_SIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &lodge_genl_family, 0, cmd);
	if (!*head) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static int send_reply(struct sk_buff *skb, void *head, struct genl_info *info,
		      struct lodge_domain *d)
{
	int err = lodge_info_fill(skb, d) ?: lodge_info_fill_vcpus(skb, d);

	if (WARN_ON_ONCE(err)) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

static int get_create(struct genl_info *info, struct lodge_create *args)
{
	struct nlattr **a = info->attrs;
	int err;

	*args = (struct lodge_create) { .max_vcpus = 1 };
	if (!a[LODGE_A_MAX_PAGES])
		return lodge_cmd_missing(info, LODGE_A_MAX_PAGES, "MAX_PAGES is missing");
	args->max_pages = nla_get_u64(a[LODGE_A_MAX_PAGES]);
	args->pages = args->max_pages;
	if (a[LODGE_A_PAGES])
		args->pages = nla_get_u64(a[LODGE_A_PAGES]);
	if (args->pages > args->max_pages) {
		NL_SET_ERR_MSG_ATTR(info->extack, a[LODGE_A_PAGES], "PAGES is above MAX_PAGES");
		return -EINVAL;
	}
	if (a[LODGE_A_MAX_VCPUS])
		args->max_vcpus = nla_get_u32(a[LODGE_A_MAX_VCPUS]);
	if (a[LODGE_A_SHADOW_MAX])
		args->shadow_max = nla_get_u64(a[LODGE_A_SHADOW_MAX]);
	if (a[LODGE_A_UUID])
		import_uuid(&args->uuid, nla_data(a[LODGE_A_UUID]));
	else
		uuid_gen(&args->uuid);
	if (a[LODGE_A_NAME]) {
		err = get_name(info, args->name);
		if (err)
			return err;
	}
	return 0;
}

int lodge_cmd_create(struct sk_buff *skb, struct genl_info *info)
{
	struct lodge_create args;
	struct lodge_domain *d;
	const char *text = NULL;
	struct sk_buff *reply;
	void *head;
	int err;

	if (!lodge_cmd_allowed(skb, info->extack))
		return -EPERM;
	err = get_create(info, &args);
	if (err)
		return err;
	reply = new_reply(info, LODGE_CMD_DOMAIN_CREATE, &head);
	if (!reply)
		return -ENOMEM;

	d = lodge_domain_create(&args, &text);
	if (IS_ERR(d)) {
		lodge_cmd_say(info, text);
		if (PTR_ERR(d) == -EEXIST)
			NL_SET_BAD_ATTR(info->extack, info->attrs[LODGE_A_NAME]);
		nlmsg_free(reply);
		return PTR_ERR(d);
	}
	/* A domain whose id its maker never learns would stay for ever. */
	err = send_reply(reply, head, info, d);
	if (err)
		lodge_domain_destroy(d);
	lodge_domain_put(d);
	return err;
}

int lodge_cmd_destroy(struct sk_buff *skb, struct genl_info *info)
{
	struct lodge_domain *d = lodge_cmd_begin(skb, info);

	if (IS_ERR(d))
		return PTR_ERR(d);
	lodge_domain_destroy(d);
	lodge_domain_put(d);
	return 0;
}

static int set_paused(struct sk_buff *skb, struct genl_info *info, bool pause)
{
	struct lodge_domain *d = lodge_cmd_begin(skb, info);
	int err;

	if (IS_ERR(d))
		return PTR_ERR(d);
	err = lodge_domain_user_pause(d, pause);
	if (err == -ENOEXEC)
		NL_SET_ERR_MSG(info->extack, "the domain has nothing to run: load an image first");
	lodge_domain_put(d);
	return err;
}

int lodge_cmd_pause(struct sk_buff *skb, struct genl_info *info)
{
	return set_paused(skb, info, true);
}

int lodge_cmd_unpause(struct sk_buff *skb, struct genl_info *info)
{
	return set_paused(skb, info, false);
}

int lodge_cmd_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **a = info->attrs;
	struct lodge_domain *d = lodge_cmd_begin(skb, info);
	char name[LODGE_NAME_SIZE];
	int err = 0;

	if (IS_ERR(d))
		return PTR_ERR(d);
	/* A suspended guest waits inside its own request: nobody can ask in its place. */
	if (a[LODGE_A_SHUTDOWN_REASON] &&
	    nla_get_u32(a[LODGE_A_SHUTDOWN_REASON]) == SHUTDOWN_suspend) {
		NL_SET_ERR_MSG_ATTR(info->extack, a[LODGE_A_SHUTDOWN_REASON],
				    "only the guest itself can suspend");
		err = -EINVAL;
	}
	/* Its tables are sized when the domain is made. */
	if (!err && a[LODGE_A_SHADOW_MAX]) {
		NL_SET_ERR_MSG_ATTR(info->extack, a[LODGE_A_SHADOW_MAX],
				    "the shadow ceiling of an existing domain cannot be changed yet");
		err = -EOPNOTSUPP;
	}
	if (!err && a[LODGE_A_NAME])
		err = get_name(info, name);
	if (err)
		goto put;

	/* The one change that can fail comes first. */
	if (a[LODGE_A_NAME]) {
		err = lodge_domain_rename(d, name);
		if (err == -EEXIST)
			NL_SET_ERR_MSG_ATTR(info->extack, a[LODGE_A_NAME],
					    "a domain of this name exists");
		if (err)
			goto put;
	}
	if (a[LODGE_A_SHUTDOWN_REASON])
		lodge_domain_shutdown(d, nla_get_u32(a[LODGE_A_SHUTDOWN_REASON]));
put:
	lodge_domain_put(d);
	return err;
}

static struct lodge_domain *query_domain(struct genl_info *info)
{
	char name[LODGE_NAME_SIZE];
	struct lodge_domain *d;
	int err;

	if (info->attrs[LODGE_A_DOMID] && info->attrs[LODGE_A_NAME]) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[LODGE_A_NAME],
				    "give DOMID or NAME, not both");
		return ERR_PTR(-EINVAL);
	}
	if (!info->attrs[LODGE_A_NAME])
		return get_domain(info);
	err = get_name(info, name);
	if (err)
		return ERR_PTR(err);
	d = lodge_domain_find_name(name);
	if (!d) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[LODGE_A_NAME],
				    "no domain has this name");
		return ERR_PTR(-ESRCH);
	}
	return d;
}

int lodge_cmd_query(struct sk_buff *skb, struct genl_info *info)
{
	struct lodge_domain *d;
	struct sk_buff *reply;
	void *head;
	int err;

	if (!lodge_cmd_allowed(skb, info->extack))
		return -EPERM;
	d = query_domain(info);
	if (IS_ERR(d))
		return PTR_ERR(d);
	reply = new_reply(info, LODGE_CMD_DOMAIN_QUERY, &head);
	err = reply ? send_reply(reply, head, info, d) : -ENOMEM;
	lodge_domain_put(d);
	return err;
}

int lodge_cmd_query_start(struct netlink_callback *cb)
{
	if (!lodge_cmd_allowed(cb->skb, cb->extack))
		return -EPERM;
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN)) {
		NL_SET_ERR_MSG_ATTR(cb->extack, nlmsg_attrdata(cb->nlh, GENL_HDRLEN),
				    "a dump takes no attributes");
		return -EINVAL;
	}
	cb->args[0] = 1;
	return 0;
}

/* cb->args[0] is the id to go on from: domains come and go between two messages. */
int lodge_cmd_query_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct lodge_domain *d;
	void *head;

	while ((d = lodge_domain_next(cb->args[0]))) {
		head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   &lodge_genl_family, NLM_F_MULTI, LODGE_CMD_DOMAIN_QUERY);
		if (!head || lodge_info_fill(skb, d) || lodge_info_fill_vcpus(skb, d)) {
			genlmsg_cancel(skb, head);
			lodge_domain_put(d);
			break;
		}
		genlmsg_end(skb, head);
		cb->args[0] = d->domid + 1;
		lodge_domain_put(d);
	}
	return skb->len;
}
