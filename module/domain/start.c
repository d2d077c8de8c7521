// SPDX-License-Identifier: GPL-2.0-only
/*
 * The start of day of a domain (ABI 1.4): what the builder left in memory gets
 * its rings and its first vcpu.
 */
#include <linux/string.h>
#include <asm/processor-flags.h>

#include <xen/interface/xen.h>

#include <lodge/device.h>

#include "backend/backend.h"
#include "domain/domain.h"
#include "mm/access.h"

static bool gfn_used(u64 gfn)
{
	return gfn != LODGE_NO_GFN;
}

static bool same_frame(u64 a, u64 b)
{
	return gfn_used(a) && a == b;
}

static bool request_ok(const struct lodge_boot *b)
{
	u64 gfn[] = { b->cr3_gfn, b->console_gfn, b->store_gfn, b->hypercall_gfn };
	int i, j;

	if (memchr_inv(b->reserved, 0, sizeof(b->reserved)))
		return false;
	if (!lodge_guest_va_ok(b->rip) || !lodge_guest_va_ok(b->rsp) || !lodge_canonical(b->rsi))
		return false;
	/* Frame 0 is "none" to the guest (store_mfn, console.mfn) and in cr3_user. */
	if (!gfn_used(b->cr3_gfn) || !b->cr3_gfn || !b->console_gfn || !b->store_gfn)
		return false;
	for (i = 0; i < ARRAY_SIZE(gfn); i++)
		for (j = 0; j < i; j++)
			if (same_frame(gfn[i], gfn[j]))
				return false;
	return true;
}

/* Would a ring backend accept this frame?  Asked before anything has changed. */
static int check_ring(struct lodge_domain *d, u64 gfn)
{
	struct page *page;

	if (!gfn_used(gfn))
		return 0;
	page = lodge_frame_pin(d, gfn);
	if (IS_ERR(page))
		return PTR_ERR(page);
	lodge_frame_unpin(page);
	return 0;
}

static int connect_rings(struct lodge_domain *d, const struct lodge_boot *b)
{
	int err = 0;

	if (gfn_used(b->console_gfn))
		err = lodge_console_connect(d, b->console_gfn);
	if (!err && gfn_used(b->store_gfn))
		err = lodge_store_connect(d, b->store_gfn);
	return err;
}

static void set_registers(struct lodge_vcpu *v, const struct lodge_boot *b)
{
	v->regs = (struct lodge_regs) {
		.rip = b->rip,
		.rsp = b->rsp,
		.rsi = b->rsi,
		.cs = FLAT_KERNEL_CS,
		.ss = FLAT_KERNEL_SS,
		.rflags = X86_EFLAGS_IF | X86_EFLAGS_FIXED,
	};
	v->kernel_sp = b->rsp;
	v->kernel_ss = FLAT_KERNEL_SS;
	v->kernel_mode = true;
	v->cr3_kernel = b->cr3_gfn;
	v->cr3_user = 0;
	v->initialised = true;
	v->down = false;
}

int lodge_domain_boot(struct lodge_domain *d, const struct lodge_boot *boot)
{
	unsigned long flags;
	int err;

	if (!request_ok(boot))
		return -EINVAL;

	mutex_lock(&d->life);
	err = -EBUSY;
	if (d->state != LODGE_DOMAIN_EMPTY || d->dying)
		goto out;

	err = check_ring(d, boot->console_gfn);
	if (!err)
		err = check_ring(d, boot->store_gfn);
	if (!err)
		err = lodge_mm_set_boot(d, boot);
	if (err)
		goto out;
	/* Both frames were good a moment ago: only want of memory can stop it here. */
	err = connect_rings(d, boot);
	if (err)
		goto out;

	set_registers(d->vcpu[0], boot);
	spin_lock_irqsave(&d->lock, flags);
	/* The host may have ended it meanwhile. */
	if (d->state == LODGE_DOMAIN_EMPTY)
		/* whoever sees READY finds the registers; partners: ioc_run(), the run loop */
		smp_store_release(&d->state, LODGE_DOMAIN_READY);
	spin_unlock_irqrestore(&d->lock, flags);
	lodge_event_send(d, LODGE_EVENT_READY);
out:
	mutex_unlock(&d->life);
	return err;
}
