/* blocks.c: cond and while_loop: their nested blocks are built by functions of the caller. What
 * the results are is then up to the type rules.
 *
 * A loop's parameters first take the types and the known values of the loop variables. If the body
 * shows that a value or a dimension does not stay, the blocks are given up and built once more
 * with weaker parameters; after that everything must hold.
 */
#include "build_impl.h"

static const Operand *
operand(const Call *c, const char *param)
{
	return c->given[op_param(c->op, param)];
}

static bool
visible_at_end(const Block *b, const Var *v)
{
	const Block *at = var_block(v);

	return at && block_encloses(at, b);
}

/* Runs a function with the builder in `block`, and makes its results the block's outputs. */
static bool
fill_block(Call *c, Block *block, const char *param)
{
	Builder *b = c->b;
	const Operand *o = operand(c, param);
	Builder saved = *b;
	Var **out = NULL;
	uint32_t n = 0;
	bool ok;

	b->block = block;
	b->before = NULL;
	ok = o->fn->build(o->fn->ctx, b, block->param, block->nparam, &out, &n);
	*b = saved;
	c->inside = !ok;
	for (uint32_t k = 0; ok && k < n; k++)
		if (!visible_at_end(block, out[k])) {
			call_error(c, o,
			           "result %u of '%s', %s, is not defined there: it belongs to "
			           "another function or to the inside of another block",
			           (unsigned)k, param,
			           out[k]->name ? out[k]->name->s : "without a name");
			ok = false;
		}
	if (ok)
		block_set_outputs(block, out, n);
	return ok;
}

static void
set_blocks(Call *c, Block *first, Block *second)
{
	Inst *i = c->inst;

	if (!i->block)
		i->block = newn(c->b->prog->arena, Block *, 2);
	i->block[0] = first;
	i->block[1] = second;
	i->nblock = 2;
}

/* ---- cond ---- */

static bool
build_cond(Call *c)
{
	Block *yes = block_new(c->b->func, c->inst), *no = block_new(c->b->func, c->inst);

	set_blocks(c, yes, no);
	return fill_block(c, yes, "_true_fn") && fill_block(c, no, "_false_fn");
}

/* ---- while_loop ---- */

typedef struct LoopVar {
	const Str *name;
	const Type *type;
	const Tensor *val;
	const Dim *symval;
} LoopVar;

/* NAME_x0, or x1, x2 … for the second and third of the same name. */
static const Str *
loop_name(const Call *c, const Str *name, Map *seen)
{
	uint64_t key = name ? KEY(name) : 1;
	unsigned n = (unsigned)(uintptr_t)map_get(seen, key);

	map_put(seen, key, (void *)(uintptr_t)(n + 1));
	return intern_printf(c->b->prog->names, "%s_x%u", name ? name->s : "var", n);
}

static LoopVar *
start_vars(Call *c, const Arg *vars)
{
	LoopVar *lv = newn(c->b->prog->arena, LoopVar, vars->n);
	Map seen;

	map_init(&seen, c->b->prog->arena);
	for (uint32_t k = 0; k < vars->n; k++) {
		const Var *v = vars->u[k]->var;
		lv[k] = (LoopVar){loop_name(c, v->name, &seen), v->type, NULL, NULL};
		if (!c->b->no_fold) {
			lv[k].val = v->val;
			lv[k].symval = v->symval;
		}
	}
	return lv;
}

static Block *
loop_block(Call *c, const LoopVar *lv, uint32_t n)
{
	Block *b = block_new(c->b->func, c->inst);

	for (uint32_t k = 0; k < n; k++) {
		Var *v = block_add_param(b, lv[k].name, lv[k].type);
		v->val = lv[k].val;
		v->symval = lv[k].symval;
	}
	return b;
}

static bool
build_loop_blocks(Call *c, const LoopVar *lv, uint32_t n)
{
	Block *cond = loop_block(c, lv, n), *body = loop_block(c, lv, n);

	set_blocks(c, cond, body);
	if (!fill_block(c, cond, "_cond") || !fill_block(c, body, "_body"))
		return false;
	if (body->nout == n)
		return true;
	return call_error(c, operand(c, "_body"),
	                  "'_body' of while_loop must give a new value for each of the %u loop "
	                  "variables, but this has %u results",
	                  (unsigned)n, (unsigned)body->nout);
}

static bool
same_value(const Var *v, const LoopVar *lv)
{
	if (v->val || lv->val)
		return v->val && lv->val && tensor_same_numbers(v->val, lv->val);
	if (!v->symval || !lv->symval)
		return v->symval == lv->symval;
	return v->type == lv->type &&
	       memcmp(v->symval, lv->symval, (size_t)v->type->count * sizeof(Dim)) == 0;
}

/* Makes *lv what the body really keeps. */
static bool
weaken(Call *c, LoopVar *lv, const Var *out, bool *changed)
{
	Types *t = c->b->prog->types;

	if (out->type->kind == TY_ERROR || lv->type->kind == TY_ERROR)
		return true;
	if (!type_is_subtype(out->type, lv->type)) {
		const Type *both = type_for_both(t, out->type, lv->type);
		if (!both) {
			call_error(c, operand(c, "_body"),
			           "the loop variable %s is %s, but the body makes it %s",
			           lv->name->s, type_str(t, lv->type), type_str(t, out->type));
			note_var(call_diag(c), t, "its new value", out);
			return false;
		}
		lv->type = both;
		*changed = true;
	}
	/* A variable that is not known stays so, whatever the body gives it. */
	if (!same_value(out, lv) && (lv->val || lv->symval || !c->b->settle_loops)) {
		lv->val = NULL;
		lv->symval = NULL;
		*changed = true;
	}
	return true;
}

static bool
check_loop(Call *c, const LoopVar *lv, uint32_t n)
{
	Types *t = c->b->prog->types;
	const Block *body = c->inst->block[1];

	for (uint32_t k = 0; k < n; k++) {
		const Var *out = body->out[k]->var;
		if (out->type->kind != TY_ERROR && !type_is_subtype(out->type, lv[k].type))
			call_error(c, operand(c, "_body"),
			           "the body of while_loop makes the loop variable %s a %s, which "
			           "is not a subtype of its own type %s",
			           lv[k].name->s, type_str(t, out->type),
			           type_str(t, lv[k].type));
		else if (!same_value(out, &lv[k]))
			call_error(c, operand(c, "_body"),
			           "the body of while_loop sets the loop variable %s to a value "
			           "that is known at compile time and differs from the first one",
			           lv[k].name->s);
		else
			continue;
		note_var(call_diag(c), t, "its new value", out);
		return false;
	}
	return true;
}

static bool
build_while(Call *c)
{
	const Arg *vars = inst_args(c->inst, "loop_vars");
	LoopVar *lv = start_vars(c, vars);
	bool changed;

	if (vars->n == 0)
		return call_error(c, operand(c, "loop_vars"),
		                  "while_loop needs at least one loop variable");
	if (!build_loop_blocks(c, lv, vars->n))
		return false;
	do {
		changed = false;
		for (uint32_t k = 0; k < vars->n; k++)
			if (!weaken(c, &lv[k], c->inst->block[1]->out[k]->var, &changed))
				return false;
		if (!changed)
			return true;
		block_discard(c->inst->block[0]);
		block_discard(c->inst->block[1]);
		if (!build_loop_blocks(c, lv, vars->n))
			return false;
	} while (c->b->settle_loops);
	return check_loop(c, lv, vars->n);
}

bool
call_blocks(Call *c)
{
	switch (c->op->code) {
	case OP_cond:
		return build_cond(c);
	case OP_while_loop:
		return build_while(c);
	default:
		die("%s has no nested blocks", c->op->name);
	}
}
