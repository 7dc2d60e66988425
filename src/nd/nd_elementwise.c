/* nd_elementwise.c: operations element by element: which type they compute in, broadcasting, the
 * result's array, and rows through the kernels. Where an operand's type is not the loop's, its row
 * is converted in chunks.
 */
#include "nd_kernels.h"

#include <math.h>
#include <stdlib.h>

#define CHUNK 512

#define NAME(id, ufunc) ufunc,
static const char *const nd_bin_ufunc[NB_COUNT] = {ND_BINARY(NAME)};
static const char *const nd_un_ufunc[NU_COUNT] = {ND_UNARY(NAME)};

NdKernel2 *
nd_kernel(NdBin op, DType t)
{
	return dtype_is_float(t) ? nd_kernel_float(op, t) : nd_kernel_int(op, t);
}

static bool
no_loop(NdErr *err, const char *ufunc, DType t)
{
	return nd_fail(err, "ufunc '%s' not supported for the input types, here %s", ufunc,
	               dtype_info[t].np);
}

/* The type that the loop of `op` computes in, given both operands' promotion; DT_NONE (with the
 * message) if it has none. */
static bool
nd_bin_type(NdBin op, DType common, DType *loop, NdErr *err)
{
	DType t = common;

	if (t == DT_STRING && (op == NB_EQ || op == NB_NE)) {
		*loop = t;
		return true;
	}
	if (!nd_is_numeric(t))
		return no_loop(err, nd_bin_ufunc[op], t);
	t = nd_base(t);
	switch (op) {
	case NB_SUB:
		if (t == DT_BOOL)
			return nd_fail(
			    err, "numpy boolean subtract, the `-` operator, is not supported, "
			         "use the bitwise_xor, the `^` operator, or the logical_xor "
			         "function instead");
		break;
	case NB_DIV:
		if (!dtype_is_float(t))
			t = DT_FP64;
		break;
	case NB_ATAN2:
	case NB_HYPOT:
	case NB_COPYSIGN:
		if (!dtype_is_float(t))
			t = nd_float_for_int(t);
		break;
	case NB_FLOORDIV:
	case NB_MOD:
	case NB_POW:
		if (t == DT_BOOL)
			t = DT_INT8;
		break;
	case NB_LSHIFT:
	case NB_RSHIFT:
		if (t == DT_BOOL)
			t = DT_INT8;
		if (dtype_is_float(t))
			return no_loop(err, nd_bin_ufunc[op], t);
		break;
	case NB_AND:
	case NB_OR:
	case NB_XOR:
		if (dtype_is_float(t))
			return no_loop(err, nd_bin_ufunc[op], t);
		break;
	default:
		break;
	}
	*loop = t;
	return true;
}

/* How one operand's rows reach the kernel. */
typedef struct Feed {
	DType from, to;
	int64_t size; /* of an element of `to` */
	_Alignas(16) char chunk[CHUNK * 16];
} Feed;

static void
feed_init(Feed *f, DType from, DType to)
{
	f->from = nd_base(from);
	f->to = nd_base(to);
	f->size = (int64_t)dtype_size(to);
}

static const char *
feed(Feed *f, const char *at, int64_t step, int64_t n, int64_t *out_step)
{
	if (f->from == f->to) {
		*out_step = step;
		return at;
	}
	*out_step = f->size;
	if (step == 0)
		n = 1, *out_step = 0;
	nd_cast(f->from, f->to, f->chunk, f->size, at, step, n);
	return f->chunk;
}

static void
run2(NdKernel2 *k, DType ta, DType tb, DType tr, const Nd *const *v)
{
	Feed fa, fb, fo;
	NdLoop l;

	feed_init(&fa, v[1]->dtype, ta);
	feed_init(&fb, v[2]->dtype, tb);
	feed_init(&fo, tr, v[0]->dtype);
	for (nd_loop(&l, v, 3); l.count; nd_loop_next(&l)) {
		bool direct = fo.from == fo.to && l.step[0] == fo.size;
		int64_t chunk = direct && fa.from == fa.to && fb.from == fb.to ? l.count : CHUNK;

		for (int64_t i = 0; i < l.count; i += chunk) {
			int64_t n = MIN(chunk, l.count - i), sa, sb;
			const char *a = feed(&fa, l.at[1] + i * l.step[1], l.step[1], n, &sa);
			const char *b = feed(&fb, l.at[2] + i * l.step[2], l.step[2], n, &sb);
			char *o = l.at[0] + i * l.step[0];

			k(direct ? o : fo.chunk, a, sa, b, sb, n);
			if (!direct)
				nd_cast(fo.from, fo.to, o, l.step[0], fo.chunk,
				        (int64_t)dtype_size(fo.from), n);
		}
	}
}

static void
run1(NdKernel1 *k, DType ta, DType tr, const Nd *const *v)
{
	Feed fa, fo;
	NdLoop l;

	feed_init(&fa, v[1]->dtype, ta);
	feed_init(&fo, tr, v[0]->dtype);
	for (nd_loop(&l, v, 2); l.count; nd_loop_next(&l)) {
		bool direct = fo.from == fo.to && l.step[0] == fo.size;

		for (int64_t i = 0; i < l.count; i += CHUNK) {
			int64_t n = MIN(CHUNK, l.count - i), sa;
			const char *a = feed(&fa, l.at[1] + i * l.step[1], l.step[1], n, &sa);
			char *o = l.at[0] + i * l.step[0];

			k(direct ? o : fo.chunk, a, sa, n);
			if (!direct)
				nd_cast(fo.from, fo.to, o, l.step[0], fo.chunk,
				        (int64_t)dtype_size(fo.from), n);
		}
	}
}

static bool
has_negative(const Nd *a)
{
	for (NdIter it = nd_iter(a); it.at; nd_step(&it))
		if (nd_load_i(a->dtype, it.at) < 0)
			return true;
	return false;
}

typedef struct Plan {
	NdKernel2 *k;
	DType ta, tb, tr; /* what the kernel reads and what the result is */
	DType tk;         /* what the kernel writes */
	bool swap;
} Plan;

static bool
plan_mixed(NdBin op, DType a, DType b, Plan *p)
{
	static const NdBin mirrored[] = {NB_GT, NB_GE, NB_EQ, NB_NE, NB_LT, NB_LE};

	a = nd_base(a);
	b = nd_base(b);
	if (op < NB_LT || !dtype_is_int(a) || !dtype_is_int(b) ||
	    (a != DT_UINT64 && b != DT_UINT64) || nd_is_unsigned(a) == nd_is_unsigned(b))
		return false;
	p->swap = a == DT_UINT64;
	p->k = nd_kernel_mixed(p->swap ? mirrored[op - NB_LT] : op);
	p->ta = DT_INT64;
	p->tb = DT_UINT64;
	p->tr = p->tk = DT_BOOL;
	return true;
}

static bool
plan(NdBin op, const Nd *a, const Nd *b, DType common, Plan *p, NdErr *err)
{
	DType loop = DT_NONE;

	p->swap = false;
	if (plan_mixed(op, a->dtype, b->dtype, p))
		return true;
	if (nd_is_complex(common)) {
		p->ta = p->tb = DT_COMPLEX128;
		p->tr = op >= NB_LT ? DT_BOOL : common;
		p->tk = op >= NB_LT ? DT_BOOL : DT_COMPLEX128;
		p->k = nd_kernel_complex(op);
		return p->k || no_loop(err, nd_bin_ufunc[op], common);
	}
	if (!nd_bin_type(op, common, &loop, err))
		return false;
	if ((nd_is_numeric(a->dtype) && nd_is_numeric(b->dtype)) != (loop != DT_STRING))
		return no_loop(err, nd_bin_ufunc[op], DT_STRING);
	p->tr = op >= NB_LT ? DT_BOOL : loop;
	p->ta = loop == DT_FP16 ? DT_FP32 : loop;
	p->tb = p->ta;
	p->tk = op >= NB_LT ? DT_BOOL : p->ta;
	p->k = nd_kernel(op, loop == DT_STRING ? DT_UINT64 : loop);
	if (!p->k)
		return no_loop(err, nd_bin_ufunc[op], loop);
	if (op != NB_POW || dtype_info[loop].kind != 'i')
		return true;
	if (!nd_work(err, (double)nd_count(b), ND_HEAVY))
		return false;
	if (has_negative(b))
		return nd_fail(err, "integers to negative integer powers are not allowed");
	return true;
}

static bool
check_given(const char *ufunc, const Nd *out, DType tr, const Nd *x, NdErr *err)
{
	if (!nd_same_shape(out, x))
		return nd_fail(err,
		               "non-broadcastable output operand with shape %s doesn't match the "
		               "broadcast shape %s",
		               nd_shape(out->dim, out->rank).s, nd_shape(x->dim, x->rank).s);
	if (!nd_can_cast(tr, out->dtype, CAST_SAME_KIND))
		return nd_fail(err,
		               "cannot cast ufunc '%s' output from dtype('%s') to dtype('%s') with "
		               "casting rule 'same_kind'",
		               ufunc, dtype_info[tr].np, dtype_info[nd_base(out->dtype)].np);
	return true;
}

/* A given result that overlaps an operand differently needs a copy of the operand first. */
static bool
detach(Nd *v, const Nd *out, NdErr *err)
{
	Nd c;

	return !nd_shares(v, out) || nd_same_layout(v, out) ||
	       nd_replace(v, nd_convert(&c, v, v->dtype, err), &c);
}

static bool
binary_into(const Plan *p, Nd *x, Nd *y, Nd *out, bool given, NdErr *err)
{
	const Nd *v[3] = {out, p->swap ? y : x, p->swap ? x : y};
	int order[TENSOR_MAX_RANK];

	if (given) {
		if (!detach(x, out, err) || !detach(y, out, err))
			return false;
	} else {
		nd_axis_order(v + 1, 2, x->rank, order);
		if (!nd_new_order(out, p->tr, x->dim, x->rank, order, err))
			return false;
	}
	run2(p->k, p->ta, p->tb, p->tk, v);
	return true;
}

bool
nd_binary(NdBin op, const Nd *a, const Nd *b, DType common, Nd *out, bool given, NdErr *err)
{
	Nd shape, x = {0}, y = {0};
	Plan p = {0};
	bool ok;

	if (!plan(op, a, b, common, &p, err) ||
	    !nd_broadcast_shapes(a, b, shape.dim, &shape.rank, err))
		return false;
	if (given &&
	    (!check_given(nd_bin_ufunc[op], out, p.tr, &shape, err) || !nd_writable(out, err)))
		return false;
	ok = nd_broadcast_to(&x, a, shape.dim, shape.rank, err) &&
	     nd_broadcast_to(&y, b, shape.dim, shape.rank, err) &&
	     nd_work(err, (double)nd_count(&x), ND_HEAVY) &&
	     binary_into(&p, &x, &y, out, given, err);
	nd_release(&x);
	nd_release(&y);
	return ok;
}

static DType
unary_type(NdUn op, DType t)
{
	if (dtype_is_float(t) || op >= NU_ISNAN || nd_kernel_unary(op, t))
		return t;
	if (op == NU_SQUARE || op == NU_RECIPROCAL)
		return DT_INT8;
	return op >= NU_RINT ? nd_float_for_int(t) : DT_NONE;
}

bool
nd_unary(NdUn op, const Nd *a, Nd *out, NdErr *err)
{
	DType from = nd_base(a->dtype), loop, kt, tk, tr;
	const Nd *v[2] = {out, a};
	int order[TENSOR_MAX_RANK];
	NdKernel1 *k = 0;

	if (from == DT_BOOL && op == NU_NEG)
		return nd_fail(
		    err, "the numpy boolean negative, the `-` operator, is not supported, use "
		         "the `~` operator or the logical_not function instead");
	loop = nd_is_numeric(from) ? unary_type(op, from) : DT_NONE;
	kt = tk = loop == DT_FP16 ? DT_FP32 : loop;
	tr = op >= NU_ISNAN ? DT_BOOL : loop;
	if (nd_is_complex(from)) {
		kt = DT_COMPLEX128;
		tk = op == NU_ABS ? DT_FP64 : kt;
		tr = op >= NU_ISNAN ? DT_BOOL : op == NU_ABS ? nd_part_type(from) : from;
		k = nd_kernel_complex_unary(op);
	} else if (loop) {
		k = nd_kernel_unary(op, kt);
	}
	if (!k)
		return no_loop(err, nd_un_ufunc[op], a->dtype);
	nd_axis_order(&a, 1, a->rank, order);
	if (!nd_work(err, (double)nd_count(a), ND_HEAVY) ||
	    !nd_new_order(out, tr, a->dim, a->rank, order, err))
		return false;
	run1(k, kt, op >= NU_ISNAN ? DT_BOOL : tk, v);
	return true;
}

static bool
round_part(const Nd *a, const void *decimals, Nd *out, NdErr *err)
{
	return nd_round(a, *(const int64_t *)decimals, out, err);
}

bool
nd_round(const Nd *a, int64_t decimals, Nd *out, NdErr *err)
{
	DType t = nd_base(a->dtype), ct;
	NdBin first = decimals > 0 ? NB_MUL : NB_DIV, last = decimals > 0 ? NB_DIV : NB_MUL;
	Nd f, x;
	bool ok;

	if (nd_is_complex(t))
		return nd_by_parts(a, round_part, &decimals, out, err);
	if (t == DT_BOOL && decimals)
		return nd_fail(err, "booleans cannot be rounded to %lld decimals",
		               (long long)decimals);
	if (dtype_is_int(t) && decimals >= 0)
		return nd_convert(out, a, t, err);
	if (decimals == 0)
		return nd_unary(NU_RINT, a, out, err);
	ct = dtype_is_float(t) ? t : DT_FP64;
	f = nd_scalar_f(ct, pow(10, (double)llabs(decimals)));
	ok = nd_binary(first, a, &f, ct, out, false, err) &&
	     nd_replace(out, nd_unary(NU_RINT, out, &x, err), &x) &&
	     nd_keep(out, nd_binary(last, out, &f, ct, out, true, err)) &&
	     (!dtype_is_int(t) || nd_replace(out, nd_convert(&x, out, t, err), &x));
	nd_release(&f);
	return ok;
}

static void
choose_row(const NdLoop *l, size_t size)
{
	char *o = l->at[0];
	const char *c = l->at[1], *a = l->at[2], *b = l->at[3];

	for (int64_t i = 0; i < l->count; i++) {
		memcpy(o, *c ? a : b, size);
		o += l->step[0];
		c += l->step[1];
		a += l->step[2];
		b += l->step[3];
	}
}

/* All of the result's shape, converted; x[0] bool, x[1] and x[2] of type t. */
static bool
where_operand(const Nd *v, DType t, const int64_t *dim, int rank, Nd *out, NdErr *err)
{
	Nd c;

	if (nd_base(v->dtype) == nd_base(t))
		return nd_broadcast_to(out, v, dim, rank, err);
	return nd_convert(out, v, t, err) &&
	       nd_replace(out, nd_broadcast_to(&c, out, dim, rank, err), &c);
}

bool
nd_where(const Nd *cond, const Nd *a, const Nd *b, DType t, Nd *out, NdErr *err)
{
	Nd shape = *cond, x[3] = {{0}};
	const Nd *src[3] = {cond, a, b}, *v[4] = {out, x, x + 1, x + 2};
	int order[TENSOR_MAX_RANK];
	bool ok = true;
	NdLoop l;

	for (int i = 1; i < 3; i++)
		if (!nd_broadcast_shapes(&shape, src[i], shape.dim, &shape.rank, err))
			return false;
	for (int i = 0; i < 3 && ok; i++)
		ok = where_operand(src[i], i ? t : DT_BOOL, shape.dim, shape.rank, &x[i], err);
	if (ok) {
		nd_axis_order(v + 1, 3, shape.rank, order);
		ok = nd_work(err, (double)nd_count(x), ND_HEAVY) &&
		     nd_new_order(out, t, shape.dim, shape.rank, order, err);
	}
	if (ok)
		for (nd_loop(&l, v, 4); l.count; nd_loop_next(&l))
			choose_row(&l, dtype_size(t));
	for (int i = 0; i < 3; i++)
		nd_release(&x[i]);
	return ok;
}

bool
nd_clip(const Nd *a, const Nd *lo, const Nd *hi, DType t, Nd *out, NdErr *err)
{
	Nd x;

	if (!lo && !hi)
		return nd_convert(out, a, t, err);
	if (!lo || !hi)
		return nd_binary(lo ? NB_MAXIMUM : NB_MINIMUM, a, lo ? lo : hi, t, out, false, err);
	if (!nd_binary(NB_MAXIMUM, a, lo, t, out, false, err))
		return false;
	if (!hi->rank || nd_same_shape(hi, out))
		return nd_keep(out, nd_binary(NB_MINIMUM, out, hi, t, out, true, err));
	return nd_replace(out, nd_binary(NB_MINIMUM, out, hi, t, &x, false, err), &x);
}
