// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lodged/frontend.h"

#define MAX_PORT		4095	/* of the 2-level ABI; the kernel knows the rest */

/* Where values come from, and what is in front of their names. */
struct source {
	frontend_read_fn read;
	void *arg;
	char prefix[24];
	struct lodge_err *err;
};

static const char *get(const struct source *s, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "%s%s", s->prefix, name);
	return s->read(s->arg, full);
}

/* 1: *@value is it; 0: there is none; -1: it is no number from 0 to @max. */
static int get_number(const struct source *s, const char *name, uint32_t max, uint32_t *value)
{
	const char *text = get(s, name);
	size_t digits;
	unsigned long long n;

	if (!text)
		return 0;
	digits = strspn(text, "0123456789");
	n = digits && digits <= 10 ? strtoull(text, NULL, 10) : 0;
	if (!digits || digits > 10 || text[digits] || n > max)
		return lodge_fail(s->err, EINVAL, "the frontend's %s%s is not a number up to %u",
				  s->prefix, name, max);
	*value = n;
	return 1;
}

static int need_number(const struct source *s, const char *name, uint32_t max, uint32_t *value)
{
	int found = get_number(s, name, max, value);

	if (!found)
		return lodge_fail(s->err, ENOENT, "the frontend has no %s%s", s->prefix, name);
	return found < 0 ? -1 : 0;
}

static int need_port(const struct source *s, const char *name, uint32_t *port)
{
	if (need_number(s, name, MAX_PORT, port))
		return -1;
	return *port ? 0 : lodge_fail(s->err, EINVAL, "the frontend's %s%s is 0", s->prefix, name);
}

/* Whatever is no 0 and no number is taken as no. */
static bool is_set(const struct source *s, const char *name)
{
	const char *text = get(s, name);

	return text && !strcmp(text, "1");
}

/* How many queues, and where what belongs to a queue is. */
static int get_queues(const struct source *s, const struct lodge_dev *dev, uint32_t *nr)
{
	uint32_t max = dev->max_queues < LODGE_MAX_QUEUES ? dev->max_queues : LODGE_MAX_QUEUES;

	*nr = 1;
	if (get_number(s, "multi-queue-num-queues", max ? max : 1, nr) < 0)
		return -1;
	return *nr ? 0 : lodge_fail(s->err, EINVAL, "the frontend has 0 queues");
}

static void enter_queue(struct source *s, uint32_t queue, uint32_t nr)
{
	s->prefix[0] = '\0';
	if (nr > 1)
		snprintf(s->prefix, sizeof(s->prefix), "queue-%u/", queue);
}

static int read_block_queue(const struct source *s, uint32_t order, bool has_order,
			    struct lodge_frontend_queue *q)
{
	char name[24];

	q->nr_refs = 1u << order;
	/* the old name, while there is only one page */
	if (!has_order || (!order && !get(s, "ring-ref0"))) {
		if (need_number(s, "ring-ref", UINT32_MAX, &q->ref[0]))
			return -1;
	} else {
		for (uint32_t i = 0; i < q->nr_refs; i++) {
			snprintf(name, sizeof(name), "ring-ref%u", i);
			if (need_number(s, name, UINT32_MAX, &q->ref[i]))
				return -1;
		}
	}
	return need_port(s, "event-channel", &q->port);
}

static int read_block(struct source *s, const struct lodge_dev *dev, struct lodge_frontend *fe)
{
	const char *protocol = get(s, "protocol");
	uint32_t max_order = dev->max_ring_order;
	uint32_t order = 0;
	int has_order;

	if (protocol && strcmp(protocol, "x86_64-abi"))
		return lodge_fail(s->err, EINVAL, "the frontend's protocol is not x86_64-abi");
	while (1u << max_order > LODGE_MAX_RING_PAGES)
		max_order--;
	has_order = get_number(s, "ring-page-order", max_order, &order);
	if (has_order < 0)
		return -1;
	if (is_set(s, "feature-persistent") || is_set(s, "feature-persistent-grants"))
		fe->features |= LODGE_BLOCK_F_PERSISTENT & dev->features;
	for (uint32_t i = 0; i < fe->nr_queues; i++) {
		enter_queue(s, i, fe->nr_queues);
		if (read_block_queue(s, order, has_order, &fe->queue[i]))
			return -1;
	}
	return 0;
}

static int read_net_queue(const struct source *s, struct lodge_frontend_queue *q)
{
	q->nr_refs = 1;
	q->nr_rx_refs = 1;
	if (need_number(s, "tx-ring-ref", UINT32_MAX, &q->ref[0]) ||
	    need_number(s, "rx-ring-ref", UINT32_MAX, &q->rx_ref[0]))
		return -1;
	if (!get(s, "event-channel-tx"))
		return need_port(s, "event-channel", &q->port);
	if (need_port(s, "event-channel-tx", &q->port) ||
	    need_port(s, "event-channel-rx", &q->rx_port))
		return -1;
	return 0;
}

static int read_net(struct source *s, const struct lodge_dev *dev, struct lodge_frontend *fe)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} bits[] = {
		{ "feature-sg",			LODGE_NET_F_SG },
		{ "feature-gso-tcpv4",		LODGE_NET_F_GSO_TCPV4 },
		{ "feature-gso-tcpv6",		LODGE_NET_F_GSO_TCPV6 },
		{ "feature-no-csum-offload",	LODGE_NET_F_NO_CSUM },
		{ "feature-ipv6-csum-offload",	LODGE_NET_F_IPV6_CSUM },
	};
	uint32_t headroom = 0;

	/* the other way to receive, by page flipping, has been gone for long */
	if (!is_set(s, "request-rx-copy"))
		return lodge_fail(s->err, EINVAL, "the frontend does not ask for rx-copy");
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (is_set(s, bits[i].name))
			fe->features |= bits[i].bit;
	if (get_number(s, "xdp-headroom", 4096, &headroom) < 0)
		return -1;
	if (headroom)
		fe->features |= LODGE_NET_F_XDP_HEADROOM;
	fe->features &= dev->features;
	for (uint32_t i = 0; i < fe->nr_queues; i++) {
		enter_queue(s, i, fe->nr_queues);
		if (read_net_queue(s, &fe->queue[i]))
			return -1;
	}
	return 0;
}

int frontend_read(const struct lodge_dev *dev, frontend_read_fn read, void *arg,
		  struct lodge_frontend *fe, struct lodge_err *err)
{
	struct source s = { .read = read, .arg = arg, .err = err };

	memset(fe, 0, sizeof(*fe));
	if (get_queues(&s, dev, &fe->nr_queues))
		return -1;
	return dev->id.type == LODGE_DEVICE_BLOCK ? read_block(&s, dev, fe) :
						    read_net(&s, dev, fe);
}

/* Where nodes of the backend go. */
struct sink {
	backend_node_fn put;
	void *arg;
};

static void __attribute__((__format__(printf, 3, 4))) put(const struct sink *s, const char *name,
							  const char *fmt, ...)
{
	char value[32];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	s->put(s->arg, name, value);
}

static void put_flag(const struct sink *s, const char *name, bool value)
{
	put(s, name, "%d", value);
}

static void offer_discard(const struct lodge_dev *dev, bool no_discard, const struct sink *s)
{
	if (dev->discard && !no_discard) {
		put(s, "discard-granularity", "%u", dev->discard_granularity);
		put(s, "discard-alignment", "%u", dev->discard_alignment);
		put_flag(s, "discard-secure", false);
		put_flag(s, "feature-discard", true);
	} else {
		s->put(s->arg, "feature-discard", NULL);
	}
}

static void publish_block(const struct lodge_dev *dev, bool no_discard, const struct sink *s)
{
	put_flag(s, "feature-flush-cache", dev->flush);
	put_flag(s, "feature-barrier", dev->flush);
	offer_discard(dev, no_discard, s);
	put(s, "sectors", "%llu", (unsigned long long)dev->sectors);
	put(s, "info", "%u", dev->read_only ? 4 : 0);	/* VDISK_READONLY */
	put(s, "sector-size", "%u", dev->sector_size);
	put(s, "physical-sector-size", "%u", dev->physical_sector_size);
}

static void offer_block(const struct lodge_dev *dev, bool no_discard, const struct sink *s)
{
	put(s, "feature-max-indirect-segments", "%u", LODGE_BLOCK_SEGMENTS);
	put(s, "multi-queue-max-queues", "%u", dev->max_queues);
	put(s, "max-ring-page-order", "%u", dev->max_ring_order);
	put_flag(s, "feature-persistent", dev->features & LODGE_BLOCK_F_PERSISTENT);
	/* early, for frontends that do not wait for Connected (GRUB) */
	publish_block(dev, no_discard, s);
}

static void offer_net(const struct lodge_dev *dev, const struct sink *s)
{
	put_flag(s, "feature-sg", dev->features & LODGE_NET_F_SG);
	put_flag(s, "feature-gso-tcpv4", dev->features & LODGE_NET_F_GSO_TCPV4);
	put_flag(s, "feature-gso-tcpv6", dev->features & LODGE_NET_F_GSO_TCPV6);
	put_flag(s, "feature-ipv6-csum-offload", dev->features & LODGE_NET_F_IPV6_CSUM);
	put_flag(s, "feature-rx-copy", true);
	put_flag(s, "feature-rx-flip", false);
	put_flag(s, "feature-xdp-headroom", dev->features & LODGE_NET_F_XDP_HEADROOM);
	put_flag(s, "feature-multicast-control", false);
	put_flag(s, "feature-dynamic-multicast-control", false);
	put_flag(s, "feature-split-event-channels", true);
	put(s, "multi-queue-max-queues", "%u", dev->max_queues);
	put_flag(s, "feature-ctrl-ring", false);
}

void backend_offer(const struct lodge_dev *dev, bool no_discard, backend_node_fn fn, void *arg)
{
	struct sink s = { fn, arg };

	if (dev->id.type == LODGE_DEVICE_BLOCK)
		offer_block(dev, no_discard, &s);
	else
		offer_net(dev, &s);
}

void backend_publish(const struct lodge_dev *dev, bool no_discard, backend_node_fn fn, void *arg)
{
	struct sink s = { fn, arg };

	if (dev->id.type == LODGE_DEVICE_BLOCK)
		publish_block(dev, no_discard, &s);
}
