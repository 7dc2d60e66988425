/* script_match.c: calls (script.h). The overloads of an operation are tried in the order of torch's
 * registry, first without conversions, then with them; operands that the text leaves out become
 * constants where they stand.
 */
#include "script.h"

/* What an operand is before it is a value: a value, or the default of a signature. */
typedef struct Given {
	JVal *v;
	const TArg *dflt;
	const Ty *type;
} Given;

/* ---- conversions ---- */

static bool
list_of(const Ty *t, const Ty *list)
{
	if (list->kind != TY_LIST || t->kind != TY_TUPLE)
		return false;
	for (uint32_t i = 0; i < t->n; i++)
		if (!ty_is(t->item[i], list->item[0]))
			return false;
	return true;
}

/* The operation that makes a number of a tensor, or of any number; 0: none. */
static const char *
number_cast(const Ty *from, const Ty *to)
{
	bool tensor = from->kind == TY_TENSOR, number = from->kind == TY_NUMBER;

	switch (to->kind) {
	case TY_FLOAT:
		return tensor ? "aten::FloatImplicit" : number ? "aten::Float" : 0;
	case TY_INT:
		return tensor ? "aten::IntImplicit" : number ? "aten::Int" : 0;
	case TY_COMPLEX:
		return tensor ? "aten::ComplexImplicit" : number ? "aten::Complex" : 0;
	case TY_NUMBER:
		return tensor ? "aten::ScalarImplicit" : 0;
	case TY_DEVICE:
		return from->kind == TY_STR ? "aten::device" : 0;
	default:
		return 0;
	}
}

/* The type that a value of type `from` has after it was converted to `to`. */
static const Ty *
converted_type(Script *s, const Ty *to, const Ty *from, bool allow)
{
	if (to->kind == TY_OPTIONAL && from->kind != TY_OPTIONAL && from->kind != TY_NONE)
		return converted_type(s, to->item[0], from, allow);
	if (list_of(from, ty_wanted(to)))
		return ty_wanted(to);
	if (from->kind == TY_TUPLE && to->kind == TY_TUPLE && from->n == to->n &&
	    !ty_is(from, to)) {
		const Ty **item = newn(s->arena, const Ty *, to->n);

		for (uint32_t i = 0; i < to->n; i++)
			item[i] = converted_type(s, to->item[i], from->item[i], allow);
		return ty_tuple(s, item, to->n);
	}
	if (allow && number_cast(from, to))
		return to;
	return from;
}

static JVal *
convert_tuple(JGraph *g, Span at, const Ty *to, JVal *v, bool allow);

static JVal *
convert_value(JGraph *g, Span at, const Ty *to, JVal *v, bool allow)
{
	const Ty *from = v->type;
	const char *op;

	if (to->kind == TY_OPTIONAL && from->kind != TY_OPTIONAL && from->kind != TY_NONE)
		return convert_value(g, at, to->item[0], v, allow);
	if (from->kind == TY_TUPLE && (to->kind == TY_TUPLE || list_of(from, ty_wanted(to))))
		return convert_tuple(g, at, to, v, allow);
	op = allow ? number_cast(from, to) : 0;
	return op ? emit_op(g, at, op, &v, 1) : v;
}

static JVal *
convert_tuple(JGraph *g, Span at, const Ty *to, JVal *v, bool allow)
{
	uint32_t n;
	JVal **item;

	if (list_of(v->type, ty_wanted(to))) {
		item = jtuple_unpack(g, v, &n, at);
		return jlist(g, ty_wanted(to)->item[0], item, n, at);
	}
	if (ty_is(v->type, to) || to->n != v->type->n)
		return v;
	item = jtuple_unpack(g, v, &n, at);
	for (uint32_t i = 0; i < n; i++)
		item[i] = convert_value(g, at, to->item[i], item[i], allow);
	return jtuple(g, item, n, 0, at);
}

JVal *
convert_to(JGraph *g, Span at, const Ty *to, JVal *v)
{
	return convert_value(g, at, to, v, true);
}

/* ---- one signature ---- */

/* One number where the signature has int[2]. */
static bool
stands_for_list(const SigArg *f, const Ty *t)
{
	const Ty *list = ty_wanted(f->type);

	return f->size && list->kind == TY_LIST && list->item[0] == t &&
	       (t->kind == TY_INT || t->kind == TY_FLOAT);
}

static bool
fits(Script *s, const SigArg *f, const Ty *type, bool allow, TyEnv *env)
{
	const Ty *formal;

	if (stands_for_list(f, type))
		type = ty_wanted(f->type);
	if (!ty_match(s, f->type, type, env))
		return false;
	formal = ty_eval(s, f->type, env);
	return formal && ty_is(converted_type(s, formal, type, allow), formal);
}

/* Which operand each parameter gets; false: they do not fit. */
static bool
assign(Script *s, const SigArg *f, uint32_t nf, const JArg *arg, uint32_t narg, bool allow,
       bool vararg, Given *out, TyEnv *env)
{
	uint32_t used = 0, named = 0, taken = 0;

	while (named < narg && !arg[named].name)
		named++;
	for (uint32_t i = 0; i < nf; i++) {
		const JArg *a = 0;

		if (!f[i].keyword && used < named)
			a = &arg[used++];
		for (uint32_t k = named; !a && k < narg; k++)
			if (arg[k].name == f[i].name ||
			    (str_is(f[i].name, "self") && str_is(arg[k].name, "input"))) {
				a = &arg[k];
				taken++;
			}
		if (!a && !f[i].dflt)
			return false;
		out[i] = (Given){.v = a ? jv(a->v) : 0, .dflt = f[i].dflt};
		out[i].type = a ? out[i].v->type : ty_of_literal(s, f[i].dflt);
		if (!a && f[i].dflt->kind == T_LIST)
			out[i].type = ty_wanted(f[i].type);
		if (!a && f[i].dflt->kind == T_INT && ty_wanted(f[i].type)->kind == TY_FLOAT)
			out[i].type = s->basic[TY_FLOAT];
		if (!fits(s, &f[i], out[i].type, allow, env))
			return false;
	}
	return (used == named || vararg) && taken == narg - named;
}

/* The value that a parameter gets, made at g->at. */
static JVal *
bring(JGraph *g, Span at, const SigArg *f, const Given *o, bool allow, const TyEnv *env)
{
	JVal *v = o->v;

	if (!v) {
		TArg a = *o->dflt;

		if (a.kind == T_INT && o->type->kind == TY_FLOAT)
			a = (TArg){.kind = T_FLOAT, .f = {(double)a.i}};
		v = jconst(g, a, o->type, at);
	}
	if (stands_for_list(f, v->type)) {
		JVal **same = newn(g->s->arena, JVal *, f->size);

		for (uint32_t i = 0; i < f->size; i++)
			same[i] = v;
		v = jlist(g, v->type, same, f->size, at);
	}
	return convert_value(g, at, ty_eval(g->s, f->type, env), v, allow);
}

/* ---- operations ---- */

static JVal *
pack(JGraph *g, JNode *n, Span at)
{
	return n->nout == 1 ? n->out[0] : jtuple(g, n->out, n->nout, 0, at);
}

/* An operation that the table does not know: its results are taken for tensors. */
static JVal *
emit_unknown(JGraph *g, Span at, const Str *op, const JArg *arg, uint32_t narg, uint32_t nbind)
{
	JNode *n = jnode_insert(g, jnode_op(g, op, 0, at));

	for (uint32_t i = 0; i < narg; i++)
		jinput_add(n, arg[i].v);
	for (uint32_t i = 0; i < MAX(nbind, 1); i++)
		joutput_add(n, g->s->basic[TY_TENSOR]);
	return pack(g, n, at);
}

static JVal *
emit_matched(JGraph *g, Span at, const Str *op, const Sig *sig, const Given *given, bool allow,
             const TyEnv *env)
{
	Script *s = g->s;
	JVal **in = newn(s->arena, JVal *, sig->narg + 1);
	JNode *n;

	for (uint32_t i = 0; i < sig->narg; i++)
		in[i] = bring(g, at, &sig->arg[i], &given[i], allow, env);
	n = jnode_insert(g, jnode_op(g, op, sig, at));
	for (uint32_t i = 0; i < sig->narg; i++)
		jinput_add(n, in[i]);
	for (uint32_t i = 0; i < sig->nret; i++) {
		const Ty *t = ty_eval(s, sig->ret[i].type, env);

		joutput_add(n, t ? t : s->basic[TY_ANY]);
	}
	return pack(g, n, at);
}

static void
say_no_overload(Script *s, Span at, const Str *op, const JArg *arg, uint32_t narg)
{
	Buf b = {0};

	for (uint32_t i = 0; i < narg; i++) {
		buf_puts(&b, i ? ", " : "");
		if (arg[i].name)
			buf_printf(&b, "%s=", arg[i].name->s);
		ty_put(jv(arg[i].v)->type, &b);
	}
	script_fail(s, at, "no form of %s takes the operands (%s)", op->s, b.at ? b.at : "");
	buf_free(&b);
}

static bool
takes_tensors(const Sig *sig)
{
	for (; sig; sig = sig->next)
		for (uint32_t i = 0; i < sig->narg; i++)
			if (sig->arg[i].type->kind == TY_TENSOR)
				return true;
	return false;
}

static bool
is_view_dtype(const Sig *sig) /* torch cannot tell it from view(int) either */
{
	return strcmp(sig->schema->name, "aten::view") == 0 &&
	       strcmp(sig->schema->overload, "dtype") == 0;
}

JVal *
emit_builtin(JGraph *g, Span at, const Str *op, const JArg *arg, uint32_t narg, uint32_t nbind)
{
	Script *s = g->s;
	const Sig *first = sigs_of(s, op);
	JVal *v;

	if (s->failed)
		return poison(g);
	if (!first)
		return emit_unknown(g, at, op, arg, narg, nbind);
	for (int allow = first->next != 0 ? 0 : 1; allow < 2; allow++)
		for (const Sig *sig = first; sig; sig = sig->next) {
			TyEnv env = {.n = 0};
			Given *given;

			if ((!sig->vararg && narg > sig->narg) || is_view_dtype(sig))
				continue;
			given = newn(s->arena, Given, sig->narg + 1);
			if (!assign(s, sig->arg, sig->narg, arg, narg, allow != 0, sig->vararg,
			            given, &env))
				continue;
			v = emit_matched(g, at, op, sig, given, allow != 0, &env);
			for (uint32_t i = sig->narg; i < narg; i++)
				jinput_add(v->node, arg[i].v);
			return v;
		}
	if (!takes_tensors(first)) /* the table has some forms only */
		return emit_unknown(g, at, op, arg, narg, nbind);
	say_no_overload(s, at, op, arg, narg);
	return poison(g);
}

JVal *
emit_op(JGraph *g, Span at, const char *op, JVal *const *in, uint32_t nin)
{
	JArg arg[4] = {{0}};

	for (uint32_t i = 0; i < nin && i < countof(arg); i++)
		arg[i].v = in[i];
	return emit_builtin(g, at, intern_cstr(g->s->names, op), arg, nin, 1);
}

/* ---- functions ---- */

/* The value of a default, which the text has as a literal. */
static bool
default_literal(Script *s, const Expr *e, TArg *out)
{
	if (e->kind == E_NAME && (str_is(e->id, "inf") || str_is(e->id, "nan"))) {
		*out = (TArg){.kind = T_FLOAT, .f = {str_is(e->id, "inf") ? 1.0 / 0.0 : 0.0 / 0.0}};
		return true;
	}
	if (e->kind == E_LIST || e->kind == E_TUPLE) {
		*out = (TArg){.kind = T_LIST};
		out->list.tuple = e->kind == E_TUPLE;
		out->list.n = e->n;
		out->list.item = newn(s->arena, TArg, e->n + 1);
		for (uint32_t i = 0; i < e->n; i++)
			if (e->at[i]->kind == e->kind ||
			    !default_literal(s, e->at[i], &out->list.item[i]))
				return false;
		return true;
	}
	if (e->kind != E_CONST)
		return false;
	switch (e->lit->kind) {
	case LIT_NONE:
		*out = (TArg){.kind = T_NONE};
		return true;
	case LIT_FALSE:
	case LIT_TRUE:
		*out = (TArg){.kind = T_BOOL, .i = e->lit->kind == LIT_TRUE};
		return true;
	case LIT_INT:
		*out = targ_int(e->lit->i);
		return true;
	case LIT_FLOAT:
		*out = (TArg){.kind = T_FLOAT, .f = {e->lit->f}};
		return true;
	case LIT_STR:
		*out = (TArg){.kind = T_STR, .s = intern(s->names, e->lit->s, e->lit->len)};
		return true;
	default:
		return false;
	}
}

JVal *
emit_call(JGraph *g, Span at, JFunc *f, JVal *self, const JArg *arg, uint32_t narg)
{
	Script *s = g->s;
	uint32_t first = self ? 1 : 0, n;
	SigArg *formal;
	Given *given;
	TyEnv env = {.n = 0};
	JNode *call;

	if (s->failed || !func_typed(s, f) || f->nparam < first)
		return poison(g);
	n = f->nparam - first;
	formal = newn(s->arena, SigArg, n + 1);
	given = newn(s->arena, Given, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		const ParamDecl *p = &f->ast->params.at[i + first];
		TArg *dflt = p->dflt ? new (s->arena, TArg) : 0;

		if (dflt && !default_literal(s, p->dflt, dflt))
			script_fail(s, p->dflt->span, "a default that is no literal");
		formal[i] = (SigArg){.name = p->name, .type = f->param[i + first], .dflt = dflt};
	}
	if (s->failed || !assign(s, formal, n, arg, narg, true, false, given, &env)) {
		say_no_overload(s, at, f->name, arg, narg);
		return poison(g);
	}
	for (uint32_t i = 0; i < n; i++)
		given[i].v = bring(g, at, &formal[i], &given[i], true, &env);
	call = jnode_insert(g, jnode_new(g, J_CALL, self ? 0 : "prim::CallFunction", at));
	call->fn = f;
	if (self)
		jinput_add(call, self);
	for (uint32_t i = 0; i < n; i++)
		jinput_add(call, given[i].v);
	return joutput_add(call, f->result);
}

JVal *
emit_tuple_of(JGraph *g, Span at, const Ty *named, const JArg *arg, uint32_t narg)
{
	Script *s = g->s;
	SigArg *formal = newn(s->arena, SigArg, named->n + 1);
	Given *given = newn(s->arena, Given, named->n + 1);
	JVal **in = newn(s->arena, JVal *, named->n + 1);
	TyEnv env = {.n = 0};

	for (uint32_t i = 0; i < named->n; i++)
		formal[i] = (SigArg){.name = named->field[i], .type = named->item[i]};
	if (!assign(s, formal, named->n, arg, narg, true, false, given, &env)) {
		say_no_overload(s, at, named->name, arg, narg);
		return poison(g);
	}
	for (uint32_t i = 0; i < named->n; i++)
		in[i] = bring(g, at, &formal[i], &given[i], true, &env);
	return jtuple(g, in, named->n, named, at);
}
