/* ane_layout.c: layers that ane_linear_to_conv has made convolutions stay in (B, C, 1, S).
 *
 *   %s = squeeze(x=transpose(x=conv(…), perm=[0, 2, 3, 1]), axes=[1])
 *   %g = gelu(x=%s)
 *   %y = conv(x=transpose(x=expand_dims(x=%g, axes=[1]), perm=[0, 3, 1, 2]), …)
 *     ->
 *   %g = gelu(x=conv(…))
 *   %y = conv(x=%g, …)
 *
 * First a squeeze moves behind the operations on elements, norms, softmax, reductions and concats
 * that lie between it and an expand_dims that undoes it; other operands get an expand_dims. Then
 * transposes cancel as in reduce_transposes, through more operations than there
 * (ane_layout_rules.c). Transposes at each boundary are what keeps a linear from paying off
 * (Apple's rules for the engine, Apple's transformer article).
 *
 * Left alone: a squeeze that no expand_dims undoes; transposes in functions with nested blocks.
 */
#include "ane_layout.h"

enum { MAX_LOOKS = 512 };

typedef struct Squeezed { /* axes that are gone, counted in the whole */
	int64_t axis[TENSOR_MAX_RANK];
	int n, rank; /* rank of the whole */
} Squeezed;

static bool
read_axes(const Inst *i, int rank, Squeezed *s)
{
	s->rank = rank;
	s->n = val_ints(inst_arg(i, "axes"), s->axis, TENSOR_MAX_RANK);
	for (int k = 0; k < s->n; k++)
		s->axis[k] = axis_from_front(s->axis[k], (uint32_t)rank);
	return s->n > 0;
}

static bool
read_squeeze(const Var *v, Squeezed *s)
{
	return inst_is(v->def, OP_squeeze) &&
	       read_axes(v->def, (int)inst_argn(v->def, 0)->type->rank, s);
}

static bool
same_axes(const Squeezed *a, const Squeezed *b)
{
	return a->rank == b->rank && a->n == b->n &&
	       !memcmp(a->axis, b->axis, (size_t)a->n * sizeof *a->axis);
}

/* Where axis k of what is left stands in the whole. */
static int64_t
whole_axis(const Squeezed *s, int64_t k)
{
	for (int64_t at = 0;; at++) {
		bool gone = false;
		for (int n = 0; n < s->n; n++)
			gone = gone || s->axis[n] == at;
		if (!gone && k-- == 0)
			return at;
	}
}

/* ---- which operations ---- */

/* On elements: their operands that are tensors, by column. */
static int
element_columns(const Inst *i, int *column)
{
	int n = 0;

	if (layout_is_unary(i)) {
		column[n++] = 0;
		return n;
	}
	if (strcmp(i->op->family, "elementwise_binary") != 0 && !inst_is(i, OP_select))
		return 0;
	for (int k = 0; k < (int)i->op->nparam && k < 3; k++)
		column[n++] = k;
	return n;
}

static const char *
axis_name(const Inst *i)
{
	if (inst_is(i, OP_layer_norm) ||
	    (i->op->flags & REDUCES && ane_flag(i, "keep_dims") && inst_arg(i, "axes")))
		return "axes";
	return inst_is(i, OP_softmax) ? "axis" : NULL;
}

static bool
lets_pass(const Inst *i)
{
	int column[3];

	return i->nout == 1 &&
	       (element_columns(i, column) || axis_name(i) || inst_is(i, OP_slice_by_index));
}

/* An expand_dims that undoes the squeeze comes after v, through operations that let it pass, or a
 * concat, behind which one squeeze does for all parts. */
static bool
meets_expand(const Var *v, const Squeezed *s, int *looks)
{
	Squeezed e;

	for (const Use *u = v->uses; u && (*looks)-- > 0; u = u->next) {
		const Inst *i = u->user;
		if (!i)
			continue;
		if (inst_is(i, OP_expand_dims) && read_axes(i, (int)i->out[0]->type->rank, &e) &&
		    same_axes(s, &e))
			return true;
		if (inst_is(i, OP_concat))
			return true;
		if (lets_pass(i) && i->out[0]->type->rank == (uint32_t)(s->rank - s->n) &&
		    meets_expand(i->out[0], s, looks))
			return true;
	}
	return false;
}

/* ---- moving ---- */

typedef struct LayoutView { /* what an operation is built again on: operands expanded, or turned */
	PassCtx *c;
	Builder *b;
	const Squeezed *expand; /* or: */
	const int64_t *perm;
	int rank; /* of the operation as it is */
} LayoutView;

/* An instruction that makes the same of v already, before the one at hand. */
static Var *
made_before(const LayoutView *w, const Var *v)
{
	Squeezed e;

	for (const Use *u = v->uses; u; u = u->next) {
		Inst *i = u->user;
		if (!i || i->parent != w->b->block || !inst_before(i, w->b->before))
			continue;
		if (w->expand ? inst_is(i, OP_expand_dims) &&
		                    read_axes(i, (int)i->out[0]->type->rank, &e) &&
		                    same_axes(&e, w->expand)
		              : ane_is_perm(i, w->perm, w->rank))
			return i->out[0];
	}
	return NULL;
}

/* An operand in the shape of the whole; 0: not by expand_dims. */
static Var *
widened(const LayoutView *w, Var *v)
{
	const Squeezed *s = w->expand;
	Squeezed own;
	int gap = w->rank - (int)v->type->rank;

	if (v->type->kind != TY_TENSOR || gap < 0)
		return NULL;
	if (read_squeeze(v, &own) && same_axes(&own, s))
		return inst_argn(v->def, 0);
	if (gap == 0) {
		Var *e = made_before(w, v);
		return e ? e : ane_expand(w->c, w->b, v, s->axis, s->n);
	}
	/* It ends behind the axes that come back, or starts with its own. */
	return s->axis[s->n - 1] < s->rank - (int)v->type->rank ? v : NULL;
}

static Var *
viewed(const LayoutView *w, Var *v)
{
	Var *made;

	if (w->expand)
		return widened(w, v);
	made = v->type->rank == (uint32_t)w->rank && !v->val ? made_before(w, v) : NULL;
	return made ? made : layout_turned(w->c, w->b, v, w->perm, w->rank);
}

static int64_t
viewed_axis(const LayoutView *w, int64_t axis)
{
	int64_t at = 0;

	if (w->expand)
		return whole_axis(w->expand, axis);
	while (w->perm[at] != axis)
		at++;
	return at;
}

static Var *
on_elements(const LayoutView *w, const Inst *i, const int *column, int n)
{
	Operand over[3];

	for (int k = 0; k < n; k++) {
		Var *v = viewed(w, inst_argn(i, column[k]));
		if (!v) {
			for (int j = 0; j < k; j++)
				ane_drop(over[j].var);
			return NULL;
		}
		over[k] = (Operand)VAR(i->op->param[column[k]].name, v);
	}
	return rewrite_again(w->b, i, name_new(w->c, i->op->name), over, (uint32_t)n);
}

static Var *
along_axes(const LayoutView *w, const Inst *i)
{
	int64_t axes[TENSOR_MAX_RANK];
	const char *name = axis_name(i);
	int n = val_ints(inst_arg(i, name), axes, TENSOR_MAX_RANK);
	const Tensor *t;
	Var *x;

	/* Several axes of a norm have the order of its factors. */
	if (n < 1 || (n > 1 && !w->expand && inst_is(i, OP_layer_norm)))
		return NULL;
	for (int k = 0; k < n; k++)
		axes[k] = viewed_axis(w, axis_from_front(axes[k], (uint32_t)w->rank));
	t = strcmp(name, "axis") == 0 ? build_int(w->b, axes[0]) : ints_tensor(w->c, axes, n);
	x = viewed(w, inst_arg(i, "x"));
	return x ? rewrite_again(w->b, i, name_new(w->c, i->op->name),
	                         (Operand[]){VAR("x", x), TENSOR(name, t)}, 2)
	         : NULL;
}

/* Of each axis as it is viewed, which one it was. */
static void
viewed_from(const LayoutView *w, int *from)
{
	int n = w->expand ? w->expand->rank : w->rank;

	for (int k = 0; k < n; k++)
		from[k] = w->expand ? -1 : (int)w->perm[k];
	for (int k = 0; k < w->rank && w->expand; k++)
		from[whole_axis(w->expand, k)] = k;
}

static Var *
sliced(const LayoutView *w, const Inst *i)
{
	Operand over[1 + LAYOUT_SLICE];
	int from[TENSOR_MAX_RANK], n;

	viewed_from(w, from);
	n = layout_slice(w->c, i, from, w->expand ? w->expand->rank : w->rank, over + 1);
	if (n < 0)
		return NULL;
	over[0] = (Operand)VAR("x", viewed(w, inst_arg(i, "x")));
	return over[0].var ? rewrite_again(w->b, i, name_new(w->c, i->op->name), over,
	                                   (uint32_t)n + 1)
	                   : NULL;
}

static Var *
again(const LayoutView *w, const Inst *i)
{
	int column[3], n = element_columns(i, column);

	if (inst_is(i, OP_slice_by_index))
		return sliced(w, i);
	return n ? on_elements(w, i, column, n) : along_axes(w, i);
}

/* ---- upwards: to where a residual stream parts ---- */

/* The operand that an operation with one that is no constant passes on; or 0. */
static Var *
source(const Inst *i)
{
	int column[3] = {0}, n = i && lets_pass(i) ? element_columns(i, column) : 0;
	Var *from = NULL;

	if (!i || !lets_pass(i))
		return NULL;
	for (int k = 0; k < MAX(n, 1); k++) {
		Var *v = inst_argn(i, column[k]);
		if (v->val)
			continue;
		if (from || v->type->rank != i->out[0]->type->rank)
			return NULL;
		from = v;
	}
	return from;
}

static bool
used_once(const Var *v)
{
	return !var_leaves_block(v) && var_only_child(v);
}

/* Going up from v there is a value that has other users: the transpose may be made once there. */
static bool
stream_above(const Var *v)
{
	for (int n = 0; n < 16; n++) {
		const Inst *i = v->def;
		if (inst_is(i, OP_expand_dims))
			v = inst_argn(i, 0);
		else if (!used_once(v))
			return n > 0;
		else if (!(v = source(i)))
			return false;
	}
	return false;
}

static bool
feeds_conv(const Var *v)
{
	for (const Use *u = v->uses; u; u = u->next)
		if (inst_is(u->user, OP_conv))
			return true;
	return false;
}

/* An expand_dims or transpose before a convolution moves before the operation whose result it
 * takes. */
static bool
hoist(PassCtx *c, Inst *i)
{
	Var *v = inst_argn(i, 0);
	int64_t perm[TENSOR_MAX_RANK];
	Builder b = pass_builder_before(c, i);
	LayoutView w = {.c = c, .b = &b, .rank = (int)v->type->rank};
	Squeezed s;

	if (!used_once(v) || !source(v->def) || v->def->parent != i->parent)
		return false;
	if (inst_is(i, OP_expand_dims)) {
		Inst *t = inst_follow(i, OP_transpose);
		if (!t || !feeds_conv(t->out[0]) || !read_axes(i, (int)i->out[0]->type->rank, &s))
			return false;
		w.expand = &s;
	} else if (val_ints(inst_arg(i, "perm"), perm, TENSOR_MAX_RANK) != w.rank) {
		return false;
	}
	for (int k = 0; !w.expand && k < w.rank; k++)
		perm[k] = axis_from_front(perm[k], (uint32_t)w.rank);
	w.perm = perm;
	return stream_above(v) &&
	       pass_try_replace(c, i->out[0], again(&w, v->def), GONE(i, v->def));
}

/* ---- downwards ---- */

static Var *
squeezed_operand(const Inst *i, Squeezed *s)
{
	int column[3] = {0}, n = element_columns(i, column);

	for (int k = 0; k < MAX(n, 1); k++) {
		Var *v = inst_argn(i, column[k]);
		if (v && read_squeeze(v, s) &&
		    i->out[0]->type->rank == (uint32_t)(s->rank - s->n))
			return v;
	}
	return NULL;
}

/* Two operands have lost the same axes: one squeeze behind the operation does for both. */
static bool
both_squeezed(const Inst *i, const Squeezed *s)
{
	int column[3], n = element_columns(i, column), count = 0;
	Squeezed own;

	for (int k = 0; k < n; k++)
		count += read_squeeze(inst_argn(i, column[k]), &own) && same_axes(&own, s);
	return count > 1;
}

/* A concat of values that have all lost the same axes: they are lost behind it. One that is wider
 * than the engine takes has its parts put back before it. */
static bool
sink_concat(PassCtx *c, Inst *i)
{
	const Arg *a = inst_args(i, "values");
	Builder b = pass_builder_before(c, i);
	int axis = ane_axis(i, "axis", i->out[0]->type->rank);
	VEC(Var *) whole = {0};
	Squeezed s, own;
	Var *y;

	if (axis < 0 || a->n < 2 || ane_flag(i, "interleave") || ane_is_wide(i->out[0]) ||
	    !read_squeeze(arg_at(a, 0), &s))
		return false;
	for (uint32_t k = 0; k < a->n; k++) {
		if (!read_squeeze(arg_at(a, k), &own) || !same_axes(&own, &s))
			return false;
		vec_push(c->arena, &whole, inst_argn(arg_at(a, k)->def, 0));
	}
	y = ane_concat(c, &b, whole.at, whole.n, whole_axis(&s, axis));
	return ane_replace(c, i, ane_squeeze(c, &b, y, s.axis, s.n), GONE(i));
}

static bool
sink(PassCtx *c, Inst *i)
{
	int looks = MAX_LOOKS;
	Squeezed s, e;
	Builder b;
	Var *y;

	if (inst_is(i, OP_expand_dims) && read_squeeze(inst_argn(i, 0), &s) &&
	    read_axes(i, (int)i->out[0]->type->rank, &e) && same_axes(&s, &e))
		return pass_try_replace(c, i->out[0], inst_argn(inst_argn(i, 0)->def, 0),
		                        GONE(inst_argn(i, 0)->def, i));
	if (inst_is(i, OP_concat))
		return sink_concat(c, i);
	if (!lets_pass(i) || !squeezed_operand(i, &s) ||
	    !(both_squeezed(i, &s) || meets_expand(i->out[0], &s, &looks)))
		return false;
	b = pass_builder_before(c, i);
	y = again(&(LayoutView){.c = c, .b = &b, .expand = &s, .rank = s.rank - s.n}, i);
	return y && ane_replace(c, i, ane_squeeze(c, &b, y, s.axis, s.n), GONE(i));
}

/* ---- transposes ---- */

static bool
cancel(PassCtx *c, Func *f)
{
	VEC(Inst *) turn = {0};

	/* A squeeze that nothing uses any more would want its transpose. */
	if (!func_dead_code_elimination(c, f))
		return false;
	if (func_has_nested(f, false) || !f->nop[OP_transpose])
		return true;
	for (Inst *i = f->body->first; i; i = i->next)
		if (inst_is(i, OP_transpose))
			vec_push(c->arena, &turn, i);
	if (!reduce_transposes_by(c, f, layout_rule))
		return false;
	for (uint32_t k = 0; k < turn.n; k++)
		if (!turn.at[k]->parent)
			ane_tell(c, turn.at[k]);
	return true;
}

bool
pass_ane_layout(PassCtx *c)
{
	bool ok = true;

	rewrite_rounds(c, OPS(OP_expand_dims, OP_transpose), hoist);
	ane_each(c, sink);
	for (uint32_t k = 0; k < c->prog->funcs.n && ok; k++)
		ok = cancel(c, c->prog->funcs.at[k]);
	return ok;
}
