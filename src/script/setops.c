/* setops.c: the operators and methods of sets, and the operators of dict views. Which side is
 * copied and which is walked decides the order of the result, and so follows CPython.
 */
#include "core.h"

/* ---- operators ---- */

static bool
copy_of(Interp *in, Value from, Value *out, Span at)
{
	*out = vset(in);
	return set_update_from(in, *out, from, at);
}

/* What is not a set yet becomes one, so that the operators need not tell them apart. */
static bool
as_set(Interp *in, Value v, Value *out, Span at)
{
	*out = v;
	return v.kind == V_SET || v.kind == V_DICT || copy_of(in, v, out, at);
}

/* A new set of the items of `from` that are (or are not) in `other`. */
static bool
pick(Interp *in, Value from, Value other, bool want, Value *out)
{
	const DictEntry *e;
	int64_t pos = 0;
	uint32_t i;

	*out = vset(in);
	while ((e = entry_next(DICT_OF(from), &pos)) != 0) {
		const DictEntry was = *e; /* an __eq__ may change the sets */
		int r = dict_find(in, DICT_OF(other), was.key, was.hash, &i);
		if (r < 0 ||
		    ((r > 0) == want && !set_add_entry(in, DICT_OF(*out), was.key, was.hash)))
			return false;
	}
	return true;
}

static bool
intersection(Interp *in, Value a, Value b, Value *out, Span at)
{
	Value o;

	if (b.kind != V_SET) {
		if (!as_set(in, b, &o, at))
			return false;
		return pick(in, o, a, true, out);
	}
	return DICT_OF(b)->n > DICT_OF(a)->n ? pick(in, a, b, true, out)
	                                     : pick(in, b, a, true, out);
}

static bool
subtract(Interp *in, Value s, Value other, Span at)
{
	const DictEntry *e;
	DictObj *d = DICT_OF(s);
	int64_t pos = 0;
	bool found;
	Value o;

	if (!as_set(in, other, &o, at))
		return false;
	if (o.o == s.o) {
		dict_clear_all(d);
		return true;
	}
	while ((e = entry_next(DICT_OF(o), &pos)) != 0)
		if (!set_drop_entry(in, d, e->key, e->hash, &found))
			return false;
	if (!d->nslot || d->fill - d->n <= (d->nslot - 1) / 4)
		return true;
	return set_resize(in, d, d->n > 50000 ? (uint64_t)d->n * 2 : (uint64_t)d->n * 4);
}

static bool
difference(Interp *in, Value a, Value b, Value *out, Span at)
{
	if ((b.kind == V_SET || b.kind == V_DICT) && DICT_OF(a)->n >> 2 <= DICT_OF(b)->n)
		return pick(in, a, b, false, out);
	return copy_of(in, a, out, at) && subtract(in, *out, b, at);
}

static bool
toggle(Interp *in, Value s, Value other, Span at)
{
	const DictEntry *e;
	int64_t pos = 0;
	bool found;
	Value o;

	if (other.o == s.o) {
		dict_clear_all(DICT_OF(s));
		return true;
	}
	if (!as_set(in, other, &o, at))
		return false;
	while ((e = entry_next(DICT_OF(o), &pos)) != 0) {
		const DictEntry was = *e; /* an __eq__ may change the sets */
		if (!set_drop_entry(in, DICT_OF(s), was.key, was.hash, &found) ||
		    (!found && !set_add_entry(in, DICT_OF(s), was.key, was.hash)))
			return false;
	}
	return true;
}

/* The items of a view that are in b (or the other way round: the view comes first). */
static bool
view_intersection(Interp *in, Value view, Value b, Value *out, Span at)
{
	Value it, v;
	bool has;
	int r;

	if ((b.kind == V_SET && view_dict(view)->n <= DICT_OF(b)->n) ||
	    (is_setview(b) && view_dict(b)->n > view_dict(view)->n)) {
		v = b;
		b = view;
		view = v;
	}
	*out = vset(in);
	if (!value_iter(in, b, &it, at))
		return false;
	interp_push(in, it);
	interp_push(in, *out);
	while ((r = value_next(in, it, &v, at)) > 0)
		if (!value_contains(in, view, v, &has, at) ||
		    (has && !set_add_value(in, *out, v, at))) {
			r = -1;
			break;
		}
	interp_pop(in, 2);
	return r == 0;
}

/* With a view on either side: the left one is copied and changed. */
static bool
view_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	Value from = a.kind == V_ITER && ITER_OF(a)->type == &dict_keys_type ? ITER_OF(a)->v[0] : a;

	if (op == BIN_AND)
		return is_setview(a) ? view_intersection(in, a, b, out, at)
		                     : view_intersection(in, b, a, out, at);
	return copy_of(in, from, out, at) && set_inplace(in, op, *out, b, at);
}

bool
set_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	if (is_setview(a) || is_setview(b))
		return view_binary(in, op, a, b, out, at);
	switch (op) {
	case BIN_OR:
		return copy_of(in, a, out, at) && set_update_from(in, *out, b, at);
	case BIN_AND:
		return intersection(in, a, b, out, at);
	case BIN_SUB:
		return difference(in, a, b, out, at);
	default:
		return copy_of(in, b, out, at) && toggle(in, *out, a, at);
	}
}

static void
take_over(DictObj *to, DictObj *from)
{
	DictObj t = *to;

	*to = *from;
	*from = t;
	from->obj = to->obj;
	to->obj = t.obj;
	to->finger = 0;
}

bool
set_inplace(Interp *in, BinOp op, Value a, Value b, Span at)
{
	Value r;

	switch (op) {
	case BIN_OR:
		return set_update_from(in, a, b, at);
	case BIN_AND:
		if (!intersection(in, a, b, &r, at))
			return false;
		take_over(DICT_OF(a), DICT_OF(r));
		return true;
	case BIN_SUB:
		return subtract(in, a, b, at);
	default:
		return toggle(in, a, b, at);
	}
}

/* Is each item of a in b? */
static bool
subset(Interp *in, Value a, Value b, bool *out)
{
	const DictEntry *e;
	int64_t pos = 0;
	uint32_t i;

	*out = DICT_OF(a)->n <= DICT_OF(b)->n;
	while (*out && (e = entry_next(DICT_OF(a), &pos)) != 0) {
		int r = dict_find(in, DICT_OF(b), e->key, e->hash, &i);
		if (r < 0)
			return false;
		*out = r > 0;
	}
	return true;
}

bool
set_order(Interp *in, CmpOp op, Value a, Value b, bool *out, Span at)
{
	Value x, y;
	bool strict = op == CMP_LT || op == CMP_GT;

	if (!as_set(in, a, &x, at) || !as_set(in, b, &y, at))
		return false;
	*out = false;
	if (strict && DICT_OF(x)->n == DICT_OF(y)->n)
		return true;
	return op == CMP_LT || op == CMP_LE ? subset(in, x, y, out) : subset(in, y, x, out);
}

bool
set_equal(Interp *in, Value a, Value b, bool *out)
{
	Value x, y;

	*out = false;
	if (!is_setlike(a) || !is_setlike(b))
		return true;
	if (!as_set(in, a, &x, NOSPAN) || !as_set(in, b, &y, NOSPAN))
		return false;
	return DICT_OF(x)->n != DICT_OF(y)->n || subset(in, x, y, out);
}

/* ---- methods ---- */

NATIVE(set_add)
{
	*out = VNONE;
	return set_add_value(in, self, args->pos[0], args_at(args, 0));
}

static bool
take_out(Interp *in, Value self, const Args *args, bool *found)
{
	uint64_t h;

	return value_hash(in, args->pos[0], &h, args_at(args, 0)) &&
	       set_drop_entry(in, DICT_OF(self), args->pos[0], h, found);
}

NATIVE(set_discard)
{
	bool found;

	*out = VNONE;
	return take_out(in, self, args, &found);
}

NATIVE(set_remove)
{
	bool found;

	*out = VNONE;
	if (!take_out(in, self, args, &found))
		return false;
	if (found)
		return true;
	fail(in, args->span, "the set has no item %.120s; discard() would not mind",
	     shown(in, args->pos[0]));
	return fault_arg(in, args->pos[0]);
}

NATIVE(set_pop)
{
	DictObj *s = DICT_OF(self);
	uint32_t at;
	bool found;

	if (!s->n)
		return fail(in, args->span, "pop from an empty set");
	at = s->finger & (s->nslot - 1);
	while (!s->slot[at] || s->slot[at] & SET_GONE)
		at = (at + 1) & (s->nslot - 1);
	s->finger = at + 1;
	*out = s->entry[s->slot[at] - 1].key;
	return set_drop_entry(in, s, *out, s->entry[s->slot[at] - 1].hash, &found);
}

NATIVE(set_clear)
{
	*out = VNONE;
	dict_clear_all(DICT_OF(self));
	return true;
}

NATIVE(set_copy)
{
	*out = self;
	return is_frozen(self) || copy_of(in, self, out, args->span);
}

/* s.op(a, b, …): one after the other, on a copy or in place. */
#define IN_PLACE 16 /* with: added to the BinOp */

NATIVE(fold)
{
	bool frozen = is_frozen(self);
	Value acc = self, b, next;
	BinOp op = (BinOp)(args_with(args) % IN_PLACE);
	bool inplace = args_with(args) >= IN_PLACE;

	if (!inplace && (!args->npos || op == BIN_OR) && !copy_of(in, self, &acc, args->span))
		return false;
	for (uint32_t i = 0; i < args->npos; i++) {
		b = args->pos[i];
		if (op == BIN_XOR && !inplace) {
			if (!copy_of(in, b, out, args_at(args, i)) ||
			    !toggle(in, *out, self, args_at(args, i)))
				return false;
			DICT_OF(*out)->frozen = frozen;
			return true;
		}
		next = acc;
		if (inplace || op == BIN_OR ? !set_inplace(in, op, acc, b, args_at(args, i))
		                            : !set_binary(in, op, acc, b, &next, args_at(args, i)))
			return false;
		acc = next;
	}
	*out = inplace ? VNONE : acc;
	if (!inplace && acc.o != self.o)
		DICT_OF(acc)->frozen = frozen;
	return true;
}

NATIVE(test_order)
{
	bool r;
	Value b;

	if (!as_set(in, args->pos[0], &b, args_at(args, 0)) ||
	    !set_order(in, (CmpOp)args_with(args), self, b, &r, args->span))
		return false;
	*out = vbool(r);
	return true;
}

NATIVE(set_isdisjoint)
{
	Value both, b;

	if (!as_set(in, args->pos[0], &b, args_at(args, 0)) ||
	    !intersection(in, self, b, &both, args->span))
		return false;
	*out = vbool(DICT_OF(both)->n == 0);
	return true;
}

/* What both kinds of set have. */
#define SHARED_METHODS                                                                             \
	METHOD(set, copy, ""), METHOD_WITH(set, union, fold, 0, BIN_OR),                           \
	    METHOD_WITH(set, intersection, fold, 0, BIN_AND),                                      \
	    METHOD_WITH(set, difference, fold, 0, BIN_SUB),                                        \
	    METHOD_WITH(set, symmetric_difference, fold, "x,/", BIN_XOR),                          \
	    METHOD_WITH(set, issubset, test_order, "x,/", CMP_LE),                                 \
	    METHOD_WITH(set, issuperset, test_order, "x,/", CMP_GE),                               \
	    METHOD(set, isdisjoint, "x,/")

const Native set_methods[] = {
    METHOD(set, add, "x,/"), METHOD(set, discard, "x,/"), METHOD(set, remove, "x,/"),
    METHOD(set, pop, ""), METHOD(set, clear, ""), SHARED_METHODS,
    METHOD_WITH(set, update, fold, 0, BIN_OR + IN_PLACE),
    METHOD_WITH(set, intersection_update, fold, 0, BIN_AND + IN_PLACE),
    METHOD_WITH(set, difference_update, fold, 0, BIN_SUB + IN_PLACE),
    METHOD_WITH(set, symmetric_difference_update, fold, "x,/", BIN_XOR + IN_PLACE),
    NATIVE_END,
};
const Native frozenset_methods[] = {SHARED_METHODS, NATIVE_END};
