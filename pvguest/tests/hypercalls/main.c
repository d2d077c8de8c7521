// SPDX-License-Identifier: GPL-2.0-only
/*
 * hypercalls - every number, with no and with bad arguments
 *
 * Proves: unknown numbers are -ENOSYS; each known one refuses bad pointers, bad sub-commands and
 * privileged work with the right errno; registers that are not results are preserved; a
 * hypercall never faults in the hypervisor whatever its arguments.
 *
 * Real Xen 4.17: as written (16 and 19 are the old event_channel_op and physdev_op); where Xen's own answer varies with its build, several are right.
 */
#include <pvguest/pvguest.h>
#include <xen/arch-x86/xen-mca.h>

#define BAD	0x7f0000000000UL	/* nothing mapped there */

static void check_unknown(void)
{
	static const unsigned int unknown[] = { 11, 43, 44, 45, 46, 47, 50, 55, 56, 60, 63 };
	static const u64 huge[] = { 64, 65, 100, 127, 128, 255, 256, 1000, 0x7fffffff, 0xffffffff };
	unsigned int i;

	sweep_begin();
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		sweep_check(HC1(unknown[i], BAD) == -XEN_ENOSYS, "%u: %ld", unknown[i],
			    HC1(unknown[i], BAD));
	for (i = 0; i < ARRAY_SIZE(huge); i++)
		sweep_check(HC1(huge[i], BAD) == -XEN_ENOSYS, "%lu: %ld", huge[i],
			    HC1(huge[i], BAD));
	sweep_end("numbers that do not exist are ENOSYS");
	err(HC1((1UL << 32) + 17, 0), -XEN_ENOSYS, "all 64 bits of the number count");
}

/* all registers but rax, rcx, r11 live through a call */
static void check_registers(void)
{
	u64 in[12], out[12], *pin = in, *pout = out;
	unsigned int i;
	long ret;

	for (i = 0; i < 12; i++)
		in[i] = 0x1111111111111111UL * (i + 1);
	in[0] = XENVER_version;		/* rdi */
	asm volatile("push %%rbp\n"
		     "push %[out]\n"
		     "mov %[in], %%rax\n"
		     "mov 0(%%rax), %%rdi; mov 8(%%rax), %%rsi; mov 16(%%rax), %%rdx\n"
		     "mov 24(%%rax), %%r10; mov 32(%%rax), %%r8; mov 40(%%rax), %%r9\n"
		     "mov 48(%%rax), %%rbx; mov 56(%%rax), %%rbp; mov 64(%%rax), %%r12\n"
		     "mov 72(%%rax), %%r13; mov 80(%%rax), %%r14; mov 88(%%rax), %%r15\n"
		     "mov $17, %%eax; syscall\n"
		     "pop %%rcx\n"
		     "mov %%rdi, 0(%%rcx); mov %%rsi, 8(%%rcx); mov %%rdx, 16(%%rcx)\n"
		     "mov %%r10, 24(%%rcx); mov %%r8, 32(%%rcx); mov %%r9, 40(%%rcx)\n"
		     "mov %%rbx, 48(%%rcx); mov %%rbp, 56(%%rcx); mov %%r12, 64(%%rcx)\n"
		     "mov %%r13, 72(%%rcx); mov %%r14, 80(%%rcx); mov %%r15, 88(%%rcx)\n"
		     "pop %%rbp\n"
		     : "=&a" (ret), [in] "+c" (pin), [out] "+d" (pout)
		     : : "rdi", "rsi", "r8", "r9", "r10", "r11", "rbx", "r12", "r13", "r14", "r15",
		       "memory");
	ok(ret > 0x40000, "version %lx", ret);
	sweep_begin();
	for (i = 0; i < 12; i++)
		sweep_check(in[i] == out[i], "register %u: %lx, was %lx", i, out[i], in[i]);
	sweep_end("rdi rsi rdx r10 r8 r9 rbx rbp r12-r15 are preserved");
}

static void check_privileged(void)
{
	static u8 op[256];
	static const struct {
		unsigned int nr;
		const char *name;
		s64 want, also;
	} list[] = {
		{ __HYPERVISOR_platform_op, "platform_op", -XEN_EPERM, -XEN_EACCES },
		{ __HYPERVISOR_sysctl, "sysctl", -XEN_EPERM, -XEN_EACCES },
		{ __HYPERVISOR_domctl, "domctl", -XEN_EPERM, -XEN_EACCES },
		{ __HYPERVISOR_mca, "mca", -XEN_EPERM, -XEN_ENOSYS },
		{ __HYPERVISOR_kexec_op, "kexec_op", -XEN_EPERM, -XEN_ENOSYS },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		memset(op, 0, sizeof(op));
		if (list[i].nr == __HYPERVISOR_platform_op)
			*(u32 *)(op + 4) = XENPF_INTERFACE_VERSION;
		if (list[i].nr == __HYPERVISOR_sysctl)
			*(u32 *)(op + 4) = 0x15;
		if (list[i].nr == __HYPERVISOR_domctl)
			*(u32 *)(op + 4) = 0x15;
		err2(HC2(list[i].nr, list[i].nr == __HYPERVISOR_kexec_op ? 0 : (u64)op, op),
		     list[i].want, list[i].also, "%s is for dom0", list[i].name);
	}
}

static void check_bad_arguments(void)
{
	err(HC1(__HYPERVISOR_set_trap_table, BAD), -XEN_EFAULT, "set_trap_table, bad pointer");
	err(HC2(__HYPERVISOR_set_gdt, BAD, 8), -XEN_EFAULT, "set_gdt, bad pointer");
	err(HC2(__HYPERVISOR_set_gdt, BAD, 8000), -XEN_EINVAL, "set_gdt, too many entries");
	err(HC2(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS64, boot_map_end()), 0, "stack_switch");
	diag("stack_switch with odd selectors: 0 %ld, 0x10 %ld, 0x18 %ld, cs %ld",
	     hc_stack_switch(0, 0), hc_stack_switch(0x10, 0), hc_stack_switch(0x18, 0),
	     hc_stack_switch(FLAT_KERNEL_CS64, 0));
	err(hc_fpu_taskswitch(0), 0, "fpu_taskswitch");
	diag("sched_op_compat 99: %ld", hc_sched_op_compat(99, 0));
	err(HC2(__HYPERVISOR_update_descriptor, 0x3ffffffff000, 0), -XEN_EINVAL,
	    "update_descriptor, no such frame");
	err(HC2(__HYPERVISOR_update_descriptor, virt_to_mfn(kernel_l4) << 12 | 1, 0), -XEN_EINVAL,
	    "update_descriptor, unaligned");
	err(hc_memory_op(99, BAD), -XEN_ENOSYS, "memory_op 99");
	err(hc_memory_op(XENMEM_machphys_mapping, BAD), -XEN_EFAULT, "memory_op 12, bad pointer");
	err(hc_multicall(BAD, 1), -XEN_EFAULT, "multicall, bad pointer");
	err(hc_set_timer_op(0), 0, "set_timer_op 0");
	err(hc_xen_version(99, 0), -XEN_ENOSYS, "xen_version 99");
	err(hc_xen_version(XENVER_extraversion, BAD), -XEN_EFAULT, "extraversion, bad pointer");
	err2(hc_console_io(99, 0, 0), -XEN_ENOSYS, -XEN_EPERM, "console_io 99");
	err2(hc_console_io(CONSOLEIO_write, 5, BAD), -XEN_EFAULT, -XEN_EPERM,
	     "console_io, bad pointer");
	err(hc_grant_table_op(99, BAD, 1), -XEN_ENOSYS, "grant_table_op 99");
	err(hc_grant_table_op(GNTTABOP_query_size, BAD, 1), -XEN_EFAULT,
	    "grant_table_op query_size, bad pointer");
	err(hc_vm_assist(0, 99), -XEN_EINVAL, "vm_assist, unknown type");
	err(hc_vm_assist(9, 2), -XEN_ENOSYS, "vm_assist, unknown command");
	err(HC4(__HYPERVISOR_update_va_mapping_otherdomain, image_base, 0, 0, 0), -XEN_EPERM,
	    "update_va_mapping_otherdomain");
	err(hc_vcpu_op(99, 0, BAD), -XEN_ENOSYS, "vcpu_op 99");
	err(hc_vcpu_op(VCPUOP_is_up, 0, 0), 1, "vcpu 0 is up");
	err(hc_vcpu_op(VCPUOP_is_up, 1, 0), -XEN_ENOENT, "vcpu 1 does not exist");
	err(hc_vcpu_op(VCPUOP_is_up, 8191, 0), -XEN_ENOENT, "vcpu 8191 does not exist");
	err(hc_vcpu_op(VCPUOP_is_up, -1UL, 0), -XEN_ENOENT, "vcpu -1 does not exist");
	err(hc_vcpu_op(VCPUOP_initialise, 0, BAD), -XEN_EFAULT, "vcpu initialise, bad pointer");
	err(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, BAD), -XEN_EFAULT, "register_vcpu_info, bad");
	err(hc_set_segment_base(9, 0), -XEN_EINVAL, "set_segment_base 9");
	err(hc_mmuext_op(BAD, 1, NULL, DOMID_SELF), -XEN_EFAULT, "mmuext_op, bad pointer");
	err2(HC1(__HYPERVISOR_xsm_op, BAD), -XEN_ENOSYS, -XEN_EPERM, "xsm_op");
	err2(hc_nmi_op(99, BAD), -XEN_ENOSYS, -XEN_EPERM, "nmi_op 99");
	err(hc_sched_op(99, BAD), -XEN_ENOSYS, "sched_op 99");
	err(hc_sched_op(SCHEDOP_shutdown, BAD), -XEN_EFAULT, "sched_op shutdown, bad pointer");
	{
		struct sched_remote_shutdown rs = { .domain_id = 0, .reason = 0 };
		struct sched_watchdog wd = { .id = 99, .timeout = 5 };

		err2(hc_sched_op(SCHEDOP_remote_shutdown, &rs), -XEN_EPERM, -XEN_EACCES,
		     "sched_op remote_shutdown");
		err(hc_sched_op(SCHEDOP_watchdog, &wd), -XEN_EINVAL, "sched_op watchdog, bad id");
		wd.id = 1;
		err(hc_sched_op(SCHEDOP_watchdog, &wd), -XEN_EINVAL, "watchdog 1 before it was asked for");
		wd.id = 0;
		wd.timeout = 600;
		err(hc_sched_op(SCHEDOP_watchdog, &wd), 1, "a watchdog");
		err(hc_sched_op(SCHEDOP_watchdog, &wd), 2, "another one");
		err(hc_sched_op(SCHEDOP_watchdog, &wd), -XEN_ENOSPC, "there is no third");
		wd.timeout = 0;
		wd.id = 1;
		err(hc_sched_op(SCHEDOP_watchdog, &wd), 0, "given back");
		err(hc_sched_op(SCHEDOP_watchdog, &wd), -XEN_EINVAL, "again");
		wd.id = 2;
		err(hc_sched_op(SCHEDOP_watchdog, &wd), 0, "the other one");
	}
	err(hc_callback_op(99, BAD), -XEN_ENOSYS, "callback_op 99");
	err(hc_callback_op(CALLBACKOP_register, BAD), -XEN_EFAULT, "callback_op, bad pointer");
	{
		struct callback_register cb = { .type = 99, .address = image_base };

		err(hc_callback_op(CALLBACKOP_register, &cb), -XEN_ENOSYS, "callback type 99");
		cb.type = CALLBACKTYPE_event;
		cb.address = NONCANON;
		err(hc_callback_op(CALLBACKOP_register, &cb), -XEN_EINVAL, "callback non-canonical");
		cb.type = CALLBACKTYPE_event;
		err(hc_callback_op(CALLBACKOP_unregister, &cb), -XEN_EINVAL, "unregister event");
		cb.type = CALLBACKTYPE_nmi;
		err(hc_callback_op(CALLBACKOP_unregister, &cb), 0, "unregister nmi");
		cb.type = 99;
		err(hc_callback_op(CALLBACKOP_unregister, &cb), -XEN_ENOSYS, "unregister type 99");
	}
	err2(HC2(__HYPERVISOR_xenoprof_op, 99, BAD), -XEN_ENOSYS, -XEN_EINVAL, "xenoprof_op 99");
	err(hc_event_channel_op(99, BAD), -XEN_ENOSYS, "event_channel_op 99");
	err(hc_physdev_op(99, BAD), -XEN_ENOSYS, "physdev_op 99");
	err(hc_physdev_op(PHYSDEVOP_set_iopl, BAD), -XEN_EFAULT, "physdev_op set_iopl, bad pointer");
	{
		struct physdev_set_iopl io = { .iopl = 4 };

		err(hc_physdev_op(PHYSDEVOP_set_iopl, &io), -XEN_EINVAL, "set_iopl 4");
		io.iopl = 0;
		err(hc_physdev_op(PHYSDEVOP_set_iopl, &io), 0, "set_iopl 0");
	}
	{
		struct physdev_set_iobitmap bm = { .nr_ports = 65537 };

		err(hc_physdev_op(PHYSDEVOP_set_iobitmap, &bm), -XEN_EINVAL, "set_iobitmap, 65537 ports");
		bm.nr_ports = 0;
		err(hc_physdev_op(PHYSDEVOP_set_iobitmap, &bm), 0, "set_iobitmap, none");
	}
	diag("hvm_op 0 %ld, 99 %ld; tmem %ld; argo %ld; xenpmu %ld %ld; dm_op %ld; hypfs %ld",
	     HC2(__HYPERVISOR_hvm_op, 0, BAD), HC2(__HYPERVISOR_hvm_op, 99, BAD), HC1(38, BAD),
	     HC1(39, BAD), HC2(40, 0, BAD), HC2(40, 1, BAD), HC1(41, BAD), HC1(42, BAD));
	diag("physdev: pirq_eoi_v2 %ld, irq_status %ld, map_pirq %ld, apic_read %ld",
	     hc_physdev_op(28, BAD), hc_physdev_op(5, BAD), hc_physdev_op(13, BAD),
	     hc_physdev_op(8, BAD));
}

/* every number, with pointers into places that must not be reached */
static void check_everywhere(void)
{
	static const u64 places[] = {
		0, NONCANON_LAST, NONCANON, M2P_START, 0xffff82d080200000, 0xffff830000000000,
		HV_END - 8, -8UL,
	};
	unsigned int nr, cmd, i;
	u64 before = hc_xen_version(XENVER_version, NULL);

	for (nr = 0; nr < 64; nr++) {
		/* those that end or change us by design */
		if (nr == __HYPERVISOR_iret || nr == __HYPERVISOR_set_callbacks ||
		    nr == __HYPERVISOR_sched_op_compat || nr == __HYPERVISOR_set_trap_table ||
		    nr == __HYPERVISOR_stack_switch || nr == __HYPERVISOR_set_timer_op ||
		    nr == __HYPERVISOR_update_va_mapping || nr == __HYPERVISOR_set_gdt ||
		    nr == __HYPERVISOR_set_segment_base)
			continue;
		for (cmd = 0; cmd < 24; cmd++) {
			if (nr == __HYPERVISOR_sched_op || nr == __HYPERVISOR_console_io)
				continue;
			if (nr == __HYPERVISOR_vcpu_op && cmd == VCPUOP_down)
				continue;
			if (nr == __HYPERVISOR_event_channel_op && cmd == EVTCHNOP_reset)
				continue;
			if (nr == __HYPERVISOR_fpu_taskswitch)
				continue;
			for (i = 0; i < ARRAY_SIZE(places); i++)
				hypercall(nr, cmd, nr == __HYPERVISOR_vcpu_op ? 0 : places[i],
					  places[i], places[i], places[i]);
			for (i = 0; i < ARRAY_SIZE(places); i++)
				hypercall(nr, places[i], cmd, places[i], DOMID_SELF, cmd);
		}
	}
	is(hc_xen_version(XENVER_version, NULL), before, "alive after all of it");
	hc_fpu_taskswitch(0);
	hc_set_debugreg(7, 0);
}

void test_main(void)
{
	check_unknown();
	check_registers();
	check_privileged();
	check_bad_arguments();
	check_everywhere();
}
