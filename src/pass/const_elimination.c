/* const_elimination.c: what is known becomes a const.
 *
 *   %s = shape(x=%x)                 %s = const(val=[2, 3])
 *   %y = reshape(x=%x, shape=%s)  -> %y = reshape(x=%x, shape=%s)
 *
 * The values were computed when the instructions were built; here they only change places. An
 * instruction stays while one of its results is not known.
 * Option skip_const_by_size=N: results of more than N elements stay computed.
 */
#include "pass.h"

#include <math.h>
#include <stdlib.h>

static bool
size_limit(PassCtx *c, double *limit)
{
	const char *text = pass_option(c, "skip_const_by_size");
	char *end;

	*limit = INFINITY;
	if (!text)
		return true;
	*limit = strtod(text, &end);
	return (!*end && end != text) ||
	       diag_error(c->prog->diag, NOSPAN,
	                  "const_elimination: skip_const_by_size is '%s', expected a number", text);
}

/* Makes output k of i a const before i. */
static bool
materialize(PassCtx *c, Inst *i, uint32_t k, double limit)
{
	Var *v = i->out[k];

	if (!v->val || v->type->kind != TY_TENSOR)
		return false;
	if (v->type->rank > 0 && (double)v->val->count > limit)
		return false;
	Builder b = pass_builder_before(c, i);
	Var *new = build_const(&b, v->name, v->val);
	var_replace(v, new);
	v->name = intern_printf(c->prog->names, "%s_ignored", v->name->s);
	return true;
}

static void
eliminate(PassCtx *c, Block *b, double limit)
{
	for each_inst (i, b) {
		bool all = true;
		if (i->op->code == OP_const)
			continue;
		for (uint32_t k = 0; k < i->nblock; k++)
			eliminate(c, i->block[k], limit);
		if (i->op->flags & EFFECT)
			continue;
		for (uint32_t k = 0; k < i->nout; k++)
			all &= materialize(c, i, k, limit);
		if (all && i->nout && !i->nblock)
			inst_remove(i);
	}
}

bool
func_const_elimination(PassCtx *c, Func *f)
{
	double limit;

	if (!size_limit(c, &limit))
		return false;
	eliminate(c, f->body, limit);
	return true;
}
