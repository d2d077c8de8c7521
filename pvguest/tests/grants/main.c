// SPDX-License-Identifier: GPL-2.0-only
/*
 * grants - the grant table from both sides, with ourselves as peer
 *
 * Proves: query_size, setup_table, version; mapping our own grants read-only and writable, unmapping; flags in the entry while
 * mapped; copies; refusals with their status.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

#define TABLE_VA 0x7c0000000000UL
#define MAP_VA	 0x7c0000400000UL
#define REF	 20

static struct grant_entry_v1 *table;
static domid_t self;

static void setup(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnttab_setup_table st = { .dom = DOMID_SELF, .nr_frames = 2 };
	static xen_pfn_t frames[64];
	struct evtchn_status es = { .dom = DOMID_SELF };
	struct gnttab_get_version gv = { .dom = DOMID_SELF };
	long port = alloc_unbound(DOMID_SELF);
	long rc;

	es.port = port;
	hc_event_channel_op(EVTCHNOP_status, &es);
	self = es.u.unbound.dom;
	err(hc_grant_table_op(GNTTABOP_query_size, &q, 1), 0, "query_size");
	err(q.status, GNTST_okay, "status");
	ok(q.max_nr_frames >= 4 && q.nr_frames <= q.max_nr_frames, "%u of %u frames", q.nr_frames,
	   q.max_nr_frames);
	rc = hc_grant_table_op(GNTTABOP_get_version, &gv, 1);
	diag("get_version: %ld, version %u", rc, gv.version);
	set_xen_guest_handle(st.frame_list, frames);
	err(hc_grant_table_op(GNTTABOP_setup_table, &st, 1), 0, "setup_table of 2 frames");
	err(st.status, GNTST_okay, "status");
	ok(frames[0] != frames[1], "frames %lx %lx", frames[0], frames[1]);
	err(map(kernel_l4, TABLE_VA, mfn_pte(frames[0], PTE_DATA)), 0, "frame 0 maps");
	err(map(kernel_l4, TABLE_VA + PAGE_SIZE, mfn_pte(frames[1], PTE_DATA)), 0, "frame 1 maps");
	table = (void *)TABLE_VA;
	st.nr_frames = 100000;
	hc_grant_table_op(GNTTABOP_setup_table, &st, 1);
	ok(st.status < 0, "refused: 100000 frames (%d)", st.status);
	st.nr_frames = 2;
	st.dom = 0;
	hc_grant_table_op(GNTTABOP_setup_table, &st, 1);
	err(st.status, GNTST_permission_denied, "refused: dom0's table");
	err(map(kernel_l4, MAP_VA, 0), 0, "a place for mappings");
}

static s16 grant_map(unsigned int ref, unsigned int flags, u64 va, grant_handle_t *h)
{
	struct gnttab_map_grant_ref m = {
		.host_addr = va, .flags = flags, .ref = ref, .dom = self,
	};
	long rc = hc_grant_table_op(GNTTABOP_map_grant_ref, &m, 1);

	if (rc)
		diag("map_grant_ref: %ld", rc);
	*h = m.handle;
	return m.status;
}

static s16 grant_unmap(u64 va, grant_handle_t h)
{
	struct gnttab_unmap_grant_ref u = { .host_addr = va, .handle = h };

	hc_grant_table_op(GNTTABOP_unmap_grant_ref, &u, 1);
	return u.status;
}

static void check_map(void)
{
	u64 *page = page_alloc(), v;
	grant_handle_t h, h2;

	page[0] = 0x6e4a;
	table[REF].domid = self;
	table[REF].frame = virt_to_mfn(page);
	table[REF].flags = GTF_permit_access;
	err(grant_map(REF, GNTMAP_host_map, MAP_VA, &h), GNTST_okay, "map writable");
	is(table[REF].flags & (GTF_reading | GTF_writing), GTF_reading | GTF_writing,
	   "the entry shows reading and writing");
	is(probe_read8(MAP_VA, &v), -1, "readable");
	is(v, 0x6e4a, "our page");
	is(probe_write8(MAP_VA, 0x1111), -1, "writable");
	is(page[0], 0x1111, "both ways");
	err(grant_unmap(MAP_VA, h), GNTST_okay, "unmap");
	is(table[REF].flags & (GTF_reading | GTF_writing), 0, "the entry is free");
	is(probe_read8(MAP_VA, NULL), X86_PF, "the mapping is gone");
	ok(grant_unmap(MAP_VA, h) < 0, "refused: unmap again");

	table[REF].flags = GTF_permit_access | GTF_readonly;
	ok(grant_map(REF, GNTMAP_host_map, MAP_VA, &h) < 0, "refused: writable map of a read-only grant");
	err(grant_map(REF, GNTMAP_host_map | GNTMAP_readonly, MAP_VA, &h), GNTST_okay,
	   "map read-only");
	is(table[REF].flags & (GTF_reading | GTF_writing), GTF_reading, "the entry shows reading");
	is(probe_write8(MAP_VA, 1), X86_PF, "not writable");
	err(grant_unmap(MAP_VA, h), GNTST_okay, "unmap");

	/* by the machine address of the PTE */
	table[REF].flags = GTF_permit_access;
	err(grant_map(REF, GNTMAP_host_map | GNTMAP_contains_pte, pte_maddr(MAP_VA), &h2),
	    GNTST_okay, "map with contains_pte");
	is(probe_read8(MAP_VA, NULL), -1, "readable");
	err(grant_unmap(pte_maddr(MAP_VA), h2), GNTST_okay, "unmap");
	is(probe_read8(MAP_VA, NULL), X86_PF, "gone");
}

static void check_refused(void)
{
	grant_handle_t h;
	struct gnttab_unmap_grant_ref u;

	table[REF].flags = GTF_permit_access;
	table[REF + 1].flags = 0;
	err(grant_map(REF + 1, GNTMAP_host_map, MAP_VA, &h), GNTST_general_error,
	   "an entry without access");
	err(grant_map(1000000, GNTMAP_host_map, MAP_VA, &h), GNTST_bad_gntref,
	   "a reference out of range");
	err(grant_map(REF, 0, MAP_VA, &h), GNTST_bad_gntref, "neither host nor device map");
	table[REF].domid = 4000;
	err(grant_map(REF, GNTMAP_host_map, MAP_VA, &h), GNTST_general_error,
	   "an entry for somebody else");
	table[REF].domid = self;
	table[REF].frame = 0x7fffffff;
	ok(grant_map(REF, GNTMAP_host_map, MAP_VA, &h) < 0, "a frame that does not exist");
	table[REF].frame = virt_to_mfn(kernel_l4);
	ok(grant_map(REF, GNTMAP_host_map, MAP_VA, &h) < 0, "a page table, writable");
	table[REF].frame = virt_to_mfn(page_alloc());
	ok(grant_map(REF, GNTMAP_host_map, 0xffff830000000000, &h) < 0, "into the hypervisor");
	ok(grant_map(REF, GNTMAP_host_map, 0x7f0000000000, &h) < 0, "where there is no L1");
	memset(&u, 0, sizeof(u));
	u.handle = 12345;
	hc_grant_table_op(GNTTABOP_unmap_grant_ref, &u, 1);
	err(u.status, GNTST_bad_handle, "unmap of a bad handle");
	err(hc_grant_table_op(GNTTABOP_map_grant_ref, 0x7f0000000000, 1), -XEN_EFAULT, "bad pointer");
	err(hc_grant_table_op(GNTTABOP_map_grant_ref, 0, 0), 0, "count 0");
	err(hc_grant_table_op(GNTTABOP_map_grant_ref, 0, -1UL), -XEN_EINVAL, "count -1");
}

static void check_copy(void)
{
	u64 *a = page_alloc(), *b = page_alloc();
	struct gnttab_copy c;

	a[0] = 0xaaaa;
	a[511] = 0xbbbb;
	table[REF].domid = self;
	table[REF].frame = virt_to_mfn(a);
	table[REF].flags = GTF_permit_access | GTF_readonly;
	memset(&c, 0, sizeof(c));
	c.source.u.ref = REF;
	c.source.domid = self;
	c.dest.u.gmfn = virt_to_mfn(b);
	c.dest.domid = DOMID_SELF;
	c.len = PAGE_SIZE;
	c.flags = GNTCOPY_source_gref;
	err(hc_grant_table_op(GNTTABOP_copy, &c, 1), 0, "copy");
	err(c.status, GNTST_okay, "status");
	ok(b[0] == 0xaaaa && b[511] == 0xbbbb, "copied");
	c.dest.offset = 8;
	hc_grant_table_op(GNTTABOP_copy, &c, 1);
	err(c.status, GNTST_bad_copy_arg, "over the end of the page");
	c.dest.offset = 0;
	c.dest.u.gmfn = virt_to_mfn(kernel_l4);
	c.len = 8;
	hc_grant_table_op(GNTTABOP_copy, &c, 1);
	ok(c.status < 0, "refused: into a page table (%d)", c.status);
	c.dest.u.ref = REF;
	c.dest.domid = self;
	c.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	hc_grant_table_op(GNTTABOP_copy, &c, 1);
	ok(c.status < 0, "refused: into a read-only grant (%d)", c.status);
}

void test_main(void)
{
	setup();
	check_map();
	check_refused();
	check_copy();
	diag("set_version: %ld", ({
		struct gnttab_set_version v = { .version = 1 };

		hc_grant_table_op(GNTTABOP_set_version, &v, 1); }));
	diag("dump_table %ld, transfer %ld, swap %ld, cache_flush %ld",
	     hc_grant_table_op(GNTTABOP_dump_table, 0x7f0000000000, 1),
	     hc_grant_table_op(GNTTABOP_transfer, 0x7f0000000000, 1),
	     hc_grant_table_op(GNTTABOP_swap_grant_ref, 0x7f0000000000, 1),
	     hc_grant_table_op(GNTTABOP_cache_flush, 0x7f0000000000, 1));
}
