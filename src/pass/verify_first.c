/* verify_first.c: the first value that two forms of a function compute differently: see
 * verify_run.h. Values go by their names, which passes keep, and in loops by the turn; what the
 * first form gives is kept up to a bound, beyond which values are not compared.
 *
 * What a block gives goes by its part, too: as what becomes of a loop's variable, as its condition,
 * as the result of a cond. So a loop that a pass makes turn too often is seen where it does not
 * end, whatever the pass calls the condition.
 */
#include "verify_run.h"

#include "exec/exec.h"
#include "exec/turns.h"

#include <math.h>

enum { MOST_KEPT = 512 << 20, MOST_NESTED = 256 << 20 }; /* bytes */

typedef struct Comparing {
	Arena *arena;
	Interner keys;
	Map was; /* by key: a Tensor */
	size_t kept;
	Turns turns;
	FirstGap found;
	bool (*same)(void *ctx, const Tensor *was, const Tensor *now, int64_t *at);
	void *ctx;
} Comparing;

/* ---- keys: the turns, what is meant, a name ---- */

static const Str *
named(Comparing *c, const Var *v, const char *name, size_t len)
{
	return intern_printf(&c->keys, "%s value %.*s",
	                     turns_path(&c->turns, v->def->parent, c->arena), (int)len, name);
}

/* What the value is of those that its block gives; 0: it is none, or that has no name. */
static const Str *
by_part(Comparing *c, const Var *v)
{
	const Block *b = v->def->parent;
	const Inst *holder = b->parent;
	bool condition = holder && holder->op->code == OP_while_loop && b == holder->block[0];
	const Str *name = NULL;

	for (uint32_t k = 0; holder && k < b->nout && !name; k++)
		if (b->out[k]->var == v)
			name = condition          ? holder->name
			       : k < holder->nout ? holder->out[k]->name
			                          : NULL;
	if (!name)
		return NULL;
	return intern_printf(&c->keys, "%s %s %s", turns_path(&c->turns, b, c->arena),
	                     condition ? "condition of" : "becomes", name->s);
}

/* ---- the first form ---- */

static void
keep(void *ctx, const Var *v, const Tensor *t)
{
	Comparing *c = ctx;
	size_t most = v->def && v->def->parent->parent ? MOST_NESTED : MOST_KEPT;
	const Str *part;

	if (!v->def || !v->name || c->kept > most || tensor_bytes(t) > most - c->kept)
		return;
	c->kept += tensor_bytes(t);
	t = tensor_copy(c->arena, t);
	map_put(&c->was, KEY(named(c, v, v->name->s, v->name->len)), (void *)(uintptr_t)t);
	part = by_part(c, v);
	if (part)
		map_put(&c->was, KEY(part), (void *)(uintptr_t)t);
}

/* By its name, or that which it had before it got half precision, or its part. */
static const Tensor *
value_before(Comparing *c, const Var *v)
{
	static const char half[] = "_cast_fp16";
	const Str *name = v->name, *part;
	size_t n = sizeof half - 1;
	const Tensor *t = map_get(&c->was, KEY(named(c, v, name->s, name->len)));

	if (!t && ends_with(name->s, name->len, half))
		t = map_get(&c->was, KEY(named(c, v, name->s, name->len - n)));
	part = t ? NULL : by_part(c, v);
	return part ? map_get(&c->was, KEY(part)) : t;
}

/* ---- the second ---- */

/* A number that became none, or infinite. */
static bool
is_finite_still(const Tensor *was, const Tensor *now, int64_t *at)
{
	for (int64_t k = 0; dtype_is_float(was->dtype) && k < was->count; k++)
		if (isfinite(tensor_f(was, k)) && !isfinite(tensor_f(now, k))) {
			*at = k;
			return false;
		}
	return true;
}

static void
compare(void *ctx, const Var *v, const Tensor *t)
{
	Comparing *c = ctx;
	const Tensor *was = v->def && v->name && !c->found.inst ? value_before(c, v) : NULL;
	int64_t at = 0;

	if (!was || was->count != t->count ||
	    dtype_is_float(was->dtype) != dtype_is_float(t->dtype))
		return;
	if (!is_finite_still(was, t, &at) || !c->same(c->ctx, was, t, &at))
		c->found = (FirstGap){v->def,
		                      v->name,
		                      turns_words(&c->turns, v->def->parent, c->arena),
		                      t->rank ? tensor_index_text(c->arena, t, at) : NULL,
		                      tensor_f(was, at),
		                      tensor_f(t, at)};
}

static void
note_turn(void *ctx, const Inst *loop, uint64_t n)
{
	Comparing *c = ctx;

	turns_note(&c->turns, loop, n);
}

static void
run(const Func *f, const NamedTensor *in, uint32_t nin, Comparing *c,
    void (*watch)(void *ctx, const Var *v, const Tensor *t))
{
	NamedTensor *named = newn(c->arena, NamedTensor, MAX(nin, 1)), *out;
	Session *s = session_new(f, &(SessionOptions){.seed = 1,
	                                              .max_steps = 100000,
	                                              .watch = watch,
	                                              .turn = note_turn,
	                                              .watch_ctx = c});
	Arena results = {0};
	uint32_t nout;

	for (uint32_t k = 0; k < nin; k++) /* a pass may have renamed them */
		named[k] = (NamedTensor){f->body->param[k]->name, in[k].t};
	session_run(s, named, nin, &results, &out, &nout);
	session_free(s);
	arena_free(&results);
}

FirstGap
first_gap(Arena *a, const Func *was, const Func *now, const NamedTensor *in, uint32_t nin,
          bool (*same)(void *ctx, const Tensor *was, const Tensor *now, int64_t *at), void *ctx)
{
	Comparing c = {.arena = a, .same = same, .ctx = ctx};

	if (was->body->nparam != nin || now->body->nparam != nin)
		return c.found;
	map_init(&c.was, a);
	turns_init(&c.turns, a);
	intern_init(&c.keys, a);
	run(was, in, nin, &c, keep);
	run(now, in, nin, &c, compare);
	intern_free(&c.keys);
	return c.found;
}
