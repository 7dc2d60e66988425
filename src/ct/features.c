/* features.c: see features.h. */
#include "features.h"

#include "model/shape.h"
#include "np/np.h"

/* ---- in ---- */

/* What Core ML's arrays hold. Python's integers become int64, which is none of them. */
static bool
array_type_taken(DType t)
{
	return t == DT_FP16 || t == DT_FP32 || t == DT_FP64 || t == DT_INT32 || t == DT_INT8;
}

bool
array_in(Interp *in, Value v, const char *what, Arena *a, const Tensor **out, Span at)
{
	const Nd *nd;

	if (v.kind != V_ARRAY && !bind_call(in, np_module(in, NULL), "array", &v, 1, &v, at))
		return false;
	nd = ARRAY_OF(v);
	if (!array_type_taken(nd->dtype))
		return fail(in, at,
		            "%s is an array of %s, which Core ML does not take: give it float32 or "
		            "int32, as with np.asarray(…, np.int32)",
		            what, dtype_info[nd->dtype].np);
	if (nd->rank == 0)
		return fail(in, at, "%s is a single number, expected an array", what);
	*out = tensor_copy(a, nd_to_tensor(a, nd));
	return true;
}

/* A single number or string, for a parameter of one element. */
static bool
scalar_in(Interp *in, const Feature *f, const Type *ty, Value v, Arena *a, const Tensor **out,
          Span at)
{
	const char *what = arena_printf(a, "input '%s'", f->name->s);
	int64_t one[TENSOR_MAX_RANK];
	bool is_int = f->kind == FEATURE_INT64;
	double x = 0;
	int64_t n = 0;
	Tensor *t;

	if (v.kind == V_ARRAY || v.kind == V_STR || v.kind == V_LIST)
		return fail(in, at, "%s takes a number, found '%s'", what, type_name(v));
	if (is_int ? !as_int(in, v, &n, what, at) : !as_double(in, v, &x, what, at))
		return false;
	for (uint32_t i = 0; i < ty->rank; i++)
		one[i] = 1;
	t = tensor_new(a, is_int ? DT_INT64 : DT_FP64, one, (int)ty->rank);
	if (is_int)
		tensor_set_i(t, 0, n);
	else
		tensor_set_f(t, 0, x);
	*out = t;
	return true;
}

bool
feature_in(Interp *in, const Feature *f, const Type *ty, Value v, Arena *a, const Tensor **out,
           Span at)
{
	const char *expected;

	switch (f->kind) {
	case FEATURE_INT64:
	case FEATURE_DOUBLE:
		return scalar_in(in, f, ty, v, a, out, at);
	case FEATURE_ARRAY:
		break;
	case FEATURE_IMAGE:
		return fail(in, at,
		            "input '%s' is an image, which Python gives as one of PIL, and milc "
		            "has no PIL: 'milc run -i' takes images as arrays",
		            f->name->s);
	default:
		return fail(in, at,
		            "input '%s' is neither an array nor a number: milc cannot give "
		            "it to a model that runs",
		            f->name->s);
	}
	if (!array_in(in, v, arena_printf(a, "input '%s'", f->name->s), a, out, at))
		return false;
	expected = shape_expected(ty, f->has_shape && f->rank == ty->rank ? f : NULL, 0, *out, a);
	return !expected ||
	       fail(in, at, "input '%s' has shape %s, expected %s", f->name->s,
	            shape_str(bind_of(in)->types, (*out)->dim, (uint32_t)(*out)->rank), expected);
}

const Tensor *
default_in(const Feature *f, const Type *ty, Arena *a)
{
	int64_t dim[TENSOR_MAX_RANK];

	for (uint32_t i = 0; i < ty->rank; i++) {
		dim[i] = ty->dim[i];
		if (!dim_known(dim[i]) && !(f->has_shape && f->rank == ty->rank))
			return NULL;
		if (!dim_known(dim[i]))
			dim[i] = f->shape[i];
	}
	return tensor_filled(a, ty->dtype, dim, (int)ty->rank, f->default_value);
}

const Tensor *
state_zeros(const Type *t, Arena *a)
{
	return tensor_new(a, t->dtype, t->dim, (int)t->rank);
}

/* ---- out ---- */

bool
array_out(Interp *in, const Tensor *t, DType as, Value *out, Span at)
{
	static const int64_t one = 1;
	Arena scratch = {0};
	NdErr err = {0};
	Nd nd;
	bool ok;

	if (as == DT_FP16)
		as = DT_FP32;
	if (t->dtype != as)
		t = tensor_cast(&scratch, t, as);
	ok = interp_memory(in, tensor_bytes(t));
	if (ok && !nd_new(&nd, as, t->rank ? t->dim : &one, MAX(t->rank, 1), &err)) {
		interp_diag(in)->machine |= err.machine;
		ok = fail(in, at, "%s", err.text);
	}
	if (ok) {
		tensor_read(t, 0, t->count, nd.data);
		*out = vnd(in, &nd);
	}
	arena_free(&scratch);
	return ok;
}

/* A str or an int: an element of the labels of a classifier, or of a sequence. */
static Value
label(Interp *in, const Tensor *t, int64_t i)
{
	return t->dtype == DT_STRING ? vstr_of(in, ((const Str *const *)t->data)[i])
	                             : vint(tensor_i(t, i));
}

bool
feature_out(Interp *in, const Feature *f, const NamedTensor *t, Value *out, Span at)
{
	const Tensor *x = t[0].t;

	switch (f->kind) {
	case FEATURE_ARRAY:
		return array_out(in, x, f->dtype ? f->dtype : x->dtype, out, at);
	case FEATURE_DICT:
		*out = vdict(in);
		for (int64_t i = 0; i < x->count; i++)
			if (!dict_set(in, *out, label(in, t[1].t, i), vfloat(tensor_f(x, i)), at))
				return false;
		return true;
	case FEATURE_SEQUENCE:
		*out = vlist(in, NULL, 0);
		for (int64_t i = 0; i < x->count; i++)
			vlist_push(in, *out, label(in, x, i));
		return true;
	case FEATURE_DOUBLE:
		*out = vfloat(tensor_f(x, 0));
		return true;
	case FEATURE_INT64:
	case FEATURE_STRING:
		*out = label(in, x, 0);
		return true;
	default:
		return fail(
		    in, at,
		    "output '%s' is an image, which Python gets as one of PIL, and milc has "
		    "no PIL: 'milc run -o' writes it as an array",
		    f->name->s);
	}
}
