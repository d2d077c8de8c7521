# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# shellcheck disable=SC2154 # tap.sh has set what is not set here
#
# A domain with a shell on its console, to which a test talks line by line.  After
# tap.sh and domain.sh.

# guest_config NAME SERIES: a configuration with the drivers of block and net devices
# beside its ramdisk, made once for a test.
guest_config()
{
	[ -e "$tap_out/ramdisk-$2" ] ||
		domain_ramdisk_with "$2" "$tap_out/ramdisk-$2" xen-blkfront xen-netfront ||
		return
	domain_config "$1" "$2" | sed "s|^ramdisk.*|ramdisk = \"$tap_out/ramdisk-$2\"|"
}

# guest_start CONFIG: until its shell is there.  One at a time.
guest_start()
{
	guest_console=$tap_out/guest.console
	rm -f "$tap_out/guest.in"
	mkfifo "$tap_out/guest.in"
	lodge create -c "$1" <"$tap_out/guest.in" >"$guest_console" 2>&1 &
	guest_pid=$!
	exec 7>"$tap_out/guest.in"
	echo 0 >"$tap_out/guest.count"
	guest_up()
	{
		grep -q 'A shell in the domain' "$guest_console" || ! kill -0 "$guest_pid"
	}
	until_true 150 guest_up && kill -0 "$guest_pid" && return
	tail -n 30 "$guest_console"
	return 1
}

# guest COMMAND: what it prints, with its status.
guest()
{
	# in a file, as it may be called in a subshell
	guest_count=$(($(cat "$tap_out/guest.count") + 1))
	echo "$guest_count" >"$tap_out/guest.count"
	# the terminal echoes the quotes, the shell does not
	echo "echo '<''$guest_count>'; { $1
}; echo \"<\"\"/$guest_count:\$?>\"" >&7
	guest_answered()
	{
		grep -q "<\/$guest_count:[0-9]*>" "$guest_console"
	}
	until_true "${guest_patience:-60}" guest_answered || {
		echo "guest: no answer to: $1"
		tail -n 20 "$guest_console"
		return 99
	}
	tr -d '\r' <"$guest_console" | awk -v n="$guest_count" '
		$0 == "<" n ">" { on = 1; next }
		index($0, "</" n ":") { exit }
		on' | grep -v '^\[ *[0-9.]*\] '
	return "$(sed -n "s|.*</$guest_count:\([0-9]*\)>.*|\1|p" "$guest_console" | head -n 1)"
}

guest_end()
{
	lodge destroy "$1"
	wait "$guest_pid"
	exec 7>&-
	return 0
}

# backends_or_skip CONFIG: a module without block or net devices ends the test here.
backends_or_skip()
{
	if lodge create -p "$1" >"$tap_out/probe" 2>&1; then
		lodge destroy "$(sed -n 's/^name = "\(.*\)"/\1/p' "$1")"
	elif grep -q 'not supported' "$tap_out/probe"; then
		echo "1..0 # SKIP $(cat "$tap_out/probe")"
		exit 4
	fi
}

# kill_lodged: at whatever it is doing; another one takes its place.
kill_lodged()
{
	lodged_pid=$(pidof lodged)
	kill -9 "$lodged_pid"
	setsid lodged -v >>"$tap_out/lodged.log" 2>&1 &
	lodged_new()
	{
		xenstore-read /tool/xenstored/domid && [ "$(pidof lodged)" != "$lodged_pid" ]
	}
	until_true 10 lodged_new >/dev/null 2>&1
}
