// SPDX-License-Identifier: GPL-2.0-only
/*
 * create: the file is read here, where relative paths mean what the user
 * meant; lodged gets the outcome.  With -c the domain is made paused, so that
 * the console is there before the first byte.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/protocol.h"
#include "common/warn.h"
#include "config/config.h"
#include "lodge/client.h"
#include "lodge/console.h"
#include "lodge/verbs.h"
#include "lodge/watch.h"

struct wishes {
	bool paused;
	bool console;
	bool foreground;
	bool dry_run;
	const char *file;
};

static int request_create(const struct lodge_config *config, bool paused, uint32_t *domid,
			  struct lodge_err *err)
{
	char *json = lodge_config_to_json(config);
	cJSON *request = cJSON_CreateObject(), *answer, *id;

	if (!json || !cJSON_AddStringToObject(request, "cmd", LODGED_CMD_CREATE) ||
	    !cJSON_AddRawToObject(request, "config", json) ||
	    !cJSON_AddBoolToObject(request, "paused", paused)) {
		cJSON_Delete(request);
		request = NULL;
	}
	cJSON_free(json);
	answer = client_ask(request, err);
	if (!answer)
		return -1;
	id = cJSON_GetObjectItemCaseSensitive(answer, "domid");
	*domid = cJSON_IsNumber(id) ? id->valueint : 0;
	cJSON_Delete(answer);
	return *domid ? 0 : lodge_fail(err, EPROTO, "the answer of lodged makes no sense");
}

/* Does lodged leave a domain that ended in this way in place? */
static bool is_kept(const struct lodge_config *config, const struct watch *w)
{
	enum lodge_action a = lodge_config_action(config,
		w->domain.state == LODGE_DOMAIN_CRASHED ? -1 : w->domain.shutdown_reason);

	return w->ended && (a == LODGE_ACTION_PRESERVE || a == LODGE_ACTION_RENAME_RESTART);
}

/* To the end of the domain, and beyond if lodged clears it away. */
static int see_it_out(const struct lodge_config *config, struct watch *w, struct lodge_err *err)
{
	if (watch_wait(w, WATCH_ENDED, -1, err) < 0)
		return -1;
	if (is_kept(config, w))
		return 0;
	switch (watch_wait(w, WATCH_GONE, 60000, err)) {
	case 0:
		return lodge_fail(err, ETIMEDOUT, "domain %s has ended, but was not cleared away: is lodged running?",
				  w->domain.name);
	case 1:
		return 0;
	default:
		return -1;
	}
}

/*
 * Until it has ended first, which is when it is known whether the domain stays
 * and its console with it.
 */
static enum console_end follow_console(const struct lodge_config *config, int fd,
				       struct watch *w, struct lodge_err *err)
{
	enum console_end end = console_attach(fd, w, WATCH_ENDED, err);

	if (end == CONSOLE_OVER && !is_kept(config, w))
		end = console_attach(fd, w, WATCH_GONE, err);
	return end;
}

static int stay(const struct lodge_config *config, const struct wishes *wish, uint32_t domid,
		struct lodge_err *err)
{
	enum console_end end = CONSOLE_DETACHED;
	struct watch w;
	int fd = -1, rc = -1;

	if (watch_open(&w, domid, err))
		return -1;
	if (wish->console) {
		fd = console_open(domid, err);
		if (fd < 0)
			goto out;
	}
	if (!wish->paused && lodge_control_unpause(w.control, domid, err))
		goto out;
	if (wish->console) {
		console_hint(config->name);
		end = follow_console(config, fd, &w, err);
		if (end == CONSOLE_FAILED || (end == CONSOLE_DETACHED && !wish->foreground)) {
			/* the domain is up; who left it there has no complaint about it */
			rc = end == CONSOLE_FAILED ? lodge_complain(err->text) : 0;
			goto out;
		}
	}
	rc = see_it_out(config, &w, err) || watch_judge(&w, err) ? lodge_complain(err->text) : 0;
out:
	if (fd >= 0)
		close(fd);
	watch_close(&w);
	return rc;
}

static int create(const struct lodge_config *config, const struct wishes *wish)
{
	const bool stays = wish->console || wish->foreground;
	struct lodge_err err = LODGE_ERR_INIT;
	uint32_t domid;
	int rc;

	if (request_create(config, wish->paused || stays, &domid, &err))
		return lodge_complain(err.text);
	if (!stays)
		return 0;
	rc = stay(config, wish, domid, &err);
	if (rc >= 0)
		return rc;
	/* it never ran: leave nothing behind */
	client_command(LODGED_CMD_DESTROY, domid, NULL, NULL, NULL);
	return lodge_complain(err.text);
}

static int print_config(const struct lodge_config *config)
{
	char *json = lodge_config_to_json(config);

	if (!json)
		return lodge_complain("out of memory");
	puts(json);
	free(json);
	return 0;
}

static int parse_options(int argc, char **argv, struct wishes *wish)
{
	static const struct option options[] = {
		{ "paused", no_argument, NULL, 'p' },
		{ "console", no_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'F' },
		{ "dryrun", no_argument, NULL, 'n' },
		{ "defconfig", required_argument, NULL, 'f' },
		{ 0 }
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "pcFnf:", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			wish->paused = true;
			break;
		case 'c':
			wish->console = true;
			break;
		case 'F':
			wish->foreground = true;
			break;
		case 'n':
			wish->dry_run = true;
			break;
		case 'f':
			wish->file = optarg;
			break;
		default:
			return usage_of(argv[0]);
		}
	}
	return 0;
}

int verb_create(int argc, char **argv)
{
	struct lodge_err err = LODGE_ERR_INIT;
	struct wishes wish = { 0 };
	struct lodge_config *config;
	int rc;

	if (parse_options(argc, argv, &wish))
		return EXIT_USAGE;
	if (!wish.file) {
		if (optind == argc)
			return usage_of(argv[0]);
		wish.file = argv[optind++];
	}
	config = lodge_config_load(wish.file, argv + optind, argc - optind, lodge_warn, NULL, &err);
	if (!config)
		return lodge_complain(err.text);
	rc = wish.dry_run ? print_config(config) : create(config, &wish);
	lodge_config_free(config);
	return rc;
}
