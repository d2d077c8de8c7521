#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: a storm of NMIs over guests that do nothing but enter and leave,
# one every LODGE_PERIOD_NS for LODGE_SECONDS, and over a few that look at what they get back.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

storm=$lib_tree/build/$(uname -r)/selftests/nmi_storm.ko
counts=/sys/kernel/debug/nmi_storm
guests="runaway-calls runaway-faults runaway-syscalls"

# counted NAME: the sum of a column of the storm's counts
counted()
{
	awk -v name="$1" '{ for (i = 3; i < NF; i += 2) if ($i == name) n += $(i + 1) }
		END { print n + 0 }' "$counts"
}

more_than()
{
	echo "$2, more than $1 wanted"
	[ "$2" -gt "$1" ]
}

# What the storm says when it ends: none of its NMIs is lost.
none_lost()
{
	said=$(dmesg | sed -n 's/.*nmi_storm: sent \([0-9]*\), taken \([0-9]*\), .*/\1 \2/p')
	echo "sent and taken: $said"
	[ "$said" ] && [ "${said% *}" = "${said#* }" ]
}

cleanup 'each lodge destroy >/dev/null 2>&1'
plan 17
ok "a storm" insmod "$storm" "period_ns=$LODGE_PERIOD_NS"
echo "# storm begins"
cases hello traps fpu iret usermode
ok "guests" each guest
sleep "$LODGE_SECONDS"
ok "each guest gets on" each domain_runs
echo "# storm ends"
echo "# $(counted taken) and $(counted foreign) NMIs in $(counter exits) exits: $(counter exit_nmi)" \
	"in guests, $(counter nmi_entry) on the way in, $(counter nmi_late) on the way out"
ok "NMIs from CPU to CPU" more_than 1000 "$(counted taken)"
ok "NMIs from outside" more_than 50 "$(counted foreign)"
ok "they hit guests" more_than 100 "$(counter exit_nmi)"
ok "they hit the way in" more_than 10 "$(counter nmi_entry)"
ok "they hit the way out" more_than 10 "$(counter nmi_late)"
ok "the shadows are right" audit
ok "the guests end" each lodge destroy
ok "the storm ends" rmmod nmi_storm
ok "no NMI is lost" none_lost
