// SPDX-License-Identifier: GPL-2.0-only
/* What frontends may write into their directories, and what is made of it. */
#include <stdlib.h>
#include <string.h>

#include "lodged/frontend.h"
#include "tap.h"

/* "name=value" for each node there is, ended by NULL. */
static const char *look_up(void *arg, const char *name)
{
	size_t len = strlen(name);

	for (const char *const *node = arg; *node; node++)
		if (!strncmp(*node, name, len) && (*node)[len] == '=')
			return *node + len + 1;
	return NULL;
}

static const struct lodge_dev vbd = {
	.id = { 1, LODGE_DEVICE_BLOCK, 51712 },
	.features = LODGE_BLOCK_F_PERSISTENT,
	.max_queues = 4,
	.max_ring_order = 2,
	.sectors = 2048, .sector_size = 512, .physical_sector_size = 4096,
	.discard_granularity = 4096,
	.flush = true, .discard = true,
};

static const struct lodge_dev vif = {
	.id = { 1, LODGE_DEVICE_NET, 0 },
	.features = LODGE_NET_F_SG | LODGE_NET_F_GSO_TCPV4 | LODGE_NET_F_XDP_HEADROOM,
	.max_queues = 2,
};

static struct lodge_frontend fe;

static bool takes(const struct lodge_dev *dev, const char *const *nodes)
{
	struct lodge_err err = LODGE_ERR_INIT;

	if (!frontend_read(dev, look_up, (void *)nodes, &fe, &err))
		return true;
	printf("# %s\n", err.text);
	return false;
}

#define NODES(...) ((const char *const[]) { __VA_ARGS__, NULL })

static void test_block(void)
{
	tap_ok(takes(&vbd, NODES("ring-ref=8", "event-channel=15", "protocol=x86_64-abi",
				 "feature-persistent=1")) &&
	       fe.nr_queues == 1 && fe.queue[0].nr_refs == 1 && fe.queue[0].ref[0] == 8 &&
	       fe.queue[0].port == 15 && fe.features == LODGE_BLOCK_F_PERSISTENT,
	       "block: one page, one queue");
	tap_ok(takes(&vbd, NODES("ring-ref=8", "event-channel=15")) && !fe.features,
	       "block: a frontend that says no more than it must (GRUB)");
	tap_ok(takes(&vbd, NODES("ring-page-order=2", "ring-ref0=1", "ring-ref1=2", "ring-ref2=3",
				 "ring-ref3=4294967295", "event-channel=15")) &&
	       fe.queue[0].nr_refs == 4 && fe.queue[0].ref[3] == 4294967295u,
	       "block: four pages");
	tap_ok(takes(&vbd, NODES("ring-page-order=0", "ring-ref=5", "event-channel=15")) &&
	       fe.queue[0].nr_refs == 1 && fe.queue[0].ref[0] == 5,
	       "block: order 0 and the old name");
	tap_ok(takes(&vbd, NODES("multi-queue-num-queues=2", "queue-0/ring-ref=1",
				 "queue-0/event-channel=2", "queue-1/ring-ref=3",
				 "queue-1/event-channel=4")) &&
	       fe.nr_queues == 2 && fe.queue[1].ref[0] == 3 && fe.queue[1].port == 4,
	       "block: two queues");
	tap_ok(takes(&vbd, NODES("multi-queue-num-queues=2", "ring-page-order=1",
				 "queue-0/ring-ref0=1", "queue-0/ring-ref1=2",
				 "queue-0/event-channel=3", "queue-1/ring-ref0=4",
				 "queue-1/ring-ref1=5", "queue-1/event-channel=6")) &&
	       fe.queue[1].ref[1] == 5 && fe.queue[1].nr_refs == 2,
	       "block: two queues of two pages");
}

static void test_net(void)
{
	tap_ok(takes(&vif, NODES("tx-ring-ref=1", "rx-ring-ref=2", "event-channel=3",
				 "request-rx-copy=1")) &&
	       fe.queue[0].ref[0] == 1 && fe.queue[0].rx_ref[0] == 2 && fe.queue[0].port == 3 &&
	       !fe.queue[0].rx_port && !fe.features, "net: one port");
	tap_ok(takes(&vif, NODES("tx-ring-ref=1", "rx-ring-ref=2", "event-channel-tx=3",
				 "event-channel-rx=4", "request-rx-copy=1", "feature-sg=1",
				 "feature-gso-tcpv4=1", "feature-gso-tcpv6=1", "xdp-headroom=0",
				 "feature-rx-notify=1")) &&
	       fe.queue[0].port == 3 && fe.queue[0].rx_port == 4 &&
	       fe.features == (LODGE_NET_F_SG | LODGE_NET_F_GSO_TCPV4),
	       "net: two ports; only features that were offered");
	tap_ok(takes(&vif, NODES("tx-ring-ref=1", "rx-ring-ref=2", "event-channel=3",
				 "request-rx-copy=1", "xdp-headroom=256")) &&
	       fe.features == LODGE_NET_F_XDP_HEADROOM, "net: headroom");
	tap_ok(takes(&vif, NODES("multi-queue-num-queues=2", "request-rx-copy=1",
				 "queue-0/tx-ring-ref=1", "queue-0/rx-ring-ref=2",
				 "queue-0/event-channel-tx=3", "queue-0/event-channel-rx=4",
				 "queue-1/tx-ring-ref=5", "queue-1/rx-ring-ref=6",
				 "queue-1/event-channel=7")) &&
	       fe.nr_queues == 2 && fe.queue[1].port == 7 && fe.queue[1].rx_ref[0] == 6,
	       "net: two queues");
}

static const struct {
	const char *name;
	const struct lodge_dev *dev;
	const char *nodes[8];
	const char *text;
} bad[] = {
	{ "nothing at all", &vbd, { NULL }, "has no ring-ref" },
	{ "no port", &vbd, { "ring-ref=1" }, "has no event-channel" },
	{ "port 0", &vbd, { "ring-ref=1", "event-channel=0" }, "event-channel is 0" },
	{ "a port too big", &vbd, { "ring-ref=1", "event-channel=4096" }, "up to 4095" },
	{ "a negative reference", &vbd, { "ring-ref=-1", "event-channel=1" }, "ring-ref" },
	{ "a reference of 33 bits", &vbd, { "ring-ref=4294967296", "event-channel=1" }, "ring-ref" },
	{ "a number that wraps", &vbd, { "ring-ref=18446744073709551617", "event-channel=1" },
	  "ring-ref" },
	{ "hexadecimal", &vbd, { "ring-ref=0x10", "event-channel=1" }, "ring-ref" },
	{ "a blank in front", &vbd, { "ring-ref= 1", "event-channel=1" }, "ring-ref" },
	{ "something behind", &vbd, { "ring-ref=1,2", "event-channel=1" }, "ring-ref" },
	{ "an empty reference", &vbd, { "ring-ref=", "event-channel=1" }, "ring-ref" },
	{ "more pages than offered", &vbd, { "ring-page-order=3", "ring-ref0=1", "event-channel=1" },
	  "up to 2" },
	{ "a page is missing", &vbd, { "ring-page-order=1", "ring-ref0=1", "event-channel=1" },
	  "has no ring-ref1" },
	{ "no queues", &vbd, { "multi-queue-num-queues=0" }, "0 queues" },
	{ "more queues than offered", &vbd, { "multi-queue-num-queues=5" }, "up to 4" },
	{ "a queue is missing", &vbd, { "multi-queue-num-queues=2", "queue-0/ring-ref=1",
	  "queue-0/event-channel=1" }, "queue-1/ring-ref" },
	{ "rings of 32 bits", &vbd, { "ring-ref=1", "event-channel=1", "protocol=x86_32-abi" },
	  "x86_64-abi" },
	{ "a protocol of nonsense", &vbd, { "ring-ref=1", "event-channel=1", "protocol=" },
	  "x86_64-abi" },
	{ "net without rx-copy", &vif, { "tx-ring-ref=1", "rx-ring-ref=2", "event-channel=3" },
	  "rx-copy" },
	{ "net without receive ring", &vif, { "tx-ring-ref=1", "event-channel=3",
	  "request-rx-copy=1" }, "rx-ring-ref" },
	{ "net with half of two ports", &vif, { "tx-ring-ref=1", "rx-ring-ref=2",
	  "event-channel-tx=3", "request-rx-copy=1" }, "event-channel-rx" },
	{ "headroom of a page and more", &vif, { "tx-ring-ref=1", "rx-ring-ref=2",
	  "event-channel=3", "request-rx-copy=1", "xdp-headroom=4097" }, "xdp-headroom" },
};

static bool refuses(const struct lodge_dev *dev, const char *const *nodes, const char *text)
{
	struct lodge_err err = LODGE_ERR_INIT;

	if (!frontend_read(dev, look_up, (void *)nodes, &fe, &err))
		return false;
	if (strstr(err.text, text))
		return true;
	printf("# %s\n", err.text);
	return false;
}

/* Nothing that is not zero-terminated decimal gets through, whatever the name. */
static bool test_random(void)
{
	static const char *const names[] = {
		"ring-ref", "ring-ref0", "ring-page-order", "event-channel", "protocol",
		"multi-queue-num-queues", "queue-0/ring-ref", "queue-0/event-channel",
		"tx-ring-ref", "rx-ring-ref", "request-rx-copy", "event-channel-tx",
		"event-channel-rx", "xdp-headroom", "feature-sg",
	};
	uint64_t x = 1;

	for (int run = 0; run < 200000; run++) {
		char text[8][48];
		const char *nodes[9] = { NULL };

		for (int i = 0; i < 8; i++) {
			size_t len;

			x = x * 6364136223846793005ULL + 1442695040888963407ULL;
			len = snprintf(text[i], sizeof(text[i]), "%s=",
				       names[(x >> 33) % (sizeof(names) / sizeof(*names))]);
			for (int j = x >> 60; j; j--) {
				x = x * 6364136223846793005ULL + 1442695040888963407ULL;
				text[i][len++] = x >> 63 ? '0' + (x >> 40) % 10 : x >> 50;
			}
			text[i][len] = '\0';
			nodes[i] = text[i];
		}
		for (int net = 0; net < 2; net++) {
			const struct lodge_dev *dev = net ? &vif : &vbd;

			if (frontend_read(dev, look_up, nodes, &fe, NULL))
				continue;
			if (!fe.nr_queues || fe.nr_queues > dev->max_queues)
				return false;
			for (uint32_t q = 0; q < fe.nr_queues; q++)
				if (!fe.queue[q].nr_refs || fe.queue[q].nr_refs > 4 ||
				    !fe.queue[q].port || fe.queue[q].port > 4095 ||
				    fe.queue[q].rx_port > 4095)
					return false;
		}
	}
	return true;
}

/* What a backend writes, as one text. */
static void collect(void *arg, const char *name, const char *value)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s=%s ", name, value ? value : "-");
}

static bool writes(const struct lodge_dev *dev, bool no_discard, bool offer, const char *want)
{
	char text[2048] = " ";

	(offer ? backend_offer : backend_publish)(dev, no_discard, collect, text);
	if (strstr(text, want))
		return true;
	printf("#%s\n", text);
	return false;
}

static void test_backend(void)
{
	struct lodge_dev ro = vbd;

	ro.read_only = true;
	ro.flush = false;
	tap_ok(writes(&vbd, false, true, " multi-queue-max-queues=4 max-ring-page-order=2 "),
	       "offer: queues and pages");
	tap_ok(writes(&vbd, false, false,
		      " sectors=2048 info=0 sector-size=512 physical-sector-size=4096 "),
	       "publish: the size");
	tap_ok(writes(&vbd, false, false, " feature-discard=1 "), "publish: discard");
	tap_ok(writes(&vbd, true, false, " feature-discard=- "), "publish: no discard if unwanted");
	tap_ok(writes(&ro, false, false, " info=4 ") &&
	       writes(&ro, false, false, " feature-flush-cache=0 "), "publish: read-only, no cache");
	tap_ok(writes(&vif, false, true, " feature-rx-copy=1 ") &&
	       writes(&vif, false, true, " feature-gso-tcpv6=0 ") &&
	       writes(&vif, false, true, " feature-gso-tcpv4=1 "), "offer: features of the kernel");
}

int main(void)
{
	test_block();
	test_net();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		tap_ok(refuses(bad[i].dev, bad[i].nodes, bad[i].text), bad[i].name);
	tap_ok(test_random(), "nonsense does not get through");
	test_backend();
	return tap_done();
}
