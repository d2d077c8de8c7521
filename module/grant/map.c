// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping granted frames into the caller's space, and unmapping them.
 *
 * A mapping is a handle.  It holds one use of the grant, a name for the page in
 * the caller's space (which the guest finds in its page-table entry and in
 * dev_bus_addr) and a reference to the granting domain.  Its two halves, for
 * the CPU and for devices, end separately; the handle ends with the last.
 *
 * Names of foreign frames are made up here, so a stale page-table entry that
 * still has one translates to nothing.
 */

#include <linux/slab.h>

#include "domain/domain.h"
#include "grant/table.h"
#include "mm/access.h"

/* Page-table bits of a granted mapping. */
#define PTE_P		BIT_ULL(0)
#define PTE_RW		BIT_ULL(1)
#define PTE_US		BIT_ULL(2)
#define PTE_A		BIT_ULL(5)
#define PTE_D		BIT_ULL(6)
#define PTE_AVAIL	(7ULL << 9)
#define PTE_AVAIL0	BIT_ULL(9)
#define PTE_GFN		0x000ffffffffff000ULL

struct lodge_grant_map {
	struct lodge_domain *granter;	/* with a reference */
	u32 ref;
	u32 flags;			/* GNTMAP_*: the halves that are left, and how */
	u64 gfn;			/* our name of the page */
};

static bool writes(const struct lodge_grant_map *map)
{
	return !(map->flags & GNTMAP_readonly);
}

static u64 make_pte(const struct lodge_grant_map *map)
{
	u64 pte = map->gfn << PAGE_SHIFT | PTE_P | PTE_A | PTE_D;

	if (writes(map))
		pte |= PTE_RW;
	if (map->flags & GNTMAP_application_map)
		pte |= PTE_US;
	/* feature gnttab_map_avail_bits: the guest's own marks */
	return pte | ((u64)(map->flags >> _GNTMAP_guest_avail0) * PTE_AVAIL0 & PTE_AVAIL);
}

static int write_pte(struct lodge_vcpu *v, u32 flags, u64 addr, u64 pte, u64 *old)
{
	if (flags & GNTMAP_contains_pte)
		return lodge_pte_write_maddr(v, addr, pte, old);
	return lodge_pte_write_va(v, addr, pte, old);
}

/* The page is not reachable by the name when its use ends. */
static void end_map(struct lodge_domain *d, struct lodge_grant_map *map)
{
	lodge_grant_unname(map->granter, map->ref, writes(map), d);
	lodge_grant_release(map->granter, map->ref, writes(map));
	lodge_domain_put(map->granter);
	kfree(map);
}

/* All but the page-table entry. */
static s16 begin_map(struct lodge_domain *d, struct lodge_grant_map *map, domid_t dom)
{
	struct lodge_grant_active *active;
	s64 gfn;
	s16 ret;

	ret = lodge_grant_domain(d, dom, false, lodge_grant_of_host(map->ref), &map->granter);
	if (ret != GNTST_okay)
		return ret;
	ret = lodge_grant_acquire(map->granter, map->ref, d->domid, writes(map), true, &active);
	if (ret != GNTST_okay)
		goto put;
	gfn = lodge_grant_name(map->granter, map->ref, writes(map), d);
	if (gfn < 0) {
		ret = GNTST_no_space;
		goto release;
	}
	map->gfn = gfn;
	return GNTST_okay;

release:
	lodge_grant_release(map->granter, map->ref, writes(map));
put:
	lodge_domain_put(map->granter);
	return ret;
}

/* Under map_lock. */
static s16 map_one(struct lodge_vcpu *v, struct gnttab_map_grant_ref *op)
{
	struct lodge_domain *d = v->domain;
	struct lodge_grant_map *map;
	u32 handle;
	s16 ret;

	lockdep_assert_held(&v->domain->grant.map_lock);
	if (!(op->flags & (GNTMAP_device_map | GNTMAP_host_map)))
		return GNTST_bad_gntref;
	map = kzalloc(sizeof(*map), GFP_KERNEL_ACCOUNT);
	if (!map)
		return GNTST_no_space;
	map->ref = op->ref;
	map->flags = op->flags;
	/* room for the handle first, so that nothing has to be undone for want of it */
	if (xa_alloc(&d->grant.maps, &handle, NULL, XA_LIMIT(0, LODGE_GRANT_MAPS - 1),
		     GFP_KERNEL_ACCOUNT)) {
		kfree(map);
		return GNTST_no_space;
	}

	ret = begin_map(d, map, op->dom);
	if (ret != GNTST_okay) {
		xa_erase(&d->grant.maps, handle);
		kfree(map);
		return ret;
	}
	if ((op->flags & GNTMAP_host_map) &&
	    write_pte(v, op->flags, op->host_addr, make_pte(map), NULL)) {
		xa_erase(&d->grant.maps, handle);
		end_map(d, map);
		return GNTST_general_error;
	}
	/* the slot is there: this allocates nothing */
	xa_store(&d->grant.maps, handle, map, GFP_KERNEL_ACCOUNT);
	op->handle = handle;
	op->dev_bus_addr = map->gfn << PAGE_SHIFT;
	return GNTST_okay;
}

int lodge_grant_map(struct lodge_vcpu *v, u64 arg)
{
	struct gnttab_map_grant_ref op;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	mutex_lock(&v->domain->grant.map_lock);
	op.status = map_one(v, &op);
	mutex_unlock(&v->domain->grant.map_lock);
	return lodge_guest_put(v, arg, op) ? -EFAULT : 0;
}

/*
 * The entry at @addr must be the one of this mapping; it becomes @new.  If it
 * is another it is put back as it was.
 */
static s16 replace_pte(struct lodge_vcpu *v, struct lodge_grant_map *map, u64 addr, u64 new)
{
	u64 old;

	if (write_pte(v, map->flags, addr, new, &old))
		return GNTST_general_error;
	if (!((old ^ make_pte(map)) & (PTE_P | PTE_RW | PTE_GFN)))
		return GNTST_okay;
	write_pte(v, map->flags, addr, old, NULL);
	return GNTST_general_error;
}

static s16 unmap_host(struct lodge_vcpu *v, struct lodge_grant_map *map, u64 addr, u64 new_addr)
{
	u64 moved;
	s16 ret;

	if (!new_addr)
		return replace_pte(v, map, addr, 0);
	if (map->flags & GNTMAP_contains_pte)
		return GNTST_general_error;
	/* the entry of another address moves here */
	if (lodge_pte_write_va(v, new_addr, 0, &moved))
		return GNTST_general_error;
	ret = replace_pte(v, map, addr, moved);
	if (ret != GNTST_okay)
		lodge_pte_write_va(v, new_addr, moved, NULL);
	return ret;
}

static s16 unmap_one(struct lodge_vcpu *v, u32 handle, u64 addr, u64 bus_addr, u64 new_addr)
{
	struct lodge_domain *d = v->domain;
	struct lodge_grant_map *map;
	s16 ret = GNTST_okay;

	mutex_lock(&d->grant.map_lock);
	map = xa_load(&d->grant.maps, handle);
	if (!map) {
		ret = GNTST_bad_handle;
		goto unlock;
	}
	if (bus_addr && bus_addr != map->gfn << PAGE_SHIFT) {
		ret = GNTST_general_error;
		goto unlock;
	}
	if (addr && (map->flags & GNTMAP_host_map)) {
		ret = unmap_host(v, map, addr, new_addr);
		if (ret != GNTST_okay)
			goto unlock;
		map->flags &= ~GNTMAP_host_map;
	}
	if (bus_addr)
		map->flags &= ~GNTMAP_device_map;
	if (!(map->flags & (GNTMAP_host_map | GNTMAP_device_map))) {
		xa_erase(&d->grant.maps, handle);
		end_map(d, map);
	}
unlock:
	mutex_unlock(&d->grant.map_lock);
	return ret;
}

int lodge_grant_unmap(struct lodge_vcpu *v, u64 arg)
{
	struct gnttab_unmap_grant_ref op;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	op.status = unmap_one(v, op.handle, op.host_addr, op.dev_bus_addr, 0);
	return lodge_guest_put(v, arg + offsetof(typeof(op), status), op.status) ? -EFAULT : 0;
}

int lodge_grant_unmap_and_replace(struct lodge_vcpu *v, u64 arg)
{
	struct gnttab_unmap_and_replace op;

	if (lodge_guest_get(v, op, arg))
		return -EFAULT;
	op.status = unmap_one(v, op.handle, op.host_addr, 0, op.new_addr);
	return lodge_guest_put(v, arg + offsetof(typeof(op), status), op.status) ? -EFAULT : 0;
}

/* The domain ends: its page tables do not matter any more, names and uses do. */
void lodge_grant_unmap_all(struct lodge_domain *d)
{
	struct lodge_grant_map *map;
	unsigned long handle;

	mutex_lock(&d->grant.map_lock);
	xa_for_each(&d->grant.maps, handle, map) {
		xa_erase(&d->grant.maps, handle);
		end_map(d, map);
		cond_resched();
	}
	mutex_unlock(&d->grant.map_lock);
}
