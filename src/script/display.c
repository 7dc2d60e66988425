/* display.c: tuples, lists, sets, dicts as written out, and f-strings. The value being filled lies
 * on the stack, where the collector sees it.
 */
#include "class.h"

/* set.c and dict.c of the values */
#include "core.h"

/* *item in a display: adds all items of it. */
static bool
add_starred(Interp *in, Value to, const Expr *star)
{
	Value v;
	bool ok;

	if (!eval(in, star->a, &v))
		return false;
	if (to.kind == V_SET) {
		push(in, v);
		ok = set_update_from(in, to, v, star->span);
		pop(in, 1);
		return ok;
	}
	if (!value_iterable(in, v))
		return fail(in, star->span, "Value after * must be an iterable, not %s",
		            type_name(v));
	return list_extend(in, to, v, star->span);
}

static bool
fill(Interp *in, const Expr *e, Value to)
{
	Value v;

	for (uint32_t i = 0; i < e->n; i++) {
		const Expr *x = e->at[i];

		if (x->kind == E_STAR) {
			if (!add_starred(in, to, x))
				return false;
			continue;
		}
		if (!eval(in, x, &v))
			return false;
		if (to.kind == V_SET ? !set_add_value(in, to, v, x->span) : !vlist_push(in, to, v))
			return false;
	}
	return true;
}

static bool
fill_dict(Interp *in, const Expr *e, Value d)
{
	Value *kv = in->sp;
	bool ok = true;

	push(in, VNONE);
	push(in, VNONE);
	for (uint32_t i = 0; ok && i < e->n; i += 2) {
		if (!e->at[i]) {
			ok = eval(in, e->at[i + 1], &kv[1]) &&
			     (!class_of(kv[1]) ||
			      as_mapping(in, kv[1], &kv[1], e->at[i + 1]->span));
			if (ok && kv[1].kind != V_DICT)
				ok = fail(in, e->at[i + 1]->span,
				          "'%s' object is not a mapping; ** needs a dict",
				          type_name(kv[1]));
			ok = ok && dict_update(in, d, kv[1], e->at[i + 1]->span);
			continue;
		}
		ok = eval(in, e->at[i], &kv[0]) && eval(in, e->at[i + 1], &kv[1]) &&
		     dict_set(in, d, kv[0], kv[1], e->at[i]->span);
	}
	pop(in, 2);
	return ok;
}

static bool
eval_tuple(Interp *in, const Expr *e, Value *out)
{
	Value t, *base = in->sp;
	bool ok = true;

	for (uint32_t i = 0; i < e->n; i++)
		if (e->at[i]->kind == E_STAR) { /* by way of a list */
			t = vlist(in, 0, 0);
			push(in, t);
			ok = fill(in, e, t);
			pop(in, 1);
			if (ok)
				*out = vtuple(in, SEQ_OF(t)->at, SEQ_OF(t)->n);
			return ok;
		}
	if (!stack_room(in, e->n, e->span))
		return false;
	for (uint32_t i = 0; i < e->n; i++) {
		if (!eval(in, e->at[i], &t)) {
			in->sp = base;
			return false;
		}
		push(in, t);
	}
	*out = vtuple(in, base, e->n);
	in->sp = base;
	return true;
}

/* CPython fills the constant with the items of one like it, in their order. */
static bool
as_constant(Interp *in, const Expr *e, Value *v)
{
	Value constant = vset(in);
	bool ok;

	push(in, constant);
	ok = set_fill(in, constant, *v);
	*v = constant;
	if (ok && e->op == SET_MERGED) {
		*v = vset(in);
		ok = set_update_from(in, *v, constant, e->span);
	}
	pop(in, 1);
	return ok;
}

bool
eval_display(Interp *in, const Expr *e, Value *out)
{
	Value v;
	bool ok;

	if (e->kind == E_TUPLE)
		return eval_tuple(in, e, out);
	v = e->kind == E_LIST ? vlist(in, 0, 0) : e->kind == E_SET ? vset(in) : vdict(in);
	push(in, v);
	ok = e->kind == E_DICT ? fill_dict(in, e, v) : fill(in, e, v);
	if (ok && e->kind == E_SET && (e->op == SET_CONSTANT || e->op == SET_MERGED))
		ok = as_constant(in, e, &v);
	pop(in, 1);
	*out = v;
	return ok;
}

/* ---- f-strings ---- */

static bool put_parts(Interp *in, const Expr *e, Buf *out, bool *poison);

static bool
put_format(Interp *in, const Expr *e, Buf *out, bool *poison)
{
	Value v;
	Buf text = {0}, spec = {0};
	bool ok;

	if (!eval(in, e->a, &v))
		return false;
	if (v.kind == V_POISON) {
		*poison = true;
		return true;
	}
	if (e->op) {
		value_text(in, v, (char)e->op, &text);
		v = vstr(in, text.at ? text.at : "", text.n);
	}
	push(in, v);
	ok = !e->b || put_parts(in, e->b, &spec, poison);
	if (ok && !*poison)
		ok = value_format(in, v, spec.at ? spec.at : "", spec.n, out, e->span);
	pop(in, 1);
	buf_free(&text);
	buf_free(&spec);
	return ok;
}

static bool
put_parts(Interp *in, const Expr *e, Buf *out, bool *poison)
{
	for (uint32_t i = 0; i < e->n; i++) {
		const Expr *x = e->at[i];

		if (x->kind == E_CONST)
			buf_put(out, x->lit->s, x->lit->len);
		else if (!put_format(in, x, out, poison))
			return false;
	}
	return true;
}

bool
eval_fstring(Interp *in, const Expr *e, Value *out)
{
	Buf b = {0};
	bool poison = false, ok = put_parts(in, e, &b, &poison);

	if (ok)
		*out = poison ? VPOISON : vstr(in, b.at ? b.at : "", b.n);
	buf_free(&b);
	return ok;
}
