/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: trace-cmd record -e lodge.  A line for each thing that happens
 * to a vcpu; numbers as in the guest's ABI.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM lodge

#if !defined(LODGE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LODGE_TRACE_H

#include <linux/tracepoint.h>

#include "domain/domain.h"

TRACE_EVENT(lodge_exit,
	TP_PROTO(const struct lodge_vcpu *v),
	TP_ARGS(v),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u64, vector)
		__field(u64, error)
		__field(u64, rip)
		__field(bool, kernel)
	),
	TP_fast_assign(
		__entry->domid = v->domain->domid;
		__entry->vcpu = v->id;
		__entry->vector = v->regs.vector;
		__entry->error = v->regs.error;
		__entry->rip = v->regs.rip;
		__entry->kernel = v->kernel_mode;
	),
	TP_printk("d%uv%u vector %llu error %llx rip %llx %s", __entry->domid, __entry->vcpu,
		  __entry->vector, __entry->error, __entry->rip,
		  __entry->kernel ? "kernel" : "user")
);

TRACE_EVENT(lodge_hypercall,
	TP_PROTO(const struct lodge_vcpu *v, u64 nr, u64 a0, u64 a1, u64 a2, u64 a3),
	TP_ARGS(v, nr, a0, a1, a2, a3),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u64, nr)
		__field(u64, a0)
		__field(u64, a1)
		__field(u64, a2)
		__field(u64, a3)
	),
	TP_fast_assign(
		__entry->domid = v->domain->domid;
		__entry->vcpu = v->id;
		__entry->nr = nr;
		__entry->a0 = a0;
		__entry->a1 = a1;
		__entry->a2 = a2;
		__entry->a3 = a3;
	),
	TP_printk("d%uv%u %llu(%llx, %llx, %llx, %llx)", __entry->domid, __entry->vcpu,
		  __entry->nr, __entry->a0, __entry->a1, __entry->a2, __entry->a3)
);

TRACE_EVENT(lodge_hypercall_done,
	TP_PROTO(const struct lodge_vcpu *v, u64 nr, long result),
	TP_ARGS(v, nr, result),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u64, nr)
		__field(long, result)
	),
	TP_fast_assign(
		__entry->domid = v->domain->domid;
		__entry->vcpu = v->id;
		__entry->nr = nr;
		__entry->result = result;
	),
	TP_printk("d%uv%u %llu = %ld", __entry->domid, __entry->vcpu, __entry->nr,
		  __entry->result)
);

TRACE_EVENT(lodge_inject,
	TP_PROTO(const struct lodge_vcpu *v, u8 vector, u32 error, u64 cr2),
	TP_ARGS(v, vector, error, cr2),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, vcpu)
		__field(u8, vector)
		__field(u32, error)
		__field(u64, cr2)
		__field(u64, rip)
	),
	TP_fast_assign(
		__entry->domid = v->domain->domid;
		__entry->vcpu = v->id;
		__entry->vector = vector;
		__entry->error = error;
		__entry->cr2 = cr2;
		__entry->rip = v->regs.rip;
	),
	TP_printk("d%uv%u vector %u error %x cr2 %llx rip %llx", __entry->domid, __entry->vcpu,
		  __entry->vector, __entry->error, __entry->cr2, __entry->rip)
);

TRACE_EVENT(lodge_crash,
	TP_PROTO(u32 domid, const char *reason),
	TP_ARGS(domid, reason),
	TP_STRUCT__entry(
		__field(u32, domid)
		__array(char, reason, LODGE_REASON_SIZE)
	),
	TP_fast_assign(
		__entry->domid = domid;
		strscpy(__entry->reason, reason, LODGE_REASON_SIZE);
	),
	TP_printk("d%u %s", __entry->domid, __entry->reason)
);

TRACE_EVENT(lodge_domain_event,
	TP_PROTO(u32 domid, u32 event),
	TP_ARGS(domid, event),
	TP_STRUCT__entry(
		__field(u32, domid)
		__field(u32, event)
	),
	TP_fast_assign(
		__entry->domid = domid;
		__entry->event = event;
	),
	TP_printk("d%u event %u", __entry->domid, __entry->event)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH debug
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
