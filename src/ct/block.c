/* block.c: functions and nested blocks as scripts see them: their members, `with`, and finding
 * operations in them. What changes them is in edit.c.
 */
#include "bind.h"

#include "script/iter.h"

static BlockObj *
block_obj(Interp *in, Block *b)
{
	Bind *bd = bind_of(in);
	BlockObj *o = map_get(bd->blocks, KEY(b));

	if (o)
		return o;
	o = new(bd->arena, BlockObj);
	o->b = b;
	bind_builder(bd, &o->build, b->func->prog, b->func);
	o->build.block = b;
	map_put(bd->blocks, KEY(b), o);
	return o;
}

Value
bind_block(Interp *in, Block *b)
{
	return vhost(in, b->parent ? &block_type : &function_type, block_obj(in, b));
}

Value
bind_function(Interp *in, Func *f, Opset opset)
{
	BlockObj *o = block_obj(in, f->body);

	f->opset = opset ? opset : IOS13;
	o->build.opset = opset;
	return vhost(in, &function_type, o);
}

static Block *
block_of(Value v)
{
	return ((const BlockObj *)HOST_OF(v)->data)->b;
}

/* ---- the list of operations ---- */

/* Goes along while the script changes the list, and must not stand on what was taken out. The
 * operation that was handed out last is in `data`. */
static int
operations_next(Interp *in, IterObj *it, Value *out, Span at)
{
	const Inst *last = it->data;
	Inst *i;

	if (it->n) /* came to the end */
		return 0;
	if (last && !last->parent) {
		fail(in, at,
		     "the operation %s was removed while its block is walked: go over "
		     "list(block.operations)",
		     inst_word(last));
		return -1;
	}
	i = last ? last->next : block_of(it->v[0])->first;
	it->data = i;
	it->n = !i;
	if (i)
		*out = bind_inst(in, i);
	return i != NULL;
}

static bool
operations_walk(Interp *in, HostObj *self, Value *iter)
{
	static const IterType walk = {.name = "generator", .next = operations_next};

	*iter = viter(in, &walk, vobj(self));
	return true;
}

static bool
operations_list(Interp *in, HostObj *self, VKind *as, Value *list)
{
	*as = V_LIST;
	*list = vlist(in, NULL, 0);
	for each_inst (i, block_of(vobj(self)))
		vlist_push(in, *list, bind_inst(in, i));
	return true;
}

static bool
operations_getitem(Interp *in, HostObj *self, Value key, Value *out, Span at)
{
	const Block *b = block_of(vobj(self));
	int64_t k;

	if (!as_int(in, key, &k, "the index of an operation", at))
		return false;
	if (!b->first)
		return fail(in, at, "the block has no operations");
	if (k != 0 && k != -1)
		return fail(in, at,
		            "the operations of a block have the indices 0 and -1 only, found %lld: "
		            "write list(block.operations)[%lld]",
		            (long long)k, (long long)k);
	*out = bind_inst(in, k ? b->last : b->first);
	return true;
}

static const HostType operations_type = {
    .name = "CacheDoublyLinkedList",
    .module = "coremltools.converters.mil.mil.utils",
    .iter = operations_list,
    .walk = operations_walk,
    .getitem = operations_getitem,
};

/* ---- members ---- */

Value
bind_vars(Interp *in, Use *const *u, uint32_t n)
{
	Value list = vlist(in, NULL, 0);

	for (uint32_t k = 0; k < n; k++)
		vlist_push(in, list, bind_var(in, u[k]->var));
	return list;
}

static Value
block_inputs(Interp *in, const Block *b)
{
	Value v = b->parent ? vtuple(in, NULL, b->nparam) : vdict(in);

	for (uint32_t k = 0; k < b->nparam; k++) {
		Value x = bind_var(in, b->param[k]);
		if (b->parent)
			SEQ_OF(v)->at[k] = x;
		else
			dict_set(in, v, vstr_of(in, b->param[k]->name), x, NOSPAN);
	}
	return v;
}

const char *
block_name(Arena *a, const Block *b)
{
	static const char *const suffix[2][2] = {{"true", "false"}, {"cond_block", "body_block"}};
	const Inst *i = b->parent;

	if (!i)
		return arena_printf(a, "block%u", (unsigned)b->func->number);
	return arena_printf(a, "%s_%s", inst_word(i),
	                    suffix[inst_is(i, OP_while_loop)][i->nblock > 1 && i->block[1] == b]);
}

static int
block_getattr(Interp *in, HostObj *self, const Str *name, Value *out)
{
	const BlockObj *o = self->data;
	Block *b = o->b;

	if (str_is(name, "name"))
		*out = vstrz(in, block_name(interp_arena(in), b));
	else if (str_is(name, "inputs"))
		*out = block_inputs(in, b);
	else if (str_is(name, "outputs"))
		*out = bind_vars(in, b->out, b->nout);
	else if (str_is(name, "operations"))
		*out = vhost(in, &operations_type, self->data);
	else if (str_is(name, "outer_op"))
		*out = b->parent ? bind_inst(in, b->parent) : VNONE;
	else if (str_is(name, "opset_version") && !b->parent)
		*out = o->build.opset ? enum_item(in, &enum_target, (int)b->func->opset) : VNONE;
	else
		return 0;
	return 1;
}

/* The opset that a function without one has: the highest version in use. */
static Opset
opset_in_use(const Block *b)
{
	Opset o = IOS13;

	for (Inst *i = b->first; i; i = i->next) {
		o = MAX(o, i->op->since);
		for (uint32_t k = 0; k < i->nblock; k++) {
			Opset inner = opset_in_use(i->block[k]); /* once: MAX is a macro */
			o = MAX(o, inner);
		}
	}
	return o;
}

static bool
block_setattr(Interp *in, HostObj *self, const Str *name, Value x, Span at)
{
	BlockObj *o = self->data;
	Opset opset;

	if (!str_is(name, "opset_version") || o->b->parent)
		return fail(in, at, "'%s' has no settable attribute '%s'", self->type->name,
		            name->s);
	if (!opset_arg(in, x, at, &opset) || !block_begin_edit(in, o->b, at))
		return false;
	o->build.opset = opset;
	o->b->func->opset = opset ? opset : opset_in_use(o->b);
	return true;
}

/* ---- with block: ---- */

struct Entered { /* what was current before */
	Builder *cur;
	struct Entered *outer;
};

/* Not so of one that went with its operation, or was built anew. */
static bool
is_in_program(const Block *b)
{
	const Inst *i = b->parent;
	uint32_t k = 0;

	if (!i)
		return true;
	while (k < i->nblock && i->block[k] != b)
		k++;
	return k < i->nblock && i->parent && is_in_program(i->parent);
}

bool
block_begin_edit(Interp *in, const Block *b, Span at)
{
	if (!is_in_program(b))
		return fail(in, at, "the block %s was removed from its program",
		            block_name(interp_arena(in), b));
	bind_keep_program(bind_of(in), b->func->prog);
	return true;
}

bool
block_enter(Interp *in, HostObj *self, Value *out, Span at)
{
	Bind *bd = bind_of(in);
	BlockObj *o = self->data;
	struct Entered *e;

	if (!block_begin_edit(in, o->b, at))
		return false;
	if (o->b->parent)
		o->build.opset = block_obj(in, o->b->func->body)->build.opset;
	o->build.prog = o->b->func->prog;
	e = new(bd->arena, struct Entered);
	e->cur = bd->cur;
	e->outer = bd->entered;
	bd->entered = e;
	bd->cur = &o->build;
	*out = vobj(self);
	return true;
}

/* curr_block() */
NATIVE_EXTERN(bind_curr_block)
{
	const Bind *bd = bind_of(in);

	if (!bd->cur)
		return fail(in, args->span, "there is no current block outside of a program");
	*out = bind_block(in, bd->cur->block);
	return true;
}

bool
block_leave(Interp *in, HostObj *self, UNUSED Value exc, UNUSED bool *swallow,
            UNUSED Span at)
{
	Bind *bd = bind_of(in);
	BlockObj *o = self->data;

	bd->cur = bd->entered->cur;
	bd->entered = bd->entered->outer;
	if (!o->build.opset && !o->b->parent)
		o->b->func->opset = opset_in_use(o->b);
	return true;
}

void
block_settle(Value function)
{
	BlockObj *o = HOST_OF(function)->data;

	if (!o->build.opset)
		o->b->func->opset = opset_in_use(o->b);
	o->build.opset = o->b->func->opset;
}

/* ---- finding ---- */

void
find_ops(Interp *in, const Block *b, Value prefix, Value type, Value list)
{
	for each_inst (i, b) {
		const StrObj *p = given(prefix) ? STR_OF(prefix) : NULL;
		bool yes = !p || strncmp(i->name ? i->name->s : "", p->s, p->len) == 0;

		if (yes && (!given(type) || strcmp(STR_OF(type)->s, i->op->name) == 0))
			vlist_push(in, list, bind_inst(in, i));
		for (uint32_t k = 0; k < i->nblock; k++)
			find_ops(in, i->block[k], prefix, type, list);
	}
}

/* What find_ops is to find, v: prefix and op_type, are strings. */
bool
find_args(Interp *in, const Args *args)
{
	const Str *s;

	if (!given(args->v[0]) && !given(args->v[1]))
		return fail(in, args->span, "find_ops needs prefix= or op_type=");
	return (!given(args->v[0]) ||
	        as_str(in, args->v[0], &s, "prefix", args_span(args, "prefix", 0))) &&
	       (!given(args->v[1]) ||
	        as_str(in, args->v[1], &s, "op_type", args_span(args, "op_type", 1)));
}

NATIVE(block_find_ops)
{
	*out = vlist(in, NULL, 0);
	if (!find_args(in, args))
		return false;
	find_ops(in, block_of(self), args->v[0], args->v[1], *out);
	return true;
}

bool
inst_arg_of(Interp *in, Value v, const char *what, Span at, Inst **out)
{
	if (!is_host(v, &inst_type))
		return fail(in, at, "%s must be an operation such as x.op, found '%s'", what,
		            type_name(v));
	*out = HOST_OF(v)->data;
	return true;
}

bool
var_arg_of(Interp *in, Value v, const char *what, Span at, Var **out)
{
	if (!is_host(v, &var_type))
		return fail(in, at, "%s must be a Var, found '%s'", what, type_name(v));
	*out = var_of(v);
	return true;
}

bool
not_in_block(Interp *in, const Inst *i, const Block *b, Span at)
{
	return fail(in, at, "the operation %s is not in the block %s",
	            inst_word(i), block_name(interp_arena(in), b));
}

/* Defined in b before `upto` (0: anywhere in it), or in what encloses it. */
bool
var_visible(const Block *b, const Var *v, const Inst *upto)
{
	if (v->param_of == b)
		return true;
	if (v->def && v->def->parent == b)
		return !upto || (v->def != upto && inst_before(v->def, upto));
	return b->parent && b->parent->parent && var_visible(b->parent->parent, v, b->parent);
}

NATIVE(block_is_visible)
{
	const Block *b = block_of(self);
	Inst *upto = NULL;
	Var *v = NULL;

	if (!var_arg_of(in, args->v[0], "var", args_span(args, "var", 0), &v) ||
	    (given(args->v[1]) && !inst_arg_of(in, args->v[1], "upto_op",
	                                       args_span(args, "upto_op", 1), &upto)))
		return false;
	if (upto && upto->parent != b)
		return not_in_block(in, upto, b, args->span);
	*out = vbool(var_visible(b, v, upto));
	return true;
}

NATIVE(block_find_op_id)
{
	const Block *b = block_of(self);
	int64_t id = 0;
	Inst *i = NULL;

	if (!inst_arg_of(in, args->v[0], "target_op", args->span, &i))
		return false;
	if (i->parent != b)
		return not_in_block(in, i, b, args->span);
	while ((i = i->prev))
		id++;
	*out = vint(id);
	return true;
}

/* (the highest version in use, its first operation) */
Value
block_max_opset(Interp *in, const Block *b)
{
	Opset max = opset_in_use(b);
	Value pair[2] = {enum_item(in, &enum_target, (int)max), VNONE}, all = vlist(in, NULL, 0);

	find_ops(in, b, VNONE, VNONE, all);
	for (uint32_t k = 0; k < SEQ_OF(all)->n && max > IOS13 && pair[1].kind == V_NONE; k++)
		if (((const Inst *)HOST_OF(SEQ_OF(all)->at[k])->data)->op->since == max)
			pair[1] = SEQ_OF(all)->at[k];
	return vtuple(in, pair, 2);
}

NATIVE(function_max_opset)
{
	*out = block_max_opset(in, block_of(self));
	return true;
}

NATIVE(block_validate)
{
	*out = VNONE;
	return program_verify(block_of(self)->func->prog);
}

/* ---- text ---- */

static void
block_repr(Interp *in, HostObj *self, Buf *out)
{
	list_block(in, ((const BlockObj *)self->data)->b, 0, false, out);
}

static void
func_repr(Interp *in, HostObj *self, Buf *out)
{
	list_func(in, ((const BlockObj *)self->data)->b->func, "function", false, out);
}

/* The indent, given in blanks, and print_attr of the arguments. */
bool
text_args(Interp *in, const Args *args, int *indent, bool *attrs)
{
	const Str *s = NULL;

	*attrs = false;
	if (given(args->v[0]) &&
	    !as_str(in, args->v[0], &s, "indent", args_span(args, "indent", 0)))
		return false;
	*indent = s ? (int)s->len : 0;
	return args->v[1].kind == V_UNSET || value_truth(in, args->v[1], attrs, args->span);
}

Value
text_value(Interp *in, Buf *b)
{
	Value v = vstr(in, b->at ? b->at : "", b->n);

	buf_free(b);
	return v;
}

NATIVE(block_indented)
{
	Buf b = {0};
	bool attrs;
	int indent;

	if (!text_args(in, args, &indent, &attrs))
		return false;
	list_block(in, block_of(self), indent, attrs, &b);
	*out = text_value(in, &b);
	return true;
}

NATIVE(function_to_str)
{
	const Str *name = NULL;
	bool attrs = false;
	Buf b = {0};

	if ((given(args->v[0]) && !as_str(in, args->v[0], &name, "func_name", args->span)) ||
	    (args->v[1].kind != V_UNSET && !value_truth(in, args->v[1], &attrs, args->span)))
		return false;
	list_func(in, block_of(self)->func, name ? name->s : "function", attrs, &b);
	*out = text_value(in, &b);
	return true;
}

#define BLOCK_METHODS                                                                              \
	{"find_ops", "prefix=,op_type=", block_find_ops, AS_FUNCTION},                             \
	    {"is_var_visible_in_block", "var,upto_op=", block_is_visible, AS_FUNCTION},            \
	    {"find_op_id_in_block", "target_op", block_find_op_id, AS_FUNCTION},                   \
	    {"validate", "force_validate=,check_essential_scope=", block_validate, AS_FUNCTION},   \
	    {"indented_str", "indent=,print_attr=", block_indented, AS_FUNCTION},                  \
	    {"set_outputs", "outputs", block_set, AS_FUNCTION},                                    \
	    {"remove_ops", "ops_to_remove", block_remove_ops, AS_FUNCTION},                        \
	    {"replace_uses_of_var_after_op", REPLACE_PARAMS ",force_replace=", block_replace,      \
	     AS_FUNCTION},                                                                         \
	    {"try_replace_uses_of_var_after_op", REPLACE_PARAMS, block_replace,                    \
	     AS_FUNCTION | WITH(1)},                                                               \
	    {"replace_block_output_var", "old_var,new_var", block_replace_output, AS_FUNCTION}

static const Native block_methods[] = {BLOCK_METHODS, NATIVE_END};
static const Native function_methods[] = {
    BLOCK_METHODS,
    {"to_str", "func_name=,print_attr=", function_to_str, AS_FUNCTION},
    {"get_max_opset_version_and_op", "", function_max_opset, AS_FUNCTION},
    NATIVE_END,
};

#define BLOCK_TYPE(n, text, table, kind_of)                                                        \
	{                                                                                          \
		.name = n, .module = "coremltools.converters.mil.mil.block", .repr = text,         \
		.methods = table, .getattr = block_getattr, .setattr = block_setattr,              \
		.enter = block_enter, .leave = block_leave, .equal = same_data, .hash = data_hash, \
		.base = kind_of                                                                    \
	}
const HostType block_type = BLOCK_TYPE("Block", block_repr, block_methods, NULL);
const HostType function_type =
    BLOCK_TYPE("Function", func_repr, function_methods, &block_type);
