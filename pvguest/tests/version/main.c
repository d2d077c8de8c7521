// SPDX-License-Identifier: GPL-2.0-only
/*
 * version - every xen_version sub-command
 *
 * Proves: each command's answer has the right form, features say what guests insist on.
 *
 * Real Xen 4.17: as written; the command line is denied to guests, build_id is there or
 * -ENODATA.
 */
#include <pvguest/pvguest.h>

void test_main(void)
{
	static char text[4096];
	static struct xen_compile_info ci;
	struct xen_platform_parameters pp;
	struct xen_feature_info fi = { .submap_idx = 0 };
	xen_domain_handle_t uuid;
	u8 any = 0;
	long v, rc;
	unsigned int i;

	v = hc_xen_version(XENVER_version, NULL);
	ok(v >> 16 >= 4 && v >> 16 < 100, "version %ld.%ld", v >> 16, v & 0xffff);
	err(hc_xen_version(XENVER_version, NONCANON), v, "which takes no pointer");
	rc = hc_xen_version(XENVER_extraversion, text);
	ok(rc >= 0 && strlen(text) < 16, "extraversion \"%s\"", text);
	rc = hc_xen_version(XENVER_compile_info, &ci);
	err(rc, 0, "compile_info \"%s\"", ci.compiler);
	ok(hc_xen_version(XENVER_capabilities, text) >= 0 && strstr(text, "xen-3.0-x86_64"),
	   "capabilities \"%s\"", text);
	ok(hc_xen_version(XENVER_changeset, text) >= 0, "changeset \"%s\"", text);
	err(hc_xen_version(XENVER_platform_parameters, &pp), 0, "platform_parameters");
	is(pp.virt_start, M2P_START, "virt_start");
	err(hc_xen_version(XENVER_get_features, &fi), 0, "get_features 0");
	diag("features %x", fi.submap);
	ok(fi.submap & BIT(XENFEAT_mmu_pt_update_preserve_ad), "mmu_pt_update_preserve_ad");
	ok(fi.submap & BIT(XENFEAT_gnttab_map_avail_bits), "gnttab_map_avail_bits");
	ok(fi.submap & BIT(XENFEAT_pae_pgdir_above_4gb), "pae_pgdir_above_4gb");
	ok(!(fi.submap & BIT(XENFEAT_auto_translated_physmap)), "not auto_translated_physmap");
	ok(!(fi.submap & BIT(XENFEAT_supervisor_mode_kernel)), "not supervisor_mode_kernel");
	ok(!(fi.submap & BIT(XENFEAT_dom0)), "not dom0");
	ok(!(fi.submap & (BIT(XENFEAT_hvm_callback_vector) | BIT(XENFEAT_hvm_safe_pvclock) |
			  BIT(XENFEAT_hvm_pirqs))), "nothing of HVM");
	fi.submap_idx = 1;
	err(hc_xen_version(XENVER_get_features, &fi), -XEN_EINVAL, "get_features 1");
	is(hc_xen_version(XENVER_pagesize, NULL), 4096, "pagesize");
	err(hc_xen_version(XENVER_guest_handle, &uuid), 0, "guest_handle");
	for (i = 0; i < sizeof(uuid); i++)
		any |= uuid[i];
	diag("uuid %s zero", any ? "not" : "is");
	rc = hc_xen_version(XENVER_commandline, text);
	ok(rc == 0 || rc == -XEN_EPERM, "commandline: %ld \"%s\"", rc, rc ? "" : text);
	rc = hc_xen_version(XENVER_build_id, NULL);
	ok(rc > 0 || rc == -XEN_ENODATA || rc == -XEN_EPERM, "build_id: %ld", rc);
	err(hc_xen_version(11, NULL), -XEN_ENOSYS, "11");
	err(hc_xen_version(9999, NULL), -XEN_ENOSYS, "9999");
	err(hc_xen_version(XENVER_platform_parameters, NULL), -XEN_EFAULT, "NULL pointer");
	err(hc_xen_version(XENVER_platform_parameters, M2P_START), -XEN_EFAULT,
	    "a pointer to the hypervisor");
	err(hc_xen_version(XENVER_platform_parameters, NONCANON), -XEN_EFAULT,
	    "a pointer to nowhere");
}
