// SPDX-License-Identifier: GPL-2.0-only
/* What can be pinned or be a root, and what that makes of a page. */
#include "errno.h"

static void untouched(void)
{
	static u8 never[PAGE_SIZE] __page_aligned;

	/* nobody has ever used the mapping: that it exists is enough */
	err(pin(1, virt_to_mfn(never)), -XEN_EINVAL, "pin: mapped writable, never touched");
}

static void contents(void)
{
	u64 *t = page_alloc(), *u = page_alloc(), *v = page_alloc();
	static const struct {
		u64 flags;
		bool self, root, nobody;
		long want;
		const char *name;
	} list[] = {
		{ .flags = PTE_DATA, .nobody = true, .want = -XEN_EPERM, .name = "no such frame" },
		{ .flags = PTE_DATA, .self = true, .want = -XEN_EBUSY, .name = "itself, writable" },
		{ .flags = PTE_DATA_RO, .self = true, .want = 0, .name = "itself, read-only" },
		{ .flags = PTE_DATA, .root = true, .want = -XEN_EBUSY, .name = "the root, writable" },
		{ .flags = PTE_DATA_RO, .root = true, .want = 0, .name = "the root, read-only" },
		{ .flags = PTE_DATA | PTE_PWT, .want = -XEN_EINVAL, .name = "a cache attribute" },
		{ .flags = PTE_DATA & ~PTE_P, .nobody = true, .want = 0, .name = "nothing present" },
	};
	unsigned int i;

	v[0] = 1;
	for (i = 0; i < ARRAY_SIZE(list); i++) {
		u64 mfn = list[i].nobody ? NOBODY : list[i].self ? virt_to_mfn(t) :
			  list[i].root ? virt_to_mfn(kernel_l4) : virt_to_mfn(v);

		t[300] = mfn_pte(mfn, list[i].flags);
		page_ro(t);
		err(pin(1, virt_to_mfn(t)), list[i].want, "pin of an L1 with %s", list[i].name);
		if (!list[i].want)
			unpin(virt_to_mfn(t));
		err(page_rw(t), 0, "plain memory again");
	}
	t[300] = 0;

	/* a level up: u names t */
	u[4] = mfn_pte(virt_to_mfn(t), PTE_TABLE);
	page_ro(u);
	err(pin(2, virt_to_mfn(u)), -XEN_EINVAL, "pin of an L2: its L1 is mapped writable");
	t[0] = mfn_pte(NOBODY, PTE_DATA);
	page_ro(t);
	err(pin(2, virt_to_mfn(u)), -XEN_EPERM, "pin of an L2: its L1 has an entry for no frame");
	page_rw(t);
	t[0] = 0;
	page_ro(t);
	err(pin(2, virt_to_mfn(u)), 0, "pin of an L2");
	err(page_rw(t), -XEN_EBUSY, "its L1 is a table");
	err(pin(1, virt_to_mfn(t)), 0, "and can be pinned as one");
	err(unpin(virt_to_mfn(t)), 0, "and unpinned");
	err(pin(2, virt_to_mfn(t)), -XEN_EINVAL, "but not as an L2");
	err(write_entry(&t[9], mfn_pte(virt_to_mfn(u), PTE_DATA)), -XEN_EBUSY,
	    "an entry of that L1: its L2 writable");
	err(write_entry(&t[9], mfn_pte(NOBODY, PTE_DATA)), -XEN_EPERM, "an entry for no frame");
	err(write_entry(&u[5], mfn_pte(virt_to_mfn(v), PTE_TABLE)), -XEN_EINVAL,
	    "an entry of that L2: a page mapped writable");
	err(write_entry(&u[5], mfn_pte(virt_to_mfn(u), PTE_TABLE)), -XEN_EINVAL, "itself, writable");
	err(unpin(virt_to_mfn(u)), 0, "unpinned");
	err(page_rw(t), 0, "its L1 is plain memory");
	err(page_rw(u), 0, "so is it");
	u[4] = mfn_pte(virt_to_mfn(t), PTE_TABLE | PTE_PSE);
	page_ro(u);
	err(pin(2, virt_to_mfn(u)), -XEN_EINVAL, "pin of an L2 with a large page");
	page_rw(u);
	u[4] = mfn_pte(NOBODY, PTE_TABLE);
	page_ro(u);
	err(pin(2, virt_to_mfn(u)), -XEN_EINVAL, "pin of an L2 with an entry for no frame");
	page_rw(u);
	memset(u, 0, PAGE_SIZE);
	u[256] = NOBODY << 12 | 0xfff;
	u[271] = ~0UL;
	page_ro(u);
	err(pin(4, virt_to_mfn(u)), 0, "pin of an L4 with anything in slots 256-271");
	err(unpin(virt_to_mfn(u)), 0, "unpinned");
	err(pin(3, virt_to_mfn(u)), -XEN_EINVAL, "which is no L3");
	page_rw(u);
	memset(u, 0, PAGE_SIZE);
}

static void roots(void)
{
	u64 *t = page_alloc(), *u = page_alloc();

	memset(t, 0, PAGE_SIZE);
	page_ro(t);
	page_ro(u);
	err(pin(1, virt_to_mfn(t)), 0, "an L1");
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(t), 0), -XEN_EINVAL, "NEW_BASEPTR: an L1");
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(t), 0), -XEN_EINVAL, "NEW_USER_BASEPTR: an L1");
	err(write_entry(walk(kernel_l4, (u64)t, 3) - L3_IDX(t) + 3, mfn_pte(virt_to_mfn(t), PTE_TABLE)),
	    -XEN_EINVAL, "L3 entry: an L1");
	unpin(virt_to_mfn(t));
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(u), 0), 0, "NEW_USER_BASEPTR: an empty page");
	err(page_rw(u), -XEN_EBUSY, "which is a table now");
	err(pin(1, virt_to_mfn(u)), -XEN_EINVAL, "of level 4");
	err(unpin(virt_to_mfn(u)), -XEN_EINVAL, "and not pinned");
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0, "NEW_USER_BASEPTR: none");
	err(page_rw(u), 0, "plain memory again");
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(u), 0), -XEN_EINVAL,
	    "NEW_USER_BASEPTR: mapped writable");
	u[3] = mfn_pte(NOBODY, PTE_TABLE);
	page_ro(u);
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(u), 0), -XEN_EINVAL,
	    "NEW_USER_BASEPTR: with an entry for no frame");
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(u), 0), -XEN_EINVAL,
	    "NEW_BASEPTR: with an entry for no frame");
	err(mmuext1(MMUEXT_NEW_BASEPTR, ~0UL, 0), -XEN_EINVAL, "NEW_BASEPTR: frame ~0");
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, ~0UL, 0), -XEN_EINVAL, "NEW_USER_BASEPTR: frame ~0");
	page_rw(u);
	u[3] = 0;
	page_rw(t);
	err(pin(1, start_info->shared_info >> 12), -XEN_EINVAL, "pin of shared_info");
	err(mmuext1(MMUEXT_CLEAR_PAGE, virt_to_mfn(kernel_l4), 0), -XEN_EINVAL, "CLEAR_PAGE: a table");
	err(mmuext1(MMUEXT_COPY_PAGE, virt_to_mfn(kernel_l4), virt_to_mfn(t)), -XEN_EINVAL,
	    "COPY_PAGE: to a table");
	err(mmuext1(MMUEXT_COPY_PAGE, virt_to_mfn(t), virt_to_mfn(kernel_l4)), 0,
	    "COPY_PAGE: from a table");
	err(mmuext1(MMUEXT_COPY_PAGE, virt_to_mfn(t), NOBODY), -XEN_EINVAL, "COPY_PAGE: from no frame");
	memset(t, 0, PAGE_SIZE);
}

static void descriptors(void)
{
	unsigned long frame;
	u64 *t = page_alloc();
	static u64 never[512] __page_aligned;

	frame = virt_to_mfn(never);
	err(hc_set_gdt(&frame, 16), -XEN_EINVAL, "set_gdt: mapped writable, never touched");
	t[400] = 0x00008b0000000000;	/* a TSS, beyond the entries in use */
	page_ro(t);
	frame = virt_to_mfn(t);
	err(hc_set_gdt(&frame, 16), -XEN_EINVAL, "set_gdt: the whole page is looked at");
	page_rw(t);
	t[400] = 0;
	t[8] = 0x0000ec0000000000UL | 0xe033UL << 16 | 0x1234;
	t[9] = 0x00af9e000000ffff;	/* conforming code */
	page_ro(t);
	err(hc_set_gdt(&frame, 16), 0, "set_gdt: a call gate and a conforming segment");
	err(hc_set_gdt(&frame, (1UL << 32) + 16), 0, "set_gdt: 32 bits of the count");
	err(pin(1, frame), -XEN_EINVAL, "pin of a GDT");
	err(mmuext1(MMUEXT_CLEAR_PAGE, frame, 0), -XEN_EINVAL, "CLEAR_PAGE: a GDT");
	err(mmu_update1(frame << 12 | 8, 0), -XEN_EINVAL, "mmu_update of a GDT");
	err(hc_update_descriptor(virt_to_mfn(kernel_l4) << 12, 0), -XEN_EINVAL,
	    "update_descriptor: a table");
	err(hc_update_descriptor(frame << 12 | 4, 0), -XEN_EINVAL, "update_descriptor: unaligned");
	err(hc_update_descriptor(frame << 12 | 80, 0x00af9e000000ffff), 0,
	    "update_descriptor: conforming code");
	err(hc_update_descriptor(frame << 12 | 80, 0x0000ec0000000000UL | 0xe033UL << 16), 0,
	    "update_descriptor: a call gate");
	err(hc_update_descriptor(frame << 12 | 80, 0x0000ec0000000000UL | 0xe008UL << 16), -XEN_EINVAL,
	    "update_descriptor: a call gate to the hypervisor");
	err(hc_update_descriptor(NOBODY << 12, 0), -XEN_EINVAL, "update_descriptor: no such frame");
	err(hc_set_gdt(NULL, 0), 0, "set_gdt: nothing");
	err(page_rw(t), 0, "plain memory again");
}

void check_pins(void)
{
	untouched();
	contents();
	roots();
	descriptors();
}
