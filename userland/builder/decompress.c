// SPDX-License-Identifier: GPL-2.0-only
/*
 * The libraries do the work; here they are made to look alike: each decoder
 * is fed the whole input and appends to one growing, bounded buffer.
 */
#include "builder/decompress.h"

#include <errno.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <lzo/lzo1x.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "common/macros.h"

/* what a decoder may use itself; kernels are packed with up to 128 MiB */
#define DECODER_MEMORY	(512ULL << 20)
#define LZ4_BLOCK	(8U << 20)

struct out {
	uint8_t *buf;
	size_t len, room, max;
	struct lodge_err *err;
};

/* Make sure that there is room behind the data, at most up to the ceiling. */
static int make_room(struct out *o, size_t wanted)
{
	size_t room = o->room ? o->room : 1 << 20;
	uint8_t *bigger;

	if (wanted > o->max - o->len)
		wanted = o->max - o->len;
	if (!wanted)
		return lodge_fail(o->err, EFBIG, "it unpacks to more than %zu MiB", o->max >> 20);
	while (room - o->len < wanted)
		room *= 2;
	if (room > o->max)
		room = o->max;
	if (room == o->room)
		return 0;
	bigger = realloc(o->buf, room);
	if (!bigger)
		return lodge_fail(o->err, ENOMEM, "out of memory");
	o->buf = bigger;
	o->room = room;
	return 0;
}

static int broken(struct out *o, const char *what)
{
	return lodge_fail(o->err, EINVAL, "its %s data are damaged", what);
}

static int cut_off(struct out *o, const char *what)
{
	return lodge_fail(o->err, EINVAL, "its %s data are cut off", what);
}

static int unpack_gzip(const uint8_t *in, size_t len, struct out *o)
{
	z_stream z = { .next_in = (uint8_t *)in, .avail_in = len };
	int rc;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return lodge_fail(o->err, ENOMEM, "out of memory");
	do {
		if (make_room(o, 1)) {
			inflateEnd(&z);
			return -1;
		}
		z.next_out = o->buf + o->len;
		z.avail_out = o->room - o->len;
		rc = inflate(&z, Z_NO_FLUSH);
		o->len = o->room - z.avail_out;
	} while (rc == Z_OK && (z.avail_in || !z.avail_out));
	inflateEnd(&z);
	if (rc == Z_STREAM_END)
		return 0;
	return rc == Z_OK || rc == Z_BUF_ERROR ? cut_off(o, "gzip") : broken(o, "gzip");
}

static int unpack_lzma(const uint8_t *in, size_t len, struct out *o, bool xz)
{
	const char *what = xz ? "xz" : "lzma";
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret rc;

	rc = xz ? lzma_stream_decoder(&s, DECODER_MEMORY, 0) :
		  lzma_alone_decoder(&s, DECODER_MEMORY);
	if (rc != LZMA_OK)
		return lodge_fail(o->err, ENOMEM, "out of memory");
	s.next_in = in;
	s.avail_in = len;
	do {
		if (make_room(o, 1)) {
			lzma_end(&s);
			return -1;
		}
		s.next_out = o->buf + o->len;
		s.avail_out = o->room - o->len;
		rc = lzma_code(&s, LZMA_FINISH);
		o->len = o->room - s.avail_out;
	} while (rc == LZMA_OK);
	lzma_end(&s);
	if (rc == LZMA_STREAM_END)
		return 0;
	if (rc == LZMA_MEM_ERROR || rc == LZMA_MEMLIMIT_ERROR)
		return lodge_fail(o->err, ENOMEM, "its %s data need too much memory", what);
	return rc == LZMA_BUF_ERROR ? cut_off(o, what) : broken(o, what);
}

static int unpack_xz(const uint8_t *in, size_t len, struct out *o)
{
	return unpack_lzma(in, len, o, true);
}

static int unpack_lzma_alone(const uint8_t *in, size_t len, struct out *o)
{
	return unpack_lzma(in, len, o, false);
}

static int unpack_zstd(const uint8_t *in, size_t len, struct out *o)
{
	ZSTD_inBuffer ib = { in, len, 0 };
	ZSTD_DStream *d = ZSTD_createDStream();
	ZSTD_outBuffer ob;
	size_t rc, in_before, out_before;
	bool stuck;

	if (!d)
		return lodge_fail(o->err, ENOMEM, "out of memory");
	/* kernels are packed with windows of 128 MiB */
	ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, 27);
	do {
		if (make_room(o, 1)) {
			ZSTD_freeDStream(d);
			return -1;
		}
		ob.dst = o->buf;
		ob.size = o->room;
		ob.pos = o->len;
		in_before = ib.pos;
		out_before = ob.pos;
		rc = ZSTD_decompressStream(d, &ob, &ib);
		o->len = ob.pos;
		stuck = ib.pos == in_before && ob.pos == out_before;
	} while (rc && !ZSTD_isError(rc) && !stuck);
	ZSTD_freeDStream(d);
	if (!rc)
		return 0;
	return ZSTD_isError(rc) ? broken(o, "zstd") : cut_off(o, "zstd");
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/*
 * The "legacy" frame that kernels use: a magic number, then blocks of up to
 * 8 MiB behind their packed size.  It has no end mark; a kernel has 4 bytes of
 * its unpacked size behind the last block.
 */
static int unpack_lz4_legacy(const uint8_t *in, size_t len, struct out *o)
{
	const uint8_t *p = in + 4, *end = in + len;
	uint32_t size;
	int n;

	while (end - p > 4) {
		size = le32(p);
		if (size == le32(in)) {
			p += 4;
			continue;
		}
		p += 4;
		if (size > (size_t)(end - p) || size > LZ4_COMPRESSBOUND(LZ4_BLOCK))
			return cut_off(o, "lz4");
		if (make_room(o, LZ4_BLOCK))
			return -1;
		n = o->room - o->len > LZ4_BLOCK ? LZ4_BLOCK : o->room - o->len;
		n = LZ4_decompress_safe((const char *)p, (char *)o->buf + o->len, size, n);
		if (n < 0)
			return broken(o, "lz4");
		o->len += n;
		p += size;
	}
	return 0;
}

static int unpack_lz4_frame(const uint8_t *in, size_t len, struct out *o)
{
	LZ4F_dctx *d;
	size_t rc, n_in, n_out;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&d, LZ4F_VERSION)))
		return lodge_fail(o->err, ENOMEM, "out of memory");
	do {
		if (make_room(o, 1)) {
			LZ4F_freeDecompressionContext(d);
			return -1;
		}
		n_in = len;
		n_out = o->room - o->len;
		rc = LZ4F_decompress(d, o->buf + o->len, &n_out, in, &n_in, NULL);
		in += n_in;
		len -= n_in;
		o->len += n_out;
	} while (rc && !LZ4F_isError(rc) && (n_in || n_out));
	LZ4F_freeDecompressionContext(d);
	if (!rc)
		return 0;
	return LZ4F_isError(rc) ? broken(o, "lz4") : cut_off(o, "lz4");
}

/* The file format of lzop, which the library does not know. */
#define LZOP_ADLER32_D	0x001
#define LZOP_ADLER32_C	0x002
#define LZOP_FILTER	0x800
#define LZOP_CRC32_D	0x100
#define LZOP_CRC32_C	0x200

/* Length of the header and its flags; 0 if there is no whole header. */
static size_t lzop_header(const uint8_t *in, size_t len, uint32_t *flags)
{
	size_t at = 9 + 2;
	bool modern;

	if (len < 64)
		return 0;
	modern = (in[9] << 8 | in[10]) >= 0x940;
	at += modern ? 2 + 2 + 1 + 1 : 2 + 1;	/* versions, method, level */
	*flags = be32(in + at);
	at += 4 + (*flags & LZOP_FILTER ? 4 : 0);
	at += modern ? 4 + 8 : 4 + 4;		/* mode, time */
	at += 1 + in[at] + 4;			/* name, checksum */
	return at < len ? at : 0;
}

static int unpack_lzo(const uint8_t *in, size_t len, struct out *o)
{
	const uint8_t *p, *end = in + len;
	uint32_t flags, unpacked, packed;
	size_t header, skip;
	lzo_uint n;

	header = lzop_header(in, len, &flags);
	if (!header)
		return cut_off(o, "lzo");
	p = in + header;
	for (;;) {
		if (end - p < 4)
			return cut_off(o, "lzo");
		unpacked = be32(p);
		p += 4;
		if (!unpacked)
			return 0;
		if (end - p < 4)
			return cut_off(o, "lzo");
		packed = be32(p);
		p += 4;
		skip = 4 * (!!(flags & LZOP_ADLER32_D) + !!(flags & LZOP_CRC32_D));
		if (packed < unpacked)
			skip += 4 * (!!(flags & LZOP_ADLER32_C) + !!(flags & LZOP_CRC32_C));
		if (packed > unpacked || unpacked > 64 << 20)
			return broken(o, "lzo");
		if ((size_t)(end - p) < skip + packed)
			return cut_off(o, "lzo");
		p += skip;
		if (make_room(o, unpacked))
			return -1;
		n = o->room - o->len;
		if (n < unpacked)
			return lodge_fail(o->err, EFBIG, "it unpacks to more than %zu MiB",
					  o->max >> 20);
		n = unpacked;
		if (packed == unpacked)
			memcpy(o->buf + o->len, p, packed);
		else if (lzo1x_decompress_safe(p, packed, o->buf + o->len, &n, NULL) != LZO_E_OK)
			return broken(o, "lzo");
		o->len += n;
		p += packed;
	}
}

static const struct format {
	const char *name;
	const char *magic;
	size_t magic_len;
	int (*unpack)(const uint8_t *in, size_t len, struct out *o);
} formats[] = {
	{ "gzip", "\x1f\x8b",			2, unpack_gzip },
	{ "xz",	  "\xfd\x37zXZ\0",		6, unpack_xz },
	{ "lzma", "\x5d\0\0",			3, unpack_lzma_alone },
	{ "zstd", "\x28\xb5\x2f\xfd",		4, unpack_zstd },
	{ "lz4",  "\x02\x21\x4c\x18",		4, unpack_lz4_legacy },
	{ "lz4",  "\x04\x22\x4d\x18",		4, unpack_lz4_frame },
	{ "lzo",  "\x89LZO\0\r\n\x1a\n",	9, unpack_lzo },
};

static const struct format *format_of(const uint8_t *in, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (len >= formats[i].magic_len &&
		    !memcmp(in, formats[i].magic, formats[i].magic_len))
			return &formats[i];
	return NULL;
}

const char *lodge_compression(const uint8_t *in, size_t len)
{
	const struct format *f = format_of(in, len);

	return f ? f->name : NULL;
}

uint8_t *lodge_decompress(const uint8_t *in, size_t len, size_t max, size_t *out_len,
			  struct lodge_err *err)
{
	const struct format *f = format_of(in, len);
	struct out o = { .max = max, .err = err };

	if (!f) {
		lodge_fail(err, EINVAL, "it is not compressed in a known way");
		return NULL;
	}
	if (len > UINT32_MAX >> 1) {
		lodge_fail(err, EFBIG, "it is too large");
		return NULL;
	}
	if (f->unpack(in, len, &o)) {
		free(o.buf);
		return NULL;
	}
	*out_len = o.len;
	return o.buf;
}
