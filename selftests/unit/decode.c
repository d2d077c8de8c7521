// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction decoder and the arithmetic behind it, against the CPU that
 * runs this test: random instructions with random operands are executed and
 * emulated, and all memory, registers and flags compared.  What cannot be
 * executed here (privileged instructions, 16- and 32-bit code) is compared
 * with a table.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <asm/prctl.h>
#include <unistd.h>

#include "trap/rmw.h"
#include "tap.h"

#define ARRAY_SIZE(x)	(sizeof(x) / sizeof((x)[0]))
#define AREA_SIZE	4096
#define PER_OPCODE	4000

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

/* For the assembly below: registers before and after, flags, and ways in and out. */
struct machine {
	__u64 gpr[16];	/* 0 */
	__u64 flags;		/* 128 */
	__u64 host_rsp;	/* 136 */
	__u64 entry;		/* 144 */
};

struct machine machine;

void run_machine(void);
void machine_return(void);

asm(".pushsection .text\n"
	".globl run_machine\n"
	"run_machine:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	lea machine(%rip), %rax\n"
	"	mov %rsp, 136(%rax)\n"
	"	pushq 128(%rax)\n"
	"	mov 8(%rax), %rcx; mov 16(%rax), %rdx; mov 24(%rax), %rbx\n"
	"	mov 40(%rax), %rbp; mov 48(%rax), %rsi; mov 56(%rax), %rdi\n"
	"	mov 64(%rax), %r8; mov 72(%rax), %r9; mov 80(%rax), %r10\n"
	"	mov 88(%rax), %r11; mov 96(%rax), %r12; mov 104(%rax), %r13\n"
	"	mov 112(%rax), %r14; mov 120(%rax), %r15\n"
	"	popfq\n"
	"	mov 32(%rax), %rsp\n"
	"	mov (%rax), %rax\n"
	"	jmp *machine+144(%rip)\n"
	".globl machine_return\n"
	"machine_return:\n"
	"	mov %rax, machine(%rip)\n"
	"	lea machine(%rip), %rax\n"
	"	mov %rcx, 8(%rax); mov %rdx, 16(%rax); mov %rbx, 24(%rax)\n"
	"	mov %rsp, 32(%rax); mov %rbp, 40(%rax); mov %rsi, 48(%rax)\n"
	"	mov %rdi, 56(%rax); mov %r8, 64(%rax); mov %r9, 72(%rax)\n"
	"	mov %r10, 80(%rax); mov %r11, 88(%rax); mov %r12, 96(%rax)\n"
	"	mov %r13, 104(%rax); mov %r14, 112(%rax); mov %r15, 120(%rax)\n"
	"	mov 136(%rax), %rsp\n"
	"	pushfq; popq 128(%rax)\n"
	"	cld\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n"
	".popsection\n");

/* Both in the low 2 GiB, so that 32-bit addresses reach them. */
static __u8 *code, *area;
static __u64 fs_base;

/* The instruction under test, for the message when it faults. */
static __u8 bytes[32];
static unsigned int length;

static __u64 rnd(void)
{
	static __u64 state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static bool chance(unsigned int percent)
{
	return rnd() % 100 < percent;
}

/* Values at which carries and signs happen, as often as any others. */
static __u64 rnd_value(void)
{
	static const __u64 edge[] = {
		0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
		0xffffffff, 0x7fffffffffffffffULL, 0x8000000000000000ULL, ~0ULL, ~1ULL,
	};

	return chance(40) ? edge[rnd() % ARRAY_SIZE(edge)] : rnd();
}

static void describe(const char *what)
{
	unsigned int i;

	printf("# %s:", what);
	for (i = 0; i < length; i++)
		printf(" %02x", bytes[i]);
	printf("\n");
	fflush(stdout);
}

static void on_fault(int sig)
{
	describe(sig == SIGTRAP ? "longer than decoded" : "faulted");
	printf("not ok %d the CPU takes the instruction as decoded\n", tap_count + 1);
	fflush(stdout);
	_exit(1);
}

static bool setup(void)
{
	static __u8 stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK };
	const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP };
	unsigned int i;

	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	area = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (code == MAP_FAILED || area == MAP_FAILED)
		return false;
	sigaltstack(&alt, NULL);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &sa, NULL);
	return !syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base);
}

/* An opcode to be tried, and what stands around it. */
struct subject {
	__u16 opcode;
	enum {
		SINGLE,
		PAIR,		/* this one for bytes, the next for other sizes */
		GROUP1,		/* 0x80, 0x81 and 0x83 with their immediates */
	} forms;
	__u8 ext;		/* extension in ModRM, if the opcode has one */
	__u8 imm;		/* bytes of immediate, or IMM_Z */
	bool lock;
	bool moffs;
	bool string;
	__u64 undefined;	/* flags */
	const char *name;
};

#define IMM_Z	0xff		/* of the operand size, at most 4 */

#define LOGIC	LODGE_FLAG_AF
#define BITS	(LODGE_FLAG_OF | LODGE_FLAG_SF | LODGE_FLAG_AF | LODGE_FLAG_PF)
static const struct subject subjects[] = {
	{ 0x00, PAIR, .lock = true, .name = "add" },
	{ 0x08, PAIR, .lock = true, .undefined = LOGIC, .name = "or" },
	{ 0x10, PAIR, .lock = true, .name = "adc" },
	{ 0x18, PAIR, .lock = true, .name = "sbb" },
	{ 0x20, PAIR, .lock = true, .undefined = LOGIC, .name = "and" },
	{ 0x28, PAIR, .lock = true, .name = "sub" },
	{ 0x30, PAIR, .lock = true, .undefined = LOGIC, .name = "xor" },
	{ 0x80, GROUP1, .ext = 0, .lock = true, .name = "add immediate" },
	{ 0x80, GROUP1, .ext = 1, .lock = true, .undefined = LOGIC, .name = "or immediate" },
	{ 0x80, GROUP1, .ext = 2, .lock = true, .name = "adc immediate" },
	{ 0x80, GROUP1, .ext = 3, .lock = true, .name = "sbb immediate" },
	{ 0x80, GROUP1, .ext = 4, .lock = true, .undefined = LOGIC, .name = "and immediate" },
	{ 0x80, GROUP1, .ext = 5, .lock = true, .name = "sub immediate" },
	{ 0x80, GROUP1, .ext = 6, .lock = true, .undefined = LOGIC, .name = "xor immediate" },
	{ 0x86, PAIR, .lock = true, .name = "xchg" },
	{ 0x88, PAIR, .name = "mov" },
	{ 0xa2, PAIR, .moffs = true, .name = "mov to an absolute address" },
	{ 0xa4, PAIR, .string = true, .name = "movs" },
	{ 0xaa, PAIR, .string = true, .name = "stos" },
	{ 0xc6, PAIR, .ext = 0, .imm = IMM_Z, .name = "mov immediate" },
	{ 0xd0, PAIR, .ext = 4, .undefined = LOGIC, .name = "shl by one" },
	{ 0xd0, PAIR, .ext = 5, .undefined = LOGIC, .name = "shr by one" },
	{ 0xd0, PAIR, .ext = 7, .undefined = LOGIC, .name = "sar by one" },
	{ 0xf6, PAIR, .ext = 2, .lock = true, .name = "not" },
	{ 0xf6, PAIR, .ext = 3, .lock = true, .name = "neg" },
	{ 0xfe, PAIR, .ext = 0, .lock = true, .name = "inc" },
	{ 0xfe, PAIR, .ext = 1, .lock = true, .name = "dec" },
	{ LODGE_0F(0xab), .lock = true, .undefined = BITS, .name = "bts" },
	{ LODGE_0F(0xb3), .lock = true, .undefined = BITS, .name = "btr" },
	{ LODGE_0F(0xbb), .lock = true, .undefined = BITS, .name = "btc" },
	{ LODGE_0F(0xba), .ext = 5, .imm = 1, .lock = true, .undefined = BITS,
	  .name = "bts immediate" },
	{ LODGE_0F(0xba), .ext = 6, .imm = 1, .lock = true, .undefined = BITS,
	  .name = "btr immediate" },
	{ LODGE_0F(0xba), .ext = 7, .imm = 1, .lock = true, .undefined = BITS,
	  .name = "btc immediate" },
	{ LODGE_0F(0xb0), PAIR, .lock = true, .name = "cmpxchg" },
	{ LODGE_0F(0xc0), PAIR, .lock = true, .name = "xadd" },
	{ LODGE_0F(0xc3), .name = "movnti" },
	{ LODGE_0F(0x90), PAIR, .name = "seto, setno" },
	{ LODGE_0F(0x92), PAIR, .name = "setb, setae" },
	{ LODGE_0F(0x94), PAIR, .name = "sete, setne" },
	{ LODGE_0F(0x96), PAIR, .name = "setbe, seta" },
	{ LODGE_0F(0x98), PAIR, .name = "sets, setns" },
	{ LODGE_0F(0x9a), PAIR, .name = "setp, setnp" },
	{ LODGE_0F(0x9c), PAIR, .name = "setl, setge" },
	{ LODGE_0F(0x9e), PAIR, .name = "setle, setg" },
};

static bool is_bit_base(const struct subject *s)
{
	return s->opcode == LODGE_0F(0xab) || s->opcode == LODGE_0F(0xb3) ||
	       s->opcode == LODGE_0F(0xbb);
}

static bool has_extension(const struct subject *s)
{
	return s->opcode == LODGE_0F(0xba) ||
	       (s->opcode < 0x100 && s->opcode >= 0x80 && (s->opcode < 0x86 || s->opcode > 0xc5));
}

static void emit(__u64 val, unsigned int n)
{
	while (n--) {
		bytes[length++] = val;
		val >>= 8;
	}
}

/* Bytes of a random form of the subject; *disp is where a 32-bit displacement stands, or 0. */
static void compose(const struct subject *s, unsigned int *disp, unsigned int *disp_size)
{
	static const __u8 segments[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65 };
	bool opsize, addrsize, rex;
	unsigned int modrm, mod, rm, n;
	__u8 rex_byte = 0x40 | (rnd() & 15);

	length = 0;
	*disp = 0;
	*disp_size = 4;
	opsize = s->opcode != LODGE_0F(0xc3) && chance(25);
	addrsize = chance(15);
	rex = chance(70);
	if (s->lock && chance(30))
		emit(0xf0, 1);
	if (s->string && chance(50))
		emit(0xf3, 1);
	if (opsize)
		emit(0x66, 1);
	if (chance(20))
		emit(segments[rnd() % ARRAY_SIZE(segments)], 1);
	if (addrsize)
		emit(0x67, 1);
	if (rex)
		emit(rex_byte, 1);
	else
		rex_byte = 0;
	if (s->opcode & 0x100)
		emit(0x0f, 1);
	emit(s->opcode, 1);

	if (s->moffs) {
		*disp = length;
		*disp_size = addrsize ? 4 : 8;
		emit(0, *disp_size);
		return;
	}
	if (s->string)
		return;

	mod = rnd() % 3;
	rm = rnd() & 7;
	modrm = mod << 6 | (has_extension(s) ? s->ext : rnd() & 7) << 3 | rm;
	emit(modrm, 1);
	if (rm == 4) {
		__u8 sib = rnd();

		emit(sib, 1);
		if (mod == 0 && (sib & 7) == 5) {
			*disp = length;
			emit(0, 4);
		}
	} else if (mod == 0 && rm == 5) {
		*disp = length;
		emit(0, 4);
	}
	if (mod == 1)
		emit(rnd(), 1);
	if (mod == 2) {
		*disp = length;
		emit(rnd(), 4);
	}
	n = s->imm;
	if (n == IMM_Z)
		n = opsize && !(rex_byte & 8) ? 2 : 4;
	emit(rnd_value(), n);
}

static __u64 seg_base(unsigned int segment)
{
	return segment == LODGE_SEG_FS ? fs_base : 0;
}

static __u64 linear(const struct lodge_insn *insn, const struct lodge_rmw *w,
		    const __u64 *gpr)
{
	return lodge_rmw_offset(w, insn, gpr, (__u64)code + insn->length) +
	       seg_base(lodge_rmw_segment(w, insn));
}

static bool inside(__u64 va, unsigned int size)
{
	return va >= (__u64)area && va + size <= (__u64)area + AREA_SIZE;
}

/* Bend displacement or registers so that the operand lies in the area. */
static bool aim(struct lodge_insn *insn, struct lodge_rmw *w, __u64 *gpr, unsigned int disp,
		unsigned int disp_size)
{
	__u64 want, delta;
	unsigned int tries;

	if (lodge_rmw_string(w)) {
		gpr[RDI] = (__u64)area + 1024 + rnd() % 1024;
		gpr[RSI] = (__u64)area + 1024 + rnd() % 1024;
		if (insn->addr_size == 4 && chance(50))
			gpr[RDI] |= rnd() << 32;
		if (insn->segment == LODGE_SEG_FS) {
			if (insn->addr_size == 4)
				return false;
			gpr[RSI] -= fs_base;
		}
		return true;
	}

	want = (__u64)area + rnd() % (AREA_SIZE - 8);
	for (tries = 0; tries < 8; tries++) {
		if (!lodge_rmw_plan(w, insn, gpr))
			return false;
		delta = want - linear(insn, w, gpr);
		if (inside(linear(insn, w, gpr), w->size) && tries)
			return true;
		if (insn->base != LODGE_NO_REG && insn->base != insn->index) {
			gpr[insn->base] += delta;
			if (insn->addr_size == 4 && chance(50))
				gpr[insn->base] ^= rnd() << 32;
		} else if (disp) {
			if (disp_size == 8) {
				insn->disp = (__u64)insn->disp + delta;
			} else {
				__s64 d = (__u64)insn->disp + delta;

				if (insn->addr_size == 4)
					d = (__s32)d;
				if (d != (__s32)d)
					return false;
				insn->disp = d;
			}
			memcpy(bytes + disp, &insn->disp, disp_size);
			if (disp_size == 4 && insn->index != LODGE_NO_REG)
				gpr[insn->index] &= 0xff;
		} else {
			return false;
		}
	}
	return false;
}

static void run_natively(__u64 *gpr, __u64 *flags)
{
	static const __u8 jump[] = { 0xff, 0x25, 0, 0, 0, 0 };
	__u64 back = (unsigned long)machine_return;

	memset(code, 0xcc, 64);
	memcpy(code, bytes, length);
	memcpy(code + length, jump, sizeof(jump));
	memcpy(code + length + sizeof(jump), &back, sizeof(back));
	memcpy(machine.gpr, gpr, sizeof(machine.gpr));
	machine.flags = *flags | 0x202;
	machine.entry = (__u64)code;
	run_machine();
	memcpy(gpr, machine.gpr, sizeof(machine.gpr));
	*flags = machine.flags;
}

/* What pt_write.c does, on the copy of the area. */
static void emulate(const struct lodge_insn *insn, __u8 *mem, __u64 *gpr, __u64 *flags)
{
	struct lodge_rmw w;
	__u64 va, from;
	__u64 cur, new, fl;

	do {
		cur = 0;
		lodge_rmw_plan(&w, insn, gpr);
		if (lodge_rmw_repeated(&w, insn) && !lodge_truncate(gpr[RCX], insn->addr_size))
			return;
		va = linear(insn, &w, gpr);
		if (w.kind == LODGE_RMW_MOVS) {
			from = lodge_truncate(gpr[RSI], insn->addr_size) +
			       seg_base(insn->segment);
			memcpy(&w.src, mem + (from - (__u64)area), w.size);
		}
		memcpy(&cur, mem + (va - (__u64)area), w.size);
		fl = *flags;
		if (lodge_rmw_compute(&w, gpr, cur, &new, &fl))
			memcpy(mem + (va - (__u64)area), &new, w.size);
		lodge_rmw_finish(&w, insn, gpr, cur, fl);
		*flags = fl;
	} while (lodge_rmw_repeated(&w, insn));
}

static void report_difference(const __u64 *real, const __u64 *ours, __u64 real_flags,
			      __u64 our_flags, const __u8 *mem)
{
	unsigned int i;

	describe("differs");
	for (i = 0; i < 16; i++)
		if (real[i] != ours[i])
			printf("# register %u: CPU %016llx, ours %016llx\n", i, real[i], ours[i]);
	printf("# flags: CPU %llx, ours %llx\n", real_flags, our_flags);
	for (i = 0; i < AREA_SIZE; i++)
		if (area[i] != mem[i])
			printf("# byte %u: CPU %02x, ours %02x\n", i, area[i], mem[i]);
}

/*
 * Repeated no times with 32-bit addresses: some CPUs clear the upper halves of
 * the registers that it would have stepped, others leave them alone.
 */
static void forget_upper_halves(__u64 *gpr)
{
	gpr[RCX] &= 0xffffffff;
	gpr[RSI] &= 0xffffffff;
	gpr[RDI] &= 0xffffffff;
}

/* One random instruction; *done says whether one could be made. */
static bool try_one(const struct subject *s, bool *done)
{
	static __u8 mem[AREA_SIZE];
	__u64 gpr[16], ours[16], flags, our_flags, mask;
	bool no_rounds = false;
	unsigned int disp, disp_size, i;
	struct lodge_insn insn;
	struct lodge_rmw w;

	*done = false;
	compose(s, &disp, &disp_size);
	for (i = 0; i < 16; i++)
		gpr[i] = rnd_value();
	if (!lodge_decode(&insn, bytes, length, 64)) {
		describe("not decoded");
		return false;
	}
	if (insn.length != length || insn.opcode != s->opcode) {
		describe("decoded with another length or opcode");
		return false;
	}
	if (is_bit_base(s) && chance(70))
		gpr[insn.reg] = (__s64)(rnd() % 8192) - 4096;
	if (!lodge_rmw_plan(&w, &insn, gpr)) {
		describe("not planned");
		return false;
	}
	if (!aim(&insn, &w, gpr, disp, disp_size))
		return true;
	if (s->string) {
		gpr[RCX] = rnd() % 9;
		if (insn.addr_size == 4 && chance(50))
			gpr[RCX] |= rnd() << 32;
	}
	for (i = 0; i < AREA_SIZE / 8; i++)
		((__u64 *)area)[i] = rnd_value();
	flags = rnd() & (LODGE_FLAGS_ARITH | (s->string ? 0x400 : 0));
	/* Half of the comparisons should succeed. */
	if ((s->opcode & ~1) == LODGE_0F(0xb0) && chance(50)) {
		__u64 va;

		lodge_rmw_plan(&w, &insn, gpr);
		va = linear(&insn, &w, gpr);
		if (insn.base != RAX && insn.index != RAX && inside(va, w.size))
			memcpy((void *)va, &gpr[RAX], w.size);
	}
	if (!s->string) {
		lodge_rmw_plan(&w, &insn, gpr);
		if (!inside(linear(&insn, &w, gpr), w.size))
			return true;
	}

	*done = true;
	memcpy(mem, area, AREA_SIZE);
	memcpy(ours, gpr, sizeof(ours));
	our_flags = flags;
	emulate(&insn, mem, ours, &our_flags);
	if (s->string && insn.addr_size == 4 && lodge_rmw_repeated(&w, &insn))
		no_rounds = !(__u32)gpr[RCX];
	run_natively(gpr, &flags);
	if (no_rounds) {
		forget_upper_halves(gpr);
		forget_upper_halves(ours);
	}
	mask = (LODGE_FLAGS_ARITH | 0x400) & ~s->undefined;
	if (memcmp(gpr, ours, sizeof(ours)) || ((flags ^ our_flags) & mask) ||
	    memcmp(mem, area, AREA_SIZE)) {
		report_difference(gpr, ours, flags, our_flags, mem);
		return false;
	}
	return true;
}

static bool test_opcode(struct subject s, unsigned int add, __u8 imm)
{
	unsigned int i, made = 0;
	bool done;

	s.opcode += add;
	s.imm = imm;
	for (i = 0; i < PER_OPCODE; i++) {
		if (!try_one(&s, &done))
			return false;
		made += done;
	}
	if (made < PER_OPCODE / 4)
		printf("# only %u of %u were executed\n", made, PER_OPCODE);
	return made >= PER_OPCODE / 4;
}

static bool test_subject(const struct subject *s)
{
	switch (s->forms) {
	case PAIR:
		return test_opcode(*s, 0, s->imm ? 1 : 0) && test_opcode(*s, 1, s->imm);
	case GROUP1:
		return test_opcode(*s, 0, 1) && test_opcode(*s, 1, IMM_Z) && test_opcode(*s, 3, 1);
	default:
		return test_opcode(*s, 0, s->imm);
	}
}

/* Instructions that cannot be executed here. */
static const struct {
	__u8 bits;
	__u8 code[10];
	__u8 given;
	__u8 length;		/* 0: must not be decoded */
	__u16 opcode;
	__u8 op_size, addr_size;
	const char *name;
} table[] = {
	{ 64, { 0x0f, 0xa2 }, 2, 2, LODGE_0F(0xa2), 4, 8, "cpuid" },
	{ 64, { 0x0f, 0x30 }, 2, 2, LODGE_0F(0x30), 4, 8, "wrmsr" },
	{ 64, { 0x0f, 0x20, 0xd8 }, 3, 3, LODGE_0F(0x20), 8, 8, "mov cr3, rax" },
	{ 64, { 0x44, 0x0f, 0x22, 0xc0 }, 4, 4, LODGE_0F(0x22), 8, 8, "mov rax, cr8" },
	{ 64, { 0x0f, 0x22, 0x1d, 1, 2, 3, 4 }, 7, 3, LODGE_0F(0x22), 8, 8,
	  "mov to cr3: mod is ignored" },
	{ 32, { 0x0f, 0x21, 0xf8 }, 3, 3, LODGE_0F(0x21), 4, 4, "mov dr7, eax" },
	{ 64, { 0xcd, 0x80 }, 2, 2, 0xcd, 1, 8, "int 0x80" },
	{ 64, { 0x66, 0xe5, 0x10 }, 3, 3, 0xe5, 2, 8, "in ax, imm8" },
	{ 64, { 0x48, 0xed }, 2, 2, 0xed, 8, 8, "in eax, dx with REX.W" },
	{ 64, { 0xf3, 0x67, 0x6d }, 3, 3, 0x6d, 4, 4, "rep insd, 32-bit address" },
	{ 32, { 0x40 }, 1, 0, 0, 0, 0, "inc eax is no REX prefix in 32-bit code" },
	{ 32, { 0x67, 0x0f, 0x01, 0x46, 0x10 }, 5, 5, LODGE_0F(0x01), 4, 2, "sgdt [bp+16]" },
	{ 16, { 0x0f, 0x01, 0x06, 0x34, 0x12 }, 5, 5, LODGE_0F(0x01), 2, 2, "sgdt [0x1234]" },
	{ 16, { 0x66, 0x67, 0xc7, 0x04, 0x24, 1, 2, 3, 4 }, 9, 9, 0xc7, 4, 4,
	  "mov dword [esp], imm in 16-bit code" },
	{ 64, { 0x0f, 0x01, 0xd1 }, 3, 3, LODGE_0F(0x01), 4, 8, "xsetbv" },
	{ 64, { 0x0f, 0x01, 0xf9 }, 3, 3, LODGE_0F(0x01), 4, 8, "rdtscp" },
	{ 64, { 0xf0, 0x0f, 0xa2 }, 3, 0, 0, 0, 0, "lock cpuid" },
	{ 64, { 0xf0, 0x01, 0xc0 }, 3, 0, 0, 0, 0, "lock add of registers" },
	{ 64, { 0xf0, 0x89, 0x00 }, 3, 0, 0, 0, 0, "lock mov" },
	{ 64, { 0xf6, 0x00, 0x01 }, 3, 0, 0, 0, 0, "test does not write" },
	{ 64, { 0xff, 0x20 }, 2, 0, 0, 0, 0, "jmp is not ours" },
	{ 64, { 0x48, 0xc7, 0x00, 1, 2, 3 }, 6, 0, 0, 0, 0, "an immediate that is cut off" },
	{ 64, { 0x48, 0x89, 0x84 }, 3, 0, 0, 0, 0, "a SIB byte that is cut off" },
	{ 64, { 0x66, 0x66, 0x66 }, 3, 0, 0, 0, 0, "prefixes alone" },
	{ 64, { 0x48, 0x66, 0x89, 0x00 }, 4, 4, 0x89, 2, 8, "REX before another prefix" },
};

static bool test_table(void)
{
	struct lodge_insn insn;
	bool good = true;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		bool ok = lodge_decode(&insn, table[i].code, table[i].given, table[i].bits);

		if (ok)
			ok = insn.length == table[i].length && insn.opcode == table[i].opcode &&
			     insn.op_size == table[i].op_size &&
			     insn.addr_size == table[i].addr_size;
		else
			ok = !table[i].length;
		if (!ok)
			printf("# %s\n", table[i].name);
		good &= ok;
	}
	return good;
}

/* Any bytes, in buffers that end where they end: the sanitizer sees a read beyond. */
static bool test_noise(void)
{
	static const __u8 widths[] = { 16, 32, 64 };
	struct lodge_insn insn;
	struct lodge_rmw w;
	__u64 gpr[16] = { 0 };
	unsigned int i, n, k;
	__u8 *buf;

	for (i = 0; i < 300000; i++) {
		n = rnd() % 18;
		buf = malloc(n ? n : 1);
		for (k = 0; k < n; k++)
			buf[k] = rnd();
		if (lodge_decode(&insn, buf, n, widths[rnd() % 3])) {
			if (insn.length > n || insn.length > LODGE_INSN_MAX || !insn.length) {
				free(buf);
				return false;
			}
			lodge_decode_offset(&insn, gpr, 0);
			lodge_rmw_plan(&w, &insn, gpr);
		}
		free(buf);
	}
	return true;
}

/* Segments of memory operands: of the stack by rSP and rBP, else of data. */
static bool segment_is(unsigned int bits, const __u8 *insn_bytes, size_t n, unsigned int want)
{
	struct lodge_insn insn;

	return lodge_decode(&insn, insn_bytes, n, bits) && insn.segment == want;
}

static bool test_segments(void)
{
	static const __u8 esp[] = { 0x89, 0x04, 0x24 }, ebp[] = { 0x89, 0x45, 0x00 };
	static const __u8 r13[] = { 0x41, 0x89, 0x45, 0x00 }, eax[] = { 0x89, 0x00 };
	static const __u8 es_esp[] = { 0x26, 0x89, 0x04, 0x24 };
	static const __u8 gs[] = { 0x65, 0x89, 0x00 }, abs32[] = { 0x89, 0x05, 0, 0, 0, 0 };

	return segment_is(32, esp, sizeof(esp), LODGE_SEG_SS) &&
	       segment_is(32, ebp, sizeof(ebp), LODGE_SEG_SS) &&
	       segment_is(64, r13, sizeof(r13), LODGE_SEG_DS) &&
	       segment_is(32, eax, sizeof(eax), LODGE_SEG_DS) &&
	       segment_is(32, es_esp, sizeof(es_esp), LODGE_SEG_ES) &&
	       segment_is(64, es_esp, sizeof(es_esp), LODGE_SEG_SS) &&
	       segment_is(64, gs, sizeof(gs), LODGE_SEG_GS) &&
	       segment_is(32, abs32, sizeof(abs32), LODGE_SEG_DS);
}

int main(void)
{
	char name[80];
	size_t i;

	tap_ok(test_table(), "encodings that cannot be executed here");
	tap_ok(test_segments(), "default segments and overrides");
	tap_ok(test_noise(), "noise is decoded within its bounds or refused");
	if (!setup()) {
		tap_skip("comparison with the CPU", "no executable memory");
		return tap_done();
	}
	for (i = 0; i < ARRAY_SIZE(subjects); i++) {
		snprintf(name, sizeof(name), "as the CPU: %s", subjects[i].name);
		tap_ok(test_subject(&subjects[i]), name);
	}
	return tap_done();
}
