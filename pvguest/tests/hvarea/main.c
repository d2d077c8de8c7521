// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvarea - the hypervisor's address range, from the guest kernel
 *
 * Proves: machine-to-phys is readable and not writable; nothing else of slots 256-271 can be read, written or executed; L4 entries
 * of these slots cannot be written by hypercall; a copy of the root with junk there is either refused or ignored;
 * hypercall buffers there are EFAULT; frames that are not ours cannot be mapped.
 *
 * Real Xen 4.17: as written. Reads of m2p holes and of areas without mapping are #PF for the guest.
 */
#include <pvguest/pvguest.h>

void test_main(void)
{
	u64 va, v, *l4;
	unsigned int i, readable = 0;
	long vec;

	is(probe_read8(M2P_START + virt_to_mfn(kernel_l4) * 8, &v), -1, "m2p is readable");
	is(v, virt_to_pfn(kernel_l4), "and right");
	is(probe_write8(M2P_START + virt_to_mfn(kernel_l4) * 8, 0), X86_PF, "not writable");
	is(last_fault->regs.err, PF_P | PF_W, "error code P W");
	is(probe_exec(M2P_START), X86_PF, "not executable");
	sweep_begin();
	for (va = 0xffff808000000000; va < HV_END; va += 0x400000000 + 0x201000) {
		vec = probe_read8(va, NULL);
		sweep_check(vec == X86_PF && last_fault->cr2 == va, "read %lx: %ld", va, vec);
		vec = probe_write8(va, 0);
		sweep_check(vec == X86_PF, "write %lx: %ld", va, vec);
		if (va % 3 == 0) {
			vec = probe_exec(va);
			sweep_check(vec == X86_PF, "exec %lx: %ld", va, vec);
		}
	}
	for (va = 0xffff82d040000000; va < 0xffff82d080000000; va += 0x800000) {
		vec = probe_read8(va, NULL);
		sweep_check(vec == X86_PF, "read %lx: %ld", va, vec);
	}
	sweep_end("nothing else of the area");
	for (va = M2P_START; va < 0xffff808000000000; va += 0x10000000)
		readable += probe_read8(va, NULL) == -1;
	diag("m2p: %u of %u samples readable", readable, 2048U);

	sweep_begin();
	for (i = 256; i < 272; i++) {
		long rc = mmu_update1((virt_to_mfn(kernel_l4) << 12) + i * 8,
				      mfn_pte(virt_to_mfn(kernel_l4), PTE_P | PTE_US));

		sweep_check(rc < 0, "L4 slot %u by hypercall: %ld", i, rc);
		rc = mmu_update1((virt_to_mfn(kernel_l4) << 12) + i * 8, 0);
		sweep_check(rc < 0, "L4 slot %u zeroed by hypercall: %ld", i, rc);
		vec = probe_write8((u64)&kernel_l4[i], 0);
		sweep_check(vec == X86_PF, "L4 slot %u by mov: %ld", i, vec);
	}
	sweep_end("L4 slots 256-271 of the root in force");

	l4 = page_alloc();
	for (i = 0; i < 512; i++)
		l4[i] = i >= 256 && i < 272 ? 0xfffffffffffff067 : kernel_l4[i];
	page_ro(l4);
	if (!pin(4, virt_to_mfn(l4))) {
		u64 *old = kernel_l4;

		err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0), 0, "a root with junk in 256-271");
		kernel_l4 = l4;
		is(probe_read8(M2P_START + virt_to_mfn(l4) * 8, &v), -1, "m2p is there nevertheless");
		is(v, virt_to_pfn(l4), "and right");
		is(probe_read8(0xffff850000000000, NULL), X86_PF, "the junk is not used");
		err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(old), 0), 0, "back");
		kernel_l4 = old;
	} else {
		skip("a root with junk in 256-271 # SKIP refused");
	}

	/* frames that are not ours */
	{
		u8 *page = page_alloc();
		u64 mfn, tried = 0;
		struct xen_machphys_mapping m;

		hc_memory_op(XENMEM_machphys_mapping, &m);
		sweep_begin();
		for (mfn = 0; mfn < 0x60000; mfn += 997) {
			bool ours = false;
			u64 pfn;

			vec = probe_read8(M2P_START + mfn * 8, &pfn);
			if (vec == -1 && pfn < start_info->nr_pages)
				ours = p2m[pfn] == mfn;
			if (ours)
				continue;
			tried++;
			sweep_check(set_pte((u64)page, mfn_pte(mfn, PTE_DATA)) < 0, "mfn %lx maps", mfn);
			sweep_check(set_pte((u64)page, mfn_pte(mfn, PTE_DATA_RO)) < 0, "mfn %lx maps ro", mfn);
			sweep_check(mmu_update1(mfn << 12, 0) < 0, "mfn %lx is written", mfn);
		}
		sweep_end("frames of others cannot be mapped");
		is(probe_write8((u64)page, 1), -1, "and the old mapping stays");
		for (i = 34; i < 52; i++)
			if (set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA) | 1UL << i) >= 0)
				diag("address bit %u is accepted", i);
	}
}
