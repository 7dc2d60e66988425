/* operands.c: from what a caller gives to the arguments of an instruction: matching names with the
 * columns of the op's row, making constants, and checking kinds, types and visibility.
 */
#include "build_impl.h"

static Span
call_span(const Call *c, const Operand *o)
{
	return o && o->span.at ? o->span : c->b->span;
}

/* ---- names ---- */

static void
note_parameters(Call *c)
{
	Buf all = {0};

	for (uint32_t k = 0; k < c->op->nparam; k++)
		if (c->op->param[k].kind != P_INTERNAL)
			buf_printf(&all, c->op->param[k].optional ? "%s[%s]" : "%s%s",
			           all.n ? ", " : "", c->op->param[k].name);
	diag_note(call_diag(c), NOSPAN, "its parameters are %s (optional ones in brackets)",
	          all.at);
	buf_free(&all);
}

static void
report_unknown(Call *c, const Operand *o)
{
	const char *names[MAX_PARAMS], *near;
	size_t n = 0;

	for (uint32_t k = 0; k < c->op->nparam; k++)
		if (c->op->param[k].kind != P_INTERNAL)
			names[n++] = c->op->param[k].name;
	near = nearest(o->name, names, n);
	for (const OpDef *d = op_newer(c->op); d; d = op_newer(d))
		if (op_param(d, o->name) >= 0) {
			call_error(c, o,
			           "%s has no parameter '%s' before opset %s", c->op->name,
			           o->name, opset_name(d->since));
			diag_note(call_diag(c), NOSPAN,
			          "give the program opset_version=ct.target.%s; without it "
			          "each op takes its oldest version",
			          opset_name(d->since));
			return;
		}
	if (near)
		call_error(c, o, "%s has no parameter '%s'; did you mean '%s'?",
		           c->op->name, o->name, near);
	else {
		call_error(c, o, "%s has no parameter '%s'", c->op->name, o->name);
		note_parameters(c);
	}
}

static void
report_missing(Call *c)
{
	Buf lack = {0};

	for (uint32_t k = 0; k < c->op->nparam; k++) {
		const Param *p = &c->op->param[k];
		if (p->kind == P_INTERNAL)
			continue;
		if (!p->optional && !c->given[k])
			buf_printf(&lack, lack.n ? ", '%s'" : "'%s'", p->name);
	}
	call_error(c, NULL, "%s needs %s", c->op->name, lack.at);
	note_parameters(c);
	buf_free(&lack);
}

bool
call_match(Call *c, const Operand *arg, uint32_t narg)
{
	bool ok = true;

	for (uint32_t i = 0; i < narg; i++) {
		int k = op_param(c->op, arg[i].name);
		if (k < 0) {
			report_unknown(c, &arg[i]);
			ok = false;
		} else if (c->given[k]) {
			call_error(c, &arg[i], "'%s' is given twice",
			           arg[i].name);
			ok = false;
		} else {
			c->given[k] = &arg[i];
			c->order[c->norder++] = (uint8_t)k;
		}
	}
	if (!ok)
		return false;
	for (uint32_t k = 0; k < c->op->nparam; k++)
		if (!c->given[k] && !c->op->param[k].optional) {
			report_missing(c);
			return false;
		}
	return true;
}

/* ---- values ---- */

static bool
visible(const Builder *b, const Var *v)
{
	const Block *at = var_block(v);

	if (at == b->block)
		return !b->before || !v->def ||
		       (v->def != b->before && inst_before(v->def, b->before));
	return at && block_encloses(at, b->block);
}

static bool
check_visible(Call *c, const Operand *o)
{
	const char *name = o->var->name ? o->var->name->s : "the value";

	if (visible(c->b, o->var))
		return true;
	call_error(c, o,
	           var_block(o->var) == c->b->block
	               ? "%s is not yet defined at this place: it is made further down"
	               : "%s is not defined at this place: it belongs to another function or to "
	                 "the inside of another block",
	           name);
	note_var(call_diag(c), c->b->prog->types, "it", o->var);
	return false;
}

/* "OPNAME_PARAM" or "OPNAME_PARAMi" with the next free number. */
static const Str *
const_name(Call *c, const char *param, int index)
{
	char small[256], *text = small;
	size_t n = c->name->len, m = strlen(param);

	if (n + m + 16 > sizeof small)
		text = arena_alloc(c->b->prog->arena, n + m + 16);
	memcpy(text, c->name->s, n);
	text[n] = '_';
	memcpy(text + n + 1, param, m + 1);
	if (index >= 0) {
		char *at = text + n + 1 + m;
		char digit[12];
		int k = 0;
		do
			digit[k++] = (char)('0' + index % 10);
		while (index /= 10);
		while (k)
			*at++ = digit[--k];
		*at = 0;
	}
	return name_free(c->b->counts, c->b->prog->names, text);
}

static Var *
make_const(Call *c, const Param *p, int index, const Tensor *val, Span at)
{
	if (!c->b->no_fold)
		val = build_const_value(c->b, val);
	return const_insert(c->b, const_name(c, p->name, index), val, at);
}

static const char *
given_word(const Operand *o)
{
	switch (o->kind) {
	case A_LIST:
		return "a list of values";
	case A_FN:
		return "a function";
	case A_RAW:
		return "something else";
	case A_VAR:
		return o->var->type->kind == TY_LIST ? "a list made by make_list" : "a tensor";
	case A_TENSOR:
		return o->tensor->rank ? "an array" : "a single number or string";
	}
	die("operand kind %d", (int)o->kind);
}

/* ---- types ---- */

/* "fp16, fp32 or int32" */
static const char *
mask_words(Arena *a, uint32_t mask)
{
	Buf b = {0};
	const char *s;
	uint32_t left = (uint32_t)__builtin_popcount(mask);

	for (int t = 1; t < DT_COUNT; t++)
		if (mask >> t & 1)
			buf_printf(&b, "%s%s", dtype_info[t].mil,
			           --left > 1 ? ", " : left == 1 ? " or " : "");
	s = arena_strdup(a, b.n ? b.at : "nothing");
	buf_free(&b);
	return s;
}

/* Where a Var comes from; a constant stands in the call itself. */
static void
note_given(Call *c, const Param *p, const Operand *o, const Var *v)
{
	if (o->kind == A_VAR)
		note_var(call_diag(c), c->b->prog->types, p->name, v);
}

static bool
check_dtype(Call *c, const Param *p, const Operand *o, const Var *v)
{
	const Type *t = v->type;

	if (p->mask == M_ANY)
		return true;
	if (t->kind != TY_TENSOR) {
		call_error(c, o, "'%s' of %s takes a tensor, not a %s", p->name,
		           c->op->name, type_str(c->b->prog->types, t));
		note_given(c, p, o, v);
		return false;
	}
	if (p->mask >> t->dtype & 1)
		return true;
	for (const OpDef *d = op_newer(c->op); d; d = op_newer(d)) {
		int k = op_param(d, p->name);
		if (k >= 0 && d->param[k].mask >> t->dtype & 1) {
			call_error(c, o,
			           "'%s' of %s takes %s; %s is possible from opset %s on", p->name,
			           c->op->name, mask_words(c->b->prog->arena, p->mask),
			           dtype_info[t->dtype].mil, opset_name(d->since));
			note_given(c, p, o, v);
			return false;
		}
	}
	call_error(c, o, "'%s' of %s takes %s, but this is %s", p->name,
	           c->op->name, mask_words(c->b->prog->arena, p->mask), dtype_info[t->dtype].mil);
	if (o->kind == A_TENSOR && t->count == 0)
		diag_note(call_diag(c), NOSPAN,
		          "an empty list is one of floats: write np.array([], np.int32)");
	note_given(c, p, o, v);
	return false;
}

/* A parameter that steers the op (an axis, a mode, a factor) must have a value; weights may also be
 * the results of constexpr ops, which are fixed without having one here. */
static bool
check_constant(Call *c, const Param *p, const Operand *o, const Var *v)
{
	bool weights = c->op->flags & CONSTEXPR ||
	               (v->type->kind == TY_TENSOR && v->type->rank > 0 &&
	                dtype_is_float(v->type->dtype));

	if (p->constant && p->dflt && !strchr(p->dflt, '[') && v->type->count == 0)
		return call_error(c, o, "'%s' of %s is an empty list, expected one value", p->name,
		                  c->op->name);
	if (!p->constant || v->val || (v->from_const && weights))
		return true;
	call_error(c, o, "'%s' of %s must be known at compile time", p->name,
	           c->op->name);
	note_given(c, p, o, v);
	return false;
}

static void
report_group(Call *c, const Param *p, const Operand *o, const Var *v, const Param *q, const Var *w)
{
	const char *t = dtype_info[v->type->dtype].mil, *u = dtype_info[w->type->dtype].mil;

	call_error(c, o,
	           "'%s' of %s is %s, but '%s' is %s: they must have the same type", p->name,
	           c->op->name, t, q->name, u);
	if (o->kind == A_TENSOR && v->type->rank)
		diag_note(call_diag(c), NOSPAN, "give an array of that type: np.array(…, np.%s)",
		          dtype_info[w->type->dtype].np);
	else if (o->kind == A_TENSOR && w->type->dtype == DT_FP16 && *t != 'b')
		diag_note(call_diag(c), NOSPAN, "a Python %s becomes %s; write np.float16(...)",
		          v->type->dtype == DT_FP32 ? "float" : "int", t);
	else if (o->kind == A_TENSOR && v->type->dtype == DT_INT32 &&
	         dtype_is_float(w->type->dtype))
		diag_note(call_diag(c), NOSPAN,
		          "a Python int becomes int32; write it with a point");
	else
		note_given(c, p, o, v);
	note_given(c, q, c->given[q - c->op->param], w);
}

/* Operands of one group have one type. The first given sets it. */
static bool
check_groups(Call *c)
{
	const Param *first['Z' + 1] = {0};

	for (uint32_t n = 0; n < c->norder; n++) {
		int k = c->order[n];
		const Param *p = &c->op->param[k], *q;
		const Var *v = inst_argn(c->inst, k), *w;
		if (!p->group || p->kind != P_TENSOR)
			continue;
		q = first[(unsigned char)p->group];
		if (!q) {
			first[(unsigned char)p->group] = p;
			continue;
		}
		w = inst_argn(c->inst, (int)(q - c->op->param));
		if (v->type->dtype == w->type->dtype)
			continue;
		report_group(c, p, c->given[k], v, q, w);
		return false;
	}
	return true;
}

/* ---- one operand ---- */

static bool
set_tensor(Call *c, int k, const Operand *o)
{
	const Param *p = &c->op->param[k];
	Var *v;

	if (o->kind == A_LIST)
		return call_error(
		    c, o,
		    "'%s' of %s takes one value, not a list with Vars in it; mb.concat or "
		    "mb.stack makes one tensor of several",
		    p->name, c->op->name);
	if (o->kind != A_VAR && o->kind != A_TENSOR)
		return call_error(c, o, "'%s' of %s takes a value, not %s", p->name, c->op->name,
		                  given_word(o));
	if (o->kind == A_VAR && !check_visible(c, o))
		return false;
	v = o->kind == A_VAR ? o->var : make_const(c, p, -1, o->tensor, call_span(c, o));
	inst_set_arg(c->inst, k, v);
	if (v->type->kind == TY_ERROR) {
		c->poisoned = true;
		return true;
	}
	return check_dtype(c, p, o, v) && check_constant(c, p, o, v);
}

static bool
set_tuple(Call *c, int k, const Operand *o)
{
	const Param *p = &c->op->param[k];
	Var *small[16], **v = small;

	if (o->kind != A_LIST)
		return call_error(c, o, "'%s' of %s takes a list or tuple of values, not %s",
		                  p->name, c->op->name, given_word(o));
	if (o->list.n > countof(small))
		v = newn(c->b->prog->arena, Var *, o->list.n);
	for (uint32_t i = 0; i < o->list.n; i++) {
		const Operand *e = &o->list.item[i];
		if (e->kind != A_VAR && e->kind != A_TENSOR)
			return call_error(c, e,
			                  "each element of '%s' of %s must be a value, not %s",
			                  p->name, c->op->name, given_word(e));
		if (e->kind == A_VAR && !check_visible(c, e))
			return false;
		v[i] = e->kind == A_VAR ? e->var
		                        : make_const(c, p, (int)i, e->tensor, call_span(c, e));
		if (v[i]->type->kind == TY_ERROR)
			c->poisoned = true;
	}
	inst_set_arg_list(c->inst, k, v, o->list.n);
	return true;
}

/* A list or a state: made by ops and parameters only. */
static bool
set_typed(Call *c, int k, const Operand *o, TypeKind kind)
{
	const Param *p = &c->op->param[k];
	const char *want = kind == TY_LIST ? "a list made by make_list" : "a state";

	if (o->kind == A_TENSOR && kind == TY_LIST && o->tensor->rank == 1) {
		Var *v = build_const_list(c->b, const_name(c, p->name, -1), o->tensor);
		inst_set_arg(c->inst, k, v);
		return true;
	}
	if (o->kind != A_VAR)
		return call_error(c, o, "'%s' of %s takes %s, not %s", p->name, c->op->name, want,
		                  given_word(o));
	if (!check_visible(c, o))
		return false;
	inst_set_arg(c->inst, k, o->var);
	if (o->var->type->kind == TY_ERROR)
		c->poisoned = true;
	else if (o->var->type->kind != kind) {
		call_error(c, o, "'%s' of %s takes %s, but this is %s", p->name,
		           c->op->name, want, type_str(c->b->prog->types, o->var->type));
		note_var(call_diag(c), c->b->prog->types, p->name, o->var);
		return false;
	}
	return true;
}

static bool
set_operand(Call *c, int k)
{
	const Operand *o = c->given[k];

	switch ((ParamKind)c->op->param[k].kind) {
	case P_TENSOR:
		return set_tensor(c, k, o);
	case P_TUPLE:
		return set_tuple(c, k, o);
	case P_LIST:
		return set_typed(c, k, o, TY_LIST);
	case P_STATE:
		return set_typed(c, k, o, TY_STATE);
	case P_FN:
		if (o->kind == A_FN)
			return true;
		return call_error(c, o, "'%s' of %s takes a function, not %s", c->op->param[k].name,
		                  c->op->name, given_word(o));
	case P_INTERNAL:
		return true;
	}
	die("parameter kind %d", c->op->param[k].kind);
}

bool
call_operands(Call *c)
{
	bool ok = true;

	for (uint32_t n = 0; n < c->norder; n++)
		ok &= set_operand(c, c->order[n]);
	return ok && (c->poisoned || check_groups(c));
}

/* One operand that is set already, as set_operand checks it. */
static bool
recheck_operand(Call *c, int k, const Operand *o)
{
	const Param *p = &c->op->param[k];
	const Type *t = o->var->type;

	if (!check_visible(c, o))
		return false;
	if (p->kind == P_TENSOR)
		return check_dtype(c, p, o, o->var) && check_constant(c, p, o, o->var);
	return p->kind == P_TUPLE || set_typed(c, k, o, t->kind == TY_STATE ? TY_STATE : TY_LIST);
}

bool
call_recheck(Call *c, Operand *given)
{
	for each_operand (o, c->inst) {
		Operand *g = &given[o.param];
		*g = (Operand){.kind = A_VAR, .name = c->op->param[o.param].name, .var = o.var};
		if (!recheck_operand(c, (int)o.param, g))
			return false;
		if (o.next == 1) {
			c->given[o.param] = g;
			c->order[c->norder++] = (uint8_t)o.param;
		}
	}
	return check_groups(c);
}

bool
call_defaults(Call *c, Infer *infer)
{
	uint32_t before = call_diag(c)->nerror;

	for (uint32_t k = 0; k < c->op->nparam; k++) {
		const Param *p = &c->op->param[k];
		const Tensor *val;
		if (c->given[k] || !p->dflt)
			continue;
		val = default_literal(infer, p);
		if (!val && call_diag(c)->nerror != before)
			return false;
		if (val)
			inst_set_arg(c->inst, (int)k, make_const(c, p, -1, val, c->b->span));
	}
	return true;
}
