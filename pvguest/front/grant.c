// SPDX-License-Identifier: GPL-2.0-only
/* Grants of our pages to domain 0, where backends are. */
#include "front.h"

#define FRAMES		4
#define PER_FRAME	(PAGE_SIZE / sizeof(struct grant_entry_v1))
#define FIRST		8	/* below are references with fixed uses */

static struct grant_entry_v1 table[FRAMES * PER_FRAME] __page_aligned;
static u32 next = FIRST;

void grants_init(void)
{
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = FRAMES };
	xen_pfn_t frame[FRAMES];
	unsigned int i;
	long rc;

	set_xen_guest_handle(setup.frame_list, frame);
	rc = hc_grant_table_op(GNTTABOP_setup_table, &setup, 1);
	if (rc || setup.status != GNTST_okay)
		bail_out("setup_table: %ld, status %d", rc, setup.status);
	for (i = 0; i < FRAMES; i++)
		if (set_pte((u64)table + i * PAGE_SIZE, mfn_pte(frame[i], PTE_DATA)))
			bail_out("mapping the grant table");
}

struct grant_entry_v1 *grant_entry(u32 ref)
{
	return &table[ref];
}

u32 grant_page(const void *page, bool readonly)
{
	struct grant_entry_v1 *e;
	unsigned int tries;
	u32 ref;

	for (tries = 0; tries < ARRAY_SIZE(table); tries++) {
		ref = next++;
		if (next == ARRAY_SIZE(table))
			next = FIRST;
		e = &table[ref];
		if (READ_ONCE(e->flags))
			continue;
		e->domid = 0;
		e->frame = virt_to_mfn(page);
		barrier();
		WRITE_ONCE(e->flags, GTF_permit_access | (readonly ? GTF_readonly : 0));
		return ref;
	}
	bail_out("all grants are in use");
}

bool grant_end(u32 ref)
{
	struct grant_entry_v1 *e = &table[ref];
	u16 flags = READ_ONCE(e->flags);

	do {
		if (flags & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}
