/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One image: loaded at pseudo-physical 1 MiB, mapped at IMAGE_BASE + paddr.
 * NOTES_IN_SECTION_ONLY leaves the notes out of any PT_NOTE segment.
 */
OUTPUT_FORMAT(elf64-x86-64)
ENTRY(_start)

PHDRS
{
	text PT_LOAD FLAGS(5);
	data PT_LOAD FLAGS(6);
#ifndef NOTES_IN_SECTION_ONLY
	note PT_NOTE FLAGS(4);
#endif
}

SECTIONS
{
	. = IMAGE_BASE + 0x100000;
	image_start = .;
	.text : AT(ADDR(.text) - IMAGE_BASE) {
		*(.text.hypercall_page)
		*(.text.start)
		*(.text .text.*)
	} :text
	.rodata : AT(ADDR(.rodata) - IMAGE_BASE) {
		*(.rodata .rodata.*)
	} :text
#ifndef NOTES_IN_SECTION_ONLY
	.note.Xen : AT(ADDR(.note.Xen) - IMAGE_BASE) { *(.note.Xen) } :text :note
#else
	.note.Xen : AT(ADDR(.note.Xen) - IMAGE_BASE) { *(.note.Xen) } :text
#endif
	. = ALIGN(4096);
	.data : AT(ADDR(.data) - IMAGE_BASE) {
		*(.data .data.*)
	} :data
	. = ALIGN(4096);
	.bss : AT(ADDR(.bss) - IMAGE_BASE) {
		*(.bss .bss.* COMMON)
		. = ALIGN(4096);
	} :data
	image_end = .;
	/DISCARD/ : { *(.comment) *(.note.GNU-stack) *(.note.gnu.*) *(.eh_frame) }
}
