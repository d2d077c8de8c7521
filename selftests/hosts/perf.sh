#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: profilers look at it while guests run.  Emulators have no counters
# of events, so samples come from a clock.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

guests="runaway-calls runaway-faults runaway-syscalls"

profile()
{
	perf record -q -a -g -e cpu-clock -F 2000 -o "$tap_out/perf.data" sleep "$LODGE_SECONDS"
}

# Time in guests shows as time in the instruction that got the interrupt.
samples()
{
	perf script -i "$tap_out/perf.data" -F comm,ip,sym 2>/dev/null |
		awk '/^vcpu|^lodge/ { n++ } END { print n + 0, "samples in runners"; exit n < 100 }'
}

cleanup 'each lodge destroy >/dev/null 2>&1'
plan 6
ok "guests" each guest
ok "perf record" profile
ok "it saw runners" samples
ok "perf stat" perf stat -a -e cpu-clock,context-switches,page-faults sleep 1
ok "guests get on" each domain_runs
ok "they end" each lodge destroy
