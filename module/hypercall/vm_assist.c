// SPDX-License-Identifier: GPL-2.0-only
/* vm_assist: switches of the ABI's old and optional behaviours. */
#include <linux/types.h>
#include <linux/bitops.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"

/* X: xen.h; the kernel's header lacks the last */
#define VMASST_TYPE_m2p_strict_nr	32

#define VALID	(BIT_ULL(VMASST_TYPE_4gb_segments) | BIT_ULL(VMASST_TYPE_4gb_segments_notify) | \
		 BIT_ULL(VMASST_TYPE_writable_pagetables) | \
		 BIT_ULL(VMASST_TYPE_pae_extended_cr3) | \
		 BIT_ULL(VMASST_TYPE_architectural_iopl) | \
		 BIT_ULL(VMASST_TYPE_runstate_update_flag) | BIT_ULL(VMASST_TYPE_m2p_strict_nr))

LODGE_HC(vm_assist)
{
	u32 cmd = args->a[0], type = args->a[1];

	if (type >= 64 || !(VALID >> type & 1))
		return -EINVAL;
	switch (cmd) {
	case VMASST_CMD_enable:
		set_bit(type, &v->domain->vm_assist);
		return 0;
	case VMASST_CMD_disable:
		clear_bit(type, &v->domain->vm_assist);
		return 0;
	}
	return -ENOSYS;
}
