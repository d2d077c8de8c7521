#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: it sleeps and wakes up with domains on it.  The file systems
# that this host shares with the outside do not live through it: whoever so much
# as closes a file there waits for ever.  So all of this runs from memory.

if [ "$PWD" != /run/copy/selftests/hosts ]; then
	mkdir -p /run/copy/build/pvguest /run/copy/build/selftests /run/copy/selftests/hosts &&
	cp -r ../lib /run/copy/selftests &&
	cp suspend.sh /run/copy/selftests/hosts &&
	cp -r ../../build/userland /run/copy/build &&
	cp ../../build/pvguest/runaway* ../../build/pvguest/hello.* /run/copy/build/pvguest &&
	cp ../../build/selftests/wait-ready /run/copy/build/selftests &&
	cat ../../build/selftests/agent >/dev/null &&
	cd /run/copy/selftests/hosts &&
	PATH=/run/copy/build/userland:/usr/sbin:/usr/bin:/sbin:/bin exec sh ./suspend.sh
	exit 1
fi

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

guests="runaway-calls runaway-faults"

# Its program, too, is to be the copy.
restart_lodged()
{
	kill "$(pidof lodged)" && until_true 10 sh -c '! pidof lodged >/dev/null' &&
	../../build/selftests/wait-ready lodged </dev/null >/run/lodged.log 2>&1
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
ok "lodged from memory" restart_lodged
ok "guests" each guest
ok "they live through a trial of suspend-to-idle" each_lives platform freeze
ok "through a trial of suspend-to-RAM" each_lives core mem
ok "through suspend-to-RAM" each_lives none mem
ok "new ones can be made" guest hello -F
ok "the shadows are right" audit
ok "the guests end" each lodge destroy
