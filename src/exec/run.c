/* run.c: running a program on tensors. Instructions are evaluated one after the other; what nobody
 * needs any more is freed at once (live.h), so that memory follows the widest point of the program
 * and not its length, nor how often a loop turns. Values known at compile time are taken as they
 * are. Branches, loops and states are handled here; everything else is its row's evaluator.
 */
#include "ir/ir.h"
#include "live.h"
#include "slot.h"


typedef struct OpTime {
	uint64_t calls;
	double seconds;
} OpTime;

typedef struct Run {
	const Func *func;
	const RunOptions *opt;
	Heap heap;
	Arena tmp;       /* tables of this run, and constants that had to be converted */
	Live live;
	Slot *slot;      /* by variable id */
	uint64_t seed;
	OpTime *time;    /* by opcode, when profiling */
	Buf *err;
} Run;

static bool run_block(Run *r, const Block *b);

/* ---- errors ---- */

static void
put_place(Buf *err, const Diag *d, Span at)
{
	uint32_t line, col;
	const Source *src = at.at && d ? diag_place(d, at.at, &line, &col) : NULL;

	if (src)
		buf_printf(err, "%s:%u:%u: ", src->name, line, col);
}

static bool run_fail(Run *r, const Inst *i, const char *fmt, ...) PRINTF(3, 4);

static bool
run_fail(Run *r, const Inst *i, const char *fmt, ...)
{
	const Str *name = i && i->nout && i->out[0]->name ? i->out[0]->name : i ? i->name : NULL;
	va_list ap;

	if (r->opt->at)
		*r->opt->at = i ? i->span : r->func->span;
	else
		put_place(r->err, r->func->prog->diag, i ? i->span : r->func->span);
	if (i)
		buf_printf(r->err, "%s (%s): ", name ? name->s : "?", i->op->name);
	va_start(ap, fmt);
	buf_vprintf(r->err, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- values ---- */

/* The value of a constant, converted once per run if it only names what it is cast from. */
static const Tensor *
const_value(Run *r, const Var *v)
{
	Slot *s = &r->slot[v->id];

	if (v->val->data || v->val->count == 0)
		return v->val;
	if (!s->v.t) {
		Tensor *t = tensor_new(&r->tmp, v->val->dtype, v->val->dim, v->val->rank);
		tensor_read(v->val, 0, t->count, t->data);
		s->v.t = t;
	}
	return s->v.t;
}

/* A view of the value; no reference of its own. */
static Slot
value_of(Run *r, const Var *v)
{
	if (v->val)
		return (Slot){{const_value(r, v), NULL}, NULL};
	return r->slot[v->id];
}

static void
bind(Run *r, const Var *v, Slot s)
{
	if (v->val) {
		slot_clear(&r->heap, &s);
		return;
	}
	slot_clear(&r->heap, &r->slot[v->id]);
	r->slot[v->id] = s;
}

static void
drop_dying(Run *r, const void *where)
{
	const Dying *d = live_after(&r->live, where);

	for (uint32_t i = 0; d && i < d->vars.n; i++)
		if (!d->vars.at[i]->val)
			slot_clear(&r->heap, &r->slot[d->vars.at[i]->id]);
}

/* Runs a nested block and takes its outputs, each with a reference. */
static bool
run_nested(Run *r, const Block *b, Slot *out)
{
	if (!run_block(r, b))
		return false;
	for (uint32_t i = 0; i < b->nout; i++)
		out[i] = slot_share(value_of(r, b->out[i]->var));
	drop_dying(r, b);
	return true;
}

/* ---- branches and loops ---- */

static bool
is_true(const Tensor *t)
{
	return t && t->count > 0 && tensor_i(t, 0) != 0;
}

static bool
run_cond(Run *r, const Inst *i)
{
	const Block *b = i->block[is_true(value_of(r, inst_arg(i, "pred")).v.t) ? 0 : 1];
	Slot *out = xcalloc(MAX(b->nout, 1), sizeof *out);
	bool ok = run_nested(r, b, out);

	for (uint32_t k = 0; ok && k < i->nout; k++)
		bind(r, i->out[k], out[k]);
	xfree(out);
	return ok;
}

/* One turn: the loop variables in `cur` become their next values. False: the end, or an error. */
static bool
loop_turn(Run *r, const Inst *i, Slot *cur, bool *ok)
{
	const Block *cond = i->block[0], *body = i->block[1];
	Slot again = {{0, 0}, 0};
	bool go;

	for (uint32_t k = 0; k < cond->nparam; k++)
		bind(r, cond->param[k], slot_share(cur[k]));
	*ok = run_nested(r, cond, &again);
	go = *ok && is_true(again.v.t);
	slot_clear(&r->heap, &again);
	if (!go)
		return false;
	for (uint32_t k = 0; k < body->nparam; k++) {
		bind(r, body->param[k], cur[k]);
		cur[k] = (Slot){{0, 0}, 0};
	}
	*ok = run_nested(r, body, cur);
	return *ok;
}

static bool
run_while(Run *r, const Inst *i)
{
	const Arg *vars = &i->arg[op_param(i->op, "loop_vars")];
	uint64_t limit = r->opt->max_loop ? r->opt->max_loop : 1000000000, turns = 0;
	Slot *cur;
	bool ok = true;

	if (i->block[0]->nout != 1 || i->block[0]->nparam != vars->n ||
	    i->block[1]->nparam != vars->n || i->block[1]->nout != vars->n || i->nout != vars->n)
		die("the blocks of a while_loop do not fit its %u variables", (unsigned)vars->n);
	cur = xcalloc(MAX(vars->n, 1), sizeof *cur);
	for (uint32_t k = 0; k < vars->n; k++)
		cur[k] = slot_share(value_of(r, vars->u[k]->var));
	while (loop_turn(r, i, cur, &ok))
		if (++turns >= limit) {
			ok = run_fail(r, i, "the loop did not end after %llu turns",
			              (unsigned long long)limit);
			break;
		}
	for (uint32_t k = 0; ok && k < i->nout; k++)
		bind(r, i->out[k], cur[k]);
	xfree(cur);
	return ok;
}

/* ---- states ---- */

static bool
run_read_state(Run *r, const Inst *i)
{
	bind(r, i->out[0], slot_share(r->slot[inst_arg(i, "input")->id]));
	return true;
}

static bool
run_update_state(Run *r, const Inst *i)
{
	Slot v = value_of(r, inst_arg(i, "value"));

	slot_clear(&r->heap, &r->slot[inst_arg(i, "state")->id]);
	r->slot[inst_arg(i, "state")->id] = slot_share(v);
	if (i->nout)
		bind(r, i->out[0], slot_share(v));
	return true;
}

/* ---- everything else ---- */

/* The operands one after the other, in the order of the row. */
static Slot *
operands(Run *r, const Inst *i, RtValue **values, EvalArg *arg, const char **param, uint32_t *n)
{
	uint32_t total = 0, at = 0;
	Slot *in;

	for (uint32_t k = 0; k < i->op->nparam; k++)
		total += i->arg[k].n;
	in = xcalloc(MAX(total, 1), sizeof *in);
	*values = xcalloc(MAX(total, 1), sizeof **values);
	for (uint32_t k = 0; k < i->op->nparam; k++) {
		param[k] = i->op->param[k].name;
		arg[k] = (EvalArg){*values + at, i->arg[k].n};
		for (uint32_t j = 0; j < i->arg[k].n; j++, at++) {
			in[at] = value_of(r, i->arg[k].u[j]->var);
			(*values)[at] = in[at].v;
		}
	}
	*n = total;
	return in;
}

/* The memory of b goes over to the results. */
static bool
adopt_results(Run *r, const Inst *i, Box *b, const RtValue *out, const Slot *in, uint32_t nin)
{
	Slot *to = xcalloc(MAX(i->nout, 1), sizeof *to);

	for (uint32_t k = 0; k < i->nout; k++)
		if (!out[k].t && !out[k].list)
			die("the evaluator of %s left result %u out", i->op->name, k);
	slots_adopt(&r->heap, b, out, i->nout, in, nin, to);
	for (uint32_t k = 0; k < i->nout; k++)
		bind(r, i->out[k], to[k]);
	xfree(to);
	if (r->opt->memory && r->heap.bytes > r->opt->memory)
		return run_fail(r, i, "the run needs more than the %llu bytes of memory allowed",
		                (unsigned long long)r->opt->memory);
	return true;
}

static bool
run_eval(Run *r, const Inst *i)
{
	EvalArg arg[MAX_PARAMS] = {0};
	const char *param[MAX_PARAMS];
	RtValue *values;
	uint32_t nin;
	Slot *in;
	Box *b;
	Eval e;
	bool ok;

	if (!i->op->eval)
		return run_fail(r, i, "%s cannot be run yet on the CPU", i->op->name);
	in = operands(r, i, &values, arg, param, &nin);
	b = box_new(&r->heap);
	e = (Eval){.arena = &b->arena, .op = i->op->name, .opset = (int)i->op->since, .arg = arg,
	           .narg = i->op->nparam, .param = param, .nout = i->nout, .seed = &r->seed};
	if (i->nout && i->out[0]->type->kind == TY_TENSOR)
		e.out_dtype = i->out[0]->type->dtype;
	e.out = newn(&b->arena, RtValue, MAX(i->nout, 1));
	ok = i->op->eval(&e);
	if (ok)
		ok = adopt_results(r, i, b, e.out, in, nin);
	else
		run_fail(r, i, "%s", e.err);
	xfree(values);
	xfree(in);
	return ok;
}

static bool
all_known(const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (!i->out[k]->val)
			return false;
	return i->nout > 0;
}

static bool
run_inst(Run *r, const Inst *i)
{
	if (i->op->code == OP_coreml_update_state)
		return run_update_state(r, i);
	if (all_known(i))
		return true;
	switch (i->op->code) {
	case OP_const: die("a constant without a value");
	case OP_cond: return run_cond(r, i);
	case OP_while_loop: return run_while(r, i);
	case OP_read_state: return run_read_state(r, i);
	default: return run_eval(r, i);
	}
}

static bool
run_block(Run *r, const Block *b)
{
	double start = 0;

	for (const Inst *i = b->first; i; i = i->next) {
		if (r->time)
			start = now_ms();
		if (!run_inst(r, i))
			return false;
		if (r->time) {
			r->time[i->op->code].calls++;
			r->time[i->op->code].seconds += (now_ms() - start) * 1e-3;
		}
		drop_dying(r, i);
	}
	return true;
}

/* ---- inputs and outputs ---- */

static const NamedTensor *
find_input(const Str *name, const NamedTensor *in, uint32_t nin)
{
	for (uint32_t i = 0; i < nin; i++)
		if (in[i].name->len == name->len && memcmp(in[i].name->s, name->s, name->len) == 0)
			return &in[i];
	return NULL;
}

typedef struct Bound {
	Dim sym;
	int64_t n;
} Bound;
typedef VEC(Bound) Bounds;

/* Equal symbols stand for equal numbers in all inputs. */
static bool
dim_fits(Run *r, Bounds *bounds, Dim want, int64_t got)
{
	if (dim_known(want))
		return want == got;
	if (!dim_is_plain_symbol(r->func->prog->types, want))
		return true;
	for (uint32_t i = 0; i < bounds->n; i++)
		if (bounds->at[i].sym == want)
			return bounds->at[i].n == got;
	vec_push(&r->tmp, bounds, (Bound){want, got});
	return true;
}

static bool
bind_input(Run *r, Bounds *bounds, const Var *v, const NamedTensor *given)
{
	const Type *want = v->type->kind == TY_STATE ? v->type->elem : v->type;
	Types *types = r->func->prog->types;
	const Tensor *t;
	bool fits;

	if (!given)
		return run_fail(r, NULL, "there is no value for input %s, %s", v->name->s,
		                type_str(types, v->type));
	t = given->t;
	if (t->dtype == DT_STRING || t->dtype == DT_COMPLEX64)
		return run_fail(r, NULL, "input %s cannot be of type %s", v->name->s,
		                dtype_info[t->dtype].mil);
	fits = (uint32_t)t->rank == want->rank;
	for (int i = 0; fits && i < t->rank; i++)
		fits = dim_fits(r, bounds, want->dim[i], t->dim[i]);
	if (!fits)
		return run_fail(r, NULL, "input %s has shape %s, but the program takes %s",
		                v->name->s, shape_str(types, t->dim, (uint32_t)t->rank),
		                shape_str(types, want->dim, want->rank));
	if (t->dtype != want->dtype)
		t = tensor_cast(&r->tmp, t, want->dtype);
	if (!t->data && t->count) {
		Tensor *flat = tensor_new(&r->tmp, t->dtype, t->dim, t->rank);
		tensor_read(t, 0, t->count, flat->data);
		t = flat;
	}
	r->slot[v->id].v.t = t;
	return true;
}

/* A state that is not given is zero; its symbolic dimensions, which no state has, would be 1. */
static void
bind_state(Run *r, const Var *v)
{
	const Type *t = v->type->elem;
	int64_t dim[TENSOR_MAX_RANK];

	for (uint32_t i = 0; i < t->rank; i++)
		dim[i] = dim_known(t->dim[i]) ? t->dim[i] : 1;
	r->slot[v->id].v.t = tensor_new(&r->tmp, t->dtype, dim, (int)t->rank);
}

static bool
bind_inputs(Run *r, const NamedTensor *in, uint32_t nin)
{
	const Block *b = r->func->body;
	Bounds bounds = {0};

	for (uint32_t i = 0; i < nin; i++) {
		bool known = false;
		for (uint32_t k = 0; !known && k < b->nparam; k++)
			known = find_input(b->param[k]->name, &in[i], 1) != NULL;
		if (!known)
			return run_fail(r, NULL, "the program has no input %s", in[i].name->s);
	}
	for (uint32_t i = 0; i < b->nparam; i++) {
		const Var *v = b->param[i];
		const NamedTensor *given = find_input(v->name, in, nin);
		if (v->type->kind == TY_STATE && !given)
			bind_state(r, v);
		else if (!bind_input(r, &bounds, v, given))
			return false;
	}
	return true;
}

static bool
take_outputs(Run *r, Arena *a, NamedTensor **out, uint32_t *nout)
{
	const Block *b = r->func->body;

	*nout = b->nout;
	*out = newn(a, NamedTensor, MAX(b->nout, 1));
	for (uint32_t i = 0; i < b->nout; i++) {
		const Var *v = b->out[i]->var;
		const Tensor *t = value_of(r, v).v.t;
		Tensor *x;
		if (!t)
			return run_fail(r, v->def, "output %s is no tensor", v->name->s);
		x = tensor_new(a, t->dtype, t->dim, t->rank);
		tensor_read(t, 0, t->count, x->data);
		(*out)[i] = (NamedTensor){v->name, x};
	}
	return true;
}

/* A table of the time per kind of op, longest first. */
static void
put_profile(Run *r)
{
	int best;

	do {
		best = 0;
		for (int i = 1; i < OP_COUNT; i++)
			if (r->time[i].calls &&
			    (!best || r->time[i].seconds > r->time[best].seconds))
				best = i;
		if (best) {
			buf_printf(r->err, "%12.6f s %8llu  %s\n", r->time[best].seconds,
			           (unsigned long long)r->time[best].calls,
			           op_oldest((Opcode)best)->name);
			r->time[best].calls = 0;
		}
	} while (best);
	buf_printf(r->err, "%12zu bytes of values at most\n", r->heap.peak);
}

bool
run_func(Func *f, Arena *arena, const NamedTensor *in, uint32_t nin, NamedTensor **out,
         uint32_t *nout, const RunOptions *o, Buf *err)
{
	static const RunOptions defaults;
	Run r = {.func = f, .opt = o ? o : &defaults, .err = err};
	bool ok;

	r.seed = r.opt->seed;
	r.slot = newn(&r.tmp, Slot, (size_t)f->nvar + 1);
	if (r.opt->profile)
		r.time = newn(&r.tmp, OpTime, OP_COUNT);
	live_init(&r.live, &r.tmp, f);
	ok = bind_inputs(&r, in, nin) && run_block(&r, f->body) &&
	     take_outputs(&r, arena, out, nout);
	if (ok && r.time)
		put_profile(&r);
	heap_free(&r.heap);
	arena_free(&r.tmp);
	return ok;
}
