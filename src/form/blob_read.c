/* blob_read.c: header, records and data of a weight file in memory.
 *
 * All numbers are checked before use: alignment and place of a record, its sentinel and type, that
 * the data lie inside the file, and that their bits are just the elements of the stated shape. The
 * padding field means something for types below a byte only; older files have garbage there.
 */
#include "blob_read.h"

enum { ALIGN = 64, VERSION = 2 };
#define SENTINEL 0xdeadbeefu

static uint32_t
get_u32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t
get_u64(const uint8_t *p)
{
	return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

static DType
dtype_from_blob(uint32_t code)
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
	if (n < ALIGN) {
		*error = arena_printf(a, "it has %zu bytes, expected a header of 64", n);
		return false;
	}
	b->count = get_u32(b->at);
	version = get_u32(b->at + 4);
	if (version != VERSION) {
		*error = arena_printf(a, "it has version %u, expected 2", version);
		return false;
	}
	return true;
}

/* Padding of the last byte, for types of less than eight bits. */
static bool
check_padding(Arena *a, const BlobRecord *r, uint64_t offset, uint64_t padding, const char **error)
{
	unsigned width = (unsigned)dtype_bits(r->dtype);

	if (padding > 7 || padding > r->size * 8 || (r->size * 8 - padding) % width) {
		*error = arena_printf(
		    a,
		    "the weight record at %llu pads %llu bytes of %s by %llu bits, expected "
		    "less than 8 and whole elements",
		    (unsigned long long)offset, (unsigned long long)r->size,
		    dtype_info[r->dtype].mil, (unsigned long long)padding);
		return false;
	}
	return true;
}

/* The record a model refers to by offset. */
static bool
blob_record(Arena *a, const BlobFile *b, uint64_t offset, BlobRecord *r, const char **error)
{
	unsigned long long off = offset;
	uint64_t padding;
	const uint8_t *p;

	if (offset % ALIGN || offset < ALIGN || offset > b->n || b->n - offset < ALIGN) {
		*error =
		    arena_printf(a,
		                 "no weight record at %llu: expected a multiple of 64 inside the "
		                 "%zu bytes of the file",
		                 off, b->n);
		return false;
	}
	p = b->at + offset;
	if (get_u32(p) != SENTINEL) {
		*error =
		    arena_printf(a, "the weight record at %llu begins with 0x%08x, expected 0x%08x",
		                 off, get_u32(p), SENTINEL);
		return false;
	}
	*r = (BlobRecord){dtype_from_blob(get_u32(p + 4)), get_u64(p + 16), get_u64(p + 8), 0, 0};
	padding = get_u64(p + 24);
	if (r->dtype == DT_NONE) {
		*error = arena_printf(a, "the weight record at %llu has the unknown type %u", off,
		                      get_u32(p + 4));
		return false;
	}
	if (r->at > b->n || r->size > b->n - r->at) {
		*error =
		    arena_printf(a,
		                 "the weight record at %llu places %llu bytes at %llu, past the "
		                 "end of the file at %zu",
		                 off, (unsigned long long)r->size, (unsigned long long)r->at, b->n);
		return false;
	}
	/* the size fits in memory, so it can be multiplied by 8 */
	if (dtype_bits(r->dtype) >= 8)
		padding = 0;
	else if (!check_padding(a, r, offset, padding, error))
		return false;
	r->bits = r->size * 8 - padding;
	r->next = (r->at + r->size + ALIGN - 1) / ALIGN * ALIGN;
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
		memcpy(x->data, p, (size_t)x->count * dtype_size(t));
	return x;
}

Tensor *
blob_tensor(Arena *a, const BlobFile *b, uint64_t offset, DType t, const int64_t *dim, int rank,
            const char **error)
{
	unsigned long long off = offset;
	BlobRecord r;
	int64_t count;
	Tensor *x;

	if (!blob_record(a, b, offset, &r, error))
		return 0;
	if (r.dtype != t) {
		*error = arena_printf(
		    a, "the weight record at %llu holds %s, but the model expects %s", off,
		    dtype_info[r.dtype].mil, dtype_info[t].mil);
		return 0;
	}
	if (!shape_count(dim, rank, &count)) {
		*error = arena_printf(
		    a, "the weight record at %llu: the shape in the model is too large", off);
		return 0;
	}
	if ((uint64_t)count != r.bits / (unsigned)dtype_bits(t) ||
	    r.bits % (unsigned)dtype_bits(t)) {
		*error =
		    arena_printf(a,
		                 "the weight record at %llu has %llu bits, but the model expects "
		                 "%lld elements of %d",
		                 off, (unsigned long long)r.bits, (long long)count, dtype_bits(t));
		return 0;
	}
	if (dtype_bits(t) >= 8)
		return view_or_copy(a, t, dim, rank, b->at + r.at);
	x = tensor_new(a, t, dim, rank);
	blob_unpack(x->data, b->at + r.at, (size_t)count, (unsigned)dtype_bits(t), t == DT_INT4);
	return x;
}
