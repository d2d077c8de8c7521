// SPDX-License-Identifier: GPL-2.0-only
/*
 * multicall - order, results, errors, nesting, long lists
 *
 * Proves: entries run in order, each result is stored, a failing entry does not stop the
 * rest, unknown and nested entries are answered, pointers that end in the middle of the list,
 * and a list of 1024 entries.
 *
 * Real Xen 4.17: as written. A nested multicall is -EINVAL.
 */
#include <pvguest/pvguest.h>

static struct multicall_entry list[1024] __page_aligned;

static void entry(unsigned int i, unsigned int op, u64 a0, u64 a1, u64 a2)
{
	memset(&list[i], 0, sizeof(list[i]));
	list[i].op = op;
	list[i].args[0] = a0;
	list[i].args[1] = a1;
	list[i].args[2] = a2;
	list[i].result = 0xdddddddd;
}

void test_main(void)
{
	u8 *page = page_alloc(), *end;
	unsigned int i, good;

	err(hc_multicall(list, 0), 0, "empty list");
	entry(0, __HYPERVISOR_xen_version, XENVER_version, 0, 0);
	entry(1, __HYPERVISOR_update_va_mapping, (u64)page,
	      mfn_pte(virt_to_mfn(page), PTE_DATA_RO), UVMF_INVLPG);
	entry(2, __HYPERVISOR_xen_version, 99, 0, 0);
	entry(3, 63, 0, 0, 0);
	entry(4, __HYPERVISOR_multicall, (u64)list, 1, 0);
	entry(5, __HYPERVISOR_update_va_mapping, (u64)page,
	      mfn_pte(virt_to_mfn(page), PTE_DATA), UVMF_INVLPG);
	entry(6, 0xffffffff, 0, 0, 0);
	entry(7, __HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0);
	err(hc_multicall(list, 8), 0, "eight entries, some bad");
	ok((s64)list[0].result > 0x40000, "0: version");
	err(list[1].result, 0, "1: update_va_mapping");
	err(list[2].result, -XEN_ENOSYS, "2: bad sub-command");
	err(list[3].result, -XEN_ENOSYS, "3: unknown number");
	err(list[4].result, -XEN_EINVAL, "4: nested multicall");
	err(list[5].result, 0, "5: update_va_mapping");
	err(list[6].result, -XEN_ENOSYS, "6: a number of all ones");
	err(list[7].result, 1, "7: is_up");
	is(probe_write8((u64)page, 1), -1, "the last update won");

	for (i = 0; i < ARRAY_SIZE(list); i++)
		entry(i, __HYPERVISOR_vcpu_op, VCPUOP_is_up, i & 1, 0);
	err(hc_multicall(list, ARRAY_SIZE(list)), 0, "1024 entries");
	for (i = good = 0; i < ARRAY_SIZE(list); i++)
		good += (s64)list[i].result == (i & 1 ? -XEN_ENOENT : 1);
	is(good, ARRAY_SIZE(list), "all done");

	/* a list that runs into a hole */
	end = page_alloc();
	set_pte((u64)end, 0);
	{
		struct multicall_entry *e = (void *)(end - 2 * sizeof(*e));

		e[0] = list[0];
		e[1] = list[0];
		e[0].result = e[1].result = 77;
		if (virt_to_pfn(end) == virt_to_pfn(page) + 1) {
			err(hc_multicall(e, 3), -XEN_EFAULT, "a list that runs into a hole");
			diag("results before it: %ld %ld", (s64)e[0].result, (s64)e[1].result);
		}
		set_pte((u64)end, mfn_pte(virt_to_mfn(end), PTE_DATA));
	}
	/* read-only results */
	memcpy(page, list, 2 * sizeof(list[0]));
	page_ro(page);
	err(hc_multicall(page, 2), -XEN_EFAULT, "results that cannot be stored");
	page_rw(page);
	err(hc_multicall(M2P_START, 1), -XEN_EFAULT, "a list in the hypervisor");
	err(hc_multicall(NONCANON, 1), -XEN_EFAULT, "a list nowhere");
}
