// SPDX-License-Identifier: GPL-2.0-only
/* disk = [...] and vif = [...]: both syntaxes of xl, and what is refused. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "common/macros.h"
#include "config/config.h"
#include "tap.h"

static const struct {
	const char *text;
	uint32_t id;
	const char *usual;	/* name of the number, if it is another one */
} vdevs[] = {
	/* xen-vbd-interface(7) */
	{ "xvda", 51712, NULL },	{ "xvda1", 51713, NULL },
	{ "xvdb", 51728, NULL },	{ "xvdp15", 51967, NULL },
	{ "xvdq", 268439552, NULL },	{ "xvda16", 268435472, NULL },
	{ "xvdz", 268441856, NULL },	{ "xvdaa", 268442112, NULL },
	{ "xvdzz", 268614912, NULL },	{ "xvdzz255", 268615167, NULL },
	{ "hda", 768, NULL },		{ "hdb1", 833, NULL },
	{ "hdc", 5632, NULL },		{ "hdd63", 5759, NULL },
	{ "sda", 2048, NULL },		{ "sdp15", 2303, NULL },
	{ "d0", 51712, "xvda" },	{ "d1p2", 51730, "xvdb2" },
	{ "51712", 51712, "xvda" },	{ "0xca00", 51712, "xvda" },
};

static const char *const no_vdevs[] = {
	"", "x", "xvd", "xvdA", "xvd1", "xvda0", "xvda01", "xvda256", "xvdaaa", "xvda1x", "hde",
	"hda64", "sdq", "sda16", "d", "dx", "d1p", "d702", "1x", "-1", "0x", "99999999999",
	"/dev/xvda", "vda",
};

static void test_vdevs(void)
{
	char text[LODGE_VDEV_SIZE];
	bool good = true;
	uint32_t id;

	for (size_t i = 0; i < ARRAY_SIZE(vdevs); i++) {
		const char *usual = vdevs[i].usual ? vdevs[i].usual : vdevs[i].text;

		lodge_vdev_format(vdevs[i].id, text);
		if (!lodge_vdev_parse(vdevs[i].text, &id) && id == vdevs[i].id &&
		    !strcmp(text, usual))
			continue;
		printf("# %s: %u, called %s\n", vdevs[i].text, id, text);
		good = false;
	}
	tap_ok(good, "names and numbers of virtual devices");
	good = true;
	for (size_t i = 0; i < ARRAY_SIZE(no_vdevs); i++) {
		if (lodge_vdev_parse(no_vdevs[i], &id))
			continue;
		printf("# \"%s\" is %u\n", no_vdevs[i], id);
		good = false;
	}
	tap_ok(good, "what is no name of one");
}

static const struct {
	const char *spec, *target, *format, *vdev;
	bool read_only;
} disks[] = {
	{ "/dev/vg/lv,raw,xvda,rw", "/dev/vg/lv", "raw", "xvda", false },
	{ " /dev/vg/lv , raw , xvda , ro ", "/dev/vg/lv", "raw", "xvda", true },
	{ "/dev/vg/lv,,hda", "/dev/vg/lv", "raw", "hda", false },
	{ "/img.qcow2,qcow2,sda,r", "/img.qcow2", "qcow2", "sda", true },
	{ "phy:/dev/vg/lv,xvda1,w", "/dev/vg/lv", "raw", "xvda1", false },
	{ "file:/img,xvda2,r", "/img", "raw", "xvda2", true },
	{ "tap:qcow2:/img,xvda,w", "/img", "qcow2", "xvda", false },
	{ "tap2:aio:/img,xvda,w", "/img", "raw", "xvda", false },
	{ "vhd:/img,xvda,w", "/img", "vpc", "xvda", false },
	{ "format=raw, vdev=xvdb, access=ro, target=/img", "/img", "raw", "xvdb", true },
	{ "vdev=xvdb,target=/a,b=c, d", "/a,b=c, d", "raw", "xvdb", false },
	{ "/img,vdev=xvdc,format=vmdk,access=w", "/img", "vmdk", "xvdc", false },
	{ "/img,raw,xvda,w,discard,direct-io-safe,backendtype=phy", "/img", "raw", "xvda", false },
	{ "/img,raw,xvda:disk,w", "/img", "raw", "xvda", false },
	{ "/a=b,raw,xvda,w", "/a=b", "raw", "xvda", false },
	{ "/img,,,,vdev=xvda", "/img", "raw", "xvda", false },
	{ "/img,raw,xvda,w,script=,backend=0", "/img", "raw", "xvda", false },
};

static const struct {
	const char *spec, *text;
} bad_disks[] = {
	{ "", "has no target" },
	{ "/img", "has no vdev" },
	{ "vdev=xvda", "has no target" },
	{ "/img,raw,xvda,x", "access \"x\"" },
	{ "/img,foo,xvda,w", "no disk format \"foo\"" },
	{ "/img,raw,foo,w", "\"foo\" is no virtual device" },
	{ "/img,raw,xvda,w,more", "\"more\" is one part too many" },
	{ "/img,vdev=xvda,raw", "\"raw\" is out of place" },
	{ "/img,raw,xvda,w,colour=red", "no key \"colour\"" },
	{ "/img.iso,raw,hdc:cdrom,r", "CD-ROMs are not supported" },
	{ "/img.iso,raw,hdc,r,cdrom", "CD-ROMs are not supported" },
	{ "/img.iso,raw,hdc,r,devtype=cdrom", "CD-ROMs are not supported" },
	{ ",empty,hdc,r", "CD-ROMs are not supported" },
	{ "iscsi:target,xvda,w", "block scripts are not supported" },
	{ "/img,raw,xvda,w,script=block-drbd", "block scripts are not supported" },
	{ "/img,raw,xvda,w,backend=storage", "other domains" },
	{ "phy:/img,raw,xvda,w", "\"raw\" is no virtual device" },
};

static void test_disks(void)
{
	struct lodge_disk d, e;
	struct lodge_err err;

	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		bool good = !lodge_disk_parse(disks[i].spec, &d, &err);
		cJSON *json;

		if (!good) {
			tap_ok(false, disks[i].spec);
			printf("# %s\n", err.text);
			continue;
		}
		json = lodge_disk_to_json(&d);
		good = !lodge_disk_from_json(json, &e, &err) && !strcmp(e.target, disks[i].target) &&
		       !strcmp(e.format, disks[i].format) && !strcmp(e.vdev, disks[i].vdev) &&
		       e.read_only == disks[i].read_only && e.id == d.id;
		tap_ok(good, disks[i].spec);
		cJSON_Delete(json);
		lodge_disk_release(&d);
		lodge_disk_release(&e);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_disks); i++) {
		err.text[0] = '\0';
		if (!tap_ok(lodge_disk_parse(bad_disks[i].spec, &d, &err) &&
			    strstr(err.text, bad_disks[i].text), bad_disks[i].text))
			printf("# %s\n", err.text);
	}
}

static const struct {
	const char *text;
	uint64_t rate;
	uint32_t us;
} rates[] = {
	{ "10Mb/s", 1250000, 50000 },	  { "10MB/s", 10000000, 50000 },
	{ "1GB/s", 1000000000, 50000 },	  { "250KB/s@20ms", 250000, 20000 },
	{ "1Gb/s@1s", 125000000, 1000000 }, { "100b/s@5us", 12, 5 }, { "1B/s", 1, 50000 },
}, no_rates[] = {
	{ "", 0, 0 }, { "10", 0, 0 }, { "10M", 0, 0 }, { "Mb/s", 0, 0 }, { "10Mb", 0, 0 },
	{ "10mb/s", 0, 0 }, { "10Mb/s@", 0, 0 }, { "10Mb/s@5", 0, 0 }, { "10Mb/s@0ms", 0, 0 },
	{ "10Mb/s@11s", 0, 0 }, { "0b/s", 0, 0 }, { "7b/s", 0, 0 }, { "-1b/s", 0, 0 },
	{ "9999999999999GB/s", 0, 0 }, { "10Mb/sx", 0, 0 },
};

static void test_rates(void)
{
	bool good = true;
	uint64_t rate;
	uint32_t us;

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
		good = good && !lodge_rate_parse(rates[i].text, &rate, &us) &&
			rate == rates[i].rate && us == rates[i].us;
	tap_ok(good, "rates");
	good = true;
	for (size_t i = 0; i < ARRAY_SIZE(no_rates); i++)
		good = good && lodge_rate_parse(no_rates[i].text, &rate, &us);
	tap_ok(good, "what is no rate");
}

static const struct {
	const char *spec, *text;
} bad_vifs[] = {
	{ "mac=00:16:3e:00:00", "is not a MAC address" },
	{ "mac=00:16:3e:00:00:001", "is not a MAC address" },
	{ "mac=01:16:3e:00:00:01", "is a multicast address" },
	{ "type=ioemu", "type \"ioemu\" are not supported" },
	{ "backend=net", "other domains" },
	{ "vifname=a/b", "not a value for vifname" },
	{ "vifname=0123456789abcdef", "not a value for vifname" },
	{ "bridge=", "not a value for bridge" },
	{ "rate=fast", "is not a rate" },
	{ "devid=256", "not a value for devid" },
	{ "colour=red", "no key \"colour\"" },
	{ "bridge", "is not key=value" },
	{ "mtu=9000", "mtu of a network interface" },
};

static void test_vifs(void)
{
	static const uint8_t uuid[16] = { 1, 2, 3 }, other[16] = { 1, 2, 4 };
	static const char all[] =
		"mac=00:16:3E:aa:bb:cc, bridge=xenbr0,ip=10.0.0.2,vifname=web,script=vif-route,rate=10Mb/s,type=vif,model=e1000,devid=3";
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_vif v, w;
	cJSON *json;

	tap_ok(!lodge_vif_parse(all, &v, &err) &&
	       v.mac[5] == 0xcc && !strcmp(v.bridge, "xenbr0") && !strcmp(v.ip, "10.0.0.2") &&
	       !strcmp(v.ifname, "web") && !strcmp(v.script, "vif-route") && v.rate == 1250000 &&
	       v.id == 3, "all keys of a network interface");
	json = lodge_vif_to_json(&v);
	tap_ok(!lodge_vif_from_json(json, &w, &err) && !memcmp(v.mac, w.mac, 6) &&
	       !strcmp(v.bridge, w.bridge) && !strcmp(v.script, w.script) && v.rate == w.rate &&
	       v.rate_us == w.rate_us && v.id == w.id && !strcmp(v.ifname, w.ifname),
	       "to JSON and back");
	cJSON_Delete(json);
	lodge_vif_release(&v);
	lodge_vif_release(&w);

	lodge_vif_parse("", &v, &err);
	lodge_vif_parse("", &w, &err);
	lodge_vif_finish(&v, uuid);
	lodge_vif_finish(&w, uuid);
	tap_ok(!memcmp(v.mac, w.mac, 6) && v.mac[0] == 0 && v.mac[1] == 0x16 && v.mac[2] == 0x3e,
	       "an address of one's own, the same for the same UUID");
	w = (struct lodge_vif) { .id = 1 };
	lodge_vif_finish(&w, uuid);
	tap_ok(memcmp(v.mac, w.mac, 6), "another one for the next interface");
	w = (struct lodge_vif) { .id = 0 };
	lodge_vif_finish(&w, other);
	tap_ok(memcmp(v.mac, w.mac, 6), "another one for another domain");
	for (size_t i = 0; i < ARRAY_SIZE(bad_vifs); i++)
		if (!tap_ok(lodge_vif_parse(bad_vifs[i].spec, &v, &err) &&
			    strstr(err.text, bad_vifs[i].text), bad_vifs[i].spec))
			printf("# %s\n", err.text);
}

#define BASE "name = 'a'\nkernel = '/k'\nuuid = '1d24bbb5-7102-43a0-908d-4efe2aeed7a4'\n"

static struct lodge_config *parse(const char *text, struct lodge_err *err)
{
	return lodge_config_parse(text, strlen(text), "x.cfg", NULL, 0, NULL, NULL, err);
}

static void test_lists(void)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *c, *d;
	char *json;

	c = parse(BASE "disk = [ '/a,raw,xvda,w', '/b,raw,xvdb,r' ]\n"
		  "vif = [ '', 'devid=1', 'bridge=b' ]\n", &err);
	json = c ? lodge_config_to_json(c) : NULL;
	d = json ? lodge_config_from_json(json, &err) : NULL;
	tap_ok(d && d->n_disks == 2 && d->n_vifs == 3 && d->vifs[0].id == 0 &&
	       d->vifs[1].id == 1 && d->vifs[2].id == 2 && d->vifs[2].has_mac &&
	       !memcmp(d->vifs[2].mac, c->vifs[2].mac, 6), "lists, to JSON and back");
	if (d) {
		lodge_config_remove_disk(d, 51712);
		lodge_config_remove_vif(d, 1);
		tap_ok(d->n_disks == 1 && !strcmp(d->disks[0].target, "/b") && d->n_vifs == 2 &&
		       d->vifs[1].id == 2, "one of each is taken away");
	}
	lodge_config_free(c);
	lodge_config_free(d);
	free(json);

	tap_ok(!parse(BASE "disk = [ '/a,raw,xvda,w', '/b,raw,d0,r' ]\n", &err) &&
	       !strcmp(err.text, "x.cfg:4: there are two disks called d0"), "two disks of one name");
	tap_ok(!parse(BASE "vif = [ 'devid=1', 'devid=1' ]\n", &err), "two interfaces of one number");
	c = parse(BASE "disk = [ '/a,raw,xvda,w' ]\ndisk += [ '/b,raw,xvdb,w' ]\n", &err);
	tap_ok(c && c->n_disks == 2, "a list that is added to");
	lodge_config_free(c);
}

int main(void)
{
	test_vdevs();
	test_disks();
	test_rates();
	test_vifs();
	test_lists();
	return tap_done();
}
