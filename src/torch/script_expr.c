/* script_expr.c: expressions of the code text (script.h). What each becomes is what torch's
 * compiler makes of it: literals of numbers are one constant each at the top of the graph, other
 * literals and defaults are made where they stand.
 */
#include "script.h"

enum { EXPR_DEPTH = 400 };

JVal *
poison(JGraph *g)
{
	return joutput_add(jnode_insert(g, jnode_new(g, J_UNINIT, 0, NOSPAN)),
	                   g->s->basic[TY_TENSOR]);
}

/* ---- literals ---- */

/* At the top of the graph, unless it is there. */
static JVal *
number(Emit *e, Map *m, TArg a, const Ty *t, Span at)
{
	uint64_t key = hash_bytes(&a.i, sizeof a.i, 0) | 1;
	JVal *v = map_get(m, key);
	JNode *was = e->g->at;

	if (v && v->node->value.i == a.i)
		return v;
	e->g->at = first_node(e->g->top);
	v = jconst(e->g, a, t, at);
	e->g->at = was;
	map_put(m, key, v);
	return v;
}

JVal *
emit_int_literal(Emit *e, int64_t i, Span at)
{
	return number(e, &e->ints, targ_int(i), e->s->basic[TY_INT], at);
}

static JVal *
literal(Emit *e, const Expr *x)
{
	const Literal *l = x->lit;
	Script *s = e->s;

	switch (l->kind) {
	case LIT_INT:
		return emit_int_literal(e, l->i, x->span);
	case LIT_FLOAT:
		return number(e, &e->floats,
		              (TArg){.kind = T_FLOAT, .f = {l->f == 0 ? 0 : l->f}},
		              s->basic[TY_FLOAT], x->span);
	case LIT_TRUE:
	case LIT_FALSE:
		return jconst_bool(e->g, l->kind == LIT_TRUE, x->span);
	case LIT_NONE:
		return jconst(e->g, (TArg){.kind = T_NONE}, s->basic[TY_NONE], x->span);
	case LIT_STR:
		return jconst(e->g,
		              (TArg){.kind = T_STR, .s = intern(s->names, l->s, l->len)},
		              s->basic[TY_STR], x->span);
	default:
		script_fail(s, x->span, "a literal that TorchScript does not have");
		return poison(e->g);
	}
}

static JVal *
list_display(Emit *e, const Expr *x, const Ty *hint)
{
	JVal **v = newn(e->s->arena, JVal *, x->n + 1);
	const Ty *elem = e->s->basic[TY_TENSOR];

	for (uint32_t i = 0; i < x->n; i++)
		v[i] = emit_expr(e, x->at[i], 0);
	if (hint && ty_wanted(hint)->kind == TY_LIST) {
		elem = ty_wanted(hint)->item[0];
	} else if (x->n) {
		elem = jv(v[0])->type;
		for (uint32_t i = 1; elem && i < x->n; i++)
			elem = ty_unify(e->s, elem, jv(v[i])->type);
	}
	if (!elem) {
		script_fail(e->s, x->span, "a list of values of several types");
		return poison(e->g);
	}
	return jlist(e->g, elem, v, x->n, x->span);
}

static JVal *
tuple_display(Emit *e, const Expr *x)
{
	JVal **v = newn(e->s->arena, JVal *, x->n + 1);

	for (uint32_t i = 0; i < x->n; i++)
		v[i] = emit_expr(e, x->at[i], 0);
	return jtuple(e->g, v, x->n, 0, x->span);
}

static JVal *
dict_display(Emit *e, const Expr *x, const Ty *hint)
{
	JVal **v = newn(e->s->arena, JVal *, x->n + 1);
	const Ty *item[2] = {e->s->basic[TY_STR], e->s->basic[TY_TENSOR]};
	JNode *d;

	for (uint32_t i = 0; i < x->n; i++) {
		if (!x->at[i]) {
			script_fail(e->s, x->span, "'**' in a dict is not supported");
			return poison(e->g);
		}
		v[i] = emit_expr(e, x->at[i], 0);
	}
	if (hint && hint->kind == TY_DICT) {
		item[0] = hint->item[0];
		item[1] = hint->item[1];
	} else if (x->n >= 2) {
		item[0] = jv(v[0])->type;
		item[1] = jv(v[1])->type;
	}
	d = jnode_insert(e->g, jnode_new(e->g, J_DICT, 0, x->span));
	for (uint32_t i = 0; i < x->n; i++)
		jinput_add(d, v[i]);
	return joutput_add(d, hint && hint->kind == TY_DICT
	                          ? hint
	                          : ty_dict(e->s, item[0], item[1]));
}

/* ---- operators; torch prints few of them ---- */

static const char *const binary_op[] = {
    [BIN_ADD] = "aten::add",           [BIN_SUB] = "aten::sub",
    [BIN_MUL] = "aten::mul",           [BIN_TRUEDIV] = "aten::div",
    [BIN_FLOORDIV] = "aten::floordiv", [BIN_MOD] = "aten::remainder",
    [BIN_POW] = "aten::pow",           [BIN_MATMUL] = "aten::matmul",
    [BIN_LSHIFT] = "aten::__lshift__", [BIN_RSHIFT] = "aten::__rshift__",
    [BIN_AND] = "aten::__and__",       [BIN_OR] = "aten::__or__",
    [BIN_XOR] = "aten::__xor__",
};
static const char *const compare_op[] = {
    [CMP_LT] = "aten::lt",           [CMP_LE] = "aten::le",  [CMP_EQ] = "aten::eq",
    [CMP_NE] = "aten::ne",           [CMP_GT] = "aten::gt",  [CMP_GE] = "aten::ge",
    [CMP_IN] = "aten::__contains__", [CMP_IS] = "aten::__is__", [CMP_IS_NOT] = "aten::__isnot__",
};

static JVal *
operator2(Emit *e, const Expr *x, const char *op, bool swapped)
{
	JVal *v[2] = {emit_expr(e, x->a, 0), 0};

	v[1] = emit_expr(e, x->b, 0);
	if (swapped)
		return emit_op(e->g, x->span, op, (JVal *[]){v[1], v[0]}, 2);
	return emit_op(e->g, x->span, op, v, 2);
}

static JVal *
unary(Emit *e, const Expr *x)
{
	JVal *v = emit_expr(e, x->a, 0), *r;
	TArg a;

	if (x->op == UN_POS) {
		script_fail(e->s, x->span, "unary '+' is not supported");
		return v;
	}
	r = emit_op(e->g, x->span, x->op == UN_NEG ? "aten::neg" : "aten::bitwise_not", &v, 1);
	if (literal_of(v) && eval_node(e->s, r->node, &a))
		return jconst(e->g, a, r->type, x->span);
	return r;
}

/* ---- attributes ---- */

static JVal *
get_attribute(Emit *e, JVal *obj, const Str *name, const Ty *t, Span at)
{
	JNode *n = jnode_insert(e->g, jnode_new(e->g, J_GETATTR, 0, at));
	bool digits = name->len != 0;

	n->attr = name;
	jinput_add(n, obj);
	joutput_add(n, t);
	for (uint32_t i = 0; i < name->len; i++)
		digits &= name->s[i] >= '0' && name->s[i] <= '9';
	jvalue_name(n->out[0], digits ? intern_printf(e->s->names, "_%s", name->s) : name);
	return n->out[0];
}

static Sugar
attribute_of_value(Emit *e, JVal *v, const Str *name, Span at)
{
	Script *s = e->s;
	const Ty *t = v->type;
	JClass *c = t->kind == TY_CLASS ? class_find(s, t->name) : 0;
	const JAttr *a = c ? class_attr(s, c, name) : 0;
	JFunc *f = c ? class_method(c, name) : 0;

	for (uint32_t i = 0; t->kind == TY_TUPLE && t->field && i < t->n; i++)
		if (t->field[i] == name) {
			JNode *n;
			JVal *index = jconst_int(e->g, i, at);

			n = jnode_insert(e->g, jnode_new(e->g, J_TUPLE_INDEX, 0, at));
			jinput_add(n, v);
			jinput_add(n, index);
			return sugar_value(joutput_add(n, t->item[i]));
		}
	if (f)
		return (Sugar){.kind = SUGAR_METHOD, .v = v, .func = f, .name = name};
	if (a)
		return sugar_value(get_attribute(e, v, name, a->type, at));
	if (t->kind != TY_CLASS)
		return (Sugar){.kind = SUGAR_BUILTIN,
		               .v = v,
		               .name = intern_printf(s->names, "aten::%s", name->s)};
	script_fail(s, at, "%s has no attribute '%s'", t->name->s, name->s);
	return sugar_value(poison(e->g));
}

static Sugar
member_of_space(Emit *e, const Str *path, const Str *name)
{
	Script *s = e->s;
	const Str *full = intern_printf(s->names, "%s.%s", path->s, name->s);
	JClass *c = class_find(s, full);
	JFunc *f = c ? 0 : func_find(s, full);

	if (c)
		return (Sugar){.kind = SUGAR_CLASS, .cls = c, .name = full};
	if (f)
		return (Sugar){.kind = SUGAR_FUNC, .func = f, .name = full};
	return (Sugar){.kind = SUGAR_SPACE, .name = full};
}

static Sugar
tensor_constant(Emit *e, const Str *name, Span at)
{
	int64_t i = 0;
	bool good = name->len > 1 && name->len < 12;
	const TTensor *t;

	for (uint32_t k = 1; k < name->len && good; k++) {
		good = name->s[k] >= '0' && name->s[k] <= '9';
		i = i * 10 + (name->s[k] - '0');
	}
	t = good ? script_constant(e->s, i) : 0;
	if (!t) {
		script_fail(e->s, at, "constants.pkl has no tensor CONSTANTS.%s", name->s);
		return sugar_value(poison(e->g));
	}
	return sugar_value(jconst(e->g, (TArg){.kind = T_TENSOR, .tensor = t},
	                          e->s->basic[TY_TENSOR], at));
}

static Sugar
member(Emit *e, Sugar of, const Str *name, Span at)
{
	Script *s = e->s;

	switch (of.kind) {
	case SUGAR_MODULE:
		if (str_is(name, "autograd"))
			return of;
		return (Sugar){.kind = SUGAR_BUILTIN,
		               .name = intern_printf(s->names, "%s::%s", of.name->s, name->s)};
	case SUGAR_OPS:
		return (Sugar){.kind = SUGAR_MODULE, .name = name};
	case SUGAR_CONSTANTS:
		return tensor_constant(e, name, at);
	case SUGAR_SPACE:
		return member_of_space(e, of.name, name);
	case SUGAR_VALUE:
		return attribute_of_value(e, jv(of.v), name, at);
	case SUGAR_CLASS:
		if (str_is(name, "__new__"))
			return (Sugar){.kind = SUGAR_NEW, .cls = of.cls};
		break;
	default:
		break;
	}
	script_fail(s, at, "there is no attribute '%s' here", name->s);
	return sugar_value(poison(e->g));
}

/* ---- subscripts ---- */

static JVal *
tuple_item(Emit *e, JVal *tuple, JVal *index, Span at)
{
	const Ty *t = tuple->type, *item = t->n ? t->item[0] : 0;
	int64_t i;
	JNode *n;

	if (const_int(index, &i)) {
		if (i < 0)
			i += t->n;
		item = i >= 0 && i < t->n ? t->item[i] : 0;
	}
	if (!item) {
		script_fail(e->s, at, "a tuple of %u has no such item", t->n);
		return poison(e->g);
	}
	n = jnode_insert(e->g, jnode_new(e->g, J_TUPLE_INDEX, 0, at));
	jinput_add(n, tuple);
	jinput_add(n, index);
	return joutput_add(n, item);
}

static bool
bound(Emit *e, const Expr *x, int64_t len, int64_t dflt, int64_t *out)
{
	*out = dflt;
	if (!x)
		return true;
	if (!const_int(jv(emit_expr(e, x, 0)), out))
		return false;
	if (*out < 0)
		*out += len;
	*out = *out < 0 ? 0 : *out > len ? len : *out;
	return true;
}

static JVal *
tuple_slice(Emit *e, JVal *tuple, const Expr *slice, Span at)
{
	int64_t len = tuple->type->n, from, to;
	TArg *end = newn(e->s->arena, TArg, 2);
	JNode *n;

	if (slice->c || !bound(e, slice->a, len, 0, &from) || !bound(e, slice->b, len, len, &to)) {
		script_fail(e->s, at, "a slice of a tuple needs constant bounds");
		return poison(e->g);
	}
	to = MAX(to, from);
	end[0] = targ_int(from);
	end[1] = targ_int(to);
	n = jnode_insert(e->g, jnode_new(e->g, J_TUPLE_SLICE, 0, at));
	n->value = (TArg){.kind = T_LIST, .list = {end, 2, false}};
	jinput_add(n, tuple);
	return joutput_add(n, ty_tuple(e->s, tuple->type->item + from, (uint32_t)(to - from)));
}

static JVal *
subscript(Emit *e, const Expr *x)
{
	JVal *v = emit_expr(e, x->a, 0), *i;

	if (x->b->kind == E_SLICE && v->type->kind == TY_TUPLE)
		return tuple_slice(e, v, x->b, x->span);
	if (x->b->kind == E_SLICE || x->b->kind == E_TUPLE) {
		script_fail(e->s, x->span, "slices of anything but tuples are not supported here");
		return v;
	}
	i = emit_expr(e, x->b, 0);
	if (v->type->kind == TY_TUPLE)
		return tuple_item(e, v, i, x->span);
	if (v->type->kind == TY_TENSOR)
		return emit_op(e->g, x->span, "aten::select",
		               (JVal *[]){v, jconst_int(e->g, 0, x->span), i}, 3);
	return emit_op(e->g, x->span, "aten::__getitem__", (JVal *[]){v, i}, 2);
}

/* ---- calls ---- */

JVal *
emit_bool(Emit *e, Span at, JVal *v)
{
	v = jv(v);
	if (v->type->kind == TY_BOOL)
		return v;
	return emit_op(e->g, at, "aten::Bool", &v, 1);
}

static JVal *
cast_call(Emit *e, const Expr *x, const Str *name)
{
	static const struct {
		const char *name, *op;
		TyKind kind;
	} casts[] = {
	    {"int", "aten::Int", TY_INT},
	    {"float", "aten::Float", TY_FLOAT},
	    {"bool", "aten::Bool", TY_BOOL},
	    {"str", "aten::str", TY_STR},
	    {"_to_tensor", "prim::NumToTensor", TY_TENSOR},
	};

	for (size_t i = 0; i < countof(casts); i++)
		if (str_is(name, casts[i].name) && x->call->narg == 1) {
			JVal *v = emit_expr(e, x->call->arg[0].val, 0);

			if (v->type->kind == casts[i].kind)
				return v;
			return emit_op(e->g, x->span, casts[i].op, &v, 1);
		}
	script_fail(e->s, x->span, "'%s' cannot be called so", name->s);
	return poison(e->g);
}

static JVal *
unchecked_cast(Emit *e, const Ty *t, const Expr *x)
{
	JVal *v = emit_expr(e, x, 0);
	JNode *n;

	if (v->node->kind == J_CAST && v->type == t)
		return v;
	n = jnode_insert(e->g, jnode_new(e->g, J_CAST, 0, x->span));
	jinput_add(n, v);
	return joutput_add(n, t);
}

static JVal *
annotated(Emit *e, const Ty *t, const Expr *x)
{
	JVal *v = convert_to(e->g, x->span, t, emit_expr(e, x, t));

	if (t->kind == TY_OPTIONAL && v->type->kind == TY_NONE)
		return jconst(e->g, (TArg){.kind = T_NONE}, t, x->span);
	if (!ty_is(v->type, t))
		script_fail(e->s, x->span, "this is of type %s, not %s", ty_text(e->s, v->type),
		            ty_text(e->s, t));
	return v;
}

static JVal *
is_instance(Emit *e, const Expr *x)
{
	JVal *v = emit_expr(e, x->call->arg[0].val, 0);
	const Expr *types = x->call->arg[1].val;
	uint32_t n = types->kind == E_TUPLE ? types->n : 1;
	bool maybe = false;
	JNode *node;

	for (uint32_t i = 0; i < n; i++) {
		const Ty *t = ty_of_note(e->s, types->kind == E_TUPLE ? types->at[i] : types);

		if (ty_is(v->type, t))
			return jconst_bool(e->g, true, x->span);
		maybe |= ty_is(t, v->type);
	}
	if (!maybe)
		return jconst_bool(e->g, false, x->span);
	node = jnode_insert(e->g, jnode_new(e->g, J_ISINSTANCE, 0, x->span));
	jinput_add(node, v);
	return joutput_add(node, e->s->basic[TY_BOOL]);
}

static Sugar
range_of(Emit *e, const Expr *x)
{
	Sugar r = {.kind = SUGAR_RANGE};
	uint32_t n = x->call->narg;
	JVal *v[3] = {0};

	for (uint32_t i = 0; i < MIN(n, 3); i++)
		v[i] = emit_expr(e, x->call->arg[i].val, 0);
	if (n < 1 || n > 3) {
		script_fail(e->s, x->span, "range takes one to three numbers, not %u", n);
		return sugar_value(poison(e->g));
	}
	r.only_end = n == 1;
	r.range[0] = n == 1 ? jconst_int(e->g, 0, x->span) : v[0];
	r.range[1] = n == 1 ? v[0] : v[1];
	r.range[2] = n == 3 ? v[2] : jconst_int(e->g, 1, x->span);
	return r;
}

static Sugar
special_call(Emit *e, const Expr *x, const Str *form)
{
	const CallExpr *c = x->call;
	bool two = c->narg == 2 && !c->nkw;

	if (str_is(form, "range"))
		return range_of(e, x);
	if (str_is(form, "print")) {
		JNode *n = jnode_new(e->g, J_PRINT, 0, x->span);
		JVal **v = newn(e->s->arena, JVal *, c->narg + 1);

		for (uint32_t i = 0; i < c->narg; i++)
			v[i] = emit_expr(e, c->arg[i].val, 0);
		jnode_insert(e->g, n);
		for (uint32_t i = 0; i < c->narg; i++)
			jinput_add(n, v[i]);
		return sugar_value(poison(e->g));
	}
	if (str_is(form, "uninitialized") && c->narg == 1) {
		JNode *n = jnode_new(e->g, J_UNINIT, 0, x->span);

		jnode_insert(e->g, n);
		return sugar_value(joutput_add(n, ty_of_note(e->s, c->arg[0].val)));
	}
	if (two && str_is(form, "annotate"))
		return sugar_value(annotated(e, ty_of_note(e->s, c->arg[0].val), c->arg[1].val));
	if (two && str_is(form, "unchecked_cast"))
		return sugar_value(
		    unchecked_cast(e, ty_of_note(e->s, c->arg[0].val), c->arg[1].val));
	if (two && str_is(form, "isinstance"))
		return sugar_value(is_instance(e, x));
	if (two && str_is(form, "getattr") && c->arg[1].val->kind == E_CONST &&
	    c->arg[1].val->lit->kind == LIT_STR) {
		const Literal *l = c->arg[1].val->lit;
		Sugar of = emit_sugar(e, c->arg[0].val, 1, 0);

		return member(e, of, intern(e->s->names, l->s, l->len), x->span);
	}
	return sugar_value(cast_call(e, x, form));
}

static JVal *
create(Emit *e, JClass *c, Span at)
{
	JNode *n = jnode_insert(e->g, jnode_new(e->g, J_CREATE, 0, at));

	return joutput_add(n, c->type);
}

static JVal *
call_of(Emit *e, Sugar f, const Expr *x, const JArg *arg, uint32_t narg, uint32_t nbind)
{
	JGraph *g = e->g;

	switch (f.kind) {
	case SUGAR_BUILTIN:
		return emit_builtin(g, x->span, f.name, arg, narg, nbind);
	case SUGAR_FUNC:
		return emit_call(g, x->span, f.func, 0, arg, narg);
	case SUGAR_METHOD:
		return emit_call(g, x->span, f.func, jv(f.v), arg, narg);
	case SUGAR_NEW:
		return create(e, f.cls, x->span);
	case SUGAR_CLASS:
		if (f.cls->named_tuple) {
			return emit_tuple_of(g, x->span, f.cls->type, arg, narg);
		} else {
			JFunc *init = class_method(f.cls, intern_cstr(e->s->names, "__init__"));
			JVal *v = create(e, f.cls, x->span);

			if (init)
				emit_call(g, x->span, init, v, arg, narg);
			return v;
		}
	case SUGAR_VALUE:
		if (jv(f.v)->type->kind == TY_CLASS) {
			Sugar call = member(e, f, intern_cstr(e->s->names, "__call__"), x->span);

			return call_of(e, call, x, arg, narg, nbind);
		}
		break;
	default:
		break;
	}
	script_fail(e->s, x->span, "this cannot be called");
	return poison(g);
}

static Sugar
call(Emit *e, const Expr *x, uint32_t nbind)
{
	const CallExpr *c = x->call;
	Sugar f = emit_sugar(e, c->callee, 1, 0);
	bool self = f.kind == SUGAR_BUILTIN && f.v;
	JArg *arg;
	uint32_t n = 0;

	if (f.kind == SUGAR_SPECIAL)
		return special_call(e, x, f.name);
	arg = newn(e->s->arena, JArg, c->narg + 2);
	if (self)
		arg[n++].v = f.v;
	for (uint32_t i = 0; i < c->narg; i++) {
		if (c->arg[i].star) {
			script_fail(e->s, c->arg[i].span, "'*' before an operand is not supported");
			return sugar_value(poison(e->g));
		}
		arg[n].name = c->arg[i].name;
		arg[n].v = f.kind == SUGAR_NEW ? 0 : emit_expr(e, c->arg[i].val, 0);
		n++;
	}
	return sugar_value(call_of(e, f, x, arg, n, nbind));
}

/* ---- the walk ---- */

static JVal *
simple(Emit *e, const Expr *x, const Ty *hint)
{
	JVal *v;

	switch (x->kind) {
	case E_CONST:
		return literal(e, x);
	case E_LIST:
		return list_display(e, x, hint);
	case E_TUPLE:
		return tuple_display(e, x);
	case E_DICT:
		return dict_display(e, x, hint);
	case E_UNARY:
		return unary(e, x);
	case E_BINARY:
		return operator2(e, x, binary_op[x->op], false);
	case E_CMP:
		if (x->op >= countof(compare_op) || !compare_op[x->op])
			break;
		return operator2(e, x, compare_op[x->op], x->op == CMP_IN);
	case E_NOT:
		v = emit_bool(e, x->span, emit_expr(e, x->a, 0));
		return emit_op(e->g, x->span, "aten::__not__", &v, 1);
	default:
		break;
	}
	script_fail(e->s, x->span, "this kind of expression is not supported");
	return poison(e->g);
}

Sugar
emit_sugar(Emit *e, const Expr *x, uint32_t nbind, const Ty *hint)
{
	Sugar v;

	if (e->s->failed || e->depth >= EXPR_DEPTH) {
		script_fail(e->s, x->span, "an expression is nested too deeply");
		return sugar_value(poison(e->g));
	}
	e->depth++;
	switch (x->kind) {
	case E_NAME:
		v = var_get(e, x->span, x->id);
		break;
	case E_ATTR:
		v = member(e, emit_sugar(e, x->obj, 1, 0), x->attr, x->attr_span);
		break;
	case E_CALL:
		v = call(e, x, nbind);
		break;
	case E_INDEX:
		v = sugar_value(subscript(e, x));
		break;
	default:
		v = sugar_value(simple(e, x, hint));
	}
	e->depth--;
	return v;
}

JVal *
emit_expr(Emit *e, const Expr *x, const Ty *hint)
{
	return jv(sugar_as_value(e, x->span, emit_sugar(e, x, 1, hint)));
}
