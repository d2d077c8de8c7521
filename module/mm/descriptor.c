// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest descriptor tables.  The hardware gets copies of the guest's entries,
 * made safe one by one; the guest's own pages are never used as tables.
 */
#include <linux/types.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <xen/interface/xen.h>

#include "domain/domain.h"
#include "hypercall/hypercall.h"
#include "mm/access.h"
#include "mm/pt.h"
#include "mm/shadow.h"

#define DESC_PRESENT	BIT_ULL(47)
#define DESC_DPL	(3ULL << 45)
#define DESC_SYSTEM	BIT_ULL(44)	/* set: code or data */
#define DESC_CODE	BIT_ULL(43)
#define DESC_CONFORMING	BIT_ULL(42)
#define DESC_ACCESSED	BIT_ULL(40)
#define DESC_LONG	BIT_ULL(53)
#define DESC_BIG	BIT_ULL(54)

/*
 * Not present: harmless as it is.  Code and data: at DPL 3, accessed already,
 * since the CPU must not write our tables.  Everything else is refused: call
 * gates too, which no known 64-bit guest has.
 */
bool lodge_descriptor_sanitise(u64 *descriptor)
{
	u64 e = *descriptor;

	if (!(e & DESC_PRESENT))
		return true;
	if (!(e & DESC_SYSTEM))
		return false;
	if (e & DESC_CODE) {
		/* a conforming segment would run at whatever level its caller has */
		if (e & DESC_CONFORMING)
			return false;
		if ((e & DESC_LONG) && (e & DESC_BIG))
			return false;
	}
	*descriptor = e | DESC_DPL | DESC_ACCESSED;
	return true;
}

static int read_entries(struct lodge_domain *d, u64 gfn, u64 *to, u32 n)
{
	struct page *page = lodge_frame_pin(d, gfn);
	u32 i;

	if (IS_ERR(page))
		return -EINVAL;
	memcpy(to, page_address(page), n * sizeof(*to));
	lodge_frame_unpin(page);
	for (i = 0; i < n; i++)
		if (!lodge_descriptor_sanitise(&to[i]))
			return -EINVAL;
	return 0;
}

int lodge_gdt_set(struct lodge_vcpu *v, const u64 *gfn, u32 entries)
{
	u32 frames = DIV_ROUND_UP(entries, 512), i;
	u64 *copy;
	int ret = 0;

	if (entries > LODGE_GDT_ENTRIES)
		return -EINVAL;
	copy = kvcalloc(max_t(u32, entries, 1), sizeof(*copy), GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	for (i = 0; i < frames && !ret; i++)
		ret = read_entries(v->domain, gfn[i], copy + 512 * i,
				   min_t(u32, 512, entries - 512 * i));
	if (!ret) {
		memcpy(v->gdt, copy, entries * sizeof(*copy));
		memcpy(v->gdt_gfn, gfn, frames * sizeof(*gfn));
		v->gdt_entries = entries;
		v->descriptor_generation++;
	}
	kvfree(copy);
	return ret;
}

LODGE_HC(set_gdt)
{
	u64 gfn[LODGE_GDT_FRAMES];
	u32 entries = args->a[1];

	if (args->a[1] > LODGE_GDT_ENTRIES)
		return -EINVAL;
	if (lodge_guest_read(v, gfn, args->a[0], DIV_ROUND_UP(entries, 512) * sizeof(gfn[0])))
		return -EFAULT;
	return lodge_gdt_set(v, gfn, entries);
}

/* If the frame is part of the vcpu's GDT, its copy follows. */
static void update_gdt_copy(struct lodge_vcpu *v, u64 gfn, unsigned int slot, u64 val)
{
	u32 frames = DIV_ROUND_UP(v->gdt_entries, 512), i;

	for (i = 0; i < frames; i++) {
		u32 n = 512 * i + slot;

		if (v->gdt_gfn[i] != gfn || n >= v->gdt_entries)
			continue;
		v->gdt[array_index_nospec(n, LODGE_GDT_ENTRIES)] = val;
		v->descriptor_generation++;
	}
}

LODGE_HC(update_descriptor)
{
	u64 maddr = args->a[0], val = args->a[1], clean = val;
	int ret;

	if (!lodge_descriptor_sanitise(&clean) || (maddr & 7))
		return -EINVAL;
	ret = lodge_pt_store_maddr(v, maddr, val, LODGE_PT_SET, NULL);
	lodge_mm_commit(v->domain);
	if (ret)
		return ret;
	update_gdt_copy(v, maddr >> PAGE_SHIFT, (maddr & ~PAGE_MASK) / 8, clean);
	/* an LDT is found by its address, not by its frames: look again when it is used */
	if (v->ldt_entries)
		lodge_ldt_load(v);
	return 0;
}

void lodge_ldt_load(struct lodge_vcpu *v)
{
	u32 i;

	/* a page that cannot be read, an entry that is not allowed: not present */
	for (i = 0; i < v->ldt_entries; i += 512) {
		u32 n = min_t(u32, 512, v->ldt_entries - i);

		if (lodge_guest_read(v, v->ldt + i, v->ldt_va + i * 8, n * 8))
			memset(v->ldt + i, 0, n * 8);
	}
	for (i = 0; i < v->ldt_entries; i++)
		if (!lodge_descriptor_sanitise(&v->ldt[i]))
			v->ldt[i] = 0;
	v->descriptor_generation++;
}

int lodge_ldt_set(struct lodge_vcpu *v, u64 va, u64 entries)
{
	if (entries > LODGE_LDT_ENTRIES || (entries && (va & ~PAGE_MASK)) ||
	    (entries && !lodge_guest_va_ok(va)))
		return -EINVAL;
	if (entries && !v->ldt) {
		v->ldt = kvcalloc(LODGE_LDT_ENTRIES, sizeof(*v->ldt), GFP_KERNEL_ACCOUNT);
		if (!v->ldt)
			return -ENOMEM;
	}
	v->ldt_va = va;
	v->ldt_entries = entries;
	if (entries)
		lodge_ldt_load(v);
	else
		v->descriptor_generation++;
	return 0;
}
