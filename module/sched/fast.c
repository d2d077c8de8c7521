// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the switcher may answer by itself (switch/blob_fast.S), decided before each
 * entry.  All checks of values that do not change while the guest runs are made
 * here, so that the assembly has none to make: a handler is at an address of
 * the guest's, the stack has room for a frame outside slots 256-271, the roots
 * are there.
 */
#include <linux/module.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/traps.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/mm.h"
#include "sched/fast.h"
#include "sched/near.h"
#include "switch/switch.h"
#include "trap/emulate.h"

static bool fast_syscall = true;
module_param(fast_syscall, bool, 0644);
MODULE_PARM_DESC(fast_syscall, "system calls of guest user space go to the guest kernel without an exit");

static bool fast_iret = true;
module_param(fast_iret, bool, 0644);
MODULE_PARM_DESC(fast_iret, "the iret hypercall is answered without an exit");

static bool fast_fault = true;
module_param(fast_fault, bool, 0644);
MODULE_PARM_DESC(fast_fault, "exceptions that are the guest's own go to its kernel without an exit");

static bool fast_call = true;
module_param(fast_call, bool, 0644);
MODULE_PARM_DESC(fast_call, "small hypercalls are answered without an exit");

static const u8 vectors[] = { X86_TRAP_DE, X86_TRAP_BP, X86_TRAP_PF, X86_TRAP_MF, X86_TRAP_XF };

static u64 handler(const struct lodge_gate *g)
{
	return lodge_guest_va_ok(g->address) ? g->address : 0;
}

static void load_gates(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	const struct lodge_gate *g = &v->callback[LODGE_CALLBACK_SYSCALL];
	unsigned int i;

	data->syscall = handler(g);
	data->syscall_mask = g->mask_events;
	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		g = &v->trap_table[vectors[i]];
		data->gate[vectors[i]] = handler(g);
		data->gate_mask[vectors[i]] = g->mask_events;
	}
}

static u64 root(const struct lodge_shadow *s)
{
	return s ? lodge_mm_root_pa(s) : 0;
}

/* Linux runs its programs with these entries of its own GDT. */
#define USER_CS		0x33
#define USER_SS		0x2b

/*
 * As the CPU has them: a 64-bit code segment and a writable data segment, both
 * present.  IRETQ takes them then, and changes of a GDT are full exits.
 */
static void load_selectors(const struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	const u64 what = BIT_ULL(47) | BIT_ULL(44) | BIT_ULL(43), dpl = 3ULL << 45;
	const u64 is_long = BIT_ULL(53), writable = BIT_ULL(41);
	u64 cs = 0, ss = 0;

	if (v->gdt_entries > USER_CS >> 3) {
		cs = v->gdt[USER_CS >> 3];
		ss = v->gdt[USER_SS >> 3];
	}
	data->user_cs = (cs & (what | dpl | is_long)) == (what | dpl | is_long) ?
			USER_CS : LODGE_SEL_USER_CS64;
	data->user_ss = (ss & (what | dpl | writable)) ==
			((what & ~BIT_ULL(43)) | dpl | writable) ? USER_SS : LODGE_SEL_USER_DS;
	data->flat_ds = data->user_ss == USER_SS && !lodge_descriptor_base(ss) ?
			USER_SS : LODGE_SEL_USER_DS;
}

/* The same test as in the assembly. */
static u64 usable_stack(u64 sp)
{
	sp &= ~15ULL;
	return sp >= LODGE_FAST_LOWEST ? sp : 0;
}

/*
 * Not without FSGSBASE: bases could only be swapped by MSRs.  Not where the CPU
 * shows to user mode what is mapped for the supervisor (Meltdown): handlers and
 * vcpu_info of one domain would be in the reach of another.
 */
static u8 allowed(const struct lodge_vcpu *v, const struct lodge_switch_data *data)
{
	u8 fast = LODGE_FAST_SYSCALL | LODGE_FAST_FAULT;

	if (!data->fsgsbase || boot_cpu_has_bug(X86_BUG_CPU_MELTDOWN))
		return 0;
	/* a virtual IOPL is part of frames: rare enough to be left to C */
	if (unlikely(v->iopl && test_bit(VMASST_TYPE_architectural_iopl, &v->domain->vm_assist)))
		return fast_call ? LODGE_FAST_CALL : 0;
	if (!fast_syscall || !data->syscall)
		fast &= ~LODGE_FAST_SYSCALL;
	if (!fast_fault)
		fast &= ~LODGE_FAST_FAULT;
	/* iret ends the masking of NMIs, and may let in one that waits */
	if (fast_iret && !v->nmi_masked && !v->nmi_pending)
		fast |= LODGE_FAST_IRET;
	if (fast_call)
		fast |= LODGE_FAST_CALL;
	if (lodge_near_allowed(data))
		fast |= LODGE_FAST_NEAR;
	return fast;
}

void lodge_fast_load(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	struct lodge_switch_cpu *c = this_cpu_ptr(&lodge_switch_cpu);

	if (unlikely(c->gates != v || v->gates_changed)) {
		load_gates(v, data);
		c->gates = v;
		v->gates_changed = false;
	}
	lodge_switch_map_info(READ_ONCE(v->info));
	data->ts = v->ts;
	data->io_user = lodge_iopl_ok(v, false);
	data->io_kernel = lodge_iopl_ok(v, true);
	load_selectors(v, data);
	data->allowed = allowed(v, data);
	lodge_fast_reload(v, data);
}

void lodge_fast_roots(const struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	data->root_kernel = root(v->root_kernel);
	data->root_user = v->cr3_user ? root(v->root_user) : 0;
	if (unlikely(!data->root_kernel))
		data->fast &= ~(LODGE_FAST_SYSCALL | LODGE_FAST_FAULT | LODGE_FAST_NEAR);
}

void lodge_fast_reload(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	u8 fast = data->allowed;

	data->kernel_mode = v->kernel_mode;
	data->gs_inactive = v->gs_base_inactive;
	data->bounce = 0;
	data->kernel_sp = usable_stack(v->kernel_sp);
	data->kernel_sp_raw = v->kernel_sp;
	data->kernel_ss = v->kernel_ss;
	if (unlikely(!data->kernel_sp))
		fast &= ~LODGE_FAST_SYSCALL;
	data->fast = fast;
	lodge_fast_roots(v, data);
}

void lodge_fast_save(struct lodge_vcpu *v, struct lodge_switch_data *data)
{
	v->kernel_mode = data->kernel_mode;
	v->gs_base_inactive = data->gs_inactive;
	v->kernel_sp = data->kernel_sp_raw;
	v->kernel_ss = data->kernel_ss;
	v->counters.io_port += data->io_count;
	v->counters.fast_syscall += data->n_syscall;
	v->counters.fast_iret += data->n_iret;
	v->counters.fast_fault += data->n_fault;
	v->counters.fast_call += data->n_call;
	data->io_count = 0;
	data->n_syscall = 0;
	data->n_iret = 0;
	data->n_fault = 0;
	data->n_call = 0;
}

/* what the switcher's frames take of the entry stack at most */
#define STACK_USED	256
#define OF_THE_GUEST	offsetof(struct lodge_switch_data, fast)

void lodge_fast_forget(void)
{
	struct lodge_switch_cpu *c = this_cpu_ptr(&lodge_switch_cpu);
	struct lodge_switch_data *data = c->data;

	c->gates = NULL;
	lodge_switch_map_info(NULL);
	memset((void *)data + OF_THE_GUEST, 0,
	       offsetof(struct lodge_switch_data, stack) - OF_THE_GUEST);
	data->lowest = LODGE_FAST_LOWEST;
	data->scratch = 0;
	memset(data->stack + sizeof(data->stack) - STACK_USED, 0, STACK_USED);
}
