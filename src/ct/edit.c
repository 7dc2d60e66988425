/* edit.c: how scripts change a program: outputs, operands, what stands in place of a value, and
 * taking operations out. Every change is checked where it is made: an operand that is not there
 * yet, or has a type that the operation does not take, would show only in ct.convert.
 */
#include "bind.h"

#include "pass/match.h"

void
bind_edit_inst(Interp *in, const Inst *i)
{
	if (i->parent)
		bind_keep_program(bind_of(in), i->parent->func->prog);
}

const char *
inst_word(const Inst *i)
{
	return i->name ? i->name->s : i->op->name;
}

static Block *
edited_block(Value self)
{
	return ((const BlockObj *)HOST_OF(self)->data)->b;
}

/* ---- outputs ---- */

bool
bind_set_outputs(Interp *in, Block *b, Value v, const char *who, Span at)
{
	Var **outs;
	uint32_t n;

	if (!returned_vars(in, v, who, at, &outs, &n))
		return false;
	if (n == 0)
		return fail(in, at, "%s returns no output", who);
	for (uint32_t i = 0; i < n; i++)
		if (!var_visible(b, outs[i], NULL)) {
			fail(in, at,
			     "%s returns %s, which belongs to another function or to a nested "
			     "block",
			     who, outs[i]->name->s);
			return false;
		}
	block_set_outputs(b, outs, n);
	return true;
}

NATIVE_EXTERN(block_set)
{
	Block *b = edited_block(self);
	Value v = args->v[0];

	*out = VNONE;
	if (holds_poison(v))
		return true;
	if (!block_begin_edit(in, b, args->span))
		return false;
	if (v.kind != V_LIST)
		return fail(in, args->span, "set_outputs takes a list of Vars, found '%s'",
		            type_name(v));
	return bind_set_outputs(in, b, v, "set_outputs", args->span);
}

/* ---- operands ---- */

static Builder
builder_of(Bind *bd, Inst *i, Span at)
{
	Builder b;

	bind_builder(bd, &b, i->parent->func->prog, i->parent->func);
	b.block = i->parent;
	b.before = i;
	b.span = at;
	return b;
}

/* Whether types of p must be looked at before anybody relies on them. */
static void
set_loose(Bind *bd, const Program *p, bool loose)
{
	bool *flag = map_get(bd->loose, KEY(p));

	if (!flag)
		map_put(bd->loose, KEY(p), flag = new(bd->arena, bool));
	*flag = loose;
}

/* The operands of i are new: holds them against its row. Its results keep the types that they have;
 * when these are no longer right, that is looked at again before anybody relies on them. */
static bool
recheck(Interp *in, Inst *i, Span at)
{
	Bind *bd = bind_of(in);
	Builder b = builder_of(bd, i, at);
	uint32_t nerror = bd->diag->nerror;
	bool muted = bd->diag->muted;

	if (!build_recheck(&b, i)) {
		interp_note_calls(in);
		return false;
	}
	bd->diag->muted = true;
	if (!build_results_stay(&b, i))
		set_loose(bd, b.prog, true);
	bd->diag->muted = muted;
	bd->diag->nerror = nerror;
	return true;
}

static bool
results_right(Bind *bd, const Block *b)
{
	for each_inst (i, b) {
		Builder at = builder_of(bd, i, i->span);
		if (!build_results_stay(&at, i)) {
			diag_note(bd->diag, NOSPAN,
			          "the operands of %s were changed: "
			          "op.type_value_inference(overwrite_output=True) gives its "
			          "results new types",
			          inst_word(i));
			return false;
		}
		for (uint32_t k = 0; k < i->nblock; k++)
			if (!results_right(bd, i->block[k]))
				return false;
	}
	return true;
}

bool
bind_settled(Bind *bd, const Program *p)
{
	const bool *loose = map_get(bd->loose, KEY(p));

	if (!loose || !*loose)
		return true;
	for (uint32_t k = 0; k < p->funcs.n; k++)
		if (!results_right(bd, p->funcs.at[k]->body))
			return false;
	set_loose(bd, p, false);
	return true;
}

static bool
same_values(Interp *in, const Inst *i, const Tensor *const *old, Span at)
{
	for (uint32_t k = 0; k < i->nout; k++)
		if (old[k] && i->out[k]->val && !tensor_equal(old[k], i->out[k]->val))
			return fail(in, at, "the value of %s is another one with the new operands",
			            i->out[k]->name->s);
	return true;
}

/* Infers again; overwrite: the results may be others. */
static bool
infer_again(Interp *in, Inst *i, bool overwrite, Span at)
{
	Builder b = builder_of(bind_of(in), i, at);
	const Tensor **old = newn(interp_arena(in), const Tensor *, MAX(i->nout, 1));
	bool ok = overwrite && !(i->op->flags & VARIADIC_OUT);

	for (uint32_t k = 0; k < i->nout; k++)
		old[k] = i->out[k]->val;
	ok = (ok || build_results_stay(&b, i)) && build_reinfer(&b, i);
	if (!ok)
		interp_note_calls(in);
	return ok && (overwrite || same_values(in, i, old, at));
}

/* type_value_inference(overwrite_output=False) */
NATIVE_EXTERN(inst_infer)
{
	Inst *i = HOST_OF(self)->data;
	bool overwrite = false;

	*out = VNONE;
	if (!i->parent)
		return fail(in, args->span, "the operation %s was removed", inst_word(i));
	bind_edit_inst(in, i);
	return (args->v[0].kind == V_UNSET ||
	        value_truth(in, args->v[0], &overwrite, args->span)) &&
	       infer_again(in, i, overwrite, args->span);
}

static bool
check_replacement(Interp *in, const Var *old, const Var *by, Span at)
{
	Types *t = bind_of(in)->types;

	if (type_compatible(by->type, old->type))
		return true;
	return fail(in, at,
	            "%s is %s and cannot stand for %s, which is %s; no_check_var_types=True leaves "
	            "the shapes unchecked",
	            by->name->s, type_str(t, by->type), old->name->s, type_str(t, old->type));
}

typedef struct Replace {
	Interp *in;
	Inst *anchor, *end;
	Var *old, *by;
	bool unchecked; /* no_check_var_types */
	Span at;
} Replace;

/* In one operation. All operands are set anew, so that users stay in the order in which they came
 * to be such. */
static bool
replace_in_inst(const Replace *r, Inst *i)
{
	bool found = false;

	for each_operand (o, i)
		found |= o.var == r->old;
	if (!found)
		return true;
	for each_operand (o, i)
		use_set(o.use, o.var == r->old ? r->by : o.var);
	return recheck(r->in, i, r->at) &&
	       (r->unchecked || check_replacement(r->in, r->old, r->by, r->at));
}

static bool
replace_output(const Replace *r, Block *b)
{
	bool found = false;

	for (uint32_t k = 0; k < b->nout; k++)
		found |= b->out[k]->var == r->old;
	if (!found)
		return true;
	if (!var_visible(b, r->by, NULL))
		return fail(r->in, r->at,
		            "%s cannot be an output of %s: it belongs to another function or to "
		            "the inside of another block",
		            r->by->name->s, block_name(interp_arena(r->in), b));
	for (uint32_t k = 0; k < b->nout; k++)
		if (b->out[k]->var == r->old)
			use_set(b->out[k], r->by);
	if (b->parent)
		return true;
	if (r->by->param_of == b && r->by->name != r->old->name)
		return fail(r->in, r->at,
		            "the input %s cannot be the output %s: put mb.identity(x=%s, "
		            "name=\"%s\") between them",
		            r->by->name->s, r->old->name->s, r->by->name->s, r->old->name->s);
	r->by->name = r->old->name;
	return true;
}

static bool replace_in_block(const Replace *r, Block *b, Inst *anchor, Inst *end);

static bool
replace_below(const Replace *r, Inst *i)
{
	for (uint32_t k = 0; k < i->nblock; k++)
		if (!replace_in_block(r, i->block[k], NULL, NULL))
			return false;
	return true;
}

Inst **
users_of(Arena *a, const Var *v, uint32_t *n)
{
	Inst **all;

	*n = 0;
	for each_use (u, v)
		*n += u->user != NULL;
	all = newn(a, Inst *, MAX(*n, 1));
	uint32_t k = *n;
	for each_use (u, v)
		if (u->user)
			all[--k] = u->user;
	return all;
}

/* The operation of b at or around which the output slot u is, when it lies in (anchor, end]. */
static bool
in_reach(const Use *u, const Block *b, const Inst *anchor, const Inst *end)
{
	const Inst *i = use_holder(u, b);

	return i && (!anchor || (i != anchor && inst_before(anchor, i))) &&
	       (!end || i == end || inst_before(i, end));
}

static bool
replace_in_block(const Replace *r, Block *b, Inst *anchor, Inst *end)
{
	bool direct = anchor && anchor == r->old->def && !end, met = direct;
	uint32_t n = 0;

	if (direct) {
		Inst **user = users_of(interp_arena(r->in), r->old, &n);
		for (uint32_t k = 0; k < n; k++)
			if (!replace_in_inst(r, user[k]) || !replace_below(r, user[k]))
				return false;
	}
	for (Inst *i = direct ? NULL : anchor ? anchor->next : b->first; i; i = i->next) {
		if (!replace_in_inst(r, i) || !replace_below(r, i))
			return false;
		met |= i == r->old->def;
		if (i == end)
			break;
	}
	for each_use (u, r->old) {
		if (u->user || u->block == b)
			continue;
		if (anchor && anchor->parent != b && u->block->parent)
			return not_in_block(r->in, anchor, b, r->at);
		if (in_reach(u, b, anchor, end) && !replace_output(r, u->block))
			return false;
	}
	return (end && !met) || replace_output(r, b);
}

/* by is made of the same compressed weights as old, if old is. */
bool
keeps_weights(Interp *in, const Var *old, const Var *by)
{
	PassCtx c = {.arena = interp_arena(in)};

	return !old->def || !by->def || !var_block(old) || !var_block(by) ||
	       var_keeps_weights(&c, old, by);
}

static bool
replace_args(Interp *in, const Args *args, const Block *b, Replace *r)
{
	const Value *v = args->v;

	if ((v[0].kind != V_NONE && !inst_arg_of(in, v[0], "anchor_op", args->span, &r->anchor)) ||
	    !var_arg_of(in, v[1], "old_var", args->span, &r->old) ||
	    !var_arg_of(in, v[2], "new_var", args->span, &r->by) ||
	    (given(v[3]) && !inst_arg_of(in, v[3], "end_op", args->span, &r->end)) ||
	    (given(v[4]) && !value_truth(in, v[4], &r->unchecked, args->span)))
		return false;
	if (r->anchor && r->anchor->parent != b && (r->end || r->anchor != r->old->def))
		return not_in_block(in, r->anchor, b, args->span);
	if (r->end && r->end->parent != b)
		return not_in_block(in, r->end, b, args->span);
	return true;
}

/* (try_)replace_uses_of_var_after_op; WITH: try */
NATIVE_EXTERN(block_replace)
{
	Block *b = edited_block(self);
	Replace r = {.in = in, .at = args->span};
	bool try = args_with(args) != 0, force = false;

	if (!block_begin_edit(in, b, args->span) || !replace_args(in, args, b, &r) ||
	    (!try && given(args->v[5]) && !value_truth(in, args->v[5], &force, args->span)))
		return false;
	*out = try ? vbool(false) : VNONE;
	if (!force && !keeps_weights(in, r.old, r.by))
		return try || fail(in, args->span,
		                   "%s cannot stand for %s: compressed weights that %s is made of "
		                   "would fall out of the program; force_replace=True does it "
		                   "nevertheless",
		                   r.by->name->s, r.old->name->s, r.old->name->s);
	if (try)
		*out = vbool(true);
	return r.old == r.by || replace_in_block(&r, b, r.anchor, r.end);
}

NATIVE_EXTERN(block_replace_output)
{
	Block *b = edited_block(self);
	Replace r = {.in = in, .at = args->span};

	*out = VNONE;
	return block_begin_edit(in, b, args->span) &&
	       var_arg_of(in, args->v[0], "old_var", args->span, &r.old) &&
	       var_arg_of(in, args->v[1], "new_var", args->span, &r.by) && replace_output(&r, b);
}

/* The operand k, a tuple, becomes the Vars of a list. */
static bool
set_tuple(Interp *in, Inst *i, int k, const Kwarg *kw)
{
	Value list;
	Var **v;
	uint32_t n;

	if (!value_to_list(in, kw->val, &list, kw->span))
		return false;
	n = SEQ_OF(list)->n;
	v = newn(interp_arena(in), Var *, MAX(n, 1));
	for (uint32_t e = 0; e < n; e++) {
		if (!var_arg_of(in, SEQ_OF(list)->at[e], kw->name->s, kw->span, &v[e]))
			return false;
		if (!var_block(v[e]))
			return fail(in, kw->span, "the operation that made %s was removed",
			            v[e]->name->s);
	}
	inst_set_arg_list(i, k, v, n);
	return true;
}

/* One keyword of set_inputs. */
static bool
set_one(Interp *in, Inst *i, const Kwarg *kw, bool unchecked)
{
	int k = op_param(i->op, kw->name->s);
	const Var *old;

	if (k < 0)
		return fail(in, kw->span, "%s takes no operand '%s'", i->op->name, kw->name->s);
	if (i->op->param[k].kind == P_TUPLE)
		return set_tuple(in, i, k, kw);
	if (!is_host(kw->val, &var_type))
		return fail(in, kw->span, "set_inputs takes Vars, found '%s'", type_name(kw->val));
	old = inst_argn(i, k);
	if (old && !unchecked && !check_replacement(in, old, var_of(kw->val), kw->span))
		return false;
	inst_set_arg(i, k, var_of(kw->val));
	return true;
}

/* set_inputs(no_check_var_types=False, type_inference=False, **operands) */
NATIVE_EXTERN(inst_set_inputs)
{
	Inst *i = HOST_OF(self)->data;
	bool unchecked = false, infer = false;

	*out = VNONE;
	if (!i->parent)
		return fail(in, args->span, "the operation %s was removed", inst_word(i));
	bind_edit_inst(in, i);
	for (uint32_t k = 0; k < args->nkw; k++)
		if ((str_is(args->kw[k].name, "no_check_var_types") &&
		     !value_truth(in, args->kw[k].val, &unchecked, args->span)) ||
		    (str_is(args->kw[k].name, "type_inference") &&
		     !value_truth(in, args->kw[k].val, &infer, args->span)))
			return false;
	for (uint32_t k = 0; k < args->nkw; k++)
		if (!str_is(args->kw[k].name, "no_check_var_types") &&
		    !str_is(args->kw[k].name, "type_inference") &&
		    !set_one(in, i, &args->kw[k], unchecked))
			return false;
	return recheck(in, i, args->span) &&
	       (!infer || unchecked || infer_again(in, i, false, args->span));
}

/* ---- removing ---- */

/* The use is in what goes: an operation of the list, or the inside of one. */
static bool
goes_too(const Use *u, const Map *gone)
{
	const Inst *i = u->user ? u->user : u->block->parent;

	for (; i; i = i->parent ? i->parent->parent : NULL)
		if (map_get(gone, KEY(i)))
			return true;
	return false;
}

static bool
may_remove(Interp *in, const Inst *i, const Block *b, const Map *gone, Span at)
{
	if (i->parent != b)
		return not_in_block(in, i, b, at);
	for (uint32_t k = 0; k < i->nout; k++)
		for each_use (u, i->out[k]) {
			if (!u->user && u->block == b)
				return fail(in, at,
				            "the operation %s cannot be removed: its result %s is "
				            "an output of the block %s",
				            inst_word(i), i->out[k]->name->s,
				            block_name(interp_arena(in), b));
			if (!goes_too(u, gone))
				return fail(in, at,
				            "the operation %s cannot be removed: its result %s is "
				            "used by %s",
				            inst_word(i), i->out[k]->name->s,
				            u->user ? inst_word(u->user)
				                    : block_name(interp_arena(in), u->block));
		}
	return true;
}

static void
detach(Interp *in, Inst *i)
{
	inst_remember(in, i);
	for (uint32_t k = 0; k < i->op->nparam; k++)
		inst_set_arg(i, (int)k, NULL);
	for (uint32_t k = 0; k < i->nblock; k++) {
		block_set_outputs(i->block[k], NULL, 0);
		while (i->block[k]->last) {
			Inst *inner = i->block[k]->last;
			detach(in, inner);
			inst_remove(inner);
		}
	}
}

static bool
remove_all(Interp *in, Block *b, const SeqObj *list, Span at)
{
	Map gone;
	Inst *i;

	map_init(&gone, interp_arena(in));
	for (uint32_t k = 0; k < list->n; k++) {
		if (!inst_arg_of(in, list->at[k], "an element of ops_to_remove", at, &i))
			return false;
		map_put(&gone, KEY(i), i);
	}
	for (uint32_t k = 0; k < list->n; k++)
		if (!may_remove(in, HOST_OF(list->at[k])->data, b, &gone, at))
			return false;
	for (uint32_t k = 0; k < list->n; k++)
		detach(in, HOST_OF(list->at[k])->data);
	for (uint32_t k = 0; k < list->n; k++) {
		i = HOST_OF(list->at[k])->data;
		if (i->parent) /* the list may hold it twice */
			inst_remove(i);
	}
	return true;
}

NATIVE_EXTERN(block_remove_ops)
{
	Block *b = edited_block(self);
	Value list;

	*out = VNONE;
	return block_begin_edit(in, b, args->span) &&
	       value_to_list(in, args->v[0], &list, args->span) &&
	       remove_all(in, b, SEQ_OF(list), args->span);
}

NATIVE_EXTERN(inst_remove_from_block)
{
	Inst *i = HOST_OF(self)->data;
	Value list = vlist(in, &self, 1);

	*out = VNONE;
	if (!i->parent)
		return fail(in, args->span, "the operation %s was removed", inst_word(i));
	bind_edit_inst(in, i);
	return remove_all(in, i->parent, SEQ_OF(list), args->span);
}
