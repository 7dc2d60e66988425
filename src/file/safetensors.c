/* safetensors.c: the header of .safetensors files: an 8-byte length, JSON with type, shape and
 * offsets of each tensor; the data follows.
 */
#include "safetensors.h"

#include <stdlib.h>

#include "base/sys.h"
#include "json.h"
#include "json_tree.h"
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
read_shape(const JValue *shape, SafeTensor *e, NdErr *err)
{
	uint32_t n = shape->n;

	if (shape->kind != J_LIST || n > TENSOR_MAX_RANK)
		return nd_fail(err, "the shape of '%.60s' is no list of at most %d sizes", e->name,
		               TENSOR_MAX_RANK);
	e->rank = (int)n;
	for (uint32_t i = 0; i < n; i++) {
		const JValue *d = jtree_item(shape, i);

		if (d->kind != J_INT || d->i < 0)
			return nd_fail(err, "the shape of '%.60s' holds something else than sizes",
			               e->name);
		e->dim[i] = d->i;
	}
	return true;
}

static bool
read_entry(Arena *a, const JValue *v, uint64_t data, uint64_t size, SafeTensor *e, NdErr *err)
{
	const JValue *off = jtree_member(v, "data_offsets");
	const JValue *begin = jtree_item(off, 0), *end = jtree_item(off, 1);
	const char *type = jtree_text(a, jtree_member(v, "dtype"));
	int64_t from = begin->i, to = end->i;
	uint64_t room = size - data;
	size_t bytes;

	if (!type || begin->kind != J_INT || end->kind != J_INT || off->n != 2)
		return nd_fail(err, "the entry of '%.60s' lacks dtype or data_offsets", e->name);
	e->t = type_of(type);
	if (!e->t)
		return nd_fail(
		    err, "'%.60s' has the type %.20s, which numpy has not: save it as F32 or F16",
		    e->name, type);
	if (!read_shape(jtree_member(v, "shape"), e, err) ||
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

/* The header's text, which the caller releases, and where the data begin. */
static bool
read_header(const char *path, uint64_t size, Nd *text, uint64_t *data, NdErr *err)
{
	int64_t eight = 8, len;
	uint64_t n = 0;

	if (size < 8)
		return nd_fail(err, "it has only %llu bytes, expected a safetensors file",
		               (unsigned long long)size);
	if (!file_array(path, 0, DT_UINT8, &eight, 1, text, err))
		return false;
	memcpy(&n, text->data, 8);
	nd_release(text);
	if (n > size - 8 || n > HEADER_MAX)
		return nd_fail(err,
		               "its header of %llu bytes is longer than the file or not a header",
		               (unsigned long long)n);
	len = (int64_t)n;
	*data = 8 + n;
	return file_array(path, 8, DT_UINT8, &len, 1, text, err);
}

/* No name may stand there twice. */
static bool
parse_header(Arena *a, const char *text, size_t n, JValue *root, NdErr *err)
{
	JTreeError why;
	Interner names;
	Map seen;

	if (!jtree_read(a, text, n, root, &why))
		return nd_fail(err, "its header is no JSON: %s, at byte %zu", why.what, why.at);
	if (root->kind != J_OBJECT)
		return nd_fail(err, "its header is no JSON object");
	intern_init(&names, a);
	map_init(&seen, a);
	for (uint32_t i = 0; i < root->n; i++) {
		const Str *name = jtree_name(&names, a, &root->item[2 * i]);
		if (map_get(&seen, KEY(name)))
			return nd_fail(err, "its header has '%.60s' twice", name->s);
		map_put(&seen, KEY(name), root);
	}
	return true;
}

static int
by_offset(const void *a, const void *b)
{
	const SafeTensor *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

static bool
read_entries(Arena *a, const JValue *root, uint64_t data, uint64_t size, SafeTensor *e, size_t *n,
             NdErr *err)
{
	for (uint32_t i = 0; i < root->n; i++) {
		const JValue *name = &root->item[2 * i];
		if (jtree_is(name, "__metadata__"))
			continue;
		e[*n].name = jtree_text(a, name);
		if (!read_entry(a, name + 1, data, size, &e[(*n)++], err))
			return false;
	}
	return true;
}

bool
safetensors_read(Arena *a, const char *path, SafeTensor **out, size_t *n, NdErr *err)
{
	uint64_t size, data = 0;
	Arena scratch = {0};
	JValue root;
	SafeTensor *e;
	Nd text;
	bool ok;

	if (!file_size(path, &size, err) || !read_header(path, size, &text, &data, err))
		return false;
	*n = 0;
	ok = parse_header(&scratch, text.data, (size_t)data - 8, &root, err);
	if (ok) {
		*out = e = newn(a, SafeTensor, root.n + (size_t)1);
		ok = read_entries(a, &root, data, size, e, n, err);
	}
	arena_free(&scratch);
	nd_release(&text);
	if (!ok)
		return false;
	e = *out;
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
	json_t *e = json_new_object(), *shape = json_new_list(), *offsets = json_new_list();
	size_t k = 0;

	while (k < countof(codes) - 1 && codes[k].t != t->dtype)
		k++;
	for (int d = 0; d < t->rank; d++)
		json_item(shape, json_integer(t->dim[d]));
	json_item(offsets, json_integer((json_int_t)at));
	json_item(offsets, json_integer((json_int_t)(at + tensor_bytes(t))));
	json_member(e, "dtype", json_string(codes[k].code));
	json_member(e, "shape", shape);
	json_member(e, "data_offsets", offsets);
	return e;
}

static bool
write_header(int fd, const NamedTensor *t, uint32_t n)
{
	json_t *root = json_new_object();
	Buf head = {0};
	uint64_t at = 0;
	bool ok;

	for (uint32_t i = 0; i < n; i++) {
		json_member(root, t[i].name->s, new_entry(t[i].t, at));
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
