# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034
#
# What the scripts of this directory share.  The cache holds what is fetched or
# made once: Debian kernels (unpacked, never installed), the user land of the
# test host and emulators.  Each script prints the path of what it provides and
# makes it first if it is not there; messages go to standard error.

LODGE_CACHE=${LODGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lodge}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$LODGE_CACHE"

say()
{
	echo "$(basename "$0"): $*" >&2
}

die()
{
	say "$@"
	exit 1
}

# cache_lock NAME: one maker at a time; held until the script ends.
cache_lock()
{
	exec 9>"$LODGE_CACHE/.lock-$1"
	flock 9
}

# need PACKAGE...: have these packages installed on this machine.
need()
{
	"$here/packages" "$@" || exit 1
}

# mirror LABEL: the address apt itself uses for Debian's archive of that label.
mirror()
{
	apt-get indextargets \
		--format '$(CREATED_BY)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' |
		sed -n "s/^Packages|$1|main|//p" | head -n 1
}
