// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "common/protocol.h"
#include "common/version.h"
#include "lodged/daemon.h"
#include "lodged/device.h"
#include "lodged/domain.h"
#include "lodged/log.h"
#include "lodged/server.h"

/*
 * struct client - one connection
 * @op: the request that is being dealt with; its lines wait meanwhile
 */
struct client {
	struct bufferevent *be;
	struct op *op;
	struct client *next;
};

/* A request that is answered later.  Outlives a client that goes away. */
struct op {
	struct client *client;
	bool creates;
};

static struct client *clients;
static struct event *listen_event;
static int listen_fd = -1;
static char socket_path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

static void answer(struct client *c, cJSON *json, const struct lodge_err *err)
{
	struct evbuffer *out = bufferevent_get_output(c->be);
	char *text;

	cJSON_AddBoolToObject(json, "ok", !err);
	if (err) {
		cJSON_AddStringToObject(json, "error", err->text);
		if (err->code)
			cJSON_AddNumberToObject(json, "errno", err->code);
	}
	text = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	if (text)
		evbuffer_add_printf(out, "%s\n", text);
	cJSON_free(text);
}

static void later(void *arg, uint32_t domid, const struct lodge_err *err)
{
	struct op *op = arg;
	struct client *c = op->client;
	cJSON *json;

	if (c) {
		json = cJSON_CreateObject();
		if (op->creates && !err)
			cJSON_AddNumberToObject(json, "domid", domid);
		c->op = NULL;
		answer(c, json, err);
		bufferevent_trigger(c->be, EV_READ, 0);
	}
	free(op);
}

static struct op *op_new(struct client *c, bool creates)
{
	struct op *op = malloc(sizeof(*op));

	if (!op)
		abort();
	*op = (struct op) { c, creates };
	c->op = op;
	return op;
}

static int start(struct client *c, int ret)
{
	if (ret) {
		free(c->op);
		c->op = NULL;
	}
	return ret;
}

static int get_domid(const cJSON *json, uint32_t *domid, struct lodge_err *err)
{
	const cJSON *item = cJSON_GetObjectItem(json, "domid");

	if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > LODGE_DOMID_MAX)
		return lodge_fail(err, EINVAL, "the request names no domid");
	*domid = item->valuedouble;
	return 0;
}

static int do_create(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	const cJSON *item = cJSON_GetObjectItem(json, "config");
	char *text = item ? cJSON_PrintUnformatted(item) : NULL;
	struct lodge_config *config;

	(void)out;
	if (!text)
		return lodge_fail(err, EINVAL, "the request has no config");
	config = lodge_config_from_json(text, err);
	cJSON_free(text);
	if (!config)
		return -1;
	return start(c, domain_create(config, cJSON_IsTrue(cJSON_GetObjectItem(json, "paused")),
				      later, op_new(c, true), err));
}

static int do_destroy(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	uint32_t domid;

	(void)out;
	if (get_domid(json, &domid, err))
		return -1;
	return start(c, domain_destroy(domid, later, op_new(c, false), err));
}

static int do_shutdown(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	uint32_t domid;

	(void)c;
	(void)out;
	return get_domid(json, &domid, err) ? -1 : domain_shutdown(domid, "poweroff", err);
}

static int do_reboot(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	uint32_t domid;

	(void)c;
	(void)out;
	return get_domid(json, &domid, err) ? -1 : domain_shutdown(domid, "reboot", err);
}

static int do_rename(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(json, "name"));
	uint32_t domid;

	(void)c;
	(void)out;
	if (get_domid(json, &domid, err))
		return -1;
	if (!name)
		return lodge_fail(err, EINVAL, "the request has no name");
	return domain_rename(domid, name, err);
}

/* What of a device is told when it has been added or removed: its number. */
static void plugged(void *arg, uint32_t id, const struct lodge_err *err)
{
	struct op *op = arg;
	struct client *c = op->client;
	cJSON *json;

	if (c) {
		json = cJSON_CreateObject();
		if (!err)
			cJSON_AddNumberToObject(json, "id", id);
		c->op = NULL;
		answer(c, json, err);
		bufferevent_trigger(c->be, EV_READ, 0);
	}
	free(op);
}

static int do_attach(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	const cJSON *disk_json = cJSON_GetObjectItem(json, "disk");
	const cJSON *vif_json = cJSON_GetObjectItem(json, "vif");
	struct lodge_disk disk;
	struct lodge_vif vif;
	uint32_t domid;

	(void)out;
	if (get_domid(json, &domid, err))
		return -1;
	if (disk_json)
		return lodge_disk_from_json(disk_json, &disk, err) ? -1 :
			start(c, hotplug_attach_disk(domid, &disk, plugged, op_new(c, false),
						     err));
	if (vif_json)
		return lodge_vif_from_json(vif_json, &vif, err) ? -1 :
			start(c, hotplug_attach_vif(domid, &vif, plugged, op_new(c, false), err));
	return lodge_fail(err, EINVAL, "the request has neither disk nor vif");
}

static int get_device(const cJSON *json, struct lodge_dev_id *id, struct lodge_err *err)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(json, "type"));
	const cJSON *item = cJSON_GetObjectItem(json, "id");

	if (get_domid(json, &id->domid, err))
		return -1;
	id->type = type ? lodge_dev_type(type) : 0;
	if (!id->type || !cJSON_IsNumber(item) || item->valuedouble < 0 ||
	    item->valuedouble > UINT32_MAX)
		return lodge_fail(err, EINVAL, "the request names no type and id of a device");
	id->id = item->valuedouble;
	return 0;
}

static int do_detach(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	struct lodge_dev_id id;

	(void)out;
	if (get_device(json, &id, err))
		return -1;
	return start(c, hotplug_detach(id.domid, id.type, id.id,
				       cJSON_IsTrue(cJSON_GetObjectItem(json, "force")), plugged,
				       op_new(c, false), err));
}

static int do_resize(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	struct lodge_dev_id id;

	(void)c;
	(void)out;
	return get_device(json, &id, err) ? -1 : device_resize(&id, err);
}

static int do_devices(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	uint32_t domid;

	(void)c;
	if (get_domid(json, &domid, err))
		return -1;
	cJSON_AddItemToObject(out, "devices", device_list(domid));
	return 0;
}

/* A number that may be missing: @value stays then. */
static int get_number(const cJSON *json, const char *key, int *value, struct lodge_err *err)
{
	const cJSON *item = cJSON_GetObjectItem(json, key);

	if (!item)
		return 0;
	if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > INT_MAX)
		return lodge_fail(err, EINVAL, "%s is not a number", key);
	*value = item->valuedouble;
	return 0;
}

static int do_vcpus(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	uint32_t domid;
	int count = 0;

	(void)c;
	(void)out;
	if (get_domid(json, &domid, err) || get_number(json, "count", &count, err))
		return -1;
	return sched_set_vcpus(domid, count, err);
}

static int do_pin(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	const char *cpus = cJSON_GetStringValue(cJSON_GetObjectItem(json, "cpus"));
	uint32_t domid;
	int vcpu = -1;

	(void)c;
	(void)out;
	if (get_domid(json, &domid, err) || get_number(json, "vcpu", &vcpu, err))
		return -1;
	if (!cpus)
		return lodge_fail(err, EINVAL, "the request has no cpus");
	return sched_pin(domid, vcpu, cpus, err);
}

static int do_sched(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	int weight = -1, cap = -1;
	uint32_t domid;

	(void)c;
	if (get_domid(json, &domid, err) || get_number(json, "weight", &weight, err) ||
	    get_number(json, "cap", &cap, err) || sched_params(domid, &weight, &cap, err))
		return -1;
	cJSON_AddNumberToObject(out, "weight", weight);
	cJSON_AddNumberToObject(out, "cap", cap);
	return 0;
}

static int do_version(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err)
{
	(void)c;
	(void)json;
	(void)err;
	cJSON_AddStringToObject(out, "version", LODGE_VERSION);
	cJSON_AddNumberToObject(out, "pid", getpid());
	return 0;
}

static const struct {
	const char *verb;
	int (*fn)(struct client *c, const cJSON *json, cJSON *out, struct lodge_err *err);
} commands[] = {
	{ LODGED_CMD_CREATE,	do_create },
	{ LODGED_CMD_DESTROY,	do_destroy },
	{ LODGED_CMD_SHUTDOWN,	do_shutdown },
	{ LODGED_CMD_REBOOT,	do_reboot },
	{ LODGED_CMD_RENAME,	do_rename },
	{ LODGED_CMD_ATTACH,	do_attach },
	{ LODGED_CMD_DETACH,	do_detach },
	{ LODGED_CMD_RESIZE,	do_resize },
	{ LODGED_CMD_DEVICES,	do_devices },
	{ LODGED_CMD_VCPUS,	do_vcpus },
	{ LODGED_CMD_PIN,	do_pin },
	{ LODGED_CMD_SCHED,	do_sched },
	{ LODGED_CMD_VERSION,	do_version },
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void do_request(struct client *c, const char *line)
{
	cJSON *json = cJSON_Parse(line);
	const char *verb = cJSON_GetStringValue(cJSON_GetObjectItem(json, "cmd"));
	cJSON *out = cJSON_CreateObject();
	struct lodge_err err = LODGE_ERR_INIT;
	size_t i = 0;
	int ret;

	while (verb && i < ARRAY_SIZE(commands) && strcmp(verb, commands[i].verb))
		i++;
	if (!verb)
		ret = lodge_fail(&err, EINVAL, "the request is not a JSON object with a \"cmd\"");
	else if (i == ARRAY_SIZE(commands))
		ret = lodge_fail(&err, ENOTSUP, "lodged does not know the request \"%s\"", verb);
	else
		ret = commands[i].fn(c, json, out, &err);
	if (verb)
		log_debug("request %s: %s", verb,
			  ret ? err.text : c->op ? "in progress" : "done");
	cJSON_Delete(json);
	if (c->op)
		cJSON_Delete(out);
	else
		answer(c, out, ret ? &err : NULL);
}

static void close_client(struct client *c)
{
	struct client **p = &clients;
	struct op *op = c->op;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	bufferevent_free(c->be);
	free(c);
	if (op) {
		op->client = NULL;
		/* nobody would learn of the domain; a destroy goes on */
		if (op->creates && domain_create_abandon(op))
			free(op);
	}
}

static void next_request(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->be);

	while (!c->op) {
		char *line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF);

		if (!line)
			break;
		do_request(c, line);
		free(line);
	}
	if (evbuffer_get_length(in) > LODGED_MAX_LINE) {
		log_warning("a client has sent too long a line");
		close_client(c);
	}
}

static void on_read(struct bufferevent *be, void *arg)
{
	(void)be;
	next_request(arg);
}

static void on_event(struct bufferevent *be, short what, void *arg)
{
	(void)be;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		close_client(arg);
}

static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct client *c;
	int s = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	(void)arg;
	if (s < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (c)
		c->be = bufferevent_socket_new(daemon_base, s, BEV_OPT_CLOSE_ON_FREE);
	if (!c || !c->be) {
		free(c);
		close(s);
		return;
	}
	c->next = clients;
	clients = c;
	bufferevent_setcb(c->be, on_read, NULL, on_event, c);
	bufferevent_enable(c->be, EV_READ | EV_WRITE);
}

int server_init(struct lodge_err *err)
{
	const char *path = getenv(LODGED_SOCKET_ENV);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int error;

	if (!path || !*path)
		path = LODGED_SOCKET;
	if (strlen(path) >= sizeof(addr.sun_path))
		return lodge_fail(err, ENAMETOOLONG, "%s: too long for a socket", path);
	strcpy(addr.sun_path, path);
	strcpy(socket_path, path);
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listen_fd < 0)
		return lodge_fail(err, errno, "%s: %s", path, strerror(errno));
	unlink(path);	/* of a predecessor: there is only one lodged, main() has seen to it */
	mask = umask(0177);
	error = bind(listen_fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (error || listen(listen_fd, 64)) {
		*socket_path = '\0';
		return lodge_fail(err, errno, "%s: %s", path, strerror(errno));
	}
	listen_event = event_new(daemon_base, listen_fd, EV_READ | EV_PERSIST, on_connect, NULL);
	event_add(listen_event, NULL);
	return 0;
}

void server_exit(void)
{
	while (clients) {
		struct client *c = clients;

		/* what it has asked for goes on without us */
		if (c->op) {
			c->op->client = NULL;
			c->op = NULL;
		}
		close_client(c);
	}
	if (listen_event)
		event_free(listen_event);
	if (listen_fd >= 0)
		close(listen_fd);
	if (*socket_path)
		unlink(socket_path);
}
