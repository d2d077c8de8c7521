// SPDX-License-Identifier: GPL-2.0-only
/*
 * permute - machine frame numbers are names, and the guest may shuffle them
 *
 * As GRUB does before it starts a kernel: pages change places in the p2m list and the
 * m2p (MMU_MACHPHYS_UPDATE), the boot mapping follows, and later everything is
 * asked by frame number.
 *
 * Proves: after a shuffle of many pages each keeps its content, m2p and p2m agree,
 * new page tables, pins, grants and the balloon work with the frames as they
 * are now, and a frame that is given back comes back under some name that the m2p knows.
 *
 * Real Xen 4.17: as written. Frames of populate_physmap are any frames there.
 */
#include <pvguest/pvguest.h>

#define N	64
#define VA	0x7d1200000000UL

static u64 *page[N];

/* The two pages change frames, and the boot mapping and both lists follow. */
static long swap_frames(unsigned int a, unsigned int b)
{
	u64 pa = virt_to_pfn(page[a]), pb = virt_to_pfn(page[b]), ma = p2m[pa], mb = p2m[pb];
	struct mmu_update req[4] = {
		{ ma << 12 | MMU_MACHPHYS_UPDATE, pb },
		{ mb << 12 | MMU_MACHPHYS_UPDATE, pa },
		{ pte_maddr((u64)page[a]), mfn_pte(mb, PTE_DATA) },
		{ pte_maddr((u64)page[b]), mfn_pte(ma, PTE_DATA) },
	};
	long rc = hc_mmu_update(req, 4, NULL, DOMID_SELF);

	p2m[pa] = mb;
	p2m[pb] = ma;
	flush_tlb();
	return rc;
}

void test_main(void)
{
	unsigned long frame;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	u64 content[N], pfn, v;
	unsigned int i, a, b;
	long rc = 0;

	for (i = 0; i < N; i++) {
		page[i] = page_alloc();
		content[i] = page[i][0] = 0x1000 + i;
	}
	for (i = 0; i < 500 && !rc; i++) {
		a = random_below(N);
		b = random_below(N);
		if (a == b)
			continue;
		rc = swap_frames(a, b);
		v = content[a];
		content[a] = content[b];
		content[b] = v;
	}
	err(rc, 0, "500 pairs of frames change places");
	sweep_begin();
	for (i = 0; i < N; i++) {
		pfn = virt_to_pfn(page[i]);
		sweep_check(page[i][0] == content[i], "page %u: %lx", i, page[i][0]);
		sweep_check(mfn_to_pfn(p2m[pfn]) == pfn, "page %u: m2p", i);
	}
	sweep_end("content moved with the frames, m2p agrees with p2m");

	/* tables, and what they map, by the frames as they are now */
	err(map(kernel_l4, VA, mfn_pte(virt_to_mfn(page[0]), PTE_DATA)), 0, "mapped elsewhere");
	probe_read8(VA, &v);
	is(v, content[0], "the same page");
	memset(page[1], 0, PAGE_SIZE);
	page[1][7] = mfn_pte(virt_to_mfn(page[2]), PTE_DATA);
	page_ro(page[1]);
	err(pin(1, virt_to_mfn(page[1])), 0, "a table among them, pinned");
	err(write_entry(walk(kernel_l4, VA, 2) - L2_IDX(VA) + 5,
			mfn_pte(virt_to_mfn(page[1]), PTE_TABLE)), 0, "linked");
	is(probe_read8((VA & ~0x3fffffffUL) + (5UL << 21) + (7UL << 12), &v), -1, "works");
	is(v, content[2], "and maps what it says");

	/* give one back, have one again */
	set_pte((u64)page[3], 0);
	frame = virt_to_mfn(page[3]);
	set_xen_guest_handle(r.extent_start, &frame);
	is(hc_memory_op(XENMEM_decrease_reservation, &r), 1, "a frame is given back");
	pfn = virt_to_pfn(page[3]);
	frame = pfn;
	is(hc_memory_op(XENMEM_populate_physmap, &r), 1, "a frame for that page again");
	p2m[pfn] = frame;
	is(mfn_to_pfn(frame), pfn, "the m2p knows it");
	err(page_rw(page[3]), 0, "mapped");
	is(page[3][0], 0, "zeros");
	page[3][0] = 3;
	sweep_begin();
	for (i = 4; i < N; i++)
		sweep_check(page[i][0] == content[i], "page %u: %lx", i, page[i][0]);
	sweep_end("the others are what they were");
}
