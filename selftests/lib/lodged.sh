# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# lodged, stopped and started by a test.  Needs tap.sh and domain.sh.

lodged_start()
{
	"$lib_tree/build/selftests/wait-ready" lodged </dev/null >>/run/lodged.log 2>&1
}

lodged_runs()
{
	pidof lodged >/dev/null
}

# Both wait until it is gone.
lodged_stop()
{
	lib_lodged=$(pidof lodged) || return
	kill "$lib_lodged" && until_true 10 lodged_stopped
}

lodged_kill()
{
	lib_lodged=$(pidof lodged) || return
	kill -9 "$lib_lodged" && until_true 10 lodged_stopped
}

lodged_stopped()
{
	! lodged_runs
}
