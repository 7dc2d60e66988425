/* fold.c: values known at compile time. An op of a FOLD row is computed by the runtime's evaluator
 * as it is built, when all its operands have values; so a constant is the same on every machine
 * and the same as at run time.
 */
#include "runtime/eval.h"
#include "build_impl.h"

/* Larger results stay operations: nobody wants them in the file. */
#define MAX_FOLD (INT64_C(1) << 28)

bool
inst_from_const(const Inst *i)
{
	if (i->op->flags & CONSTEXPR)
		return true;
	if (i->op->flags & EFFECT)
		return false;
	for each_operand (o, i)
		if (!o.var->from_const)
			return i->nout > 0 && i->out[0]->val;
	return true;
}

static bool
all_known(const Inst *i)
{
	for each_operand (o, i)
		if (!o.var->val)
			return false;
	return true;
}

/* The results count against the limit of all memory: a few numbers can ask for gigabytes. A model
 * without them would be another one, so that nothing goes on behind the limit. */
static void
check_room(Infer *c)
{
	Diag *d = c->b->prog->diag;
	const Inst *i = c->inst;
	size_t bytes = 0;

	for (uint32_t k = 0; k < i->nout; k++)
		bytes += (size_t)MAX(i->out[k]->type->count, 0) *
		         MAX(dtype_size(i->out[k]->type->dtype), 1);
	if (arena_has(c->arena, bytes))
		return;
	d->muted = false;
	d->machine = true;
	op_error(c, NULL, "the value of %s takes %zu bytes, more than --max-memory leaves of %zu",
	         i->op->name, bytes, c->arena->limit);
	if (c->b->after_error)
		c->b->after_error(c->b->after_error_ctx);
	diag_flush(d); /* what is held lies in the memory that goes */
	guard_limit();
}

static bool
wanted(const Infer *c)
{
	const Inst *i = c->inst;
	int64_t total = 0;

	if (!(i->op->flags & FOLD) || !i->op->eval || c->b->no_fold || i->nout == 0)
		return false;
	for (uint32_t k = 0; k < i->nout; k++) {
		const Type *t = i->out[k]->type;
		if (i->out[k]->val || t->kind != TY_TENSOR)
			return false;
		total += MAX(t->count, 0);
		if (total > MAX_FOLD)
			return false;
	}
	return all_known(i);
}

/* The evaluator's view of the operands. */
static void
pack(const Infer *c, EvalArg *arg)
{
	const Inst *i = c->inst;

	for (uint32_t k = 0; k < i->op->nparam; k++) {
		const Arg *a = &i->arg[k];
		RtValue *v;
		if (a->n == 0)
			continue;
		v = newn(c->arena, RtValue, a->n);
		for (uint32_t j = 0; j < a->n; j++)
			v[j].t = a->u[j]->var->val;
		arg[k] = (EvalArg){v, a->n};
	}
}

/* Takes over one result. Dimensions that the type rule left open are known now. */
static void
take(Infer *c, uint32_t k, const Tensor *t)
{
	Var *v = c->inst->out[k];
	const Type *ty;

	if (!t)
		die("the evaluator of %s left result %u out", c->inst->op->name, (unsigned)k);
	ty = type_tensor(c->types, t->dtype, t->dim, (uint32_t)t->rank);
	if (!type_is_subtype(ty, v->type))
		die("the evaluator of %s made %s, its type rule says %s", c->inst->op->name,
		    type_str(c->types, ty), type_str(c->types, v->type));
	v->type = ty;
	v->val = t;
	v->symval = NULL;
}

bool
fold_inst(Infer *c)
{
	const OpDef *op = c->inst->op;
	EvalArg arg[MAX_PARAMS] = {0};
	uint64_t seed = 0;
	Eval e;

	if (!wanted(c))
		return true;
	check_room(c);
	pack(c, arg);
	e = (Eval){.arena = c->arena, .row = op, .arg = arg, .nout = c->inst->nout,
	           .out_dtype = c->inst->out[0]->type->dtype, .seed = &seed};
	e.out = newn(c->arena, RtValue, e.nout);
	if (!op->eval(&e))
		return op_error(c, NULL, "%s cannot be computed: %s", op->name, e.err);
	for (uint32_t k = 0; k < e.nout; k++)
		take(c, k, e.out[k].t);
	return true;
}
