/* np_shape.c: functions and methods that rearrange arrays.
 */
#include "np_impl.h"

#include <stdlib.h>

static bool
give(const Args *c, bool ok, Nd *r, const NdErr *err)
{
	if (ok && c->v[0].kind == V_NPSCALAR && !r->rank) /* a scalar without a change is one */
		return np_give_scalar(c->in, r, c->out, c->span);
	return ok ? np_give(c->in, r, c->out, c->span) : np_err(c->in, c->span, err);
}

static bool
first(const Args *c, Nd *a)
{
	return np_array_of(c->in, c->v[0], DT_NONE, a, c->span);
}

static bool
reshape_to(const Args *c, const int64_t *dim, int rank)
{
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!first(c, &a))
		return false;
	ok = nd_reshape(&r, &a, dim, rank, &err);
	nd_release(&a);
	return give(c, ok, &r, &err);
}

/* a, shape, order */
NP_FN(fn_reshape)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank;

	return np_unsupported(c, 2, "order") &&
	       np_ints(c->in, c->v[1], dim, TENSOR_MAX_RANK, &rank, "the shape", c->span) &&
	       reshape_to(c, dim, rank);
}

/* The positional arguments of a method as ints: (2, 3) or ((2, 3)). */
static bool
int_args(const Args *c, const char *what, int64_t *out, int *n)
{
	const Args *g = c;
	Value all;

	if (g->nkw)
		return fail(c->in, g->kw[0].span, "%s() got an unexpected keyword argument '%s'",
		            c->fn->name, g->kw[0].name->s);
	all = g->npos == 1 ? g->pos[0] : vtuple(c->in, g->pos, g->npos);
	return np_ints(c->in, all, out, TENSOR_MAX_RANK, n, what, c->span);
}

NP_FN(method_reshape)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank;

	if (c->nkw == 1 && str_is(c->kw[0].name, "shape") && !c->npos)
		return np_ints(c->in, c->kw[0].val, dim, TENSOR_MAX_RANK, &rank, "the shape",
		               c->span) &&
		       reshape_to(c, dim, rank);
	return int_args(c, "the shape", dim, &rank) && reshape_to(c, dim, rank);
}

static bool
transpose_by(const Args *c, const int64_t *perm, int n)
{
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!first(c, &a))
		return false;
	ok = nd_transpose(&r, &a, perm, n, &err);
	nd_release(&a);
	return give(c, ok, &r, &err);
}

NP_FN(fn_transpose)
{
	int64_t perm[TENSOR_MAX_RANK];
	int n;

	if (np_absent(c->v[1]))
		return transpose_by(c, 0, 0);
	return np_ints(c->in, c->v[1], perm, TENSOR_MAX_RANK, &n, "axes", c->span) &&
	       transpose_by(c, perm, n);
}

NP_FN(method_transpose)
{
	int64_t perm[TENSOR_MAX_RANK];
	int n;

	if (!c->npos || (c->npos == 1 && np_absent(c->pos[0])))
		return transpose_by(c, 0, 0);
	return int_args(c, "axes", perm, &n) && transpose_by(c, perm, n);
}

NP_FN(fn_swapaxes)
{
	int64_t perm[TENSOR_MAX_RANK];
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	int x, y;
	bool ok;

	if (!first(c, &a))
		return false;
	ok = np_axis(c->in, c->v[1], a.rank, &x, c->span) &&
	     np_axis(c->in, c->v[2], a.rank, &y, c->span);
	if (!ok) {
		nd_release(&a);
		return false;
	}
	for (int i = 0; i < a.rank; i++)
		perm[i] = i;
	perm[x] = y;
	perm[y] = x;
	ok = nd_transpose(&r, &a, perm, a.rank, &err);
	nd_release(&a);
	return give(c, ok, &r, &err);
}

NP_FN(fn_ravel)
{
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_unsupported(c, 1, "order") || !first(c, &a))
		return false;
	ok = nd_ravel(&r, &a, &err);
	nd_release(&a);
	return give(c, ok, &r, &err);
}

NP_FN(method_flatten)
{
	Nd *a = ARRAY_OF(c->v[0]), r, f;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_unsupported(c, 1, "order"))
		return false;
	ok = nd_copy(&r, a, &err);
	if (ok) {
		ok = nd_ravel(&f, &r, &err);
		nd_release(&r);
	}
	return give(c, ok, &f, &err);
}

NP_FN(fn_squeeze)
{
	int64_t axis[TENSOR_MAX_RANK];
	int n = -1;
	Big one;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_axis_no_bool(c->in, c->v[1], c->span) ||
	    (!np_absent(c->v[1]) &&
	     !np_ints(c->in, c->v[1], axis, TENSOR_MAX_RANK, &n, "axis", c->span)) ||
	    !first(c, &a))
		return false;
	if (!a.rank && n == 1 && (axis[0] == 0 || axis[0] == -1) && is_index(c->in, c->v[1], &one))
		n = 0; /* what has no dimension has none of length 1 to lose */
	ok = nd_squeeze(&r, &a, axis, n, &err);
	nd_release(&a);
	return give(c, ok, &r, &err);
}

NP_FN(fn_expand_dims)
{
	int64_t axis[TENSOR_MAX_RANK];
	int n;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_ints(c->in, c->v[1], axis, TENSOR_MAX_RANK, &n, "axis", c->span) || !first(c, &a))
		return false;
	ok = nd_expand(&r, &a, axis, n, &err);
	nd_release(&a);
	return give(c, ok, &r, &err);
}

NP_FN(fn_broadcast_to)
{
	int64_t dim[TENSOR_MAX_RANK];
	int rank;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_ints(c->in, c->v[1], dim, TENSOR_MAX_RANK, &rank, "the shape", c->span) ||
	    !first(c, &a))
		return false;
	ok = nd_broadcast_to(&r, &a, dim, rank, &err);
	nd_release(&a);
	return ok ? np_give(c->in, &r, c->out, c->span) : np_err(c->in, c->span, &err);
}

/* ---- joining ---- */
static bool
common_type(const Args *c, const Nd *a, size_t n, DType *t)
{
	*t = n ? a[0].dtype : DT_FP64;
	for (size_t i = 1; i < n; i++) {
		DType both = *t == a[i].dtype ? *t : nd_promote(*t, a[i].dtype);

		if (!both)
			return fail(c->in, c->span, "%s and %s have no common type",
			            dtype_info[*t].np, dtype_info[a[i].dtype].np);
		*t = both;
	}
	return true;
}

/* `by`, if it was made, in a's place. */
static bool
replaced(Nd *a, bool made, const Nd *by)
{
	if (!made)
		return false;
	nd_release(a);
	*a = *by;
	return true;
}

typedef bool Join(Nd *out, const Nd *a, size_t n, int64_t axis, DType t, NdErr *err);

static bool
join(const Args *c, Value list, Join *how, int64_t axis, bool flat, int least)
{
	Nd *a, r;
	size_t n;
	DType t;
	NdErr err = NP_ERR(c->in);
	bool ok = true;

	if (!np_array_list(c->in, list, &a, &n, c->span))
		return false;
	for (size_t i = 0; ok && i < n; i++) {
		int64_t at = 0;
		Nd x;

		ok = !flat || replaced(&a[i], nd_ravel(&x, &a[i], &err), &x);
		while (ok && a[i].rank < least)
			ok = replaced(&a[i], nd_expand(&x, &a[i], &at, 1, &err), &x);
	}
	ok = (ok || np_err(c->in, c->span, &err)) && common_type(c, a, n, &t);
	if (ok)
		ok = how(&r, a, n, axis, t, &err) || np_err(c->in, c->span, &err);
	np_array_list_free(a, n);
	return ok && np_give(c->in, &r, c->out, c->span);
}

NP_FN(fn_concatenate)
{
	int64_t axis = 0;
	bool flat = c->v[1].kind == V_NONE;

	if (!np_axis_no_bool(c->in, c->v[1], c->span))
		return false;
	if (!np_absent(c->v[1]) && !as_int(c->in, c->v[1], &axis, "axis", c->span))
		return false;
	return join(c, c->v[0], nd_concat, axis, flat, 0);
}

NP_FN(fn_stack)
{
	int64_t axis = 0;

	if (c->v[1].kind != V_UNSET && !as_int(c->in, c->v[1], &axis, "axis", c->span))
		return false;
	return join(c, c->v[0], nd_stack, axis, false, 0);
}

NP_FN(fn_vstack)
{
	return join(c, c->v[0], nd_concat, 0, false, 2);
}

NP_FN(fn_hstack)
{
	Value list, item;
	int64_t axis = 1;

	if (!value_to_list(c->in, c->v[0], &list, c->span))
		return false;
	if (SEQ_OF(list)->n) {
		Nd a;

		item = SEQ_OF(list)->at[0];
		if (!np_array_of(c->in, item, DT_NONE, &a, c->span))
			return false;
		axis = a.rank > 1;
		nd_release(&a);
	}
	return join(c, list, nd_concat, axis, false, 1);
}

/* ---- taking apart ---- */
static bool
split_part(const Args *c, const Nd *a, int axis, int64_t from, int64_t to, Value list)
{
	Nd part;
	Value v;

	from = from < 0 ? MAX(from + a->dim[axis], 0) : MIN(from, a->dim[axis]);
	to = to < 0 ? MAX(to + a->dim[axis], 0) : MIN(to, a->dim[axis]);
	nd_slice_axis(&part, a, axis, from, to > from ? to - from : 0, 1);
	nd_retain(&part);
	return np_give(c->in, &part, &v, c->span) && vlist_push(c->in, list, v);
}

static bool
split_equal(const Args *c, const Nd *a, int axis, int64_t n, bool strict)
{
	int64_t len = a->dim[axis], at = 0;

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

static bool
split(const Args *c, bool strict)
{
	int axis = 0;
	int64_t n, from = 0, to;
	Value list;
	Big whole;
	Nd a = {0};
	bool ok;

	if (!first(c, &a))
		return false;
	*c->out = vlist(c->in, 0, 0);
	ok = a.rank || fail(c->in, c->span, "array split does not work on 0-d arrays");
	ok = ok && (np_absent(c->v[2]) || np_axis(c->in, c->v[2], a.rank, &axis, c->span));
	if (ok && strict && !is_np(c->v[0]) && is_index(c->in, c->v[1], &whole))
		ok =
		    fail(c->in, c->span,
		         "np.split() in equal parts takes an array, not a %s; use np.array_split()",
		         type_name(c->v[0]));
	if (ok && is_index(c->in, c->v[1], &whole)) {
		ok = as_int(c->in, c->v[1], &n, "the number of sections", c->span) &&
		     split_equal(c, &a, axis, n, strict);
	} else if (ok) {
		ok = value_to_list(c->in, c->v[1], &list, c->span);
		for (uint32_t i = 0; ok && i < SEQ_OF(list)->n; i++, from = to)
			ok = as_int(c->in, SEQ_OF(list)->at[i], &to, "a split index", c->span) &&
			     split_part(c, &a, axis, from, to, *c->out);
		ok = ok && split_part(c, &a, axis, from, a.dim[axis], *c->out);
	}
	nd_release(&a);
	return ok;
}

NP_FN(fn_split)
{
	return split(c, true);
}

NP_FN(fn_array_split)
{
	return split(c, false);
}

/* ---- repeating ---- */
NP_FN(fn_tile)
{
	int64_t reps[TENSOR_MAX_RANK];
	int n;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_ints(c->in, c->v[1], reps, TENSOR_MAX_RANK, &n, "reps", c->span) || !first(c, &a))
		return false;
	ok = nd_tile(&r, &a, reps, n, &err) || np_err(c->in, c->span, &err);
	nd_release(&a);
	return ok && np_give(c->in, &r, c->out, c->span);
}

/* a, repeats, axis */
NP_FN(fn_repeat)
{
	Nd a, flat, reps, r;
	NdErr err = NP_ERR(c->in);
	int axis = 0;
	bool ok = true;

	if (!np_array_of(c->in, c->v[1], DT_INT64, &reps, c->span))
		return false;
	if (!first(c, &a)) {
		nd_release(&reps);
		return false;
	}
	if (np_absent(c->v[2]))
		ok = replaced(&a, nd_ravel(&flat, &a, &err), &flat) || np_err(c->in, c->span, &err);
	else
		ok = np_axis_no_bool(c->in, c->v[2], c->span) &&
		     np_axis(c->in, c->v[2], a.rank, &axis, c->span);
	if (ok && !nd_contiguous(&reps))
		ok = replaced(&reps, nd_copy(&flat, &reps, &err), &flat) ||
		     np_err(c->in, c->span, &err);
	if (ok)
		ok = nd_repeat(&r, &a, (int64_t *)(void *)reps.data, nd_count(&reps), axis, &err) ||
		     np_err(c->in, c->span, &err);
	nd_release(&a);
	nd_release(&reps);
	return ok && np_give(c->in, &r, c->out, c->span);
}

NP_FN(fn_flip)
{
	NdAxes ax;
	Nd a, r;
	bool ok;

	if (!first(c, &a))
		return false;
	if (!np_axes(c->in, c->v[1], a.rank, &ax, c->span)) {
		nd_release(&a);
		return false;
	}
	for (int i = 0; ax.all && i < a.rank; i++)
		ax.in[i] = true;
	nd_flip(&r, &a, ax.in);
	nd_release(&a);
	if (r.rank)
		return np_give(c->in, &r, c->out, c->span);
	ok = np_give_element(c->in, r.dtype, r.data, c->out, c->span);
	nd_release(&r);
	return ok;
}

static bool
roll_flat(const Args *c, Nd *a, int64_t shift, Nd *r)
{
	Nd flat, x;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!nd_ravel(&flat, a, &err))
		return np_err(c->in, c->span, &err);
	ok = nd_roll(&x, &flat, shift, 0, &err);
	nd_release(&flat);
	if (ok) {
		ok = nd_reshape(r, &x, a->dim, a->rank, &err);
		nd_release(&x);
	}
	return ok || np_err(c->in, c->span, &err);
}

/* a, shift, axis */
NP_FN(fn_roll)
{
	int64_t shift[TENSOR_MAX_RANK], axis[TENSOR_MAX_RANK];
	int n, m, x;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok = true;

	if (!np_ints(c->in, c->v[1], shift, TENSOR_MAX_RANK, &n, "shift", c->span) || !first(c, &a))
		return false;
	if (np_absent(c->v[2])) {
		for (int i = 1; i < n; i++)
			shift[0] =
			    shift[0] % MAX(nd_count(&a), 1) + shift[i] % MAX(nd_count(&a), 1);
		ok = roll_flat(c, &a, shift[0], &r);
		nd_release(&a);
		return ok && np_give(c->in, &r, c->out, c->span);
	}
	ok = np_ints(c->in, c->v[2], axis, TENSOR_MAX_RANK, &m, "axis", c->span);
	if (ok && n != m && n != 1 && m != 1)
		ok = fail(c->in, c->span, "'shift' has %d entries and 'axis' %d, expected as many",
		          n, m);
	for (int i = 0; ok && i < MAX(n, m); i++) {
		ok = (nd_axis_fix(axis[m == 1 ? 0 : i], a.rank, &x, &err) &&
		      nd_roll(&r, &a, shift[n == 1 ? 0 : i], x, &err)) ||
		     np_err(c->in, c->span, &err);
		if (ok) {
			nd_release(&a);
			a = r;
		}
	}
	if (ok)
		return np_give(c->in, &a, c->out, c->span);
	nd_release(&a);
	return false;
}

/* ---- pad ---- */
static bool
pad_mode(const Args *c, Value v, NdPad *mode)
{
	static const char *const names[] = {"constant", "edge", "reflect", "symmetric", "wrap"};
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
	near = nearest(s->s, names, countof(names));
	return fail(c->in, c->span, "np.pad: mode '%s' is not supported%s%s%s", s->s,
	            near ? "; did you mean '" : "; constant, edge, reflect, symmetric and wrap are",
	            near ? near : "", near ? "'?" : "");
}

/* A number, (before, after) or one such pair per axis, as an array of shape (rank, 2). */
static bool
pad_pairs(const Args *c, Value v, DType t, int rank, Nd *out, const char *what)
{
	Nd a;
	int64_t dim[2] = {rank, 2};
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_array_of(c->in, v, t, &a, c->span))
		return false;
	ok = nd_broadcast_to(out, &a, dim, 2, &err) ||
	     fail(c->in, c->span,
	          "np.pad: %s must be a number, a pair, or a pair for each of the %d axes", what,
	          rank);
	nd_release(&a);
	return ok;
}

static bool
pad_widths(const Args *c, int rank, Nd *out)
{
	Nd a;
	bool ok = true;

	if (!np_array_of(c->in, c->v[1], DT_INT64, &a, c->span))
		return false;
	for (NdIter it = nd_iter(&a); ok && it.at; nd_step(&it))
		ok = nd_load_i(DT_INT64, it.at) >= 0 ||
		     fail(c->in, c->span, "index can't contain negative values: pad width %lld",
		          (long long)nd_load_i(DT_INT64, it.at));
	nd_release(&a);
	return ok && pad_pairs(c, c->v[1], DT_INT64, rank, out, "pad_width");
}

NP_FN(fn_pad)
{
	NdPad mode;
	Nd a, w = {0}, k = {0}, r, constants[2 * TENSOR_MAX_RANK];
	int64_t width[2 * TENSOR_MAX_RANK] = {0};
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!pad_mode(c, c->v[2], &mode) || !first(c, &a))
		return false;
	ok = pad_widths(c, a.rank, &w) && pad_pairs(c, np_absent(c->v[3]) ? vint(0) : c->v[3],
	                                            a.dtype, a.rank, &k, "constant_values");
	for (int i = 0; ok && i < 2 * a.rank; i++) {
		int64_t at[2] = {i / 2, i % 2};

		width[i] = nd_i(&w, at);
		constants[i] = k;
		constants[i].rank = 0;
		constants[i].data = k.data + at[0] * k.stride[0] + at[1] * k.stride[1];
	}
	if (ok)
		ok = nd_pad(&r, &a, width, mode, constants, &err) || np_err(c->in, c->span, &err);
	nd_release(&a);
	nd_release(&w);
	nd_release(&k);
	return ok && np_give(c->in, &r, c->out, c->span);
}

static bool
triangle(const Args *c, bool upper)
{
	int64_t k = 0;
	Nd a, r;
	NdErr err = NP_ERR(c->in);
	bool ok;

	if (!np_absent(c->v[1]) && !as_int(c->in, c->v[1], &k, "k", c->span))
		return false;
	if (!first(c, &a))
		return false;
	ok = nd_triangle(&r, &a, k, upper, &err);
	nd_release(&a);
	return give(c, ok, &r, &err);
}

NP_FN(fn_tril)
{
	return triangle(c, false);
}

NP_FN(fn_triu)
{
	return triangle(c, true);
}

const Native np_shape_rows[] = {
    {"reshape", "a,shape,order=", fn_reshape, AS_FUNCTION},
    {"reshape", 0, method_reshape, AS_METHOD},
    {"transpose", "a,axes=", fn_transpose, AS_FUNCTION},
    {"permute_dims", "a,axes=", fn_transpose, AS_FUNCTION},
    {"transpose", 0, method_transpose, AS_METHOD},
    {"swapaxes", "a,axis1,axis2", fn_swapaxes, AS_BOTH},
    {"ravel", "a,order=", fn_ravel, AS_BOTH},
    {"flatten", "a,order=", method_flatten, AS_METHOD},
    {"squeeze", "a,axis=", fn_squeeze, AS_BOTH},
    {"expand_dims", "a,axis", fn_expand_dims, AS_FUNCTION},
    {"broadcast_to", "array,shape", fn_broadcast_to, AS_FUNCTION},
    {"concatenate", "arrays,axis=", fn_concatenate, AS_FUNCTION},
    {"concat", "arrays,axis=", fn_concatenate, AS_FUNCTION},
    {"stack", "arrays,axis=", fn_stack, AS_FUNCTION},
    {"vstack", "tup", fn_vstack, AS_FUNCTION},
    {"hstack", "tup", fn_hstack, AS_FUNCTION},
    {"split", "ary,indices_or_sections,axis=", fn_split, AS_FUNCTION},
    {"array_split", "ary,indices_or_sections,axis=", fn_array_split, AS_FUNCTION},
    {"tile", "A,reps", fn_tile, AS_FUNCTION},
    {"repeat", "a,repeats,axis=", fn_repeat, AS_BOTH},
    {"flip", "m,axis=", fn_flip, AS_FUNCTION},
    {"roll", "a,shift,axis=", fn_roll, AS_FUNCTION},
    {"pad", "array,pad_width,mode=,constant_values=", fn_pad, AS_FUNCTION},
    {"tril", "m,k=", fn_tril, AS_FUNCTION},
    {"triu", "m,k=", fn_triu, AS_FUNCTION},
    NATIVE_END,
};
