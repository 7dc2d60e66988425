/* random.c: np.random for scripts: the module's functions and RandomState objects (the legacy
 * generator), and default_rng() objects. Streams are NumPy's to the last bit.
 *
 * Without a seed NumPy starts anywhere; a compiler must give the same model each time, so here the
 * seed is then 0, and a warning says so.
 */
#include "np_impl.h"

#include <math.h>
#include <stdlib.h>

#include "bignum.h"
#include "random_bits.h"

typedef struct Rand {
	bool legacy, seeded;
	Mt19937 mt;
	Pcg64 pcg;
} Rand;

static Rand *
rand_of(NpCall *c)
{
	Rand *r = HOST_OF(c->v[0])->data;

	if (!r->seeded) {
		uint32_t zero = 0;

		diag_warning(interp_diag(c->in), c->at, "random numbers without a seed differ from run to "
		             "run in Python; here the seed is 0");
		if (r->legacy)
			mt_seed(&r->mt, 0);
		else
			pcg_seed(&r->pcg, &zero, 1);
		r->seeded = true;
	}
	return r;
}

static Bits
bits_of(Rand *r)
{
	return (Bits){.mt = r->legacy ? &r->mt : 0, .pcg = &r->pcg};
}

/* ---- seeds ---- */
/* Appends an int's 32-bit words, least significant first (one word for 0). */
static bool
seed_words(NpCall *c, Value v, uint32_t **w, size_t *n)
{
	Int big;
	Value item;

	if (is_np(v)) {
		if (np_index(c->in, v, &item, c->at) != 1)
			return fail(c->in, c->at, "a seed is made of ints, not %s", type_name(v));
		v = item;
	}
	if (!is_int(v) || !big_of(v, &big))
		return fail(c->in, c->at, "a seed is an int or a list of ints, not %s", type_name(v));
	if (big.neg)
		return fail(c->in, c->at, "expected a non-negative integer as seed");
	*w = xrealloc(*w, *n + big.n + 1, sizeof **w);
	if (!big.n)
		(*w)[(*n)++] = 0;
	for (uint32_t i = 0; i < big.n; i++)
		(*w)[(*n)++] = big.d[i];
	return true;
}

static bool
seed_list(NpCall *c, Value v, uint32_t **w, size_t *n)
{
	Value list;

	*w = 0;
	*n = 0;
	if (v.kind != V_LIST && v.kind != V_TUPLE && !(is_np(v) && ARRAY_OF(v)->rank))
		return seed_words(c, v, w, n);
	if (!value_to_list(c->in, v, &list, c->at))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!seed_words(c, SEQ_OF(list)->at[i], w, n))
			return false;
	return *n || fail(c->in, c->at, "the seed must not be empty");
}

static bool
seed_rand(NpCall *c, Rand *r, Value v)
{
	uint32_t *w;
	size_t n;
	bool ok, list = v.kind == V_LIST || v.kind == V_TUPLE || (is_np(v) && ARRAY_OF(v)->rank);

	r->seeded = !np_absent(v);
	if (!r->seeded)
		return true;
	ok = seed_list(c, v, &w, &n);
	if (ok && r->legacy && !list && n > 1)
		ok = fail(c->in, c->at, "seed must be between 0 and 2**32 - 1");
	if (ok && !r->legacy)
		pcg_seed(&r->pcg, w, n);
	else if (ok && list)
		mt_seed_array(&r->mt, w, n);
	else if (ok)
		mt_seed(&r->mt, w[0]);
	free(w);
	return ok;
}

static bool
fn_seed(NpCall *c)
{
	*c->out = VNONE;
	return seed_rand(c, HOST_OF(c->v[0])->data, c->v[1]);
}

/* ---- filling arrays ---- */
typedef struct Shape {
	bool scalar;
	int rank;
	int64_t dim[TENSOR_MAX_RANK];
} Shape;

static bool
size_arg(NpCall *c, Value v, Shape *s)
{
	s->rank = 0;
	s->scalar = np_absent(v);
	return s->scalar || np_ints(c->in, v, s->dim, TENSOR_MAX_RANK, &s->rank, "size", c->at);
}

static bool
dims_args(NpCall *c, Shape *s)
{
	const Args *g = c->args;

	if (g->nkw)
		return fail(c->in, g->kw[0].span, "%s() takes no keyword arguments", c->name);
	s->scalar = g->npos == 0;
	return np_ints(c->in, vtuple(c->in, g->pos, g->npos), s->dim, TENSOR_MAX_RANK, &s->rank,
	               "a dimension", c->at);
}

static bool
new_result(NpCall *c, DType t, const Shape *s, Nd *a)
{
	NdErr err;

	if (!np_room(c->in, t, s->dim, s->rank, c->at))
		return false;
	if (!nd_new(a, t, s->dim, s->rank, &err))
		return np_err(c->in, c->at, &err);
	return interp_steps(c->in, (uint64_t)nd_count(a) / 32);
}

typedef double Draw(Rand *r, Bits *b);

static double
draw_double(Rand *r, Bits *b)
{
	(void)r;
	return bits_double(b);
}

static double
draw_float(Rand *r, Bits *b)
{
	(void)r;
	return bits_float(b);
}

static double
draw_normal(Rand *r, Bits *b)
{
	return r->legacy ? mt_gauss(&r->mt) : pcg_normal(b);
}

static double
draw_normal_float(Rand *r, Bits *b)
{
	(void)r;
	return pcg_normal_float(b);
}

static bool
fill(NpCall *c, const Shape *s, DType t, Draw *draw)
{
	Rand *r = rand_of(c);
	Bits b = bits_of(r);
	int64_t n;
	Nd a;

	if (s->scalar) {
		*c->out = vfloat(draw(r, &b));
		return true;
	}
	if (!new_result(c, t, s, &a))
		return false;
	n = nd_count(&a);
	for (int64_t i = 0; i < n; i++)
		nd_store_f(t, a.data + i * (int64_t)dtype_size(t), draw(r, &b));
	return np_give(c->in, &a, c->out, c->at);
}

static bool
fn_rand(NpCall *c)
{
	Shape s;

	return dims_args(c, &s) && fill(c, &s, DT_FP64, draw_double);
}

static bool
fn_randn(NpCall *c)
{
	Shape s;

	return dims_args(c, &s) && fill(c, &s, DT_FP64, draw_normal);
}

static bool
fn_random(NpCall *c)
{
	Shape s;

	return size_arg(c, c->v[1], &s) && fill(c, &s, DT_FP64, draw_double);
}

static bool
fn_standard_normal(NpCall *c)
{
	Shape s;

	return size_arg(c, c->v[1], &s) && fill(c, &s, DT_FP64, draw_normal);
}

static bool
float_type(NpCall *c, Value v, DType *t)
{
	if (!np_dtype_arg(c->in, v, DT_FP64, t, c->at))
		return false;
	return *t == DT_FP64 || *t == DT_FP32 ||
	       fail(c->in, c->at, "unsupported dtype %s for %s, only float32 and float64 are possible",
	            dtype_info[*t].np, c->name);
}

/* self, size, dtype */
static bool
gen_random(NpCall *c)
{
	Shape s;
	DType t;

	return size_arg(c, c->v[1], &s) && float_type(c, c->v[2], &t) &&
	       fill(c, &s, t, t == DT_FP32 ? draw_float : draw_double);
}

static bool
gen_standard_normal(NpCall *c)
{
	Shape s;
	DType t;

	return size_arg(c, c->v[1], &s) && float_type(c, c->v[2], &t) &&
	       fill(c, &s, t, t == DT_FP32 ? draw_normal_float : draw_normal);
}

/* ---- two parameters, which may be arrays ---- */
static double
scaled(Rand *r, Bits *b, bool normal, double x, double y)
{
	return normal ? x + y * draw_normal(r, b) : x + (y - x) * bits_double(b);
}

static bool
fill_scaled(NpCall *c, Shape *s, bool normal, const Nd *p)
{
	Rand *r = rand_of(c);
	Bits b = bits_of(r);
	Nd a, x, y;
	NdErr err;
	bool scalar = s->scalar && !p[0].rank && !p[1].rank;

	if (scalar) {
		*c->out = vfloat(scaled(r, &b, normal, nd_f(&p[0], 0), nd_f(&p[1], 0)));
		return true;
	}
	if (s->scalar && !nd_broadcast_shapes(&p[0], &p[1], s->dim, &s->rank, &err))
		return np_err(c->in, c->at, &err);
	if (!nd_broadcast_to(&x, &p[0], s->dim, s->rank, &err))
		return np_err(c->in, c->at, &err);
	if (!nd_broadcast_to(&y, &p[1], s->dim, s->rank, &err)) {
		nd_release(&x);
		return np_err(c->in, c->at, &err);
	}
	if (new_result(c, DT_FP64, s, &a)) {
		for (NdIter it = nd_iter(&a); it.at; nd_step(&it)) {
			double v = scaled(r, &b, normal, nd_f(&x, it.idx), nd_f(&y, it.idx));

			memcpy(it.at, &v, sizeof v);
		}
		nd_release(&x);
		nd_release(&y);
		return np_give(c->in, &a, c->out, c->at);
	}
	nd_release(&x);
	nd_release(&y);
	return false;
}

/* self, low or loc, high or scale, size */
static bool
two_parameters(NpCall *c, bool normal)
{
	Nd p[2] = {{0}};
	Shape s;
	bool ok = size_arg(c, c->v[3], &s);
	int n = 0;

	for (; ok && n < 2; n++) {
		Value v = c->v[1 + n].kind == V_UNSET ? vfloat(n) : c->v[1 + n];

		ok = np_array_of(c->in, v, DT_FP64, &p[n], c->at);
	}
	n -= n && !ok && !p[n - 1].buf;
	if (ok && normal)
		for (NdIter it = nd_iter(&p[1]); ok && it.at; nd_step(&it))
			if (nd_load_f(DT_FP64, it.at) < 0)
				ok = fail(c->in, c->at, "%s: scale < 0", c->name);
	ok = ok && fill_scaled(c, &s, normal, p);
	while (n-- > 0)
		nd_release(&p[n]);
	return ok;
}

static bool
fn_uniform(NpCall *c)
{
	return two_parameters(c, false);
}

static bool
fn_normal(NpCall *c)
{
	return two_parameters(c, true);
}

/* ---- integers ---- */
typedef struct Range {
	DType t;
	uint64_t low, width; /* low as bits; the largest minus the smallest */
	bool python;         /* a scalar is a Python int */
} Range;

static bool
range_bound(NpCall *c, Value v, Int *out, const char *what)
{
	Value i;
	double d;

	if (is_np(v) || v.kind == V_FLOAT) {
		if (v.kind == V_FLOAT) {
			if (!as_double(c->in, v, &d, what, c->at) || !num_from_double(c->in, d, &i, c->at))
				return false;
		} else if (np_int(c->in, v, &i, c->at) != 1) {
			return fail(c->in, c->at, "%s: %s is an int here, not %s", c->name, what,
			            type_name(v));
		}
		v = i;
	}
	return (is_int(v) && big_of(v, out)) ||
	       fail(c->in, c->at, "%s: %s is an int here, not %s", c->name, what, type_name(v));
}

static bool
range_make(NpCall *c, Value low, Value high, bool closed, Range *r)
{
	Int a, b, least, most, one, width;
	bool is_bool = r->t == DT_BOOL;

	big_from_i64(&one, 1);
	big_from_i64(&a, 0);
	if (np_absent(high)) {
		if (!range_bound(c, low, &b, "high"))
			return false;
	} else if (!range_bound(c, low, &a, "low") || !range_bound(c, high, &b, "high")) {
		return false;
	}
	if (!closed)
		big_sub(&b, &b, &one);
	big_from_i128(&least, is_bool ? 0 : (Big)nd_int_min(r->t));
	big_from_i128(&most, is_bool ? 1 : (Big)nd_int_max(r->t));
	if (big_cmp(&a, &least) < 0)
		return fail(c->in, c->at, "low is out of bounds for %s", dtype_info[r->t].np);
	if (big_cmp(&b, &most) > 0)
		return fail(c->in, c->at, "high is out of bounds for %s", dtype_info[r->t].np);
	if (big_cmp(&a, &b) > 0)
		return fail(c->in, c->at, closed ? "low > high" : "low >= high");
	big_sub(&width, &b, &a);
	r->width = (uint64_t)big_to_i128(&width);
	r->low = (uint64_t)big_to_i128(&a);
	return true;
}

static bool
fill_ints(NpCall *c, const Shape *s, const Range *r)
{
	Bits b = bits_of(rand_of(c));
	int size = r->t == DT_BOOL ? 0 : (int)dtype_size(r->t);
	Nd a;
	int64_t n;

	if (!new_result(c, r->t, s, &a))
		return false;
	n = nd_count(&a);
	for (int64_t i = 0; i < n; i++)
		nd_store_i(r->t, a.data + i * (int64_t)dtype_size(r->t),
		           (int64_t)(r->low + bits_bounded(&b, r->width, size)));
	if (!s->scalar)
		return np_give(c->in, &a, c->out, c->at);
	if (!r->python)
		return np_give_scalar(c->in, &a, c->out, c->at);
	*c->out = np_python(c->in, r->t, a.data);
	nd_release(&a);
	return true;
}

static bool
integers(NpCall *c, Value size, Value dtype, bool closed, bool python)
{
	Range r = {.python = python};
	Shape s;

	if (dtype.kind == V_TYPE)
		r.python = true;
	else if (!np_absent(dtype))
		r.python = false;
	if (!size_arg(c, size, &s) || !np_dtype_arg(c->in, dtype, DT_INT64, &r.t, c->at))
		return false;
	if (r.t != DT_BOOL && (!dtype_is_int(r.t) || nd_base(r.t) != r.t))
		return fail(c->in, c->at, "unsupported dtype %s for %s", dtype_info[r.t].np, c->name);
	return range_make(c, c->v[1], c->v[2], closed, &r) && fill_ints(c, &s, &r);
}

/* self, low, high, size, dtype */
static bool
fn_randint(NpCall *c)
{
	return integers(c, c->v[3], c->v[4], false, true);
}

/* self, low, high, size, dtype, endpoint */
static bool
gen_integers(NpCall *c)
{
	bool closed;

	return np_flag(c->in, c->v[5], false, &closed, c->at) &&
	       integers(c, c->v[3], c->v[4], closed, false);
}

/* ---- permutation, choice ---- */
static int64_t *
shuffled(NpCall *c, int64_t n)
{
	Bits b = bits_of(rand_of(c));
	int64_t *p = xcalloc((size_t)n + 1, sizeof *p);

	for (int64_t i = 0; i < n; i++)
		p[i] = i;
	for (int64_t i = n - 1; i > 0; i--) {
		int64_t j = (int64_t)bits_interval(&b, (uint64_t)i), t = p[i];

		p[i] = p[j];
		p[j] = t;
	}
	return p;
}

/* Rows of `a` (or the numbers themselves when a is 0) at idx, in the given shape; consumes idx. */
static bool
give_picked(NpCall *c, const Nd *a, int64_t *idx, const Shape *s)
{
	Nd i = nd_adopt(DT_INT64, s->dim, s->rank, idx, 0), r;
	NdKey key = {.kind = NK_ARRAY, .array = i};
	NdErr err;
	bool view, scalar, ok = true;

	i.buf->size = (size_t)nd_count(&i) * 8;
	if (!a) {
		if (!s->scalar)
			return np_give(c->in, &i, c->out, c->at);
		*c->out = vint(idx[0]);
	} else {
		ok = nd_get(a, &key, 1, &r, &view, &scalar, &err) || np_err(c->in, c->at, &err);
		ok = ok && np_give_scalar(c->in, &r, c->out, c->at);
	}
	nd_release(&i);
	return ok;
}

static bool
count_or_array(NpCall *c, Value v, int64_t *n, Nd *a, bool *array)
{
	Big b;

	*array = false;
	if (is_index(c->in, v, &b)) {
		if (b < 0 || b > (Big)1 << 40)
			return fail(c->in, c->at, "%s: a count between 0 and 2**40 was expected", c->name);
		*n = (int64_t)b;
		return true;
	}
	if (!np_array_of(c->in, v, DT_NONE, a, c->at))
		return false;
	*array = true;
	if (!a->rank) {
		nd_release(a);
		return fail(c->in, c->at, "%s: x must be an integer or at least 1-dimensional", c->name);
	}
	*n = a->dim[0];
	return true;
}

static bool
fn_permutation(NpCall *c)
{
	Shape s = {.rank = 1};
	Nd a;
	int64_t n;
	bool array, ok;

	if (!count_or_array(c, c->v[1], &n, &a, &array))
		return false;
	s.dim[0] = n;
	ok = np_room(c->in, DT_INT64, &n, 1, c->at) &&
	     give_picked(c, array ? &a : 0, shuffled(c, n), &s);
	if (array)
		nd_release(&a);
	return ok;
}

/* Sums of the probabilities, ending in 1. */
static double *
cumulated(const double *p, int64_t n)
{
	double *cdf = xcalloc((size_t)n + 1, sizeof *cdf), sum = 0;

	for (int64_t i = 0; i < n; i++)
		cdf[i] = sum = i ? sum + p[i] : p[i];
	for (int64_t i = 0; i < n; i++)
		cdf[i] /= sum;
	return cdf;
}

/* The first i with v < cdf[i]. */
static int64_t
search_right(const double *cdf, int64_t n, double v)
{
	int64_t low = 0, high = n;

	while (low < high) {
		int64_t mid = low + (high - low) / 2;

		if (v < cdf[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* Weighted, without putting back: rounds of draws, of which new ones count. */
static void
choose_unique(Rand *r, double *p, int64_t n, int64_t *idx, int64_t want)
{
	Bits b = bits_of(r);
	int64_t have = 0;

	while (have < want) {
		int64_t from = have, round = want - have;
		double *x = xcalloc((size_t)round, sizeof *x), *cdf;

		for (int64_t i = 0; i < round; i++)
			x[i] = bits_double(&b);
		for (int64_t i = 0; i < have; i++)
			p[idx[i]] = 0;
		cdf = cumulated(p, n);
		for (int64_t i = 0; i < round; i++) {
			int64_t k = MIN(search_right(cdf, n, x[i]), n - 1);
			bool seen = false;

			for (int64_t j = from; j < have && !seen; j++)
				seen = idx[j] == k;
			if (!seen)
				idx[have++] = k;
		}
		free(x);
		free(cdf);
	}
}

static bool
weights_arg(NpCall *c, Value v, int64_t n, int64_t count, bool replace, double **out)
{
	Nd p, q;
	NdErr err;
	double sum = 0, lost = 0;
	int64_t used = 0;
	bool ok;

	*out = 0;
	if (np_absent(v))
		return true;
	if (!np_array_of(c->in, v, DT_FP64, &p, c->at))
		return false;
	ok = p.rank == 1 && p.dim[0] == n;
	if (!ok)
		fail(c->in, c->at, "choice: 'a' and 'p' must have same size, found %lld and %lld",
		     (long long)n, (long long)nd_count(&p));
	if (ok && nd_copy(&q, &p, &err)) {
		*out = xcalloc((size_t)n + 1, sizeof **out);
		memcpy(*out, q.data, (size_t)n * sizeof **out);
		nd_release(&q);
	}
	nd_release(&p);
	for (int64_t i = 0; ok && i < n; i++) {
		double y = (*out)[i] - lost, t = sum + y;

		lost = (t - sum) - y;
		sum = t;
		used += (*out)[i] > 0;
		if ((*out)[i] < 0 || isnan((*out)[i]))
			ok = fail(c->in, c->at, "choice: probabilities are not non-negative");
	}
	if (ok && fabs(sum - 1) > 1.5e-8)
		ok = fail(c->in, c->at, "choice: probabilities do not sum to 1, but to %.8g", sum);
	if (ok && !replace && used < count)
		ok = fail(c->in, c->at, "choice: fewer non-zero entries in p than size");
	if (!ok)
		free(*out);
	return ok;
}

static bool
choose(NpCall *c, int64_t n, const Nd *a, const Shape *s, bool replace)
{
	Rand *r = rand_of(c);
	Bits b = bits_of(r);
	Nd probe = {.rank = s->rank};
	int64_t count, *idx;
	double *p;

	memcpy(probe.dim, s->dim, sizeof probe.dim);
	if (!np_room(c->in, DT_INT64, s->dim, s->rank, c->at))
		return false;
	count = nd_count(&probe);
	if (n == 0 && count > 0)
		return fail(c->in, c->at, "'a' cannot be empty unless no samples are taken");
	if (!replace && count > n)
		return fail(c->in, c->at, "cannot take a larger sample than population when 'replace=False': "
		                          "%lld of %lld", (long long)count, (long long)n);
	if (!interp_steps(c->in, (uint64_t)count / 32) ||
	    !weights_arg(c, c->v[4], n, count, replace, &p))
		return false;
	if (!replace && !p) {
		idx = shuffled(c, n);
	} else {
		idx = xcalloc((size_t)count + 1, sizeof *idx);
		if (p && replace) {
			double *cdf = cumulated(p, n);

			for (int64_t i = 0; i < count; i++) {
				idx[i] = search_right(cdf, n, bits_double(&b));
				idx[i] = MIN(idx[i], n - 1);
			}
			free(cdf);
		} else if (p) {
			choose_unique(r, p, n, idx, count);
		} else {
			for (int64_t i = 0; i < count; i++)
				idx[i] = (int64_t)bits_bounded(&b, (uint64_t)n - 1, 8);
		}
	}
	free(p);
	return give_picked(c, a, idx, s);
}

/* self, a, size, replace, p */
static bool
fn_choice(NpCall *c)
{
	Shape s;
	Nd a;
	int64_t n;
	bool array, replace, ok;

	if (!size_arg(c, c->v[2], &s) || !np_flag(c->in, c->v[3], true, &replace, c->at) ||
	    !count_or_array(c, c->v[1], &n, &a, &array))
		return false;
	ok = (array && a.rank != 1) ? fail(c->in, c->at, "choice: a must be 1-dimensional")
	                            : choose(c, n, array ? &a : 0, &s, replace);
	if (array)
		nd_release(&a);
	return ok;
}

/* ---- objects and the module ---- */
static const NpRow legacy_rows[] = {
	{"seed", "self,seed=", fn_seed, NP_METHOD},
	{"rand", 0, fn_rand, NP_METHOD},
	{"randn", 0, fn_randn, NP_METHOD},
	{"random", "self,size=", fn_random, NP_METHOD},
	{"random_sample", "self,size=", fn_random, NP_METHOD},
	{"standard_normal", "self,size=", fn_standard_normal, NP_METHOD},
	{"uniform", "self,low=,high=,size=", fn_uniform, NP_METHOD},
	{"normal", "self,loc=,scale=,size=", fn_normal, NP_METHOD},
	{"randint", "self,low,high=,size=,dtype=", fn_randint, NP_METHOD},
	{"permutation", "self,x", fn_permutation, NP_METHOD},
	{"choice", "self,a,size=,replace=,p=", fn_choice, NP_METHOD},
	{0, 0, 0, 0},
};
static const NpRow generator_rows[] = {
	{"random", "self,size=,dtype=", gen_random, NP_METHOD},
	{"standard_normal", "self,size=,dtype=", gen_standard_normal, NP_METHOD},
	{"normal", "self,loc=,scale=,size=", fn_normal, NP_METHOD},
	{"uniform", "self,low=,high=,size=", fn_uniform, NP_METHOD},
	{"integers", "self,low,high=,size=,dtype=,endpoint=", gen_integers, NP_METHOD},
	{0, 0, 0, 0},
};

static int
rand_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const NpRow *const table[] = {((Rand *)self->data)->legacy ? legacy_rows : generator_rows};
	const NpRow *row = np_find_row(table, 1, name, NP_METHOD);

	if (!row)
		return 0;
	*out = np_row_value(in, row, vobj(self));
	return 1;
}

static const HostType legacy_host = {.name = "RandomState", .getattr = rand_getattr};
static const HostType generator_host = {.name = "Generator", .getattr = rand_getattr};

static bool
make(NpCall *c, bool legacy)
{
	Rand *r = new(interp_arena(c->in), Rand);

	r->legacy = legacy;
	*c->out = vhost(c->in, legacy ? &legacy_host : &generator_host, r);
	return seed_rand(c, r, c->v[0]);
}

static bool
fn_random_state(NpCall *c)
{
	return make(c, true);
}

static bool
fn_default_rng(NpCall *c)
{
	return make(c, false);
}

static const NpRow module_rows[] = {
	{"RandomState", "seed=", fn_random_state, NP_FUNCTION},
	{"default_rng", "seed=", fn_default_rng, NP_FUNCTION},
	{0, 0, 0, 0},
};

static int
random_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const NpRow *const makers[] = {module_rows}, *const legacy[] = {legacy_rows};
	const NpRow *row = np_find_row(makers, 1, name, NP_FUNCTION);

	if (row) {
		*out = np_row_value(in, row, VUNSET);
		return 1;
	}
	row = np_find_row(legacy, 1, name, NP_METHOD);
	if (!row)
		return 0;
	*out = np_row_value(in, row, vhost(in, &legacy_host, m->data));
	return 1;
}

void *
np_random_state(Interp *in)
{
	Rand *r = new(interp_arena(in), Rand);

	r->legacy = true;
	return r;
}

Value
np_random_module(Interp *in, void *state)
{
	return vmodule(in, "numpy.random", random_member, state);
}
