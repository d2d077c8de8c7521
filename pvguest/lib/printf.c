// SPDX-License-Identifier: GPL-2.0-only
/* printf: %d %i %u %x %s %c %p %%, with l/ll/z, width, 0 and - flags. */
#include <pvguest/pvguest.h>

struct out {
	char *buf;
	size_t size, len;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_padded(struct out *o, const char *s, size_t n, size_t width, char pad, bool left)
{
	size_t fill = width > n ? width - n : 0;

	for (; fill && !left; fill--)
		put(o, pad);
	while (n--)
		put(o, *s++);
	for (; fill; fill--)
		put(o, ' ');
}

static void put_number(struct out *o, u64 v, unsigned int base, bool negative, size_t width,
		       char pad, bool left)
{
	char tmp[24];
	size_t n = sizeof(tmp);

	do {
		tmp[--n] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (negative) {
		if (pad == '0') {
			put(o, '-');
			width -= !!width;
		} else {
			tmp[--n] = '-';
		}
	}
	put_padded(o, tmp + n, sizeof(tmp) - n, width, pad, left);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };

	for (; *fmt; fmt++) {
		unsigned int longs = 0;
		size_t width = 0;
		bool left = false, alt = false;
		char pad = ' ';
		const char *s;
		char c;
		s64 d;

		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		for (fmt++; *fmt == '-' || *fmt == '0' || *fmt == '#'; fmt++) {
			if (*fmt == '-')
				left = true;
			else if (*fmt == '0')
				pad = '0';
			else
				alt = true;
		}
		while (*fmt >= '0' && *fmt <= '9')
			width = width * 10 + *fmt++ - '0';
		for (; *fmt == 'l' || *fmt == 'z'; fmt++)
			longs++;
		switch (*fmt) {
		case 'd':
		case 'i':
			d = longs ? va_arg(ap, s64) : va_arg(ap, int);
			put_number(&o, d < 0 ? -(u64)d : (u64)d, 10, d < 0, width, pad, left);
			break;
		case 'u':
			put_number(&o, longs ? va_arg(ap, u64) : va_arg(ap, unsigned int), 10,
				   false, width, pad, left);
			break;
		case 'p':
			longs = 1;
			/* fall through */
		case 'x':
			if (alt || *fmt == 'p') {
				put(&o, '0');
				put(&o, 'x');
			}
			put_number(&o, longs ? va_arg(ap, u64) : va_arg(ap, unsigned int), 16,
				   false, width, pad, left);
			break;
		case 's':
			s = va_arg(ap, const char *);
			put_padded(&o, s ? s : "(null)", strlen(s ? s : "(null)"), width, ' ', left);
			break;
		case 'c':
			c = va_arg(ap, int);
			put_padded(&o, &c, 1, width, ' ', left);
			break;
		case '%':
			put(&o, '%');
			break;
		default:
			put(&o, '?');
			if (!*fmt)
				fmt--;
		}
	}
	if (size)
		buf[min(o.len, size - 1)] = 0;
	return o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

void printf(const char *fmt, ...)
{
	static char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	console_write(line, min((size_t)n, sizeof(line) - 1));
}
