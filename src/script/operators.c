/* operators.c: truth, the binary and unary operators, and membership, for values of every kind.
 * Each kind's own meaning is in its file (core.h); arrays go to np.h, host objects to their
 * HostType.
 */
#include <stdio.h>

#include "class.h"
#include "core.h"

#define SIGN(id, sign) sign,
static const char *const unop_sign[UN_COUNT] = {UNOPS(SIGN)};
#undef SIGN

/* ---- truth ---- */

/* Lets a host object say why it cannot stand here; true if it did. */
bool
host_refuses(Interp *in, const char *what, Value a, Value b, Span at)
{
	Value h = a.kind == V_HOST && HOST_OF(a)->type->refuse ? a : b;

	if (h.kind != V_HOST || !HOST_OF(h)->type->refuse)
		return false;
	return !HOST_OF(h)->type->refuse(in, what, a, b, at);
}

/* __bool__, else __len__, else what it holds. */
static bool
object_truth(Interp *in, Value v, bool *out, Span at)
{
	Value r, fn;
	int64_t n;
	int done = special_call(in, v, SP_bool, 0, 0, &r, at);

	if (done > 0 && r.kind != V_BOOL)
		return fail(in, at, "__bool__ should return bool, returned %s", type_name(r));
	if (done) {
		*out = done > 0 && r.b;
		return done > 0;
	}
	if (v.kind != V_INSTANCE || special_find(in, v, SP_len, &fn)) {
		*out = value_len(in, v, &n, at) && n;
		return !in->pending.any;
	}
	*out = true;
	r = instance_value(v);
	return r.kind == V_INSTANCE || value_truth(in, r, out, at);
}

bool
value_truth(Interp *in, Value v, bool *out, Span at)
{
	int64_t n;

	if (class_of(v))
		return object_truth(in, v, out, at);
	switch (v.kind) {
	case V_POISON:
	case V_UNSET:
		return false;
	case V_NONE:
		*out = false;
		return true;
	case V_BOOL:
	case V_INT:
	case V_FLOAT:
	case V_BIG:
		*out = num_truth(v);
		return true;
	case V_STR:
	case V_BYTES:
	case V_TUPLE:
	case V_LIST:
	case V_DICT:
	case V_SET:
	case V_RANGE:
		*out = value_len(in, v, &n, at) && n;
		return true;
	case V_ARRAY:
	case V_NPSCALAR:
		return arrays(in)->truth(in, v, out, at);
	case V_HOST:
		if (host_refuses(in, "bool", v, VUNSET, at))
			return false;
		*out = !HOST_OF(v)->type->len || HOST_OF(v)->type->len(HOST_OF(v));
		return true;
	default:
		*out = !is_view(v) || view_dict(v)->n;
		return true;
	}
}

/* ---- operators ---- */

static bool
is_seq(Value v)
{
	return v.kind == V_LIST || v.kind == V_TUPLE || v.kind == V_STR || v.kind == V_BYTES;
}

bool
no_types(Interp *in, const char *sign, Value a, Value b, Span at)
{
	return fail(in, at, "unsupported operand types for %s: '%s' and '%s'", sign, type_name(a),
	            type_name(b));
}

static bool
no_binary(Interp *in, BinOp op, bool inplace, Value a, Value b, Span at)
{
	Value seq = is_seq(a) ? a : b, other = is_seq(a) ? b : a;
	char sign[8];

	if (op == BIN_MUL && is_seq(seq))
		return fail(in, at, "can't multiply sequence by non-int of type '%s'",
		            type_name(other));
	if (op == BIN_ADD && a.kind == V_STR)
		return fail(in, at,
		            "can only concatenate str (not \"%s\") to str; use str() or an "
		            "f-string",
		            type_name(b));
	if (op == BIN_ADD && a.kind == V_BYTES)
		return fail(in, at, "can't concat %s to bytes", type_name(b));
	if (op == BIN_ADD && is_seq(a))
		return fail(in, at, "can only concatenate %s (not \"%s\") to %s", kind_name(a.kind),
		            type_name(b), kind_name(a.kind));
	snprintf(sign, sizeof sign, "%s%s", binop_sign[op], inplace ? "=" : "");
	if (op != BIN_POW || inplace)
		return no_types(in, sign, a, b, at);
	return fail(in, at, "unsupported operand types for %s or pow(): '%s' and '%s'", sign,
	            type_name(a), type_name(b));
}

static bool
repeat(Interp *in, Value seq, Value n, Value *out, Span at)
{
	if (seq.kind == V_STR || seq.kind == V_BYTES)
		return str_repeat(in, seq, n, out, at);
	return seq_repeat(in, seq, n, out, at);
}

static bool
object_binary(Interp *in, BinOp op, bool inplace, Value a, Value b, Value *out, Span at)
{
	if (op == BIN_MUL &&
	    ((is_seq(a) && !ask_index(in, &b, at)) || (is_seq(b) && !ask_index(in, &a, at))))
		return false;
	if (op == BIN_ADD && a.kind == b.kind && (a.kind == V_STR || a.kind == V_BYTES))
		return str_concat(in, a, b, 0, out);
	if (op == BIN_ADD && a.kind == b.kind && is_seq(a))
		return seq_concat(in, a, b, out);
	if (op == BIN_MUL && is_seq(a) && is_int(b))
		return repeat(in, a, b, out, at);
	if (op == BIN_MUL && is_seq(b) && is_int(a))
		return repeat(in, b, a, out, at);
	if (op == BIN_MOD && a.kind == V_STR)
		return str_percent(in, a, b, out, at);
	if (op == BIN_OR && a.kind == V_DICT && b.kind == V_DICT) {
		*out = dict_copy(in, a);
		return dict_update(in, *out, b, at);
	}
	if ((op == BIN_SUB || op == BIN_AND || op == BIN_OR || op == BIN_XOR) &&
	    ((a.kind == V_SET && is_setlike(b)) || is_setview(a))) {
		if (!set_binary(in, op, a, b, out, at))
			return false;
		DICT_OF(*out)->frozen = is_frozen(a);
		return true;
	}
	return no_binary(in, op, inplace, a, b, at);
}

static const uint8_t forward[BIN_COUNT] = {
    [BIN_ADD] = SP_add,         [BIN_SUB] = SP_sub,           [BIN_MUL] = SP_mul,
    [BIN_TRUEDIV] = SP_truediv, [BIN_FLOORDIV] = SP_floordiv, [BIN_MOD] = SP_mod,
    [BIN_POW] = SP_pow,         [BIN_MATMUL] = SP_matmul,     [BIN_AND] = SP_and,
    [BIN_OR] = SP_or,           [BIN_XOR] = SP_xor,           [BIN_LSHIFT] = SP_lshift,
    [BIN_RSHIFT] = SP_rshift,
};
#define REFLECTED (SP_radd - SP_add)
#define IN_PLACE  (SP_iadd - SP_add)

/* Does y, which derives from x, have a special method of its own in place of x's? */
static bool
overrides(Interp *in, const ClassObj *y, const ClassObj *x, Special s)
{
	Value mine, theirs;

	return class_has(in, y, vobj((void *)x)) &&
	       class_lookup(in, y, special_name(in, s), &mine) &&
	       !(class_lookup(in, x, special_name(in, s), &theirs) && value_is(mine, theirs));
}

/* list.__add__, __mul__ or __rmul__, which a class inherits that has the method of the other side:
 * nobody is asked behind it. */
static bool
list_operator(Interp *in, BinOp op, Value seq, Value other, Value *out, Span at)
{
	Value fn, n = instance_value(other);

	if (op == BIN_MUL && !is_int(n) && !special_find(in, other, SP_index, &fn))
		return fail(in, at, "'%s' object cannot be interpreted as an integer",
		            type_name(other));
	return object_binary(in, op, false, seq, n.kind == V_INSTANCE ? other : n, out, at);
}

/* a.__op__(b) or b.__rop__(a), the latter first where its class derives from the other's and has a
 * __rop__ of its own; then with the numbers that they hold. 0: none of these. */
static int
object_operator(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	Special s = (Special)forward[op];
	const ClassObj *x = class_of(a), *y = class_of(b);
	bool same = x && x == y,
	     swap = x && y && !same && overrides(in, y, x, (Special)(s + REFLECTED));
	Value self, other, v, p = instance_value(a), q = instance_value(b);
	int r = 0;

	for (int turn = 0; turn < 2; turn++) {
		bool second = (turn == 1) != swap;

		if (second && (!y || same))
			continue;
		if (!second && !x)
			continue;
		self = second ? b : a;
		other = second ? a : b;
		r = special_call(in, self, (Special)(s + (second ? REFLECTED : 0)), &other, 1, out,
		                 at);
		if (r < 0 || (r && out->kind != V_NOTIMPLEMENTED))
			return r;
		if (r && !second && is_seq(a)) /* a list's own is not asked behind it */
			return no_types(in, binop_sign[op], a, b, at), -1;
		if (!r && is_seq(self) && (op == BIN_MUL || (op == BIN_ADD && !second)) &&
		    special_find(in, self, (Special)(s + (second ? 0 : REFLECTED)), &v))
			return list_operator(in, op, self, other, out, at) ? 1 : -1;
	}
	if (p.kind == a.kind && q.kind == b.kind)
		return 0;
	return value_binary(in, op, p, q, out, at) ? 1 : -1;
}

static bool
binary(Interp *in, BinOp op, bool inplace, Value a, Value b, Value *out, Span at)
{
	int r;

	if (is_num(a) && is_num(b))
		return num_binary(in, op, a, b, out, at);
	if (is_poison(a) || is_poison(b)) {
		*out = VPOISON;
		return true;
	}
	if ((class_of(a) || class_of(b)) && (r = object_operator(in, op, a, b, out, at)) != 0)
		return r > 0;
	if (op == BIN_MOD && a.kind == V_STR)
		return str_percent(in, a, b, out, at);
	if (a.kind == V_HOST || b.kind == V_HOST) {
		if (host_refuses(in, binop_sign[op], a, b, at))
			return false;
		return no_binary(in, op, inplace, a, b, at);
	}
	if (op == BIN_MUL &&
	    ((is_seq(a) && b.kind == V_NPSCALAR) || (a.kind == V_NPSCALAR && is_seq(b)))) {
		Value n, times = is_seq(a) ? b : a;
		bool whole = ARRAY_OF(times)->dtype != DT_BOOL;

		r = whole ? arrays(in)->index(in, times, &n, at) : 0;

		return r ? r > 0 && repeat(in, is_seq(a) ? a : b, n, out, at)
		         : no_binary(in, op, inplace, a, b, at);
	}
	if (is_np(a) || is_np(b))
		return arrays(in)->binary(in, op, a, b, out, at);
	return object_binary(in, op, inplace, a, b, out, at);
}

bool
value_binary(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	return binary(in, op, false, a, b, out, at);
}

bool
value_inplace(Interp *in, BinOp op, Value a, Value b, Value *out, Span at)
{
	int r = 0;

	if (is_num(a) && is_num(b))
		return num_binary(in, op, a, b, out, at);
	if (class_of(a) && !is_poison(b))
		r = special_call(in, a, (Special)(forward[op] + IN_PLACE), &b, 1, out, at);
	if (r < 0 || (r && out->kind != V_NOTIMPLEMENTED))
		return r > 0;
	if (r && a.kind == V_LIST) /* list's own is not asked behind it */
		return binary(in, op, true, a, b, out, at);
	*out = a;
	if (a.kind == V_LIST && op == BIN_ADD && !is_poison(b))
		return list_extend(in, a, b, at);
	if (a.kind == V_LIST && op == BIN_MUL && is_int(b)) {
		Value more;
		SeqObj t;
		if (!seq_repeat(in, a, b, &more, at))
			return false;
		t = *SEQ_OF(more);
		*SEQ_OF(more) = *SEQ_OF(a);
		*SEQ_OF(a) = t;
		SEQ_OF(a)->obj = SEQ_OF(more)->obj;
		SEQ_OF(more)->obj = t.obj;
		return true;
	}
	if (a.kind == V_DICT && op == BIN_OR && !is_poison(b))
		return dict_update(in, a, b, at);
	if (a.kind == V_SET && !is_frozen(a) && is_setlike(b) &&
	    (op == BIN_SUB || op == BIN_AND || op == BIN_OR || op == BIN_XOR))
		return set_inplace(in, op, a, b, at);
	if (a.kind == V_ARRAY && b.kind != V_HOST && !is_poison(b))
		return arrays(in)->inplace(in, op, a, b, out, at);
	if (a.kind == V_HOST && HOST_OF(a)->type->inplace && !is_poison(b))
		return HOST_OF(a)->type->inplace(in, HOST_OF(a), op, b, at);
	return binary(in, op, true, a, b, out, at);
}

bool
value_unary(Interp *in, UnOp op, Value a, Value *out, Span at)
{
	static const uint8_t special[UN_COUNT] = {
	    [UN_NEG] = SP_neg, [UN_POS] = SP_pos, [UN_INVERT] = SP_invert};
	int r;

	if (is_num(a) && (op != UN_INVERT || is_int(a)))
		return num_unary(in, op, a, out, at);
	if (class_of(a)) {
		r = special_call(in, a, (Special)special[op], 0, 0, out, at);
		if (r)
			return r > 0;
		if (instance_value(a).kind != a.kind)
			return value_unary(in, op, instance_value(a), out, at);
	}
	if (is_poison(a)) {
		*out = VPOISON;
		return true;
	}
	if (is_np(a))
		return arrays(in)->unary(in, op, a, out, at);
	if (host_refuses(in, unop_sign[op], a, VUNSET, at))
		return false;
	return fail(in, at, "bad operand type for unary %s: '%s'", unop_sign[op], type_name(a));
}

static bool
no_members(Interp *in, Value v, Span at)
{
	return fail(in, at, "'in' needs a container on its right side, found '%s'", type_name(v));
}

/* An iterator over v. Where there is none, v has no members, whatever __iter__ says. */
static bool
member_iter(Interp *in, Value v, Value *it, Span at)
{
	Attempt a;
	int r;

	if (v.kind != V_INSTANCE)
		return value_iter(in, v, it, at);
	attempt_begin(in, &a);
	r = value_iter(in, v, it, at) ? 1 : attempt_failed(in, &a, "TypeError", 0);
	if (r == 0)
		no_members(in, v, at);
	attempt_end(in, &a);
	return r > 0;
}

/* `item in seq` by looking at each item. */
static bool
contains_by_iter(Interp *in, Value container, Value item, bool *out, Span at)
{
	Value it, v;
	int r;

	*out = false;
	if (!member_iter(in, container, &it, at))
		return false;
	interp_push(in, it);
	while (!*out && (r = value_next(in, it, &v, at)) != 0)
		if (r < 0 || !value_same(in, v, item, out)) {
			interp_pop(in, 1);
			return false;
		}
	interp_pop(in, 1);
	return true;
}

bool
value_contains(Interp *in, Value container, Value item, bool *out, Span at)
{
	int64_t i;
	Value v;
	int r = 0;

	if (is_poison(container) || is_poison(item))
		return false;
	if (class_of(container))
		r = special_call(in, container, SP_contains, &item, 1, &v, at);
	else if (container.kind == V_CLASS)
		r = type_special(in, container, SP_contains, &item, 1, &v, at);
	if (r)
		return r > 0 && value_truth(in, v, out, at);
	if (container.kind == V_INSTANCE && value_iterable(in, container))
		return contains_by_iter(in, container, item, out, at);
	switch (container.kind) {
	case V_LIST:
	case V_TUPLE:
		if (!seq_find(in, container, item, 0, INT64_MAX, &i))
			return false;
		*out = i >= 0;
		return true;
	case V_STR:
	case V_BYTES:
		return str_contains(in, container, item, out, at);
	case V_DICT:
	case V_SET:
		return dict_contains(in, container, item, out, at);
	case V_RANGE:
		return range_contains(in, container, item, out);
	case V_ARRAY:
	case V_NPSCALAR:
		return arrays(in)->contains(in, container, item, out, at);
	case V_ITER:
		if (is_setview(container))
			return view_contains(in, container, item, out, at);
		return contains_by_iter(in, container, item, out, at);
	case V_HOST:
		if (HOST_OF(container)->type->contains)
			return HOST_OF(container)->type->contains(in, HOST_OF(container), item, out,
			                                          at);
		if (HOST_OF(container)->type->iter)
			return contains_by_iter(in, container, item, out, at);
		if (host_refuses(in, "in", item, container, at))
			return false;
		break;
	default:
		break;
	}
	return no_members(in, container, at);
}
