/* literal.c: constants as expressions of Python's, with the types that the builder gives them: what
 * a script writes as a float is fp32, an int is int32, everything else says its type.
 */
#include <math.h>

#include "tensor/floatrepr.h"
#include "writing.h"

enum { MAX_TEXT = 100000 }; /* numbers in a script */

/* ---- elements ---- */

static void
put_finite(Buf *b, double v, void (*put)(Buf *, double))
{
	if (isfinite(v))
		put(b, v);
	else
		buf_printf(b, "%snp.%s", signbit(v) ? "-" : "", isnan(v) ? "nan" : "inf");
}

static void
put_half(Buf *b, double v)
{
	put_float16(b, half_from_double(v));
}

static void
put_single(Buf *b, double v)
{
	put_float32(b, (float)v);
}

void
put_number(Buf *b, double v)
{
	put_finite(b, v, put_float64);
}

static void
put_element(Buf *b, const Tensor *t, int64_t i)
{
	switch (dtype_info[t->dtype].kind) {
	case 'f':
		put_finite(b, tensor_f(t, i), t->dtype == DT_FP16 ? put_half : put_single);
		break;
	case 's':
		put_quoted_text(b, ((const Str *const *)t->data)[i]->s);
		break;
	case 'b':
		buf_puts(b, tensor_i(t, i) ? "True" : "False");
		break;
	default:
		buf_printf(b, "%lld", (long long)tensor_i(t, i));
	}
}

static void
put_rows(Buf *b, const Tensor *t, int d, int64_t *at)
{
	if (d == t->rank) {
		put_element(b, t, (*at)++);
		return;
	}
	buf_byte(b, '[');
	for (int64_t i = 0; i < t->dim[d]; i++) {
		buf_puts(b, i ? ", " : "");
		put_rows(b, t, d + 1, at);
	}
	buf_byte(b, ']');
}

void
put_elements(Buf *b, const Tensor *t)
{
	int64_t at = 0;

	put_rows(b, t, 0, &at);
}

static void
put_dims(Buf *b, const int64_t *dim, int rank)
{
	buf_byte(b, '(');
	for (int k = 0; k < rank; k++)
		buf_printf(b, k + 1 < rank ? "%lld, " : "%lld", (long long)dim[k]);
	buf_byte(b, ')');
}

/* ---- whole values ---- */

/* Elements of fewer bits lie in bytes each. */
static DType
array_type(DType t)
{
	if (dtype_bits(t) >= 8)
		return t;
	return dtype_info[t].kind == 'i' ? DT_INT8 : DT_UINT8;
}

static void
put_dtype(Buf *b, DType t)
{
	if (dtype_bits(t) < 8)
		buf_printf(b, "types.np_%s_dtype", dtype_info[t].mil);
	else
		buf_printf(b, "np.%s", t == DT_BOOL ? "bool_" : dtype_info[t].np);
}

const char *
store_tensor(DumpedWeights *all, Map *taken, Arena *a, Interner *names, const char *base,
             const Tensor *t)
{
	const char *name = base;

	for (unsigned n = 2; map_get(taken, hash_bytes(name, strlen(name), 0)); n++)
		name = arena_printf(a, "%s_%u", base, n);
	map_put(taken, hash_bytes(name, strlen(name), 0), all);
	vec_push(a, all, (NamedTensor){intern_cstr(names, name), t});
	return name;
}

/* Its name in the weights file. */
static const char *
store(Writing *w, const Var *v)
{
	const char *name = map_get(&w->stored, KEY(v->val));
	Tensor *t;

	if (name)
		return name;
	t = arena_dup(w->arena, v->val, sizeof *t);
	t->dtype = array_type(t->dtype);
	name = store_tensor(w->weights, &w->stored_names, w->arena, w->m->prog->names,
	                    v->name ? v->name->s : "weight", t);
	map_put(&w->stored, KEY(v->val), (void *)(uintptr_t)name);
	return name;
}

/* A list of a script has the type that the constant shall have. */
static bool
is_list(const Tensor *t)
{
	return t->count && (t->dtype == DT_FP32 || t->dtype == DT_INT32 || t->dtype == DT_BOOL ||
	                    t->dtype == DT_STRING);
}

/* A NaN other than np.nan has bits that only integers can say. */
static bool
has_odd_nan(const Tensor *t)
{
	const uint64_t plain = t->dtype == DT_FP16 ? 0x7e00 : 0x7fc00000;
	size_t size = dtype_size(t->dtype);

	for (int64_t i = 0; dtype_is_float(t->dtype) && i < t->count; i++)
		if (isnan(tensor_f(t, i)) &&
		    get_le((const char *)t->data + (size_t)i * size, (int)size) != plain)
			return true;
	return false;
}

/* np.array([0xfe00, 0x3c00], np.uint16).view(np.float16).reshape(…) */
static void
put_bits(Writing *w, const Tensor *t)
{
	int size = (int)dtype_size(t->dtype);

	buf_puts(w->out, "np.array([");
	for (int64_t i = 0; i < t->count; i++)
		buf_printf(w->out, i ? ", 0x%llx" : "0x%llx",
		           (unsigned long long)get_le((const char *)t->data + i * size, size));
	buf_printf(w->out, "], np.uint%d).view(", 8 * size);
	put_dtype(w->out, t->dtype);
	buf_puts(w->out, ")");
	if (t->rank != 1) {
		buf_puts(w->out, ".reshape");
		put_dims(w->out, t->dim, t->rank);
	}
}

static void
put_array(Writing *w, const Tensor *t)
{
	Buf *b = w->out;
	bool list = is_list(t);

	buf_puts(b, list ? "" : "np.array(");
	if (t->count)
		put_elements(b, t);
	else
		buf_puts(b, "[]");
	if (list)
		return;
	buf_puts(b, ", ");
	put_dtype(b, t->dtype);
	buf_byte(b, ')');
	if (!t->count && t->rank != 1) {
		buf_puts(b, ".reshape");
		put_dims(b, t->dim, t->rank);
	}
}

static void
put_scalar(Writing *w, const Tensor *t)
{
	Buf *b = w->out;
	bool bare = is_list(t), array = dtype_bits(t->dtype) < 8;

	if (array)
		buf_puts(b, "np.array(");
	else if (!bare) {
		put_dtype(b, t->dtype);
		buf_byte(b, '(');
	}
	put_element(b, t, 0);
	if (array) {
		buf_puts(b, ", ");
		put_dtype(b, t->dtype);
	}
	buf_puts(b, bare ? "" : ")");
}

/* The builder has no constants of 64 bits but for the labels of a classifier. */
static bool
check_type(Writing *w, const Var *v)
{
	DType t = v->val->dtype;

	if (v->type->kind == TY_LIST ||
	    (dtype_bits(t) <= 32 && t != DT_BF16 && t != DT_FP8E5M2 && t != DT_FP8E4M3FN) ||
	    t == DT_STRING)
		return true;
	w->failed = true;
	return diag_error(w->diag, v->def->span,
	                  "constant '%s' is of type %s, which no script can give it: use -S or "
	                  "--json",
	                  v->name->s, dtype_info[t].mil);
}

void
put_literal(Writing *w, const Var *v)
{
	const Tensor *t = v->val;

	if (!check_type(w, v))
		return;
	if (w->o->weights && t->count > DUMP_INLINE && t->dtype != DT_STRING) {
		buf_puts(w->out, "weights[");
		put_quoted_text(w->out, store(w, v));
		buf_byte(w->out, ']');
		if (dtype_bits(t->dtype) < 8) {
			buf_puts(w->out, ".astype(");
			put_dtype(w->out, t->dtype);
			buf_byte(w->out, ')');
		}
		return;
	}
	w->elements += t->count;
	if (w->elements > MAX_TEXT && !w->failed) {
		w->failed = true;
		diag_error(w->diag, NOSPAN,
		           "the constants have more than %d numbers, which is too much for a "
		           "text: -o OUT.mil puts them into a file beside it",
		           MAX_TEXT);
	}
	if (w->failed)
		return;
	if (!t->data && t->count)
		t = tensor_view(w->arena, t->dtype, t->dim, t->rank,
		                (void *)(uintptr_t)tensor_data(w->arena, t));
	if (has_odd_nan(t))
		put_bits(w, t);
	else if (t->rank == 0)
		put_scalar(w, t);
	else
		put_array(w, t);
}

/* ---- types ---- */

static void
put_shape_to(Buf *b, const Type *t, const char *unknown)
{
	buf_byte(b, '(');
	for (uint32_t k = 0; k < t->rank; k++) {
		if (dim_known(t->dim[k]))
			buf_printf(b, "%lld", (long long)t->dim[k]);
		else
			buf_puts(b, unknown);
		buf_puts(b, k + 1 < t->rank ? ", " : t->rank == 1 ? "," : "");
	}
	buf_byte(b, ')');
}

void
put_shape(Writing *w, const Type *t, const char *unknown)
{
	put_shape_to(w->out, t, unknown);
}

void
put_type_words(Writing *w, Buf *b, const Type *t)
{
	switch (t->kind) {
	case TY_TENSOR:
		buf_puts(b, dtype_info[t->dtype].mil);
		if (t->rank) {
			buf_byte(b, ' ');
			put_shape_to(b, t, "?");
		}
		break;
	case TY_STATE:
	case TY_LIST:
		buf_puts(b, t->kind == TY_LIST ? "list of " : "state of ");
		put_type_words(w, b, t->elem);
		break;
	default:
		buf_puts(b, type_str(w->m->prog->types, t));
	}
}
