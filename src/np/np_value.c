/* np_value.c: script values to arrays and back, and the small arguments (shapes, axes, types) that
 * NumPy's functions take.
 */
#include "np_impl.h"

bool
np_work(void *in, uint64_t steps, size_t bytes)
{
	return interp_steps(in, steps) && interp_room(in, bytes);
}

void
np_means(NdErr *err, const char *fmt, va_list ap)
{
	err->class = fault_of(err->who, fmt, ap, err->meant, sizeof err->meant);
}

bool
np_err(Interp *in, Span at, const NdErr *err)
{
	Value text;

	if (!*err->text)
		return false;
	interp_diag(in)->machine |= err->machine;
	if (!err->means || !interp_catching(in))
		return fail(in, at, "%s", err->text);
	text = vstrz(in, err->meant);
	return fail_with(in, at, err->class ? exc_new(in, err->class, &text, 1) : VUNSET, "%s",
	                 err->text);
}

bool
np_give(Interp *in, Nd *nd, Value *out)
{
	size_t bytes = nd->buf->refs == 1 && !nd->buf->mapped ? nd->buf->size : 0;

	*out = vnd(in, nd);
	return interp_memory(in, bytes);
}

bool
np_give_scalar(Interp *in, Nd *nd, Value *out)
{
	if (nd->rank)
		return np_give(in, nd, out);
	*out = vnpscalar(in, nd);
	return interp_memory(in, 64);
}

bool
np_give_element(Interp *in, DType t, const char *at, Value *out)
{
	Nd a = nd_scalar_i(DT_INT64, 0);

	a.dtype = t;
	memcpy(a.data, at, dtype_size(t));
	return np_give_scalar(in, &a, out);
}

bool
np_done(const Args *c, Nd *r)
{
	return np_give_scalar(c->in, r, c->out);
}

bool
np_made(const Args *c, Nd *r)
{
	return np_give(c->in, r, c->out);
}

bool
np_like(const Args *c, Nd *r)
{
	return c->v[0].kind == V_NPSCALAR ? np_done(c, r) : np_made(c, r);
}

/* ---- Python's complex numbers: what the items of complex arrays are in a list ---- */
static int
complex_attr(UNUSED Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Complex *z = self->data;

	if (!str_is(name, "real") && !str_is(name, "imag"))
		return 0;
	*out = vfloat(str_is(name, "real") ? z->re : z->im);
	return 1;
}

static void
complex_repr(UNUSED Interp *in, HostObj *self, Buf *out)
{
	Nd a = {.dtype = DT_COMPLEX128};

	nd_repr_element(&a, self->data, out);
}

static const HostType complex_type = {
    .name = "complex", .getattr = complex_attr, .repr = complex_repr};

static Value
np_complex(Interp *in, double re, double im)
{
	Complex *z = new (interp_arena(in), Complex);

	*z = (Complex){re, im};
	return vhost(in, &complex_type, z);
}

Value
np_python(Interp *in, DType t, const char *at)
{
	t = nd_base(t);
	if (t == DT_BOOL)
		return vbool(*at != 0);
	if (dtype_is_float(t))
		return vfloat(nd_load_f(t, at));
	if (nd_is_complex(t))
		return np_complex(in, nd_load_f(t, at),
		                  nd_load_f(nd_part_type(t), at + dtype_size(t) / 2));
	if (t == DT_UINT64)
		return vbig(in, (Big)(uint64_t)nd_load_i(t, at));
	if (t == DT_STRING) {
		const Str *s;

		memcpy(&s, at, sizeof s);
		return s ? vstr_of(in, s) : vstrz(in, "");
	}
	return vint(nd_load_i(t, at));
}

bool
np_tolist(Interp *in, const Nd *a, const char *at, int axis, Value *out)
{
	Value item;

	if (axis == a->rank) {
		*out = np_python(in, a->dtype, at);
		return true;
	}
	*out = vlist(in, 0, 0);
	if (!interp_steps(in, (uint64_t)a->dim[axis] / 16))
		return false;
	for (int64_t i = 0; i < a->dim[axis]; i++)
		if (!np_tolist(in, a, at + i * a->stride[axis], axis + 1, &item) ||
		    !vlist_push(in, *out, item))
			return false;
	return true;
}

static bool
out_of_bounds(Interp *in, Value v, DType t, Span at)
{
	Buf b = {0};

	value_repr(in, v, &b);
	fail(in, at, "Python integer %s out of bounds for %s", b.at, dtype_info[nd_base(t)].np);
	buf_free(&b);
	return false;
}

bool
np_int_fits(Value v, DType t, Int *n)
{
	Int low, high;

	big_of(v, n);
	big_from_i128(&low, (Big)nd_int_min(t));
	big_from_i128(&high, (Big)nd_int_max(t));
	return big_cmp(n, &low) >= 0 && big_cmp(n, &high) <= 0;
}

/* Stores a Python number (or string) as an element. */
static bool
np_store(Interp *in, Value v, DType t, char *to, Span at)
{
	DType base = nd_base(t);
	Int n;
	double d;

	v = instance_value(v);
	if (is_np(v) && ARRAY_OF(v)->rank == 0 &&
	    nd_can_cast(ARRAY_OF(v)->dtype, base, CAST_UNSAFE)) {
		nd_cast(ARRAY_OF(v)->dtype, base, to, 0, ARRAY_OF(v)->data, 0, 1);
		return true;
	}
	if (is_host(v, &complex_type)) {
		nd_cast(DT_COMPLEX128, base, to, 0, HOST_OF(v)->data, 0, 1);
		return true;
	}
	if (base == DT_STRING) {
		const Str *s;

		if (!as_str(in, v, &s, "an element of a string array", at))
			return false;
		memcpy(to, &s, sizeof s);
		return true;
	}
	if (v.kind == V_BOOL) {
		nd_store_i(base, to, v.b);
		return true;
	}
	if (is_int(v) && dtype_is_int(base)) {
		if (!np_int_fits(v, base, &n))
			return out_of_bounds(in, v, base, at);
		nd_store_i(base, to, (int64_t)(uint64_t)big_to_i128(&n));
		return true;
	}
	if (v.kind == V_INT) {
		nd_store_i(base, to, v.i);
		return true;
	}
	if (v.kind == V_FLOAT && dtype_is_int(base)) {
		Value whole;

		return num_from_double(in, v.f, &whole, at) && np_store(in, whole, base, to, at);
	}
	if (v.kind == V_STR && base == DT_BOOL) {
		*to = STR_OF(v)->len != 0;
		return true;
	}
	if (v.kind == V_STR) {
		Value f;

		if (!num_parse_float(in, v, &f, at))
			return false;
		v = f;
	}
	if (!as_double(in, v, &d, "the element", at))
		return false;
	nd_store_f(base, to, d);
	return true;
}

/* ---- nested lists ---- */
typedef struct Find {
	int rank; /* of what was found so far; -1: nothing yet */
	int64_t dim[TENSOR_MAX_RANK];
	DType t;
	bool any_int; /* the elements' type is given: ints of any size will do */
	Span at;
} Find;

static bool
is_sequence(Value v)
{
	return v.kind == V_LIST || v.kind == V_TUPLE || v.kind == V_RANGE;
}

static DType
type_of_number(Value v)
{
	Int n;

	switch (v.kind) {
	case V_BOOL:
		return DT_BOOL;
	case V_INT:
		return DT_INT64;
	case V_BIG:
		big_of(v, &n);
		return !n.neg && big_bits(&n) <= 64 ? DT_UINT64 : DT_NONE;
	case V_FLOAT:
		return DT_FP64;
	case V_STR:
		return DT_STRING;
	case V_HOST:
		return is_host(v, &complex_type) ? DT_COMPLEX128 : DT_NONE;
	default:
		return DT_NONE;
	}
}

static bool
ragged(Interp *in, const Find *f, int depth)
{
	return fail(in, f->at,
	            "setting an array element with a sequence. The requested array has an "
	            "inhomogeneous shape after %d dimensions. The detected shape was %s + "
	            "inhomogeneous part",
	            depth, nd_shape(f->dim, depth).s);
}

static bool
found_type(Interp *in, Find *f, DType t, Value v)
{
	DType common;

	if (f->t == DT_NONE || f->t == t) {
		f->t = t;
		return true;
	}
	common = nd_promote(f->t, t);
	if (!common)
		return fail(in, f->at, "an array cannot hold both %s and %s values",
		            dtype_info[f->t].np, v.kind == V_STR ? "str" : dtype_info[t].np);
	f->t = common;
	return true;
}

static bool
find_leaf(Interp *in, Find *f, Value v, int depth)
{
	const Nd *a = is_np(v) ? ARRAY_OF(v) : 0;
	int rank = depth + (a ? a->rank : 0);
	DType t = a ? nd_base(a->dtype) : type_of_number(instance_value(v));

	if (v.kind == V_HOST && HOST_OF(v)->type->refuse)
		return HOST_OF(v)->type->refuse(in, "numpy", v, VNONE, f->at);
	if (v.kind == V_BIG && !t && f->any_int)
		t = DT_FP64;
	if (v.kind == V_BIG && !t)
		return fail(in, f->at,
		            "an int too large for uint64 cannot be an element of an array");
	if (!t)
		return fail(in, f->at, "cannot make an array of a %s", type_name(v));
	if (rank > TENSOR_MAX_RANK)
		return fail(in, f->at, "an array of more than %d dimensions is not possible",
		            TENSOR_MAX_RANK);
	if (f->rank >= 0 && rank != f->rank)
		return ragged(in, f, MIN(depth, f->rank));
	for (int i = depth; i < rank; i++) {
		if (f->rank >= 0 && f->dim[i] != a->dim[i - depth])
			return ragged(in, f, i);
		f->dim[i] = a->dim[i - depth];
	}
	f->rank = rank;
	return found_type(in, f, t, v);
}

static bool
find_shape(Interp *in, Find *f, Value v, int depth, bool first)
{
	SeqObj *s;
	Value list = v;

	if (!is_sequence(v))
		return find_leaf(in, f, v, depth);
	if (depth == TENSOR_MAX_RANK)
		return fail(in, f->at, "an array of more than %d dimensions is not possible",
		            TENSOR_MAX_RANK);
	if (v.kind == V_RANGE && !value_to_list(in, v, &list, f->at))
		return false;
	s = SEQ_OF(list);
	if (!interp_steps(in, s->n / 16))
		return false;
	if (!first && f->rank >= 0 && (depth >= f->rank || f->dim[depth] != s->n))
		return ragged(in, f, MIN(depth, f->rank));
	f->dim[depth] = s->n;
	if (s->n == 0) {
		if (f->rank >= 0 && f->rank != depth + 1)
			return ragged(in, f, MIN(depth + 1, f->rank));
		f->rank = depth + 1;
	}
	for (uint32_t i = 0; i < s->n; i++)
		if (!find_shape(in, f, s->at[i], depth + 1, first && i == 0))
			return false;
	return true;
}

static bool
fill_nested(Interp *in, Value v, Nd *to, int depth, char *at, Span where)
{
	Value list = v;
	NdErr err = NP_ERR(in);

	if (is_np(v)) {
		Nd part = *to;

		part.rank = to->rank - depth;
		for (int i = 0; i < part.rank; i++) {
			part.dim[i] = to->dim[depth + i];
			part.stride[i] = to->stride[depth + i];
		}
		part.data = at;
		return nd_assign(&part, ARRAY_OF(v), &err) || np_err(in, where, &err);
	}
	if (!is_sequence(v))
		return np_store(in, v, to->dtype, at, where);
	if (v.kind == V_RANGE && !value_to_list(in, v, &list, where))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!fill_nested(in, SEQ_OF(list)->at[i], to, depth + 1, at + i * to->stride[depth],
		                 where))
			return false;
	return true;
}

bool
np_array_of(Interp *in, Value v, DType want, Nd *out, Span at)
{
	Find f = {.rank = -1, .at = at, .any_int = want != DT_NONE};
	NdErr err = NP_ERR(in);

	if (is_np(v)) {
		const Nd *a = ARRAY_OF(v);

		if (!want || a->dtype == want) {
			*out = nd_alias(a);
			return true;
		}
		if (!nd_can_cast(a->dtype, want, CAST_UNSAFE))
			return fail(in, at, "cannot convert an array of %s to %s",
			            dtype_info[a->dtype].np, dtype_info[want].np);
		return nd_convert(out, a, want, &err) || np_err(in, at, &err);
	}
	if (v.kind == V_HOST && HOST_OF(v)->type->elements) {
		want = want ? want : HOST_OF(v)->type->elements(HOST_OF(v));
		if (!value_to_list(in, v, &v, at))
			return false;
	}
	if (!find_shape(in, &f, v, 0, true))
		return false;
	if (!want)
		want = f.t ? f.t : DT_FP64;
	if (!nd_new(out, want, f.dim, f.rank, &err))
		return np_err(in, at, &err);
	if (fill_nested(in, v, out, 0, out->data, at))
		return true;
	nd_release(out);
	return false;
}

const Nd *
np_hold(const Args *c, Nd *a, Value *v)
{
	if (!np_give(c->in, a, v))
		return 0;
	interp_push(c->in, *v); /* the end of the call pops it */
	return ARRAY_OF(*v);
}

const Nd *
np_as(const Args *c, Value *v, DType want)
{
	Nd a;

	if (is_np(*v) && (!want || ARRAY_OF(*v)->dtype == want))
		return ARRAY_OF(*v);
	return np_array_of(c->in, *v, want, &a, c->span) ? np_hold(c, &a, v) : 0;
}

const Nd *
np_arg(const Args *c, int i)
{
	return np_as(c, &c->v[i], DT_NONE);
}

/* ---- operands ---- */
bool
np_operand(Interp *in, Value v, Nd *out, Weak *weak, Span at)
{
	*weak = v.kind == V_BOOL                     ? WEAK_BOOL
	        : v.kind == V_INT || v.kind == V_BIG ? WEAK_INT
	        : v.kind == V_FLOAT                  ? WEAK_FLOAT
	                                             : STRONG;
	if (v.kind == V_BIG) { /* its value is looked at once the type is known */
		*out = nd_scalar_i(DT_INT64, 0);
		return true;
	}
	return np_array_of(in, v, DT_NONE, out, at);
}

static bool
settle(Interp *in, Nd *a, Weak w, Value v, DType t, Span at)
{
	if (w == STRONG || a->dtype == t)
		return v.kind != V_BIG || out_of_bounds(in, v, t, at);
	nd_release(a);
	*a = nd_scalar_i(t, 0);
	return np_store(in, v, t, a->data, at);
}

bool
np_common(Interp *in, NdBin op, Nd *a, Weak wa, Value va, Nd *b, Weak wb, Value vb, DType *t,
          Span at)
{
	*t = nd_result_type(a->dtype, wa, b->dtype, wb);
	if (!*t)
		return fail(in, at,
		            op == NB_DIV ? "%s and %s have no common type to divide in"
		                         : "%s and %s have no common type",
		            dtype_info[a->dtype].np, dtype_info[b->dtype].np);
	if (wa && wb && (va.kind == V_BIG || vb.kind == V_BIG)) {
		DType ta = va.kind == V_BIG ? type_of_number(va) : a->dtype;
		DType tb = vb.kind == V_BIG ? type_of_number(vb) : b->dtype;

		*t = ta && tb ? nd_promote(ta, tb) : DT_INT64;
	}
	if ((op == NB_DIV || (op >= NB_ATAN2 && op < NB_LT)) && (wa || wb) && *t &&
	    !dtype_is_float(*t) && !nd_is_complex(*t) && (op == NB_DIV || dtype_size(*t) > 2))
		*t = DT_FP64;
	return settle(in, a, wa, va, *t, at) && settle(in, b, wb, vb, *t, at);
}

bool
np_operands(Interp *in, NdBin op, Value a, Value b, Nd *x, Nd *y, DType *t, Span at)
{
	Weak wa, wb;

	x->buf = y->buf = 0;
	if (np_operand(in, a, x, &wa, at) && np_operand(in, b, y, &wb, at) &&
	    np_common(in, op, x, wa, a, y, wb, b, t, at))
		return true;
	nd_release(x);
	nd_release(y);
	return false;
}

/* ---- small arguments ---- */
bool
np_ints(const Args *c, Value v, int64_t *out, int *n, const char *what)
{
	bool fraction = v.kind == V_FLOAT && !strcmp(what, "the shape");
	Value list;
	Big one;

	if (v.kind != V_LIST && v.kind != V_TUPLE && !(is_np(v) && ARRAY_OF(v)->rank)) {
		if (!is_index(c->in, v, &one))
			return fail(c->in, c->span,
			            fraction ? "%s is an int or a sequence of ints, not %s: %s"
			                     : "%s is an int or a sequence of ints, not %s",
			            what, type_name(v), shown(c->in, v));
		*n = 1;
		return as_int(c->in, v, out, what, c->span);
	}
	if (!value_to_list(c->in, v, &list, c->span))
		return false;
	if (SEQ_OF(list)->n > TENSOR_MAX_RANK)
		return fail(c->in, c->span, "%s has %u entries, at most %d are possible", what,
		            SEQ_OF(list)->n, TENSOR_MAX_RANK);
	*n = (int)SEQ_OF(list)->n;
	for (int i = 0; i < *n; i++) {
		if (!is_index(c->in, SEQ_OF(list)->at[i], &one))
			return fail(c->in, c->span, "%s is made of ints, not %s", what,
			            type_name(SEQ_OF(list)->at[i]));
		if (!as_int(c->in, SEQ_OF(list)->at[i], &out[i], what, c->span))
			return false;
	}
	return true;
}

bool
np_axis_no_bool(const Args *c, Value v)
{
	return v.kind != V_BOOL ||
	       fail(c->in, c->span, "an integer is required for the axis, not bool");
}

bool
np_axis(const Args *c, Value v, int rank, int *axis)
{
	int64_t x;
	NdErr err = NP_ERR(c->in);

	return as_int(c->in, v, &x, "axis", c->span) &&
	       (nd_axis_fix(x, rank, axis, &err) || np_err(c->in, c->span, &err));
}

bool
np_axes(const Args *c, Value v, int rank, NdAxes *ax)
{
	int64_t list[TENSOR_MAX_RANK];
	int n, x;
	NdErr err = NP_ERR(c->in);

	memset(ax, 0, sizeof *ax);
	ax->all = np_absent(v);
	if (ax->all)
		return true;
	if (!np_ints(c, v, list, &n, "axis"))
		return false;
	for (int i = 0; i < n; i++) {
		if (!nd_axis_fix(list[i], rank, &x, &err))
			return np_err(c->in, c->span, &err);
		if (ax->in[x])
			return fail(c->in, c->span, "duplicate value %lld in 'axis'",
			            (long long)list[i]);
		ax->in[x] = true;
	}
	return true;
}

bool
np_dtype_arg(const Args *c, Value v, DType otherwise, DType *t)
{
	*t = otherwise;
	if (v.kind == V_TYPE && v.i == TYPE_COMPLEX)
		*t = DT_COMPLEX128;
	else if (!np_absent(v))
		return as_dtype(c->in, v, t, c->span);
	return true;
}

bool
np_flag(const Args *c, Value v, bool otherwise, bool *out)
{
	*out = otherwise;
	return np_absent(v) || value_truth(c->in, v, out, c->span);
}

bool
np_int(const Args *c, Value v, int64_t *out, const char *what)
{
	return np_absent(v) || as_int(c->in, v, out, what, c->span);
}

bool
np_double(const Args *c, Value v, double *out, const char *what)
{
	return np_absent(v) || as_double(c->in, v, out, what, c->span);
}

bool
np_without(const Args *c, int index, const char *name)
{
	Value v = c->v[index];

	if (np_absent(v) || (v.kind == V_STR && !strcmp(name, "order") && *STR_OF(v)->s == 'C'))
		return true;
	return np_lib_extra(c);
}

bool
np_array_list(const Args *c, Value v, Nd **out, size_t *n)
{
	Value list;
	SeqObj *s;
	size_t made = 0;

	*out = 0;
	*n = 0;
	if (!value_to_list(c->in, v, &list, c->span))
		return false;
	s = SEQ_OF(list);
	*out = xcalloc(s->n + 1, sizeof **out);
	for (; made < s->n; made++)
		if (!np_array_of(c->in, s->at[made], DT_NONE, &(*out)[made], c->span))
			break;
	*n = made;
	if (made == s->n)
		return true;
	np_array_list_free(*out, made);
	return false;
}

void
np_array_list_free(Nd *a, size_t n)
{
	for (size_t i = 0; i < n; i++)
		nd_release(&a[i]);
	xfree(a);
}
