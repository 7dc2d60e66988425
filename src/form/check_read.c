/* check_read.c: an operation read from a file against its row: which operands it has, of which
 * types, and whether its results have the types that its type rule gives. Whoever evaluates the
 * program later relies on that.
 */
#include "reading.h"

#include "ir/build.h"

static bool
check_operand(Reading *r, const Inst *i, const Param *p, const Var *v)
{
	TypeKind want = p->kind == P_LIST ? TY_LIST : p->kind == P_STATE ? TY_STATE : TY_TENSOR;
	const char *text = type_str(r->c->types, v->type);

	if (v->type->kind == TY_ERROR)
		return true;
	if (p->kind == P_TUPLE && v->type->kind != TY_STATE)
		return true;
	if (v->type->kind != want)
		return read_error(r, "operand %s of %s is of type %s, expected a %s", p->name,
		                  i->op->name, text,
		                  want == TY_LIST    ? "list"
		                  : want == TY_STATE ? "state"
		                                     : "tensor");
	if (p->kind != P_TENSOR)
		return true;
	if (!(p->mask & 1u << v->type->dtype))
		return read_error(r, "operand %s of %s is of type %s, which it does not take",
		                  p->name, i->op->name, text);
	if (!p->constant || v->val)
		return true;
	if (v->def && v->def->op->flags & CONSTEXPR &&
	    (i->op->flags & CONSTEXPR || v->type->rank > 1 || dtype_is_float(v->type->dtype)))
		return true;
	return read_error(r, "operand %s of %s must be a constant, but '%s' is none", p->name,
	                  i->op->name, v->name->s);
}

/* Operands of one group have the same element type. */
static bool
check_group(Reading *r, const Inst *i, const Param *p, const Type *t, const Type **group)
{
	const Type **g = &group[(unsigned char)p->group & 127];

	if (!p->group || p->kind != P_TENSOR || t->kind != TY_TENSOR)
		return true;
	if (p->constant && p->optional)
		return true; /* models hold float32 defaults beside a float16 x */
	if (*g && (*g)->dtype != t->dtype)
		return read_error(r,
		                  "operand %s of %s is of type %s, but another one %s: "
		                  "they must have the same element type",
		                  p->name, i->op->name, dtype_info[t->dtype].mil,
		                  dtype_info[(*g)->dtype].mil);
	*g = t;
	return true;
}

bool
read_check_operands(Reading *r, const Inst *i)
{
	const Type *group[128] = {0};
	bool good = true;

	for (uint32_t k = 0; k < i->op->nparam && (good || r->all); k++) {
		const Param *p = &i->op->param[k];
		if (p->kind == P_FN || p->kind == P_INTERNAL)
			continue;
		if (!i->arg[k].n && !p->optional && p->kind != P_TUPLE)
			good = read_error(r, "%s lacks its operand %s", i->op->name, p->name);
		for (uint32_t n = 0; n < i->arg[k].n && (good || r->all); n++) {
			const Var *v = i->arg[k].u[n]->var;
			if (!check_operand(r, i, p, v) || !check_group(r, i, p, v->type, group))
				good = false;
		}
	}
	return good;
}

bool
read_is_identifier(const Str *name)
{
	for (uint32_t k = 0; k < name->len; k++) {
		char c = name->s[k], lower = (char)(c | 0x20);
		if (!(lower >= 'a' && lower <= 'z') && c != '_' &&
		    !(k && ((c >= '0' && c <= '9') || c == '@')))
			return false;
	}
	return true;
}

size_t
read_count_operations(const Msg *op)
{
	size_t n = 1;

	for (size_t k = 0; k < msg_count(op, "blocks"); k++) {
		const Msg *b = msg_at(op, "blocks", k);
		for (size_t j = 0; j < msg_count(b, "operations"); j++)
			n += read_count_operations(msg_at(b, "operations", j));
	}
	return n;
}

/* ---- control flow ---- */

static bool
same_types(Reading *r, const Inst *i, const char *what, const Use *const *out, uint32_t nout,
           Var *const *v, uint32_t n)
{
	if (nout != n)
		return read_error(r, "%s of %s has %u values, expected %u", what, i->op->name, nout,
		                  n);
	for (uint32_t k = 0; k < n; k++)
		if (!type_compatible(out[k]->var->type, v[k]->type))
			return read_error(r, "value %u of %s of %s is of type %s, expected %s", k,
			                  what, i->op->name,
			                  type_str(r->c->types, out[k]->var->type),
			                  type_str(r->c->types, v[k]->type));
	return true;
}

static bool
check_cond(Reading *r, const Inst *i)
{
	for (uint32_t k = 0; k < 2; k++) {
		const Block *b = i->block[k];
		if (b->nparam)
			return read_error(r, "a branch of cond has inputs of its own");
		if (!same_types(r, i, k ? "the second branch" : "the first branch",
		                (const Use *const *)b->out, b->nout, i->out, i->nout))
			return false;
	}
	return true;
}

static bool
check_loop(Reading *r, const Inst *i)
{
	const Arg *vars = &i->arg[op_param(i->op, "loop_vars")];
	const Block *cond = i->block[0], *body = i->block[1];
	const Type *t;

	if (!same_types(r, i, "loop_vars", (const Use *const *)vars->u, vars->n, i->out, i->nout) ||
	    !same_types(r, i, "loop_vars", (const Use *const *)vars->u, vars->n, cond->param,
	                cond->nparam) ||
	    !same_types(r, i, "loop_vars", (const Use *const *)vars->u, vars->n, body->param,
	                body->nparam) ||
	    !same_types(r, i, "the body", (const Use *const *)body->out, body->nout, body->param,
	                body->nparam))
		return false;
	t = cond->nout == 1 ? cond->out[0]->var->type : 0;
	if (!t || t->kind != TY_TENSOR || t->dtype != DT_BOOL || t->count != 1)
		return read_error(r, "the condition of while_loop must give one bool");
	return true;
}

/* ---- results ---- */

static bool
operands_known(const Inst *i)
{
	for (uint32_t k = 0; k < i->op->nparam; k++)
		for (uint32_t n = 0; n < i->arg[k].n; n++)
			if (!type_all_known(i->arg[k].u[n]->var->type))
				return false;
	return true;
}

/* Runs the type rule on a copy of the instruction, so that the file's types stay. */
static bool
infer_copy(Reading *r, const Inst *i, Inst *copy, bool quiet)
{
	Builder b;
	Var *out = new (r->arena, Var);
	Infer c = {.b = &b, .inst = copy, .types = r->c->types, .arena = r->arena};
	Diag *d = r->prog->diag;
	uint32_t nerror = d->nerror;
	bool ok, muted = d->muted;

	*copy = *i;
	out->def = copy;
	copy->out = newn(r->arena, Var *, 1);
	copy->out[0] = out;
	copy->nout = 1;
	builder_init(&b, r->prog, r->func);
	b.no_fold = true;
	b.span = i->span;
	d->muted |= quiet;
	ok = i->op->infer(&c);
	d->muted = muted;
	if (quiet)
		d->nerror = nerror;
	return ok;
}

/* Weights that are not there are zeros, which says nothing of the masks among them. */
static bool
check_results(Reading *r, const Inst *i)
{
	bool known = operands_known(i) && !(r->m->absent && i->op->flags & CONSTEXPR);
	Inst copy;

	if (!infer_copy(r, i, &copy, !known))
		return !known;
	if (copy.nout != i->nout)
		return read_error(r, "%s has %u results, expected %u", i->op->name, i->nout,
		                  copy.nout);
	for (uint32_t k = 0; k < i->nout; k++) {
		const Type *t = copy.out[k]->type;
		if (t && t->kind != TY_UNKNOWN && !type_compatible(t, i->out[k]->type))
			return read_error(r, "result '%s' of %s is declared as %s, but is %s",
			                  i->out[k]->name->s, i->op->name,
			                  type_str(r->c->types, i->out[k]->type),
			                  type_str(r->c->types, t));
	}
	return true;
}

bool
read_check_results(Reading *r, const Inst *i)
{
	if (i->op->code == OP_cond)
		return check_cond(r, i);
	if (i->op->code == OP_while_loop)
		return check_loop(r, i);
	return check_results(r, i);
}
