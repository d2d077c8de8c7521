// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpuid - the policy of CPUID: what a guest is shown by the prefixed instruction
 *
 * Proves: the Xen leaves; what a PV guest must not see (PSE, PGE, APIC, VMX, SMEP, SMAP, PCID, ...) and what it must
 * (FPU..SSE2, NX, SYSCALL, LM); that user code gets the same by the prefixed form; a stray prefix is #UD.
 *
 * Real Xen 4.17: as written.
 */
#include <pvguest/pvguest.h>

struct leaf {
	u32 a, b, c, d;
};

static struct leaf xen_cpuid(u32 leaf, u32 sub)
{
	struct leaf l;

	asm volatile(".byte 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2"
		     : "=a" (l.a), "=b" (l.b), "=c" (l.c), "=d" (l.d) : "0" (leaf), "2" (sub));
	return l;
}

USER_CODE(u_cpuid, "xor %ecx, %ecx; mov $0x40000000, %eax; .byte 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2; syscall");
KERNEL_CODE(do_short, ".byte 0x0f, 0x0b, 'x', 'e', 'n', 0x90, 0x90");

void test_main(void)
{
	static const struct { u8 bit; const char *name; } hide1c[] = {
		{ 3, "MONITOR" }, { 5, "VMX" }, { 6, "SMX" }, { 7, "EIST" }, { 8, "TM2" },
		{ 14, "xTPR" }, { 15, "PDCM" }, { 17, "PCID" }, { 18, "DCA" }, { 21, "x2APIC" }, { 24, "TSC deadline" },
	}, hide1d[] = {
		{ 1, "VME" }, { 3, "PSE" }, { 12, "MTRR" }, { 13, "PGE" }, { 17, "PSE36" },
		{ 21, "DS" }, { 29, "TM" },
	}, hide7b[] = { { 7, "SMEP" }, { 10, "INVPCID" }, { 20, "SMAP" }, { 2, "SGX" }, { 25, "PT" } },
	hide7c[] = { { 2, "UMIP" }, { 3, "PKU" }, { 4, "OSPKE" }, { 7, "CET_SS" }, { 16, "LA57" } },
	show1d[] = { { 0, "FPU" }, { 4, "TSC" }, { 5, "MSR" }, { 8, "CX8" }, { 15, "CMOV" }, { 23, "MMX" },
		{ 24, "FXSR" }, { 25, "SSE" }, { 26, "SSE2" }, { 6, "PAE" } };
	struct leaf l = xen_cpuid(0x40000000, 0), m;
	unsigned int i;

	user_init();
	ok(l.a >= 0x40000002 && l.a < 0x40010000, "Xen leaves up to %x", l.a);
	ok(l.b == 0x566e6558 && l.c == 0x65584d4d && l.d == 0x4d4d566e, "XenVMMXenVMM");
	is(xen_cpuid(0x40000001, 0).a, hc_xen_version(XENVER_version, NULL), "version");
	m = xen_cpuid(0x40000002, 0);
	is(m.a, 1, "one hypercall page");
	is(m.b, 0x40000000, "its MSR");
	is(m.c & 1, 1, "PRESERVE_AD");
	m = xen_cpuid(0x40000003, 0);
	diag("time: eax %x tsc_mode %u khz %u incarnation %u", m.a, m.b, m.c, m.d);
	m = xen_cpuid(0x40000005, 0);
	diag("leaf 5: eax %x ebx %x (machine address width)", m.a, m.b);

	m = xen_cpuid(1, 0);
	for (i = 0; i < ARRAY_SIZE(hide1c); i++)
		ok(!(m.c >> hide1c[i].bit & 1), "%s is hidden", hide1c[i].name);
	for (i = 0; i < ARRAY_SIZE(hide1d); i++)
		ok(!(m.d >> hide1d[i].bit & 1), "%s is hidden", hide1d[i].name);
	for (i = 0; i < ARRAY_SIZE(show1d); i++)
		ok(m.d >> show1d[i].bit & 1, "%s is shown", show1d[i].name);
	ok(m.c >> 31, "the hypervisor bit is set");
	diag("1: %x %x %x %x", m.a, m.b, m.c, m.d);
	if (m.c & BIT(26))
		ok(m.c & BIT(27), "OSXSAVE is shown with XSAVE");
	l = xen_cpuid(0, 0);
	if (l.a >= 7) {
		m = xen_cpuid(7, 0);
		for (i = 0; i < ARRAY_SIZE(hide7b); i++)
			ok(!(m.b >> hide7b[i].bit & 1), "%s is hidden", hide7b[i].name);
		for (i = 0; i < ARRAY_SIZE(hide7c); i++)
			ok(!(m.c >> hide7c[i].bit & 1), "%s is hidden", hide7c[i].name);
		/* Linux 6.1's memmove() does not look at ERMS then */
		if (m.d & BIT(4))
			ok(m.b & BIT(9), "ERMS is shown with FSRM");
		diag("7: %x %x %x %x", m.a, m.b, m.c, m.d);
	}
	m = xen_cpuid(0x80000001, 0);
	ok(m.d & BIT(20), "NX");
	ok(m.d & BIT(11), "SYSCALL");
	ok(m.d & BIT(29), "LM");
	ok(!(m.d & BIT(26)), "no 1 GiB pages");
	ok(!(m.c & BIT(2)), "no SVM");
	diag("80000001: %x %x; 80000008 eax %x", m.c, m.d, xen_cpuid(0x80000008, 0).a);
	if (l.a >= 13) {
		m = xen_cpuid(13, 1);
		ok(!(m.a & BIT(3)), "no XSAVES");
	}
	is(user_call(u_cpuid)->regs.rbx, 0x566e6558, "the prefixed form from user mode");
	is(catch(do_short, NULL)->vec, X86_UD, "the prefix without cpuid is #UD");
	is(last_fault->regs.rip, (u64)do_short, "at the prefix");
}
