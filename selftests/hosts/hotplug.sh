#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: CPU 1 goes and comes under running domains, LODGE_ROUNDS times.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

cpu1=/sys/devices/system/cpu/cpu1/online
guests="runaway-calls runaway-faults runaway-syscalls"

# on_cpu MASK: all of them
on_cpu()
{
	for pid in $(pidof lodge-run); do
		taskset -ap "$1" "$pid" || return
	done
}

# Those that may run nowhere else are put elsewhere by the kernel.
round()
{
	on_cpu 2 && each domain_runs &&
	echo 0 >$cpu1 && each domain_runs &&
	echo 1 >$cpu1
}

rounds()
{
	for _ in $(seq "$LODGE_ROUNDS"); do
		round || return
	done
}

# As fast as it goes, with domains on both.
flutter()
{
	on_cpu 3 || return
	for _ in $(seq "$LODGE_ROUNDS"); do
		echo 0 >$cpu1 && echo 1 >$cpu1 || return
	done
}

cleanup 'each lodge destroy >/dev/null 2>&1'
plan 9
ok "guests" each guest
ok "their CPU goes and comes $LODGE_ROUNDS times" rounds
ok "as fast as it goes" flutter
ok "they get on" each domain_runs
ok "the module is loaded with one CPU" eval 'each lodge destroy && echo 0 >$cpu1 &&
	rmmod lodge && insmod "$lib_tree/build/$(uname -r)/lodge.ko" && echo 1 >$cpu1'
ok "guests again" until_true 60 each guest
ok "on the CPU that came later" eval 'on_cpu 2 && each domain_runs'
ok "their shadows are right" audit
ok "they end" each lodge destroy
