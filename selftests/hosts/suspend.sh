#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: it sleeps and wakes up with domains on it.  The file systems
# that this host shares with the outside do not live through it, so everything
# that is needed later runs from memory.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

guests="runaway-calls runaway-faults"
copy=/run/copy

into_memory()
{
	mkdir "$copy" &&
	cp "$lib_tree"/build/userland/lodge* "$lib_tree"/build/pvguest/runaway* \
		"$lib_tree"/build/pvguest/hello.* "$lib_tree/build/selftests/wait-ready" "$copy" &&
	cat "$lib_tree/build/selftests/agent" >/dev/null &&
	kill "$(pidof lodged)" && until_true 10 sh -c '! pidof lodged >/dev/null' || return
	work_guests=$copy
	PATH=$copy:/usr/sbin:/usr/bin:/sbin:/bin
	cd /
	wait-ready lodged </dev/null >/run/lodged.log 2>&1
}

# sleep_once LEVEL STATE: /sys/power/pm_test says how deep it goes for a trial.
sleep_once()
{
	echo "$1" >/sys/power/pm_test || return
	if [ "$1" = none ]; then
		rtcwake -m "$2" -s 5
	else
		echo "$2" >/sys/power/state
	fi
}

each_lives()
{
	sleep_once "$@" && each domain_runs
}

cleanup 'each lodge destroy >/dev/null 2>&1'
echo 1 >/sys/module/suspend/parameters/pm_test_delay
plan 8
ok "into memory" into_memory
ok "guests" each guest
ok "they live through a trial of suspend-to-idle" each_lives platform freeze
ok "through a trial of suspend-to-RAM" each_lives core mem
ok "through suspend-to-RAM" each_lives none mem
ok "new ones can be made" guest hello -F
ok "the shadows are right" audit
ok "the guests end" each lodge destroy
