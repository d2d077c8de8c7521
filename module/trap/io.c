// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O.  There is nothing behind any port: reads yield all ones, writes
 * vanish.  What remains is who may try: by the virtual IOPL or by the bitmap
 * that the guest kernel registers, else #GP (ABI 4.1).
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>

#include <xen/interface/xen.h>
#include <xen/interface/physdev.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "trap/decode.h"
#include "trap/emulate.h"

#define IO_PORTS	65536
/* Iterations of a repeated instruction before pending work is looked at. */
#define IO_REP_BATCH	64

bool lodge_io_permitted(struct lodge_vcpu *v, u16 port, unsigned int bytes)
{
	u8 bits[2] = { 0xff, 0xff };
	unsigned int mask = ((1 << bytes) - 1) << (port & 7);
	u64 va = v->iobitmap_va + (port >> 3);

	if (lodge_iopl_ok(v, v->kernel_mode))
		return true;
	/* Xen's comparison: the last port of a bitmap is out of reach. */
	if (v->iobitmap_ports <= port + bytes)
		return false;
	/* What cannot be read forbids. */
	if (lodge_guest_read(v, bits, va, sizeof(bits)) &&
	    lodge_guest_read(v, bits, va, 1))
		return false;
	return !((bits[0] | bits[1] << 8) & mask);
}

static void breakpoint(struct lodge_vcpu *v, u64 hit)
{
	if (!hit)
		return;
	v->dr6 |= hit | 0xffff0ff0;
	lodge_vcpu_inject(v, X86_TRAP_DB, 0);
}

enum { RCX = 1, RSI = 6, RDI = 7 };

/* INS (0x6c, 0x6d) or OUTS once, without the count. */
static enum lodge_emulate_result string_once(struct lodge_vcpu *v, const struct lodge_insn *insn,
					     u64 regs[16], unsigned int size)
{
	bool in = insn->opcode < 0x6e;
	unsigned int reg = in ? RDI : RSI;
	u32 data = ~0U;
	bool done;
	u64 va;

	if (!lodge_segment_address(v, insn->bits, in ? LODGE_SEG_ES : insn->segment,
				   lodge_truncate(regs[reg], insn->addr_size), size, &va))
		return LODGE_EMULATE_NOT_MINE;
	/* What OUTS writes goes nowhere, but must be there. */
	done = in ? lodge_emulate_store(v, va, &data, size) :
		    lodge_emulate_load(v, va, &data, size);
	if (!done)
		return LODGE_EMULATE_FAULT;
	lodge_reg_step(insn, regs, reg, v->regs.rflags & X86_EFLAGS_DF ? -(s64)size : size);
	return LODGE_EMULATE_DONE;
}

/* Registers are up to date after every iteration, whatever the next one meets. */
static enum lodge_emulate_result string_io(struct lodge_vcpu *v, const struct lodge_insn *insn,
					   const struct lodge_code *code, u64 next,
					   unsigned int size, u64 hit)
{
	/* A breakpoint or single step is due after each iteration. */
	unsigned int batch = hit || (v->regs.rflags & X86_EFLAGS_TF) ? 1 : IO_REP_BATCH;
	bool rep = insn->rep || insn->repne;
	enum lodge_emulate_result res;
	u64 regs[16];
	unsigned int i;

	lodge_gpr_load(v, regs);
	for (i = 0; i < batch; i++) {
		if (rep && !lodge_truncate(regs[RCX], insn->addr_size))
			break;
		res = string_once(v, insn, regs, size);
		if (res != LODGE_EMULATE_DONE)
			return res;
		if (rep)
			lodge_reg_step(insn, regs, RCX, -1);
		lodge_gpr_store(v, regs);
		if (!rep)
			break;
	}
	if (rep && lodge_truncate(regs[RCX], insn->addr_size)) {
		if (batch > 1)
			return LODGE_EMULATE_AGAIN;
		next = v->regs.rip;
	}
	lodge_emulate_advance(v, code, next);
	if (i || !rep)
		breakpoint(v, hit);
	return LODGE_EMULATE_DONE;
}

enum lodge_emulate_result lodge_emulate_io(struct lodge_vcpu *v, const struct lodge_insn *insn,
					   const struct lodge_code *code, u64 next)
{
	unsigned int size = min_t(unsigned int, insn->op_size, 4);
	bool immediate = insn->opcode >= 0xe4 && insn->opcode <= 0xe7;
	u16 port = immediate ? (u8)insn->imm : (u16)v->regs.rdx;
	u64 hit;

	if (!lodge_io_permitted(v, port, size))
		return LODGE_EMULATE_NOT_MINE;
	lodge_count(v, io_port);
	hit = lodge_debugreg_io(v, port, size);

	if (insn->opcode < 0x70)
		return string_io(v, insn, code, next, size, hit);

	/* Bit 1 tells OUT from IN. */
	if (!(insn->opcode & 2))
		lodge_gpr_write(v, insn, 0, size, ~0ULL);
	lodge_emulate_advance(v, code, next);
	breakpoint(v, hit);
	return LODGE_EMULATE_DONE;
}

static long set_iopl(struct lodge_vcpu *v, u64 arg)
{
	struct physdev_set_iopl op;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	if (op.iopl > 3)
		return -EINVAL;
	v->iopl = op.iopl;
	return 0;
}

static long set_iobitmap(struct lodge_vcpu *v, u64 arg)
{
	struct physdev_set_iobitmap op;
	u64 va;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	va = (u64)op.bitmap;
	if (op.nr_ports > IO_PORTS || !lodge_guest_va_ok(va) ||
	    !lodge_guest_va_ok(va + IO_PORTS / 8 - 1))
		return -EINVAL;
	v->iobitmap_va = va;
	v->iobitmap_ports = op.nr_ports;
	return 0;
}

static long no_irq(struct lodge_vcpu *v, u64 arg)
{
	u64 op;

	return lodge_guest_get(v, op, arg) ? -EFAULT : -EINVAL;
}

/* A guest has no physical interrupts and no PCI devices. */
LODGE_HC(physdev_op)
{
	switch ((u32)args->a[0]) {
	case PHYSDEVOP_set_iopl:
		return set_iopl(v, args->a[1]);
	case PHYSDEVOP_set_iobitmap:
		return set_iobitmap(v, args->a[1]);
	case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
		return 0;
	case PHYSDEVOP_eoi:
	case PHYSDEVOP_irq_status_query:
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
		return no_irq(v, args->a[1]);
	case PHYSDEVOP_unmap_pirq:
		return -EINVAL;
	case PHYSDEVOP_apic_read:
	case PHYSDEVOP_apic_write:
	case PHYSDEVOP_alloc_irq_vector:
	case PHYSDEVOP_map_pirq:
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_remove:
	case PHYSDEVOP_manage_pci_add_ext:
	case PHYSDEVOP_restore_msi:
	case PHYSDEVOP_restore_msi_ext:
	case PHYSDEVOP_setup_gsi:
	case PHYSDEVOP_pci_mmcfg_reserved:
	case PHYSDEVOP_pci_device_add:
	case PHYSDEVOP_pci_device_remove:
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
	case PHYSDEVOP_dbgp_op:
		return -EPERM;
	}
	return -ENOSYS;
}
