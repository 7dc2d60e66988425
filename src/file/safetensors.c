/* safetensors.c: the header of .safetensors files: an 8-byte length, JSON with type, shape and
 * offsets of each tensor; the data follows.
 */
#include "safetensors.h"

#include <stdlib.h>

#include "base/sys.h"
#include "json.h"
#include "nd/nd_impl.h"
#include "npz.h"

#define HEADER_MAX ((uint64_t)100000000)
#define WRITE_CHUNK 65536

static const struct {
	const char *code;
	DType t;
} codes[] = {
    {"F64", DT_FP64},   {"F32", DT_FP32},  {"F16", DT_FP16},   {"I64", DT_INT64},
    {"U64", DT_UINT64}, {"I32", DT_INT32}, {"U32", DT_UINT32}, {"I16", DT_INT16},
    {"U16", DT_UINT16}, {"I8", DT_INT8},   {"U8", DT_UINT8},   {"BOOL", DT_BOOL},
};

static DType
type_of(const char *s)
{
	for (unsigned i = 0; i < countof(codes); i++)
		if (strcmp(codes[i].code, s) == 0)
			return codes[i].t;
	return DT_NONE;
}

static bool
read_shape(json_t *shape, SafeTensor *e, NdErr *err)
{
	size_t n = json_array_size(shape);

	if (!json_is_array(shape) || n > TENSOR_MAX_RANK)
		return nd_fail(err, "the shape of '%.60s' is no list of at most %d sizes", e->name,
		               TENSOR_MAX_RANK);
	e->rank = (int)n;
	for (size_t i = 0; i < n; i++) {
		json_t *d = json_array_get(shape, i);

		if (!json_is_integer(d) || json_integer_value(d) < 0)
			return nd_fail(err, "the shape of '%.60s' holds something else than sizes",
			               e->name);
		e->dim[i] = json_integer_value(d);
	}
	return true;
}

static bool
read_entry(json_t *v, uint64_t data, uint64_t size, SafeTensor *e, NdErr *err)
{
	json_t *off = json_object_get(v, "data_offsets");
	const char *type = json_string_value(json_object_get(v, "dtype"));
	int64_t from = json_integer_value(json_array_get(off, 0));
	int64_t to = json_integer_value(json_array_get(off, 1));
	uint64_t room = size - data;
	size_t bytes;

	if (!type || json_array_size(off) != 2)
		return nd_fail(err, "the entry of '%.60s' lacks dtype or data_offsets", e->name);
	e->t = type_of(type);
	if (!e->t)
		return nd_fail(
		    err, "'%.60s' has the type %.20s, which numpy has not: save it as F32 or F16",
		    e->name, type);
	if (!read_shape(json_object_get(v, "shape"), e, err) ||
	    !nd_size_bytes(e->t, e->dim, e->rank, &bytes, err))
		return false;
	if (from < 0 || to < from || (uint64_t)to > room)
		return nd_fail(
		    err,
		    "the data of '%.60s' at [%lld, %lld) lies outside the file, which has "
		    "%llu bytes of data",
		    e->name, (long long)from, (long long)to, (unsigned long long)room);
	if ((uint64_t)(to - from) != bytes)
		return nd_fail(err, "'%.60s' has %lld bytes, but shape %s of %s needs %zu", e->name,
		               (long long)(to - from), nd_shape(e->dim, e->rank).s,
		               dtype_info[e->t].np, bytes);
	e->at = data + (uint64_t)from;
	e->end = data + (uint64_t)to;
	return true;
}

static bool
read_header(const char *path, uint64_t size, json_t **root, uint64_t *data, NdErr *err)
{
	int64_t eight = 8, len;
	uint64_t n = 0;
	Nd a;
	json_error_t why;

	if (size < 8)
		return nd_fail(err, "it has only %llu bytes, expected a safetensors file",
		               (unsigned long long)size);
	if (!file_array(path, 0, DT_UINT8, &eight, 1, &a, err))
		return false;
	memcpy(&n, a.data, 8);
	nd_release(&a);
	if (n > size - 8 || n > HEADER_MAX)
		return nd_fail(err,
		               "its header of %llu bytes is longer than the file or not a header",
		               (unsigned long long)n);
	len = (int64_t)n;
	if (!file_array(path, 8, DT_UINT8, &len, 1, &a, err))
		return false;
	*root = json_loadb(a.data, (size_t)n, JSON_REJECT_DUPLICATES, &why);
	nd_release(&a);
	if (!*root && json_error_code(&why) == json_error_out_of_memory)
		milc_nomem();
	if (!*root)
		return nd_fail(err, "its header is no JSON: %s", why.text);
	json_held(*root);
	*data = 8 + n;
	if (json_is_object(*root))
		return true;
	json_drop(*root);
	return nd_fail(err, "its header is no JSON object");
}

static int
by_offset(const void *a, const void *b)
{
	const SafeTensor *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

bool
safetensors_read(Arena *a, const char *path, SafeTensor **out, size_t *n, NdErr *err)
{
	uint64_t size, data = 0;
	const char *name;
	json_t *root = 0, *v;
	SafeTensor *e;
	bool ok = true;

	if (!file_size(path, &size, err) || !read_header(path, size, &root, &data, err))
		return false;
	*out = e = newn(a, SafeTensor, json_object_size(root) + 1);
	*n = 0;
	json_object_foreach(root, name, v)
	{
		if (!ok || strcmp(name, "__metadata__") == 0)
			continue;
		e[*n].name = arena_strdup(a, name);
		ok = read_entry(v, data, size, &e[(*n)++], err);
	}
	json_drop(root);
	if (!ok)
		return false;
	qsort(e, *n, sizeof *e, by_offset);
	for (size_t i = 1; i < *n; i++)
		if (e[i].at < e[i - 1].end)
			return nd_fail(err, "the data of '%.60s' and '%.60s' overlaps",
			               e[i - 1].name, e[i].name);
	return true;
}

/* ---- writing ---- */

/* {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]} */
static json_t *
new_entry(const Tensor *t, uint64_t at)
{
	json_t *e = json_held(json_object()), *shape = json_held(json_array());
	size_t k = 0;

	while (k < countof(codes) - 1 && codes[k].t != t->dtype)
		k++;
	for (int d = 0; d < t->rank; d++)
		json_array_append_new(shape, json_integer(t->dim[d]));
	json_object_set_new(e, "dtype", json_string(codes[k].code));
	json_object_set(e, "shape", shape);
	json_object_set_new(e, "data_offsets", json_pack("[I, I]", (json_int_t)at,
	                                                 (json_int_t)(at + tensor_bytes(t))));
	json_drop(shape);
	guard_drop_last(json_end, e);
	return e;
}

static bool
write_header(int fd, const NamedTensor *t, uint32_t n)
{
	json_t *root = json_held(json_object());
	Buf head = {0};
	uint64_t at = 0;
	bool ok;

	for (uint32_t i = 0; i < n; i++) {
		json_object_set_new(root, t[i].name->s, new_entry(t[i].t, at));
		at += tensor_bytes(t[i].t);
	}
	buf_put(&head, "\0\0\0\0\0\0\0", 8);
	json_put(&head, root, JSON_COMPACT);
	json_drop(root);
	while (head.n % 8)
		buf_byte(&head, ' ');
	set_le(head.at, head.n - 8, 8);
	ok = sys_write(fd, head.at, head.n);
	buf_free(&head);
	return ok;
}

bool
safetensors_write(int fd, const NamedTensor *t, uint32_t n)
{
	bool ok = write_header(fd, t, n);
	char *chunk = xmalloc(WRITE_CHUNK);

	for (uint32_t i = 0; ok && i < n; i++) {
		size_t size = dtype_size(t[i].t->dtype);
		for (int64_t at = 0, k; ok && at < t[i].t->count; at += k) {
			k = MIN(t[i].t->count - at, (int64_t)(WRITE_CHUNK / size));
			tensor_read(t[i].t, at, k, chunk);
			ok = sys_write(fd, chunk, (size_t)k * size);
		}
	}
	xfree(chunk);
	return ok;
}
