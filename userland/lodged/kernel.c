// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "lodged/daemon.h"
#include "lodged/kernel.h"
#include "lodged/log.h"

static const struct kernel_handler *handler;
static struct lodge_control *control;
static struct lodge_events *events;
static struct event *events_event;
static struct event *families_event;
static int families = -1;

struct lodge_control *kernel_control(struct lodge_err *err)
{
	if (!control)
		lodge_fail(err, ENODEV, "the lodge module is not loaded");
	return control;
}

static void disconnect(void)
{
	if (events_event)
		event_free(events_event);
	events_event = NULL;
	lodge_events_close(events);
	events = NULL;
	lodge_control_close(control);
	control = NULL;
}

static void on_event(void *arg, enum lodge_event event, const struct lodge_domain *info)
{
	(void)arg;
	handler->event(event, info);
}

static void on_device_event(void *arg, enum lodge_device_event event, const struct lodge_dev *info)
{
	(void)arg;
	handler->device_event(event, info);
}

static void events_ready(evutil_socket_t fd, short what, void *arg)
{
	struct lodge_err err = LODGE_ERR_INIT;

	(void)fd;
	(void)what;
	(void)arg;
	if (!lodge_events_dispatch(events, &err))
		return;
	log_warning("%s", err.text);
	handler->sync();
}

/* Subscribe before anybody looks: what happens in between is seen twice. */
static void connect_to_module(void)
{
	struct lodge_err err = LODGE_ERR_INIT;

	disconnect();
	control = lodge_control_open(&err);
	if (control)
		events = lodge_events_open(on_event, NULL, &err);
	if (!events) {
		disconnect();
		log_info("%s", err.text);
		return;
	}
	lodge_events_on_device(events, on_device_event);
	events_event = event_new(daemon_base, lodge_events_fd(events), EV_READ | EV_PERSIST,
				 events_ready, NULL);
	event_add(events_event, NULL);
	log_debug("connected to the module");
	handler->sync();
}

/* Does this message of the genetlink controller name our family? */
static bool names_lodge(const struct nlmsghdr *h)
{
	int len = h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	const char *pos = (const char *)NLMSG_DATA(h) + GENL_HDRLEN;

	while (len >= (int)NLA_HDRLEN) {
		const struct nlattr *a = (const void *)pos;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == CTRL_ATTR_FAMILY_NAME)
			return a->nla_len == NLA_HDRLEN + sizeof(LODGE_GENL_NAME) &&
				!memcmp(pos + NLA_HDRLEN, LODGE_GENL_NAME, sizeof(LODGE_GENL_NAME));
		len -= NLA_ALIGN(a->nla_len);
		pos += NLA_ALIGN(a->nla_len);
	}
	return false;
}

static void families_ready(evutil_socket_t fd, short what, void *arg)
{
	struct nlmsghdr first[16384 / sizeof(struct nlmsghdr)];
	bool came = false;
	bool went = false;
	ssize_t n;

	(void)what;
	(void)arg;
	while ((n = recv(fd, first, sizeof(first), MSG_DONTWAIT)) != 0) {
		struct nlmsghdr *h = first;
		unsigned int len = n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			/* something was missed: find out */
			went = true;
			came = true;
			continue;
		}
		if (n < 0)
			break;
		for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			const struct genlmsghdr *g = NLMSG_DATA(h);

			if (h->nlmsg_type != GENL_ID_CTRL ||
			    h->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) || !names_lodge(h))
				continue;
			if (g->cmd == CTRL_CMD_NEWFAMILY)
				came = true;
			if (g->cmd == CTRL_CMD_DELFAMILY) {
				went = true;
				came = false;
			}
		}
	}
	if (went && control) {
		log_info("the module is gone");
		disconnect();
	}
	if (came)
		connect_to_module();
}

int kernel_init(const struct kernel_handler *h, struct lodge_err *err)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int group = GENL_ID_CTRL;	/* "notify" of "nlctrl" */

	handler = h;
	families = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
	if (families < 0 || bind(families, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(families, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return lodge_fail(err, errno, "generic netlink: %s", strerror(errno));
	families_event = event_new(daemon_base, families, EV_READ | EV_PERSIST, families_ready,
				   NULL);
	event_add(families_event, NULL);
	connect_to_module();
	return 0;
}

void kernel_exit(void)
{
	disconnect();
	if (families_event)
		event_free(families_event);
	if (families >= 0)
		close(families);
}
