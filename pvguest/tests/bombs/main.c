// SPDX-License-Identifier: GPL-2.0-only
/*
 * bombs - much work for the hypervisor in one hypercall
 *
 * Cases by extra=: tree (an L4 full of L3s full of L2s.. of few pages, each used many times; pinned, loaded,
 * unpinned, over and over), linear (L4s whose entries are L4s: each page a table of all levels), batch (one mmu_update of a million requests), flushes (mmuext_op of 100000 flushes),
 * lists (short multicalls of many updates, which a hypervisor may take for small work), pins (every page of the pool as an L1).
 *
 * Proves: they end, and the time each took is printed. How long interrupts were off is measured on the other side
 * (selftests/hosts/irq_late).
 *
 * Real Xen 4.17: preempts and continues them; a tree of shared tables is refused nothing.
 */
#include <pvguest/pvguest.h>

#define FILL_VA 0x7a0000000000UL

static u64 *filled(u64 pte, unsigned int n)
{
	u64 *t = page_alloc();
	unsigned int i;

	for (i = 0; i < n; i++)
		t[i] = pte;
	if (page_ro(t))
		bail_out("page_ro");
	return t;
}

static void tree(void)
{
	u64 *data = page_alloc(), *l1, *l2, *l3, *l4, t;
	unsigned int i;

	l1 = filled(mfn_pte(virt_to_mfn(data), PTE_DATA), 512);
	l2 = filled(mfn_pte(virt_to_mfn(l1), PTE_TABLE), 512);
	l3 = filled(mfn_pte(virt_to_mfn(l2), PTE_TABLE), 512);
	l4 = page_alloc();
	for (i = 0; i < 512; i++)
		l4[i] = i < 256 ? mfn_pte(virt_to_mfn(l3), PTE_TABLE) : i < 272 ? 0 :
			kernel_l4[i] ? kernel_l4[i] : mfn_pte(virt_to_mfn(l3), PTE_TABLE);
	page_ro(l4);
	t = now();
	err(pin(4, virt_to_mfn(l4)), 0, "pin of a tree that maps one page everywhere");
	diag("%lu us", (now() - t) / 1000);
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0), 0, "loaded");
	t = now();
	random_seed(3);
	sweep_begin();
	for (i = 0; i < 2000; i++) {
		u64 va = random_u64() & 0x7ffffffffff8;

		*(volatile u64 *)va = i;
		sweep_check(READ_ONCE(data[(va & 0xfff) / 8]) == i, "write at %lx", va);
	}
	sweep_end("2000 writes all over it reach the page");
	diag("%lu us", (now() - t) / 1000);
	t = now();
	for (i = 0; i < 20; i++) {
		write_entry(&l1[5], mfn_pte(virt_to_mfn(data), PTE_DATA_RO));
		write_entry(&l1[5], mfn_pte(virt_to_mfn(data), PTE_DATA));
		write_entry(&l2[5], 0);
		write_entry(&l2[5], mfn_pte(virt_to_mfn(l1), PTE_TABLE));
	}
	diag("80 changes of shared entries: %lu us", (now() - t) / 1000);
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(kernel_l4), 0), 0, "back");
	t = now();
	err(unpin(virt_to_mfn(l4)), 0, "unpinned");
	diag("%lu us", (now() - t) / 1000);
	for (i = 0; i < 10; i++)
		if (pin(4, virt_to_mfn(l4)) || unpin(virt_to_mfn(l4)))
			bail_out("pin again");
	ok(true, "ten more times");
}

/* An L4 of which all that can be is itself, or another one. */
static u64 *linear_l4(const u64 *other)
{
	u64 *l4 = page_alloc();
	unsigned int i;

	for (i = 0; i < 512; i++) {
		if (i >= 256 && (i < 272 || kernel_l4[i]))
			l4[i] = i < 272 ? 0 : kernel_l4[i];
		else
			l4[i] = mfn_pte(virt_to_mfn(other && i & 1 ? other : l4), PTE_DATA_RO);
	}
	if (page_ro(l4))
		bail_out("page_ro");
	return l4;
}

static void linear(void)
{
	u64 *other = linear_l4(NULL), *l4 = linear_l4(other), seen, t;
	unsigned int i, slot;

	err(pin(4, virt_to_mfn(other)), 0, "an L4 that is all its own tables");
	t = now();
	err(pin(4, virt_to_mfn(l4)), 0, "one of both");
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(l4), 0), 0, "loaded");
	random_seed(3);
	sweep_begin();
	for (i = 0; i < 2000; i++) {
		u64 a = random_below(256), b = random_below(256), c = random_below(256);
		u64 d = random_below(256), va = a << 39 | b << 30 | c << 21 | d << 12 | random_below(512) << 3;
		bool odd = (a | b | c | d) & 1;

		seen = *(volatile u64 *)va;
		sweep_check(seen == (odd ? other : l4)[va / 8 % 512], "at %lx: %lx", va, seen);
	}
	sweep_end("2000 reads all over it see the tables");
	diag("%lu us", (now() - t) / 1000);
	t = now();
	for (i = 0; i < 400; i++) {
		slot = random_below(128) * 2 + (i & 1);
		write_entry(&l4[slot], 0);
		write_entry(&l4[slot], mfn_pte(virt_to_mfn(i & 1 ? other : l4), PTE_DATA_RO));
		write_entry(&other[slot], 0);
		write_entry(&other[slot], mfn_pte(virt_to_mfn(other), PTE_DATA_RO));
	}
	diag("1600 changes: %lu us", (now() - t) / 1000);
	err(mmuext1(MMUEXT_NEW_BASEPTR, virt_to_mfn(kernel_l4), 0), 0, "back");
	err(unpin(virt_to_mfn(l4)), 0, "unpinned");
	err(unpin(virt_to_mfn(other)), 0, "and the other");
}

static void batch(void)
{
	/* the same page of 256 requests mapped behind itself 4096 times: a million of them */
	u64 *reqs = page_alloc(), *page = page_alloc(), t, ma, i;
	unsigned int done = 0, n = arg_u64("n", 1 << 20), l1s, j;
	struct mmu_update *r = (void *)reqs;
	static u64 *l1;

	map(kernel_l4, FILL_VA, 0);
	l1 = walk(kernel_l4, FILL_VA, 1);
	map(kernel_l4, FILL_VA - 0x40000000, mfn_pte(virt_to_mfn(page), PTE_DATA));
	ma = pte_maddr(FILL_VA - 0x40000000);
	for (j = 0; j < 256; j++)
		r[j] = (struct mmu_update){ ma, mfn_pte(virt_to_mfn(page), j & 1 ? PTE_DATA : PTE_DATA_RO) };
	l1s = (n / 256 + 511) / 512;
	for (i = 0; i < l1s * 512UL; i++) {
		/* one L1 with 512 times the page, and its L2 entries all point to it */
		if (i < 512)
			write_entry(&l1[i], mfn_pte(virt_to_mfn(reqs), PTE_DATA_RO));
		else if (!(i & 511))
			write_entry(walk(kernel_l4, FILL_VA + i * PAGE_SIZE, 2),
				    *walk(kernel_l4, FILL_VA, 2));
	}
	t = now();
	err(hc_mmu_update(FILL_VA, n, &done, DOMID_SELF), 0, "mmu_update of %u requests", n);
	is(done, n, "all done");
	diag("%lu us", (now() - t) / 1000);
}

static void flushes(void)
{
	static struct mmuext_op op[4096];
	unsigned int done = 0, i;
	u64 t;

	for (i = 0; i < ARRAY_SIZE(op); i++)
		op[i].cmd = i & 1 ? MMUEXT_TLB_FLUSH_ALL : MMUEXT_TLB_FLUSH_LOCAL;
	t = now();
	for (i = 0; i < 4; i++)
		err(hc_mmuext_op(op, ARRAY_SIZE(op), &done, DOMID_SELF), 0, "4096 flushes");
	diag("%lu us", (now() - t) / 1000);
}

static void lists(void)
{
	static struct mmu_update r[32];
	static struct multicall_entry e[16];
	u64 *page = page_alloc(), ma, t;
	unsigned int i, bad = 0;

	map(kernel_l4, FILL_VA, mfn_pte(virt_to_mfn(page), PTE_DATA));
	ma = pte_maddr(FILL_VA);
	for (i = 0; i < ARRAY_SIZE(r); i++)
		r[i] = (struct mmu_update){ ma, mfn_pte(virt_to_mfn(page), i & 1 ? PTE_DATA : PTE_DATA_RO) };
	t = now();
	for (i = 0; i < 2000; i++) {
		unsigned int j;

		for (j = 0; j < ARRAY_SIZE(e); j++)
			e[j] = (struct multicall_entry){
				.op = __HYPERVISOR_mmu_update, .result = 1,
				.args = { (u64)r, ARRAY_SIZE(r), 0, DOMID_SELF },
			};
		bad += !!hc_multicall(e, ARRAY_SIZE(e));
		for (j = 0; j < ARRAY_SIZE(e); j++)
			bad += !!e[j].result;
	}
	is(bad, 0, "2000 lists of 16 times 32 updates");
	diag("%lu us", (now() - t) / 1000);
}

static void pins(void)
{
	static u64 *pages[800];
	u64 data = virt_to_mfn(page_alloc()), t;
	unsigned int i, n = min(pages_left() - 8, ARRAY_SIZE(pages));
	long bad = 0;

	for (i = 0; i < n; i++)
		pages[i] = filled(mfn_pte(data, PTE_DATA), 512);
	t = now();
	for (i = 0; i < n; i++)
		bad += !!pin(1, virt_to_mfn(pages[i]));
	is(bad, 0, "%u L1 tables of 512 entries pinned", n);
	diag("%lu us", (now() - t) / 1000);
	if (arg_flag("die")) {
		printf("1..1\n# leaving them pinned\n");
		console_flush();
		shutdown(SHUTDOWN_poweroff);
	}
	t = now();
	for (i = 0; i < n; i++)
		bad += !!unpin(virt_to_mfn(pages[i]));
	is(bad, 0, "and unpinned");
	diag("%lu us", (now() - t) / 1000);
}

void test_main(void)
{
	if (arg_flag("tree"))
		tree();
	else if (arg_flag("linear"))
		linear();
	else if (arg_flag("batch"))
		batch();
	else if (arg_flag("lists"))
		lists();
	else if (arg_flag("flushes"))
		flushes();
	else if (arg_flag("pins"))
		pins();
	else
		bail_out("no such case");
}
