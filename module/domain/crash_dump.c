// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a broken guest looked like, for whoever debugs it: into the log.
 */
#include <linux/kernel.h>

#include "domain/domain.h"
#include "mm/access.h"

#define CODE_BYTES	32
#define STACK_WORDS	32
#define WORDS_A_LINE	4

static void log_registers(struct lodge_vcpu *v)
{
	const struct lodge_domain *d = v->domain;
	const struct lodge_regs *r = &v->regs;

	lodge_log(d, "vcpu %u, %s mode, vector %llu error %llx", v->id,
		  v->kernel_mode ? "kernel" : "user", r->vector, r->error);
	lodge_log(d, "rip %04llx:%016llx rflags %08llx rsp %04llx:%016llx",
		  r->cs & 0xffff, r->rip, r->rflags, r->ss & 0xffff, r->rsp);
	lodge_log(d, "rax %016llx rbx %016llx rcx %016llx rdx %016llx", r->rax, r->rbx, r->rcx,
		  r->rdx);
	lodge_log(d, "rsi %016llx rdi %016llx rbp %016llx r8  %016llx", r->rsi, r->rdi, r->rbp,
		  r->r8);
	lodge_log(d, "r9  %016llx r10 %016llx r11 %016llx r12 %016llx", r->r9, r->r10, r->r11,
		  r->r12);
	lodge_log(d, "r13 %016llx r14 %016llx r15 %016llx cr2 %016llx", r->r13, r->r14, r->r15,
		  r->cr2);
	lodge_log(d, "ds %04x es %04x fs %04x %016llx gs %04x %016llx, other gs base %016llx",
		  v->ds, v->es, v->fs, v->fs_base, v->gs, v->gs_base_active, v->gs_base_inactive);
	lodge_log(d, "cr3 frame %llx, user %llx, cr4 %llx, kernel stack %04x:%016llx, events %s%s",
		  v->cr3_kernel, v->cr3_user, v->cr4, v->kernel_ss, v->kernel_sp,
		  READ_ONCE(v->info->evtchn_upcall_mask) ? "masked" : "unmasked",
		  READ_ONCE(v->info->evtchn_upcall_pending) ? ", pending" : "");
}

static void log_code(struct lodge_vcpu *v)
{
	u8 code[CODE_BYTES];
	int n = lodge_guest_fetch(v, code, v->regs.rip, sizeof(code));

	if (n > 0)
		lodge_log(v->domain, "code at rip: %*ph", min_t(int, n, sizeof(code)), code);
	else
		lodge_log(v->domain, "code at rip: not mapped");
}

static void log_stack(struct lodge_vcpu *v)
{
	u64 va = v->regs.rsp & ~7ULL, word[WORDS_A_LINE];
	int i;

	for (i = 0; i < STACK_WORDS; i += WORDS_A_LINE, va += sizeof(word)) {
		if (lodge_guest_read(v, word, va, sizeof(word))) {
			lodge_log(v->domain, "stack %016llx: not mapped", va);
			return;
		}
		lodge_log(v->domain, "stack %016llx: %016llx %016llx %016llx %016llx", va, word[0],
			  word[1], word[2], word[3]);
	}
}

void lodge_vcpu_crash_dump(struct lodge_vcpu *v)
{
	if (READ_ONCE(v->domain->state) != LODGE_DOMAIN_CRASHED || v->dumped || !v->initialised)
		return;
	v->dumped = true;

	log_registers(v);
	log_code(v);
	log_stack(v);
	lodge_mm_dump_walk(v, v->regs.rip);
	if (v->regs.cr2)
		lodge_mm_dump_walk(v, v->regs.cr2);
}
