#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# First process of the host in Bochs: lodge, lodged and the domains of /cases.
# What they print and lines beginning with "bochs:" go to the serial console,
# the last of them "bochs: done".

export PATH=/bin HOME=/
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /run
mount -t debugfs none /sys/kernel/debug
# the log comes at the end, apart from the rest
dmesg -n 1
exec >/dev/ttyS0 2>&1

audit()
{
	until grep -q '^work done' "$1"; do
		kill -0 "$2" || return
		sleep 1
	done
	echo "bochs: $(cat /sys/kernel/debug/lodge/*/audit)"
	echo >&3
}

echo "bochs: flags$(sed -n '/^flags/{s/.*://p;q}' /proc/cpuinfo) "
insmod /lodge.ko && wait-ready lodged </dev/null >/run/lodged.log 2>&1 ||
	cat /run/lodged.log
while read -r case; do
	echo "bochs: case $case"
	if [ "$case" = linux ]; then
		mkfifo /run/in
		lodge create -c /linux.cfg </run/in >/run/linux 2>&1 &
		exec 3>/run/in
		audit /run/linux $!
		wait $!
		status=$?
		cat /run/linux
	else
		lodge create -c "/$case.cfg" </dev/null
		status=$?
	fi
	echo "bochs: $case ended with $status"
done </cases
lodge dmesg
rmmod lodge && echo "bochs: unloaded"
echo "bochs: log"
# what the host says about this machine before is its own affair
dmesg | sed '1,/ lodge: loading/d'
echo "bochs: done"
# waits until it has been sent
stty sane </dev/ttyS0
poweroff -f
