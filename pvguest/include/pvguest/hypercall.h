/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls. hypercall() is a raw `syscall`; a test of the hypercall page calls
 * hypercall_by(page, ...) instead. Results are Xen's: negative errno on failure.
 */
#ifndef PVGUEST_HYPERCALL_H
#define PVGUEST_HYPERCALL_H

#include <pvguest/types.h>
#include <xen/errno.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/features.h>
#include <xen/nmi.h>

static inline long hypercall(unsigned long nr, unsigned long a1, unsigned long a2,
			     unsigned long a3, unsigned long a4, unsigned long a5)
{
	register unsigned long r10 asm("r10") = a4;
	register unsigned long r8 asm("r8") = a5;
	long ret;

	asm volatile("syscall"
		     : "=a" (ret), "+D" (a1), "+S" (a2), "+d" (a3), "+r" (r10), "+r" (r8)
		     : "0" (nr)
		     : "rcx", "r11", "memory");
	return ret;
}

/* hypercall_by - through the stub for nr in a hypercall page */
static inline long hypercall_by(const void *page, unsigned long nr, unsigned long a1,
				unsigned long a2, unsigned long a3, unsigned long a4,
				unsigned long a5)
{
	register unsigned long r10 asm("r10") = a4;
	register unsigned long r8 asm("r8") = a5;
	const char *stub = (const char *)page + nr * 32;
	long ret;

	asm volatile("call *%[stub]"
		     : "=a" (ret), "+D" (a1), "+S" (a2), "+d" (a3), "+r" (r10), "+r" (r8)
		     : [stub] "r" (stub)
		     : "rcx", "r11", "memory");
	return ret;
}

#define HC0(nr)			hypercall(nr, 0, 0, 0, 0, 0)
#define HC1(nr, a)		hypercall(nr, (unsigned long)(a), 0, 0, 0, 0)
#define HC2(nr, a, b)		hypercall(nr, (unsigned long)(a), (unsigned long)(b), 0, 0, 0)
#define HC3(nr, a, b, c)	hypercall(nr, (unsigned long)(a), (unsigned long)(b), \
					  (unsigned long)(c), 0, 0)
#define HC4(nr, a, b, c, d)	hypercall(nr, (unsigned long)(a), (unsigned long)(b), \
					  (unsigned long)(c), (unsigned long)(d), 0)

#define hc_set_trap_table(t)		HC1(__HYPERVISOR_set_trap_table, t)
#define hc_mmu_update(r, n, done, dom)	HC4(__HYPERVISOR_mmu_update, r, n, done, dom)
#define hc_set_gdt(frames, n)		HC2(__HYPERVISOR_set_gdt, frames, n)
#define hc_stack_switch(ss, sp)		HC2(__HYPERVISOR_stack_switch, ss, sp)
#define hc_set_callbacks(e, f, s)	HC3(__HYPERVISOR_set_callbacks, e, f, s)
#define hc_fpu_taskswitch(set)		HC1(__HYPERVISOR_fpu_taskswitch, set)
#define hc_sched_op_compat(cmd, arg)	HC2(__HYPERVISOR_sched_op_compat, cmd, arg)
#define hc_set_debugreg(n, v)		HC2(__HYPERVISOR_set_debugreg, n, v)
#define hc_get_debugreg(n)		HC1(__HYPERVISOR_get_debugreg, n)
#define hc_update_descriptor(ma, d)	HC2(__HYPERVISOR_update_descriptor, ma, d)
#define hc_memory_op(cmd, arg)		HC2(__HYPERVISOR_memory_op, cmd, arg)
#define hc_multicall(l, n)		HC2(__HYPERVISOR_multicall, l, n)
#define hc_update_va_mapping(va, v, f)	HC3(__HYPERVISOR_update_va_mapping, va, v, f)
#define hc_set_timer_op(t)		HC1(__HYPERVISOR_set_timer_op, t)
#define hc_xen_version(cmd, arg)	HC2(__HYPERVISOR_xen_version, cmd, arg)
#define hc_console_io(cmd, n, p)	HC3(__HYPERVISOR_console_io, cmd, n, p)
#define hc_grant_table_op(cmd, p, n)	HC3(__HYPERVISOR_grant_table_op, cmd, p, n)
#define hc_vm_assist(cmd, type)		HC2(__HYPERVISOR_vm_assist, cmd, type)
#define hc_vcpu_op(cmd, id, arg)	HC3(__HYPERVISOR_vcpu_op, cmd, id, arg)
#define hc_set_segment_base(w, b)	HC2(__HYPERVISOR_set_segment_base, w, b)
#define hc_mmuext_op(o, n, done, dom)	HC4(__HYPERVISOR_mmuext_op, o, n, done, dom)
#define hc_nmi_op(cmd, arg)		HC2(__HYPERVISOR_nmi_op, cmd, arg)
#define hc_sched_op(cmd, arg)		HC2(__HYPERVISOR_sched_op, cmd, arg)
#define hc_callback_op(cmd, arg)	HC2(__HYPERVISOR_callback_op, cmd, arg)
#define hc_event_channel_op(cmd, arg)	HC2(__HYPERVISOR_event_channel_op, cmd, arg)
#define hc_physdev_op(cmd, arg)		HC2(__HYPERVISOR_physdev_op, cmd, arg)

#endif
