// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs lodge/<domid>/types: reading it counts all uses of every frame anew,
 * from the guest's tables, pins, roots and grants, and compares.
 *
 * Cost: each entry of each page table once, and four bytes a frame.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/audit.h"
#include "mm/spte.h"
#include "mm/type.h"
#include "switch/layout.h"

#define MAX_LINES	20

struct type_audit {
	struct lodge_domain *d;
	u32 *uses;		/* counted, by frame */
	u64 tables, errors;
};

static void use(struct type_audit *a, u64 gfn)
{
	if (gfn < a->d->mm.max_pages)
		a->uses[gfn]++;
}

static void count_entry(struct type_audit *a, u64 gfn, unsigned int level, u64 val)
{
	if (!(val & PTE_P))
		return;
	if (level == 1 ? val & PTE_W : pte_gfn(val) != gfn)
		use(a, pte_gfn(val));
}

static int count_table(struct type_audit *a, u64 gfn, unsigned int level)
{
	struct page *page = lodge_frame_pin(a->d, gfn);
	const u64 *table;
	unsigned int i;

	if (IS_ERR(page))
		return PTR_ERR(page);
	table = page_address(page);
	for (i = 0; i < 512; i++)
		if (level < 4 || i < LODGE_SLOT_FIRST || i > LODGE_SLOT_LAST)
			count_entry(a, gfn, level, READ_ONCE(table[i]));
	lodge_frame_unpin(page);
	a->tables++;
	return 0;
}

static int count_all(struct type_audit *a)
{
	struct lodge_mm *m = &a->d->mm;
	unsigned int i;
	int ret = 0;
	u64 gfn;

	for (gfn = 0; gfn < m->max_pages && !ret; gfn++) {
		const struct lodge_frame *f = &m->frame[gfn];

		if (lodge_type_level(f))
			ret = count_table(a, gfn, lodge_type_level(f));
		a->uses[gfn] += !!f->pinned + f->grants;
		if (!(gfn & 0xfff))
			cond_resched();
	}
	for (i = 0; i < a->d->max_vcpus; i++) {
		const struct lodge_vcpu *v = a->d->vcpu[i];

		if (v->cr3_kernel)
			use(a, v->cr3_kernel);
		if (v->cr3_user)
			use(a, v->cr3_user);
		if (v->info_page)
			use(a, v->info_page->index);
	}
	return ret;
}

static void compare(struct type_audit *a, struct seq_file *file)
{
	struct lodge_mm *m = &a->d->mm;
	u64 gfn;

	for (gfn = 0; gfn < m->max_pages; gfn++) {
		const struct lodge_frame *f = &m->frame[gfn];

		if (f->uses == a->uses[gfn] && !!f->uses == !!f->type && !f->type_state)
			continue;
		if (a->errors++ < MAX_LINES)
			seq_printf(file, "frame %#llx: type %u state %u: %u uses, counted %u\n", gfn,
				   f->type, f->type_state, f->uses, a->uses[gfn]);
	}
}

static int types_show(struct seq_file *file, void *unused)
{
	struct lodge_domain *d = file->private;
	struct type_audit a = { .d = d };
	int ret = 0;

	a.uses = kvcalloc(d->mm.max_pages, sizeof(*a.uses), GFP_KERNEL);
	if (!a.uses)
		return -ENOMEM;
	/* no vcpu is at work on a table then */
	lodge_domain_pause(d);
	if (!d->mm.untyped) {
		ret = count_all(&a);
		if (!ret)
			compare(&a, file);
	}
	lodge_domain_unpause(d);
	if (!ret)
		seq_printf(file, "types: %llu tables, %llu errors\n", a.tables, a.errors);
	kvfree(a.uses);
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(types);

void lodge_audit_types_create(struct lodge_domain *d)
{
	debugfs_create_file("types", 0400, d->debugfs, d, &types_fops);
}
