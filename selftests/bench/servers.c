// SPDX-License-Identifier: GPL-2.0-only
/*
 * servers: what a request costs of common servers, with who asks beside them on the
 * same machine.  Runs as a domain and on the bare machine, with the programs of
 * ../qemu/cache/workloads servers below /debian; their files are in memory.
 *
 * Words on the command line choose operations.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#define NOBODY	65534		/* PostgreSQL refuses to be root */
#define PG	"/usr/lib/postgresql/15/bin/"
#define WEB_FILE	4096
#define OUTPUT	"/tmp/output"

/* A program's process, its output in OUTPUT. */
static pid_t start(uid_t uid, char *const argv[])
{
	pid_t child = fork();

	must(child >= 0, "fork");
	if (!child) {
		int fd = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0666);

		if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0 &&
		    !setgroups(0, NULL) && !setgid(uid) && !setuid(uid))
			execv(argv[0], argv);
		_exit(127);
	}
	return child;
}

static void show_output(void)
{
	char line[256];
	FILE *f = fopen(OUTPUT, "r");

	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
}

/* Its status, at its end. */
static int try(uid_t uid, char *const argv[])
{
	pid_t child = start(uid, argv);
	int status;

	must(waitpid(child, &status, 0) == child, "a child");
	return status;
}

static void run(uid_t uid, char *const argv[])
{
	int status = try(uid, argv);

	if (status) {
		show_output();
		fprintf(stderr, "%s: status %x\n", argv[0], status);
		exit(1);
	}
}

#define RUN(uid, ...) run(uid, (char *[]){ __VA_ARGS__, NULL })

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	must(f && fputs(text, f) >= 0 && !fclose(f), path);
}

/* The server; it ends with the machine. */
static void need_database(void)
{
	static bool runs;
	int i;

	if (runs)
		return;
	runs = true;
	RUN(NOBODY, PG "initdb", "-D", "/tmp/db", "-A", "trust", "-U", "postgres",
	    "--no-locale", "-E", "SQL_ASCII", "--no-sync", "--no-instructions");
	start(NOBODY, (char *[]){ PG "postgres", "-D", "/tmp/db", "-k", "/tmp", "-h", "",
				  "-B", "16MB", "-c", "dynamic_shared_memory_type=mmap",
				  "-c", "autovacuum=off", "-c", "jit=off", NULL });
	/* while it starts it refuses */
	for (i = 0; try(NOBODY, (char *[]){ PG "pgbench", "-h", "/tmp", "-U", "postgres", "-i",
					    "-q", "-s", "1", "postgres", NULL }); i++) {
		if (i == 100) {
			show_output();
			die("pgbench -i");
		}
		usleep(100000);
	}
}

/* Nanoseconds for a transaction, of two clients at once. */
static long pgbench(long n, char *kind)
{
	char count[24];

	need_database();
	snprintf(count, sizeof(count), "%ld", (n + 1) / 2);
	return TIMED(RUN(NOBODY, PG "pgbench", "-h", "/tmp", "-U", "postgres", "-n", "-c", "2",
			 "-t", count, "-b", kind, "postgres"));
}

static long pgbench_rw(long n)
{
	return pgbench(n, "tpcb-like");
}

static long pgbench_ro(long n)
{
	return pgbench(n, "select-only");
}

static void need_web(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	static bool runs;
	FILE *f;
	int i;

	if (runs)
		return;
	runs = true;
	must(!ioctl(s, SIOCSIFFLAGS, &lo), "lo");
	close(s);
	must(!mkdir("/tmp/web", 0755), "mkdir");
	f = fopen("/tmp/web/file", "w");
	must(f, "fopen");
	for (i = 0; i < WEB_FILE; i++)
		fputc('a' + i % 26, f);
	must(!fclose(f), "fclose");
	write_file("/tmp/nginx.conf",
		   "user root;\nworker_processes 1;\npid /tmp/nginx.pid;\nerror_log /tmp/nginx.log;\n"
		   "events { worker_connections 64; }\n"
		   "http {\n access_log off; sendfile on; keepalive_requests 1000000;\n"
		   " client_body_temp_path /tmp/n1; proxy_temp_path /tmp/n2;\n"
		   " fastcgi_temp_path /tmp/n3; uwsgi_temp_path /tmp/n4; scgi_temp_path /tmp/n5;\n"
		   " server { listen 127.0.0.1:8080; root /tmp/web; }\n}\n");
	/* goes to the background when it listens */
	RUN(0, "/usr/sbin/nginx", "-e", "/tmp/nginx.log", "-c", "/tmp/nginx.conf");
}

/* Nanoseconds for a request, by wrk's own account of a second, over four connections. */
static long nginx(long n)
{
	double rate = 0;
	char line[256];
	FILE *f;

	need_web();
	(void)TIMED(RUN(0, "/usr/bin/wrk", "-t", "1", "-c", "4", "-d", "1s",
			"http://127.0.0.1:8080/file"));
	f = fopen(OUTPUT, "r");
	while (f && fgets(line, sizeof(line), f)) {
		must(!strstr(line, "Non-2xx") && !strstr(line, "Socket errors"), line);
		if (sscanf(line, "Requests/sec: %lf", &rate) == 1)
			break;
	}
	must(rate > 0, "wrk's rate");
	fclose(f);
	return n * 1e9 / rate;
}

static const struct op servers[] = {
	{ "pgbench-rw", pgbench_rw, 400 },
	{ "pgbench-ro", pgbench_ro, 1000 },
	{ "nginx", nginx, 1 },
};

int main(int argc, char **argv)
{
	must(!mount("none", "/debian/tmp", "tmpfs", 0, NULL), "tmpfs");
	must(!mount("/dev", "/debian/dev", NULL, MS_BIND, NULL), "dev");
	must(!mount("none", "/debian/proc", "proc", 0, NULL), "proc");
	must(!chroot("/debian") && !chdir("/tmp"), "chroot");
	must(!chmod("/tmp", 01777), "chmod");
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("TZ", "UTC", 1);
	write_file("/etc/passwd", "root:x:0:0::/:/bin/dash\nnobody:x:65534:65534::/tmp:/bin/dash\n");
	write_file("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
	measure_all(servers, ARRAY_SIZE(servers), argc, argv);
	return 0;
}
