# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the machine holds: to be the same before a test and after it.

# Pages in use that no cache can give back, in KiB.  Those on the lists of CPUs
# are free, too.
memory_held()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemTotal:/ { total = $2 } /^MemFree:/ { free = $2 }
		/^ *count: / { free += $2 * 4 }
		END { print total - free }' /proc/meminfo /proc/zoneinfo
}

# Objects of lodge's own slab caches.
slabs_held()
{
	awk '/^lodge/ { n += $2 } END { print n + 0 }' /proc/slabinfo
}

module_users()
{
	awk '$1 == "lodge" { print $3 }' /proc/modules
}

domains()
{
	lodge list --json | grep -c '"domid"'
}

no_domains()
{
	[ "$(domains)" -eq 0 ]
}

# settled SECONDS FUNCTION LIMIT: the figure comes down to the limit.
settled()
{
	settled_now()
	{
		[ "$("$1")" -le "$2" ]
	}
	until_true "$1" settled_now "$2" "$3" && return
	echo "$2: $("$2"), should be $3 at most"
	return 1
}
