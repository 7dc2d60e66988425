/* target.c: assignment, augmented assignment and del. */
#include "class.h"

#include "core.h"

static bool
store_field(Interp *in, const Expr *t, Value v)
{
	Value fields = in->frame->fields, name = vstr_of(in, t->id), old;
	bool found;

	if (v.kind != V_UNSET)
		return dict_set(in, fields, name, v, t->span);
	return dict_remove(in, fields, name, &old, &found, t->span);
}

static bool
store_name(Interp *in, const Expr *t, Value v)
{
	switch ((ExprKind)t->kind) {
	case E_LOCAL:
		in->frame->slot[t->slot] = v;
		return true;
	case E_CELL:
		CELL_OF(in->frame->slot[t->slot])->val = v;
		return true;
	case E_FIELD:
		return store_field(in, t, v);
	default:
		if (!in->assigning || !in->space->global.at[t->slot].pinned) /* -D wins */
			in->space->global.at[t->slot].val = v;
		return true;
	}
}

static bool
store_attr(Interp *in, const Expr *t, Value v)
{
	Value obj;
	bool ok;

	push(in, v);
	ok = eval(in, t->obj, &obj);
	pop(in, 1);
	return ok && value_setattr(in, obj, t->attr, v, t->span);
}

static bool
store_item(Interp *in, const Expr *t, Value v)
{
	Value *a = in->sp;
	bool ok;

	push(in, v);
	push(in, VNONE);
	push(in, VNONE);
	ok = eval(in, t->a, &a[1]) && eval(in, t->b, &a[2]) &&
	     value_setitem(in, a[1], a[2], v, t->span);
	pop(in, 3);
	return ok;
}

/* ---- unpacking ---- */

static bool
poison_all(Interp *in, const Expr *t)
{
	if (t->kind == E_STAR)
		return assign(in, t->a, VPOISON);
	if (t->kind != E_TUPLE && t->kind != E_LIST)
		return assign(in, t, VPOISON);
	for (uint32_t i = 0; i < t->n; i++)
		if (!poison_all(in, t->at[i]))
			return false;
	return true;
}

static bool
too_few(Interp *in, const Expr *t, uint32_t want, uint32_t got, bool star)
{
	if (star)
		return fail(in, t->span,
		            "not enough values to unpack (expected at least %u, got %u)", want,
		            got);
	return fail(in, t->span, "not enough values to unpack (expected %u, got %u)", want, got);
}

/* Pushes the items of v: all of them, or as many as show that there are too many. From the star-th
 * on they are those of list(iterator), which asks an iterator of a class for one once more. */
static bool
push_items(Interp *in, const Expr *t, Value v, uint32_t star)
{
	SeqWalk w;
	Value item, *seq = in->sp;
	int more;

	if (!value_iterable(in, v))
		return fail(in, t->span, "cannot unpack '%s', which has no items", type_name(v));
	if (!walk_start(in, &w, v, t->span))
		return false;
	push(in, w.seq);
	for (uint32_t n = 0;; n++) {
		if (n == star && class_of(w.seq) && !value_iter(in, w.seq, &w.seq, t->span))
			return false;
		*seq = w.seq;
		if (n == star && length_hint(in, w.seq, t->span) < 0)
			return false;
		if ((more = walk_next(in, &w, &item, t->span)) <= 0)
			return more == 0;
		if (n == t->n && star > n)
			return fail(in, t->span, "too many values to unpack (expected %u)", n);
		if (!stack_room(in, 1, t->span))
			return false;
		push(in, item);
	}
}

static bool
unpack(Interp *in, const Expr *t, Value v)
{
	Value *base = in->sp, *items = base + 2, rest;
	uint32_t n = t->n, got, star = UINT32_MAX, extra;
	bool ok;

	if (v.kind == V_POISON)
		return poison_all(in, t);
	for (uint32_t i = 0; i < n; i++)
		if (t->at[i]->kind == E_STAR)
			star = i;
	push(in, v);
	ok = push_items(in, t, v, star);
	got = ok ? (uint32_t)(in->sp - items) : 0;
	if (ok && (star < n ? got + 1 < n : got < n))
		ok = too_few(in, t, star < n ? n - 1 : n, got, star < n);
	extra = star < n ? got + 1 - n : 0;
	for (uint32_t i = 0; ok && i < n; i++) {
		if (i != star) {
			ok = assign(in, t->at[i], items[i > star ? i + extra - 1 : i]);
			continue;
		}
		rest = vlist(in, items + star, extra);
		push(in, rest);
		ok = assign(in, t->at[i]->a, rest);
		pop(in, 1);
	}
	in->sp = base;
	return ok;
}

bool
assign(Interp *in, const Expr *t, Value v)
{
	switch ((ExprKind)t->kind) {
	case E_ATTR:
		return store_attr(in, t, v);
	case E_INDEX:
		return store_item(in, t, v);
	case E_TUPLE:
	case E_LIST:
		return unpack(in, t, v);
	default:
		return store_name(in, t, v);
	}
}

/* ---- a op= b ---- */

static bool
inplace(Interp *in, const Stmt *s, Value a, Value *out)
{
	Value b;
	bool ok;

	push(in, a);
	ok = eval(in, s->b, &b);
	if (ok && a.kind == V_INT && b.kind == V_INT && s->op == BIN_ADD &&
	         !__builtin_add_overflow(a.i, b.i, &out->i))
		out->kind = V_INT;
	else if (ok) {
		doing(in, s->span, s->a->span, s->b->span);
		ok = value_inplace(in, (BinOp)s->op, a, b, out, s->span);
	}
	pop(in, 1);
	return ok;
}

static bool
augment_attr(Interp *in, const Stmt *s)
{
	const Expr *t = s->a;
	Value *v = in->sp, r;
	bool ok;

	push(in, VNONE);
	push(in, VNONE);
	ok = eval(in, t->obj, &v[0]);
	if (ok && v[0].kind != V_POISON)
		ok = value_getattr(in, v[0], t->attr, &v[1], t->attr_span) &&
		     inplace(in, s, v[1], &r) && value_setattr(in, v[0], t->attr, r, t->span);
	pop(in, 2);
	return ok;
}

static bool
augment_item(Interp *in, const Stmt *s)
{
	const Expr *t = s->a;
	Value *v = in->sp, r;
	bool ok;

	for (int i = 0; i < 3; i++)
		push(in, VNONE);
	ok = eval(in, t->a, &v[0]) && eval(in, t->b, &v[1]);
	if (ok && v[0].kind != V_POISON && v[1].kind != V_POISON)
		ok = value_getitem(in, v[0], v[1], &v[2], t->span) && inplace(in, s, v[2], &r) &&
		     value_setitem(in, v[0], v[1], r, t->span);
	pop(in, 3);
	return ok;
}

/* The string in a variable, without counting as another holder of it. */
static bool
holds_str(Interp *in, const Expr *t, Value *out)
{
	if (t->kind == E_FIELD)
		return false;
	*out = t->kind == E_LOCAL  ? in->frame->slot[t->slot]
	       : t->kind == E_CELL ? CELL_OF(in->frame->slot[t->slot])->val
	                           : in->space->global.at[t->slot].val;
	return out->kind == V_STR && !out->o->sub;
}

/* What the right side does may read the variable or append to it too: then the string is no longer
 * lent to this statement alone, and stays as it is. */
static bool
append(Interp *in, const Stmt *s, Value a, Value *out)
{
	StrObj *o = STR_OF(a);
	bool alone = o->alone == STR_ALONE, ok;
	Value b;

	if (alone)
		o->alone = STR_LENT;
	push(in, a);
	ok = eval(in, s->b, &b);
	if (alone && o->alone == STR_LENT)
		o->alone = STR_ALONE;
	if (ok && b.kind == V_STR)
		ok = str_append(in, a, b, out);
	else if (ok)
		ok = value_inplace(in, BIN_ADD, a, b, out, s->span);
	pop(in, 1);
	return ok;
}

bool
augment(Interp *in, const Stmt *s)
{
	Value a, r;

	if (s->a->kind == E_ATTR)
		return augment_attr(in, s);
	if (s->a->kind == E_INDEX)
		return augment_item(in, s);
	if (s->op == BIN_ADD && holds_str(in, s->a, &a))
		return append(in, s, a, &r) && store_name(in, s->a, r);
	return eval(in, s->a, &a) && inplace(in, s, a, &r) && store_name(in, s->a, r);
}

/* ---- del ---- */

static bool
delete_item(Interp *in, const Expr *t)
{
	Value *v = in->sp;
	bool ok;

	push(in, VNONE);
	push(in, VNONE);
	ok = eval(in, t->a, &v[0]) && eval(in, t->b, &v[1]) &&
	     value_delitem(in, v[0], v[1], t->span);
	pop(in, 2);
	return ok;
}

static bool
delete_attr(Interp *in, const Expr *t)
{
	Value v;

	if (!eval(in, t->obj, &v))
		return false;
	return value_delattr(in, v, t->attr, t->span);
}

bool
delete_target(Interp *in, const Expr *t)
{
	if (t->kind == E_INDEX)
		return delete_item(in, t);
	if (t->kind == E_ATTR)
		return delete_attr(in, t);
	if (t->kind == E_GLOBAL && in->space->global.at[t->slot].val.kind == V_UNSET)
		return fail(in, t->span, "name '%s' is not defined, so it cannot be deleted",
		            t->id->s);
	if (t->kind == E_LOCAL && in->frame->slot[t->slot].kind == V_UNSET)
		return unbound(in, t);
	if (t->kind == E_CELL && CELL_OF(in->frame->slot[t->slot])->val.kind == V_UNSET)
		return unbound(in, t);
	return store_name(in, t, VUNSET);
}
