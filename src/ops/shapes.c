/* shapes.c: see shapes.h. */
#include "shapes.h"

#include <strings.h>

const Dim *
values_of(Infer *c, const Var *v)
{
	Dim *e;

	if (!v->val)
		return v->type->kind == TY_TENSOR && v->type->count >= 0 ? v->symval : NULL;
	if (v->val->dtype == DT_STRING)
		return NULL;
	e = newn(c->arena, Dim, (size_t)v->val->count + 1);
	for (int64_t i = 0; i < v->val->count; i++)
		e[i] = tensor_i(v->val, i);
	return e;
}

const Dim *
values_arg(Infer *c, const char *param)
{
	const Var *v = inst_arg(c->inst, param);

	return v ? values_of(c, v) : NULL;
}

bool
values_known(const Dim *e, int64_t n)
{
	for (int64_t i = 0; i < n; i++)
		if (!dim_known(e[i]))
			return false;
	return true;
}

void
set_values(Infer *c, uint32_t i, const Dim *e)
{
	const Type *t = c->inst->out[i]->type;
	Tensor *val;

	if (t->count < 0)
		return;
	if (!values_known(e, t->count)) {
		infer_set_symval(c, i, e);
		return;
	}
	val = tensor_new(c->arena, t->dtype, t->dim, (int)t->rank);
	for (int64_t k = 0; k < t->count; k++)
		tensor_set_i(val, k, e[k]);
	infer_set_val(c, i, val);
}

const char *
shape_of(Infer *c, const Type *t)
{
	return shape_str(c->types, t->dim, t->rank);
}

const Type *
type_known(const Infer *c, const char *param)
{
	const Type *t = infer_type(c, param);

	if (!t)
		die("%s without %s", c->inst->op->name, param);
	return t;
}

bool
set_shape(Infer *c, uint32_t i, DType d, const Dim *dim, uint32_t rank)
{
	return infer_set_type(
	    c, i, rank ? type_tensor(c->types, d, dim, rank) : type_scalar(c->types, d));
}

bool
set_like(Infer *c, uint32_t i, const char *param)
{
	return infer_set_type(c, i, type_known(c, param));
}

Dim *
dims_copy(Infer *c, const Type *t, uint32_t extra)
{
	Dim *d = newn(c->arena, Dim, (size_t)t->rank + extra + 1);

	for (uint32_t i = 0; i < t->rank; i++)
		d[i] = t->dim[i];
	return d;
}

Dim
dims_product(Infer *c, const Dim *d, uint32_t n)
{
	Dim p = 1;

	for (uint32_t i = 0; i < n; i++)
		p = dim_mul(c->types, p, d[i]);
	return p;
}

Dim
dim_fresh(Infer *c)
{
	return sym_new(c->types, NULL);
}

Dim
dim_variadic(Infer *c)
{
	return sym_new_variadic(c->types);
}

bool
dims_agree(const Dim *a, uint32_t na, const Dim *b, uint32_t nb)
{
	if (na != nb)
		return false;
	for (uint32_t i = 0; i < na; i++)
		if (dim_known(a[i]) && dim_known(b[i]) && a[i] != b[i])
			return false;
	return true;
}

bool
rank_between(Infer *c, const char *param, int min, int max)
{
	const Type *t = type_known(c, param);
	int rank = (int)t->rank;
	const char *shape;

	if (rank >= min && (max < 0 || rank <= max))
		return true;
	shape = shape_of(c, t);
	if (rank == 0 && max == 1) /* a number instead of a list */
		return op_error(c, param, "'%s' has shape (), expected a value of rank 1", param);
	if (min == max)
		return op_error(c, param, "'%s' has shape %s, expected a value of rank %d", param,
		                shape, min);
	if (max < 0)
		return op_error(c, param, "'%s' has shape %s, expected a value of rank %d or more",
		                param, shape, min);
	return op_error(c, param, "'%s' has shape %s, expected a value of rank %d to %d", param,
	                shape, min, max);
}

bool
number_arg(Infer *c, const char *param)
{
	const Type *t = infer_type(c, param);

	if (!t || t->rank == 0)
		return true;
	return op_error(c, param, "'%s' has shape %s, expected one number without brackets", param,
	                shape_of(c, t));
}

bool
known_arg(Infer *c, const char *param, const Tensor **t)
{
	*t = infer_val(c, param);
	return *t || op_error(c, param, "'%s' is the result of an operation, expected a constant",
	                      param);
}

bool
int_arg(Infer *c, const char *param, int64_t *v)
{
	const Tensor *t;

	if (!number_arg(c, param) || !known_arg(c, param, &t))
		return false;
	*v = tensor_i(t, 0);
	return true;
}

bool
size_arg(Infer *c, const char *param, Dim *out)
{
	if (!int_arg(c, param, out))
		return false;
	if (*out >= 1 && *out <= INT32_MAX)
		return true;
	return op_error(c, param, "'%s' is %lld, expected 1 or more", param, (long long)*out);
}

bool
axis_arg(Infer *c, const char *param, uint32_t rank, uint32_t *axis)
{
	int64_t a;

	if (!int_arg(c, param, &a))
		return false;
	if (a >= -(int64_t)rank && a < (int64_t)rank) {
		*axis = (uint32_t)(a < 0 ? a + rank : a);
		return true;
	}
	if (rank == 0)
		return op_error(c, param, "'%s' is %lld, but a value of rank 0 has no axes", param,
		                (long long)a);
	return op_error(c, param, "'%s' is %lld, expected a number from %d to %d for rank %u",
	                param, (long long)a, -(int)rank, (int)rank - 1, rank);
}

bool
ints_any(Infer *c, const char *param, int64_t want, const int64_t **v, int64_t *n)
{
	const Tensor *t;
	int64_t *out;

	if (!known_arg(c, param, &t))
		return false;
	if (want >= 0 && t->count != want)
		return op_error(c, param, "'%s' has %lld elements, expected %lld", param,
		                (long long)t->count, (long long)want);
	out = newn(c->arena, int64_t, (size_t)t->count + 1);
	for (int64_t i = 0; i < t->count; i++)
		out[i] = tensor_i(t, i);
	*v = out;
	if (n)
		*n = t->count;
	return true;
}

bool
ints_arg(Infer *c, const char *param, int64_t want, const int64_t **v, int64_t *n)
{
	return rank_between(c, param, 1, 1) && ints_any(c, param, want, v, n);
}

static bool
word_error(Infer *c, const char *param, const char *words)
{
	Buf b = {0};

	for (const char *w = words; *w; w++)
		buf_puts(&b, *w == ' ' ? ", " : (char[2]){*w});
	op_error(c, param, "'%s' is '%s', expected one of: %s", param, infer_str(c, param), b.at);
	buf_free(&b);
	return false;
}

static bool
one_of(Infer *c, const char *param, const char *words,
       int (*compare)(const char *a, const char *b, size_t n))
{
	const char *s = infer_str(c, param);
	size_t n = s ? strlen(s) : 0, len;

	for (const char *w = words; s && *w; w += len + (w[len] == ' ')) {
		len = strcspn(w, " ");
		if (len == n && compare(w, s, n) == 0)
			return true;
	}
	return !s || word_error(c, param, words);
}

bool
word_arg(Infer *c, const char *param, const char *words)
{
	return one_of(c, param, words, strncmp);
}

bool
word_arg_any_case(Infer *c, const char *param, const char *words)
{
	return one_of(c, param, words, strncasecmp);
}
