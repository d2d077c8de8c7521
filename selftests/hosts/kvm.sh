#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: virtual machines of KVM's are made, run and dropped in a loop of
# LODGE_SECONDS on every CPU, beside domains; the MSRs that both use must be the
# host's whenever the host is in user mode.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

guests="runaway-calls runaway-faults runaway-syscalls"
said=$tap_out/said

kvm_module()
{
	modprobe msr && { modprobe kvm_amd || modprobe kvm_intel; } && [ -c /dev/kvm ]
}

# Its values are those from before the first domain.
loop_start()
{
	mkfifo "$tap_out/go"
	"$lib_tree/build/selftests/kvm_loop" "$LODGE_SECONDS" <"$tap_out/go" >"$said" 2>&1 &
	loop=$!
	exec 4>"$tap_out/go"
	until_true 30 grep -q ready "$said"
}

loop_end()
{
	wait "$loop"
	loop_status=$?
	tail -n 20 "$said"
	return $loop_status
}

cleanup 'each lodge destroy >/dev/null 2>&1'
plan 10
ok "KVM's module" kvm_module
ok "the MSRs are known" loop_start
cases hello
ok "guests" each guest
echo >&4
ok "guests get on beside virtual machines" each domain_runs
ok "the MSRs are as they were" loop_end
echo "# $(grep machines "$said")"
ok "virtual machines ran" sh -c 'awk "/^machines/ { n = \$2 } END { exit n < 4 }" "$1"' - "$said"
ok "the shadows are right" audit
ok "the guests end" each lodge destroy
ok "both modules go" sh -c 'rmmod lodge && { rmmod kvm_amd || rmmod kvm_intel; } 2>/dev/null'
