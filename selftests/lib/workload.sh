# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What a test host is made to do, whatever the host is: test guests, a stock
# Linux, its shadows proved, the module out.  After tap.sh and domain.sh.

work_debugfs=/sys/kernel/debug/lodge
work_guests=$lib_tree/build/pvguest

# guest NAME [OPTION...]: creates that test guest, wherever the tree was built
guest()
{
	work_name=$1
	shift
	work_image=$(sed -n 's|^kernel="\(.*/\)*\(.*\)"|\2|p' "$work_guests/$work_name.cfg")
	lodge create "$@" "$work_guests/$work_name.cfg" "kernel=\"$work_guests/$work_image\""
}

# each COMMAND...: with each name of $guests behind it
each()
{
	# shellcheck disable=SC2154 # the script's
	for work_guest in $guests; do
		"$@" "$work_guest" || return
	done
}

# What is wrong with a test guest.
one_case()
{
	../guest/pvguest "$1" >"$tap_out/$1" 2>&1 && return
	grep -v '^ok' "$tap_out/$1"
	return 1
}

# cases NAME...: a point for each test guest
cases()
{
	for work_case; do
		ok "$work_case" one_case "$work_case"
	done
}

# counter NAME: its sum over all domains
counter()
{
	cat "$work_debugfs"/*/counters |
		awk -v name="$1" '$1 == name { for (i = 2; $i ~ /^[0-9]/; i++) n += $i }
			END { print n + 0 }'
}

# linux_start NAME SERIES COMMAND: a Linux that runs the command, says "work done"
# and waits for linux_end; its console is in $tap_out/NAME.
linux_start()
{
	domain_config "$1" "$2" "$3; echo work done; read -r line" >"$tap_out/$1.cfg" &&
	mkfifo "$tap_out/$1.in" || return
	lodge create -c "$tap_out/$1.cfg" <"$tap_out/$1.in" >"$tap_out/$1" 2>&1 &
	work_pid=$!
	exec 3>"$tap_out/$1.in"
}

linux_done()
{
	until_true 240 grep -q '^work done' "$tap_out/$1" || {
		cat "$tap_out/$1"
		lodge dmesg
		return 1
	}
}

linux_end()
{
	echo >&3
	exec 3>&-
	wait "$work_pid" || {
		cat "$tap_out/$1"
		return 1
	}
	rm "$tap_out/$1.in"
}

# Every shadow of every domain, proved against the guests' tables.
audit()
{
	for work_audit in "$work_debugfs"/*/audit; do
		cat "$work_audit"
	done >"$tap_out/audit"
	cat "$tap_out/audit"
	grep -q ' 0 errors$' "$tap_out/audit" && ! grep -qv ' 0 errors$' "$tap_out/audit"
}

# Prints what is left if something is.
unload()
{
	rmmod lodge && ! [ -e "$work_debugfs" ]
}
