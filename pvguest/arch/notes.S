/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF notes that tell a domain builder how to start the image.
 *
 * Assembled once per image, because some tests are about what a builder must
 * assume when a note is missing. The image's tests/<name>/Makefile sets:
 *   NOTE_NO_ENTRY       no ENTRY: the builder uses e_entry
 *   NOTE_NO_VIRT_BASE   no VIRT_BASE: the builder uses 0 (link with base 0)
 *   NOTE_HYPERCALL_PAGE ask for a page of hypercall stubs
 *   NOTE_INIT_P2M       ask for the p2m list at this address
 *   NOTE_NO_NUL         strings without their terminating NUL
 *   NOTE_BAD_VERSION    XEN_VERSION that no builder knows
 * That the notes are in no PT_NOTE segment is the linker script's doing.
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>

#define NOTE(type, value...)			\
	.pushsection .note.Xen, "a", @note;	\
	.balign 4;				\
	.long 2f - 1f, 4f - 3f, type;		\
1:	.asciz "Xen";				\
2:	.balign 4;				\
3:	value;					\
4:	.balign 4;				\
	.popsection

#ifdef NOTE_NO_NUL
#define STR .ascii
#else
#define STR .asciz
#endif

	NOTE(XEN_ELFNOTE_GUEST_OS, STR "pvguest")
	NOTE(XEN_ELFNOTE_GUEST_VERSION, STR "1")
	NOTE(XEN_ELFNOTE_LOADER, STR "generic")
#ifdef NOTE_BAD_VERSION
	NOTE(XEN_ELFNOTE_XEN_VERSION, STR "xen-9.9")
#else
	NOTE(XEN_ELFNOTE_XEN_VERSION, STR "xen-3.0")
#endif
	NOTE(XEN_ELFNOTE_PAE_MODE, STR "yes")
	NOTE(XEN_ELFNOTE_FEATURES, STR "!writable_page_tables|pae_pgdir_above_4gb")
#ifndef NOTE_NO_VIRT_BASE
	NOTE(XEN_ELFNOTE_VIRT_BASE, .quad IMAGE_BASE)
#endif
#ifndef NOTE_NO_ENTRY
	NOTE(XEN_ELFNOTE_ENTRY, .quad _start)
#endif
#ifdef NOTE_HYPERCALL_PAGE
	NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page)
#endif
#ifdef NOTE_INIT_P2M
	NOTE(XEN_ELFNOTE_INIT_P2M, .quad NOTE_INIT_P2M)
#endif
	/* (mask, value): a present L1 entry always holds a frame */
	NOTE(XEN_ELFNOTE_L1_MFN_VALID, .quad 1, 1)

#ifdef NOTE_HYPERCALL_PAGE
	.pushsection .text.hypercall_page, "ax", @progbits
	.balign 4096
	.globl hypercall_page
hypercall_page:
	.skip 4096, 0x90
	.popsection
#endif

	/* what the C side wants to know about its own notes */
	.pushsection .rodata, "a", @progbits
	.balign 8
	.globl image_base
image_base:
	.quad IMAGE_BASE
	.popsection

	.section .note.GNU-stack, "", @progbits
