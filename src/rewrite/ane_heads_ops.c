/* ane_heads_ops.c: what is done to heads before they meet, such as rotary positions, is done to the
 * channels of each head in (B, D, 1, S).
 *
 *   %q = transpose(x=reshape(x=…, shape=[B, S, H, D]), perm=[0, 2, 1, 3])
 *   %low, %high = split(x=%q, num_splits=2, axis=-1)
 *   %r = add(x=mul(x=%q, y=%cos), y=mul(x=concat(values=(-%high, %low), axis=-1), y=%sin))
 *     ->  for head 0
 *   %q0 = %cq[:, 0:D]
 *   %t0 = concat(values=(-%q0[:, D/2:], %q0[:, :D/2]), axis=1)
 *   %r0 = add(x=mul(x=%q0, y=%cos turned), y=mul(x=%t0, y=%sin turned))
 *
 * Operations on elements, with tables beside; split, concat and slices along D; and heads that
 * several queries share, repeated by
 *
 *   reshape(x=tile(x=expand_dims(x=%k, axes=[2]), reps=[1, 1, R, 1, 1]), shape=[B, H, S, D])
 */
#include "ane_attention.h"

#include "ane_layout.h"

enum { MAX_DEPTH = 12 };
static const int64_t swap_middle[] = {0, 2, 1, 3};

typedef struct Making {
	AneAttention *a;
	Map *whole, made; /* of all heads; of this one: Var -> Var */
} Making;

static bool can(Var *v, bool front, int64_t heads, int depth);
static Var *make(Making *m, Var *v, bool front, int64_t h);

static bool
is_binary(const Inst *i)
{
	return i && strcmp(i->op->family, "elementwise_binary") == 0;
}

/* A number, or a table of (…, S, D), or (…, S, H, D). */
static bool
is_side(const Var *v)
{
	return v->type->kind == TY_TENSOR && v->type->rank <= 4;
}

/* A reshape of a value that was put back, to (B, S, H, D). */
static bool
is_root(const Inst *r, int64_t heads)
{
	HeadChannels h = {0};
	Var *x;

	if (!inst_is(r, OP_reshape))
		return false;
	x = inst_argn(r, 0);
	if (x->type->rank != 3 || r->out[0]->type->dim[2] != heads ||
	    r->out[0]->type->dim[0] != x->type->dim[0] ||
	    r->out[0]->type->dim[1] != x->type->dim[1])
		return false;
	h.value = attention_put_back(&h, x);
	return h.value && dim_known(h.value->type->dim[1]);
}

/* A slice of the last axis alone, forwards. */
static bool
read_slice(const Inst *i, int64_t *from, int64_t *to)
{
	const Var *x = inst_arg(i, "x"), *y = i->out[0];
	int64_t begin[4], stride[4] = {1, 1, 1, 1};
	const Var *mask = inst_arg(i, "begin_mask");

	if (val_ints(inst_arg(i, "begin"), begin, 4) != 4 || y->type->rank != 4 ||
	    (inst_arg(i, "stride") && val_ints(inst_arg(i, "stride"), stride, 4) != 4) ||
	    stride[3] != 1 || !dim_known(x->type->dim[3]) || !dim_known(y->type->dim[3]))
		return false;
	for (int k = 0; k < 3; k++)
		if (x->type->dim[k] != y->type->dim[k] || stride[k] != 1)
			return false;
	*from = mask && (!mask->val || tensor_i(mask->val, 3)) ? 0 : begin[3];
	*from += *from < 0 ? x->type->dim[3] : 0;
	*to = *from + y->type->dim[3];
	return *from >= 0 && *to <= x->type->dim[3];
}

/* The heads that v repeats, each so many times in a row; or 0. */
static Var *
repeated(const Var *v, int64_t *times)
{
	const Inst *r = v->def, *tile = inst_is(r, OP_reshape) ? inst_argn(r, 0)->def : NULL, *e;
	int64_t reps[5];
	const Type *t;

	if (!inst_is(tile, OP_tile) || val_ints(inst_arg(tile, "reps"), reps, 5) != 5 ||
	    reps[0] != 1 || reps[1] != 1 || reps[3] != 1 || reps[4] != 1)
		return NULL;
	e = inst_arg(tile, "x")->def;
	t = inst_arg(tile, "x")->type;
	if ((!inst_is(e, OP_expand_dims) && !inst_is(e, OP_reshape)) || t->dim[2] != 1 ||
	    inst_argn(e, 0)->type->rank != 4 || !type_all_known(t))
		return NULL;
	for (int k = 0; k < 4; k++)
		if (inst_argn(e, 0)->type->dim[k] != t->dim[k < 2 ? k : k + 1] ||
		    v->type->dim[k] != t->dim[k < 2 ? k : k + 1] * (k == 1 ? reps[2] : 1))
			return NULL;
	*times = reps[2];
	return inst_argn(e, 0);
}

static bool
can_all(const Inst *i, bool front, int64_t heads, int depth)
{
	const Arg *v = inst_args(i, "values");

	for (uint32_t k = 0; k < v->n; k++)
		if (!can(arg_at(v, k), front, heads, depth))
			return false;
	return ane_axis(i, "axis", 4) == 3 && !ane_flag(i, "interleave");
}

/* front: the heads are on axis 1, else on axis 2. */
static bool
can(Var *v, bool front, int64_t heads, int depth)
{
	const Inst *i = v->def;
	int64_t from, to, times;
	Var *of;

	if (!i || depth-- == 0 || v->type->kind != TY_TENSOR || v->type->rank != 4)
		return false;
	if (front && ane_is_perm(i, swap_middle, 4))
		return can(inst_argn(i, 0), false, heads, depth);
	if (!front && is_root(i, heads))
		return true;
	if (front && (of = repeated(v, &times)) != NULL)
		return can(of, true, heads / times, depth);
	if (layout_is_unary(i))
		return can(inst_argn(i, 0), front, heads, depth);
	if (is_binary(i))
		return (can(inst_argn(i, 0), front, heads, depth) && is_side(inst_argn(i, 1))) ||
		       (can(inst_argn(i, 1), front, heads, depth) && is_side(inst_argn(i, 0)));
	switch (i->op->code) {
	case OP_split:
		return ane_axis(i, "axis", 4) == 3 && dim_known(v->type->dim[3]) &&
		       can(inst_arg(i, "x"), front, heads, depth);
	case OP_slice_by_index:
		return read_slice(i, &from, &to) && can(inst_arg(i, "x"), front, heads, depth);
	case OP_concat: return can_all(i, front, heads, depth);
	default: return false;
	}
}

bool
attention_can_make(AneAttention *a, Var *v)
{
	return can(v, true, a->heads, MAX_DEPTH);
}

/* ---- one head ---- */

static Var *
root(Making *m, const Inst *r, int64_t n)
{
	HeadChannels h = {0};
	Var *all = map_get(m->whole, KEY(r));
	int64_t d;

	h.value = attention_put_back(&h, inst_argn(r, 0));
	if (!all) {
		all = attention_scaled(m->a, &h);
		if (!all)
			return NULL;
		map_put(m->whole, KEY(r), all);
	}
	d = h.value->type->dim[1] / r->out[0]->type->dim[2];
	return ane_slice(m->a->c, &m->a->b, all, 1, n * d, (n + 1) * d);
}

/* A table for this head: (…, S, D) as (…, D, 1, S). */
static Var *
side(Making *m, Var *v, bool front, int64_t h)
{
	static const int64_t axes[] = {0, 1, 2}, from_front[] = {0, 3, 1, 2},
	                     from_back[] = {0, 3, 2, 1};
	PassCtx *c = m->a->c;
	Builder *b = &m->a->b;
	int at = front ? 1 : 2;

	if (v->type->rank == 0 || v->type->count == 1)
		return v;
	v = ane_expand(c, b, v, axes, 4 - (int)v->type->rank);
	if (v && v->type->dim[at] != 1)
		v = ane_slice(c, b, v, at, h, h + 1);
	return ane_transpose(c, b, v, front ? from_front : from_back, 4);
}

static Var *
binary(Making *m, const Inst *i, bool front, int64_t h)
{
	int64_t heads = i->out[0]->type->dim[front ? 1 : 2];
	Operand over[2];

	for (int k = 0; k < 2; k++) {
		Var *v = inst_argn(i, k);
		v = can(v, front, heads, MAX_DEPTH) ? make(m, v, front, h) : side(m, v, front, h);
		over[k] = (Operand)VAR(i->op->param[k].name, v);
		if (!v)
			return NULL;
	}
	return rewrite_again(&m->a->b, i, name_new(m->a->c, i->op->name), over, 2);
}

static Var *
concat(Making *m, const Inst *i, bool front, int64_t h)
{
	const Arg *a = inst_args(i, "values");
	VEC(Var *) part = {0};

	for (uint32_t k = 0; k < a->n; k++) {
		Var *v = make(m, arg_at(a, k), front, h);
		if (!v)
			return NULL;
		vec_push(m->a->c->arena, &part, v);
	}
	return ane_concat(m->a->c, &m->a->b, part.at, part.n, 1);
}

/* A part of the last axis: of a split, or a slice. */
static Var *
part(Making *m, Var *v, bool front, int64_t h)
{
	const Inst *i = v->def;
	int64_t from = 0, to = 0;
	Var *x = make(m, inst_arg(i, "x"), front, h);

	if (inst_is(i, OP_split)) {
		for (uint32_t k = 0; k < v->index; k++)
			from += i->out[k]->type->dim[3];
		to = from + v->type->dim[3];
	} else {
		read_slice(i, &from, &to);
	}
	return x ? ane_slice(m->a->c, &m->a->b, x, 1, from, to) : NULL;
}

static Var *
unary(Making *m, const Inst *i, bool front, int64_t h)
{
	Var *x = make(m, inst_argn(i, 0), front, h);

	return x ? rewrite_again(&m->a->b, i, name_new(m->a->c, i->op->name),
	                         (Operand[]){VAR(i->op->param[0].name, x)}, 1)
	         : NULL;
}

/* A head that several share is made once. */
static Var *
shared(Making *m, Var *v, Var *of, int64_t n)
{
	Var **each = map_get(m->whole, KEY(v));

	if (!each) {
		each = newn(m->a->c->arena, Var *, (size_t)of->type->dim[1]);
		map_put(m->whole, KEY(v), each);
	}
	if (!each[n])
		each[n] = make(m, of, true, n);
	return each[n];
}

static Var *
make(Making *m, Var *v, bool front, int64_t h)
{
	Inst *i = v->def;
	Var *y = map_get(&m->made, KEY(v)), *of;
	int64_t times;

	if (y)
		return y;
	if (front && ane_is_perm(i, swap_middle, 4))
		y = make(m, inst_argn(i, 0), false, h);
	else if (!front && is_root(i, v->type->dim[2]))
		y = root(m, i, h);
	else if (front && (of = repeated(v, &times)) != NULL)
		y = shared(m, v, of, h / times);
	else if (layout_is_unary(i))
		y = unary(m, i, front, h);
	else if (is_binary(i))
		y = binary(m, i, front, h);
	else
		y = inst_is(i, OP_concat) ? concat(m, i, front, h) : part(m, v, front, h);
	if (y)
		map_put(&m->made, KEY(v), y);
	return y;
}

Var *
attention_make(AneAttention *a, Var *v, int64_t h, Map *whole)
{
	Making m = {.a = a, .whole = whole};

	map_init(&m.made, a->c->arena);
	return make(&m, v, true, h);
}
