/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a vcpu has done, counted: one line a counter, with words.
 * Written by the vcpu's own thread only; read at any time.
 */
#ifndef LODGE_COUNTERS_H
#define LODGE_COUNTERS_H

#include <linux/types.h>

#define LODGE_COUNTERS(X) \
	X(exits,		"exits from the guest, all kinds") \
	X(exit_light,		"of these, light ones: page tables and faults, interrupts off") \
	X(exit_near,		"of these, before the host's tables were back") \
	X(exit_quick,		"of these, the shortest: one page-table entry, roots, faults of user mode") \
	X(exit_interrupt,	"exits by a host interrupt") \
	X(exit_nmi,		"exits by NMI or machine check") \
	X(nmi_entry,		"NMIs that hit the way into the guest, which was given up") \
	X(nmi_late,		"NMIs that hit the way out of it, raised again in the host") \
	X(exit_hypercall,	"system calls from the guest kernel") \
	X(exit_syscall,		"system calls from guest user space") \
	X(exit_page_fault,	"page faults, all kinds") \
	X(exit_gp,		"general protection faults") \
	X(exit_exception,	"other exceptions") \
	X(pf_bounced,		"page faults given to the guest kernel") \
	X(pf_shadow,		"page faults that filled a shadow entry") \
	X(pf_write_emulated,	"writes to page tables emulated") \
	X(pf_unshadowed,	"page tables unshadowed by a plain write") \
	X(bounces,		"exceptions and system calls given to the guest kernel") \
	X(upcalls,		"event upcalls delivered") \
	X(iret,			"iret hypercalls") \
	X(fast_syscall,		"system calls to the guest kernel without an exit") \
	X(fast_iret,		"iret hypercalls without an exit") \
	X(fast_fault,		"exceptions given to the guest kernel without an exit") \
	X(fast_call,		"other hypercalls without an exit") \
	X(emulated,		"privileged instructions emulated") \
	X(io_port,		"port accesses emulated") \
	X(shadow_fill,		"shadow tables filled") \
	X(shadow_zap,		"shadow tables dropped") \
	X(pt_update,		"page-table entries written by hypercall") \
	X(gup,			"host pages looked up") \
	X(flush_remote,		"waits for other CPUs before a frame became a table") \
	X(halts,		"times it slept in block or poll")

struct lodge_vcpu_counters {
#define LODGE_COUNTER_FIELD(name, text) u64 name;
	LODGE_COUNTERS(LODGE_COUNTER_FIELD)
#undef LODGE_COUNTER_FIELD
	u64 hypercall[64];		/* by number */
};

#define lodge_count(v, name) ((v)->counters.name++)

#endif
