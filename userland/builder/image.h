/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel image, unwrapped and understood: what of it goes where, and what
 * its Xen notes say.  Addresses called "physical" are pseudo-physical, frame 0
 * of the domain being 0.  Nothing in an image is trusted: after
 * lodge_image_parse() every field here is in the bounds named.
 */
#ifndef LODGE_BUILDER_IMAGE_H
#define LODGE_BUILDER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* An image may be this large when it is unpacked. */
#define LODGE_IMAGE_MAX		(1ULL << 30)
/* Segments end below; the largest domain. */
#define LODGE_IMAGE_MAX_PHYS	(1ULL << 38)

#define LODGE_NO_ADDRESS	(~0ULL)

/**
 * struct lodge_segment - one PT_LOAD
 * @phys: where it goes; @phys + @memsz <= LODGE_IMAGE_MAX_PHYS
 * @offset: in the ELF file; @offset + @filesz is within it
 * @filesz: <= @memsz
 */
struct lodge_segment {
	uint64_t phys;
	uint64_t memsz;
	uint64_t offset;
	uint64_t filesz;
};

/**
 * struct lodge_image - a kernel
 * @elf: the unwrapped ELF file
 * @virt_base: where physical 0 is mapped; a page boundary
 * @entry: in the mapped kernel
 * @phys_start: begin of the lowest segment
 * @phys_end: end of the highest one
 * @init_p2m: where to map the p2m list, or LODGE_NO_ADDRESS
 * @hypercall_phys: page to fill, in the kernel, or LODGE_NO_ADDRESS
 * @mod_start_pfn: takes the initrd by frame number, unmapped
 * @guest_os: for messages
 */
struct lodge_image {
	uint8_t *elf;
	size_t elf_len;
	struct lodge_segment *segments;
	size_t n_segments;
	uint64_t virt_base;
	uint64_t entry;
	uint64_t phys_start;
	uint64_t phys_end;
	uint64_t init_p2m;
	uint64_t hypercall_phys;
	bool mod_start_pfn;
	char guest_os[32];
};

/* @file: bzImage, ELF, or either compressed.  0, or -1 and nothing to free. */
int lodge_image_parse(struct lodge_image *image, const uint8_t *file, size_t len,
		      struct lodge_err *err);
void lodge_image_free(struct lodge_image *image);

#endif
