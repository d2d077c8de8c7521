// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a file to segments: unwrap (bzImage, compression), read the ELF
 * headers, read the notes, check all of it.
 */
#include "builder/image.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "builder/decompress.h"
#include "builder/notes.h"
#include "common/macros.h"

#define MAX_SEGMENTS	256
/* a compressed bzImage that holds compressed ELF: more makes no sense */
#define MAX_WRAPPINGS	3

static uint32_t le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_elf(const uint8_t *p, size_t len)
{
	return len >= SELFMAG && !memcmp(p, ELFMAG, SELFMAG);
}

static bool is_bzimage(const uint8_t *p, size_t len)
{
	return len > 0x250 && !memcmp(p + 0x202, "HdrS", 4) && p[0x1fe] == 0x55 && p[0x1ff] == 0xaa;
}

/* The payload of a bzImage: see Documentation/arch/x86/boot.rst of Linux. */
static int enter_bzimage(const uint8_t **p, size_t *len, struct lodge_err *err)
{
	const uint8_t *h = *p;
	uint64_t from, size;

	if ((h[0x206] | h[0x207] << 8) < 0x208)
		return lodge_fail(err, EINVAL, "it is a bzImage from before boot protocol 2.08");
	from = ((h[0x1f1] ? h[0x1f1] : 4) + 1) * 512ULL + le32(h + 0x248);
	size = le32(h + 0x24c);
	if (!size || from > *len || size > *len - from)
		return lodge_fail(err, EINVAL,
				  "it is a bzImage that is damaged or cut off: its payload is out of bounds");
	*p = h + from;
	*len = size;
	return 0;
}

/* A buffer of our own with the ELF file. */
static uint8_t *unwrap(const uint8_t *file, size_t len, size_t *elf_len, struct lodge_err *err)
{
	uint8_t *unpacked = NULL, *again;
	const uint8_t *p = file;
	int i;

	for (i = 0; i < MAX_WRAPPINGS && !is_elf(p, len); i++) {
		if (is_bzimage(p, len) && enter_bzimage(&p, &len, err))
			goto fail;
		if (is_elf(p, len))
			break;
		if (!lodge_compression(p, len)) {
			lodge_fail(err, ENOEXEC, len ?
				   "it is neither a bzImage nor an ELF file, or compressed in an unknown way" :
				   "it is empty");
			goto fail;
		}
		again = lodge_decompress(p, len, LODGE_IMAGE_MAX, &len, err);
		if (!again)
			goto fail;
		free(unpacked);
		unpacked = again;
		p = unpacked;
	}
	if (!is_elf(p, len)) {
		lodge_fail(err, ENOEXEC, "it is wrapped too many times");
		goto fail;
	}
	*elf_len = len;
	if (p == unpacked)
		return unpacked;
	again = malloc(len);
	if (again)
		memcpy(again, p, len);
	else
		lodge_fail(err, ENOMEM, "out of memory");
	free(unpacked);
	return again;
fail:
	free(unpacked);
	return NULL;
}

static int check_header(Elf *elf, GElf_Ehdr *eh, struct lodge_err *err)
{
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, eh))
		return lodge_fail(err, ENOEXEC, "its ELF header is damaged");
	if (eh->e_machine == EM_386)
		return lodge_fail(err, ENOEXEC, "it is a 32-bit kernel, only 64-bit ones are supported");
	if (gelf_getclass(elf) != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_machine != EM_X86_64)
		return lodge_fail(err, ENOEXEC, "it is not a kernel for x86-64");
	return 0;
}

static int check_version(const struct lodge_notes *n, struct lodge_err *err)
{
	if (!n->xen_version[0])
		return lodge_fail(err, ENOEXEC,
				  "it is not a Xen PV kernel: its ELF note XEN_VERSION is missing%s",
				  n->phys32_entry ? ", it is for PVH only" : "");
	if (strncmp(n->xen_version, "xen-3.0", 7))
		return lodge_fail(err, ENOEXEC,
				  "it is not a Xen PV kernel: it is for \"%s\" and not for \"xen-3.0\"",
				  n->xen_version);
	/* what CONFIG_XEN without CONFIG_XEN_PV looks like */
	if (n->phys32_entry && n->entry == LODGE_NO_ADDRESS &&
	    n->hypercall_page == LODGE_NO_ADDRESS)
		return lodge_fail(err, ENOEXEC,
				  "it is not a Xen PV kernel: its ELF note ENTRY is missing, it is for PVH only");
	return 0;
}

/* A feature behind "!" is one that the kernel cannot do without. */
static int check_features(const struct lodge_notes *n, struct lodge_err *err)
{
	static const char *const can[] = {
		"writable_page_tables", "writable_descriptor_tables", "pae_pgdir_above_4gb",
		"hvm_callback_vector", "dom0",
	};
	char text[sizeof(n->features)], *rest = text, *name;
	size_t i;

	memcpy(text, n->features, sizeof(text));
	while ((name = strsep(&rest, "|"))) {
		if (name[0] != '!')
			continue;
		for (i = 0; i < ARRAY_SIZE(can); i++)
			if (!strcmp(name + 1, can[i]))
				break;
		if (i == ARRAY_SIZE(can))
			return lodge_fail(err, ENOEXEC,
					  "it demands the feature \"%s\", which does not exist here",
					  name + 1);
	}
	return 0;
}

static int add_segment(struct lodge_image *image, const GElf_Phdr *ph, uint64_t paddr_offset,
		       struct lodge_err *err)
{
	struct lodge_segment *s = &image->segments[image->n_segments];

	if (ph->p_paddr < paddr_offset)
		return lodge_fail(err, ENOEXEC,
				  "a segment at 0x%llx lies below PADDR_OFFSET (0x%llx)",
				  (unsigned long long)ph->p_paddr,
				  (unsigned long long)paddr_offset);
	s->phys = ph->p_paddr - paddr_offset;
	s->memsz = ph->p_memsz;
	s->offset = ph->p_offset;
	s->filesz = ph->p_filesz;
	if (s->phys >= LODGE_IMAGE_MAX_PHYS || s->memsz > LODGE_IMAGE_MAX_PHYS - s->phys)
		return lodge_fail(err, ENOEXEC,
				  "a segment at 0x%llx of 0x%llx bytes cannot be in any memory",
				  (unsigned long long)s->phys, (unsigned long long)s->memsz);
	if (s->filesz > s->memsz || s->offset > image->elf_len ||
	    s->filesz > image->elf_len - s->offset)
		return lodge_fail(err, ENOEXEC,
				  "it is damaged or cut off: a segment is not in the file");
	if (!image->n_segments || s->phys < image->phys_start)
		image->phys_start = s->phys;
	if (s->phys + s->memsz > image->phys_end)
		image->phys_end = s->phys + s->memsz;
	image->n_segments++;
	return 0;
}

static int read_segments(struct lodge_image *image, Elf *elf, uint64_t paddr_offset,
			 struct lodge_err *err)
{
	size_t count, i;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &count))
		return lodge_fail(err, ENOEXEC, "its program headers are damaged");
	if (count > MAX_SEGMENTS)
		return lodge_fail(err, ENOEXEC, "it has %zu segments, which is too many", count);
	image->segments = calloc(count ? count : 1, sizeof(*image->segments));
	if (!image->segments)
		return lodge_fail(err, ENOMEM, "out of memory");
	for (i = 0; i < count; i++) {
		if (!gelf_getphdr(elf, i, &ph))
			return lodge_fail(err, ENOEXEC, "its program headers are damaged");
		if (ph.p_type != PT_LOAD || !ph.p_memsz)
			continue;
		if (add_segment(image, &ph, paddr_offset, err))
			return -1;
	}
	if (!image->n_segments)
		return lodge_fail(err, ENOEXEC, "it has no segment to load");
	return 0;
}

/* Offset of a virtual address in the kernel's own memory, or LODGE_NO_ADDRESS. */
static uint64_t in_kernel(const struct lodge_image *image, uint64_t va)
{
	uint64_t phys = va - image->virt_base;

	return va >= image->virt_base && phys >= image->phys_start && phys < image->phys_end ?
		phys : LODGE_NO_ADDRESS;
}

static int place(struct lodge_image *image, const struct lodge_notes *n, uint64_t e_entry,
		 struct lodge_err *err)
{
	image->entry = n->entry == LODGE_NO_ADDRESS ? e_entry : n->entry;
	image->init_p2m = n->init_p2m;
	image->mod_start_pfn = n->mod_start_pfn;
	memcpy(image->guest_os, n->guest_os, sizeof(image->guest_os));

	if (image->virt_base & 0xfff)
		return lodge_fail(err, ENOEXEC, "its VIRT_BASE (0x%llx) is no page boundary",
				  (unsigned long long)image->virt_base);
	if (in_kernel(image, image->entry) == LODGE_NO_ADDRESS)
		return lodge_fail(err, ENOEXEC, "its entry point (0x%llx) is not in the kernel",
				  (unsigned long long)image->entry);
	if (image->init_p2m != LODGE_NO_ADDRESS && image->init_p2m & 0xfff)
		return lodge_fail(err, ENOEXEC, "its INIT_P2M (0x%llx) is no page boundary",
				  (unsigned long long)image->init_p2m);
	image->hypercall_phys = LODGE_NO_ADDRESS;
	if (n->hypercall_page == LODGE_NO_ADDRESS)
		return 0;
	image->hypercall_phys = in_kernel(image, n->hypercall_page);
	if (image->hypercall_phys == LODGE_NO_ADDRESS || image->hypercall_phys & 0xfff)
		return lodge_fail(err, ENOEXEC,
				  "its HYPERCALL_PAGE (0x%llx) is no page of the kernel",
				  (unsigned long long)n->hypercall_page);
	return 0;
}

static int parse_elf(struct lodge_image *image, struct lodge_err *err)
{
	struct lodge_notes n;
	uint64_t offset;
	GElf_Ehdr eh;
	Elf *elf;
	int rc = -1;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)image->elf, image->elf_len);
	if (check_header(elf, &eh, err) || lodge_notes_read(elf, &n, err) ||
	    check_version(&n, err) || check_features(&n, err))
		goto out;
	if (n.paddr_offset != LODGE_NO_ADDRESS && n.virt_base == LODGE_NO_ADDRESS) {
		lodge_fail(err, ENOEXEC, "it has the ELF note PADDR_OFFSET, but not VIRT_BASE");
		goto out;
	}
	image->virt_base = n.virt_base == LODGE_NO_ADDRESS ? 0 : n.virt_base;
	offset = n.paddr_offset;
	if (offset == LODGE_NO_ADDRESS)
		offset = n.legacy ? image->virt_base : 0;
	if (read_segments(image, elf, offset, err) || place(image, &n, eh.e_entry, err))
		goto out;
	rc = 0;
out:
	elf_end(elf);
	return rc;
}

int lodge_image_parse(struct lodge_image *image, const uint8_t *file, size_t len,
		      struct lodge_err *err)
{
	memset(image, 0, sizeof(*image));
	image->elf = unwrap(file, len, &image->elf_len, err);
	if (!image->elf)
		return -1;
	if (!parse_elf(image, err))
		return 0;
	lodge_image_free(image);
	return -1;
}

void lodge_image_free(struct lodge_image *image)
{
	free(image->segments);
	free(image->elf);
	memset(image, 0, sizeof(*image));
}
