#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
#
# First process of the host in Bochs: lodge, lodged and the test guests of
# /cases; what they print and a last line go to the serial console.

export PATH=/bin HOME=/
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
mount -t tmpfs none /run
mount -t debugfs none /sys/kernel/debug
exec >/dev/ttyS0 2>&1

echo "bochs: CPU$(sed -n '/^flags/{s/.*://p;q}' /proc/cpuinfo)"
echo "bochs: CR4 $(dmesg | sed -n 's/.*Control-flow Enforcement.*/CET/p')"
insmod /lodge.ko && wait-ready lodged </dev/null >/run/lodged.log 2>&1 || {
	cat /run/lodged.log
	lodge dmesg
	dmesg | tail -n 20
}
for case in $(cat /cases); do
	echo "bochs: case $case"
	lodge create -c "/$case.cfg" </dev/null
	echo "bochs: $case ended with $?"
done
lodge dmesg
rmmod lodge && echo "bochs: unloaded"
dmesg -r | grep -E '^<[0-4]>'
echo "bochs: done"
poweroff -f
