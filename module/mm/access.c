// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying to and from guest virtual memory.  Each page is translated by
 * walking the guest's tables under the lock and copied before it is let go.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "domain/domain.h"
#include "mm/access.h"
#include "mm/shadow.h"

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_FETCH };

/*
 * The same question to the shadows of the kernel's root: what they map is what
 * the guest may have, with A set, and D if writable, so that there is nothing
 * to check or to mark.  NULL: not mapped there (yet), which says nothing.
 * Cost: 30 instructions instead of more than 100.
 */
static __always_inline void *translate_fast(struct lodge_vcpu *v, u64 va, enum access access)
{
	const struct lodge_shadow *s = v->root_kernel;
	u64 e = 0, all = ~0ULL, any = 0;
	const u64 *table;
	int level;

	if (unlikely(!s || s->dead || s->gfn != v->cr3_kernel))
		return NULL;
	table = s->table;
#pragma GCC unroll 4
	for (level = 4; level; level--) {
		e = READ_ONCE(table[pt_index(va, level)]);
		if (!spte_linked(e))
			return NULL;
		all &= e;
		any |= e;
		table = __va(e & PTE_FRAME);
	}
	if ((access == ACCESS_WRITE && !(all & PTE_W)) || (access == ACCESS_FETCH && (any & PTE_NX)))
		return NULL;
	return (void *)table;
}

const void *lodge_guest_peek(struct lodge_vcpu *v, u64 va)
{
	const void *page = translate_fast(v, va, ACCESS_READ);

	return page ? page + offset_in_page(va) : NULL;
}

/* What is behind va, under the lock; -EAGAIN with *need. */
static int translate(struct lodge_vcpu *v, u64 root, u64 va, enum access access, void **mem,
		     u64 *need)
{
	struct lodge_mm *m = &v->domain->mm;
	struct lodge_frame *f;
	struct lodge_walk w __uninitialized;
	int ret;

	if (root == v->cr3_kernel) {
		*mem = translate_fast(v, va, access);
		if (likely(*mem))
			return 0;
	}
	ret = lodge_walk(m, root, va, &w);
	*need = w.need;
	if (ret)
		return ret == -EAGAIN ? ret : -EFAULT;
	if ((access == ACCESS_WRITE && !w.writable) || (access == ACCESS_FETCH && !w.executable))
		return -EFAULT;
	f = lodge_frame(m, pte_gfn(w.entry[1]));
	if (!f || !(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_SPECIAL)))
		return -EFAULT;
	if (access == ACCESS_WRITE && !(f->flags & (LODGE_FRAME_RAM | LODGE_FRAME_WRITABLE)))
		return -EFAULT;
	*need = pte_gfn(w.entry[1]);
	*mem = lodge_frame_map(f);
	if (!*mem)
		return -EAGAIN;
	if (lodge_walk_mark(m, &w, va, access == ACCESS_WRITE))
		return -EAGAIN;	/* found resident at once, and walked again */
	if (access == ACCESS_WRITE && f->shadows) {
		if (v->light) {
			v->retry = true;
			return -EFAULT;
		}
		lodge_shadow_zap_gfn(m, *need);
	}
	return 0;
}

/* By words where it can be: the short structures of hypercalls. */
static __always_inline void copy_words(void *to, const void *from, size_t len)
{
	u64 *t = to;
	const u64 *f = from;

	if (len % sizeof(u64) || len > 64 * sizeof(u64)) {
		memcpy(to, from, len);
		return;
	}
#pragma GCC unroll 4
	for (; len; len -= sizeof(u64))
		*t++ = READ_ONCE(*f++);
}

/* All of it on one page that is mapped already: most of what a hypercall names. */
static bool copy_fast(struct lodge_vcpu *v, u64 root, u64 va, void *buf, size_t len,
		      enum access access)
{
	unsigned int offset = offset_in_page(va);
	void *mem;

	if (root != v->cr3_kernel || offset + len > PAGE_SIZE || !lodge_guest_va_ok(va))
		return false;
	spin_lock(&v->domain->mm.lock);
	mem = translate_fast(v, va, access);
	if (mem) {
		if (access == ACCESS_WRITE)
			copy_words(mem + offset, buf, len);
		else
			copy_words(buf, mem + offset, len);
	}
	spin_unlock(&v->domain->mm.lock);
	return mem;
}

static int copy(struct lodge_vcpu *v, u64 root, u64 va, void *buf, size_t len, enum access access,
		size_t *done)
{
	struct lodge_domain *d = v->domain;
	struct lodge_mm *m = &d->mm;
	u64 need;
	int ret;

	if (likely(copy_fast(v, root, va, buf, len, access))) {
		*done = len;
		return 0;
	}
	for (*done = 0; *done < len;) {
		unsigned int offset = offset_in_page(va);
		size_t n = min_t(size_t, len - *done, PAGE_SIZE - offset);
		void *mem;

		if (!lodge_guest_va_ok(va))
			return -EFAULT;
		spin_lock(&m->lock);
		ret = translate(v, root, va, access, &mem, &need);
		if (!ret) {
			if (access == ACCESS_WRITE)
				memcpy(mem + offset, buf + *done, n);
			else
				memcpy(buf + *done, mem + offset, n);
		}
		spin_unlock(&m->lock);
		lodge_mm_commit_of(v);
		if (ret == -EAGAIN) {
			if (lodge_frame_resident(v, need))
				return -EFAULT;
			continue;
		}
		if (ret)
			return ret;
		*done += n;
		va += n;
	}
	return 0;
}

int lodge_guest_read(struct lodge_vcpu *v, void *dst, u64 va, size_t len)
{
	size_t done;

	return copy(v, v->cr3_kernel, va, dst, len, ACCESS_READ, &done);
}

int lodge_guest_write(struct lodge_vcpu *v, u64 va, const void *src, size_t len)
{
	size_t done;

	return copy(v, v->cr3_kernel, va, (void *)src, len, ACCESS_WRITE, &done);
}

int lodge_guest_fetch(struct lodge_vcpu *v, void *dst, u64 va, size_t len)
{
	u64 root = v->kernel_mode ? v->cr3_kernel : v->cr3_user;
	size_t done;

	copy(v, root, va, dst, len, ACCESS_FETCH, &done);
	return done;
}

bool lodge_guest_fetch_word(struct lodge_vcpu *v, u64 *word, u64 va)
{
	const void *page;

	if (!v->kernel_mode || offset_in_page(va) > PAGE_SIZE - sizeof(*word) ||
	    !lodge_guest_va_ok(va))
		return false;
	spin_lock(&v->domain->mm.lock);
	page = translate_fast(v, va, ACCESS_FETCH);
	if (page)
		memcpy(word, page + offset_in_page(va), sizeof(*word));
	spin_unlock(&v->domain->mm.lock);
	return page;
}

struct page *lodge_guest_pin(struct lodge_vcpu *v, u64 va, unsigned int *offset)
{
	struct lodge_domain *d = v->domain;
	struct lodge_mm *m = &d->mm;
	struct page *page;
	u64 need;
	void *mem;
	int ret;

	if (!lodge_guest_va_ok(va))
		return ERR_PTR(-EFAULT);
	for (;;) {
		spin_lock(&m->lock);
		ret = translate(v, v->cr3_kernel, va, ACCESS_WRITE, &mem, &need);
		if (!ret) {
			page = virt_to_page(mem);
			get_page(page);
		}
		spin_unlock(&m->lock);
		lodge_mm_commit(d);
		if (!ret) {
			*offset = offset_in_page(va);
			return page;
		}
		if (ret != -EAGAIN || lodge_frame_resident(v, need))
			return ERR_PTR(-EFAULT);
	}
}
