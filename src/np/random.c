/* random.c: np.random for scripts: the module's functions and RandomState objects (the legacy
 * generator), and default_rng() objects. Streams are NumPy's to the last bit.
 *
 * Without a seed NumPy starts anywhere; a compiler must give the same model each time, so here the
 * seed is then 0, and a warning says so.
 */
#include "random_impl.h"

typedef struct Shape {
	bool scalar;
	int rank;
	int64_t dim[TENSOR_MAX_RANK];
} Shape;

Rand *
random_of(const Args *c)
{
	Rand *r = HOST_OF(c->v[0])->data;

	if (!r->seeded) {
		uint32_t zero = 0;

		interp_unseeded(c->in, c->span);
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
	bool newer = !strcmp(c->fn->name, "default_rng");
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
		return fail(c->in, c->span,
		            newer ? "expected a non-negative integer as seed"
		                  : "seed must be between 0 and 2**32 - 1");
	*w = xrealloc(*w, *n + big.n + 1, sizeof **w);
	if (!big.n)
		(*w)[(*n)++] = 0;
	for (uint32_t i = 0; i < big.n; i++)
		(*w)[(*n)++] = big.d[i];
	return true;
}

static bool
is_seed_list(Value v)
{
	return v.kind == V_LIST || v.kind == V_TUPLE || (is_np(v) && ARRAY_OF(v)->rank);
}

static bool
seed_list(const Args *c, Value v, uint32_t **w, size_t *n)
{
	Value list;

	*w = 0;
	*n = 0;
	if (!is_seed_list(v))
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
	bool ok, list = is_seed_list(v);

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
/* size=: None, an int or a tuple. */
static bool
random_size(const Args *c, Value v, Shape *s)
{
	s->rank = 0;
	s->scalar = np_absent(v);
	return s->scalar || np_ints(c, v, s->dim, &s->rank, "size");
}

static bool
new_result(const Args *c, DType t, const Shape *s, Nd *a, NdErr *err)
{
	return nd_new(a, t, s->dim, s->rank, err) &&
	       interp_steps(c->in, (uint64_t)nd_count(a) / 32);
}

enum { DRAW_UNIFORM, DRAW_NORMAL };

static double
draw(Rand *r, Bits *b, int what, DType t)
{
	if (what == DRAW_UNIFORM)
		return t == DT_FP32 ? (double)bits_float(b) : bits_double(b);
	return r->legacy      ? mt_gauss(&r->mt)
	       : t == DT_FP32 ? (double)pcg_normal_float(b)
	                      : pcg_normal(b);
}

static bool
fill(const Args *c, const Shape *s, DType t, NdErr *err)
{
	Rand *r = random_of(c);
	Bits b = random_bits(r);
	int64_t n, size = (int64_t)dtype_size(t);
	double part[128];
	Nd a;

	if (s->scalar) {
		*c->out = vfloat(draw(r, &b, args_with(c), t));
		return true;
	}
	if (!new_result(c, t, s, &a, err))
		return false;
	n = nd_count(&a);
	for (int64_t i = 0, k; i < n; i += k) {
		k = MIN(n - i, (int64_t)countof(part));
		for (int64_t j = 0; j < k; j++)
			part[j] = draw(r, &b, args_with(c), t);
		nd_cast(DT_FP64, t, a.data + i * size, size, (const char *)part, sizeof *part, k);
	}
	return np_made(c, &a);
}

/* The dimensions are the arguments. */
NP_FN(fn_rand)
{
	Shape s = {.scalar = c->npos == 0};

	if (c->nkw)
		return fail(c->in, c->kw[0].span, "%s() got an unexpected keyword argument '%s'",
		            c->fn->name, c->kw[0].name->s);
	return np_ints(c, vtuple(c->in, c->pos, c->npos), s.dim, &s.rank, "a dimension") &&
	       fill(c, &s, DT_FP64, err);
}

/* self, size, dtype (of the newer generator) */
NP_FN(fn_random)
{
	DType t = DT_FP64;
	Shape s;

	if (!random_size(c, c->v[1], &s))
		return false;
	if (!((Rand *)HOST_OF(c->v[0])->data)->legacy) {
		if (!np_dtype_arg(c, c->v[2], DT_FP64, &t))
			return false;
		if (t != DT_FP64 && t != DT_FP32)
			return fail(
			    c->in, c->span,
			    "unsupported dtype %s for %s, only float32 and float64 are possible",
			    dtype_info[t].np, c->fn->name);
	}
	return fill(c, &s, t, err);
}

/* ---- two parameters, which may be arrays ---- */
static double
scaled(Rand *r, Bits *b, int what, double x, double y)
{
	double v = draw(r, b, what, DT_FP64);

	return what == DRAW_NORMAL ? x + y * v : x + (y - x) * v;
}

/* self, low or loc, high or scale, size */
NP_FN(fn_scaled)
{
	const Nd *p[2];
	Nd a, x = {0}, y = {0};
	Shape s;
	Rand *r;
	Bits b;
	bool ok;

	if (!random_size(c, c->v[3], &s))
		return false;
	for (int i = 0; i < 2; i++) {
		if (c->v[1 + i].kind == V_UNSET)
			c->v[1 + i] = vfloat(i);
		if (!(p[i] = np_as(c, &c->v[1 + i], DT_FP64)))
			return false;
	}
	if (args_with(c) == DRAW_NORMAL)
		for (NdIter it = nd_iter(p[1]); it.at; nd_step(&it))
			if (nd_load_f(DT_FP64, it.at) < 0)
				return fail(c->in, c->span, "%s: scale < 0", c->fn->name);
	r = random_of(c);
	b = random_bits(r);
	if (s.scalar && !p[0]->rank && !p[1]->rank) {
		*c->out = vfloat(scaled(r, &b, args_with(c), nd_f(p[0], 0), nd_f(p[1], 0)));
		return true;
	}
	ok = (!s.scalar || nd_broadcast_shapes(p[0], p[1], s.dim, &s.rank, err)) &&
	     nd_broadcast_to(&x, p[0], s.dim, s.rank, err) &&
	     nd_broadcast_to(&y, p[1], s.dim, s.rank, err) && new_result(c, DT_FP64, &s, &a, err);
	for (NdIter it = ok ? nd_iter(&a) : (NdIter){0}; it.at; nd_step(&it)) {
		double v = scaled(r, &b, args_with(c), nd_f(&x, it.idx), nd_f(&y, it.idx));

		memcpy(it.at, &v, sizeof v);
	}
	nd_release(&x);
	nd_release(&y);
	return ok && np_made(c, &a);
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
fill_ints(const Args *c, const Shape *s, const Range *r, NdErr *err)
{
	Bits b = random_bits(random_of(c));
	int size = r->t == DT_BOOL ? 0 : (int)dtype_size(r->t);
	Nd a;
	int64_t n;

	if (!new_result(c, r->t, s, &a, err))
		return false;
	n = nd_count(&a);
	for (int64_t i = 0; i < n; i++)
		nd_store_i(r->t, a.data + i * (int64_t)dtype_size(r->t),
		           (int64_t)(r->low + bits_bounded(&b, r->width, size)));
	if (!s->scalar)
		return np_made(c, &a);
	if (!r->python)
		return np_done(c, &a);
	*c->out = np_python(c->in, r->t, a.data);
	nd_release(&a);
	return true;
}

/* self, low, high, size, dtype, endpoint (of the newer generator) */
NP_FN(fn_integers)
{
	bool legacy = ((Rand *)HOST_OF(c->v[0])->data)->legacy, closed = false;
	Value dtype = c->v[4];
	Range r = {.python = dtype.kind == V_TYPE || (legacy && np_absent(dtype))};
	Shape s;

	if ((!legacy && !np_flag(c, c->v[5], false, &closed)) || !random_size(c, c->v[3], &s) ||
	    !np_dtype_arg(c, dtype, DT_INT64, &r.t))
		return false;
	if (r.t != DT_BOOL && (!dtype_is_int(r.t) || nd_base(r.t) != r.t))
		return fail(c->in, c->span, "unsupported dtype %s for %s", dtype_info[r.t].np,
		            c->fn->name);
	return range_make(c, c->v[1], c->v[2], closed, &r) && fill_ints(c, &s, &r, err);
}

/* ---- objects and the module ---- */
static const Native legacy_rows[] = {
    {"seed", "self,seed=", fn_seed, AS_METHOD},
    {"rand", 0, fn_rand, AS_METHOD | WITH(DRAW_UNIFORM)},
    {"randn", 0, fn_rand, AS_METHOD | WITH(DRAW_NORMAL)},
    {"random", "self,size=", fn_random, AS_METHOD | WITH(DRAW_UNIFORM)},
    {"random_sample", "self,size=", fn_random, AS_METHOD | WITH(DRAW_UNIFORM)},
    {"standard_normal", "self,size=", fn_random, AS_METHOD | WITH(DRAW_NORMAL)},
    {"uniform", "self,low=,high=,size=", fn_scaled, AS_METHOD | WITH(DRAW_UNIFORM)},
    {"normal", "self,loc=,scale=,size=", fn_scaled, AS_METHOD | WITH(DRAW_NORMAL)},
    {"randint", "self,low,high=,size=,dtype=", fn_integers, AS_METHOD},
    {"_shuffled", "self,n,first,bounded=", random_shuffled, AS_METHOD},
    NATIVE_END,
};
static const Native generator_rows[] = {
    {"random", "self,size=,dtype=", fn_random, AS_METHOD | WITH(DRAW_UNIFORM)},
    {"standard_normal", "self,size=,dtype=", fn_random, AS_METHOD | WITH(DRAW_NORMAL)},
    {"normal", "self,loc=,scale=,size=", fn_scaled, AS_METHOD | WITH(DRAW_NORMAL)},
    {"uniform", "self,low=,high=,size=", fn_scaled, AS_METHOD | WITH(DRAW_UNIFORM)},
    {"integers", "self,low,high=,size=,dtype=,endpoint=", fn_integers, AS_METHOD},
    {"_shuffled", "self,n,first,bounded=", random_shuffled, AS_METHOD},
    {"_bounded", "self,max", random_bounded, AS_METHOD},
    NATIVE_END,
};

static int
rand_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	bool legacy = ((Rand *)self->data)->legacy;

	if (native_get(in, legacy ? legacy_rows : generator_rows, name, AS_METHOD, vobj(self), out))
		return 1;
	return np_lib_method(in, "numpy._random", legacy ? "LEGACY" : "GENERATOR", vobj(self), name,
	                     out);
}

static const HostType legacy_host = {.name = "RandomState", .getattr = rand_getattr};
static const HostType generator_host = {.name = "Generator", .getattr = rand_getattr};

/* with 1: of the legacy generator */
NP_FN(fn_make)
{
	Rand *r = new (interp_arena(c->in), Rand);

	r->legacy = args_with(c);
	*c->out = vhost(c->in, r->legacy ? &legacy_host : &generator_host, r);
	return seed_rand(c, r, c->v[0]);
}

static const Native module_rows[] = {
    {"RandomState", "seed=", fn_make, AS_FUNCTION | WITH(1)},
    {"default_rng", "seed=", fn_make, AS_FUNCTION},
    NATIVE_END,
};

static int
random_member(Interp *in, ModuleObj *m, const Str *name, Value *out)
{
	if (native_get(in, module_rows, name, AS_FUNCTION, VUNSET, out))
		return 1;
	return rand_getattr(in, HOST_OF(vhost(in, &legacy_host, m->data)), name, out);
}

void *
np_random_state(Interp *in)
{
	Rand *r = new (interp_arena(in), Rand);

	r->legacy = true;
	return r;
}

static const char *
near_member(UNUSED const ModuleObj *m, const char *name)
{
	static const Native *const tables[] = {module_rows, legacy_rows};

	return native_nearest(tables, countof(tables), name, 0);
}

Value
np_random_module(Interp *in, void *state)
{
	return module_with(vmodule(in, "numpy.random", random_member, state), near_member);
}
