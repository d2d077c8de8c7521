// SPDX-License-Identifier: GPL-2.0-only
/* Configurations: what xl.cfg's syntax means, what is refused, and where. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "common/uuid.h"
#include "config/config.h"
#include "common/macros.h"
#include "tap.h"

static int warnings;
static char last_warning[512];

static void on_warning(void *arg, const char *sentence)
{
	(void)arg;
	warnings++;
	snprintf(last_warning, sizeof(last_warning), "%s", sentence);
}

static struct lodge_config *parse(const char *text, char *const *args, size_t n_args,
				  struct lodge_err *err)
{
	warnings = 0;
	last_warning[0] = '\0';
	return lodge_config_parse(text, strlen(text), "x.cfg", args, n_args, on_warning, NULL,
				  err);
}

#define BASE "name = 'a'\nkernel = '/k'\n"

/* Texts that mean something. */
static const struct {
	const char *name, *text, *cmdline;
	uint64_t memory, maxmem;
	int warnings;
} good[] = {
	{ "the least there can be", BASE, "", 32, 32, 0 },
	{ "no newline at the end", BASE "memory=64", "", 64, 64, 0 },
	{ "a comment at the end without a newline", BASE "memory=64 # MiB", "", 64, 64, 0 },
	{ "comments, blank lines and semicolons",
	  "# x\n\n" BASE "memory = 64; maxmem = 128 ; # y\n;;\n", "", 64, 128, 0 },
	{ "numbers in quotes and hexadecimal", BASE "memory = \"0x40\"\nmaxmem=0x80", "",
	  64, 128, 0 },
	{ "memory from maxmem", BASE "maxmem = 256\n", "", 256, 256, 0 },
	{ "the last of two settings counts", BASE "memory=64\nmemory=65\n", "", 65, 65, 0 },
	{ "extra alone", BASE "extra = 'a b'", "a b", 32, 32, 0 },
	{ "root and extra", BASE "root='/dev/xvda'\nextra = \"ro quiet\"",
	  "root=/dev/xvda ro quiet", 32, 32, 0 },
	{ "root alone", BASE "root='/dev/xvda'", "root=/dev/xvda ", 32, 32, 0 },
	{ "cmdline replaces root and extra", BASE "cmdline='c'\nroot='r'\nextra='e'", "c",
	  32, 32, 1 },
	{ "escapes", BASE "extra = \"a\\tb\\\"\\\\\\x41\\101\"\n", "a\tb\"\\AA", 32, 32, 0 },
	{ "the other quote in a string", BASE "extra = \"it's\"", "it's", 32, 32, 0 },
	{ "a hash in a string", BASE "extra = 'a#b' # c", "a#b", 32, 32, 0 },
	{ "appending to a string", BASE "extra = 'a'\nextra += ' b'\n", "a b", 32, 32, 0 },
	{ "appending to nothing", BASE "extra += 'b'\n", "b", 32, 32, 0 },
	{ "empty lists of devices", BASE "disk = []\nvif = [ \n # none\n ]\n", "", 32, 32, 0 },
	{ "an unknown key", BASE "colour = 'red'\n", "", 32, 32, 1 },
	{ "unknown keys with lists",
	  BASE "vfb = [ 'vnc=1',\n  'x' , # y\n\n]\ncolours = [ [1, 2], 3, ]\n", "", 32, 32, 2 },
	{ "CPUs", BASE "cpus = '0-3, 8 ,^2'\ncpus = [ 0, '1-2', 'all,^5', ]\ncpu_weight = 65535\n"
	  "cap = 0\n", "", 32, 32, 0 },
	{ "a type", BASE "type = \"pv\"\nvcpus = 1\n", "", 32, 32, 0 },
	{ "the old builder key", BASE "builder = 'linux'\n", "", 32, 32, 0 },
};

/* Texts that do not, and the sentence that says so. */
static const struct {
	const char *text, *sentence;
} bad[] = {
	{ "", "x.cfg: no name is given" },
	{ "name = 'a'\n", "x.cfg: no kernel is given" },
	{ "name = 'a b'\n", "x.cfg:1: the name \"a b\" has characters other than letters, digits and _.+:@-" },
	{ "name = ''\n", "x.cfg:1: the name of the domain is empty" },
	{ "\nname = ['a']\n", "x.cfg:2: name must be a string, not a list" },
	{ "name = a\n", "x.cfg:1: \"a\" where a string in quotes, a number or a list was expected" },
	{ "name 'a'\n", "x.cfg:1: \"a\" where \"=\" was expected" },
	{ "name = 'a' 'b'\n", "x.cfg:1: \"b\" where the end of the line was expected" },
	{ "name =\n'a'\n", "x.cfg:1: the line ends where a string in quotes, a number or a list was expected" },
	{ "name =", "x.cfg:1: the text ends where a string in quotes, a number or a list was expected" },
	{ "name = 'a\n", "x.cfg:1: the string that begins with ' has no end on its line" },
	{ "name = \"a'\n", "x.cfg:1: the string that begins with \" has no end on its line" },
	{ "name = 'a\\q'\n", "x.cfg:1: an escape sequence that does not exist in a string" },
	{ "name = 'a\\0'\n", "x.cfg:1: an escape sequence that does not exist in a string" },
	{ "#\n#\nName = 'a'\n", "x.cfg:3: \"N\" has no place outside of a string" },
	{ "name = 'a'\r\n", "x.cfg:1: byte 0x0d has no place outside of a string" },
	{ "'name' = 'a'\n", "x.cfg:1: \"name\" where a key was expected" },
	{ "name = 'a'\ndisk = [ 'a'\n 'b' ]\n", "x.cfg:3: \"b\" where \",\" or \"]\" was expected" },
	{ "name = 'a'\n\ndisk = [ 'a',\n", "x.cfg:4: the list that begins on line 3 has no end" },
	{ "disk = [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]", "x.cfg:1: lists are nested too deeply" },
	{ "extra = 'a'\nextra += [ 'b' ]\n", "x.cfg:2: \"+=\" joins two strings or two lists, not one of each" },
	{ BASE "memory = '12x'\n", "x.cfg:3: memory must be a number, not \"12x\"" },
	{ BASE "memory = ''\n", "x.cfg:3: memory must be a number, not \"\"" },
	{ BASE "memory = 0\n", "x.cfg:3: memory must be from 1 to 262144, not 0" },
	{ BASE "memory = 99999999999999999999\n", "x.cfg:3: memory must be a number, not \"99999999999999999999\"" },
	{ BASE "memory = 64\nmaxmem = 32\n", "x.cfg: maxmem (32) is less than memory (64)" },
	{ BASE "vcpus = 33\n", "x.cfg:3: vcpus must be from 1 to 32, not 33" },
	{ BASE "vcpus = 0\n", "x.cfg:3: vcpus must be from 1 to 32, not 0" },
	{ BASE "vcpus = 4\nmaxvcpus = 2\n", "x.cfg: maxvcpus (2) is less than vcpus (4)" },
	{ BASE "cpus = '3-1'\n", "x.cfg:3: \"3-1\" is not a set of CPUs such as 0-3,8,^2 or all" },
	{ BASE "cpus = '1,^0-1'\n", "x.cfg:3: \"1,^0-1\" is not a set of CPUs such as 0-3,8,^2 or all" },
	{ BASE "cpus = [ 0, '1,' ]\n", "x.cfg:3: \"1,\" is not a set of CPUs such as 0-3,8,^2 or all" },
	{ BASE "cpus = [ [ 0 ] ]\n", "x.cfg:3: cpus must be a string or a list of strings" },
	{ BASE "cpus = 'node:1'\n", "x.cfg:3: \"node:1\" is not a set of CPUs such as 0-3,8,^2 or all" },
	{ BASE "cpu_weight = 0\n", "x.cfg:3: cpu_weight must be from 1 to 65535, not 0" },
	{ BASE "cap = 3201\n", "x.cfg:3: cap must be from 0 to 3200, not 3201" },
	{ BASE "disk = [ 'phy:/dev/sda,foo,w' ]\n",
	  "x.cfg:3: \"foo\" is no virtual device such as xvda, xvdb1, sda or hda" },
	{ BASE "disk = [ [ 'a' ] ]\n", "x.cfg:3: disk must be a list of strings" },
	{ BASE "pci = [ '00:1f.0' ]\n", "x.cfg:3: pci devices are not supported" },
	{ BASE "vif = 'bridge=xenbr0'\n", "x.cfg:3: vif must be a list, not a string" },
	{ BASE "type = 'hvm'\n", "x.cfg:3: domains of type \"hvm\" are not supported, only \"pv\"" },
	{ BASE "type = 'xx'\n", "x.cfg:3: there is no domain type \"xx\", only \"pv\"" },
	{ BASE "bootloader = 'pygrub'\n", "x.cfg:3: a boot loader is not supported yet: name a kernel instead" },
	{ BASE "uuid = '123'\n", "x.cfg:3: \"123\" is not a UUID" },
	{ BASE "on_crash = 'explode'\n", "x.cfg:3: on_crash must be an action such as destroy, restart or preserve, not \"explode\"" },
};

static void test_good(void)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *c;
	size_t i;
	bool ok;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		c = parse(good[i].text, NULL, 0, &err);
		ok = c && !strcmp(c->cmdline, good[i].cmdline) && c->memory == good[i].memory &&
		     c->maxmem == good[i].maxmem && warnings == good[i].warnings;
		if (!tap_ok(ok, good[i].name))
			printf("# %s %s\n", c ? c->cmdline : err.text, last_warning);
		lodge_config_free(c);
	}
}

static void test_bad(void)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *c;
	size_t i;
	bool ok;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		c = parse(bad[i].text, NULL, 0, &err);
		ok = !c && !strcmp(err.text, bad[i].sentence);
		if (!tap_ok(ok, bad[i].sentence))
			printf("# %s\n", c ? "accepted" : err.text);
		lodge_config_free(c);
	}
}

static void test_arguments(void)
{
	static char *const args[] = {
		"memory=512", "extra=console=hvc0 root=/dev/xvda", "name='b'",
		"kernel = /other",
	};
	static char *const more[] = { "extra+= quiet", "extra += y", "extra+= ' x'" };
	static char *const no_key[] = { "foo" }, *const bad_number[] = { "memory=1G" };
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *c;

	c = parse(BASE "memory = 64\n", args, 4, &err);
	tap_ok(c && c->memory == 512 && !strcmp(c->cmdline, "console=hvc0 root=/dev/xvda") &&
	       !strcmp(c->name, "b") && !strcmp(c->kernel, "/other"),
	       "arguments are laid over the file");
	lodge_config_free(c);
	c = parse(BASE "extra = 'a'\n", more, 3, &err);
	tap_ok(c && !strcmp(c->cmdline, "a quiety x"), "arguments can append");
	lodge_config_free(c);
	c = parse(BASE, no_key, 1, &err);
	tap_ok(!c && !strcmp(err.text, "argument \"foo\" is not of the form key=value"),
	       "an argument without a value is refused");
	c = parse(BASE, bad_number, 1, &err);
	tap_ok(!c && !strcmp(err.text, "argument \"memory=1G\": memory must be a number, not \"1G\""),
	       "a bad value names the argument");
}

static void test_unknown_key(void)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *c = parse(BASE "\ncolour = 'red'\n", NULL, 0, &err);

	tap_ok(!strcmp(last_warning, "x.cfg:4: lodge does not know colour, which is ignored"),
	       "an unknown key is warned about with its place");
	lodge_config_free(c);
}

static void test_cmdline_length(void)
{
	char text[2048], extra[1025];
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *c;

	memset(extra, 'x', 1023);
	extra[1023] = '\0';
	snprintf(text, sizeof(text), BASE "extra = '%s'", extra);
	c = parse(text, NULL, 0, &err);
	tap_ok(c, "a command line of 1023 characters fits");
	lodge_config_free(c);
	extra[1023] = 'x';
	extra[1024] = '\0';
	snprintf(text, sizeof(text), BASE "extra = '%s'", extra);
	c = parse(text, NULL, 0, &err);
	tap_ok(!c, "one of 1024 does not");
	lodge_config_free(c);
}

static void test_json(void)
{
	static const char text[] = "name = 'a.b'\nkernel = '/k \"x\"'\nramdisk='/r'\nmemory=100\n"
		"maxmem=200\nextra='\xc3\xa4 \\\\'\non_crash='preserve'\non_reboot='rename-restart'\n"
		"uuid='01234567-89ab-cdef-0123-456789abcdef'\nvcpus=2\ncpus=['1','2-3']\n"
		"cpu_weight=77\ncap=50\n";
	struct lodge_err err = LODGE_ERR_INIT;
	struct lodge_config *c, *d = NULL;
	char *json, uuid[LODGE_UUID_TEXT];

	c = parse(text, NULL, 0, &err);
	json = lodge_config_to_json(c);
	if (json)
		d = lodge_config_from_json(json, &err);
	tap_ok(d && !strcmp(c->name, d->name) && !strcmp(c->kernel, d->kernel) &&
	       !strcmp(c->ramdisk, d->ramdisk) && !strcmp(c->cmdline, d->cmdline) &&
	       !memcmp(c->uuid, d->uuid, 16) && c->memory == d->memory &&
	       c->maxmem == d->maxmem && c->vcpus == d->vcpus &&
	       d->cpus[0] && !strcmp(d->cpus[0], "1") && d->cpus[1] &&
	       !strcmp(d->cpus[1], "2-3") && !d->cpus[2] && d->cpu_weight == 77 &&
	       d->cap == 50 && c->on_crash == d->on_crash && c->on_reboot == d->on_reboot &&
	       c->on_soft_reset == d->on_soft_reset, "JSON and back");
	tap_ok(json && !strchr(json, '\n'), "JSON is one line");
	lodge_uuid_format(d->uuid, uuid);
	tap_ok(!strcmp(uuid, "01234567-89ab-cdef-0123-456789abcdef"), "a UUID keeps its order");
	tap_ok(lodge_config_action(d, SHUTDOWN_crash) == LODGE_ACTION_PRESERVE &&
	       lodge_config_action(d, SHUTDOWN_reboot) == LODGE_ACTION_RENAME_RESTART &&
	       lodge_config_action(d, -1) == LODGE_ACTION_PRESERVE &&
	       lodge_config_action(d, SHUTDOWN_poweroff) == LODGE_ACTION_DESTROY,
	       "reasons have their actions");
	lodge_config_free(c);
	lodge_config_free(d);
	free(json);

	tap_ok(!lodge_config_from_json("[]", &err) && !lodge_config_from_json("{", &err) &&
	       !lodge_config_from_json("{\"name\":1}", &err) &&
	       !lodge_config_from_json("{\"name\":\"a/b\"}", &err), "bad JSON is refused");
}

/* Whatever the bytes, the parser comes back. */
static void test_noise(void)
{
	static const char alphabet[] = "name='k[],;+=#\n\\\"x0 \t\xff";
	struct lodge_err err = LODGE_ERR_INIT;
	unsigned long long state = 1;
	char text[64];
	int round, i, len;

	for (round = 0; round < 200000; round++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		len = (state >> 33) % sizeof(text);
		for (i = 0; i < len; i++) {
			state = state * 6364136223846793005ULL + 1442695040888963407ULL;
			text[i] = alphabet[(state >> 33) % sizeof(alphabet)];
		}
		lodge_config_free(lodge_config_parse(text, len, "x", NULL, 0, NULL, NULL, &err));
	}
	tap_ok(true, "200000 texts of noise");
}

int main(void)
{
	test_good();
	test_bad();
	test_arguments();
	test_unknown_key();
	test_cmdline_length();
	test_json();
	test_noise();
	return tap_done();
}
