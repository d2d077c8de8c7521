#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Inside a host: a little of everything; LODGE_GUEST says which Linux.

. ../lib/tap.sh
. ../lib/domain.sh
. ../lib/workload.sh

guest=${LODGE_GUEST:-6.12}

plan 10
cases hello traps fpu iret usermode
ok "Linux $guest starts" linux_start work "$guest" report
ok "Linux $guest gets to its end" linux_done work
ok "its shadows are right" audit
ok "it powers off" linux_end work
ok "the module goes" unload
