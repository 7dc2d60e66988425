/* infer.c: what type rules use: operands by name, results, and error messages at the operand. */
#include "build_impl.h"

void
infer_outputs(Infer *c, uint32_t n)
{
	Inst *i = c->inst;
	Var *var;

	if (n == i->nout)
		return;
	for (uint32_t k = 0; k < i->nout; k++)
		if (i->out[k]->uses)
			die("the outputs of %s change while they are in use", i->op->name);
	var = newn(c->arena, Var, n);
	i->out = newn(c->arena, Var *, n);
	i->nout = n;
	for (uint32_t k = 0; k < n; k++) {
		var[k].def = i;
		var[k].index = k;
		var[k].id = c->b->func->nvar++;
		i->out[k] = &var[k];
	}
}

bool
infer_set_type(Infer *c, uint32_t i, const Type *t)
{
	c->inst->out[i]->type = t;
	return true;
}

void
infer_set_val(Infer *c, uint32_t i, const Tensor *val)
{
	c->inst->out[i]->val = val;
	c->inst->out[i]->symval = NULL;
}

void
infer_set_symval(Infer *c, uint32_t i, const Dim *v)
{
	c->inst->out[i]->symval = v;
}

const Type *
infer_type(const Infer *c, const char *param)
{
	const Var *v = inst_arg(c->inst, param);

	return v ? v->type : NULL;
}

const Tensor *
infer_val(const Infer *c, const char *param)
{
	return inst_val(c->inst, param);
}

bool
infer_bool(const Infer *c, const char *param, bool dflt)
{
	const Tensor *t = infer_val(c, param);

	return t && t->count > 0 ? tensor_i(t, 0) != 0 : dflt;
}

const char *
infer_str(const Infer *c, const char *param)
{
	const Tensor *t = infer_val(c, param);

	if (!t || t->dtype != DT_STRING || t->count < 1)
		return NULL;
	return (*(const Str *const *)t->data)->s;
}

/* ---- messages ---- */

static bool
same_line(const Diag *d, Span a, Span b)
{
	uint32_t la, lb, column;

	return diag_place(d, a.at, &la, &column) == diag_place(d, b.at, &lb, &column) && la == lb;
}

/* An error stands on the line of the call. When the operand is on a line of its own, a note leads
 * there. */
static void
report(Diag *d, Span call, const Operand *o, const char *fmt, va_list ap)
{
	bool has_place = o && o->span.at;
	bool here = has_place && (!call.at || same_line(d, call, o->span));

	diag_vreport(d, DIAG_ERROR, here ? o->span : call, fmt, ap);
	if (has_place && !here)
		diag_note(d, o->span, "the argument is here");
}

static void
report_op(Infer *c, const char *param, const char *fmt, va_list ap)
{
	const Operand *o = c->given && param ? c->given[inst_column(c->inst, param)] : NULL;

	report(c->b->prog->diag, c->b->span.at ? c->b->span : c->inst->span, o, fmt, ap);
}

bool
op_error(Infer *c, const char *param, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, report_op(c, param, fmt, ap));
	return false;
}

bool
op_clash(Infer *c, const char *param, const char *other, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, report_op(c, param, fmt, ap));
	op_note_operand(c, other);
	return false;
}

bool
op_clash_both(Infer *c, const char *param, const char *a, const char *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report_op(c, param, fmt, ap);
	va_end(ap);
	op_note_operand(c, a);
	op_note_operand(c, b);
	return false;
}

bool
call_error(Call *c, const Operand *o, const char *fmt, ...)
{
	WITH_ARGS(fmt, ap, report(c->b->prog->diag, c->b->span, o, fmt, ap));
	return false;
}

/* Where v was made: the call of its op, or its place among the function's parameters. */
static Span
made_at(const Var *v)
{
	const Func *f;

	if (v->def)
		return v->def->span;
	f = v->param_of->func;
	return v->param_of == f->body && f->param_span ? f->param_span[v->index] : NOSPAN;
}

void
note_var(Diag *d, Types *types, const char *what, const Var *v)
{
	const Type *t = v->type;
	const char *verb = v->def ? "made" : "declared";
	Span at = made_at(v);

	if (!at.at || t->kind == TY_ERROR)
		return;
	if (t->kind == TY_TENSOR)
		diag_note(d, at, "%s has shape %s and type %s, %s here", what,
		          shape_str(types, t->dim, t->rank), dtype_info[t->dtype].mil, verb);
	else
		diag_note(d, at, "%s is a %s, %s here", what, type_str(types, t), verb);
}

void
op_note_operand(Infer *c, const char *param)
{
	int column = inst_column(c->inst, param);
	const Arg *a = &c->inst->arg[column];

	for (uint32_t k = 0; k < a->n; k++) {
		const char *what = param;
		if (c->inst->op->param[column].kind == P_TUPLE)
			what = arena_printf(c->arena, "%s[%u]", param, (unsigned)k);
		note_var(c->b->prog->diag, c->types, what, a->u[k]->var);
	}
}
