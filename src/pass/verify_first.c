/* verify_first.c: the first value that two forms of a function compute differently: see
 * verify_run.h. Values go by their names, which passes keep; what the first form gives is kept up
 * to a bound, beyond which values are not compared.
 */
#include "verify_run.h"

#include "exec/exec.h"

enum { MOST_KEPT = 512 << 20 }; /* bytes */

typedef struct Comparing {
	Arena *arena;
	Map was; /* by name: a Tensor */
	size_t kept;
	FirstGap found;
	bool (*same)(void *ctx, const Tensor *was, const Tensor *now, int64_t *at);
	void *ctx;
} Comparing;

static bool
is_compared(const Var *v)
{
	if (!v->def || !v->name)
		return false;
	for (const Block *b = v->def->parent; b->parent; b = b->parent->parent)
		if (b->parent->op->code == OP_while_loop)
			return false;
	return true;
}

static void
keep(void *ctx, const Var *v, const Tensor *t)
{
	Comparing *c = ctx;

	if (!is_compared(v) || tensor_bytes(t) > MOST_KEPT - c->kept)
		return;
	c->kept += tensor_bytes(t);
	map_put(&c->was, KEY(v->name), tensor_copy(c->arena, t));
}

static void
compare(void *ctx, const Var *v, const Tensor *t)
{
	Comparing *c = ctx;
	const Tensor *was = is_compared(v) && !c->found.inst ? map_get(&c->was, KEY(v->name)) : 0;
	int64_t at = 0;

	if (!was || was->count != t->count ||
	    dtype_is_float(was->dtype) != dtype_is_float(t->dtype))
		return;
	if (!c->same(c->ctx, was, t, &at))
		c->found = (FirstGap){v->def, v->name, tensor_index_text(c->arena, t, at),
		                      tensor_f(was, at), tensor_f(t, at)};
}

static void
run(const Func *f, const NamedTensor *in, uint32_t nin, Comparing *c,
    void (*watch)(void *ctx, const Var *v, const Tensor *t))
{
	NamedTensor *named = newn(c->arena, NamedTensor, MAX(nin, 1)), *out;
	Session *s = session_new(
	    f, &(SessionOptions){.seed = 1, .max_steps = 100000, .watch = watch, .watch_ctx = c});
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

	map_init(&c.was, a);
	if (was->body->nparam != nin || now->body->nparam != nin)
		return c.found;
	run(was, in, nin, &c, keep);
	run(now, in, nin, &c, compare);
	return c.found;
}
