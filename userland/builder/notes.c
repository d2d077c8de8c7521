// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments of notes first, then sections of notes (mini-os has only those),
 * then the string of the section __xen_guest.
 */
#include "builder/notes.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#include "builder/image.h"

#define MAX_NOTES	65536

/* Strings may lack their NUL. */
static void take_string(char *to, size_t size, const char *desc, size_t len)
{
	len = strnlen(desc, len);
	if (len >= size)
		len = size - 1;
	memcpy(to, desc, len);
	to[len] = '\0';
}

/* 4 or 8 bytes; anything else says nothing */
static bool take_number(uint64_t *to, const char *desc, size_t len)
{
	uint32_t small;

	if (len == sizeof(small)) {
		memcpy(&small, desc, len);
		*to = small;
		return true;
	}
	if (len != sizeof(*to))
		return false;
	memcpy(to, desc, len);
	return true;
}

static void take_note(struct lodge_notes *n, unsigned int type, const char *desc, size_t len)
{
	uint64_t value;

	switch (type) {
	case XEN_ELFNOTE_ENTRY:
		take_number(&n->entry, desc, len);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		take_number(&n->hypercall_page, desc, len);
		break;
	case XEN_ELFNOTE_VIRT_BASE:
		take_number(&n->virt_base, desc, len);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		take_number(&n->paddr_offset, desc, len);
		break;
	case XEN_ELFNOTE_INIT_P2M:
		take_number(&n->init_p2m, desc, len);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		n->mod_start_pfn = take_number(&value, desc, len) && value;
		break;
	case XEN_ELFNOTE_PHYS32_ENTRY:
		n->phys32_entry = true;
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		take_string(n->xen_version, sizeof(n->xen_version), desc, len);
		break;
	case XEN_ELFNOTE_GUEST_OS:
		take_string(n->guest_os, sizeof(n->guest_os), desc, len);
		break;
	case XEN_ELFNOTE_FEATURES:
		take_string(n->features, sizeof(n->features), desc, len);
		break;
	}
}

/* How many of the notes in a range of the file are Xen's. */
static unsigned int take_notes(Elf *elf, uint64_t offset, uint64_t size, uint64_t align,
			       struct lodge_notes *n)
{
	size_t at = 0, name_at, desc_at, file_len;
	unsigned int seen = 0, found = 0;
	const char *file = elf_rawfile(elf, &file_len);
	const char *bytes;
	Elf_Data *data;
	GElf_Nhdr note;

	if (!offset || offset > file_len || size > file_len - offset)
		return 0;
	data = elf_getdata_rawchunk(elf, offset, size, align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	if (!data || !data->d_buf || !file)
		return 0;
	bytes = data->d_buf;
	while (seen++ < MAX_NOTES) {
		at = gelf_getnote(data, at, &note, &name_at, &desc_at);
		if (!at)
			break;
		if (note.n_namesz < 3 || note.n_namesz > 4 || memcmp(bytes + name_at, "Xen", 3) ||
		    (note.n_namesz == 4 && bytes[name_at + 3]))
			continue;
		take_note(n, note.n_type, bytes + desc_at, note.n_descsz);
		found++;
	}
	return found;
}

static unsigned int notes_of_segments(Elf *elf, struct lodge_notes *n)
{
	unsigned int found = 0;
	size_t count, i;
	GElf_Phdr ph;

	if (elf_getphdrnum(elf, &count))
		return 0;
	for (i = 0; i < count; i++)
		if (gelf_getphdr(elf, i, &ph) && ph.p_type == PT_NOTE)
			found += take_notes(elf, ph.p_offset, ph.p_filesz, ph.p_align, n);
	return found;
}

static unsigned int notes_of_sections(Elf *elf, struct lodge_notes *n)
{
	Elf_Scn *scn = NULL;
	unsigned int found = 0;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_NOTE)
			found += take_notes(elf, sh.sh_offset, sh.sh_size, sh.sh_addralign, n);
	return found;
}

static void take_legacy(struct lodge_notes *n, const char *key, const char *value)
{
	const uint64_t number = strtoull(value, NULL, 0);

	if (!strcmp(key, "VIRT_BASE"))
		n->virt_base = number;
	else if (!strcmp(key, "VIRT_ENTRY"))
		n->entry = number;
	else if (!strcmp(key, "ELF_PADDR_OFFSET"))
		n->paddr_offset = number;
	else if (!strcmp(key, "HYPERCALL_PAGE"))
		n->hypercall_page = number << 12;
	else if (!strcmp(key, "XEN_VER"))
		take_string(n->xen_version, sizeof(n->xen_version), value, strlen(value));
	else if (!strcmp(key, "GUEST_OS"))
		take_string(n->guest_os, sizeof(n->guest_os), value, strlen(value));
	else if (!strcmp(key, "FEATURES"))
		take_string(n->features, sizeof(n->features), value, strlen(value));
}

/* "KEY=value,KEY,KEY=value"; the hypercall page is a frame above VIRT_BASE */
static void parse_legacy(struct lodge_notes *n, char *text)
{
	char *item, *value;

	while ((item = strsep(&text, ","))) {
		value = strchr(item, '=');
		if (value)
			*value++ = '\0';
		take_legacy(n, item, value ? value : "");
	}
	if (n->hypercall_page != LODGE_NO_ADDRESS && n->virt_base != LODGE_NO_ADDRESS)
		n->hypercall_page += n->virt_base;
}

static int legacy_section(Elf *elf, struct lodge_notes *n, struct lodge_err *err)
{
	size_t names, file_len;
	const char *name, *file = elf_rawfile(elf, &file_len);
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	char *text;

	if (!file || elf_getshdrstrndx(elf, &names))
		return 0;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, names, sh.sh_name);
		if (!name || strcmp(name, "__xen_guest"))
			continue;
		if (sh.sh_offset > file_len || sh.sh_size > file_len - sh.sh_offset ||
		    sh.sh_size > 4096)
			return lodge_fail(err, EINVAL, "its section __xen_guest is out of bounds");
		text = strndup(file + sh.sh_offset, sh.sh_size);
		if (!text)
			return lodge_fail(err, ENOMEM, "out of memory");
		parse_legacy(n, text);
		free(text);
		n->legacy = true;
		return 1;
	}
	return 0;
}

int lodge_notes_read(Elf *elf, struct lodge_notes *n, struct lodge_err *err)
{
	int rc;

	memset(n, 0, sizeof(*n));
	n->entry = LODGE_NO_ADDRESS;
	n->hypercall_page = LODGE_NO_ADDRESS;
	n->virt_base = LODGE_NO_ADDRESS;
	n->paddr_offset = LODGE_NO_ADDRESS;
	n->init_p2m = LODGE_NO_ADDRESS;

	if (notes_of_segments(elf, n) || notes_of_sections(elf, n))
		return 0;
	rc = legacy_section(elf, n, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return lodge_fail(err, ENOEXEC,
				  "it is not a Xen PV kernel: it has no Xen ELF notes (ENTRY, XEN_VERSION...)");
	return 0;
}
