/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a domain: frames, the guest's page tables, and their shadows.
 *
 * The guest's tables are data.  Hardware walks only shadows, which map only
 * frames of the domain.  Frame numbers (gfn) are the guest's own names; what
 * stands behind one is a page of the domain's shmem file, found through the
 * address space of the runner and forgotten when its MMU notifier says so.
 *
 * One spinlock, mm.lock, covers frames, shadows and their links; it is taken
 * with interrupts on, but by light exits.  Nothing sleeps or waits for another
 * CPU under it, and it is held for a bounded amount of work.  Guest memory is
 * reached through the kernel's direct map while it is held: the notifier takes it too, so a page
 * whose number stands in a frame cannot go away.
 */
#ifndef LODGE_MM_H
#define LODGE_MM_H

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/page.h>

#include <lodge/limits.h>

struct lodge_attachment;
struct lodge_boot;
struct lodge_domain;
struct lodge_shadow;
struct lodge_vcpu;
struct vm_area_struct;

#define LODGE_NO_PFN		(~0ULL >> 8)
#define LODGE_NR_SPECIAL	4096

/* One frame number of the domain. */
struct lodge_frame {
	u64 pfn:56;		/* host page, LODGE_NO_PFN while not known */
	u64 flags:8;
	u32 rmap;		/* leaf entries that map it: a link, 0 none */
	u8 shadows;		/* bit per kind of shadow of it: it is a page table */
	u8 pinned;		/* level it is pinned at, 0 none */
	u16 grants;		/* entries that grant it writable, in use: grant/ counts them */
	u32 uses;		/* of its type (mm/type.h); of a dying table the next such, + 1 */
	u8 type;		/* 0 as long as there are none */
	u8 type_state;
	s16 linear;		/* entries of its own level in it; or, below 0, such entries for it */
};

#define LODGE_FRAME_RAM		0x01	/* populated RAM */
#define LODGE_FRAME_SPECIAL	0x02	/* a page of lodge's own */
#define LODGE_FRAME_WRITABLE	0x04	/* special that the guest may write */
#define LODGE_FRAME_PROTECT	0x08	/* about to be shadowed: no writable mapping any more */
#define LODGE_FRAME_DESC	0x10	/* holds descriptors in use */

struct lodge_mm {
	spinlock_t lock;
	u64 pages;			/* populated RAM frames */
	u64 max_pages;
	struct lodge_frame *frame;	/* max_pages of them */
	struct lodge_frame *special;	/* LODGE_NR_SPECIAL, from LODGE_SPECIAL_GFN up */
	struct file *file;		/* the memory */

	u32 dying;			/* frame + 1: tables without uses, to be taken apart; under lock */
	bool untyped;			/* the boot tables have not been looked at yet */

	/* the runner's address space */
	struct mutex attach_mutex;	/* covers mm, hva and runner */
	struct mm_struct *mm;		/* NULL without a runner; held by its notifier */
	struct pid *runner;
	u64 hva;
	unsigned long invalidate_seq;	/* under lock */
	struct lodge_attachment *attachment;	/* under lock; NULL without a runner */

	/* m2p: guest-readable, and the tables that map it in kernel roots */
	u64 *m2p;
	u64 m2p_slot;			/* the entry for LODGE_SLOT_M2P */
	struct list_head m2p_tables;

	/* GDT and LDT of all vcpus: their frames, and the copies of what is in them */
	struct mutex descriptors;

	/* shadows */
	u64 shadow_max;
	atomic64_t nr_shadows;
	struct hlist_head *hash;
	unsigned int hash_bits;
	struct lodge_shadow **by_index;
	u32 *free_index;
	u32 nr_free_index;
	struct list_head shadows;	/* in use, least recently linked last */
	struct list_head orphans;	/* nothing points to them; still valid */
	struct list_head zapped;	/* out of use, to be freed after a flush */
	struct list_head spare;		/* allocated ahead of need */
	unsigned int nr_spare;
	bool flush;			/* something went that another CPU may still use */
	unsigned int flushing;		/* threads that are waiting for such a flush */

	struct cpumask running;		/* host CPUs inside the guest: set before the last check */
};

int lodge_mm_init(void);
void lodge_mm_exit(void);

int lodge_mm_create(struct lodge_domain *d, u64 pages, u64 max_pages, u64 shadow_max);
/* Drop shadows and memory; vcpus are stopped for good. May sleep. */
void lodge_mm_release(struct lodge_domain *d);
/* Free the rest; the last reference is gone. May sleep. */
void lodge_mm_destroy(struct lodge_domain *d);

/* LODGE_IOC_ATTACH and its errnos; the end of the address space detaches. */
int lodge_mm_attach(struct lodge_domain *d, u64 hva, u64 size);
/* Under lock: may a page that was just found be on its way out? */
bool lodge_mm_invalidating(const struct lodge_mm *m);
/* Is the caller's address space the attached one? */
bool lodge_mm_attached(const struct lodge_domain *d);
/* The attached runner's pid in the caller's namespace, 0 if there is none. */
pid_t lodge_mm_runner(struct lodge_domain *d);
int lodge_mm_mmap(struct lodge_domain *d, struct vm_area_struct *vma);
/* LODGE_IOC_BOOT: check frames, pin the L4, write m2p and hypercall stubs. */
int lodge_mm_set_boot(struct lodge_domain *d, const struct lodge_boot *boot);

/*
 * The end of a light exit: true if what it did needs no flush but that of the
 * entry to come.  Else the caller has to go on to lodge_mm_commit().
 * Context: own thread, interrupts off, no lock.
 */
bool lodge_mm_settle(struct lodge_vcpu *v);
/* Can a light exit do anything here?  A hint: is the lock free, are there spare shadows? */
bool lodge_mm_light_ok(const struct lodge_vcpu *v);

/*
 * Roots for the entry: looked up or built when v->root_* are unset or out of
 * use.  That of the other mode is made ready as well, if it can be, for the
 * switcher to go there by itself.
 * Own thread, may sleep.  -EFAULT: the guest's L4 is not RAM any more.
 */
int lodge_mm_prepare_entry(struct lodge_vcpu *v);
/* The same question with interrupts off, after mm.running was set: may it be entered? */
bool lodge_mm_entry_valid(const struct lodge_vcpu *v);
/* Physical address of the root for the vcpu's mode, and of a root; 0: not to be entered any more. */
u64 lodge_mm_root(const struct lodge_vcpu *v);
u64 lodge_mm_root_pa(const struct lodge_shadow *s);
/* The vcpu will not run for long, or is freed: let go of its roots. */
void lodge_mm_put_roots(struct lodge_vcpu *v);

enum lodge_fault {
	LODGE_FAULT_FIXED,	/* run on */
	LODGE_FAULT_GUEST,	/* the guest's own fault; *error is what it shall see */
	LODGE_FAULT_PT_WRITE,	/* a write to a page table: emulate it */
	LODGE_FAULT_FATAL,	/* memory is gone: stop the run with -EFAULT */
};

/**
 * lodge_mm_fault - the guest took a page fault
 * @v: its vcpu
 * @va: CR2
 * @error: hardware's error code in, the guest's out
 *
 * Own thread, may sleep.
 */
enum lodge_fault lodge_mm_fault(struct lodge_vcpu *v, u64 va, u32 *error);

/**
 * lodge_mm_forbids - is a fault of user mode's the guest's own?
 * @v: its vcpu
 * @va: CR2
 * @error: hardware's error code, which it is to see then but for FAULT_U
 *
 * Own thread, any context but NMI.  false: not, or that is not known without more work.
 */
bool lodge_mm_forbids(struct lodge_vcpu *v, u64 va, u32 error);

/*
 * For emulation of page-table writes, see trap/emulate.h: the entry at va, 8-byte
 * aligned.  Own thread, may sleep.  0, -EFAULT (not to be had, or refused) or, where
 * *old tells what was there instead, -EAGAIN.
 */
int lodge_pt_read(struct lodge_vcpu *v, u64 va, u64 *val);
int lodge_pt_cmpxchg(struct lodge_vcpu *v, u64 va, u64 *old, u64 new);
/* Whatever was there, in an L1 in use; -EAGAIN: it keeps on changing. */
int lodge_pt_xchg(struct lodge_vcpu *v, u64 va, u64 new, u64 *old);

/*
 * Kernel and user CR3 at once, in a light exit: false if a shadow of either is
 * missing, and nothing has changed.  LODGE_SAME_ROOT: stays; not to be taken from a guest.
 */
#define LODGE_SAME_ROOT		(~0ULL)

bool lodge_mm_light_baseptr(struct lodge_vcpu *v, u64 kernel, u64 user);
/* The same for near exits: other roots for both, user's 0: none. Cost: about 200 instructions. */
bool lodge_mm_near_baseptr(struct lodge_vcpu *v, u64 kernel, u64 user);
/* The same by two operations of an mmuext_op at @va, kernel's and user's root; false: not such. */
bool lodge_mm_quick_baseptr(struct lodge_vcpu *v, u64 va);

/* Kernel CR3 := gfn, as NEW_BASEPTR: 0 or -EINVAL. */
int lodge_mm_new_baseptr(struct lodge_vcpu *v, u64 gfn);
int lodge_mm_new_user_baseptr(struct lodge_vcpu *v, u64 gfn);
void lodge_mm_invlpg(struct lodge_vcpu *v, u64 va);
/* Write hypercall stubs to a frame: 0 or -EINVAL. Any process, may sleep. */
int lodge_mm_hypercall_page(struct lodge_domain *d, u64 gfn);

/* Log the guest's page walk for va. Own thread. */
void lodge_mm_dump_walk(struct lodge_vcpu *v, u64 va);

/* module/mm/descriptor.c */

/*
 * #GP with a selector of the LDT: if its page is not loaded yet, load it or
 * make this a #PF as on real Xen.  false: the fault stands. Own thread, may sleep.
 */
bool lodge_ldt_fault(struct lodge_vcpu *v, u32 selector);
/* SET_LDT. 0 or -EINVAL. */
int lodge_ldt_set(struct lodge_vcpu *v, u64 va, u64 entries);
/* set_gdt once the frame list is local. 0 or -EINVAL. May sleep; v is the caller's own or not running. */
int lodge_gdt_set(struct lodge_vcpu *v, const u64 *gfn, u32 entries);

/* Frames of a domain, all under mm.lock. */
static inline struct lodge_frame *lodge_frame(struct lodge_mm *m, u64 gfn)
{
	if (likely(gfn < m->max_pages))
		return &m->frame[array_index_nospec(gfn, m->max_pages)];
	if (gfn - LODGE_SPECIAL_GFN < LODGE_NR_SPECIAL)
		return &m->special[array_index_nospec(gfn - LODGE_SPECIAL_GFN, LODGE_NR_SPECIAL)];
	return NULL;
}

static inline bool lodge_frame_is_ram(const struct lodge_frame *f)
{
	return f && (f->flags & LODGE_FRAME_RAM);
}

/* Find the host page of a RAM frame through the runner. Own thread, may sleep: 0, -EINVAL, -EFAULT. */
int lodge_frame_resident(struct lodge_vcpu *v, u64 gfn);
/* The guest's bytes of a resident frame, under mm.lock; NULL if not resident. */
static inline void *lodge_frame_map(const struct lodge_frame *f)
{
	return f->pfn == LODGE_NO_PFN ? NULL : __va((u64)f->pfn << PAGE_SHIFT);
}

/* Take a RAM frame from the guest, give one to it. May sleep. 0 or -EINVAL. */
int lodge_frame_release(struct lodge_domain *d, u64 gfn);
int lodge_frame_populate(struct lodge_domain *d, u64 gfn);

#endif
