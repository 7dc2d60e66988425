/* rewrite.c: see rewrite.h. */
#include "rewrite.h"

bool
var_is_function_output(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (!u->user && !u->block->parent)
			return true;
	return false;
}

bool
var_is_function_input(const Var *v)
{
	return v->param_of && !v->param_of->parent;
}

bool
pass_replace(Var *old, Var *by, Inst *const *gone, uint32_t n)
{
	if (!by)
		return false;
	if (var_is_function_output(old) && !var_is_function_input(by))
		by->name = old->name;
	var_replace(old, by);
	rewrite_remove_all(gone, n);
	return true;
}

void
var_replace_but(Var *old, Var *by)
{
	for each_use (u, old)
		if (u->user != by->def)
			use_set(u, by);
}

const Str *
name_join(PassCtx *c, const Str *a, const char *b)
{
	char buf[256];
	size_t n = strlen(b);

	if (a->len + n >= sizeof buf)
		return intern_printf(c->prog->names, "%s%s", a->s, b);
	memcpy(buf, a->s, a->len);
	memcpy(buf + a->len, b, n);
	return intern(c->prog->names, buf, a->len + n);
}

Var *
rewrite_cast(PassCtx *c, Block *b, Inst *before, Span at, Var *x, DType to, const Str *name)
{
	Program *p = c->prog;
	const OpDef *op = op_for_opset(OP_cast, MAX(b->func->opset, IOS13));
	Builder k;
	Var *dtype;
	Inst *i;

	builder_init(&k, p, b->func);
	k.block = b;
	k.before = before;
	k.span = at;
	dtype = build_const(&k, name_join(c, name, "_dtype_0"), build_str(&k, dtype_info[to].mil));
	i = inst_new(b->func, op, name, 1, at);
	inst_set_arg(i, 0, x);
	inst_set_arg(i, 1, dtype);
	i->out[0]->type = type_with_dtype(p->types, x->type, to);
	if (x->val)
		i->out[0]->val = tensor_cast(p->arena, x->val, to);
	else if (dtype_is_int(to))
		i->out[0]->symval = x->symval;
	inst_insert(b, before, i);
	return i->out[0];
}

void
rewrite_remove(Inst *i)
{
	Var *consts[MAX_PARAMS];
	uint32_t n = 0;

	for each_operand (o, i)
		if (n < MAX_PARAMS && var_is_const(o.var))
			consts[n++] = o.var;
	inst_remove(i);
	for (uint32_t k = 0; k < n; k++)
		if (!consts[k]->uses && consts[k]->def->parent)
			inst_remove(consts[k]->def);
}

bool
inst_is_unused(const Inst *i)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (i->out[k]->uses)
			return false;
	return true;
}

void
rewrite_remove_all(Inst *const *i, uint32_t n)
{
	bool again = true;

	while (again) {
		again = false;
		for (uint32_t k = n; k-- > 0;)
			if (i[k]->parent && inst_is_unused(i[k])) {
				rewrite_remove(i[k]);
				again = true;
			}
	}
}
