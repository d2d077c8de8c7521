// SPDX-License-Identifier: GPL-2.0-only
/*
 * store - the xenstore ring: read our domid and name
 *
 * Proves: the ring of start_info answers READ, DIRECTORY and errors; relative paths are ours; messages wrap around
 * the ring; req_id is echoed; a watch fires at registration; a transaction begins and ends.
 *
 * Real Xen 4.17 (xenstored): as written.
 */
#include <pvguest/pvguest.h>
#include <xen/io/xs_wire.h>

static struct xenstore_domain_interface *ring;
static char reply[XENSTORE_PAYLOAD_MAX + 1];
static u32 next_id = 100;

static void kick(void)
{
	evtchn_send(start_info->store_evtchn);
}

static void put(const void *p, u32 n)
{
	const char *s = p;

	while (n--) {
		while (ring->req_prod - READ_ONCE(ring->req_cons) == XENSTORE_RING_SIZE) {
			kick();
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		ring->req[MASK_XENSTORE_IDX(ring->req_prod)] = *s++;
		barrier();
		ring->req_prod++;
	}
}

static bool get(void *p, u32 n)
{
	u64 end = now() + 10 * SEC;
	char *s = p;

	while (n--) {
		while (READ_ONCE(ring->rsp_prod) == ring->rsp_cons) {
			if (now() > end)
				return false;
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		*s++ = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons)];
		barrier();
		ring->rsp_cons++;
	}
	kick();
	return true;
}

static u32 tx;

/* -1 if nothing came; else the type of the answer, its payload in reply */
static int ask(u32 type, const char *payload, u32 len)
{
	struct xsd_sockmsg m = { .type = type, .req_id = ++next_id, .tx_id = tx, .len = len };

	put(&m, sizeof(m));
	put(payload, len);
	kick();
	do {
		if (!get(&m, sizeof(m)) || m.len > XENSTORE_PAYLOAD_MAX || !get(reply, m.len))
			return -1;
		reply[m.len] = 0;
	} while (m.type == XS_WATCH_EVENT && type != XS_WATCH);
	if (m.type != XS_WATCH_EVENT && m.req_id != next_id)
		diag("req_id %u, not %u", m.req_id, next_id);
	return m.type;
}

void test_main(void)
{
	unsigned int i, bad = 0;
	char name[64];

	ring = mfn_to_virt(start_info->store_mfn);
	is(ask(XS_READ, "domid", 6), XS_READ, "READ domid");
	diag("domid %s", reply);
	ok(reply[0] >= '1' && reply[0] <= '9', "a number");
	is(ask(XS_READ, "name", 5), XS_READ, "READ name");
	ok(!strcmp(reply, "store"), "name is \"%s\"", reply);
	is(ask(XS_READ, "vm", 3), XS_READ, "READ vm");
	ok(!strncmp(reply, "/vm/", 4), "vm is \"%s\"", reply);
	is(ask(XS_READ, "nothing", 8), XS_ERROR, "READ of nothing");
	ok(!strcmp(reply, "ENOENT"), "is \"%s\"", reply);
	is(ask(XS_READ, "memory/target", 14), XS_READ, "READ memory/target");
	diag("memory/target %s", reply);
	is(ask(XS_DIRECTORY, "control", 8), XS_DIRECTORY, "DIRECTORY control");
	is(ask(XS_WRITE, "data/test\0value", 15), XS_WRITE, "WRITE data/test");
	is(ask(XS_READ, "data/test", 10), XS_READ, "READ it back");
	ok(!strcmp(reply, "value"), "\"%s\"", reply);
	is(ask(XS_WRITE, "domid\0" "0", 7), XS_ERROR, "WRITE domid");
	ok(!strcmp(reply, "EACCES"), "is \"%s\"", reply);
	is(ask(XS_WRITE, "/tool\0x", 7), XS_ERROR, "WRITE /tool");
	ok(!strcmp(reply, "EACCES"), "is \"%s\"", reply);
	is(ask(99, "x", 2), XS_ERROR, "a type that does not exist");
	ok(!strcmp(reply, "ENOSYS"), "is \"%s\"", reply);
	for (i = 0; i < 100; i++)
		bad += ask(XS_READ, "name", 5) != XS_READ || strcmp(reply, "store");
	is(bad, 0, "100 reads, around the ring");
	is(ask(XS_TRANSACTION_START, "", 1), XS_TRANSACTION_START, "TRANSACTION_START");
	tx = strtou64(reply, NULL);
	ok(tx, "id %u", tx);
	is(ask(XS_WRITE, "data/tx\0one", 11), XS_WRITE, "WRITE in it");
	{
		u32 id = tx;

		tx = 0;
		is(ask(XS_READ, "data/tx", 8), XS_ERROR, "not seen outside");
		tx = id;
	}
	is(ask(XS_TRANSACTION_END, "T", 2), XS_TRANSACTION_END, "TRANSACTION_END");
	tx = 0;
	is(ask(XS_READ, "data/tx", 8), XS_READ, "seen after it");
	snprintf(name, sizeof(name), "data/test");
	is(ask(XS_RM, "data/test", 10), XS_RM, "RM");
	is(ask(XS_READ, "data/test", 10), XS_ERROR, "gone");
	i = ask(XS_WATCH, "data\0token", 11);
	ok(i == XS_WATCH || i == XS_WATCH_EVENT, "WATCH");
	{
		struct xsd_sockmsg m;

		ok(get(&m, sizeof(m)) && get(reply, m.len), "and a second message");
		ok(i + m.type == XS_WATCH + XS_WATCH_EVENT, "an answer and an event");
	}
}
