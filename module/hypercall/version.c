// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen_version: what this hypervisor is.  Sub-op 0 is also how a guest asks for
 * pending events after unmasking them: nothing to do, every entry looks.
 */
#include <linux/types.h>
#include <linux/utsname.h>

#include <xen/interface/xen.h>
#include <xen/interface/version.h>
#include <xen/interface/features.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "hypercall/version.h"
#include "mm/access.h"
#include "switch/layout.h"

/* X: version.h; lengths are the ABI's */
#define EXTRAVERSION	".0-lodge"
#define COMPILE_INFO_SIZE	(64 + 16 + 32 + 32)

static long put_string(struct lodge_vcpu *v, u64 va, const char *s, size_t size)
{
	char buf[1024] = {};

	strscpy(buf, s, size);
	return lodge_guest_write(v, va, buf, size);
}

static long compile_info(struct lodge_vcpu *v, u64 va)
{
	struct xen_compile_info info = {};

	BUILD_BUG_ON(sizeof(info) != COMPILE_INFO_SIZE);
	snprintf(info.compiler, sizeof(info.compiler), "gcc %d.%d", __GNUC__, __GNUC_MINOR__);
	strscpy(info.compile_by, "lodge", sizeof(info.compile_by));
	strscpy(info.compile_domain, "lodge", sizeof(info.compile_domain));
	strscpy(info.compile_date, "", sizeof(info.compile_date));
	return lodge_guest_put(v, va, info);
}

static long features(struct lodge_vcpu *v, u64 va)
{
	struct xen_feature_info fi;

	if (lodge_guest_get(v, fi, va))
		return -EFAULT;
	if (fi.submap_idx)
		return -EINVAL;
	fi.submap = BIT(XENFEAT_pae_pgdir_above_4gb) | BIT(XENFEAT_mmu_pt_update_preserve_ad) |
		    BIT(XENFEAT_gnttab_map_avail_bits) | BIT(XENFEAT_direct_mapped);
	return lodge_guest_put(v, va, fi);
}

LODGE_HC(xen_version)
{
	struct lodge_domain *d = v->domain;
	u64 va = args->a[1];

	switch ((u32)args->a[0]) {
	case XENVER_version:
		return LODGE_XEN_VERSION;
	case XENVER_extraversion:
		return put_string(v, va, EXTRAVERSION, sizeof(struct xen_extraversion));
	case XENVER_compile_info:
		return compile_info(v, va);
	case XENVER_capabilities:
		return put_string(v, va, "xen-3.0-x86_64 ", sizeof(struct xen_capabilities_info));
	case XENVER_changeset:
		return put_string(v, va, "lodge", sizeof(struct xen_changeset_info));
	case XENVER_platform_parameters: {
		struct xen_platform_parameters p = { .virt_start = LODGE_M2P_VA };

		return lodge_guest_put(v, va, p);
	}
	case XENVER_get_features:
		return features(v, va);
	case XENVER_pagesize:
		return va ? -EINVAL : PAGE_SIZE;
	case XENVER_guest_handle:
		return lodge_guest_put(v, va, d->uuid);
	case XENVER_commandline:
		return put_string(v, va, "", sizeof(struct xen_commandline));
	case XENVER_build_id:
		return -ENODATA;
	}
	return -ENOSYS;
}
