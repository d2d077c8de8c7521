#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: lodge in a domain, whose kernel is the host's own series.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

# The ramdisk of domains, and the module behind it.
with_module()
{
	mkdir "$tap_out/more" &&
	cp "$lib_tree/build/$(uname -r)/lodge.ko" "$tap_out/more" &&
	(cd "$tap_out/more" && echo lodge.ko | cpio -o -H newc --quiet | gzip) >"$tap_out/more.gz" &&
	cat "$(domain_ramdisk)" "$tap_out/more.gz" >"$tap_out/ramdisk" || return
	domain_config xen-pv "$LODGE_GUEST" "insmod /lodge.ko; dmesg | grep lodge:" |
		sed "s|^ramdisk.*|ramdisk = \"$tap_out/ramdisk\"|" >"$tap_out/cfg"
}

saw()
{
	grep -F -e "$1" "$tap_out/console" || {
		cat "$tap_out/console"
		return 1
	}
}

plan 4
ok "a ramdisk with the module" with_module
ok "a domain" sh -c 'lodge create -c "$1" </dev/null >"$2" 2>&1' - "$tap_out/cfg" "$tap_out/console"
ok "insmod fails there" saw 'Operation not supported'
ok "the log says why" saw 'this kernel is itself a Xen PV guest, which owns no page tables: run lodge on a native, KVM or HVM kernel'
