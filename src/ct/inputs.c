/* inputs.c: ct.TensorType and what stands inside it: shapes, ranges, enumerations of shapes. */
#include "bind.h"
#include "nd/nd.h"

static const HostType range_type = {.name = "RangeDim"};
static const HostType shape_type = {.name = "Shape"};
static const HostType enumerated_type = {.name = "EnumeratedShapes"};

static int
tensortype_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const InputSpec *s = self->data;

	if (str_is(name, "name"))
		*out = s->name ? vstr_of(in, s->name) : VNONE;
	else if (str_is(name, "dtype"))
		*out = s->dtype == DT_NONE ? VNONE : bind_dtype(in, s->dtype);
	else if (str_is(name, "default_value"))
		*out = s->has_default ? vfloat(s->default_value) : VNONE;
	else
		return 0;
	return 1;
}

const HostType tensortype_type = {.name = "TensorType", .getattr = tensortype_getattr};

/* A shape as Core ML describes it: each dimension a size or a range. */
typedef struct ShapeObj {
	uint32_t rank;
	DimRange *dim;
} ShapeObj;
typedef struct EnumObj {
	uint32_t n, rank, dflt;
	int64_t *shape; /* n * rank */
} EnumObj;

/* ct.RangeDim(lower_bound=1, upper_bound=-1, default=None, symbol=None) */
NATIVE_EXTERN(ct_range_dim)
{
	DimRange *r = new(interp_arena(in), DimRange);
	const Value *v = args->v;
	int64_t *field[3] = {&r->lower, &r->upper, &r->dflt};

	r->lower = 1;
	r->upper = -1;
	r->dflt = INT64_MIN;
	for (int i = 0; i < 3; i++)
		if (given(v[i]) &&
		    !as_int(in, v[i], field[i], "a bound of ct.RangeDim", args->span))
			return false;
	if (r->lower < 0)
		return fail(in, args->span,
		            "lower_bound of ct.RangeDim is %lld, expected 0 or more",
		            (long long)r->lower);
	if (r->upper < -1 || (r->upper != -1 && r->upper < r->lower))
		return fail(in, args->span,
		            "upper_bound of ct.RangeDim is %lld, expected at least lower_bound "
		            "(%lld), or -1 for no bound",
		            (long long)r->upper, (long long)r->lower);
	if (r->dflt == INT64_MIN)
		r->dflt = r->lower;
	if (r->dflt < r->lower || (r->upper != -1 && r->dflt > r->upper))
		return fail(in, args->span,
		            "default of ct.RangeDim is %lld, outside of %lld to %lld",
		            (long long)r->dflt, (long long)r->lower, (long long)r->upper);
	if (given(v[3]) &&
	    !as_str(in, v[3], &r->symbol, "symbol of ct.RangeDim", args->span))
		return false;
	if (!r->symbol)
		sym_new(bind_of(in)->types, NULL); /* its automatic name is taken */
	*out = vhost(in, &range_type, r);
	return true;
}

static bool
dims_of(Interp *in, Value v, Span at, DimRange **dim, uint32_t *rank)
{
	Value list;
	SeqObj *s;

	if (is_host(v, &shape_type)) {
		ShapeObj *o = HOST_OF(v)->data;
		*dim = o->dim;
		*rank = o->rank;
		return true;
	}
	if (v.kind != V_LIST && v.kind != V_TUPLE && v.kind != V_ARRAY)
		return fail(in, at,
		            "a shape must be a list or tuple, ct.Shape or ct.EnumeratedShapes, "
		            "found '%s'",
		            type_name(v));
	if (!value_to_list(in, v, &list, at))
		return false;
	s = SEQ_OF(list);
	*dim = newn(interp_arena(in), DimRange, MAX(s->n, 1));
	*rank = s->n;
	for (uint32_t i = 0; i < s->n; i++) {
		DimRange *d = &(*dim)[i];
		if (is_host(s->at[i], &range_type)) {
			*d = *(DimRange *)HOST_OF(s->at[i])->data;
			continue;
		}
		if (!as_int(in, s->at[i], &d->lower, "a dimension", at))
			return false;
		if (d->lower == -1) { /* "any size" */
			d->lower = 1;
			d->dflt = 1;
			d->upper = -1;
			continue;
		}
		if (d->lower < 0)
			return fail(in, at, "a dimension is %lld, expected a size or a ct.RangeDim",
			            (long long)d->lower);
		d->upper = d->dflt = d->lower;
	}
	return true;
}

/* ct.Shape(shape, default=None) */
NATIVE_EXTERN(ct_shape)
{
	ShapeObj *o = new(interp_arena(in), ShapeObj);
	DimRange *dflt;
	const Value *v = args->v;
	uint32_t n;

	if (!dims_of(in, v[0], args->span, &o->dim, &o->rank))
		return false;
	if (given(v[1])) {
		if (!dims_of(in, v[1], args->span, &dflt, &n))
			return false;
		if (n != o->rank)
			return fail(in, args->span,
			            "default of ct.Shape has %u dimensions, the shape %u", n,
			            o->rank);
		for (uint32_t i = 0; i < n; i++)
			o->dim[i].dflt = dflt[i].dflt;
	}
	*out = vhost(in, &shape_type, o);
	return true;
}

/* ct.EnumeratedShapes(shapes, default=None) */
NATIVE_EXTERN(ct_enumerated_shapes)
{
	EnumObj *o = new(interp_arena(in), EnumObj);
	uint32_t rank;
	DimRange *d;
	const Value *v = args->v;
	Value list;
	SeqObj *s;

	if (!value_to_list(in, v[0], &list, args->span))
		return false;
	s = SEQ_OF(list);
	if (s->n < 2)
		return fail(in, args->span,
		            "ct.EnumeratedShapes takes at least two shapes, found %u", s->n);
	for (uint32_t i = 0; i < s->n; i++) {
		if (!dims_of(in, s->at[i], args->span, &d, &rank))
			return false;
		if (i == 0) {
			o->rank = rank;
			o->shape = newn(interp_arena(in), int64_t, (size_t)s->n * MAX(rank, 1));
		}
		if (rank != o->rank)
			return fail(in, args->span,
			            "the shapes of ct.EnumeratedShapes have different ranks: %u "
			            "and %u",
			            o->rank, rank);
		for (uint32_t k = 0; k < rank; k++)
			o->shape[i * rank + k] = d[k].dflt;
	}
	o->n = s->n;
	if (given(v[1])) {
		if (!dims_of(in, v[1], args->span, &d, &rank))
			return false;
		for (o->dflt = 0; o->dflt < o->n; o->dflt++) {
			uint32_t k = 0;
			while (rank == o->rank && k < rank &&
			       o->shape[o->dflt * rank + k] == d[k].dflt)
				k++;
			if (rank == o->rank && k == rank)
				break;
		}
		if (o->dflt == o->n)
			return fail(in, args->span,
			            "default of ct.EnumeratedShapes is none of the shapes");
	}
	*out = vhost(in, &enumerated_type, o);
	return true;
}

static bool
default_value(Interp *in, Value v, Span at, InputSpec *s)
{
	bool all;

	s->has_default = true;
	if (v.kind != V_ARRAY)
		return as_double(in, v, &s->default_value, "default_value", at);
	Nd *nd = ARRAY_OF(v);
	NdIter it = nd_iter(nd);
	if (!it.at)
		return fail(in, at, "default_value is an empty array");
	s->default_value = nd_f(nd, it.idx);
	all = true;
	for (; it.at; nd_step(&it))
		all = all && nd_f(nd, it.idx) == s->default_value;
	if (!all)
		return fail(in, at, "default_value must have one value for all elements");
	if (!s->has_shape || s->nshape)
		return true;
	for (uint32_t i = 0; i < s->rank; i++)
		if (s->dim[i].lower != s->dim[i].upper)
			return true;
	all = nd->rank == (int)s->rank;
	for (uint32_t i = 0; all && i < s->rank; i++)
		all = nd->dim[i] == s->dim[i].dflt;
	return all || fail(in, at, "default_value has another shape than the input: expected an "
	                           "array of the sizes given in shape=");
}

/* ct.TensorType(name=None, shape=None, dtype=None, default_value=None) */
NATIVE_EXTERN(ct_tensor_type)
{
	InputSpec *s = new(interp_arena(in), InputSpec);
	const Value *v = args->v;

	s->span = args->span;
	if (given(v[0]) &&
	    !as_str(in, v[0], &s->name, "the name of an input", args->span))
		return false;
	if (is_host(v[1], &enumerated_type)) {
		EnumObj *e = HOST_OF(v[1])->data;
		s->has_shape = true;
		s->rank = e->rank;
		s->nshape = e->n;
		s->shape = e->shape;
		s->dflt_shape = e->dflt;
	} else if (given(v[1])) {
		s->has_shape = true;
		if (!dims_of(in, v[1], args_span(args, "shape", 1), &s->dim, &s->rank))
			return false;
	}
	if (is_host(v[2], &dtype_type)) {
		s->dtype = dtype_of_host(HOST_OF(v[2]));
	} else if (given(v[2])) {
		Span at = args_span(args, "dtype", 2);
		if (!as_dtype(in, v[2], &s->dtype, at))
			return false;
		s->dtype = s->dtype == DT_FP64    ? DT_FP32
		           : s->dtype == DT_INT64 ? DT_INT32
		                                  : s->dtype;
	}
	if (given(v[3]) &&
	    !default_value(in, v[3], args_span(args, "default_value", 3), s))
		return false;
	*out = vhost(in, &tensortype_type, s);
	return true;
}
