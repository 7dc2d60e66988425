/* mb.c: the Builder: every op as a function of keyword arguments, and what else stands beside them
 * (program, TensorSpec, scope, …). */
#include "author.h"
#include "script/iter.h"

enum { MAX_KW = 40 };

/* The body of a nested block is a function of the script. */
typedef struct ScriptFn {
	Interp *in;
	Value fn;
	Span span;
	const char *what;
} ScriptFn;

static bool
call_body(void *ctx, Builder *b, Var *const *param, uint32_t nparam, Var ***out, uint32_t *nout)
{
	ScriptFn *f = ctx;
	Bind *bd = bind_of(f->in);
	Value *vals = newn(bd->arena, Value, MAX(nparam, 1));
	Span *spans = newn(bd->arena, Span, MAX(nparam, 1));
	Args args = {.pos = vals, .pos_span = spans, .npos = nparam, .span = f->span,
	             .callee = f->span};
	Builder *outer = bd->cur;
	Value result;
	bool ok;

	for (uint32_t i = 0; i < nparam; i++) {
		vals[i] = bind_var(f->in, param[i]);
		spans[i] = f->span;
		interp_push(f->in, vals[i]);
	}
	bd->cur = b;
	ok = interp_call(f->in, f->fn, &args, &result);
	bd->cur = outer;
	interp_pop(f->in, nparam);
	if (!ok) {
		bd->hard = true;
		return false;
	}
	if (holds_poison(result))
		return false;
	if (!returned_vars(f->in, result, f->what, f->span, out, nout)) {
		bd->hard = true;
		return false;
	}
	return true;
}

static const char *
arg_words(Interp *in, const OpDef *def, const char *param)
{
	return arena_printf(interp_arena(in), "the operand %s of mb.%s", param, def->name);
}

/* Any number or string can be a constant: no message will need words for the operand. */
static bool
is_plain(Value v)
{
	return v.kind == V_BOOL || v.kind == V_INT || v.kind == V_FLOAT || v.kind == V_STR;
}

/* A Var or a constant; o has its name and place. */
static bool
single_operand(Interp *in, const OpDef *def, Value v, Operand *o)
{
	if (is_host(v, &var_type)) {
		o->kind = A_VAR;
		o->var = var_of(v);
		return true;
	}
	o->kind = A_TENSOR;
	return const_operand(in, v, is_plain(v) ? o->name : arg_words(in, def, o->name), o->span,
	                     &o->tensor);
}

/* One argument of the script as the builder takes it. *poison: it stands for a reported error. */
static bool
operand_of(Interp *in, const OpDef *def, const Kwarg *kw, Operand *o, bool *poison)
{
	int col = op_param(def, kw->name->s);
	uint8_t kind = col < 0 ? P_TENSOR : def->param[col].kind;
	Value v = kw->val;

	o->name = col < 0 ? kw->name->s : def->param[col].name;
	o->span = kw->span;
	if (is_host(v, &var_type))
		return single_operand(in, def, v, o);
	if (col < 0) { /* the builder says which ones there are */
		o->kind = A_RAW;
		o->raw = NULL;
		return true;
	}
	if (kind == P_FN) {
		BlockFn *b;
		ScriptFn *f;
		if (v.kind != V_FUNC && v.kind != V_BUILTIN)
			return fail(in, kw->span, "%s must be a function, found '%s'",
			            arg_words(in, def, o->name), type_name(v));
		b = new(interp_arena(in), BlockFn);
		f = new(interp_arena(in), ScriptFn);
		*f = (ScriptFn){in, v, kw->span, o->name};
		*b = (BlockFn){call_body, f, kw->span};
		o->kind = A_FN;
		o->fn = b;
		return true;
	}
	if (kind == P_TUPLE) {
		Operand *item;
		SeqObj *s;
		if (v.kind != V_LIST && v.kind != V_TUPLE)
			return fail(in, kw->span, "%s must be a list or tuple, found '%s'",
			            arg_words(in, def, o->name), type_name(v));
		s = SEQ_OF(v);
		item = newn(interp_arena(in), Operand, MAX(s->n, 1));
		for (uint32_t i = 0; i < s->n; i++) {
			item[i].span = kw->span;
			item[i].name = o->name;
			if (s->at[i].kind == V_POISON)
				*poison = true;
			else if (!single_operand(in, def, s->at[i], &item[i]))
				return false;
		}
		o->kind = A_LIST;
		o->list.item = item;
		o->list.n = s->n;
		return true;
	}
	return single_operand(in, def, v, o);
}

/* A plain item that names no operand of the op. */
static bool
special_arg(Interp *in, const OpDef *def, const Kwarg *kw, const Str **name, Inst **before,
            bool *taken)
{
	*taken = true;
	if (str_is(kw->name, "name")) {
		if (kw->val.kind == V_NONE)
			return fail(in, kw->span,
			            "name=None: leave name= out to get an automatic name");
		if (kw->val.kind == V_POISON)
			return true;
		if (kw->val.kind == V_STR && STR_OF(kw->val)->len == 0)
			return fail(in, kw->span,
			            "the name is empty: leave name= out to get an automatic name");
		return as_str(in, kw->val, name, "the name of an op", kw->span);
	}
	if (str_is(kw->name, "before_op")) {
		const char *what = arena_printf(interp_arena(in), "before_op= of mb.%s", def->name);
		return kw->val.kind == V_NONE || inst_arg_of(in, kw->val, what, kw->span, before);
	}
	*taken = false;
	return true;
}

/* None stands for an operand that is left out; where one is needed, it came from somewhere. */
static bool
none_given(Interp *in, const OpDef *def, const Kwarg *kw)
{
	int col = op_param(def, kw->name->s);
	const char *text;
	size_t n;

	if (col < 0 || def->param[col].optional)
		return false;
	fail(in, kw->span, "'%s' of %s is None", kw->name->s, def->name);
	text = interp_text(in, kw->span);
	text += strcspn(text, "=");
	text += *text ? 1 + strspn(text + 1, " ") : 0;
	n = strlen(text);
	if (n > 4 && strcmp(text + n - 4, ".val") == 0)
		diag_note(interp_diag(in), NOSPAN,
		          "a Var whose value is computed when the model runs has no val");
	else if (n && text[n - 1] == ')')
		diag_note(interp_diag(in), NOSPAN, "does %.*s() lack a return?",
		          (int)strcspn(text, "("), text);
	return true;
}

/* Where script code failed that the builder called, the calls are said. */
static void
after_error(void *ctx)
{
	if (!bind_of(ctx)->hard)
		interp_note_calls(ctx);
}

static bool
positional(Interp *in, const OpDef *def, const Args *args, Value *out)
{
	Buf b = {0};
	uint32_t shown = 0;

	for (uint32_t i = 0; i < def->nparam && shown < MAX(args->npos, 1); i++)
		if (!def->param[i].optional)
			buf_printf(&b, "%s%s=…", shown++ ? ", " : "", def->param[i].name);
	fail(in, args->pos_span[0],
	     "the operands of mb.%s are given by name, found a positional one", def->name);
	diag_note(interp_diag(in), NOSPAN, "write mb.%s(%s)", def->name, b.at ? b.at : "…");
	buf_free(&b);
	return bind_poison(in, out);
}

/* New operations go before that one, which must stand in the block at hand. 0: to its end. */
static bool
set_place(Interp *in, const char *op, Inst *before, Span at)
{
	Bind *bd = bind_of(in);
	const Block *b = bd->cur->block;

	bind_keep_program(bd, b->func->prog);
	if (!before || before->parent == b) {
		bd->cur->before = before;
		return true;
	}
	if (!before->parent)
		return fail(in, at,
		            "mb.%s cannot go before the operation %s, which was removed from its "
		            "block",
		            op, inst_word(before));
	fail(in, at, "mb.%s goes into the block %s, but before_op %s is in %s", op,
	     block_name(bd->arena, b), inst_word(before), block_name(bd->arena, before->parent));
	diag_note(bd->diag, NOSPAN, "write it under 'with op.enclosing_block:'");
	return false;
}

/* The scopes that are open go to i and to the constants that were made for it, whose ids are not
 * below `first`. */
static void
note_scopes(Interp *in, const Inst *i, uint32_t first)
{
	scopes_note(in, i);
	for (i = i->prev; inst_is(i, OP_const) && i->out[0]->id >= first; i = i->prev)
		scopes_note(in, i);
}

static bool
op_const(Interp *in, const Args *args, Value *out)
{
	Bind *bd = bind_of(in);
	const Str *name = NULL;
	Inst *before = bd->before;
	const Tensor *t;
	Value v[3];

	if (!args_bind(in, "mb.const", args, "*,val,name=,before_op=", v))
		return false;
	if ((given(v[2]) &&
	     !inst_arg_of(in, v[2], "before_op= of mb.const", args->span, &before)) ||
	    !set_place(in, "const", before, args->span))
		return false;
	if (v[0].kind == V_POISON) {
		*out = VPOISON;
		return true;
	}
	if (v[1].kind == V_NONE)
		return fail(in, args_span(args, "name", 1),
		            "name=None: leave name= out to get an automatic name");
	if (v[1].kind != V_UNSET && !as_str(in, v[1], &name, "the name of an op", args->span))
		return false;
	if (is_host(v[0], &var_type))
		return fail(in, args->span,
		            "mb.const takes a value that the script knows, found the Var %s",
		            var_of(v[0])->name->s);
	if (!const_operand(in, v[0], "val of mb.const", args->span, &t))
		return false;
	bd->cur->span = args->span;
	if (!name)
		name = name_free(bd->counts, bd->names, "const");
	*out = bind_var(in, build_const(bd->cur, name, t));
	note_scopes(in, var_of(*out)->def, UINT32_MAX);
	bd->cur->before = NULL;
	return true;
}

static bool
outside(Interp *in, const Args *args, const char *op)
{
	fail(in, args->span, "mb.%s outside of a program", op);
	diag_note(interp_diag(in), NOSPAN,
	          "ops belong into a function decorated with @mb.program(input_specs=[…])");
	return false;
}

/* What an operation of that row is given, and where it goes. */
typedef struct OpCall {
	const OpDef *def;
	const Str *name;
	Inst *before;
	Operand *o;
	uint32_t n;
	bool poison; /* an operand stands for a reported error, or is one now */
} OpCall;

static bool
take_operands(Interp *in, OpCall *c, const Kwarg *kw, uint32_t nkw)
{
	bool taken;

	for (uint32_t i = 0; i < nkw; i++, kw++) {
		if (!special_arg(in, c->def, kw, &c->name, &c->before, &taken))
			return false;
		if (!taken && kw->val.kind == V_NONE && none_given(in, c->def, kw)) {
			c->poison = true;
			return !interp_catching(in);
		}
		if (taken || kw->val.kind == V_NONE)
			continue;
		if (kw->val.kind == V_POISON) {
			c->poison = true;
			continue;
		}
		memset(&c->o[c->n], 0, sizeof c->o[c->n]);
		if (!operand_of(in, c->def, kw, &c->o[c->n], &c->poison))
			return false;
		c->n++;
	}
	return true;
}

/* The Var that came, or a list of them. */
static Value
results(Interp *in, Var **outs, uint32_t n)
{
	Value list;

	if (n == 1)
		return bind_var(in, outs[0]);
	list = vlist(in, NULL, 0);
	for (uint32_t i = 0; i < n; i++)
		vlist_push(in, list, bind_var(in, outs[i]));
	return list;
}

/* An operation whose types were refused stays in coremltools' program, where a script that catches
 * the error goes on with it: no conversion takes such a program. */
static void
note_hole(Interp *in, Span at)
{
	Bind *bd = bind_of(in);
	Span *where;

	if (!bd->cur->begun || !interp_catching(in) || map_get(bd->holes, KEY(bd->cur->func)))
		return;
	where = new(bd->arena, Span);
	*where = at;
	map_put(bd->holes, KEY(bd->cur->func), where);
}

/* Builds it: by its opcode, or, of a script's own operation, by the row. */
static bool
call_build(Interp *in, const OpCall *c, Opcode code, Span at, Value *out)
{
	Bind *bd = bind_of(in);
	uint32_t first, nout;
	Var **outs;
	bool ok;

	*out = VPOISON;
	if (c->poison)
		return true;
	bd->cur->span = at;
	if (!set_place(in, c->def->name, c->before, at))
		return false;
	bd->hard = false;
	first = bd->cur->func->nvar;
	ok = code ? build_op(bd->cur, code, c->name, c->o, c->n, &outs, &nout)
	          : build_row(bd->cur, c->def, c->name, c->o, c->n, &outs, &nout);
	bd->cur->before = NULL;
	if (!ok) {
		note_hole(in, at);
		return bind_poison(in, out) && !bd->hard;
	}
	if (nout)
		note_scopes(in, outs[0]->def, first);
	*out = results(in, outs, nout);
	return true;
}

NATIVE(op_call)
{
	Bind *bd = bind_of(in);
	Opcode code = (Opcode)args_with(args);
	Operand buf[MAX_KW];
	OpCall c = {.def = op_oldest(code), .before = bd->before, .o = buf};

	if (args->npos)
		return positional(in, c.def, args, out);
	if (!bd->cur)
		return outside(in, args, c.def->name);
	if (code == OP_const)
		return op_const(in, args, out);
	if (bd->cur->opset && op_for_opset(code, bd->cur->opset))
		c.def = op_for_opset(code, bd->cur->opset);
	if (args->nkw > MAX_KW)
		c.o = newn(bd->arena, Operand, args->nkw);
	return take_operands(in, &c, args->kw, args->nkw) &&
	       call_build(in, &c, code, args->span, out);
}

bool
op_call_row(Interp *in, const OpDef *row, const Args *args, const Kwarg *dflt, uint32_t ndflt,
            Value *out)
{
	Bind *bd = bind_of(in);
	OpCall c = {.def = row, .before = bd->before};

	if (args->npos)
		return positional(in, row, args, out);
	if (!bd->cur)
		return outside(in, args, row->name);
	c.o = newn(bd->arena, Operand, args->nkw + ndflt + 1);
	return take_operands(in, &c, args->kw, args->nkw) &&
	       take_operands(in, &c, dflt, ndflt) &&
	       call_build(in, &c, OP_none, args->span, out);
}

static int
mb_member(Interp *in, UNUSED ModuleObj *m, const Str *name, Value *out)
{
	Bind *bd = bind_of(in);
	Opcode code;
	Native *row;

	if (member_of(in, mb_specials, name, out) || script_op(in, name, out))
		return 1;
	row = map_get(bd->members, KEY(name));
	if (!row) {
		code = op_find(name->s, name->len);
		if (code == OP_none)
			return 0;
		row = new(bd->arena, Native);
		*row = (Native){op_oldest(code)->name, NULL, op_call, WITH(code)};
		map_put(bd->members, KEY(name), row);
	}
	*out = vnative(in, row, VUNSET);
	return 1;
}

/* The rest of the script may hold more errors. */
static bool
mb_lacks(Interp *in, const Str *name, Value *out, Span at)
{
	const char *near = op_nearest(name->s);

	fail(in, at, near ? "there is no op '%s'; did you mean '%s'?" : "there is no op '%s'",
	     name->s, near);
	*out = VPOISON;
	return true;
}

Value
mb_module(Interp *in, UNUSED void *ctx)
{
	Value m = vmodule(in, "Builder", mb_member, NULL);

	MODULE_OF(m)->lacks = mb_lacks;
	return m;
}

void
bind_init(Bind *b)
{
	Arena *a = b->arena;

	b->counts = name_counts_new(a);
	b->members = new(a, Map);
	map_init(b->members, a);
	b->lent_of = new(a, Map);
	map_init(b->lent_of, a);
	b->texts = new(a, Map);
	map_init(b->texts, a);
	map_init(&b->converted, a);
	map_init(&b->message_types, a);
	for (size_t k = 0; k < 5; k++) {
		Map **m[] = {&b->blocks, &b->gone, &b->scopes, &b->loose, &b->holes};
		*m[k] = new(a, Map);
		map_init(*m[k], a);
	}
	bind_files(b);
}

void
bind_builder(Bind *bd, Builder *b, Program *p, Func *f)
{
	builder_init(b, p, f);
	b->counts = bd->counts;
	b->after_error = after_error;
	b->after_error_ctx = bd->in;
}
