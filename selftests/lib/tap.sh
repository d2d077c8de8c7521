# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# TAP for tests in shell.  A test sources this, calls plan, then gives one
# verdict per point; the exit status is set when it ends.

tap_count=0
tap_failed=0
tap_out=$(mktemp -d "${TMPDIR:-/tmp}/tap.XXXXXX") || exit 1
trap 'tap_end' EXIT

plan()
{
	echo "TAP version 13"
	echo "1..$1"
}

# cleanup COMMAND: run this when the test ends, the last one given first.
tap_cleanup=
cleanup()
{
	tap_cleanup="$1
$tap_cleanup"
}

tap_end()
{
	tap_status=$?
	eval "$tap_cleanup"
	rm -rf "$tap_out"
	[ "$tap_failed" -eq 0 ] || exit 1
	exit "$tap_status"
}

diag()
{
	sed 's/^/# /' "$@"
}

pass()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $*"
}

fail()
{
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count $*"
}

# skip NAME REASON
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

# ok NAME COMMAND...: the point passes if the command succeeds; what the command
# prints is shown if it does not.
ok()
{
	tap_name=$1
	shift
	if "$@" >"$tap_out/output" 2>&1; then
		pass "$tap_name"
	else
		tap_result=$?
		fail "$tap_name"
		echo "$* : status $tap_result" | diag
		tail -n 40 "$tap_out/output" | diag
	fi
}

# refused NAME PATTERN COMMAND...: the command must fail, with a message in
# which grep -E finds the pattern.
refused()
{
	tap_name=$1 tap_pattern=$2
	shift 2
	if "$@" >"$tap_out/output" 2>&1; then
		fail "$tap_name"
		echo "$* : succeeded" | diag
	elif grep -qE -e "$tap_pattern" "$tap_out/output"; then
		pass "$tap_name"
	else
		fail "$tap_name"
		echo "no '$tap_pattern' in:" | diag
		tail -n 40 "$tap_out/output" | diag
	fi
}

# same NAME GOT WANTED
same()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		printf 'got:    %s\nwanted: %s\n' "$2" "$3" | diag
	fi
}

# until_true SECONDS COMMAND...: wait for something that has no event of its own.
until_true()
{
	tap_deadline=$(($(date +%s) + $1 * ${LODGE_PATIENCE:-1}))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$tap_deadline" ] || return 1
		sleep 0.1
	done
}
