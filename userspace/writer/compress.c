// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <libdeflate.h>
#include <lz4.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "compress.h"

/* Numbers that the HDF Group has given to filters that are plugins. */
#define FILTER_LZ4 32004
#define FILTER_BITSHUFFLE 32008

/* The fastest: higher levels gain a few percent for several times the time. */
#define DEFLATE_LEVEL 1

/*
 * Bytes that bitshuffle works on at a time, as areaDetector has it; and what
 * its filter calls LZ4.
 */
#define BITSHUFFLE_BLOCK 8192
#define BITSHUFFLE_LZ4 2

/* In front of a chunk: bytes of pixels, bytes of a block; big endian. */
#define HEADER_BYTES 12

/* In front of a block: bytes that it has become; big endian. */
#define BLOCK_HEADER_BYTES 4

static const char *const names[] = {
	[WRITER_PLAIN] = "none",
	[WRITER_DEFLATE] = "deflate",
	[WRITER_SHUFFLE_DEFLATE] = "shuffle-deflate",
	[WRITER_LZ4] = "lz4",
	[WRITER_BITSHUFFLE_LZ4] = "bitshuffle-lz4",
};

#define KINDS (sizeof(names) / sizeof(*names))

const char *writer_compression_name(enum writer_compression compression)
{
	return (size_t)compression < KINDS ? names[compression] : NULL;
}

int writer_compression(const char *name)
{
	/* areaDetector's word for it. */
	if (!strcmp(name, "zlib"))
		return WRITER_DEFLATE;
	for (size_t n = 0; n < KINDS; n++) {
		if (!strcmp(name, names[n]))
			return n;
	}
	return -1;
}

bool compress_is_there(enum writer_compression compression)
{
	switch (compression) {
	case WRITER_PLAIN:
		return true;
	case WRITER_DEFLATE:
	case WRITER_SHUFFLE_DEFLATE:
		return H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0;
	case WRITER_LZ4:
		return H5Zfilter_avail(FILTER_LZ4) > 0;
	case WRITER_BITSHUFFLE_LZ4:
		return H5Zfilter_avail(FILTER_BITSHUFFLE) > 0;
	default:
		return false;
	}
}

int compress_set_filters(enum writer_compression compression, hid_t plist)
{
	/* Its plugin puts versions and the size of an element before these. */
	const unsigned int bitshuffle[] = { BITSHUFFLE_BLOCK, BITSHUFFLE_LZ4 };
	herr_t ret = 0;

	switch (compression) {
	case WRITER_SHUFFLE_DEFLATE:
		ret = H5Pset_shuffle(plist);
		if (ret < 0)
			break;
		/* fall through */
	case WRITER_DEFLATE:
		ret = H5Pset_deflate(plist, DEFLATE_LEVEL);
		break;
	case WRITER_LZ4:
		ret = H5Pset_filter(plist, FILTER_LZ4, H5Z_FLAG_OPTIONAL, 0,
				    NULL);
		break;
	case WRITER_BITSHUFFLE_LZ4:
		ret = H5Pset_filter(plist, FILTER_BITSHUFFLE,
				    H5Z_FLAG_OPTIONAL, 2, bitshuffle);
		break;
	default:
		break;
	}
	return ret < 0 ? -1 : 0;
}

static size_t blocks_of(size_t bytes)
{
	return (bytes + BITSHUFFLE_BLOCK - 1) / BITSHUFFLE_BLOCK;
}

size_t compress_room(enum writer_compression compression, size_t bytes)
{
	switch (compression) {
	case WRITER_DEFLATE:
	case WRITER_SHUFFLE_DEFLATE:
		return libdeflate_zlib_compress_bound(NULL, bytes);
	case WRITER_LZ4:
		return HEADER_BYTES + BLOCK_HEADER_BYTES +
		       LZ4_COMPRESSBOUND(bytes);
	case WRITER_BITSHUFFLE_LZ4:
		return HEADER_BYTES + blocks_of(bytes) *
		       (BLOCK_HEADER_BYTES +
			LZ4_COMPRESSBOUND(BITSHUFFLE_BLOCK));
	default:
		return bytes;
	}
}

static uint8_t *put_be32(uint8_t *out, uint32_t value)
{
	value = htobe32(value);
	memcpy(out, &value, sizeof(value));
	return out + sizeof(value);
}

static uint8_t *put_header(uint8_t *out, uint64_t bytes, uint32_t block)
{
	bytes = htobe64(bytes);
	memcpy(out, &bytes, sizeof(bytes));
	return put_be32(out + sizeof(bytes), block);
}

static size_t pack_deflate(const void *pixels, size_t bytes, uint8_t *out)
{
	struct libdeflate_compressor *const compressor =
		libdeflate_alloc_compressor(DEFLATE_LEVEL);
	size_t packed;

	if (!compressor)
		return 0;
	/* What does not become smaller need not be finished. */
	packed = libdeflate_zlib_compress(compressor, pixels, bytes, out,
					  bytes);
	libdeflate_free_compressor(compressor);
	return packed;
}

/* Return: the end of the block with its header, or NULL. */
static uint8_t *put_block(uint8_t *out, const void *in, size_t bytes)
{
	uint8_t *const data = out + BLOCK_HEADER_BYTES;
	const int packed = LZ4_compress_default(in, (char *)data, bytes,
						LZ4_COMPRESSBOUND(bytes));

	if (packed <= 0)
		return NULL;
	put_be32(out, packed);
	return data + packed;
}

/*
 * One block: ADApp/pluginSrc/NDFileHDF5Dataset.cpp of ADCore has the header. A
 * block that does not shrink is stored as it is by the filter; here the frame
 * is.
 */
static size_t pack_lz4(const void *pixels, size_t bytes, uint8_t *out)
{
	const uint8_t *const end =
		put_block(put_header(out, bytes, bytes), pixels, bytes);

	return end ? end - out : 0;
}

/*
 * An 8x8 matrix of bits, transposed: bit b of byte i becomes bit i of byte b
 * (Warren, Hacker's Delight, 2nd edition, section 7-3).
 */
static uint64_t transpose(uint64_t x)
{
	uint64_t t;

	t = (x ^ (x >> 7)) & UINT64_C(0x00aa00aa00aa00aa);
	x ^= t ^ (t << 7);
	t = (x ^ (x >> 14)) & UINT64_C(0x0000cccc0000cccc);
	x ^= t ^ (t << 14);
	t = (x ^ (x >> 28)) & UINT64_C(0x00000000f0f0f0f0);
	return x ^ t ^ (t << 28);
}

/* Bit 0 of every byte, then bit 1 ...; @bytes: a multiple of 8 */
static void shuffle_bits(const uint8_t *in, size_t bytes, uint8_t *out)
{
	const size_t plane = bytes / 8;

	for (size_t n = 0; n < plane; n++) {
		uint64_t x;

		memcpy(&x, in + 8 * n, sizeof(x));
		x = transpose(le64toh(x));
		for (int bit = 0; bit < 8; bit++)
			out[bit * plane + n] = (uint8_t)(x >> (8 * bit));
	}
}

/* The last bytes, less than 8, follow as they are. */
static size_t pack_bitshuffle(const uint8_t *pixels, size_t bytes,
			      uint8_t *out)
{
	uint8_t shuffled[BITSHUFFLE_BLOCK];
	uint8_t *p = put_header(out, bytes, BITSHUFFLE_BLOCK);

	while (bytes >= 8) {
		size_t block = bytes < BITSHUFFLE_BLOCK ? bytes & ~(size_t)7
							: BITSHUFFLE_BLOCK;

		shuffle_bits(pixels, block, shuffled);
		p = put_block(p, shuffled, block);
		if (!p)
			return 0;
		pixels += block;
		bytes -= block;
	}
	memcpy(p, pixels, bytes);
	return p + bytes - out;
}

size_t compress_pack(enum writer_compression compression, const void *pixels,
		     size_t bytes, void *out)
{
	size_t packed = 0;

	switch (compression) {
	case WRITER_DEFLATE:
	case WRITER_SHUFFLE_DEFLATE:
		packed = pack_deflate(pixels, bytes, out);
		break;
	case WRITER_LZ4:
		packed = pack_lz4(pixels, bytes, out);
		break;
	case WRITER_BITSHUFFLE_LZ4:
		packed = pack_bitshuffle(pixels, bytes, out);
		break;
	default:
		break;
	}
	return packed < bytes ? packed : 0;
}
