/* random.c: np.random for scripts: the module's functions and RandomState objects (the legacy
 * generator), and default_rng() objects. Streams are NumPy's to the last bit.
 *
 * Without a seed NumPy starts anywhere; a compiler must give the same model each time, so here the
 * seed is then 0, and a warning says so.
 */
#include "random_impl.h"

#include <stdlib.h>

Rand *
random_of(const Args *c)
{
	Rand *r = HOST_OF(c->v[0])->data;

	if (!r->seeded) {
		uint32_t zero = 0;

		diag_warning(interp_diag(c->in), c->span,
		             "random numbers without a seed differ from run to "
		             "run in Python; here the seed is 0");
		if (r->legacy)
			mt_seed(&r->mt, 0);
		else
			pcg_seed(&r->pcg, &zero, 1);
		r->seeded = true;
	}
	return r;
}

Bits
random_bits(Rand *r)
{
	return (Bits){.mt = r->legacy ? &r->mt : 0, .pcg = &r->pcg};
}

/* ---- seeds ---- */
/* Appends an int's 32-bit words, least significant first (one word for 0). */
static bool
seed_words(const Args *c, Value v, uint32_t **w, size_t *n)
{
	Int big;
	Value item;

	if (is_np(v)) {
		if (np_index(c->in, v, &item, c->span) != 1)
			return fail(c->in, c->span, "a seed is made of ints, not %s", type_name(v));
		v = item;
	}
	if (!is_int(v) || !big_of(v, &big))
		return fail(c->in, c->span, "a seed is an int or a list of ints, not %s",
		            type_name(v));
	if (big.neg)
		return fail(c->in, c->span, "expected a non-negative integer as seed");
	*w = xrealloc(*w, *n + big.n + 1, sizeof **w);
	if (!big.n)
		(*w)[(*n)++] = 0;
	for (uint32_t i = 0; i < big.n; i++)
		(*w)[(*n)++] = big.d[i];
	return true;
}

static bool
seed_list(const Args *c, Value v, uint32_t **w, size_t *n)
{
	Value list;

	*w = 0;
	*n = 0;
	if (v.kind != V_LIST && v.kind != V_TUPLE && !(is_np(v) && ARRAY_OF(v)->rank))
		return seed_words(c, v, w, n);
	if (!value_to_list(c->in, v, &list, c->span))
		return false;
	for (uint32_t i = 0; i < SEQ_OF(list)->n; i++)
		if (!seed_words(c, SEQ_OF(list)->at[i], w, n))
			return false;
	return *n || fail(c->in, c->span, "the seed must not be empty");
}

static bool
seed_rand(const Args *c, Rand *r, Value v)
{
	uint32_t *w;
	size_t n;
	bool ok, list = v.kind == V_LIST || v.kind == V_TUPLE || (is_np(v) && ARRAY_OF(v)->rank);

	r->seeded = !np_absent(v);
	if (!r->seeded)
		return true;
	ok = seed_list(c, v, &w, &n);
	if (ok && r->legacy && !list && n > 1)
		ok = fail(c->in, c->span, "seed must be between 0 and 2**32 - 1");
	if (ok && !r->legacy)
		pcg_seed(&r->pcg, w, n);
	else if (ok && list)
		mt_seed_array(&r->mt, w, n);
	else if (ok)
		mt_seed(&r->mt, w[0]);
	xfree(w);
	return ok;
}

NP_FN(fn_seed)
{
	*c->out = VNONE;
	return seed_rand(c, HOST_OF(c->v[0])->data, c->v[1]);
}

/* ---- filling arrays ---- */
bool
random_size(const Args *c, Value v, Shape *s)
{
	s->rank = 0;
	s->scalar = np_absent(v);
	return s->scalar || np_ints(c->in, v, s->dim, TENSOR_MAX_RANK, &s->rank, "size", c->span);
}

static bool
dims_args(const Args *c, Shape *s)
{
	const Args *g = c;

	if (g->nkw)
		return fail(c->in, g->kw[0].span, "%s() takes no keyword arguments", c->fn->name);
	s->scalar = g->npos == 0;
	return np_ints(c->in, vtuple(c->in, g->pos, g->npos), s->dim, TENSOR_MAX_RANK, &s->rank,
	               "a dimension", c->span);
}

static bool
new_result(const Args *c, DType t, const Shape *s, Nd *a)
{
	NdErr err = NP_ERR(c->in);

	if (!nd_new(a, t, s->dim, s->rank, &err))
		return np_err(c->in, c->span, &err);
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
fill(const Args *c, const Shape *s, DType t, Draw *draw)
{
	Rand *r = random_of(c);
	Bits b = random_bits(r);
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
	return np_give(c->in, &a, c->out, c->span);
}

NP_FN(fn_rand)
{
	Shape s;

	return dims_args(c, &s) && fill(c, &s, DT_FP64, draw_double);
}

NP_FN(fn_randn)
{
	Shape s;

	return dims_args(c, &s) && fill(c, &s, DT_FP64, draw_normal);
}

NP_FN(fn_random)
{
	Shape s;

	return random_size(c, c->v[1], &s) && fill(c, &s, DT_FP64, draw_double);
}

NP_FN(fn_standard_normal)
{
	Shape s;

	return random_size(c, c->v[1], &s) && fill(c, &s, DT_FP64, draw_normal);
}

static bool
float_type(const Args *c, Value v, DType *t)
{
	if (!np_dtype_arg(c->in, v, DT_FP64, t, c->span))
		return false;
	return *t == DT_FP64 || *t == DT_FP32 ||
	       fail(c->in, c->span,
	            "unsupported dtype %s for %s, only float32 and float64 are possible",
	            dtype_info[*t].np, c->fn->name);
}

/* self, size, dtype */
NP_FN(gen_random)
{
	Shape s;
	DType t;

	return random_size(c, c->v[1], &s) && float_type(c, c->v[2], &t) &&
	       fill(c, &s, t, t == DT_FP32 ? draw_float : draw_double);
}

NP_FN(gen_standard_normal)
{
	Shape s;
	DType t;

	return random_size(c, c->v[1], &s) && float_type(c, c->v[2], &t) &&
	       fill(c, &s, t, t == DT_FP32 ? draw_normal_float : draw_normal);
}

/* ---- two parameters, which may be arrays ---- */
static double
scaled(Rand *r, Bits *b, bool normal, double x, double y)
{
	return normal ? x + y * draw_normal(r, b) : x + (y - x) * bits_double(b);
}

static bool
fill_scaled(const Args *c, Shape *s, bool normal, const Nd *p)
{
	Rand *r = random_of(c);
	Bits b = random_bits(r);
	Nd a, x, y;
	NdErr err = NP_ERR(c->in);
	bool scalar = s->scalar && !p[0].rank && !p[1].rank;

	if (scalar) {
		*c->out = vfloat(scaled(r, &b, normal, nd_f(&p[0], 0), nd_f(&p[1], 0)));
		return true;
	}
	if (s->scalar && !nd_broadcast_shapes(&p[0], &p[1], s->dim, &s->rank, &err))
		return np_err(c->in, c->span, &err);
	if (!nd_broadcast_to(&x, &p[0], s->dim, s->rank, &err))
		return np_err(c->in, c->span, &err);
	if (!nd_broadcast_to(&y, &p[1], s->dim, s->rank, &err)) {
		nd_release(&x);
		return np_err(c->in, c->span, &err);
	}
	if (new_result(c, DT_FP64, s, &a)) {
		for (NdIter it = nd_iter(&a); it.at; nd_step(&it)) {
			double v = scaled(r, &b, normal, nd_f(&x, it.idx), nd_f(&y, it.idx));

			memcpy(it.at, &v, sizeof v);
		}
		nd_release(&x);
		nd_release(&y);
		return np_give(c->in, &a, c->out, c->span);
	}
	nd_release(&x);
	nd_release(&y);
	return false;
}

/* self, low or loc, high or scale, size */
static bool
two_parameters(const Args *c, bool normal)
{
	Nd p[2] = {{0}};
	Shape s;
	bool ok = random_size(c, c->v[3], &s);
	int n = 0;

	for (; ok && n < 2; n++) {
		Value v = c->v[1 + n].kind == V_UNSET ? vfloat(n) : c->v[1 + n];

		ok = np_array_of(c->in, v, DT_FP64, &p[n], c->span);
	}
	n -= n && !ok && !p[n - 1].buf;
	if (ok && normal)
		for (NdIter it = nd_iter(&p[1]); ok && it.at; nd_step(&it))
			if (nd_load_f(DT_FP64, it.at) < 0)
				ok = fail(c->in, c->span, "%s: scale < 0", c->fn->name);
	ok = ok && fill_scaled(c, &s, normal, p);
	while (n-- > 0)
		nd_release(&p[n]);
	return ok;
}

NP_FN(fn_uniform)
{
	return two_parameters(c, false);
}

NP_FN(fn_normal)
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
range_bound(const Args *c, Value v, Int *out, const char *what)
{
	Value i;
	double d;

	if (is_np(v) || v.kind == V_FLOAT) {
		if (v.kind == V_FLOAT) {
			if (!as_double(c->in, v, &d, what, c->span) ||
			    !num_from_double(c->in, d, &i, c->span))
				return false;
		} else if (np_to_int(c->in, v, &i, c->span) != 1) {
			return fail(c->in, c->span, "%s: %s is an int here, not %s", c->fn->name,
			            what, type_name(v));
		}
		v = i;
	}
	return (is_int(v) && big_of(v, out)) ||
	       fail(c->in, c->span, "%s: %s is an int here, not %s", c->fn->name, what,
	            type_name(v));
}

static bool
range_make(const Args *c, Value low, Value high, bool closed, Range *r)
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
		return fail(c->in, c->span, "low is out of bounds for %s", dtype_info[r->t].np);
	if (big_cmp(&b, &most) > 0)
		return fail(c->in, c->span, "high is out of bounds for %s", dtype_info[r->t].np);
	if (big_cmp(&a, &b) > 0)
		return fail(c->in, c->span, closed ? "low > high" : "low >= high");
	big_sub(&width, &b, &a);
	r->width = (uint64_t)big_to_i128(&width);
	r->low = (uint64_t)big_to_i128(&a);
	return true;
}

static bool
fill_ints(const Args *c, const Shape *s, const Range *r)
{
	Bits b = random_bits(random_of(c));
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
		return np_give(c->in, &a, c->out, c->span);
	if (!r->python)
		return np_give_scalar(c->in, &a, c->out, c->span);
	*c->out = np_python(c->in, r->t, a.data);
	nd_release(&a);
	return true;
}

static bool
integers(const Args *c, Value size, Value dtype, bool closed, bool python)
{
	Range r = {.python = python};
	Shape s;

	if (dtype.kind == V_TYPE)
		r.python = true;
	else if (!np_absent(dtype))
		r.python = false;
	if (!random_size(c, size, &s) || !np_dtype_arg(c->in, dtype, DT_INT64, &r.t, c->span))
		return false;
	if (r.t != DT_BOOL && (!dtype_is_int(r.t) || nd_base(r.t) != r.t))
		return fail(c->in, c->span, "unsupported dtype %s for %s", dtype_info[r.t].np,
		            c->fn->name);
	return range_make(c, c->v[1], c->v[2], closed, &r) && fill_ints(c, &s, &r);
}

/* self, low, high, size, dtype */
NP_FN(fn_randint)
{
	return integers(c, c->v[3], c->v[4], false, true);
}

/* self, low, high, size, dtype, endpoint */
NP_FN(gen_integers)
{
	bool closed;

	return np_flag(c->in, c->v[5], false, &closed, c->span) &&
	       integers(c, c->v[3], c->v[4], closed, false);
}

/* ---- objects and the module ---- */
static const Native legacy_rows[] = {
    {"seed", "self,seed=", fn_seed, AS_METHOD},
    {"rand", 0, fn_rand, AS_METHOD},
    {"randn", 0, fn_randn, AS_METHOD},
    {"random", "self,size=", fn_random, AS_METHOD},
    {"random_sample", "self,size=", fn_random, AS_METHOD},
    {"standard_normal", "self,size=", fn_standard_normal, AS_METHOD},
    {"uniform", "self,low=,high=,size=", fn_uniform, AS_METHOD},
    {"normal", "self,loc=,scale=,size=", fn_normal, AS_METHOD},
    {"randint", "self,low,high=,size=,dtype=", fn_randint, AS_METHOD},
    {"permutation", "self,x", random_permutation, AS_METHOD},
    {"choice", "self,a,size=,replace=,p=", random_choice, AS_METHOD},
    NATIVE_END,
};
static const Native generator_rows[] = {
    {"random", "self,size=,dtype=", gen_random, AS_METHOD},
    {"standard_normal", "self,size=,dtype=", gen_standard_normal, AS_METHOD},
    {"normal", "self,loc=,scale=,size=", fn_normal, AS_METHOD},
    {"uniform", "self,low=,high=,size=", fn_uniform, AS_METHOD},
    {"integers", "self,low,high=,size=,dtype=,endpoint=", gen_integers, AS_METHOD},
    NATIVE_END,
};

static int
rand_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const Native *row = native_find(((Rand *)self->data)->legacy ? legacy_rows : generator_rows,
	                                name, AS_METHOD);

	if (!row)
		return 0;
	*out = vnative(in, row, vobj(self));
	return 1;
}

static const HostType legacy_host = {.name = "RandomState", .getattr = rand_getattr};
static const HostType generator_host = {.name = "Generator", .getattr = rand_getattr};

static bool
make(const Args *c, bool legacy)
{
	Rand *r = new (interp_arena(c->in), Rand);

	r->legacy = legacy;
	*c->out = vhost(c->in, legacy ? &legacy_host : &generator_host, r);
	return seed_rand(c, r, c->v[0]);
}

NP_FN(fn_random_state)
{
	return make(c, true);
}

NP_FN(fn_default_rng)
{
	return make(c, false);
}

static const Native module_rows[] = {
    {"RandomState", "seed=", fn_random_state, AS_FUNCTION},
    {"default_rng", "seed=", fn_default_rng, AS_FUNCTION},
    NATIVE_END,
};

static int
random_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	const Native *row = native_find(module_rows, name, AS_FUNCTION);

	if (row) {
		*out = vnative(in, row, VUNSET);
		return 1;
	}
	row = native_find(legacy_rows, name, AS_METHOD);
	if (!row)
		return 0;
	*out = vnative(in, row, vhost(in, &legacy_host, m->data));
	return 1;
}

void *
np_random_state(Interp *in)
{
	Rand *r = new (interp_arena(in), Rand);

	r->legacy = true;
	return r;
}

Value
np_random_module(Interp *in, void *state)
{
	return vmodule(in, "numpy.random", random_member, state);
}
