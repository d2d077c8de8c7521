// SPDX-License-Identifier: GPL-2.0-only
/* TAP lines, counted; see pvguest/tap.h for what each is for. */
#include <pvguest/pvguest.h>

static unsigned int tests, failures;
static unsigned long sweep_checks, sweep_failures;

static bool result(bool good, const char *fmt, va_list ap)
{
	char text[400];

	vsnprintf(text, sizeof(text), fmt, ap);
	printf("%sok %u %s\n", good ? "" : "not ", ++tests, text);
	if (!good)
		failures++;
	return good;
}

bool ok(bool cond, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(cond, fmt, ap);
	va_end(ap);
	return cond;
}

bool is(u64 got, u64 want, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(got == want, fmt, ap);
	va_end(ap);
	if (got != want)
		diag("got 0x%lx, expected 0x%lx", got, want);
	return got == want;
}

bool err(s64 got, s64 want, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(got == want, fmt, ap);
	va_end(ap);
	if (got != want)
		diag("got %ld, expected %ld", got, want);
	return got == want;
}

bool err2(s64 got, s64 want, s64 also, const char *fmt, ...)
{
	bool good = got == want || got == also;
	va_list ap;

	va_start(ap, fmt);
	result(good, fmt, ap);
	va_end(ap);
	if (!good)
		diag("got %ld, expected %ld or %ld", got, want, also);
	return good;
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(true, fmt, ap);
	va_end(ap);
}

void diag(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("# %s\n", text);
}

void sweep_begin(void)
{
	sweep_checks = 0;
	sweep_failures = 0;
}

bool sweep_check(bool cond, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	sweep_checks++;
	if (cond)
		return true;
	if (++sweep_failures <= 20) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		diag("%s", text);
	}
	return false;
}

void sweep_end(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(!sweep_failures && sweep_checks, fmt, ap);
	va_end(ap);
	diag("%lu checks, %lu failed", sweep_checks, sweep_failures);
}

void expect_crash(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ok(true, "reached: %s", text);
	printf("1..%u\n# the domain must crash now: %s\n", tests, text);
	console_flush();
}

void survived(void)
{
	printf("not ok %u survived what must crash the domain\n", tests + 1);
	console_flush();
	shutdown(SHUTDOWN_poweroff);
}

void tap_finish(void)
{
	printf("1..%u\n# %u failed\n", tests, failures);
	console_flush();
	shutdown(SHUTDOWN_poweroff);
}

void bail_out(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("Bail out! %s\n", text);
	console_flush();
	shutdown(SHUTDOWN_crash);
}
