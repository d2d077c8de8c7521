/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All hypercalls: X(number, handler).  Numbers that are not here, and those
 * listed in Documentation as refused for good, are -ENOSYS.
 */
#define LODGE_HYPERCALLS(X) \
	X(0, set_trap_table) \
	X(1, mmu_update) \
	X(2, set_gdt) \
	X(3, stack_switch) \
	X(4, set_callbacks) \
	X(5, fpu_taskswitch) \
	X(6, sched_op_compat) \
	X(7, platform_op) \
	X(8, set_debugreg) \
	X(9, get_debugreg) \
	X(10, update_descriptor) \
	X(12, memory_op) \
	X(13, multicall) \
	X(14, update_va_mapping) \
	X(15, set_timer_op) \
	X(16, event_channel_op_compat) \
	X(17, xen_version) \
	X(18, console_io) \
	X(20, grant_table_op) \
	X(21, vm_assist) \
	X(22, update_va_mapping_otherdomain) \
	X(23, iret) \
	X(24, vcpu_op) \
	X(25, set_segment_base) \
	X(26, mmuext_op) \
	X(28, nmi_op) \
	X(29, sched_op) \
	X(30, callback_op) \
	X(32, event_channel_op) \
	X(33, physdev_op) \
	X(35, sysctl) \
	X(36, domctl)
