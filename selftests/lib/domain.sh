# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Domains of stock Debian kernels, for scripts that run on a test host (or, with
# HOST=here, on any machine with the cache).

lib_tree=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
lib_cache=${LODGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lodge}
[ -d /cache/kernels ] && lib_cache=/cache

# The stock kernel of a series, as it comes out of its package.
domain_kernel()
{
	echo "$lib_cache/kernels/$1/vmlinuz"
}

domain_release()
{
	cat "$lib_cache/kernels/$1/release"
}

domain_ramdisk()
{
	echo "$lib_tree/build/selftests/domain.cpio.gz"
}

# domain_config NAME SERIES [COMMAND]: a configuration on standard output.  The
# domain runs the command and powers off, or has a shell on its console.
domain_config()
{
	cat <<-END
	name = "$1"
	type = "pv"
	kernel = "$(domain_kernel "$2")"
	ramdisk = "$(domain_ramdisk)"
	extra = 'console=hvc0${3:+ -- "$3"}'
	memory = 256
	vcpus = 1
	END
}
