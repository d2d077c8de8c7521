// SPDX-License-Identifier: GPL-2.0-only
/* Whose memory: the domain arguments. And lists: counts, pointers, partial progress. */
#include "errno.h"

#define OWNER(d)	((((u32)(d) + 1) << 16) | DOMID_SELF)

void check_domains(void)
{
	u64 *page = page_alloc(), *other = page_alloc();
	struct mmu_update u;
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	u64 good;

	page[0] = 1;
	good = mfn_pte(virt_to_mfn(page), PTE_DATA);
	u = (struct mmu_update){ pte_maddr((u64)page), good };

	err(hc_mmu_update(&u, 1, NULL, self), -XEN_ESRCH, "mmu_update: our own id");
	err(hc_mmu_update(&u, 0, NULL, self), -XEN_ESRCH, "without a request");
	err(hc_mmu_update(&u, 1, NULL, 4000), -XEN_ESRCH, "mmu_update: no such domain");
	err(hc_mmu_update(&u, 1, NULL, 0), -XEN_EPERM, "mmu_update: domain 0");
	err(hc_mmu_update(&u, 0, NULL, 0), 0, "without a request");
	err(hc_mmu_update(&u, 1, NULL, DOMID_XEN), -XEN_EPERM, "mmu_update: DOMID_XEN");
	u.val = mfn_pte(virt_to_mfn(other), PTE_DATA);
	err(hc_mmu_update(&u, 1, NULL, DOMID_IO), -XEN_EBUSY, "mmu_update: DOMID_IO, our frame");
	u.val = 0;
	err(hc_mmu_update(&u, 1, NULL, DOMID_IO), 0, "mmu_update: DOMID_IO, not present");
	set_pte((u64)page, good);
	u.val = mfn_pte(NOBODY, PTE_DATA);
	err(hc_mmu_update(&u, 1, NULL, DOMID_IO), -XEN_EPERM, "mmu_update: DOMID_IO, no such frame");
	u.val = good;
	err(hc_mmu_update(&u, 1, NULL, DOMID_INVALID), -XEN_ESRCH, "mmu_update: DOMID_INVALID");
	err(hc_mmu_update(&u, 1, NULL, DOMID_COW), -XEN_ESRCH, "mmu_update: DOMID_COW");
	err(hc_mmu_update(&u, 1, NULL, OWNER(self)), 0, "mmu_update: tables of our own id");
	err(hc_mmu_update(&u, 1, NULL, OWNER(0)), -XEN_EPERM, "mmu_update: tables of domain 0");
	err(hc_mmu_update(&u, 0, NULL, OWNER(0)), 0, "without a request");
	err(hc_mmu_update(&u, 1, NULL, OWNER(4000)), -XEN_ESRCH, "mmu_update: tables of nobody");
	err(hc_mmu_update(&u, 1, NULL, OWNER(DOMID_SELF)), -XEN_ESRCH,
	    "mmu_update: DOMID_SELF is no owner of tables");
	u.ptr = virt_to_mfn(page) << 12 | MMU_MACHPHYS_UPDATE;
	u.val = virt_to_pfn(page);
	err(hc_mmu_update(&u, 1, NULL, 0), -XEN_EPERM, "MACHPHYS_UPDATE: domain 0");
	err(hc_mmu_update(&u, 1, NULL, OWNER(0)), -XEN_EPERM, "MACHPHYS_UPDATE: tables of domain 0");
	u.ptr = NOBODY << 12 | MMU_MACHPHYS_UPDATE;
	err(hc_mmu_update(&u, 1, NULL, DOMID_SELF), -XEN_EINVAL, "MACHPHYS_UPDATE: no such frame");
	u.ptr = (start_info->shared_info & PAGE_MASK) | MMU_MACHPHYS_UPDATE;
	u.val = ~0UL;
	err(hc_mmu_update(&u, 1, NULL, DOMID_SELF), 0, "MACHPHYS_UPDATE: shared_info");

	err(hc_mmuext_op(&op, 1, NULL, self), -XEN_ESRCH, "mmuext_op: our own id");
	err(hc_mmuext_op(&op, 0, NULL, self), -XEN_ESRCH, "without an operation");
	err(hc_mmuext_op(&op, 1, NULL, 4000), -XEN_ESRCH, "mmuext_op: no such domain");
	err(hc_mmuext_op(&op, 1, NULL, 0), -XEN_EPERM, "mmuext_op: domain 0");
	err(hc_mmuext_op(&op, 0, NULL, 0), -XEN_EPERM, "without an operation");
	err(hc_mmuext_op(&op, 1, NULL, DOMID_IO), -XEN_EPERM, "mmuext_op: DOMID_IO");
	err(hc_mmuext_op(&op, 1, NULL, DOMID_XEN), -XEN_EPERM, "mmuext_op: DOMID_XEN");
	err(hc_mmuext_op(&op, 1, NULL, DOMID_SELF | 5 << 16), 0, "mmuext_op: 16 bits of the domain");

	err(HC4(__HYPERVISOR_update_va_mapping_otherdomain, page, good, 0, DOMID_SELF), 0,
	    "update_va_mapping_otherdomain: DOMID_SELF");
	err(HC4(__HYPERVISOR_update_va_mapping_otherdomain, page, good, 0, self), -XEN_ESRCH,
	    "our own id");
	err(HC4(__HYPERVISOR_update_va_mapping_otherdomain, page, good, 0, 4000), -XEN_ESRCH,
	    "no such domain");
	err(HC4(__HYPERVISOR_update_va_mapping_otherdomain, page, good, 0, 0), -XEN_EPERM, "domain 0");
	err(HC4(__HYPERVISOR_update_va_mapping_otherdomain, page, good, 0, DOMID_XEN), -XEN_EPERM,
	    "DOMID_XEN");
	err(HC4(__HYPERVISOR_update_va_mapping_otherdomain, page, 0, 0, DOMID_IO), -XEN_EPERM,
	    "DOMID_IO");
	err(set_pte((u64)page, good), 0, "restored");
}

void check_lists(void)
{
	u64 *page = page_alloc(), *two = page_alloc(), mask = 1, good;
	struct mmuext_op *ops, op = { .cmd = MMUEXT_TLB_FLUSH_MULTI };
	struct mmu_update *u;
	unsigned int done, i;

	/* two pages in a row, the second of them gone */
	page_alloc();
	set_pte((u64)two + PAGE_SIZE, 0);
	page[0] = 1;
	good = mfn_pte(virt_to_mfn(page), PTE_DATA);

	u = (void *)((u64)two + PAGE_SIZE - 3 * sizeof(*u));
	for (i = 0; i < 3; i++)
		u[i] = (struct mmu_update){ pte_maddr((u64)page), good };
	done = 77;
	err(hc_mmu_update(u, 1000, &done, DOMID_SELF), -XEN_EFAULT, "mmu_update: the list ends too early");
	is(done, 3, "three were done");
	done = 77;
	err(hc_mmu_update(u, 0x7fffffff, &done, DOMID_SELF), -XEN_EFAULT, "and a huge count");
	is(done, 3, "three were done");
	err(hc_mmu_update(u, 3, (void *)HOLE, DOMID_SELF), 0, "mmu_update: done is nowhere");
	err(hc_mmu_update(u, 3, (void *)M2P_START, DOMID_SELF), 0, "mmu_update: done in the m2p");
	err(hc_mmu_update(NULL, 0, &done, DOMID_SELF), 0, "mmu_update: NULL and none");
	is(done, 0, "none were done");
	err(hc_mmu_update((void *)HOLE, 0, NULL, DOMID_SELF), 0, "mmu_update: nowhere and none");
	err(hc_mmu_update((void *)M2P_START, 0, NULL, DOMID_SELF), -XEN_EFAULT,
	    "mmu_update: the hypervisor's and none");
	err(hc_mmu_update((void *)NONCANON, 0, NULL, DOMID_SELF), -XEN_EFAULT,
	    "mmu_update: non-canonical and none");
	err(hc_mmu_update((void *)NONCANON, 1, NULL, 4000), -XEN_EFAULT, "before the domain is looked at");
	done = 77;
	u[1].ptr |= 4;
	err(hc_mmu_update(u, 3, &done, DOMID_SELF), -XEN_ENOSYS, "mmu_update: command 4");
	is(done, 1, "one was done");
	u[1].ptr = NOBODY << 12;
	err(hc_mmu_update(u, 3, &done, DOMID_SELF), -XEN_EINVAL, "mmu_update: no such table");
	done = 10;
	err(hc_mmu_update(u, 0x80000001, &done, DOMID_SELF), 0, "mmu_update: as if continued");
	is(done, 11, "adds to what was done");
	err(hc_mmu_update(NULL, 0x80000000, NULL, 5), 5, "mmu_update: the end of a long undoing");
	err(hc_mmuext_op(NULL, 0x80000000, NULL, 5), 5, "mmuext_op: the same");

	ops = (void *)((u64)two + PAGE_SIZE - 2 * sizeof(*ops));
	memset(ops, 0, 2 * sizeof(*ops));
	ops[0].cmd = ops[1].cmd = MMUEXT_TLB_FLUSH_LOCAL;
	done = 77;
	err(hc_mmuext_op(ops, 1000, &done, DOMID_SELF), -XEN_EFAULT, "mmuext_op: the list ends too early");
	is(done, 2, "two were done");
	err(hc_mmuext_op(ops, 2, (void *)HOLE, DOMID_SELF), 0, "mmuext_op: done is nowhere");
	err(hc_mmuext_op((void *)M2P_START, 0, NULL, DOMID_SELF), -XEN_EFAULT,
	    "mmuext_op: the hypervisor's and none");
	err(hc_mmuext_op((void *)NONCANON, 0, NULL, DOMID_SELF), -XEN_EFAULT,
	    "mmuext_op: non-canonical and none");

	set_xen_guest_handle(op.arg2.vcpumask, (void *)HOLE);
	err(hc_mmuext_op(&op, 1, NULL, DOMID_SELF), -XEN_EINVAL, "TLB_FLUSH_MULTI: no mask");
	set_xen_guest_handle(op.arg2.vcpumask, (void *)M2P_START);
	err(hc_mmuext_op(&op, 1, NULL, DOMID_SELF), -XEN_EINVAL, "TLB_FLUSH_MULTI: hypervisor's mask");
	set_xen_guest_handle(op.arg2.vcpumask, &mask);
	mask = ~0UL;
	err(hc_mmuext_op(&op, 1, NULL, DOMID_SELF), 0, "TLB_FLUSH_MULTI: vcpus that do not exist");
	err(mmuext1(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), -XEN_EINVAL, "FLUSH_CACHE_GLOBAL");
	err(mmuext1(MMUEXT_FLUSH_CACHE, 0, 0), -XEN_EACCES, "FLUSH_CACHE");
	err(mmuext1(MMUEXT_MARK_SUPER, 0, 0), -XEN_EOPNOTSUPP, "MARK_SUPER");
	err(mmuext1(MMUEXT_UNMARK_SUPER, 0, 0), -XEN_EOPNOTSUPP, "UNMARK_SUPER");
	err(mmuext1(14, 0, 0), -XEN_ENOSYS, "mmuext_op 14");
	err(mmuext1(21, 0, 0), -XEN_ENOSYS, "mmuext_op 21");
	err(mmuext1(MMUEXT_INVLPG_ALL, NONCANON, 0), 0, "INVLPG_ALL, non-canonical");
	err(mmuext1(MMUEXT_SET_LDT, HOLE + 1, 0), 0, "SET_LDT: nothing, anywhere");
	err(mmuext1(MMUEXT_SET_LDT, NONCANON, 1), -XEN_EINVAL, "SET_LDT: non-canonical");
	err(mmuext1(MMUEXT_SET_LDT, HOLE, 8192), 0, "SET_LDT: all entries");
	mmuext1(MMUEXT_SET_LDT, 0, 0);

	err(hc_update_va_mapping(page, good, 3), 0, "update_va_mapping: flush type 3 is none");
	err(hc_update_va_mapping(page, good, UVMF_TLB_FLUSH | HOLE), -XEN_EFAULT,
	    "update_va_mapping: no mask");
	err(hc_update_va_mapping(page, good, UVMF_INVLPG | M2P_START), -XEN_EFAULT,
	    "update_va_mapping: hypervisor's mask");
	err(hc_update_va_mapping(page, good, UVMF_NONE | M2P_START), 0, "a mask that is not needed");
	err(hc_update_va_mapping(page, mfn_pte(NOBODY, PTE_DATA), UVMF_INVLPG | HOLE), -XEN_EPERM,
	    "update_va_mapping: the entry comes first");
	err(hc_update_va_mapping(page, good, UVMF_INVLPG | (u64)&mask), 0, "update_va_mapping: a mask");
}
