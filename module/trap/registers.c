// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls by which a guest kernel says how it is entered: stack, segment
 * bases, trap table, callbacks.  Errnos are those of Xen 4.17.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/trapnr.h>

#include <xen/interface/callback.h>
#include <xen/interface/nmi.h>
#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "trap/emulate.h"

LODGE_HC(stack_switch)
{
	/* Any address: what cannot be written to is found out when it is used. */
	v->kernel_ss = args->a[0] | 3;
	v->kernel_sp = args->a[1];
	return 0;
}

static long set_base(u64 *base, u64 val)
{
	if (!lodge_canonical(val))
		return -EINVAL;
	*base = val;
	return 0;
}

/*
 * The user's GS by selector.  It becomes the live selector, while the base in
 * force stays the kernel's.  A selector that cannot be loaded becomes null.
 */
static void set_user_gs(struct lodge_vcpu *v, u16 selector)
{
	/* Type: data, or code that can be read. */
	const u64 code = BIT_ULL(43), readable = BIT_ULL(41);
	u64 d;

	if (!lodge_descriptor_lookup(v, selector, &d) || ((d & code) && !(d & readable))) {
		v->gs = 0;
		v->gs_base_inactive = 0;
		return;
	}
	/* All of a guest runs in ring 3. */
	v->gs = selector | 3;
	v->gs_base_inactive = lodge_descriptor_base(d);
}

LODGE_HC(set_segment_base)
{
	u64 base = args->a[1];

	switch ((u32)args->a[0]) {
	case SEGBASE_FS:
		return set_base(&v->fs_base, base);
	case SEGBASE_GS_USER:
		return set_base(&v->gs_base_inactive, base);
	case SEGBASE_GS_KERNEL:
		return set_base(&v->gs_base_active, base);
	case SEGBASE_GS_USER_SEL:
		set_user_gs(v, base);
		return 0;
	}
	return -EINVAL;
}

LODGE_HC(set_trap_table)
{
	struct trap_info t;

	v->gates_changed = true;
	if (!args->a[0]) {
		memset(v->trap_table, 0, sizeof(v->trap_table));
		return 0;
	}
	for (;;) {
		if (lodge_guest_get(v, t, args->a[0]))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!lodge_canonical(t.address))
			return -EINVAL;
		v->trap_table[t.vector] = (struct lodge_gate) {
			.address = t.address,
			.cs = t.cs | 3,
			.dpl = TI_GET_DPL(&t),
			.mask_events = TI_GET_IF(&t),
		};
		/* The entries done are merged already: go on behind them. */
		args->a[0] += sizeof(t);
		if (lodge_hc_preempt(v))
			return LODGE_HC_AGAIN;
	}
}

/* The gate of vector 2 is the same handler under another name. */
static void set_nmi(struct lodge_vcpu *v, u64 address)
{
	struct lodge_gate gate = {
		.address = address,
		.cs = FLAT_KERNEL_CS,
		.mask_events = address != 0,
	};

	v->trap_table[X86_TRAP_NMI] = gate;
	v->callback[LODGE_CALLBACK_NMI] = gate;
}

static int callback_slot(u16 type)
{
	switch (type) {
	case CALLBACKTYPE_event:
		return LODGE_CALLBACK_EVENT;
	case CALLBACKTYPE_failsafe:
		return LODGE_CALLBACK_FAILSAFE;
	case CALLBACKTYPE_syscall:
		return LODGE_CALLBACK_SYSCALL;
	case CALLBACKTYPE_nmi:
		return LODGE_CALLBACK_NMI;
	case CALLBACKTYPE_sysenter:
		return LODGE_CALLBACK_SYSENTER;
	case CALLBACKTYPE_syscall32:
		return LODGE_CALLBACK_SYSCALL32;
	}
	return -ENOSYS;
}

static long register_callback(struct lodge_vcpu *v, u16 type, u16 flags, u64 address)
{
	int slot = callback_slot(type);

	if (!lodge_canonical(address))
		return -EINVAL;
	if (slot < 0)
		return slot;
	if (slot == LODGE_CALLBACK_NMI) {
		set_nmi(v, address);
		return 0;
	}
	v->gates_changed = true;
	v->callback[slot] = (struct lodge_gate) {
		.address = address,
		.cs = FLAT_KERNEL_CS,
		/* an event upcall always masks events */
		.mask_events = slot == LODGE_CALLBACK_EVENT || (flags & CALLBACKF_mask_events),
	};
	return 0;
}

/* Only the NMI callback can be taken back. */
static long unregister_callback(struct lodge_vcpu *v, u16 type)
{
	int slot = callback_slot(type);

	if (slot != LODGE_CALLBACK_NMI)
		return slot < 0 ? slot : -EINVAL;
	set_nmi(v, 0);
	return 0;
}

LODGE_HC(callback_op)
{
	struct callback_unregister u;
	struct callback_register r;

	switch ((u32)args->a[0]) {
	case CALLBACKOP_register:
		if (lodge_guest_get(v, r, args->a[1]))
			return -EFAULT;
		return register_callback(v, r.type, r.flags, r.address);
	case CALLBACKOP_unregister:
		if (lodge_guest_get(v, u, args->a[1]))
			return -EFAULT;
		return unregister_callback(v, u.type);
	}
	return -ENOSYS;
}

/* The older form, which cannot fail: an address that is refused changes nothing. */
LODGE_HC(set_callbacks)
{
	register_callback(v, CALLBACKTYPE_event, 0, args->a[0]);
	register_callback(v, CALLBACKTYPE_failsafe, 0, args->a[1]);
	register_callback(v, CALLBACKTYPE_syscall, 0, args->a[2]);
	return 0;
}

LODGE_HC(nmi_op)
{
	struct xennmi_callback cb;

	switch ((u32)args->a[0]) {
	case XENNMI_register_callback:
		if (lodge_guest_get(v, cb, args->a[1]))
			return -EFAULT;
		return register_callback(v, CALLBACKTYPE_nmi, 0, cb.handler_address);
	case XENNMI_unregister_callback:
		set_nmi(v, 0);
		return 0;
	}
	return -ENOSYS;
}
