/* reshape.c: type rules of reshape and reshape_like.
 *
 * With known dimensions, 0 in the target copies one of x (in iOS17 counted from the end, before
 * that only for equal ranks) and -1 is what remains. With symbols, each unknown of the target
 * becomes a new symbol, and the equation "as many elements before as after" is solved for one
 * unknown at a time, where that gives an expression over the symbols of x alone. */
#include "shapes.h"

/* ---- known dimensions ---- */

static bool
copy_zeros(Infer *c, const Type *x, int64_t *to, int64_t n)
{
	bool from_end = c->inst->op->since >= IOS17;

	for (int64_t i = 0; i < n; i++) {
		int64_t k = from_end ? (int64_t)x->rank - (n - i) : i;
		if (to[i] != 0)
			continue;
		if (!from_end && n != x->rank)
			return op_error(c, "shape",
			                "a 0 copies a dimension of 'x', which needs a shape of %u "
			                "elements like 'x', this one has %lld",
			                x->rank, (long long)n);
		to[i] = k >= 0 ? x->dim[k] : 1;
	}
	return true;
}

static bool
fill_rest(Infer *c, const Type *x, int64_t *to, int64_t n)
{
	int64_t known = 1, at = -1;

	for (int64_t i = 0; i < n; i++) {
		if (to[i] == -1)
			at = i;
		else if (to[i] < 0)
			return op_error(c, "shape",
			                "dimension %lld is %lld, expected a number >= 0, or -1 for "
			                "what remains",
			                (long long)i, (long long)to[i]);
		else if (__builtin_mul_overflow(known, to[i], &known))
			return op_error(c, "shape",
			                "the shape has more elements than can be counted");
	}
	if (at >= 0) {
		if (known == 0)
			return op_error(c, "shape",
			                "-1 cannot be found beside a dimension of 0, write all "
			                "dimensions as numbers");
		to[at] = x->count / known;
		known *= to[at];
	}
	if (known == x->count)
		return true;
	if (at >= 0)
		return op_error(c, "shape",
		                "'x' has shape %s, %lld elements, which the other dimensions "
		                "of the new shape do not divide",
		                shape_of(c, x), (long long)x->count);
	return op_error(c, "shape", "'x' has shape %s, %lld elements, but the new shape has %lld",
	                shape_of(c, x), (long long)x->count, (long long)known);
}

/* ---- symbols ---- */

typedef struct Symbols {
	Dim at[64];
	int n;
} Symbols;

static int64_t
note_symbol(void *ctx, Dim sym)
{
	Symbols *s = ctx;

	for (int i = 0; i < s->n; i++)
		if (s->at[i] == sym)
			return 1;
	if (s->n < (int)countof(s->at))
		s->at[s->n++] = sym;
	return 1;
}

static void
add_symbols(Infer *c, Symbols *s, Dim d)
{
	if (!dim_known(d))
		dim_eval(c->types, d, note_symbol, s);
}

static bool
within(const Symbols *a, const Symbols *b)
{
	for (int i = 0; i < a->n; i++) {
		bool found = false;
		for (int k = 0; k < b->n; k++)
			found |= a->at[i] == b->at[k];
		if (!found)
			return false;
	}
	return true;
}

/* Solves dim[at], a symbol that stands nowhere else, from volume = product of dim. */
static void
solve_one(Infer *c, Dim volume, const Symbols *known, Dim *dim, uint32_t rank, uint32_t at)
{
	Symbols own = {0}, rest = {0};
	Dim product = 1;

	if (!dim_is_plain_symbol(c->types, dim[at]))
		return;
	add_symbols(c, &own, dim[at]);
	if (within(&own, known))
		return;
	for (uint32_t i = 0; i < rank; i++) {
		if (i == at)
			continue;
		add_symbols(c, &rest, dim[i]);
		product = dim_mul(c->types, product, dim[i]);
	}
	if (product == 0 || within(&own, &rest) || !within(&rest, known))
		return;
	dim[at] = dim_floordiv(c->types, volume, product);
}

static void
solve(Infer *c, const Type *x, Dim *dim, uint32_t rank)
{
	Dim volume = dims_product(c, x->dim, x->rank);
	Dim *start = arena_dup(c->arena, dim, sizeof(Dim) * ((size_t)rank + 1));
	Symbols known = {0};

	add_symbols(c, &known, volume);
	for (uint32_t i = 0; i < rank; i++) {
		Dim *one;
		if (dim_known(start[i]))
			continue;
		one = arena_dup(c->arena, start, sizeof(Dim) * ((size_t)rank + 1));
		solve_one(c, volume, &known, one, rank, i);
		dim[i] = one[i];
	}
}

static bool
reshape_symbolic(Infer *c, const Type *x, const Dim *e, uint32_t n, Dim *dim)
{
	for (uint32_t i = 0; i < n; i++) {
		if (dim_known(e[i]) && e[i] < -1)
			return op_error(c, "shape",
			                "dimension %u is %lld, expected a number >= 0, a symbol, "
			                "or -1 for what remains",
			                i, (long long)e[i]);
		dim[i] = e[i] == -1 ? dim_fresh(c) : e[i];
	}
	solve(c, x, dim, n);
	return true;
}

/* ---- rules ---- */

static bool
reshape_dims(Infer *c, const Type *x, const Dim *e, uint32_t n, Dim *dim)
{
	uint32_t rest = 0;

	for (uint32_t i = 0; i < n; i++)
		rest += e[i] == -1;
	if (rest > 1)
		return op_error(c, "shape",
		                "%u dimensions are -1, at most one can be found from the rest",
		                rest);
	if (x->count < 0 || !values_known(e, n))
		return reshape_symbolic(c, x, e, n, dim);
	for (uint32_t i = 0; i < n; i++)
		dim[i] = e[i];
	return copy_zeros(c, x, dim, n) && fill_rest(c, x, dim, n);
}

bool
infer_reshape(Infer *c)
{
	const Type *x = type_known(c, "x"), *shape = type_known(c, "shape");
	const Dim *e = values_arg(c, "shape"), *value;
	const Var *v = inst_arg(c->inst, "x");
	Dim *dim;
	uint32_t n;

	if (shape->rank != 1)
		return op_error(c, "shape", "'shape' has shape %s, expected a list of numbers",
		                shape_of(c, shape));
	if (!dim_known(shape->dim[0])) {
		Dim any = dim_variadic(c);
		set_shape(c, 0, x->dtype, &any, 1);
		return true;
	}
	if (shape->dim[0] > TENSOR_MAX_RANK)
		return op_error(c, "shape",
		                "the result would have rank %lld, at most %d is possible",
		                (long long)shape->dim[0], TENSOR_MAX_RANK);
	n = (uint32_t)shape->dim[0];
	dim = newn(c->arena, Dim, (size_t)n + 1);
	for (uint32_t i = 0; !e && i < n; i++)
		dim[i] = dim_fresh(c);
	if (e && !reshape_dims(c, x, e, n, dim)) {
		op_note_operand(c, "x");
		return false;
	}
	set_shape(c, 0, x->dtype, dim, n);
	if (!v->val && v->symval && c->inst->out[0]->type->count == x->count &&
	    (value = values_of(c, v)) != NULL)
		set_values(c, 0, value);
	return true;
}

/* Element i of a tuple operand of scalars: its known value. */
static bool
tuple_scalar(Infer *c, const char *param, uint32_t i, int64_t *out)
{
	const Var *v = arg_at(inst_args(c->inst, param), i);

	if (v->type->rank != 0 || !v->val)
		return op_error(c, param,
		                "element %u of '%s' is %s, expected a number known when compiling",
		                i, param, type_str(c->types, v->type));
	*out = tensor_i(v->val, 0);
	return true;
}

bool
infer_reshape_like(Infer *c)
{
	const Type *x = type_known(c, "x");
	const Arg *ref = inst_args(c->inst, "ref_tensors");
	static const char *const lists[] = {"begins", "ends", "end_masks"};
	VEC(Dim) dim = {0};
	int64_t count;

	for (size_t k = 0; k < countof(lists); k++)
		if (inst_args(c->inst, lists[k])->n != ref->n)
			return op_error(c, lists[k],
			                "'%s' has %u elements, but there are %u ref_tensors",
			                lists[k], inst_args(c->inst, lists[k])->n, ref->n);
	for (uint32_t i = 0; i < ref->n; i++) {
		const Type *t = arg_at(ref, i)->type;
		int64_t begin = 0, end = 0, mask = 0;
		if (!tuple_scalar(c, "begins", i, &begin) || !tuple_scalar(c, "ends", i, &end) ||
		    !tuple_scalar(c, "end_masks", i, &mask))
			return false;
		begin = begin < 0 ? MAX(0, begin + t->rank) : begin;
		end = mask ? t->rank : end < 0 ? end + t->rank : MIN(end, (int64_t)t->rank);
		for (int64_t k = begin; k < end; k++) {
			if (!dim_known(t->dim[k]))
				return op_error(c, "ref_tensors",
				                "dimension %lld of reference %u is symbolic, "
				                "expected known ones",
				                (long long)k, i);
			vec_push(c->arena, &dim, t->dim[k]);
		}
	}
	if (dim.n > TENSOR_MAX_RANK)
		return op_error(c, "ref_tensors",
		                "the result would have rank %u, at most %d is possible", dim.n,
		                TENSOR_MAX_RANK);
	if (!shape_count(dim.at, (int)dim.n, &count))
		return op_error(c, "ref_tensors",
		                "the result has more elements than can be counted");
	if (x->count >= 0 && count != x->count)
		return op_error(c, "x", "'x' has shape %s, but the references give %s",
		                shape_of(c, x), shape_str(c->types, dim.at, dim.n));
	return set_shape(c, 0, x->dtype, dim.at, dim.n);
}
