// SPDX-License-Identifier: GPL-2.0-only
/*
 * The domain builder against plain memory: what a guest finds at its start of
 * day is checked by walking the page tables that were made for it.
 *
 * Kernels made up here cover what real ones leave out; files named on the
 * command line are real ones.
 */
#include <elf.h>
#include <fcntl.h>
#include <lzma.h>
#include <lz4.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/elfnote.h>
#include <xen/xen.h>
#include <zlib.h>
#include <zstd.h>

#include "builder/fill.h"
#include "builder/image.h"
#include "builder/layout.h"
#include "common/file.h"
#include "common/macros.h"
#include "tap.h"

#define MIB (1ULL << 20)

#define PTE_P	0x001ULL
#define PTE_RW	0x002ULL
#define PTE_US	0x004ULL
#define PTE_A	0x020ULL
#define PTE_D	0x040ULL

/* ---- kernels made up here ---- */

enum where { NOTE_SEGMENT, NOTE_SECTION, GUEST_SECTION, NOWHERE };

/* What to put into a kernel; 0 and NULL mean without. */
struct recipe {
	enum where where;
	uint64_t virt_base, entry, init_p2m, paddr_offset, hypercall_page, e_entry, phys32;
	bool mod_start_pfn;
	bool no_version;
	const char *version, *features, *guest;
	uint64_t paddr;			/* of the one segment */
	uint64_t memsz;			/* default 3 pages */
	uint16_t machine;
};

struct kernel {
	uint8_t bytes[16384];
	size_t len;
	size_t notes, notes_len;
};

static void put_note(struct kernel *k, uint32_t type, const void *desc, uint32_t len)
{
	Elf64_Nhdr n = { 4, len, type };
	uint8_t *p = k->bytes + k->notes + k->notes_len;

	memcpy(p, &n, sizeof(n));
	memcpy(p + sizeof(n), "Xen", 4);
	memcpy(p + sizeof(n) + 4, desc, len);
	k->notes_len += sizeof(n) + 4 + ((len + 3) & ~3U);
}

static void put_number(struct kernel *k, uint32_t type, uint64_t value)
{
	if (value)
		put_note(k, type, &value, sizeof(value));
}

static void put_notes(struct kernel *k, const struct recipe *r)
{
	static const uint8_t foreign[] = { 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0,
					   'G', 'N', 'U', 0, 1, 2, 3, 4 };
	const char *version = r->version ? r->version : "xen-3.0";

	/* one of another owner in front, a string without its NUL */
	memcpy(k->bytes + k->notes, foreign, sizeof(foreign));
	k->notes_len = sizeof(foreign);
	if (!r->no_version)
		put_note(k, XEN_ELFNOTE_XEN_VERSION, version, strlen(version));
	put_note(k, XEN_ELFNOTE_GUEST_OS, "unit", 4);
	put_number(k, XEN_ELFNOTE_ENTRY, r->entry);
	put_number(k, XEN_ELFNOTE_VIRT_BASE, r->virt_base);
	put_number(k, XEN_ELFNOTE_INIT_P2M, r->init_p2m);
	put_number(k, XEN_ELFNOTE_PADDR_OFFSET, r->paddr_offset);
	put_number(k, XEN_ELFNOTE_HYPERCALL_PAGE, r->hypercall_page);
	put_number(k, XEN_ELFNOTE_PHYS32_ENTRY, r->phys32);
	put_number(k, XEN_ELFNOTE_MOD_START_PFN, r->mod_start_pfn);
	if (r->features)
		put_note(k, XEN_ELFNOTE_FEATURES, r->features, strlen(r->features) + 1);
}

/* Headers in the first page, notes in the second, 1.5 pages of text behind. */
static void cook(struct kernel *k, const struct recipe *r)
{
	static const char names[] = "\0.shstrtab\0__xen_guest\0.note";
	Elf64_Ehdr *e = (void *)k->bytes;
	Elf64_Phdr *p = (void *)(k->bytes + 64);
	Elf64_Shdr *s = (void *)(k->bytes + 512);
	int i;

	memset(k, 0, sizeof(*k));
	k->notes = 4096;
	if (r->guest) {
		k->notes_len = strlen(r->guest) + 1;
		memcpy(k->bytes + k->notes, r->guest, k->notes_len);
	} else if (r->where != NOWHERE) {
		put_notes(k, r);
	}
	memcpy(e->e_ident, ELFMAG, SELFMAG);
	e->e_ident[EI_CLASS] = ELFCLASS64;
	e->e_ident[EI_DATA] = ELFDATA2LSB;
	e->e_ident[EI_VERSION] = EV_CURRENT;
	e->e_type = ET_EXEC;
	e->e_machine = r->machine ? r->machine : EM_X86_64;
	e->e_version = EV_CURRENT;
	e->e_entry = r->e_entry;
	e->e_ehsize = sizeof(*e);
	e->e_phoff = 64;
	e->e_phentsize = sizeof(*p);
	e->e_phnum = r->where == NOTE_SEGMENT ? 2 : 1;
	e->e_shentsize = sizeof(*s);
	p[0].p_type = PT_LOAD;
	p[0].p_flags = PF_R | PF_W | PF_X;
	p[0].p_offset = 8192;
	p[0].p_paddr = r->paddr;
	p[0].p_vaddr = 0xdead000;
	p[0].p_filesz = 6144;
	p[0].p_memsz = r->memsz ? r->memsz : 3 * 4096;
	if (r->where == NOTE_SEGMENT) {
		p[1].p_type = PT_NOTE;
		p[1].p_offset = k->notes;
		p[1].p_filesz = k->notes_len;
		p[1].p_align = 4;
	} else {
		e->e_shoff = 512;
		e->e_shnum = 3;
		e->e_shstrndx = 1;
		memcpy(k->bytes + 2048, names, sizeof(names));
		s[1] = (Elf64_Shdr) { .sh_name = 1, .sh_type = SHT_STRTAB, .sh_offset = 2048,
				      .sh_size = sizeof(names), .sh_addralign = 1 };
		s[2] = (Elf64_Shdr) { .sh_name = r->guest ? 11 : 23,
				      .sh_type = r->guest ? SHT_PROGBITS : SHT_NOTE,
				      .sh_offset = k->notes, .sh_size = k->notes_len,
				      .sh_addralign = 4 };
	}
	for (i = 0; i < 6144; i++)
		k->bytes[8192 + i] = i * 7 + 1;
	k->len = 8192 + 6144;
}

/* ---- a domain of plain memory ---- */

struct domain {
	uint8_t *base;
	uint64_t pages;
	struct lodge_image image;
	struct lodge_layout l;
	struct lodge_err err;
};

#define SHARED_INFO	0x8000123ULL
#define CMDLINE		"console=hvc0 earlyprintk=xen"

static bool build(struct domain *d, const uint8_t *file, size_t len, uint64_t initrd,
		  uint64_t memory, bool blank)
{
	const struct lodge_start start = { SHARED_INFO, 1, 2, CMDLINE };
	struct lodge_memory m;

	memset(d, 0, sizeof(*d));
	if (lodge_image_parse(&d->image, file, len, &d->err))
		return false;
	d->pages = memory >> 12;
	if (lodge_layout_plan(&d->l, &d->image, initrd, d->pages, &d->err)) {
		lodge_image_free(&d->image);
		return false;
	}
	d->base = mmap(NULL, memory, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!blank)
		memset(d->base, 0xa5, memory);
	m.base = d->base;
	m.blank = blank;
	lodge_fill(&m, &d->l, &d->image, &start);
	return true;
}

static void demolish(struct domain *d)
{
	munmap(d->base, d->pages << 12);
	lodge_image_free(&d->image);
}

static const uint64_t *table(const struct domain *d, uint64_t gfn)
{
	return (const uint64_t *)(d->base + (gfn << 12));
}

/* The L1 entry for @va, checking the flags above it; 0 if there is none. */
static uint64_t walk(const struct domain *d, uint64_t va)
{
	uint64_t gfn = d->l.l4, entry;
	int level;

	for (level = 3; level > 0; level--) {
		entry = table(d, gfn)[va >> (12 + 9 * level) & 511];
		if (!(entry & PTE_P))
			return 0;
		if ((entry & 0xfff) != (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D))
			return 0;
		gfn = entry >> 12;
		if (gfn >= d->pages)
			return 0;
	}
	return table(d, gfn)[va >> 12 & 511];
}

/* Present L1 entries of the whole tree, to see that nothing else is mapped. */
static uint64_t count_mapped(const struct domain *d, uint64_t gfn, int level)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < 512; i++) {
		if (!(table(d, gfn)[i] & PTE_P))
			continue;
		n += level ? count_mapped(d, table(d, gfn)[i] >> 12, level - 1) : 1;
	}
	return n;
}

static bool complain(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	return false;
}

static bool check_kernel_map(const struct domain *d)
{
	const struct lodge_layout *l = &d->l;
	uint64_t i, pte, want;

	for (i = 0; i < l->kernel_map.count; i++) {
		pte = walk(d, l->virt_base + (i << 12));
		want = i << 12 | PTE_P | PTE_A;
		if (i < l->l4 || i >= l->l4 + l->n_tables)
			want |= PTE_RW;
		if (pte != want)
			return complain("page %#lx: entry %#lx, not %#lx", i, pte, want);
	}
	return true;
}

static bool check_p2m_map(const struct domain *d)
{
	const struct lodge_layout *l = &d->l;
	uint64_t i, pte;

	if (!l->p2m_map.count)
		return l->p2m_va == l->virt_base + (l->p2m.first << 12);
	for (i = 0; i < l->p2m.count; i++) {
		pte = walk(d, l->p2m_va + (i << 12));
		if (pte != ((l->p2m.first + i) << 12 | PTE_P | PTE_RW | PTE_A))
			return complain("p2m page %#lx: entry %#lx", i, pte);
	}
	return true;
}

static bool check_p2m(const struct domain *d)
{
	const uint64_t *p2m = (const void *)(d->base + (d->l.p2m.first << 12));
	uint64_t i;

	for (i = 0; i < d->l.p2m.count * 512; i++)
		if (p2m[i] != (i < d->pages ? i : ~0ULL))
			return complain("p2m[%#lx] = %#lx", i, p2m[i]);
	return true;
}

static bool check_start_info(const struct domain *d, uint64_t initrd)
{
	const struct lodge_layout *l = &d->l;
	const start_info_t *s = (const void *)(d->base + (l->start_info << 12));
	const bool by_pfn = initrd && d->image.mod_start_pfn;
	uint64_t mod_start = 0;

	if (initrd)
		mod_start = by_pfn ? l->initrd.first : l->virt_base + (l->initrd.first << 12);
	return !strcmp(s->magic, "xen-3.0-x86_64") && s->nr_pages == d->pages &&
	       s->shared_info == SHARED_INFO << 12 &&
	       s->flags == (SIF_VIRT_P2M_4TOOLS | (by_pfn ? SIF_MOD_START_PFN : 0)) &&
	       s->store_mfn == l->store && s->store_evtchn == 1 &&
	       s->console.domU.mfn == l->console && s->console.domU.evtchn == 2 &&
	       s->pt_base == l->virt_base + (l->l4 << 12) && s->nr_pt_frames == l->n_tables &&
	       s->mfn_list == l->p2m_va && s->mod_start == mod_start && s->mod_len == initrd &&
	       !strcmp((const char *)s->cmd_line, CMDLINE) &&
	       s->first_p2m_pfn == (l->p2m_map.count ? l->p2m.first : 0) &&
	       s->nr_p2m_frames == (l->p2m_map.count ? l->end - l->p2m.first : 0);
}

/* Items in their order, apart from each other, with the padding behind. */
static bool check_order(const struct domain *d)
{
	const struct lodge_layout *l = &d->l;
	uint64_t next = (d->image.phys_end + 4095) >> 12;

	if (!d->image.mod_start_pfn && l->initrd.count) {
		if (l->initrd.first != next)
			return complain("initrd at %#lx", l->initrd.first);
		next += l->initrd.count;
	}
	if (!l->p2m_map.count) {
		if (l->p2m.first != next)
			return complain("p2m at %#lx", l->p2m.first);
		next += l->p2m.count;
	}
	if (l->start_info != next || l->store != next + 1 || l->console != next + 2 ||
	    l->l4 != next + 3 || l->stack != l->l4 + l->n_tables)
		return complain("fixed pages out of order");
	if (l->kernel_map.count < l->stack + 1 + 128 ||
	    (l->virt_base + (l->kernel_map.count << 12)) % (4 * MIB))
		return complain("mapped up to %#lx", l->kernel_map.count);
	/* no table more than needed */
	return l->kernel_map.count < l->stack + 1 + 128 + 1024 && l->end <= d->pages;
}

static bool check_segments(const struct domain *d)
{
	const struct lodge_segment *s;
	uint64_t i;

	for (s = d->image.segments; s < d->image.segments + d->image.n_segments; s++) {
		if (memcmp(d->base + s->phys, d->image.elf + s->offset, s->filesz))
			return complain("segment at %#lx differs", s->phys);
		for (i = s->filesz; i < s->memsz; i++)
			if (d->base[s->phys + i])
				return complain("bss at %#lx is not zero", s->phys + i);
	}
	return true;
}

static bool check_blank_pages(const struct domain *d)
{
	uint64_t i;

	for (i = 0; i < 4096; i++)
		if (d->base[(d->l.store << 12) + i] || d->base[(d->l.console << 12) + i] ||
		    d->base[(d->l.stack << 12) + i])
			return false;
	return true;
}

static bool check_all(const struct domain *d, uint64_t initrd)
{
	const struct lodge_layout *l = &d->l;

	if (!check_order(d) || !check_kernel_map(d) || !check_p2m_map(d) || !check_p2m(d) ||
	    !check_segments(d))
		return false;
	if (!check_start_info(d, initrd))
		return complain("start_info is wrong");
	if (!check_blank_pages(d))
		return complain("a ring or the stack is not blank");
	if (count_mapped(d, l->l4, 3) != l->kernel_map.count + l->p2m_map.count)
		return complain("more is mapped than should be");
	return true;
}

/* ---- the tests ---- */

static const struct recipe linux_like = {
	.virt_base = 0xffffffff80000000, .entry = 0xffffffff81000800,
	.init_p2m = 0x8000000000, .mod_start_pfn = true, .paddr = 0x1000000,
	.features = "!writable_page_tables|pae_pgdir_above_4gb",
};

static void test_shapes(void)
{
	static const struct {
		const char *name;
		uint64_t initrd, memory;
		struct recipe r;
	} shapes[] = {
		{ "as Linux", 5 * MIB + 1, 64 * MIB, {
			.virt_base = 0xffffffff80000000, .entry = 0xffffffff81000800,
			.init_p2m = 0x8000000000, .mod_start_pfn = true, .paddr = 0x1000000,
			.features = "!writable_page_tables|pae_pgdir_above_4gb" } },
		{ "as Linux, without an initrd", 0, 64 * MIB, {
			.virt_base = 0xffffffff80000000, .entry = 0xffffffff81000800,
			.init_p2m = 0x8000000000, .mod_start_pfn = true, .paddr = 0x1000000 } },
		{ "no note but the version", 123, 16 * MIB, { .e_entry = 0x100, .paddr = 0 } },
		{ "section of notes only", 4096, 16 * MIB, {
			.where = NOTE_SECTION, .e_entry = 0x2000, .paddr = 0x2000,
			.hypercall_page = 0x3000 } },
		{ "legacy section", 4097, 32 * MIB, {
			.where = GUEST_SECTION, .e_entry = 0xc0100000, .paddr = 0xc0100000,
			.guest = "GUEST_OS=old,XEN_VER=xen-3.0,VIRT_BASE=0xC0000000,HYPERCALL_PAGE=0x101" } },
		{ "mapped initrd with p2m elsewhere", 9 * MIB, 64 * MIB, {
			.virt_base = 0xffffffff80000000, .entry = 0xffffffff80100000,
			.init_p2m = 0x8000000000, .paddr = 0x100000 } },
		{ "p2m in the kernel's L4 slot", 1, 64 * MIB, {
			.virt_base = 0xffffffff80000000, .entry = 0xffffffff80100000,
			.init_p2m = 0xffffffff00000000, .paddr = 0x100000, .mod_start_pfn = true } },
		{ "p2m in the kernel's L2 table, above it", 1, 64 * MIB, {
			.virt_base = 0x40000000, .entry = 0x40100000,
			.init_p2m = 0x60000000, .paddr = 0x100000, .mod_start_pfn = true } },
		{ "p2m in the kernel's L2 table, below it", 1, 64 * MIB, {
			.virt_base = 0x60000000, .entry = 0x60100000,
			.init_p2m = 0x40001000, .paddr = 0x100000, .mod_start_pfn = true } },
		{ "p2m in the kernel's first L1 table", 1, 64 * MIB, {
			.virt_base = 0x40100000, .entry = 0x40200000,
			.init_p2m = 0x40000000, .paddr = 0x100000, .mod_start_pfn = true } },
		{ "base in the middle of tables", 0, 64 * MIB, {
			.virt_base = 0x7fff00000, .entry = 0x7fff00000 + 0x1000000,
			.paddr = 0x1000000 } },
		{ "PADDR_OFFSET", 0, 32 * MIB, {
			.virt_base = 0x100000000, .paddr_offset = 0x100000000,
			.entry = 0x100200000, .paddr = 0x100200000 } },
		{ "up to the end of the address space", 0, 16 * MIB, {
			.virt_base = 0xffffffffff000000, .entry = 0xffffffffff000000,
			.paddr = 0x0, .memsz = 8 * MIB } },
	};
	struct kernel k;
	struct domain d;
	char name[96];
	size_t i, blank;
	bool ok;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (blank = 0; blank < 2; blank++) {
			cook(&k, &shapes[i].r);
			ok = build(&d, k.bytes, k.len, shapes[i].initrd, shapes[i].memory, blank);
			if (ok) {
				ok = check_all(&d, shapes[i].initrd);
				demolish(&d);
			} else {
				complain("%s", d.err.text);
			}
			snprintf(name, sizeof(name), "%s%s", shapes[i].name,
				 blank ? "" : ", in dirty memory");
			tap_ok(ok, name);
		}
	}
}

static void test_refusals(void)
{
	static const struct {
		const char *sentence;
		struct recipe r;
	} bad[] = {
		{ "it is not a Xen PV kernel: it has no Xen ELF notes (ENTRY, XEN_VERSION...)",
		  { .where = NOWHERE } },
		{ "it is not a Xen PV kernel: its ELF note XEN_VERSION is missing",
		  { .no_version = true } },
		{ "it is not a Xen PV kernel: its ELF note XEN_VERSION is missing, it is for PVH only",
		  { .no_version = true, .phys32 = 1 } },
		{ "it is not a Xen PV kernel: its ELF note ENTRY is missing, it is for PVH only",
		  { .phys32 = 1 } },
		{ "it is not a Xen PV kernel: it is for \"xen-2.0\" and not for \"xen-3.0\"",
		  { .version = "xen-2.0" } },
		{ "it demands the feature \"auto_translated_physmap\", which does not exist here",
		  { .features = "x|!auto_translated_physmap" } },
		{ "it has the ELF note PADDR_OFFSET, but not VIRT_BASE", { .paddr_offset = 4096 } },
		{ "its VIRT_BASE (0x1001) is no page boundary", { .virt_base = 0x1001 } },
		{ "its entry point (0x3000) is not in the kernel", { .entry = 0x3000 } },
		{ "its entry point (0xffffffffffffffff) is not in the kernel",
		  { .e_entry = ~0ULL } },
		{ "its INIT_P2M (0x8000000001) is no page boundary", { .init_p2m = 0x8000000001 } },
		{ "its INIT_P2M (0x400000) is where the kernel is mapped",
		  { .init_p2m = 0x400000, .memsz = 8 * MIB } },
		{ "its HYPERCALL_PAGE (0x1800) is no page of the kernel",
		  { .hypercall_page = 0x1800 } },
		{ "its HYPERCALL_PAGE (0x5000) is no page of the kernel",
		  { .hypercall_page = 0x5000 } },
		{ "a segment at 0x1000 lies below PADDR_OFFSET (0x2000)",
		  { .virt_base = 0x2000, .paddr_offset = 0x2000, .paddr = 0x1000 } },
		{ "a segment at 0xfffffffffffff000 of 0x3000 bytes cannot be in any memory",
		  { .paddr = 0xfffffffffffff000 } },
		{ "a segment at 0x0 of 0xffffffffffff0000 bytes cannot be in any memory",
		  { .memsz = 0xffffffffffff0000 } },
		{ "it is damaged or cut off: a segment is not in the file", { .memsz = 100 } },
		{ "the kernel at 0xffff800000000000 is in the hypervisor's part of the address space",
		  { .virt_base = 0xffff800000000000, .entry = 0xffff800000000000 } },
		{ "the kernel does not fit into the address space at 0x7fffffe00000",
		  { .virt_base = 0x7fffffe00000, .entry = 0x7fffffe00000, .memsz = 4 * MIB } },
		{ "the kernel does not fit into the address space at 0xffffffffffe00000",
		  { .virt_base = 0xffffffffffe00000, .entry = 0xffffffffffe00000, .memsz = 4 * MIB } },
		{ "the p2m list does not fit into the address space at 0x800000000000",
		  { .init_p2m = 0x800000000000 } },
		{ "it is a 32-bit kernel, only 64-bit ones are supported", { .machine = EM_386 } },
		{ "it is not a kernel for x86-64", { .machine = EM_AARCH64 } },
		{ "not enough memory: the domain has 64 MiB, kernel and ramdisk need 204 MiB to be loaded",
		  { .memsz = 200 * MIB } },
	};
	struct kernel k;
	struct domain d;
	size_t i;
	bool built;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cook(&k, &bad[i].r);
		built = build(&d, k.bytes, k.len, 0, 64 * MIB, true);
		if (!tap_ok(!built && !strcmp(d.err.text, bad[i].sentence), bad[i].sentence))
			complain("%s", built ? "accepted" : d.err.text);
		if (built)
			demolish(&d);
	}
}

static bool refused(const void *bytes, size_t len, const char *sentence)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_image image;

	if (lodge_image_parse(&image, bytes, len, &err))
		return !strcmp(err.text, sentence) || complain("%s", err.text);
	lodge_image_free(&image);
	return false;
}

/* The payload of a kernel behind the header of a bzImage. */
static size_t wrap_bzimage(uint8_t *to, const uint8_t *payload, size_t len)
{
	const uint32_t offset = 0x100, length = len;

	memset(to, 0, 5 * 512 + offset);
	to[0x1f1] = 4;
	to[0x1fe] = 0x55;
	to[0x1ff] = 0xaa;
	memcpy(to + 0x202, "HdrS", 4);
	to[0x206] = 0x0f;
	to[0x207] = 0x02;
	memcpy(to + 0x248, &offset, 4);
	memcpy(to + 0x24c, &length, 4);
	memcpy(to + 5 * 512 + offset, payload, len);
	return 5 * 512 + offset + len;
}

static size_t pack_gzip(uint8_t *to, size_t room, const struct kernel *k)
{
	z_stream z = { .next_in = (uint8_t *)k->bytes, .avail_in = k->len, .next_out = to,
		       .avail_out = room };

	deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	deflate(&z, Z_FINISH);
	deflateEnd(&z);
	return z.total_out;
}

static size_t pack_xz(uint8_t *to, size_t room, const struct kernel *k)
{
	lzma_options_lzma o;
	lzma_filter f[] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &o },
			    { LZMA_VLI_UNKNOWN, NULL } };
	size_t len = 0;

	lzma_lzma_preset(&o, 6);
	if (lzma_stream_buffer_encode(f, LZMA_CHECK_CRC32, NULL, k->bytes, k->len, to, &len, room))
		return 0;
	return len;
}

static size_t pack_lzma(uint8_t *to, size_t room, const struct kernel *k)
{
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_options_lzma o;

	lzma_lzma_preset(&o, 6);
	if (lzma_alone_encoder(&s, &o))
		return 0;
	s.next_in = k->bytes;
	s.avail_in = k->len;
	s.next_out = to;
	s.avail_out = room;
	if (lzma_code(&s, LZMA_FINISH) != LZMA_STREAM_END)
		s.total_out = 0;
	lzma_end(&s);
	return s.total_out;
}

static size_t pack_zstd(uint8_t *to, size_t room, const struct kernel *k)
{
	return ZSTD_compress(to, room, k->bytes, k->len, 3);
}

/* as "lz4 -l" does: one block */
static size_t pack_lz4(uint8_t *to, size_t room, const struct kernel *k)
{
	uint32_t n = LZ4_compress_default((const char *)k->bytes, (char *)to + 8, k->len, room - 8);

	memcpy(to, "\x02\x21\x4c\x18", 4);
	memcpy(to + 4, &n, 4);
	return n + 8;
}

static void test_wrappings(void)
{
	static const struct {
		const char *name;
		size_t (*pack)(uint8_t *to, size_t room, const struct kernel *k);
	} packers[] = {
		{ "gzip", pack_gzip }, { "xz", pack_xz }, { "lzma", pack_lzma },
		{ "zstd", pack_zstd }, { "lz4", pack_lz4 },
	};
	uint8_t packed[65536], file[70000];
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_image image;
	struct kernel k;
	char name[64];
	size_t i, len, cut;
	uint32_t size;
	bool ok;

	cook(&k, &linux_like);
	size = k.len;
	for (i = 0; i < ARRAY_SIZE(packers); i++) {
		len = packers[i].pack(packed, sizeof(packed) - 4, &k);
		/* kernels carry their size behind the data */
		memcpy(packed + len, &size, 4);
		len = wrap_bzimage(file, packed, len + 4);
		ok = !lodge_image_parse(&image, file, len, &err);
		if (ok) {
			ok = image.elf_len == k.len && !memcmp(image.elf, k.bytes, k.len);
			lodge_image_free(&image);
		}
		snprintf(name, sizeof(name), "%s in a bzImage", packers[i].name);
		if (!tap_ok(ok, name))
			complain("%s", err.text);
		for (cut = 1; ok && cut < len; cut += 97) {
			if (!lodge_image_parse(&image, file, cut, &err)) {
				lodge_image_free(&image);
				ok = complain("%s cut to %zu was taken", packers[i].name, cut);
			}
		}
		snprintf(name, sizeof(name), "%s cut off anywhere", packers[i].name);
		tap_ok(ok, name);
	}
	len = pack_gzip(packed, sizeof(packed), &k);
	ok = !lodge_image_parse(&image, packed, len, &err);
	if (ok)
		lodge_image_free(&image);
	tap_ok(ok, "gzip without a bzImage");
	len = wrap_bzimage(file, k.bytes, k.len);
	ok = !lodge_image_parse(&image, file, len, &err);
	if (ok)
		lodge_image_free(&image);
	tap_ok(ok, "an uncompressed bzImage");
	tap_ok(refused("", 0, "it is empty"), "an empty file");
	tap_ok(refused("#!/bin/sh\n", 10,
		       "it is neither a bzImage nor an ELF file, or compressed in an unknown way"),
	       "a text");
	tap_ok(refused("\x7f" "ELF", 4, "its ELF header is damaged"), "a bit of an ELF file");
	tap_ok(refused("\x1f\x8bxx", 4, "its gzip data are damaged") ||
	       refused("\x1f\x8bxx", 4, "its gzip data are cut off"), "a bit of a gzip file");
}

static unsigned int rnd(unsigned int below)
{
	static unsigned long long state = 1;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % below;
}

/* Damage a few bytes of headers and notes: taken and right, or refused. */
static void test_damage(void)
{
	static const enum where wheres[] = { NOTE_SEGMENT, NOTE_SECTION, GUEST_SECTION };
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff, 0xf0 };
	unsigned int round, i, at, built = 0;
	struct recipe r = linux_like;
	struct kernel k;
	struct domain d;

	for (round = 0; round < 30000; round++) {
		r.where = wheres[round % 3];
		r.guest = r.where == GUEST_SECTION ?
			"XEN_VER=xen-3.0,VIRT_BASE=0xffffffff80000000,HYPERCALL_PAGE=0x1000" : NULL;
		cook(&k, &r);
		for (i = rnd(4) + 1; i; i--) {
			at = rnd(2) ? rnd(900) : k.notes + rnd(k.notes_len);
			k.bytes[at] = rnd(2) ? values[rnd(sizeof(values))] : rnd(256);
		}
		if (build(&d, k.bytes, k.len, rnd(2) ? 12345 : 0, 32 * MIB, true)) {
			built++;
			demolish(&d);
		}
	}
	tap_ok(built, "30000 damaged kernels");
}

/* Bigger and bigger domains, planned only. */
static void test_sizes(void)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_image image;
	struct lodge_layout l;
	struct kernel k;
	uint64_t pages;
	bool ok = true;

	cook(&k, &linux_like);
	if (!tap_ok(!lodge_image_parse(&image, k.bytes, k.len, &err), "a kernel"))
		return;
	for (pages = 16384; ok && pages <= 1 << 26; pages += pages / 7)
		ok = !lodge_layout_plan(&l, &image, 100 * MIB % (pages << 9), pages, &err) &&
		     l.end <= pages && l.p2m.count * 512 >= pages;
	if (!tap_ok(ok, "domains up to 256 GiB"))
		complain("%lu pages: %s", pages, err.text);
	tap_ok(lodge_layout_plan(&l, &image, ~0ULL, 1 << 20, &err) &&
	       lodge_layout_plan(&l, &image, 1ULL << 38, 1 << 20, &err),
	       "a ramdisk larger than any domain");
	lodge_image_free(&image);
}

static void test_real(const char *path)
{
	struct domain d = { .err = LODGE_ERR_INIT };
	uint8_t *file = NULL;
	char name[256];
	size_t len, i;
	bool ok = false;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd >= 0)
		file = lodge_read_all(fd, path, 1 << 30, &len, &d.err);
	close(fd);
	if (file && build(&d, file, len, 32 * MIB + 5, 256 * MIB, true)) {
		ok = check_all(&d, 32 * MIB + 5);
		printf("# %s %s: virt_base %#lx entry %#lx %zu segments, %#lx..%#lx, tables %lu, mapped %lu MiB, end %lu MiB\n",
		       path, d.image.guest_os, d.image.virt_base, d.image.entry,
		       d.image.n_segments, d.image.phys_start, d.image.phys_end, d.l.n_tables,
		       d.l.kernel_map.count >> 8, d.l.end >> 8);
		for (i = 0; i < d.image.n_segments; i++)
			printf("# segment %#lx file %#lx mem %#lx\n", d.image.segments[i].phys,
			       d.image.segments[i].filesz, d.image.segments[i].memsz);
		demolish(&d);
	} else {
		complain("%s: %s", path, d.err.text);
	}
	free(file);
	snprintf(name, sizeof(name), "%s", path);
	tap_ok(ok, name);
}

int main(int argc, char **argv)
{
	int i;

	test_shapes();
	test_refusals();
	test_wrappings();
	test_damage();
	test_sizes();
	for (i = 1; i < argc; i++)
		test_real(argv[i]);
	if (argc == 1)
		tap_skip("real kernels", "none is unpacked in the cache");
	return tap_done();
}
