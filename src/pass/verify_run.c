/* verify_run.c: see verify_run.h. The inputs are made once; what the program gives after each pass
 * is compared with what it gave after the one before, so that the pass that changes it is named.
 */
#include "verify_run.h"

#include "exec/exec.h"
#include "exec/turns.h"

#include <math.h>

enum { MAX_ELEMENTS = 1 << 22 }; /* of an input: beyond that a check would take minutes */
#define HALF_MAX 65504.0

struct PassCheck {
	PassCtx *c;
	Arena arena;   /* inputs */
	Arena kept[2]; /* outputs, in turn */
	int turn;
	Func *f;
	NamedTensor *in, *out;
	uint32_t nin, nout;
	uint32_t npass, noverflow;
	const char *off; /* why nothing is compared; "": that has been said */
	bool half, refused; /* it could not be run, which has been said */
	uint64_t edits;     /* of the program then */
	Map wild;     /* places whose results were not finite from the start */
	double reach; /* the largest finite magnitude among the results at the start */
	Program *was; /* before the pass at hand, in: */
	Arena was_arena;
};

static const Tensor *
make_input(PassCheck *k, const Var *v, uint64_t *state)
{
	const Type *t = v->type->kind == TY_STATE ? v->type->elem : v->type;
	int64_t dim[TENSOR_MAX_RANK], count;
	Tensor *x;

	for (uint32_t i = 0; i < t->rank; i++)
		dim[i] = dim_known(t->dim[i]) ? t->dim[i] : 2;
	if (!shape_count(dim, (int)t->rank, &count) || count > MAX_ELEMENTS)
		return NULL;
	x = tensor_new(&k->arena, t->dtype, dim, (int)t->rank);
	for (int64_t i = 0; i < count && v->type->kind != TY_STATE; i++)
		if (dtype_is_float(t->dtype))
			tensor_set_f(x, i, splitmix_unit(state) + 0x1p-10);
		else
			tensor_set_i(x, i, (int64_t)(splitmix_bits(state) % 2));
	return x;
}

/* The first result in half precision that is not finite though all it is made of is. */
typedef struct Trace {
	PassCheck *k;
	const Inst *first;
	const char *in; /* which loops it is in, and their turns */
	Turns turns;
	bool *wild; /* by variable: some element is not finite */
} Trace;

static bool
is_wild(const Tensor *t)
{
	for (int64_t i = 0; t && dtype_is_float(t->dtype) && i < t->count; i++)
		if (!isfinite(tensor_f(t, i)))
			return true;
	return false;
}

static void
note_start(void *ctx, const Var *v, const Tensor *t)
{
	PassCheck *k = ctx;

	if (v->def && is_wild(t))
		map_put(&k->wild, (uint64_t)v->def->span.at + 1, k);
	for (int64_t n = 0; t && dtype_is_float(t->dtype) && n < t->count; n++)
		if (isfinite(tensor_f(t, n)))
			k->reach = fmax(k->reach, fabs(tensor_f(t, n)));
}

static void
trace(void *ctx, const Var *v, const Tensor *t)
{
	Trace *tr = ctx;
	const Inst *i = v->def;
	bool wild = is_wild(t);
	bool from_finite = wild && i && !i->nblock && !tr->first && t->dtype == DT_FP16 &&
	                   !map_get(&tr->k->wild, (uint64_t)i->span.at + 1);

	tr->wild[v->id] = wild;
	if (from_finite)
		for each_operand (o, i)
			from_finite = from_finite && !tr->wild[o.var->id] && !is_wild(o.var->val);
	if (from_finite) {
		tr->first = i;
		tr->in = turns_words(&tr->turns, i->parent, tr->turns.at.arena);
	}
}

static void
trace_turn(void *ctx, const Inst *loop, uint64_t n)
{
	Trace *tr = ctx;

	turns_note(&tr->turns, loop, n);
}

static bool
run(PassCheck *k, NamedTensor **out, uint32_t *nout, Trace *tr)
{
	Session *s = session_new(k->f, &(SessionOptions){.seed = 1,
	                                                 .max_steps = 100000,
	                                                 .watch = tr       ? trace
	                                                          : k->out ? NULL
	                                                                   : note_start,
	                                                 .turn = tr ? trace_turn : NULL,
	                                                 .watch_ctx = tr ? (void *)tr : k});
	bool ok;
	Span at;

	k->turn = !k->turn;
	arena_free(&k->kept[k->turn]);
	/* A pass may have renamed the inputs: they go by their places. */
	for (uint32_t i = 0; i < k->nin; i++)
		k->in[i].name = k->f->body->param[i]->name;
	ok = session_run(s, k->in, k->nin, &k->kept[k->turn], out, nout) == RUN_OK;
	if (!ok) {
		const char *why = session_error(s, &at);
		k->off = "";
		if (!k->refused)
			diag_warning(k->c->prog->diag, at,
			             "--verify-passes: the program cannot be run here, so numbers "
			             "are not compared: %s",
			             why);
		k->refused = true;
		k->edits = k->c->prog->edits;
	}
	session_free(s);
	return ok;
}

/* Makes inputs, and what the program gives for them. */
static void
begin(PassCheck *k)
{
	uint64_t state = 1;

	k->out = NULL;
	k->nin = k->f->body->nparam;
	k->in = newn(&k->arena, NamedTensor, MAX(k->nin, 1));
	for (uint32_t i = 0; i < k->nin && !k->off; i++) {
		k->in[i].t = make_input(k, k->f->body->param[i], &state);
		if (!k->in[i].t)
			k->off = "an input is too large";
	}
	if (!k->off)
		run(k, &k->out, &k->nout, NULL);
}

PassCheck *
pass_check_new(PassCtx *c)
{
	PassCheck *k = xcalloc(1, sizeof *k);

	k->c = c;
	map_init(&k->wild, &k->arena);
	k->f = c->prog->funcs.n ? c->prog->funcs.at[0] : NULL;
	if (c->prog->funcs.n != 1)
		k->off = "it has several functions";
	if (!k->off)
		begin(k);
	return k;
}

/* Images are passed otherwise from here on: the pass means other numbers by the same input. What
 * compresses gives up some digits. */
static bool
changes_numbers(const PassCheck *k, const PassInfo *p)
{
	bool images = false;

	if (strcmp(p->space, "compression") == 0)
		return true;
	for (uint32_t i = 0; k->c->opt && i < k->c->opt->ninput; i++)
		images = images || k->c->opt->input[i].color;
	return images && (p->run == pass_image_input_preprocess ||
	                  p->run == pass_insert_image_preprocessing_ops);
}

/* A value in it, or in one nested in it, has half precision. */
static bool
block_has_half(const Block *b)
{
	for (const Inst *i = b->first; i; i = i->next) {
		for (uint32_t k = 0; k < i->nout; k++)
			if (i->out[k]->type->kind == TY_TENSOR && i->out[k]->type->dtype == DT_FP16)
				return true;
		for (uint32_t k = 0; k < i->nblock; k++)
			if (block_has_half(i->block[k]))
				return true;
	}
	return false;
}

/* Half precision ended where single precision did not: nothing is wrong with the pass, but perhaps
 * with the model. */
static void
warn_overflow(PassCheck *k, const PassInfo *p, const Str *name, double before, double after)
{
	Diag *d = k->c->prog->diag;
	Trace tr = {.k = k, .wild = xcalloc(k->f->nvar, sizeof(bool))};
	Arena scratch = {0};
	NamedTensor *out;
	uint32_t nout;

	k->noverflow++;
	turns_init(&tr.turns, &scratch);
	run(k, &out, &nout, &tr);
	k->turn = !k->turn; /* the numbers of the pass stay those to compare with */
	diag_warning(d, tr.first ? tr.first->span : NOSPAN,
	             "pass %s::%s: output '%s' is %g, and was %g in single precision: half "
	             "precision ends at 65504",
	             p->space, p->name, name->s, isnan(after) ? (double)NAN : after, before);
	if (tr.first)
		diag_note(d, NOSPAN, "the first result that is not finite is that of %s '%s'%s",
		          tr.first->op->name, tr.first->name ? tr.first->name->s : "", tr.in);
	diag_note(d, NOSPAN,
	          "compute_precision=ct.precision.FLOAT32 computes in single precision, and "
	          "ct.transform.FP16ComputePrecision(op_selector=…) does for chosen operations");
	arena_free(&scratch);
	xfree(tr.wild);
}

/* An element that is finite in a and not in b, or -1. */
static int64_t
overflow_at(const Tensor *a, const Tensor *b)
{
	for (int64_t i = 0; dtype_is_float(a->dtype) && a->count == b->count && i < a->count; i++)
		if (isfinite(tensor_f(a, i)) && !isfinite(tensor_f(b, i)))
			return i;
	return -1;
}

/* fp16 keeps 11 bits of each operation; sums of them lose a few more. */
static double
tolerance(const PassCheck *k, const Tensor *a)
{
	if (!dtype_is_float(a->dtype))
		return k->half ? 1 : 0; /* a rounded number may step over to the next integer */
	return k->half ? 2e-2 : 1e-4;
}

static bool
same_numbers(const PassCheck *k, const Tensor *a, const Tensor *b, int64_t *at)
{
	double tol = tolerance(k, a), largest = 0;
	double least = tol >= 2e-2 ? 0x1p-14 : 0; /* below, half precision loses digits */

	*at = 0;
	if (a->count != b->count || a->dtype == DT_STRING || a->dtype == DT_INT64)
		return a->count == b->count; /* of labels, the probabilities are compared */
	for (int64_t i = 0; i < a->count; i++)
		if (isfinite(tensor_f(a, i)))
			largest = fmax(largest, fabs(tensor_f(a, i)));
	for (*at = 0; *at < a->count; (*at)++) {
		double x = tensor_f(a, *at), y = tensor_f(b, *at);
		if (x == y || (isnan(x) && isnan(y)) ||
		    fabs(x - y) <= tol * (fabs(x) + largest) + least)
			continue;
		if (tol >= 2e-2 && (!isfinite(x) || !isfinite(y)))
			continue; /* beyond the range of fp16 on one side */
		return false;
	}
	return true;
}

void
pass_check_before(PassCheck *k, const PassInfo *p)
{
	if (!k || k->off || changes_numbers(k, p))
		return;
	arena_free(&k->was_arena);
	k->was = program_clone_into(k->c->prog, &k->was_arena);
}

static bool
same_value(void *k, const Tensor *a, const Tensor *b, int64_t *at)
{
	return same_numbers(k, a, b, at);
}

/* The operation whose result is the first that differs; of an output that alone does, nothing more
 * can be said. */
static void
note_first(PassCheck *k)
{
	Diag *d = k->c->prog->diag;
	Arena scratch = {0};
	FirstGap g = first_gap(&scratch, k->was->funcs.at[0], k->f, k->in, k->nin, same_value, k);

	if (g.inst)
		diag_note(d, g.inst->span,
		          "the first result that differs is '%s', of %s%s: %g before, %g after%s%s",
		          g.value->s, g.inst->op->name, g.in, g.before, g.after,
		          g.at ? ", at " : "", g.at ? g.at : "");
	arena_free(&scratch);
}

static bool
report_difference(PassCheck *k, const PassInfo *p, const PassRunOptions *o, const Tensor *a,
                  const NamedTensor *b, int64_t at)
{
	Diag *d = k->c->prog->diag;
	const char *index = tensor_index_text(&k->arena, a, at);

	if (a->count == b->t->count)
		diag_error(d, NOSPAN,
		           "pass %s::%s changes what the program computes: output '%s' differs at "
		           "%s: %g before, %g after",
		           p->space, p->name, b->name->s, index, tensor_f(a, at),
		           tensor_f(b->t, at));
	else
		diag_error(d, NOSPAN,
		           "pass %s::%s changes what the program computes: output '%s' has %lld "
		           "elements and had %lld",
		           p->space, p->name, b->name->s, (long long)b->t->count,
		           (long long)a->count);
	note_first(k);
	if (o && o->differs)
		o->differs(o->differs_ctx, &(PassDifference){p, k->c, k->was, false});
	return false;
}

/* The first output that is another one, or -1. */
static int64_t
find_difference(const PassCheck *k, const NamedTensor *out, uint32_t nout, int64_t *at)
{
	for (uint32_t i = 0; i < nout && i < k->nout; i++)
		if (!same_numbers(k, k->out[i].t, out[i].t, at))
			return i;
	return -1;
}

bool
pass_check_run(PassCheck *k, const PassInfo *p, const PassRunOptions *o)
{
	NamedTensor *out;
	uint32_t nout;
	int64_t at, first;
	/* A pass may have lowered what could not be run. */
	bool again = k->off && !*k->off && k->edits != k->c->prog->edits;

	if (again || (!k->off && changes_numbers(k, p))) {
		k->off = NULL;
		begin(k);
		return true;
	}
	if (k->off || !run(k, &out, &nout, NULL))
		return true;
	k->npass++;
	k->half = k->half || block_has_half(k->f->body);
	first = find_difference(k, out, nout, &at);
	if (first >= 0)
		return report_difference(k, p, o, k->out[first].t, &out[first], at);
	for (uint32_t i = 0; k->half && i < nout && i < k->nout; i++)
		if ((at = overflow_at(k->out[i].t, out[i].t)) >= 0) {
			warn_overflow(k, p, out[i].name, tensor_f(k->out[i].t, at),
			              tensor_f(out[i].t, at));
			break;
		}
	k->out = out;
	k->nout = nout;
	return true;
}

static void
free_check(PassCheck *k)
{
	arena_free(&k->arena);
	arena_free(&k->kept[0]);
	arena_free(&k->kept[1]);
	arena_free(&k->was_arena);
	xfree(k);
}

/* A trial: what cannot be run, or what the pass itself refuses, does not differ. */
bool
pass_differs(const PassDifference *d, const Program *p)
{
	Arena own = {0}, scratch = {0};
	PassCtx c = *d->ctx;
	Pipeline only = {0};
	PassCheck *k;
	NamedTensor *out;
	uint32_t nout;
	int64_t at;
	bool found = false;

	if (d->alone) {
		vec_push(&scratch, &only.pass, d->pass);
		if (c.pipeline)
			only.option = c.pipeline->option;
		c.pipeline = &only;
		c.place = 0;
	}
	c.prog = program_clone_into(p, &own);
	c.arena = &scratch;
	c.changes = NULL;
	c.failed = false;
	k = pass_check_new(&c);
	if (!k->off && d->pass->run(&c) && !c.failed && program_verify(c.prog)) {
		k->f = c.prog->funcs.at[0];
		k->half = block_has_half(k->f->body);
		found = k->f->body->nparam == k->nin && run(k, &out, &nout, NULL) &&
		        find_difference(k, out, nout, &at) >= 0;
	}
	free_check(k);
	arena_free(&scratch);
	if (d->pass->trigger) /* what a script saw of it may still be held by the script */
		arena_free(&own);
	return found;
}

void
pass_check_end(PassCheck *k, bool ok)
{
	Diag *d;

	if (!k)
		return;
	d = k->c->prog->diag;
	diag_flush(d);
	if (k->reach > HALF_MAX)
		diag_note(d, NOSPAN,
		          "--verify-passes: numbers reach %g before the first pass, and half "
		          "precision ends at 65504",
		          k->reach);
	if (ok && k->off && *k->off)
		diag_note(d, NOSPAN, "--verify-passes: the program is not run here: %s", k->off);
	else if (ok && !k->off)
		diag_note(d, NOSPAN, "--verify-passes: %u passes checked, %u difference%s",
		          k->npass, k->noverflow, k->noverflow == 1 ? "" : "s");
	free_check(k);
}
