/* archive.c: members of PyTorch's zip archives, and tensors as strided views over storages. Sizes,
 * strides and offsets come from strangers: all of them are held against the storage before a byte
 * of it is read.
 */
#include "archive.h"

#include <stdio.h>

enum { MADE_MIN = 1 << 28, MADE_RATIO = 8 };

/* Whether n more bytes may be made of a file of this size: what repeats a storage or unpacks again
 * and again is no model. */
static bool
may_make(Archive *ar, Span at, size_t n)
{
	size_t most = SIZE_MAX;

	if (ar->zip.n < SIZE_MAX / MADE_RATIO - MADE_MIN)
		most = ar->zip.n * MADE_RATIO + MADE_MIN;
	if (n > most || ar->made > most - n)
		return diag_error(ar->diag, at,
		                  "what the file of %zu bytes unpacks to is too large: save clones "
		                  "of expanded tensors",
		                  ar->zip.n);
	ar->made += n;
	return true;
}

/* What stands before the first slash of all names, with it; "" when they do not agree. */
static const char *
common_root(Arena *a, const Zip *z)
{
	const char *first = z->count ? z->member[0].name : "", *slash = strchr(first, '/');
	size_t n = slash ? (size_t)(slash - first) + 1 : 0;

	for (uint32_t i = 1; n && i < z->count; i++)
		if (strncmp(z->member[i].name, first, n) != 0)
			n = 0;
	return arena_printf(a, "%.*s", (int)n, first);
}

bool
archive_open(Archive *ar, Arena *a, Diag *d, Span at, const char *data, size_t n)
{
	NdErr err = {.text = ""};

	*ar = (Archive){.arena = a, .diag = d, .at = at, .root = ""};
	ar->zip = (Zip){.at = data, .n = n, .kind = "PyTorch", .ending = ""};
	if (!zip_open(&ar->zip, a, &err))
		return diag_error(d, at, "this file cannot be read: %s", err.text);
	ar->root = common_root(a, &ar->zip);
	map_init(&ar->unpacked, a);
	return true;
}

static const ZipMember *
find(const Archive *ar, const char *member)
{
	char name[512];
	int n = snprintf(name, sizeof name, "%s%s", ar->root, member);

	return n > 0 && n < (int)sizeof name ? zip_find(&ar->zip, name) : 0;
}

bool
archive_has(const Archive *ar, const char *member)
{
	return find(ar, member) != 0;
}

Span
archive_place(Archive *ar, const char *member)
{
	return diag_object(ar->diag, ar->at, "member", member);
}

static bool
unpack(Archive *ar, const ZipMember *m, const char **out, NdErr *err)
{
	char *bytes;

	if ((*out = map_get(&ar->unpacked, KEY(m))))
		return true;
	if (!may_make(ar, ar->at, (size_t)m->size) || !zip_unpack(&ar->zip, m, &bytes, err))
		return false;
	*out = arena_dup(ar->arena, bytes, (size_t)m->size);
	xfree(bytes);
	map_put(&ar->unpacked, KEY(m), (void *)(uintptr_t)*out);
	return true;
}

bool
archive_get(Archive *ar, const char *member, const char **out, size_t *n)
{
	const ZipMember *m = find(ar, member);
	NdErr err = {.text = ""};

	if (!m)
		return diag_error(ar->diag, ar->at, "its member '%.200s' is missing", member);
	*n = (size_t)m->size;
	if (m->method == 0 ? zip_view(&ar->zip, m, out, &err) : unpack(ar, m, out, &err))
		return true;
	if (err.text[0])
		diag_error(ar->diag, ar->at, "this file cannot be read: %s", err.text);
	return false;
}

/* ---- tensors ---- */

typedef struct Strided {
	const char *from; /* the first element */
	size_t size;      /* of an element */
	const int64_t *dim, *stride;
	uint32_t rank;
} Strided;

/* The greatest place of an element, counted in elements; false on overflow or a negative number. */
static bool
last_place(const Strided *v, int64_t offset, int64_t *out)
{
	int64_t step;

	*out = offset;
	for (uint32_t i = 0; i < v->rank; i++)
		if (v->dim[i] < 0 || v->stride[i] < 0 ||
		    __builtin_mul_overflow(v->dim[i] - 1, v->stride[i], &step) ||
		    __builtin_add_overflow(*out, step, out))
			return false;
	return offset >= 0;
}

static bool
is_contiguous(const Strided *v)
{
	int64_t want = 1;

	for (uint32_t i = v->rank; i-- > 0; want *= v->dim[i])
		if (v->dim[i] != 1 && v->stride[i] != want)
			return false;
	return true;
}

static char *
copy_view(const Strided *v, uint32_t axis, const char *from, char *to)
{
	int64_t n = axis < v->rank ? v->dim[axis] : 1;
	int64_t step = axis < v->rank ? v->stride[axis] * (int64_t)v->size : 0;

	if (axis + 1 < v->rank) {
		for (int64_t i = 0; i < n; i++, from += step)
			to = copy_view(v, axis + 1, from, to);
		return to;
	}
	if (step == (int64_t)v->size) {
		memcpy(to, from, (size_t)n * v->size);
		return to + (size_t)n * v->size;
	}
	for (int64_t i = 0; i < n; i++, from += step, to += v->size)
		memcpy(to, from, v->size);
	return to;
}

const Tensor *
storage_tensor(Archive *ar, Span at, const void *storage, size_t nbytes, DType t,
               const int64_t *size, const int64_t *stride, uint32_t rank, int64_t offset)
{
	Strided v = {.size = dtype_size(t), .dim = size, .stride = stride, .rank = rank};
	int64_t count, last;
	size_t bytes;
	Tensor *out;

	if (rank > TENSOR_MAX_RANK || !shape_count(size, (int)rank, &count) ||
	    !last_place(&v, offset, &last) || !mul_size((size_t)count, v.size, &bytes)) {
		diag_error(ar->diag, at,
		           "the tensor's sizes, strides or offset are no valid numbers");
		return 0;
	}
	if (count == 0)
		return tensor_new(ar->arena, t, size, (int)rank);
	if ((uint64_t)last >= nbytes / v.size) {
		diag_error(ar->diag, at,
		           "the tensor ends at element %llu of its storage, which has %zu",
		           (unsigned long long)last + 1, nbytes / v.size);
		return 0;
	}
	v.from = (const char *)storage + (size_t)offset * v.size;
	if (is_contiguous(&v) && (uintptr_t)v.from % v.size == 0)
		return tensor_view(ar->arena, t, size, (int)rank, (void *)(uintptr_t)v.from);
	if (!may_make(ar, at, bytes))
		return 0;
	out = tensor_new(ar->arena, t, size, (int)rank);
	copy_view(&v, 0, v.from, out->data);
	return out;
}
