// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds the switcher: one region a possible CPU (switch/layout.h), and the
 * page tables that map it.  All of it is made at load and freed at unload.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/tlbflush.h>
#include <asm/traps.h>

#include "switch/address_space.h"
#include "switch/switch.h"

extern const char lodge_blob_start[], lodge_blob_end[];
extern const char lodge_blob_enter[], lodge_blob_iret[], lodge_blob_fill_rsb[];
extern const char lodge_blob_syscall[], lodge_blob_syscall32[];
extern const char lodge_blob_gates[];
extern const u32 lodge_blob_special_gates[6];

DEFINE_PER_CPU(struct lodge_switch_cpu, lodge_switch_cpu);

static u64 *slot_switch, *slot_host;	/* the PUD pages */
static int hotplug_state;

/* Every page that the switcher consists of, so that freeing is one loop. */
static LIST_HEAD(switch_pages);

#define TABLE_FLAGS	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY)
#define DATA_FLAGS	(TABLE_FLAGS | _PAGE_NX)
#define TEXT_FLAGS	(_PAGE_PRESENT | _PAGE_ACCESSED)

static void *switch_page(unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO | (order ? __GFP_COMP : 0), order);

	if (!page)
		return NULL;
	list_add(&page->lru, &switch_pages);
	return page_address(page);
}

static void free_switch_pages(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &switch_pages, lru) {
		list_del(&page->lru);
		__free_pages(page, compound_order(page));
	}
}

/* The last-level table of a CPU's region under a slot, made as needed. */
static u64 *region_table(u64 *pud, unsigned int cpu)
{
	u64 *pmd_page, *pte_page;
	u64 *entry;

	entry = &pud[cpu / PTRS_PER_PMD];
	if (!*entry) {
		pmd_page = switch_page(0);
		if (!pmd_page)
			return NULL;
		*entry = __pa(pmd_page) | TABLE_FLAGS;
	}
	entry = (u64 *)__va(*entry & PTE_PFN_MASK) + cpu % PTRS_PER_PMD;
	if (!*entry) {
		pte_page = switch_page(0);
		if (!pte_page)
			return NULL;
		*entry = __pa(pte_page) | TABLE_FLAGS;
	}
	return __va(*entry & PTE_PFN_MASK);
}

static u64 region_va(unsigned int cpu)
{
	return LODGE_SWITCH_VA + ((u64)cpu << LODGE_REGION_SHIFT);
}

static void map_pages(u64 *table, u64 offset, const void *mem, unsigned int pages, u64 flags)
{
	unsigned int i;

	for (i = 0; i < pages; i++)
		table[(offset >> PAGE_SHIFT) + i] = (__pa(mem) + i * PAGE_SIZE) | flags;
}

/* A 16-byte system descriptor: TSS or LDT, present, DPL 0. */
static void set_system_descriptor(struct desc_struct *at, u64 base, u32 limit, unsigned int type)
{
	set_tssldt_descriptor(at, base, type, limit);
}

/* Base 0, limit all; flags as in bits 40-47 and 52-55. */
static struct desc_struct flat_descriptor(u16 flags)
{
	struct desc_struct d = {
		.limit0 = 0xffff,
		.limit1 = 0xf,
		.type = flags & 0xf,
		.s = flags >> 4 & 1,
		.dpl = flags >> 5 & 3,
		.p = flags >> 7 & 1,
		.l = flags >> 13 & 1,
		.d = flags >> 14 & 1,
		.g = flags >> 15 & 1,
	};

	return d;
}

static void fill_fixed_gdt(unsigned int cpu, struct desc_struct *gdt)
{
	/* Accessed is preset everywhere: the CPU must not write descriptors */
	gdt[LODGE_SEL_CS >> 3] = flat_descriptor(0xa09b);
	gdt[LODGE_SEL_DS >> 3] = flat_descriptor(0xc093);
	gdt[LODGE_SEL_USER_CS32 >> 3] = flat_descriptor(0xc0fb);
	gdt[LODGE_SEL_USER_DS >> 3] = flat_descriptor(0xc0f3);
	gdt[LODGE_SEL_USER_CS64 >> 3] = flat_descriptor(0xa0fb);
	set_system_descriptor(&gdt[LODGE_SEL_TSS >> 3], region_va(cpu) + LODGE_REGION_TSS,
			      sizeof(struct x86_hw_tss) - 1, DESC_TSS);
	set_system_descriptor(&gdt[LODGE_SEL_LDT >> 3], region_va(cpu) + LODGE_REGION_LDT,
			      0xffff, DESC_LDT);
}

static void set_gate(gate_desc *idt, unsigned int vector, u64 address, unsigned int dpl,
		     unsigned int ist)
{
	gate_desc g = {
		.offset_low = (u16)address,
		.segment = LODGE_SEL_CS,
		.bits = { .ist = ist, .type = GATE_INTERRUPT, .dpl = dpl, .p = 1 },
		.offset_middle = (u16)(address >> 16),
		.offset_high = (u32)(address >> 32),
	};

	idt[vector] = g;
}

/*
 * DPL 3 only for INT3 and INTO, which have no selector-like error code to
 * decode; every other INT n of a guest comes as #GP and is decoded there.
 * IST numbers are Linux's: between LIDT and LTR the other TSS is in force.
 */
static void fill_idt(gate_desc *idt, u64 text)
{
	u64 gates = text + (lodge_blob_gates - lodge_blob_start);
	static const u8 plain[] = { X86_TRAP_DE, X86_TRAP_BP, X86_TRAP_MF, X86_TRAP_XF };
	const u32 *special = lodge_blob_special_gates;
	unsigned int i;

	for (i = 0; i < 256; i++)
		set_gate(idt, i, gates + 16 * i, i == 3 || i == 4 ? 3 : 0, 0);
	set_gate(idt, X86_TRAP_DF, gates + 16 * X86_TRAP_DF, 0, IST_INDEX_DF + 1);
	set_gate(idt, X86_TRAP_DB, text + special[0], 0, IST_INDEX_DB + 1);
	set_gate(idt, X86_TRAP_NMI, text + special[1], 0, IST_INDEX_NMI + 1);
	set_gate(idt, X86_TRAP_MC, text + special[2], 0, IST_INDEX_MCE + 1);
	set_gate(idt, X86_TRAP_GP, text + special[3], 0, 0);
	set_gate(idt, X86_TRAP_PF, text + special[4], 0, 0);
	for (i = 0; i < ARRAY_SIZE(plain); i++)
		set_gate(idt, plain[i], text + special[5] + 16 * i, plain[i] == 3 ? 3 : 0, 0);
}

static void fill_tss(struct x86_hw_tss *tss, u64 region)
{
	unsigned int i;

	tss->sp0 = region + LODGE_REGION_DATA + sizeof(struct lodge_switch_data);
	for (i = 0; i < LODGE_NR_IST; i++)
		tss->ist[i] = region + LODGE_REGION_IST + (2 * i + 1) * PAGE_SIZE;
	tss->io_bitmap_base = IO_BITMAP_OFFSET_INVALID;
}

static int build_region(unsigned int cpu, const void *text)
{
	struct lodge_switch_cpu *c = per_cpu_ptr(&lodge_switch_cpu, cpu);
	u64 region = region_va(cpu);
	u64 *table = region_table(slot_switch, cpu);
	u64 *host_table = region_table(slot_host, cpu);
	void *idt = switch_page(0), *tss = switch_page(0);
	unsigned int i;

	c->data = switch_page(0);
	c->host = switch_page(0);
	c->gdt = switch_page(4);
	c->ldt = switch_page(4);
	c->tgdt = switch_page(0);
	if (!table || !host_table || !idt || !tss || !c->data || !c->host || !c->gdt ||
	    !c->ldt || !c->tgdt)
		return -ENOMEM;

	map_pages(table, LODGE_REGION_TEXT, text, LODGE_TEXT_PAGES, TEXT_FLAGS);
	map_pages(table, LODGE_REGION_DATA, c->data, 1, DATA_FLAGS);
	map_pages(table, LODGE_REGION_IDT, idt, 1, DATA_FLAGS & ~_PAGE_RW);
	map_pages(table, LODGE_REGION_TSS, tss, 1, DATA_FLAGS & ~_PAGE_RW);
	map_pages(table, LODGE_REGION_GDT, c->gdt, 16, DATA_FLAGS);
	map_pages(table, LODGE_REGION_LDT, c->ldt, 16, DATA_FLAGS & ~_PAGE_RW);
	map_pages(table, LODGE_REGION_TGDT, c->tgdt, 1, DATA_FLAGS);
	map_pages(table, LODGE_REGION_TGDT + LODGE_GDT_FIXED, (void *)c->gdt + LODGE_GDT_FIXED, 1,
		  DATA_FLAGS);
	for (i = 0; i < LODGE_NR_IST; i++) {
		void *stack = switch_page(0);

		if (!stack)
			return -ENOMEM;
		map_pages(table, LODGE_REGION_IST + 2 * i * PAGE_SIZE, stack, 1, DATA_FLAGS);
	}
	map_pages(host_table, LODGE_REGION_DATA, c->host, 1, DATA_FLAGS);

	c->text = region + LODGE_REGION_TEXT;
	c->info_entry = &table[LODGE_REGION_INFO >> PAGE_SHIFT];
	fill_idt(idt, c->text);
	fill_tss(tss, region);
	fill_fixed_gdt(cpu, c->gdt);

	c->data->verw = LODGE_SEL_DS;
	c->data->fsgsbase = boot_cpu_has(X86_FEATURE_FSGSBASE);
	c->data->smap = boot_cpu_has(X86_FEATURE_SMAP);
	c->data->lowest = LODGE_FAST_LOWEST;
	c->data->idtr = (struct desc_ptr){ IDT_ENTRIES * sizeof(gate_desc) - 1,
					   region + LODGE_REGION_IDT };
	c->data->gdtr = (struct desc_ptr){ 0xffff, region + LODGE_REGION_GDT };
	c->data->tgdtr = (struct desc_ptr){ 0xffff, region + LODGE_REGION_TGDT };
	c->host->fill_rsb = boot_cpu_has(X86_FEATURE_RSB_CTXSW);
	return 0;
}

/* What only the CPU itself knows; runs on it when it comes up. */
static int prepare_cpu(unsigned int cpu)
{
	struct lodge_switch_cpu *c = per_cpu_ptr(&lodge_switch_cpu, cpu);
	unsigned long flags;

	local_irq_save(flags);
	native_store_gdt(&c->host->gdtr);
	store_idt(&c->host->idtr);
	memcpy(c->tgdt, get_cpu_gdt_ro(cpu), GDT_ENTRIES * sizeof(struct desc_struct));
	rdmsrl(MSR_GS_BASE, c->gs_base);
	c->generation = 0;
	local_irq_restore(flags);
	return 0;
}

static void flush_cpu(void *unused)
{
	__flush_tlb_all();
}

int lodge_switch_init(void)
{
	size_t size = lodge_blob_end - lodge_blob_start;
	unsigned int cpu;
	void *text;
	int ret = -ENOMEM;

	BUILD_BUG_ON(sizeof(struct lodge_switch_data) != PAGE_SIZE);
	BUILD_BUG_ON(sizeof(struct lodge_switch_host) > PAGE_SIZE);

	if (WARN_ON(size > LODGE_TEXT_PAGES * PAGE_SIZE))
		return -EINVAL;
	slot_switch = switch_page(0);
	slot_host = switch_page(0);
	text = switch_page(get_order(LODGE_TEXT_PAGES * PAGE_SIZE));
	if (!slot_switch || !slot_host || !text)
		goto free;
	memcpy(text, lodge_blob_start, size);
	for_each_possible_cpu(cpu) {
		ret = build_region(cpu, text);
		if (ret)
			goto free;
	}
	lodge_address_space_init(__pa(slot_switch) | TABLE_FLAGS, __pa(slot_host) | TABLE_FLAGS);

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "lodge/switch:online", prepare_cpu, NULL);
	if (ret < 0)
		goto free;
	hotplug_state = ret;
	return 0;
free:
	free_switch_pages();
	return ret;
}

void lodge_switch_exit(void)
{
	cpuhp_remove_state(hotplug_state);
	lodge_address_space_exit();
	/* no CPU may walk into what is about to be freed */
	on_each_cpu(flush_cpu, NULL, 1);
	free_switch_pages();
}

u64 lodge_switch_slot(void)
{
	return __pa(slot_switch) | TABLE_FLAGS;
}

u64 lodge_switch_lstar(void)
{
	return __this_cpu_read(lodge_switch_cpu.text) + (lodge_blob_syscall - lodge_blob_start);
}

u64 lodge_switch_cstar(void)
{
	return __this_cpu_read(lodge_switch_cpu.text) + (lodge_blob_syscall32 - lodge_blob_start);
}

u64 lodge_switch_entry(void)
{
	return __this_cpu_read(lodge_switch_cpu.text) + (lodge_blob_enter - lodge_blob_start);
}

u64 lodge_switch_fill_rsb(void)
{
	return __this_cpu_read(lodge_switch_cpu.text) + (lodge_blob_fill_rsb - lodge_blob_start);
}

void lodge_switch_map_info(const void *info)
{
	struct lodge_switch_cpu *c = this_cpu_ptr(&lodge_switch_cpu);
	u64 entry = info ? (__pa(info) & PAGE_MASK) | DATA_FLAGS : 0;

	c->data->info = region_va(smp_processor_id()) + LODGE_REGION_INFO + offset_in_page(info);
	if (*c->info_entry != entry)
		WRITE_ONCE(*c->info_entry, entry);
}

bool lodge_switch_is_iret(u64 rip)
{
	/* by its place in the region: the CPU may be another one by now */
	return rip >> 39 == LODGE_SWITCH_VA >> 39 &&
	       (rip & (BIT_ULL(LODGE_REGION_SHIFT) - 1)) == lodge_blob_iret - lodge_blob_start;
}
