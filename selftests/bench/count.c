// SPDX-License-Identifier: GPL-2.0-only
/*
 * count: a plugin of QEMU 7 or 8 that counts what is dear on processors and cheap in
 * a count of instructions, between the marks of ./measure.h, whoever executes it:
 * user, guest kernel, switcher or host.
 *
 *	-plugin count.so,out=FILE
 *
 * writes a line to FILE at each MARK_REPORT: "NAME N NAME N ...".  One CPU only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"

/* The part of the emulator's interface that is used here, version 1. */
struct block;
struct insn;
typedef uint64_t plugin_id;
typedef void (*translated_fn)(plugin_id id, struct block *block);
typedef void (*executed_fn)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, translated_fn fn);
size_t qemu_plugin_tb_n_insns(const struct block *block);
struct insn *qemu_plugin_tb_get_insn(const struct block *block, size_t i);
const void *qemu_plugin_insn_data(const struct insn *insn);
size_t qemu_plugin_insn_size(const struct insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *insn, executed_fn fn, int flags,
					    void *data);

#define EXPORT __attribute__((visibility("default")))
extern EXPORT int qemu_plugin_version;
int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

/* serial: all that the processor's manual calls serialising, the others included */
enum what { CR3, CR4, WRMSR, INVLPG, IRET, SERIAL, KINDS };

static const char * const name[KINDS] = { "cr3", "cr4", "wrmsr", "invlpg", "iret", "serial" };
static uint64_t count[KINDS];
static bool counting;
static FILE *out;

static void on_mark(unsigned int cpu, void *data)
{
	int i;

	(void)cpu;
	switch ((uintptr_t)data) {
	case MARK_BEGIN:
		counting = true;
		break;
	case MARK_END:
		counting = false;
		break;
	case MARK_FORGET:
		memset(count, 0, sizeof(count));
		break;
	case MARK_REPORT:
		for (i = 0; i < KINDS; i++)
			fprintf(out, "%s %lu%c", name[i], count[i], i == SERIAL ? '\n' : ' ');
		fflush(out);
		break;
	}
}

static void on_executed(unsigned int cpu, void *data)
{
	uintptr_t kind = (uintptr_t)data;

	(void)cpu;
	if (!counting)
		return;
	if (kind != SERIAL)
		count[kind]++;
	count[SERIAL]++;
}

/* Of an opcode after 0x0f, with the byte behind it; KINDS: nothing of interest. */
static enum what judge_0f(uint8_t opcode, uint8_t modrm)
{
	uint8_t reg = modrm >> 3 & 7;
	bool memory = modrm < 0xc0;

	switch (opcode) {
	case 0x00:		/* LLDT, LTR */
		return reg == 2 || reg == 3 ? SERIAL : KINDS;
	case 0x01:		/* LGDT, LIDT; INVLPG; the others are registers' forms */
		if (memory && (reg == 2 || reg == 3))
			return SERIAL;
		return memory && reg == 7 ? INVLPG : KINDS;
	case 0x08:		/* INVD, WBINVD */
	case 0x09:
	case 0xa2:		/* CPUID */
	case 0x23:		/* to a debug register */
		return SERIAL;
	case 0x22:		/* to a control register, CR8 not among them */
		return reg == 3 ? CR3 : reg == 4 ? CR4 : SERIAL;
	case 0x30:
		return WRMSR;
	}
	return KINDS;
}

static bool is_prefix(uint8_t byte)
{
	return (byte & 0xf0) == 0x40 || (byte & 0xe7) == 0x26 || (byte & 0xfc) == 0x64 ||
	       byte == 0xf0 || byte == 0xf2 || byte == 0xf3;
}

static void look_at(struct insn *insn)
{
	const uint8_t *p = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn);
	uintptr_t kind = KINDS;
	uint32_t mark;

	if (size == 7 && p[0] == 0x0f && p[1] == 0x1f && p[2] == 0x80) {
		memcpy(&mark, p + 3, sizeof(mark));
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, 0, (void *)(uintptr_t)mark);
		return;
	}
	for (; size && is_prefix(*p); size--)
		p++;
	if (size && p[0] == 0xcf)
		kind = IRET;
	else if (size > 1 && p[0] == 0x0f)
		kind = judge_0f(p[1], size > 2 ? p[2] : 0);
	if (kind != KINDS)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_executed, 0, (void *)kind);
}

static void on_translated(plugin_id id, struct block *block)
{
	size_t i, n = qemu_plugin_tb_n_insns(block);

	(void)id;
	for (i = 0; i < n; i++)
		look_at(qemu_plugin_tb_get_insn(block, i));
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return 1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
	return 0;
}
