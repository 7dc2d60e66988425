/* script_op.c: operations that a script registers, @register_op on a class with input_spec and
 * type_inference(): a row of their own, made of what the class says when the first of them is
 * built.
 */
#include "author.h"

struct ScriptOp {
	CustomOp op; /* first: its row is the OpDef of instructions */
	Interp *in;
	const Str *name;
	Value cls;
	bool made;
	struct ScriptOp *next;
};

static const HostType script_op_type = {.name = "function"};

/* ---- the row ---- */

static bool
read_kind(Interp *in, Value kind, Param *p, Span at)
{
	static const struct {
		const char *word;
		ParamKind kind;
	} known[] = {
	    {"tensor", P_TENSOR}, {"list", P_LIST}, {"tuple", P_TUPLE}, {"state", P_STATE}};

	for (size_t k = 0; k < countof(known); k++)
		if (!strcmp(STR_OF(kind)->s, known[k].word)) {
			p->kind = known[k].kind;
			return true;
		}
	return fail(in, at, "milc does not have operations of a script that take a %s",
	            STR_OF(kind)->s);
}

static bool
read_mask(Interp *in, Value domain, Param *p, Span at)
{
	DType t;
	Value list;

	p->mask = p->kind == P_TENSOR ? 0 : M_ANY;
	if (!value_to_list(in, domain, &list, at))
		return false;
	for (uint32_t k = 0; k < SEQ_OF(list)->n; k++) {
		if (!dtype_arg(in, SEQ_OF(list)->at[k], "an element of a type domain", at, &t))
			return false;
		p->mask |= 1u << t;
	}
	return true;
}

/* Operands of one type domain must have one type. */
static char
group_letter(const OpDef *row, const char **group, const char *id)
{
	uint32_t k = 0;

	while (k < row->nparam && (!group[k] || strcmp(group[k], id) != 0))
		k++;
	return (char)('A' + k);
}

/* (name, kind, const, optional, types, id of a type domain) */
static bool
read_input(Interp *in, OpDef *row, const char **group, Value input, Span at)
{
	const Value *v = SEQ_OF(input)->at;
	Param *p = &row->param[row->nparam];
	const Str *name;

	if (row->nparam == MAX_PARAMS)
		return fail(in, at, "the operation %s has more than %d inputs", row->name,
		            MAX_PARAMS);
	if (!as_str(in, v[0], &name, "the name of an input", at) || !read_kind(in, v[1], p, at) ||
	    !value_truth(in, v[2], &p->constant, at) || !value_truth(in, v[3], &p->optional, at) ||
	    !read_mask(in, v[4], p, at))
		return false;
	p->name = name->s;
	if (v[5].kind == V_STR) {
		p->group = group_letter(row, group, STR_OF(v[5])->s);
		group[row->nparam] = intern_cstr(interp_names(in), STR_OF(v[5])->s)->s;
	}
	row->nparam++;
	return true;
}

/* A list of names of inputs. */
static bool
read_names(Interp *in, const OpDef *row, Value v, const char *what, const char *const **out,
           uint32_t *n, Span at)
{
	const char **names;
	const Str *s;
	Value list;

	if (!value_to_list(in, v, &list, at))
		return false;
	*n = SEQ_OF(list)->n;
	*out = names = newn(interp_arena(in), const char *, MAX(*n, 1));
	for (uint32_t k = 0; k < *n; k++) {
		if (!as_str(in, SEQ_OF(list)->at[k], &s, what, at))
			return false;
		if (op_param(row, s->s) < 0)
			return fail(in, at,
			            "the operation %s has no input '%s', which its bindings name",
			            row->name, s->s);
		names[k] = s->s;
	}
	return true;
}

static bool
read_weights(Interp *in, CustomOp *op, Value v, Span at)
{
	const SeqObj *all = SEQ_OF(v);
	const Tensor **weight = newn(interp_arena(in), const Tensor *, MAX(all->n, 1));

	for (uint32_t k = 0; k < all->n; k++)
		if (!const_operand(in, all->at[k], "weights of the bindings", at, &weight[k]))
			return false;
	op->weight = weight;
	op->nweight = all->n;
	return true;
}

/* What describe() of author.py says. */
static bool
make_row(Interp *in, struct ScriptOp *s, Span at)
{
	const char *group[MAX_PARAMS] = {0};
	OpDef *row = &s->op.row;
	const Str *text;
	const Value *v;
	Value said;

	if (s->made)
		return true;
	if (!author_call(in, "describe", &s->cls, 1, &said, at))
		return false;
	v = SEQ_OF(said)->at;
	row->nparam = 0;
	for (uint32_t k = 0; k < SEQ_OF(v[0])->n; k++)
		if (!read_input(in, row, group, SEQ_OF(v[0])->at[k], at))
			return false;
	if (v[1].kind != V_NONE) {
		if (!as_str(in, v[1], &text, "class_name of the bindings", at))
			return false;
		s->op.class_name = text->s;
	}
	if (!as_str(in, v[2], &text, "description of the bindings", at))
		return false;
	s->op.description = text->s;
	s->made = read_names(in, row, v[3], "input_order of the bindings", &s->op.input,
	                     &s->op.ninput, at) &&
	          read_names(in, row, v[4], "parameters of the bindings", &s->op.parameter,
	                     &s->op.nparameter, at) &&
	          read_weights(in, &s->op, v[5], at);
	return s->made;
}

/* ---- types of results ---- */

static bool
take_types(Infer *c, Interp *in, const OpDef *row, const SeqObj *types)
{
	infer_outputs(c, types->n);
	for (uint32_t k = 0; k < types->n; k++) {
		const Type *t = type_arg(in, types->at[k]);
		if (!t)
			return fail(in, c->b->span,
			            "type_inference of %s must return types such as "
			            "types.tensor(x.dtype, x.shape), found '%s'",
			            row->name, type_name(types->at[k]));
		infer_set_type(c, k, t);
	}
	return true;
}

/* As type_inference() says, which looks at the operands as attributes. */
static bool
infer_scripted(Infer *c)
{
	struct ScriptOp *s = (struct ScriptOp *)(uintptr_t)c->inst->op;
	Interp *in = s->in;
	Value arg[2] = {s->cls, vdict(in)}, types;
	bool ok;

	interp_push(in, arg[1]);
	dict_set(in, arg[1], vstrz(in, "name"), vstr_of(in, c->inst->name), NOSPAN);
	for (uint32_t k = 0; k < s->op.row.nparam; k++)
		if (c->inst->arg[k].n)
			dict_set(in, arg[1], vstrz(in, s->op.row.param[k].name),
			         inst_operand(in, c->inst, k), NOSPAN);
	ok = author_call(in, "infer", arg, 2, &types, c->b->span) &&
	     take_types(c, in, &s->op.row, SEQ_OF(types));
	interp_pop(in, 1);
	bind_of(in)->hard |= !ok;
	return ok;
}

/* ---- mb.NAME ---- */

/* What a call gives, without name and place: what defaults() looks at. */
static Value
given_inputs(Interp *in, const Args *args)
{
	Value d = vdict(in);

	for (uint32_t k = 0; k < args->nkw; k++) {
		const Kwarg *kw = &args->kw[k];
		if (given(kw->val) && !str_is(kw->name, "before_op"))
			dict_set(in, d, vstr_of(in, kw->name), kw->val, NOSPAN);
	}
	return d;
}

NATIVE(scripted_call)
{
	struct ScriptOp *s = HOST_OF(self)->data;
	Value arg[2] = {s->cls, VUNSET}, more;
	Kwarg *dflt;
	const DictObj *d;
	uint32_t n = 0;
	bool ok;

	if (!make_row(in, s, args->span))
		return false;
	arg[1] = given_inputs(in, args);
	interp_push(in, arg[1]);
	ok = author_call(in, "defaults", arg, 2, &more, args->span);
	interp_pop(in, 1);
	if (!ok)
		return false;
	d = DICT_OF(more);
	dflt = newn(interp_arena(in), Kwarg, d->n + 1);
	for (uint32_t k = 0; k < d->nentry; k++)
		if (d->entry[k].key.kind == V_STR)
			dflt[n++] =
			    (Kwarg){intern_cstr(interp_names(in), STR_OF(d->entry[k].key)->s),
			            d->entry[k].val, args->span};
	interp_push(in, more);
	ok = op_call_row(in, &s->op.row, args, dflt, n, out);
	interp_pop(in, 1);
	return ok;
}

int
script_op(Interp *in, const Str *name, Value *out)
{
	static const Native row = {"mb", NULL, scripted_call, AS_FUNCTION};
	struct ScriptOp *s = bind_of(in)->ops;

	while (s && s->name != name)
		s = s->next;
	if (s)
		*out = vnative(in, &row, vhost(in, &script_op_type, s));
	return s != NULL;
}

/* add_op(name, cls, is_custom_op, dialect, allow_override) */
NATIVE_EXTERN(add_op)
{
	Bind *b = bind_of(in);
	bool custom, dialect, override;
	struct ScriptOp *s = b->ops;
	const Str *name;

	if (!as_str(in, args->v[0], &name, "the name of an operation", args->span) ||
	    !value_truth(in, args->v[2], &custom, args->span) ||
	    !value_truth(in, args->v[3], &dialect, args->span) ||
	    !value_truth(in, args->v[4], &override, args->span))
		return false;
	while (s && s->name != name)
		s = s->next;
	if (!override && (s || (!custom && !dialect && op_find(name->s, name->len))))
		return fail(in, args->span, "the operation %s is registered already", name->s);
	s = new (b->arena, struct ScriptOp);
	*s = (struct ScriptOp){
	    .op.row = {.name = name->s,
	               .family = "script",
	               .since = IOS13,
	               .flags = OPAQUE | (custom ? CUSTOM : 0),
	               .infer = infer_scripted},
	    .in = in,
	    .name = name,
	    .cls = args->v[1],
	    .next = b->ops,
	};
	b->ops = s;
	interp_pin(in, s->cls);
	*out = VNONE;
	return true;
}
