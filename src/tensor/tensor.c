/* tensor.c: the table of element types, and dense arrays of them.
 *
 * A tensor either has its data, or it is the cast of another one, perhaps with its rows scaled,
 * and is converted as it is read: so a mapped file of fp32 weights takes in batch norms and becomes
 * fp16 while it is written, a block at a time. Such tensors may wait on one another, but only a few
 * deep.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "elems.h"

enum {
	BLOCK = 2048,          /* elements converted at a time */
	SMALL = 128,           /* bytes of data that lie beside the rest of a tensor */
	LAZY_COUNT = 4 << 10,  /* float work from this size on is put off */
	LAZY_DEPTH = 4,        /* casts of casts that may wait in a row */
};

const DTypeInfo dtype_info[DT_COUNT] = {[DT_NONE] = {"none", "none", 0, '?', 0, 0},
#define D(id, mil, np, bits, kind, pb, blob) [DT_##id] = {mil, np, bits, kind, pb, blob},
                                        DTYPES(D)
#undef D
};

DType
dtype_from_mil(const char *name)
{
	int t;

	for (t = 1; t < DT_COUNT; t++)
		if (strcmp(dtype_info[t].mil, name) == 0)
			return (DType)t;
	return DT_NONE;
}

DType
dtype_from_numpy(const char *name, bool *swap)
{
	static const struct {
		const char *name;
		DType t;
	} other[] = {
	    {"?", DT_BOOL}, {"b1", DT_BOOL}, {"bool_", DT_BOOL}, {"f2", DT_FP16}, {"e", DT_FP16},
	    {"half", DT_FP16}, {"f4", DT_FP32}, {"f", DT_FP32}, {"single", DT_FP32},
	    {"f8", DT_FP64}, {"d", DT_FP64}, {"double", DT_FP64}, {"float", DT_FP64},
	    {"i1", DT_INT8}, {"b", DT_INT8}, {"byte", DT_INT8}, {"i2", DT_INT16}, {"h", DT_INT16},
	    {"short", DT_INT16}, {"i4", DT_INT32}, {"i", DT_INT32}, {"intc", DT_INT32},
	    {"i8", DT_INT64}, {"l", DT_INT64}, {"int", DT_INT64}, {"intp", DT_INT64},
	    {"long", DT_INT64}, {"u1", DT_UINT8}, {"B", DT_UINT8}, {"ubyte", DT_UINT8},
	    {"u2", DT_UINT16}, {"H", DT_UINT16}, {"u4", DT_UINT32}, {"ushort", DT_UINT16},
	    {"I", DT_UINT32}, {"u8", DT_UINT64}, {"L", DT_UINT64}, {"uintc", DT_UINT32},
	    {"uint", DT_UINT64}, {"uintp", DT_UINT64}, {"ulong", DT_UINT64},
	};

	*swap = *name == '>';
	for (int t = 1; t < DT_COUNT; t++)
		if (strcmp(dtype_info[t].np, name) == 0)
			return (DType)t;
	name += *name && strchr("<>=|", *name);
	for (size_t i = 0; i < countof(other); i++)
		if (strcmp(other[i].name, name) == 0)
			return other[i].t;
	return DT_NONE;
}

DType
dtype_from_pb(int code)
{
	int t;

	for (t = 1; t < DT_COUNT; t++)
		if (code && dtype_info[t].pb == code)
			return (DType)t;
	return DT_NONE;
}

/* ---- tensors ---- */

bool
shape_count(const int64_t *dim, int rank, int64_t *out)
{
	int64_t n = 1;
	bool empty = false;

	*out = 0;
	if (rank < 0 || rank > TENSOR_MAX_RANK)
		return false;
	for (int i = 0; i < rank; i++) {
		if (dim[i] < 0 || __builtin_mul_overflow(n, MAX(dim[i], 1), &n))
			return false;
		empty = empty || dim[i] == 0;
	}
	/* the widest element has 8 bytes, and byte counts must fit too */
	if (n > INT64_MAX / 8)
		return false;
	*out = empty ? 0 : n;
	return true;
}

/* A tensor with its shape, and behind that room for its data, if it is small and wanted. */
static Tensor *
tensor_make(Arena *a, DType t, const int64_t *dim, int rank, bool data)
{
	size_t shape = (size_t)MAX(rank, 0) * sizeof *dim, bytes;
	int64_t count;
	Tensor *x;

	if (t <= DT_NONE || t >= DT_COUNT)
		die("tensor without an element type");
	if (!shape_count(dim, rank, &count))
		die("tensor shape of rank %d has no element count", rank);
	bytes = data && count <= SMALL ? (size_t)count * dtype_size(t) : 0;
	bytes = bytes <= SMALL ? bytes : 0;
	x = arena_alloc(a, sizeof *x + shape + bytes);
	x->dtype = t;
	x->rank = (int16_t)rank;
	x->count = count;
	x->dim = (int64_t *)(x + 1);
	if (shape)
		memcpy(x + 1, dim, shape);
	if (bytes)
		x->data = (char *)(x + 1) + shape;
	return x;
}

static Tensor *
tensor_head(Arena *a, DType t, const int64_t *dim, int rank)
{
	return tensor_make(a, t, dim, rank, false);
}

Tensor *
tensor_new(Arena *a, DType t, const int64_t *dim, int rank)
{
	Tensor *x = tensor_make(a, t, dim, rank, true);

	if (!x->data)
		x->data = arena_array(a, (size_t)x->count, dtype_size(t));
	return x;
}

Tensor *
tensor_filled(Arena *a, DType t, const int64_t *dim, int rank, double v)
{
	Tensor *x = tensor_new(a, t, dim, rank);

	for (int64_t i = 0; i < x->count; i++)
		tensor_set_f(x, i, v);
	return x;
}

Tensor *
tensor_view(Arena *a, DType t, const int64_t *dim, int rank, void *data)
{
	Tensor *x = tensor_head(a, t, dim, rank);

	x->data = data;
	return x;
}

Tensor *
tensor_scalar_f(Arena *a, DType t, double v)
{
	return tensor_filled(a, t, 0, 0, v);
}

Tensor *
tensor_scalar_i(Arena *a, DType t, int64_t v)
{
	Tensor *x = tensor_new(a, t, 0, 0);

	tensor_set_i(x, 0, v);
	return x;
}

Tensor *
tensor_scalar_bool(Arena *a, bool v)
{
	return tensor_scalar_i(a, DT_BOOL, v);
}

Tensor *
tensor_scalar_str(Arena *a, const Str *s)
{
	Tensor *x = tensor_new(a, DT_STRING, 0, 0);

	*(const Str **)x->data = s;
	return x;
}

Tensor *
tensor_vector_i(Arena *a, DType t, const int64_t *v, int64_t n)
{
	Tensor *x = tensor_new(a, t, &n, 1);
	int64_t i;

	for (i = 0; i < n; i++)
		tensor_set_i(x, i, v[i]);
	return x;
}

const void *
tensor_data(Arena *a, const Tensor *t)
{
	void *p = t->data;

	if (!p) {
		p = arena_array(a, (size_t)t->count, dtype_size(t->dtype));
		tensor_read(t, 0, t->count, p);
	}
	return p;
}

static void
scale(char *dst, const char *src, int64_t n, float factor)
{
	enum { TOGETHER = 8 }; /* for which compilers have instructions */
	float f[TOGETHER];
	int64_t i = 0;

	for (; i + TOGETHER <= n; i += TOGETHER) {
		memcpy(f, src + i * 4, sizeof f);
		for (int k = 0; k < TOGETHER; k++)
			f[k] *= factor;
		memcpy(dst + i * 4, f, sizeof f);
	}
	for (; i < n; i++) {
		memcpy(f, src + i * 4, 4);
		f[0] *= factor;
		memcpy(dst + i * 4, f, 4);
	}
}

/* Elements [at, at+n) of a tensor with factors: each part of a row among them. */
static void
read_scaled(const Tensor *t, int64_t at, int64_t n, char *dst)
{
	int64_t row = t->count / t->nfactor;
	const char *src = t->cast_from->data;

	if (src)
		src += at * 4;
	else
		tensor_read(t->cast_from, at, n, dst), src = dst;
	for (int64_t k; n; n -= k, at += k, dst += k * 4, src += k * 4) {
		k = MIN(n, row - at % row);
		scale(dst, src, k, t->factor[at / row]);
	}
}

/* Elements [at, at+n) as another type. */
static void
read_as(DType to, const Tensor *t, int64_t at, int64_t n, char *dst)
{
	_Alignas(16) char part[BLOCK * 8];

	if (t->data) {
		elems_cast(to, dst, t->dtype,
		           (const char *)t->data + (size_t)at * dtype_size(t->dtype), (size_t)n);
		return;
	}
	for (int64_t i = 0, k; i < n; i += k) {
		k = MIN(n - i, (int64_t)BLOCK);
		tensor_read(t, at + i, k, part);
		elems_cast(to, dst + (size_t)i * dtype_size(to), t->dtype, part, (size_t)k);
	}
}

void
tensor_read(const Tensor *t, int64_t at, int64_t n, void *dst)
{
	const Tensor *from = t->data ? t : t->cast_from;

	if (at < 0 || n < 0 || at > t->count || n > t->count - at)
		die("read past the end of a tensor");
	if (!n)
		return;
	if (!from)
		die("tensor without data");
	if (!t->data && t->factor)
		read_scaled(t, at, n, dst);
	else
		read_as(t->dtype, from, at, n, dst);
}

double
tensor_f(const Tensor *t, int64_t i)
{
	char e[8];
	double d;
	int64_t v;

	tensor_read(t, i, 1, e);
	if (!dtype_is_integral(t->dtype)) {
		elems_load_f(t->dtype, e, &d, 1);
		return d;
	}
	elems_load_i(t->dtype, e, &v, 1);
	return t->dtype == DT_UINT64 ? (double)(uint64_t)v : (double)v;
}

int64_t
tensor_i(const Tensor *t, int64_t i)
{
	char e[8];
	double d;
	int64_t v;

	tensor_read(t, i, 1, e);
	if (!dtype_is_integral(t->dtype)) {
		elems_load_f(t->dtype, e, &d, 1);
		return elems_trunc(d);
	}
	elems_load_i(t->dtype, e, &v, 1);
	return v;
}

static char *
element(Tensor *t, int64_t i)
{
	if (!t->data || i < 0 || i >= t->count)
		die("write past the end of a tensor");
	t->hash = 0;
	return (char *)t->data + (size_t)i * dtype_size(t->dtype);
}

void
tensor_set_f(Tensor *t, int64_t i, double v)
{
	elems_store_f(t->dtype, element(t, i), &v, 1);
}

void
tensor_set_i(Tensor *t, int64_t i, int64_t v)
{
	elems_store_i(t->dtype, element(t, i), &v, 1, false);
}

/* Whether floats made of t's are put off until they are read. */
static bool
may_wait(const Tensor *t)
{
	int n = 0;

	for (const Tensor *x = t; !x->data && x->cast_from; x = x->cast_from)
		n++;
	return t->count >= LAZY_COUNT && n < LAZY_DEPTH;
}

Tensor *
tensor_cast(Arena *a, const Tensor *t, DType to)
{
	Tensor *x;

	if (to == t->dtype)
		return arena_dup(a, t, sizeof *t);
	if (to == DT_STRING || t->dtype == DT_STRING)
		die("cast from %s to %s", dtype_info[t->dtype].mil, dtype_info[to].mil);
	if (dtype_is_float(to) && dtype_is_float(t->dtype) && may_wait(t)) {
		x = tensor_head(a, to, t->dim, t->rank);
		x->cast_from = t;
		return x;
	}
	x = tensor_new(a, to, t->dim, t->rank);
	if (x->count)
		read_as(to, t, 0, x->count, x->data);
	return x;
}

Tensor *
tensor_rows_times(Arena *a, const Tensor *t, int64_t rows, const float *factor)
{
	Tensor *x = tensor_head(a, t->dtype, t->dim, t->rank);

	if (t->dtype != DT_FP32 || !rows || t->count % rows != 0)
		die("factors for %lld rows", (long long)rows);
	x->cast_from = t;
	x->factor = arena_dup(a, factor, (size_t)rows * sizeof *factor);
	x->nfactor = rows;
	if (!may_wait(t))
		x->data = (void *)(uintptr_t)tensor_data(a, x);
	return x;
}

Tensor *
tensor_copy(Arena *a, const Tensor *t)
{
	Tensor *x = tensor_new(a, t->dtype, t->dim, t->rank);

	tensor_read(t, 0, t->count, x->data);
	return x;
}

Tensor *
tensor_reshape(Arena *a, const Tensor *t, const int64_t *dim, int rank)
{
	Tensor *x = tensor_head(a, t->dtype, dim, rank);

	if (x->count != t->count)
		die("reshape changes the element count");
	x->data = t->data;
	x->factor = t->factor;
	x->nfactor = t->nfactor;
	if (!x->data && t->cast_from)
		x->cast_from = tensor_reshape(a, t->cast_from, dim, rank);
	return x;
}

/* ---- comparing ---- */

static bool
same_strings(const Str *const *a, const Str *const *b, int64_t n)
{
	int64_t i;
	uint32_t la, lb;

	for (i = 0; i < n; i++) {
		la = a[i] ? a[i]->len : 0;
		lb = b[i] ? b[i]->len : 0;
		if (la != lb || (la && memcmp(a[i]->s, b[i]->s, la) != 0))
			return false;
	}
	return true;
}

static bool
same_shape(const Tensor *a, const Tensor *b)
{
	if (a->dtype != b->dtype || a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank; i++)
		if (a->dim[i] != b->dim[i])
			return false;
	return true;
}

bool
tensor_same_numbers(const Tensor *a, const Tensor *b)
{
	_Alignas(16) char part[2][BLOCK * 8];
	double x[BLOCK], y[BLOCK];

	if (!dtype_is_float(a->dtype))
		return tensor_equal(a, b);
	if (!same_shape(a, b))
		return false;
	for (int64_t i = 0, n; i < a->count; i += n) {
		n = MIN(a->count - i, (int64_t)BLOCK);
		tensor_read(a, i, n, part[0]);
		tensor_read(b, i, n, part[1]);
		elems_load_f(a->dtype, part[0], x, (size_t)n);
		elems_load_f(a->dtype, part[1], y, (size_t)n);
		for (int64_t k = 0; k < n; k++)
			if (!(x[k] == y[k]))
				return false;
	}
	return true;
}

bool
tensor_equal(const Tensor *a, const Tensor *b)
{
	char pa[BLOCK], pb[BLOCK];
	size_t size = dtype_size(a->dtype);
	int64_t i, k;

	if (!same_shape(a, b))
		return false;
	if (a == b || (a->data && a->data == b->data))
		return true;
	if (a->hash && b->hash && a->hash != b->hash)
		return false;
	if (a->dtype == DT_STRING)
		return same_strings(a->data, b->data, a->count);
	if (a->data && b->data)
		return !a->count || memcmp(a->data, b->data, (size_t)a->count * size) == 0;
	for (i = 0; i < a->count; i += k) {
		k = MIN(a->count - i, (int64_t)(BLOCK / 8));
		tensor_read(a, i, k, pa);
		tensor_read(b, i, k, pb);
		if (memcmp(pa, pb, (size_t)k * size) != 0)
			return false;
	}
	return true;
}

static void
hash_elements(XXH3_state_t *h, const Tensor *t)
{
	char part[BLOCK * 8];
	int64_t i, k;

	if (t->dtype == DT_STRING) {
		for (i = 0; i < t->count; i++) {
			const Str *s = ((const Str *const *)t->data)[i];
			uint32_t len = s ? s->len : 0;
			XXH3_64bits_update(h, &len, sizeof len);
			XXH3_64bits_update(h, s ? s->s : "", len);
		}
		return;
	}
	for (i = 0; i < t->count && !t->data; i += k) {
		k = MIN(t->count - i, (int64_t)BLOCK);
		tensor_read(t, i, k, part);
		XXH3_64bits_update(h, part, (size_t)k * dtype_size(t->dtype));
	}
	if (t->data)
		XXH3_64bits_update(h, t->data, tensor_bytes(t));
}

uint64_t
tensor_hash(const Tensor *t)
{
	XXH3_state_t h;
	int64_t head[2] = {t->dtype, t->rank};
	uint64_t v;

	if (t->hash)
		return t->hash;
	XXH3_64bits_reset(&h);
	XXH3_64bits_update(&h, head, sizeof head);
	if (t->rank)
		XXH3_64bits_update(&h, t->dim, (size_t)t->rank * sizeof *t->dim);
	hash_elements(&h, t);
	v = XXH3_64bits_digest(&h);
	((Tensor *)(uintptr_t)t)->hash = v ? v : 1; /* a cache, not part of the value */
	return t->hash;
}

const char *
tensor_index_text(Arena *a, const Tensor *t, int64_t i)
{
	const char *text = "";

	for (int k = t->rank; k-- > 0;) {
		text = arena_printf(a, *text ? "%lld, %s" : "%lld%s", (long long)(i % t->dim[k]),
		                    text);
		i /= t->dim[k];
	}
	return arena_printf(a, "[%s]", text);
}
