// SPDX-License-Identifier: GPL-2.0-only
/*
 * linear - linear (recursive) page tables, one page as both roots
 *
 * Proves: an L4 entry that points to an L4 page, read-only, shows the tables in the address space; it cannot be
 * writable; a second level of recursion is refused or works read-only; the same L4 as kernel and user root; what is
 * seen through the linear map follows hypercall updates.
 *
 * Real Xen 4.17: as written (linear tables of the same level are on by default). User code on such a root can read
 * the m2p unless assist m2p_strict is on; a hypervisor may always hide it.
 */
#include <pvguest/pvguest.h>

USER_CODE(u_read, "mov (%rdi), %rax; syscall");

#define SLOT	300

static void clear_rw(void *p)
{
	WRITE_ONCE(*(u64 *)p, READ_ONCE(*(u64 *)p) & ~PTE_RW);
}

void test_main(void)
{
	u64 self = virt_to_mfn(kernel_l4), linear_l1, linear_l4, v, *entry;
	u8 *page = page_alloc();
	struct regs r;
	long rc;

	rc = write_entry(&kernel_l4[SLOT], mfn_pte(self, PTE_P | PTE_RW | PTE_US));
	ok(rc < 0, "refused: a writable linear entry (%ld)", rc);
	rc = write_entry(&kernel_l4[SLOT], mfn_pte(self, PTE_P | PTE_US | PTE_A));
	if (!ok(!rc, "a read-only linear entry (%ld)", rc))
		return;
	linear_l1 = 0xffff000000000000 | (u64)SLOT << 39;
	linear_l4 = linear_l1 | (u64)SLOT << 30 | (u64)SLOT << 21 | (u64)SLOT << 12;
	is(probe_read8(linear_l4 + L4_IDX(image_base) * 8, &v), -1, "the root is seen through it");
	is(v, kernel_l4[L4_IDX(image_base)], "with the right value");
	is(probe_write8(linear_l4, 0), X86_PF, "not writable");
	entry = (u64 *)(linear_l1 | ((u64)page >> 12 << 3 & 0x7ffffffff8));
	is(probe_read8((u64)entry, &v), -1, "an L1 entry is seen");
	is(v & PTE_ADDR, virt_to_mfn(page) << 12, "with the right frame");
	set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA_RO));
	is(READ_ONCE(*entry) & PTE_RW, 0, "and follows changes");
	set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA));
	is(READ_ONCE(*entry) & PTE_RW, PTE_RW, "again");
	rc = catch(clear_rw, entry)->vec;
	diag("native write of an L1 entry through the linear map: %ld", rc);
	set_pte((u64)page, mfn_pte(virt_to_mfn(page), PTE_DATA));
	err(write_entry(&kernel_l4[SLOT], 0), 0, "linear entry removed");
	is(probe_read8(linear_l4, NULL), X86_PF, "gone");

	/* one page as both roots: the user then sees the kernel's pages, by the guest's own wish */
	user_init();
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, self, 0), 0, "the kernel root as user root");
	user_load(u_read_start, u_read_end);
	user_regs(&r, USER_TEXT);
	r.rdi = USER_DATA;
	*(u64 *)user_data_page = 0x77;
	is(user_run(&r)->vec, VEC_SYSCALL, "user mode runs on it");
	is(last_fault->regs.rax, 0x77, "and reads its data");
	user_regs(&r, USER_TEXT);
	r.rdi = M2P_START;
	diag("m2p from user mode on the kernel root: vec %ld", user_run(&r)->vec);
	user_regs(&r, USER_TEXT);
	r.rdi = image_base;
	user_run(&r);
	diag("kernel memory through it: vec %ld", last_fault->vec);
	err(mmuext1(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(user_l4), 0), 0, "back");
}
