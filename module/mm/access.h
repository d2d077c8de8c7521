/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way to guest memory.
 *
 * By virtual address: translated through the guest kernel's page tables (which
 * contain the user half), in software, with the guest's rights; slots 256-271
 * are never reached.  Data is copied once, into the caller's local.
 *
 * By frame: whole pages, pinned for as long as something of lodge's lives in
 * them (a ring, a vcpu_info).
 */
#ifndef LODGE_ACCESS_H
#define LODGE_ACCESS_H

#include <linux/types.h>

struct lodge_domain;
struct lodge_vcpu;
struct page;

/**
 * lodge_guest_read - copy from guest virtual memory
 * @v: the vcpu, which must be the caller's own
 * @dst: local buffer
 * @va: guest virtual address
 * @len: bytes, may cross pages
 *
 * Context: the vcpu's own thread, may sleep, no locks held.
 * Return: 0, or -EFAULT (not mapped, not the guest's to touch).
 */
int lodge_guest_read(struct lodge_vcpu *v, void *dst, u64 va, size_t len);
/* The same towards the guest; needs a writable mapping, sets A and D. */
int lodge_guest_write(struct lodge_vcpu *v, u64 va, const void *src, size_t len);

/*
 * The bytes at va, up to the end of their page, if the guest kernel has used them;
 * NULL: lodge_guest_read() may know more.  lodge_guest_va_ok(), under mm.lock, for as
 * long as it is held; the guest can write them meanwhile.
 */
const void *lodge_guest_peek(struct lodge_vcpu *v, u64 va);

/* Read for an instruction decoder: as many bytes as are mapped and executable; returns their number. */
int lodge_guest_fetch(struct lodge_vcpu *v, void *dst, u64 va, size_t len);
/* Eight of the guest kernel's, if that is quickly done: on one page that it has used. Cost: 75 instructions. */
bool lodge_guest_fetch_word(struct lodge_vcpu *v, u64 *word, u64 va);

/*
 * A fixed-size object; x and *x are locals.  Big buffers on hot paths are declared
 * __uninitialized: the host kernel zeroes locals otherwise.
 */
#define lodge_guest_get(v, x, va)	lodge_guest_read(v, &(x), va, sizeof(x))
#define lodge_guest_put(v, va, x)	lodge_guest_write(v, va, &(x), sizeof(x))

/**
 * lodge_frame_pin - a page of the domain, held until lodge_frame_unpin
 * @d: the domain
 * @gfn: frame of RAM
 *
 * The page neither moves nor is freed while pinned, even if the guest gives
 * the frame back; page_address() reaches it.
 * Context: process, may sleep, any process.
 * Return: the page, or ERR_PTR(-EINVAL) if the frame is not RAM of the domain.
 */
struct page *lodge_frame_pin(struct lodge_domain *d, u64 gfn);
void lodge_frame_unpin(struct page *page);	/* marks it dirty; NULL is fine */
/*
 * For good: a frame that lodge writes by its own mapping cannot become a page
 * table.  0, or -EBUSY if it is one.  Any process, may sleep.
 */
int lodge_frame_hold_writable(struct lodge_domain *d, u64 gfn);

/*
 * The page behind a guest kernel's virtual address, pinned; *offset is the
 * place within it.  Needs a writable mapping.  Own thread only.
 * ERR_PTR(-EFAULT) if not mapped.
 */
struct page *lodge_guest_pin(struct lodge_vcpu *v, u64 va, unsigned int *offset);

/**
 * lodge_special_add - give the guest a name for a page of lodge's own
 * @d: the domain
 * @page: page to be mapped by the guest; the caller keeps its reference for as
 *	long as the name exists
 * @writable: the guest may map it writable
 *
 * Return: frame number from LODGE_SPECIAL_GFN up, or a negative errno.
 * Context: process, may sleep.
 */
s64 lodge_special_add(struct lodge_domain *d, struct page *page, bool writable);
/*
 * Take the name back: no mapping of it remains in any shadow and no TLB entry
 * on any CPU when this returns (guest entries that name it do not translate any
 * more).  May sleep.
 */
void lodge_special_remove(struct lodge_domain *d, u64 gfn);

/*
 * Write one page-table entry of the guest on lodge's behalf (grant map and
 * unmap): by the address of the entry (gfn << 12 | offset) or by the virtual
 * address it maps in the kernel's tables.  Shadows follow.  *old may be NULL.
 * Return: 0, -EINVAL (no such table, unaligned), -EFAULT.  Own thread, may sleep.
 */
int lodge_pte_write_maddr(struct lodge_vcpu *v, u64 maddr, u64 val, u64 *old);
int lodge_pte_write_va(struct lodge_vcpu *v, u64 va, u64 val, u64 *old);

static inline bool lodge_canonical(u64 va)
{
	return (s64)(va << 16) >> 16 == (s64)va;
}

/* Canonical, and not in the hypervisor's slots 256-271. */
static inline bool lodge_guest_va_ok(u64 va)
{
	return lodge_canonical(va) && (va < 0xffff800000000000ULL || va >= 0xffff880000000000ULL);
}

#endif
