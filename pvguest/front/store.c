// SPDX-License-Identifier: GPL-2.0-only
/* A client of the store: one request at a time, no watches. */
#include "front.h"
#include <xen/io/xs_wire.h>

static struct xenstore_domain_interface *ring;
static char answer[XENSTORE_PAYLOAD_MAX + 2];

static void put(const void *data, u32 n)
{
	const char *s = data;

	while (n--) {
		while (ring->req_prod - READ_ONCE(ring->req_cons) == XENSTORE_RING_SIZE) {
			evtchn_send(start_info->store_evtchn);
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		ring->req[MASK_XENSTORE_IDX(ring->req_prod)] = *s++;
		barrier();
		ring->req_prod++;
	}
}

static void get(void *data, u32 n)
{
	u64 end = now() + 30 * SEC;
	char *s = data;

	while (n--) {
		while (READ_ONCE(ring->rsp_prod) == ring->rsp_cons) {
			if (now() > end)
				bail_out("the store does not answer");
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		*s++ = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons)];
		barrier();
		ring->rsp_cons++;
	}
	evtchn_send(start_info->store_evtchn);
}

static const char *ask(u32 type, const char *payload, u32 len)
{
	struct xsd_sockmsg m = { .type = type, .len = len };

	ring = mfn_to_virt(start_info->store_mfn);
	put(&m, sizeof(m));
	put(payload, len);
	evtchn_send(start_info->store_evtchn);
	get(&m, sizeof(m));
	if (m.len > XENSTORE_PAYLOAD_MAX)
		bail_out("an answer of %u bytes", m.len);
	get(answer, m.len);
	answer[m.len] = answer[m.len + 1] = 0;
	return m.type == type ? answer : NULL;
}

const char *store_read(const char *path, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, path);
	vsnprintf(text, sizeof(text), path, ap);
	va_end(ap);
	return ask(XS_READ, text, strlen(text) + 1);
}

bool store_write(const char *path, const char *value)
{
	char text[256];
	u32 n = strlen(path) + 1;

	if (n + strlen(value) > sizeof(text))
		return false;
	memcpy(text, path, n);
	memcpy(text + n, value, strlen(value));
	return ask(XS_WRITE, text, n + strlen(value));
}

const char *store_list(const char *path)
{
	return ask(XS_DIRECTORY, path, strlen(path) + 1);
}
