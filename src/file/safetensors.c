/* safetensors.c: load_file() of safetensors.numpy: an 8-byte length, a JSON header with type, shape
 * and offsets of each tensor, then the data, which is mapped.
 */
#include "np/np_impl.h"
#include "npz.h"

#include <jansson.h>
#include <stdlib.h>

#define HEADER_MAX ((uint64_t)100000000)

static DType
type_of(const char *s)
{
	static const struct {
		const char *code;
		DType t;
	} codes[] = {
	    {"F64", DT_FP64},   {"F32", DT_FP32},  {"F16", DT_FP16},   {"I64", DT_INT64},
	    {"U64", DT_UINT64}, {"I32", DT_INT32}, {"U32", DT_UINT32}, {"I16", DT_INT16},
	    {"U16", DT_UINT16}, {"I8", DT_INT8},   {"U8", DT_UINT8},   {"BOOL", DT_BOOL},
	};

	for (unsigned i = 0; i < countof(codes); i++)
		if (strcmp(codes[i].code, s) == 0)
			return codes[i].t;
	return DT_NONE;
}

typedef struct Entry {
	const char *name;
	uint64_t from, to;
	DType t;
	int rank;
	int64_t dim[TENSOR_MAX_RANK];
} Entry;

static bool
read_shape(json_t *shape, Entry *e, NdErr *err)
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
read_entry(json_t *v, uint64_t room, Entry *e, NdErr *err)
{
	json_t *off = json_object_get(v, "data_offsets");
	const char *type = json_string_value(json_object_get(v, "dtype"));
	int64_t from = json_integer_value(json_array_get(off, 0));
	int64_t to = json_integer_value(json_array_get(off, 1));
	size_t bytes;
	char s[SHAPE_TEXT];

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
		               (long long)(to - from), nd_shape_z(e->dim, e->rank, s, sizeof s),
		               dtype_info[e->t].np, bytes);
	e->from = (uint64_t)from;
	e->to = (uint64_t)to;
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
	if (!*root)
		return nd_fail(err, "its header is no JSON: %s", why.text);
	*data = 8 + n;
	if (json_is_object(*root))
		return true;
	json_decref(*root);
	return nd_fail(err, "its header is no JSON object");
}

static int
by_offset(const void *a, const void *b)
{
	const Entry *x = a, *y = b;

	return x->from != y->from ? (x->from < y->from ? -1 : 1)
	                          : (x->to > y->to) - (x->to < y->to);
}

/* All entries in the order of their data, which is the order in which they are loaded. */
static bool
entries_of(json_t *root, uint64_t room, Entry *e, size_t *n, NdErr *err)
{
	const char *name;
	json_t *v;

	*n = 0;
	json_object_foreach(root, name, v)
	{
		if (strcmp(name, "__metadata__") == 0)
			continue;
		e[*n].name = name;
		if (!read_entry(v, room, &e[*n], err))
			return false;
		++*n;
	}
	qsort(e, *n, sizeof *e, by_offset);
	for (size_t i = 1; i < *n; i++)
		if (e[i].from < e[i - 1].to)
			return nd_fail(err, "the data of '%.60s' and '%.60s' overlaps",
			               e[i - 1].name, e[i].name);
	return true;
}

static bool
load(NpCall *c, const char *path, json_t *root, uint64_t data, uint64_t size)
{
	size_t n = json_object_size(root);
	Entry *e = xcalloc(n + 1, sizeof *e);
	NdErr err = {0};
	Nd a;
	Value v;
	bool ok = entries_of(root, size - data, e, &n, &err);

	*c->out = vdict(c->in);
	for (size_t i = 0; ok && i < n; i++) {
		ok = file_array(path, data + e[i].from, e[i].t, e[i].dim, e[i].rank, &a, &err);
		if (ok && (!np_give(c->in, &a, &v, c->at) ||
		           !dict_set(c->in, *c->out, vstrz(c->in, e[i].name), v, c->at))) {
			xfree(e);
			return false;
		}
	}
	xfree(e);
	return ok || fail(c->in, c->at, "cannot load '%s': %s", path, err.text);
}

static bool
fn_load_file(NpCall *c)
{
	const Str *s;
	const char *path;
	uint64_t size = 0, data = 0;
	json_t *root = 0;
	NdErr err = {0};
	bool ok;

	if (!as_str(c->in, c->v[0], &s, "the file name", c->at))
		return false;
	path = interp_path(c->in, s->s);
	if (!file_size(path, &size, &err) || !read_header(path, size, &root, &data, &err))
		return fail(c->in, c->at, "cannot load '%s': %s", path, err.text);
	interp_opened(c->in, path);
	ok = load(c, path, root, data, size);
	json_decref(root);
	return ok;
}

static const NpRow rows[] = {
    {"load_file", "filename", fn_load_file, NP_FUNCTION},
    {0, 0, 0, 0},
};

static int
member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const NpRow *const table[] = {rows};
	const NpRow *row = np_find_row(table, 1, name, NP_FUNCTION);

	(void)m;
	if (!row)
		return 0;
	*out = np_row_value(in, row, VUNSET);
	return 1;
}

Value
safetensors_module(Interp *in, void *ctx)
{
	(void)ctx;
	return vmodule(in, "safetensors.numpy", member, 0);
}
