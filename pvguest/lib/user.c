// SPDX-License-Identifier: GPL-2.0-only
/*
 * User mode. The user root has only slot 0, and shares the tables below it with
 * the kernel's root, as a small operating system would do.
 */
#include <pvguest/pvguest.h>

u64 *user_l4;
void *user_code_page, *user_data_page;
static void *user_stack_page;
static u8 trap_stack[4 * PAGE_SIZE] __page_aligned;

static void map_user(u64 va, void *page)
{
	long rc = map(kernel_l4, va, mfn_pte(virt_to_mfn(page), PTE_DATA));

	if (rc)
		bail_out("mapping user page %lx: %ld", va, rc);
}

void user_init(void)
{
	long rc;

	user_code_page = page_alloc();
	user_data_page = page_alloc();
	user_stack_page = page_alloc();
	map_user(USER_TEXT, user_code_page);
	map_user(USER_DATA, user_data_page);
	map_user(USER_STACK - PAGE_SIZE, user_stack_page);

	user_l4 = page_alloc();
	memset(user_l4, 0, PAGE_SIZE);
	user_l4[0] = kernel_l4[0];
	rc = page_ro(user_l4);
	if (!rc)
		rc = pin(4, virt_to_mfn(user_l4));
	if (!rc)
		rc = mmuext1(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(user_l4), 0);
	if (!rc)
		rc = hc_stack_switch(FLAT_KERNEL_SS64, trap_stack + sizeof(trap_stack));
	if (rc)
		bail_out("user mode set-up: %ld", rc);
}

void user_load(const void *start, const void *end)
{
	memset(user_code_page, 0xcc, PAGE_SIZE);
	memcpy(user_code_page, start, end - start);
}

void user_regs(struct regs *r, u64 rip)
{
	memset(r, 0, sizeof(*r));
	r->rip = rip;
	r->cs = FLAT_USER_CS64;
	r->rflags = X86_EFLAGS_FIXED | X86_EFLAGS_IF;
	r->rsp = USER_STACK;
	r->ss = FLAT_USER_SS64;
}

static void enter(void *r)
{
	regs_resume(r);
}

const struct fault *user_run(struct regs *r)
{
	const struct fault *f;

	f = catch(enter, r);
	events_off();
	return f;
}

const struct fault *user_call_code(const void *start, const void *end)
{
	struct regs r;

	user_load(start, end);
	user_regs(&r, USER_TEXT);
	return user_run(&r);
}
