// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCPUOP_initialise: the context in which one vcpu lets another begin (ABI 8).
 * Everything is checked before anything changes; what fails later leaves the
 * vcpu without a start of day.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/processor-flags.h>
#include <asm/fpu/types.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "trap/emulate.h"

/* Flags a guest may start with. IF is always on, IOPL is virtual, NT would fault in IRETQ. */
#define START_RFLAGS	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
			 X86_EFLAGS_AC | X86_EFLAGS_ID)

static bool context_ok(const struct vcpu_guest_context *c)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
		if (!lodge_canonical(c->trap_ctxt[i].address))
			return false;
	if (!lodge_canonical(c->user_regs.rip) || !lodge_canonical(c->user_regs.rsp) ||
	    !lodge_canonical(c->kernel_sp) || !lodge_canonical(c->fs_base) ||
	    !lodge_canonical(c->gs_base_kernel) || !lodge_canonical(c->gs_base_user) ||
	    !lodge_canonical(c->event_callback_eip) ||
	    !lodge_canonical(c->failsafe_callback_eip) ||
	    !lodge_canonical(c->syscall_callback_eip))
		return false;
	if (c->ldt_ents && !lodge_canonical(c->ldt_base))
		return false;
	return PAGE_ALIGNED(c->ldt_base) && c->ldt_ents <= LODGE_LDT_ENTRIES &&
	       c->gdt_ents <= LODGE_GDT_ENTRIES;
}

/*
 * The vcpu's FPU state may be live on another CPU, as that of a thread that
 * sleeps in the run ioctl: only that thread can change it.
 */
static int set_fpu(struct lodge_vcpu *v, const struct vcpu_guest_context *c)
{
	struct xregs_state *image;

	/* left from a start that failed later */
	kfree(v->fpu_image);
	v->fpu_image = NULL;
	if (!(c->flags & VGCF_I387_VALID))
		return 0;	/* as it was made: reset */
	image = kzalloc(v->fpu.uabi_size, GFP_KERNEL_ACCOUNT);
	if (!image)
		return -ENOMEM;
	memcpy(&image->i387, &c->fpu_ctxt, sizeof(image->i387));
	image->header.xfeatures = XFEATURE_MASK_FPSSE;
	v->fpu_image = image;
	return 0;
}

void lodge_vcpu_load_fpu(struct lodge_vcpu *v)
{
	struct xregs_state *image;
	u32 pkru;

	/* before that the image is the starter's */
	if (!smp_load_acquire(&v->initialised) || likely(!v->fpu_image))
		return;
	image = v->fpu_image;
	v->fpu_image = NULL;
	fpu_swap_kvm_fpstate(&v->fpu, false);
	/* Refuses MXCSR bits that the CPU does not know: then it stays as after reset. */
	fpu_copy_uabi_to_guest_fpstate(&v->fpu, image, XFEATURE_MASK_FPSSE, &pkru);
	fpu_swap_kvm_fpstate(&v->fpu, true);
	kfree(image);
}

static void set_registers(struct lodge_vcpu *v, const struct cpu_user_regs *r)
{
	v->regs = (struct lodge_regs) {
		.r15 = r->r15, .r14 = r->r14, .r13 = r->r13, .r12 = r->r12,
		.rbp = r->rbp, .rbx = r->rbx, .r11 = r->r11, .r10 = r->r10,
		.r9 = r->r9, .r8 = r->r8, .rax = r->rax, .rcx = r->rcx,
		.rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi,
		.rip = r->rip,
		.rsp = r->rsp,
		/* A guest kernel may mean ring 0: all of it runs in ring 3. */
		.cs = r->cs | 3,
		.ss = r->ss | 3,
		.rflags = (r->rflags & START_RFLAGS) | X86_EFLAGS_IF | X86_EFLAGS_FIXED,
	};
	v->iopl = (r->rflags & X86_EFLAGS_IOPL) >> X86_EFLAGS_IOPL_BIT;
	v->ds = r->ds;
	v->es = r->es;
	v->fs = r->fs;
	v->gs = r->gs;
}

static void set_gates(struct lodge_vcpu *v, const struct vcpu_guest_context *c)
{
	const u64 callback[] = {
		[LODGE_CALLBACK_EVENT] = c->event_callback_eip,
		[LODGE_CALLBACK_FAILSAFE] = c->failsafe_callback_eip,
		[LODGE_CALLBACK_SYSCALL] = c->syscall_callback_eip,
	};
	int i;

	/* By position: the vector field of an entry is not looked at. */
	for (i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
		v->trap_table[i] = (struct lodge_gate) {
			.address = c->trap_ctxt[i].address,
			.cs = c->trap_ctxt[i].cs | 3,
			.dpl = c->trap_ctxt[i].flags & 3,
			.mask_events = c->trap_ctxt[i].flags & 4,
		};

	v->gates_changed = true;
	memset(v->callback, 0, sizeof(v->callback));
	for (i = 0; i < ARRAY_SIZE(callback); i++)
		v->callback[i].address = callback[i];
	/* An event upcall always masks events. */
	v->callback[LODGE_CALLBACK_EVENT].mask_events = true;
	v->callback[LODGE_CALLBACK_FAILSAFE].mask_events = c->flags & VGCF_failsafe_disables_events;
	v->callback[LODGE_CALLBACK_SYSCALL].mask_events = c->flags & VGCF_syscall_disables_events;
}

static void set_modes(struct lodge_vcpu *v, const struct vcpu_guest_context *c)
{
	unsigned int i;

	v->kernel_mode = c->flags & VGCF_in_kernel;
	v->kernel_sp = c->kernel_sp;
	v->kernel_ss = c->kernel_ss | 3;
	v->fs_base = c->fs_base;
	v->gs_base_active = v->kernel_mode ? c->gs_base_kernel : c->gs_base_user;
	v->gs_base_inactive = v->kernel_mode ? c->gs_base_user : c->gs_base_kernel;
	v->ts = c->ctrlreg[0] & X86_CR0_TS;
	lodge_cr_write(v, 4, c->ctrlreg[4]);
	/* Values that a guest may not have leave what reset left, as on Xen. */
	for (i = 0; i < ARRAY_SIZE(c->debugreg); i++)
		if (i != 4 && i != 5)
			lodge_debugreg_write(v, i, c->debugreg[i]);
}

static int set_tables(struct lodge_vcpu *v, const struct vcpu_guest_context *c)
{
	u64 gfn[LODGE_GDT_FRAMES];
	int i, err;

	for (i = 0; i < ARRAY_SIZE(gfn); i++)
		gfn[i] = c->gdt_frames[i];
	err = lodge_mm_new_baseptr(v, xen_cr3_to_pfn(c->ctrlreg[3]));
	if (!err)
		err = lodge_mm_new_user_baseptr(v, xen_cr3_to_pfn(c->ctrlreg[1]));
	if (!err)
		err = lodge_gdt_set(v, gfn, c->gdt_ents);
	if (!err)
		err = lodge_ldt_set(v, c->ldt_base, c->ldt_ents);
	return err;
}

static int start(struct lodge_vcpu *v, const struct vcpu_guest_context *c)
{
	int err;

	if (v->initialised)
		return -EEXIST;
	if (!context_ok(c))
		return -EINVAL;
	err = set_fpu(v, c);
	if (!err)
		err = set_tables(v, c);
	if (err)
		return err;

	set_registers(v, &c->user_regs);
	set_gates(v, c);
	set_modes(v, c);
	/* its thread sleeps while it is down; whoever sees one of these finds all of the above */
	smp_store_release(&v->initialised, true);
	if (c->flags & VGCF_online) {
		/* partner: the run loop, which looks at down before anything else */
		smp_store_release(&v->down, false);
		lodge_vcpu_kick(v);
	}
	return 0;
}

int lodge_vcpu_start(struct lodge_vcpu *caller, struct lodge_vcpu *v,
		     const struct vcpu_guest_context *ctx)
{
	struct lodge_domain *d = caller->domain;
	int err;

	mutex_lock(&d->vcpus);
	err = start(v, ctx);
	mutex_unlock(&d->vcpus);
	return err;
}
