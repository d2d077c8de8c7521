// SPDX-License-Identifier: GPL-2.0-only
#include "builder/fill.h"

#include <stdint.h>
#include <string.h>
#include <xen/xen.h>

#define PTE_P	0x001ULL
#define PTE_RW	0x002ULL
#define PTE_US	0x004ULL
#define PTE_A	0x020ULL
#define PTE_D	0x040ULL

/* What Xen's builder writes: Linux patches its text through L1, so no NX. */
#define L1_FLAGS	(PTE_P | PTE_RW | PTE_A)
#define UPPER_FLAGS	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static void *frame(const struct lodge_memory *m, uint64_t gfn)
{
	return m->base + (gfn << LODGE_PAGE_SHIFT);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

static void zero(const struct lodge_memory *m, uint64_t phys, uint64_t len)
{
	if (!m->blank)
		memset(m->base + phys, 0, len);
}

static void copy(const struct lodge_memory *m, uint64_t phys, const uint8_t *from, uint64_t len)
{
	uint64_t n;

	while (len) {
		n = LODGE_PAGE_SIZE - (phys & (LODGE_PAGE_SIZE - 1));
		if (n > len)
			n = len;
		if (!m->blank || !all_zero(from, n))
			memcpy(m->base + phys, from, n);
		phys += n;
		from += n;
		len -= n;
	}
}

/*
 * Segments may overlap, and a page may be shared by the end of one and the
 * begin of the next: zeroing first and copying then gives each its due.
 */
static void load_kernel(const struct lodge_memory *m, const struct lodge_image *image)
{
	const struct lodge_segment *s;
	const struct lodge_segment *end = image->segments + image->n_segments;
	const struct lodge_memory written = { .base = m->base };

	for (s = image->segments; s < end; s++) {
		zero(m, s->phys, s->memsz);
		/* an overlapped part is no longer blank */
		copy(s == image->segments ? m : &written, s->phys,
		     image->elf + s->offset, s->filesz);
	}
}

/* Is @gfn a table that Xen has mapped read-only from the start? */
static bool is_table(const struct lodge_layout *l, uint64_t gfn)
{
	return gfn >= l->l4 && gfn < l->l4 + l->n_tables;
}

/* Frame of the table of @level that translates @va. */
static uint64_t table_at(const struct lodge_layout *l, const struct lodge_mapping *m,
			 int level, uint64_t va)
{
	const struct lodge_tables *t = &m->tables[level];
	uint64_t index = va >> lodge_table_shift(level);

	if (index < t->index || index >= t->index + t->count)
		t = &l->kernel_map.tables[level];
	return t->gfn + (index - t->index);
}

static void map(const struct lodge_memory *m, const struct lodge_layout *l,
		const struct lodge_mapping *map)
{
	uint64_t i, va, gfn, below, *table;
	int level;

	for (i = 0; i < map->count; i++) {
		va = map->va + (i << LODGE_PAGE_SHIFT);
		gfn = map->gfn + i;
		below = table_at(l, map, 0, va);
		table = frame(m, below);
		table[va >> LODGE_PAGE_SHIFT & 511] = gfn << LODGE_PAGE_SHIFT |
			(is_table(l, gfn) ? L1_FLAGS & ~PTE_RW : L1_FLAGS);
		/* the first page under a table links it in */
		for (level = 1; level <= 3; level++) {
			if (i && va & ((1ULL << lodge_table_shift(level - 1)) - 1))
				break;
			gfn = level == 3 ? l->l4 : table_at(l, map, level, va);
			table = frame(m, gfn);
			table[va >> lodge_table_shift(level - 1) & 511] =
				below << LODGE_PAGE_SHIFT | UPPER_FLAGS;
			below = gfn;
		}
	}
}

static void clear_tables(const struct lodge_memory *m, const struct lodge_mapping *map)
{
	int level;

	for (level = 0; level < 3; level++)
		zero(m, map->tables[level].gfn << LODGE_PAGE_SHIFT,
		     map->tables[level].count << LODGE_PAGE_SHIFT);
}

static void write_tables(const struct lodge_memory *m, const struct lodge_layout *l)
{
	zero(m, l->l4 << LODGE_PAGE_SHIFT, LODGE_PAGE_SIZE);
	clear_tables(m, &l->kernel_map);
	map(m, l, &l->kernel_map);
	if (l->p2m_map.count) {
		clear_tables(m, &l->p2m_map);
		map(m, l, &l->p2m_map);
	}
}

/* At first each frame has its own number; the rest of the last page has none. */
static void write_p2m(const struct lodge_memory *m, const struct lodge_layout *l)
{
	const uint64_t room = l->p2m.count * (LODGE_PAGE_SIZE / 8);
	uint64_t *p2m = frame(m, l->p2m.first);
	uint64_t i;

	for (i = 0; i < l->pages; i++)
		p2m[i] = i;
	for (; i < room; i++)
		p2m[i] = ~0ULL;
}

static void write_start_info(const struct lodge_memory *m, const struct lodge_layout *l,
			     const struct lodge_image *image, const struct lodge_start *start)
{
	static const char magic[] = "xen-3.0-x86_64";
	start_info_t *s = frame(m, l->start_info);

	memset(s, 0, LODGE_PAGE_SIZE);
	memcpy(s->magic, magic, sizeof(magic));
	s->nr_pages = l->pages;
	s->shared_info = start->shared_info_gfn << LODGE_PAGE_SHIFT;
	s->flags = SIF_VIRT_P2M_4TOOLS;
	s->store_mfn = l->store;
	s->store_evtchn = start->store_port;
	s->console.domU.mfn = l->console;
	s->console.domU.evtchn = start->console_port;
	s->pt_base = lodge_layout_va(l, l->l4);
	s->nr_pt_frames = l->n_tables;
	s->mfn_list = l->p2m_va;
	if (l->initrd_len) {
		s->mod_len = l->initrd_len;
		if (image->mod_start_pfn) {
			s->mod_start = l->initrd.first;
			s->flags |= SIF_MOD_START_PFN;
		} else {
			s->mod_start = lodge_layout_va(l, l->initrd.first);
		}
	}
	memcpy(s->cmd_line, start->cmdline, strnlen(start->cmdline, MAX_GUEST_CMDLINE - 1));
	if (l->p2m_map.count) {
		s->first_p2m_pfn = l->p2m.first;
		s->nr_p2m_frames = l->end - l->p2m.first;
	}
}

void lodge_fill(const struct lodge_memory *m, const struct lodge_layout *l,
		const struct lodge_image *image, const struct lodge_start *start)
{
	load_kernel(m, image);
	write_p2m(m, l);
	write_start_info(m, l, image, start);
	zero(m, l->store << LODGE_PAGE_SHIFT, LODGE_PAGE_SIZE);
	zero(m, l->console << LODGE_PAGE_SHIFT, LODGE_PAGE_SIZE);
	zero(m, l->stack << LODGE_PAGE_SHIFT, LODGE_PAGE_SIZE);
	write_tables(m, l);
}
