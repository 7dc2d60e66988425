/* np_shape.c: functions and methods that rearrange arrays.
 */
#include "np_impl.h"

enum { TO_RESHAPE, TO_EXPAND, TO_BROADCAST, TO_TILE };

/* a, ints, order (of reshape) */
NP_FN(fn_by_ints)
{
	static const struct {
		const char *what;
		bool (*make)(Nd *out, const Nd *a, const int64_t *v, int n, NdErr *err);
		bool (*give)(const Args *c, Nd *r);
	} rows[] = {
	    [TO_RESHAPE] = {"the shape", nd_reshape, np_like},
	    [TO_EXPAND] = {"axis", nd_expand, np_like},
	    [TO_BROADCAST] = {"the shape", nd_broadcast_to, np_made},
	    [TO_TILE] = {"reps", nd_tile, np_made},
	};
	int64_t v[TENSOR_MAX_RANK], which = args_with(c);
	int n;
	const Nd *a;
	Nd r;

	return (which != TO_RESHAPE || np_unsupported(c, 2, "order")) &&
	       np_ints(c, c->v[1], v, &n, rows[which].what) && (a = np_arg(c, 0)) &&
	       rows[which].make(&r, a, v, n, err) && rows[which].give(c, &r);
}

/* The positional arguments of a method as ints: (2, 3) or ((2, 3)). */
static bool
int_args(const Args *c, const char *what, int64_t *out, int *n)
{
	Value all;

	if (c->nkw)
		return fail(c->in, c->kw[0].span, "%s() here has no '%s' argument", c->fn->name,
		            c->kw[0].name->s);
	all = c->npos == 1 ? c->pos[0] : vtuple(c->in, c->pos, c->npos);
	return np_ints(c, all, out, n, what);
}

NP_FN(method_reshape)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank;
	Nd r;
	bool named = c->nkw == 1 && str_is(c->kw[0].name, "shape") && !c->npos;

	if (named ? !np_ints(c, c->kw[0].val, dim, &rank, "the shape")
	          : !int_args(c, "the shape", dim, &rank))
		return false;
	return nd_reshape(&r, ARRAY_OF(c->v[0]), dim, rank, err) && np_like(c, &r);
}

NP_FN(fn_transpose)
{
	int64_t perm[TENSOR_MAX_RANK], *axes = np_absent(c->v[1]) ? 0 : perm;
	int n = 0;
	const Nd *a;
	Nd r;

	return (!axes || np_ints(c, c->v[1], perm, &n, "axes")) && (a = np_arg(c, 0)) &&
	       nd_transpose(&r, a, axes, n, err) && np_like(c, &r);
}

NP_FN(method_transpose)
{
	bool all = !c->npos || (c->npos == 1 && np_absent(c->pos[0]));
	int64_t perm[TENSOR_MAX_RANK];
	int n = 0;
	Nd r;

	return (all || int_args(c, "axes", perm, &n)) &&
	       nd_transpose(&r, ARRAY_OF(c->v[0]), all ? 0 : perm, n, err) && np_like(c, &r);
}

NP_FN(fn_swapaxes)
{
	int64_t perm[TENSOR_MAX_RANK];
	const Nd *a = np_arg(c, 0);
	Nd r;
	int x, y;

	if (!a || !np_axis(c, c->v[1], a->rank, &x) || !np_axis(c, c->v[2], a->rank, &y))
		return false;
	for (int i = 0; i < a->rank; i++)
		perm[i] = i;
	perm[x] = y;
	perm[y] = x;
	return nd_transpose(&r, a, perm, a->rank, err) && np_like(c, &r);
}

NP_FN(fn_ravel)
{
	const Nd *a;
	Nd r;

	return np_unsupported(c, 1, "order") && (a = np_arg(c, 0)) && nd_ravel(&r, a, err) &&
	       np_like(c, &r);
}

NP_FN(method_flatten)
{
	Nd r, f;

	return np_unsupported(c, 1, "order") && nd_copy(&r, ARRAY_OF(c->v[0]), err) &&
	       nd_replace(&r, nd_ravel(&f, &r, err), &f) && np_like(c, &r);
}

NP_FN(fn_squeeze)
{
	int64_t axis[TENSOR_MAX_RANK];
	int n = -1;
	Big one;
	const Nd *a;
	Nd r;

	if (!np_axis_no_bool(c, c->v[1]) ||
	    (!np_absent(c->v[1]) && !np_ints(c, c->v[1], axis, &n, "axis")) || !(a = np_arg(c, 0)))
		return false;
	if (!a->rank && n == 1 && (axis[0] == 0 || axis[0] == -1) && is_index(c->in, c->v[1], &one))
		n = 0; /* what has no dimension has none of length 1 to lose */
	return nd_squeeze(&r, a, axis, n, err) && np_like(c, &r);
}

/* ---- joining ---- */
static bool
common_type(const Args *c, const Nd *a, size_t n, DType *t)
{
	*t = n ? a[0].dtype : DT_FP64;
	for (size_t i = 1; i < n; i++) {
		DType both = *t == a[i].dtype ? *t : nd_promote(*t, a[i].dtype);

		if (!both)
			return fail(c->in, c->span, "arrays of %s and %s cannot be joined here",
			            dtype_info[*t].np, dtype_info[a[i].dtype].np);
		*t = both;
	}
	return true;
}

typedef bool Join(Nd *out, const Nd *a, size_t n, int64_t axis, DType t, NdErr *err);

static bool
join(const Args *c, Value list, Join *how, int64_t axis, bool flat, int least, NdErr *err)
{
	Nd *a, r;
	size_t n;
	DType t;
	bool ok = true;

	if (!np_array_list(c, list, &a, &n))
		return false;
	for (size_t i = 0; ok && i < n; i++) {
		Nd x;

		ok = !flat || nd_replace(&a[i], nd_ravel(&x, &a[i], err), &x);
		while (ok && a[i].rank < least)
			nd_insert_axis(&a[i], 0);
	}
	ok = ok && common_type(c, a, n, &t) && how(&r, a, n, axis, t, err);
	np_array_list_free(a, n);
	return ok && np_made(c, &r);
}

NP_FN(fn_concatenate)
{
	int64_t axis = 0;
	bool flat = c->v[1].kind == V_NONE;

	return np_axis_no_bool(c, c->v[1]) && np_int(c, c->v[1], &axis, "axis") &&
	       join(c, c->v[0], nd_concat, axis, flat, 0, err);
}

NP_FN(fn_stack)
{
	int64_t axis = 0;

	if (c->v[1].kind != V_UNSET && !as_int(c->in, c->v[1], &axis, "axis", c->span))
		return false;
	return join(c, c->v[0], nd_stack, axis, false, 0, err);
}

NP_FN(fn_vstack)
{
	return join(c, c->v[0], nd_concat, 0, false, 2, err);
}

NP_FN(fn_hstack)
{
	Value list;
	int64_t axis = 1;

	if (!value_to_list(c->in, c->v[0], &list, c->span))
		return false;
	if (SEQ_OF(list)->n) {
		Value item = SEQ_OF(list)->at[0];
		const Nd *a = np_as(c, &item, DT_NONE);

		if (!a)
			return false;
		axis = a->rank > 1;
	}
	return join(c, list, nd_concat, axis, false, 1, err);
}

/* ---- taking apart ---- */
static bool
split_part(const Args *c, const Nd *a, int axis, int64_t from, int64_t to, Value list)
{
	Nd part;
	Value v;

	from = from < 0 ? MAX(from + a->dim[axis], 0) : MIN(from, a->dim[axis]);
	to = to < 0 ? MAX(to + a->dim[axis], 0) : MIN(to, a->dim[axis]);
	part = nd_part(a, axis, from, to > from ? to - from : 0);
	nd_retain(&part);
	return np_give(c->in, &part, &v) && vlist_push(c->in, list, v);
}

static bool
split_equal(const Args *c, const Nd *a, int axis, int64_t n, bool strict)
{
	int64_t len = a->dim[axis], at = 0;

	if (n == 0 && strict)
		return fail(c->in, c->span, "np.split() into 0 parts divides by zero");
	if (n <= 0)
		return fail(c->in, c->span, "number sections must be larger than 0, not %lld",
		            (long long)n);
	if (strict && len % n)
		return fail(c->in, c->span,
		            "array split does not result in an equal division: %lld elements "
		            "in %lld parts",
		            (long long)len, (long long)n);
	if (!interp_steps(c->in, (uint64_t)n))
		return false;
	for (int64_t i = 0; i < n; i++) {
		int64_t size = len / n + (i < len % n);

		if (!split_part(c, a, axis, at, at + size, *c->out))
			return false;
		at += size;
	}
	return true;
}

/* with 1: equal parts only */
NP_FN(fn_split)
{
	bool strict = args_with(c), array = is_np(c->v[0]);
	const char *kind = type_name(c->v[0]);
	int axis = 0;
	int64_t n, from = 0, to;
	Value list;
	Big whole;
	const Nd *first = np_arg(c, 0);
	Nd a;

	if (!first)
		return false;
	a = *first; /* whatever the items of c->v[1] do to the array */
	*c->out = vlist(c->in, 0, 0);
	if (!a.rank)
		return fail(c->in, c->span, "array split does not work on 0-d arrays");
	if (!np_absent(c->v[2]) && !np_axis(c, c->v[2], a.rank, &axis))
		return false;
	if (is_index(c->in, c->v[1], &whole)) {
		if (strict && !array)
			return fail(c->in, c->span,
			            "np.split() in equal parts takes an array, not a %s; use "
			            "np.array_split()",
			            kind);
		return as_int(c->in, c->v[1], &n, "the number of sections", c->span) &&
		       split_equal(c, &a, axis, n, strict);
	}
	if (!value_to_list(c->in, c->v[1], &list, c->span))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++, from = to)
		if (!as_int(c->in, SEQ_OF(list)->at[i], &to, "a split index", c->span) ||
		    !split_part(c, &a, axis, from, to, *c->out))
			return false;
	return split_part(c, &a, axis, from, a.dim[axis], *c->out);
}

/* ---- repeating ---- */
/* a, repeats, axis */
NP_FN(fn_repeat)
{
	const Nd *reps = np_as(c, &c->v[1], DT_INT64), *a = reps ? np_arg(c, 0) : 0;
	Nd x, r;
	int axis = 0;

	if (!a)
		return false;
	if (np_absent(c->v[2])) {
		if (!nd_ravel(&x, a, err))
			return false;
		a = np_hold(c, &x, &c->v[0]);
	} else if (!np_axis_no_bool(c, c->v[2]) || !np_axis(c, c->v[2], a->rank, &axis)) {
		return false;
	}
	if (!nd_contiguous(reps)) {
		if (!nd_copy(&x, reps, err))
			return false;
		reps = np_hold(c, &x, &c->v[1]);
	}
	return a && reps &&
	       nd_repeat(&r, a, (int64_t *)(void *)reps->data, nd_count(reps), axis, err) &&
	       np_made(c, &r);
}

NP_FN(fn_flip)
{
	NdAxes ax;
	const Nd *a = np_arg(c, 0);
	Nd r;
	bool ok;

	if (!a || !np_axes(c, c->v[1], a->rank, &ax))
		return false;
	for (int i = 0; ax.all && i < a->rank; i++)
		ax.in[i] = true;
	nd_flip(&r, a, ax.in);
	if (r.rank)
		return np_made(c, &r);
	ok = np_give_element(c->in, r.dtype, r.data, c->out);
	nd_release(&r);
	return ok;
}

static bool
roll_flat(const Args *c, const Nd *a, int64_t shift, NdErr *err)
{
	Nd r, x;

	return nd_ravel(&r, a, err) && nd_replace(&r, nd_roll(&x, &r, shift, 0, err), &x) &&
	       nd_replace(&r, nd_reshape(&x, &r, a->dim, a->rank, err), &x) && np_made(c, &r);
}

/* a, shift, axis */
NP_FN(fn_roll)
{
	int64_t shift[TENSOR_MAX_RANK], axis[TENSOR_MAX_RANK];
	int n, m, x;
	const Nd *a;
	Nd rolled, r;
	bool ok = true;

	if (!np_ints(c, c->v[1], shift, &n, "shift") || !(a = np_arg(c, 0)))
		return false;
	if (np_absent(c->v[2])) {
		for (int i = 1; i < n; i++)
			shift[0] = shift[0] % MAX(nd_count(a), 1) + shift[i] % MAX(nd_count(a), 1);
		return roll_flat(c, a, shift[0], err);
	}
	if (!np_ints(c, c->v[2], axis, &m, "axis"))
		return false;
	if (n != m && n != 1 && m != 1)
		return fail(c->in, c->span,
		            "'shift' has %d entries and 'axis' %d, expected as many", n, m);
	rolled = nd_alias(a);
	for (int i = 0; ok && i < MAX(n, m); i++)
		ok = nd_axis_fix(axis[m == 1 ? 0 : i], a->rank, &x, err) &&
		     nd_replace(&rolled, nd_roll(&r, &rolled, shift[n == 1 ? 0 : i], x, err), &r);
	return nd_keep(&rolled, ok) && np_made(c, &rolled);
}

/* ---- pad ---- */
static bool
pad_mode(const Args *c, Value v, NdPad *mode)
{
	static const char *const names[] = {"constant", "edge", "reflect", "symmetric", "wrap"};
	static const char *const others[] = {"empty", "linear_ramp", "maximum",
	                                     "mean",  "median",      "minimum"};
	const Str *s;
	const char *near;

	*mode = PAD_CONSTANT;
	if (np_absent(v))
		return true;
	if (!as_str(c->in, v, &s, "mode", c->span))
		return false;
	for (unsigned i = 0; i < countof(names); i++)
		if (str_is(s, names[i])) {
			*mode = (NdPad)i;
			return true;
		}
	for (unsigned i = 0; i < countof(others); i++)
		if (str_is(s, others[i]))
			return fail(c->in, c->span,
			            "np.pad here has no mode '%s'; it has constant, edge, reflect, "
			            "symmetric and wrap",
			            s->s);
	near = nearest(s->s, names, countof(names));
	return fail(c->in, c->span,
	            near ? "np.pad: mode '%s' is not supported; did you mean '%s'?"
	                 : "np.pad: mode '%s' is not supported; constant, edge, reflect, symmetric "
	                   "and wrap are",
	            s->s, near);
}

/* A number, (before, after) or one such pair per axis, as an array of shape (rank, 2). */
static bool
pad_pairs(const Args *c, Value *v, DType t, int rank, Nd *out, const char *what)
{
	const Nd *a = np_as(c, v, t);
	int64_t dim[2] = {rank, 2};
	NdErr err = NP_ERR(c->in);

	return a && (nd_broadcast_to(out, a, dim, 2, &err) ||
	             fail(c->in, c->span,
	                  "np.pad: %s must be a number, a pair, or a pair for each of the %d axes",
	                  what, rank));
}

static bool
pad_widths(const Args *c, int rank, Nd *out)
{
	const Nd *a = np_as(c, &c->v[1], DT_INT64);

	if (!a)
		return false;
	for (NdIter it = nd_iter(a); it.at; nd_step(&it))
		if (nd_load_i(DT_INT64, it.at) < 0)
			return fail(c->in, c->span,
			            "index can't contain negative values: pad width %lld",
			            (long long)nd_load_i(DT_INT64, it.at));
	return pad_pairs(c, &c->v[1], DT_INT64, rank, out, "pad_width");
}

NP_FN(fn_pad)
{
	NdPad mode;
	const Nd *a;
	Nd w = {0}, k = {0}, r, constants[2 * TENSOR_MAX_RANK];
	Value fill = np_absent(c->v[3]) ? vint(0) : c->v[3];
	int64_t width[2 * TENSOR_MAX_RANK] = {0};
	bool ok;

	if (!pad_mode(c, c->v[2], &mode) || !(a = np_arg(c, 0)))
		return false;
	ok = pad_widths(c, a->rank, &w) &&
	     pad_pairs(c, &fill, a->dtype, a->rank, &k, "constant_values");
	for (int i = 0; ok && i < 2 * a->rank; i++) {
		int64_t at[2] = {i / 2, i % 2};

		width[i] = nd_i(&w, at);
		constants[i] = k;
		constants[i].rank = 0;
		constants[i].data = k.data + at[0] * k.stride[0] + at[1] * k.stride[1];
	}
	if (ok)
		ok = nd_pad(&r, a, width, mode, constants, err) && np_made(c, &r);
	nd_release(&w);
	nd_release(&k);
	return ok;
}

/* with 1: the upper one */
NP_FN(fn_triangle)
{
	int64_t k = 0;
	const Nd *a;
	Nd r;

	return np_int(c, c->v[1], &k, "k") && (a = np_arg(c, 0)) &&
	       nd_triangle(&r, a, k, args_with(c), err) && np_like(c, &r);
}

const Native np_shape_rows[] = {
    {"reshape", "a,shape,order=", fn_by_ints, AS_FUNCTION | WITH(TO_RESHAPE)},
    {"reshape", 0, method_reshape, AS_METHOD},
    {"transpose", "a,axes=", fn_transpose, AS_FUNCTION},
    {"permute_dims", "a,axes=", fn_transpose, AS_FUNCTION},
    {"transpose", 0, method_transpose, AS_METHOD},
    {"swapaxes", "a,axis1,axis2", fn_swapaxes, AS_BOTH},
    {"ravel", "a,order=", fn_ravel, AS_BOTH},
    {"flatten", "a,order=", method_flatten, AS_METHOD},
    {"squeeze", "a,axis=", fn_squeeze, AS_BOTH},
    {"expand_dims", "a,axis", fn_by_ints, AS_FUNCTION | WITH(TO_EXPAND)},
    {"broadcast_to", "array,shape", fn_by_ints, AS_FUNCTION | WITH(TO_BROADCAST)},
    {"concatenate", "arrays,axis=", fn_concatenate, AS_FUNCTION},
    {"concat", "arrays,axis=", fn_concatenate, AS_FUNCTION},
    {"stack", "arrays,axis=", fn_stack, AS_FUNCTION},
    {"vstack", "tup", fn_vstack, AS_FUNCTION},
    {"hstack", "tup", fn_hstack, AS_FUNCTION},
    {"split", "ary,indices_or_sections,axis=", fn_split, AS_FUNCTION | WITH(1)},
    {"array_split", "ary,indices_or_sections,axis=", fn_split, AS_FUNCTION},
    {"tile", "A,reps", fn_by_ints, AS_FUNCTION | WITH(TO_TILE)},
    {"repeat", "a,repeats,axis=", fn_repeat, AS_BOTH},
    {"flip", "m,axis=", fn_flip, AS_FUNCTION},
    {"roll", "a,shift,axis=", fn_roll, AS_FUNCTION},
    {"pad", "array,pad_width,mode=,constant_values=", fn_pad, AS_FUNCTION},
    {"tril", "m,k=", fn_triangle, AS_FUNCTION},
    {"triu", "m,k=", fn_triangle, AS_FUNCTION | WITH(1)},
    NATIVE_END,
};
