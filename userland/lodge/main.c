// SPDX-License-Identifier: GPL-2.0-only
/* lodge: the verbs, their usage, and the way to them. */
#include <stdio.h>
#include <string.h>

#include "common/macros.h"
#include "common/version.h"
#include "lodge/verbs.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *arguments;
	const char *summary;
	const char *options;
} verbs[] = {
	{ "create", verb_create, "[-p] [-c] [-F] [-n] FILE [key=value...]",
	  "Create a domain from a configuration file.",
	  "  -p          leave it paused\n"
	  "  -c          attach to its console\n"
	  "  -F          stay in the foreground until it has ended\n"
	  "  -n          create nothing, print the configuration as JSON\n"
	  "  key=value   lay this over what the file says\n" },
	{ "list", verb_list, "[--json] [DOMAIN...]",
	  "List domains.",
	  "  --json, -l  as JSON\n" },
	{ "info", verb_info, "[--json] DOMAIN",
	  "Show all that is known about a domain.",
	  "  --json      as JSON\n" },
	{ "console", verb_console, "DOMAIN",
	  "Attach to the console of a domain; Ctrl-] detaches.", "" },
	{ "pause", verb_pause, "DOMAIN", "Stop the vcpus of a domain.", "" },
	{ "unpause", verb_unpause, "DOMAIN", "Let them go on.", "" },
	{ "shutdown", verb_shutdown, "[-w] DOMAIN",
	  "Ask the guest to power off.",
	  "  -w          wait until it has\n" },
	{ "reboot", verb_reboot, "DOMAIN", "Ask the guest to reboot.", "" },
	{ "destroy", verb_destroy, "DOMAIN", "End a domain at once.", "" },
	{ "rename", verb_rename, "DOMAIN NAME", "Give a domain another name.", "" },
	{ "block-attach", verb_block_attach, "DOMAIN DISK...",
	  "Give a domain a disk.",
	  "  DISK        as in disk = [...] of a configuration\n" },
	{ "block-list", verb_block_list, "[--json] DOMAIN", "List the disks of a domain.",
	  "  --json      as JSON\n" },
	{ "block-detach", verb_block_detach, "[-f] DOMAIN VDEV",
	  "Take a disk from a domain.",
	  "  -f          do not wait for the guest\n" },
	{ "block-resize", verb_block_resize, "DOMAIN VDEV",
	  "Let a domain know that the size of a disk has changed.", "" },
	{ "network-attach", verb_network_attach, "DOMAIN [key=value...]",
	  "Give a domain a network interface.",
	  "  key=value   as in vif = [...] of a configuration\n" },
	{ "network-list", verb_network_list, "[--json] DOMAIN",
	  "List the network interfaces of a domain.",
	  "  --json      as JSON\n" },
	{ "network-detach", verb_network_detach, "[-f] DOMAIN ID|MAC|IFNAME",
	  "Take a network interface from a domain.",
	  "  -f          do not wait for the guest\n" },
	{ "vcpu-list", verb_vcpu_list, "[--json] [DOMAIN...]",
	  "List vcpus: where they are, what they do, where they may run.",
	  "  --json      as JSON\n" },
	{ "vcpu-set", verb_vcpu_set, "DOMAIN COUNT",
	  "Have so many vcpus of a domain up: the guest is asked.", "" },
	{ "vcpu-pin", verb_vcpu_pin, "DOMAIN VCPU|all CPUS",
	  "Say on which CPUs of the host a vcpu may run.",
	  "  CPUS        such as 0-3,8,^2 or all\n" },
	{ "sched", verb_sched, "[-w WEIGHT] [-c CAP] [DOMAIN]",
	  "Show or change how much of the host's CPUs domains get.",
	  "  -w WEIGHT   share in comparison with others (256)\n"
	  "  -c CAP      percent of one CPU that it may use at most; 0: no limit\n" },
	{ "top", verb_top, "[-b] [-n COUNT] [-d SECONDS]",
	  "Show what domains and their devices are doing; q ends it.",
	  "  -b          lines for a file, not for a screen\n"
	  "  -n COUNT    so many times\n"
	  "  -d SECONDS  pause between two looks (3)\n" },
	{ "dmesg", verb_dmesg, "", "Print the log of the hypervisor.", "" },
	{ "domid", verb_domid, "NAME", "Print the id of a domain.", "" },
	{ "domname", verb_domname, "DOMID", "Print the name of a domain.", "" },
	{ "help", verb_help, "[VERB]", "Say how to use lodge, or one of its verbs.", "" },
	{ "version", verb_version, "", "Print the version.", "" },
};

#define N_VERBS ARRAY_SIZE(verbs)

static const struct verb *find(const char *name)
{
	size_t i;

	for (i = 0; i < N_VERBS; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static void print_verbs(FILE *to)
{
	size_t i;

	fprintf(to, "usage: lodge VERB [ARGUMENT...]\n\n");
	for (i = 0; i < N_VERBS; i++)
		fprintf(to, "  %-14s  %s\n", verbs[i].name, verbs[i].summary);
	fprintf(to, "\nDOMAIN is a name or an id.  \"lodge help VERB\" tells more.\n");
}

int usage_of(const char *name)
{
	const struct verb *v = find(name);

	fprintf(stderr, "usage: lodge %s%s%s\n", v->name, v->arguments[0] ? " " : "",
		v->arguments);
	return EXIT_USAGE;
}

static int unknown(const char *name)
{
	fprintf(stderr, "lodge: there is no verb \"%s\", see \"lodge help\"\n", name);
	return EXIT_USAGE;
}

int verb_help(int argc, char **argv)
{
	const struct verb *v;

	if (argc > 2)
		return usage_of(argv[0]);
	if (argc < 2) {
		print_verbs(stdout);
		return 0;
	}
	v = find(argv[1]);
	if (!v)
		return unknown(argv[1]);
	printf("usage: lodge %s%s%s\n%s\n%s", v->name, v->arguments[0] ? " " : "", v->arguments,
	       v->summary, v->options);
	return 0;
}

int verb_version(int argc, char **argv)
{
	if (argc > 1)
		return usage_of(argv[0]);
	puts("lodge " LODGE_VERSION);
	return 0;
}

int main(int argc, char **argv)
{
	const struct verb *v;

	if (argc < 2) {
		print_verbs(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_verbs(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return verb_version(1, argv);
	v = find(argv[1]);
	if (!v)
		return unknown(argv[1]);
	if (argc > 2 && !strcmp(argv[2], "--help")) {
		argv[2] = argv[1];
		return verb_help(2, argv + 1);
	}
	return v->run(argc - 1, argv + 1);
}
