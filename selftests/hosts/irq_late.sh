#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host that counts instructions: guests that want much done at once, and
# how long interrupts are off for them at worst.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

LIMIT=20000
late=/sys/kernel/debug/irq_late
module=$lib_tree/build/$(uname -r)/selftests/irq_late.ko

# worst lodge|host|others; the number of samples, in vcpus: samples
worst()
{
	awk -v who="$1" '$1 == who && $5 > n { n = $5 } END { print n + 0 }' "$late"
}

samples()
{
	awk '$1 == "lodge" { n += $3 } END { print n + 0 }' "$late"
}

# A stretch that is there is seen, in whole but for what passes before the timer goes off.
stretch_is_seen()
{
	echo reset >"$late"
	for _ in 1 2 3 4 5; do
		echo 200000 >"$late"
	done
	cat "$late"
	[ "$(worst others)" -gt 160000 ]
}

within_limit()
{
	cat "$late"
	[ "$(samples)" -gt "$1" ] && [ "$(worst lodge)" -lt "$LIMIT" ]
}

# What a guest can bring about it brings about again; a long interrupt of the host's,
# which lodge passes on with interrupts off, comes once.
within_limit_or_again()
{
	within_limit "$2" && return
	echo reset >"$late"
	one_case "$1"
	within_limit "$2"
}

# measured NAME SAMPLES: a test guest, and interrupts meanwhile
measured()
{
	echo reset >"$late"
	ok "$1" one_case "$1"
	ok "$1: interrupts are off for less than $LIMIT instructions" within_limit_or_again "$1" "$2"
	echo "# $1: $(worst lodge) at worst of $(samples), $(worst host) in the host"
}

guests="bomb-tree bomb-linear bomb-batch-short bomb-flushes bomb-lists bomb-pins pagetables ptewrite"
[ "$LODGE_LONG" = 1 ] && guests="$guests bomb-batch churn fuzz-1 grants hypercalls multicall"
# shellcheck disable=SC2086 # words
set -- $guests
plan $((2 * $# + 3))
ok "a timer to be late" insmod "$module"
ok "a stretch of 200,000 is seen" stretch_is_seen
for guest; do
	measured "$guest" 100
done
ok "the timer ends" rmmod irq_late
