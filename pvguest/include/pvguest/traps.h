/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traps. Every vector and callback enters trap_entry() with a full register
 * frame. In this order it is given to
 *   1. trap_hook, if set: returns true if it dealt with it (may change the frame);
 *   2. event delivery, if it is the event callback;
 *   3. catch(), if one is active: the frame is kept and catch() returns;
 *   4. nobody: the registers are printed and the test fails.
 */
#ifndef PVGUEST_TRAPS_H
#define PVGUEST_TRAPS_H

#include <pvguest/types.h>
#include <pvguest/offsets.h>

struct regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	u64 rax, rcx, rdx, rsi, rdi;
	u64 vec, err;
	u64 rip;
	union {
		u64 cs_slot;
		struct {
			u16 cs, cs_pad;
			u8 saved_mask, cs_pad2[3];
		};
	};
	u64 rflags, rsp, ss;
};

#define X86_EFLAGS_CF	BIT(0)
#define X86_EFLAGS_FIXED BIT(1)
#define X86_EFLAGS_ZF	BIT(6)
#define X86_EFLAGS_TF	BIT(8)
#define X86_EFLAGS_IF	BIT(9)
#define X86_EFLAGS_DF	BIT(10)
#define X86_EFLAGS_OF	BIT(11)
#define X86_EFLAGS_IOPL	(3UL << 12)
#define X86_EFLAGS_NT	BIT(14)
#define X86_EFLAGS_RF	BIT(16)
#define X86_EFLAGS_AC	BIT(18)

enum {
	X86_DE, X86_DB, X86_NMI, X86_BP, X86_OF, X86_BR, X86_UD, X86_NM, X86_DF,
	X86_CSO, X86_TS, X86_NP, X86_SS, X86_GP, X86_PF, X86_SPURIOUS, X86_MF,
	X86_AC, X86_MC, X86_XM,
};

/* #PF error code */
#define PF_P	BIT(0)
#define PF_W	BIT(1)
#define PF_U	BIT(2)
#define PF_RSVD	BIT(3)
#define PF_I	BIT(4)

/* What ended a catch(): vec is -1 if nothing did. */
struct fault {
	long vec;
	u64 cr2;		/* of #PF */
	u64 raw_rcx, raw_r11;	/* live registers at the entry, not the frame's slots */
	u64 entry_flags, entry_rsp;	/* RFLAGS and RSP of the entered kernel */
	u8 mask_at_entry;	/* evtchn_upcall_mask found at the entry */
	struct regs regs;	/* as interrupted */
};

extern bool (*trap_hook)(struct regs *r);
extern char trap_stubs[], event_entry[], failsafe_entry[], syscall_entry[];
extern char sysenter_entry[], syscall32_entry[], nmi_entry[];
extern u64 failsafe_sregs[4];		/* ds es fs gs as the failsafe frame had them */
extern struct regs entry_regs;		/* at the first instruction */
extern u16 entry_sregs[4];
extern u64 trap_raw[2], trap_entry_flags;
extern unsigned long trap_count[VEC_NMI + 1];

void traps_init(void);
void traps_table(u8 dpl3_vec);		/* load the full table; this vector gets DPL 3 */
void trap_set_gate(u8 vec, u8 flags, u64 address);	/* one gate, merged */
static inline u64 trap_stub(u8 vec)
{
	return (u64)trap_stubs + 64UL * vec;
}

void __noreturn regs_resume(const struct regs *r);
void __noreturn iret_raw(const void *iret_context);

/* Run fn(arg); a trap ends it. The result is valid until the next catch. */
const struct fault *catch(void (*fn)(void *), void *arg);

/* Accesses that may fault: -1 or the vector; details in *last_fault */
extern const struct fault *last_fault;
long probe_read8(u64 va, u64 *val);
long probe_write8(u64 va, u64 val);
long probe_exec(u64 va);		/* call va; a RET there comes back */
void regs_print(const struct regs *r);

/*
 * A short piece of assembly as a function for catch(), at file level:
 *	KERNEL_CODE(do_ud2, "ud2");
 *	catch(do_ud2, NULL);
 * It is entered by a call with rdi = arg and ends with a RET of its own.
 */
#define KERNEL_CODE(name, text)						\
	void name(void *arg);						\
	asm(".pushsection .text\n.globl " #name "\n" #name ":\n" text	\
	    "\nret\n.popsection")

#endif
