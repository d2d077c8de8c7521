// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of control domains: a guest is told that it may not, once it has said
 * correctly what it wants.  The versions are those of Xen 4.17.
 */
#include <linux/errno.h>
#include <linux/types.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"

#define PLATFORM_VERSION	0x03000001
#define SYSCTL_VERSION		0x00000015
#define DOMCTL_VERSION		0x00000015
#define DOMCTL_CREATE		1

/* How all three begin; then comes room for any operation's arguments. */
struct control_op {
	u32 cmd;
	u32 version;
	u8 args[128];
};

static long check_version(struct lodge_vcpu *v, u64 va, u32 version, struct control_op *op)
{
	if (lodge_guest_get(v, *op, va))
		return -EFAULT;
	return op->version == version ? -EPERM : -EACCES;
}

LODGE_HC(platform_op)
{
	struct control_op op;

	return check_version(v, args->a[0], PLATFORM_VERSION, &op);
}

LODGE_HC(sysctl)
{
	struct control_op op;

	return check_version(v, args->a[0], SYSCTL_VERSION, &op);
}

LODGE_HC(domctl)
{
	struct lodge_domain *other;
	struct control_op op;
	long ret;
	u16 domid;

	ret = check_version(v, args->a[0], DOMCTL_VERSION, &op);
	if (ret != -EPERM || op.cmd == DOMCTL_CREATE)
		return ret;
	/* about a domain, which must exist */
	domid = op.args[0] | op.args[1] << 8;
	if (!domid)
		return -EPERM;
	other = lodge_domain_find(domid);
	if (!other)
		return -ESRCH;
	lodge_domain_put(other);
	return -EPERM;
}
