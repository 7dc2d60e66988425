/* torch_ops.c: @register_torch_op: functions of a script that convert operations of a PyTorch file.
 * Such a function gets a context (names of the file -> values of the program) and a node, builds
 * operations with mb, and adds its result to the context.
 */
#include "torch_ops.h"

#include "aten/aten.h"

typedef struct TorchOp {
	const Str *key;
	Value fn;
	struct TorchOp *next;
} TorchOp;

static TorchOp *
find_op(const Bind *b, const char *key)
{
	size_t n = strlen(key);

	n -= n > 1 && key[n - 1] == '_';
	for (TorchOp *o = b->torch_ops; o; o = o->next)
		if (o->key->len == n && !memcmp(o->key->s, key, n))
			return o;
	return NULL;
}

/* ---- the decorator ---- */

typedef struct Registering {
	Value alias;
	bool override;
} Registering;

static bool
register_key(Interp *in, const Str *key, Value fn, bool override, Span at)
{
	Bind *b = bind_of(in);
	TorchOp *o = find_op(b, key->s);
	AtenRow row;

	if (key->len && key->s[key->len - 1] == '_')
		return fail(in, at,
		            "'%s' is the in-place form of an operation: register '%.*s', which "
		            "stands for both",
		            key->s, (int)key->len - 1, key->s);
	if (!override && (o || aten_row(key->s, &row)))
		return fail(in, at,
		            "the operation '%s' has a conversion already: say override=True to "
		            "replace it",
		            key->s);
	interp_pin(in, fn);
	if (!o) {
		o = new (b->arena, TorchOp);
		o->key = key;
		o->next = b->torch_ops;
		b->torch_ops = o;
	}
	o->fn = fn;
	return true;
}

static bool
register_fn(Interp *in, Value fn, const Registering *r, Span at)
{
	const Str *name = interp_func_name(fn), *alias;
	bool list = r->alias.kind == V_LIST || r->alias.kind == V_TUPLE;

	if (!name)
		return fail(in, at, "@register_torch_op stands above a function, found '%s'",
		            type_name(fn));
	if (given(r->alias) && !list)
		return fail(in, at, "torch_alias must be a list of names, found '%s'",
		            type_name(r->alias));
	if (!register_key(in, name, fn, r->override, at))
		return false;
	for (uint32_t i = 0; list && i < SEQ_OF(r->alias)->n; i++)
		if (!as_str(in, SEQ_OF(r->alias)->at[i], &alias, "an element of torch_alias", at) ||
		    !register_key(in, alias, fn, r->override, at))
			return false;
	return true;
}

NATIVE(registering_call)
{
	const Registering *r = HOST_OF(self)->data;

	if (args->npos != 1 || args->nkw)
		return fail(in, args->span, "@register_torch_op(…) stands above a function");
	*out = args->pos[0];
	return register_fn(in, args->pos[0], r, args->span);
}

static void
registering_mark(Interp *in, HostObj *self)
{
	interp_mark(in, ((const Registering *)self->data)->alias);
}

static const HostType registering_type = {
    .name = "function", .call = registering_call, .mark = registering_mark};

NATIVE_EXTERN(ct_register_torch_op)
{
	const Value *v = args->v;
	Registering r = {.alias = v[1]};

	if (given(v[2]) && !value_truth(in, v[2], &r.override, args->span))
		return false;
	if (given(v[0])) {
		*out = v[0];
		return register_fn(in, v[0], &r, args->span);
	}
	*out = vhost(in, &registering_type, arena_dup(interp_arena(in), &r, sizeof r));
	return true;
}

/* ---- values of the program as values of the script ---- */

static Value
value_of(Interp *in, AtenCtx *c, const Tv *v)
{
	Value list;
	Var *var;

	switch (v->kind) {
	case TV_NONE:
	case TV_OBJECT:
		return VNONE;
	case TV_STR:
		if (c->exported)
			return vstr_of(in, v->s);
		break;
	case TV_LIST:
		for (uint32_t i = 0; i < v->list.n; i++)
			if (v->list.item[i].kind == TV_VAR || v->list.item[i].kind == TV_NONE) {
				list = vlist(in, NULL, 0);
				interp_push(in, list);
				for (uint32_t k = 0; k < v->list.n; k++)
					vlist_push(in, list, value_of(in, c, &v->list.item[k]));
				interp_pop(in, 1);
				return list;
			}
		break;
	default:
		break;
	}
	var = tv_var(c, v, "?");
	return var ? bind_var(in, var) : VPOISON;
}

/* False: it is none that can stand for a value of the file. */
static bool
tv_of_value(Interp *in, AtenCtx *c, Value v, Tv *out)
{
	const Tensor *t;

	*out = (Tv){.kind = TV_NONE};
	if (v.kind == V_NONE)
		return true;
	if (is_host(v, &var_type)) {
		*out = tv_of_var(var_of(v));
		return true;
	}
	if (v.kind == V_TUPLE || v.kind == V_LIST) {
		Tv *item = newn(c->arena, Tv, SEQ_OF(v)->n);
		for (uint32_t i = 0; i < SEQ_OF(v)->n; i++)
			if (!tv_of_value(in, c, SEQ_OF(v)->at[i], &item[i]))
				return false;
		*out = (Tv){.kind = TV_LIST, .list = {item, SEQ_OF(v)->n}};
		return true;
	}
	if (!const_operand(in, v, "the value", interp_here(in), &t))
		return false;
	*out = tv_of_var(aten_const(c, t, NULL));
	return true;
}

/* ---- context ---- */

static AtenCtx *
ctx_of(Value v)
{
	return HOST_OF(v)->data;
}

static const Tv *
named_value(AtenCtx *c, const Str *name)
{
	return map_get(&c->value, KEY(name));
}

static bool
context_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	AtenCtx *c = self->data;
	const Str *name;
	const Tv *v;

	if (!as_str(in, key, &name, "the name of a value", at))
		return false;
	v = named_value(c, name);
	if (!v)
		return fail(in, at, "the context has no value '%s' of the file", name->s);
	*out = value_of(in, c, v);
	return true;
}

static bool
context_contains(Interp *in, HostObj *self, Value item, bool *out, Span at)
{
	const Str *name;

	if (item.kind != V_STR) {
		*out = false;
		return true;
	}
	if (!as_str(in, item, &name, "the name of a value", at))
		return false;
	*out = named_value(self->data, name) != NULL;
	return true;
}

/* add(ssa_var, torch_name=None, override=False) */
NATIVE(context_add)
{
	AtenCtx *c = ctx_of(self);
	const Value *v = args->v;
	const Str *name = NULL;
	Tv made;

	if (holds_poison(v[0])) {
		c->failed = true;
		return true;
	}
	if (given(v[1])) {
		if (!as_str(in, v[1], &name, "torch_name", args->span))
			return false;
	} else if (is_host(v[0], &var_type)) {
		name = var_of(v[0])->name;
	} else {
		return fail(in, args->span,
		            "context.add of '%s' needs torch_name=, since it is no value with a "
		            "name",
		            type_name(v[0]));
	}
	if (!tv_of_value(in, c, v[0], &made))
		return false;
	bind_value(c, name, made);
	for (uint32_t i = 0; i < c->node->nout; i++) {
		const TOut *o = &c->node->out[i];
		bool whole = name == c->node->name && c->node->nout > 1;
		if (whole && made.kind == TV_LIST && i < made.list.n)
			bind_value(c, o->name, made.list.item[i]);
		if (o->nitem && (o->name == name || name == c->node->name))
			result_tv(c, i, made);
	}
	return true;
}

static const Native context_methods[] = {
    {"add", "ssa_var,torch_name=,override=", context_add, AS_FUNCTION},
    NATIVE_END,
};
static const HostType context_type = {.name = "TranscriptionContext",
                                      .methods = context_methods,
                                      .getitem = context_getitem,
                                      .contains = context_contains};

/* ---- nodes ---- */

typedef struct NodeObj {
	AtenCtx *c;
	const TNode *node;
} NodeObj;

/* An operand as the file has it: the name of a value, or a literal. */
static Value
operand_value(Interp *in, const TArg *a)
{
	Value list;

	switch (a->kind) {
	case T_BOOL:
		return vbool(a->i);
	case T_INT:
		return vint(a->i);
	case T_FLOAT:
		return vfloat(a->f[0]);
	case T_STR:
	case T_VALUE:
		return vstr_of(in, a->s);
	case T_LIST:
		list = vlist(in, NULL, 0);
		interp_push(in, list);
		for (uint32_t i = 0; i < a->list.n; i++)
			vlist_push(in, list, operand_value(in, &a->list.item[i]));
		interp_pop(in, 1);
		return list;
	default:
		return VNONE;
	}
}

static bool
is_keyword(const AtenCtx *c, const TNode *n, uint32_t i)
{
	return c->exported && n->schema && n->schema->arg[i].keyword;
}

/* Operands that are given by position: up to the last one that the file has. */
static uint32_t
count_inputs(const AtenCtx *c, const TNode *n)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n->nin; i++)
		if (!is_keyword(c, n, i) && (!c->exported || !n->in[i].implied))
			count = i + 1;
	return count;
}

static Value
node_inputs(Interp *in, const AtenCtx *c, const TNode *n)
{
	Value list = vlist(in, NULL, 0);
	uint32_t count = count_inputs(c, n);

	interp_push(in, list);
	for (uint32_t i = 0; i < count; i++)
		vlist_push(in, list, operand_value(in, &n->in[i]));
	interp_pop(in, 1);
	return list;
}

static Value
node_outputs(Interp *in, const TNode *n)
{
	Value list = vlist(in, NULL, 0);

	interp_push(in, list);
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i].name)
			vlist_push(in, list, vstr_of(in, n->out[i].name));
	interp_pop(in, 1);
	return list;
}

/* None without any. */
static bool
node_keywords(Interp *in, const AtenCtx *c, const TNode *n, Value *out)
{
	Value one;
	bool ok = true;

	*out = VNONE;
	for (uint32_t i = 0; i < n->nin && ok; i++) {
		if (!is_keyword(c, n, i) || n->in[i].implied || n->in[i].kind == T_NONE)
			continue;
		if (out->kind == V_NONE)
			*out = vdict(in);
		interp_push(in, *out);
		one = operand_value(in, &n->in[i]);
		one = vtuple(in, &one, 1);
		interp_push(in, one);
		ok = dict_set(in, *out, vstr_of(in, n->schema->arg[i].name), one, NOSPAN);
		interp_pop(in, 2);
	}
	return ok;
}

static bool
node_attr(Interp *in, const TNode *n, Value *out)
{
	*out = vdict(in);
	interp_push(in, *out);
	bool ok = dict_set(in, *out, vstr_of(in, intern_cstr(interp_names(in), "value")),
	                   operand_value(in, &n->value), NOSPAN);
	interp_pop(in, 1);
	return ok;
}

static int
node_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const NodeObj *o = self->data;

	if (str_is(name, "name"))
		*out = vstr_of(in, o->node->name);
	else if (str_is(name, "kind"))
		*out = vstr_of(in, o->node->key);
	else if (str_is(name, "inputs"))
		*out = node_inputs(in, o->c, o->node);
	else if (str_is(name, "outputs"))
		*out = node_outputs(in, o->node);
	else if (str_is(name, "kwinputs"))
		return node_keywords(in, o->c, o->node, out) ? 1 : -1;
	else if (str_is(name, "attr"))
		return node_attr(in, o->node, out) ? 1 : -1;
	else
		return 0;
	return 1;
}

static const HostType node_type = {.name = "InternalTorchIRNode", .getattr = node_getattr};

/* ---- _get_inputs(context, node, expected=None, min_expected=None) ---- */

/* How many operands there may be: a number, a list of numbers, or a dict by front end, which does
 * not tell of this one. */
static bool
is_expected(Interp *in, Value v, int64_t n, bool least, bool *is, Span at)
{
	int64_t want;

	*is = true;
	if (!given(v) || v.kind == V_DICT)
		return true;
	if (v.kind == V_LIST || v.kind == V_TUPLE) {
		*is = false;
		for (uint32_t i = 0; i < SEQ_OF(v)->n && !*is; i++) {
			if (!as_int(in, SEQ_OF(v)->at[i], &want, "expected", at))
				return false;
			*is = n == want;
		}
		return true;
	}
	if (!as_int(in, v, &want, "expected", at))
		return false;
	*is = least ? n >= want : n == want;
	return true;
}

NATIVE_EXTERN(ct_torch_get_inputs)
{
	const Value *v = args->v;
	const NodeObj *o;
	uint32_t n;
	bool exact, least;

	if (!is_host(v[0], &context_type) || !is_host(v[1], &node_type))
		return fail(in, args->span,
		            "_get_inputs takes the context and the node of a function that "
		            "@register_torch_op made known");
	o = HOST_OF(v[1])->data;
	n = count_inputs(o->c, o->node);
	if (!is_expected(in, v[2], n, false, &exact, args->span) ||
	    !is_expected(in, v[3], n, true, &least, args->span))
		return false;
	if (!exact || !least) {
		Buf b = {0};
		value_repr(in, exact ? v[3] : v[2], &b);
		const char *want = buf_keep(&b, interp_arena(in));
		return fail(in, args->span, "node %s (%s) has %u operands, expected %s%s",
		            o->node->name->s, o->node->key->s, n, exact ? "at least " : "", want);
	}
	*out = vlist(in, NULL, 0);
	interp_push(in, *out);
	for (uint32_t i = 0; i < n; i++)
		vlist_push(in, *out, value_of(in, o->c, tv_of(o->c, &o->node->in[i])));
	interp_pop(in, 1);
	return true;
}

/* ---- calls from the importer ---- */

bool
torch_op_is_registered(void *script, const char *key)
{
	return find_op(bind_of(script), key) != NULL;
}

static void
note_calls(void *in)
{
	interp_note_calls(in);
}

/* A result of the node has no value. */
static const Str *
unbound_result(const AtenCtx *c, const TNode *n)
{
	for (uint32_t i = 0; i < n->nout; i++)
		if (n->out[i].name && !named_value((AtenCtx *)(uintptr_t)c, n->out[i].name))
			return n->out[i].name;
	return NULL;
}

bool
torch_op_call(AtenCtx *c, const TNode *n, bool *handled)
{
	Interp *in = c->script;
	Bind *b = bind_of(in);
	const TorchOp *op = find_op(b, n->key->s);
	NodeObj o = {c, n};
	Value v[2], made;
	Builder *outer = b->cur, before = *c->b;
	Args args = {.pos = v, .npos = 2, .span = interp_here(in), .callee = interp_here(in)};
	Span at[2] = {args.span, args.span};
	const Str *missing;
	bool ok;

	*handled = op != NULL;
	if (!op)
		return true;
	args.pos_span = at;
	v[0] = vhost(in, &context_type, c);
	interp_push(in, v[0]);
	v[1] = vhost(in, &node_type, arena_dup(b->arena, &o, sizeof o));
	interp_push(in, v[1]);
	b->cur = c->b;
	c->b->after_error = note_calls;
	c->b->after_error_ctx = in;
	ok = interp_call(in, op->fn, &args, &made) && made.kind != V_POISON;
	c->b->after_error = before.after_error;
	c->b->after_error_ctx = before.after_error_ctx;
	c->b->span = before.span;
	b->cur = outer;
	interp_pop(in, 2);
	missing = ok && !c->failed ? unbound_result(c, n) : NULL;
	if (missing)
		aten_fail(c,
		          "the function registered for '%s' did not add '%s' to the context: "
		          "call context.add(…) with name=node.name, or with torch_name=node.name",
		          op->key->s, missing->s);
	return ok && !c->failed;
}
