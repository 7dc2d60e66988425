/* build.c: build_op, the one entrance for new instructions.
 *
 * In order: the version of the op, its name, matching of the arguments, constants for those that
 * are plain values and for defaults (both stand before the instruction), the instruction itself,
 * its nested blocks, the type rule, folding. The order of names and constants is the peer's, so
 * that automatic names agree. After an error the half-built instruction is taken out again.
 */
#include "build_impl.h"

void
builder_init(Builder *b, Program *p, Func *f)
{
	memset(b, 0, sizeof *b);
	b->prog = p;
	b->func = f;
	if (!p->counts)
		p->counts = name_counts_new(p->arena);
	b->counts = p->counts;
	if (f) {
		b->block = f->body;
		b->opset = f->opset;
	}
}

static const OpDef *
pick_version(Builder *b, Opcode code)
{
	const OpDef *oldest = op_oldest(code), *op;

	if (b->opset == OPSET_NONE || oldest->flags & DIALECT)
		return oldest;
	op = op_for_opset(code, b->opset);
	if (!op)
		diag_error(b->prog->diag, b->span,
		           "%s exists from opset %s on, but this function has opset_version %s",
		           oldest->name, opset_name(oldest->since), opset_name(b->opset));
	return op;
}

static Infer
infer_begin(Builder *b, Inst *i, const Operand *const *given)
{
	return (Infer){.b = b, .inst = i, .types = b->prog->types, .arena = b->prog->arena,
	               .given = given};
}

static void
name_outputs(Builder *b, Inst *i)
{
	Interner *names = b->prog->names;

	for (uint32_t k = 0; k < i->nout; k++)
		i->out[k]->name = i->nout == 1
		                      ? i->name
		                      : intern_printf(names, "%s_%u", i->name->s, (unsigned)k);
}

/* What a type rule promises, and what it cannot know. */
static bool
check_outputs(Infer *c)
{
	const Inst *i = c->inst;

	for (uint32_t k = 0; k < i->nout; k++) {
		const Type *t = i->out[k]->type;
		if (!t)
			die("the type rule of %s left output %u without a type", i->op->name,
			    (unsigned)k);
		if (!type_is_possible(t))
			return op_error(c, NULL, "the result of %s would be %s: " TYPE_LIMITS,
			                i->op->name, type_str(c->types, t));
	}
	return true;
}

static bool
infer_all(Call *c, Infer *infer)
{
	Inst *i = c->inst;

	if (c->op->flags & BLOCKS && !call_blocks(c))
		return false;
	if (!c->op->infer(infer))
		return false;
	name_outputs(c->b, i);
	return check_outputs(infer) && fold_inst(infer);
}

static bool
finish(Call *c)
{
	Builder *b = c->b;
	Inst *i = c->inst;
	Infer infer = infer_begin(b, i, c->given);

	if (!call_operands(c))
		return false;
	if (!c->poisoned && !call_defaults(c, &infer))
		return false;
	b->begun = true;
	inst_insert(b->block, b->before, i);
	if (c->poisoned)
		i->out[0]->type = b->prog->types->error;
	else if (!infer_all(c, &infer)) {
		inst_remove(i);
		return false;
	}
	if (inst_from_const(i))
		for (uint32_t k = 0; k < i->nout; k++)
			i->out[k]->from_const = true;
	return true;
}

static bool
build_const_op(Builder *b, const Str *name, const Operand *arg, uint32_t narg, Var ***outs,
               uint32_t *nout)
{
	Var *v;

	if (narg != 1 || strcmp(arg->name, "val") != 0 || arg->kind != A_TENSOR)
		return diag_error(
		    b->prog->diag, b->span,
		    "const takes one parameter, 'val': a number, a string, a list of them "
		    "or an array");
	v = build_const(b, name, arg->tensor);
	*outs = v->def->out;
	*nout = 1;
	return true;
}

/* *inside: what went wrong was reported by a call inside of a nested block. */
static bool
build(Builder *b, const OpDef *row, const Str *name, const Operand *arg, uint32_t narg,
      Var ***outs, uint32_t *nout, bool *inside)
{
	Call c = {.b = b, .op = row};

	c.name = name ? name : name_free(b->counts, b->prog->names, c.op->name);
	if (!call_match(&c, arg, narg))
		return false;
	c.inst = inst_new(b->func, c.op, c.name, 1, b->span);
	if (!finish(&c)) {
		for (uint32_t k = 0; k < c.op->nparam; k++)
			inst_set_arg(c.inst, (int)k, NULL);
		*inside = c.inside;
		return false;
	}
	*outs = c.inst->out;
	*nout = c.inst->nout;
	return true;
}

bool
build_op(Builder *b, Opcode code, const Str *name, const Operand *arg, uint32_t narg, Var ***outs,
         uint32_t *nout)
{
	const OpDef *row = code == OP_const ? NULL : pick_version(b, code);

	if (row)
		return build_row(b, row, name, arg, narg, outs, nout);
	if (code == OP_const && build_const_op(b, name, arg, narg, outs, nout))
		return true;
	if (b->after_error)
		b->after_error(b->after_error_ctx);
	return false;
}

bool
build_row(Builder *b, const OpDef *row, const Str *name, const Operand *arg, uint32_t narg,
          Var ***outs, uint32_t *nout)
{
	bool inside = false, ok;

	b->begun = false;
	ok = build(b, row, name, arg, narg, outs, nout, &inside);

	if (!ok && !inside && b->after_error)
		b->after_error(b->after_error_ctx);
	return ok;
}

bool
operands_there(const Operand *arg, uint32_t narg)
{
	for (uint32_t k = 0; k < narg; k++)
		if ((arg[k].kind == A_VAR && !arg[k].var) ||
		    (arg[k].kind == A_TENSOR && !arg[k].tensor) ||
		    (arg[k].kind == A_LIST && !operands_there(arg[k].list.item, arg[k].list.n)))
			return false;
	return true;
}

/* build_op whose errors nobody hears of. */
static Var *
try_build(Builder *b, Opcode code, const Str *name, const Operand *arg, uint32_t narg)
{
	Diag *d = b->prog->diag;
	uint32_t nerror = d->nerror, n;
	bool muted = d->muted, ok;
	Var **out;

	d->muted = true;
	ok = build_op(b, code, name, arg, narg, &out, &n) && n == 1;
	d->muted = muted;
	d->nerror = nerror;
	return ok ? out[0] : NULL;
}

/* Takes out what b has built, last first. */
static void
unbuild(Builder *b)
{
	Inst *i = b->before ? b->before->prev : b->block->last, *prev;

	for (; i && i->nout && i->out[0]->id >= b->first_id && !i->out[0]->uses; i = prev) {
		prev = i->prev;
		inst_remove(i);
	}
}

Var *
build1(Builder *b, Opcode code, const Str *name, const Operand *arg, uint32_t narg)
{
	Var *v = NULL;

	if (!b->first_id)
		b->first_id = b->func->nvar;
	if (!b->failed && operands_there(arg, narg))
		v = try_build(b, code, name, arg, narg);
	if (!v && !b->failed)
		unbuild(b);
	b->failed = !v;
	return v;
}

Var *
build_must(Builder *b, Opcode code, const Str *name, const Operand *arg, uint32_t narg)
{
	Var *v = build1(b, code, name, arg, narg);

	if (!v)
		die("a pass cannot build %s", op_oldest(code)->name);
	return v;
}

bool
build_reinfer(Builder *b, Inst *i)
{
	Infer c = infer_begin(b, i, NULL);
	uint32_t nout = i->nout;

	if (i->op->code == OP_const || i->op->flags & OPAQUE)
		return true; /* as it was said */
	for (uint32_t k = 0; k < nout; k++) {
		i->out[k]->val = NULL;
		i->out[k]->symval = NULL;
	}
	if (!i->op->infer(&c))
		return false;
	if (i->nout != nout)
		die("%s changed its number of outputs", i->op->name);
	if (!check_outputs(&c) || !fold_inst(&c))
		return false;
	for (uint32_t k = 0; k < nout; k++)
		i->out[k]->from_const = inst_from_const(i);
	return true;
}

static bool
same_results(Builder *b, const Inst *i, const Inst *now)
{
	Types *t = b->prog->types;

	if (now->nout != i->nout)
		return diag_error(b->prog->diag, b->span,
		                  "%s, which has %u results, would have %u", i->op->name,
		                  (unsigned)i->nout, (unsigned)now->nout);
	for (uint32_t k = 0; k < i->nout; k++)
		if (!type_compatible(now->out[k]->type, i->out[k]->type))
			return diag_error(b->prog->diag, b->span,
			                  "%s, a result of %s, is %s and would become %s",
			                  i->out[k]->name ? i->out[k]->name->s : "the value",
			                  i->op->name, type_str(t, i->out[k]->type),
			                  type_str(t, now->out[k]->type));
	return true;
}

static Var *const *
vars_of(Builder *b, const Arg *a)
{
	Var **v = newn(b->prog->arena, Var *, a->n);

	for (uint32_t k = 0; k < a->n; k++)
		v[k] = arg_at(a, k);
	return v;
}

/* A second instruction with these operands tells what the results would be. */
bool
build_results_stay(Builder *b, const Inst *i)
{
	Inst *now;
	Infer c;
	bool ok;

	if (inst_is(i, OP_const) || i->op->flags & OPAQUE)
		return true;
	now = inst_new(b->func, i->op, i->name, i->nout, i->span);
	c = infer_begin(b, now, NULL);
	now->parent = i->parent;
	now->block = i->block;
	now->nblock = i->nblock;
	for each_operand (o, i)
		if (o.next == 1 && i->arg[o.param].n == 1)
			inst_set_arg(now, (int)o.param, o.var);
		else if (o.next == 1)
			inst_set_arg_list(now, (int)o.param, vars_of(b, &i->arg[o.param]),
			                  i->arg[o.param].n);
	ok = i->op->infer(&c) && check_outputs(&c) && same_results(b, i, now);
	for (uint32_t k = 0; k < i->op->nparam; k++)
		inst_set_arg(now, (int)k, NULL);
	return ok;
}

bool
build_recheck(Builder *b, Inst *i)
{
	Call c = {.b = b, .op = i->op, .name = i->name, .inst = i};
	Operand given[MAX_PARAMS];

	if (inst_is(i, OP_const) || i->op->flags & OPAQUE)
		return true;
	return call_recheck(&c, given);
}
