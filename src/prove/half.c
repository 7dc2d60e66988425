/* half.c: the run in single precision with the two others beside it: see half.h.
 *
 * A session runs the program; watch sees each result, and evaluates the operation again: on the
 * session's own operands rounded, which are still there, and on the accumulated ones, which are
 * kept here until the last operation of their block that takes them is through.
 */
#include "half.h"

#include <math.h>
#include <stdlib.h>

#include "runtime/eval.h"

#define HALF_MOST   65504.0
#define HALF_TOP    65520.0 /* from here on a number becomes infinite */
#define HALF_NORMAL 0x1p-14 /* below it digits are lost, */
#define HALF_POOR   0x1p-22 /* … and here an eighth of the number or more */

typedef struct HalfValue {         /* by variable */
	const Tensor *base;        /* the session's, while it lives */
	const Tensor *accumulated; /* in: */
	Arena arena;
	int64_t poor; /* numbers that lose all digits, if it has half precision anywhere */
	bool beyond;  /* it overflows */
	bool halved;  /* it has half precision, there or where it is used */
	bool turning; /* a loop's first variable: it is past the first turn */
} HalfValue;

typedef struct Halving {
	const HalfPair *pair;
	const Func *func;
	const HalfOptions *o;
	HalfReport *r;
	HalfValue *value;
	Map row;        /* Inst, or Var of an input -> its place in the report + 1 */
	Map ends;       /* Inst -> Vars: needed for the last time */
	Arena arena;    /* of these, and: */
	const Inst *at; /* whose results are at hand */
	Arena results;
	RtValue *own, *accumulated; /* by output; 0: it cannot be evaluated here */
} Halving;

typedef struct VarList {
	VEC(const Var *) var;
} VarList;

/* ---- rows ---- */

static HalfRow *
row_of(Halving *h, const Inst *i, const Var *v)
{
	const void *key = i ? (const void *)i : (const void *)v;
	uintptr_t at = (uintptr_t)map_get(&h->row, KEY(key));
	const HalfTwin *t = i ? map_get(&h->pair->twin, KEY(i)) : NULL;

	if (!at) {
		vec_push(h->r->arena, &h->r->row, (HalfRow){.inst = i, .value = v});
		at = h->r->row.n;
		map_put(&h->row, KEY(key), (void *)at);
		h->r->row.at[at - 1].half = t && t->half;
		h->r->row.at[at - 1].kept = i && h->o->keep && map_get(h->o->keep, KEY(i));
	}
	return &h->r->row.at[at - 1];
}

static bool
is_kept(const Halving *h, const Inst *i)
{
	return h->o->keep && map_get(h->o->keep, KEY(i));
}

/* The type that the operand at place n has in the half precision program. */
static DType
wanted(const Halving *h, const Inst *i, uint32_t n, const Var *v)
{
	const HalfTwin *t = map_get(&h->pair->twin, KEY(i));

	if (v->type->kind != TY_TENSOR)
		return DT_NONE;
	return !t || is_kept(h, i) ? v->type->dtype : t->want[n];
}

/* It is computed in half precision, or cast to it for one that is. */
static bool
is_halved(const Halving *h, const Var *v)
{
	const HalfTwin *t = v->def ? map_get(&h->pair->twin, KEY(v->def)) : NULL;

	if (v->type->kind != TY_TENSOR || v->type->dtype != DT_FP32)
		return false;
	if (t && !is_kept(h, v->def) && t->out[v->index] == DT_FP16)
		return true;
	for (const Use *u = v->uses; u; u = u->next) {
		uint32_t n = 0;
		if (!u->user)
			continue;
		for each_operand (o, u->user) {
			if (o.use == u && wanted(h, u->user, n, v) == DT_FP16)
				return true;
			n++;
		}
	}
	return false;
}

/* ---- numbers ---- */

static HalfSight
sight(const Halving *h, const Tensor *t, int64_t k, double single, double half)
{
	return (HalfSight){tensor_index_text(h->r->arena, t, k), single, half};
}

/* What single precision gives, looked at alone. */
static void
measure(Halving *h, const Var *v, const Tensor *t)
{
	HalfValue *x = &h->value[v->id];
	HalfRow *row;
	double most = 0, over = 0;
	int64_t beyond = 0, poor = 0, at = 0;

	if (!dtype_is_float(t->dtype))
		return;
	row = row_of(h, v->def, v);
	for (int64_t k = 0; k < t->count; k++) {
		double a = fabs(tensor_f(t, k));
		if (!isfinite(a)) {
			h->r->infinite = true;
			continue;
		}
		most = fmax(most, a);
		beyond += a >= HALF_TOP;
		poor += a > 0 && a < HALF_POOR;
		if (a >= HALF_TOP && a > over)
			over = a, at = k;
	}
	row->largest = fmax(row->largest, most);
	x->beyond = x->halved && beyond;
	x->poor = x->halved ? poor : 0;
	if (x->halved)
		row->lost = MAX(row->lost, poor);
	if (!x->beyond)
		return;
	row->what |= HALF_OVERFLOW;
	row->beyond = MAX(row->beyond, beyond);
	if (!row->over.at || over > fabs(row->over.single)) {
		double single = tensor_f(t, at);
		row->over = sight(h, t, at, single, copysign(INFINITY, single));
	}
}

typedef struct Off { /* how far a result lies from the one in single precision */
	double size; /* relative */
	double most;
	int64_t at;
	bool lost, wild; /* by more than half of the largest; not finite though r is */
} Off;

static Off
off(const Tensor *r, const Tensor *a)
{
	Off o = {.at = -1};

	if (!dtype_is_float(r->dtype) || r->count != a->count)
		return o;
	for (int64_t k = 0; k < r->count; k++)
		if (isfinite(tensor_f(r, k)))
			o.most = fmax(o.most, fabs(tensor_f(r, k)));
	for (int64_t k = 0; k < r->count; k++) {
		double x = tensor_f(r, k), y = tensor_f(a, k), e = fabs(y - x), size;
		if (!isfinite(x) || y == x)
			continue;
		size = isfinite(y) ? e / (fabs(x) + o.most) : INFINITY;
		o.wild |= !isfinite(y);
		o.lost |= isfinite(y) && e > o.most / 2;
		if (o.at < 0 || size > o.size)
			o = (Off){size, o.most, k, o.lost, o.wild};
	}
	return o;
}

/* ---- evaluating ---- */

static const Tensor *
with_data(Arena *a, const Tensor *t)
{
	return t && !t->data && t->count ? tensor_copy(a, t) : t;
}

static const Tensor *
operand(Halving *h, const Inst *i, uint32_t n, const Var *v, bool own)
{
	const HalfTwin *t = map_get(&h->pair->twin, KEY(i));
	const HalfValue *x = &h->value[v->id];
	DType want = wanted(h, i, n, v);
	const Tensor *from = v->val ? v->val : own || !x->accumulated ? x->base : x->accumulated;

	if (t && t->known[n] && !is_kept(h, i))
		return t->known[n];
	if (from && want != DT_NONE && from->dtype != want && dtype_is_float(from->dtype))
		from = tensor_cast(&h->results, from, want);
	return with_data(&h->results, from);
}

/* The results of i on one kind of operands, or 0. */
static RtValue *
evaluate(Halving *h, const Inst *i, bool own)
{
	const HalfTwin *t = map_get(&h->pair->twin, KEY(i));
	Arena *a = &h->results;
	EvalArg *arg = newn(a, EvalArg, MAX(i->op->nparam, 1));
	uint64_t seed = 0;
	Eval e = {.arena = a, .row = i->op, .arg = arg, .nout = i->nout, .seed = &seed};
	uint32_t n = 0;

	if (!i->op->eval || !t || !strcmp(i->op->family, "random"))
		return NULL;
	for (uint32_t p = 0; p < i->op->nparam; p++) {
		RtValue *v = newn(a, RtValue, MAX(i->arg[p].n, 1));
		arg[p] = (EvalArg){v, i->arg[p].n};
		for (uint32_t k = 0; k < i->arg[p].n; k++, n++)
			if (!(v[k].t = operand(h, i, n, i->arg[p].u[k]->var, own)))
				return NULL; /* a list, a state */
	}
	if (i->nout)
		e.out_dtype = is_kept(h, i) ? i->out[0]->type->dtype : t->out[0];
	e.out = newn(a, RtValue, MAX(i->nout, 1));
	if (!i->op->eval(&e))
		return NULL;
	for (uint32_t k = 0; k < i->nout; k++)
		e.out[k].t = with_data(a, e.out[k].t);
	return e.out;
}

/* ---- what is found ---- */

/* The row says it where nobody else does: log(x + 1e-45). */
static bool
is_default(const Param *p, double v)
{
	return p->dflt && (float)strtod(p->dflt, NULL) == (float)v;
}

/* A constant that half precision has no digits of, or no number for. */
static void
look_at_constants(Halving *h, const Inst *i, HalfRow *row)
{
	const HalfTwin *t = map_get(&h->pair->twin, KEY(i));
	uint32_t n = 0;

	for each_operand (o, i) {
		const Tensor *was = o.var->val, *is = t->known[n];
		double most = 0, now = 0;
		DType want = wanted(h, i, n++, o.var);
		if (!was || !is || want != DT_FP16 || was->dtype != DT_FP32 ||
		    was->count != is->count || row->constant)
			continue;
		for (int64_t k = 0; k < was->count; k++)
			if (isfinite(tensor_f(was, k)) && fabs(tensor_f(was, k)) > fabs(most)) {
				most = tensor_f(was, k);
				now = tensor_f(is, k);
			}
		if (fabs(most) >= HALF_TOP)
			row->what |= HALF_OVERFLOW;
		else if (most != 0 && fabs(now - most) > fabs(most) / 8 &&
		         !is_default(&i->op->param[o.param], most))
			row->what |= HALF_SUBNORMAL;
		else
			continue;
		row->constant = i->op->param[o.param].name;
		row->was = most;
		row->is = now;
	}
}

/* What a norm squares on its way does not show in its result. */
static void
look_inside(Halving *h, const Inst *i, HalfRow *row)
{
	const Var *x = inst_arg(i, "x");
	const Tensor *t = x->val ? x->val : h->value[x->id].base;
	double square = t ? half_inner_square(&h->results, i, t) : 0;

	if (square < HALF_TOP)
		return;
	row->what |= HALF_OVERFLOW;
	row->inner = fmax(row->inner, square);
}

/* It takes what overflows above. */
static bool
takes_overflow(Halving *h, const Inst *i, HalfRow *row)
{
	uint32_t n = 0;

	for each_operand (o, i)
		if (wanted(h, i, n++, o.var) == DT_FP16 && !o.var->val &&
		    h->value[o.var->id].beyond) {
			row->what |= HALF_TAKES;
			row->from = o.var;
			return true;
		}
	return false;
}

/* What lost its digits above is what this one depends on. */
static void
blame_poor(Halving *h, const Inst *i)
{
	uint32_t n = 0;

	for each_operand (o, i)
		if (wanted(h, i, n++, o.var) == DT_FP16 && !o.var->val && h->value[o.var->id].poor)
			row_of(h, o.var->def, o.var)->what |= HALF_SUBNORMAL;
}

static void
judge(Halving *h, const Var *v, const Tensor *r, const Tensor *own)
{
	const Inst *i = v->def;
	HalfRow *row = row_of(h, i, v);
	Off o = off(r, own);
	bool small = o.most > 0 && o.most < HALF_NORMAL;
	int what = 0;

	if (o.at < 0)
		return;
	if (o.size > row->own || !row->worst.at) {
		row->own = o.size;
		row->worst = sight(h, r, o.at, tensor_f(r, o.at), tensor_f(own, o.at));
	}
	if (!row->half || row->kept || takes_overflow(h, i, row))
		return;
	if (o.wild)
		what |= HALF_OVERFLOW;
	else if (small && o.size > 0x1p-8)
		what |= HALF_SUBNORMAL;
	else if (o.lost)
		what |= HALF_LOST;
	else if (o.size > h->o->bound)
		what |= HALF_DIVERGES;
	if (what && !h->value[v->id].beyond)
		blame_poor(h, row->inst);
	row_of(h, i, v)->what |= what;
}

/* ---- accumulated values ---- */

static void
set_accumulated(Halving *h, const Var *v, const Tensor *t)
{
	HalfValue *x = &h->value[v->id];
	Arena old = x->arena;

	x->arena = (Arena){0};
	x->accumulated = t ? tensor_copy(&x->arena, t) : NULL;
	arena_free(&old);
}

static const Tensor *
accumulated(const Halving *h, const Var *v)
{
	const HalfValue *x = &h->value[v->id];

	return v->val ? v->val : x->accumulated ? x->accumulated : x->base;
}

/* Which value a variable of a loop, or the result of a loop or branch, is. */
static const Var *
source_of(Halving *h, const Var *v)
{
	const Inst *i = v->def ? v->def : v->param_of->parent;
	const Tensor *pred;
	bool *turning;

	if (i->op->code == OP_cond) {
		pred = h->value[inst_argc(i, ARG_pred)->id].base;
		return i->block[pred && tensor_i(pred, 0) ? 0 : 1]->out[v->index]->var;
	}
	turning = &h->value[i->block[0]->param[0]->id].turning;
	if (v->def || v->param_of == i->block[1]) {
		*turning = !v->def;
		return i->block[0]->param[v->index];
	}
	return *turning ? i->block[1]->out[v->index]->var
	                : i->arg[op_column(i->op, ARG_loop_vars)].u[v->index]->var;
}

static void
free_ended(Halving *h, const Inst *i, const Var *v)
{
	const VarList *l = (uint32_t)v->index + 1 == i->nout ? map_get(&h->ends, KEY(i)) : NULL;

	for (uint32_t k = 0; l && k < l->var.n; k++)
		set_accumulated(h, l->var.at[k], NULL);
}

/* An operation of its own: both evaluations stand for all of its results. */
static void
see_result(Halving *h, const Var *v, const Tensor *t)
{
	const Inst *i = v->def;
	HalfRow *row = row_of(h, i, v);
	const Tensor *own, *acc;
	Off o;

	if (h->at != i || v->index == 0) {
		arena_free(&h->results);
		h->at = i;
		if (row->half && !row->kept) {
			look_at_constants(h, i, row);
			if (i->op->code == OP_layer_norm || i->op->code == OP_instance_norm)
				look_inside(h, i, row);
		}
		h->own = row->half && !row->kept ? evaluate(h, i, true) : NULL;
		h->accumulated = evaluate(h, i, false);
	}
	own = h->own ? h->own[v->index].t : NULL;
	acc = h->accumulated ? h->accumulated[v->index].t : NULL;
	if (own)
		judge(h, v, t, own);
	if (acc) {
		o = off(t, acc);
		row = row_of(h, i, v);
		row->accumulated = fmax(row->accumulated, o.size);
	}
	set_accumulated(h, v, acc ? acc : t);
	free_ended(h, i, v);
}

static void
see(void *ctx, const Var *v, const Tensor *t)
{
	Halving *h = ctx;
	const Inst *i = v->def;

	h->value[v->id].base = t;
	if (i && !i->nblock)
		measure(h, v, t);
	if (i && i->op->code == OP_read_state)
		set_accumulated(h, v, accumulated(h, inst_argc(i, ARG_input)));
	else if (i && i->op->code == OP_coreml_update_state) {
		const Tensor *now = accumulated(h, inst_argc(i, ARG_value));
		set_accumulated(h, v, now);
		set_accumulated(h, inst_argc(i, ARG_state), now);
	} else if (!i || i->nblock)
		set_accumulated(h, v, accumulated(h, source_of(h, v)));
	else
		see_result(h, v, t);
}

/* ---- the run ---- */

/* Values whose uses stand all in their own block end with the last of them. */
static void
find_ends(Halving *h, const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nblock; k++)
			find_ends(h, i->block[k]);
		for (uint32_t k = 0; k < i->nout; k++) {
			const Var *v = i->out[k];
			const Inst *last = NULL;
			VarList *l;
			bool here = v->uses;
			for (const Use *u = v->uses; u && here; u = u->next) {
				here = u->user && u->user->parent == b && !u->user->nblock;
				if (here && (!last || inst_before(last, u->user)))
					last = u->user;
			}
			if (!here)
				continue;
			l = map_get(&h->ends, KEY(last));
			if (!l)
				map_put(&h->ends, KEY(last), l = new (&h->arena, VarList));
			vec_push(&h->arena, &l->var, v);
		}
	}
}

static void
find_halved(Halving *h, const Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		h->value[b->param[k]->id].halved = is_halved(h, b->param[k]);
	for (const Inst *i = b->first; i; i = i->next) {
		const HalfTwin *t = map_get(&h->pair->twin, KEY(i));
		for (uint32_t k = 0; k < i->nout; k++)
			h->value[i->out[k]->id].halved = is_halved(h, i->out[k]);
		for (uint32_t k = 0; k < i->nblock; k++)
			find_halved(h, i->block[k]);
		h->r->nhalf += t && t->half && !is_kept(h, i);
	}
}

static void
see_inputs(Halving *h, const NamedTensor *in, uint32_t nin)
{
	const Block *b = h->func->body;

	for (uint32_t k = 0; k < b->nparam; k++)
		for (uint32_t n = 0; n < nin; n++) {
			const Var *v = b->param[k];
			const Type *t = v->type->kind == TY_STATE ? v->type->elem : v->type;
			if (in[n].name != v->name)
				continue;
			h->value[v->id].base =
			    with_data(&h->arena, tensor_cast(&h->arena, in[n].t, t->dtype));
			measure(h, v, h->value[v->id].base);
		}
}

/* Outputs that are no tensors with numbers are not compared. */
static void
compare_outputs(Halving *h, const NamedTensor *out, uint32_t nout)
{
	const Block *b = h->func->body;
	uint32_t n = 0;

	for (uint32_t k = 0; k < b->nout; k++) {
		const Var *v = b->out[k]->var;
		const NamedTensor *x = n < nout ? &out[n] : NULL;
		const Tensor *acc = accumulated(h, v);
		Off o;
		n += v->type->kind == TY_DICT ? 2 : 1;
		if (!x || !acc || v->type->kind != TY_TENSOR || !dtype_is_float(x->t->dtype))
			continue;
		o = off(x->t, v->def || v->val ? acc : x->t);
		vec_push(h->r->arena, &h->r->output, (HalfOutput){v->name, o.most, o.size});
		h->r->off = fmax(h->r->off, o.size);
	}
}

/* Nothing is wrong with any one, but with all of them together. */
static void
find_drift(Halving *h)
{
	if (half_first(h->r) || !(h->r->off > h->o->bound))
		return;
	for (uint32_t k = 0; k < h->r->row.n; k++)
		if (h->r->row.at[k].accumulated > h->o->bound) {
			h->r->row.at[k].what |= HALF_DRIFTS;
			return;
		}
}

static void
halving_free(Halving *h)
{
	for (uint32_t k = 0; k < h->func->nvar; k++)
		arena_free(&h->value[k].arena);
	xfree(h->value);
	arena_free(&h->results);
	arena_free(&h->arena);
}

RunStatus
half_run(const HalfPair *pair, const Func *f, const NamedTensor *in, uint32_t nin,
         const HalfOptions *o, HalfReport *r, const char **why, Span *at)
{
	Halving h = {.pair = pair, .func = f, .o = o, .r = r};
	SessionOptions so = o->session;
	Arena outputs = {0};
	NamedTensor *out = NULL;
	uint32_t nout = 0;
	RunStatus status;
	Session *s;

	*r = (HalfReport){.arena = o->arena};
	h.value = xcalloc((size_t)f->nvar + 1, sizeof *h.value);
	map_init(&h.row, &h.arena);
	map_init(&h.ends, &h.arena);
	find_halved(&h, f->body);
	find_ends(&h, f->body);
	see_inputs(&h, in, nin);
	so.watch = see;
	so.watch_ctx = &h;
	s = session_new(f, &so);
	status = session_run(s, in, nin, &outputs, &out, &nout);
	if (status == RUN_OK) {
		compare_outputs(&h, out, nout);
		find_drift(&h);
	} else {
		*why = arena_strdup(o->arena, session_error(s, at));
	}
	session_free(s);
	arena_free(&outputs);
	halving_free(&h);
	return status;
}

const HalfRow *
half_first(const HalfReport *r)
{
	for (uint32_t k = 0; k < r->row.n; k++)
		if (r->row.at[k].what & HALF_CULPRIT)
			return &r->row.at[k];
	return NULL;
}
