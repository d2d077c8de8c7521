#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host that lodge must refuse: LODGE_ERRNO and LODGE_SENTENCE say how.

. ../lib/tap.sh
. ../lib/domain.sh

sentences()
{
	dmesg | grep ' lodge: ' | grep -v 'taint'
}

plan 4
refused "insmod fails: $LODGE_ERRNO" "$LODGE_ERRNO" insmod "$lib_tree/build/$(uname -r)/lodge.ko"
ok "the log says: $LODGE_SENTENCE" eval 'sentences | grep -F -e "$LODGE_SENTENCE"'
same "in one sentence" "$(sentences | wc -l)" 1
ok "nothing is left" sh -c '! [ -e /sys/module/lodge ] && ! [ -e /dev/lodge ]'
