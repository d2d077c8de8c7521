/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs.  Each has a function that gets its own name as argv[0] and
 * returns the exit status; the table in main.c is what usage is made from.
 */
#ifndef LODGE_LODGE_VERBS_H
#define LODGE_LODGE_VERBS_H

#define EXIT_USAGE	2

int verb_create(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_info(int argc, char **argv);
int verb_console(int argc, char **argv);
int verb_pause(int argc, char **argv);
int verb_unpause(int argc, char **argv);
int verb_shutdown(int argc, char **argv);
int verb_reboot(int argc, char **argv);
int verb_destroy(int argc, char **argv);
int verb_rename(int argc, char **argv);
int verb_dmesg(int argc, char **argv);
int verb_domid(int argc, char **argv);
int verb_domname(int argc, char **argv);
int verb_block_attach(int argc, char **argv);
int verb_block_list(int argc, char **argv);
int verb_block_detach(int argc, char **argv);
int verb_block_resize(int argc, char **argv);
int verb_network_attach(int argc, char **argv);
int verb_network_list(int argc, char **argv);
int verb_network_detach(int argc, char **argv);
int verb_vcpu_list(int argc, char **argv);
int verb_vcpu_set(int argc, char **argv);
int verb_vcpu_pin(int argc, char **argv);
int verb_sched(int argc, char **argv);
int verb_top(int argc, char **argv);
int verb_help(int argc, char **argv);
int verb_version(int argc, char **argv);

/* How to call @verb, to standard error; EXIT_USAGE. */
int usage_of(const char *verb);

#endif
