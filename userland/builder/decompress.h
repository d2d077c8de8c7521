/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole buffers through the compressions that Linux kernels come in. */
#ifndef LODGE_BUILDER_DECOMPRESS_H
#define LODGE_BUILDER_DECOMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* By its first bytes: "gzip", "xz", "lzma", "zstd", "lz4", "lzo", or NULL. */
const char *lodge_compression(const uint8_t *in, size_t len);

/*
 * A new buffer of at most @max bytes to be free()d, or NULL.  What follows the
 * end of the compressed data is ignored (kernels carry their size there).
 */
uint8_t *lodge_decompress(const uint8_t *in, size_t len, size_t max, size_t *out_len,
			  struct lodge_err *err);

#endif
