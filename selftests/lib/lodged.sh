# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# lodged, stopped and started by a test.  Needs tap.sh and domain.sh.

lodged_start()
{
	"$lib_tree/build/selftests/wait-ready" lodged </dev/null >>/run/lodged.log 2>&1
}

# The daemon's: a child of it has the same name until it becomes another program.
lodged_pid()
{
	pidof lodged | tr ' ' '\n' | sort -n | head -n 1 | grep .
}

lodged_runs()
{
	pidof lodged >/dev/null
}

# Both wait until it is gone, and has let go of its files: pidof(1) finds one that
# is being taken apart no more, while it still holds the lock that a successor needs.
lodged_stop()
{
	lib_lodged=$(lodged_pid) || return
	kill "$lib_lodged" && until_true 10 lodged_gone "$lib_lodged"
}

lodged_kill()
{
	lib_lodged=$(lodged_pid) || return
	kill -9 "$lib_lodged" && until_true 10 lodged_gone "$lib_lodged"
}

lodged_gone()
{
	! [ -e "/proc/$1" ] || grep -qs '^State:[[:space:]]*[ZX]' "/proc/$1/status"
}
