// SPDX-License-Identifier: GPL-2.0-only
#include "lodge/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/protocol.h"

static int dial(struct lodge_err *err)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = getenv(LODGED_SOCKET_ENV);
	int fd, code;

	if (!path || !path[0])
		path = LODGED_SOCKET;
	if (strlen(path) >= sizeof(a.sun_path))
		return lodge_fail(err, ENAMETOOLONG, "the path of the socket %s is too long", path);
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return lodge_fail(err, errno, "cannot make a socket: %s", strerror(errno));
	if (!connect(fd, (struct sockaddr *)&a, sizeof(a)))
		return fd;
	code = errno;
	close(fd);
	if (code == ENOENT || code == ECONNREFUSED)
		return lodge_fail(err, ENOTCONN, "lodged is not running (nobody listens at %s)",
				  path);
	return lodge_fail(err, code, "cannot reach lodged at %s: %s", path, strerror(code));
}

static int send_line(int fd, const char *text, struct lodge_err *err)
{
	size_t left = strlen(text);
	ssize_t n;

	while (left) {
		n = send(fd, text, left, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lodge_fail(err, errno, "cannot send to lodged: %s",
					  strerror(errno));
		text += n;
		left -= n;
	}
	return 0;
}

static int receive_line(int fd, char *buf, size_t size, struct lodge_err *err)
{
	size_t got = 0;
	ssize_t n;

	while (got < size - 1) {
		n = recv(fd, buf + got, size - 1 - got, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lodge_fail(err, errno, "cannot receive from lodged: %s",
					  strerror(errno));
		if (!n)
			return lodge_fail(err, EPIPE,
					  "lodged ended before it had answered");
		got += n;
		buf[got] = '\0';
		if (memchr(buf, '\n', got))
			return 0;
	}
	return lodge_fail(err, EMSGSIZE, "the answer of lodged is too long");
}

static cJSON *judge(const char *line, struct lodge_err *err)
{
	cJSON *answer = cJSON_Parse(line), *text, *code;

	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(answer, "ok")))
		return answer;
	text = cJSON_GetObjectItemCaseSensitive(answer, "error");
	code = cJSON_GetObjectItemCaseSensitive(answer, "errno");
	if (cJSON_IsString(text))
		lodge_fail(err, cJSON_IsNumber(code) ? code->valueint : EIO, "%s",
			   text->valuestring);
	else
		lodge_fail(err, EPROTO, "the answer of lodged makes no sense");
	cJSON_Delete(answer);
	return NULL;
}

cJSON *client_ask(cJSON *request, struct lodge_err *err)
{
	char *text = NULL, *line = NULL, *buf = NULL;
	cJSON *answer = NULL;
	int fd = -1;

	if (request)
		text = cJSON_PrintUnformatted(request);
	cJSON_Delete(request);
	buf = malloc(LODGED_MAX_LINE);
	if (!text || !buf || asprintf(&line, "%s\n", text) < 0) {
		lodge_fail(err, ENOMEM, "out of memory");
		line = NULL;
		goto out;
	}
	fd = dial(err);
	if (fd < 0)
		goto out;
	if (send_line(fd, line, err) || receive_line(fd, buf, LODGED_MAX_LINE, err))
		goto out;
	answer = judge(buf, err);
out:
	if (fd >= 0)
		close(fd);
	cJSON_free(text);
	free(line);
	free(buf);
	return answer;
}

int client_command(const char *verb, uint32_t domid, const char *key, const char *value,
		   struct lodge_err *err)
{
	cJSON *request = cJSON_CreateObject(), *answer;

	if (!cJSON_AddStringToObject(request, "cmd", verb) ||
	    !cJSON_AddNumberToObject(request, "domid", domid) ||
	    (key && !cJSON_AddStringToObject(request, key, value))) {
		cJSON_Delete(request);
		request = NULL;
	}
	answer = client_ask(request, err);
	if (!answer)
		return -1;
	cJSON_Delete(answer);
	return 0;
}
