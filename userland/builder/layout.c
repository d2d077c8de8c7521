// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan is made without looking at how much memory there is, so that a
 * domain that is too small can be told how much it needs; sizes come bounded
 * from lodge_image_parse(), so that frame numbers cannot overflow.
 */
#include "builder/layout.h"

#include <errno.h>
#include <string.h>

#include <lodge/limits.h>

#define PADDING_PAGES	(512 * 1024 / LODGE_PAGE_SIZE)
#define ROUND_TO	(4ULL << 20)

/* the part of the address space that belongs to the hypervisor: L4 256..271 */
#define HYPERVISOR_FIRST	0xffff800000000000ULL
#define HYPERVISOR_LAST		0xffff87ffffffffffULL

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + LODGE_PAGE_SIZE - 1) >> LODGE_PAGE_SHIFT;
}

static uint64_t last_va(const struct lodge_mapping *m)
{
	return m->va + (m->count << LODGE_PAGE_SHIFT) - 1;
}

/* How many tables of each level a mapping needs; the sum of them. */
static uint64_t count_tables(struct lodge_mapping *m)
{
	uint64_t sum = 0;
	int level;

	for (level = 0; level < 3; level++) {
		m->tables[level].index = m->va >> lodge_table_shift(level);
		m->tables[level].count = (last_va(m) >> lodge_table_shift(level)) -
					 m->tables[level].index + 1;
		sum += m->tables[level].count;
	}
	return sum;
}

/* Hand out the frames for them from @next, highest level first. */
static uint64_t place_tables(struct lodge_mapping *m, uint64_t next)
{
	int level;

	for (level = 2; level >= 0; level--) {
		m->tables[level].gfn = next;
		next += m->tables[level].count;
	}
	return next;
}

/*
 * The p2m's mapping needs no second copy of a table that the kernel's has.
 * They do not overlap, so that this can be one table of a level, at one end.
 */
static void count_other_tables(struct lodge_mapping *m, const struct lodge_mapping *kernel)
{
	const struct lodge_tables *k;
	struct lodge_tables *t;
	int level;

	count_tables(m);
	for (level = 0; level < 3; level++) {
		t = &m->tables[level];
		k = &kernel->tables[level];
		if (t->index == k->index + k->count - 1) {
			t->index++;
			t->count--;
		} else if (t->index + t->count - 1 == k->index) {
			t->count--;
		}
	}
}

static int check_va(const char *what, uint64_t va, uint64_t count, struct lodge_err *err)
{
	const uint64_t last = va + (count << LODGE_PAGE_SHIFT) - 1;

	if (last < va || (int64_t)va >> 47 != (int64_t)last >> 47 ||
	    ((int64_t)va >> 47 != 0 && (int64_t)va >> 47 != -1))
		return lodge_fail(err, ENOEXEC,
				  "%s does not fit into the address space at 0x%llx", what,
				  (unsigned long long)va);
	if (va <= HYPERVISOR_LAST && last >= HYPERVISOR_FIRST)
		return lodge_fail(err, ENOEXEC,
				  "%s at 0x%llx is in the hypervisor's part of the address space",
				  what, (unsigned long long)va);
	return 0;
}

/*
 * The mapped part ends where its page tables, which are in it, and the rest
 * find room; larger ends need more tables, so try until it fits.
 */
static int plan_mapping(struct lodge_layout *l, uint64_t next, struct lodge_err *err)
{
	struct lodge_mapping *m = &l->kernel_map;
	uint64_t extra = 1 + PADDING_PAGES, want = extra, va_end;

	m->va = l->virt_base;
	m->gfn = 0;
	for (;;) {
		va_end = lodge_layout_va(l, next + want) + ROUND_TO - 1;
		va_end &= ~(ROUND_TO - 1);
		m->count = (va_end - l->virt_base) >> LODGE_PAGE_SHIFT;
		if (check_va("the kernel", m->va, m->count, err))
			return -1;
		l->n_tables = 1 + count_tables(m);
		want = l->n_tables + extra;
		if (next + want <= m->count)
			break;
	}
	l->l4 = next;
	l->stack = place_tables(m, next + 1);
	return 0;
}

static int plan(struct lodge_layout *l, const struct lodge_image *image,
		uint64_t initrd_len, uint64_t pages, struct lodge_err *err)
{
	const bool p2m_apart = image->init_p2m != LODGE_NO_ADDRESS;
	uint64_t next = pages_of(image->phys_end);
	struct lodge_mapping *p = &l->p2m_map;

	memset(l, 0, sizeof(*l));
	l->pages = pages;
	l->virt_base = image->virt_base;
	l->initrd_len = initrd_len;
	l->initrd.count = pages_of(initrd_len);
	l->p2m.count = pages_of(pages * 8);

	if (!image->mod_start_pfn) {
		l->initrd.first = next;
		next += l->initrd.count;
	}
	if (!p2m_apart) {
		l->p2m.first = next;
		l->p2m_va = lodge_layout_va(l, next);
		next += l->p2m.count;
	}
	/* frame 0 means "none" for these: a kernel has at least one page */
	l->start_info = next++;
	l->store = next++;
	l->console = next++;
	if (plan_mapping(l, next, err))
		return -1;

	next = l->kernel_map.count;
	if (image->mod_start_pfn) {
		l->initrd.first = next;
		next += l->initrd.count;
	}
	if (p2m_apart) {
		l->p2m.first = next;
		l->p2m_va = image->init_p2m;
		p->va = image->init_p2m;
		p->gfn = next;
		p->count = l->p2m.count;
		if (check_va("the p2m list", p->va, p->count, err))
			return -1;
		if (p->va <= last_va(&l->kernel_map) && last_va(p) >= l->kernel_map.va)
			return lodge_fail(err, ENOEXEC,
					  "its INIT_P2M (0x%llx) is where the kernel is mapped",
					  (unsigned long long)p->va);
		count_other_tables(p, &l->kernel_map);
		next = place_tables(p, next + p->count);
	}
	l->end = next;
	return 0;
}

int lodge_layout_plan(struct lodge_layout *l, const struct lodge_image *image,
		      uint64_t initrd_len, uint64_t pages, struct lodge_err *err)
{
	uint64_t needed = pages;

	if (initrd_len > LODGE_MAX_PAGES << LODGE_PAGE_SHIFT)
		return lodge_fail(err, EFBIG, "the ramdisk is larger than any domain");
	if (plan(l, image, initrd_len, pages, err))
		return -1;
	if (l->end <= pages)
		return 0;
	/* more memory has a longer p2m list */
	while (l->end > needed) {
		needed = l->end;
		if (plan(l, image, initrd_len, needed, err))
			return -1;
	}
	return lodge_fail(err, ENOMEM,
			  "not enough memory: the domain has %llu MiB, kernel and ramdisk need %llu MiB to be loaded",
			  (unsigned long long)(pages >> 8),
			  (unsigned long long)((needed + 255) >> 8));
}
