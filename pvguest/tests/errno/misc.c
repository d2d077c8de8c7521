// SPDX-License-Identifier: GPL-2.0-only
/* The order in which arguments are looked at, call by call. */
#include "errno.h"

static void control(void)
{
	static u8 op[512] __attribute__((aligned(8)));
	static const struct {
		unsigned int nr;
		u32 version;
		const char *name;
	} list[] = {
		{ __HYPERVISOR_platform_op, XENPF_INTERFACE_VERSION, "platform_op" },
		{ __HYPERVISOR_sysctl, 0x15, "sysctl" },
		{ __HYPERVISOR_domctl, 0x15, "domctl" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(list); i++) {
		memset(op, 0, sizeof(op));
		err(HC1(list[i].nr, HOLE), -XEN_EFAULT, "%s: bad pointer", list[i].name);
		err(HC1(list[i].nr, op), -XEN_EACCES, "%s: wrong interface version", list[i].name);
		op[0] = 2;
		*(u32 *)(op + 4) = list[i].version;
		err(HC1(list[i].nr, op), -XEN_EPERM, "%s: not for us", list[i].name);
	}
	*(u32 *)op = 2;			/* destroydomain */
	*(u16 *)(op + 8) = 4000;
	err(HC1(__HYPERVISOR_domctl, op), -XEN_ESRCH, "domctl: no such domain");
}

static void sched(void)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_poweroff };
	struct sched_remote_shutdown rs = { .domain_id = 4000 };
	struct sched_watchdog w = { .id = 3, .timeout = 10 };

	err(hc_sched_op(SCHEDOP_shutdown_code, HOLE), -XEN_EFAULT, "shutdown_code: bad pointer");
	err(hc_sched_op(SCHEDOP_shutdown_code, &s), 0, "shutdown_code");
	err(hc_sched_op(SCHEDOP_remote_shutdown, HOLE), -XEN_EFAULT, "remote_shutdown: bad pointer");
	err(hc_sched_op(SCHEDOP_remote_shutdown, &rs), -XEN_ESRCH, "remote_shutdown: no such domain");
	rs.domain_id = 0;
	err(hc_sched_op(SCHEDOP_remote_shutdown, &rs), -XEN_EPERM, "remote_shutdown: domain 0");
	rs.domain_id = self;
	err(hc_sched_op(SCHEDOP_remote_shutdown, &rs), -XEN_EPERM, "remote_shutdown: ourselves");
	rs.domain_id = DOMID_SELF;
	err(hc_sched_op(SCHEDOP_remote_shutdown, &rs), -XEN_ESRCH, "remote_shutdown: DOMID_SELF");
	err(hc_sched_op(SCHEDOP_pin_override, HOLE), -XEN_EPERM, "pin_override");
	err(hc_sched_op(SCHEDOP_watchdog, HOLE), -XEN_EFAULT, "watchdog: bad pointer");
	err(hc_sched_op(SCHEDOP_watchdog, &w), -XEN_EINVAL, "watchdog: no such id");
	err(hc_sched_op(8, HOLE), -XEN_ENOSYS, "sched_op 8");
	err(hc_sched_op((1UL << 32) | SCHEDOP_yield, 0), 0, "32 bits of the command");
	err(hc_sched_op_compat(3, 0), -XEN_ENOSYS, "sched_op_compat 3");
}

static void poll(void)
{
	evtchn_port_t ports[2] = { 1, 70000 };
	struct sched_poll p = { .nr_ports = 129, .timeout = 1 };

	err(hc_sched_op(SCHEDOP_poll, HOLE), -XEN_EFAULT, "poll: bad pointer");
	set_xen_guest_handle(p.ports, ports);
	err(hc_sched_op(SCHEDOP_poll, &p), -XEN_EINVAL, "poll: 129 ports");
	p.nr_ports = 1;
	set_xen_guest_handle(p.ports, (void *)M2P_START);
	err(hc_sched_op(SCHEDOP_poll, &p), -XEN_EFAULT, "poll: ports in the hypervisor");
	p.nr_ports = 0;
	err(hc_sched_op(SCHEDOP_poll, &p), -XEN_EFAULT, "poll: no ports there");
	p.nr_ports = 1;
	set_xen_guest_handle(p.ports, (void *)HOLE);
	err(hc_sched_op(SCHEDOP_poll, &p), -XEN_EFAULT, "poll: ports nowhere");
	set_xen_guest_handle(p.ports, &ports[1]);
	err(hc_sched_op(SCHEDOP_poll, &p), -XEN_EINVAL, "poll: no such port");
	p.nr_ports = 0;
	err(hc_sched_op(SCHEDOP_poll, &p), 0, "poll: none, the timeout is over");
}

static void vcpu(void)
{
	struct vcpu_set_singleshot_timer ss = { .timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future };
	struct vcpu_set_periodic_timer pt = { .period_ns = 999999 };
	struct vcpu_register_vcpu_info vi = { 0 };
	struct vcpu_register_runstate_memory_area ra;
	u64 *page = page_alloc(), *table = page_alloc();

	err(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, HOLE), -XEN_EFAULT, "singleshot: bad pointer");
	err(hc_vcpu_op(VCPUOP_set_singleshot_timer, 0, &ss), 0, "singleshot: in the past, with the flag");
	err(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, HOLE), -XEN_EFAULT, "periodic: bad pointer");
	err(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &pt), -XEN_EINVAL, "periodic: too short");
	pt.period_ns = ~0UL;
	err(hc_vcpu_op(VCPUOP_set_periodic_timer, 0, &pt), -XEN_EINVAL, "periodic: too long");
	err(hc_vcpu_op(VCPUOP_get_physid, 0, page), -XEN_EINVAL, "get_physid");
	err(hc_vcpu_op(VCPUOP_send_nmi, 0, page), -XEN_EINVAL, "send_nmi: with an argument");
	err(hc_vcpu_op(VCPUOP_get_runstate_info, 0, HOLE), -XEN_EFAULT, "get_runstate: bad pointer");
	err(hc_vcpu_op(VCPUOP_up, 0, 0), 0, "up: it is");
	err(hc_vcpu_op(VCPUOP_initialise, 0, HOLE), -XEN_EFAULT, "initialise: bad pointer");
	err(hc_vcpu_op(VCPUOP_initialise, 0, page), -XEN_EEXIST, "initialise: it has begun");
	err(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, HOLE), -XEN_EFAULT,
	    "runstate: bad pointer");
	ra.addr.p = M2P_START;
	err(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &ra), -XEN_EFAULT,
	    "runstate: in the hypervisor");
	ra.addr.p = HOLE;
	err(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &ra), 0, "runstate: nowhere");
	ra.addr.p = 0;
	hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &ra);
	ra.addr.p = NONCANON;
	err(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &ra), -XEN_EFAULT,
	    "time area: non-canonical");
	err(hc_vcpu_op(14, 0, HOLE), -XEN_ENOSYS, "vcpu_op 14");
	vi.mfn = virt_to_mfn(page);
	vi.offset = 4096 - 63;
	err(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &vi), -XEN_ENXIO, "vcpu_info: over the end");
	vi.offset = 4;
	err(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &vi), -XEN_ENXIO, "vcpu_info: unaligned");
	vi.offset = 0;
	vi.mfn = NOBODY;
	err(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &vi), -XEN_EINVAL, "vcpu_info: no such frame");
	vi.mfn = virt_to_mfn(kernel_l4);
	err(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &vi), -XEN_EINVAL, "vcpu_info: a page table");
	memset(table, 0, PAGE_SIZE);
	page_ro(table);
	pin(1, virt_to_mfn(table));
	vi.mfn = virt_to_mfn(table);
	err(hc_vcpu_op(VCPUOP_register_vcpu_info, 0, &vi), -XEN_EINVAL, "vcpu_info: a pinned table");
	unpin(virt_to_mfn(table));
	page_rw(table);
}

static void traps(void)
{
	struct trap_info *t = page_alloc();
	u64 two;

	two = (u64)page_alloc();
	err(hc_set_segment_base(SEGBASE_FS, NONCANON), -XEN_EINVAL, "FS base: non-canonical");
	err(hc_set_segment_base(SEGBASE_GS_USER, NONCANON_LAST), -XEN_EINVAL, "user GS base");
	err(hc_set_segment_base(SEGBASE_FS, M2P_START), 0, "FS base: in the hypervisor");
	err(hc_set_segment_base(SEGBASE_FS, 0), 0, "FS base: 0");
	err(hc_set_segment_base(4, 0), -XEN_EINVAL, "segment base 4");
	err(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0xfff8), 0, "user GS selector: there is none");
	err(hc_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0, "user GS selector: null");
	t = (struct trap_info *)(two + PAGE_SIZE - sizeof(*t));
	page_alloc();
	set_pte(two + PAGE_SIZE, 0);
	*t = (struct trap_info){ .vector = 0x90, .cs = FLAT_KERNEL_CS64, .address = NONCANON };
	err(hc_set_trap_table(t), -XEN_EINVAL, "trap table: non-canonical");
	t->address = (u64)test_main;
	err(hc_set_trap_table(t), -XEN_EFAULT, "trap table: without an end");
	t->address = 0;
	err(hc_set_trap_table(t), 0, "trap table: nothing");
	err(hc_nmi_op(0, HOLE), -XEN_EFAULT, "nmi_op register: bad pointer");
	err(hc_vm_assist(2, 2), -XEN_ENOSYS, "vm_assist: command 2");
	err(hc_vm_assist(0, 6), -XEN_EINVAL, "vm_assist: type 6");
	err(hc_vm_assist(0, 31), -XEN_EINVAL, "vm_assist: type 31");
	err(hc_vm_assist(0, 33), -XEN_EINVAL, "vm_assist: type 33");
	err(hc_vm_assist(1, 3), 0, "vm_assist: type 3 off");
}

static void lists(void)
{
	struct multicall_entry *m;
	u64 two = (u64)page_alloc();

	page_alloc();
	set_pte(two + PAGE_SIZE, 0);
	m = (struct multicall_entry *)(two + PAGE_SIZE - 2 * sizeof(*m));
	memset(m, 0, 2 * sizeof(*m));
	m[0].op = m[1].op = __HYPERVISOR_xen_version;
	err(hc_multicall(m, 3), -XEN_EFAULT, "multicall: the list ends too early");
	ok(m[1].result > 0x40000, "the second was done");
	err(hc_multicall(NULL, 0), 0, "multicall: none");
	err(hc_multicall(M2P_START, 0), -XEN_EFAULT, "multicall: hypervisor's and none");
	m[0].op = 1000;
	m[1].op = __HYPERVISOR_multicall;
	err(hc_multicall(m, 2), 0, "multicall: bad entries");
	err(m[0].result, -XEN_ENOSYS, "no such call");
	err(m[1].result, -XEN_EINVAL, "a multicall within");
}

static void grants(void)
{
	struct gnttab_map_grant_ref mg = { .flags = GNTMAP_host_map, .ref = 8, .host_addr = HOLE };
	struct gnttab_setup_table st = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct gnttab_query_size q = { .dom = 4000 };
	struct gnttab_set_version sv = { .version = 3 };
	struct gnttab_get_version gv = { .dom = 4000 };
	struct gnttab_copy c = { .flags = GNTCOPY_source_gref, .len = 8 };
	struct gnttab_cache_flush cf = { .length = 64 };
	unsigned long frame;

	set_xen_guest_handle(st.frame_list, &frame);
	hc_grant_table_op(GNTTABOP_setup_table, &st, 1);
	err(hc_grant_table_op(GNTTABOP_map_grant_ref, &mg, 1), 0, "map: from domain 0");
	err(mg.status, GNTST_general_error, "which grants nothing");
	mg.dom = 4000;
	hc_grant_table_op(GNTTABOP_map_grant_ref, &mg, 1);
	err(mg.status, GNTST_bad_domain, "map: no such domain");
	mg.dom = self;
	hc_grant_table_op(GNTTABOP_map_grant_ref, &mg, 1);
	err(mg.status, GNTST_general_error, "map: our own, not granted");
	mg.dom = DOMID_SELF;
	hc_grant_table_op(GNTTABOP_map_grant_ref, &mg, 1);
	err(mg.status, GNTST_bad_domain, "map: DOMID_SELF");
	err(hc_grant_table_op(GNTTABOP_setup_table, &st, 2), -XEN_EINVAL, "setup_table: two");
	err(hc_grant_table_op(GNTTABOP_setup_table, &st, 0), -XEN_EINVAL, "setup_table: none");
	set_xen_guest_handle(st.frame_list, (void *)M2P_START);
	err(hc_grant_table_op(GNTTABOP_setup_table, &st, 1), -XEN_EFAULT, "setup_table: hypervisor's list");
	st.dom = 4000;
	set_xen_guest_handle(st.frame_list, &frame);
	err(hc_grant_table_op(GNTTABOP_setup_table, &st, 1), 0, "setup_table: of nobody");
	err(st.status, GNTST_bad_domain, "bad domain");
	hc_grant_table_op(GNTTABOP_query_size, &q, 1);
	err(q.status, GNTST_bad_domain, "query_size: of nobody");
	q.dom = 0;
	hc_grant_table_op(GNTTABOP_query_size, &q, 1);
	err(q.status, GNTST_permission_denied, "query_size: of domain 0");
	err(hc_grant_table_op(GNTTABOP_set_version, &sv, 1), -XEN_EINVAL, "set_version 3");
	err(hc_grant_table_op(GNTTABOP_set_version, HOLE, 1), -XEN_EFAULT, "set_version: bad pointer");
	sv.version = 1;
	err(hc_grant_table_op(GNTTABOP_set_version, &sv, 2), 0, "set_version: the count is not looked at");
	err(hc_grant_table_op(GNTTABOP_get_version, &gv, 1), -XEN_ESRCH, "get_version: of nobody");
	gv.dom = 0;
	err(hc_grant_table_op(GNTTABOP_get_version, &gv, 1), -XEN_EPERM, "get_version: of domain 0");
	gv.dom = DOMID_SELF;
	err(hc_grant_table_op(GNTTABOP_get_version, &gv, 0), 0, "get_version: the count is not looked at");
	c.dest.domid = DOMID_SELF;
	c.dest.u.gmfn = virt_to_mfn(page_alloc());
	c.source.domid = 0;
	c.source.u.ref = 8;
	err(hc_grant_table_op(GNTTABOP_copy, &c, 1), 0, "copy: from domain 0");
	err(c.status, GNTST_general_error, "which grants nothing");
	c.source.domid = 4000;
	hc_grant_table_op(GNTTABOP_copy, &c, 1);
	err(c.status, GNTST_bad_domain, "copy: from nobody");
	c.source.domid = self;
	c.source.u.ref = 100000;
	hc_grant_table_op(GNTTABOP_copy, &c, 1);
	err(c.status, GNTST_bad_gntref, "copy: no such reference");
	c.flags = 0;
	c.source.u.gmfn = NOBODY;
	c.source.domid = DOMID_SELF;
	hc_grant_table_op(GNTTABOP_copy, &c, 1);
	err(c.status, GNTST_bad_page, "copy: no such frame");
	c.source.domid = self;
	hc_grant_table_op(GNTTABOP_copy, &c, 1);
	err(c.status, GNTST_permission_denied, "copy: a frame of a named domain");
	err(hc_grant_table_op(GNTTABOP_cache_flush, &cf, 1), 0, "cache_flush: nothing");
	cf.op = GNTTAB_CACHE_CLEAN;
	cf.a.dev_bus_addr = NOBODY << 12;
	err(hc_grant_table_op(GNTTABOP_cache_flush, &cf, 1), -XEN_EINVAL, "cache_flush: no such frame");
	cf.a.dev_bus_addr = virt_to_mfn(kernel_l4) << 12;
	err(hc_grant_table_op(GNTTABOP_cache_flush, &cf, 1), 0, "cache_flush: our own");
	cf.op = GNTTAB_CACHE_INVAL;
	err(hc_grant_table_op(GNTTABOP_cache_flush, &cf, 1), -XEN_EOPNOTSUPP,
	    "cache_flush: throw away");
	cf.op = 4;
	err(hc_grant_table_op(GNTTABOP_cache_flush, &cf, 1), -XEN_EINVAL, "cache_flush: no such operation");
	err(hc_grant_table_op(0x1000, &cf, 1), -XEN_EINVAL, "grant_table_op 0x1000");
	err(hc_grant_table_op(13, &cf, 1), -XEN_ENOSYS, "grant_table_op 13");
	err(hc_grant_table_op(GNTTABOP_map_grant_ref, M2P_START, 0), -XEN_EFAULT,
	    "map: hypervisor's and none");
}

static void ports(void)
{
	struct evtchn_alloc_unbound au = { .dom = 4000 };
	struct evtchn_bind_interdomain bi = { .remote_dom = 0, .remote_port = 1 };
	struct evtchn_status st = { .dom = 4000 };
	struct evtchn_reset rs = { .dom = 4000 };
	struct evtchn_bind_pirq bp = { .pirq = 3 };
	struct evtchn_init_control ic = { 0 };
	struct evtchn_expand_array ea = { 0 };
	struct evtchn_unmask um = { .port = 70000 };

	err(hc_event_channel_op(EVTCHNOP_alloc_unbound, &au), -XEN_ESRCH, "alloc_unbound: for nobody");
	au.dom = 0;
	err(hc_event_channel_op(EVTCHNOP_alloc_unbound, &au), -XEN_EPERM, "alloc_unbound: for domain 0");
	err(hc_event_channel_op(EVTCHNOP_status, &st), -XEN_ESRCH, "status: of nobody");
	st.dom = 0;
	err(hc_event_channel_op(EVTCHNOP_status, &st), -XEN_EPERM, "status: of domain 0");
	err(hc_event_channel_op(EVTCHNOP_reset, &rs), -XEN_ESRCH, "reset: of nobody");
	rs.dom = 0;
	err(hc_event_channel_op(EVTCHNOP_reset, &rs), -XEN_EPERM, "reset: of domain 0");
	err(hc_event_channel_op(EVTCHNOP_bind_interdomain, &bi), -XEN_EINVAL, "bind_interdomain: domain 0");
	err(hc_event_channel_op(EVTCHNOP_bind_pirq, &bp), -XEN_EPERM, "bind_pirq 3");
	bp.pirq = 100000;
	err(hc_event_channel_op(EVTCHNOP_bind_pirq, &bp), -XEN_EINVAL, "bind_pirq 100000");
	err(hc_event_channel_op(EVTCHNOP_unmask, &um), -XEN_EINVAL, "unmask: no such port");
	um.port = 0;
	err(hc_event_channel_op(EVTCHNOP_unmask, &um), 0, "unmask: port 0");
	diag("init_control %ld, expand_array %ld",
	     hc_event_channel_op(EVTCHNOP_init_control, &ic), hc_event_channel_op(EVTCHNOP_expand_array, &ea));
	err(hc_event_channel_op(15, &um), -XEN_ENOSYS, "event_channel_op 15");
	err(hc_event_channel_op(EVTCHNOP_send, HOLE), -XEN_EFAULT, "send: bad pointer");
}

static void devices(void)
{
	struct physdev_eoi eoi = { .irq = 3 };
	struct physdev_irq_status_query sq = { .irq = 3 };
	struct physdev_pirq_eoi_gmfn g = { .gmfn = NOBODY };

	err(hc_physdev_op(PHYSDEVOP_eoi, HOLE), -XEN_EFAULT, "eoi: bad pointer");
	err(hc_physdev_op(PHYSDEVOP_eoi, &eoi), -XEN_EINVAL, "eoi");
	err(hc_physdev_op(PHYSDEVOP_irq_status_query, HOLE), -XEN_EFAULT, "irq_status_query: bad pointer");
	diag("irq_status_query 3: %ld", hc_physdev_op(PHYSDEVOP_irq_status_query, &sq));
	sq.irq = 100000;
	err(hc_physdev_op(PHYSDEVOP_irq_status_query, &sq), -XEN_EINVAL, "irq_status_query 100000");
	diag("pirq_eoi_gmfn: %ld", hc_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &g));
	err(hc_physdev_op(PHYSDEVOP_set_iobitmap, HOLE), -XEN_EFAULT, "set_iobitmap: bad pointer");
}

static void versions(void)
{
	struct xen_feature_info fi = { .submap_idx = 1 };

	err(hc_xen_version(XENVER_get_features, HOLE), -XEN_EFAULT, "get_features: bad pointer");
	err(hc_xen_version(XENVER_get_features, &fi), -XEN_EINVAL, "get_features: submap 1");
	err(hc_xen_version(XENVER_pagesize, NULL), 4096, "pagesize");
	err(hc_xen_version(XENVER_pagesize, &fi), -XEN_EINVAL, "pagesize with an argument");
	err(hc_xen_version(XENVER_guest_handle, HOLE), -XEN_EFAULT, "guest_handle: bad pointer");
	err(hc_xen_version(11, &fi), -XEN_ENOSYS, "xen_version 11");
	ok(hc_xen_version(XENVER_version, HOLE) > 0x40000, "version ignores its argument");
}

void check_misc(void)
{
	control();
	sched();
	poll();
	vcpu();
	traps();
	lists();
	grants();
	ports();
	devices();
	versions();
}
