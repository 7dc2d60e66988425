/* blob_read.c: header, records and data of a weight file in memory.
 *
 * All numbers are checked before use: alignment and place of a record, its sentinel and type, that
 * the data lie inside the file, and that their bits are just the elements of the stated shape. The
 * padding field means something for types below a byte only; older files have garbage there.
 */
#include "blob_read.h"

enum { ALIGN = 64, VERSION = 2 };
#define SENTINEL 0xdeadbeefu

typedef struct BlobRecord {
	DType dtype;
	uint64_t at;   /* offset of the data */
	uint64_t size; /* in bytes */
	uint64_t bits; /* in use; size * 8 less the padding */
} BlobRecord;

static bool fault(Arena *a, const char **error, const char *fmt, ...) PRINTF(3, 4);

static bool
fault(Arena *a, const char **error, const char *fmt, ...)
{
	Buf b = {0};

	WITH_ARGS(fmt, ap, buf_vprintf(&b, fmt, ap));
	*error = buf_keep(&b, a);
	return false;
}

static DType
dtype_from_blob(uint64_t code)
{
	int t;

	for (t = 1; t < DT_COUNT; t++)
		if (code && dtype_info[t].blob == code)
			return (DType)t;
	return DT_NONE;
}

bool
blob_open(Arena *a, BlobFile *b, const void *p, size_t n, const char **error)
{
	uint32_t version;

	*b = (BlobFile){p, n, 0};
	if (n < ALIGN)
		return fault(a, error, "it has %zu bytes, expected a header of 64", n);
	b->count = (uint32_t)get_le(p, 4);
	version = (uint32_t)get_le(b->at + 4, 4);
	if (version != VERSION)
		return fault(a, error, "it has version %u, expected 2", version);
	return true;
}

/* Padding of the last byte, for types of less than eight bits. */
static bool
check_padding(Arena *a, const BlobRecord *r, uint64_t offset, uint64_t padding, const char **error)
{
	unsigned width = (unsigned)dtype_bits(r->dtype);

	if (padding > 7 || padding > r->size * 8 || (r->size * 8 - padding) % width)
		return fault(a, error,
		             "the weight record at %llu pads %llu bytes of %s by %llu bits, "
		             "expected less than 8 and whole elements",
		             (unsigned long long)offset, (unsigned long long)r->size,
		             dtype_info[r->dtype].mil, (unsigned long long)padding);
	return true;
}

/* The record a model refers to by offset. */
static bool
blob_record(Arena *a, const BlobFile *b, uint64_t offset, BlobRecord *r, const char **error)
{
	unsigned long long off = offset;
	const uint8_t *p;
	uint32_t sentinel, type;
	uint64_t padding;

	if (offset % ALIGN || offset < ALIGN || offset > b->n || b->n - offset < ALIGN)
		return fault(a, error,
		             "no weight record at %llu: expected a multiple of 64 inside the %zu "
		             "bytes of the file",
		             off, b->n);
	p = b->at + offset;
	sentinel = (uint32_t)get_le(p, 4);
	type = (uint32_t)get_le(p + 4, 4);
	if (sentinel != SENTINEL)
		return fault(a, error,
		             "the weight record at %llu begins with 0x%08x, expected 0x%08x", off,
		             sentinel, SENTINEL);
	*r = (BlobRecord){dtype_from_blob(type), get_le(p + 16, 8), get_le(p + 8, 8), 0};
	padding = get_le(p + 24, 8);
	if (r->dtype == DT_NONE)
		return fault(a, error, "the weight record at %llu has the unknown type %u", off,
		             type);
	if (r->at > b->n || r->size > b->n - r->at)
		return fault(a, error,
		             "the weight record at %llu places %llu bytes at %llu, past the end of "
		             "the file at %zu",
		             off, (unsigned long long)r->size, (unsigned long long)r->at, b->n);
	/* the size fits in memory, so it can be multiplied by 8 */
	if (dtype_bits(r->dtype) >= 8)
		padding = 0;
	else if (!check_padding(a, r, offset, padding, error))
		return false;
	r->bits = r->size * 8 - padding;
	return true;
}

bool
blob_place(Arena *a, const BlobFile *b, uint64_t offset, uint64_t *at, uint64_t *size,
           const char **error)
{
	BlobRecord r = {0};

	if (!blob_record(a, b, offset, &r, error))
		return false;
	*at = r.at;
	*size = r.size;
	return true;
}

void
blob_unpack(uint8_t *out, const uint8_t *in, size_t n, unsigned width, bool is_signed)
{
	unsigned have = 0, mask = (1u << width) - 1, top = 1u << (width - 1), v;
	uint32_t acc = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (have < width) {
			acc |= (uint32_t)*in++ << have;
			have += 8;
		}
		v = acc & mask;
		acc >>= width;
		have -= width;
		out[i] = (uint8_t)(is_signed && v & top ? v | ~mask : v);
	}
}

/* Views need elements at their natural places. */
static Tensor *
view_or_copy(Arena *a, DType t, const int64_t *dim, int rank, const uint8_t *p)
{
	Tensor *x;

	if ((uintptr_t)p % dtype_size(t) == 0)
		return tensor_view(a, t, dim, rank, (void *)(uintptr_t)p);
	x = tensor_new(a, t, dim, rank);
	if (x->count)
		memcpy(x->data, p, tensor_bytes(x));
	return x;
}

Tensor *
blob_tensor(Arena *a, const BlobFile *b, uint64_t offset, DType t, const int64_t *dim, int rank,
            const char **error)
{
	unsigned long long off = offset;
	unsigned width = (unsigned)dtype_bits(t);
	BlobRecord r = {0};
	int64_t count = 0;
	Tensor *x;
	bool good = blob_record(a, b, offset, &r, error);

	if (good && r.dtype != t)
		good = fault(a, error,
		             "the weight record at %llu holds %s, but the model expects %s", off,
		             dtype_info[r.dtype].mil, dtype_info[t].mil);
	if (good && !shape_count(dim, rank, &count))
		good = fault(a, error,
		             "the weight record at %llu: the shape in the model is too large", off);
	if (good && ((uint64_t)count != r.bits / width || r.bits % width))
		good = fault(a, error,
		             "the weight record at %llu has %llu bits, but the model expects %lld "
		             "elements of %u",
		             off, (unsigned long long)r.bits, (long long)count, width);
	if (!good)
		return 0;
	if (width >= 8)
		return view_or_copy(a, t, dim, rank, b->at + r.at);
	x = tensor_new(a, t, dim, rank);
	blob_unpack(x->data, b->at + r.at, (size_t)count, width, t == DT_INT4);
	return x;
}
