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

# domain_field DOMAIN KEY: one word of what lodge knows about it.
domain_field()
{
	lodge info --json "$1" | sed -n "s/.*\"$2\":[[:space:]]*\"\{0,1\}\([^\",]*\).*/\1/p" |
		head -n 1
}

# domain_runs DOMAIN: it uses time; says what is known about it if it does not.
domain_runs()
{
	lib_before=$(domain_field "$1" cpu_time)
	lib_moved()
	{
		lib_now=$(domain_field "$1" cpu_time)
		[ "$lib_now" ] && [ "$lib_now" -gt "$lib_before" ]
	}
	until_true 60 lib_moved "$1" || {
		lodge info "$1"
		return 1
	}
}

# domain_ramdisk_with SERIES FILE MODULE...: the ramdisk and, in its /modules, drivers
# of the stock kernel.
domain_ramdisk_with()
{
	lib_series=$1 lib_file=$2
	shift 2
	lib_dir=$(mktemp -d) && mkdir "$lib_dir/modules" || return
	for lib_name; do
		lib_path=$(find "$lib_cache/kernels/$lib_series/lib/modules" -name "$lib_name.ko*")
		case $lib_path in
		*.xz) xz -dc "$lib_path" >"$lib_dir/modules/$lib_name.ko" ;;
		*.ko) cp "$lib_path" "$lib_dir/modules/" ;;
		*) echo "no module $lib_name of $lib_series"; return 1 ;;
		esac
	done
	{
		cat "$(domain_ramdisk)"
		(cd "$lib_dir" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1
	} >"$lib_file"
	rm -rf "$lib_dir"
}
