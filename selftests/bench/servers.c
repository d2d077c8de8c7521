// SPDX-License-Identifier: GPL-2.0-only
/*
 * servers: what a request costs of common servers, with who asks beside them on the
 * same machine.  Runs as a domain and on the bare machine, with the programs of
 * ../qemu/cache/workloads servers below /debian; their files are in memory.
 *
 * Words on the command line choose operations.
 */
#define _GNU_SOURCE
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"
#include "programs.h"

#define NOBODY	65534		/* PostgreSQL refuses to be root */
#define PG	"/usr/lib/postgresql/15/bin/"
#define WEB_FILE	4096

/* As who PostgreSQL wants, which is not root. */
#define RUN_PG(...) run_program(NOBODY, OUTPUT, (char *[]){ __VA_ARGS__, NULL })

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	must(f && fputs(text, f) >= 0 && !fclose(f), path);
}

/* The server; it ends with the machine. */
static void need_database(void)
{
	static bool runs;
	int tries = 0;

	if (runs)
		return;
	runs = true;
	RUN_PG(PG "initdb", "-D", "/tmp/db", "-A", "trust", "-U", "postgres",
	       "--no-locale", "-E", "SQL_ASCII", "--no-sync", "--no-instructions");
	start_program(NOBODY, "/tmp/postgres.log", (char *[]){
		PG "postgres", "-D", "/tmp/db", "-k", "/tmp", "-h", "", "-B", "16MB",
		"-c", "dynamic_shared_memory_type=mmap", "-c", "autovacuum=off",
		"-c", "jit=off", NULL });
	/* while it starts it refuses */
	while (try_program(NOBODY, OUTPUT, (char *[]){
			PG "pgbench", "-h", "/tmp", "-U", "postgres", "-i", "-q", "-s", "1",
			"postgres", NULL }))
		must(++tries < 100 && !usleep(100000), "pgbench -i");
}

/* Nanoseconds for a transaction, of two clients at once. */
static long pgbench(long n, char *kind)
{
	char count[24];

	need_database();
	snprintf(count, sizeof(count), "%ld", (n + 1) / 2);
	return TIMED(RUN_PG(PG "pgbench", "-h", "/tmp", "-U", "postgres", "-n", "-c", "2",
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
	RUN("/usr/sbin/nginx", "-e", "/tmp/nginx.log", "-c", "/tmp/nginx.conf");
}

/* Nanoseconds for a request, by wrk's own account of a second, over four connections. */
static long nginx(long n)
{
	need_web();
	(void)TIMED(run_program(0, OUTPUT, (char *[]){
		"wrk", "-t", "1", "-c", "4", "-d", "1s", "http://127.0.0.1:8080/file", NULL }));
	must(!says(OUTPUT, "Non-2xx") && !says(OUTPUT, "Socket errors"), "wrk's requests");
	return n * 1e9 / number_after(OUTPUT, "Requests/sec:");
}

static const struct op servers[] = {
	{ "pgbench-rw", pgbench_rw, 400 },
	{ "pgbench-ro", pgbench_ro, 1000 },
	{ "nginx", nginx, 1 },
};

int main(int argc, char **argv)
{
	enter_debian();
	must(!chmod("/tmp", 01777), "chmod");
	setenv("TZ", "UTC", 1);
	write_file("/etc/passwd", "root:x:0:0::/:/bin/dash\nnobody:x:65534:65534::/tmp:/bin/dash\n");
	write_file("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
	measure_all(servers, ARRAY_SIZE(servers), argc, argv);
	return 0;
}
