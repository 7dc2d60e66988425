/* watch.c: see watch.h. Of each value the range is kept that it had last: when a result is seen
 * that is not finite, those of the operands say whether it is the first.
 */
#include "watch.h"

#include "exec/turns.h"
#include "tensor/elems.h"

#include <math.h>

typedef struct Reach {    /* of the numbers of a value */
	bool some;        /* there are finite ones, */
	double low, high; /* from here to there */
	int64_t wild;     /* the first that is not finite; -1: there is none */
} Reach;

struct Watch {
	Arena *arena;
	Diag *diag;
	const Func *func;
	WatchOptions o;
	bool *shown; /* by variable */
	Turns turns;
	Reach *reach;
	struct Found {
		const Inst *inst; /* 0: none */
		const Var *of;
		const char *at, *in; /* the element; the loops around it, and their turns */
		double number;
		Reach *operand; /* in the order of each_operand */
	} found;
};

/* ---- numbers ---- */

static Reach
reach_of(const Tensor *t)
{
	Reach r = {.wild = -1};
	double part[512];

	if (!dtype_is_float(t->dtype))
		return r;
	for (int64_t at = 0; at < t->count; at += (int64_t)countof(part)) {
		int64_t n = MIN(t->count - at, (int64_t)countof(part));
		for (int64_t k = 0; k < n && !t->data; k++)
			part[k] = tensor_f(t, at + k);
		if (t->data)
			elems_load_f(t->dtype,
			             (const char *)t->data + (size_t)at * dtype_size(t->dtype),
			             part, (size_t)n);
		for (int64_t k = 0; k < n; k++) {
			if (!isfinite(part[k])) {
				r.wild = r.wild < 0 ? at + k : r.wild;
				continue;
			}
			r.low = r.some ? fmin(r.low, part[k]) : part[k];
			r.high = r.some ? fmax(r.high, part[k]) : part[k];
			r.some = true;
		}
	}
	return r;
}

/* ---- the first that is not finite ---- */

static void
find(Watch *w, const Inst *i, const Var *v, const Tensor *t, int64_t at)
{
	uint32_t n = 0;

	for each_operand (o, i) {
		if (w->reach[o.var->id].wild >= 0)
			return;
		n++;
	}
	w->found = (struct Found){.inst = i,
	                          .of = v,
	                          .at = tensor_index_text(w->arena, t, at),
	                          .in = turns_words(&w->turns, i->parent, w->arena),
	                          .number = tensor_f(t, at),
	                          .operand = newn(w->arena, Reach, n + (size_t)1)};
	n = 0;
	for each_operand (o, i)
		w->found.operand[n++] = w->reach[o.var->id];
}

static void
see(Watch *w, const Var *v, const Tensor *t)
{
	Reach r = reach_of(t);

	w->reach[v->id] = r;
	if (r.wild >= 0 && !w->found.inst && v->def && !v->def->nblock &&
	    v->def->op->code != OP_const && !(v->def->op->flags & EFFECT))
		find(w, v->def, v, t, r.wild);
}

static const char *
number_text(double v)
{
	return isnan(v) ? "nan" : v < 0 ? "-inf" : "inf";
}

/* "x is fp16 from -1 to 300" */
static void
note_operand(const Watch *w, const OperandAt *o, const Inst *i, const Reach *r)
{
	const Param *p = &i->op->param[o->param];
	const Type *t = o->var->type;
	const char *what = p->name;

	if (t->kind != TY_TENSOR || !dtype_is_float(t->dtype) || !r->some)
		return;
	if (p->kind == P_TUPLE)
		what = arena_printf(w->arena, "%s[%u]", p->name, (unsigned)o->next - 1);
	if (r->low == r->high)
		diag_note(w->diag, NOSPAN, "%s is %g, in %s", what, r->low,
		          dtype_info[t->dtype].mil);
	else
		diag_note(w->diag, NOSPAN, "%s reaches from %g to %g, in %s", what, r->low, r->high,
		          dtype_info[t->dtype].mil);
}

bool
watch_end(Watch *w)
{
	const struct Found *x = &w->found;
	uint32_t n = 0;

	if (!w->o.finite || !x->inst)
		return true;
	diag_error(w->diag, x->inst->span, "%s '%s' makes %s of finite operands%s%s%s",
	           x->inst->op->name, x->of->name ? x->of->name->s : "?", number_text(x->number),
	           x->of->type->rank ? ", at " : "", x->of->type->rank ? x->at : "", x->in);
	for each_operand (o, x->inst) {
		note_operand(w, &o, x->inst, &x->operand[n]);
		n++;
	}
	if (x->of->type->dtype == DT_FP16)
		diag_note(w->diag, NOSPAN,
		          "half precision ends at 65504: 'milc fp16' says what to keep in single "
		          "precision");
	return false;
}

/* ---- values that are shown ---- */

static void
show(Watch *w, const Var *v, const Tensor *t)
{
	const char *turn = turns_path(&w->turns, var_block(v), w->arena);
	const Str *name = v->name;

	if (*turn)
		name = intern_printf(w->func->prog->names, "%s, turn %s", name->s, turn);
	w->o.show(w->o.show_ctx, &(NamedTensor){name, t});
}

void
watch_see(void *ctx, const Var *v, const Tensor *t)
{
	Watch *w = ctx;

	if (w->o.finite)
		see(w, v, t);
	if (w->shown[v->id])
		show(w, v, t);
}

void
watch_turn(void *ctx, const Inst *loop, uint64_t n)
{
	Watch *w = ctx;

	turns_note(&w->turns, loop, n);
}

void
watch_input(Watch *w, const NamedTensor *in)
{
	const Block *b = w->func->body;

	for (uint32_t k = 0; k < b->nparam; k++)
		if (b->param[k]->name == in->name)
			watch_see(w, b->param[k], in->t);
	if (w->o.finite && reach_of(in->t).wild >= 0)
		diag_warning(w->diag, NOSPAN,
		             "input '%s' is not finite: what comes of that is not looked at",
		             in->name->s);
}

/* ---- names ---- */

/* How a name is meant: that of a value, of an operation with several results, or that which either
 * had before it got half precision. */
typedef enum Meaning { AS_VALUE, AS_OPERATION, AS_HALF, AS_HALF_OPERATION, MEANINGS } Meaning;

static bool
is_meant(const Var *v, const char *name, size_t n, Meaning m)
{
	static const char half[] = "_cast_fp16";
	bool whole = m == AS_OPERATION || m == AS_HALF_OPERATION;
	const Str *s = whole ? v->def ? v->def->name : NULL : v->name;
	size_t more = m == AS_HALF || m == AS_HALF_OPERATION ? sizeof half - 1 : 0;

	return s && s->len == n + more && memcmp(s->s, name, n) == 0 &&
	       memcmp(s->s + n, half, more) == 0;
}

typedef struct Looking {
	Watch *w;
	const char *name;
	size_t n;
	Meaning as;
	bool found;
	VEC(const char *) near;
} Looking;

static void
look_at(Looking *l, const Var *v)
{
	if (!v->name || (v->type->kind != TY_TENSOR && v->type->kind != TY_STATE))
		return;
	if (l->as == AS_VALUE && (!v->def || v->def->op->code != OP_const))
		vec_push(l->w->arena, &l->near, v->name->s);
	if (!is_meant(v, l->name, l->n, l->as))
		return;
	l->found = true;
	if (!l->w->shown[v->id] && v->val)
		l->w->o.show(l->w->o.show_ctx, &(NamedTensor){v->name, v->val});
	l->w->shown[v->id] = true;
}

static void
look_in(Looking *l, const Block *b)
{
	for (uint32_t k = 0; k < b->nparam; k++)
		look_at(l, b->param[k]);
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nout; k++)
			look_at(l, i->out[k]);
		for (uint32_t k = 0; k < i->nblock; k++)
			look_in(l, i->block[k]);
	}
}

static bool
choose(Watch *w, const char *name, size_t n)
{
	Looking l = {.w = w, .name = name, .n = n};
	const char *near;

	for (; l.as < MEANINGS && !l.found; l.as++)
		look_in(&l, w->func->body);
	if (l.found)
		return true;
	near = nearest(arena_printf(w->arena, "%.*s", (int)n, name), l.near.at, l.near.n);
	if (near)
		diag_error(w->diag, NOSPAN,
		           "--print-values: no value is called '%.*s'; did you mean '%s'?", (int)n,
		           name, near);
	else
		diag_error(w->diag, NOSPAN, "--print-values: no value is called '%.*s'", (int)n,
		           name);
	diag_note(w->diag, NOSPAN,
	          "passes may have merged it with others: milc -S shows the names, and "
	          "--passes=none keeps the program as it is written");
	return false;
}

/* Blanks around a name are none of it. */
static bool
choose_all(Watch *w, const char *s)
{
	bool ok = true, some = false;

	while (*s) {
		size_t n = strcspn(s, ","), more = n + (s[n] == ','), lead = MIN(strspn(s, " "), n);
		const char *name = s + lead;
		for (n -= lead; n && name[n - 1] == ' ';)
			n--;
		some = some || n;
		ok = (!n || choose(w, name, n)) && ok;
		s += more;
	}
	return some ? ok
	            : diag_error(w->diag, NOSPAN,
	                         "--print-values names no value: give some, such as x,relu_0");
}

/* Operations whose results are known have been computed before the run. */
static void
see_known(Watch *w, const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nout; k++)
			if (i->out[k]->val)
				see(w, i->out[k], i->out[k]->val);
		for (uint32_t k = 0; k < i->nblock; k++)
			see_known(w, i->block[k]);
	}
}

static void
forget(Watch *w)
{
	for (uint32_t k = 0; k < w->func->nvar; k++)
		w->reach[k].wild = -1;
}

Watch *
watch_new(Arena *a, Diag *d, const Func *f, const WatchOptions *o)
{
	Watch *w = new (a, Watch);
	bool ok;

	*w = (Watch){.arena = a, .diag = d, .func = f, .o = *o};
	w->shown = newn(a, bool, (size_t)f->nvar + 1);
	turns_init(&w->turns, a);
	w->reach = newn(a, Reach, (size_t)f->nvar + 1);
	ok = !o->names || choose_all(w, o->names);
	forget(w);
	if (o->finite)
		see_known(w, f->body);
	return ok ? w : NULL;
}
